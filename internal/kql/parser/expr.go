package parser

import (
	"math"
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
)

// wordOps are the operators that are words, without their negated forms.
var wordOps = map[string]ast.Op{
	"or": ast.Or, "and": ast.And, "in": ast.In, "between": ast.Between, "has": ast.Has, "has_cs": ast.HasCS,
	"has_any": ast.HasAny, "has_all": ast.HasAll, "hasprefix": ast.HasPrefix, "hasprefix_cs": ast.HasPrefixCS,
	"hassuffix": ast.HasSuffix, "hassuffix_cs": ast.HasSuffixCS, "contains": ast.Contains,
	"contains_cs": ast.ContainsCS, "startswith": ast.StartsWith, "startswith_cs": ast.StartsWithCS,
	"endswith": ast.EndsWith, "endswith_cs": ast.EndsWithCS, "like": ast.Like, "notlike": ast.LikeN,
	"likecs": ast.LikeCS, "notlikecs": ast.LikeCSN, "containscs": ast.ContainsCS, "notcontains": ast.ContainsN,
	"notcontainscs": ast.ContainsCSN, "matches": ast.MatchesRegex,
}

// negatedOps maps an operator to the form with a ! before it.
var negatedOps = map[ast.Op]ast.Op{
	ast.In: ast.InN, ast.Between: ast.BetweenN, ast.Has: ast.HasN, ast.HasCS: ast.HasCSN, ast.HasPrefix: ast.HasPrefixN,
	ast.HasPrefixCS: ast.HasPrefixCSN, ast.HasSuffix: ast.HasSuffixN, ast.HasSuffixCS: ast.HasSuffixCSN,
	ast.Contains: ast.ContainsN, ast.ContainsCS: ast.ContainsCSN, ast.StartsWith: ast.StartsWithN,
	ast.StartsWithCS: ast.StartsWithCSN, ast.EndsWith: ast.EndsWithN, ast.EndsWithCS: ast.EndsWithCSN,
}

var signOps = [...]ast.Op{
	Plus: ast.Add, Minus: ast.Sub, Star: ast.Mul, Slash: ast.Div, Percent: ast.Mod, EqEq: ast.Eq, NotEq: ast.Ne,
	EqTilde: ast.EqCI, NotTilde: ast.NeCI, Less: ast.Lt, LessEq: ast.Le, Greater: ast.Gt, GreaterEq: ast.Ge,
	AtSign: ast.NoOp,
}

// binaryOp is the operator at the current token and how many tokens it has; NoOp where none stands. It reports spellings
// of other languages and takes them for what they mean.
func (p *parser) binaryOp() (ast.Op, int) {
	t := p.tok()
	switch {
	case t.Kind == Name:
		return p.wordOp()
	case t.Kind == Bang && p.adjacent(1, Name):
		return p.negatedOp()
	case t.Kind == Colon && p.search:
		return ast.ColumnHas, 1
	case t.Kind == Assign && p.predicate:
		p.remark(t.Loc, "assignment", "write == to compare", "= does not compare")
		return ast.Eq, 1
	case t.Kind == Invalid && t.Loc.Text(p.src) == "&&":
		return ast.And, 1
	case t.Kind >= Plus && int(t.Kind) < len(signOps):
		return signOps[t.Kind], 1
	}
	return ast.NoOp, 0
}

func (p *parser) wordOp() (ast.Op, int) {
	w := p.word()
	op, ok := wordOps[w]
	if !ok {
		lower := strings.ToLower(w)
		if op = wordOps[lower]; op == ast.NoOp || lower == w {
			return ast.NoOp, 0
		}
		p.remark(p.tok().Loc, "keyword-case", "write "+lower, "operators are written in lower case")
	}
	switch {
	case op == ast.In && p.adjacent(1, Tilde):
		return ast.InCI, 2
	case op == ast.MatchesRegex:
		if p.wordAt(1) != "regex" {
			return ast.NoOp, 0
		}
		return op, 2
	}
	return op, 1
}

func (p *parser) negatedOp() (ast.Op, int) {
	op, ok := wordOps[p.wordAt(1)]
	if not, has := negatedOps[op]; ok && has {
		if op == ast.In && p.adjacent(2, Tilde) {
			return ast.InCIN, 3
		}
		return not, 2
	}
	return ast.NoOp, 0
}

// expr reads an expression.
func (p *parser) expr() ast.Expr { return p.binary(1) }

