package passtrail

import (
	"strings"
	"unicode/utf8"
)

// TextHash is a whole number that follows from a text whatever its letter case. A database that keeps it beside ids finds
// one of them by comparing numbers first. The numbers are stored: what makes them does not change.
func TextHash(s string) int32 {
	const offset, prime = 2166136261, 16777619 // FNV-1a
	h := uint32(offset)
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			return foldedHash(s)
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		h = (h ^ uint32(c)) * prime
	}
	return int32(h)
}

// foldedHash is TextHash of a text with letters beyond ASCII; bytes that are none are what a store makes of them.
func foldedHash(s string) int32 {
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for _, c := range []byte(strings.ToLower(strings.ToValidUTF8(s, "\uFFFD"))) {
		h = (h ^ uint32(c)) * prime
	}
	return int32(h)
}
