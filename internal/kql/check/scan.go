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

	after map[*plan.Col]plan.Expr // what each column of the state is after the row
	taken []plan.Expr             // for each step, whether a later one has taken its sequence on this row; nil when none can
	stay  plan.Expr               // whether the row repeats the step that is being worked on
	hits  []scanHit               // for each step, what it made of the row
}

// scanHit is a step's match: whether the row matched, whether it only repeated the step, and the columns it gets.
type scanHit struct {
	row, stays plan.Expr
	out        []plan.Def
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
	for _, h := range op.Hints {
		if h.Name.Text == "with_step_name" {
			c.unsupported(h.Loc, "with_step_name", "assign the step's name to a declared column")
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
	s.steps()
	return s.result(r)
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
			if t == types.Unknown {
				s.c.failHint(a.Loc, "name it in declare (…)", "unknown-column", "scan declares no column %s and the input has none", a.Names[0].Text)
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

// way is how a row can match a step: it carries on the sequence at step from, or begins one where from is -1.
type way struct {
	from int
	when plan.Expr
}

// steps works through the steps from the last to the first, as each takes over the sequence of the one before it.
func (s *scanner) steps() {
	n := len(s.op.Steps)
	s.hits = make([]scanHit, n)
	s.after = map[*plan.Col]plan.Expr{}
	s.taken = make([]plan.Expr, n)
	next := s.next
	for k := n - 1; k >= 0; k-- {
		next = s.step(k, next)
	}
	s.set(s.next, next)
	for _, p := range s.fold.Prev {
		now := s.after[p]
		if r, ok := now.(*plan.Ref); !ok || r.Col == p {
			now = s.compute(p.Name, now)
		}
		s.fold.Next = append(s.fold.Next, now.(*plan.Ref).Col)
	}
	s.fold.Body = s.body
}

// set says what a column of the state is after the row.
func (s *scanner) set(prev, now plan.Expr) { s.after[prev.(*plan.Ref).Col] = now }

// alive is whether a sequence stands at a step, less what later steps have taken on this row.
func (s *scanner) alive(k int) plan.Expr {
	if s.taken[k] == nil {
		return s.active[k]
	}
	return and(s.active[k], negate(s.taken[k]))
}

// step matches the row against step k and returns the number of the next sequence.
func (s *scanner) step(k int, next plan.Expr) plan.Expr {
	alive := s.alive(k)
	ways := s.ways(k, alive)
	var any []plan.Expr
	id := s.ids[k]
	for _, w := range ways {
		any = append(any, w.when)
		if w.from != k && w.from >= 0 {
			id = choose(w.when, s.ids[w.from], id)
			s.taken[w.from] = orElse(s.taken[w.from], w.when)
		}
		if w.from < 0 {
			id = choose(w.when, next, id)
			next = s.compute("next", choose(w.when, &plan.Op{Name: "add", Args: []plan.Expr{next, number(1)}, T: types.Long, Never: true}, next))
		}
	}
	hit := s.compute("hit", &plan.Logic{Or: true, Args: any})
	id = s.compute("id", id)
	s.set(s.active[k], s.compute("active", s.isTrue(&plan.Logic{Or: true, Args: []plan.Expr{hit, alive}})))
	s.set(s.ids[k], id)
	out := s.assigned(k, ways)
	s.remembered(k, hit, ways, out)
	if s.op.MatchID != nil {
		out = append(out, plan.Def{Col: id.(*plan.Ref).Col, X: id})
	}
	s.hits[k] = scanHit{row: hit, stays: s.stay, out: out}
	return next
}

func orElse(a, b plan.Expr) plan.Expr {
	if a == nil {
		return b
	}
	return &plan.Logic{Or: true, Args: []plan.Expr{a, b}}
}

// ways are the ways for a row to match step k, in the order in which they are tried: from the step before, from earlier ones
// when all between are optional, from step k itself; and where nothing needs to come before it, as a new sequence.
func (s *scanner) ways(k int, alive plan.Expr) []way {
	var out []way
	var earlier plan.Expr
	add := func(from int, guards ...plan.Expr) plan.Expr {
		if earlier != nil {
			guards = append(guards, negate(earlier))
		}
		x := s.compute("way", s.isTrue(and(append(guards, s.cond(k, from))...)))
		out = append(out, way{from, x})
		earlier = orElse(earlier, x)
		return x
	}
	j := k - 1
	for ; j >= 0; j-- {
		add(j, s.alive(j))
		if !s.op.Steps[j].Optional {
			break
		}
	}
	s.stay = add(k, alive)
	if j < 0 {
		add(-1, negate(alive))
	}
	return out
}

func (s *scanner) isTrue(x plan.Expr) plan.Expr {
	return &plan.Case{When: []plan.Expr{x}, Then: []plan.Expr{&plan.Lit{T: types.Bool, V: true}}, Else: &plan.Lit{T: types.Bool, V: false}, T: types.Bool}
}

// cond binds a step's condition with the memory of the sequence at a step.
func (s *scanner) cond(k, at int) plan.Expr {
	return s.c.condition(&env{sc: s.sc, rel: s.in, states: &scanStates{s, at}}, s.op.Steps[k].Condition)
}

// assigned are the declared columns, and those of the input that the step replaces, after the step's assignments.
func (s *scanner) assigned(k int, ways []way) []plan.Def {
	cols := slices.Clone(s.declared)
	for _, a := range s.op.Steps[k].Assignments {
		name := a.Names[0].Text
		if in := s.in.column(name); in != nil && !slices.ContainsFunc(cols, func(d declaredCol) bool { return d.name == name }) {
			cols = append(cols, declaredCol{name, in.Type, ref(in)})
		}
	}
	var out []plan.Def
	for _, d := range cols {
		v := d.init
		for _, a := range s.op.Steps[k].Assignments {
			if a.Names[0].Text == d.name {
				for _, w := range ways {
					v = choose(w.when, s.assign(w.from, a.X, d.typ), v)
				}
			}
		}
		x := s.compute(d.name, v)
		out = append(out, plan.Def{Col: x.(*plan.Ref).Col, X: x})
	}
	return out
}

func (s *scanner) assign(at int, x ast.Expr, t types.Type) plan.Expr {
	v := s.c.expr(&env{sc: s.sc, rel: s.in, states: &scanStates{s, at}}, x)
	return s.c.sameType(v, t)
}

// remembered updates what the sequence at step k remembers of each step: of earlier ones what it brings along, of step k
// the row.
func (s *scanner) remembered(k int, hit plan.Expr, ways []way, out []plan.Def) {
	for j := 0; j <= k; j++ {
		for _, name := range sortedKeys(s.asked[j]) {
			prev := s.values[stateKey{k, j, name}]
			now := prev
			if j < k {
				_, none := s.columnOf(name)
				for _, w := range ways {
					switch {
					case w.from == k:
					case j <= w.from:
						now = choose(w.when, s.values[stateKey{w.from, j, name}], now)
					default:
						now = choose(w.when, none, now)
					}
				}
			} else {
				now = choose(hit, s.shown(name, out), prev)
			}
			s.set(prev, s.compute("state", now))
		}
	}
}

// shown is a column of a row that matched: what the step assigned to it, else what the input has.
func (s *scanner) shown(name string, out []plan.Def) plan.Expr {
	for _, d := range out {
		if d.Col.Name == name {
			return d.X
		}
	}
	return ref(s.in.column(name))
}
