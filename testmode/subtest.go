package testmode

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/asyncrepl/asyncrepl/await"
)

// Run runs f as a subtest of t, in a task of its own, and waits until it is
// over or calls Parallel. It reports whether it has not failed (so far).
func (t *T) Run(name string, f func(t *T)) bool {
	sub := t.newSub(name)
	if !t.run.wants(sub.name) {
		return true
	}
	released := make(chan struct{})
	sub.release = sync.OnceFunc(func() { close(released) })
	inTask := await.CurrentLoop() == t.loop && await.Current() != nil
	begin := func() *await.Task0 {
		task := t.loop.Start(sub.name, func() { sub.live(nil, f) })
		t.mu.Lock()
		t.hasSubs = true
		t.subs = append(t.subs, task)
		t.mu.Unlock()
		return task
	}
	if inTask {
		await.CancelScope(func(cancel func(error)) {
			sub.release = func() { cancel(nil) }
			begin().Wait()
		})
	} else {
		select {
		case <-begin().Done():
		case <-released:
		}
	}
	sub.mu.Lock()
	up := sub.passUp
	sub.mu.Unlock()
	if up != nil && inTask {
		panic(up)
	}
	return !sub.Failed()
}

// Parallel lets the subtest run together with the other parallel ones, as
// tasks of one loop, after the body of the parent. A test that is no subtest
// has its loop for itself, and Parallel only marks it.
func (t *T) Parallel() {
	t.mu.Lock()
	again, env := t.parallel, t.env
	t.parallel = true
	t.mu.Unlock()
	if again {
		panic("testing: t.Parallel called multiple times")
	}
	for p := t.parent; p != nil && !env; p = p.parent {
		p.mu.Lock()
		env = p.env
		p.mu.Unlock()
	}
	if env {
		panic("testing: test using t.Setenv or t.Chdir can not use t.Parallel")
	}
	if t.parent == nil || await.Current() != t.task {
		return
	}
	await.CancelScope(func(cancel func(error)) {
		p := t.parent
		p.mu.Lock()
		t.start = func() { cancel(nil) }
		p.waiting = append(p.waiting, t)
		p.mu.Unlock()
		t.release()
		await.Forever("its turn as a parallel subtest")
	})
	t.mu.Lock()
	t.start = nil
	t.mu.Unlock()
}

// newSub makes the T of a subtest.
func (t *T) newSub(name string) *T {
	t.mu.Lock()
	defer t.mu.Unlock()
	full := t.name + "/" + subName(name)
	if t.names == nil {
		t.names = map[string]int{}
	}
	n := t.names[full]
	t.names[full]++
	if n > 0 || name == "" {
		full += fmt.Sprintf("#%02d", n)
	}
	return &T{
		run: t.run, item: t.item, parent: t, loop: t.loop,
		name: full, id: t.item.File + "::" + full + t.item.suffix, began: t.run.now(),
	}
}

// subName rewrites a subtest's name as go test does: no spaces, nothing that
// does not print.
func subName(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte('_')
		case !strconv.IsPrint(r):
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// endSubs lets the parallel subtests run and waits for all subtests. If the
// test was cut short it cancels them instead.
func (t *T) endSubs() {
	t.mu.Lock()
	cut, waiting := t.wasCut, t.waiting
	subs := t.subs
	t.waiting = nil
	t.mu.Unlock()
	for _, sub := range waiting {
		if !cut {
			sub.start()
		}
	}
	for _, task := range subs {
		if cut {
			task.Cancel(errCut)
		}
		task.Wait()
	}
}
