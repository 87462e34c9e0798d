package check

import (
	"slices"
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// aggs collects the aggregates of a summarize while its expressions are bound.
type aggs struct {
	list  []plan.Agg
	order []plan.Key
}

// add makes the column of an aggregate.
func (a *aggs) add(name string, t types.Type, never bool, agg plan.Agg) plan.Expr {
	if t == types.Null {
		t = types.Dynamic
	}
	agg.Col = &plan.Col{Name: name, Type: t, NotNull: never}
	if agg.Row != nil && smallResults[agg.Row.Name] {
		agg.Col.Bits = 40
	}
	a.list = append(a.list, agg)
	return ref(agg.Col)
}

// ordered are the aggregates whose answer depends on the order of rows.
func orderMatters(name string) bool {
	return strings.HasPrefix(name, "make") || name == "any" || name == "take_any"
}

// aggregateCall binds an aggregate inside an expression.
func (c *checker) aggregateCall(e *env, x *ast.Call) plan.Expr {
	args := c.args(e.inner(), x)
	if x.Name.Text == "count" && len(args) == 1 && args[0].Type() != types.Bool {
		c.warn(x.Loc, "count-argument", "count(x) counts all rows, also those where x is null")
		args = nil
	}
	row, given, ok := c.resolve(x.Loc, x.Args, builtin.Aggregate, x.Name.Text, args)
	if !ok {
		return bad()
	}
	if !row.HasSQL() {
		c.fail(x.Loc, "misplaced-aggregate", "%s yields several columns and cannot stand inside an expression", x.Name.Text)
		return bad()
	}
	agg := plan.Agg{Row: row, Args: args}
	if orderMatters(row.Name) {
		agg.Order = e.aggs.order
	}
	return e.aggs.add(x.Name.Text, row.Result(given), row.NeverNull, agg)
}

func (c *checker) summarize(sc *scope, r *rel, op *ast.Summarize) *rel {
	names := newNames()
	for _, x := range append(slices.Clone(op.By), op.Aggregates...) {
		for _, n := range namesOf(x) {
			names.reserve(n)
		}
	}
	keys := c.groupKeys(sc, r, op.By, names)
	a := &aggs{order: r.rowOrder()}
	var defs []plan.Def
	for _, x := range op.Aggregates {
		defs = append(defs, c.aggregateItem(sc, r, x, names, a, keys)...)
	}
	return c.group(r, keys, a, defs)
}

// rowOrder is the order that rows have for functions that depend on it.
func (r *rel) rowOrder() []plan.Key {
	if r.row != nil {
		return []plan.Key{{X: ref(r.row)}}
	}
	return r.order
}

// groupKeys binds the columns after by.
func (c *checker) groupKeys(sc *scope, r *rel, by []ast.Expr, names *names) []plan.Def {
	e := &env{sc: sc, rel: r}
	var keys []plan.Def
	for _, x := range by {
		for _, d := range c.item(e, x, names, columnName) {
			c.needsScalar(x.Span(), d.X, "grouped by")
			keys = append(keys, d)
		}
	}
	return keys
}

// needsScalar refuses a dynamic where Kusto does.
func (c *checker) needsScalar(at diag.Span, x plan.Expr, what string) {
	if x.Type() == types.Dynamic {
		if _, isNull := x.(*plan.Lit); isNull {
			return
		}
		c.failHint(at, "use tostring(…)", "dynamic-key", "a dynamic cannot be %s", what)
	}
}

// group makes the aggregation and shows its keys and values.
func (c *checker) group(r *rel, keys []plan.Def, a *aggs, defs []plan.Def) *rel {
	agg := &plan.Aggregate{In: r.node, Keys: slices.Clone(keys), Aggs: a.list, Carry: r.carried(keys)}
	for _, p := range r.part {
		if !slices.ContainsFunc(agg.Keys, func(d plan.Def) bool { return d.Col == p }) {
			agg.Keys = append(agg.Keys, plan.Def{Col: p, X: ref(p)})
		}
	}
	out := &rel{node: agg, part: r.part, carry: r.carry, ser: true}
	out.ser = false
	var rest []plan.Def
	for _, k := range keys {
		out.cols = append(out.cols, k.Col)
	}
	for _, d := range defs {
		out.cols = append(out.cols, d.Col)
		if _, ok := d.X.(*plan.Ref); ok && d.X.(*plan.Ref).Col == d.Col {
			continue
		}
		rest = append(rest, d)
	}
	if len(rest) > 0 {
		out.node = &plan.Extend{In: agg, Defs: rest}
	}
	return out
}

// carried lists the hidden columns to pass through an aggregation, those that are not group keys anyway.
func (r *rel) carried(keys []plan.Def) []*plan.Col {
	var out []*plan.Col
	for _, c := range r.carry {
		isKey := slices.Contains(r.part, c) || slices.ContainsFunc(keys, func(d plan.Def) bool { return d.Col == c })
		if !isKey {
			out = append(out, c)
		}
	}
	return out
}

// aggregateItem binds one item before by: an expression over aggregates, or an aggregate of several columns.
func (c *checker) aggregateItem(sc *scope, r *rel, x ast.Expr, names *names, a *aggs, keys []plan.Def) []plan.Def {
	e := &env{sc: sc, rel: r, aggs: a}
	inner := x
	n, named := x.(*ast.Named)
	if named {
		inner = n.X
	}
	if call, ok := ast.Unparen(inner).(*ast.Call); ok && sc.lookup(call.Name.Text) == nil {
		if f, ok := multiColumn[call.Name.Text]; ok {
			if defs, done := f(c, e, call, n, names, keys); done {
				return defs
			}
		}
	}
	if named && n.Tuple && len(n.Names) > 1 {
		return c.tuple(e, n, names, false)
	}
	v := c.expr(e, inner)
	c.onlyAggregates(inner.Span(), v, a, keys)
	if p := c.parts(inner, v); p != nil && !named {
		return c.named(inner, v, p, names.derived)
	}
	var name string
	switch d := derive(inner); {
	case named:
		var ok bool
		if name, ok = names.give(n.Names[0].Text); !ok {
			c.fail(n.Names[0].Loc, "duplicate-column", "there are two columns %s", name)
		}
	case d != "":
		name = names.derived(d)
	default:
		name = names.column()
	}
	return []plan.Def{a.show(name, v)}
}

// show names the column of an aggregate; one that is the whole item needs no column beside it.
func (a *aggs) show(name string, v plan.Expr) plan.Def {
	if r, ok := v.(*plan.Ref); ok && slices.ContainsFunc(a.list, func(g plan.Agg) bool { return g.Col == r.Col }) {
		r.Col.Name = name
		return plan.Def{Col: r.Col, X: v}
	}
	return define(name, v)
}

// onlyAggregates refuses columns that stand outside aggregates and are not grouped by.
func (c *checker) onlyAggregates(at diag.Span, v plan.Expr, a *aggs, keys []plan.Def) {
	plan.Walk(v, func(x plan.Expr) bool {
		r, ok := x.(*plan.Ref)
		if !ok || slices.ContainsFunc(a.list, func(g plan.Agg) bool { return g.Col == r.Col }) || slices.ContainsFunc(keys, func(d plan.Def) bool { return d.Col == r.Col }) {
			return true
		}
		c.failHint(at, "put it into an aggregate, take_any("+r.Col.Name+") for example, or after by", "not-aggregated", "column %s stands outside an aggregate", r.Col.Name)
		return false
	})
}

// multiColumn are aggregates that yield several columns.
var multiColumn map[string]func(*checker, *env, *ast.Call, *ast.Named, *names, []plan.Def) ([]plan.Def, bool)

func init() {
	multiColumn = map[string]func(*checker, *env, *ast.Call, *ast.Named, *names, []plan.Def) ([]plan.Def, bool){
		"arg_max": (*checker).argMax, "arg_min": (*checker).argMax, "argmax": (*checker).argMax, "argmin": (*checker).argMax,
		"take_any": (*checker).takeAny, "any": (*checker).takeAny,
		"percentile": (*checker).percentiles, "percentiles": (*checker).percentiles, "percentilew": (*checker).percentiles, "percentilesw": (*checker).percentiles,
	}
}

// namer gives the columns of one aggregate their names: the ones written before =, then the derived ones.
type namer struct {
	given []string
	names *names
}

func newNamer(n *ast.Named, names *names) *namer {
	m := &namer{names: names}
	if n != nil {
		m.given = namesOf(n)
	}
	return m
}

func (m *namer) next(derived string) string {
	if len(m.given) > 0 {
		name := m.given[0]
		m.given = m.given[1:]
		return m.names.claim(name)
	}
	if derived == "" {
		return m.names.column()
	}
	return m.names.derived(derived)
}

// argMax binds arg_max and arg_min: the value, then the columns of the row that has it.
func (c *checker) argMax(e *env, x *ast.Call, n *ast.Named, names *names, keys []plan.Def) ([]plan.Def, bool) {
	if len(x.Args) == 0 {
		c.fail(x.Loc, "bad-argument", "%s takes a value and columns", x.Name.Text)
		return nil, true
	}
	name := "arg_max"
	if strings.HasSuffix(x.Name.Text, "min") {
		name = "arg_min"
	}
	old := !strings.Contains(x.Name.Text, "_")
	prefix := ""
	if old {
		prefix = name[4:] + "_" + derive(x.Args[0])
	}
	in := e.inner()
	by := c.expr(in, x.Args[0])
	c.needsScalar(x.Args[0].Span(), by, "compared")
	m := newNamer(n, names)
	first := derive(x.Args[0])
	if old {
		first = prefix
	} else if first == "" {
		first = name[4:] + "_"
	}
	top := "max"
	if name == "arg_min" {
		top = "min"
	}
	rows := builtin.Of(builtin.Aggregate, top)
	var defs []plan.Def
	row, given, ok := c.resolve(x.Loc, x.Args, builtin.Aggregate, top, []plan.Expr{by})
	if !ok || len(rows) == 0 {
		return nil, true
	}
	value := e.aggs.add("", row.Result(given), false, plan.Agg{Row: row, Args: []plan.Expr{by}})
	defs = append(defs, e.aggs.show(m.next(first), value))
	switch {
	case by.Type() == types.Real:
		name += " real"
	case !by.NotNull():
		name += " nulls"
	}
	for _, k := range c.rest(in, e.rel, x.Args, keys, top) {
		d := k.name
		if old {
			d = prefix + "_" + d
		}
		var v plan.Expr
		if r, isRef := by.(*plan.Ref); isRef && isSame(k.x, r) {
			v = e.aggs.add("", row.Result(given), false, plan.Agg{Row: row, Args: []plan.Expr{by}})
		} else {
			v = e.aggs.add("", k.x.Type(), k.x.NotNull() && k.x.Type() != types.String, plan.Agg{Name: name, Args: []plan.Expr{k.x, by}})
		}
		defs = append(defs, e.aggs.show(m.next(d), v))
	}
	return defs, true
}

func isSame(x plan.Expr, r *plan.Ref) bool {
	o, ok := x.(*plan.Ref)
	return ok && o.Col == r.Col
}

type namedExpr struct {
	name string
	x    plan.Expr
}

// rest binds the columns of an arg_max or take_any behind the first argument; * is all that are neither keys nor the value.
// One without a name gets one with prefix, when there is one.
func (c *checker) rest(e *env, r *rel, args []ast.Expr, keys []plan.Def, prefix string) []namedExpr {
	var out []namedExpr
	skip := plan.Set{}
	for _, k := range keys {
		skip[k.Col] = true
	}
	if first, ok := c.quiet(e, args[0]).(*plan.Ref); ok {
		skip[first.Col] = true
	}
	for i, a := range args[1:] {
		if _, star := a.(*ast.Star); star {
			for _, col := range r.cols {
				if !skip[col] && !keyName(keys, col.Name) {
					out = append(out, namedExpr{col.Name, ref(col)})
				}
			}
			continue
		}
		if n, ok := a.(*ast.Named); ok && len(n.Names) == 1 {
			out = append(out, namedExpr{n.Names[0].Text, c.expr(e, n.X)})
			continue
		}
		name := derive(a)
		if d := derive(args[0]); name == "" && d != "" && prefix != "" {
			name = prefix + "_" + d + "_arg" + strconv.Itoa(i+1)
		}
		out = append(out, namedExpr{name, c.expr(e, a)})
	}
	return out
}

func keyName(keys []plan.Def, name string) bool {
	return slices.ContainsFunc(keys, func(d plan.Def) bool { return d.Col.Name == name })
}

// quiet binds an expression a second time without saying its mistakes again.
func (c *checker) quiet(e *env, x ast.Expr) plan.Expr {
	if _, star := x.(*ast.Star); star {
		return bad()
	}
	n := len(c.diags)
	v := c.expr(e, x)
	c.diags = c.diags[:n]
	return v
}

// takeAny binds take_any and any of several columns or *.
func (c *checker) takeAny(e *env, x *ast.Call, n *ast.Named, names *names, keys []plan.Def) ([]plan.Def, bool) {
	_, star := first(x.Args).(*ast.Star)
	if len(x.Args) < 2 && !star {
		if x.Name.Text == "take_any" && len(x.Args) == 1 {
			v := c.aggregateCall(e, x)
			return []plan.Def{e.aggs.show(newNamer(n, names).next(derive(x.Args[0])), v)}, true
		}
		return nil, false
	}
	m := newNamer(n, names)
	var defs []plan.Def
	for _, k := range c.rest(e.inner(), e.rel, append([]ast.Expr{&ast.Star{}}, x.Args...), keys, "") {
		d := k.name
		if x.Name.Text == "any" {
			d = "any_" + d
		}
		v := e.aggs.add("", k.x.Type(), k.x.NotNull() && k.x.Type() != types.String, plan.Agg{Name: "first", Args: []plan.Expr{k.x}})
		defs = append(defs, e.aggs.show(m.next(d), v))
	}
	return defs, true
}

func first(args []ast.Expr) ast.Expr {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

// percentiles binds one column for each percentile asked for.
func (c *checker) percentiles(e *env, x *ast.Call, n *ast.Named, names *names, _ []plan.Def) ([]plan.Def, bool) {
	args := c.args(e.inner(), x)
	lead := 1
	if strings.HasSuffix(x.Name.Text, "w") {
		lead = 2
	}
	if len(args) <= lead {
		c.fail(x.Loc, "bad-argument", "%s takes a value and percentiles", x.Name.Text)
		return nil, true
	}
	single := strings.TrimSuffix(strings.TrimSuffix(x.Name.Text, "w"), "s")
	if lead == 2 {
		single += "w"
	}
	m := newNamer(n, names)
	var defs []plan.Def
	for i := lead; i < len(args); i++ {
		if args[i].Type() == types.Dynamic {
			c.failHint(x.Loc, "percentiles_array takes an array", "bad-argument", "a percentile of %s must be a number, not dynamic", x.Name.Text)
			return nil, true
		}
		one := append(slices.Clone(args[:lead]), args[i])
		row, given, ok := c.resolve(x.Loc, x.Args, builtin.Aggregate, single, one)
		if !ok {
			return nil, true
		}
		v := e.aggs.add("", row.Result(given), false, plan.Agg{Row: row, Args: one})
		defs = append(defs, e.aggs.show(m.next("percentile_"+derive(x.Args[0])+"_"+percentText(args[i])), v))
	}
	return defs, true
}

// percentText is how a percentile stands in a column's name: 99.9 is 99_9.
func percentText(x plan.Expr) string {
	l, ok := x.(*plan.Lit)
	if !ok {
		return ""
	}
	switch v := l.V.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strings.ReplaceAll(strconv.FormatFloat(v, 'f', -1, 64), ".", "_")
	}
	return ""
}

func (c *checker) distinct(sc *scope, r *rel, op *ast.Distinct) *rel {
	names := newNames()
	e := &env{sc: sc, rel: r}
	var keys []plan.Def
	for _, x := range op.Columns {
		if _, star := x.(*ast.Star); star {
			for _, col := range r.cols {
				c.needsScalar(x.Span(), ref(col), "compared by distinct: column "+col.Name)
				names.used[col.Name] = true
				keys = append(keys, plan.Def{Col: col, X: ref(col)})
			}
			continue
		}
		for _, d := range c.item(e, x, names, columnName) {
			c.needsScalar(x.Span(), d.X, "compared by distinct")
			keys = append(keys, d)
		}
	}
	return c.group(r, keys, &aggs{}, nil)
}

func (c *checker) count(r *rel, op *ast.Count) *rel {
	name := "Count"
	if op.As != nil {
		name = op.As.Text
	}
	a := &aggs{}
	v := a.add(name, types.Long, true, plan.Agg{Name: "count"})
	a.list[0].Col.Bits = 40
	return c.group(r, nil, a, []plan.Def{a.show(name, v)})
}
