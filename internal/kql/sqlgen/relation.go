package sqlgen

import (
	"slices"
	"strconv"
	"strings"

	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// heavyText is the length from which a computed column that is read more than once becomes a sub-select's column.
const heavyText = 120

// maxPulls is how many values of one operator are computed below.
const maxPulls = 200

// settle writes expressions against the block; a long value that would stand several times, and one that is too deep, is
// computed in a sub-select first, and the writing starts again. need are the columns of the block that have to survive that.
func (g *gen) settle(b *block, need plan.Set, write func(b *block)) *block {
	hoist, settling, frame := g.hoist, g.settling, g.frame
	defer func() { g.hoist, g.settling, g.frame = hoist, settling, frame }()
	for range maxPulls {
		g.hoist, g.settling, g.frame = nil, true, nil
		write(b)
		x := g.hoist
		if x == nil || g.err != nil {
			return b
		}
		g.hoist, g.settling, g.frame = nil, false, nil
		b = g.pull(b, need, x)
	}
	g.fail("an operator has more than %d long values", maxPulls)
	return b
}

// pull computes x in a sub-select.
func (g *gen) pull(b *block, need plan.Set, x plan.Expr) *block {
	if r, ok := x.(*plan.Ref); ok {
		keep := clone(need)
		keep[r.Col] = true
		for _, c := range g.hoisted {
			keep[c] = true
		}
		return g.wrap(b, keep)
	}
	tmp := &plan.Col{Name: "t", Type: x.Type()}
	if windowed(x) && (b.grouped || b.limit != "") {
		b = g.wrap(b, need)
	}
	b.cols[tmp] = g.expr(b, x) // what is long or deep in it was computed below already
	keep := clone(need)
	for _, c := range g.hoisted {
		keep[c] = true
	}
	keep[tmp] = true
	b = g.wrap(b, keep)
	g.hoisted[x] = tmp
	return b
}

func (g *gen) filter(n *plan.Filter, need plan.Set) *block {
	in := clone(need)
	g.refs(in, n.Pred)
	b := g.node(n.In, in)
	if b.limit != "" || b.unique != "" || len(b.window) > 0 {
		b = g.wrap(b, in)
	}
	var conds []string
	b = g.settle(b, in, func(b *block) { conds = g.conditions(b, n.Pred) })
	if b.grouped {
		b.having = append(b.having, conds...)
	} else {
		b.where = append(b.where, conds...)
	}
	return b
}

// conditions writes a predicate as the operands of an AND.
func (g *gen) conditions(b *block, x plan.Expr) []string {
	if l, ok := x.(*plan.Logic); ok && !l.Or {
		var out []string
		for _, a := range l.Args {
			out = append(out, g.conditions(b, a)...)
		}
		return out
	}
	if l, ok := x.(*plan.Lit); ok && l.V == true {
		return nil
	}
	is := g.predicate(b, x)
	if number := g.lookup(b, x); number != "" {
		// as a condition on two columns the texts stay out of the scan, where they would be compared before the numbers
		return []string{number, "CASE WHEN " + number + " THEN " + is.s + " ELSE FALSE END"}
	}
	return []string{is.brackets(precAnd + 1)}
}

func (g *gen) extend(n *plan.Extend, need plan.Set) *block {
	in := clone(need)
	var defs []plan.Def
	for _, d := range n.Defs {
		if need[d.Col] {
			defs = append(defs, d)
			delete(in, d.Col)
		}
	}
	for _, d := range defs {
		g.refs(in, d.X)
	}
	b := g.node(n.In, in)
	if len(defs) == 0 {
		return b
	}
	if b.unique != "" || hasWindow(defs) && (b.grouped || b.limit != "" || readsAny(defs, b.window)) {
		b = g.wrap(b, in)
	}
	var texts []sql
	b = g.settle(b, in, func(b *block) {
		texts = texts[:0]
		for _, d := range defs {
			texts = append(texts, g.expr(b, d.X))
		}
	})
	heavy := false
	for i, d := range defs {
		if windowed(d.X) || reads(d.X, b.window) {
			b.window[d.Col] = true
		}
		b.cols[d.Col] = texts[i]
		heavy = heavy || len(texts[i].s) > heavyText && g.uses[d.Col] > 1
	}
	if heavy {
		return g.wrap(b, need)
	}
	return b
}

func windowed(x plan.Expr) bool {
	found := false
	plan.Walk(x, func(x plan.Expr) bool {
		_, w := x.(*plan.Window)
		found = found || w
		return !found
	})
	return found
}

func hasWindow(defs []plan.Def) bool {
	for _, d := range defs {
		if windowed(d.X) {
			return true
		}
	}
	return false
}

func reads(x plan.Expr, cols plan.Set) bool {
	if len(cols) == 0 {
		return false
	}
	found := false
	plan.Walk(x, func(x plan.Expr) bool {
		if r, ok := x.(*plan.Ref); ok && cols[r.Col] {
			found = true
		}
		return !found
	})
	return found
}

func readsAny(defs []plan.Def, cols plan.Set) bool {
	for _, d := range defs {
		if reads(d.X, cols) {
			return true
		}
	}
	return false
}

func (g *gen) limit(n *plan.Limit, need plan.Set) *block {
	in := clone(need)
	g.keyRefs(in, n.Order)
	b := g.node(n.In, in)
	if b.limit != "" || b.unique != "" {
		b = g.wrap(b, in)
	}
	var order []string
	b = g.settle(b, in, func(b *block) { order = g.orderBy(b, n.Order) })
	b.order = order
	b.limit = g.alone(n.N).brackets(precAtom)
	return b
}

func (g *gen) aggregate(n *plan.Aggregate, need plan.Set) *block {
	in := plan.Set{}
	var aggs []plan.Agg
	for _, k := range n.Keys {
		g.refs(in, k.X)
	}
	for _, a := range n.Aggs {
		if need[a.Col] {
			aggs = append(aggs, a)
			g.refs(in, a.Args...)
			g.keyRefs(in, a.Order)
		}
	}
	var carry []*plan.Col
	for _, c := range n.Carry {
		if need[c] {
			carry = append(carry, c)
			in[c] = true
		}
	}
	for c := range need {
		if p, ok := g.inside[c]; ok && slices.Contains(n.Carry, p.of) {
			carry = append(carry, c)
			in[c] = true
		}
	}
	b := g.node(n.In, in)
	if !b.plain() {
		b = g.wrap(b, in)
	}
	var cols map[*plan.Col]sql
	var group []string
	b = g.settle(b, in, func(b *block) {
		cols, group = map[*plan.Col]sql{}, nil
		for _, k := range n.Keys {
			x, s := g.groupKey(b, k.X)
			group = append(group, s)
			cols[k.Col] = x
		}
		for _, a := range aggs {
			cols[a.Col] = g.agg(b, a)
		}
		for _, c := range carry {
			cols[c] = sql{s: fill(g.d.Aggs["any"], b.cols[c].s), prec: precAtom}
		}
	})
	b.cols, b.group, b.grouped = cols, group, true
	for _, x := range cols {
		b.totals = append(b.totals, x.s)
	}
	return b
}

// groupKey writes a key of a group or an order.
func (g *gen) groupKey(b *block, x plan.Expr) (sql, string) {
	s := g.expr(b, x)
	if x.Type() != types.Unknown && constantText(s.s) {
		s = sql{s: "CAST(" + s.s + " AS " + g.d.Types[x.Type()] + ")", prec: precAtom}
	}
	return s, s.s
}

// constantText reports whether SQL is a bare literal, whether written so or what a column was computed as. As a key a
// number would be taken for the position of a column, and databases refuse the rest.
func constantText(s string) bool {
	if s == "" || s == "NULL" || s == "TRUE" || s == "FALSE" {
		return s != ""
	}
	rest := strings.TrimPrefix(s, "-")
	if rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		return strings.Trim(rest, "0123456789.eE+-") == ""
	}
	return len(s) > 1 && s[0] == '\'' && strings.Count(s, "'")%2 == 0 && !strings.Contains(strings.ReplaceAll(s[1:len(s)-1], "''", ""), "'")
}

