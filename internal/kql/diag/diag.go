// Package diag describes mistakes in a KQL text: where they are, what kind they are, what is wrong and what to do about
// it. It knows nothing of the language; the parser, the checker and the generators fill in what they find.
//
// Start at [Diagnostic]; several of them make a [List], which is the error that every phase returns.
package diag

import (
	"fmt"
	"sort"
	"strings"
)

// Span is a stretch of the query text: byte offsets, Start inclusive, End exclusive. The zero value is the empty stretch
// at the start of the text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Len is the number of bytes in s.
func (s Span) Len() int { return s.End - s.Start }

// Contains reports whether the byte at offset lies in s.
func (s Span) Contains(offset int) bool { return s.Start <= offset && offset < s.End }

// Join is the smallest span that holds both s and t. An empty zero span on either side is ignored.
func (s Span) Join(t Span) Span {
	if s == (Span{}) {
		return t
	}
	if t == (Span{}) {
		return s
	}
	return Span{min(s.Start, t.Start), max(s.End, t.End)}
}

// Text is the part of src that s covers. It is safe for any span: what lies outside src is left out.
func (s Span) Text(src string) string {
	start := min(max(s.Start, 0), len(src))
	end := min(max(s.End, start), len(src))
	return src[start:end]
}

// Severity tells a mistake from a remark.
type Severity int

// The severities. The zero value is Error, which stops the query.
const (
	Error Severity = iota
	Warning
	Info
)

// String is the severity in lower case: "error", "warning" or "info".
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Info:
		return "info"
	default:
		return "error"
	}
}

// MarshalText gives severities their names in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Diagnostic is one remark about a query text.
type Diagnostic struct {
	Span     Span     `json:"span"`
	Code     string   `json:"code"`           // stable, "unknown-column"; never changes its meaning
	Message  string   `json:"message"`        // lower case, no full stop
	Hint     string   `json:"hint,omitempty"` // what to do, "did you mean ActivityDisplayName?"; may be empty
	Severity Severity `json:"severity"`
}

// New makes an error at span.
func New(span Span, code, format string, args ...any) Diagnostic {
	return Diagnostic{Span: span, Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithHint is d with a hint in place of the one it has.
func (d Diagnostic) WithHint(format string, args ...any) Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// Text is the message followed by the hint, without the place.
func (d Diagnostic) Text() string {
	if d.Hint == "" {
		return d.Message
	}
	return d.Message + "; " + d.Hint
}

// List holds every diagnostic of a text. As an error it has all messages, one on each line.
type List []Diagnostic

// Error joins the messages of the list, one on each line, each with its hint. Places are not part of it because they
// need the text: see [List.Render].
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Text()
	}
	return strings.Join(lines, "\n")
}

// HasErrors reports whether a diagnostic of the list stops the query.
func (l List) HasErrors() bool {
	for _, d := range l {
		if d.Severity == Error {
			return true
		}
	}
	return false
}

// Err is l as an error when it stops the query, else nil.
func (l List) Err() error {
	if l.HasErrors() {
		return l
	}
	return nil
}

// Add appends d.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Sort puts the list in the order of the text, and drops diagnostics that say the same of the same place.
func (l *List) Sort() {
	sort.SliceStable(*l, func(i, j int) bool {
		a, b := (*l)[i].Span, (*l)[j].Span
		if a.Start != b.Start {
			return a.Start < b.Start
		}
		return a.End < b.End
	})
	out := (*l)[:0]
	seen := make(map[Diagnostic]bool, len(*l))
	for _, d := range *l {
		if !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	*l = out
}

// Render is every diagnostic of the list with its place in src and its caret, a blank line between them.
func (l List) Render(src string) string {
	parts := make([]string, len(l))
	for i, d := range l {
		parts[i] = Caret(src, d)
	}
	return strings.Join(parts, "\n")
}
