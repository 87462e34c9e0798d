package check

import (
	"slices"
	"strconv"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

func (c *checker) union(sc *scope, input *rel, op *ast.Union) *rel {
	var legs []*rel
	if input != nil {
		legs = append(legs, input)
	}
	for _, t := range op.Tables {
		legs = append(legs, c.leg(sc, t, op.Fuzzy)...)
	}
	var good []*rel
	for _, l := range legs {
		if l == nil {
			return nil
		}
		good = append(good, l)
	}
	if len(good) == 0 {
		if !c.diags.HasErrors() {
			c.fail(op.Loc, "no-tables", "there is no table to unite")
		}
		return nil
	}
	source := ""
	if op.WithSource != nil {
		source = op.WithSource.Text
	}
	if op.Kind != "" && op.Kind != "inner" && op.Kind != "outer" {
		c.failHint(op.KindLoc.Loc, "inner or outer", "unknown-kind", "there is no kind %s of union", op.Kind)
	}
	return c.unite(good, source, op.Kind == "inner")
}

// leg binds one table of a union; a pattern gives several. A broken one gives nil.
func (c *checker) leg(sc *scope, t ast.Source, fuzzy bool) []*rel {
	if w, ok := t.(*ast.Wildcard); ok {
		return append(c.wildTables(w.Pattern), c.wildViews(sc, w.Pattern, w.Loc)...)
	}
	if s, ok := t.(*ast.Star); ok {
		return append(c.wildTables("*"), c.wildViews(sc, "*", s.Loc)...)
	}
	n := len(c.diags)
	r := c.source(sc, t)
	if fuzzy && r == nil && onlyMissing(c.diags[n:]) {
		for i := range c.diags[n:] {
			c.diags[n+i].Severity = diag.Warning
		}
		return []*rel{}
	}
	if name, ok := t.(*ast.Name); ok && r != nil && r.name == "" {
		if b := sc.lookup(name.Text); b == nil || isView(b) {
			r.name = name.Text
		}
	}
	return []*rel{r}
}

func (c *checker) wildTables(pattern string) []*rel {
	var out []*rel
	if c.schema == nil {
		return out
	}
	for _, t := range c.schema.Tables {
		if matchWild(pattern, t.Name) {
			out = append(out, scan(t))
		}
	}
	return out
}

// isView reports whether a name was given to a view, which stands for a table in a union.
func isView(b *binding) bool { return b.fn != nil && b.fn.decl.View && len(b.fn.decl.Params) == 0 }

// wildViews binds the views of the query whose names match.
func (c *checker) wildViews(sc *scope, pattern string, at diag.Span) []*rel {
	found := sc.visible(isView)
	slices.Sort(found)
	var out []*rel
	for _, name := range slices.Compact(found) {
		if !matchWild(pattern, name) {
			continue
		}
		r := c.source(sc, &ast.Name{At: ast.At{Loc: at}, Text: name})
		if r != nil {
			r.name = name
		}
		out = append(out, r)
	}
	return out
}

func (c *checker) unite(legs []*rel, source string, inner bool) *rel {
	u := &plan.Union{}
	if source != "" {
		u.Cols = append(u.Cols, &plan.Col{Name: source, Type: types.String, NotNull: true})
	}
	shared := matchColumns(legs, inner)
	for _, s := range shared {
		u.Cols = append(u.Cols, s.col)
	}
	var part []*plan.Col
	for i, l := range legs {
		leg := plan.Leg{In: l.node}
		if source != "" {
			name := l.name
			if name == "" {
				name = "union_arg" + strconv.Itoa(i)
			}
			leg.X = append(leg.X, str(name))
		}
		for _, s := range shared {
			if s.from[i] == nil {
				leg.X = append(leg.X, &plan.Lit{T: s.col.Type, V: emptyOf(s.col.Type)})
			} else {
				leg.X = append(leg.X, ref(s.from[i]))
			}
		}
		u.Legs = append(u.Legs, leg)
	}
	return &rel{node: u, cols: u.Cols, part: part}
}

func emptyOf(t types.Type) any {
	if t == types.String {
		return ""
	}
	return nil
}

// unionColumn is a column of a union and what each leg has for it.
type unionColumn struct {
	name string
	col  *plan.Col
	from []*plan.Col
}

// matchColumns puts columns of one name and type together; where a name has several types, the type becomes part of the
// name.
func matchColumns(legs []*rel, inner bool) []*unionColumn {
	type key struct {
		name string
		t    types.Type
	}
	byKey := map[key]*unionColumn{}
	kinds, having := map[string]int{}, map[string]int{} // types of a name, and legs with it
	var all []*unionColumn
	taken := map[string]bool{}
	for i, l := range legs {
		for _, col := range l.cols {
			having[col.Name]++
			k := key{col.Name, col.Type}
			u := byKey[k]
			if u == nil {
				u = &unionColumn{name: col.Name, col: &plan.Col{Name: col.Name, Type: col.Type, NotNull: true}, from: make([]*plan.Col, len(legs))}
				byKey[k] = u
				kinds[col.Name]++
				all = append(all, u)
				taken[col.Name] = true
			}
			u.from[i] = col
		}
	}
	// columns of one name and several types stand together, where the name came first
	at := map[string]int{}
	for _, u := range all {
		if _, ok := at[u.name]; !ok {
			at[u.name] = len(at)
		}
	}
	slices.SortStableFunc(all, func(a, b *unionColumn) int { return at[a.name] - at[b.name] })
	var out []*unionColumn
	for _, u := range all {
		for _, f := range u.from {
			u.col.NotNull = u.col.NotNull && f != nil && f.NotNull
		}
		if inner && having[u.name] < len(legs) {
			continue
		}
		if kinds[u.name] > 1 {
			u.col.Name = u.name + "_" + u.col.Type.String()
			for n := 1; taken[u.col.Name]; n++ {
				u.col.Name = u.name + "_" + u.col.Type.String() + strconv.Itoa(n)
			}
			taken[u.col.Name] = true
		}
		out = append(out, u)
	}
	return out
}

// onlyMissing reports whether the mistakes say no more than that a table is not there.
func onlyMissing(l diag.List) bool {
	for _, d := range l {
		if d.Code != "unknown-table" {
			return false
		}
	}
	return true
}
