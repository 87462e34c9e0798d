package parser

import (
	"strconv"

	"passtrail/internal/kql/ast"
)

// dynamic reads dynamic(...), whose inside is JSON with the literals of KQL.
func (p *parser) dynamic() ast.Expr {
	start := p.start()
	p.advance()
	open := p.opened()
	d := &ast.Dynamic{}
	if p.at(RParen) {
		p.unexpected("a value: null, a number, a string, [...] or {...}")
		d.Value = p.bad(p.start())
	} else {
		d.Value = p.json()
	}
	p.closed(open)
	d.At = p.since(start)
	return d
}

func (p *parser) json() ast.Expr {
	start := p.start()
	switch p.tok().Kind {
	case LBracket:
		return p.jsonArray()
	case LBrace:
		return p.jsonBag()
	case String:
		return p.stringLiteral()
	case Long, Real, Timespan:
		if lit := p.largeNumber(""); lit != nil {
			return lit
		}
		return p.numberLiteral()
	case Typed:
		return p.typedToken()
	case Minus:
		p.advance()
		if lit := p.largeNumber("-"); lit != nil {
			lit.At = p.since(start)
			return lit
		}
		if p.at(Long) || p.at(Real) || p.at(Timespan) {
			x := p.numberLiteral()
			return &ast.Unary{Op: ast.Neg, X: x, At: p.since(start)}
		}
	case Name:
		return p.jsonWord()
	}
	p.unexpected("a constant")
	return p.bad(start)
}

// largeNumber reads a whole number of a dynamic literal that no long holds without its sign, nil for any other: the least long,
// or what is a real, as in any JSON.
func (p *parser) largeNumber(sign string) *ast.Literal {
	start, raw := p.start(), p.tok().Loc.Text(p.src)
	if _, ok := parseInteger(raw); ok || !p.at(Long) {
		return nil
	}
	f, err := strconv.ParseFloat(sign+raw, 64)
	if err != nil {
		return nil
	}
	p.advance()
	lit := &ast.Literal{At: p.since(start), Kind: ast.Real, Real: f, Raw: sign + raw}
	if n, err := strconv.ParseInt(sign+raw, 10, 64); err == nil {
		lit.Kind, lit.Int = ast.Long, n
	}
	return lit
}

func (p *parser) jsonWord() ast.Expr {
	start := p.start()
	if lit := p.boolWord(); lit != nil {
		return lit
	}
	switch {
	case p.word() == "null":
		p.advance()
		return &ast.Literal{At: p.since(start), Kind: ast.NullDynamic, Null: true, Raw: "null"}
	case p.word() == "dynamic" && p.peek(1) == LParen:
		d := p.dynamic().(*ast.Dynamic)
		return d
	}
	p.error(p.tok().Loc, "not-constant", "use pack(), bag_pack() or pack_array() to build values from columns",
		"a dynamic literal holds constants, found %s", shorten(p.word()))
	return p.bad(start)
}

func (p *parser) jsonArray() ast.Expr {
	start := p.start()
	open := p.opened()
	a := &ast.Array{}
	for !p.at(RBracket) && !p.at(EOF) {
		a.Items = append(a.Items, p.json())
		if p.quiet {
			p.skip(func() bool { return p.at(Comma) || p.at(RBracket) })
			p.quiet = p.fatal
		}
		if !p.accept(Comma) {
			break
		}
	}
	p.closed(open)
	a.At = p.since(start)
	return a
}

func (p *parser) jsonBag() ast.Expr {
	start := p.start()
	open := p.opened()
	b := &ast.Bag{}
	for !p.at(RBrace) && !p.at(EOF) {
		if p.at(String) {
			b.Entries = append(b.Entries, p.jsonEntry())
		} else {
			p.unexpected("a key in quotes")
		}
		if p.quiet {
			p.skip(func() bool { return p.at(Comma) || p.at(RBrace) })
			p.quiet = p.fatal
		}
		if !p.accept(Comma) {
			break
		}
	}
	p.closed(open)
	b.At = p.since(start)
	return b
}

func (p *parser) jsonEntry() ast.Entry {
	key := p.stringLiteral()
	if !p.expect(Colon) {
		return ast.Entry{Key: key, Value: p.bad(p.start())}
	}
	return ast.Entry{Key: key, Value: p.json()}
}
