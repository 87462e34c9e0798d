package parser

import (
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
)

// query reads a tabular or a scalar expression: a *[ast.Pipeline] when it is tabular by its form. With commas, a comma
// ends it, as between arguments.
func (p *parser) query(commas bool) ast.Expr {
	start := p.start()
	saved := p.commaEnds
	p.commaEnds = commas
	defer func() { p.commaEnds = saved }()
	if s := p.keywordSource(); s != nil {
		p.endOperator()
		return p.pipeline(s, start)
	}
	return p.rest(p.expr(), start)
}

// rest reads the operators behind x, which makes it a pipeline; without any, it is x.
func (p *parser) rest(x ast.Expr, start int) ast.Expr {
	if p.quiet && !p.fatal {
		p.skip(p.endsOperator)
		p.quiet = !p.at(Pipe)
	}
	p.skipStray()
	if !p.at(Pipe) && !p.missingPipe() {
		return x
	}
	return p.pipeline(p.source(x), start)
}

func (p *parser) pipeline(s ast.Source, start int) *ast.Pipeline {
	ops := p.operators()
	return &ast.Pipeline{At: p.since(start), Source: s, Operators: ops}
}

// source is x as what a pipeline starts with.
func (p *parser) source(x ast.Expr) ast.Source {
	switch x := x.(type) {
	case *ast.Paren:
		return &ast.Pipeline{At: x.At, Source: p.source(x.X)}
	case ast.Source:
		return x
	}
	if p.unclosed {
		return &ast.Bad{At: ast.At{Loc: x.Span()}} // what is in an unclosed bracket cannot be known
	}
	p.remark(x.Span(), "not-tabular", "start with a table, or write print before the expression", "this is a value, not a table")
	return &ast.Bad{At: ast.At{Loc: x.Span()}}
}

// operators reads operators, each behind its pipe.
func (p *parser) operators() []ast.Operator {
	var out []ast.Operator
	for {
		if p.missingPipe() {
			p.remark(p.tok().Loc, "missing-pipe", "write | "+shorten(p.word()), "a pipe is missing before %s", shorten(p.word()))
		} else if !p.accept(Pipe) {
			return out
		}
		out = append(out, p.operator())
		p.endOperator()
		if len(out) > p.limits.MaxTerms {
			p.stop(p.tok().Loc, "too-many-terms", "the pipeline has more than %d operators", p.limits.MaxTerms)
		}
	}
}

// missingPipe reports whether an operator's name stands where its pipe should.
func (p *parser) missingPipe() bool {
	if !p.at(Name) {
		return false
	}
	name, _ := p.operatorName()
	return contains(operatorNames, name) && p.peek(1) != Assign && !p.startsLet()
}

// startsLet reports whether a statement starts here, its semicolon before it missing.
func (p *parser) startsLet() bool {
	return p.firstOnLine() && p.peek(1) == Name && p.peek(2) == Assign
}

// endOperator finds the end of an operator, and reports what stands before it unread.
func (p *parser) endOperator() {
	if p.fatal {
		return
	}
	if !p.quiet && !p.endsOperator() && !p.missingPipe() {
		if p.at(Name) && p.firstOnLine() {
			return // a statement whose semicolon is missing, or something for whoever closes the bracket
		}
		p.unexpected("| or the end of the operator")
	}
	if p.quiet {
		p.skip(p.endsOperator)
		p.quiet = false
	}
	p.skipStray()
}

// skipStray moves over closing brackets that close nothing, which were reported when the brackets were paired.
func (p *parser) skipStray() {
	for p.isStray() {
		p.advance()
	}
}

func (p *parser) isStray() bool {
	k := p.tok().Kind
	return (k == RParen || k == RBracket || k == RBrace) && p.close[p.pos] < 0
}

// operatorName is the name of the operator at the current token, hyphens included, and how many tokens it has.
func (p *parser) operatorName() (string, int) {
	name, width := p.word(), 1
	for width < 7 && p.adjacent(width, Minus) && p.adjacent(width+1, Name) {
		longer := name + "-" + p.wordAt(width+1)
		if contains(operatorNames, name) && !beginsOperator(longer) {
			break
		}
		name, width = longer, width+2
	}
	return name, width
}

// beginsOperator reports whether a name is that of an operator, or the first words of one.
func beginsOperator(name string) bool {
	for _, o := range operatorNames {
		if o == name || strings.HasPrefix(o, name+"-") {
			return true
		}
	}
	return false
}

