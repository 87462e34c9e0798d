package check

import (
	"slices"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// keys binds sort keys; computed ones become hidden columns.
func (c *checker) keys(sc *scope, r *rel, written []*ast.SortKey) (*rel, []plan.Key) {
	win := c.newWindows(r)
	e := &env{sc: sc, rel: r, windows: win}
	var out []plan.Key
	var defs []plan.Def
	for _, k := range written {
		x := k.X
		if n, ok := x.(*ast.Named); ok {
			x = n.X
		}
		v := c.expr(e, x)
		c.needsScalar(x.Span(), v, "sorted by")
		if _, lit := v.(*plan.Lit); lit {
			continue
		}
		if _, ok := v.(*plan.Ref); !ok {
			d := plan.Def{Col: col("key", v), X: v}
			defs = append(defs, d)
			v = ref(d.Col)
		}
		out = append(out, sortKey(k, v))
	}
	r = win.apply(r)
	return r.extend(defs...), out
}

func sortKey(k *ast.SortKey, v plan.Expr) plan.Key {
	desc := k.Order != ast.Asc
	first := !desc
	if k.Nulls != ast.DefaultNulls {
		first = k.Nulls == ast.NullsFirst
	}
	return plan.Key{X: v, Desc: desc, NullsFirst: first}
}

func (c *checker) sort(sc *scope, r *rel, op *ast.Sort) *rel {
	r, keys := c.keys(sc, r, op.Keys)
	n := r.then(r.node)
	n.order, n.row, n.fresh, n.ser = keys, nil, false, true
	return n
}

func (c *checker) top(sc *scope, r *rel, op *ast.Top) *rel {
	r, keys := c.keys(sc, r, []*ast.SortKey{op.Key})
	n := r.then(r.node)
	n.order, n.row, n.fresh, n.ser = keys, nil, false, true
	return c.limit(n, c.rowCount(sc, op.Count))
}

// rowCount binds the number of rows to keep.
func (c *checker) rowCount(sc *scope, x ast.Expr) plan.Expr {
	v := c.expr(&env{sc: sc}, x)
	switch t := v.Type(); {
	case t.Integer() || t.Open():
	case t == types.Real || t == types.Dynamic:
		v = &plan.Cast{X: v, T: types.Long}
	default:
		c.fail(x.Span(), "type-mismatch", "a number of rows is needed here, and this is a %s", t)
		v = number(1)
	}
	if l, ok := v.(*plan.Lit); ok {
		if n, ok := l.V.(int64); !ok || n < 0 {
			if l.T != types.Unknown {
				c.fail(x.Span(), "bad-argument", "the number of rows must not be negative")
			}
			v = number(0)
		}
	}
	return v
}

func (c *checker) take(sc *scope, r *rel, count ast.Expr) *rel {
	return c.limit(r, c.rowCount(sc, count))
}

// limit keeps the first rows, of each part inside partition and mv-apply.
func (c *checker) limit(r *rel, n plan.Expr) *rel {
	if len(r.part) > 0 {
		num := &plan.Col{Name: "row", Type: types.Long, NotNull: true}
		w := &plan.Window{Name: "row_number", Partition: refsOf(r.part), Order: r.rowOrder(), T: types.Long, Never: true}
		out := r.extend(plan.Def{Col: num, X: w})
		out.node = &plan.Filter{In: out.node, Pred: &plan.Compare{Op: "<=", L: ref(num), R: n}}
		return out
	}
	out := r.then(&plan.Limit{In: r.node, N: n, Order: r.rowOrder()})
	out.fresh = false
	return out
}

func (c *checker) serialize(sc *scope, r *rel, op *ast.Serialize) *rel {
	n := r.then(r.node)
	n.ser = true
	if len(op.Columns) == 0 {
		return n
	}
	return c.extend(sc, n, op.Columns)
}

// windows gathers what window functions of one operator need below it: the number of the row and columns for arguments
// that are window functions themselves.
type windows struct {
	c    *checker
	in   *rel
	r    *rel
	used bool
	made []*plan.Col // columns it added
}

func (c *checker) newWindows(r *rel) *windows { return &windows{c: c, in: r, r: r} }

// apply is the operator's input with what was added to it.
func (w *windows) apply(r *rel) *rel {
	if w.used {
		return w.r
	}
	return r
}

// column turns a value with window functions in it into a column.
func (w *windows) column(x plan.Expr) plan.Expr {
	if !hasWindow(x) {
		return x
	}
	d := plan.Def{Col: col("w", x), X: x}
	return w.add(d)
}

// add adds a column below the operator.
func (w *windows) add(d plan.Def) plan.Expr {
	cols := w.r.cols
	w.r = w.r.extend(d)
	w.r.cols = cols
	w.made = append(w.made, d.Col)
	return ref(d.Col)
}

func hasWindow(x plan.Expr) bool {
	found := false
	plan.Walk(x, func(x plan.Expr) bool {
		_, is := x.(*plan.Window)
		found = found || is
		return !found
	})
	return found
}

// order is the order of rows for a window: the number of the row, made on first use.
func (w *windows) order() []plan.Key {
	w.used = true
	if w.r.row == nil {
		num := &plan.Col{Name: "row", Type: types.Long, NotNull: true, Bits: 40}
		r := w.r.then(&plan.RowNumber{In: w.r.node, Col: num, Order: w.r.order})
		r.row, r.fresh = num, true
		w.r = r
	}
	return []plan.Key{{X: ref(w.r.row)}}
}

func (w *windows) call(c *checker, x *ast.Call, name string, args []plan.Expr, t types.Type) plan.Expr {
	order := w.order()
	for i, a := range args {
		args[i] = w.column(a)
	}
	over := func(fn string, t types.Type, never bool, part []plan.Expr, args ...plan.Expr) *plan.Window {
		return &plan.Window{Name: fn, Args: args, Partition: append(slices.Clone(part), refsOf(w.r.part)...), Order: order, T: t, Never: never}
	}
	switch name {
	case "prev", "next":
		return w.neighbour(name, args, t, over)
	case "row_number":
		return w.rowNumber(args, over)
	case "row_cumsum":
		term := args[0]
		fn := "sum"
		if t == types.Int || t == types.Long || t == types.TimeSpan {
			fn = "sum long"
		}
		return over(fn, t, false, w.segment(args, 1, over), term)
	case "row_rank_dense", "row_rank", "row_rank_min":
		return w.rank(name, args, over)
	}
	return w.session(args, over)
}

type overFunc func(fn string, t types.Type, never bool, part []plan.Expr, args ...plan.Expr) *plan.Window

func (w *windows) neighbour(name string, args []plan.Expr, t types.Type, over overFunc) plan.Expr {
	fn := map[string]string{"prev": "lag", "next": "lead"}[name]
	offset := number(1)
	if len(args) > 1 {
		offset = args[1]
	}
	given := []plan.Expr{args[0], offset}
	if len(args) > 2 {
		fn += " or"
		given = append(given, w.c.sameType(args[2], t))
	} else if t == types.String {
		fn += " or"
		given = append(given, str(""))
	}
	return over(fn, t, false, nil, given...)
}

// sameType converts a default to the type of the column.
func (c *checker) sameType(x plan.Expr, t types.Type) plan.Expr {
	switch {
	case x.Type() == t:
		return x
	case x.Type() == types.Null:
		return &plan.Lit{T: t}
	case x.Type().Numeric() && t.Numeric():
		return c.number(x, t)
	}
	return &plan.Cast{X: x, T: t}
}

// segment gives the number of restarts so far as a key to partition by.
func (w *windows) segment(args []plan.Expr, i int, over overFunc) []plan.Expr {
	if len(args) <= i {
		return nil
	}
	if l, ok := args[i].(*plan.Lit); ok && l.V != true {
		return nil
	}
	return []plan.Expr{w.column(over("sum long", types.Long, true, nil, flag(args[i])))}
}

func flag(cond plan.Expr) plan.Expr {
	return &plan.Case{When: []plan.Expr{cond}, Then: []plan.Expr{number(1)}, Else: number(0), T: types.Long}
}

func (w *windows) rowNumber(args []plan.Expr, over overFunc) plan.Expr {
	part := w.segment(args, 1, over)
	var n plan.Expr = over("row_number", types.Long, true, part)
	if w.r.fresh && len(part) == 0 && len(w.r.part) == 0 {
		n = ref(w.r.row)
	}
	if len(args) == 0 {
		return n
	}
	start, ok := args[0].(*plan.Lit)
	if v, isInt := startValue(start, ok); isInt {
		if v == 1 {
			return n
		}
		return &plan.Op{Name: "add", Args: []plan.Expr{n, number(v - 1)}, T: types.Long, Never: true}
	}
	return &plan.Op{Name: "sub", Args: []plan.Expr{&plan.Op{Name: "add", Args: []plan.Expr{n, args[0]}, T: types.Long}, number(1)}, T: types.Long}
}

func startValue(l *plan.Lit, ok bool) (int64, bool) {
	if !ok {
		return 0, false
	}
	v, isInt := l.V.(int64)
	return v, isInt
}

// rank counts the changes of the term so far, or gives the number of the row at the last change.
func (w *windows) rank(name string, args []plan.Expr, over overFunc) plan.Expr {
	part := w.segment(args, 1, over)
	if name == "row_rank" {
		part = nil
	}
	num := w.column(over("row_number", types.Long, true, part))
	before := w.column(over("lag", args[0].Type(), false, part, args[0], number(1)))
	same := &plan.Op{Name: "same", Args: []plan.Expr{args[0], before}, T: types.Bool, Never: true}
	change := &plan.Logic{Or: true, Args: []plan.Expr{&plan.Compare{Op: "=", L: num, R: number(1)}, &plan.Op{Name: "not", Args: []plan.Expr{same}, T: types.Bool, Never: true}}}
	if name == "row_rank_min" {
		at := &plan.Case{When: []plan.Expr{change}, Then: []plan.Expr{num}, Else: number(0), T: types.Long}
		return over("max so far", types.Long, true, part, at)
	}
	return over("sum long", types.Long, true, part, flag(change))
}
