package check

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

func (c *checker) where(sc *scope, r *rel, op *ast.Where) *rel {
	win := c.newWindows(r)
	pred := win.column(c.condition(&env{sc: sc, rel: r, windows: win}, op.Predicate))
	r = win.apply(r)
	n := r.then(plan.Where(r.node, pred))
	n.fresh = false
	return n
}

// item binds one item of a list of columns: one column, or several for (a, b) = x.
func (c *checker) item(e *env, x ast.Expr, names *names, fb fallback) []plan.Def {
	n, named := x.(*ast.Named)
	if named && n.Tuple {
		return c.tuple(e, n, names, false)
	}
	if named {
		v := c.expr(e, n.X)
		if p := c.parts(n.X, v); p != nil {
			v = p[0]
		}
		name, ok := names.give(n.Names[0].Text)
		if !ok {
			c.fail(n.Names[0].Loc, "duplicate-column", "there are two columns %s", name)
		}
		return []plan.Def{define(name, v)}
	}
	v := c.expr(e, x)
	if p := c.parts(x, v); p != nil {
		return c.named(x, v, p, names.derived)
	}
	d := derive(x)
	if o, ok := v.(*plan.Ref); ok && d == "" && e.rel != nil && slices.Contains(e.rel.cols, o.Col) {
		d = o.Col.Name // column_ifexists
	}
	if n, ok := x.(*ast.Name); ok && names.plain[n.Text] {
		c.failHint(n.Loc, "give it another name: New = "+n.Text, "duplicate-column", "there are two columns %s", n.Text)
	}
	if _, ok := x.(*ast.Name); ok {
		names.plain[d] = true
	}
	if d != "" {
		return []plan.Def{define(names.derived(d), v)}
	}
	return []plan.Def{define(fb(names), v)}
}

func define(name string, v plan.Expr) plan.Def {
	if r, ok := v.(*plan.Ref); ok && r.Col.Name == name {
		return plan.Def{Col: r.Col, X: v}
	}
	if v.Type() == types.Null {
		v = &plan.Lit{T: types.Dynamic}
	}
	d := plan.Def{Col: col(name, v), X: v}
	if v.Type().Integer() {
		d.Col.Bits = bitsOf(v)
	}
	return d
}

// tuple gives the columns of a call that has several, or the elements of a dynamic array, to several columns. In project
// those behind the names given stay under their own; extend has the named ones only.
func (c *checker) tuple(e *env, n *ast.Named, names *names, rest bool) []plan.Def {
	v := c.expr(e, n.X)
	var out []plan.Def
	if p := c.parts(n.X, v); p != nil {
		given := min(len(n.Names), len(p))
		for i, name := range n.Names[:given] {
			out = append(out, define(names.claim(name.Text), p[i]))
		}
		if rest {
			for i, name := range partNames(n.X, v)[given:] {
				out = append(out, define(names.derived(name), p[given+i]))
			}
		}
		return out
	}
	for i, name := range n.Names {
		out = append(out, define(names.claim(name.Text), c.access(n.X.Span(), v, plan.Step{Index: int64(i)})))
	}
	return out
}

func (c *checker) project(sc *scope, r *rel, op *ast.Project) *rel {
	win := c.newWindows(r)
	e := &env{sc: sc, rel: r, windows: win}
	names := newNames()
	for _, x := range op.Columns {
		for _, n := range namesOf(x) {
			names.reserve(n)
		}
	}
	var defs []plan.Def
	for _, x := range op.Columns {
		if s, ok := x.(*ast.Star); ok {
			_ = s
			for _, col := range r.cols {
				names.used[col.Name] = true
				defs = append(defs, plan.Def{Col: col, X: ref(col)})
			}
			continue
		}
		if n, ok := x.(*ast.Named); ok && n.Tuple {
			defs = append(defs, c.tuple(e, n, names, true)...)
			continue
		}
		defs = append(defs, c.item(e, x, names, columnName)...)
	}
	r = win.apply(r)
	return r.show(defs)
}

