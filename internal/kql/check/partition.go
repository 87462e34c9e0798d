package check

import (
	"slices"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// maxParts is the most values of the key that a partition may have whose body cannot run over all parts at once.
const maxParts = 64

var strategies = []string{"native", "shuffle", "legacy"}

// partition runs the body over the rows of each value of a column, all of them at once as in mvApply.
func (c *checker) partition(sc *scope, r *rel, op *ast.Partition) *rel {
	if strategy := op.Strategy(); strategy != "" && !slices.Contains(strategies, strategy) {
		c.failHint(op.Loc, "native, shuffle or legacy", "bad-parameter", "there is no strategy %s", strategy)
		return nil
	}
	if readsOthers(op.Body) {
		return c.partitionEach(sc, r, op)
	}
	key := c.expr(&env{sc: sc, rel: r}, op.By)
	c.needsScalar(op.By.Span(), key, "partitioned by")
	in := r.then(r.node)
	keyCol, ok := key.(*plan.Ref)
	if !ok {
		d := plan.Def{Col: col("part", key), X: key}
		in = r.extend(d)
		keyCol = &plan.Ref{Col: d.Col}
	}
	in.part = append(slices.Clone(r.part), keyCol.Col)
	in.carry = r.carry
	in.ser = true
	out := c.subPipeline(sc, op.Body, in)
	if out == nil {
		return nil
	}
	res := out.then(out.node)
	res.part, res.carry, res.order, res.row = carriedAs(out, in, r.part), carriedAs(out, in, r.carry), nil, nil
	return res
}

// readsOthers reports whether a body has to be bound for each part: it names its own table, or it has operators that bring
// in rows of others or name the part's rows for later.
func readsOthers(body *ast.Pipeline) bool {
	found := body.Source != nil
	ast.Walk(body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.As, *ast.Join, *ast.Lookup, *ast.Union, *ast.Evaluate:
			found = true
		}
		return !found
	})
	return found
}

// partitionEach asks for the values of the key, binds the body for each and appends the answers. A body with a table of its
// own sees the value under the key's name.
func (c *checker) partitionEach(sc *scope, r *rel, op *ast.Partition) *rel {
	key, ok := c.expr(&env{sc: sc, rel: r}, op.By).(*plan.Ref)
	if !ok {
		c.fail(op.By.Span(), "bad-argument", "a column is needed here")
		return nil
	}
	c.needsScalar(op.By.Span(), key, "partitioned by")
	if s := op.Strategy(); op.Body.Source != nil && s != "" && s != "legacy" {
		c.failHint(op.Body.Source.Span(), "hint.strategy=legacy", "bad-parameter", "with the strategy %s the body runs over the rows of each part and names no table", s)
		return nil
	}
	if len(r.part) > 0 {
		c.unsupported(op.Loc, "this partition in a sub-pipeline", "its body reads other rows than those of the part")
		return nil
	}
	values, ok := c.partValues(r, op, key)
	if !ok {
		return nil
	}
	var legs []*rel
	cte := c.cte(r)
	for _, v := range values {
		leg := c.partLeg(sc, r, cte, op, key, v)
		if leg == nil || c.diags.HasErrors() {
			return nil
		}
		legs = append(legs, leg)
	}
	if len(legs) == 0 { // no rows; the body says the columns
		leg := c.partLeg(sc, r, cte, op, key, &plan.Lit{T: key.Col.Type, V: emptyOf(key.Col.Type)})
		if leg == nil {
			return nil
		}
		leg.node = &plan.Filter{In: leg.node, Pred: &plan.Lit{T: types.Bool, V: false}}
		return leg
	}
	return c.unite(legs, "", false)
}

// partLeg binds the body for one value of the key.
func (c *checker) partLeg(sc *scope, r *rel, cte *plan.CTE, op *ast.Partition, key *plan.Ref, v plan.Expr) *rel {
	inner := child(sc)
	var in *rel
	if op.Body.Source == nil {
		in = readCTE(cte, r)
		in.ser = r.ser
		at := ref(in.cols[slices.Index(r.cols, key.Col)])
		same := &plan.Op{Name: "same", Args: []plan.Expr{at, v}, T: types.Bool, Never: true}
		in = in.then(&plan.Filter{In: in.node, Pred: same})
	} else if n, ok := ast.Unparen(op.By).(*ast.Name); ok {
		inner.names[n.Text] = &binding{name: n.Text, scalar: v}
	}
	c.inner++
	defer func() { c.inner-- }()
	return c.pipeline(inner, op.Body, in)
}

// partValues asks for the values of the key, as constants.
func (c *checker) partValues(r *rel, op *ast.Partition, key *plan.Ref) ([]plan.Expr, bool) {
	if c.diags.HasErrors() {
		return nil, false
	}
	if c.o.Sample == nil {
		c.failHint(op.Loc, "a body without a table, join, union, as or evaluate can be judged alone", "needs-data", "what this partition does depends on the data")
		return nil, false
	}
	copied := r.clone()
	t := key.Col.Type
	var x plan.Expr = ref(copied.cols[slices.Index(r.cols, key.Col)])
	cast := t == types.Guid || t == types.Decimal
	if cast {
		x = text(x)
	}
	group := &plan.Aggregate{In: copied.node, Keys: []plan.Def{define("key", x)}}
	col := group.Keys[0].Col
	rows, err := c.o.Sample(plan.Output{Name: "parts", Plan: &plan.Limit{In: group, N: number(maxParts + 1)}, Cols: []*plan.Col{col}, Order: []plan.Key{{X: ref(col)}}})
	if err != nil {
		c.failed = err
		return nil, false
	}
	if len(rows) > maxParts {
		c.failHint(op.By.Span(), "filter before, or leave out what brings in other rows", codeTooLarge, "the key has more than %d values, and the body reads other rows than those of the part", maxParts)
		return nil, false
	}
	var out []plan.Expr
	for _, row := range rows {
		out = append(out, partValue(row[0], t, cast))
	}
	return out, true
}

// partValue is a value of a key as a constant.
func partValue(v any, t types.Type, cast bool) plan.Expr {
	switch n := v.(type) {
	case int32:
		v = int64(n)
	case string:
		if cast && n != "" {
			return &plan.Cast{X: str(n), T: t}
		}
		if cast {
			v = nil
		}
	}
	return &plan.Lit{T: t, V: v}
}
