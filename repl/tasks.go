package repl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/await"
)

func (s *Session) tasksCommand(string) error {
	var lines []string
	me := uint64(0)
	s.onLoop(func() {
		me = await.Current().ID()
		for _, info := range s.loop.Tasks() {
			if info.ID == me {
				continue
			}
			lines = append(lines, s.describeTask(info))
		}
	})
	s.goroutines.Range(func(_, v any) bool {
		st := v.(*strand)
		if st.main {
			return true
		}
		lines = append(lines, fmt.Sprintf("goroutine %d, started at %s", st.number, s.where(st.start)))
		return true
	})
	if len(lines) == 0 {
		lines = []string{"no tasks"}
	}
	fmt.Fprintln(s.cfg.Out, strings.Join(lines, "\n"))
	return nil
}

// describeTask tells in a line what a task is doing.
func (s *Session) describeTask(info await.TaskInfo) string {
	line := fmt.Sprintf("task %d%s: %s", info.ID, quoted(info.Name), info.State)
	if info.WaitsFor != "" {
		line += " for " + info.WaitsFor
	}
	if st := strandOf(info.Task); st != nil {
		if st.pos != st.start {
			line += " at " + s.where(st.pos)
		}
		line += ", started at " + s.where(st.start)
	}
	return line
}

func (s *Session) cancelCommand(arg string) error {
	if arg == "" {
		return &CommandError{":cancel needs the numbers of tasks (:tasks lists them)"}
	}
	ids := map[uint64]bool{}
	for _, w := range strings.Fields(arg) {
		n, err := strconv.ParseUint(w, 10, 64)
		if err != nil {
			return &CommandError{w + " is not the number of a task (:tasks lists them)"}
		}
		ids[n] = true
	}
	var missing []string
	s.onLoop(func() {
		for id := range ids {
			t := s.loop.Find(id)
			if t == nil {
				missing = append(missing, strconv.FormatUint(id, 10))
				continue
			}
			t.Cancel(errInterrupted)
		}
	})
	if len(missing) > 0 {
		return &CommandError{"there is no task " + strings.Join(missing, ", ")}
	}
	return nil
}

// cancelTasks cancels all tasks of the session but the current one, and waits
// for their ends.
func (s *Session) cancelTasks() {
	me := await.Current()
	var ts []*await.Task0
	for _, info := range s.loop.Tasks() {
		if t := s.loop.Find(info.ID); t != nil && t != me {
			t.Cancel(errInterrupted)
			ts = append(ts, t)
		}
	}
	_ = await.Timeout(s.cfg.Shutdown, func() { await.Settle(ts...) })
}
