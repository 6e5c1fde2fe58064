// Package hkdf is the source of the standard package crypto/hkdf for a session.
package hkdf

import (
	"hash"

	"github.com/asyncrepl/asyncrepl/repl/std/fast"
)

// Extract derives a pseudorandom key for use with Expand.
func Extract[H hash.Hash](h func() H, secret, salt []byte) ([]byte, error) {
	return fast.HKDFExtract(func() hash.Hash { return h() }, secret, salt)
}

// Expand derives a key from a pseudorandom key and info.
func Expand[H hash.Hash](h func() H, pseudorandomKey []byte, info string, keyLength int) ([]byte, error) {
	return fast.HKDFExpand(func() hash.Hash { return h() }, pseudorandomKey, info, keyLength)
}

// Key derives a key from a secret, salt and info.
func Key[Hash hash.Hash](h func() Hash, secret, salt []byte, info string, keyLength int) ([]byte, error) {
	return fast.HKDFKey(func() hash.Hash { return h() }, secret, salt, info, keyLength)
}
