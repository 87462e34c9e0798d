package plan

// Clone copies a relation with columns of its own, so that it can be read a second time in the same query. The map says
// which column stands for which. Relations that are computed once stay so.
func Clone(n Node) (Node, map[*Col]*Col) {
	c := cloner{}
	return c.node(n), c
}

type cloner map[*Col]*Col

func (c cloner) col(x *Col) *Col {
	if x == nil {
		return nil
	}
	if y, ok := c[x]; ok {
		return y
	}
	y := *x
	c[x] = &y
	return &y
}

func (c cloner) cols(xs []*Col) []*Col {
	out := make([]*Col, len(xs))
	for i, x := range xs {
		out[i] = c.col(x)
	}
	return out
}

func (c cloner) node(n Node) Node {
	switch n := n.(type) {
	case *Scan:
		return &Scan{Table: n.Table, Cols: c.cols(n.Cols)}
	case *Values:
		return &Values{Cols: c.cols(n.Cols), Rows: n.Rows}
	case *Range:
		return &Range{Col: c.col(n.Col), From: n.From, To: n.To, Step: n.Step}
	case *Filter:
		return &Filter{In: c.node(n.In), Pred: c.expr(n.Pred)}
	case *Extend:
		return &Extend{In: c.node(n.In), Defs: c.defs(n.Defs)}
	case *Limit:
		return &Limit{In: c.node(n.In), N: n.N, Order: c.keys(n.Order)}
	case *Aggregate:
		return c.aggregate(n)
	case *First:
		return &First{In: c.node(n.In), Keys: c.exprs(n.Keys), Order: c.keys(n.Order)}
	case *Combine:
		return c.combine(n)
	case *Union:
		return c.union(n)
	case *Expand:
		out := &Expand{In: c.node(n.In), Index: c.col(n.Index), Limit: n.Limit}
		for _, i := range n.Items {
			out.Items = append(out.Items, Item{X: c.expr(i.X), Col: c.col(i.Col), Pairs: i.Pairs, Instants: i.Instants})
		}
		return out
	case *Shared:
		return &Shared{CTE: n.CTE, Cols: c.cols(n.Cols)}
	case *RowNumber:
		return &RowNumber{In: c.node(n.In), Col: c.col(n.Col), Order: c.keys(n.Order)}
	}
	return n
}

func (c cloner) aggregate(n *Aggregate) Node {
	out := &Aggregate{In: c.node(n.In), Keys: c.defs(n.Keys), Carry: c.cols(n.Carry)}
	for _, a := range n.Aggs {
		out.Aggs = append(out.Aggs, Agg{Col: c.col(a.Col), Row: a.Row, Name: a.Name, Args: c.exprs(a.Args), Order: c.keys(a.Order)})
	}
	return out
}

func (c cloner) combine(n *Combine) Node {
	out := &Combine{Kind: n.Kind, L: c.node(n.L), R: c.node(n.R)}
	for _, on := range n.On {
		out.On = append(out.On, [2]Expr{c.expr(on[0]), c.expr(on[1])})
	}
	for _, m := range n.LOut {
		out.LOut = append(out.LOut, Rename{c.col(m.From), c.col(m.To)})
	}
	for _, m := range n.ROut {
		out.ROut = append(out.ROut, Rename{c.col(m.From), c.col(m.To)})
	}
	return out
}

func (c cloner) union(n *Union) Node {
	out := &Union{Cols: c.cols(n.Cols)}
	for _, l := range n.Legs {
		out.Legs = append(out.Legs, Leg{In: c.node(l.In), X: c.exprs(l.X)})
	}
	return out
}

func (c cloner) defs(ds []Def) []Def {
	out := make([]Def, len(ds))
	for i, d := range ds {
		out[i] = Def{Col: c.col(d.Col), X: c.expr(d.X)}
	}
	return out
}

func (c cloner) keys(ks []Key) []Key {
	out := make([]Key, len(ks))
	for i, k := range ks {
		out[i] = Key{X: c.expr(k.X), Desc: k.Desc, NullsFirst: k.NullsFirst}
	}
	return out
}

func (c cloner) exprs(xs []Expr) []Expr {
	out := make([]Expr, len(xs))
	for i, x := range xs {
		out[i] = c.expr(x)
	}
	return out
}

// expr copies an expression. A column that is not of the copied relation stays itself.
func (c cloner) expr(x Expr) Expr {
	return Map(x, func(x Expr) Expr {
		if r, ok := x.(*Ref); ok {
			if y, ok := c[r.Col]; ok {
				return &Ref{Col: y}
			}
		}
		return nil
	})
}

// Map copies an expression with some of its parts replaced: what replace returns stands in place of its argument, and
// where it returns nil the parts of that expression are mapped.
func Map(x Expr, replace func(Expr) Expr) Expr {
	if x == nil {
		return nil
	}
	if y := replace(x); y != nil {
		return y
	}
	all := func(xs []Expr) []Expr {
		out := make([]Expr, len(xs))
		for i, a := range xs {
			out[i] = Map(a, replace)
		}
		return out
	}
	switch x := x.(type) {
	case *Call:
		return &Call{Row: x.Row, Args: all(x.Args), T: x.T}
	case *Op:
		return &Op{Name: x.Name, Args: all(x.Args), T: x.T, Never: x.Never}
	case *Cast:
		return &Cast{X: Map(x.X, replace), T: x.T}
	case *Logic:
		return &Logic{Or: x.Or, Args: all(x.Args)}
	case *Compare:
		return &Compare{Op: x.Op, L: Map(x.L, replace), R: Map(x.R, replace)}
	case *Path:
		out := &Path{X: Map(x.X, replace), Steps: append([]Step{}, x.Steps...)}
		for i, s := range out.Steps {
			out.Steps[i].X = Map(s.X, replace)
		}
		return out
	case *Case:
		return &Case{When: all(x.When), Then: all(x.Then), Else: Map(x.Else, replace), T: x.T}
	case *InQuery:
		return &InQuery{X: Map(x.X, replace), Plan: x.Plan, Col: x.Col, Not: x.Not, Fold: x.Fold}
	case *Window:
		out := &Window{Name: x.Name, Args: all(x.Args), Partition: all(x.Partition), T: x.T, Never: x.Never}
		for _, k := range x.Order {
			out.Order = append(out.Order, Key{X: Map(k.X, replace), Desc: k.Desc, NullsFirst: k.NullsFirst})
		}
		return out
	}
	return x
}
