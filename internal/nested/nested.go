// Package nested says how a table of records keeps the nested values of a record, who did it and what it was done to,
// without the texts that other columns of the same row have: each such text is one character there. The texts that are
// left are few different ones, which compress to almost nothing.
//
// A control character never stands in JSON as itself, so each one that is found stands for a column. A value that holds
// one all the same, and so is no JSON, is kept whole behind [whole].
package nested

import (
	"strings"

	"passtrail"
)

// whole begins a value that is kept as it is.
const whole = '\x08'

// shortest is the length, in bytes, of the shortest text that is left out: a shorter one is no gain.
const shortest = 3

// A source is a column whose text is left out of a nested value.
type source struct {
	column string
	mark   byte
	of     func(*passtrail.Record) string
}

// actor and target are the columns whose texts are left out of record.initiated_by and record.target_resources. They are
// part of what a data directory holds: a mark keeps its meaning for ever.
var (
	actor = []source{
		{"actor_id", 1, func(r *passtrail.Record) string { return r.ActorID }},
		{"actor_upn", 2, func(r *passtrail.Record) string { return r.ActorUPN }},
		{"actor_name", 3, func(r *passtrail.Record) string { return r.ActorName }},
		{"actor_address", 4, func(r *passtrail.Record) string { return r.ActorAddress }},
	}
	target = []source{
		{"target_id", 1, func(r *passtrail.Record) string { return r.TargetID }},
		{"target_upn", 2, func(r *passtrail.Record) string { return r.TargetUPN }},
		{"target_name", 3, func(r *passtrail.Record) string { return r.TargetName }},
	}
)

// Packer makes the short forms of nested values. It keeps its buffer from one value to the next; one goroutine uses it.
type Packer struct{ buffer []byte }

// InitiatedBy returns r.InitiatedBy as the column initiated_by has it.
func (p *Packer) InitiatedBy(r *passtrail.Record) string { return p.pack(r.InitiatedBy, r, actor) }

// TargetResources returns r.TargetResources as the column target_resources has it.
func (p *Packer) TargetResources(r *passtrail.Record) string {
	return p.pack(r.TargetResources, r, target)
}

// pack leaves the texts of columns out of a value, where they stand as whole strings.
func (p *Packer) pack(value string, r *passtrail.Record, sources []source) string {
	if holdsControl(value) {
		return string(whole) + value
	}
	var texts [4]string
	some := false
	for i, s := range sources {
		if text := s.of(r); len(text) >= shortest && !holdsControl(text) {
			texts[i], some = text, true
		}
	}
	if !some {
		return value
	}
	p.buffer = p.buffer[:0]
	from, at := 0, 0 // what is before from is in the buffer
	for {
		quote := strings.IndexByte(value[at:], '"')
		if quote < 0 {
			break
		}
		at += quote + 1
		if i := begins(value[at:], texts); i >= 0 {
			p.buffer = append(append(p.buffer, value[from:at]...), sources[i].mark)
			at += len(texts[i])
			from = at
		}
	}
	if from == 0 {
		return value
	}
	return string(append(p.buffer, value[from:]...))
}

// begins returns which of some texts a value begins with, followed by a quote, or -1.
func begins(value string, texts [4]string) int {
	for i, text := range texts {
		if n := len(text); n > 0 && len(value) > n && value[n] == '"' && value[:n] == text {
			return i
		}
	}
	return -1
}

// holdsControl tells whether a text has one of the characters that stand for something.
func holdsControl(s string) bool {
	for i := range len(s) {
		if s[i] <= whole {
			return true
		}
	}
	return false
}

// InitiatedBySQL returns the expression for the whole value of initiated_by of a table of records, whose alias is given
// with its point ("r.") or is "".
func InitiatedBySQL(alias string) string { return wholeSQL(alias, "initiated_by", actor) }

// TargetResourcesSQL is InitiatedBySQL for target_resources.
func TargetResourcesSQL(alias string) string { return wholeSQL(alias, "target_resources", target) }

// InitiatedByJSON is InitiatedBySQL with null for no value.
func InitiatedByJSON(alias string) string { return jsonSQL(InitiatedBySQL(alias)) }

// TargetResourcesJSON is TargetResourcesSQL with null for no value.
func TargetResourcesJSON(alias string) string { return jsonSQL(TargetResourcesSQL(alias)) }

// The SQL functions that the expressions call, with a column of nested values and those whose texts are left out of it:
// [Whole], and the same with null in place of an empty text.
const (
	WholeFunction = "passtrail_whole"
	JSONFunction  = "passtrail_whole_json"
)

func wholeSQL(alias, column string, sources []source) string {
	args := alias + column
	for _, s := range sources {
		args += ", " + alias + s.column
	}
	return WholeFunction + "(" + args + ")"
}

func jsonSQL(whole string) string { return JSONFunction + strings.TrimPrefix(whole, WholeFunction) }

// Whole appends to dst the whole value of what a column keeps, given the texts of the columns in the order of their marks. A
// mark without a text is kept as itself.
func Whole(dst []byte, kept string, texts []string) []byte {
	if kept != "" && kept[0] == whole {
		return append(dst, kept[1:]...)
	}
	from := 0
	for i := range len(kept) {
		if mark := int(kept[i]); mark <= len(texts) && mark > 0 {
			dst = append(append(dst, kept[from:i]...), texts[mark-1]...)
			from = i + 1
		}
	}
	return append(dst, kept[from:]...)
}