// binary reads an expression whose operators bind at least as tightly as least.
func (p *parser) binary(least int) ast.Expr {
	start := p.start()
	left := p.unary()
	for n := 1; ; n++ {
		op, width := p.binaryOp()
		level := op.Precedence()
		if op == ast.NoOp || level < least {
			return left
		}
		if n > p.limits.MaxTerms {
			p.stop(p.tok().Loc, "too-many-terms", "the expression has more than %d terms in one chain", p.limits.MaxTerms)
			return left
		}
		p.notChained(left, level)
		opStart := p.start()
		for range width {
			p.advance()
		}
		b := &ast.Binary{Op: op, OpLoc: p.since(opStart), L: left}
		switch {
		case op.TakesList():
			b.R = p.valueList(op)
		case op == ast.Between || op == ast.BetweenN:
			b.R = p.interval(op)
		default:
			b.R = p.binary(level + 1)
		}
		b.At = p.since(start)
		left = b
	}
}

// notChained reports a == b == c and a < b < c, which the language does not have.
func (p *parser) notChained(left ast.Expr, level int) {
	b, ok := left.(*ast.Binary)
	if ok && b.Op.Precedence() == level && (level == ast.Eq.Precedence() || level == ast.Lt.Precedence()) {
		p.error(p.tok().Loc, "chained-comparison", "join two comparisons with and, or use parentheses",
			"comparisons cannot be chained")
	}
}

func (p *parser) unary() ast.Expr {
	start := p.start()
	op := ast.NoOp
	switch p.tok().Kind {
	case Minus:
		op = ast.Neg
	case Plus:
		op = ast.Pos
	default:
		return p.postfix()
	}
	p.advance()
	var x ast.Expr
	if op == ast.Neg && p.at(Long) && p.tok().Loc.Text(p.src) == "9223372036854775808" {
		x = &ast.Literal{Kind: ast.Long, Int: math.MinInt64, Raw: "9223372036854775808"}
		x.(*ast.Literal).Loc = p.tok().Loc
		p.advance()
	} else {
		x = p.postfix()
	}
	return &ast.Unary{Op: op, X: x, At: p.since(start)}
}

// postfix reads a primary expression with the accesses behind it.
func (p *parser) postfix() ast.Expr {
	start := p.start()
	x := p.primary()
	for n := 1; !p.quiet; n++ {
		if n > p.limits.MaxTerms {
			p.stop(p.tok().Loc, "too-many-terms", "the expression has more than %d accesses in one chain", p.limits.MaxTerms)
			break
		}
		switch {
		case p.at(LBracket):
			x = p.index(x, start, false)
		case p.at(Dot) && p.peek(1) == LBracket:
			p.advance()
			x = p.index(x, start, true)
		case p.at(Dot):
			p.advance()
			x = p.member(x, start)
		default:
			return x
		}
	}
	return x
}

func (p *parser) index(x ast.Expr, start int, dotted bool) ast.Expr {
	open := p.opened()
	i := &ast.Index{X: x, Dotted: dotted, Index: p.inner(p.expr)}
	p.closed(open)
	i.At = p.since(start)
	return i
}

// inner reads something in brackets, where the rules of an operator around it do not hold.
func (p *parser) inner(read func() ast.Expr) ast.Expr {
	saved := p.rules
	p.predicate, p.wildcards, p.noCall = false, false, false
	x := read()
	p.rules = saved
	return x
}

func (p *parser) member(x ast.Expr, start int) ast.Expr {
	if p.wildcards {
		if w := p.wildcard(); w != nil {
			return &ast.Path{X: x, Name: w, At: p.since(start)}
		}
	}
	if !p.at(Name) {
		p.unexpected("a name after the dot")
		return &ast.Path{X: x, Name: &ast.Name{At: ast.At{Loc: diag.Span{Start: p.end(), End: p.end()}}}, At: p.since(start)}
	}
	name := p.name()
	if p.at(LParen) && !p.noCall {
		return p.call(x, name, start)
	}
	return &ast.Path{X: x, Name: name, At: p.since(start)}
}

func (p *parser) call(receiver ast.Expr, name *ast.Name, start int) ast.Expr {
	c := &ast.Call{Receiver: receiver, Name: name}
	open := p.opened()
	if !p.at(RParen) {
		c.Args = p.items(p.argument)
	}
	p.closed(open)
	c.At = p.since(start)
	return c
}

// items reads a list in brackets, where the rules of an operator around it do not hold.
func (p *parser) items(item func() ast.Expr) []ast.Expr {
	saved := p.rules
	p.rules = rules{commaEnds: true}
	out := list(p, item)
	p.rules = saved
	return out
}

