package testmode

import (
	"context"
	"slices"
)

// A Group is tests that belong together, as those of a package: they run one
// after the other, under one TestMain and with the same fixtures.
type Group struct {
	// Begin, if not nil, is called before the group's TestMain, fixtures and
	// tests, while no test runs.
	Begin func()
	// Main is TestMain, if there is one, and MainSource its declaration.
	Main       func(m *M)
	MainSource Source
	// Fixtures provide what the tests ask for in Test.Needs.
	Fixtures []Fixture
}

// group returns the group that a test belongs to.
func (r *run) group(t Test) *Group {
	if t.Group != nil {
		return t.Group
	}
	return &r.ungrouped
}

// arrange puts the tests of a group next to each other, the groups in the order
// of their first tests.
func (r *run) arrange(items []*item) {
	first := map[*Group]int{}
	for i, it := range items {
		if g := r.group(it.Test); first[g] == 0 {
			first[g] = i + 1
		}
	}
	slices.SortStableFunc(items, func(a, b *item) int { return first[r.group(a.Test)] - first[r.group(b.Test)] })
}

// groups runs the tests, group by group.
func (r *run) groups(ctx context.Context) {
	for r.limit < len(r.items) {
		g := r.group(r.items[r.limit].Test)
		from := r.limit
		for r.limit < len(r.items) && r.group(r.items[r.limit].Test) == g {
			r.limit++
		}
		r.next = from // TestMain may have left some
		if g.Begin != nil {
			g.Begin()
		}
		if g.Main != nil {
			r.under(ctx, g)
		} else {
			r.supervise(ctx)
		}
		r.mu.Lock()
		over := r.stop != "" || r.cutShort || r.internal != nil || isClosed(r.abandoned)
		r.mu.Unlock()
		if over {
			return
		}
	}
}

// fixtures returns all fixtures of some tests, and those that belong to no
// group.
func (o *Options) fixtures(tests []Test) []Fixture {
	all := slices.Clone(o.Fixtures)
	var seen []*Group
	for _, t := range tests {
		if t.Group != nil && !slices.Contains(seen, t.Group) {
			seen = append(seen, t.Group)
			all = append(all, t.Group.Fixtures...)
		}
	}
	return all
}
