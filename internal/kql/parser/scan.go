package parser

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"passtrail/internal/kql/diag"
)

// Tokens splits src into tokens, comments among them, ending with EOF. It never fails: what is wrong is in the list, and
// the tokens go on after it. An editor can colour a text with it.
func Tokens(src string) ([]Token, diag.List) {
	s := scanner{src: src, tokens: make([]Token, 0, len(src)/4+8)}
	for s.next() {
	}
	s.emit(EOF, len(src))
	return s.tokens, s.diags
}

type scanner struct {
	src    string
	pos    int // where the next token starts
	tokens []Token
	diags  diag.List
}

// maxScanDiags bounds what a text of rubbish can produce.
const maxScanDiags = 50

func (s *scanner) errorf(start, end int, code, hint, format string, args ...any) {
	if len(s.diags) < maxScanDiags {
		s.diags.Add(diag.New(diag.Span{Start: start, End: end}, code, format, args...).WithHint("%s", hint))
	}
}

func (s *scanner) emit(kind TokenKind, end int) {
	s.tokens = append(s.tokens, Token{Kind: kind, Loc: diag.Span{Start: s.pos, End: end}})
	s.pos = end
}

// next scans one token and reports whether there was one.
func (s *scanner) next() bool {
	s.space()
	if s.pos >= len(s.src) {
		return false
	}
	c := s.src[s.pos]
	switch {
	case isNameStart(c):
		s.word()
	case isDigit(c):
		s.number()
	case c == '"' || c == '\'':
		s.text(s.pos)
	case c == '@' && (s.at(1) == '"' || s.at(1) == '\''):
		s.verbatim(s.pos + 1)
	case strings.HasPrefix(s.src[s.pos:], "```"), strings.HasPrefix(s.src[s.pos:], "~~~"):
		s.multiLine(s.pos)
	case c == '/' && s.at(1) == '/':
		s.comment()
	default:
		s.punctuation(c)
	}
	return true
}

// at is the byte n after the current one, 0 behind the end.
func (s *scanner) at(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			s.pos++
		case c < utf8.RuneSelf:
			return
		default:
			r, n := utf8.DecodeRuneInString(s.src[s.pos:])
			if !isWideSpace(r) {
				return
			}
			s.pos += n
		}
	}
}

// isWideSpace lists the blanks beyond ASCII that KQL skips, as pasted text has them (no-break space, byte order mark).
func isWideSpace(r rune) bool {
	switch r {
	case 0x85, 0xA0, 0x1680, 0x180E, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return r >= 0x2000 && r <= 0x200B
}

func (s *scanner) comment() {
	end := len(s.src)
	for i := s.pos; i < len(s.src); i++ {
		c := s.src[i]
		if c == '\n' || c == '\r' || c == 0xE2 && (strings.HasPrefix(s.src[i:], "\u2028") || strings.HasPrefix(s.src[i:], "\u2029")) {
			end = i
			break
		}
	}
	s.emit(Comment, end)
}

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNamePart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || isDigit(c)
}

// word scans a name, an obfuscated string (h"...") or a literal of a named type.
func (s *scanner) word() {
	if c := s.src[s.pos]; (c == 'h' || c == 'H') && s.obfuscated() {
		return
	}
	end := s.pos + 1
	for end < len(s.src) && isNamePart(s.src[end]) {
		end++
	}
	if isTypedLiteral(s.src[s.pos:end]) && s.typed(end) {
		return
	}
	s.emit(Name, end)
}

// obfuscated scans h"...", h'...', h@"..." and h```...```.
func (s *scanner) obfuscated() bool {
	rest := s.src[s.pos+1:]
	switch {
	case strings.HasPrefix(rest, "\""), strings.HasPrefix(rest, "'"):
		s.text(s.pos + 1)
	case strings.HasPrefix(rest, "@\""), strings.HasPrefix(rest, "@'"):
		s.verbatim(s.pos + 2)
	case strings.HasPrefix(rest, "```"), strings.HasPrefix(rest, "~~~"):
		s.multiLine(s.pos + 1)
	default:
		return false
	}
	return true
}

