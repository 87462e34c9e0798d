package check

import (
	"regexp"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// searchEnv is what the predicate of a search, or a `*` in where, looks at: the columns of the rows, and the table's name.
type searchEnv struct {
	rel   *rel
	table string
	cs    bool
}

// searchable reports whether a term is looked for in a column.
func searchable(t types.Type) bool {
	return t == types.String || t == types.Dynamic || t == types.Guid || t.Integer()
}

// term is the test for a text that may stand in any column; * in it is any text.
func (s *searchEnv) term(_ *checker, word string, _ diag.Span) plan.Expr {
	out := &plan.Logic{Or: true}
	for _, col := range s.rel.cols {
		if searchable(col.Type) {
			out.Args = append(out.Args, wordTest(text(ref(col)), word, s.cs))
		}
	}
	return oneOf(out)
}

func oneOf(l *plan.Logic) plan.Expr {
	switch len(l.Args) {
	case 0:
		return &plan.Lit{T: types.Bool, V: !l.Or}
	case 1:
		return l.Args[0]
	}
	return l
}

// wordTest looks for a term with wildcards: a* is a prefix, *a a suffix of a word, *a* any text within.
func wordTest(x plan.Expr, word string, cs bool) plan.Expr {
	inner := strings.Trim(word, "*")
	lead, trail := strings.HasPrefix(word, "*"), strings.HasSuffix(word, "*")
	switch {
	case inner == "":
		return &plan.Lit{T: types.Bool, V: true}
	case strings.Contains(inner, "*"):
		p := strings.ReplaceAll(regexp.QuoteMeta(inner), `\*`, ".*")
		if !cs {
			p = "(?i)" + p
		}
		return &plan.Op{Name: "matches cs", Args: []plan.Expr{x, str(p)}, T: types.Bool, Never: true}
	case lead && trail:
		return testText(textOp{name: "contains", case_: cs}, x, str(inner))
	case lead:
		return testText(textOp{name: "hassuffix", case_: cs}, x, str(inner))
	case trail:
		return testText(textOp{name: "hasprefix", case_: cs}, x, str(inner))
	}
	return testText(textOp{name: "has", case_: cs}, x, str(inner))
}

// columnHas is column:"term".
func (c *checker) columnHas(e *env, x *ast.Binary) plan.Expr {
	l, r := c.expr(e, x.L), c.expr(e, x.R)
	lit, ok := r.(*plan.Lit)
	if !ok || lit.T != types.String {
		return c.compare(x.Loc, "=", l, r)
	}
	return wordTest(text(l), lit.V.(string), e.search != nil && e.search.cs)
}

// anyColumn is `* has "x"` and its kin: the test over every column that can stand on the left.
func (c *checker) anyColumn(e *env, x *ast.Binary) plan.Expr {
	r := c.expr(e, x.R)
	out := &plan.Logic{Or: true}
	for _, col := range e.rel.cols {
		var v plan.Expr
		if op, ok := comparisons[x.Op]; ok {
			if col.Type != r.Type() && !(col.Type.Numeric() && r.Type().Numeric()) {
				continue
			}
			v = c.compare(x.Loc, op, ref(col), r)
		} else if o, ok := textOps[x.Op]; ok && (col.Type == types.String || col.Type == types.Dynamic || col.Type == types.Guid) {
			v = testText(o, text(ref(col)), text(r))
		} else {
			continue
		}
		out.Args = append(out.Args, v)
	}
	return oneOf(out)
}

// numberTerm is a bare number in a search: a column that equals it.
func (s *searchEnv) numberTerm(c *checker, l *plan.Lit, at diag.Span) plan.Expr {
	out := &plan.Logic{Or: true}
	for _, col := range s.rel.cols {
		if col.Type.Integer() && l.T.Integer() {
			out.Args = append(out.Args, c.compare(at, "=", ref(col), l))
		}
	}
	return oneOf(out)
}

func (c *checker) searchOp(sc *scope, input *rel, op *ast.Search) *rel {
	var legs []*rel
	switch {
	case input != nil:
		input = input.copy()
		if input.name == "" {
			input.name = "search_arg0"
		}
		legs = append(legs, input)
	case len(op.Tables) > 0:
		for _, t := range op.Tables {
			legs = append(legs, c.leg(sc, t, false)...)
		}
	default:
		legs = c.wildTables("*")
	}
	for i, l := range legs {
		if l == nil {
			return nil
		}
		legs[i] = c.searchIn(sc, l, op)
	}
	if len(legs) == 0 {
		c.fail(op.Loc, "no-tables", "there is no table to search")
		return nil
	}
	if input != nil && len(legs) == 1 {
		name := &plan.Col{Name: "$table", Type: types.String, NotNull: true}
		cols := append([]*plan.Col{name}, legs[0].cols...)
		out := legs[0].extend(plan.Def{Col: name, X: str(input.name)})
		out.cols = cols
		return out
	}
	return c.unite(legs, "$table", false)
}

// searchIn filters one table.
func (c *checker) searchIn(sc *scope, l *rel, op *ast.Search) *rel {
	name := l.name
	s := &searchEnv{rel: l, table: name, cs: op.Kind == "case_sensitive"}
	n := len(c.diags)
	pred := c.condition(&env{sc: sc, rel: l, search: s}, op.Predicate)
	if onlyUnknownColumns(c.diags[n:]) && len(c.diags) > n && l.table != nil && len(op.Tables) != 1 {
		c.diags = c.diags[:n] // a table without the column has no row with that value
		pred = &plan.Lit{T: types.Bool, V: false}
	}
	out := l.then(&plan.Filter{In: l.node, Pred: pred})
	out.name, out.fresh = name, false
	return out
}

func onlyUnknownColumns(l diag.List) bool {
	for _, d := range l {
		if d.Code != "unknown-column" && d.Code != "unknown-value" {
			return false
		}
	}
	return true
}

// find looks in several tables and shows where each row came from.
func (c *checker) find(sc *scope, op *ast.Find) *rel {
	var legs []*rel
	if len(op.Tables) == 0 {
		legs = c.wildTables("*")
	}
	for i, t := range op.Tables {
		for _, l := range c.leg(sc, t, false) {
			if l != nil && l.name == "" {
				l = l.copy()
				l.name = "find_arg" + string(rune('0'+i%10))
			}
			legs = append(legs, l)
		}
	}
	source := "source_"
	if op.WithSource != nil {
		source = op.WithSource.Text
	}
	var kept []*rel
	for _, l := range legs {
		if l == nil {
			return nil
		}
		if f := c.findIn(sc, l, op); f != nil {
			kept = append(kept, f)
		}
	}
	if len(kept) == 0 {
		if !c.diags.HasErrors() {
			c.fail(op.Loc, "no-tables", "no table has all the columns of the condition")
		}
		return nil
	}
	return c.unite(kept, source, false)
}

// findIn filters one table and shows the columns asked for; without project those of the condition, the rest in a bag. Nil for
// a table that has not the columns of the condition.
func (c *checker) findIn(sc *scope, l *rel, op *ast.Find) *rel {
	s := &searchEnv{rel: l, table: l.name}
	n := len(c.diags)
	pred := plan.Expr(&plan.Lit{T: types.Bool, V: true})
	if op.Predicate != nil {
		pred = c.condition(&env{sc: sc, rel: l, search: s}, op.Predicate)
	}
	if len(c.diags) > n && onlyUnknownColumns(c.diags[n:]) && len(op.Tables) != 1 {
		c.diags = c.diags[:n]
		return nil
	}
	out := l.then(&plan.Filter{In: l.node, Pred: pred})
	out.name = l.name
	return c.findColumns(out, pred, op)
}

func (c *checker) findColumns(l *rel, pred plan.Expr, op *ast.Find) *rel {
	var show []plan.Def
	shown := plan.Set{}
	if op.Project != nil {
		for _, p := range op.Project {
			var v plan.Expr = &plan.Lit{T: types.Dynamic}
			if col := l.column(p.Name.Text); col != nil {
				v = ref(col)
				shown[col] = true
			}
			if p.Type != nil {
				v = c.sameType(v, c.typeRef(p.Type))
			}
			show = append(show, define(p.Name.Text, v))
		}
	} else {
		used := plan.Set{}
		plan.Walk(pred, func(x plan.Expr) bool {
			if r, ok := x.(*plan.Ref); ok {
				used[r.Col] = true
			}
			return true
		})
		for _, col := range l.cols {
			if used[col] {
				shown[col] = true
				show = append(show, plan.Def{Col: col, X: ref(col)})
			}
		}
	}
	if op.Project == nil || op.PackAll {
		var args []plan.Expr
		for _, col := range l.cols {
			if !shown[col] {
				args = append(args, str(col.Name), ref(col))
			}
		}
		bag := plan.Expr(&plan.Lit{T: types.Dynamic, V: "{}"})
		if len(args) > 0 {
			bag = c.builtinCall(op.Loc, "bag_pack", args...)
		}
		show = append(show, define("pack_", bag))
	}
	name := l.name
	out := l.show(show)
	out.name = name
	return out
}
