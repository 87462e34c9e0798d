package native

import (
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// kind of a JSON value.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

// node is a JSON value. Nodes are not changed once made, so they may be shared.
type node struct {
	kind  kind
	text  string // of text; of number as written; "true" or "false"
	items []*node
	keys  []string // of object, in order, beside items
}

var nullNode = &node{}

func textNode(s string) *node { return &node{kind: text, text: s} }

func arrayNode(items []*node) *node { return &node{kind: array, items: items} }

func longNode(n int64) *node { return &node{kind: number, text: strconv.FormatInt(n, 10)} }

func boolNode(b bool) *node { return &node{kind: boolean, text: strconv.FormatBool(b)} }

// realNode writes a number with a fraction or exponent, and what JSON has no number for as text.
func realNode(f float64) *node {
	switch {
	case math.IsNaN(f):
		return textNode("NaN")
	case math.IsInf(f, 1):
		return textNode("Infinity")
	case math.IsInf(f, -1):
		return textNode("-Infinity")
	}
	return &node{kind: number, text: realText(f)}
}

// objectNode makes an object; of a key that occurs twice the first value stays.
type builder struct {
	node *node
	at   map[string]int
}

func newObject() *builder {
	return &builder{node: &node{kind: object}, at: map[string]int{}}
}

// add adds a member unless the key is there.
func (b *builder) add(key string, v *node) {
	if _, ok := b.at[key]; !ok {
		b.set(key, v)
	}
}

// set adds or replaces a member.
func (b *builder) set(key string, v *node) {
	if i, ok := b.at[key]; ok {
		b.node.items[i] = v
		return
	}
	b.at[key] = len(b.node.keys)
	b.node.keys = append(b.node.keys, key)
	b.node.items = append(b.node.items, v)
}

// addAll adds the members of an object.
func (b *builder) addAll(n *node) {
	if n.kind == object {
		for i, k := range n.keys {
			b.add(k, n.items[i])
		}
	}
}

// get returns the member of that key.
func (n *node) get(key string) (*node, bool) {
	if n.kind == object {
		for i, k := range n.keys {
			if k == key {
				return n.items[i], true
			}
		}
	}
	return nullNode, false
}

// float reads a number, or text that is one.
func (n *node) float() (float64, bool) {
	switch n.kind {
	case number:
		f, err := strconv.ParseFloat(n.text, 64)
		return f, err == nil || math.IsInf(f, 0)
	case boolean:
		if n.text == "true" {
			return 1, true
		}
		return 0, true
	case text:
		switch n.text {
		case "NaN":
			return math.NaN(), true
		case "Infinity":
			return math.Inf(1), true
		case "-Infinity":
			return math.Inf(-1), true
		}
	}
	return 0, false
}

// plain is the value as tostring gives it: text without quotes, all else as JSON, null as "".
func (n *node) plain() string {
	switch n.kind {
	case null:
		return ""
	case text:
		return n.text
	}
	return n.String()
}

// String writes compact JSON.
func (n *node) String() string {
	if n.kind == number || n.kind == boolean {
		return n.text
	}
	return string(n.appendTo(nil))
}

func (n *node) appendTo(b []byte) []byte {
	switch n.kind {
	case null:
		return append(b, "null"...)
	case boolean, number:
		return append(b, n.text...)
	case text:
		return appendQuoted(b, n.text)
	case array:
		b = append(b, '[')
		for i, e := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = e.appendTo(b)
		}
		return append(b, ']')
	}
	b = append(b, '{')
	for i, e := range n.items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, n.keys[i]), ':')
		b = e.appendTo(b)
	}
	return append(b, '}')
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		default:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}

// key is a text that two values share when they are equal: numbers by value, objects whatever the order of their keys.
func (n *node) key() string {
	switch n.kind {
	case number:
		if f, ok := n.float(); ok && math.Abs(f) < 1<<53 {
			return "n" + strconv.FormatFloat(f, 'g', -1, 64)
		}
		return "n" + n.text
	case text:
		return "s" + n.text
	case array:
		var b strings.Builder
		for _, e := range n.items {
			b.WriteString(strconv.Quote(e.key()))
		}
		return "a" + b.String()
	case object:
		var parts []string
		for i, k := range n.keys {
			parts = append(parts, strconv.Quote(k)+strconv.Quote(n.items[i].key()))
		}
		sort.Strings(parts)
		return "o" + strings.Join(parts, "")
	}
	return n.text
}

