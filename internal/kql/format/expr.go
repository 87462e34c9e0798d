package format

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
)

var plainName = regexp.MustCompile(`^[A-Za-z_$0-9][A-Za-z0-9_]*$`)

// name prints a name, in brackets and quotes when it was written so.
func name(n *ast.Name) string {
	if n.Quoted || !plainName.MatchString(n.Text) {
		return "[" + quote(n.Text, '\'') + "]"
	}
	return n.Text
}

// quote writes a string literal. Bytes that are not UTF-8 are kept.
func quote(s string, mark byte) string {
	var b strings.Builder
	b.WriteByte(mark)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == mark || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < 0x20 || c == 0x7F:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(mark)
	return b.String()
}

// expr prints an expression; a pipeline gets parentheses.
func (w *writer) expr(x ast.Expr) doc {
	switch x := x.(type) {
	case nil:
		return ""
	case *ast.Literal:
		return literal(x)
	case *ast.Name:
		return name(x)
	case *ast.Star:
		return "*"
	case *ast.Wildcard:
		return x.Pattern
	case *ast.Path:
		return cat(w.operand(x.X), ".", w.expr(x.Name))
	case *ast.Index:
		if x.Dotted {
			return cat(w.operand(x.X), ".[", w.expr(x.Index), "]")
		}
		return cat(w.operand(x.X), "[", w.expr(x.Index), "]")
	case *ast.Call:
		return w.call(x)
	case *ast.Unary:
		return cat(x.Op.String(), w.expr(x.X))
	case *ast.Binary:
		return w.binary(x)
	case *ast.Pipeline:
		return w.inParens(x)
	case *ast.Function:
		return w.function(x)
	default:
		return w.otherExpr(x)
	}
}

// otherExpr prints what stands in few places only.
func (w *writer) otherExpr(x ast.Expr) doc {
	switch x := x.(type) {
	case *ast.Paren:
		if b, ok := x.X.(*ast.Binary); ok && breaks(b.Op) {
			first, rest := w.chain(b)
			return newGroup("(", nest(softline, first, rest), softline, ")")
		}
		return newGroup("(", nest(softline, w.expr(x.X)), softline, ")")
	case *ast.Named:
		return w.named(x)
	case *ast.List:
		return newGroup("(", nest(softline, items(w, x.Items, w.tabular)), softline, ")")
	case *ast.Interval:
		return cat("(", w.expr(x.Low), " .. ", w.expr(x.High), ")")
	case *ast.TypeOf:
		if x.Schema != nil {
			return cat("typeof", w.schema(x.Schema))
		}
		return cat("typeof(", x.Type.Name, ")")
	case *ast.Dynamic:
		return cat("dynamic(", w.expr(x.Value), ")")
	case *ast.Array:
		return newGroup("[", nest(softline, items(w, x.Items, w.expr)), softline, "]")
	case *ast.Bag:
		var parts []doc
		for _, e := range x.Entries {
			parts = append(parts, cat(literal(e.Key), ": ", w.expr(e.Value)))
		}
		return newGroup("{", nest(softline, join(parts, ",", line)), softline, "}")
	}
	return w.original(x)
}

// operand prints what an access stands behind. A blank keeps a number apart from the dot.
func (w *writer) operand(x ast.Expr) doc {
	if lit, ok := x.(*ast.Literal); ok && (lit.Kind == ast.Long || lit.Kind == ast.Real || lit.Kind == ast.Timespan) {
		return cat(literal(lit), " ")
	}
	return w.expr(x)
}

func (w *writer) named(n *ast.Named) doc {
	names := make([]string, len(n.Names))
	for i, x := range n.Names {
		names[i] = name(x)
	}
	left := strings.Join(names, ", ")
	if n.Tuple {
		left = "(" + left + ")"
	}
	return cat(left, " = ", w.expr(n.X))
}

func (w *writer) call(c *ast.Call) doc {
	head := docs{name(c.Name)}
	if c.Receiver != nil {
		head = cat(w.operand(c.Receiver), ".", name(c.Name))
	}
	if len(c.Args) == 0 {
		return append(head, "()")
	}
	return append(head, newGroup("(", nest(softline, items(w, c.Args, w.tabular)), softline, ")"))
}

// breaks reports whether a chain of an operator may stand on several lines.
func breaks(op ast.Op) bool { return op == ast.And || op == ast.Or || op == ast.Add }

// binary prints an operator. Chains of and, of or, and of + break before each link.
func (w *writer) binary(b *ast.Binary) doc {
	if b.Op == ast.ColumnHas {
		return cat(w.expr(b.L), ":", w.expr(b.R))
	}
	if !breaks(b.Op) {
		return cat(w.expr(b.L), " ", b.Op.String(), " ", w.expr(b.R))
	}
	first, rest := w.chain(b)
	return newGroup(first, nest(rest))
}

// chain prints the first operand of a chain, and the others each with its operator and the break before it.
func (w *writer) chain(b *ast.Binary) (first, rest doc) {
	links := operands(b)
	first = w.expr(links[0])
	var out docs
	for _, x := range links[1:] {
		behind, own := w.pending(x.Span().Start)
		out = append(out, behind, line, own, b.Op.String(), " ", w.expr(x))
	}
	return first, out
}

// operands lists the operands of a chain of one operator, which hangs to the left.
func operands(b *ast.Binary) []ast.Expr {
	var out []ast.Expr
	op := b.Op
	for {
		out = append(out, b.R)
		left, ok := b.L.(*ast.Binary)
		if !ok || left.Op != op {
			out = append(out, b.L)
			break
		}
		b = left
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// literal prints a constant as it was written, or canonically when it was joined from several or made by hand.
func literal(l *ast.Literal) string {
	if l.Raw != "" && l.Style&ast.Joined == 0 {
		return l.Raw
	}
	if l.Null {
		if l.Kind == ast.NullDynamic {
			return "null"
		}
		return l.Kind.String() + "(null)"
	}
	switch l.Kind {
	case ast.Bool:
		return strconv.FormatBool(l.Bool)
	case ast.Long:
		return strconv.FormatInt(l.Int, 10)
	case ast.Int:
		return "int(" + strconv.FormatInt(l.Int, 10) + ")"
	case ast.Real:
		return "real(" + strconv.FormatFloat(l.Real, 'g', -1, 64) + ")"
	case ast.Timespan:
		return strconv.FormatInt(l.Int, 10) + "tick"
	case ast.String:
		if l.Style&ast.Obfuscated != 0 {
			return "h" + quote(l.Str, '"')
		}
		return quote(l.Str, '"')
	default:
		return l.Kind.String() + "(" + l.Str + ")"
	}
}
