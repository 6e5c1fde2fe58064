package testmode

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// An item is a test that was selected to run.
type item struct {
	Test
	suffix string // of the node id, as in "[2-3]" for --count
	id     string
}

func newItem(t Test, suffix string) *item {
	return &item{Test: t, suffix: suffix, id: t.ID() + suffix}
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
type nodeID struct{ file, name, sub string }

// parseNodeID splits "file.go::TestX/sub"; a file may stand alone, and so may a
// name.
func parseNodeID(arg string, files map[string]bool) nodeID {
	file, name, ok := strings.Cut(arg, "::")
	if !ok {
		if files[arg] {
			return nodeID{file: arg}
		}
		file, name = "", arg
	}
	name, sub, _ := strings.Cut(name, "/")
	return nodeID{file, name, sub}
}

// match reports whether the argument selects the test, as far as subtests are
// not concerned.
func (n nodeID) match(it *item) bool {
	return (n.file == "" || n.file == it.File) && (n.name == "" || n.name == it.Name || n.name == it.Name+it.suffix)
}

// wants reports whether the arguments select a subtest, given by its full name.
func (r *run) wants(name string) bool {
	all := true
	for _, n := range r.ids {
		test, sub, _ := strings.Cut(name, "/")
		if n.name != test {
			continue
		}
		all = false
		if n.sub == "" || sub == n.sub || strings.HasPrefix(sub, n.sub+"/") || strings.HasPrefix(n.sub, sub+"/") {
			return true
		}
	}
	return all
}

// collect selects and orders the tests that will run.
func (r *run) collect(tests []Test, last *memory) error {
	files := map[string]bool{}
	var items []*item
	for _, t := range tests {
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
	r.items = items
	return nil
}

// pick returns the items that the arguments name, in the arguments' order.
func (r *run) pick(items []*item, files map[string]bool) ([]*item, error) {
	var picked []*item
	taken := map[*item]bool{}
	for _, arg := range r.opt.NodeIDs {
		n := parseNodeID(arg, files)
		r.ids = append(r.ids, n)
		found := false
		for _, it := range items {
			if n.match(it) {
				found = true
				if !taken[it] {
					taken[it] = true
					picked = append(picked, it)
				}
			}
		}
		if !found {
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

// recall applies --lf, --ff and --sw.
func (r *run) recall(items []*item, last *memory) []*item {
	failed := func(it *item) bool { return last.failed[it.id] }
	if r.opt.LastFailed || r.opt.FailedFirst {
		known := 0
		for _, it := range items {
			if failed(it) {
				known++
			}
		}
		switch {
		case len(last.failed) == 0:
			r.note("run-last-failure: no previously failed tests, not deselecting items.")
		case known == 0:
			r.note(fmt.Sprintf("run-last-failure: %s not in selected tests", plural(len(last.failed), "known failure")))
		default:
			first := ""
			if r.opt.FailedFirst {
				first = " first"
			}
			r.note(fmt.Sprintf("run-last-failure: rerun previous %s%s", plural(known, "failure"), first))
			rest := slices.DeleteFunc(slices.Clone(items), failed)
			items = slices.DeleteFunc(items, func(it *item) bool { return !failed(it) })
			if r.opt.FailedFirst {
				items = append(items, rest...)
			}
		}
	}
	if r.opt.Stepwise {
		at := slices.IndexFunc(items, func(it *item) bool { return it.id == last.step })
		switch {
		case last.step == "":
			r.note("stepwise: no previously failed tests, not skipping.")
		case at < 0:
			r.note("stepwise: previously failed test not found, not skipping.")
		default:
			r.note(fmt.Sprintf("stepwise: skipping %s.", plural(at, "already passed item")))
			items = items[at:]
		}
	}
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