// show makes the columns of the definitions the visible ones. One that only passes a column on is that column.
func (r *rel) show(defs []plan.Def) *rel {
	var add []plan.Def
	cols := make([]*plan.Col, len(defs))
	for i, d := range defs {
		cols[i] = d.Col
		if ref, ok := d.X.(*plan.Ref); !ok || ref.Col != d.Col {
			add = append(add, d)
		}
	}
	n := r.then(r.node)
	if len(add) > 0 {
		n = r.then(&plan.Extend{In: r.node, Defs: add})
	}
	n.cols = cols
	return n
}

func (c *checker) extend(sc *scope, r *rel, items []ast.Expr) *rel {
	win := c.newWindows(r)
	e := &env{sc: sc, rel: r, windows: win}
	given := newNames() // names this extend gives, to find duplicates
	cols := slices.Clone(r.cols)
	var defs []plan.Def
	taken := newNames(r.names()...)
	for _, x := range items {
		named := namesOf(x)
		if len(named) == 0 {
			defs = append(defs, c.unnamed(e, x, r, taken)...)
			continue
		}
		defs = append(defs, c.item(e, x, given, columnName)...)
	}
	for _, d := range defs {
		i := slices.IndexFunc(cols, func(o *plan.Col) bool { return o.Name == d.Col.Name })
		if i >= 0 {
			cols[i] = d.Col
		} else {
			cols = append(cols, d.Col)
		}
	}
	r = win.apply(r)
	n := r.extend(defs...)
	if n == r {
		n = r.then(r.node)
	}
	n.cols = cols
	return n
}

// unnamed is an item of extend without a name: a column as it stands changes nothing, and a name that follows from the
// expression (bin(x, 1h) is x, d.a is d_a) replaces a column that has it.
func (c *checker) unnamed(e *env, x ast.Expr, r *rel, taken *names) []plan.Def {
	v := c.expr(e, x)
	if o, ok := v.(*plan.Ref); ok && slices.Contains(r.cols, o.Col) {
		return nil
	}
	if p := c.parts(x, v); p != nil {
		return c.named(x, v, p, func(n string) string { return n })
	}
	d := derive(x)
	if d == "" {
		return []plan.Def{define(taken.column(), v)}
	}
	return []plan.Def{define(d, v)}
}

// matching finds the columns that a name or pattern means. A name without a column is a mistake, a pattern without one is not.
func (c *checker) matching(r *rel, x ast.Expr) []*plan.Col {
	switch x := ast.Unparen(x).(type) {
	case *ast.Name:
		if col := r.column(x.Text); col != nil {
			return []*plan.Col{col}
		}
		c.failHint(x.Loc, diag.DidYouMean(x.Text, r.names()), "unknown-column", "there is no column %s", x.Text)
	case *ast.Star:
		return r.cols
	case *ast.Wildcard:
		var out []*plan.Col
		for _, col := range r.cols {
			if matchWild(x.Pattern, col.Name) {
				out = append(out, col)
			}
		}
		return out
	default:
		c.fail(x.Span(), "bad-column", "a column's name or a pattern is needed here")
	}
	return nil
}

