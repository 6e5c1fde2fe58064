package check

// Renew checks all functions and types of the session once more, as if they had
// been entered again, so that their code can be lowered in another way. Values
// stay what they are.
func (c *Checker) Renew() (*Unit, error) {
	out := newUnitResult(c)
	var all []*Entity
	for _, e := range c.Declarations() {
		if e.Kind == Func || e.Kind == Type {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return out, nil
	}
	if err := c.declare(out, nil, all, nil); err != nil {
		return nil, err
	}
	return out, nil
}
