package parser

import (
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
)

// atQuoted reports whether a name in brackets starts n places on: ['a b'].
func (p *parser) atQuoted(n int) bool {
	return p.peek(n) == LBracket && p.peek(n+1) == String && p.peek(n+2) == RBracket
}

// name reads the name at the current token, which is one.
func (p *parser) name() *ast.Name {
	start := p.start()
	if p.at(Name) {
		text := p.word()
		p.advance()
		return &ast.Name{At: p.since(start), Text: text}
	}
	p.advance()
	lit := p.stringToken()
	p.advance()
	return &ast.Name{At: p.since(start), Text: lit.Str, Quoted: true}
}

// declaredName reads a name that is declared here, for which any keyword will do.
func (p *parser) declaredName() *ast.Name {
	if p.at(Name) || p.atQuoted(0) {
		return p.name()
	}
	p.unexpected("a name")
	return &ast.Name{At: ast.At{Loc: diag.Span{Start: p.start(), End: p.start()}}}
}

// columnName reads a name, a name with wildcards, or a star.
func (p *parser) columnName() ast.Expr {
	if w := p.wildcard(); w != nil {
		return w
	}
	if p.at(Name) || p.atQuoted(0) {
		return p.name()
	}
	start := p.start()
	p.unexpected("a column's name")
	return p.bad(start)
}

// wildcard reads a star or a name with stars in it, or returns nil where there is none. Its parts touch each other.
func (p *parser) wildcard() ast.Expr {
	n, stars := 0, 0
	for {
		k := p.peek(n)
		if n > 0 && !p.adjacent(n, k) || k != Star && k != Name && (n == 0 || k != Long && k != Timespan) {
			break
		}
		if k == Star {
			stars++
		}
		n++
	}
	if stars == 0 {
		return nil
	}
	start := p.start()
	for range n {
		p.advance()
	}
	at := p.since(start)
	if n == 1 {
		return &ast.Star{At: at}
	}
	return &ast.Wildcard{At: at, Pattern: at.Loc.Text(p.src)}
}

// named reads `expression`, `name = expression` or `(a, b) = expression`.
func (p *parser) named() ast.Expr { return p.namedAbove(1) }

// namedAbove is named for expressions whose operators bind at least as tightly as least.
func (p *parser) namedAbove(least int) ast.Expr {
	start := p.start()
	n := &ast.Named{}
	switch {
	case p.at(Name) && p.peek(1) == Assign, p.atQuoted(0) && p.peek(3) == Assign:
		n.Names = []*ast.Name{p.name()}
	case p.at(LParen) && p.close[p.pos] > 0 && p.toks[p.close[p.pos]+1].Kind == Assign:
		open := p.opened()
		n.Tuple = true
		n.Names = list(p, p.declaredName)
		p.closed(open)
	default:
		return p.binary(least)
	}
	p.advance() // =
	n.X = p.binary(least)
	n.At = p.since(start)
	return n
}

// namedList reads expressions that may be named.
func (p *parser) namedList() []ast.Expr { return list(p, p.named) }

// properties reads the settings behind an operator's name: hint.xxx = y, and those that are known to the operator. With
// strict, any other `name =` is reported as unknown; without, it is left to be a column.
func (p *parser) properties(strict bool, known ...string) []*ast.Property {
	var out []*ast.Property
	for p.at(Name) {
		start := p.start()
		name, width := p.propertyName()
		isKnown := strings.HasPrefix(name, "hint.") || strings.HasPrefix(name, "__") || contains(known, name)
		if p.peek(width) != Assign || !isKnown && !strict {
			return out
		}
		for range width {
			p.advance()
		}
		at := p.since(start)
		if !isKnown {
			p.remark(at.Loc, "unknown-parameter", diag.DidYouMean(name, known), "unknown parameter %s", name)
		}
		p.advance() // =
		prop := &ast.Property{Name: &ast.Name{At: at, Text: name}, Value: p.settingValue()}
		prop.At = p.since(start)
		out = append(out, prop)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// propertyName is the name at the current token, with its dots, and how many tokens it has. It looks at few tokens, since
// most of what it is asked about is no property.
func (p *parser) propertyName() (string, int) {
	name, width := p.word(), 1
	for width < 5 && p.peek(width) == Dot && p.peek(width+1) == Name {
		name += "." + p.wordAt(width+1)
		width += 2
	}
	return name, width
}

// settingValue reads a word or a literal.
func (p *parser) settingValue() ast.Expr {
	if p.at(Name) && p.word() != "dynamic" {
		if lit := p.boolWord(); lit != nil {
			return lit
		}
		return p.name()
	}
	if p.at(LParen) || p.at(LBracket) && !p.atQuoted(0) {
		start := p.start()
		p.unexpected("a word, a number or a string")
		return p.bad(start)
	}
	return p.unary()
}

// settings are properties of which some are taken out by name.
type settings []*ast.Property

// take removes the last setting of one of the names and returns its value, nil when there is none.
func (s *settings) take(names ...string) ast.Expr {
	var value ast.Expr
	rest := (*s)[:0]
	for _, prop := range *s {
		if contains(names, prop.Name.Text) {
			value = prop.Value
			continue
		}
		rest = append(rest, prop)
	}
	if len(rest) == 0 {
		rest = nil
	}
	*s = rest
	return value
}

// takeName is take for a setting whose value is a name.
func (p *parser) takeName(s *settings, names ...string) *ast.Name {
	switch v := s.take(names...).(type) {
	case nil:
		return nil
	case *ast.Name:
		return v
	case *ast.Literal:
		if v.Kind == ast.String {
			return &ast.Name{At: v.At, Text: v.Str, Quoted: true}
		}
		p.remark(v.Loc, "bad-parameter", "", "%s needs a name", names[0])
	default:
		p.remark(v.Span(), "bad-parameter", "", "%s needs a name", names[0])
	}
	return nil
}

// takeKind is take for a setting that has one of few values, which are returned in lower case.
func (p *parser) takeKind(s *settings, allowed []string, names ...string) (string, ast.At) {
	v := s.take(names...)
	if v == nil {
		return "", ast.At{}
	}
	at := ast.At{Loc: v.Span()}
	n, ok := v.(*ast.Name)
	if !ok {
		p.remark(at.Loc, "bad-parameter", "write one of "+strings.Join(allowed, ", "), "%s needs a word", names[0])
		return "", at
	}
	kind := strings.ToLower(n.Text)
	if !contains(allowed, kind) {
		hint := diag.DidYouMean(kind, allowed)
		if hint == "" {
			hint = "write one of " + strings.Join(allowed, ", ")
		}
		p.remark(at.Loc, "unknown-kind", hint, "unknown %s %s", names[0], shorten(n.Text))
	}
	return kind, at
}
