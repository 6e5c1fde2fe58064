package testmode

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// An item is a test that was selected to run.
type item struct {
	Test
	run    func(t *T)
	suffix string // of the node id, as in "[2-3]" for --count
	id     string
}

func newItem(t Test, suffix string) *item {
	return &item{Test: t, run: t.body(), suffix: suffix, id: t.ID() + suffix}
}

// setup returns what to run in the setup phase, or nil.
func (it *item) setup() func(t *T) {
	if len(it.Needs) == 0 {
		return it.Setup
	}
	return func(t *T) {
		t.provide(it.Needs)
		if it.Setup != nil {
			it.Setup(t)
		}
	}
}

// place returns where the test is declared.
func (it *item) place() string { return fmt.Sprintf("%s:%d", it.location(), it.Line) }

func (it *item) location() string {
	if l := it.Source.location(); l != "" {
		return l
	}
	return it.File
}

// A nodeID is a parsed argument that selects tests.
type nodeID struct {
	arg             string
	file, name, sub string
	joined          bool // sub is in pytest's form, with "-" for "/"
	met             bool // a subtest matched
}

// parseNodeID splits "file.go::TestX/sub" or "file.go::TestX[sub]"; a file may
// stand alone, and so may a name.
func parseNodeID(arg string, files map[string]bool) nodeID {
	file, name, ok := strings.Cut(arg, "::")
	if !ok {
		if files[arg] {
			return nodeID{arg: arg, file: arg}
		}
		file, name = "", arg
	}
	name, sub, _ := strings.Cut(name, "/")
	return nodeID{arg: arg, file: file, name: name, sub: sub}
}

// bracketed returns the argument read as "TestX[sub]", if it can be.
func (n nodeID) bracketed() (nodeID, bool) {
	inner, ok := strings.CutSuffix(n.name, "]")
	name, sub, found := strings.Cut(inner, "[")
	if !ok || !found || n.sub != "" || sub == "" {
		return n, false
	}
	n.name, n.sub, n.joined = name, sub, true
	return n, true
}

// wants reports whether the argument selects a subtest, given by its name
// without the test's, or maybe something in it.
func (n nodeID) wants(sub string) (wanted, maybe bool) {
	sep := "/"
	if n.joined {
		sep, sub = "-", strings.ReplaceAll(sub, "/", "-")
	}
	return n.sub == "" || sub == n.sub || strings.HasPrefix(sub, n.sub+sep), strings.HasPrefix(n.sub, sub+sep)
}

// match reports whether the argument selects the test, as far as subtests are
// not concerned.
func (n nodeID) match(it *item) bool {
	return (n.file == "" || n.file == it.File) && (n.name == "" || n.name == it.Name || n.name == it.Name+it.suffix)
}

// wants reports whether a subtest, given by its full name, is to run: whether
// the arguments and --lf select it, and -x and --maxfail allow it.
func (r *run) wants(it *item, name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opt.MaxFail > 0 && r.failures >= r.opt.MaxFail {
		return false
	}
	if only := r.only[it.id]; only != nil && !slices.ContainsFunc(only, func(o string) bool {
		return o == name || strings.HasPrefix(o, name+"/") || strings.HasPrefix(name, o+"/")
	}) {
		return false
	}
	test, sub, _ := strings.Cut(name, "/")
	all := true
	wanted := false
	for i := range r.ids {
		if n := &r.ids[i]; n.name == test {
			all = false
			yes, maybe := n.wants(sub)
			n.met = n.met || yes
			wanted = wanted || yes || maybe
		}
	}
	return all || wanted
}

// collect selects and orders the tests that will run.
func (r *run) collect(tests []Test, last *memory) error {
	files := map[string]bool{}
	var items []*item
	for _, t := range tests {
		if (t.Bench != nil) != r.opt.Bench {
			continue
		}
		files[t.File] = true
		for i := range max(r.opt.Count, 1) {
			suffix := ""
			if r.opt.Count > 1 {
				suffix = fmt.Sprintf("[%d-%d]", i+1, r.opt.Count)
			}
			items = append(items, newItem(t, suffix))
		}
	}
	if len(r.opt.NodeIDs) > 0 {
		var err error
		if items, err = r.pick(items, files); err != nil {
			return err
		}
	}
	r.found = len(items)
	if r.opt.Keyword != "" {
		k, err := ParseKeyword(r.opt.Keyword)
		if err != nil {
			return &UsageError{Problem: err.Error(), Plain: true}
		}
		items = slices.DeleteFunc(items, func(it *item) bool { return !k.Match(it.id) })
	}
	items = r.recall(items, last)
	if r.opt.Shuffle {
		rng := rand.New(rand.NewPCG(r.seed, 0))
		rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	}
	r.arrange(items)
	r.items = items
	return nil
}

