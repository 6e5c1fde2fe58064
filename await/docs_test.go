package await_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// TestCases runs the cases of docs/await.md.
func TestCases(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	inLoop(t, func() {
		url, name := server.URL, "a"
		load := func(name string) ([]byte, error) { return []byte(name), nil }
		func() {
			t := await.Start2(func() ([]byte, error) { return load(name) })
			data, err := t.Await()
			use(data, err)
		}()

		var resp *http.Response
		var err error
		late := await.Timeout(time.Second, func() {
			resp, err = await.Off2(func() (*http.Response, error) { return http.Get(url) })
		})
		same(t, "answer", fmt.Sprint(late, err, resp.StatusCode), "<nil> <nil> 200")
		resp.Body.Close()
		func() {
			late := await.Timeout(time.Second, func() {
				req, _ := http.NewRequestWithContext(await.CurrentContext(), "GET", url, nil)
				resp, err = await.Off2(func() (*http.Response, error) { return http.DefaultClient.Do(req) })
			})
			same(t, "answer", fmt.Sprint(late, err, resp.StatusCode), "<nil> <nil> 200")
			resp.Body.Close()
		}()

		names := []string{"x", "y"}
		fetch := func(name string) error { return fmt.Errorf("no %s", name) }
		func() {
			err := await.WithGroup(func(g *await.Group) {
				for _, name := range names {
					g.Go(func() error { return fetch(name) })
				}
			})
			same(t, "error", err.Error(), "no x")
		}()

		type Page string
		urls := []string{"u", "v"}
		get := func(url string) Page { return Page(url) }
		pages := await.Map(urls, 8, func(url string) Page {
			return await.Off1(func() Page { return get(url) })
		})
		same(t, "pages", fmt.Sprint(pages), "[u v]")

		log := ""
		dial := func() *line { return &line{&log} }
		serve := func(*line) { await.Forever("calls") }
		func() {
			t := await.Start0(func() {
				conn := dial()
				defer func() {
					await.Timeout(time.Second, conn.SayGoodbye)
					conn.Close()
				}()
				serve(conn)
			})
			await.Yield()
			t.Cancel(nil)
			t.Wait()
		}()
		same(t, "clean-up", log, "bye, closed")
	})
	scenario := func() { await.Sleep(time.Hour) }
	for seed := range uint64(100) {
		l := await.NewLoop(await.WithClock(await.Virtual), await.WithSeed(seed))
		if err := l.Run(scenario); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// A line is a connection of which only the end matters.
type line struct{ log *string }

func (c *line) SayGoodbye() { await.Sleep(time.Millisecond); *c.log += "bye, " }
func (c *line) Close()      { *c.log += "closed" }

func use(...any) {}

// TestCasesAreThose demands that the cases in docs/await.md are what TestCases
// runs, to the letter.
func TestCasesAreThose(t *testing.T) {
	page, err := os.ReadFile("../docs/await.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("docs_test.go")
	if err != nil {
		t.Fatal(err)
	}
	indent := regexp.MustCompile(`(?m)^[ \t]+`)
	plain := func(s []byte) string { return string(indent.ReplaceAll(s, nil)) }
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) < 7 {
		t.Errorf("only %d cases were found", len(blocks))
	}
	for _, b := range blocks {
		if !strings.Contains(plain(source), plain(b[1])) {
			t.Errorf("this case is not among those that are run:\n%s", b[1])
		}
	}
}