// maxDepth bounds nesting.
const maxDepth = 500

// parseJSON reads a JSON value, and returns false for anything else. NaN and Infinity, which DuckDB writes, become text.
func parseJSON(s string) (*node, bool) {
	p := &reader{s: s}
	n := p.value(0)
	p.space()
	return n, n != nil && p.i == len(p.s)
}

type reader struct {
	s string
	i int
}

func (p *reader) space() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\n' || p.s[p.i] == '\r' || p.s[p.i] == '\t') {
		p.i++
	}
}

func (p *reader) take(word string) bool {
	if strings.HasPrefix(p.s[p.i:], word) {
		p.i += len(word)
		return true
	}
	return false
}

// value reads one value, nil when there is none.
func (p *reader) value(depth int) *node {
	p.space()
	if p.i >= len(p.s) || depth > maxDepth {
		return nil
	}
	switch c := p.s[p.i]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		if s, ok := p.quoted(); ok {
			return textNode(s)
		}
		return nil
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	return p.word()
}

func (p *reader) word() *node {
	for _, w := range []string{"true", "false", "null", "NaN", "Infinity"} {
		if p.take(w) {
			switch w {
			case "null":
				return nullNode
			case "true", "false":
				return &node{kind: boolean, text: w}
			}
			return textNode(w)
		}
	}
	return nil
}

func (p *reader) number() *node {
	start := p.i
	p.take("-")
	if p.take("Infinity") {
		return textNode("-Infinity")
	}
	if !p.take("0") && !p.digits() {
		return nil
	}
	if p.take(".") && !p.digits() {
		return nil
	}
	if p.i < len(p.s) && p.s[p.i]|0x20 == 'e' {
		p.i++
		if !p.take("+") {
			p.take("-")
		}
		if !p.digits() {
			return nil
		}
	}
	return &node{kind: number, text: p.s[start:p.i]}
}

func (p *reader) digits() bool {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i > start
}

func (p *reader) array(depth int) *node {
	p.i++
	n := &node{kind: array, items: []*node{}}
	if p.space(); p.take("]") {
		return n
	}
	for {
		v := p.value(depth + 1)
		if v == nil {
			return nil
		}
		n.items = append(n.items, v)
		if p.space(); p.take("]") {
			return n
		}
		if !p.take(",") {
			return nil
		}
	}
}

func (p *reader) object(depth int) *node {
	p.i++
	n := &node{kind: object}
	if p.space(); p.take("}") {
		return n
	}
	for {
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != '"' {
			return nil
		}
		key, ok := p.quoted()
		if p.space(); !ok || !p.take(":") {
			return nil
		}
		v := p.value(depth + 1)
		if v == nil {
			return nil
		}
		n.keys, n.items = append(n.keys, key), append(n.items, v)
		if p.space(); p.take("}") {
			return n
		}
		if !p.take(",") {
			return nil
		}
	}
}

// quoted reads a text in quotes.
func (p *reader) quoted() (string, bool) {
	p.i++
	end := strings.IndexAny(p.s[p.i:], "\"\\")
	if end < 0 {
		return "", false
	}
	if p.s[p.i+end] == '"' {
		s := p.s[p.i : p.i+end]
		p.i += end + 1
		return s, true
	}
	var b []byte
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch c {
		case '"':
			return string(b), true
		case '\\':
			r, ok := p.escape()
			if !ok {
				return "", false
			}
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, c)
		}
	}
	return "", false
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *reader) escape() (rune, bool) {
	if p.i >= len(p.s) {
		return 0, false
	}
	c := p.s[p.i]
	p.i++
	if c != 'u' {
		r, ok := escapes[c]
		return r, ok
	}
	r, ok := p.hex4()
	if ok && utf16.IsSurrogate(r) && p.take(`\u`) {
		if low, lowOK := p.hex4(); lowOK {
			return utf16.DecodeRune(r, low), true
		}
		return 0, false
	}
	return r, ok
}

func (p *reader) hex4() (rune, bool) {
	if p.i+4 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 32)
	p.i += 4
	return rune(n), err == nil
}
