package diag

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Position is a place in a text as people count: lines and columns from 1, columns in characters (code points).
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// String is "line:column".
func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// At is the position of a byte offset in src. Offsets outside src are moved to its nearest end.
func At(src string, offset int) Position {
	offset = min(max(offset, 0), len(src))
	before := src[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return Position{Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(before[start:]) + 1}
}

// maxLine is how many columns of a source line a caret shows before it cuts.
const maxLine = 160

// tabWidth is how many columns a tab is drawn as, so that the caret stands below its text in any terminal.
const tabWidth = 4

// Caret draws one diagnostic for a terminal: place, message and hint, then the source line with ^~~~ below the mistake.
// A mistake of several lines is marked to the end of its first line.
func Caret(src string, d Diagnostic) string {
	var b strings.Builder
	start := min(max(d.Span.Start, 0), len(src))
	fmt.Fprintf(&b, "%s: %s: %s [%s]\n", At(src, start), d.Severity, d.Message, d.Code)
	lineStart := strings.LastIndexByte(src[:start], '\n') + 1
	lineEnd := len(src)
	if i := strings.IndexByte(src[start:], '\n'); i >= 0 {
		lineEnd = start + i
	}
	end := min(max(d.Span.End, start), lineEnd)
	before, marked, after := drawn(src[lineStart:start], 0), "", ""
	marked = drawn(src[start:end], width(before))
	after = drawn(src[end:lineEnd], width(before)+width(marked))
	before, marked, after = clip(before, marked, after)
	fmt.Fprintf(&b, "  %s\n", strings.TrimRight(before+marked+after, " "))
	fmt.Fprintf(&b, "  %s^%s\n", strings.Repeat(" ", width(before)), strings.Repeat("~", max(width(marked)-1, 0)))
	if d.Hint != "" {
		fmt.Fprintf(&b, "  hint: %s\n", d.Hint)
	}
	return b.String()
}

// drawn replaces what has no fixed width: tabs by spaces up to the next stop, other control characters by a dot.
func drawn(s string, column int) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			n := tabWidth - column%tabWidth
			b.WriteString(strings.Repeat(" ", n))
			column += n
			continue
		case r == '\r':
			continue
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf):
			r = '·'
		}
		b.WriteRune(r)
		column += runeWidth(r)
	}
	return b.String()
}

// clip shortens a long line around its mark.
func clip(before, marked, after string) (string, string, string) {
	const ellipsis = "..."
	if w := width(before); w > maxLine/2 {
		before = ellipsis + lastColumns(before, maxLine/2)
	}
	if width(marked) > maxLine {
		marked, after = firstColumns(marked, maxLine)+ellipsis, ""
	}
	if width(after) > maxLine/2 {
		after = firstColumns(after, maxLine/2) + ellipsis
	}
	return before, marked, after
}

func firstColumns(s string, n int) string {
	w := 0
	for i, r := range s {
		if w += runeWidth(r); w > n {
			return s[:i]
		}
	}
	return s
}

func lastColumns(s string, n int) string {
	w := width(s)
	for i, r := range s {
		if w <= n {
			return s[i:]
		}
		w -= runeWidth(r)
	}
	return ""
}

func width(s string) int {
	w := 0
	for _, r := range s {
		w += runeWidth(r)
	}
	return w
}

// runeWidth is how many terminal columns r takes: none for combining marks, two for East Asian wide characters and
// emoji, else one. The ranges are those of Unicode's EastAsianWidth W and F, coarsely.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0x303E, r >= 0x3041 && r <= 0x33FF,
		r >= 0x3400 && r <= 0x4DBF, r >= 0x4E00 && r <= 0x9FFF, r >= 0xA000 && r <= 0xA4CF,
		r >= 0xAC00 && r <= 0xD7A3, r >= 0xF900 && r <= 0xFAFF, r >= 0xFE30 && r <= 0xFE6F,
		r >= 0xFF00 && r <= 0xFF60, r >= 0xFFE0 && r <= 0xFFE6, r >= 0x1F300 && r <= 0x1F64F,
		r >= 0x1F900 && r <= 0x1F9FF, r >= 0x20000 && r <= 0x3FFFD:
		return 2
	default:
		return 1
	}
}
