// Package bytealg stands in for the one of the Go toolchain, which is written
// in assembly.
package bytealg

const (
	MaxBruteForce = 64
	PrimeRK       = 16777619
)

var MaxLen = 63

func Compare(a, b []byte) int
func CompareString(a, b string) int
func Count(b []byte, c byte) int
func CountString(s string, c byte) int
func Equal(a, b []byte) bool
func Index(a, b []byte) int
func IndexByte(b []byte, c byte) int
func IndexByteString(s string, c byte) int
func IndexString(a, b string) int
func LastIndexByte(s []byte, c byte) int
func LastIndexByteString(s string, c byte) int

func Cutover(n int) int { return (n + 16) / 8 }

func MakeNoZero(n int) []byte { return make([]byte, n) }

func HashStr[T string | []byte](sep T) (hash, pow uint32) {
	pow = 1
	for i := range len(sep) {
		hash = hash*PrimeRK + uint32(sep[i])
		pow *= PrimeRK
	}
	return hash, pow
}

func HashStrRev[T string | []byte](sep T) (hash, pow uint32) {
	pow = 1
	for i := len(sep) - 1; i >= 0; i-- {
		hash = hash*PrimeRK + uint32(sep[i])
		pow *= PrimeRK
	}
	return hash, pow
}

func IndexRabinKarp[T string | []byte](s, sep T) int { return IndexString(string(s), string(sep)) }

func LastIndexRabinKarp[T string | []byte](s, sep T) int {
	for i := len(s) - len(sep); i >= 0; i-- {
		if string(s[i:i+len(sep)]) == string(sep) {
			return i
		}
	}
	return -1
}