// isTypedLiteral reports whether a name followed by a parenthesis makes a literal whose text is not KQL.
func isTypedLiteral(name string) bool {
	_, ok := typedKinds[name]
	return ok
}

// typed scans the raw text in parentheses behind a type's name, up to the first closing one, and when that is missing up
// to the next pipe or semicolon.
func (s *scanner) typed(nameEnd int) bool {
	i := nameEnd
	for i < len(s.src) && (s.src[i] == ' ' || s.src[i] == '\t') {
		i++
	}
	if i >= len(s.src) || s.src[i] != '(' {
		return false
	}
	start, open := s.pos, i
	for i++; i < len(s.src) && s.src[i] != ')' && s.src[i] != '|' && s.src[i] != ';'; i++ {
	}
	if i >= len(s.src) || s.src[i] != ')' {
		name := s.src[start:nameEnd]
		s.errorf(start, open+1, "unclosed-bracket", "add the closing parenthesis", "the literal %s(... is not closed", name)
		i = open + len(strings.TrimRight(s.src[open:i], " \t\r\n"))
	} else {
		i++
	}
	s.emit(Typed, i)
	s.tokens[len(s.tokens)-1].paren = uint32(open - start)
	return true
}

// number scans whole numbers, hex, reals, timespans and names that start with a digit.
func (s *scanner) number() {
	if s.src[s.pos] == '0' && (s.at(1) == 'x' || s.at(1) == 'X') {
		end := s.pos + 2
		for end < len(s.src) && isHex(s.src[end]) {
			end++
		}
		if end > s.pos+2 && !s.namePartAt(end) {
			s.emit(Long, end)
			return
		}
	}
	end := s.digits(s.pos)
	kind := Long
	if end+1 < len(s.src) && s.src[end] == '.' && isDigit(s.src[end+1]) || s.realDot(end) {
		kind, end = Real, s.digits(end+1)
	}
	if e, ok := s.exponent(end); ok {
		s.emit(Real, e)
		return
	}
	if !s.namePartAt(end) {
		s.emit(kind, end)
		return
	}
	word := end
	for s.namePartAt(word) {
		word++
	}
	if _, ok := timespanUnits[s.src[end:word]]; ok {
		s.emit(Timespan, word)
		return
	}
	if kind == Long {
		s.emit(Name, word)
		return
	}
	s.errorf(s.pos, word, "bad-number", "timespans have the units d, h, m, s, ms, microsecond, tick", "%q is not a number", s.src[s.pos:word])
	s.emit(Real, word)
}

// realDot reports whether the dot at end closes a number like "1.", and is neither a range "1..5" nor an access.
func (s *scanner) realDot(end int) bool {
	if end >= len(s.src) || s.src[end] != '.' {
		return false
	}
	return end+1 >= len(s.src) || s.src[end+1] != '.' && s.src[end+1] != '[' && !isNameStart(s.src[end+1])
}

func (s *scanner) digits(i int) int {
	for i < len(s.src) && isDigit(s.src[i]) {
		i++
	}
	return i
}

func (s *scanner) namePartAt(i int) bool { return i < len(s.src) && isNamePart(s.src[i]) }

// exponent finds the end of an exponent that starts at i, provided that no name goes on behind it.
func (s *scanner) exponent(i int) (int, bool) {
	if i >= len(s.src) || s.src[i] != 'e' && s.src[i] != 'E' {
		return 0, false
	}
	j := i + 1
	if j < len(s.src) && (s.src[j] == '+' || s.src[j] == '-') {
		j++
	}
	end := s.digits(j)
	return end, end > j && !s.namePartAt(end)
}

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// text scans a string in single or double quotes whose quote stands at open. It ends at the line's end when it is not
// closed, so that the next line is read as it is meant.
func (s *scanner) text(open int) {
	quote := s.src[open]
	for i := open + 1; i < len(s.src); i++ {
		switch s.src[i] {
		case quote:
			s.emit(String, i+1)
			return
		case '\\':
			if i+1 < len(s.src) && s.src[i+1] != '\n' && s.src[i+1] != '\r' {
				i++
			}
		case '\n', '\r':
			s.unclosed(open, i)
			return
		}
	}
	s.unclosed(open, len(s.src))
}

