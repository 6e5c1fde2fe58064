package main

func main() {}

func Run() int {
	in, out := make(chan int), make(chan int)
	go func() {
		for v := range in {
			out <- v + 1
		}
		close(out)
	}()
	s := 0
	for i := 0; i < 5000; i++ {
		in <- i
		s += <-out
	}
	close(in)
	return s
}
