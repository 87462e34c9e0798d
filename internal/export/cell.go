package export

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"passtrail"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// Text writes a cell as text for a person: times in zone, durations as 1h 2m 3s, null as nothing.
func Text(v any, t types.Type, zone *time.Location) string {
	switch n := v.(type) {
	case nil:
		return ""
	case int64:
		switch t {
		case types.DateTime:
			return humanTime(passtrail.Ticks(n), zone)
		case types.TimeSpan:
			return humanSpan(passtrail.Ticks(n))
		}
	}
	return string(appendMachine(nil, v, t))
}

func humanTime(t passtrail.Ticks, zone *time.Location) string {
	at := t.Time().In(zone)
	if t%passtrail.Day == 0 {
		return t.Time().Format("2006-01-02") // a whole UTC day stays that day in every zone
	}
	if _, offset := at.Zone(); offset == 0 {
		return at.Format("2006-01-02 15:04:05Z")
	}
	return at.Format("2006-01-02 15:04:05 -07:00")
}

// humanSpan writes the two largest units of a length of time. It rounds before it splits, so that 119.9 s is 2m 0s and
// not 1m 60s.
func humanSpan(t passtrail.Ticks) string {
	sign := ""
	if t < 0 {
		sign = "-"
		t = max(-t, 0) // the smallest Ticks has no positive counterpart
	}
	if t >= passtrail.Minute-passtrail.Second/2 {
		t = (t + passtrail.Second/2) / passtrail.Second * passtrail.Second
	}
	d, h, m, s := t/passtrail.Day, t%passtrail.Day/passtrail.Hour, t%passtrail.Hour/passtrail.Minute, t%passtrail.Minute/passtrail.Second
	switch {
	case d > 0:
		return fmt.Sprintf("%s%dd %dh", sign, d, h)
	case h > 0:
		return fmt.Sprintf("%s%dh %dm", sign, h, m)
	case m > 0:
		return fmt.Sprintf("%s%dm %ds", sign, m, s)
	}
	return sign + strconv.FormatFloat(float64(t)/float64(passtrail.Second), 'f', -1, 64) + "s"
}

// Plain makes text safe to print on a terminal: control characters, among them those that reverse the direction of
// writing, become spaces.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return ' '
		}
		return r
	}, s)
}

// clip is Plain, cut to a width in runes.
func clip(s string, width int) string {
	s = Plain(s)
	if len(s) <= width || utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

// Defuse puts an apostrophe before text that a spreadsheet would take for a formula: before its beginning, and before
// whatever follows a semicolon, a tab or the end of a line within it, because a spreadsheet set to another separator begins
// a cell there. Spaces and quotes in front of the formula do not hide it. Plain numbers stay as they are.
func Defuse(s string) string {
	if s == "" || wordByte(s[0]) && !strings.ContainsAny(s, ";\t\r\n") {
		return s
	}
	var out []byte
	for start, copied := 0, 0; ; {
		if formula(s[start:], start > 0) {
			if start == 0 && plainNumber(s) {
				return s
			}
			out = append(append(out, s[copied:start]...), '\'')
			copied = start
		}
		i := strings.IndexAny(s[start:], ";\t\r\n")
		if i < 0 {
			if out == nil {
				return s
			}
			return string(append(out, s[copied:]...))
		}
		start += i + 1
	}
}

// formula reports whether a spreadsheet would run a cell that begins so. Blanks of every kind are skipped; quotes only
// inside a text, where a spreadsheet that splits there takes them for the marks around a cell.
func formula(s string, inside bool) bool {
	for _, r := range s {
		switch {
		case strings.ContainsRune("=+-@＝＋－＠", r):
			return true
		case strings.ContainsRune(";\t\r\n", r): // the next cell is looked at by itself
			return false
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == 0:
		case inside && (r == '"' || r == '\''):
		default:
			return false
		}
	}
	return false
}

// wordByte reports whether a byte is an ASCII letter or digit.
func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// plainNumber reports whether text is a number such as -5 or +1.5e3 and nothing else.
func plainNumber(s string) bool {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" || digits[0] < '0' || digits[0] > '9' || strings.ContainsAny(digits, "xXpP_iInN") {
		return false
	}
	_, err := strconv.ParseFloat(digits, 64)
	return err == nil
}

// appendMachine appends a cell as text for a program: instants as ISO 8601 with seven digits, numbers plain, null as
// nothing. Text is not defused.
func appendMachine(b []byte, v any, t types.Type) []byte {
	switch x := v.(type) {
	case nil:
		return b
	case string:
		if t == types.Dynamic && x == "null" {
			return b
		}
		return append(b, x...)
	case int64:
		switch t {
		case types.DateTime:
			return passtrail.Ticks(x).AppendTo(b)
		case types.TimeSpan:
			break
		default:
			return strconv.AppendInt(b, x, 10)
		}
	case int32:
		return strconv.AppendInt(b, int64(x), 10)
	case float64:
		return appendReal(b, x)
	case bool:
		return strconv.AppendBool(b, x)
	}
	switch x := query.JSONCell(v, t).(type) {
	case nil:
		return b
	case string:
		return append(b, x...)
	default:
		return fmt.Append(b, x)
	}
}

// appendReal appends the shortest decimal that reads back the same, with an exponent only where JSON would have one.
func appendReal(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	}
	form := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(b, f, form, -1, 64)
}

// appendJSON appends a cell as a JSON value, as query.JSONCell has it: dynamic as text, instants and timespans as text.
func appendJSON(b []byte, v any, t types.Type) []byte {
	switch x := v.(type) {
	case nil:
		if t == types.String {
			return append(b, `""`...)
		}
		return append(b, "null"...)
	case string:
		if t == types.Dynamic && x == "null" {
			return append(b, x...)
		}
		return appendJSONText(b, x)
	case bool, int32:
		return appendMachine(b, v, t)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return append(appendReal(append(b, '"'), x), '"')
		}
		return appendReal(b, x)
	case int64:
		if t == types.DateTime || t == types.TimeSpan {
			return append(appendMachine(append(b, '"'), v, t), '"')
		}
		return strconv.AppendInt(b, x, 10)
	}
	text, err := json.Marshal(query.JSONCell(v, t))
	if err != nil {
		return append(b, "null"...) // no value of the database comes here
	}
	return append(b, text...)
}

// appendJSONText appends text as a JSON string.
func appendJSONText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...) // text always marshals
			}
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
