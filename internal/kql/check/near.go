package check

import (
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// rowsNear keeps the rows that stand at most so many rows before or behind one that fulfils a condition.
func (c *checker) rowsNear(sc *scope, r *rel, op *ast.Evaluate) *rel {
	args := op.Call.Args
	if len(args) < 2 || len(args) > 3 {
		c.fail(op.Call.Loc, "bad-argument", "rows_near takes a condition, a number of rows, and a number of rows behind it where that differs")
		return nil
	}
	if !r.ser {
		c.failHint(op.Loc, "put | serialize or | sort by before it", "not-serialized", "rows_near needs rows in a fixed order")
		return nil
	}
	cond := c.condition(&env{sc: sc, rel: r}, args[0])
	before := c.rowCount(sc, args[1])
	behind := before
	if len(args) == 3 {
		behind = c.rowCount(sc, args[2])
	}
	cols := r.cols
	w := c.newWindows(r)
	order := w.order()
	r = w.apply(r)
	long := func(name string, x plan.Expr) *plan.Col {
		d := plan.Def{Col: &plan.Col{Name: name, Type: types.Long, NotNull: true}, X: x}
		r = r.extend(d)
		return d.Col
	}
	over := func(x plan.Expr, keys []plan.Key) *plan.Window {
		return &plan.Window{Name: "max so far", Args: []plan.Expr{x}, Partition: refsOf(r.part), Order: keys, T: types.Long, Never: true}
	}
	sum := func(name string, a, b plan.Expr) plan.Expr {
		return &plan.Op{Name: name, Args: []plan.Expr{a, b}, T: types.Long, Never: true}
	}
	const far = 1 << 40
	num := long("num", &plan.Window{Name: "row_number", Partition: refsOf(r.part), Order: order, T: types.Long, Never: true})
	hit := long("hit", &plan.Case{When: []plan.Expr{cond}, Then: []plan.Expr{ref(num)}, Else: number(-far), T: types.Long})
	last := long("last", over(ref(hit), order))
	mirrored := long("mirrored", &plan.Case{When: []plan.Expr{cond}, Then: []plan.Expr{sum("sub", number(0), ref(num))}, Else: number(-far), T: types.Long})
	next := long("next", over(ref(mirrored), []plan.Key{{X: order[0].X, Desc: true}}))
	near := &plan.Logic{Or: true, Args: []plan.Expr{
		&plan.Compare{Op: "<=", L: sum("sub", ref(num), ref(last)), R: behind},
		&plan.Compare{Op: ">=", L: sum("add", ref(num), ref(next)), R: sum("sub", number(0), before)},
	}}
	out := r.then(&plan.Filter{In: r.node, Pred: near})
	out.cols, out.fresh, out.order = cols, false, order
	return out
}

// preview yields the first rows, and how many there are.
func (c *checker) preview(sc *scope, r *rel, op *ast.Evaluate) *rel {
	if len(op.Call.Args) != 1 {
		c.fail(op.Call.Loc, "bad-argument", "preview takes a number of rows")
		return nil
	}
	if c.inner > 0 || len(r.part) > 0 {
		c.unsupported(op.Loc, "preview inside a sub-pipeline", "it yields two tables")
		return nil
	}
	first := c.take(sc, r.then(r.node), op.Call.Args[0])
	c.more = []plan.Output{first.output("PrimaryResult"), c.count(r.then(r.node), &ast.Count{}).output("Table_1")}
	return r
}

// sequenceDetect finds rows that fulfil one condition after the other, each within a time of the one before.
func (c *checker) sequenceDetect(sc *scope, r *rel, op *ast.Evaluate) *rel {
	args := op.Call.Args
	if len(args) < 4 || !c.alone(r, op) {
		if len(args) < 4 {
			c.fail(op.Call.Loc, "bad-argument", "sequence_detect takes a time line, the most between two steps and the most in all, conditions with names, and columns")
		}
		return nil
	}
	e := &env{sc: sc, rel: r}
	p := &timeline{c: c, op: op, name: derive(args[0]), consts: map[string]plan.Expr{}}
	defs := []plan.Def{p.column(e, args[0], "t")}
	p.constant(sc, "_step", args[1], defs[0].Col.Type)
	p.constant(sc, "_span", args[2], defs[0].Col.Type)
	var steps []string
	for _, a := range args[3:] {
		n, named := a.(*ast.Named)
		if !named {
			if v := c.expr(e, a); v.Type() == types.Bool {
				c.failHint(a.Span(), "name = condition", "bad-argument", "a step of sequence_detect needs a name")
				continue
			}
			defs = append(defs, p.column(e, a, "d"+strconv.Itoa(len(p.dims))))
			p.dims = append(p.dims, derive(a))
			continue
		}
		defs = append(defs, define("e"+strconv.Itoa(len(steps)), c.condition(e, n.X)))
		steps = append(steps, n.Names[0].Text)
	}
	if c.diags.HasErrors() || len(steps) == 0 {
		if len(steps) == 0 && !c.diags.HasErrors() {
			c.fail(op.Call.Loc, "bad-argument", "sequence_detect needs a condition with a name")
		}
		return nil
	}
	p.table = r.show(defs)
	out := p.run(sequenceText(len(steps)))
	if out == nil {
		return nil
	}
	for i, s := range steps {
		out.cols[len(p.dims)+i].Name = s + "_" + p.name
	}
	return out
}

// sequenceText joins the rows of each step with those of the step before.
func sequenceText(steps int) string {
	var w strings.Builder
	w.WriteString("T | where e0 | distinct one = 1, t0 = t DIMS")
	shown := "t0"
	for i := 1; i < steps; i++ {
		n, before := strconv.Itoa(i), strconv.Itoa(i-1)
		w.WriteString(" | join kind=inner (T | where e" + n + " | distinct one = 1, t" + n + " = t DIMS) on one DIMS")
		w.WriteString(" | where t" + n + " >= t" + before + " and t" + n + " - t" + before + " <= _step and t" + n + " - t0 <= _span")
		shown += ", t" + n
		w.WriteString(" | project one, " + shown + " DIMS")
	}
	last := "t" + strconv.Itoa(steps-1)
	w.WriteString(" | sort by t0 asc, " + last + " asc | project one DIMS, " + shown + ", Duration = " + last + " - t0 | project-away one")
	return w.String()
}
