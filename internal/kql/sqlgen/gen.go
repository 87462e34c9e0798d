// Package sqlgen writes a plan as one SQL statement for DuckDB. How DuckDB writes types and literals is a [Dialect] value.
//
// It is safe by construction: a person's text gets into SQL through two functions of dialect.go (text, for constants,
// and identifier, for names that [plainName] let through) and nowhere else; and the rows of a table come from [gen.scan]
// alone, which adds the restriction to the tenant set.
//
// Start at [Generate]. Each operator is put into the SELECT that its input is becoming ([block]) when SQL's order of
// evaluation allows, so that filters stand at the scan and nesting is what is needed. Going down, every operator is told
// which columns are needed, and nothing else is computed.
package sqlgen

import (
	"fmt"
	"strconv"
	"strings"

	"passtrail"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// Options are what a query gets from outside.
type Options struct {
	Dialect  *Dialect
	Now      passtrail.Ticks
	Tenants  []passtrail.TenantID // every scan is held to these; none, no rows
	From, To passtrail.Ticks      // bounds for the tables' time column, From included, To not; 0 is open
	MaxRows  int                  // at most so many rows; 0 is all
	User     string               // who asks
}

// Statement is SQL with its arguments, $1 first.
type Statement struct {
	SQL  string
	Args []any
}

type gen struct {
	o        Options
	d        *Dialect
	args     []any
	tenants  string // the list of placeholders, made once
	aliases  int
	ctes     map[*plan.CTE]*cteUse
	uses     map[*plan.Col]int
	hoisted  map[plan.Expr]*plan.Col
	hoist    plan.Expr // an expression that would be written several times and is long
	settling bool      // what is too long or too deep can be computed below
	frame    *frame
	work     int // bytes written so far
	err      error
	env      builtin.Env
	dynamics map[*plan.Col]*plan.Column // dynamic columns of tables that have texts inside them as columns of their own
	places   map[inside]*plan.Col
	inside   map[*plan.Col]placed
	folding  *foldState // the part of a fold that is being written
	lookups  map[*plan.Col]*plan.Column
}

type cteUse struct {
	readers int // one: the database may put it where it is read
	need    plan.Set
}

// Generate writes one statement for the output. It panics on plans that check cannot make.
func Generate(out plan.Output, o Options) (Statement, error) {
	g := &gen{o: o, d: o.Dialect, ctes: map[*plan.CTE]*cteUse{}, hoisted: map[plan.Expr]*plan.Col{}}
	g.env = builtin.Env{Now: strconv.FormatInt(int64(o.Now), 10), User: text(o.User), Database: text("passtrail"), Cluster: text("passtrail")}
	if len(out.Cols) > maxCols {
		g.fail("it shows more than %d columns", maxCols)
	}
	if g.weigh(out.Plan); g.err != nil {
		return Statement{}, g.err
	}
	g.uses = countUses(out)
	g.places, g.inside, g.dynamics = map[inside]*plan.Col{}, map[*plan.Col]placed{}, dynamics(out.Plan)
	g.lookups = lookups(out.Plan)
	need := plan.Set{}
	for _, c := range out.Cols {
		need[c] = true
	}
	g.keyRefs(need, out.Order)
	b := g.node(out.Plan, need)
	b = g.finish(b, out, need)
	list := make([]string, len(out.Cols))
	names := aliases(out.Cols)
	for i, c := range out.Cols {
		list[i] = g.result(b.cols[c], c.Type) + " AS " + identifier(names[i])
	}
	body := b.statement(list)
	full := g.with() + body
	if g.spend(len(full)); g.err != nil {
		return Statement{}, g.err
	}
	return Statement{SQL: full, Args: g.args}, nil
}

// finish adds the final order and the row limit.
func (g *gen) finish(b *block, out plan.Output, need plan.Set) *block {
	order := g.orderBy(b, out.Order)
	if b.limit != "" && len(order) > 0 && strings.Join(order, ",") != strings.Join(b.order, ",") || b.unique != "" && len(order) > 0 {
		b = g.wrap(b, need)
		order = g.orderBy(b, out.Order)
	}
	if len(order) > 0 {
		b.order = order
	}
	if g.o.MaxRows > 0 {
		switch n, err := strconv.Atoi(b.limit); {
		case b.limit == "":
			b.limit = strconv.Itoa(g.o.MaxRows)
		case err == nil:
			b.limit = strconv.Itoa(min(n, g.o.MaxRows))
		default:
			b.limit = "least(" + b.limit + ", " + strconv.Itoa(g.o.MaxRows) + ")"
		}
	}
	return b
}

// result writes a shown column in the form the database's driver gives it to us: dynamic and decimal as text.
func (g *gen) result(x sql, t types.Type) string {
	switch t {
	case types.Dynamic:
		return "CAST(" + x.s + " AS " + g.d.Types[types.String] + ")"
	case types.Decimal:
		return strings.ReplaceAll(builtin.DecimalText, "{0}", x.s)
	}
	if (t == types.DateTime || t == types.TimeSpan) && narrow(x.s) {
		return "CAST(" + x.s + " AS " + g.d.Types[t] + ")" // few ticks, as 1tick, would come as a narrower integer
	}
	return x.s
}

// narrow reports whether a text reads no column, and so may be of a narrower type than a column would.
func narrow(s string) bool {
	return !strings.ContainsAny(s, `"`) && !strings.HasPrefix(s, "CAST(") && strings.IndexFunc(s, func(r rune) bool { return r == '_' || r >= 'a' && r <= 'z' }) < 0
}

// with writes the relations that are computed once, the ones that others read first.
func (g *gen) with() string {
	var parts []string
	recursive := ""
	done := map[*plan.CTE]bool{}
	for {
		cte := g.nextCTE(done)
		if cte == nil || g.err != nil {
			break
		}
		done[cte] = true
		need := g.ctes[cte].need
		if f, ok := cte.Plan.(*plan.Fold); ok {
			recursive = "RECURSIVE "
			parts = append(parts, g.fold(cte, f, need))
			continue
		}
		b := g.node(cte.Plan, clone(need))
		cols, names := cteCols(cte, need)
		how := " AS MATERIALIZED ("
		if g.ctes[cte].readers == 1 {
			how = " AS ("
		}
		parts = append(parts, cte.Name+how+g.render(b, cols, names)+")")
		g.spend(len(parts[len(parts)-1]))
	}
	if len(parts) == 0 {
		return ""
	}
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return "WITH " + recursive + strings.Join(parts, ", ") + " "
}

// nextCTE is the last defined of those not written yet: nothing that is still to come reads it.
func (g *gen) nextCTE(done map[*plan.CTE]bool) *plan.CTE {
	var best *plan.CTE
	for c := range g.ctes {
		if !done[c] && (best == nil || c.Order > best.Order) {
			best = c
		}
	}
	return best
}

func cteCols(cte *plan.CTE, need plan.Set) (cols []*plan.Col, names []string) {
	all := aliases(cte.Cols)
	for i, c := range cte.Cols {
		if need[c] {
			cols, names = append(cols, c), append(names, all[i])
		}
	}
	return cols, names
}

// dynamics lists the dynamic columns of tables that have texts inside them as columns of their own.
func dynamics(n plan.Node) map[*plan.Col]*plan.Column {
	out := map[*plan.Col]*plan.Column{}
	plan.Visit(n, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok {
			for i, c := range s.Cols {
				if len(s.Table.Columns[i].Paths) > 0 {
					out[c] = &s.Table.Columns[i]
				}
			}
		}
	})
	plan.Visit(n, func(n plan.Node) {
		if s, ok := n.(*plan.Shared); ok {
			for _, c := range s.Cols {
				delete(out, c) // read from a relation that is computed once, and no longer from the table
			}
		}
	})
	return out
}

