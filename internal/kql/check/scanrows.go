package check

import (
	"slices"
	"strconv"

	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// result shows a row for each step that a row has matched.
func (s *scanner) result(r *rel) *rel {
	c := s.c
	c.ctes++
	cte := &plan.CTE{Name: cteName(c.ctes), Order: c.ctes, Plan: s.fold}
	add := func(cols ...*plan.Col) {
		for _, col := range cols {
			if col != nil && !slices.Contains(cte.Cols, col) {
				cte.Cols = append(cte.Cols, col)
			}
		}
	}
	add(s.fold.Row)
	for _, list := range [][]*plan.Col{s.in.cols, s.fold.Part, s.in.carry, s.fold.Next, {s.in.row}} {
		add(list...)
	}
	for _, h := range s.hits {
		add(h.row.(*plan.Ref).Col, h.stays.(*plan.Ref).Col)
		for _, d := range h.out {
			add(d.Col)
		}
	}
	var legs []*rel
	var at []int
	for k, st := range s.op.Steps {
		if st.Output != "none" {
			legs, at = append(legs, s.leg(cte, k, r)), append(at, k)
		}
	}
	switch len(legs) {
	case 0:
		c.fail(s.op.Loc, "no-output", "no step of the scan yields rows")
		return nil
	case 1:
		return legs[0]
	}
	return s.together(legs, at)
}

// leg are the rows that matched one step.
func (s *scanner) leg(cte *plan.CTE, k int, r *rel) *rel {
	shared := &plan.Shared{CTE: cte, Cols: make([]*plan.Col, len(cte.Cols))}
	for i, col := range cte.Cols {
		copied := *col
		shared.Cols[i] = &copied
	}
	at := func(want *plan.Col) *plan.Col { return shared.Cols[slices.Index(cte.Cols, want)] }
	h := s.hits[k]
	leg := &rel{node: &plan.Filter{In: shared, Pred: ref(at(h.row.(*plan.Ref).Col))}, ser: true}
	for _, col := range s.in.cols {
		leg.cols = append(leg.cols, at(col))
	}
	for i, d := range h.out {
		col := at(d.Col)
		if i == len(h.out)-1 && s.op.MatchID != nil {
			col.Name = s.op.MatchID.Text
		}
		j := slices.IndexFunc(leg.cols, func(o *plan.Col) bool { return o.Name == col.Name })
		if j >= 0 {
			leg.cols[j] = col
		} else {
			leg.cols = append(leg.cols, col)
		}
	}
	for _, p := range s.in.part[:len(r.part)] {
		leg.part = append(leg.part, at(p))
	}
	for _, k := range s.in.carry {
		leg.carry = append(leg.carry, at(k))
	}
	leg.row = at(s.in.row)
	leg.order = []plan.Key{{X: ref(leg.row)}}
	if s.op.Steps[k].Output == "last" {
		var part []*plan.Col
		for _, p := range s.fold.Part {
			part = append(part, at(p))
		}
		leg.node = s.lastOnly(leg.node, at(h.stays.(*plan.Ref).Col), at(s.fold.Row), part)
	}
	return leg
}

// lastOnly keeps of rows that repeat a step the last: the one whose next match of the step belongs to another sequence.
func (s *scanner) lastOnly(in plan.Node, stays, row *plan.Col, part []*plan.Col) plan.Node {
	next := &plan.Window{Name: "lead", Args: []plan.Expr{ref(stays), number(1)}, Partition: refsOf(part), Order: []plan.Key{{X: ref(row)}}, T: types.Bool}
	d := plan.Def{Col: col("repeated", next), X: next}
	return &plan.Filter{In: &plan.Extend{In: in, Defs: []plan.Def{d}}, Pred: negate(ref(d.Col))}
}

// together appends the rows of several steps in the order of the input; a row that matched several steps comes first as
// the later one, in which order steps are matched.
func (s *scanner) together(legs []*rel, at []int) *rel {
	var shown int
	for i, l := range legs {
		step := plan.Def{Col: &plan.Col{Name: "step", Type: types.Long, NotNull: true}, X: number(int64(at[i]))}
		l.node = &plan.Extend{In: l.node, Defs: []plan.Def{step}}
		shown = len(l.cols)
		l.cols = slices.Clone(l.cols)
		hidden := append(append([]*plan.Col{l.row, step.Col}, l.part...), l.carry...)
		for j, col := range hidden {
			named := plan.Def{Col: &plan.Col{Name: " hidden" + strconv.Itoa(j), Type: col.Type, NotNull: col.NotNull}, X: ref(col)}
			l.node = &plan.Extend{In: l.node, Defs: []plan.Def{named}}
			l.cols = append(l.cols, named.Col)
		}
	}
	parts := len(legs[0].part)
	u := s.c.unite(legs, "", false)
	hidden := u.cols[shown:]
	u.cols = u.cols[:shown:shown]
	u.order = []plan.Key{{X: ref(hidden[0])}, {X: ref(hidden[1]), Desc: true}}
	u.part, u.carry, u.ser = hidden[2:2+parts], hidden[2+parts:], true
	if parts == 0 {
		u.part = nil
	}
	return u
}
