package check

import (
	"slices"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// joinKind is how a kind of join pairs rows: the plan's kind, whether sides change places, whether the left side is
// brought down to one row per key first.
type joinKind struct {
	kind   plan.JoinKind
	swap   bool
	unique bool
}

var joinKinds = map[string]joinKind{
	"": {plan.Inner, false, true}, "innerunique": {plan.Inner, false, true}, "inner": {plan.Inner, false, false},
	"leftouter": {plan.LeftOuter, false, false}, "rightouter": {plan.RightOuter, false, false}, "fullouter": {plan.FullOuter, false, false},
	"leftsemi": {plan.Semi, false, false}, "rightsemi": {plan.Semi, true, false},
	"leftanti": {plan.Anti, false, false}, "anti": {plan.Anti, false, false}, "leftantisemi": {plan.Anti, false, false},
	"rightanti": {plan.Anti, true, false}, "rightantisemi": {plan.Anti, true, false},
}

func (c *checker) kindOf(at diag.Span, kind string, allowed []string) (joinKind, bool) {
	k, ok := joinKinds[kind]
	if !ok || allowed != nil && !slices.Contains(allowed, kind) {
		known := allowed
		if known == nil {
			for name := range joinKinds {
				known = append(known, name)
			}
			slices.Sort(known)
		}
		hint := diag.DidYouMean(kind, known)
		if hint == "" {
			hint = "one of " + strings.TrimPrefix(strings.Join(known, ", "), ", ")
		}
		c.failHint(at, hint, "unknown-kind", "there is no kind %s", kind)
		return joinKind{}, false
	}
	return k, true
}

func (c *checker) join(sc *scope, l *rel, op *ast.Join) *rel {
	k, ok := c.kindOf(op.KindLoc.Loc, op.Kind, nil)
	r := c.source(sc, op.Right)
	if r == nil || !ok {
		return nil
	}
	if op.Where != nil {
		c.unsupported(op.Loc, "join … where", "write the keys behind on")
		return nil
	}
	n := len(c.diags)
	on := c.conditions(sc, l, r, op.On)
	if len(c.diags) > n {
		return nil
	}
	if len(on) == 0 {
		c.failHint(op.Loc, "on Key, or on $left.a == $right.b", "no-condition", "the join has no keys")
		return nil
	}
	if k.swap {
		return semiJoin(r, l, swapped(on), k.kind, l)
	}
	if k.kind == plan.Semi || k.kind == plan.Anti {
		return semiJoin(l, r, on, k.kind, l)
	}
	if k.unique && !uniqueBy(l.node, on) {
		first := &plan.First{In: l.node, Order: nil}
		for _, p := range l.part {
			first.Keys = append(first.Keys, ref(p))
		}
		for _, o := range on {
			first.Keys = append(first.Keys, o[0])
		}
		l = l.then(first)
	}
	return c.pair(l, r, on, k.kind, r.cols)
}

// conditions binds the equalities behind on.
func (c *checker) conditions(sc *scope, l, r *rel, written []ast.Expr) [][2]plan.Expr {
	var on [][2]plan.Expr
	for _, x := range written {
		on = append(on, c.condPairs(sc, l, r, x)...)
	}
	return on
}

func (c *checker) condPairs(sc *scope, l, r *rel, x ast.Expr) [][2]plan.Expr {
	switch x := ast.Unparen(x).(type) {
	case *ast.Name:
		a, b := l.column(x.Text), r.column(x.Text)
		if a == nil || b == nil {
			side, known := "left", l
			if a != nil {
				side, known = "right", r
			}
			c.failHint(x.Loc, diag.DidYouMean(x.Text, known.names()), "unknown-column", "the %s side has no column %s", side, x.Text)
			return nil
		}
		return c.keyPair(x.Loc, ref(a), ref(b))
	case *ast.Binary:
		if x.Op == ast.And {
			return append(c.condPairs(sc, l, r, x.L), c.condPairs(sc, l, r, x.R)...)
		}
		if x.Op == ast.Eq {
			return c.equality(sc, l, r, x)
		}
	case *ast.Path:
		if base, ok := x.X.(*ast.Name); ok && (base.Text == "$left" || base.Text == "$right") {
			if n, ok := x.Name.(*ast.Name); ok {
				return c.condPairs(sc, l, r, n)
			}
		}
	}
	c.failHint(x.Span(), "on Key, or on $left.a == $right.b", "bad-condition", "a join compares keys for equality only")
	return nil
}

// equality is $left.a == $right.b, in either order; a value computed from one side's columns will do as well.
func (c *checker) equality(sc *scope, l, r *rel, x *ast.Binary) [][2]plan.Expr {
	e := &env{sc: sc, left: l, right: r}
	a, b := c.expr(e, x.L), c.expr(e, x.R)
	if ofSide(a, r) || ofSide(b, l) {
		a, b = b, a
	}
	if a.Type() == types.Unknown || b.Type() == types.Unknown {
		return nil
	}
	if !ofSide(a, l) || !ofSide(b, r) {
		c.failHint(x.Loc, "on $left.a == $right.b", "bad-condition", "the equality must have a column of each side")
		return nil
	}
	return c.keyPair(x.Loc, a, b)
}

// ofSide reports whether x reads columns of r and of nothing else.
func ofSide(x plan.Expr, r *rel) bool {
	n, own := 0, 0
	plan.Walk(x, func(x plan.Expr) bool {
		if o, ok := x.(*plan.Ref); ok {
			n++
			if slices.Contains(r.cols, o.Col) {
				own++
			}
		}
		return true
	})
	return n > 0 && n == own
}

// keyPair checks that two keys have one type.
func (c *checker) keyPair(at diag.Span, a, b plan.Expr) [][2]plan.Expr {
	at1, bt := a.Type(), b.Type()
	switch {
	case at1 == types.Dynamic || bt == types.Dynamic:
		c.failHint(at, "use tostring(…) in an extend before", "dynamic-key", "a dynamic cannot be a join key")
		return nil
	case at1 == bt || at1.Numeric() && bt.Numeric() || at1.Open() || bt.Open():
		return [][2]plan.Expr{{a, b}}
	case at1 == types.Guid && bt == types.String || at1 == types.String && bt == types.Guid:
		return [][2]plan.Expr{{a, b}}
	}
	c.failHint(at, "convert one of them in an extend before", "type-mismatch", "the keys are a %s and a %s", at1, bt)
	return nil
}

func swapped(on [][2]plan.Expr) [][2]plan.Expr {
	out := make([][2]plan.Expr, len(on))
	for i, o := range on {
		out[i] = [2]plan.Expr{o[1], o[0]}
	}
	return out
}

// semiJoin keeps the rows of one side that have, or do not have, a partner.
func semiJoin(keep, other *rel, on [][2]plan.Expr, kind plan.JoinKind, piped *rel) *rel {
	out := &rel{node: &plan.Combine{Kind: kind, L: keep.node, R: other.node, On: on}, cols: keep.cols}
	if keep == piped {
		out.part, out.carry = keep.part, keep.carry
	}
	return out
}

// uniqueBy reports whether a relation has one row for each combination of the keys anyway.
func uniqueBy(n plan.Node, on [][2]plan.Expr) bool {
	keys := plan.Set{}
	for _, o := range on {
		if r, ok := o[0].(*plan.Ref); ok {
			keys[r.Col] = true
		}
	}
	for {
		switch x := n.(type) {
		case *plan.Filter:
			n = x.In
		case *plan.Limit:
			n = x.In
		case *plan.RowNumber:
			n = x.In
		case *plan.Extend:
			for _, d := range x.Defs {
				if r, ok := d.X.(*plan.Ref); ok && keys[d.Col] {
					keys[r.Col] = true
				}
			}
			n = x.In
		case *plan.Aggregate:
			for _, k := range x.Keys {
				if !keys[k.Col] {
					return false
				}
			}
			return true
		default:
			return false
		}
	}
}

// pair joins two relations and shows the columns of the left and the given ones of the right, which get numbers where
// their names are taken.
func (c *checker) pair(l, r *rel, on [][2]plan.Expr, kind plan.JoinKind, right []*plan.Col) *rel {
	comb := &plan.Combine{Kind: kind, L: l.node, R: r.node, On: on}
	out := &rel{node: comb, part: l.part, carry: l.carry}
	names := newNames()
	for _, col := range l.cols {
		names.used[col.Name] = true
		if kind == plan.RightOuter || kind == plan.FullOuter {
			comb.LOut = append(comb.LOut, nullable(col, col.Name))
			col = comb.LOut[len(comb.LOut)-1].To
		}
		out.cols = append(out.cols, col)
	}
	for _, col := range right {
		names.reserve(col.Name)
	}
	for _, col := range right {
		name := col.Name
		if names.taken(name) {
			name = names.derived(name)
		}
		names.used[name] = true
		if name != col.Name || kind == plan.LeftOuter || kind == plan.FullOuter {
			m := nullable(col, name)
			if kind == plan.Inner || kind == plan.RightOuter {
				m.To.NotNull = col.NotNull
			}
			comb.ROut = append(comb.ROut, m)
			col = m.To
		}
		out.cols = append(out.cols, col)
	}
	return out
}

func nullable(col *plan.Col, name string) plan.Rename {
	to := *col
	to.Name, to.NotNull = name, false
	return plan.Rename{From: col, To: &to}
}

func (c *checker) lookup(sc *scope, l *rel, op *ast.Lookup) *rel {
	kind := op.Kind
	if kind == "" {
		kind = "leftouter"
	}
	k, ok := c.kindOf(op.KindLoc.Loc, kind, []string{"leftouter", "inner"})
	r := c.source(sc, op.Right)
	if r == nil || !ok {
		return nil
	}
	n := len(c.diags)
	on := c.conditions(sc, l, r, op.On)
	if len(c.diags) > n {
		return nil
	}
	if len(on) == 0 {
		c.failHint(op.Loc, "on Key", "no-condition", "the lookup has no keys")
		return nil
	}
	var rest []*plan.Col
	for _, col := range r.cols {
		isKey := slices.ContainsFunc(on, func(o [2]plan.Expr) bool { k, ok := o[1].(*plan.Ref); return ok && k.Col == col })
		if !isKey {
			rest = append(rest, col)
		}
	}
	return c.pair(l, r, on, k.kind, rest)
}