// subPipeline reads operators that take their rows from the operator around them, up to a closing bracket. It may have a
// source of its own.
func (p *parser) subPipeline() *ast.Pipeline {
	start := p.start()
	if !p.at(LParen) {
		p.unexpected("( and a pipeline")
		return &ast.Pipeline{At: p.since(start)}
	}
	saved := p.rules
	p.rules = rules{}
	open := p.opened()
	pipe := &ast.Pipeline{}
	name, _ := p.operatorName()
	switch {
	case p.at(Pipe):
		pipe.Operators = p.operators()
	case contains(operatorNames, name):
		pipe.Operators = append(pipe.Operators, p.operator())
		p.endOperator()
		pipe.Operators = append(pipe.Operators, p.operators()...)
	default:
		x := p.query(false)
		if q, ok := x.(*ast.Pipeline); ok {
			pipe = q
		} else {
			pipe.Source = p.source(x)
		}
	}
	p.closed(open)
	p.rules = saved
	pipe.At = p.since(start)
	return pipe
}

// keywordSource reads a source that starts with a keyword, or returns nil where none stands.
func (p *parser) keywordSource() ast.Source {
	next := p.peek(1)
	switch p.word() {
	case "print":
		if p.isKeyword() {
			return p.print()
		}
	case "range":
		if next == Name || next == LBracket {
			return p.rangeSource()
		}
	case "union", "search", "find", "evaluate":
		if p.isKeyword() {
			return p.leadingOperator()
		}
	case "macro":
		if name, _ := p.operatorName(); name == "macro-expand" {
			return p.unsupported("macro-expand")
		}
	case "datatable", "externaldata", "external_data":
		return p.datatableSource()
	}
	return nil
}

func (p *parser) leadingOperator() ast.Source {
	head := p.operatorHead()
	switch head.name {
	case "union":
		return p.union(head).(*ast.Union)
	case "search":
		return p.searchOperator(head).(*ast.Search)
	case "find":
		return p.find(head)
	default:
		return p.evaluate(head).(*ast.Evaluate)
	}
}

// isKeyword reports whether a word that may also be a column's name is a keyword here: what follows cannot follow a name.
func (p *parser) isKeyword() bool {
	switch p.peek(1) {
	case Name:
		_, isOp := wordOps[p.wordAt(1)]
		return !isOp || p.wordAt(1) == "in" && p.word() != "print"
	case LParen, LBracket, String, Long, Real, Timespan, Typed, Star, Minus, LBrace, Bang:
		return true
	case Invalid, EOF, Pipe, Semicolon:
		return p.word() != "evaluate"
	}
	return false
}

func (p *parser) print() ast.Source {
	start := p.start()
	p.advance()
	n := &ast.Print{Columns: p.namedList()}
	n.At = p.since(start)
	return n
}

func (p *parser) rangeSource() ast.Source {
	start := p.start()
	p.advance()
	n := &ast.Range{Column: p.declaredName()}
	n.From = p.clause("from")
	n.To = p.clause("to")
	n.Step = p.clause("step")
	n.At = p.since(start)
	return n
}

// clause reads a keyword and the expression behind it.
func (p *parser) clause(keyword string) ast.Expr {
	if p.quiet || !p.expectWord(keyword) {
		return p.bad(p.start())
	}
	return p.expr()
}

// datatableSource reads datatable and externaldata, or returns nil where neither stands.
func (p *parser) datatableSource() ast.Source {
	w, next := p.word(), p.peek(1)
	external := w == "externaldata" || w == "external_data"
	if w != "datatable" && !external || next != LParen && next != Name {
		return nil
	}
	start := p.start()
	p.advance()
	p.properties(true)
	schema := p.schema()
	values := p.cells()
	if !external {
		return &ast.Datatable{At: p.since(start), Schema: schema, Values: values}
	}
	n := &ast.ExternalData{Schema: schema, URIs: values}
	if p.acceptWord("with") {
		n.Props = p.withProperties()
	}
	n.At = p.since(start)
	return n
}

// cells reads `[a, b, ...]`, where a comma may stand behind the last one.
func (p *parser) cells() []ast.Expr {
	if !p.at(LBracket) {
		p.unexpected("[ and the values")
		return nil
	}
	saved := p.rules
	p.rules = rules{commaEnds: true}
	open := p.opened()
	var out []ast.Expr
	for !p.at(RBracket) && !p.at(EOF) {
		x := p.expr()
		if !p.quiet && !isConstant(x) {
			p.remark(x.Span(), "not-constant", "write print or union to compute values", "a cell holds a constant")
		}
		out = append(out, x)
		if p.quiet {
			p.skip(func() bool { return p.at(Comma) || p.endsOperator() })
			p.quiet = p.fatal
		}
		if !p.accept(Comma) {
			break
		}
	}
	p.closed(open)
	p.rules = saved
	return out
}

