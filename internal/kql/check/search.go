package check

import (
	"regexp"
	"slices"
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
		legs = c.everyTable(sc, op.Loc)
	}
	legs = c.searched(legs, op.Predicate, input == nil && len(op.Tables) == 0)
	for i, l := range legs {
		if l == nil {
			return nil
		}
		n := len(c.diags)
		if legs[i] = c.searchIn(sc, l, op); len(c.diags) > n && c.diags.HasErrors() {
			return nil
		}
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
	s := &searchEnv{rel: l, table: l.name, cs: op.Kind == "case_sensitive"}
	return c.filterTable(sc, l, s, op.Predicate)
}

// filterTable keeps the rows of one of several tables that fulfil the condition. Columns that other tables have and this one
// has not are null.
func (c *checker) filterTable(sc *scope, l *rel, s *searchEnv, predicate ast.Expr) *rel {
	in := l
	var defs []plan.Def
	for _, m := range l.missing {
		defs = append(defs, plan.Def{Col: m, X: &plan.Lit{T: m.Type, V: emptyOf(m.Type)}})
	}
	if len(defs) > 0 {
		in = l.extend(defs...)
		in.cols = append(slices.Clone(l.cols), l.missing...)
	}
	pred := plan.Expr(&plan.Lit{T: types.Bool, V: true})
	if _, all := predicate.(*ast.Star); predicate != nil && !all {
		pred = c.condition(&env{sc: sc, rel: in, search: s}, predicate)
	}
	out := in.then(plan.Where(in.node, pred))
	out.cols, out.name, out.fresh, out.missing = l.cols, l.name, false, l.missing
	return out
}

// everyTable lists the tables of the schema and the views of the query.
func (c *checker) everyTable(sc *scope, at diag.Span) []*rel {
	return append(c.wildTables("*"), c.wildViews(sc, "*", at)...)
}

// searched notes for each table which columns of the condition it has not but others have. With drop, a table that has none
// of them is left out.
func (c *checker) searched(legs []*rel, predicate ast.Expr, drop bool) []*rel {
	if slices.Contains(legs, nil) {
		return legs
	}
	named := columnsNamed(legs, predicate)
	var out []*rel
	for _, l := range legs {
		l = l.copy()
		for _, col := range named {
			if l.column(col.Name) == nil {
				copied := *col
				copied.NotNull = false
				l.missing = append(l.missing, &copied)
			}
		}
		if !drop || len(named) == 0 || len(l.missing) < len(named) {
			out = append(out, l)
		}
	}
	return out
}

// columnsNamed lists the columns of the tables that an expression names, each once, in the order in which it names them.
func columnsNamed(legs []*rel, x ast.Expr) []*plan.Col {
	var out []*plan.Col
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Path:
			ast.Walk(n.X, visit)
			return false
		case *ast.Call:
			for _, a := range n.Args {
				ast.Walk(a, visit)
			}
			return false
		case *ast.Name:
			if slices.ContainsFunc(out, func(o *plan.Col) bool { return o.Name == n.Text }) {
				return false
			}
			for _, l := range legs {
				if col := l.column(n.Text); col != nil {
					out = append(out, col)
					break
				}
			}
		}
		return true
	}
	ast.Walk(x, visit)
	return out
}