// argument reads an argument of a call: a star, a name with its value, a scalar or a tabular expression.
func (p *parser) argument() ast.Expr {
	start := p.start()
	if p.at(Star) && (p.peek(1) == Comma || p.peek(1) == RParen) {
		p.advance()
		return &ast.Star{At: p.since(start)}
	}
	if p.at(Name) && p.peek(1) == Assign || p.atQuoted(0) && p.peek(3) == Assign || p.at(LParen) {
		x := p.named()
		if _, ok := x.(*ast.Named); !ok && !p.endsOperator() {
			return p.rest(x, start)
		}
		return x
	}
	return p.query(true)
}

// valueList reads the right side of in, has_any and has_all.
func (p *parser) valueList(op ast.Op) ast.Expr {
	start := p.start()
	if !p.at(LParen) {
		p.error(p.tok().Loc, "expected-list", "write "+op.String()+" (value, ...)", "%s needs values in parentheses", op)
		return &ast.List{At: p.since(start)}
	}
	open := p.opened()
	l := &ast.List{}
	if p.at(RParen) {
		p.remark(diag.Span{Start: start, End: p.tok().Loc.End}, "empty-list", "", "%s needs at least one value", op)
	} else {
		l.Items = p.items(func() ast.Expr { return p.query(true) })
	}
	p.closed(open)
	l.At = p.since(start)
	return l
}

// interval reads the right side of between.
func (p *parser) interval(op ast.Op) ast.Expr {
	start := p.start()
	if !p.at(LParen) {
		p.error(p.tok().Loc, "expected-range", "write "+op.String()+" (low .. high)", "%s needs its bounds in parentheses", op)
		x := p.bad(start)
		return &ast.Interval{At: p.since(start), Low: x, High: x}
	}
	open := p.opened()
	v := &ast.Interval{Low: p.inner(p.expr)}
	if p.at(DotDot) {
		p.advance()
		v.High = p.inner(p.expr)
	} else {
		v.High = p.bad(p.start())
		p.unexpected("..")
	}
	p.closed(open)
	v.At = p.since(start)
	return v
}

func (p *parser) primary() ast.Expr {
	start := p.start()
	switch t := p.tok(); t.Kind {
	case Long, Real, Timespan:
		return p.numberLiteral()
	case String:
		return p.stringLiteral()
	case Typed:
		return p.typedToken()
	case LParen:
		return p.paren()
	case Name:
		return p.nameOrCall()
	case LBracket:
		if p.atQuoted(0) {
			name := p.name()
			if p.at(LParen) && !p.noCall {
				return p.call(nil, name, start)
			}
			return name
		}
	case Star:
		if p.starAllowed() {
			p.advance()
			return &ast.Star{At: p.since(start)}
		}
	}
	p.unexpected("an expression")
	return p.bad(start)
}

// starAllowed reports whether a star stands for any column here: * has "x", and in search alone.
func (p *parser) starAllowed() bool {
	if p.search {
		return true
	}
	p.pos++
	op, _ := p.binaryOp()
	p.pos--
	return op == ast.Eq || op >= ast.EqCI && op <= ast.NeCI || op.Precedence() == ast.Has.Precedence()
}

// paren reads an expression or a pipeline in parentheses.
func (p *parser) paren() ast.Expr {
	start := p.start()
	open := p.opened()
	saved := p.rules
	p.wildcards, p.noCall = false, false
	x := p.query(false)
	p.rules = saved
	p.closed(open)
	if pipe, ok := x.(*ast.Pipeline); ok {
		pipe.At = p.since(start)
		return pipe
	}
	return &ast.Paren{X: x, At: p.since(start)}
}

// reserved are the words that can be no expression, because an operator's clause or the end of one is meant.
var reserved = map[string]bool{
	"and": true, "or": true, "in": true, "between": true, "by": true, "of": true, "asc": true, "desc": true, "has": true,
	"has_any": true, "has_all": true, "contains": true, "startswith": true, "endswith": true,
}

