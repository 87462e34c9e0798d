package check

import (
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// env is where an expression stands: what its names can mean and which functions it may call.
type env struct {
	sc          *scope
	rel         *rel        // the rows; nil where there are none
	left, right *rel        // the sides of a join, for $left and $right
	aggs        *aggs       // collects aggregates where they are allowed
	windows     *windows    // collects what window functions need; nil where they are not allowed
	states      *scanStates // the steps of a scan
	constant    bool        // the value of a let: no columns, by design
	search      *searchEnv  // a search predicate
}

// inner is the environment of an argument of an aggregate or user function: no further aggregates.
func (e *env) inner() *env {
	c := *e
	c.aggs = nil
	return &c
}

// expr binds a scalar expression. What is wrong is reported and stands as an unknown value, which agrees with anything.
func (c *checker) expr(e *env, x ast.Expr) plan.Expr {
	if x == nil {
		return bad()
	}
	if !c.enter(x.Span()) || !c.spend(x.Span(), 1) {
		c.leave()
		return bad()
	}
	defer c.leave()
	v := c.value(e, x)
	if c.weight(v) > c.o.MaxNodes {
		c.spend(x.Span(), c.o.MaxNodes)
		return bad()
	}
	return v
}

// weight is how many expressions x comes to when what it shares is written out: values of lets and operands that a rule
// takes twice are one in the plan, and a chain of them doubles with each link.
func (c *checker) weight(x plan.Expr) int {
	if n, known := c.weights[x]; known {
		return n
	}
	n := 1
	for _, child := range plan.Children(x) {
		n = min(n+c.weight(child), 1<<30)
	}
	if n > 1 {
		c.weights[x] = n
	}
	return n
}

func (c *checker) value(e *env, x ast.Expr) plan.Expr {
	switch x := x.(type) {
	case *ast.Paren:
		return c.expr(e, x.X)
	case *ast.Literal:
		return c.literal(x)
	case *ast.Dynamic:
		return c.dynamicLiteral(x)
	case *ast.Name:
		return c.name(e, x)
	case *ast.Path:
		return c.path(e, x)
	case *ast.Index:
		return c.index(e, x)
	case *ast.Call:
		return c.call(e, x)
	case *ast.Unary:
		return c.unary(e, x)
	case *ast.Binary:
		return c.binary(e, x)
	case *ast.Pipeline:
		return c.pipelineValue(e, x)
	case *ast.TypeOf:
		return &plan.Lit{T: types.Unknown, V: c.typeRef(x.Type)}
	case *ast.Named:
		c.fail(x.Loc, "unexpected-name", "a name cannot be given here")
		return c.expr(e, x.X)
	case *ast.Star, *ast.Wildcard:
		c.fail(x.Span(), "unexpected-star", "* cannot stand here")
	case *ast.List, *ast.Interval, *ast.Function, *ast.Array, *ast.Bag:
		c.fail(x.Span(), "unexpected-expression", "this cannot stand as a value here")
	}
	return bad()
}

// pipelineValue is a tabular expression where a value is wanted: an error unless it is no more than a value in brackets.
func (c *checker) pipelineValue(e *env, x *ast.Pipeline) plan.Expr {
	if inner, ok := x.Source.(ast.Expr); ok && len(x.Operators) == 0 {
		if p, same := inner.(*ast.Pipeline); !same || p != x {
			return c.expr(e, inner)
		}
	}
	c.failHint(x.Loc, "toscalar(…) makes a value of it", "table-as-value", "a table stands where a value is needed")
	return bad()
}

func (c *checker) name(e *env, x *ast.Name) plan.Expr {
	if e.search != nil && x.Text == "$table" {
		return str(e.search.table)
	}
	if e.rel != nil {
		if col := e.rel.column(x.Text); col != nil {
			return ref(col)
		}
	}
	if e.left != nil {
		if col := e.left.column(x.Text); col != nil {
			return ref(col)
		}
	}
	if e.states != nil {
		if v, ok := e.states.own(x.Text); ok {
			return v
		}
	}
	if b := e.sc.lookup(x.Text); b != nil {
		switch {
		case b.scalar != nil:
			if !c.spend(x.Loc, c.weight(b.scalar)-1) {
				return bad()
			}
			return b.scalar
		case b.fn != nil && len(b.fn.decl.Params) == 0:
			_, v := c.callFunction(e, x.Loc, b.fn, nil, nil)
			return v
		case b.table != nil:
			c.failHint(x.Loc, "toscalar(…) makes a value of it", "table-as-value", "%s is a table, not a value", x.Text)
			return bad()
		}
	}
	c.unknownName(e, x)
	return bad()
}

func (c *checker) unknownName(e *env, x *ast.Name) {
	var known []string
	for _, r := range []*rel{e.rel, e.left, e.right} {
		known = append(known, r.names()...)
	}
	known = append(known, e.sc.visible(func(b *binding) bool { return b.scalar != nil })...)
	what := "column"
	if e.rel == nil && e.left == nil {
		what = "value"
	}
	c.failHint(x.Loc, diag.DidYouMean(x.Text, known), "unknown-"+what, "there is no %s %s", what, x.Text)
}

func (c *checker) path(e *env, x *ast.Path) plan.Expr {
	name, ok := x.Name.(*ast.Name)
	if !ok {
		c.fail(x.Loc, "unexpected-star", "* cannot stand here")
		return bad()
	}
	if base, ok := x.X.(*ast.Name); ok {
		if v, done := c.side(e, base, name); done {
			return v
		}
		if e.states != nil {
			if v, ok := e.states.step(base.Text, name.Text); ok {
				return v
			}
		}
	}
	return c.access(x.X.Span(), c.expr(e, x.X), plan.Step{Key: name.Text, IsKey: true})
}

// side is a column of $left or $right.
func (c *checker) side(e *env, base, name *ast.Name) (plan.Expr, bool) {
	var r *rel
	switch base.Text {
	case "$left":
		r = e.left
	case "$right":
		r = e.right
	default:
		return nil, false
	}
	if r == nil {
		c.fail(base.Loc, "bad-side", "%s only has a meaning in the conditions of a join or lookup", base.Text)
		return bad(), true
	}
	if col := r.column(name.Text); col != nil {
		return ref(col), true
	}
	c.failHint(name.Loc, diag.DidYouMean(name.Text, r.names()), "unknown-column", "the %s side has no column %s", base.Text[1:], name.Text)
	return bad(), true
}

// access is one step into a dynamic value.
func (c *checker) access(at diag.Span, x plan.Expr, s plan.Step) plan.Expr {
	switch x.Type() {
	case types.Dynamic:
	case types.Unknown, types.Null:
		return &plan.Lit{T: types.Dynamic}
	default:
		c.failHint(at, "parse_json(…) reads text that holds JSON", "not-dynamic", "a %s has no members", x.Type())
		return &plan.Lit{T: types.Dynamic}
	}
	if p, ok := x.(*plan.Path); ok {
		return &plan.Path{X: p.X, Steps: append(append([]plan.Step{}, p.Steps...), s)}
	}
	return &plan.Path{X: x, Steps: []plan.Step{s}}
}

func (c *checker) index(e *env, x *ast.Index) plan.Expr {
	base := c.expr(e, x.X)
	i := c.expr(e, x.Index)
	if l, ok := i.(*plan.Lit); ok {
		switch v := l.V.(type) {
		case string:
			if l.T == types.String {
				return c.access(x.X.Span(), base, plan.Step{Key: v, IsKey: true})
			}
		case int64:
			return c.access(x.X.Span(), base, plan.Step{Index: v})
		}
	}
	switch t := i.Type(); {
	case t == types.String || t.Integer() || t == types.Dynamic || t.Open():
	case t == types.Real:
		i = &plan.Cast{X: i, T: types.Long}
	default:
		c.fail(x.Index.Span(), "bad-index", "an index is a number or a key, not a %s", t)
		return &plan.Lit{T: types.Dynamic}
	}
	return c.access(x.X.Span(), base, plan.Step{X: i})
}

func (c *checker) unary(e *env, x *ast.Unary) plan.Expr {
	v := c.expr(e, x.X)
	if x.Op == ast.Pos {
		return v
	}
	switch t := v.Type(); {
	case t.Open():
		return v
	case t == types.Dynamic:
		return &plan.Cast{X: &plan.Op{Name: "neg", Args: []plan.Expr{&plan.Cast{X: v, T: types.Real}}, T: types.Real}, T: types.Dynamic}
	case !t.Numeric() && t != types.TimeSpan:
		c.fail(x.Loc, "bad-operand", "- cannot stand before a %s", t)
		return bad()
	}
	if l, ok := v.(*plan.Lit); ok {
		switch n := l.V.(type) {
		case int64:
			return &plan.Lit{T: l.T, V: -n}
		case float64:
			return &plan.Lit{T: l.T, V: -n}
		case string:
			return &plan.Lit{T: l.T, V: negateText(n)}
		}
	}
	op := "neg"
	if bitsOf(v) >= 63 && v.Type() != types.Real && v.Type() != types.Decimal {
		op = "neg try"
	}
	t := v.Type()
	if t == types.Int {
		v, t = &plan.Op{Name: "as long", Args: []plan.Expr{v}, T: types.Long, Never: v.NotNull()}, types.Long
	}
	return &plan.Op{Name: op, Args: []plan.Expr{v}, T: t, Never: v.NotNull()}
}

func negateText(s string) string {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return rest
	}
	return "-" + s
}

