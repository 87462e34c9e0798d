package complete

import (
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/parser"
)

// variable is a name that a let or a parameter before the cursor declares.
type variable struct {
	name    string
	kind    Kind
	tabular bool
	detail  string // how it was declared, shortened
	value   ast.Expr
}

// variables lists what is declared before the cursor, the nearest last.
func (p *place) variables() []variable {
	q, _ := parser.Parse(p.src)
	var out []variable
	p.collect(q.Statements, &out)
	return out
}

func (p *place) collect(list []ast.Statement, out *[]variable) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.Let:
			f, isFunction := s.Value.(*ast.Function)
			if isFunction && s.Loc.Start <= p.offset && p.offset <= s.Loc.End {
				collectParams(f.Params, out)
				p.collect(f.Statements, out)
				continue
			}
			if end := s.Loc.End; end < p.offset && strings.Contains(p.src[end:p.offset], ";") {
				*out = append(*out, letVariable(s))
			}
		case *ast.QueryParameters:
			collectParams(s.Params, out)
		}
	}
}

func collectParams(params []*ast.Param, out *[]variable) {
	for _, n := range params {
		v := variable{name: n.Name.Text, kind: KindVariable, tabular: n.Schema != nil, detail: "parameter"}
		if n.Type != nil {
			v.detail = n.Type.Name
		}
		*out = append(*out, v)
	}
}

func letVariable(s *ast.Let) variable {
	v := variable{name: s.Name.Text, kind: KindVariable, detail: "let", value: s.Value}
	switch x := s.Value.(type) {
	case *ast.Function:
		v.kind, v.detail = KindFunction, "let function"
		_, v.tabular = x.Result.(*ast.Pipeline)
		v.tabular = v.tabular || x.View
	case *ast.Pipeline:
		v.tabular, v.detail = true, "let table"
	case *ast.Call:
		v.tabular = x.Name.Text == "materialize"
	case *ast.Name:
		v.tabular = true // may be either
	case *ast.Literal:
		v.detail = x.Kind.String() + " " + x.Raw
	}
	return v
}

// lets is the text of the declarations before a token, to put before a part of the query.
func (p *place) lets(before int) string {
	offset := p.offset
	if before < len(p.tokens) {
		offset = p.tokens[before].Loc.Start
	}
	q, _ := parser.Parse(p.src[:offset])
	var b strings.Builder
	for _, s := range q.Statements {
		switch s.(type) {
		case *ast.Let, *ast.QueryParameters:
			b.WriteString(s.Span().Text(p.src))
			b.WriteString(";\n")
		}
	}
	return b.String()
}

// parts is a pipeline as text: what it starts with and its complete operators.
type parts struct {
	lets   string
	source string
	steps  []string
}

// pipelineAt is the pipeline in a frame up to its last pipe, with the rows that a body takes from around it.
func (p *place) pipelineAt(level int) parts {
	f := p.frames[level]
	first := p.afterLet(f.start)
	var out parts
	begin := first
	if p.isBody(level) {
		out = p.pipelineAt(level - 1)
		if s := p.expansion(level - 1); s != "" {
			out.steps = append(out.steps, s)
		}
	} else {
		out.lets = p.lets(p.frames[0].start)
		end := len(p.tokens)
		if len(f.pipes) > 0 {
			end = f.pipes[0]
		}
		out.source = p.text(begin, end)
		if len(f.pipes) == 0 {
			return out
		}
		begin = f.pipes[0] + 1
	}
	for i := range f.pipes {
		if f.pipes[i] <= begin && i == 0 && !p.isBody(level) {
			continue
		}
		if s := p.text(begin, f.pipes[i]); s != "" {
			out.steps = append(out.steps, s)
		}
		begin = f.pipes[i] + 1
	}
	return out
}

// expansion is the mv-expand that yields the columns which the body of the mv-apply in a frame sees.
func (p *place) expansion(level int) string {
	f := p.frames[level]
	name, args := p.operatorFrom(f.pipes[len(f.pipes)-1] + 1)
	if name != "mv-apply" && name != "mvapply" {
		return ""
	}
	items := p.text(args, p.frames[level+1].open-1)
	return "mv-expand " + items
}

// columns are the columns that an expression at the cursor can use. When the text before has mistakes, they are those
// of the part without, and the names given since.
func (s *Service) columns(p *place, st step) []Column {
	if st.name == "print" || st.name == "range" {
		return nil
	}
	pipe := p.pipelineAt(st.level)
	if leading[st.name] && len(p.frames[st.level].pipes) == 0 {
		return s.allColumns()
	}
	return s.resolve(pipe)
}

// maxTries bounds how many shorter queries are tried when one has mistakes.
const maxTries = 12

func (s *Service) resolve(q parts) []Column {
	if s.lang.Columns == nil {
		return s.guess(q, len(q.steps))
	}
	for n := len(q.steps); n >= 0 && n > len(q.steps)-maxTries; n-- {
		text := q.lets + q.source
		for _, step := range q.steps[:n] {
			text += "\n| " + step
		}
		if cols, ok := s.lang.Columns(text); ok {
			return s.enrich(append(cols, given(q.steps[n:])...))
		}
	}
	return s.guess(q, len(q.steps))
}

// guess is what can be told without the engine: the columns of a table by its name, and the names given since.
func (s *Service) guess(q parts, n int) []Column {
	t := s.tables[strings.TrimSpace(q.source)]
	return append(append([]Column(nil), t.Columns...), given(q.steps[:n])...)
}

// given lists the names that operators give to columns, going by `name =`.
func given(steps []string) []Column {
	var out []Column
	for _, step := range steps {
		tokens, _ := parser.Tokens(step)
		depth := 0
		for i, t := range tokens {
			switch t.Kind {
			case parser.LParen, parser.LBracket:
				depth++
			case parser.RParen, parser.RBracket:
				depth--
			case parser.Assign:
				if depth == 0 && i > 1 && tokens[i-1].Kind == parser.Name {
					out = append(out, Column{Name: tokens[i-1].Loc.Text(step)})
				}
			}
		}
	}
	return out
}

// enrich adds what the tables know of their columns to those of a query, by name.
func (s *Service) enrich(cols []Column) []Column {
	for i, c := range cols {
		for _, t := range s.lang.Tables {
			for _, known := range t.Columns {
				if known.Name == c.Name && (c.Type == "" || c.Type == known.Type) && c.Help == "" {
					cols[i].Help, cols[i].Paths, cols[i].Values = known.Help, known.Paths, known.Values
				}
			}
		}
	}
	return cols
}

// allColumns are the columns of every table, for search and find.
func (s *Service) allColumns() []Column {
	var out []Column
	for _, t := range s.lang.Tables {
		out = append(out, t.Columns...)
	}
	return out
}
