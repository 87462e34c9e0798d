package normalise

import (
	"strings"
	"unicode/utf8"
)

// unescape decodes the inside of a JSON string that the scanner has accepted.
func unescape(raw []byte) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		switch c := raw[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, _ := hex4(raw[i+2:])
			if r >= 0xD800 && r <= 0xDBFF {
				low, _ := hex4(raw[i+8:])
				r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
				i += 6
			}
			out = utf8.AppendRune(out, r)
			i += 4
		default:
			out = append(out, c)
		}
		i += 2
	}
	return string(out)
}

// text returns the content of a string value, "" for any other kind. Zero characters, which databases refuse, are left
// out.
func (v value) text() string {
	if v.kind != '"' {
		return ""
	}
	if v.esc {
		return strings.ReplaceAll(unescape(v.raw), "\x00", "")
	}
	return alias(v.raw)
}

// is tells whether the value is a string with this content.
func (v value) is(s string) bool {
	if v.kind != '"' {
		return false
	}
	if v.esc {
		return unescape(v.raw) == s
	}
	return string(v.raw) == s
}

// json returns the value as JSON text without insignificant space.
func (v value) json() string {
	switch {
	case v.kind == '"':
		return `"` + string(v.raw) + `"`
	case v.gap:
		return string(appendCompact(make([]byte, 0, len(v.raw)), v.raw))
	}
	return alias(v.raw)
}

// appendJSON appends what json returns.
func (v value) appendJSON(b []byte) []byte {
	switch {
	case v.kind == '"':
		b = append(b, '"')
		b = append(b, v.raw...)
		return append(b, '"')
	case v.gap:
		return appendCompact(b, v.raw)
	}
	return append(b, v.raw...)
}

// appendCompact appends valid JSON without insignificant space.
func appendCompact(out, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c == '"':
			j := i + 1
			for raw[j] != '"' {
				if raw[j] == '\\' {
					j++
				}
				j++
			}
			out = append(out, raw[i:j+1]...)
			i = j + 1
		case c <= ' ':
			i++
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends text as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(b, s[start:i]...)
				b = append(b, `\ufffd`...)
				start = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// lower folds ASCII letters to lower case and returns s itself when there is nothing to fold.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c-'A' <= 'Z'-'A' || c >= utf8.RuneSelf {
			return strings.ToLower(s)
		}
	}
	return s
}
