// Package parser turns KQL text into a tree. It goes on after a mistake, at the next comma, pipe or semicolon, and
// reports every mistake it finds, each with its place, a stable code and what to do. What names mean is not its
// business: whether a column exists or a kind of value fits is found in check.
//
// Start at [Parse]. [Tokens] is the scanner alone, for editors. To add an operator: give it a node in package ast, an arm
// in operator, its name in operatorNames, a function that parses it, an arm in package format, and queries in testdata.
package parser

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
)

// Limits bounds what a text may ask for. A zero field means the default.
type Limits struct {
	MaxBytes int // length of the text, 1 MiB; code "text-too-long"
	MaxDepth int // brackets within brackets, 200; code "too-deep"
	MaxTerms int // operands of one chain such as a or b or c, operators of one pipeline, statements: 10,000 each; code "too-many-terms"
}

// DefaultLimits are the limits of [Parse].
var DefaultLimits = Limits{MaxBytes: 1 << 20, MaxDepth: 200, MaxTerms: 10_000}

func (l Limits) orDefault() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = DefaultLimits.MaxBytes
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = DefaultLimits.MaxDepth
	}
	if l.MaxTerms <= 0 {
		l.MaxTerms = DefaultLimits.MaxTerms
	}
	return l
}

// Parse reads a whole text within [DefaultLimits]. The tree is never nil: where the text could not be understood it holds
// *[ast.Bad]. The error is nil or a [diag.List] in the order of the text.
func Parse(src string) (*ast.Query, error) { return Limits{}.Parse(src) }

// Parse reads a whole text within l, as the function [Parse] does.
func (l Limits) Parse(src string) (*ast.Query, error) {
	p := newParser(src, l.orDefault())
	q := &ast.Query{Statements: p.statements(), Comments: p.comments}
	q.Loc = diag.Span{Start: 0, End: len(src)}
	q.Text = src
	return q, p.result()
}

// ParseExpr reads one scalar or tabular expression, nothing behind it.
func ParseExpr(src string) (ast.Expr, error) {
	p := newParser(src, DefaultLimits)
	x := p.query(false)
	if !p.at(EOF) {
		p.unexpected("the end of the expression")
	}
	return x, p.result()
}

func (p *parser) result() error {
	p.diags.Sort()
	return p.diags.Err()
}

type parser struct {
	src      string
	toks     []Token // without comments, EOF last
	close    []int32 // for an opening bracket the index of its closing one, -1 when there is none; for other tokens 0
	pos      int
	comments []ast.Comment
	diags    diag.List
	limits   Limits

	quiet bool // a mistake was reported and nothing skipped yet: what follows from it is not reported
	fatal bool // a limit was reached: nothing more is reported

	unclosed bool // some bracket is not closed
	rules
}

// rules are what holds inside the construct being read, and not in the brackets within it.
type rules struct {
	search    bool // in a predicate of search or find, where column:"term" and * are allowed
	predicate bool // in a predicate, where = is a slip for ==
	wildcards bool // names may have a * in them
	noCall    bool // a name before a parenthesis is not a call
	commaEnds bool // a comma ends the pipeline
}

