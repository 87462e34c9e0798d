package check

import (
	"math"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// table binds an expression that stands for a table.
func (c *checker) table(sc *scope, x ast.Expr) *rel {
	switch x := ast.Unparen(x).(type) {
	case *ast.Pipeline:
		return c.pipeline(sc, x, nil)
	case ast.Source:
		return c.source(sc, x)
	}
	c.fail(x.Span(), "not-a-table", "a table is needed here")
	return nil
}

// pipeline binds a source and its operators. Input is what a sub-pipeline without a source gets; nil otherwise.
func (c *checker) pipeline(sc *scope, p *ast.Pipeline, input *rel) *rel {
	if !c.enter(p.Loc) {
		c.leave()
		return nil
	}
	defer c.leave()
	r := input
	if p.Source != nil {
		r = c.source(sc, p.Source)
	}
	for i, op := range p.Operators {
		if !c.spend(op.Span(), 1) {
			return nil
		}
		if c.more != nil && i > 0 {
			if _, ok := op.(*ast.Render); !ok {
				c.fail(op.Span(), "after-fork", "nothing can follow fork or facet")
				return nil
			}
		}
		if r == nil {
			c.skip(sc, op)
			continue
		}
		r = c.operator(sc, r, op)
	}
	return r
}

// skip is what is left of an operator whose input is broken: names in it cannot be judged, so nothing is said.
func (c *checker) skip(*scope, ast.Operator) {}

func (c *checker) source(sc *scope, s ast.Source) *rel {
	switch s := s.(type) {
	case *ast.Name:
		return c.namedTable(sc, s)
	case *ast.Pipeline:
		return c.pipeline(sc, s, nil)
	case *ast.Call:
		return c.tableCall(sc, s)
	case *ast.Datatable:
		return c.datatable(sc, s)
	case *ast.Print:
		return c.print(sc, s)
	case *ast.Range:
		return c.rangeTable(sc, s)
	case *ast.Union:
		return c.union(sc, nil, s)
	case *ast.Search:
		return c.searchOp(sc, nil, s)
	case *ast.Find:
		return c.find(sc, s)
	case *ast.Path:
		if call, ok := s.X.(*ast.Call); ok && foreign[call.Name.Text] != "" {
			c.unsupported(call.Loc, call.Name.Text, foreign[call.Name.Text])
			return nil
		}
		c.fail(s.Loc, "not-a-table", "a table is needed here")
	case *ast.Wildcard:
		c.fail(s.Loc, "unexpected-star", "a pattern of tables can stand in union, search and find only")
	case *ast.ExternalData:
		c.unsupported(s.Loc, "externaldata", "queries may not fetch from the network; write the rows in a datatable")
	case *ast.Evaluate:
		c.plugin(s.Call)
	case *ast.Unsupported:
		c.unsupported(s.Loc, s.Name, "it is not part of this engine")
	case *ast.Bad:
	default:
		c.fail(s.Span(), "not-a-table", "a table is needed here")
	}
	return nil
}

func (c *checker) namedTable(sc *scope, n *ast.Name) *rel {
	if b := sc.lookup(n.Text); b != nil {
		switch {
		case b.table != nil:
			return b.table(n.Loc)
		case b.fn != nil && len(b.fn.decl.Params) == 0:
			r, _ := c.callFunction(&env{sc: sc}, n.Loc, b.fn, nil, nil)
			return r
		}
		c.fail(n.Loc, "not-a-table", "%s is not a table", n.Text)
		return nil
	}
	if t := c.schema.Table(n.Text); t != nil {
		return scan(t)
	}
	known := append(c.schema.Names(), sc.visible(func(b *binding) bool { return b.table != nil })...)
	c.failHint(n.Loc, diag.DidYouMean(n.Text, known), "unknown-table", "there is no table %s", n.Text)
	return nil
}

// scan reads a table of the schema.
func scan(t *plan.Table) *rel {
	s := &plan.Scan{Table: t, Cols: make([]*plan.Col, len(t.Columns))}
	for i := range t.Columns {
		s.Cols[i] = &plan.Col{Name: t.Columns[i].Name, Type: t.Columns[i].Type, NotNull: t.Columns[i].NotNull}
	}
	return &rel{node: s, cols: s.Cols, name: t.Name, table: s}
}

func (c *checker) tableCall(sc *scope, x *ast.Call) *rel {
	name := x.Name.Text
	if b := sc.lookup(name); b != nil && b.fn != nil {
		r, v := c.callFunction(&env{sc: sc}, x.Loc, b.fn, x.Args, nil)
		if r == nil && v != nil && v.Type() != types.Unknown {
			c.fail(x.Loc, "not-a-table", "%s yields a value, not a table", name)
		}
		return r
	}
	switch {
	case name == "materialize":
		b := c.materialized(sc, x, "")
		return b.table(x.Loc)
	case name == "table":
		return c.tableByName(sc, x)
	case foreign[name] != "":
		c.unsupported(x.Loc, name, foreign[name])
		return nil
	}
	c.failHint(x.Name.Loc, diag.DidYouMean(name, sc.visible(func(b *binding) bool { return b.fn != nil })), "unknown-function", "there is no function %s that yields a table", name)
	return nil
}

// tableByName is table("Name").
func (c *checker) tableByName(sc *scope, x *ast.Call) *rel {
	if len(x.Args) > 0 {
		if l, ok := c.expr(&env{sc: sc}, x.Args[0]).(*plan.Lit); ok && l.T == types.String {
			return c.namedTable(sc, &ast.Name{At: ast.At{Loc: x.Args[0].Span()}, Text: l.V.(string)})
		}
	}
	c.fail(x.Loc, "bad-argument", "table takes the name of a table as constant text")
	return nil
}

func (c *checker) datatable(sc *scope, d *ast.Datatable) *rel {
	v := &plan.Values{}
	names := newNames()
	for _, dc := range d.Schema.Columns {
		if names.taken(dc.Name.Text) {
			c.fail(dc.Name.Loc, "duplicate-column", "there are two columns %s", dc.Name.Text)
		}
		v.Cols = append(v.Cols, &plan.Col{Name: names.claim(dc.Name.Text), Type: c.typeRef(dc.Type)})
	}
	n := len(v.Cols)
	if n == 0 || len(d.Values)%n != 0 {
		c.fail(d.Loc, "bad-datatable", "%d values do not fill rows of %d columns", len(d.Values), n)
		return &rel{node: v, cols: v.Cols}
	}
	e := &env{sc: sc, constant: true}
	for i := 0; i < len(d.Values); i += n {
		row := make([]plan.Expr, n)
		for j := range row {
			row[j] = c.cell(e, d.Values[i+j], v.Cols[j].Type)
		}
		v.Rows = append(v.Rows, row)
	}
	return &rel{node: v, cols: v.Cols, ser: true}
}

// cell converts a constant to its column's type; unlike elsewhere, text becomes anything that it can be read as.
func (c *checker) cell(e *env, x ast.Expr, t types.Type) plan.Expr {
	v := c.expr(e, x)
	switch have := v.Type(); {
	case have == t || have == types.Unknown:
		return v
	case have == types.Null:
		return &plan.Lit{T: t}
	case have.Numeric() && t.Numeric():
		return c.number(v, t)
	case t == types.String:
		return text(v)
	}
	if l, ok := v.(*plan.Lit); ok && l.V == nil {
		return &plan.Lit{T: t}
	}
	return &plan.Cast{X: v, T: t}
}

func (c *checker) print(sc *scope, p *ast.Print) *rel {
	v := &plan.Values{Rows: [][]plan.Expr{{}}}
	e := &env{sc: sc}
	names := newNames()
	for _, x := range p.Columns {
		for _, n := range namesOf(x) {
			names.reserve(n)
		}
	}
	for i, x := range p.Columns {
		for _, d := range c.printed(e, x, names, i) {
			v.Cols = append(v.Cols, d.Col)
			v.Rows[0] = append(v.Rows[0], d.X)
		}
	}
	return &rel{node: v, cols: v.Cols, ser: true}
}

// printed binds an item of print. Without a name it is print_0, whatever the expression; only columns that come several
// at once have names of their own.
func (c *checker) printed(e *env, x ast.Expr, names *names, i int) []plan.Def {
	if _, named := x.(*ast.Named); !named {
		v := c.expr(e, x)
		p := c.parts(x, v)
		if len(p) == 1 {
			v = p[0]
		}
		if len(p) < 2 {
			return []plan.Def{define(printName(i)(names), v)}
		}
		return c.named(x, v, p, names.derived)
	}
	return c.item(e, x, names, printName(i))
}

func (c *checker) rangeTable(sc *scope, x *ast.Range) *rel {
	e := &env{sc: sc}
	from, to, step := c.expr(e, x.From), c.expr(e, x.To), c.expr(e, x.Step)
	for i, v := range []plan.Expr{from, to, step} {
		if l, ok := v.(*plan.Lit); ok && endless(l.V) {
			c.fail([]ast.Expr{x.From, x.To, x.Step}[i].Span(), "bad-argument", "range counts with finite numbers only")
		}
	}
	t := from.Type()
	switch {
	case t.Numeric() && to.Type().Numeric() && step.Type().Numeric():
		t, _ = types.Widen(t, to.Type())
		t, _ = types.Widen(t, step.Type())
		if t == types.Decimal {
			t = types.Real
		}
		from, to, step = c.number(from, t), c.number(to, t), c.number(step, t)
		if t == types.Int {
			t = types.Long
		}
	case (t == types.DateTime || t == types.TimeSpan) && to.Type() == t && step.Type() == types.TimeSpan:
	case t == types.Unknown || to.Type() == types.Unknown || step.Type() == types.Unknown:
		t = types.Long
	default:
		c.fail(x.Loc, "type-mismatch", "range cannot count from a %s to a %s by a %s", from.Type(), to.Type(), step.Type())
		t = types.Long
	}
	if l, ok := step.(*plan.Lit); ok && (l.V == int64(0) || l.V == 0.0) {
		c.fail(x.Step.Span(), "bad-argument", "a step of 0 never gets there")
	}
	col := &plan.Col{Name: x.Column.Text, Type: t, NotNull: true}
	return &rel{node: &plan.Range{Col: col, From: from, To: to, Step: step}, cols: []*plan.Col{col}, ser: true}
}

func endless(v any) bool {
	f, ok := v.(float64)
	return ok && (math.IsNaN(f) || math.IsInf(f, 0))
}

// operator binds one step of a pipeline.
func (c *checker) operator(sc *scope, r *rel, op ast.Operator) *rel {
	switch op := op.(type) {
	case *ast.Where:
		return c.where(sc, r, op)
	case *ast.Project:
		return c.project(sc, r, op)
	case *ast.ProjectAway:
		return c.projectAway(r, op.Columns)
	case *ast.ProjectKeep:
		return c.projectKeep(r, op.Columns)
	case *ast.ProjectByNames:
		return c.projectByNames(sc, r, op)
	case *ast.ProjectRename:
		return c.projectRename(r, op)
	case *ast.ProjectReorder:
		return c.projectReorder(r, op)
	case *ast.Extend:
		return c.extend(sc, r, op.Columns)
	case *ast.Summarize:
		return c.summarize(sc, r, op)
	case *ast.Distinct:
		return c.distinct(sc, r, op)
	case *ast.Sort:
		return c.sort(sc, r, op)
	case *ast.Top:
		return c.top(sc, r, op)
	case *ast.Take:
		return c.take(sc, r, op.Count)
	case *ast.Count:
		return c.count(r, op)
	case *ast.Join:
		return c.join(sc, r, op)
	case *ast.Lookup:
		return c.lookup(sc, r, op)
	case *ast.Union:
		return c.union(sc, r, op)
	case *ast.MvExpand:
		return c.mvExpand(sc, r, op)
	}
	return c.rareOperator(sc, r, op)
}

// rareOperator binds the operators that queries seldom use.
func (c *checker) rareOperator(sc *scope, r *rel, op ast.Operator) *rel {
	switch op := op.(type) {
	case *ast.MvApply:
		return c.mvApply(sc, r, op)
	case *ast.Parse:
		return c.parse(sc, r, op)
	case *ast.ParseKV:
		return c.parseKV(sc, r, op)
	case *ast.MakeSeries:
		return c.makeSeries(sc, r, op)
	case *ast.Serialize:
		return c.serialize(sc, r, op)
	case *ast.Scan:
		return c.scanOp(sc, r, op)
	case *ast.Partition:
		return c.partition(sc, r, op)
	case *ast.Fork:
		return c.fork(sc, r, op)
	case *ast.Facet:
		return c.facet(sc, r, op)
	case *ast.As:
		return c.as(sc, r, op)
	case *ast.GetSchema:
		return c.getSchema(r)
	case *ast.Search:
		return c.searchOp(sc, r, op)
	case *ast.TopNested:
		return c.topNested(sc, r, op)
	case *ast.TopHitters:
		return c.topHitters(sc, r, op)
	case *ast.Sample:
		return c.sampleOp(sc, r, op)
	case *ast.SampleDistinct:
		return c.sampleDistinct(sc, r, op)
	case *ast.Evaluate:
		return c.evaluate(sc, r, op)
	case *ast.Invoke:
		return c.invoke(sc, r, op)
	case *ast.Consume:
		out := r.then(&plan.Filter{In: r.node, Pred: &plan.Lit{T: types.Bool, V: false}})
		out.cols, out.order = nil, nil
		return out
	case *ast.Render:
		c.render = op
		return r
	case *ast.Reduce:
		c.failHint(op.Loc, `replace what differs first: summarize count(), take_any(Text) by Pattern = replace_regex(Text, @"\d+", "*")`, "not-supported", "reduce is not supported: how Kusto groups texts by likeness is not published")
	case *ast.Unsupported:
		c.unsupported(op.Loc, op.Name, "it is not part of this engine")
	case *ast.Bad:
	}
	return nil
}
