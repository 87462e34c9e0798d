package parser

import (
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
)

// statements reads the statements of the text.
func (p *parser) statements() []ast.Statement {
	var out []ast.Statement
	for !p.at(EOF) {
		if p.accept(Semicolon) {
			continue
		}
		if len(out) >= p.limits.MaxTerms {
			p.stop(p.tok().Loc, "too-many-terms", "the query has more than %d statements", p.limits.MaxTerms)
			return out
		}
		before := p.pos
		p.quiet = p.fatal
		if s := p.keywordStatement(); s != nil {
			out = append(out, s)
		} else {
			out = append(out, p.expression())
		}
		p.endStatement(EOF)
		if p.pos == before {
			p.advance()
		}
	}
	return out
}

// keywordStatement reads a statement that starts with a keyword, or returns nil where an expression stands.
func (p *parser) keywordStatement() ast.Statement {
	second := p.peek(1)
	switch p.word() {
	case "let":
		if second == Name || second == LBracket {
			return p.let()
		}
	case "set":
		if second == Name {
			return p.set()
		}
	case "declare":
		if p.wordAt(1) == "query_parameters" {
			return p.queryParameters()
		}
		return p.unsupportedStatement("declare pattern")
	case "alias":
		if p.wordAt(1) == "database" {
			return p.unsupportedStatement("alias database")
		}
	case "restrict":
		if p.wordAt(1) == "access" {
			return p.unsupportedStatement("restrict access")
		}
	}
	if p.at(Dot) && second == Name {
		return p.unsupportedStatement("." + p.wordAt(1))
	}
	return nil
}

// endStatement consumes the semicolon, or finds the next statement.
func (p *parser) endStatement(end TokenKind) {
	if p.quiet {
		p.skip(func() bool { return p.at(Semicolon) })
		p.quiet = p.fatal
	}
	switch {
	case p.accept(Semicolon), p.at(EOF), p.at(end):
	case p.at(Name) && p.firstOnLine():
		at := diag.Span{Start: p.end(), End: p.end()}
		p.remark(at, "missing-semicolon", "add ; before "+shorten(p.word()), "statements are separated by semicolons")
	case p.isStray():
		p.skipStray()
	default:
		p.unexpected("| or ;")
		p.skip(func() bool { return p.at(Semicolon) })
		p.quiet = p.fatal
	}
}

// firstOnLine reports whether only blanks stand before the current token on its line.
func (p *parser) firstOnLine() bool {
	return strings.ContainsAny(p.src[p.end():p.start()], "\r\n")
}

var sqlWords = map[string]bool{"select": true, "insert": true, "update": true, "delete": true, "create": true, "drop": true, "explain": true}

// expression reads a statement that yields a table.
func (p *parser) expression() ast.Statement {
	start := p.start()
	if sqlWords[strings.ToLower(p.word())] && (p.peek(1) == Name || p.peek(1) == Star) {
		p.error(p.tok().Loc, "sql", "write Table | where ... | project ...", "%s starts a query in SQL, not in KQL", p.word())
		p.skip(func() bool { return p.at(Semicolon) })
		bad := p.bad(start)
		return &ast.Expression{At: bad.At, Pipeline: &ast.Pipeline{At: bad.At, Source: bad}}
	}
	x := p.query(false)
	pipe, ok := x.(*ast.Pipeline)
	if !ok {
		pipe = &ast.Pipeline{Source: p.source(x)}
		pipe.At = ast.At{Loc: x.Span()}
	}
	return &ast.Expression{At: p.since(start), Pipeline: pipe}
}

func (p *parser) let() ast.Statement {
	start := p.start()
	p.advance()
	name := p.declaredName()
	p.expect(Assign)
	var value ast.Expr
	switch {
	case p.quiet:
		value = p.bad(p.start())
	case p.atFunction():
		value = p.function()
	default:
		value = p.query(false)
	}
	return &ast.Let{Name: name, Value: value, At: p.since(start)}
}

// atFunction reports whether a function starts here: `(...) {` or `view (...) {`.
func (p *parser) atFunction() bool {
	open := p.pos
	if p.word() == "view" && p.peek(1) == LParen {
		open++
	}
	if p.toks[open].Kind != LParen {
		return false
	}
	end := int(p.close[open])
	return end > 0 && p.toks[end+1].Kind == LBrace
}

func (p *parser) function() ast.Expr {
	start := p.start()
	f := &ast.Function{View: p.acceptWord("view")}
	f.Params = p.params()
	if !p.at(LBrace) {
		p.unexpected("{")
		f.At = p.since(start)
		return f
	}
	open := p.opened()
	p.body(f)
	p.closed(open)
	f.At = p.since(start)
	return f
}

