package testmode

import "fmt"

// report prints the progress that a report makes.
func (p *terminal) report(r *Report) {
	p.reports = append(p.reports, r)
	p.result.count(r.Outcome)
	if r.Phase == Collecting {
		return
	}
	if p.o.Bench {
		p.benchOutcome(r)
		return
	}
	if p.o.Verbosity > 0 {
		p.flushHeld()
		p.verbose(r)
		switch {
		case !p.shows():
		case r.Subtest:
			p.held = true
		default:
			p.fill(p.done + 1)
		}
		return
	}
	if p.o.Verbosity == 0 && p.file != r.File {
		if p.file != "" {
			p.line(plain, "")
		}
		p.file = r.File
		p.open = true
		p.write(plain, r.File+" ")
	}
	if p.full {
		p.percent("\n")
	}
	p.write(outcomeStyle(r.Outcome), r.Outcome.letter())
	p.full = p.shows() && p.columns+len(" [100%]")+1 >= p.width
}

// outcomeStyle is the colour of a letter or word.
func outcomeStyle(o Outcome) style {
	switch o {
	case Passed:
		return green
	case Failed, Errored:
		return red
	}
	return yellow
}

// shows reports whether percentages are printed.
func (p *terminal) shows() bool { return p.o.captures() }

// finished prints what the end of a test calls for.
func (p *terminal) finished(e Finished) {
	p.done = e.Done
	for phase, d := range e.Durations {
		p.times = append(p.times, phaseTime{e.ID, Phase(phase), d})
	}
	if p.o.Verbosity > 0 {
		p.flushHeld()
		return
	}
	if !p.shows() || p.o.Bench {
		return
	}
	if p.done == p.total {
		p.full = false
		p.fill(p.done)
	} else if p.full {
		p.percent("\n")
	}
}

// percent prints how much is done, right after the letters.
func (p *terminal) percent(after string) {
	p.full = false
	p.write(p.mainColor(p.done == p.total), p.progress(p.done)+after)
}

// fill prints at the right edge that so many tests are done.
func (p *terminal) fill(done int) {
	p.write(p.mainColor(done == p.total), fmt.Sprintf("%*s", max(p.width-p.columns-1, 0), p.progress(done)))
}

// progress is the share of the tests that is done.
func (p *terminal) progress(done int) string { return fmt.Sprintf(" [%3d%%]", done*100/p.total) }

// ensure begins a verbose line, unless it has begun.
func (p *terminal) ensure(prefix string) {
	if p.prefix != prefix {
		p.line(plain, "")
		p.prefix = prefix
		p.open = true
		p.write(plain, prefix)
	}
}

// flushHeld completes the line of a subtest. How much is done could not be told
// before it was known whether the test is over.
func (p *terminal) flushHeld() {
	if p.held {
		p.held = false
		p.fill(p.done)
	}
}

// verbose prints the line of a report, except how much is done.
func (p *terminal) verbose(r *Report) {
	p.ensure(r.ID + " ")
	p.prefix = "\n"
	p.write(outcomeStyle(r.Outcome), r.Outcome.word())
	if r.Reason != "" {
		reason, ok := " ("+r.Reason+")", true
		if p.o.Verbosity < 2 {
			reason, ok = trimmed(" (", r.Reason, ")", p.width-p.columns-len(" [100%]")-1)
		}
		if ok {
			p.write(plain, reason)
		}
	}
}
