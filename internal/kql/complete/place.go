package complete

import (
	"strings"

	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
)

// place is what surrounds the cursor: the word being typed, the tokens before it, and the open brackets around it.
type place struct {
	src    string
	offset int
	tokens []parser.Token // before the word, without comments

	word      string    // what is typed of the word, "" when a new one begins
	span      diag.Span // what a completion replaces
	inComment bool
	inString  bool // the word is the inside of a string

	frames []frame // from the outermost, the text itself, inwards
}

// frame is an open bracket, or the text itself, up to the cursor.
type frame struct {
	open   int // its token, -1 for the text
	kind   parser.TokenKind
	before string // the name before the bracket, "" when there is none
	start  int    // the first token of the current statement or argument in it
	pipes  []int  // of the pipeline that is being written in it
	commas int    // so far in the current list of the bracket
}

func newPlace(src string, offset int) *place {
	p := &place{src: src, offset: min(max(offset, 0), len(src))}
	p.span = diag.Span{Start: p.offset, End: p.offset}
	all, _ := parser.Tokens(src)
	for _, t := range all {
		if t.Loc.Start >= p.offset && t.Kind != parser.Name || t.Kind == parser.EOF {
			break
		}
		if t.Loc.Start > p.offset {
			break
		}
		if p.touch(t) {
			break
		}
		if t.Kind != parser.Comment {
			p.tokens = append(p.tokens, t)
		}
	}
	p.joinHyphens()
	p.openFrames()
	return p
}

// touch looks at a token that starts before the cursor or at it, and reports whether the cursor is in it.
func (p *place) touch(t parser.Token) bool {
	inside := p.offset > t.Loc.Start && p.offset < t.Loc.End
	switch t.Kind {
	case parser.Comment:
		p.inComment = p.offset > t.Loc.Start && p.offset <= t.Loc.End
		return p.inComment
	case parser.String:
		text := t.Loc.Text(p.src)
		closed := len(text) > 1 && text[len(text)-1] == text[0]
		if inside || !closed && p.offset == t.Loc.End {
			p.inString = true
			p.span = diag.Span{Start: min(t.Loc.Start+1, p.offset), End: t.Loc.End}
			if closed {
				p.span.End--
			}
			p.word = p.src[p.span.Start:p.offset]
			return true
		}
	case parser.Name:
		if p.offset >= t.Loc.Start && p.offset <= t.Loc.End {
			p.span = t.Loc
			p.word = p.src[t.Loc.Start:p.offset]
			return true
		}
	}
	return p.offset < t.Loc.End && t.Kind != parser.Typed && inside
}

// joinHyphens takes the beginning of a hyphenated operator's name into the word: project-aw.
func (p *place) joinHyphens() {
	for n := len(p.tokens); n >= 2 && !p.inString; n = len(p.tokens) {
		minus, name := p.tokens[n-1], p.tokens[n-2]
		if minus.Kind != parser.Minus || name.Kind != parser.Name || name.Loc.End != minus.Loc.Start || minus.Loc.End != p.span.Start {
			return
		}
		if n < 3 || p.tokens[n-3].Kind != parser.Pipe && p.tokens[n-3].Kind != parser.LParen && p.tokens[n-3].Kind != parser.Minus {
			return
		}
		p.span.Start = name.Loc.Start
		p.word = p.src[p.span.Start:p.offset]
		p.tokens = p.tokens[:n-2]
	}
}

// openFrames finds the brackets that are open at the cursor, and in each where its statement and its pipes stand.
func (p *place) openFrames() {
	p.frames = []frame{{open: -1}}
	for i, t := range p.tokens {
		f := &p.frames[len(p.frames)-1]
		switch t.Kind {
		case parser.LParen, parser.LBracket, parser.LBrace:
			p.frames = append(p.frames, frame{open: i, kind: t.Kind, start: i + 1, before: p.nameAt(i - 1)})
		case parser.RParen, parser.RBracket, parser.RBrace:
			if f.open >= 0 && f.kind == t.Kind-1 {
				p.frames = p.frames[:len(p.frames)-1]
			}
		case parser.Pipe:
			for f.open >= 0 && f.kind == parser.LParen && f.open == i-1 { // nothing stands before it: the bracket was not closed
				p.frames = p.frames[:len(p.frames)-1]
				f = &p.frames[len(p.frames)-1]
			}
			f.pipes = append(f.pipes, i)
		case parser.Comma:
			f.commas++
			if f.open >= 0 && len(f.pipes) == 0 {
				f.start = i + 1
			}
		case parser.Semicolon:
			if f.open < 0 || f.kind == parser.LBrace {
				f.start, f.pipes, f.commas = i+1, nil, 0
			}
		}
	}
}

