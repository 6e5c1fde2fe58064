// Package pbkdf2 is the source of the standard package crypto/pbkdf2 for a
// session.
package pbkdf2

import (
	"hash"

	"github.com/asyncrepl/asyncrepl/repl/std/fast"
)

// Key derives a key from a password and salt.
func Key[Hash hash.Hash](h func() Hash, password string, salt []byte, iter, keyLength int) ([]byte, error) {
	return fast.PBKDF2Key(func() hash.Hash { return h() }, password, salt, iter, keyLength)
}
