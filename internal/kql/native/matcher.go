package native

import (
	"regexp"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// pattern is a compiled regular expression. Go's package does the matching, except where \b or \B meets text that is not
// ASCII: there a letter is whatever Unicode calls one, and the program is run here.
type pattern struct {
	*regexp.Regexp
	prog *syntax.Prog // nil when no word boundary is asked for
}

func newPattern(expr string) (*pattern, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	p := &pattern{Regexp: re}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	const boundaries = syntax.EmptyWordBoundary | syntax.EmptyNoWordBoundary
	for _, in := range prog.Inst {
		if in.Op == syntax.InstEmptyWidth && syntax.EmptyOp(in.Arg)&boundaries != 0 {
			p.prog = prog
		}
	}
	return p, nil
}

// first gives the positions of the leftmost match and its groups, nil for none.
func (p *pattern) first(s string) []int {
	if p.prog == nil || ascii(s) {
		return p.FindStringSubmatchIndex(s)
	}
	return p.run(s, 0)
}

// all gives those of the first n matches that do not overlap; of all when n is negative.
func (p *pattern) all(s string, n int) [][]int {
	if p.prog == nil || ascii(s) {
		return p.FindAllStringSubmatchIndex(s, n)
	}
	var out [][]int
	for at, end := 0, -1; at <= len(s) && (n < 0 || len(out) < n); {
		m := p.run(s, at)
		if m == nil {
			break
		}
		empty := m[0] == m[1]
		if !empty || m[0] != end { // an empty match right behind another one is none
			out = append(out, m)
		}
		if at, end = m[1], m[1]; empty {
			_, size := utf8.DecodeRuneInString(s[at:])
			at += max(size, 1)
		}
	}
	return out
}

// replace puts a template, in which ${1} is the first group, in place of all matches.
func (p *pattern) replace(s, template string) string {
	var out []byte
	at := 0
	for _, m := range p.all(s, -1) {
		out = p.ExpandString(append(out, s[at:m[0]]...), template, s, m)
		at = m[1]
	}
	return string(append(out, s[at:]...))
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// thread is one way in which the program may be matching: where it is, and the positions of the groups so far.
type thread struct {
	pc   uint32
	caps []int
}

// threads are the ways at one position, those to be preferred first, each instruction once.
type threads struct {
	prog  *syntax.Prog
	list  []thread
	known []bool
}

func (t *threads) clear() {
	t.list = t.list[:0]
	clear(t.known)
}

// add follows a thread to the instructions that read a character or end the match.
func (t *threads) add(pc uint32, pos int, caps []int, cond syntax.EmptyOp) {
	if t.known[pc] {
		return
	}
	t.known[pc] = true
	switch in := &t.prog.Inst[pc]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		t.add(in.Out, pos, caps, cond)
		t.add(in.Arg, pos, caps, cond)
	case syntax.InstNop:
		t.add(in.Out, pos, caps, cond)
	case syntax.InstEmptyWidth:
		if syntax.EmptyOp(in.Arg)&^cond == 0 {
			t.add(in.Out, pos, caps, cond)
		}
	case syntax.InstCapture:
		if int(in.Arg) < len(caps) {
			caps = append([]int{}, caps...)
			caps[in.Arg] = pos
		}
		t.add(in.Out, pos, caps, cond)
	case syntax.InstFail:
	default:
		t.list = append(t.list, thread{pc, caps})
	}
}

// run finds the leftmost match from a position on, stepping all threads together: linear in the text.
func (p *pattern) run(s string, from int) []int {
	now := &threads{prog: p.prog, known: make([]bool, len(p.prog.Inst))}
	next := &threads{prog: p.prog, known: make([]bool, len(p.prog.Inst))}
	start := make([]int, 2*(p.NumSubexp()+1))
	for i := range start {
		start[i] = -1
	}
	var found []int
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	if from == 0 {
		before = -1
	}
	for pos := from; ; {
		r, size := utf8.DecodeRuneInString(s[pos:])
		if size == 0 {
			r = -1
		}
		if found == nil {
			caps := append([]int{}, start...)
			caps[0] = pos
			now.add(uint32(p.prog.Start), pos, caps, conditions(before, r))
		}
		after := rune(-1)
		if pos+size < len(s) {
			after, _ = utf8.DecodeRuneInString(s[pos+size:])
		}
		cond := conditions(r, after)
		for _, t := range now.list {
			in := &p.prog.Inst[t.pc]
			if in.Op == syntax.InstMatch {
				found = append([]int{}, t.caps...)
				found[1] = pos
				break // the threads behind are less preferred
			}
			if r >= 0 && in.MatchRune(r) {
				next.add(in.Out, pos+size, t.caps, cond)
			}
		}
		if now, next = next, now; size == 0 || len(now.list) == 0 && found != nil {
			return found
		}
		next.clear()
		pos += size
		before = r
	}
}

// conditions are what holds between two characters; -1 is an end of the text.
func conditions(before, after rune) syntax.EmptyOp {
	var cond syntax.EmptyOp
	if before < 0 {
		cond |= syntax.EmptyBeginText | syntax.EmptyBeginLine
	}
	if before == '\n' {
		cond |= syntax.EmptyBeginLine
	}
	if after < 0 {
		cond |= syntax.EmptyEndText | syntax.EmptyEndLine
	}
	if after == '\n' {
		cond |= syntax.EmptyEndLine
	}
	if boundaryRune(before) != boundaryRune(after) {
		return cond | syntax.EmptyWordBoundary
	}
	return cond | syntax.EmptyNoWordBoundary
}

// boundaryRune is what \w takes.
func boundaryRune(r rune) bool {
	return r == '\u200c' || r == '\u200d' || r >= 0 && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.In(r, unicode.Nd, unicode.Nl, unicode.Pc))
}