// countUses says how often each column is read anywhere in the plan.
func countUses(out plan.Output) map[*plan.Col]int {
	uses := map[*plan.Col]int{}
	for _, c := range out.Cols {
		uses[c]++
	}
	for _, k := range out.Order {
		plan.Walk(k.X, count(uses))
	}
	plan.Visit(out.Plan, func(n plan.Node) {
		for _, x := range plan.Exprs(n) {
			plan.Walk(x, count(uses))
		}
	})
	return uses
}

func count(uses map[*plan.Col]int) func(plan.Expr) bool {
	return func(x plan.Expr) bool {
		if r, ok := x.(*plan.Ref); ok {
			uses[r.Col]++
		}
		return true
	}
}

// node writes an operator and what is below it. The block has text for every column in need.
func (g *gen) node(n plan.Node, need plan.Set) *block {
	settling, hoist, frame := g.settling, g.hoist, g.frame
	g.settling, g.hoist, g.frame = false, nil, nil
	defer func() { g.settling, g.hoist, g.frame = settling, hoist, frame }()
	if g.err != nil {
		return nothing(need)
	}
	return g.operator(n, need)
}

// nothing stands for a relation once the statement is given up.
func nothing(need plan.Set) *block {
	b := newBlock("")
	for c := range need {
		b.cols[c] = sql{s: "NULL", prec: precAtom}
	}
	return b
}

