package parser

import (
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
)

var joinKinds = []string{
	"inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftanti", "leftantisemi", "rightanti",
	"rightantisemi", "leftsemi", "rightsemi", "anti",
}

func (p *parser) join(h head) ast.Operator {
	n := &ast.Join{}
	props := settings(p.properties(true, "kind"))
	n.Kind, n.KindLoc = p.takeKind(&props, joinKinds, "kind")
	n.Hints = props
	n.Right = p.table()
	switch {
	case p.quiet:
	case p.acceptWord("on"):
		n.On = p.conditions()
	case p.acceptWord("where"):
		n.Where = p.expr()
	default:
		p.unexpected("on and the columns to join by")
	}
	n.At = p.since(h.start)
	return n
}

// conditions reads what stands behind on. It may be nothing, which joins every row with every row.
func (p *parser) conditions() []ast.Expr {
	if p.endsOperator() {
		return nil
	}
	p.predicate = true
	out := list(p, p.expr)
	p.predicate = false
	return out
}

func (p *parser) lookup(h head) ast.Operator {
	n := &ast.Lookup{}
	props := settings(p.properties(true, "kind"))
	n.Kind, n.KindLoc = p.takeKind(&props, []string{"leftouter", "inner"}, "kind")
	n.Hints = props
	n.Right = p.table()
	if !p.quiet && p.expectWord("on") {
		n.On = p.conditions()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) union(h head) ast.Operator {
	n := &ast.Union{}
	props := settings(p.properties(true, "kind", "withsource", "with_source", "isfuzzy"))
	n.Kind, n.KindLoc = p.takeKind(&props, []string{"inner", "outer"}, "kind")
	n.WithSource = p.takeName(&props, "withsource", "with_source")
	if v := props.take("isfuzzy"); v != nil {
		lit, ok := v.(*ast.Literal)
		if !ok || lit.Kind != ast.Bool {
			p.remark(v.Span(), "bad-parameter", "write true or false", "isfuzzy needs a bool")
		}
		n.Fuzzy = ok && lit.Bool
	}
	n.Hints = props
	n.Tables = p.tables()
	n.At = p.since(h.start)
	return n
}

func (p *parser) mvExpand(h head) ast.Operator {
	n := &ast.MvExpand{Keyword: h.name}
	props := settings(p.properties(false, "bagexpansion", "kind", "with_itemindex"))
	n.Kind, n.KindLoc = p.takeKind(&props, []string{"bag", "array"}, "bagexpansion", "kind")
	n.ItemIndex = p.takeName(&props, "with_itemindex")
	n.Hints = props
	n.Columns = list(p, p.expandColumn)
	if p.acceptWord("limit") {
		n.Limit = p.expr()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) expandColumn() *ast.ExpandColumn {
	start := p.start()
	c := &ast.ExpandColumn{X: p.named()}
	if p.acceptWord("to") {
		if p.word() == "typeof" && p.peek(1) == LParen {
			c.To = p.typeOf().(*ast.TypeOf)
		} else {
			p.unexpected("typeof(...)")
		}
	}
	c.At = p.since(start)
	return c
}

func (p *parser) mvApply(h head) ast.Operator {
	n := &ast.MvApply{Keyword: h.name}
	props := settings(p.properties(false, "with_itemindex"))
	n.ItemIndex = p.takeName(&props, "with_itemindex")
	n.Hints = props
	n.Columns = list(p, p.expandColumn)
	if p.acceptWord("limit") {
		n.Limit = p.expr()
	}
	if p.word() == "id" && p.peek(1) == Typed {
		p.advance()
		n.ContextID, _ = p.typedToken().(*ast.Literal)
	}
	if p.quiet || !p.expectWord("on") {
		n.Body = &ast.Pipeline{At: p.since(p.start())}
	} else {
		n.Body = p.subPipeline()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) parse(h head) ast.Operator {
	n := &ast.Parse{Keyword: h.name}
	props := settings(p.properties(false, "kind", "flags"))
	n.Kind, n.KindLoc = p.takeKind(&props, []string{"simple", "regex", "relaxed"}, "kind")
	if flags := p.takeName(&props, "flags"); flags != nil {
		n.Flags = flags.Text
	}
	n.Hints = props
	n.X = p.expr()
	if !p.quiet && p.expectWord("with") {
		n.Pattern = p.pattern()
	}
	n.At = p.since(h.start)
	return n
}

// pattern reads the texts, stars and columns of parse.
func (p *parser) pattern() []ast.Node {
	var out []ast.Node
	for !p.endsOperator() && !p.quiet {
		start := p.start()
		switch {
		case p.accept(Star):
			out = append(out, &ast.Star{At: p.since(start)})
		case p.at(String):
			out = append(out, p.stringLiteral())
		case p.at(Name) || p.atQuoted(0):
			if p.missingPipe() && p.firstOnLine() {
				return out
			}
			out = append(out, p.column(false))
		default:
			p.unexpected("a string, a column or *")
		}
	}
	if len(out) == 0 {
		p.unexpected("a pattern")
	}
	return out
}

func (p *parser) parseKV(h head) ast.Operator {
	n := &ast.ParseKV{Hints: p.properties(false), X: p.expr()}
	if !p.quiet && p.expectWord("as") {
		n.Columns = p.schema()
	}
	if p.acceptWord("with") {
		n.Props = p.withProperties()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) makeSeries(h head) ast.Operator {
	n := &ast.MakeSeries{Keyword: h.name}
	props := settings(p.properties(false, "kind"))
	n.Kind, _ = p.takeKind(&props, []string{"nonempty"}, "kind")
	n.Hints = props
	n.Aggregates = list(p, p.seriesAggregate)
	p.expectWord("on")
	n.On = p.namedAbove(ast.Add.Precedence())
	if p.word() == "in" && p.wordAt(1) == "range" {
		p.seriesRange(n)
	} else {
		if p.acceptWord("from") {
			n.From = p.expr()
		}
		if p.acceptWord("to") {
			n.To = p.expr()
		}
		n.Step = p.clause("step")
	}
	if p.acceptWord("by") {
		n.By = p.namedList()
	}
	n.At = p.since(h.start)
	return n
}

// seriesRange reads the old form `in range(from, to, step)`.
func (p *parser) seriesRange(n *ast.MakeSeries) {
	p.advance()
	start := p.start()
	p.advance()
	if !p.at(LParen) {
		p.unexpected("(")
		return
	}
	n.InRange = true
	open := p.opened()
	args := p.items(p.named)
	p.closed(open)
	if len(args) != 3 {
		p.remark(p.since(start).Loc, "wrong-arguments", "write range(from, to, step)", "range needs 3 arguments, found %d", len(args))
		args = append(args, p.bad(start), p.bad(start), p.bad(start))
	}
	n.From, n.To, n.Step = args[0], args[1], args[2]
}

func (p *parser) seriesAggregate() *ast.MakeSeriesAggregate {
	start := p.start()
	a := &ast.MakeSeriesAggregate{X: p.named()}
	if p.acceptWord("default") {
		p.expect(Assign)
		a.Default = p.expr()
	}
	a.At = p.since(start)
	return a
}

func (p *parser) scan(h head) ast.Operator {
	n := &ast.Scan{}
	props := settings(p.properties(true, "with_match_id", "with_step_name"))
	n.MatchID = p.takeName(&props, "with_match_id")
	n.Hints = props
	if p.acceptWord("order") {
		p.expectWord("by")
		n.OrderBy = list(p, p.sortKey)
	}
	if p.acceptWord("partition") {
		p.expectWord("by")
		n.PartitionBy = list(p, p.expr)
	}
	if p.acceptWord("declare") {
		s := p.schema()
		n.Declare = s.Columns
	}
	if !p.quiet && p.expectWord("with") {
		n.Steps = p.scanSteps()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) scanSteps() []*ast.ScanStep {
	if !p.at(LParen) {
		p.unexpected("( and steps")
		return nil
	}
	var out []*ast.ScanStep
	open := p.opened()
	for p.word() == "step" {
		out = append(out, p.scanStep())
		if p.quiet {
			p.skip(func() bool { return p.at(Semicolon) || p.at(RParen) })
			p.quiet = p.fatal
		}
		if !p.accept(Semicolon) {
			if p.at(RParen) {
				p.remark(diag.Span{Start: p.end(), End: p.end()}, "missing-semicolon", "add ;", "a step ends with a semicolon")
			}
			break
		}
	}
	if len(out) == 0 {
		p.unexpected("step")
	}
	p.closed(open)
	return out
}

func (p *parser) scanStep() *ast.ScanStep {
	start := p.start()
	p.advance()
	s := &ast.ScanStep{Name: p.declaredName()}
	s.Optional = p.acceptWord("optional")
	props := settings(p.properties(true, "output"))
	s.Output, _ = p.takeKind(&props, []string{"all", "last", "none"}, "output")
	p.expect(Colon)
	p.predicate = true
	s.Condition = p.expr()
	p.predicate = false
	if p.accept(Arrow) {
		s.Assignments = list(p, p.assignment)
	}
	s.At = p.since(start)
	return s
}

// assignment reads `name = expression`.
func (p *parser) assignment() *ast.Named {
	start := p.start()
	n := &ast.Named{Names: []*ast.Name{p.declaredName()}}
	if p.expect(Assign) {
		n.X = p.expr()
	} else {
		n.X = p.bad(start)
	}
	n.At = p.since(start)
	return n
}

func (p *parser) partition(h head) ast.Operator {
	n := &ast.Partition{Hints: p.properties(true)}
	p.expectWord("by")
	p.noCall = true
	n.By = p.postfix()
	p.noCall = false
	switch {
	case p.quiet:
		n.Body = &ast.Pipeline{At: p.since(p.start())}
	case p.at(LBrace):
		n.Braces = true
		n.Body = p.bracedPipeline()
	default:
		n.Body = p.subPipeline()
	}
	n.At = p.since(h.start)
	return n
}

// bracedPipeline reads the old body of partition, a pipeline with its own source.
func (p *parser) bracedPipeline() *ast.Pipeline {
	start := p.start()
	open := p.opened()
	x := p.query(false)
	p.closed(open)
	pipe, ok := x.(*ast.Pipeline)
	if !ok {
		pipe = &ast.Pipeline{Source: p.source(x)}
	}
	pipe.At = p.since(start)
	return pipe
}

func (p *parser) fork(h head) ast.Operator {
	n := &ast.Fork{}
	for p.at(LParen) || (p.at(Name) || p.atQuoted(0)) && !p.quiet && !p.firstWordEndsFork() {
		b := &ast.ForkBranch{}
		start := p.start()
		if !p.at(LParen) {
			b.Name = p.declaredName()
			p.expect(Assign)
		}
		b.Body = p.subPipeline()
		b.At = p.since(start)
		n.Branches = append(n.Branches, b)
	}
	if len(n.Branches) == 0 {
		p.unexpected("( and a pipeline")
	}
	n.At = p.since(h.start)
	return n
}

// firstWordEndsFork reports whether the name here is no branch's.
func (p *parser) firstWordEndsFork() bool {
	return !p.atQuoted(0) && p.peek(1) != Assign
}

func (p *parser) facet(h head) ast.Operator {
	n := &ast.Facet{}
	p.expectWord("by")
	n.By = list(p, p.expr)
	if p.acceptWord("with") {
		if p.at(LParen) {
			n.With = p.subPipeline()
		} else {
			start := p.start()
			op := p.operator()
			n.With = &ast.Pipeline{At: p.since(start), Operators: []ast.Operator{op}}
		}
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) searchOperator(h head) ast.Operator {
	n := &ast.Search{}
	props := settings(p.properties(false, "kind", "datascope", "withsource"))
	n.Kind, n.KindLoc = p.takeKind(&props, []string{"case_sensitive", "case_insensitive"}, "kind")
	n.Hints = props
	if p.word() == "in" && p.peek(1) == LParen {
		n.Tables = p.inTables()
	}
	saved := p.rules
	p.search = true
	n.Predicate = p.expr()
	p.rules = saved
	n.At = p.since(h.start)
	return n
}

// inTables reads `in (T1, T2*)`.
func (p *parser) inTables() []ast.Source {
	p.advance()
	open := p.opened()
	saved := p.rules
	p.rules = rules{}
	out := p.tables()
	p.rules = saved
	p.closed(open)
	return out
}

func (p *parser) find(h head) *ast.Find {
	n := &ast.Find{}
	props := settings(p.properties(false, "withsource", "with_source", "datascope", "kind"))
	n.WithSource = p.takeName(&props, "withsource", "with_source")
	n.Hints = props
	if p.word() == "in" && p.peek(1) == LParen {
		n.Tables = p.inTables()
		p.expectWord("where")
	} else {
		p.acceptWord("where")
	}
	saved := p.rules
	p.search, p.predicate = true, true
	n.Predicate = p.expr()
	p.rules = saved
	p.findColumns(n)
	n.At = p.since(h.start)
	return n
}

// findColumns reads the project clauses of find.
func (p *parser) findColumns(n *ast.Find) {
	n.Smart = true
	name, width := p.operatorName()
	if name == "project-smart" {
		for range width {
			p.advance()
		}
		name, width = p.operatorName()
	}
	if name == "project" {
		p.advance()
		n.Smart = false
		for {
			if w := p.word(); (w == "pack" || w == "pack_all") && p.peek(1) == LParen {
				n.PackAll = true
				p.advance()
				open := p.opened()
				p.accept(Star)
				p.closed(open)
			} else {
				n.Project = append(n.Project, p.column(false))
			}
			if p.quiet || !p.accept(Comma) {
				break
			}
		}
		name, width = p.operatorName()
	}
	if name == "project-away" {
		for range width {
			p.advance()
		}
		n.ProjectAway = list(p, p.columnName)
	}
}

func (p *parser) evaluate(h head) ast.Operator {
	n := &ast.Evaluate{Hints: p.properties(true)}
	n.Call = p.pluginCall("a plugin such as bag_unpack(...)")
	if p.accept(Colon) {
		n.Schema = p.schema()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) invoke(h head) ast.Operator {
	n := &ast.Invoke{Call: p.pluginCall("a function with its arguments")}
	n.At = p.since(h.start)
	return n
}

// pluginCall reads a call and nothing else.
func (p *parser) pluginCall(want string) *ast.Call {
	start := p.start()
	if p.at(Name) {
		x := p.postfix()
		if c, ok := x.(*ast.Call); ok {
			return c
		}
		if name, ok := x.(*ast.Name); ok {
			p.error(name.Loc, "expected-call", "write "+shorten(name.Text)+"(...)", "%s needs parentheses", shorten(name.Text))
			return &ast.Call{At: name.At, Name: name}
		}
	}
	p.unexpected(want)
	return &ast.Call{At: p.since(start), Name: &ast.Name{At: p.since(start)}}
}

func (p *parser) render(h head) ast.Operator {
	n := &ast.Render{}
	start := p.start()
	if p.at(Long) && p.adjacent(1, Name) {
		p.advance()
	}
	if !p.at(Name) {
		p.unexpected("a chart such as timechart")
		n.Chart = &ast.Name{At: ast.At{Loc: diag.Span{Start: start, End: start}}}
	} else {
		p.advance()
		at := p.since(start)
		n.Chart = &ast.Name{At: at, Text: at.Loc.Text(p.src)}
	}
	if p.word() == "with" && p.peek(1) == LParen {
		p.advance()
		n.Props = p.withProperties()
	} else {
		n.Props = p.oldRenderProperties()
	}
	n.At = p.since(h.start)
	return n
}

// oldRenderProperties reads `title="x" kind=stacked by a, b` without parentheses.
func (p *parser) oldRenderProperties() []*ast.Property {
	var out []*ast.Property
	for p.at(Name) && !p.quiet && (p.peek(1) == Assign || p.word() == "by" || p.word() == "with") {
		start := p.start()
		prop := &ast.Property{Name: p.name()}
		if prop.Name.Text == "by" {
			prop.Name.Text = "series" // its name in parentheses
			p.accept(Assign)
			prop.Value = p.propertyValue()
		} else if p.accept(Assign) || prop.Name.Text == "with" {
			prop.Value = p.propertyValue()
		}
		prop.At = p.since(start)
		out = append(out, prop)
		p.accept(Comma)
	}
	return out
}

func (p *parser) reduce(h head) ast.Operator {
	n := &ast.Reduce{Hints: p.properties(true, "kind")}
	p.expectWord("by")
	n.By = p.named()
	for p.acceptWord("with") || p.accept(Comma) {
		start := p.start()
		if !p.at(Name) || p.peek(1) != Assign {
			p.unexpected("threshold = or characters =")
			break
		}
		prop := &ast.Property{Name: p.name()}
		p.advance()
		prop.Value = p.expr()
		prop.At = p.since(start)
		n.Props = append(n.Props, prop)
	}
	n.At = p.since(h.start)
	return n
}
