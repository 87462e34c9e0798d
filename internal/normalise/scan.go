package normalise

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// value is one JSON value as it stands in the document. Kind is the first byte of the value, or 0 when the member is
// missing; all digits and the minus sign have kind '0'. Raw of a string leaves its quotes out.
type value struct {
	raw  []byte
	kind byte
	esc  bool // a string with a backslash in it
	gap  bool // an object or array with insignificant space in it
}

func (v value) isString() bool { return v.kind == '"' }

// scanner walks over one JSON document and checks its grammar and its UTF-8 as it goes. After the first mistake all
// its methods answer false, and fault says what was wrong.
type scanner struct {
	b        []byte
	i        int
	depth    int
	maxDepth int
	gap      bool // space was skipped since this was last cleared
	odd      bool // a name inside a nested value has another casing than usual
	lost     bool // a nested value was lost, see isLost
	fault    *Fault
}

func (s *scanner) fail(code, reason string) bool {
	if s.fault == nil {
		s.fault = &Fault{Code: code, Reason: reason, Offset: s.i}
	}
	return false
}

func (s *scanner) notJSON(reason string) bool { return s.fail(CodeNotJSON, reason) }

// space skips insignificant space and returns the next byte, 0 at the end.
func (s *scanner) space() byte {
	for s.i < len(s.b) {
		c := s.b[s.i]
		if c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
			return c
		}
		s.gap = true
		s.i++
	}
	return 0
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks the bytes of eight that a string cannot simply contain: quote, backslash, control, and non-ASCII.
func special(x uint64) uint64 {
	q := x ^ ('"' * ones)
	e := x ^ ('\\' * ones)
	return ((q-ones)&^q | (e-ones)&^e | (x-0x20*ones)&^x | x) & highs
}