func (g *gen) first(n *plan.First, need plan.Set) *block {
	in := clone(need)
	g.refs(in, n.Keys...)
	g.keyRefs(in, n.Order)
	b := g.node(n.In, in)
	if !b.plain() || b.from == "" {
		b = g.wrap(b, in)
	}
	var keys, order []string
	b = g.settle(b, in, func(b *block) {
		keys = keys[:0]
		for _, k := range n.Keys {
			_, key := g.groupKey(b, k)
			keys = append(keys, key)
		}
		order = g.orderBy(b, n.Order)
	})
	b.unique = "DISTINCT ON (" + strings.Join(keys, ", ") + ")"
	if len(order) > 0 {
		b.order = append(keys, order...)
	}
	return b
}

func (g *gen) rowNumber(n *plan.RowNumber, need plan.Set) *block {
	if !need[n.Col] {
		return g.node(n.In, need)
	}
	x := &plan.Window{Name: "row_number", Order: n.Order, T: types.Long, Never: true}
	return g.extend(&plan.Extend{In: n.In, Defs: []plan.Def{{Col: n.Col, X: x}}}, need)
}

func (g *gen) expand(n *plan.Expand, need plan.Set) *block {
	in := clone(need)
	out := clone(need)
	for _, it := range n.Items {
		delete(in, it.Col)
		out[it.Col] = true
	}
	delete(in, n.Index)
	for _, it := range n.Items {
		g.refs(in, it.X)
	}
	b := g.node(n.In, in)
	if !b.plain() {
		b = g.wrap(b, in)
	}
	var lists []string
	b = g.settle(b, in, func(b *block) {
		lists = lists[:0]
		for _, it := range n.Items {
			lists = append(lists, g.list(b, it, n.Limit))
		}
	})
	for i, it := range n.Items {
		b.cols[it.Col] = sql{s: fill(g.d.Unnest, lists[i]), prec: precAtom}
	}
	if n.Index != nil && need[n.Index] {
		lens := make([]string, len(lists))
		for i, l := range lists {
			lens[i] = "len(" + l + ")"
		}
		b.cols[n.Index] = sql{s: fill(g.d.Numbered, "greatest("+strings.Join(lens, ", ")+")"), prec: precAtom}
	}
	return g.wrap(b, out)
}

