package sqlgen

import (
	"fmt"
	"strconv"
	"strings"

	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// longText is the length from which the text of a value that stands several times in an expression is computed below
// instead.
const longText = 400

// expr writes a value.
func (g *gen) expr(b *block, x plan.Expr) sql {
	if g.stopped() {
		return sql{s: "NULL", prec: precAtom}
	}
	outer := g.frame
	f := frame{}
	g.frame = &f
	s, below := g.computed(b, x)
	if !below {
		s = g.write(b, x)
		if _, column := x.(*plan.Ref); !column {
			s.deep = f.below + 1
		}
	}
	if g.frame = outer; outer != nil {
		outer.kids = append(outer.kids, kid{x, s.s})
		outer.below = max(outer.below, s.deep)
	}
	if g.judge(x, s, f.kids); g.stopped() {
		return sql{s: "NULL", prec: precAtom} // or what stands around it would go on growing
	}
	return s
}

// computed is the column that has x when it was computed below.
func (g *gen) computed(b *block, x plan.Expr) (sql, bool) {
	if c, ok := g.hoisted[x]; ok {
		s, ok := b.cols[c]
		return s, ok
	}
	return sql{}, false
}

func (g *gen) write(b *block, x plan.Expr) sql {
	switch x := x.(type) {
	case *plan.Ref:
		s, ok := b.cols[x.Col]
		if !ok {
			panic(fmt.Sprintf("sqlgen: column %s is not there", x.Col.Name))
		}
		return s
	case *plan.Lit:
		s, p := g.d.literal(x.T, x.V)
		return sql{s: s, prec: p}
	case *plan.Call:
		return g.call(b, x)
	case *plan.Op:
		return g.op(b, x)
	case *plan.Cast:
		return g.cast(b, x)
	case *plan.Logic:
		return g.logic(b, x, g.expr)
	case *plan.Compare:
		return g.compare(b, x, false)
	case *plan.Path:
		return g.path(b, x)
	case *plan.Case:
		return g.caseWhen(b, x)
	case *plan.Query:
		return g.query(x)
	case *plan.InQuery:
		return g.inQuery(b, x)
	case *plan.Window:
		return g.window(b, x)
	}
	panic(fmt.Sprintf("sqlgen: no rule for %T", x))
}

// predicate writes a condition where null counts as false, which allows simpler text.
func (g *gen) predicate(b *block, x plan.Expr) sql {
	if _, below := g.computed(b, x); below || g.stopped() {
		return g.expr(b, x)
	}
	switch x := x.(type) {
	case *plan.Logic:
		return g.logic(b, x, g.predicate)
	case *plan.Compare:
		return g.compare(b, x, true)
	case *plan.Op:
		if x.Name == "in" || x.Name == "in fold" {
			return inConst(g, b, x)
		}
	}
	return g.expr(b, x)
}

func (g *gen) logic(b *block, x *plan.Logic, operand func(*block, plan.Expr) sql) sql {
	word, prec := " AND ", precAnd
	if x.Or {
		word, prec = " OR ", precOr
	}
	parts := make([]string, len(x.Args))
	for i, a := range x.Args {
		parts[i] = operand(b, a).brackets(prec)
	}
	return sql{s: strings.Join(parts, word), prec: prec}
}

// compare writes a comparison by Kusto's null rules. In a predicate "=" will do: it gives null where Kusto has false.
func (g *gen) compare(b *block, x *plan.Compare, predicate bool) sql {
	l, r := g.expr(b, x.L).brackets(precOther), g.expr(b, x.R).brackets(precOther)
	nan := g.nanGuard(x, l, r)
	total := x.L.NotNull() && x.R.NotNull()
	var s sql
	switch {
	case total || x.Op != "=" && x.Op != "<>" || predicate && x.Op == "=":
		s = sql{s: l + " " + x.Op + " " + r, prec: precCompare}
	case x.L.NotNull() || x.R.NotNull() || predicate:
		s = sql{s: l + distinct(x.Op) + r, prec: precCompare}
	default:
		s = sql{s: "CASE WHEN " + l + " IS NULL AND " + r + " IS NULL THEN NULL ELSE " + l + distinct(x.Op) + r + " END", prec: precAtom}
	}
	if nan == "" {
		return s
	}
	if x.Op == "<>" {
		return sql{s: "(" + s.s + " OR " + nan + ")", prec: precAtom}
	}
	return sql{s: "(" + s.s + " AND NOT " + nan + ")", prec: precAtom}
}

func distinct(op string) string {
	if op == "=" {
		return " IS NOT DISTINCT FROM "
	}
	return " IS DISTINCT FROM "
}

// nanGuard is the test that keeps NaN from being equal to itself and greater than all numbers, as databases have it.
func (g *gen) nanGuard(x *plan.Compare, l, r string) string {
	side := func(e plan.Expr) bool {
		if l, ok := e.(*plan.Lit); ok {
			v, _ := l.V.(float64)
			return v != v
		}
		return e.Type() == types.Real
	}
	switch {
	case (x.Op == "=" || x.Op == "<>") && side(x.L) && side(x.R):
		return "isnan(" + l + ")"
	case (x.Op == ">" || x.Op == ">=") && side(x.L):
		return "isnan(" + l + ")"
	case (x.Op == "<" || x.Op == "<=") && side(x.R):
		return "isnan(" + r + ")"
	}
	return ""
}

func (g *gen) caseWhen(b *block, x *plan.Case) sql {
	var w strings.Builder
	w.WriteString("CASE")
	for i, c := range x.When {
		w.WriteString(" WHEN " + g.predicate(b, c).s + " THEN " + g.branch(b, x.Then[i], x.T))
	}
	w.WriteString(" ELSE " + g.branch(b, x.Else, x.T) + " END")
	return sql{s: w.String(), prec: precAtom}
}

// branch writes a value of the type that all branches share.
func (g *gen) branch(b *block, x plan.Expr, t types.Type) string {
	return g.converted(b, x, t).s
}

// converted writes x as a value of type t.
func (g *gen) converted(b *block, x plan.Expr, t types.Type) sql {
	if x.Type() == t || t.Open() {
		return g.expr(b, x)
	}
	if l, ok := x.(*plan.Lit); ok && l.V == nil {
		s, p := g.d.null(t)
		return sql{s: s, prec: p}
	}
	return g.cast(b, &plan.Cast{X: x, T: t})
}

// cast converts. Text of a dynamic goes straight to the place in the JSON, or to the column that has it.
func (g *gen) cast(b *block, x *plan.Cast) sql {
	if x.X.Type() == types.Dynamic && x.T == types.String {
		return g.dynamicText(b, x.X)
	}
	s := builtin.Convert(g.expr(b, x.X).s, x.X.Type(), x.T)
	g.measure([]plan.Expr{x.X}, b, s)
	return sql{s: s, prec: textPrec(s)}
}

// textPrec finds out how tightly a text from the builtin tables binds.
func textPrec(s string) int {
	if builtin.Atom(s) == s {
		return precAtom
	}
	return 0
}

func (g *gen) dynamicText(b *block, x plan.Expr) sql {
	if s, ok := g.physical(b, x); ok {
		return s
	}
	var s string
	if p, ok := x.(*plan.Path); ok && g.hoisted[x] == nil {
		base, path := g.pathBase(b, p)
		s = fill(g.d.Ops["json text at"].sql, base, path)
	} else {
		s = fill(g.d.Ops["json text"].sql, g.expr(b, x).brackets(precAtom))
	}
	return sql{s: "coalesce(" + s + ", '')", prec: precAtom}
}

// physical finds the column that has the same text as a place in a table's JSON.
func (g *gen) physical(b *block, x plan.Expr) (sql, bool) {
	c := g.place(x)
	if c == nil {
		return sql{}, false
	}
	s, ok := b.cols[c]
	return s, ok
}

// inside is a text in the JSON of a table's column that the table also has by itself.
type inside struct {
	col  *plan.Col
	path string
}

// place is the column that stands for a text inside a table's JSON, nil when the table does not have it by itself.
func (g *gen) place(x plan.Expr) *plan.Col {
	if len(g.dynamics) == 0 {
		return nil
	}
	col, path, ok := placeOf(x)
	if !ok || g.dynamics[col] == nil {
		return nil
	}
	s, ok := g.dynamics[col].Paths[path]
	if !ok {
		return nil
	}
	key := inside{col, path}
	if c := g.places[key]; c != nil {
		return c
	}
	c := &plan.Col{Name: plainTail(path), Type: types.String, NotNull: true}
	g.places[key] = c
	g.inside[c] = placed{of: col, sql: s}
	return c
}

// placed is the SQL of a text inside a JSON column, and that column.
type placed struct {
	of  *plan.Col
	sql string
}

// plainTail is the last key of a path, for a column's name.
func plainTail(path string) string {
	if i := strings.LastIndexAny(path, ".]"); i >= 0 && i+1 < len(path) {
		return path[i+1:]
	}
	return "text"
}

// placeOf is the column and the steps of an access whose steps are all constants; parse_json(tostring(x)) is x there,
// since only bags have members.
func placeOf(x plan.Expr) (*plan.Col, string, bool) {
	switch x := x.(type) {
	case *plan.Ref:
		return x.Col, "", true
	case *plan.Path:
		col, path, ok := placeOf(x.X)
		if !ok {
			return nil, "", false
		}
		for _, s := range x.Steps {
			switch {
			case s.X != nil:
				return nil, "", false
			case s.IsKey && path != "":
				path += "." + s.Key
			case s.IsKey:
				path = s.Key
			default:
				path += "[" + strconv.FormatInt(s.Index, 10) + "]"
			}
		}
		return col, path, true
	case *plan.Call:
		if x.T == types.Dynamic && len(x.Args) == 1 && parsesJSON[x.Row.Name] {
			return placeOf(x.Args[0])
		}
	case *plan.Cast:
		if x.T == types.String && x.X.Type() == types.Dynamic {
			return placeOf(x.X)
		}
	}
	return nil, "", false
}

var parsesJSON = map[string]bool{"parse_json": true, "todynamic": true, "toobject": true, "parsejson": true}

// call writes a function of the builtin tables.
func (g *gen) call(b *block, x *plan.Call) sql {
	args := make([]builtin.Arg, len(x.Args))
	for i, a := range x.Args {
		_, literal := a.(*plan.Lit)
		if p := paramOf(x.Row, i); a.Type() == types.Dynamic && p.Convert == types.String && !literal {
			args[i] = builtin.Arg{SQL: g.dynamicText(b, a).s, Type: types.String, NonNull: a.NotNull()}
			continue // the value itself may not be there, only the text inside it
		}
		args[i] = g.builtinArg(b, a)
	}
	s := x.Row.Expand(g.env, args)
	g.measure(x.Args, b, s)
	return sql{s: s, prec: textPrec(s)}
}

func paramOf(r *builtin.Row, i int) builtin.Param {
	if len(r.Params) == 0 {
		return builtin.Param{}
	}
	return r.Params[min(i, len(r.Params)-1)]
}

func (g *gen) builtinArg(b *block, a plan.Expr) builtin.Arg {
	arg := builtin.Arg{Type: a.Type(), NonNull: a.NotNull()}
	if l, ok := a.(*plan.Lit); ok {
		arg.Const, arg.Value = true, l.V
		if t, ok := l.V.(types.Type); ok {
			arg.SQL = text(t.String())
			return arg
		}
		if l.T == types.Real || l.T == types.Long {
			arg.SQL, _ = g.d.literal(l.T, l.V)
			return arg
		}
	}
	arg.SQL = g.expr(b, a).s
	return arg
}

// op writes an operator of the engine's own.
func (g *gen) op(b *block, x *plan.Op) sql {
	if f, ok := specialOps[x.Name]; ok {
		return f(g, b, x)
	}
	o, ok := g.d.Ops[x.Name]
	if !ok {
		panic("sqlgen: no operator " + x.Name)
	}
	args := make([]string, len(x.Args))
	for i, a := range x.Args {
		args[i] = g.expr(b, a).brackets(o.args)
	}
	s := fill(o.sql, args...)
	g.measure(x.Args, b, s)
	return sql{s: s, prec: o.prec}
}

// measure notices operands that cannot stand where the text s of an operator over args has them.
func (g *gen) measure(args []plan.Expr, b *block, s string) {
	if !g.settling || g.stopped() {
		return
	}
	if strings.Contains(s, "TRY(") {
		g.columnsForTry(b, args)
	}
	if strings.Contains(s, "lambda ") && strings.Contains(s, "(SELECT ") {
		g.columnsForLambda()
	}
}

// columnsForLambda computes below what reads a sub-query, which cannot stand in a lambda.
func (g *gen) columnsForLambda() {
	if g.frame == nil {
		return
	}
	for _, k := range g.frame.kids {
		if _, constant := k.x.(*plan.Lit); g.hoist == nil && !constant && strings.Contains(k.s, "(SELECT ") {
			g.hoist = k.x
		}
	}
}

// columnsForTry computes below what cannot stand in TRY: aggregates, window functions and sub-queries.
func (g *gen) columnsForTry(b *block, args []plan.Expr) {
	for _, a := range args {
		plan.Walk(a, func(x plan.Expr) bool {
			if g.hoist != nil {
				return false
			}
			if c, ok := g.hoisted[x]; ok {
				if _, there := b.cols[c]; there {
					return false
				}
			}
			switch x := x.(type) {
			case *plan.Ref:
				if b.grouped || b.window[x.Col] || strings.Contains(b.cols[x.Col].s, "(SELECT") {
					g.hoist = x
				}
			case *plan.Window, *plan.Query, *plan.InQuery:
				g.hoist = x
			}
			return g.hoist == nil
		})
	}
}

// query writes a scalar sub-query.
func (g *gen) query(x *plan.Query) sql {
	b := g.node(x.Plan, plan.Set{x.Col: true})
	if b.limit == "" && !(b.grouped && len(b.group) == 0) {
		b.limit = "1"
	}
	s := "(" + g.render(b, []*plan.Col{x.Col}, aliases([]*plan.Col{x.Col})) + ")"
	if x.Col.Type == types.String {
		s = "coalesce(" + s + ", '')"
	}
	return sql{s: s, prec: precAtom}
}

func (g *gen) inQuery(b *block, x *plan.InQuery) sql {
	l := g.expr(b, x.X).brackets(precOther)
	in := g.node(x.Plan, plan.Set{x.Col: true})
	if !x.Col.NotNull && x.Col.Type != types.String && x.Not {
		if !in.plain() {
			in = g.wrap(in, plan.Set{x.Col: true})
		}
		in.where = append(in.where, in.cols[x.Col].brackets(precOther)+" IS NOT NULL")
	}
	if x.Fold {
		l = "lower(" + l + ")"
		in.cols[x.Col] = sql{s: "lower(" + in.cols[x.Col].s + ")", prec: precAtom}
	}
	q := "(" + g.render(in, []*plan.Col{x.Col}, aliases([]*plan.Col{x.Col})) + ")"
	switch {
	case x.Not && x.X.NotNull():
		return sql{s: l + " NOT IN " + q, prec: precCompare}
	case x.Not:
		return sql{s: "(" + l + " IS NULL OR " + l + " NOT IN " + q + ")", prec: precAtom}
	case x.X.NotNull() && x.Col.Type == types.String:
		return sql{s: l + " IN " + q, prec: precCompare}
	}
	return sql{s: "coalesce(" + l + " IN " + q + ", FALSE)", prec: precAtom}
}

func (g *gen) window(b *block, x *plan.Window) sql {
	args := make([]string, len(x.Args))
	for i, a := range x.Args {
		args[i] = g.expr(b, a).s
	}
	tmpl, ok := g.d.Window[x.Name]
	if !ok {
		panic("sqlgen: no window function " + x.Name)
	}
	var over []string
	if len(x.Partition) > 0 {
		parts := make([]string, len(x.Partition))
		for i, p := range x.Partition {
			parts[i] = g.expr(b, p).s
		}
		over = append(over, "PARTITION BY "+strings.Join(parts, ", "))
	}
	if order := g.orderBy(b, x.Order); len(order) > 0 {
		over = append(over, "ORDER BY "+strings.Join(order, ", "))
	}
	return sql{s: strings.ReplaceAll(fill(tmpl, args...), "{over}", strings.Join(over, " ")), prec: precAtom}
}

// nanKey sorts NaN between the nulls and the numbers; databases take it for the greatest of these.
func nanKey(s string, nullsFirst bool) string {
	if nullsFirst {
		return "isnan(" + s + ") DESC NULLS FIRST"
	}
	return "isnan(" + s + ") NULLS LAST"
}

// orderBy writes sort keys; where nulls go is always said, as databases differ.
func (g *gen) orderBy(b *block, keys []plan.Key) []string {
	out := make([]string, 0, len(keys))
	for _, k := range keys {
		if _, ok := k.X.(*plan.Lit); ok {
			continue
		}
		key, _ := g.groupKey(b, k.X)
		s := key.s
		if k.X.Type() == types.Real {
			out = append(out, nanKey(s, k.NullsFirst)) // NaN stands with the nulls
		}
		if k.Desc {
			s += " DESC"
		}
		switch {
		case k.X.NotNull():
		case k.NullsFirst:
			s += " NULLS FIRST"
		default:
			s += " NULLS LAST"
		}
		out = append(out, s)
	}
	return out
}
