package repl

// instrument has all functions of the session lowered anew with the switch on,
// which says in what way, until the returned function is called. Code that runs
// meanwhile, and function values that are kept somewhere, stay as they were.
func (s *Session) instrument(on *bool) (restore func()) {
	renew := func(how bool) {
		s.onLoop(func() {
			*on = how
			if err := s.renew(); err != nil {
				s.report(err)
			}
		})
	}
	renew(true)
	return func() { renew(false) }
}

// renew lowers all functions of the session anew.
func (s *Session) renew() error {
	u, err := s.check.Renew()
	if err != nil {
		return s.compileFailure(err)
	}
	asserts := s.check.Asserts
	s.asserts.Store(&asserts)
	if _, err := s.load(u); err != nil {
		u.Undo()
		return s.compileFailure(err)
	}
	return nil
}
