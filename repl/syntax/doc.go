// Package syntax reads asyncrepl's language: Go, and the contextual words
// await, async and assert.
//
// A cell's text is cut into top-level items (a declaration or a statement
// each), and each item is parsed by go/parser after the new words have been
// replaced, in place and at the same length, by something that Go accepts:
//
//	await x          <-    x        a receive, marked
//	async f(x)       <-    f(x)     a receive, marked
//	async func …           func …   a function, marked
//	for await v := range …          a range statement, marked
//	await select {…}       select …  a select statement, marked
//	assert c, "m"    return c, "m"  a return statement, marked
//
// Every position is the user's own, to the byte. What the marks mean depends
// on types; package check resolves them.
package syntax
