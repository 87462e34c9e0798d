package builtin

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// maxGroups is the documented ceiling of capture groups in a pattern.
const maxGroups = 16

// CheckRegex says why a pattern cannot be used, in words for the person, or returns nil. Kusto's dialect is that of Rust's
// regex crate; what it has not (look-around, back-references) is refused by name, as are more than 16 groups.
func CheckRegex(pattern string) error {
	if what := beyondRE2(pattern); what != "" {
		return fmt.Errorf("uses %s, which is not supported in patterns here", what)
	}
	re, err := regexp.Compile(GoRegex(pattern))
	if err != nil {
		return fmt.Errorf("is not a valid pattern: %s", reason(err))
	}
	if n := re.NumSubexp(); n > maxGroups {
		return fmt.Errorf("has %d groups, more than the %d allowed", n, maxGroups)
	}
	return nil
}

// reason is the parser's message without its preamble.
func reason(err error) string {
	if e, ok := err.(*syntax.Error); ok {
		return fmt.Sprintf("%s: `%s`", e.Code, e.Expr)
	}
	return err.Error()
}

// beyondRE2 names what the pattern uses that RE2 has not.
func beyondRE2(p string) string {
	for _, look := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		if i := strings.Index(p, look); i >= 0 && !escaped(p, i) {
			return "look-around " + look + "…)"
		}
	}
	class := false
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\\':
			if i+1 < len(p) && !class && p[i+1] >= '1' && p[i+1] <= '9' {
				return "a back-reference \\" + p[i+1:i+2]
			}
			i++
		case p[i] == '[':
			class = true
		case p[i] == ']':
			class = false
		}
	}
	return ""
}

// escaped reports whether an odd number of backslashes stands before i.
func escaped(p string, i int) bool {
	n := 0
	for i--; i >= 0 && p[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// GoRegex translates a pattern to the same one for RE2: \d, \w and \s are Unicode-aware in Kusto, and classes may hold
// classes and operate on them. Word boundaries stay ASCII, as RE2 has no others.
func GoRegex(p string) string { return translated(p, true) }

func translated(p string, sets bool) string {
	if !strings.ContainsAny(p, `\[`) && !strings.Contains(p, "(?") {
		return p
	}
	var b strings.Builder
	class := false
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c == '[' && !class:
			if set, end, ok := setClass(p, i, sets); ok {
				b.WriteString(set)
				i = end - 1
				continue
			}
			class = true
		case c == ']' && class:
			class = false
		case c == '\\' && i+1 < len(p):
			if point, size := codePoint(p[i:]); size > 0 {
				b.WriteString(point)
				i += size - 1
				continue
			}
			i++
			b.WriteString(unicodeClass(p[i], class))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// codePoint writes \u0041, \u{41} and \U00000041 as RE2 does, and says how long they were; 0 for anything else.
func codePoint(p string) (string, int) {
	digits := map[byte]int{'u': 4, 'U': 8}[p[1]]
	switch {
	case digits == 0:
	case strings.HasPrefix(p[2:], "{") && strings.Contains(p, "}"):
		end := strings.IndexByte(p, '}')
		return `\x` + p[2:end+1], end + 1
	case len(p) >= 2+digits:
		return `\x{` + p[2:2+digits] + "}", 2 + digits
	}
	return "", 0
}

// unicodeClasses has the members of Perl classes as they stand between brackets.
var unicodeClasses = map[byte]string{
	'd': `\p{Nd}`,
	'w': `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}`,
	's': `\t\n\v\f\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}`,
}

func unicodeClass(c byte, inClass bool) string {
	lower := c | 0x20
	members, ok := unicodeClasses[lower]
	switch {
	case !ok || inClass && c != lower:
		return `\` + string(c)
	case inClass:
		return members
	case c != lower:
		return "[^" + members + "]"
	}
	return "[" + members + "]"
}

// CheckDateFormat says why a format of format_datetime cannot be used.
func CheckDateFormat(format string) error { return checkFormat(format, "dfFhHmMsyt") }

// CheckSpanFormat says why a format of format_timespan cannot be used.
func CheckSpanFormat(format string) error { return checkFormat(format, "dfFhHms") }

// checkFormat wants only the letters given and the documented delimiters. A run longer than any specifier is several.
func checkFormat(format, letters string) error {
	if format == "" {
		return fmt.Errorf("must not be empty")
	}
	for _, r := range format {
		if !strings.ContainsRune(letters+" /-:,._[]", r) {
			return fmt.Errorf("has %q, which is neither a format specifier nor one of the delimiters space / - : , . _ [ ]", string(r))
		}
	}
	return nil
}