func (p *parser) nameOrCall() ast.Expr {
	start, w := p.start(), p.word()
	if lit := p.boolWord(); lit != nil {
		return lit
	}
	next := p.peek(1)
	switch {
	case reserved[w]:
		p.unexpected("an expression")
		return p.bad(start)
	case next == LParen && w == "dynamic":
		return p.dynamic()
	case next == LParen && w == "typeof":
		return p.typeOf()
	case w == "not" && next != LParen && (next == Name || next == String || next == Long):
		p.remark(p.tok().Loc, "not-needs-parentheses", "write not(...)", "not is a function")
		p.advance()
		return p.postfix()
	case w == "toscalar" && p.wordAt(1) == "kind":
		return p.hintedCall()
	}
	if src := p.datatableSource(); src != nil {
		return &ast.Pipeline{At: p.since(start), Source: src}
	}
	name := p.name()
	if next == LParen && !p.noCall {
		return p.call(nil, name, start)
	}
	return name
}

// hintedCall reads toscalar kind=nooptimization (...), whose hint is dropped.
func (p *parser) hintedCall() ast.Expr {
	start := p.start()
	name := p.name()
	p.properties(true, "kind")
	if !p.at(LParen) {
		p.unexpected("(")
		return name
	}
	return p.call(nil, name, start)
}

// boolWord reads true or false in the cases that the language has, or returns nil.
func (p *parser) boolWord() ast.Expr {
	switch w := p.word(); w {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		start := p.start()
		p.advance()
		return &ast.Literal{At: p.since(start), Kind: ast.Bool, Bool: w[0]|0x20 == 't', Raw: w}
	}
	return nil
}

func (p *parser) typeOf() ast.Expr {
	start := p.start()
	p.advance()
	t := &ast.TypeOf{}
	if p.peek(1) == Star || p.peek(2) == Colon || p.peek(2) == Comma || p.peek(2) == LBracket {
		t.Schema = p.schema()
	} else {
		open := p.opened()
		t.Type = p.typeRef()
		p.closed(open)
	}
	t.At = p.since(start)
	return t
}

func (p *parser) numberLiteral() ast.Expr {
	t := p.tok()
	p.advance()
	lit := &ast.Literal{Raw: t.Loc.Text(p.src)}
	lit.Loc = t.Loc
	ok := true
	switch t.Kind {
	case Long:
		lit.Kind = ast.Long
		lit.Int, ok = parseInteger(lit.Raw)
	case Real:
		lit.Kind = ast.Real
		lit.Real, _ = strconv.ParseFloat(lit.Raw, 64)
	default:
		lit.Kind = ast.Timespan
		lit.Int, ok = unitTimespan(lit.Raw)
	}
	if !ok {
		p.remark(t.Loc, "number-range", "", "%s is too large for a %s", shorten(lit.Raw), lit.Kind)
	}
	return lit
}

func (p *parser) typedToken() ast.Expr {
	t := p.tok()
	p.advance()
	raw := t.Loc.Text(p.src)
	name := strings.TrimSpace(raw[:t.paren])
	inner := strings.TrimSuffix(raw[t.paren+1:], ")")
	lit, ok := typedLiteral(name, inner)
	if !ok && strings.HasSuffix(raw, ")") {
		hint := "a literal holds a constant; use " + conversions[lit.Kind] + "(...) to convert"
		p.remark(t.Loc, "bad-literal", hint, "%q is not a valid %s", shorten(strings.TrimSpace(inner)), lit.Kind)
	}
	lit.Loc, lit.Raw = t.Loc, raw
	return lit
}

// stringToken reads one string token.
func (p *parser) stringToken() *ast.Literal {
	t := p.tok()
	p.advance()
	raw := t.Loc.Text(p.src)
	value, style, bad := decodeString(raw)
	if bad >= 0 {
		p.remark(diag.Span{Start: t.Loc.Start + bad, End: min(t.Loc.Start+bad+2, t.Loc.End)}, "bad-escape",
			`write \\ for a backslash, or @"..." for text without escapes`, "unknown escape %s", shorten(raw[bad:min(bad+2, len(raw))]))
	}
	return &ast.Literal{At: ast.At{Loc: t.Loc}, Kind: ast.String, Str: value, Raw: raw, Style: style}
}

// stringLiteral reads string tokens side by side, which are one text.
func (p *parser) stringLiteral() *ast.Literal {
	lit := p.stringToken()
	if !p.at(String) {
		return lit
	}
	parts := []string{lit.Str}
	start := lit.Loc.Start
	for p.at(String) {
		next := p.stringToken()
		parts = append(parts, next.Str)
		lit.Style |= next.Style & ast.Obfuscated
	}
	lit.Str = strings.Join(parts, "")
	lit.Style |= ast.Joined
	lit.At = p.since(start)
	lit.Raw = lit.Loc.Text(p.src)
	return lit
}