// list writes the list of a dynamic's elements.
func (g *gen) list(b *block, it plan.Item, limit plan.Expr) string {
	tmpl := g.d.Elems
	if it.Pairs {
		tmpl = g.d.Pairs
	}
	var s string
	outer, f := g.frame, frame{}
	g.frame = &f
	if it.Instants {
		s = g.instants(b, it.X)
	} else {
		s = fill(tmpl, g.expr(b, it.X).s)
	}
	g.repeatedIn(&f, outer, s, []plan.Expr{it.X}, b)
	if limit != nil {
		s = fill(g.d.Ops["list head"].sql, s, g.alone(limit).s)
	}
	return s
}

// maxInstants is how many elements range() gives at most, as package native has it.
const maxInstants = 1 << 20

// instants writes the list of the instants of a range() or a pack_array(). A range with an end that is null is null, which
// expands to one null.
func (g *gen) instants(b *block, x plan.Expr) string {
	parts, step, _ := plan.InstantsOf(x)
	texts := make([]string, len(parts))
	var null []string
	for i, p := range parts {
		texts[i] = "CAST(" + g.expr(b, p).s + " AS " + g.d.Types[types.DateTime] + ")"
		if !p.NotNull() {
			null = append(null, texts[i]+" IS NULL")
		}
	}
	if step == 0 {
		return "[" + strings.Join(texts, ", ") + "]"
	}
	by := strconv.FormatInt(step, 10)
	s := fill(g.d.Series, texts[0], "least("+texts[1]+", "+texts[0]+" + "+strconv.FormatInt(step*(maxInstants-1), 10)+")", by)
	if len(null) > 0 {
		s = "CASE WHEN " + strings.Join(null, " OR ") + " THEN [CAST(NULL AS " + g.d.Types[types.DateTime] + ")] ELSE " + s + " END"
	}
	return s
}

func (g *gen) union(n *plan.Union, need plan.Set) *block {
	var cols []*plan.Col
	var at []int
	for i, c := range n.Cols {
		if need[c] {
			cols, at = append(cols, c), append(at, i)
		}
	}
	names := aliases(cols)
	parts := make([]string, len(n.Legs))
	nested := 0
	for i, leg := range n.Legs {
		in := plan.Set{}
		for _, k := range at {
			g.refs(in, leg.X[k])
		}
		b := g.node(leg.In, in)
		list := make([]string, len(at))
		b = g.settle(b, in, func(b *block) {
			for j, k := range at {
				s := g.converted(b, leg.X[k], cols[j].Type).s
				if _, lit := leg.X[k].(*plan.Lit); lit && i == 0 && cols[j].Type == types.Long {
					s = "CAST(" + s + " AS " + g.d.Types[types.Long] + ")"
				}
				list[j] = s + " AS " + identifier(names[j])
			}
		})
		parts[i] = b.statement(list)
		nested = max(nested, b.nested)
		if g.spend(len(parts[i])); g.err != nil {
			return nothing(need)
		}
		if b.limit != "" || b.unique != "" {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	alias := g.alias("u")
	out := newBlock("(" + strings.Join(parts, " UNION ALL ") + ") AS " + alias)
	out.alias, out.nested = alias, nested+1
	for i, c := range cols {
		out.cols[c] = sql{s: alias + "." + identifier(names[i]), prec: precAtom}
	}
	return out
}
