// Package complete is the editor's service for KQL: what may be written at a place, what a word means, and the parameters
// of the call around the cursor. It knows the language's operators itself; tables, functions and the columns of a query
// are given to it, so that what is offered is what runs.
//
// Start at [New] and [Service.Complete]. It works on text that is being typed, so it goes by tokens and the brackets
// around the cursor rather than by the tree; the columns at a place are those of the query up to the pipe before it.
package complete

import (
	"sort"
	"strings"

	"passtrail/internal/kql/diag"
)

// Column is a column of a table or of a query's result.
type Column struct {
	Name   string
	Type   string   // "string", "dynamic"; empty when not known
	Help   string   // may be empty
	Paths  []string // of a dynamic column, what is known to be in it: "user.userPrincipalName"
	Values []string // of a text column with few values, what they are
}

// Table is a table, or a function that yields one, that a query may start with.
type Table struct {
	Name    string
	Help    string
	Columns []Column
}

// Param is a parameter of a function.
type Param struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Optional bool   `json:"optional,omitempty"`
	Repeat   bool   `json:"repeat,omitempty"` // the last one may be repeated
}

// Function is one overload of a function. Kind is one of [KindFunction], [KindAggregate], [KindWindow] and [KindPlugin].
type Function struct {
	Name     string
	Kind     Kind
	Params   []Param
	Result   string // type; may be empty
	Help     string
	Example  string
	Obsolete string // what to use instead: not offered, but explained
	Refused  string // why it does not run: not offered, but explained
}

// Language is what the service offers besides the language itself.
type Language struct {
	Tables    []Table
	Functions []Function
	// Columns returns the columns of the result of a query, and false when it has mistakes. It is called with the part
	// of the text before the cursor that yields the rows there, a few times for each completion. May be nil: then only
	// the columns of a table that starts the pipeline are known.
	Columns func(query string) ([]Column, bool)
}

// Kind says what an item is, for its icon.
type Kind string

// The kinds of items.
const (
	KindTable     Kind = "table"
	KindColumn    Kind = "column"
	KindVariable  Kind = "variable" // a let, a parameter
	KindFunction  Kind = "function"
	KindAggregate Kind = "aggregate"
	KindWindow    Kind = "window"
	KindPlugin    Kind = "plugin"
	KindOperator  Kind = "operator" // behind a pipe, or between values
	KindKeyword   Kind = "keyword"
	KindType      Kind = "type"
	KindValue     Kind = "value"
)

// Item is something that may be written.
type Item struct {
	Label  string `json:"label"`
	Kind   Kind   `json:"kind"`
	Detail string `json:"detail,omitempty"` // type or signature
	Help   string `json:"help,omitempty"`
	Insert string `json:"insert"` // the text to write
	Caret  int    `json:"caret"`  // where in Insert the cursor goes then, in bytes

	rank int // lower comes first
}

// Completion is what may be written in place of Span. More says that there are further items: ask again when more of
// the word is typed.
type Completion struct {
	Span  diag.Span `json:"span"`
	Items []Item    `json:"items"`
	More  bool      `json:"more,omitempty"`
}

// maxItems bounds the items of a completion.
const maxItems = 200

// Service answers questions about a text. It does not change and may be used from several goroutines.
type Service struct {
	lang      Language
	functions map[string][]Function
	tables    map[string]Table
	operators map[string]Operator
}

// New makes a service.
func New(l Language) *Service {
	s := &Service{lang: l, functions: map[string][]Function{}, tables: map[string]Table{}, operators: map[string]Operator{}}
	for _, f := range l.Functions {
		s.functions[f.Name] = append(s.functions[f.Name], f)
	}
	for _, t := range l.Tables {
		s.tables[t.Name] = t
	}
	for _, o := range operators {
		s.operators[o.Name] = o
	}
	return s
}

// Complete lists what may be written at a byte offset of src, the likeliest first, and the span that it replaces.
func (s *Service) Complete(src string, offset int) Completion {
	p := newPlace(src, offset)
	if p.inComment {
		return Completion{Span: p.span}
	}
	items := pick(s.candidates(p), p.word)
	return Completion{Span: p.span, Items: items[:min(len(items), maxItems)], More: len(items) > maxItems}
}

// pick keeps the items that fit the word typed so far and sorts them.
func pick(items []Item, word string) []Item {
	seen := map[string]bool{}
	out := items[:0]
	for _, it := range items {
		m := match(it.Label, word)
		key := string(it.Kind) + it.Label
		if m < 0 || seen[key] {
			continue
		}
		seen[key] = true
		it.rank += m * 100
		if it.Insert == "" {
			it.Insert = it.Label
		}
		if it.Caret == 0 {
			it.Caret = len(it.Insert)
		}
		out = append(out, it)
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].rank != out[j].rank {
			return out[i].rank < out[j].rank
		}
		return strings.ToLower(out[i].Label) < strings.ToLower(out[j].Label)
	})
	return out
}

// match tells how well a label fits a word: 0 as its start, 1 somewhere within, 2 its letters in order, -1 not at all.
func match(label, word string) int {
	l, w := strings.ToLower(label), strings.ToLower(word)
	switch {
	case strings.HasPrefix(l, w):
		return 0
	case strings.Contains(l, w):
		return 1
	case len(w) < 3:
		return -1
	}
	i := 0
	for j := 0; j < len(l) && i < len(w); j++ {
		if l[j] == w[i] {
			i++
		}
	}
	if i == len(w) && l[0] == w[0] {
		return 2
	}
	return -1
}
