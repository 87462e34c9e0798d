package check

import (
	"slices"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// expanded is a column of mv-expand or mv-apply while it is bound.
type expanded struct {
	name string
	x    plan.Expr
	to   types.Type // Dynamic when no type was written
	elem *plan.Col  // the element as it comes
	out  *plan.Col  // the element in its type
}

func (c *checker) mvExpand(sc *scope, r *rel, op *ast.MvExpand) *rel {
	items := c.expandItems(sc, r, op.Columns)
	if items == nil {
		return nil
	}
	limit := op.Limit
	var n plan.Expr
	switch {
	case limit != nil:
		n = c.rowCount(sc, limit)
	case op.Keyword == "mvexpand":
		n = number(128)
	}
	out, _ := c.expand(r, items, op.ItemIndex, n, op.Kind == "array")
	return out
}

func (c *checker) expandItems(sc *scope, r *rel, columns []*ast.ExpandColumn) []*expanded {
	var items []*expanded
	names := newNames()
	e := &env{sc: sc, rel: r}
	for _, ec := range columns {
		x := ec.X
		n, named := x.(*ast.Named)
		if named {
			x = n.X
		}
		it := &expanded{x: c.expr(e, x), to: types.Dynamic}
		switch {
		case named:
			it.name = n.Names[0].Text
		default:
			it.name = derive(x)
		}
		if it.name == "" {
			it.name = names.column()
		}
		if ec.To != nil && ec.To.Type != nil {
			it.to = c.typeRef(ec.To.Type)
		}
		switch t := it.x.Type(); {
		case t == types.Dynamic:
		case t.Open():
			it.x = &plan.Lit{T: types.Dynamic}
		default:
			c.failHint(x.Span(), "parse_json(…) reads text that holds JSON", "not-dynamic", "a %s has no elements to expand", t)
			return nil
		}
		items = append(items, it)
	}
	return items
}

// expand makes the plan of an mv-expand and shows the elements in place of the columns of the same names, else behind them.
func (c *checker) expand(r *rel, items []*expanded, index *ast.Name, limit plan.Expr, pairs bool) (*rel, []*expanded) {
	node := &plan.Expand{In: r.node, Limit: limit}
	var defs []plan.Def
	cols := slices.Clone(r.cols)
	for _, it := range items {
		it.elem = &plan.Col{Name: it.name, Type: types.Dynamic}
		_, _, instants := plan.InstantsOf(it.x)
		if instants = instants && it.to == types.DateTime; instants {
			it.elem.Type = types.DateTime
		}
		it.out = it.elem
		node.Items = append(node.Items, plan.Item{X: it.x, Col: it.elem, Pairs: pairs, Instants: instants})
		if instants {
			// the elements are what they are to be
		} else if it.to != types.Dynamic && it.to != types.Unknown {
			it.out = &plan.Col{Name: it.name, Type: it.to}
			defs = append(defs, plan.Def{Col: it.out, X: element(it.elem, it.to)})
		}
		if i := slices.IndexFunc(cols, func(o *plan.Col) bool { return o.Name == it.name }); i >= 0 {
			cols[i] = it.out
		} else {
			cols = append(cols, it.out)
		}
	}
	if index != nil {
		node.Index = &plan.Col{Name: index.Text, Type: types.Long, NotNull: true, Bits: 40}
		cols = append(slices.DeleteFunc(cols, func(o *plan.Col) bool { return o.Name == index.Text }), node.Index)
	}
	out := r.then(node)
	out.row, out.fresh = nil, false
	out = out.extend(defs...)
	out.cols = cols
	return out, items
}

// element is an element in the type that typeof asks for. It is cast and not parsed: a text is no number, even "5". Instants,
// timespans and GUIDs are texts in JSON and are read from them.
func element(col *plan.Col, t types.Type) plan.Expr {
	var x plan.Expr = &plan.Cast{X: ref(col), T: t}
	fits := ""
	switch {
	case t == types.Real:
		fits = "json real"
	case t.Numeric():
		fits = "json number"
	case t == types.Bool:
		fits = "json bool"
	default:
		return x
	}
	is := &plan.Op{Name: fits, Args: []plan.Expr{ref(col)}, T: types.Bool}
	return &plan.Case{When: []plan.Expr{is}, Then: []plan.Expr{x}, Else: &plan.Lit{T: t}, T: t}
}
