package check

import (
	"strconv"

	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// rel is a relation while it is being bound: its plan, and what a query sees of it. A nil *rel is one that already has a
// diagnostic; every operator passes it on.
type rel struct {
	node  plan.Node
	cols  []*plan.Col // visible, in order; names are unique
	order []plan.Key  // how the rows are sorted; nil when not
	row   *plan.Col   // number of the row in its order, when window functions have asked for it
	fresh bool        // row counts 1, 2, 3 without gaps
	part  []*plan.Col // inside partition and mv-apply: the columns that tell the parts apart
	carry []*plan.Col // hidden columns, constant in each part, to be had after it
	name  string      // table name for withsource; "" when it is not a plain table
	ser   bool        // rows are serialized: window functions are allowed
	table *plan.Scan  // the scan when nothing else was done yet

	missing []*plan.Col // in search and find: columns of the condition that other tables have, and this one has not
}

func (r *rel) copy() *rel {
	if r == nil {
		return nil
	}
	c := *r
	return &c
}

// then is r with another plan and the rest as it is.
func (r *rel) then(n plan.Node) *rel {
	c := *r
	c.node = n
	c.table = nil
	c.name = ""
	return &c
}

func (r *rel) column(name string) *plan.Col {
	for _, c := range r.cols {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func (r *rel) names() []string {
	if r == nil {
		return nil
	}
	out := make([]string, len(r.cols))
	for i, c := range r.cols {
		out[i] = c.Name
	}
	return out
}

// hidden lists columns that are not seen and yet needed later: sort keys, parts, what is carried.
func (r *rel) hidden() []*plan.Col {
	seen := plan.Set{}
	for _, c := range r.cols {
		seen[c] = true
	}
	var out []*plan.Col
	add := func(c *plan.Col) {
		if c != nil && !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	for _, k := range r.order {
		plan.Walk(k.X, func(x plan.Expr) bool {
			if ref, ok := x.(*plan.Ref); ok {
				add(ref.Col)
			}
			return true
		})
	}
	for _, c := range r.part {
		add(c)
	}
	for _, c := range r.carry {
		add(c)
	}
	return out
}

// clone is the same relation with columns of its own, for a second use in the same query.
func (r *rel) clone() *rel {
	if r == nil {
		return nil
	}
	node, to := plan.Clone(r.node)
	out := *r
	out.node = node
	pick := func(cols []*plan.Col) []*plan.Col {
		list := make([]*plan.Col, len(cols))
		for i, c := range cols {
			list[i] = to[c]
		}
		return list
	}
	out.cols, out.part, out.carry = pick(r.cols), pick(r.part), pick(r.carry)
	out.row = to[r.row]
	out.order = nil
	for _, k := range r.order {
		x := plan.Map(k.X, func(x plan.Expr) plan.Expr {
			if ref, ok := x.(*plan.Ref); ok && to[ref.Col] != nil {
				return &plan.Ref{Col: to[ref.Col]}
			}
			return nil
		})
		out.order = append(out.order, plan.Key{X: x, Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	if scan, ok := node.(*plan.Scan); ok {
		out.table = scan
	}
	return &out
}

func cteName(n int) string { return "shared" + strconv.Itoa(n) }

// output is the relation as a result table. Rows that serialize put in an order of their own come in it.
func (r *rel) output(name string) plan.Output {
	order := r.order
	if len(order) == 0 && r.ser && r.row != nil {
		order = r.rowOrder()
	}
	return plan.Output{Name: name, Plan: r.node, Cols: r.cols, Order: order}
}

// extend adds computed columns without showing them.
func (r *rel) extend(defs ...plan.Def) *rel {
	if len(defs) == 0 {
		return r
	}
	n := r.then(&plan.Extend{In: r.node, Defs: defs})
	return n
}

// refsOf makes references of columns.
func refsOf(cols []*plan.Col) []plan.Expr {
	out := make([]plan.Expr, len(cols))
	for i, c := range cols {
		out[i] = &plan.Ref{Col: c}
	}
	return out
}

func ref(c *plan.Col) plan.Expr { return &plan.Ref{Col: c} }

// number is the constant long n.
func number(n int64) plan.Expr { return &plan.Lit{T: types.Long, V: n} }

func str(s string) plan.Expr { return &plan.Lit{T: types.String, V: s} }

// col makes the column that holds an expression.
func col(name string, x plan.Expr) *plan.Col {
	t := x.Type()
	if t == types.Null {
		t = types.Dynamic
	}
	return &plan.Col{Name: name, Type: t, NotNull: x.NotNull()}
}

// size counts the operators of the plan, for the limit.
func (r *rel) size() int {
	if r == nil {
		return 1
	}
	n := 0
	plan.Visit(r.node, func(plan.Node) { n++ })
	return n
}
