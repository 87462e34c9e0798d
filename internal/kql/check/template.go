package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// A template is a plugin written in KQL itself. It reads the table T, whose columns have names of the template's own, and the
// constants _start, _end and so on; nothing of the query is visible in it, and no text of the query becomes part of it. In
// its text DIMS stands for the columns to slice by, each with a comma before it, and TYPE for the type of the time line.

// timeline is the call of a plugin that follows something over time: T with the columns id, t and d0, d1 …
type timeline struct {
	c      *checker
	op     *ast.Evaluate
	table  *rel
	name   string   // of the time line
	dims   []string // names of the columns to slice by
	consts map[string]plan.Expr
}

// newTimeline binds the arguments of such a plugin: the column followed, the time line, a constant for each name, and columns
// to slice by. It is nil when they do not fit.
func (c *checker) newTimeline(sc *scope, r *rel, op *ast.Evaluate, consts ...string) *timeline {
	args := op.Call.Args
	if len(args) < 2+len(consts) {
		c.fail(op.Call.Loc, "bad-argument", "%s takes a column to follow, a time line, and the constants %s", op.Call.Name.Text, strings.ReplaceAll(strings.Join(consts, ", "), "_", ""))
		return nil
	}
	if !c.alone(r, op) {
		return nil
	}
	p := &timeline{c: c, op: op, consts: map[string]plan.Expr{}}
	e := &env{sc: sc, rel: r}
	defs := []plan.Def{p.column(e, args[0], "id"), p.column(e, args[1], "t")}
	p.name = derive(args[1])
	t := defs[1].Col.Type
	if t != types.DateTime && t != types.TimeSpan && !t.Numeric() && t != types.Unknown {
		c.fail(args[1].Span(), "type-mismatch", "the time line has to be a datetime, a timespan or a number, and this is a %s", t)
	}
	for i, name := range consts {
		p.constant(sc, name, args[2+i], t)
	}
	for i, a := range args[2+len(consts):] {
		defs = append(defs, p.column(e, a, "d"+strconv.Itoa(i)))
		p.dims = append(p.dims, derive(a))
	}
	if c.diags.HasErrors() {
		return nil
	}
	p.table = r.show(defs)
	return p
}

// alone refuses a plugin that looks at all rows where there are only those of a part.
func (c *checker) alone(r *rel, op *ast.Evaluate) bool {
	if len(r.part) > 0 {
		c.unsupported(op.Call.Loc, op.Call.Name.Text+" in a sub-pipeline", "it mixes the rows of different parts")
		return false
	}
	return true
}

// column makes a column of the table T.
func (p *timeline) column(e *env, x ast.Expr, name string) plan.Def {
	v := p.c.expr(e, x)
	p.c.needsScalar(x.Span(), v, "followed by "+p.op.Call.Name.Text)
	if derive(x) == "" {
		p.c.fail(x.Span(), "bad-argument", "a column is needed here")
	}
	d := define(name, v)
	return d
}

// constant binds a constant. A number takes the type of a time line of numbers.
func (p *timeline) constant(sc *scope, name string, x ast.Expr, t types.Type) {
	v := p.c.expr(&env{sc: sc}, x)
	if v.Type().Numeric() && t.Numeric() {
		v = p.c.number(v, t)
	}
	p.consts[name] = v
}

// run binds the template and gives its columns their names: those of lead, then the ones to slice by, then its own.
func (p *timeline) run(text string, lead ...string) *rel {
	kind := types.DateTime
	if col := p.table.column("t"); col != nil {
		kind = col.Type
	}
	dims := ""
	for i := range p.dims {
		dims += ", d" + strconv.Itoa(i)
	}
	text = strings.NewReplacer("DIMS", dims, "TYPE", kind.String()).Replace(text)
	out := p.c.template(p.op.Call.Loc, text, p.table, p.consts)
	if out == nil {
		return nil
	}
	names := newNames()
	var defs []plan.Def
	for i, name := range append(slices.Clone(lead), p.dims...) {
		defs = append(defs, plan.Def{Col: &plan.Col{Name: names.claim(name), Type: out.cols[i].Type, NotNull: out.cols[i].NotNull}, X: ref(out.cols[i])})
	}
	for _, col := range out.cols[len(defs):] {
		col.Name = names.claim(col.Name)
		defs = append(defs, plan.Def{Col: col, X: ref(col)})
	}
	return out.show(defs)
}

// template binds KQL of the engine's own over a table T and constants.
func (c *checker) template(at diag.Span, text string, table *rel, consts map[string]plan.Expr) *rel {
	q, err := parser.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("template %q: %v", text, err))
	}
	cte := c.cte(table)
	sc := child(nil)
	sc.names["T"] = &binding{name: "T", table: func(diag.Span) *rel { return readCTE(cte, table) }}
	for name, x := range consts {
		sc.names[name] = &binding{name: name, scalar: x}
	}
	n := len(c.diags)
	var out *rel
	for _, s := range q.Statements {
		switch s := s.(type) {
		case *ast.Let:
			c.let(sc, s)
		case *ast.Expression:
			c.inner++
			out = c.pipeline(sc, s.Pipeline, nil)
			c.inner--
		}
	}
	for i := n; i < len(c.diags); i++ {
		c.diags[i].Span = at
	}
	if c.diags.HasErrors() {
		return nil
	}
	return out
}
