package await

import "strings"

// Tree draws tasks as a tree: below each task stand those it started, with what
// each is doing. Tasks whose starter has ended stand at the top.
func Tree(tasks []TaskInfo) string {
	listed := map[uint64]bool{}
	for _, t := range tasks {
		listed[t.ID] = true
	}
	below := map[uint64][]TaskInfo{}
	for _, t := range tasks {
		p := t.Parent
		if !listed[p] {
			p = 0
		}
		below[p] = append(below[p], t)
	}
	var b strings.Builder
	var draw func(parent uint64, indent string)
	draw = func(parent uint64, indent string) {
		list := below[parent]
		for i, t := range list {
			branch, under := "├── ", "│   "
			if i == len(list)-1 {
				branch, under = "└── ", "    "
			}
			if parent == 0 {
				branch, under = "", ""
			}
			b.WriteString(indent + branch + t.String() + "\n")
			draw(t.ID, indent+under)
		}
	}
	draw(0, "")
	return b.String()
}
