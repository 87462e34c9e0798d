package check

import (
	"slices"

	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// session binds row_window_session: the instant at which the row's session began. A new one begins when as much time has
// passed as given since the first row of it, or since the row before, and with the row behind one without an instant, whose
// own session is null. That needs a state, so the rows become a [plan.Fold]; its
// columns are the same ones, since expressions that are bound already read them.
func (w *windows) session(args []plan.Expr, over overFunc) plan.Expr {
	at := w.add(plan.Def{Col: &plan.Col{Name: "at", Type: types.DateTime}, X: args[0]})
	longest := w.add(plan.Def{Col: &plan.Col{Name: "longest", Type: types.TimeSpan}, X: args[1]})
	pause := w.add(plan.Def{Col: &plan.Col{Name: "pause", Type: types.TimeSpan}, X: args[2]})
	var restart plan.Expr = &plan.Lit{T: types.Bool, V: false}
	if len(args) > 3 {
		restart = w.add(plan.Def{Col: &plan.Col{Name: "restart", Type: types.Bool}, X: args[3]})
	}
	num := w.add(plan.Def{Col: &plan.Col{Name: "step_row", Type: types.Long, NotNull: true}, X: over("row_number", types.Long, true, nil)})
	in := w.shared(w.r.node, nil)
	first, before := &plan.Col{Name: "first", Type: types.DateTime}, &plan.Col{Name: "before", Type: types.DateTime}
	f := &plan.Fold{In: in, Row: num.(*plan.Ref).Col, Part: w.r.part, Prev: []*plan.Col{first, before},
		Init: []plan.Expr{&plan.Lit{T: types.DateTime}, &plan.Lit{T: types.DateTime}}}
	since := func(c *plan.Col, limit plan.Expr) plan.Expr {
		gap := &plan.Op{Name: "sub", Args: []plan.Expr{at, ref(c)}, T: types.TimeSpan}
		return &plan.Compare{Op: ">=", L: gap, R: limit}
	}
	isNull := func(x plan.Expr) plan.Expr {
		return &plan.Op{Name: "is null", Args: []plan.Expr{x}, T: types.Bool, Never: true}
	}
	begins := &plan.Logic{Or: true, Args: []plan.Expr{isNull(ref(first)), isNull(at), since(first, longest), since(before, pause), restart}}
	start := plan.Def{Col: &plan.Col{Name: "session", Type: types.DateTime}, X: &plan.Case{When: []plan.Expr{begins}, Then: []plan.Expr{at}, Else: ref(first), T: types.DateTime}}
	last := plan.Def{Col: &plan.Col{Name: "last", Type: types.DateTime}, X: at}
	f.Body = &plan.Extend{In: &plan.FoldRow{Of: f}, Defs: []plan.Def{start, last}}
	f.Next = []*plan.Col{start.Col, last.Col}
	w.made = append(w.made, start.Col)
	out := w.r.then(w.shared(f, []*plan.Col{last.Col}))
	out.row = w.r.row
	w.r = out
	return ref(start.Col)
}

// shared makes a relation that is computed once of a plan that has the columns of the rows and those that were added.
func (w *windows) shared(n plan.Node, more []*plan.Col) *plan.Shared {
	w.c.ctes++
	cte := &plan.CTE{Name: cteName(w.c.ctes), Order: w.c.ctes, Plan: n}
	for _, list := range [][]*plan.Col{w.in.cols, w.in.hidden(), {w.r.row}, w.made, more} {
		for _, col := range list {
			if col != nil && !slices.Contains(cte.Cols, col) {
				cte.Cols = append(cte.Cols, col)
			}
		}
	}
	return &plan.Shared{CTE: cte, Cols: cte.Cols}
}
