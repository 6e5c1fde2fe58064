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
	if !t.run.wants(t.item, sub.name) {
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
	full := t.unique(subName(name))
	return &T{
		run: t.run, item: t.item, parent: t, loop: t.loop,
		name: full, id: t.run.subID(t.item, full), began: t.run.now(),
	}
}

// unique returns the full name of a subtest, told apart from its brothers by a
// number where needed, as go test numbers them. The test must be locked.
func (t *T) unique(name string) string {
	if t.names == nil {
		t.names = map[string]int{}
	}
	base := t.name + "/" + name
	for {
		n := t.names[base]
		t.names[base]++
		if n == 0 && name != "" {
			// A name that someone wrote may look like a numbered one that was
			// given already.
			if stem, k, ok := numbered(base); ok && k < t.names[stem] {
				continue
			}
			return base
		}
		if full := fmt.Sprintf("%s#%02d", base, n); t.names[full] == 0 {
			return full
		}
	}
}

// numbered splits "name#07" into "name" and 7.
func numbered(name string) (stem string, n int, ok bool) {
	i := strings.LastIndexByte(name, '#')
	if i < 0 || len(name)-i < 3 || name[i+1] == '0' && len(name)-i != 3 {
		return "", 0, false
	}
	stem, digits := name[:i], name[i+1:]
	if digits == "00" && !strings.HasSuffix(stem, "/") {
		return "", 0, false
	}
	k, err := strconv.ParseUint(digits, 10, 31)
	return stem, int(k), err == nil
}

// subID returns the node id of a subtest.
func (r *run) subID(it *item, full string) string {
	if r.opt.IDs != "pytest" {
		return it.File + "::" + full + it.suffix
	}
	test, sub, _ := strings.Cut(full, "/")
	id := it.File + "::" + test + "[" + strings.ReplaceAll(sub, "/", "-")
	if it.suffix != "" {
		return id + "-" + it.suffix[1:]
	}
	return id + "]"
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
