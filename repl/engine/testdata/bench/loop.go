package main

func main() {}

func Run() int {
	s := 0
	for i := 0; i < 100000; i++ {
		s += i & 7
	}
	return s
}
