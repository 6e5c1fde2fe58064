package main

func main() {}

func Run() int {
	m := map[int]int{}
	for i := 0; i < 20000; i++ {
		m[i%1000] += i
	}
	s := 0
	for k, v := range m {
		s += k ^ v
	}
	return s
}
