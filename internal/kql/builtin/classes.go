package builtin

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
)

// A character class of Kusto's patterns may hold classes and operate on them: [a-z&&[^aeiou]], [0-9--4], [a-g~~b-h]. RE2
// has neither, so the set is computed here and written as ranges.

// runes are ranges of characters, first and last in turn, in order.
type runes []rune

// classReader reads a class from text[at:].
type classReader struct {
	text string
	at   int
	sets bool // it holds another class or an operator
	err  error
}

// setClass reads the class that begins at i, and returns it without sets in it and where it ends. It returns false for a
// plain class, also where plain ones are all that is wanted.
func setClass(p string, i int, sets bool) (class string, end int, ok bool) {
	if !sets {
		return "", i, false
	}
	c := &classReader{text: p, at: i}
	set := c.class()
	switch {
	case c.err != nil && c.sets:
		return "[", len(p), true // no pattern either
	case c.err != nil, !c.sets:
		return "", i, false
	}
	var b strings.Builder
	b.WriteByte('[')
	for j := 0; j < len(set); j += 2 {
		fmt.Fprintf(&b, `\x{%X}-\x{%X}`, set[j], set[j+1])
	}
	if len(set) == 0 {
		b.WriteString(`^\x{0}-\x{10FFFF}`)
	}
	b.WriteByte(']')
	return b.String(), c.at, true
}

// class reads [ ... ]: operands, each a union of characters, ranges and classes, with operators of equal rank between.
func (c *classReader) class() runes {
	c.at++ // [
	negated := c.take("^")
	var set runes
	operator := ""
	for first := true; ; first = false {
		operand := c.union(first)
		if c.err != nil {
			return nil
		}
		switch operator {
		case "&&":
			set = both(set, operand)
		case "--":
			set = both(set, others(operand))
		case "~~":
			set = join(both(set, others(operand)), both(operand, others(set)))
		default:
			set = operand
		}
		if c.take("]") {
			break
		}
		operator = c.text[c.at : c.at+2]
		c.at += 2
		c.sets = true
	}
	if negated {
		set = others(set)
	}
	return set
}

func (c *classReader) take(s string) bool {
	if strings.HasPrefix(c.text[c.at:], s) {
		c.at += len(s)
		return true
	}
	return false
}

// union reads up to the class's end or an operator. A bracket or dash at the start is a character.
func (c *classReader) union(first bool) runes {
	var set runes
	start := c.at
	plain := func() {
		if c.at > start {
			set = join(set, c.simple(c.text[start:c.at]))
		}
	}
	for n := 0; c.err == nil; n++ {
		rest := c.text[c.at:]
		switch {
		case rest == "":
			c.err = fmt.Errorf("the class is not closed")
		case rest[0] == ']' && (n > 0 || !first), n > 0 && isClassOperator(rest):
			plain()
			return set
		case strings.HasPrefix(rest, "[:") && strings.Contains(rest, ":]"):
			c.at += strings.Index(rest, ":]") + 2
		case rest[0] == '[':
			plain()
			set = join(set, c.class())
			start = c.at
			c.sets = true
		case rest[0] == '\\' && len(rest) > 1:
			c.at += 2
		default:
			c.at++
		}
	}
	return set
}

func isClassOperator(s string) bool {
	return strings.HasPrefix(s, "&&") || strings.HasPrefix(s, "--") || strings.HasPrefix(s, "~~")
}

// simple is the set of a class without others in it.
func (c *classReader) simple(members string) runes {
	if members[0] == '^' {
		members = `\` + members
	}
	re, err := syntax.Parse(translated("["+members+"]", false), syntax.Perl)
	if err != nil {
		c.err = err
		return nil
	}
	switch re.Op {
	case syntax.OpCharClass:
		return re.Rune
	case syntax.OpLiteral:
		return runes{re.Rune[0], re.Rune[0]}
	case syntax.OpAnyChar:
		return runes{0, unicode.MaxRune}
	case syntax.OpAnyCharNotNL:
		return runes{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
	}
	return nil
}

// others are the characters that a set has not.
func others(s runes) runes {
	var out runes
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

func both(x, y runes) runes {
	var out runes
	for i, j := 0, 0; i < len(x) && j < len(y); {
		if low, high := max(x[i], y[j]), min(x[i+1], y[j+1]); low <= high {
			out = append(out, low, high)
		}
		if x[i+1] < y[j+1] {
			i += 2
		} else {
			j += 2
		}
	}
	return out
}

func join(x, y runes) runes { return others(both(others(x), others(y))) }
