package complete

import (
	"strings"

	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
)

// Hover explains a word.
type Hover struct {
	Span    diag.Span `json:"span"`
	Title   string    `json:"title"` // "column Result: string", "substring(source: string, ...): string"
	Text    string    `json:"text"`
	Example string    `json:"example,omitempty"`
}

// Hover explains the word at a byte offset of src, and returns false where there is nothing to say.
func (s *Service) Hover(src string, offset int) (Hover, bool) {
	tokens, _ := parser.Tokens(src)
	at := -1
	for i, t := range tokens {
		if t.Loc.Start <= offset && offset <= t.Loc.End && (t.Kind == parser.Name || at < 0) {
			at = i
		}
	}
	if at < 0 {
		return Hover{}, false
	}
	t := tokens[at]
	if t.Kind != parser.Name {
		return hoverSign(src, t)
	}
	p := newPlace(src, t.Loc.Start)
	name := t.Loc.Text(src)
	if h, ok := s.hoverOperator(p, t, tokens[at:]); ok {
		return h, true
	}
	called := at+1 < len(tokens) && tokens[at+1].Kind == parser.LParen
	h := s.hoverName(p, name, called)
	h.Span = t.Loc
	return h, h.Title != ""
}

// hoverOperator explains an operator's name behind its pipe, hyphens included.
func (s *Service) hoverOperator(p *place, t parser.Token, rest []parser.Token) (Hover, bool) {
	span := diag.Span{Start: p.span.Start, End: t.Loc.End} // the place joins what stands before a hyphen
	name := p.src[span.Start:span.End]
	for i := 1; i+1 < len(rest) && rest[i].Kind == parser.Minus && rest[i].Loc.Start == span.End && rest[i+1].Kind == parser.Name && rest[i+1].Loc.Start == rest[i].Loc.End; i += 2 {
		longer := p.src[span.Start:rest[i+1].Loc.End]
		if !knownStart(longer) {
			break
		}
		name, span.End = longer, rest[i+1].Loc.End
	}
	f := p.inner()
	starts := p.last() == parser.Pipe || len(p.tokens) == p.afterLet(f.start) && (leading[name] || p.isBody(len(p.frames)-1))
	op, ok := s.operators[name]
	if !ok || !starts {
		return Hover{}, false
	}
	return Hover{Span: span, Title: op.Syntax, Text: op.Help}, true
}

func hoverSign(src string, t parser.Token) (Hover, bool) {
	text := t.Loc.Text(src)
	for _, b := range binaryOperators {
		if b.Name == text && b.Help != "" {
			return Hover{Span: t.Loc, Title: "operator " + b.Name, Text: b.Help}, true
		}
	}
	return Hover{}, false
}

// hoverName explains a name: a function that is called, a column, a variable, a table, or an operator between values.
func (s *Service) hoverName(p *place, name string, called bool) Hover {
	if called {
		for _, v := range p.variables() {
			if v.name == name {
				return Hover{Title: "let " + name, Text: "A function declared above."}
			}
		}
		if fs := s.functions[name]; len(fs) > 0 {
			return hoverFunction(fs)
		}
	}
	if p.last() != parser.Dot {
		vars := p.variables()
		for i := len(vars) - 1; i >= 0; i-- {
			if vars[i].name == name {
				return Hover{Title: "let " + name, Text: vars[i].detail}
			}
		}
	}
	if st := p.step(); st.name != "" {
		for _, c := range s.columns(p, st) {
			if c.Name == name {
				return Hover{Title: strings.TrimSuffix("column "+name+": "+c.Type, ": "), Text: c.Help}
			}
		}
	}
	if t, ok := s.tables[name]; ok {
		return Hover{Title: "table " + name, Text: t.Help}
	}
	for _, b := range binaryOperators {
		if b.Name == name {
			return Hover{Title: "operator " + name, Text: b.Help}
		}
	}
	return Hover{}
}

func hoverFunction(fs []Function) Hover {
	f := fs[0]
	h := Hover{Title: f.Signature(), Text: f.Help, Example: f.Example}
	if f.Obsolete != "" {
		h.Text += " Obsolete: use " + f.Obsolete + "."
	}
	if f.Refused != "" {
		h.Text += " Not supported: " + f.Refused + "."
	}
	return h
}

// Signature is a call around the cursor: the overloads of its function, and which parameter the cursor is in.
type Signature struct {
	Span      diag.Span  `json:"span"` // the function's name
	Overloads []Overload `json:"overloads"`
	Active    int        `json:"active"` // parameter, from 0; the last one where parameters repeat
}

// Overload is a function's parameters with its help.
type Overload struct {
	Label  string  `json:"label"`
	Params []Param `json:"params"`
	Help   string  `json:"help"`
}

// Signature finds the innermost call around a byte offset of src, and returns false where there is none that is known.
func (s *Service) Signature(src string, offset int) (Signature, bool) {
	p := newPlace(src, offset)
	for level := len(p.frames) - 1; level > 0; level-- {
		f := p.frames[level]
		fs := s.functions[f.before]
		if f.kind != parser.LParen || len(fs) == 0 || infix[f.before] {
			continue
		}
		sig := Signature{Span: p.tokens[f.open-1].Loc, Active: f.commas}
		for _, fn := range fs {
			sig.Overloads = append(sig.Overloads, Overload{Label: fn.Signature(), Params: fn.Params, Help: fn.Help})
		}
		if n := len(fs[0].Params); n > 0 && sig.Active >= n && fs[0].Params[n-1].Repeat {
			sig.Active = n - 1
		}
		return sig, true
	}
	return Signature{}, false
}
