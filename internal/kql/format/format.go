// Package format prints a tree as canonical KQL text: each operator on its own line, long lists and conditions broken
// into lines, comments kept. Printing what it printed changes nothing, and the text means what the tree means.
//
// Start at [Source] for a text, [Text] for a tree.
package format

import (
	"sort"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/parser"
)

// Source formats a text. A text with mistakes is returned as it is, with the [diag.List] of the parser.
func Source(src string) (string, error) {
	q, err := parser.Parse(src)
	if err != nil {
		return src, err
	}
	return Text(q), nil
}

// Text prints a tree, ending with a newline unless it is empty. Where the tree has *[ast.Bad], the text it was read from
// is kept.
func Text(q *ast.Query) string {
	w := &writer{src: q.Text, comments: append([]ast.Comment(nil), q.Comments...)}
	sort.SliceStable(w.comments, func(i, j int) bool { return w.comments[i].Loc.Start < w.comments[j].Loc.Start })
	lines := strings.Split(render(w.query(q)), "\n")
	if !strings.Contains(q.Text, "```") && !strings.Contains(q.Text, "~~~") {
		for i, l := range lines {
			lines[i] = strings.TrimRight(l, " ")
		}
	}
	out := strings.Join(lines, "\n")
	if out == "" {
		return ""
	}
	return out + "\n"
}

// Expr prints one expression on as few lines as its length allows, without comments.
func Expr(x ast.Expr) string {
	w := &writer{}
	return render(newGroup(w.expr(x)))
}

// writer turns nodes into docs, in the order of the text, and hands out the comments on its way.
type writer struct {
	src      string
	comments []ast.Comment
	next     int // the first comment not handed out yet
}

func (w *writer) query(q *ast.Query) doc {
	var out docs
	for i, s := range q.Statements {
		out = append(out, w.before(s.Span().Start, i > 0)...)
		out = append(out, w.statement(s))
		_, isQuery := s.(*ast.Expression)
		if i < len(q.Statements)-1 || !isQuery {
			out = append(out, ";")
		}
	}
	return append(out, w.before(len(q.Text)+1, len(q.Statements) > 0)...)
}

// before ends the line of a statement and hands out the comments up to an offset, keeping one blank line where the text
// has some.
func (w *writer) before(offset int, follows bool) docs {
	own, trailing := w.take(offset)
	var out docs
	if trailing != "" {
		out = append(out, suffix{trailing})
	}
	for _, c := range own {
		if follows {
			out = append(out, hard{})
			if w.blankBefore(c.Loc.Start) {
				out = append(out, hard{})
			}
		}
		out = append(out, c.Text)
		follows = true
	}
	if follows && offset <= len(w.src) {
		out = append(out, hard{})
		if w.blankBefore(offset) {
			out = append(out, hard{})
		}
	}
	return out
}

// blankBefore reports whether an empty line stands before the line of the offset.
func (w *writer) blankBefore(offset int) bool {
	before := strings.TrimRight(w.src[:min(offset, len(w.src))], " \t")
	if !strings.HasSuffix(before, "\n") {
		return false
	}
	before = strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(before, "\n"), "\r"), " \t")
	return strings.HasSuffix(before, "\n")
}

// take hands out the comments up to an offset: those with a line of their own, and the first one if it stands behind
// something on its line.
func (w *writer) take(offset int) (own []ast.Comment, trailing string) {
	for first := true; w.next < len(w.comments) && w.comments[w.next].Loc.Start < offset; first = false {
		c := w.comments[w.next]
		w.next++
		c.Text = strings.TrimRight(c.Text, " \t")
		if first && w.behindSomething(c.Loc.Start) {
			trailing = c.Text
			continue
		}
		own = append(own, c)
	}
	return own, trailing
}

func (w *writer) behindSomething(offset int) bool {
	start := strings.LastIndexByte(w.src[:offset], '\n') + 1
	return strings.TrimSpace(w.src[start:offset]) != ""
}

// pending are the comments up to an offset as docs between two items: the first one behind what was printed, each other
// on a line of its own.
func (w *writer) pending(offset int) (behind, own docs) {
	list, trailing := w.take(offset)
	if trailing != "" {
		behind = append(behind, suffix{trailing})
	}
	for _, c := range list {
		own = append(own, c.Text, hard{})
	}
	return behind, own
}

// items prints expressions with commas between them, each with the comments before it.
func items[T ast.Node](w *writer, nodes []T, print func(T) doc) doc {
	var out docs
	for i, n := range nodes {
		behind, own := w.pending(n.Span().Start)
		if i > 0 {
			out = append(out, ",", behind, line, own)
		} else {
			out = append(out, behind, own)
		}
		out = append(out, print(n))
	}
	return out
}

// listed prints an operator's name and a list that breaks below it.
func listed[T ast.Node](w *writer, name string, nodes []T, print func(T) doc) doc {
	if len(nodes) == 0 {
		return name
	}
	return newGroup(name, nest(line, items(w, nodes, print)))
}

