package parser

import "passtrail/internal/kql/diag"

// TokenKind says what a [Token] is.
type TokenKind uint8

// The kinds of tokens. Keywords are names: only their place makes them keywords.
const (
	EOF TokenKind = iota
	Name
	Long
	Real
	Timespan
	String
	Typed // a type's name with raw text in parentheses: datetime(2026-01-02)
	Comment
	Invalid // a character that starts nothing; already reported

	LParen
	RParen
	LBracket
	RBracket
	LBrace
	RBrace
	Pipe
	Comma
	Semicolon
	Colon
	Dot
	DotDot
	Assign
	Arrow
	Bang
	Tilde
	Plus
	Minus
	Star
	Slash
	Percent
	EqEq
	NotEq
	EqTilde
	NotTilde
	Less
	LessEq
	Greater
	GreaterEq
	Question
	AtSign
)

var kindTexts = [...]string{
	EOF: "the end of the query", Name: "a name", Long: "a number", Real: "a number", Timespan: "a timespan",
	String: "a string", Typed: "a literal", Comment: "a comment", Invalid: "this character",
	LParen: "(", RParen: ")", LBracket: "[", RBracket: "]", LBrace: "{", RBrace: "}", Pipe: "|", Comma: ",",
	Semicolon: ";", Colon: ":", Dot: ".", DotDot: "..", Assign: "=", Arrow: "=>", Bang: "!", Tilde: "~",
	Plus: "+", Minus: "-", Star: "*", Slash: "/", Percent: "%", EqEq: "==", NotEq: "!=", EqTilde: "=~",
	NotTilde: "!~", Less: "<", LessEq: "<=", Greater: ">", GreaterEq: ">=", Question: "?", AtSign: "@",
}

// String is the token's text where it has only one, else what it is, for messages.
func (k TokenKind) String() string {
	if int(k) < len(kindTexts) {
		return kindTexts[k]
	}
	return "this"
}

// Token is a word of the text.
type Token struct {
	Kind TokenKind
	// paren is, for Typed, how many bytes after Start the opening parenthesis stands.
	paren uint32
	Loc   diag.Span
}