func newParser(src string, l Limits) *parser {
	p := &parser{src: src, limits: l}
	if len(src) > l.MaxBytes {
		p.error(diag.Span{Start: l.MaxBytes, End: l.MaxBytes}, "text-too-long", "",
			"the query has %d bytes, more than the limit of %d", len(src), l.MaxBytes)
		p.fatal, src = true, ""
	}
	if n := invalidUTF8(src); n >= 0 && !p.fatal {
		p.remark(diag.Span{Start: n, End: n + 1}, "bad-encoding", "save the query as UTF-8", "the text is not valid UTF-8 here")
	}
	all, diags := Tokens(src)
	p.diags = append(p.diags, diags...)
	p.toks = all[:0]
	for _, t := range all {
		if t.Kind == Comment {
			p.comments = append(p.comments, ast.Comment{At: ast.At{Loc: t.Loc}, Text: t.Loc.Text(src)})
			continue
		}
		p.toks = append(p.toks, t)
	}
	p.match()
	return p
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// match pairs the brackets, reports those without a partner and those that are too deep.
func (p *parser) match() {
	p.close = make([]int32, len(p.toks))
	var open []int
	for i, t := range p.toks {
		switch t.Kind {
		case LParen, LBracket, LBrace:
			p.close[i] = -1
			open = append(open, i)
			if len(open) > p.limits.MaxDepth {
				p.stop(t.Loc, "too-deep", "brackets are nested more than %d deep", p.limits.MaxDepth)
				return
			}
		case RParen, RBracket, RBrace:
			open = p.matchClosing(open, i)
		}
	}
	for _, i := range open {
		p.unclosedBracket(i)
	}
}

func (p *parser) matchClosing(open []int, i int) []int {
	want := p.toks[i].Kind - 1 // each closing bracket follows its opening one
	for n := len(open) - 1; n >= 0; n-- {
		if p.toks[open[n]].Kind != want {
			continue
		}
		for _, unclosed := range open[n+1:] {
			p.unclosedBracket(unclosed)
		}
		p.close[open[n]] = int32(i)
		p.close[i] = int32(open[n])
		return open[:n]
	}
	p.close[i] = -1
	p.remark(p.toks[i].Loc, "unopened-bracket", "remove it, or add the opening one", "%s closes nothing", p.toks[i].Kind)
	return open
}

func (p *parser) unclosedBracket(i int) {
	k := p.toks[i].Kind
	p.unclosed = true
	p.remark(p.toks[i].Loc, "unclosed-bracket", "add the closing "+(k+1).String(), "%s is not closed", k)
}

// maxDiags bounds how much one text can have to say.
const maxDiags = 100

// remark reports a mistake that does not hinder reading on.
func (p *parser) remark(at diag.Span, code, hint, format string, args ...any) {
	if p.fatal || len(p.diags) >= maxDiags {
		return
	}
	p.diags.Add(diag.Diagnostic{Span: at, Code: code, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// error reports a mistake, after which nothing is reported until the parser has found its feet.
func (p *parser) error(at diag.Span, code, hint, format string, args ...any) {
	if !p.quiet {
		p.remark(at, code, hint, format, args...)
	}
	p.quiet = true
}

// stop reports a limit and gives up.
func (p *parser) stop(at diag.Span, code, format string, args ...any) {
	p.remark(at, code, "", format, args...)
	p.fatal, p.quiet = true, true
	p.toks = append(p.toks[:0:0], Token{Kind: EOF, Loc: diag.Span{Start: len(p.src), End: len(p.src)}})
	p.close, p.pos = make([]int32, 1), 0
}

// unexpected reports the current token where something else is wanted.
func (p *parser) unexpected(want string) {
	t := p.tok()
	if t.Kind == Invalid {
		p.quiet = true // the scanner has reported it
		return
	}
	if t.Kind >= LParen && t.Kind <= RBrace && p.close[p.pos] < 0 {
		p.quiet = true // reported when the brackets were paired
		return
	}
	code, found := "unexpected-token", t.Kind.String()
	switch t.Kind {
	case EOF:
		code = "unexpected-end"
	case Name, Long, Real, Timespan, String, Typed:
		found = shorten(t.Loc.Text(p.src))
	}
	p.error(t.Loc, code, p.slip(t), "expected %s, found %s", want, found)
}

// shorten cuts a text to what fits in a message.
func shorten(s string) string {
	const most = 40
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i] + "..."
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return s
}

// slip guesses what was meant by a token that other languages have.
func (p *parser) slip(t Token) string {
	switch t.Kind {
	case Assign:
		return "write == to compare"
	case Bang:
		return "write not(...)"
	case EqEq:
		return "write = to name a column"
	case Comma:
		return "remove the comma, or add what is missing"
	case LBracket:
		return "write a list as dynamic([...]), a name with blanks as ['...']"
	case LBrace:
		return "write a property bag as dynamic({...})"
	case Slash:
		return "comments start with //"
	case Star:
		if p.pos > 0 && p.toks[p.pos-1].Kind == Slash {
			return "comments start with //"
		}
	case Pipe:
		if p.pos > 0 && p.toks[p.pos-1].Kind == Semicolon {
			return "remove the semicolon before it"
		}
	case Name:
		if s, ok := slips[strings.ToLower(t.Loc.Text(p.src))]; ok {
			return s
		}
	}
	return ""
}

var slips = map[string]string{
	"is": "write isnull(x), isnotnull(x), isempty(x) or isnotempty(x)", "not": "write not(...)",
	"as": "write name = expression", "like": "write contains, startswith or matches regex",
	"and": "something is missing before and", "or": "something is missing before or",
	"group": "write summarize ... by", "having": "write | where after summarize",
}

// at reports whether the current token is of the kind.
func (p *parser) at(k TokenKind) bool { return p.toks[p.pos].Kind == k }

func (p *parser) tok() Token { return p.toks[p.pos] }

// peek is the kind of the token n places on; EOF behind the end.
func (p *parser) peek(n int) TokenKind {
	if p.pos+n >= len(p.toks) {
		return EOF
	}
	return p.toks[p.pos+n].Kind
}

// adjacent reports whether the token n places on is of the kind and touches the one before it.
func (p *parser) adjacent(n int, k TokenKind) bool {
	i := p.pos + n
	return i < len(p.toks) && p.toks[i].Kind == k && p.toks[i].Loc.Start == p.toks[i-1].Loc.End
}

func (p *parser) word() string { return p.wordAt(0) }

// wordAt is the text of the token n places on when it is a name, else "".
func (p *parser) wordAt(n int) string {
	if p.peek(n) != Name {
		return ""
	}
	return p.toks[p.pos+n].Loc.Text(p.src)
}

func (p *parser) advance() {
	if p.pos < len(p.toks)-1 {
		p.pos++
	}
}

func (p *parser) accept(k TokenKind) bool {
	if p.at(k) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) acceptWord(w string) bool {
	if p.word() == w {
		p.advance()
		return true
	}
	return false
}

func (p *parser) expect(k TokenKind) bool {
	if p.accept(k) {
		return true
	}
	p.unexpected(k.String())
	return false
}

func (p *parser) expectWord(w string) bool {
	if p.acceptWord(w) {
		return true
	}
	if strings.EqualFold(p.word(), w) {
		p.remark(p.tok().Loc, "keyword-case", "write "+w, "keywords are written in lower case")
		p.advance()
		return true
	}
	p.unexpected(w)
	return false
}

// start is where the current token begins.
func (p *parser) start() int { return p.tok().Loc.Start }

// end is where the token before the current one ends.
func (p *parser) end() int {
	if p.pos == 0 {
		return 0
	}
	return p.toks[p.pos-1].Loc.End
}

// since is the place from start to the end of what was read.
func (p *parser) since(start int) ast.At {
	return ast.At{Loc: diag.Span{Start: start, End: max(start, p.end())}}
}

func (p *parser) bad(start int) *ast.Bad { return &ast.Bad{At: p.since(start)} }

// opened consumes an opening bracket and returns its index for closed.
func (p *parser) opened() int {
	i := p.pos
	p.advance()
	return i
}

// closed consumes the bracket that closes the one at index open; what stands before it and was not read is a mistake.
func (p *parser) closed(open int) {
	if p.fatal {
		return
	}
	end := int(p.close[open])
	if end < 0 {
		p.quiet = true // reported when the brackets were paired
		return
	}
	if p.pos < end {
		p.unexpected(p.toks[end].Kind.String())
		p.pos = end
		p.quiet = false
	}
	if p.pos == end {
		p.quiet = false
		p.advance()
	}
}

// endsOperator reports whether an operator cannot go on behind the current token.
func (p *parser) endsOperator() bool {
	switch p.tok().Kind {
	case Pipe, Semicolon, RParen, RBracket, RBrace, EOF:
		return true
	case Comma:
		return p.commaEnds
	}
	return false
}

// skip moves to the next token at which stop is true, over brackets with all they hold. It ends before what closes the
// bracket that the parser is in.
func (p *parser) skip(stop func() bool) {
	for !p.at(EOF) && !stop() {
		switch p.tok().Kind {
		case LParen, LBracket, LBrace:
			if end := p.close[p.pos]; end > 0 {
				p.pos = int(end)
			}
		case RParen, RBracket, RBrace:
			if p.close[p.pos] >= 0 {
				return
			}
		}
		p.advance()
	}
}

// list reads items with commas between them, and finds its feet at the next comma after a mistake in one.
func list[T any](p *parser, item func() T) []T {
	var out []T
	for {
		out = append(out, item())
		if p.quiet && !p.fatal {
			p.skip(func() bool { return p.at(Comma) || p.endsOperator() || listEnds[p.word()] })
			p.quiet = false
		}
		if !p.accept(Comma) {
			return out
		}
	}
}

// listEnds are the keywords behind a list inside an operator.
var listEnds = map[string]bool{"by": true, "on": true, "with": true}