func isConstant(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Literal, *ast.Dynamic, *ast.TypeOf:
		return true
	case *ast.Unary:
		lit, ok := x.X.(*ast.Literal)
		return ok && lit.Kind != ast.String
	}
	return false
}

// withProperties reads `(name = value, ...)`.
func (p *parser) withProperties() []*ast.Property {
	if !p.at(LParen) {
		p.unexpected("( and properties")
		return nil
	}
	open := p.opened()
	var out []*ast.Property
	for p.at(Name) {
		start := p.start()
		name, width := p.propertyName()
		for range width {
			p.advance()
		}
		prop := &ast.Property{Name: &ast.Name{At: p.since(start), Text: name}}
		if p.expect(Assign) {
			prop.Value = p.propertyValue()
		}
		prop.At = p.since(start)
		out = append(out, prop)
		if p.quiet || !p.accept(Comma) {
			break
		}
	}
	p.closed(open)
	return out
}

// propertyValue reads a setting's value, which may be names with commas between them: series=a, b.
func (p *parser) propertyValue() ast.Expr {
	start := p.start()
	v := p.settingValue()
	isName := func(n int) bool { return p.peek(n) == Name && p.peek(n+1) != Assign || p.atQuoted(n) }
	if _, ok := v.(*ast.Name); !ok || !p.at(Comma) || !isName(1) {
		return v
	}
	l := &ast.List{Items: []ast.Expr{v}}
	for p.at(Comma) && isName(1) {
		p.advance()
		l.Items = append(l.Items, p.name())
	}
	l.At = p.since(start)
	return l
}

// table reads one table of a join or union: a name, a path, a call or a pipeline in parentheses.
func (p *parser) table() ast.Source {
	saved := p.rules
	p.rules = rules{wildcards: saved.wildcards}
	defer func() { p.rules = saved }()
	if p.wildcards {
		if w, ok := p.wildcard().(ast.Source); ok {
			return w
		}
	}
	if !p.at(Name) && !p.at(LParen) && !p.atQuoted(0) {
		start := p.start()
		p.unexpected("a table")
		return p.bad(start)
	}
	return p.source(p.postfix())
}

// tables reads tables with commas between them.
func (p *parser) tables() []ast.Source {
	saved := p.wildcards
	p.wildcards = true
	out := list(p, p.table)
	p.wildcards = saved
	return out
}

// unsupported takes an operator as it is, up to the next pipe.
func (p *parser) unsupported(name string) *ast.Unsupported {
	start := p.start()
	p.skip(p.endsOperator)
	at := p.since(start)
	return &ast.Unsupported{At: at, Name: name, Text: at.Loc.Text(p.src)}
}

// unknownOperator reports an operator that does not exist and skips it.
func (p *parser) unknownOperator(name string, at diag.Span) ast.Operator {
	hint, ok := foreignOperators[strings.ToLower(name)]
	if hyphens := strings.ReplaceAll(name, "_", "-"); !ok && contains(operatorNames, hyphens) {
		hint = "did you mean " + hyphens + "?"
	} else if !ok {
		hint = diag.DidYouMean(hyphens, operatorNames)
	}
	p.error(at, "unknown-operator", hint, "unknown operator %s", shorten(name))
	start := p.start()
	p.skip(p.endsOperator)
	p.quiet = p.fatal
	return p.bad(start)
}

// foreignOperators says what to write for the words of other languages.
var foreignOperators = map[string]string{
	"select": "did you mean project?", "from": "start the query with the table's name", "group": "did you mean summarize?",
	"groupby": "did you mean summarize?", "stats": "did you mean summarize?", "eval": "did you mean extend?",
	"rename": "did you mean project-rename?", "drop": "did you mean project-away?", "head": "did you mean take?",
	"fields": "did you mean project?", "dedup": "did you mean distinct?", "unnest": "did you mean mv-expand?",
	"offset": "use serialize and row_number() to page", "fetch": "did you mean take?", "orderby": "did you mean order by?",
	"let": "let starts a statement of its own, before the query",
}