// matchWild compares a name with a pattern in which * is any text.
func matchWild(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	name = name[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(name, p)
		if i < 0 {
			return false
		}
		name = name[i+len(p):]
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}

func (c *checker) projectAway(r *rel, items []ast.Expr) *rel {
	away := plan.Set{}
	for _, x := range items {
		for _, col := range c.matching(r, x) {
			away[col] = true
		}
	}
	return r.only(func(col *plan.Col) bool { return !away[col] })
}

func (c *checker) projectKeep(r *rel, items []ast.Expr) *rel {
	keep := plan.Set{}
	for _, x := range items {
		for _, col := range c.matching(r, x) {
			keep[col] = true
		}
	}
	return r.only(func(col *plan.Col) bool { return keep[col] })
}

// only shows the columns for which keep holds.
func (r *rel) only(keep func(*plan.Col) bool) *rel {
	n := r.then(r.node)
	n.cols = nil
	for _, col := range r.cols {
		if keep(col) {
			n.cols = append(n.cols, col)
		}
	}
	return n
}

// projectByNames shows the columns that constant texts name, in their order; a name that there is not is passed over.
func (c *checker) projectByNames(sc *scope, r *rel, op *ast.ProjectByNames) *rel {
	out := r.then(r.node)
	out.cols = nil
	for _, x := range op.Columns {
		names, ok := c.namesOfColumns(sc, r, x)
		if !ok {
			c.fail(x.Span(), "bad-argument", "a name, a pattern of names, or an array of them is needed here, as a constant")
			return nil
		}
		for _, name := range names {
			for _, col := range r.cols {
				fits := name == col.Name || strings.Contains(name, "*") && matchWild(name, col.Name)
				if fits && !slices.Contains(out.cols, col) {
					out.cols = append(out.cols, col)
				}
			}
		}
	}
	return out
}

// namesOfColumns reads constant names: a text, an array of texts, or column_names_of a table.
func (c *checker) namesOfColumns(sc *scope, r *rel, x ast.Expr) ([]string, bool) {
	if call, ok := ast.Unparen(x).(*ast.Call); ok && call.Name.Text == "column_names_of" && len(call.Args) == 1 {
		return c.table(sc, call.Args[0]).names(), true
	}
	v := c.expr(&env{sc: sc, rel: r}, x)
	if o, ok := v.(*plan.Op); ok && o.Name == "param" {
		return r.names(), true // while a function is looked at alone its parameters have no values
	}
	l, ok := v.(*plan.Lit)
	if !ok {
		return nil, false
	}
	s, ok := l.V.(string)
	if !ok || l.T == types.String {
		return []string{s}, ok
	}
	var list []string
	return list, json.Unmarshal([]byte(s), &list) == nil
}

func (c *checker) projectRename(r *rel, op *ast.ProjectRename) *rel {
	cols := slices.Clone(r.cols)
	var defs []plan.Def
	for _, n := range op.Columns {
		found := c.matching(r, n.X)
		if len(found) != 1 || len(n.Names) != 1 {
			continue
		}
		renamed := *found[0]
		renamed.Name = n.Names[0].Text
		cols[slices.Index(r.cols, found[0])] = &renamed
		defs = append(defs, plan.Def{Col: &renamed, X: ref(found[0])})
	}
	seen := map[string]bool{}
	for _, col := range cols {
		if seen[col.Name] {
			c.fail(op.Loc, "duplicate-column", "there are two columns %s", col.Name)
		}
		seen[col.Name] = true
	}
	n := r.extend(defs...)
	if n == r {
		n = r.then(r.node)
	}
	n.cols = cols
	return n
}

func (c *checker) projectReorder(r *rel, op *ast.ProjectReorder) *rel {
	var front []*plan.Col
	placed := plan.Set{}
	for _, k := range op.Columns {
		found := slices.Clone(c.matching(r, k.X))
		orderNames(found, k.Order)
		for _, col := range found {
			if !placed[col] {
				placed[col] = true
				front = append(front, col)
			}
		}
	}
	for _, col := range r.cols {
		if !placed[col] {
			front = append(front, col)
		}
	}
	n := r.then(r.node)
	n.cols = front
	return n
}

func orderNames(cols []*plan.Col, o ast.Order) {
	cmp := func(a, b *plan.Col) int { return strings.Compare(a.Name, b.Name) }
	switch o {
	case ast.Asc:
		slices.SortStableFunc(cols, cmp)
	case ast.Desc:
		slices.SortStableFunc(cols, func(a, b *plan.Col) int { return cmp(b, a) })
	case ast.GrannyAsc:
		slices.SortStableFunc(cols, func(a, b *plan.Col) int { return granny(a.Name, b.Name) })
	case ast.GrannyDesc:
		slices.SortStableFunc(cols, func(a, b *plan.Col) int { return granny(b.Name, a.Name) })
	}
}

// granny compares names with the numbers in them as numbers.
func granny(a, b string) int {
	for a != "" && b != "" {
		if unicode.IsDigit(rune(a[0])) && unicode.IsDigit(rune(b[0])) {
			x, restA := leadingNumber(a)
			y, restB := leadingNumber(b)
			if x != y {
				return x - y
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func leadingNumber(s string) (int, string) {
	i := 0
	for i < len(s) && i < 9 && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, _ := strconv.Atoi(s[:i])
	return n, s[i:]
}
