package check

import (
	"fmt"
	"strconv"

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
	if _, known := step.(*plan.Lit); !known {
		step = &plan.Op{Name: "positive step", Args: []plan.Expr{step}, T: step.Type()}
	}
	s := series{keys: keys, axis: axis, step: step, names: names}
	in := c.seriesBins(sc, r, op, &s)
	return c.series(sc, in, op, s)
}

// series is what makeSeries knows of its axis. From and to are nil where the query leaves them out: there every series has
// its own, the first and last bin with data.
type series struct {
	keys           []plan.Def
	bin            plan.Def
	axis           plan.Expr
	from, to, step plan.Expr
	names          *names
}

func (c *checker) axisFits(op *ast.MakeSeries, axis, step plan.Expr) bool {
	at, st := axis.Type(), step.Type()
	if at == types.Unknown || st == types.Unknown {
		return false
	}
	if at.Numeric() && st.Numeric() || (at == types.DateTime || at == types.TimeSpan) && st == types.TimeSpan {
		if lit, ok := step.(*plan.Lit); ok && lit.V != nil && !above(lit.V) {
			c.fail(op.Step.Span(), "bad-step", "the step of make-series must be greater than 0")
			return false
		}
		return true
	}
	c.fail(op.Loc, "type-mismatch", "an axis that is a %s cannot be cut into steps that are a %s", at, st)
	return false
}

// above reports whether a constant number or timespan is greater than 0. NaN is not.
func above(v any) bool {
	switch v := v.(type) {
	case int64:
		return v > 0
	case float64:
		return v > 0
	}
	n, err := strconv.ParseFloat(fmt.Sprint(v), 64) // a decimal
	return err != nil || n > 0
}

// seriesBins sets the bounds and the number of a row's bin, and keeps the rows within. The old form in range(…) has its bins
// where bin has them, and the one that its end lies in is the last.
func (c *checker) seriesBins(sc *scope, r *rel, op *ast.MakeSeries, s *series) *rel {
	edge := func(x ast.Expr) plan.Expr {
		if x == nil {
			return nil
		}
		v := c.coerce(x.Span(), c.expr(&env{sc: sc}, x), s.axis.Type())
		if op.InRange {
			return c.builtinCall(op.Loc, "bin", v, s.step)
		}
		return v
	}
	s.from, s.to = edge(op.From), edge(op.To)
	if op.InRange {
		s.to = c.arithmetic(op.Loc, '+', s.to, s.step)
	}
	var within []plan.Expr
	if s.from != nil {
		within = append(within, c.compare(op.Loc, ">=", s.axis, s.from))
	}
	if s.to != nil {
		within = append(within, c.compare(op.Loc, "<", s.axis, s.to))
	}
	if len(within) == 0 {
		within = append(within, &plan.Op{Name: "is not null", Args: []plan.Expr{s.axis}, T: types.Bool, Never: true})
	}
	s.bin = plan.Def{Col: &plan.Col{Name: "bin", Type: types.Long, NotNull: s.axis.NotNull()}, X: c.binNumber(op, s.axis, s)}
	return r.then(&plan.Filter{In: r.node, Pred: &plan.Logic{Args: within}})
}

// binNumber counts bins from the first one, or from where bin counts when every series has its own first one.
func (c *checker) binNumber(op *ast.MakeSeries, x plan.Expr, s *series) plan.Expr {
	if s.from != nil || !s.whole() {
		return &plan.Op{Name: "bin number", Args: []plan.Expr{x, s.origin(), s.step}, T: types.Long}
	}
	// Ticks of today are too many for a double: only a whole division finds the bin of the last tick in it.
	return &plan.Op{Name: "div lit", Args: []plan.Expr{c.builtinCall(op.Loc, "bin", x, s.step), s.step}, T: types.Long}
}

// whole reports whether axis and step are whole numbers, ticks among them.
func (s *series) whole() bool {
	part := func(t types.Type) bool { return t == types.Real || t == types.Decimal }
	return !part(s.axis.Type()) && !part(s.step.Type())
}

// origin is where bin 0 begins.
func (s *series) origin() plan.Expr {
	switch t := s.axis.Type(); {
	case s.from != nil:
		return s.from
	case !s.whole():
		return &plan.Lit{T: types.Real, V: 0.0}
	case t == types.Int:
		return number(0)
	default:
		return &plan.Lit{T: t, V: int64(0)}
	}
}

// ends names the aggregate that makes the arrays, by the sides on which each series has its own end.
func (s *series) ends() string {
	switch {
	case s.from == nil && s.to == nil:
		return "series own"
	case s.from == nil:
		return "series own first"
	case s.to == nil:
		return "series own last"
	}
	return "series"
}

// seriesEnds are where the first and the last bin begin, and the number behind the last bin where all series have the same.
func (c *checker) seriesEnds(op *ast.MakeSeries, s *series, outer *plan.Aggregate) (first, last, end plan.Expr) {
	own := func(agg string) plan.Expr {
		n := &plan.Col{Name: agg, Type: types.Long}
		outer.Aggs = append(outer.Aggs, plan.Agg{Col: n, Name: agg, Args: []plan.Expr{ref(s.bin.Col)}})
		if s.from == nil && s.whole() {
			return &plan.Op{Name: "mul", Args: []plan.Expr{ref(n), s.step}, T: s.origin().Type()} // the bin of a value, so it fits
		}
		return c.arithmetic(op.Loc, '+', s.origin(), c.arithmetic(op.Loc, '*', ref(n), s.step))
	}
	first, end = s.from, number(0)
	if s.from == nil {
		first = own("min")
	}
	switch {
	case s.to == nil:
		last = own("max")
	case s.from == nil && s.whole():
		tick := number(1)
		if s.axis.Type() == types.DateTime || s.axis.Type() == types.TimeSpan {
			tick = &plan.Lit{T: types.TimeSpan, V: int64(1)}
		}
		before := c.arithmetic(op.Loc, '-', s.to, tick)
		last = c.builtinCall(op.Loc, "bin", before, s.step)
		end = c.arithmetic(op.Loc, '+', c.binNumber(op, before, s), number(1))
	default:
		bounds := []plan.Expr{s.origin(), s.to, s.step}
		last = &plan.Op{Name: "bin last", Args: bounds, T: s.to.Type()}
		end = &plan.Op{Name: "bin count", Args: bounds, T: types.Long}
	}
	return first, last, end
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
	first, last, end := c.seriesEnds(op, &s, outer)
	for i, d := range defs {
		col := &plan.Col{Name: d.Col.Name, Type: types.Dynamic}
		args := []plan.Expr{ref(s.bin.Col), &plan.Cast{X: ref(d.Col), T: types.Dynamic}, end, &plan.Cast{X: defaults[i], T: types.Dynamic}}
		outer.Aggs = append(outer.Aggs, plan.Agg{Col: col, Name: s.ends(), Args: args})
		out.cols = append(out.cols, col)
	}
	name := derive(op.On)
	if n, ok := op.On.(*ast.Named); ok {
		name = n.Names[0].Text
	}
	axis := define(s.names.claim(name), c.builtinCall(op.Loc, "range", first, last, s.step))
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
