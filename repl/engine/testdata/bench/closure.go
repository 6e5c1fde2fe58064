package main

func main() {}

func Run() int {
	n := 0
	add := func(d int) int { n += d; return n }
	s := 0
	for i := 0; i < 10000; i++ {
		s += add(i)
	}
	return s
}
