package check

import (
	"strconv"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

var dotNet = map[types.Type]string{types.Bool: "System.SByte", types.Int: "System.Int32", types.Long: "System.Int64", types.Real: "System.Double",
	types.Decimal: "System.Data.SqlTypes.SqlDecimal", types.String: "System.String", types.DateTime: "System.DateTime", types.TimeSpan: "System.TimeSpan",
	types.Guid: "System.Guid", types.Dynamic: "System.Object"}

func (c *checker) getSchema(r *rel) *rel {
	v := &plan.Values{Cols: []*plan.Col{
		{Name: "ColumnName", Type: types.String}, {Name: "ColumnOrdinal", Type: types.Long, NotNull: true}, {Name: "DataType", Type: types.String}, {Name: "ColumnType", Type: types.String}}}
	for i, col := range r.cols {
		v.Rows = append(v.Rows, []plan.Expr{str(col.Name), number(int64(i)), str(dotNet[col.Type]), str(col.Type.String())})
	}
	return &rel{node: v, cols: v.Cols}
}

// as names the table for what follows.
func (c *checker) as(sc *scope, r *rel, op *ast.As) *rel {
	cte := c.cte(r)
	sc.names[op.Name.Text] = &binding{name: op.Name.Text, table: func(at diag.Span) *rel {
		if len(r.part) > 0 {
			c.unsupported(at, op.Name.Text+" inside mv-apply", "it would be the rows of all elements, not those of one row")
			return nil
		}
		return readCTE(cte, r)
	}}
	out := r.then(r.node)
	out.name = op.Name.Text
	return out
}

func (c *checker) sampleOp(sc *scope, r *rel, op *ast.Sample) *rel {
	n := c.rowCount(sc, op.Count)
	key := plan.Key{X: &plan.Op{Name: "random", T: types.Real, Never: true}}
	return r.then(&plan.Limit{In: r.node, N: n, Order: []plan.Key{key}})
}

func (c *checker) sampleDistinct(sc *scope, r *rel, op *ast.SampleDistinct) *rel {
	n := c.rowCount(sc, op.Count)
	names := newNames()
	keys := c.item(&env{sc: sc, rel: r}, op.Of, names, columnName)
	for _, k := range keys {
		c.needsScalar(op.Of.Span(), k.X, "compared")
	}
	out := c.group(r, keys, &aggs{}, nil)
	return c.limit(out, n)
}

// fork binds each branch as a result of its own.
func (c *checker) fork(sc *scope, r *rel, op *ast.Fork) *rel {
	if c.inner > 0 || len(r.part) > 0 {
		c.unsupported(op.Loc, "fork inside a sub-pipeline", "it yields several tables")
		return nil
	}
	var out []plan.Output
	for i, b := range op.Branches {
		c.inner++
		branch := c.pipeline(child(sc), b.Body, r.then(r.node))
		c.inner--
		if branch == nil {
			continue
		}
		name := "Table_" + strconv.Itoa(i+1)
		if last, ok := lastOperator(b.Body).(*ast.As); ok {
			name = last.Name.Text
		}
		if b.Name != nil {
			name = b.Name.Text
		}
		out = append(out, branch.output(name))
	}
	c.more = out
	return r
}

func lastOperator(p *ast.Pipeline) ast.Operator {
	if p == nil || len(p.Operators) == 0 {
		return nil
	}
	return p.Operators[len(p.Operators)-1]
}

// facet yields the rows that "with" makes, and then the values of each column with their counts.
func (c *checker) facet(sc *scope, r *rel, op *ast.Facet) *rel {
	if c.inner > 0 || len(r.part) > 0 {
		c.unsupported(op.Loc, "facet inside a sub-pipeline", "it yields several tables")
		return nil
	}
	var out []plan.Output
	if op.With != nil {
		c.inner++
		if with := c.pipeline(child(sc), op.With, r.then(r.node)); with != nil {
			out = append(out, with.output("Rows"))
		}
		c.inner--
	}
	for _, by := range op.By {
		keys := c.item(&env{sc: sc, rel: r}, by, newNames(), columnName)
		for _, k := range keys {
			c.needsScalar(by.Span(), k.X, "grouped")
			a := &aggs{}
			n := a.add("count_"+k.Col.Name, types.Long, true, plan.Agg{Name: "count"})
			g := c.group(r, []plan.Def{k}, a, []plan.Def{a.show("count_"+k.Col.Name, n)})
			out = append(out, g.output(k.Col.Name))
		}
	}
	c.more = out
	return r
}

// invoke calls a user's function with the rows as its first argument.
func (c *checker) invoke(sc *scope, r *rel, op *ast.Invoke) *rel {
	b := sc.lookup(op.Call.Name.Text)
	if b == nil || b.fn == nil || len(b.fn.decl.Params) == 0 || b.fn.decl.Params[0].Type != nil {
		c.failHint(op.Call.Name.Loc, "define it with let, its first parameter a table: (T:(*), …) { … }", "unknown-function", "there is no function %s that takes a table", op.Call.Name.Text)
		return nil
	}
	out, _ := c.callFunction(&env{sc: sc, rel: r}, op.Loc, b.fn, op.Call.Args, r)
	return out
}

// topHitters sums or counts for each value and keeps the largest.
func (c *checker) topHitters(sc *scope, r *rel, op *ast.TopHitters) *rel {
	names := newNames()
	e := &env{sc: sc, rel: r}
	keys := c.item(e, op.Of, names, columnName)
	for _, k := range keys {
		c.needsScalar(op.Of.Span(), k.X, "counted")
	}
	a := &aggs{}
	name := "approximate_count_" + derive(op.Of)
	var v plan.Expr
	if op.By != nil {
		name = "approximate_sum_" + derive(op.By)
		v = c.aggregateCall(&env{sc: sc, rel: r, aggs: a}, &ast.Call{At: ast.At{Loc: op.By.Span()}, Name: &ast.Name{Text: "sum"}, Args: []ast.Expr{op.By}})
	} else {
		v = a.add(name, types.Long, true, plan.Agg{Name: "count"})
	}
	d := a.show(names.claim(name), v)
	out := c.group(r, keys, a, []plan.Def{d})
	out.order = []plan.Key{{X: ref(d.Col), Desc: true}}
	return c.limit(out, c.rowCount(sc, op.Count))
}