// pick returns the items that the arguments name, in the arguments' order.
func (r *run) pick(items []*item, files map[string]bool) ([]*item, error) {
	var picked []*item
	taken := map[*item]bool{}
	for _, arg := range r.opt.NodeIDs {
		n := parseNodeID(arg, files)
		matching := slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return !n.match(it) })
		if b, ok := n.bracketed(); ok && len(matching) == 0 {
			n = b
			matching = slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return !n.match(it) })
		}
		r.ids = append(r.ids, n)
		for _, it := range matching {
			if !taken[it] {
				taken[it] = true
				picked = append(picked, it)
			}
		}
		if len(matching) == 0 && !strings.Contains(arg, "::") && strings.HasSuffix(arg, ".go") {
			return nil, &UsageError{Problem: "file or directory not found: " + arg + "\n", Plain: true}
		}
		if len(matching) == 0 {
			var modules []string
			for _, it := range items {
				if m := "<Module " + it.File + ">"; !slices.Contains(modules, m) {
					modules = append(modules, m)
				}
			}
			return nil, &UsageError{Problem: fmt.Sprintf("not found: %s\n(no match in any of [%s])\n", arg, strings.Join(modules, ", ")), Plain: true}
		}
	}
	return picked, nil
}

// unmet returns an error if an argument names a subtest that a test that ran
// does not have.
func (r *run) unmet() error {
	for _, n := range r.ids {
		if n.sub != "" && !n.met {
			return &UsageError{Problem: fmt.Sprintf("not found: %s\n(%s has no such subtest)\n", n.arg, n.name), Plain: true}
		}
	}
	return nil
}

// recall applies --lf, --ff and --sw.
func (r *run) recall(items []*item, last *memory) []*item {
	if r.opt.LastFailed || r.opt.FailedFirst {
		items = r.again(items, last)
	}
	if r.opt.Stepwise {
		at := slices.IndexFunc(items, func(it *item) bool { return it.id == last.step })
		switch {
		case last.step == "":
			r.note("stepwise: no previously failed tests, not skipping.")
		case at < 0:
			r.note("stepwise: previously failed test not found, not skipping.")
		default:
			r.note(fmt.Sprintf("stepwise: skipping %d already passed items.", at))
			items = items[at:]
		}
	}
	return items
}

// again applies --lf and --ff.
func (r *run) again(items []*item, last *memory) []*item {
	if len(last.failed) == 0 {
		text := "run-last-failure: no previously failed tests, not deselecting items."
		if r.opt.LastFailed && r.opt.NoFailures == "none" {
			text, items = "run-last-failure: no previously failed tests, deselecting all items.", nil
		}
		r.note(text)
		return items
	}
	failed := func(it *item) bool { return last.failed[it.id] }
	known := 0                 // failures: subtests count by themselves
	files := map[string]bool{} // with failures
	for _, it := range items {
		if failed(it) {
			known += max(len(last.subs[it.id]), 1)
			files[it.File] = true
		}
	}
	if known == 0 {
		r.note(fmt.Sprintf("run-last-failure: %s not in selected tests", plural(len(last.failed), "known failure")))
		return items
	}
	rest := slices.DeleteFunc(slices.Clone(items), failed)
	items = slices.DeleteFunc(items, func(it *item) bool { return !failed(it) })
	text := "run-last-failure: rerun previous " + plural(known, "failure")
	if r.opt.FailedFirst {
		items = append(items, rest...)
		text += " first"
		r.note(text)
		return items
	}
	r.only = maps.Clone(last.subs)
	if len(r.opt.NodeIDs) == 0 {
		// As in pytest, what lies beside failed tests and was not asked for is
		// not collected, and so not deselected either, except for methods;
		// whole files are skipped.
		skipped := map[string]bool{}
		for _, it := range rest {
			if !files[it.File] {
				skipped[it.File] = true
			}
			if !files[it.File] || !strings.Contains(it.Name, "::") {
				r.found--
			}
		}
		if n := len(skipped); n > 0 {
			text += " (skipped " + plural(n, "file") + ")"
		}
	}
	r.note(text)
	return items
}

// note adds a line to the header.
func (r *run) note(line string) { r.notes = append(r.notes, line) }

// plural returns "1 thing" or "2 things".
func plural(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
