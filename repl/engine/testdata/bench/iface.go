package main

func main() {}

type shape interface{ area() int }

type square struct{ s int }

func (q square) area() int { return q.s * q.s }

type rect struct{ w, h int }

func (r *rect) area() int { return r.w * r.h }

func Run() int {
	shapes := []shape{square{3}, &rect{2, 5}}
	s := 0
	for i := 0; i < 10000; i++ {
		s += shapes[i%2].area()
	}
	return s
}
