package check

import (
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// makeSeries aggregates by the group keys and the bin of the axis, then makes an array of each aggregate over all bins.
func (c *checker) makeSeries(sc *scope, r *rel, op *ast.MakeSeries) *rel {
	e := &env{sc: sc, rel: r}
	names := newNames()
	for _, x := range op.By {
		for _, n := range namesOf(x) {
			names.reserve(n)
		}
	}
	keys := c.groupKeys(sc, r, op.By, names)
	axisX := op.On
	if n, ok := axisX.(*ast.Named); ok {
		axisX = n.X
	}
	axis := c.expr(e, axisX)
	step := c.expr(&env{sc: sc}, op.Step)
	if !c.axisFits(op, axis, step) {
		return nil
	}
	from, to := c.bounds(sc, r, op, axis, step)
	if from == nil || to == nil {
		return nil
	}
	in := r.then(&plan.Filter{In: r.node, Pred: &plan.Logic{Args: []plan.Expr{c.compare(op.Loc, ">=", axis, from), c.compare(op.Loc, "<", axis, to)}}})
	bin := plan.Def{Col: &plan.Col{Name: "bin", Type: types.Long, NotNull: axis.NotNull()}, X: binNumber(axis, from, step)}
	return c.series(sc, in, op, series{keys: keys, bin: bin, axis: axisX, from: from, to: to, step: step, names: names})
}

// series is what makeSeries knows of its axis.
type series struct {
	keys           []plan.Def
	bin            plan.Def
	axis           ast.Expr
	from, to, step plan.Expr
	names          *names
}

func (c *checker) axisFits(op *ast.MakeSeries, axis, step plan.Expr) bool {
	at, st := axis.Type(), step.Type()
	if at == types.Unknown || st == types.Unknown {
		return false
	}
	if at.Numeric() && st.Numeric() || (at == types.DateTime || at == types.TimeSpan) && st == types.TimeSpan {
		return true
	}
	c.fail(op.Loc, "type-mismatch", "an axis that is a %s cannot be cut into steps that are a %s", at, st)
	return false
}

// bounds are from and to; where they are not written, the least and greatest bin of all rows.
func (c *checker) bounds(sc *scope, r *rel, op *ast.MakeSeries, axis, step plan.Expr) (from, to plan.Expr) {
	edge := func(x ast.Expr, agg string) plan.Expr {
		if x != nil {
			return c.coerce(x.Span(), c.expr(&env{sc: sc}, x), axis.Type())
		}
		copied := r.clone()
		a := &aggs{}
		on := op.On
		if n, ok := on.(*ast.Named); ok {
			on = n.X
		}
		v := c.aggregateCall(&env{sc: sc, rel: copied, aggs: a}, &ast.Call{At: op.At, Name: &ast.Name{Text: agg}, Args: []ast.Expr{on}})
		g := c.group(&rel{node: copied.node, cols: copied.cols}, nil, a, []plan.Def{a.show(agg, v)})
		first := &plan.Query{Plan: g.node, Col: g.cols[0]}
		return c.builtinCall(op.Loc, "bin", first, step)
	}
	from, to = edge(op.From, "min"), edge(op.To, "max")
	if op.To == nil {
		to = c.arithmetic(op.Loc, '+', to, step)
	} else if op.InRange {
		to = c.arithmetic(op.Loc, '+', to, step)
	}
	return from, to
}

// binNumber counts bins from 0.
func binNumber(axis, from, step plan.Expr) plan.Expr {
	return &plan.Op{Name: "bin number", Args: []plan.Expr{axis, from, step}, T: types.Long}
}

func (c *checker) series(sc *scope, in *rel, op *ast.MakeSeries, s series) *rel {
	a := &aggs{}
	var defs []plan.Def
	var defaults []plan.Expr
	for _, ma := range op.Aggregates {
		d := c.aggregateItem(sc, in, ma.X, s.names, a, s.keys)
		if len(d) != 1 {
			c.fail(ma.Loc, "bad-argument", "an aggregate of make-series must yield one column")
			return nil
		}
		var def plan.Expr = number(0)
		if ma.Default != nil {
			def = c.expr(&env{sc: sc}, ma.Default)
		}
		defs = append(defs, d...)
		defaults = append(defaults, c.sameType(def, d[0].Col.Type))
	}
	binned := c.group(in, append(append([]plan.Def{}, s.keys...), s.bin), a, defs)
	outer := &plan.Aggregate{In: binned.node, Carry: in.carried(s.keys)}
	out := &rel{node: outer, part: in.part, carry: in.carry}
	for _, k := range s.keys {
		outer.Keys = append(outer.Keys, plan.Def{Col: k.Col, X: ref(k.Col)})
		out.cols = append(out.cols, k.Col)
	}
	for _, p := range in.part {
		outer.Keys = append(outer.Keys, plan.Def{Col: p, X: ref(p)})
	}
	count := &plan.Op{Name: "bin count", Args: []plan.Expr{s.from, s.to, s.step}, T: types.Long}
	for i, d := range defs {
		col := &plan.Col{Name: d.Col.Name, Type: types.Dynamic}
		args := []plan.Expr{ref(s.bin.Col), &plan.Cast{X: ref(d.Col), T: types.Dynamic}, count, &plan.Cast{X: defaults[i], T: types.Dynamic}}
		outer.Aggs = append(outer.Aggs, plan.Agg{Col: col, Name: "series", Args: args})
		out.cols = append(out.cols, col)
	}
	last := &plan.Op{Name: "bin last", Args: []plan.Expr{s.from, s.to, s.step}, T: s.from.Type()}
	name := derive(op.On)
	if n, ok := op.On.(*ast.Named); ok {
		name = n.Names[0].Text
	}
	axis := define(s.names.claim(name), c.builtinCall(op.Loc, "range", s.from, last, s.step))
	if len(outer.Keys) == 0 && op.Kind != "nonempty" {
		n := &plan.Col{Name: "n", Type: types.Long, NotNull: true}
		outer.Aggs = append(outer.Aggs, plan.Agg{Col: n, Name: "count"})
		out.node = &plan.Filter{In: out.node, Pred: &plan.Compare{Op: ">", L: ref(n), R: number(0)}}
	}
	show := append(append([]*plan.Col{}, out.cols...), axis.Col)
	out = out.extend(axis)
	out.cols = show
	return out
}
