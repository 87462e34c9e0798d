package check

import (
	"encoding/json"
	"unicode"
	"unicode/utf8"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// Ceilings of lists, as documented.
const (
	maxIn     = 1000000
	maxHasAny = 10000
	maxHasAll = 256
)

// in binds in, !in, in~ and !in~.
func (c *checker) in(e *env, x *ast.Binary) plan.Expr {
	not := x.Op == ast.InN || x.Op == ast.InCIN
	fold := x.Op == ast.InCI || x.Op == ast.InCIN
	l := c.expr(e, x.L)
	list, ok := x.R.(*ast.List)
	if !ok {
		return bad()
	}
	if l.Type() == types.Dynamic || fold {
		l = text(l)
	}
	if len(list.Items) == 1 && c.tabular(e.sc, list.Items[0]) {
		return c.inTable(e, l, list.Items[0], not, fold)
	}
	consts, arrays := c.items(e, list, l)
	return inList(l, consts, arrays, not, fold)
}

// items binds the elements: constants and values of the left side's type, and dynamic arrays apart.
func (c *checker) items(e *env, list *ast.List, l plan.Expr) (values, arrays []plan.Expr) {
	for _, item := range list.Items {
		if c.tabular(e.sc, item) {
			c.fail(item.Span(), "table-as-value", "a table must be the only element of the list")
			continue
		}
		v := c.expr(e, item)
		lit, isLit := v.(*plan.Lit)
		switch {
		case v.Type() == types.Dynamic && isLit:
			values = append(values, c.arrayItems(item.Span(), lit, l)...)
		case v.Type() == types.Dynamic:
			arrays = append(arrays, v)
		default:
			values = append(values, c.sameAs(item.Span(), v, l))
		}
	}
	if len(values) > maxIn {
		c.fail(list.Loc, "too-large", "a list can have %d elements at most", maxIn)
		return nil, nil
	}
	return values, arrays
}

// sameAs converts an element to the type of the left side.
func (c *checker) sameAs(at diag.Span, v, l plan.Expr) plan.Expr {
	lt, vt := l.Type(), v.Type()
	switch {
	case lt == vt || lt.Open() || vt.Open() || lt.Numeric() && vt.Numeric():
		return v
	case lt == types.String:
		return text(v)
	case vt == types.String || vt == types.Dynamic:
		return &plan.Cast{X: v, T: lt}
	case lt.Numeric() && vt == types.Bool:
		return &plan.Cast{X: v, T: types.Long}
	case lt == types.Bool && vt.Numeric():
		if lit, ok := v.(*plan.Lit); ok {
			return boolOf(lit)
		}
	}
	c.fail(at, "type-mismatch", "a %s is looked for in a list with a %s", lt, vt)
	return bad()
}

// boolOf is the bool that equals a number, or null where neither does.
func boolOf(l *plan.Lit) plan.Expr {
	switch l.V {
	case int64(0), 0.0:
		return &plan.Lit{T: types.Bool, V: false}
	case int64(1), 1.0:
		return &plan.Lit{T: types.Bool, V: true}
	}
	return &plan.Lit{T: types.Bool}
}

// arrayItems takes the elements out of a constant array.
func (c *checker) arrayItems(at diag.Span, lit *plan.Lit, l plan.Expr) []plan.Expr {
	s, ok := lit.V.(string)
	if !ok {
		return nil
	}
	var raw []json.RawMessage
	if json.Unmarshal([]byte(s), &raw) != nil {
		raw = []json.RawMessage{json.RawMessage(s)}
	}
	out := make([]plan.Expr, 0, len(raw))
	for _, r := range raw {
		out = append(out, c.sameAs(at, jsonLiteral(r), l))
	}
	return out
}

// jsonLiteral is a JSON value as a constant: text, whole number, number, bool, or a dynamic.
func jsonLiteral(r json.RawMessage) plan.Expr {
	var s string
	if json.Unmarshal(r, &s) == nil && r[0] == '"' {
		return str(s)
	}
	var n int64
	if json.Unmarshal(r, &n) == nil && r[0] != 'n' {
		return number(n)
	}
	var f float64
	if json.Unmarshal(r, &f) == nil && r[0] != 'n' {
		return &plan.Lit{T: types.Real, V: f}
	}
	var b bool
	if json.Unmarshal(r, &b) == nil && r[0] != 'n' {
		return &plan.Lit{T: types.Bool, V: b}
	}
	return &plan.Cast{X: &plan.Lit{T: types.Dynamic, V: string(r)}, T: types.String}
}

func inList(l plan.Expr, values, arrays []plan.Expr, not, fold bool) plan.Expr {
	name := "in"
	if fold {
		name = "in fold"
	}
	var parts []plan.Expr
	if len(values) > 0 || len(arrays) == 0 {
		parts = append(parts, &plan.Op{Name: name, Args: append([]plan.Expr{l}, values...), T: types.Bool, Never: l.NotNull() && allNotNull(values)})
	}
	for _, a := range arrays {
		x := text(l)
		op := "in list"
		if fold {
			op = "in list fold"
		}
		parts = append(parts, &plan.Op{Name: op, Args: []plan.Expr{x, a}, T: types.Bool, Never: true})
	}
	var out plan.Expr = &plan.Logic{Or: true, Args: parts}
	if len(parts) == 1 {
		out = parts[0]
	}
	if not {
		out = &plan.Op{Name: "not true", Args: []plan.Expr{out}, T: types.Bool, Never: true}
	}
	return out
}

func allNotNull(xs []plan.Expr) bool {
	for _, x := range xs {
		if !x.NotNull() {
			return false
		}
	}
	return true
}

// inTable is membership in the first column of a table.
func (c *checker) inTable(e *env, l plan.Expr, item ast.Expr, not, fold bool) plan.Expr {
	r := c.table(e.sc, item)
	if r == nil {
		return &plan.Lit{T: types.Bool}
	}
	col, node := c.listColumn(r, l.Type(), item.Span())
	return &plan.InQuery{X: l, Plan: node, Col: col, Not: not, Fold: fold && l.Type() == types.String}
}

// listColumn gives the first column of a table in the type wanted.
func (c *checker) listColumn(r *rel, t types.Type, at diag.Span) (*plan.Col, plan.Node) {
	if len(r.cols) == 0 {
		c.fail(at, "no-columns", "the table has no column to look in")
		return &plan.Col{Type: t}, r.node
	}
	first := r.cols[0]
	if first.Type == t || t.Open() || first.Type.Numeric() && t.Numeric() {
		return first, r.node
	}
	v := c.sameAs(at, ref(first), &plan.Lit{T: t})
	out := col(first.Name, v)
	return out, &plan.Extend{In: r.node, Defs: []plan.Def{{Col: out, X: v}}}
}

// hasList binds has_any and has_all.
func (c *checker) hasList(e *env, x *ast.Binary) plan.Expr {
	l := text(c.expr(e, x.L))
	list, ok := x.R.(*ast.List)
	if !ok {
		return bad()
	}
	all := x.Op == ast.HasAll
	if len(list.Items) == 1 && c.tabular(e.sc, list.Items[0]) {
		r := c.table(e.sc, list.Items[0])
		if r == nil {
			return &plan.Lit{T: types.Bool}
		}
		return hasArray(l, c.columnAsArray(r, list.Loc), all)
	}
	values, arrays := c.items(e, list, l)
	if limit := map[bool]int{true: maxHasAll, false: maxHasAny}[all]; len(values) > limit {
		c.fail(list.Loc, "too-large", "%s takes %d elements at most", x.Op, limit)
		return &plan.Lit{T: types.Bool}
	}
	out := &plan.Logic{Or: !all}
	if !all && len(arrays) == 0 && len(values) > 1 && onlyWords(values) {
		return &plan.Op{Name: "has any", Args: append([]plan.Expr{l}, values...), T: types.Bool, Never: true}
	}
	for _, v := range values {
		out.Args = append(out.Args, testText(textOp{name: "has"}, l, text(v)))
	}
	for _, a := range arrays {
		out.Args = append(out.Args, hasArray(l, a, all))
	}
	switch len(out.Args) {
	case 0:
		return &plan.Lit{T: types.Bool, V: all}
	case 1:
		return out.Args[0]
	}
	return out
}

// onlyWords reports whether all values are constant texts that begin and end with a letter or digit.
func onlyWords(values []plan.Expr) bool {
	edge := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
	for _, v := range values {
		l, ok := v.(*plan.Lit)
		if !ok {
			return false
		}
		s, ok := l.V.(string)
		first, _ := utf8.DecodeRuneInString(s)
		last, _ := utf8.DecodeLastRuneInString(s)
		if !ok || s == "" || !edge(first) || !edge(last) {
			return false
		}
	}
	return true
}

func hasArray(l, array plan.Expr, all bool) plan.Expr {
	name := "has any list"
	if all {
		name = "has all list"
	}
	return &plan.Op{Name: name, Args: []plan.Expr{l, array}, T: types.Bool, Never: true}
}

// columnAsArray collects the first column of a table into an array of texts.
func (c *checker) columnAsArray(r *rel, at diag.Span) plan.Expr {
	first, node := c.listColumn(r, types.String, at)
	out := &plan.Col{Name: "list", Type: types.Dynamic, NotNull: true}
	agg := &plan.Aggregate{In: node, Aggs: []plan.Agg{{Col: out, Name: "list json", Args: []plan.Expr{ref(first)}}}}
	return &plan.Query{Plan: agg, Col: out}
}
