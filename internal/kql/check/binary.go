package check

import (
	"math"
	"math/bits"
	"slices"

	"passtrail"
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

var comparisons = map[ast.Op]string{ast.Eq: "=", ast.Ne: "<>", ast.Lt: "<", ast.Le: "<=", ast.Gt: ">", ast.Ge: ">="}

var arithmetic = map[ast.Op]byte{ast.Add: '+', ast.Sub: '-', ast.Mul: '*', ast.Div: '/', ast.Mod: '%'}

func (c *checker) binary(e *env, x *ast.Binary) plan.Expr {
	switch x.Op {
	case ast.And, ast.Or:
		return c.logic(e, x)
	case ast.In, ast.InN, ast.InCI, ast.InCIN:
		return c.in(e, x)
	case ast.HasAny, ast.HasAll:
		return c.hasList(e, x)
	case ast.Between, ast.BetweenN:
		return c.between(e, x)
	case ast.ColumnHas:
		return c.columnHas(e, x)
	}
	if _, ok := ast.Unparen(x.L).(*ast.Star); ok && e.rel != nil {
		return c.anyColumn(e, x)
	}
	l, r := c.expr(e, x.L), c.expr(e, x.R)
	if op, ok := comparisons[x.Op]; ok {
		return c.compare(x.Loc, op, l, r)
	}
	if sign, ok := arithmetic[x.Op]; ok {
		return c.arithmetic(x.Loc, sign, l, r)
	}
	return c.textTest(x.Loc, x.Op, l, r, x.R.Span())
}

func (c *checker) logic(e *env, x *ast.Binary) plan.Expr {
	or := x.Op == ast.Or
	out := &plan.Logic{Or: or}
	for _, side := range chain(x) {
		v := c.condition(e, side)
		if l, ok := v.(*plan.Logic); ok && l.Or == or {
			out.Args = append(out.Args, l.Args...)
		} else {
			out.Args = append(out.Args, v)
		}
	}
	return out
}

// chain lists the operands of a run of the same operator, a or b or c, which is as deep as it is long.
func chain(x *ast.Binary) []ast.Expr {
	var out []ast.Expr
	for {
		out = append(out, x.R)
		l, ok := ast.Unparen(x.L).(*ast.Binary)
		if !ok || l.Op != x.Op {
			out = append(out, x.L)
			slices.Reverse(out)
			return out
		}
		x = l
	}
}

// condition binds an expression that must be bool.
func (c *checker) condition(e *env, x ast.Expr) plan.Expr {
	v := c.expr(e, x)
	if e.search != nil {
		if l, ok := v.(*plan.Lit); ok && l.T == types.String {
			return e.search.term(c, l.V.(string), x.Span())
		} else if ok && l.T.Numeric() {
			return e.search.numberTerm(c, l, x.Span())
		}
	}
	switch t := v.Type(); {
	case t == types.Bool || t == types.Unknown:
		return v
	case t == types.Null:
		return &plan.Lit{T: types.Bool}
	default:
		hint := ""
		if t == types.Dynamic || t.Numeric() || t == types.String {
			hint = "tobool(…) makes a condition of it"
		}
		c.failHint(x.Span(), hint, "type-mismatch", "a condition is needed here, and this is a %s", t)
		return &plan.Lit{T: types.Unknown}
	}
}

func (c *checker) compare(at diag.Span, op string, l, r plan.Expr) plan.Expr {
	lt, rt := l.Type(), r.Type()
	if lt == types.Unknown || rt == types.Unknown {
		return &plan.Lit{T: types.Bool}
	}
	if lt == types.Null || rt == types.Null {
		l, r = c.nullAs(l, rt), c.nullAs(r, lt)
		lt, rt = l.Type(), r.Type()
	}
	order := op != "=" && op != "<>"
	if order && lt == rt && !ordered(lt, rt) {
		c.failHint(at, compareHint(op, lt, rt), "type-mismatch", "%s does not go by the order of a %s", op, lt)
		return &plan.Lit{T: types.Bool}
	}
	if !types.Comparable(lt, rt) || order && !ordered(lt, rt) {
		c.failHint(at, compareHint(op, lt, rt), "type-mismatch", "a %s and a %s cannot be compared", lt, rt)
		return &plan.Lit{T: types.Bool}
	}
	l, r = unify(l, r)
	return &plan.Compare{Op: op, L: l, R: r}
}

// ordered reports whether < and its kin may stand between the types; texts and GUIDs have no order of their own in Kusto.
func ordered(a, b types.Type) bool {
	if a == types.String || b == types.String || a == types.Guid || b == types.Guid {
		return false
	}
	return a == b || a.Numeric() && b.Numeric() || a == types.Dynamic || b == types.Dynamic
}

func compareHint(op string, a, b types.Type) string {
	if a == types.String && b == types.String {
		return "strcmp(a, b) " + op + " 0 does"
	}
	if a == types.String || b == types.String {
		other := a
		if a == types.String {
			other = b
		}
		return "convert the text first with to" + other.String() + "(…)"
	}
	return ""
}

func (c *checker) nullAs(x plan.Expr, t types.Type) plan.Expr {
	if x.Type() != types.Null {
		return x
	}
	if t == types.Null {
		t = types.Long
	}
	return &plan.Lit{T: t}
}

// unify makes two values comparable: a dynamic is read as what the other side is, text beside a number is compared as
// text, text beside a time as a time.
func unify(l, r plan.Expr) (plan.Expr, plan.Expr) {
	lt, rt := l.Type(), r.Type()
	switch {
	case lt == rt && lt != types.Dynamic, lt.Numeric() && rt.Numeric():
		return l, r
	case lt == types.Dynamic && rt == types.Dynamic:
		return text(l), text(r)
	case lt == types.Dynamic:
		return &plan.Cast{X: l, T: wide(rt)}, r
	case rt == types.Dynamic:
		return l, &plan.Cast{X: r, T: wide(lt)}
	case lt == types.String && rt.Numeric() || rt == types.String && lt.Numeric():
		return text(l), text(r)
	case lt == types.String:
		return &plan.Cast{X: l, T: rt}, r
	case rt == types.String:
		return l, &plan.Cast{X: r, T: lt}
	case lt == types.Bool:
		return &plan.Cast{X: l, T: types.Long}, r
	}
	return l, &plan.Cast{X: r, T: types.Long}
}

// wide is the type a dynamic is read as beside a value of type t: numbers are read as real, so that no fraction is lost.
func wide(t types.Type) types.Type {
	if t.Integer() {
		return types.Real
	}
	return t
}

func (c *checker) arithmetic(at diag.Span, op byte, l, r plan.Expr) plan.Expr {
	lt, rt := l.Type(), r.Type()
	t, ok := types.Arithmetic(op, lt, rt)
	if !ok {
		hint := ""
		if op == '+' && (lt == types.String || rt == types.String) {
			hint = "strcat(…) joins texts"
		}
		c.failHint(at, hint, "bad-operand", "%c cannot stand between a %s and a %s", op, lt, rt)
		return bad()
	}
	if t == types.Unknown {
		return bad()
	}
	if t == types.Dynamic {
		v := c.arithmetic(at, op, &plan.Cast{X: l, T: types.Real}, &plan.Cast{X: r, T: types.Real})
		return &plan.Cast{X: v, T: types.Dynamic}
	}
	l, r = readAs(l, types.Operand(op, lt, rt)), readAs(r, types.Operand(op, rt, lt))
	if v, ok := fold(op, t, l, r); ok {
		return v
	}
	l, r = operands(op, t, l, r)
	return &plan.Op{Name: arithmeticOp(op, t, l, r), Args: []plan.Expr{l, r}, T: t, Never: op != '/' && op != '%' && l.NotNull() && r.NotNull()}
}

// readAs converts a dynamic beside another type.
func readAs(x plan.Expr, t types.Type) plan.Expr {
	if x.Type() != types.Dynamic {
		return x
	}
	return &plan.Cast{X: x, T: t}
}

// operands converts both sides to the types that the SQL operator takes.
func operands(op byte, t types.Type, l, r plan.Expr) (plan.Expr, plan.Expr) {
	conv := func(x plan.Expr, other types.Type, constant bool) plan.Expr { // SQL takes a small constant beside an int as an int
		switch {
		case x.Type() == types.Null && (t == types.DateTime || t == types.TimeSpan):
			return &plan.Lit{T: types.Long}
		case x.Type() == types.Null:
			return &plan.Lit{T: t}
		case t == types.Decimal && x.Type() != types.Decimal:
			return &plan.Cast{X: x, T: types.Decimal}
		case t == types.Real && x.Type() != types.Real:
			return toReal(x)
		case (t == types.Long || t == types.TimeSpan) && x.Type() == types.Int && (other == types.Int || constant):
			return &plan.Op{Name: "as long", Args: []plan.Expr{x}, T: types.Long, Never: x.NotNull()}
		case t == types.TimeSpan && x.Type() == types.Decimal:
			return &plan.Cast{X: x, T: types.Real}
		}
		return x
	}
	lt, rt := l.Type(), r.Type()
	_, lit := l.(*plan.Lit)
	_, rit := r.(*plan.Lit)
	l = conv(l, rt, rit)
	if t == types.Long && rt == types.Int && lt == types.Int {
		return l, r
	}
	return l, conv(r, lt, lit)
}

func toReal(x plan.Expr) plan.Expr {
	if l, ok := x.(*plan.Lit); ok {
		if v, ok := l.V.(int64); ok {
			return &plan.Lit{T: types.Real, V: float64(v)}
		}
	}
	return &plan.Cast{X: x, T: types.Real}
}

func arithmeticOp(op byte, t types.Type, l, r plan.Expr) string {
	whole := t == types.Long || t == types.DateTime || t == types.TimeSpan
	switch {
	case t == types.TimeSpan && (op == '*' || op == '/') && (l.Type() == types.Real || r.Type() == types.Real):
		return map[byte]string{'*': "span mul real", '/': "span div real"}[op]
	case t == types.Decimal:
		return map[byte]string{'+': "add try", '-': "sub try", '*': "mul decimal", '/': "div decimal", '%': "mod real"}[op]
	case !whole:
		return map[byte]string{'+': "add", '-': "sub", '*': "mul", '/': "div real", '%': "mod real"}[op]
	case op == '/':
		if positive(r) {
			return "div lit"
		}
		return "div long"
	case op == '%':
		switch {
		case bitsOf(r) > 62:
			return "mod wide"
		case positive(r):
			return "mod lit"
		}
		return "mod long"
	}
	name := map[byte]string{'+': "add", '-': "sub", '*': "mul"}[op]
	room := max(bitsOf(l), bitsOf(r)) + 1
	if op == '*' {
		room = bitsOf(l) + bitsOf(r)
	}
	if room > 63 {
		return name + " wide"
	}
	return name
}

func positive(x plan.Expr) bool {
	l, ok := x.(*plan.Lit)
	if !ok {
		return false
	}
	v, ok := l.V.(int64)
	return ok && v > 0
}

// bitsOf bounds the size of a whole number, so that operations that cannot overflow are written plainly.
func bitsOf(x plan.Expr) int {
	switch x := x.(type) {
	case *plan.Lit:
		if v, ok := x.V.(int64); ok {
			if v < 0 {
				v = -v
			}
			return bits.Len64(uint64(v))
		}
	case *plan.Call:
		if smallResults[x.Row.Name] {
			return 40
		}
	case *plan.Op:
		return opBits(x)
	case *plan.Window:
		if x.Name == "row_number" || x.Name == "rank" || x.Name == "dense_rank" {
			return 40
		}
	case *plan.Ref:
		if x.Col.Bits > 0 {
			return x.Col.Bits
		}
	}
	switch x.Type() {
	case types.Int:
		return 31
	case types.DateTime, types.TimeSpan:
		return 62
	}
	return 63
}

func opBits(x *plan.Op) int {
	switch x.Name {
	case "as long":
		return bitsOf(x.Args[0])
	case "add", "sub":
		if x.T != types.Real {
			return max(bitsOf(x.Args[0]), bitsOf(x.Args[1])) + 1
		}
	case "mul":
		return bitsOf(x.Args[0]) + bitsOf(x.Args[1])
	case "div lit":
		return bitsOf(x.Args[0])
	case "mod lit":
		return bitsOf(x.Args[1])
	}
	return 63
}

// smallResults are functions and aggregates whose numbers stay far from overflow.
var smallResults = map[string]bool{"count": true, "countif": true, "dcount": true, "dcountif": true, "count_distinct": true, "strlen": true, "string_size": true,
	"array_length": true, "indexof": true, "countof": true, "datetime_part": true, "dayofyear": true, "dayofmonth": true, "hourofday": true, "monthofyear": true, "getyear": true,
	"getmonth": true, "week_of_year": true, "row_number": true, "bag_keys": true, "sign": true}

// fold computes arithmetic on constants.
func fold(op byte, t types.Type, l, r plan.Expr) (plan.Expr, bool) {
	a, ok1 := l.(*plan.Lit)
	b, ok2 := r.(*plan.Lit)
	if !ok1 || !ok2 || a.V == nil || b.V == nil {
		return nil, false
	}
	x, ok1 := a.V.(int64)
	y, ok2 := b.V.(int64)
	if ok1 && ok2 {
		return foldWhole(op, t, x, y)
	}
	f, ok1 := asFloat(a.V)
	g, ok2 := asFloat(b.V)
	if !ok1 || !ok2 || t != types.Real {
		return nil, false
	}
	switch op {
	case '+':
		return &plan.Lit{T: t, V: f + g}, true
	case '-':
		return &plan.Lit{T: t, V: f - g}, true
	case '*':
		return &plan.Lit{T: t, V: f * g}, true
	case '/':
		return &plan.Lit{T: t, V: f / g}, true
	}
	return nil, false
}

func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func foldWhole(op byte, t types.Type, x, y int64) (plan.Expr, bool) {
	if t == types.DateTime {
		if op == '-' {
			y = -y
		}
		if x += y; x < 0 || x > int64(passtrail.MaxTicks) {
			return &plan.Lit{T: t}, true
		}
		return &plan.Lit{T: t, V: x}, true
	}
	switch {
	case op == '+':
		return &plan.Lit{T: t, V: x + y}, true
	case op == '-':
		return &plan.Lit{T: t, V: x - y}, true
	case op == '*':
		return &plan.Lit{T: t, V: x * y}, true
	case t == types.Real:
		return &plan.Lit{T: t, V: float64(x) / float64(y)}, true
	case y == 0:
		return &plan.Lit{T: t}, true
	case y == -1 && x == math.MinInt64:
		return nil, false
	case op == '/':
		return &plan.Lit{T: t, V: x / y}, true
	case op == '%':
		m := x % y
		if m < 0 {
			m += max(y, -y)
		}
		return &plan.Lit{T: t, V: m}, true
	}
	return nil, false
}

// textOps has the operator's name in the plan, whether it is negated and whether letter case counts.
type textOp struct {
	name       string
	not, case_ bool
}

var textOps = map[ast.Op]textOp{
	ast.EqCI: {"equals", false, false}, ast.NeCI: {"equals", true, false},
	ast.Has: {"has", false, false}, ast.HasN: {"has", true, false}, ast.HasCS: {"has", false, true}, ast.HasCSN: {"has", true, true},
	ast.HasPrefix: {"hasprefix", false, false}, ast.HasPrefixN: {"hasprefix", true, false}, ast.HasPrefixCS: {"hasprefix", false, true}, ast.HasPrefixCSN: {"hasprefix", true, true},
	ast.HasSuffix: {"hassuffix", false, false}, ast.HasSuffixN: {"hassuffix", true, false}, ast.HasSuffixCS: {"hassuffix", false, true}, ast.HasSuffixCSN: {"hassuffix", true, true},
	ast.Contains: {"contains", false, false}, ast.ContainsN: {"contains", true, false}, ast.ContainsCS: {"contains", false, true}, ast.ContainsCSN: {"contains", true, true},
	ast.StartsWith: {"startswith", false, false}, ast.StartsWithN: {"startswith", true, false}, ast.StartsWithCS: {"startswith", false, true}, ast.StartsWithCSN: {"startswith", true, true},
	ast.EndsWith: {"endswith", false, false}, ast.EndsWithN: {"endswith", true, false}, ast.EndsWithCS: {"endswith", false, true}, ast.EndsWithCSN: {"endswith", true, true},
	ast.MatchesRegex: {"matches", false, true},
	ast.Like:         {"like", false, false}, ast.LikeN: {"like", true, false}, ast.LikeCS: {"like", false, true}, ast.LikeCSN: {"like", true, true},
}

func (c *checker) textTest(at diag.Span, op ast.Op, l, r plan.Expr, rAt diag.Span) plan.Expr {
	o, ok := textOps[op]
	if !ok {
		c.fail(at, "bad-operand", "%s cannot stand here", op)
		return bad()
	}
	if l.Type() == types.Unknown || r.Type() == types.Unknown {
		return &plan.Lit{T: types.Bool}
	}
	for _, x := range []plan.Expr{l, r} {
		if t := x.Type(); t == types.Bool || t == types.DateTime || t == types.TimeSpan {
			c.failHint(at, "tostring(…) makes text of it", "type-mismatch", "%s compares texts, and this is a %s", op, t)
			return &plan.Lit{T: types.Bool}
		}
	}
	l, r = text(l), text(r)
	if lit, ok := r.(*plan.Lit); ok && o.name == "matches" {
		if err := builtin.CheckRegex(lit.V.(string)); err != nil {
			c.fail(rAt, "bad-pattern", "the pattern %s", err.Error())
			return &plan.Lit{T: types.Bool}
		}
	}
	return testText(o, l, r)
}

func testText(o textOp, l, r plan.Expr) plan.Expr {
	name := o.name
	if o.case_ {
		name += " cs"
	}
	var x plan.Expr = &plan.Op{Name: name, Args: []plan.Expr{l, r}, T: types.Bool, Never: true}
	if o.not {
		x = &plan.Op{Name: "not", Args: []plan.Expr{x}, T: types.Bool, Never: true}
	}
	return x
}

func (c *checker) between(e *env, x *ast.Binary) plan.Expr {
	v := c.expr(e, x.L)
	in, ok := x.R.(*ast.Interval)
	if !ok {
		return bad()
	}
	low, high := c.expr(e, in.Low), c.expr(e, in.High)
	if t := low.Type(); t == v.Type() && (t == types.Bool || t == types.String || t == types.Guid) {
		c.fail(x.Loc, "type-mismatch", "%s takes numbers, datetimes and timespans, and this is a %s", x.Op, t)
		return &plan.Lit{T: types.Bool}
	}
	if high.Type() == types.TimeSpan && low.Type() == types.DateTime {
		high = c.arithmetic(in.Loc, '+', low, high)
	}
	if x.Op == ast.BetweenN {
		return &plan.Logic{Or: true, Args: []plan.Expr{c.compare(in.Low.Span(), "<", v, low), c.compare(in.High.Span(), ">", v, high)}}
	}
	return &plan.Logic{Args: []plan.Expr{c.compare(in.Low.Span(), ">=", v, low), c.compare(in.High.Span(), "<=", v, high)}}
}