func (g *gen) operator(n plan.Node, need plan.Set) *block {
	switch n := n.(type) {
	case *plan.Scan:
		return g.scan(n, need)
	case *plan.Values:
		return g.values(n, need)
	case *plan.Range:
		return g.rangeRows(n)
	case *plan.Filter:
		return g.filter(n, need)
	case *plan.Extend:
		return g.extend(n, need)
	case *plan.Limit:
		return g.limit(n, need)
	case *plan.Aggregate:
		return g.aggregate(n, need)
	case *plan.First:
		return g.first(n, need)
	case *plan.Combine:
		return g.combine(n, need)
	case *plan.Union:
		return g.union(n, need)
	case *plan.Expand:
		return g.expand(n, need)
	case *plan.Shared:
		return g.shared(n, need)
	case *plan.RowNumber:
		return g.rowNumber(n, need)
	case *plan.FoldRow:
		return g.foldRow(n, need)
	}
	panic(fmt.Sprintf("sqlgen: no rule for %T", n))
}

// scan reads a table. It is the only place that names one, and it always holds the rows to the tenant set.
func (g *gen) scan(n *plan.Scan, need plan.Set) *block {
	t := n.Table
	b := newBlock(t.From)
	joins := map[string]bool{}
	at := make(map[*plan.Col]string, len(n.Cols))
	for i, c := range n.Cols {
		at[c] = t.Columns[i].Join
		if need[c] {
			b.cols[c] = sql{s: builtin.Atom(g.at(t.Columns[i].SQL)), prec: precAtom}
			joins[t.Columns[i].Join] = true
		}
	}
	for c := range need {
		if p, ok := g.inside[c]; ok {
			if join, own := at[p.of]; own {
				b.cols[c] = sql{s: builtin.Atom(g.at(p.sql)), prec: precAtom}
				joins[join] = true
			}
		}
	}
	b.where = append(b.where, g.tenantWall(t)...)
	if t.Where != "" {
		b.where = append(b.where, "("+g.at(t.Where)+")")
	}
	b.where = append(b.where, g.timeBounds(t, joins)...)
	b.from += g.at(joinText(t, joins))
	return b
}

// at puts the query's now into the text of a schema.
func (g *gen) at(text string) string { return strings.ReplaceAll(text, "{now}", g.env.Now) }

func joinText(t *plan.Table, used map[string]bool) string {
	for i := len(t.Joins) - 1; i >= 0; i-- {
		if j := t.Joins[i]; used[j.Key] && j.Needs != "" {
			used[j.Needs] = true
		}
	}
	var w strings.Builder
	for _, j := range t.Joins {
		if used[j.Key] {
			w.WriteString(" " + j.SQL)
		}
	}
	return w.String()
}

// tenantWall is the condition that holds a table to the tenant set: false for an empty set or a table that forgot to say
// which column it is.
func (g *gen) tenantWall(t *plan.Table) []string {
	if t.Shared && t.Tenant == "" {
		return nil
	}
	if len(g.o.Tenants) == 0 || t.Tenant == "" {
		return []string{"FALSE"}
	}
	if g.tenants == "" {
		holders := make([]string, len(g.o.Tenants))
		for i, id := range g.o.Tenants {
			holders[i] = g.arg(string(id))
		}
		g.tenants = strings.Join(holders, ", ")
	}
	if len(g.o.Tenants) == 1 {
		return []string{t.Tenant + " = " + g.tenants}
	}
	return []string{t.Tenant + " IN (" + g.tenants + ")"}
}

func (g *gen) timeBounds(t *plan.Table, joins map[string]bool) []string {
	name := t.TimeColumn()
	if name == "" || g.o.From == 0 && g.o.To == 0 {
		return nil
	}
	col := t.Column(name)
	joins[col.Join] = true
	x := builtin.Atom(g.at(col.SQL))
	var out []string
	if g.o.From != 0 {
		out = append(out, x+" >= "+strconv.FormatInt(int64(g.o.From), 10))
	}
	if g.o.To != 0 {
		out = append(out, x+" < "+strconv.FormatInt(int64(g.o.To), 10))
	}
	return out
}

// arg adds an argument to the statement.
func (g *gen) arg(v any) string {
	g.args = append(g.args, v)
	return "$" + strconv.Itoa(len(g.args))
}