// str reads a string; i is at its opening quote. Raw is what stands between the quotes.
func (s *scanner) str() (raw []byte, esc, ok bool) {
	b := s.b
	start := s.i + 1
	i := start
	high := false
	for {
		for i+8 <= len(b) {
			m := special(binary.LittleEndian.Uint64(b[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			s.i = len(b)
			return nil, false, s.fail(CodeTruncated, "the document ends inside a string")
		}
		switch c := b[i]; {
		case c == '"':
			raw = b[start:i]
			s.i = i + 1
			if high && !utf8.Valid(raw) {
				return nil, false, s.notJSON("text is not UTF-8")
			}
			return raw, esc, true
		case c == '\\':
			s.i = i
			n := s.escape()
			if n == 0 {
				return nil, false, false
			}
			esc = true
			i += n
		case c < ' ':
			s.i = i
			return nil, false, s.notJSON("a string holds a control character")
		case c >= utf8.RuneSelf:
			high = true
			for i++; i < len(b) && b[i] >= utf8.RuneSelf; i++ {
			}
		default:
			i++
		}
	}
}

// escape checks the escape at i and returns its length, 0 for a mistake. Half of a surrogate pair is a mistake: it has
// no UTF-8, and databases refuse the JSON that holds one.
func (s *scanner) escape() int {
	b := s.b[s.i:]
	if len(b) < 2 {
		s.fail(CodeTruncated, "the document ends inside a string")
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		r, ok := hex4(b[2:])
		if !ok {
			s.notJSON("an escape \\u without four hex digits")
			return 0
		}
		if r < 0xD800 || r > 0xDFFF {
			return 6
		}
		if r < 0xDC00 && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if low, ok := hex4(b[8:]); ok && low >= 0xDC00 && low <= 0xDFFF {
				return 12
			}
		}
		s.notJSON("an escape \\u names half of a surrogate pair")
		return 0
	}
	s.notJSON("an unknown escape in a string")
	return 0
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// value reads any value; space before it has been skipped.
func (s *scanner) value() (value, bool) {
	if s.i >= len(s.b) {
		return value{}, s.fail(CodeTruncated, "the document ends where a value should be")
	}
	switch c := s.b[s.i]; c {
	case '"':
		raw, esc, ok := s.str()
		return value{raw: raw, kind: '"', esc: esc}, ok
	case '{', '[':
		start, before := s.i, s.gap
		s.gap = false
		ok := s.skipNested()
		v := value{kind: c, gap: s.gap}
		s.gap = before || s.gap
		if !ok {
			return value{}, false
		}
		v.raw = s.b[start:s.i]
		return v, true
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		return s.number()
	}
}

func (s *scanner) literal(word string) (value, bool) {
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return value{}, s.notJSON("a word that is not true, false or null")
	}
	v := value{raw: s.b[s.i : s.i+len(word)], kind: word[0]}
	s.i += len(word)
	return v, true
}

func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	return s.i > start
}

func (s *scanner) number() (value, bool) {
	start := s.i
	if s.i < len(s.b) && s.b[s.i] == '-' {
		s.i++
	}
	zero := s.i < len(s.b) && s.b[s.i] == '0'
	first := s.i
	if !s.digits() {
		return value{}, s.notJSON("something that is not a JSON value")
	}
	if zero && s.i-first > 1 {
		return value{}, s.notJSON("a number with a leading zero")
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		if !s.digits() {
			return value{}, s.notJSON("a number without digits after its point")
		}
	}
	if s.i < len(s.b) && s.b[s.i]|0x20 == 'e' {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		if !s.digits() {
			return value{}, s.notJSON("a number without digits in its exponent")
		}
	}
	return value{raw: s.b[start:s.i], kind: '0'}, true
}

func (s *scanner) skipNested() bool {
	if s.b[s.i] == '[' {
		if !s.open() {
			return false
		}
		for first := true; ; first = false {
			more, ok := s.element(first)
			if !ok || !more {
				return ok
			}
			if !s.skip() {
				return false
			}
		}
	}
	if !s.open() {
		return false
	}
	for first := true; ; first = false {
		_, more, ok := s.member(first)
		if !ok || !more {
			return ok
		}
		if !s.skip() {
			return false
		}
	}
}

// skip reads any value and forgets it.
func (s *scanner) skip() bool {
	if s.i < len(s.b) {
		switch s.b[s.i] {
		case '"':
			_, _, ok := s.str()
			return ok
		case '{', '[':
			return s.skipNested()
		}
	}
	_, ok := s.value()
	return ok
}

// open steps over the bracket at i.
func (s *scanner) open() bool {
	s.i++
	s.depth++
	if s.depth > s.maxDepth {
		return s.fail(CodeTooDeep, "brackets are nested deeper than the limit")
	}
	return true
}

// element steps to the next element of an array; more is false behind the closing bracket.
func (s *scanner) element(first bool) (more, ok bool) {
	switch c := s.space(); {
	case c == ']':
		s.i++
		s.depth--
		return false, true
	case first && c != 0:
		return true, true
	case c == ',' && !first:
		s.i++
		if s.space() == ']' {
			return false, s.notJSON("a comma without a value behind it")
		}
		return true, true
	case c == 0:
		return false, s.fail(CodeTruncated, "the document ends inside an array")
	}
	return false, s.notJSON("a comma or ] is missing in an array")
}

// member steps to the value of the next member of an object and returns its name as it is written; more is false
// behind the closing brace. Names with escapes come back decoded.
func (s *scanner) member(first bool) (name []byte, more, ok bool) {
	c := s.space()
	if c == '}' {
		s.i++
		s.depth--
		return nil, false, true
	}
	if !first {
		if c != ',' {
			return nil, false, s.missing(c, "a comma or } is missing in an object")
		}
		s.i++
		c = s.space()
	}
	if c != '"' {
		return nil, false, s.missing(c, "a member of an object has no name")
	}
	name, esc, ok := s.str()
	if !ok {
		return nil, false, false
	}
	if esc {
		name = []byte(unescape(name))
	}
	if c := s.space(); c != ':' {
		return nil, false, s.missing(c, "a colon is missing in an object")
	}
	s.i++
	if s.space() == 0 {
		return nil, false, s.fail(CodeTruncated, "the document ends inside an object")
	}
	return name, true, true
}

func (s *scanner) missing(c byte, reason string) bool {
	if c == 0 && s.i >= len(s.b) {
		return s.fail(CodeTruncated, "the document ends inside an object")
	}
	return s.notJSON(reason)
}

// end checks that nothing but space follows.
func (s *scanner) end() bool {
	s.space()
	if s.i < len(s.b) {
		return s.notJSON("something follows the document's end")
	}
	return true
}

// alias returns the bytes as a string without copying them. Documents are never changed once they are read, see
// [Normaliser.Read].
func alias(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
