package check

import (
	"slices"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
)

// nesting binds a top-nested operator from the outermost level in: each level aggregates the rows whose outer values were
// kept, ranks within its parent, and is joined to it.
type nesting struct {
	c     *checker
	sc    *scope
	in    *rel
	names *names
	used  bool // in was read already
	rest  bool // a level above has a row for all other values
}

func (c *checker) topNested(sc *scope, r *rel, op *ast.TopNested) *rel {
	n := &nesting{c: c, sc: sc, in: r, names: newNames()}
	var parent *rel
	for i, l := range op.Levels {
		level := n.level(op.Levels[:i+1], l, parent)
		if level == nil {
			return nil
		}
		if parent == nil {
			parent = level
		} else {
			parent = n.nest(parent, level, i)
		}
		n.rest = n.rest || l.Others != nil
	}
	parent.order, parent.part, parent.carry = nil, r.part, r.carry
	return parent
}

// rows is the input, for one more use.
func (n *nesting) rows() *rel {
	if !n.used {
		n.used = true
		return n.in.copy()
	}
	return n.in.clone()
}

// level aggregates by the values of all levels so far and keeps the largest within each parent. Its columns are the outer
// values, its own, and the aggregate.
func (n *nesting) level(outer []*ast.TopNestedLevel, l *ast.TopNestedLevel, parent *rel) *rel {
	r := n.rows()
	keys := n.keys(r, outer)
	if keys == nil {
		return nil
	}
	name := "aggregated_" + keys[len(keys)-1].Col.Name
	if by, ok := l.By.X.(*ast.Named); ok {
		name = by.Names[0].Text
	}
	n.names.used[keys[len(keys)-1].Col.Name] = true
	name = n.names.claim(name)
	out := n.aggregate(r, keys, l, name)
	value := out.cols[len(out.cols)-1]
	out.order = []plan.Key{sortKey(l.By, ref(value))}
	out.part = nil
	for _, k := range keys[:len(keys)-1] {
		out.part = append(out.part, k.Col)
	}
	if l.Count != nil {
		out = n.c.limit(out, n.c.rowCount(n.sc, l.Count))
	}
	out.part, out.order = nil, nil
	if l.Others == nil {
		return out
	}
	return n.others(outer, l, name, out, parent)
}

// keys binds the values of the levels.
func (n *nesting) keys(r *rel, levels []*ast.TopNestedLevel) []plan.Def {
	e := &env{sc: n.sc, rel: r}
	own := newNames()
	var keys []plan.Def
	for _, o := range levels {
		for _, d := range n.c.item(e, o.Of, own, columnName) {
			n.c.needsScalar(o.Of.Span(), d.X, "counted")
			keys = append(keys, d)
		}
	}
	if len(keys) != len(levels) {
		return nil
	}
	return keys
}

// aggregate computes a level's aggregate by keys.
func (n *nesting) aggregate(r *rel, keys []plan.Def, l *ast.TopNestedLevel, name string) *rel {
	a := &aggs{order: r.rowOrder()}
	x := l.By.X
	if by, ok := x.(*ast.Named); ok {
		x = by.X
	}
	v := n.c.expr(&env{sc: n.sc, rel: r, aggs: a}, x)
	n.c.onlyAggregates(x.Span(), v, a, keys)
	return n.c.group(r, keys, a, []plan.Def{a.show(name, v)})
}

// others adds to a level, for each parent, one row for all the values that were not kept.
func (n *nesting) others(outer []*ast.TopNestedLevel, l *ast.TopNestedLevel, name string, kept, parent *rel) *rel {
	c := n.c
	cte := c.cte(kept)
	kept, shadow := readCTE(cte, kept), readCTE(cte, kept)
	r := n.in.clone()
	keys := n.keys(r, outer)
	r = r.extend(keys...)
	r = semiJoin(r, shadow, pairs(keys, shadow), plan.Anti, r)
	last := len(keys) - 1
	if parent != nil {
		p := parent.clone()
		r = semiJoin(r, p, pairs(keys[:last], p), plan.Semi, r)
	}
	held := make([]plan.Def, last)
	for i := range held {
		held[i] = plan.Def{Col: keys[i].Col, X: ref(keys[i].Col)}
	}
	rest := n.aggregate(r, held, l, name)
	label := c.coerce(l.Others.Span(), c.expr(&env{sc: n.sc}, l.Others), keys[last].Col.Type)
	d := plan.Def{Col: &plan.Col{Name: keys[last].Col.Name, Type: keys[last].Col.Type}, X: label}
	cols := slices.Insert(slices.Clone(rest.cols), last, d.Col)
	rest = rest.extend(d)
	rest.cols = cols
	for i, col := range rest.cols {
		if col.Type != kept.cols[i].Type {
			col.Type = kept.cols[i].Type
		}
	}
	return c.unite([]*rel{kept, rest}, "", false)
}

// pairs makes join keys of the levels' values and the columns of the same names.
func pairs(keys []plan.Def, other *rel) [][2]plan.Expr {
	var on [][2]plan.Expr
	for _, k := range keys {
		on = append(on, [2]plan.Expr{ref(k.Col), ref(other.column(k.Col.Name))})
	}
	return on
}

// nest joins a level to its parents. A parent row for all other values has no level below.
func (n *nesting) nest(parent, level *rel, depth int) *rel {
	var on [][2]plan.Expr
	keys := level.cols[:depth]
	for _, k := range keys {
		on = append(on, [2]plan.Expr{ref(parent.column(k.Name)), ref(k)})
	}
	kind := plan.Inner
	if n.rest {
		kind = plan.LeftOuter
	}
	return n.c.pair(parent, level, on, kind, level.cols[depth:])
}
