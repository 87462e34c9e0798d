package check

import (
	"errors"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// foreign has the functions that reach for data outside this service, with the reason to give.
var foreign = map[string]string{
	"cluster": "there is one service here", "database": "there is one database here; write the table's name alone", "workspace": "there is one workspace here; write the table's name alone",
	"app": "there is one workspace here", "adx": "queries may not leave this service", "arg": "queries may not leave this service", "resource": "there is one workspace here", "external_table": "external tables are not available here",
	"_GetWatchlist": "watchlists are not available here; write their rows in a datatable", "_GetWatchlistAlias": "watchlists are not available here",
	"stored_query_result": "stored results are not available here", "materialized_view": "write the table's name alone", "entity_group": "there is one database here",
}

// special are calls that the tables of functions cannot describe, because they take tables, names or rows around.
var special = map[string]func(*checker, *env, *ast.Call) plan.Expr{}

func init() {
	special["toscalar"] = (*checker).toscalar
	special["iff"], special["iif"] = (*checker).iff, (*checker).iff
	special["case"] = (*checker).caseCall
	special["column_ifexists"], special["columnifexists"] = (*checker).columnIfExists, (*checker).columnIfExists
	special["iscolumnexists"] = (*checker).isColumn
	special["countof"] = (*checker).countof
	special["pack_all"] = (*checker).packAll
	special["bag_pack_columns"] = (*checker).packColumns
	special["materialize"] = (*checker).materializeValue
	special["not"] = (*checker).notCall
	special["typeof"] = (*checker).typeofCall
	special["bin_auto"], special["assert"] = (*checker).binAuto, (*checker).assert
}

func (c *checker) call(e *env, x *ast.Call) plan.Expr {
	name := x.Name.Text
	if x.Receiver != nil {
		c.unsupported(x.Loc, name+" behind a dot", "only tables of another database are written so")
		return bad()
	}
	if b := e.sc.lookup(name); b != nil && b.fn != nil {
		return c.userValue(e, x, b.fn)
	}
	if f, ok := special[name]; ok {
		return f(c, e, x)
	}
	if len(builtin.Of(builtin.Window, name)) > 0 {
		return c.windowCall(e, x)
	}
	if e.aggs != nil && len(builtin.Of(builtin.Aggregate, name)) > 0 {
		return c.aggregateCall(e, x)
	}
	if why, ok := foreign[name]; ok {
		c.unsupported(x.Loc, name, why)
		return bad()
	}
	return c.scalarCall(e, x)
}

func (c *checker) userValue(e *env, x *ast.Call, f *function) plan.Expr {
	r, v := c.callFunction(e, x.Loc, f, x.Args, nil)
	if r != nil {
		c.failHint(x.Loc, "toscalar(…) makes a value of it", "table-as-value", "%s yields a table, not a value", f.name)
		return bad()
	}
	return v
}

// scalarCall binds a function of the builtin tables.
func (c *checker) scalarCall(e *env, x *ast.Call) plan.Expr {
	name := x.Name.Text
	if len(builtin.Of(builtin.Scalar, name)) == 0 {
		c.noFunction(e, x)
		for _, a := range x.Args {
			c.tryExpr(e, a)
		}
		return bad()
	}
	args := c.args(e, x)
	return c.apply(x.Loc, x.Args, name, args)
}

// tryExpr binds an argument of a call that is wrong anyway, for its own mistakes.
func (c *checker) tryExpr(e *env, a ast.Expr) {
	switch a.(type) {
	case *ast.Star, *ast.TypeOf, *ast.Named:
		return
	}
	if !c.tabular(e.sc, a) {
		c.expr(e, a)
	}
}

func (c *checker) noFunction(e *env, x *ast.Call) {
	name := x.Name.Text
	if len(builtin.Of(builtin.Aggregate, name)) > 0 {
		c.failHint(x.Name.Loc, "write it in summarize", "misplaced-aggregate", "%s is an aggregate and cannot stand here", name)
		return
	}
	if len(builtin.Of(builtin.Plugin, name)) > 0 {
		c.failHint(x.Name.Loc, "write | evaluate "+name+"(…)", "misplaced-plugin", "%s is a plugin and cannot stand here", name)
		return
	}
	known := builtin.Names(builtin.Scalar, false)
	if e.aggs != nil {
		known = append(known, builtin.Names(builtin.Aggregate, false)...)
	}
	known = append(known, e.sc.visible(func(b *binding) bool { return b.fn != nil })...)
	c.failHint(x.Name.Loc, diag.DidYouMean(name, known), "unknown-function", "there is no function %s", name)
}

// args binds the arguments of a call.
func (c *checker) args(e *env, x *ast.Call) []plan.Expr {
	out := make([]plan.Expr, 0, len(x.Args))
	for _, a := range x.Args {
		if s, ok := a.(*ast.Star); ok {
			if e.rel == nil {
				c.fail(s.Loc, "unexpected-star", "* cannot stand here")
				continue
			}
			out = append(out, refsOf(e.rel.cols)...)
			continue
		}
		out = append(out, c.expr(e, a))
	}
	return out
}

// apply makes the call of a scalar function with bound arguments.
func (c *checker) apply(at diag.Span, written []ast.Expr, name string, args []plan.Expr) plan.Expr {
	row, given, ok := c.resolve(at, written, builtin.Scalar, name, args)
	if !ok {
		return bad()
	}
	if len(args) == 1 && row.Name == "tostring" && !args[0].Type().Open() {
		return text(args[0])
	}
	return &plan.Call{Row: row, Args: args, T: row.Result(given)}
}

// resolve picks the overload that takes the arguments, or reports why there is none.
func (c *checker) resolve(at diag.Span, written []ast.Expr, kind builtin.Kind, name string, args []plan.Expr) (*builtin.Row, []builtin.Arg, bool) {
	given := make([]builtin.Arg, len(args))
	for i, a := range args {
		given[i] = asArg(a)
	}
	row, err := builtin.Resolve(kind, name, given)
	if err != nil {
		var m *builtin.Mismatch
		where := at
		if errors.As(err, &m) && m.Arg >= 0 && m.Arg < len(written) {
			where = written[m.Arg].Span()
		}
		c.fail(where, "bad-argument", "%s", err.Error())
		return nil, nil, false
	}
	if row == nil {
		c.fail(at, "unknown-function", "there is no function %s", name)
		return nil, nil, false
	}
	if row.Refused != "" {
		c.unsupported(at, name, row.Refused)
		return nil, nil, false
	}
	return row, given, true
}

// builtinCall calls a function by name for the checker's own needs.
func (c *checker) builtinCall(at diag.Span, name string, args ...plan.Expr) plan.Expr {
	return c.apply(at, nil, name, args)
}

// toscalar is the first cell of a table, or the value itself.
func (c *checker) toscalar(e *env, x *ast.Call) plan.Expr {
	if len(x.Args) != 1 {
		c.fail(x.Loc, "bad-argument", "toscalar takes one table")
		return bad()
	}
	if !c.tabular(e.sc, x.Args[0]) {
		return c.expr(e, x.Args[0])
	}
	r := c.table(e.sc, x.Args[0])
	if r == nil {
		return bad()
	}
	if len(r.cols) == 0 {
		c.fail(x.Loc, "no-columns", "the table has no column to take a value from")
		return bad()
	}
	node := r.node
	if len(r.order) > 0 {
		node = &plan.Limit{In: node, N: number(1), Order: r.order}
	}
	return &plan.Query{Plan: node, Col: r.cols[0]}
}

func (c *checker) materializeValue(e *env, x *ast.Call) plan.Expr {
	c.failHint(x.Loc, "toscalar(…) makes a value of it", "table-as-value", "materialize yields a table, not a value")
	return bad()
}

// notCall negates a condition; in a search its argument may be a term.
func (c *checker) notCall(e *env, x *ast.Call) plan.Expr {
	if len(x.Args) != 1 {
		c.fail(x.Loc, "bad-argument", "not takes one condition")
		return bad()
	}
	v := c.condition(e, x.Args[0])
	return &plan.Op{Name: "not", Args: []plan.Expr{v}, T: types.Bool, Never: v.NotNull()}
}

func (c *checker) typeofCall(e *env, x *ast.Call) plan.Expr {
	c.fail(x.Loc, "unexpected-expression", "typeof stands only where a type is wanted")
	return bad()
}

func (c *checker) iff(e *env, x *ast.Call) plan.Expr {
	if len(x.Args) != 3 {
		c.fail(x.Loc, "bad-argument", "%s takes 3 arguments, not %d: %s(if, then, else)", x.Name.Text, len(x.Args), x.Name.Text)
		return bad()
	}
	return c.choice(e, x.Args)
}

func (c *checker) caseCall(e *env, x *ast.Call) plan.Expr {
	if len(x.Args) < 3 || len(x.Args)%2 == 0 {
		c.fail(x.Loc, "bad-argument", "case takes pairs of condition and value, and a last value for the rest")
		return bad()
	}
	return c.choice(e, x.Args)
}

// choice binds condition, value, condition, value … value.
func (c *checker) choice(e *env, args []ast.Expr) plan.Expr {
	out := &plan.Case{T: types.Null}
	widen := func(at diag.Span, v plan.Expr) plan.Expr {
		t, ok := types.Widen(out.T, v.Type())
		switch {
		case ok:
			out.T = t
		case out.T == types.Dynamic:
			out.T = v.Type()
		case v.Type() == types.Dynamic:
		default:
			c.fail(at, "type-mismatch", "the values must have one type, and these are a %s and a %s", out.T, v.Type())
			return &plan.Lit{T: out.T}
		}
		return v
	}
	for i := 0; i+1 < len(args); i += 2 {
		out.When = append(out.When, c.condition(e, args[i]))
		out.Then = append(out.Then, widen(args[i+1].Span(), c.expr(e, args[i+1])))
	}
	last := args[len(args)-1]
	out.Else = widen(last.Span(), c.expr(e, last))
	if out.T == types.Null {
		out.T = types.Dynamic
	}
	return out
}

func (c *checker) columnIfExists(e *env, x *ast.Call) plan.Expr {
	if len(x.Args) != 2 {
		c.fail(x.Loc, "bad-argument", "column_ifexists takes a name and a default")
		return bad()
	}
	l, ok := c.expr(e, x.Args[0]).(*plan.Lit)
	name, isText := "", false
	if ok {
		name, isText = l.V.(string)
	}
	if !isText {
		c.fail(x.Args[0].Span(), "bad-argument", "the name must be a constant text")
		return bad()
	}
	if e.rel != nil {
		if found := e.rel.column(name); found != nil {
			return ref(found)
		}
	}
	return c.expr(e, x.Args[1])
}

func (c *checker) isColumn(e *env, x *ast.Call) plan.Expr {
	found := false
	if len(x.Args) == 1 && e.rel != nil {
		if l, ok := c.expr(e, x.Args[0]).(*plan.Lit); ok {
			name, _ := l.V.(string)
			found = e.rel.column(name) != nil
		}
	}
	return &plan.Lit{T: types.Bool, V: found}
}

// countof looks at a constant pattern, which only the third argument makes one.
func (c *checker) countof(e *env, x *ast.Call) plan.Expr {
	args := c.args(e, x)
	if len(args) == 3 {
		search, ok := args[1].(*plan.Lit)
		kind, isLit := args[2].(*plan.Lit)
		if ok && isLit && kind.V == "regex" {
			if s, ok := search.V.(string); ok && search.T == types.String && builtin.CheckRegex(s) != nil {
				c.fail(x.Args[1].Span(), "bad-argument", "argument search of countof %s", builtin.CheckRegex(s))
				return bad()
			}
		}
	}
	return c.apply(x.Loc, x.Args, "countof", args)
}

// packAll is a bag of all columns.
func (c *checker) packAll(e *env, x *ast.Call) plan.Expr {
	if len(x.Args) > 1 {
		c.fail(x.Loc, "bad-argument", "pack_all takes nothing but a bool, to leave out empty values")
		return bad()
	}
	var args []plan.Expr
	if e.rel != nil { // print has no columns to pack
		for _, col := range e.rel.cols {
			args = append(args, str(col.Name), ref(col))
		}
	}
	if len(args) == 0 {
		return &plan.Lit{T: types.Dynamic, V: "{}"}
	}
	bag := c.builtinCall(x.Loc, "bag_pack", args...)
	if len(x.Args) == 1 {
		if l, ok := c.expr(e, x.Args[0]).(*plan.Lit); ok && l.V == true {
			return &plan.Op{Name: "without empty", Args: []plan.Expr{bag}, T: types.Dynamic, Never: true}
		}
	}
	return bag
}

// packColumns is a bag of the columns named.
func (c *checker) packColumns(e *env, x *ast.Call) plan.Expr {
	var args []plan.Expr
	for _, a := range x.Args {
		v := c.expr(e, a)
		col, ok := v.(*plan.Ref)
		if !ok {
			c.fail(a.Span(), "bad-argument", "bag_pack_columns takes columns only")
			return bad()
		}
		args = append(args, str(col.Col.Name), v)
	}
	if len(args) == 0 {
		c.fail(x.Loc, "bad-argument", "bag_pack_columns takes at least one column")
		return bad()
	}
	return c.builtinCall(x.Loc, "bag_pack", args...)
}

// windowCall binds prev, next, row_number and their kin.
func (c *checker) windowCall(e *env, x *ast.Call) plan.Expr {
	name := x.Name.Text
	if e.windows == nil {
		c.failHint(x.Name.Loc, "write it in extend or serialize, behind sort or serialize", "misplaced-window", "%s cannot stand here", name)
		return bad()
	}
	if !e.rel.ser {
		c.failHint(x.Loc, "put | serialize or | sort by before it", "not-serialized", "%s needs rows in a fixed order", name)
		return bad()
	}
	args := c.args(e, x)
	row, given, ok := c.resolve(x.Loc, x.Args, builtin.Window, name, args)
	if !ok {
		return bad()
	}
	for i, p := range row.Params[:len(args)] {
		if args[i].Type() == types.Dynamic && !p.Any {
			c.failHint(x.Args[i].Span(), "tolong(…) and its kin make a value of it", "bad-argument", "argument %s of %s must not be dynamic", p.Name, name)
			return bad()
		}
	}
	t := row.Result(given)
	if t == types.Null {
		t = types.Long
	}
	return e.windows.call(c, x, name, args, t)
}
