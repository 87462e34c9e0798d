package check

import (
	"slices"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// mvApply expands each row and runs the body over its elements. The body is bound once, over all rows together: a hidden
// row number tells the parts apart, grouping operators group by it, and the input's columns are carried along. So there
// is no sub-query per row.
func (c *checker) mvApply(sc *scope, r *rel, op *ast.MvApply) *rel {
	items := c.expandItems(sc, r, op.Columns)
	if items == nil {
		return nil
	}
	var limit plan.Expr
	if op.Limit != nil {
		limit = c.rowCount(sc, op.Limit)
	}
	id := &plan.Col{Name: "part", Type: types.Long, NotNull: true, Bits: 40}
	numbered := r.then(&plan.RowNumber{In: r.node, Col: id, Order: nil})
	in, _ := c.expand(numbered, items, op.ItemIndex, limit, false)
	replaced := func(name string) bool {
		return slices.ContainsFunc(items, func(it *expanded) bool { return it.name == name })
	}
	var kept []*plan.Col
	for _, col := range r.cols {
		if !replaced(col.Name) {
			kept = append(kept, col)
		}
	}
	in.part = []*plan.Col{id}
	in.carry = append(append([]*plan.Col{}, kept...), r.hidden()...)
	in.order, in.ser = nil, true
	out := c.subPipeline(sc, op.Body, in)
	if out == nil {
		return nil
	}
	return c.leaveParts(out, in, r, kept)
}

// carriedAs are the columns that stand behind a sub-pipeline for hidden columns before it: operators that read their rows
// from a relation of their own give them anew, in the same order.
func carriedAs(out, in *rel, cols []*plan.Col) []*plan.Col {
	var now []*plan.Col
	for _, col := range cols {
		if i := slices.Index(in.part, col); i >= 0 {
			now = append(now, out.part[i])
		} else if i := slices.Index(in.carry, col); i >= 0 {
			now = append(now, out.carry[i])
		} else {
			now = append(now, col)
		}
	}
	return now
}

// subPipeline binds the body of mv-apply, partition and their kin.
func (c *checker) subPipeline(sc *scope, body *ast.Pipeline, in *rel) *rel {
	if body == nil {
		return in
	}
	if body.Source != nil {
		c.unsupported(body.Source.Span(), "a table at the head of a sub-pipeline", "it runs over the rows it is given")
		return nil
	}
	c.inner++
	defer func() { c.inner-- }()
	out := c.pipeline(child(sc), body, in)
	if out == nil {
		return nil
	}
	if len(out.part) != len(in.part) || len(out.carry) != len(in.carry) {
		c.unsupported(body.Loc, "this operator in a sub-pipeline", "it mixes the rows of different parts")
		return nil
	}
	return out
}

// leaveParts shows the input's columns, the first that in carries, before the body's and forgets the parts.
func (c *checker) leaveParts(out, in, r *rel, kept []*plan.Col) *rel {
	res := &rel{node: out.node, part: carriedAs(out, in, r.part), carry: carriedAs(out, in, r.carry)}
	used := map[string]bool{}
	for i, col := range kept {
		show := out.carry[i]
		if b := out.column(col.Name); b != nil {
			show = b
		}
		used[col.Name] = true
		res.cols = append(res.cols, show)
	}
	for _, col := range out.cols {
		if !used[col.Name] {
			res.cols = append(res.cols, col)
		}
	}
	return res
}