func (s *scanner) unclosed(open, end int) {
	for end > open+1 && (s.src[end-1] == ' ' || s.src[end-1] == '\t') {
		end--
	}
	s.errorf(open, end, "unclosed-string", "strings end on their line; use ```...``` for text of several lines",
		"the string is not closed with %c", s.src[open])
	s.emit(String, end)
}

// verbatim scans @"..." whose quote stands at open; a doubled quote stands for one.
func (s *scanner) verbatim(open int) {
	quote := s.src[open]
	for i := open + 1; i < len(s.src); i++ {
		switch {
		case s.src[i] == quote && i+1 < len(s.src) && s.src[i+1] == quote:
			i++
		case s.src[i] == quote:
			s.emit(String, i+1)
			return
		case s.src[i] == '\n' || s.src[i] == '\r':
			s.unclosed(open, i)
			return
		}
	}
	s.unclosed(open, len(s.src))
}

// multiLine scans ```...``` and ~~~...~~~ whose fence stands at open.
func (s *scanner) multiLine(open int) {
	fence := s.src[open : open+3]
	if n := strings.Index(s.src[open+3:], fence); n >= 0 {
		s.emit(String, open+3+n+3)
		return
	}
	s.errorf(open, open+3, "unclosed-string", "close it with "+fence, "the multi-line string is not closed")
	s.emit(String, len(s.src))
}

var pairs = map[string]TokenKind{
	"..": DotDot, "==": EqEq, "=~": EqTilde, "=>": Arrow, "!=": NotEq, "!~": NotTilde, "<=": LessEq, ">=": GreaterEq,
	"<>": NotEq,
}

var singles = [128]TokenKind{
	'(': LParen, ')': RParen, '[': LBracket, ']': RBracket, '{': LBrace, '}': RBrace, '|': Pipe, ',': Comma,
	';': Semicolon, ':': Colon, '.': Dot, '=': Assign, '!': Bang, '~': Tilde, '+': Plus, '-': Minus, '*': Star,
	'/': Slash, '%': Percent, '<': Less, '>': Greater, '?': Question, '@': AtSign,
}

func (s *scanner) punctuation(c byte) {
	if s.pos+2 <= len(s.src) {
		if kind, ok := pairs[s.src[s.pos:s.pos+2]]; ok {
			s.emit(kind, s.pos+2)
			return
		}
	}
	if c < 128 && singles[c] != 0 {
		s.emit(singles[c], s.pos+1)
		return
	}
	s.stray()
}

// stray reports characters that start nothing, a run of them at once.
func (s *scanner) stray() {
	start := s.pos
	r, n := utf8.DecodeRuneInString(s.src[start:])
	end := start + n
	for end < len(s.src) && (s.src[end] >= utf8.RuneSelf || unicode.IsLetter(r) && isNamePart(s.src[end])) {
		next, n := utf8.DecodeRuneInString(s.src[end:])
		if isWideSpace(next) {
			break
		}
		end += n
	}
	switch {
	case r == '“' || r == '”' || r == '‘' || r == '’' || r == '„':
		s.errorf(start, start+n, "bad-character", "use \" or '", "a typographic quote does not start a string")
		end = start + n
	case r == '–' || r == '—' || r == '−':
		s.errorf(start, start+n, "bad-character", "use -", "a dash does not stand for a minus")
		end = start + n
	case r == utf8.RuneError && n == 1: // the parser reports it for the text as a whole
	case r == '&' && strings.HasPrefix(s.src[start:], "&&"):
		s.errorf(start, start+2, "bad-character", "write and", "&& is not an operator")
		end = start + 2
	case r >= utf8.RuneSelf:
		s.errorf(start, end, "bad-character", "quote names with other letters: ['"+s.src[start:end]+"']", "%q cannot stand here", s.src[start:end])
	default:
		s.errorf(start, end, "bad-character", "", "%q cannot stand here", s.src[start:end])
	}
	s.emit(Invalid, end)
}
