package check

// Renew checks all functions and types of the session once more, as if they had
// been entered again, so that their code can be lowered in another way. Values
// stay what they are. If count is true, the statements are counted, and Counters
// are those.
func (c *Checker) Renew(count bool) (*Unit, error) {
	out := newUnitResult(c)
	var all []*Entity
	for _, e := range c.Declarations() {
		if e.Kind == Func || e.Kind == Type {
			all = append(all, e)
		}
	}
	c.Counters = nil
	if len(all) == 0 {
		return out, nil
	}
	c.counting = count
	defer func() { c.counting = false }()
	if err := c.declare(out, nil, all, nil); err != nil {
		return nil, err
	}
	return out, nil
}
