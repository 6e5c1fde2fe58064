package main

func main() {}

func Run() int {
	c := make([]bool, 20001)
	k := 0
	for i := 2; i <= 20000; i++ {
		if c[i] {
			continue
		}
		k++
		for j := i * i; j <= 20000; j += i {
			c[j] = true
		}
	}
	return k
}
