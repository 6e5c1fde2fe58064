// Package await runs tasks on one thread, one at a time: what an event loop is
// in other languages, with plain Go functions for tasks.
//
// # Tasks
//
// A [Loop] owns an operating system thread and runs tasks on it. A task keeps
// the thread until it waits, and only then another runs; between two waits no
// other task of the loop can touch what it uses, so most of what locks are for
// is free. There is no colouring: any function may wait, and its callers need
// not know.
//
//	err := await.NewLoop().Run(func() {
//		a := await.Start(func() int { await.Sleep(time.Second); return 1 })
//		b := await.Start(func() int { await.Sleep(time.Second); return 2 })
//		fmt.Println(a.Await() + b.Await()) // 3, after one second
//	})
//
// [Start] makes a [Task] of a function with one result, [Start0], [Start2],
// [Start3] and [Start4] of functions with as many as their names say: [Task0]
// is what all tasks have in common. Await returns the results, any number of
// times, to any number of tasks.
//
// A goroutine that belongs to no loop may call nearly everything here, and is
// then simply blocked, alone: Sleep is time.Sleep there, and Await waits for
// the task. A goroutine that a task starts belongs to no loop.
//
// # Failure
//
// A task that panics makes those panic who await it, with a [*PanicError] that
// has the value and the stacks of both; [PanicValue] gives the value alone. If
// nobody awaits it, it is reported at once, with the place where the task was
// started (see [WithUnhandled]). A failed task never ends the loop.
// [Task0.Wait] returns the error instead of panicking.
//
// # Cancellation
//
// [Task0.Cancel] makes the task's current wait, or its next, panic with a
// private value: deferred calls run, and may wait, and the task has ended as
// [Cancelled]. Whoever recovers it ([IsCancellation] tells) to clean up should
// panic with it again. [Timeout], [Deadline] and [CancelScope] do the same to a
// part of a task and turn it into an error. [Shield] holds it off. Each task has
// a context that ends with it: [CurrentContext]; and [Task0.CancelWith] ties a
// task to a context.
//
// # Several tasks
//
// In a [Group] tasks cannot outlive the function that started them, and the
// first failure cancels the others. [Gather], [Race] and [First] wait for tasks
// that are theirs from then on: those not needed any more are cancelled, and
// have ended when the function returns. [AsCompleted] yields tasks in the order
// of their ends, and [Map] works through a slice, a bounded number at a time.
//
// # The rest of Go
//
// Waiting for anything but this package's functions, as in <-c or
// time.Sleep(d), holds the thread, and so all tasks. Therefore:
//
//   - [Recv], [Send], [Range] and [Select] wait for channels. Nothing received
//     is lost when a task is cancelled. Tasks of one loop meet at a channel
//     without leaving it; while a loop is idle, goroutines block in place of
//     its tasks, one for up to 16 that receive.
//   - [Off] and [Off1] to [Off4] make a call that blocks on another goroutine.
//   - [Context], [WaitGroup], [Signal] and [Signals] wait for what they are named
//     after, and [WaitOn] for anything that can be tried.
//   - [Loop.Post], [Loop.Call] and [Loop.Start] come back from any goroutine.
//
// A task has its thread for life: runtime.LockOSThread and UnlockOSThread have no
// effect on it. (On processors other than amd64 and arm64 they must match before
// the task waits, or Go's runtime ends the process.) runtime.Goexit ends the task,
// and nothing else.
//
// [Event], [Lock], [Semaphore], [Condition], [Barrier], [Queue] and [Limiter]
// wait in loop time. [Waiters] is what they are made of. Each belongs to the
// loop that used it first, and says so to others.
//
// # Time
//
// With [WithClock] set to [Virtual], time jumps to the next timer when no task
// can run: tests of hours take microseconds. Sleeps, timers, scopes and the
// contexts of [TimeoutContext] all obey that clock. [WithSeed] permutes the
// order in which ready tasks run, the same way each time, to shake out what
// depends on it.
//
// # Insight
//
// [Loop.Tasks] tells of each task what it is doing, and [Tree] draws it;
// [Loop.Find] finds one by its number. A loop in which nothing can ever happen
// again ends in a [*DeadlockError] that lists what each task waits for; a circle
// of tasks that await each other is refused with a [*CycleError] at once.
// [WithPlaces] records where tasks wait,
// [WithSlowStep] finds steps that hold the thread for too long, and [WithTracer]
// records everything, for Perfetto or as a timeline. None of it costs anything
// unless it is asked for.
//
// # How it works
//
// A task is a coroutine made by iter.Pull, all on one goroutine's thread. Go's
// runtime switches between coroutines of one thread in about 40 ns, without its
// scheduler. A task that waits picks the next itself and hands the thread
// straight over; the loop's own goroutine runs only for timers, callbacks, and
// when nothing else can. Coroutines are reused when their task has ended.
package await