// nameAt is the text of the token at i when it is a name, else "".
func (p *place) nameAt(i int) string {
	if i < 0 || i >= len(p.tokens) || p.tokens[i].Kind != parser.Name {
		return ""
	}
	return p.tokens[i].Loc.Text(p.src)
}

func (p *place) kindAt(i int) parser.TokenKind {
	if i < 0 || i >= len(p.tokens) {
		return parser.EOF
	}
	return p.tokens[i].Kind
}

// last is the token before the word, EOF when there is none.
func (p *place) last() parser.TokenKind { return p.kindAt(len(p.tokens) - 1) }

func (p *place) lastName() string { return p.nameAt(len(p.tokens) - 1) }

func (p *place) inner() frame { return p.frames[len(p.frames)-1] }

// operatorFrom reads an operator's name, hyphens included, at token i, and returns the token behind it.
func (p *place) operatorFrom(i int) (string, int) {
	name := p.nameAt(i)
	if name == "" {
		return "", i
	}
	end := i + 1
	for p.kindAt(end) == parser.Minus && p.tokens[end].Loc.Start == p.tokens[end-1].Loc.End && p.nameAt(end+1) != "" {
		longer := name + "-" + p.nameAt(end+1)
		if !knownStart(longer) {
			break
		}
		name, end = longer, end+2
	}
	return name, end
}

func knownStart(name string) bool {
	for _, o := range operators {
		if strings.HasPrefix(o.Name, name) {
			return true
		}
	}
	return false
}

// step is the operator that the cursor is in: its name, the tokens behind its name, and the frame that its pipeline is in.
type step struct {
	name  string
	args  int // the first token behind the name
	level int // index of its frame
}

// step finds the innermost operator around the cursor. The name is "" where there is none.
func (p *place) step() step {
	for level := len(p.frames) - 1; level >= 0; level-- {
		f := p.frames[level]
		first := -1
		switch {
		case len(f.pipes) > 0:
			first = f.pipes[len(f.pipes)-1] + 1
		case p.isBody(level):
			first = f.start
		default:
			first = p.afterLet(f.start)
			if name := p.nameAt(first); !leading[name] {
				continue
			}
		}
		if name, args := p.operatorFrom(first); name != "" {
			return step{name: name, args: args, level: level}
		}
		return step{level: level, args: first}
	}
	return step{}
}

// leading are the words that start a pipeline and take expressions.
var leading = map[string]bool{"print": true, "union": true, "search": true, "find": true, "range": true, "evaluate": true}

// afterLet is the token behind `let name =` when a statement starts with it at i, else i.
func (p *place) afterLet(i int) int {
	if p.nameAt(i) == "let" && p.kindAt(i+2) == parser.Assign {
		return i + 3
	}
	return i
}

// isBody reports whether a frame is a pipeline that takes its rows from the operator around it.
func (p *place) isBody(level int) bool {
	f := p.frames[level]
	if level == 0 || f.kind != parser.LParen {
		return false
	}
	outer := p.frames[level-1]
	if len(outer.pipes) == 0 {
		return false
	}
	name, _ := p.operatorFrom(outer.pipes[len(outer.pipes)-1] + 1)
	switch name {
	case "mv-apply", "mvapply":
		return f.before == "on"
	case "fork", "partition":
		return true
	case "facet":
		return f.before == "with"
	}
	return false
}

// text is the source between two tokens, the second not included.
func (p *place) text(from, to int) string {
	if from >= len(p.tokens) || from >= to {
		return ""
	}
	end := p.span.Start
	if to < len(p.tokens) {
		end = p.tokens[to].Loc.Start
	}
	return p.src[p.tokens[from].Loc.Start:end]
}