// coerce converts a value to the type that is wanted where the language does so by itself; otherwise it says so.
func (c *checker) coerce(at diag.Span, x plan.Expr, t types.Type) plan.Expr {
	have := x.Type()
	switch {
	case have == t || t.Open() || have == types.Unknown:
		return x
	case have == types.Null:
		return &plan.Lit{T: t}
	case have == types.Dynamic || t == types.Dynamic:
		return &plan.Cast{X: x, T: t}
	case have.Numeric() && t.Numeric():
		return c.number(x, t)
	}
	c.fail(at, "type-mismatch", "a %s stands where a %s is needed", have, t)
	return &plan.Lit{T: t}
}

// number converts between kinds of numbers; constants at once.
func (c *checker) number(x plan.Expr, t types.Type) plan.Expr {
	if l, ok := x.(*plan.Lit); ok {
		switch v := l.V.(type) {
		case nil:
			return &plan.Lit{T: t}
		case int64:
			switch {
			case t == types.Long, t == types.Int && v == int64(int32(v)):
				return &plan.Lit{T: t, V: v}
			case t == types.Real:
				return &plan.Lit{T: t, V: float64(v)}
			}
		}
	}
	return &plan.Cast{X: x, T: t}
}

// text makes a string of a value as string operators need it; numbers and times become their text, dynamics theirs.
func text(x plan.Expr) plan.Expr {
	switch x.Type() {
	case types.String:
		return x
	case types.Unknown, types.Null:
		return str("")
	}
	if l, ok := x.(*plan.Lit); ok && l.T.Integer() {
		if n, ok := l.V.(int64); ok {
			return str(strconv.FormatInt(n, 10))
		}
	}
	return &plan.Cast{X: x, T: types.String}
}

// asArg describes a bound argument to the builtin tables.
func asArg(x plan.Expr) builtin.Arg {
	a := builtin.Arg{Type: x.Type(), NonNull: x.NotNull()}
	if l, ok := x.(*plan.Lit); ok {
		a.Const, a.Value = true, l.V
		if l.T == types.Dynamic {
			a.Value = decodeJSON(l.V)
		}
	}
	return a
}