func (g *gen) values(n *plan.Values, need plan.Set) *block {
	if len(n.Rows) == 1 {
		return g.oneRow(n, need)
	}
	alias := g.alias("v")
	var names, rows []string
	var keep []int
	for i, c := range n.Cols {
		if need[c] || len(n.Cols) == 1 {
			keep = append(keep, i)
		}
	}
	if len(keep) == 0 && len(n.Cols) > 0 {
		keep = []int{0}
	}
	kept := make([]*plan.Col, len(keep))
	for i, k := range keep {
		kept[i] = n.Cols[k]
	}
	for _, name := range aliases(kept) {
		names = append(names, identifier(name))
	}
	for i, row := range n.Rows {
		cells := make([]string, len(keep))
		for j, k := range keep {
			cells[j] = g.cell(row[k], n.Cols[k].Type, i == 0)
		}
		rows = append(rows, "("+strings.Join(cells, ", ")+")")
	}
	tail := ""
	if len(rows) == 0 {
		tail = " WHERE FALSE"
		cells := make([]string, len(keep))
		for j, k := range keep {
			cells[j] = "CAST(NULL AS " + g.d.Types[n.Cols[k].Type] + ")"
		}
		rows = []string{"(" + strings.Join(cells, ", ") + ")"}
	}
	b := newBlock("(VALUES " + strings.Join(rows, ", ") + ") AS " + alias + "(" + strings.Join(names, ", ") + ")")
	if tail != "" {
		b.where = []string{"FALSE"}
	}
	for i, k := range keep {
		b.cols[n.Cols[k]] = sql{s: alias + "." + names[i], prec: precAtom}
	}
	return b
}

// oneRow writes print, whose values may read sub-queries.
func (g *gen) oneRow(n *plan.Values, need plan.Set) *block {
	cols := map[*plan.Col]sql{}
	b := g.settle(newBlock(""), plan.Set{}, func(b *block) {
		for i, c := range n.Cols {
			if need[c] {
				cols[c] = g.expr(b, n.Rows[0][i])
			}
		}
	})
	for c, x := range cols {
		b.cols[c] = x
	}
	return b
}

// alone writes a value that reads no column of a table. What has to be computed below it makes a sub-query of it.
func (g *gen) alone(x plan.Expr) sql {
	var s sql
	b := g.settle(newBlock(""), plan.Set{}, func(b *block) { s = g.expr(b, x) })
	if b.from != "" {
		return sql{s: "(" + b.statement([]string{s.s + " AS one"}) + ")", prec: precAtom}
	}
	return s
}

// cell writes a cell of a table of constants; the first row says what type the columns have.
func (g *gen) cell(x plan.Expr, t types.Type, first bool) string {
	s := ""
	if l, ok := x.(*plan.Lit); ok {
		s, _ = g.d.literal(l.T, l.V)
		g.spend(len(s))
	} else {
		s = g.alone(x).s
	}
	if first && t != types.String && t != types.Bool && t != types.Guid && !strings.HasPrefix(s, "CAST(") {
		return "CAST(" + s + " AS " + g.d.Types[t] + ")"
	}
	return s
}

func (g *gen) rangeRows(n *plan.Range) *block {
	alias := g.alias("n")
	from, to, step := g.alone(n.From).s, g.alone(n.To).s, g.alone(n.Step).s
	b := newBlock(fill(g.d.Series, from, to, step) + " AS " + alias + "(v)")
	x := sql{s: alias + ".v", prec: precAtom}
	if n.Col.Type == types.Real {
		x = sql{s: fmt.Sprintf("%s + %s.v * %s", builtin.Atom(from), alias, builtin.Atom(step)), prec: precAdd}
		b.from = fill(g.d.Series, "0", "TRY_CAST(floor(("+to+" - "+builtin.Atom(from)+") / "+builtin.Atom(step)+" + 1e-12) AS "+g.d.Types[types.Long]+")", "1") + " AS " + alias + "(v)"
	}
	b.cols[n.Col] = x
	return b
}

// shared reads a relation that is computed once.
func (g *gen) shared(n *plan.Shared, need plan.Set) *block {
	use := g.ctes[n.CTE]
	if use == nil {
		use = &cteUse{need: plan.Set{}}
		g.ctes[n.CTE] = use
	}
	use.readers++
	alias := g.alias("m")
	b := newBlock(n.CTE.Name + " AS " + alias)
	b.alias = alias
	for i, c := range n.Cols {
		if need[c] {
			use.need[n.CTE.Cols[i]] = true
		}
	}
	names := aliases(n.CTE.Cols)
	for i, c := range n.Cols {
		if need[c] {
			b.cols[c] = sql{s: alias + "." + identifier(names[i]), prec: precAtom}
		}
	}
	return b
}
