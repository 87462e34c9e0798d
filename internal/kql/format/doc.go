package format

import (
	"strings"
	"unicode/utf8"
)

// A doc is a text with places where it may break. A group is printed on one line when it fits; else all its own breaks
// become lines, and the groups within it are looked at one by one.
type doc interface{}

type (
	// breakable is a newline, or flat when its group is on one line.
	breakable struct{ flat string }
	// hard is always a newline, and breaks the groups around it.
	hard struct{}
	// suffix is a comment at the line's end; what follows it starts on a new line whatever it is.
	suffix struct{ text string }
	nested struct{ doc doc }
	group  struct {
		doc    doc
		broken bool // holds a hard break
	}
	docs []doc
)

var (
	line     = breakable{" "}
	softline = breakable{""}
)

const (
	width     = 100 // columns that a line should keep to
	indenting = 4
)

// cat joins docs and texts.
func cat(parts ...doc) docs { return docs(parts) }

// join puts sep between the parts.
func join(parts []doc, sep ...doc) doc {
	var out docs
	for i, p := range parts {
		if i > 0 {
			out = append(out, sep...)
		}
		out = append(out, p)
	}
	return out
}

func newGroup(parts ...doc) group {
	d := docs(parts)
	return group{doc: d, broken: hasHard(d)}
}

func nest(parts ...doc) nested { return nested{docs(parts)} }

// hasHard reports whether a doc cannot stand on one line. Groups know it of themselves, so that each is looked at once.
func hasHard(d doc) bool {
	switch d := d.(type) {
	case hard, suffix:
		return true
	case nested:
		return hasHard(d.doc)
	case group:
		return d.broken
	case docs:
		for _, x := range d {
			if hasHard(x) {
				return true
			}
		}
	}
	return false
}

// item is a doc that is still to be printed.
type item struct {
	doc    doc
	indent int
	flat   bool
}

type printer struct {
	out     strings.Builder
	column  int
	indent  int  // of the line that was begun, written with its first text
	newline bool // a comment was written, nothing may follow on its line
}

// render prints d.
func render(d doc) string {
	var p printer
	stack := []item{{doc: d}}
	for len(stack) > 0 {
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch d := it.doc.(type) {
		case string:
			p.text(d, it.indent)
		case breakable:
			if it.flat {
				p.text(d.flat, it.indent)
			} else {
				p.breakLine(it.indent)
			}
		case hard:
			p.breakLine(it.indent)
		case suffix:
			if p.column > 0 {
				p.text("  ", it.indent)
			}
			p.text(d.text, it.indent)
			p.newline = true
		case nested:
			stack = append(stack, item{d.doc, it.indent + indenting, it.flat})
		case group:
			flat := it.flat || !d.broken && p.fits(d.doc, stack)
			stack = append(stack, item{d.doc, it.indent, flat && !d.broken})
		case docs:
			for i := len(d) - 1; i >= 0; i-- {
				stack = append(stack, item{d[i], it.indent, it.flat})
			}
		}
	}
	return p.out.String()
}

func (p *printer) text(s string, indent int) {
	if s == "" {
		return
	}
	if p.newline {
		if s = strings.TrimLeft(s, " "); s == "" {
			return
		}
		p.breakLine(indent)
	}
	if p.column == 0 && s != "" {
		p.out.WriteString(strings.Repeat(" ", p.indent))
		p.column = p.indent
	}
	p.out.WriteString(s)
	if n := strings.LastIndexByte(s, '\n'); n >= 0 {
		p.column = utf8.RuneCountInString(s[n+1:])
		return
	}
	p.column += utf8.RuneCountInString(s)
}

func (p *printer) breakLine(indent int) {
	p.out.WriteByte('\n')
	p.column, p.indent, p.newline = 0, indent, false
}

// fits reports whether d on one line, with what follows it up to the next break, keeps to the width.
func (p *printer) fits(d doc, after []item) bool {
	left := width - p.column
	todo := []item{{doc: d, flat: true}}
	for left >= 0 {
		if len(todo) == 0 {
			if len(after) == 0 {
				return true
			}
			todo = append(todo, after[len(after)-1])
			after = after[:len(after)-1]
		}
		it := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		switch d := it.doc.(type) {
		case string:
			if strings.IndexByte(d, '\n') >= 0 {
				return true
			}
			left -= utf8.RuneCountInString(d)
		case breakable:
			if !it.flat {
				return true
			}
			left -= len(d.flat)
		case hard, suffix:
			return true
		case nested:
			todo = append(todo, item{d.doc, 0, it.flat})
		case group:
			todo = append(todo, item{d.doc, 0, it.flat})
		case docs:
			for i := len(d) - 1; i >= 0; i-- {
				todo = append(todo, item{d[i], 0, it.flat})
			}
		}
	}
	return false
}
