package sqlgen

import (
	"slices"
	"strconv"
	"strings"

	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// sql is the text of an expression and how tightly it binds.
type sql struct {
	s    string
	prec int
	deep int // operators in one another
}

// block is a SELECT that is still being put together. Operators go into it as long as SQL's order of evaluation lets
// them; then it becomes the FROM of the next one ([gen.wrap]).
type block struct {
	from    string
	cols    map[*plan.Col]sql
	window  plan.Set // columns whose text has a window function
	where   []string
	group   []string
	having  []string
	grouped bool     // an aggregation, even without group keys
	totals  []string // texts of the aggregates and keys of an aggregation
	unique  string
	order   []string
	limit   string
	alias   string // of the FROM when it is a single sub-select or table
	nested  int    // sub-selects in one another in the FROM
}

func newBlock(from string) *block {
	return &block{from: from, cols: map[*plan.Col]sql{}, window: plan.Set{}}
}

// plain reports whether FROM, WHERE and computed columns are all there is.
func (b *block) plain() bool {
	return !b.grouped && b.unique == "" && b.limit == "" && len(b.window) == 0
}

// columns lists needed columns in a steady order: that of their names, then of their texts.
func (b *block) columns(need plan.Set) []*plan.Col {
	out := make([]*plan.Col, 0, len(need))
	for c := range need {
		if _, ok := b.cols[c]; ok {
			out = append(out, c)
		}
	}
	sortCols(out, b)
	return out
}

func sortCols(cols []*plan.Col, b *block) {
	slices.SortFunc(cols, func(x, y *plan.Col) int {
		if x.Name != y.Name {
			return strings.Compare(x.Name, y.Name)
		}
		return strings.Compare(b.cols[x].s, b.cols[y].s)
	})
}

// wrap makes the block a sub-select and returns a block that reads its needed columns.
func (g *gen) wrap(b *block, need plan.Set) *block {
	cols := b.columns(need)
	if b.bare(cols) {
		return b
	}
	alias := g.alias("q")
	names := aliases(cols)
	out := newBlock("(" + g.render(b, cols, names) + ") AS " + alias)
	out.alias = alias
	out.nested = b.nested + 1
	if g.spend(len(out.from)); out.nested > maxNested {
		g.fail("it needs more than %d sub-selects in one another", maxNested)
	}
	for i, c := range cols {
		out.cols[c] = sql{s: alias + "." + identifier(names[i]), prec: precAtom}
	}
	return out
}

// bare reports whether the block is no more than some columns of one relation.
func (b *block) bare(cols []*plan.Col) bool {
	if b.alias == "" || !b.plain() || len(b.where) > 0 {
		return false
	}
	for _, c := range cols {
		if rest, ok := strings.CutPrefix(b.cols[c].s, b.alias+`."`); !ok || strings.IndexByte(rest, '"') != len(rest)-1 {
			return false
		}
	}
	return true
}

// aliases gives each column a name that is its own even where letter case does not count.
func aliases(cols []*plan.Col) []string {
	names := make([]string, len(cols))
	used := make(map[string]bool, len(cols))
	for i, c := range cols {
		name := c.Name
		if !plainName(name) {
			name = "c" + strconv.Itoa(i+1)
		}
		for n := 2; used[strings.ToLower(name)]; n++ {
			name = c.Name + "_" + strconv.Itoa(n)
			if !plainName(name) {
				name = "c" + strconv.Itoa(i+1) + "_" + strconv.Itoa(n)
			}
		}
		used[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}

// render writes the block as a SELECT of the columns under the names.
func (g *gen) render(b *block, cols []*plan.Col, names []string) string {
	if len(cols) > maxCols {
		g.fail("it computes more than %d columns", maxCols)
	}
	list := make([]string, len(cols))
	for i, c := range cols {
		list[i] = b.cols[c].s + " AS " + identifier(names[i])
	}
	return b.statement(list)
}

func (b *block) statement(list []string) string {
	var w strings.Builder
	w.WriteString("SELECT ")
	if b.unique != "" {
		w.WriteString(b.unique + " ")
	}
	if len(list) == 0 {
		list = []string{"1 AS one"}
	}
	w.WriteString(strings.Join(list, ", "))
	if b.from != "" {
		w.WriteString(" FROM " + b.from)
	}
	if len(b.where) > 0 {
		w.WriteString(" WHERE " + strings.Join(b.where, " AND "))
	}
	if len(b.group) > 0 {
		w.WriteString(" GROUP BY " + strings.Join(b.group, ", "))
	} else if b.grouped && !b.reads(list) {
		w.WriteString(" GROUP BY ()")
	}
	if len(b.having) > 0 {
		w.WriteString(" HAVING " + strings.Join(b.having, " AND "))
	}
	if len(b.order) > 0 {
		w.WriteString(" ORDER BY " + strings.Join(b.order, ", "))
	}
	if b.limit != "" {
		w.WriteString(" LIMIT " + b.limit)
	}
	return w.String()
}

// reads reports whether an aggregate of the block is written anywhere. Where none is, SQL would not see that there is an
// aggregation, which has one row.
func (b *block) reads(list []string) bool {
	written := strings.Join(list, ",") + strings.Join(b.having, ",") + strings.Join(b.order, ",")
	return slices.ContainsFunc(b.totals, func(s string) bool { return strings.Contains(written, s) })
}

func (g *gen) alias(prefix string) string {
	g.aliases++
	return prefix + strconv.Itoa(g.aliases)
}

// brackets puts text in brackets when it binds less tightly than wanted.
func (x sql) brackets(prec int) string {
	if x.prec < prec {
		return "(" + x.s + ")"
	}
	return x.s
}

// refs adds the columns that the expressions read to set. Columns of sub-queries are their own. A text inside a table's JSON
// that the table has as a column of its own needs that column only.
func (g *gen) refs(set plan.Set, xs ...plan.Expr) {
	for _, x := range xs {
		g.ref(set, x, false)
	}
}

func (g *gen) ref(set plan.Set, x plan.Expr, asText bool) {
	if asText {
		if c := g.place(x); c != nil {
			set[c] = true
			return
		}
	}
	switch x := x.(type) {
	case *plan.Ref:
		set[x.Col] = true
		return
	case *plan.Cast:
		g.ref(set, x.X, x.T == types.String && x.X.Type() == types.Dynamic)
		return
	case *plan.Call:
		for i, a := range x.Args {
			g.ref(set, a, a.Type() == types.Dynamic && paramOf(x.Row, i).Convert == types.String)
		}
		return
	}
	for _, c := range plan.Children(x) {
		g.ref(set, c, false)
	}
}

func (g *gen) keyRefs(set plan.Set, keys []plan.Key) {
	for _, k := range keys {
		g.refs(set, k.X)
	}
}

func clone(s plan.Set) plan.Set {
	out := make(plan.Set, len(s)+4)
	for c := range s {
		out[c] = true
	}
	return out
}

// missing is the value of a column on the side of a join that has no partner.
func (g *gen) missing(x sql, t types.Type) sql {
	if t == types.String {
		return sql{s: "coalesce(" + x.s + ", '')", prec: precAtom}
	}
	return x
}
