package check

import (
	"slices"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// scanner binds a scan operator. A sequence stands at a step: it has matched that step and all before. For each step there is
// at most one sequence; its state is what conditions and assignments ask about steps (s.Column), remembered for each step it
// has passed. The state goes from row to row in a [plan.Fold].
type scanner struct {
	c        *checker
	sc       *scope
	op       *ast.Scan
	in       *rel // the rows, numbered
	declared []declaredCol
	asked    []map[string]types.Type // for each step, the columns asked about
	fold     *plan.Fold
	body     plan.Node

	active []plan.Expr            // for each step, whether a sequence stands there
	values map[stateKey]plan.Expr // what its sequence remembers
	ids    []plan.Expr            // number of the sequence
	next   plan.Expr              // number of the next sequence
}

type declaredCol struct {
	name string
	typ  types.Type
	init plan.Expr
}

// stateKey is a column of step Of as the sequence at step At remembers it.
type stateKey struct {
	at, of int
	name   string
}

// scanStates is the view of states that an expression of a step has: that of the sequence at step at (-1: none yet).
type scanStates struct {
	s  *scanner
	at int
}

// own is a declared column without a step before it: its initial value.
func (v *scanStates) own(name string) (plan.Expr, bool) {
	for _, d := range v.s.declared {
		if d.name == name {
			return d.init, true
		}
	}
	return nil, false
}

// step is a column of a step: what the sequence remembers, or the initial value when it has not been there.
func (v *scanStates) step(step, name string) (plan.Expr, bool) {
	i := slices.IndexFunc(v.s.op.Steps, func(s *ast.ScanStep) bool { return s.Name.Text == step })
	if i < 0 {
		return nil, false
	}
	t, init := v.s.columnOf(name)
	if t == types.Unknown {
		return nil, false
	}
	v.s.asked[i][name] = t
	if x, ok := v.s.values[stateKey{v.at, i, name}]; ok && i <= v.at {
		return x, true
	}
	return init, true
}

// columnOf is the type of a declared or input column and its value before any match.
func (s *scanner) columnOf(name string) (types.Type, plan.Expr) {
	for _, d := range s.declared {
		if d.name == name {
			return d.typ, d.init
		}
	}
	if col := s.in.column(name); col != nil {
		return col.Type, &plan.Lit{T: col.Type, V: emptyOf(col.Type)}
	}
	return types.Unknown, nil
}

func (c *checker) scanOp(sc *scope, r *rel, op *ast.Scan) *rel {
	if !r.ser && len(op.OrderBy) == 0 {
		c.failHint(op.Loc, "put | serialize or | sort by before it", "not-serialized", "scan needs rows in a fixed order")
		return nil
	}
	for _, st := range op.Steps {
		if st.Optional || st.Output == "last" {
			c.unsupported(st.Loc, "scan with optional steps or output=last", "it is not part of this engine yet")
			return nil
		}
	}
	s := &scanner{c: c, sc: sc, op: op, values: map[stateKey]plan.Expr{}}
	if !s.rows(r) {
		return nil
	}
	s.declare()
	for range op.Steps {
		s.asked = append(s.asked, map[string]types.Type{})
	}
	n := len(c.diags)
	s.listen()
	if len(c.diags) > n {
		return nil
	}
	s.states()
	matched, outs := s.steps()
	return s.result(r, matched, outs)
}

// rows numbers the input in each part and makes it a relation that can be read twice.
func (s *scanner) rows(r *rel) bool {
	c := s.c
	if len(s.op.OrderBy) > 0 {
		var keys []plan.Key
		r, keys = c.keys(s.sc, r, s.op.OrderBy)
		r = r.then(r.node)
		r.order, r.row, r.ser = keys, nil, true
	}
	part := slices.Clone(r.part)
	e := &env{sc: s.sc, rel: r}
	for _, x := range s.op.PartitionBy {
		v := c.expr(e, x)
		c.needsScalar(x.Span(), v, "partitioned by")
		d := plan.Def{Col: col("part", v), X: v}
		cols := r.cols
		r = r.extend(d)
		r.cols = cols
		part = append(part, d.Col)
	}
	w := c.newWindows(r)
	order := w.order()
	r = w.apply(r)
	num := &plan.Col{Name: "step_row", Type: types.Long, NotNull: true}
	x := &plan.Window{Name: "row_number", Partition: refsOf(part), Order: order, T: types.Long, Never: true}
	cols := r.cols
	numbered := r.extend(plan.Def{Col: num, X: x})
	numbered.cols = cols
	numbered.order = []plan.Key{{X: ref(r.row)}, {X: ref(num)}}
	numbered.part = part
	cte := c.cte(numbered)
	in := readCTE(cte, numbered)
	at := func(want *plan.Col) *plan.Col { return in.node.(*plan.Shared).Cols[slices.Index(cte.Cols, want)] }
	for _, p := range part {
		in.part = append(in.part, at(p))
	}
	for _, k := range r.carry {
		in.carry = append(in.carry, at(k))
	}
	in.row = at(r.row)
	s.in = in
	s.fold = &plan.Fold{In: in.node, Row: at(num), Part: in.part}
	s.body = &plan.FoldRow{Of: s.fold}
	return true
}

// declare binds the declared columns with their initial values.
func (s *scanner) declare() {
	for _, d := range s.op.Declare {
		t := s.c.typeRef(d.Type)
		var init plan.Expr = &plan.Lit{T: t, V: emptyOf(t)}
		if d.Default != nil {
			init = s.c.sameType(s.c.expr(&env{sc: s.sc}, d.Default), t)
		}
		s.declared = append(s.declared, declaredCol{d.Name.Text, t, init})
	}
}

// listen binds every expression once to learn which columns of steps they ask about; mistakes show here.
func (s *scanner) listen() {
	for i, st := range s.op.Steps {
		e := &env{sc: s.sc, rel: s.in, states: &scanStates{s, i}}
		s.c.condition(e, st.Condition)
		for _, a := range st.Assignments {
			t, _ := s.columnOf(a.Names[0].Text)
			if !slices.ContainsFunc(s.declared, func(d declaredCol) bool { return d.name == a.Names[0].Text }) {
				s.c.failHint(a.Loc, "name it in declare (…)", "unknown-column", "scan declares no column %s", a.Names[0].Text)
				continue
			}
			s.c.coerce(a.X.Span(), s.c.expr(e, a.X), t)
		}
	}
}

// remember adds a state column: what it is before a row, and its initial value. What it is after the row is added later.
func (s *scanner) remember(name string, t types.Type, init plan.Expr) plan.Expr {
	c := &plan.Col{Name: name, Type: t, NotNull: init.NotNull()}
	s.fold.Prev = append(s.fold.Prev, c)
	s.fold.Init = append(s.fold.Init, init)
	return ref(c)
}

func (s *scanner) states() {
	for k := range s.op.Steps {
		s.active = append(s.active, s.remember("active", types.Bool, &plan.Lit{T: types.Bool, V: false}))
		s.ids = append(s.ids, s.remember("id", types.Long, number(0)))
		for j := 0; j <= k; j++ {
			for _, name := range sortedKeys(s.asked[j]) {
				_, init := s.columnOf(name)
				s.values[stateKey{k, j, name}] = s.remember("state", s.asked[j][name], init)
			}
		}
	}
	s.next = s.remember("next", types.Long, number(0))
}

func sortedKeys(m map[string]types.Type) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// compute adds a column to the body.
func (s *scanner) compute(name string, x plan.Expr) plan.Expr {
	d := plan.Def{Col: col(name, x), X: x}
	s.body = &plan.Extend{In: s.body, Defs: []plan.Def{d}}
	return ref(d.Col)
}

func and(xs ...plan.Expr) plan.Expr { return &plan.Logic{Args: xs} }

func negate(x plan.Expr) plan.Expr {
	return &plan.Op{Name: "not true", Args: []plan.Expr{x}, T: types.Bool, Never: true}
}

func choose(cond, then, otherwise plan.Expr) plan.Expr {
	return &plan.Case{When: []plan.Expr{cond}, Then: []plan.Expr{then}, Else: otherwise, T: then.Type()}
}

// steps works through the steps from the last to the first, as each takes over the sequence of the one before it.
func (s *scanner) steps() (matched []plan.Expr, outs [][]plan.Def) {
	n := len(s.op.Steps)
	matched, outs = make([]plan.Expr, n), make([][]plan.Def, n)
	next := map[*plan.Col]plan.Expr{}
	set := func(prev, now plan.Expr) { next[prev.(*plan.Ref).Col] = now }
	var gone plan.Expr // whether the step behind has taken this one's sequence
	newID := s.next
	for k := n - 1; k >= 0; k-- {
		alive := s.active[k]
		if gone != nil {
			alive = and(alive, negate(gone))
		}
		stay := s.compute("stay", s.isTrue(and(alive, s.cond(k, k))))
		begin := and(negate(stay), s.cond(k, k-1))
		if k > 0 {
			begin = and(s.active[k-1], negate(stay), s.cond(k, k-1))
		}
		enter := s.compute("enter", s.isTrue(begin))
		hit := s.compute("hit", &plan.Logic{Or: true, Args: []plan.Expr{stay, enter}})
		id := s.next
		if k > 0 {
			id = s.ids[k-1]
		} else {
			newID = s.compute("next", choose(enter, &plan.Op{Name: "add", Args: []plan.Expr{s.next, number(1)}, T: types.Long, Never: true}, s.next))
		}
		id = s.compute("id", choose(enter, id, s.ids[k]))
		set(s.active[k], s.compute("active", s.isTrue(&plan.Logic{Or: true, Args: []plan.Expr{hit, alive}})))
		set(s.ids[k], id)
		outs[k] = s.assigned(k, stay)
		s.remembered(k, hit, enter, outs[k], set)
		if s.op.MatchID != nil {
			outs[k] = append(outs[k], plan.Def{Col: id.(*plan.Ref).Col, X: id})
		}
		matched[k], gone = hit, enter
	}
	set(s.next, newID)
	for _, p := range s.fold.Prev {
		now := next[p]
		if r, ok := now.(*plan.Ref); !ok || r.Col == p {
			now = s.compute(p.Name, now)
		}
		s.fold.Next = append(s.fold.Next, now.(*plan.Ref).Col)
	}
	s.fold.Body = s.body
	return matched, outs
}

func (s *scanner) isTrue(x plan.Expr) plan.Expr {
	return &plan.Case{When: []plan.Expr{x}, Then: []plan.Expr{&plan.Lit{T: types.Bool, V: true}}, Else: &plan.Lit{T: types.Bool, V: false}, T: types.Bool}
}

// cond binds a step's condition with the memory of the sequence at a step.
func (s *scanner) cond(k, at int) plan.Expr {
	return s.c.condition(&env{sc: s.sc, rel: s.in, states: &scanStates{s, at}}, s.op.Steps[k].Condition)
}

// assigned are the declared columns after the step's assignments.
func (s *scanner) assigned(k int, stay plan.Expr) []plan.Def {
	var out []plan.Def
	for _, d := range s.declared {
		v := d.init
		for _, a := range s.op.Steps[k].Assignments {
			if a.Names[0].Text == d.name {
				own := s.assign(k, k, a.X, d.typ)
				v = choose(stay, own, s.assign(k, k-1, a.X, d.typ))
			}
		}
		x := s.compute(d.name, v)
		out = append(out, plan.Def{Col: x.(*plan.Ref).Col, X: x})
	}
	return out
}

func (s *scanner) assign(k, at int, x ast.Expr, t types.Type) plan.Expr {
	v := s.c.expr(&env{sc: s.sc, rel: s.in, states: &scanStates{s, at}}, x)
	return s.c.sameType(v, t)
}

// remembered updates what the sequence at step k remembers of each step.
func (s *scanner) remembered(k int, hit, enter plan.Expr, out []plan.Def, set func(prev, now plan.Expr)) {
	for j := 0; j <= k; j++ {
		for _, name := range sortedKeys(s.asked[j]) {
			prev := s.values[stateKey{k, j, name}]
			now := prev
			if j < k {
				now = choose(enter, s.values[stateKey{k - 1, j, name}], prev)
			} else {
				i := slices.IndexFunc(out, func(d plan.Def) bool { return d.Col.Name == name })
				var v plan.Expr
				if i >= 0 && slices.ContainsFunc(s.declared, func(d declaredCol) bool { return d.name == name }) {
					v = out[i].X
				} else {
					v = ref(s.in.column(name))
				}
				now = choose(hit, v, prev)
			}
			set(prev, s.compute("state", now))
		}
	}
}

// result shows a row for each step that a row has matched.
func (s *scanner) result(r *rel, matched []plan.Expr, outs [][]plan.Def) *rel {
	c := s.c
	c.ctes++
	cte := &plan.CTE{Name: cteName(c.ctes), Order: c.ctes, Plan: s.fold}
	add := func(col *plan.Col) {
		if col != nil && !slices.Contains(cte.Cols, col) {
			cte.Cols = append(cte.Cols, col)
		}
	}
	add(s.fold.Row)
	for _, list := range [][]*plan.Col{s.in.cols, s.fold.Part, s.in.carry, s.fold.Next, {s.in.row}} {
		for _, col := range list {
			add(col)
		}
	}
	for k := range matched {
		add(matched[k].(*plan.Ref).Col)
		for _, d := range outs[k] {
			add(d.Col)
		}
	}
	var legs []*rel
	for k, st := range s.op.Steps {
		if st.Output == "none" {
			continue
		}
		legs = append(legs, s.leg(cte, matched[k], outs[k], r))
	}
	if len(legs) == 0 {
		c.fail(s.op.Loc, "no-output", "no step of the scan yields rows")
		return nil
	}
	return s.together(legs)
}

// leg are the rows that matched one step.
func (s *scanner) leg(cte *plan.CTE, hit plan.Expr, out []plan.Def, r *rel) *rel {
	shared := &plan.Shared{CTE: cte, Cols: make([]*plan.Col, len(cte.Cols))}
	for i, col := range cte.Cols {
		copied := *col
		shared.Cols[i] = &copied
	}
	at := func(want *plan.Col) *plan.Col { return shared.Cols[slices.Index(cte.Cols, want)] }
	leg := &rel{node: &plan.Filter{In: shared, Pred: ref(at(hit.(*plan.Ref).Col))}, ser: true}
	for _, col := range s.in.cols {
		leg.cols = append(leg.cols, at(col))
	}
	for i, d := range out {
		col := at(d.Col)
		if i == len(out)-1 && s.op.MatchID != nil {
			col.Name = s.op.MatchID.Text
		}
		j := slices.IndexFunc(leg.cols, func(o *plan.Col) bool { return o.Name == col.Name })
		if j >= 0 {
			leg.cols[j] = col
		} else {
			leg.cols = append(leg.cols, col)
		}
	}
	for i := range r.part {
		leg.part = append(leg.part, at(s.in.part[i]))
	}
	for _, k := range s.in.carry {
		leg.carry = append(leg.carry, at(k))
	}
	leg.row = at(s.in.row)
	leg.order = []plan.Key{{X: ref(leg.row)}}
	return leg
}

// together appends the rows of several steps, in the order of the input.
func (s *scanner) together(legs []*rel) *rel {
	if len(legs) == 1 {
		return legs[0]
	}
	if len(legs[0].part) > 0 {
		s.c.unsupported(s.op.Loc, "scan with several steps in a sub-pipeline", "it is not part of this engine yet")
		return nil
	}
	for _, l := range legs {
		l.cols = append(slices.Clone(l.cols), l.row)
		l.row.Name = " row"
	}
	u := s.c.unite(legs, "", false)
	row := u.cols[len(u.cols)-1]
	u.cols = u.cols[:len(u.cols)-1]
	u.row, u.ser = row, true
	u.order = []plan.Key{{X: ref(row)}}
	return u
}