func (w *writer) statement(s ast.Statement) doc {
	switch s := s.(type) {
	case *ast.Let:
		return w.let(s)
	case *ast.Set:
		if s.Value == nil {
			return "set " + name(s.Name)
		}
		return cat("set ", name(s.Name), " = ", w.expr(s.Value))
	case *ast.QueryParameters:
		return cat("declare query_parameters", w.params(s.Params))
	case *ast.Expression:
		return w.pipeline(s.Pipeline)
	case *ast.UnsupportedStatement:
		w.skipComments(s.Loc.End)
		return s.Text
	}
	return w.original(s)
}

// skipComments drops the comments inside a text that is printed as it is.
func (w *writer) skipComments(end int) {
	for w.next < len(w.comments) && w.comments[w.next].Loc.Start < end {
		w.next++
	}
}

// original is the text of a node as it was written.
func (w *writer) original(n ast.Node) doc { return n.Span().Text(w.src) }

func (w *writer) let(s *ast.Let) doc {
	head := "let " + name(s.Name) + " = "
	switch v := s.Value.(type) {
	case *ast.Function:
		return cat(head, w.function(v))
	case *ast.Pipeline:
		if len(v.Operators) < 2 {
			return newGroup(head, nest(w.pipelineParts(v, line)))
		}
		return cat(head, nest(w.pipelineParts(v, hard{})))
	}
	return newGroup(head, w.expr(s.Value))
}

func (w *writer) function(f *ast.Function) doc {
	var body docs
	for i, s := range f.Statements {
		behind, own := w.pending(s.Span().Start)
		if i > 0 {
			body = append(body, behind, line, own)
		} else {
			body = append(body, behind, own)
		}
		body = append(body, w.statement(s), ";")
	}
	if f.Result != nil {
		behind, own := w.pending(f.Result.Span().Start)
		if len(f.Statements) > 0 {
			body = append(body, behind, line, own)
		} else {
			body = append(body, behind, own)
		}
		body = append(body, w.tabular(f.Result))
	}
	behind, own := w.pending(f.Loc.End)
	body = append(body, behind)
	for _, c := range own {
		if _, isText := c.(string); isText {
			body = append(body, hard{})
			body = append(body, c)
		}
	}
	head := ""
	if f.View {
		head = "view "
	}
	return newGroup(head, w.params(f.Params), " {", nest(line, body), line, "}")
}

func (w *writer) params(list []*ast.Param) doc {
	return newGroup("(", nest(softline, items(w, list, func(n *ast.Param) doc {
		out := docs{name(n.Name), ":"}
		if n.Schema != nil {
			out = append(out, w.schema(n.Schema))
		} else {
			out = append(out, n.Type.Name)
		}
		if n.Default != nil {
			out = append(out, "=", w.expr(n.Default))
		}
		return out
	})), softline, ")")
}

func (w *writer) schema(s *ast.Schema) doc {
	var parts docs
	if s.AnyFirst {
		parts = append(parts, "*")
	}
	if len(s.Columns) > 0 {
		parts = append(parts, items(w, s.Columns, w.column))
	}
	if s.Any && !s.AnyFirst {
		parts = append(parts, "*")
	}
	return newGroup("(", nest(softline, join(parts, ",", line)), softline, ")")
}

func (w *writer) column(c *ast.Column) doc {
	out := docs{name(c.Name)}
	if c.Type != nil {
		out = append(out, ":", c.Type.Name)
	}
	if c.Default != nil {
		out = append(out, "=", w.expr(c.Default))
	}
	return out
}

// pipeline prints a statement's pipeline, each operator on its line.
func (w *writer) pipeline(p *ast.Pipeline) doc { return w.pipelineParts(p, hard{}) }

// pipelineParts prints a source and its operators with a break between them.
func (w *writer) pipelineParts(p *ast.Pipeline, sep doc) doc {
	var out docs
	if p.Source != nil {
		out = append(out, w.source(p.Source))
	}
	for i, op := range p.Operators {
		behind, own := w.pending(op.Span().Start)
		if i == 0 && p.Source == nil {
			out = append(out, behind, own)
		} else {
			out = append(out, behind, sep, own, "| ")
		}
		out = append(out, w.operator(op))
	}
	return out
}

// tabular prints an expression that needs no parentheses when it is a pipeline.
func (w *writer) tabular(x ast.Expr) doc {
	if p, ok := x.(*ast.Pipeline); ok {
		return w.pipelineParts(p, breakBetween(p))
	}
	return w.expr(x)
}

// breakBetween is what stands between the operators of a pipeline in brackets: short ones may stay on a line.
func breakBetween(p *ast.Pipeline) doc {
	if len(p.Operators) > 1 {
		return hard{}
	}
	return line
}

// inParens prints a pipeline in parentheses.
func (w *writer) inParens(p *ast.Pipeline) doc {
	var start, before docs
	if p.Source != nil {
		start, before = w.pending(p.Source.Span().Start)
	}
	body := docs{before, w.pipelineParts(p, breakBetween(p))}
	behind, own := w.pending(p.Loc.End)
	body = append(body, behind)
	for _, c := range own {
		if s, ok := c.(string); ok {
			body = append(body, hard{}, s)
		}
	}
	return newGroup("(", start, nest(softline, body), softline, ")")
}