// body reads the statements of a function, of which the only expression is its result.
func (p *parser) body(f *ast.Function) {
	for !p.at(RBrace) && !p.at(EOF) {
		if p.accept(Semicolon) {
			continue
		}
		before := p.pos
		p.quiet = p.fatal
		if s := p.keywordStatement(); s != nil {
			f.Statements = append(f.Statements, s)
		} else {
			x := p.query(false)
			if f.Result != nil {
				p.remark(f.Result.Span(), "extra-expression", "start it with let name =, or remove it",
					"a function has one result, its last expression")
			}
			f.Result = x
		}
		p.endStatement(RBrace)
		if p.pos == before {
			p.advance()
		}
	}
}

// params reads `(a:long, b:(*), c:string = "x")`.
func (p *parser) params() []*ast.Param {
	if !p.at(LParen) {
		p.unexpected("(")
		return nil
	}
	open := p.opened()
	var out []*ast.Param
	if !p.at(RParen) {
		out = list(p, p.param)
	}
	p.closed(open)
	return out
}

func (p *parser) param() *ast.Param {
	start := p.start()
	n := &ast.Param{Name: p.declaredName()}
	p.expect(Colon)
	if p.at(LParen) {
		n.Schema = p.schema()
	} else {
		n.Type = p.typeRef()
	}
	if p.accept(Assign) {
		n.Default = p.binary(1)
	}
	n.At = p.since(start)
	return n
}

func (p *parser) typeRef() *ast.TypeRef {
	start := p.start()
	if !p.at(Name) {
		p.unexpected("a type such as string or long")
		return &ast.TypeRef{At: p.since(start)}
	}
	name := p.word()
	p.advance()
	at := p.since(start)
	if !contains(typeNames, name) {
		p.remark(at.Loc, "unknown-type", typeHint(name), "unknown type %s", shorten(name))
	}
	return &ast.TypeRef{At: at, Name: name}
}

// typeNames are the names of types, those of other engines last.
var typeNames = []string{
	"bool", "datetime", "decimal", "dynamic", "guid", "int", "long", "real", "string", "timespan", "boolean", "date",
	"double", "float", "int8", "int16", "int32", "int64", "time", "uint", "uint8", "uint16", "uint32", "uint64", "ulong",
	"uniqueid", "uuid",
}

func typeHint(name string) string {
	switch strings.ToLower(name) {
	case "text", "varchar", "char", "str":
		return "did you mean string?"
	case "integer", "bigint", "number":
		return "did you mean long?"
	case "json", "object", "array", "bag":
		return "did you mean dynamic?"
	case "timestamp", "datetime2":
		return "did you mean datetime?"
	}
	if hint := diag.DidYouMean(name, typeNames); hint != "" {
		return hint
	}
	return "write one of " + strings.Join(typeNames[:10], ", ")
}

// schema reads `(a:long, b:string)` and `(*)`, and both together.
func (p *parser) schema() *ast.Schema {
	start := p.start()
	if !p.at(LParen) {
		p.unexpected("( and the columns")
		return &ast.Schema{At: p.since(start)}
	}
	open := p.opened()
	s := &ast.Schema{}
	for !p.at(RParen) && !p.at(EOF) {
		if p.accept(Star) {
			s.Any, s.AnyFirst = true, len(s.Columns) == 0
		} else {
			s.Columns = append(s.Columns, p.column(true))
		}
		if p.quiet {
			p.skip(func() bool { return p.at(Comma) || p.at(RParen) })
			p.quiet = p.fatal
		}
		if !p.accept(Comma) {
			break
		}
	}
	p.closed(open)
	s.At = p.since(start)
	return s
}

// column reads `name:type = default`; the type may be left out where typed is false.
func (p *parser) column(typed bool) *ast.Column {
	start := p.start()
	c := &ast.Column{Name: p.declaredName()}
	if p.accept(Colon) {
		c.Type = p.typeRef()
	} else if typed {
		p.unexpected(": and a type")
	}
	if typed && p.accept(Assign) {
		c.Default = p.binary(1)
	}
	c.At = p.since(start)
	return c
}

func (p *parser) set() ast.Statement {
	start := p.start()
	p.advance()
	s := &ast.Set{Name: p.declaredName()}
	if p.accept(Assign) {
		s.Value = p.settingValue()
	}
	s.At = p.since(start)
	return s
}

func (p *parser) queryParameters() ast.Statement {
	start := p.start()
	p.advance()
	p.advance()
	params := p.params()
	return &ast.QueryParameters{At: p.since(start), Params: params}
}

// unsupportedStatement takes a statement as it is, to its semicolon.
func (p *parser) unsupportedStatement(keyword string) ast.Statement {
	start := p.start()
	p.skip(func() bool { return p.at(Semicolon) })
	at := p.since(start)
	return &ast.UnsupportedStatement{At: at, Keyword: keyword, Text: at.Loc.Text(p.src)}
}
