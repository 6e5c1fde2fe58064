// Package fast is the compiled half of the generic overlay: what the
// overlay's interpreted source calls where compiled code serves plain types
// much faster.
//
// No function returns an element: an interpreted type would lose its identity
// on the way through any. They take slices as any and return indices, orders
// and flags. Each that cannot serve a value says so, and the caller does the
// work itself.
package fast
