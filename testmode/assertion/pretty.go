package assertion

// Pretty formats a value as Go syntax over several lines, one element of what
// it is made of a line.
func Pretty(v any) []string { return pretty(valueOf(v)) }
