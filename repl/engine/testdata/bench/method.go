package main

func main() {}

type counter struct{ n int }

func (c *counter) add(d int) { c.n += d }

func Run() int {
	c := &counter{}
	for i := 0; i < 10000; i++ {
		c.add(i)
	}
	return c.n
}
