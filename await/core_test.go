package await_test

import (
	"errors"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

func TestSmoke(t *testing.T) {
	var got int
	l := await.NewLoop(await.WithClock(await.Virtual))
	err := l.Run(func() {
		a := await.Start(func() int { await.Sleep(time.Hour); return 1 })
		b := await.Start(func() int { await.Sleep(2 * time.Hour); return 2 })
		for _, v := range await.Gather(a, b) {
			got += v
		}
		c := make(chan int)
		go func() { c <- 5 }()
		got += await.Recv(c)
		await.Off(func() { got += 10 })
		err := await.Timeout(time.Second, func() { await.Sleep(time.Hour) })
		if err == nil {
			t.Error("no timeout")
		}
		x := await.Start(func() int { panic("boom") })
		func() {
			defer func() { t.Log(recover()) }()
			x.Await()
		}()
		y := await.Start0(func() { await.Sleep(time.Hour) })
		await.Yield()
		y.Cancel(errors.New("enough"))
		t.Log(y.Wait())
		err = await.WithGroup(func(g *await.Group) {
			g.Go(func() error { await.Sleep(1); return errors.New("A") })
			g.Go(func() error { await.Sleep(1000); return errors.New("B") })
		})
		t.Log(err)
		await.Start0(func() { await.Forever("x") })
	})
	t.Log(err, got)
	l = await.NewLoop()
	err = l.Run(func() { await.Start0(func() { await.Forever("x") }).Await() })
	t.Log(err)
}
