package parser

import (
	"strings"
	"unicode/utf8"

	"passtrail/internal/kql/ast"
)

// decodeString is the value of a string token, how it was written, and the offset of the first escape in raw that does
// not exist (-1 when all do).
func decodeString(raw string) (value string, style ast.Style, badEscape int) {
	body := raw
	if len(body) > 0 && (body[0] == 'h' || body[0] == 'H') {
		style |= ast.Obfuscated
		body = body[1:]
	}
	switch {
	case strings.HasPrefix(body, "```"), strings.HasPrefix(body, "~~~"):
		return strings.TrimSuffix(body[3:], body[:3]), style | ast.MultiLine, -1
	case strings.HasPrefix(body, "@"):
		return decodeVerbatim(body[1:]), style | ast.Verbatim, -1
	}
	inner := body[1:]
	if n := len(inner); n > 0 && closed(body) {
		inner = inner[:n-1]
	}
	if strings.IndexByte(inner, '\\') < 0 {
		return inner, style, -1
	}
	value, bad := unescape(inner)
	if bad >= 0 {
		bad += len(raw) - len(body) + 1
	}
	return value, style, bad
}

// closed reports whether a quoted text ends with its own quote, unescaped.
func closed(body string) bool {
	for i := 1; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case body[0]:
			return true
		}
	}
	return false
}

func decodeVerbatim(quoted string) string {
	quote := quoted[:1]
	inner := quoted[1:]
	if n := len(inner); n > 0 && inner[n-1:] == quote {
		inner = inner[:n-1]
	}
	return strings.ReplaceAll(inner, quote+quote, quote)
}

// unescape resolves backslashes; bad is the offset of the first unknown escape, or -1. Those are kept as written.
func unescape(s string) (value string, bad int) {
	var b strings.Builder
	b.Grow(len(s))
	bad = -1
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		n, r, isByte := escape(s[i:])
		switch {
		case n == 0:
			if bad < 0 {
				bad = i
			}
			b.WriteByte('\\')
			n = 1
		case isByte:
			b.WriteRune(r)
		default:
			var joined int
			r, joined = surrogates(r, s[i+n:])
			n += joined
			b.WriteRune(r)
		}
		i += n
	}
	return b.String(), bad
}

// escape reads one escape sequence: its length (0 when it does not exist) and its character.
func escape(s string) (n int, r rune, isByte bool) {
	if len(s) < 2 {
		return 0, 0, false
	}
	switch c := s[1]; c {
	case '\'', '"', '\\', '/':
		return 2, rune(c), true
	case 'a', 'b', 'f', 'n', 'r', 't', 'v':
		return 2, map[byte]rune{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}[c], true
	case 'x':
		return hexEscape(s, 2, 2)
	case 'u':
		return hexEscape(s, 2, 4)
	case 'U':
		return hexEscape(s, 2, 8)
	}
	end := 1
	for end < len(s) && end < 4 && s[end] >= '0' && s[end] <= '7' {
		r = r*8 + rune(s[end]-'0')
		end++
	}
	if end == 1 || r > 255 {
		return 0, 0, false
	}
	return end, r, true
}

func hexEscape(s string, start, digits int) (int, rune, bool) {
	if len(s) < start+digits {
		return 0, 0, false
	}
	var r rune
	for _, c := range []byte(s[start : start+digits]) {
		if !isHex(c) {
			return 0, 0, false
		}
		r = r<<4 | rune(hexValue(c))
	}
	if r < 0 || r > utf8.MaxRune {
		return 0, 0, false
	}
	return start + digits, r, false
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a':
		return int(c-'a') + 10
	default:
		return int(c-'A') + 10
	}
}

// surrogates joins a high surrogate with the \u escape of the low one behind it; a lone one becomes U+FFFD.
func surrogates(r rune, rest string) (rune, int) {
	if r < 0xD800 || r > 0xDFFF {
		return r, 0
	}
	if r < 0xDC00 && strings.HasPrefix(rest, `\u`) {
		if n, low, _ := hexEscape(rest, 2, 4); n > 0 && low >= 0xDC00 && low <= 0xDFFF {
			return (r-0xD800)<<10 + (low - 0xDC00) + 0x10000, n
		}
	}
	return utf8.RuneError, 0
}
