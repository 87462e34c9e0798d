package passtrail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPrintable bounds what Printable returns, in bytes, about.
const maxPrintable = 4096

// Printable returns text that came from outside in a form that is safe to show: control characters, escape sequences,
// bytes that are not UTF-8, and characters that change the direction of text or cannot be seen are written as escapes;
// very long text is cut.
func Printable(s string) string {
	if isPrintable(s) {
		return strings.Clone(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if b.Len() > maxPrintable {
			b.WriteString("…")
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !unseen(r):
			b.WriteString(s[i : i+n])
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += n
	}
	return b.String()
}

func isPrintable(s string) bool {
	if len(s) > maxPrintable {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return utf8.ValidString(s) && !strings.ContainsFunc(s, unseen)
		}
	}
	return true
}

// unseen tells whether a character is not itself seen, or changes how others are.
func unseen(r rune) bool {
	return r != ' ' && !unicode.IsGraphic(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Cf, r) || r == 0x3164
}
