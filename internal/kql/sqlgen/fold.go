package sqlgen

import (
	"passtrail/internal/kql/plan"
)

// foldState says how the body of a fold reads the state before a row: from constants at the first row, from the row
// before at all others.
type foldState struct {
	fold  *plan.Fold
	self  string // alias of the relation itself; "" at the first row
	name  string
	names map[*plan.Col]string
}

// fold writes a fold as a recursive relation: the first row of each part, then each next row beside the state before it.
func (g *gen) fold(cte *plan.CTE, f *plan.Fold, need plan.Set) string {
	all := clone(need)
	for _, c := range append(append([]*plan.Col{f.Row}, f.Part...), f.Next...) {
		all[c] = true
	}
	cols, names := cteCols(cte, all)
	st := &foldState{fold: f, name: cte.Name, names: map[*plan.Col]string{}}
	for i, c := range cols {
		st.names[c] = names[i]
	}
	outer := g.folding
	defer func() { g.folding = outer }()
	g.folding = st
	first := g.foldPart(f, all, cols, names)
	st.self = g.alias("f")
	return cte.Name + " AS (" + first + " UNION ALL " + g.foldPart(f, all, cols, names) + ")"
}

// foldPart writes one half, with types said, as the halves must agree.
func (g *gen) foldPart(f *plan.Fold, need plan.Set, cols []*plan.Col, names []string) string {
	b := g.node(f.Body, clone(need))
	list := make([]string, len(cols))
	for i, c := range cols {
		list[i] = "CAST(" + b.cols[c].s + " AS " + g.d.Types[c.Type] + ") AS " + identifier(names[i])
	}
	return b.statement(list)
}

// foldRow reads the rows of a fold beside the state before each.
func (g *gen) foldRow(n *plan.FoldRow, need plan.Set) *block {
	f, st := n.Of, g.folding
	in := plan.Set{f.Row: true}
	for c := range need {
		in[c] = true
	}
	for _, c := range f.Part {
		in[c] = true
	}
	for _, c := range f.Prev {
		delete(in, c)
	}
	b := g.wrap(g.node(f.In, in), in)
	if st.self == "" {
		for i, c := range f.Prev {
			b.cols[c] = g.alone(f.Init[i])
		}
		b.where = append(b.where, b.cols[f.Row].s+" = 1")
		b.alias = ""
		return b
	}
	on := b.cols[f.Row].s + " = " + st.self + "." + identifier(st.names[f.Row]) + " + 1"
	for _, c := range f.Part {
		on += " AND " + b.cols[c].s + " IS NOT DISTINCT FROM " + st.self + "." + identifier(st.names[c])
	}
	b.from = st.name + " AS " + st.self + " JOIN " + b.from + " ON " + on
	b.alias = ""
	for i, c := range f.Prev {
		b.cols[c] = sql{s: st.self + "." + identifier(st.names[f.Next[i]]), prec: precAtom}
	}
	return b
}
