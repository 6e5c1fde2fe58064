package main

import "strings"

func main() {}

func Run() int {
	var b strings.Builder
	for i := 0; i < 10000; i++ {
		b.WriteString("ab")
	}
	n := 0
	for _, r := range b.String() {
		if r == 'b' {
			n++
		}
	}
	return n + strings.Count(b.String(), "a")
}
