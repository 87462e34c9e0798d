package parser

import (
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
)

// operatorNames are the operators that operator reads; package tests hold it to the arms there.
var operatorNames = []string{
	"as", "assert-schema", "consume", "count", "distinct", "evaluate", "extend", "facet", "filter", "fork", "getschema",
	"graph-match", "graph-mark-components", "graph-shortest-paths", "graph-to-table", "invoke", "join", "limit", "lookup",
	"macro-expand", "make-graph", "make-series", "makeseries", "mv-apply", "mv-expand", "mvapply", "mvexpand", "order",
	"parse", "parse-kv", "parse-where", "partition", "project", "project-away", "project-by-names", "project-keep",
	"project-rename", "project-reorder", "project-smart", "reduce", "render", "sample", "sample-distinct", "scan",
	"search", "serialize", "sort", "summarize", "take", "top", "top-hitters", "top-nested", "union", "where",
}

// Operators lists the names of all tabular operators, those that are refused by name among them.
func Operators() []string { return append([]string(nil), operatorNames...) }

// head is an operator's name as it was read.
type head struct {
	start int
	name  string
}

func (p *parser) operatorHead() head {
	h := head{start: p.start()}
	var width int
	h.name, width = p.operatorName()
	for range width {
		p.advance()
	}
	return h
}

// operator reads one operator behind its pipe.
func (p *parser) operator() ast.Operator {
	p.quiet = p.fatal
	saved := p.rules
	p.rules = rules{commaEnds: saved.commaEnds}
	defer func() { p.rules = saved }()
	if !p.at(Name) {
		start := p.start()
		if p.at(Pipe) || p.endsOperator() {
			hint := "add an operator, or remove the pipe"
			if p.at(Pipe) && p.adjacent(0, Pipe) {
				hint = "write or for a logical or"
			}
			p.error(diag.Span{Start: p.end() - 1, End: p.end()}, "missing-operator", hint, "an operator is missing after the pipe")
			return p.bad(p.end())
		}
		p.unexpected("an operator")
		return p.bad(start)
	}
	h := p.operatorHead()
	if op := p.shapeOperator(h); op != nil {
		return op
	}
	if op := p.rowOperator(h); op != nil {
		return op
	}
	return p.otherOperator(h)
}

// shapeOperator reads operators that choose and compute columns or keep some rows; nil for others.
func (p *parser) shapeOperator(h head) ast.Operator {
	switch h.name {
	case "where", "filter":
		return p.where(h)
	case "project", "project-smart":
		return p.project(h)
	case "project-away":
		return p.projectAway(h)
	case "project-keep":
		return p.projectKeep(h)
	case "project-by-names":
		return p.projectByNames(h)
	case "project-rename":
		return p.projectRename(h)
	case "project-reorder":
		return p.projectReorder(h)
	case "extend":
		return p.extend(h)
	case "summarize":
		return p.summarize(h)
	case "distinct":
		return p.distinct(h)
	case "sort", "order":
		return p.sort(h)
	case "top":
		return p.top(h)
	case "top-nested":
		return p.topNested(h)
	case "top-hitters":
		return p.topHitters(h)
	case "take", "limit":
		return p.take(h)
	case "sample":
		return p.sample(h)
	case "sample-distinct":
		return p.sampleDistinct(h)
	case "count":
		return p.count(h)
	}
	return nil
}

// rowOperator reads operators that combine or multiply rows; nil for others.
func (p *parser) rowOperator(h head) ast.Operator {
	switch h.name {
	case "join":
		return p.join(h)
	case "lookup":
		return p.lookup(h)
	case "union":
		return p.union(h)
	case "mv-expand", "mvexpand":
		return p.mvExpand(h)
	case "mv-apply", "mvapply":
		return p.mvApply(h)
	case "parse", "parse-where":
		return p.parse(h)
	case "parse-kv":
		return p.parseKV(h)
	case "make-series", "makeseries":
		return p.makeSeries(h)
	case "serialize":
		return p.serialize(h)
	case "scan":
		return p.scan(h)
	case "partition":
		return p.partition(h)
	case "fork":
		return p.fork(h)
	case "facet":
		return p.facet(h)
	case "search":
		return p.searchOperator(h)
	case "evaluate":
		return p.evaluate(h)
	}
	return nil
}

func (p *parser) otherOperator(h head) ast.Operator {
	switch h.name {
	case "as":
		return p.as(h)
	case "getschema":
		return &ast.GetSchema{At: p.since(h.start)}
	case "render":
		return p.render(h)
	case "consume":
		n := &ast.Consume{Hints: p.properties(true, "decodeblocks")}
		n.At = p.since(h.start)
		return n
	case "invoke":
		return p.invoke(h)
	case "reduce":
		return p.reduce(h)
	case "assert-schema", "graph-match", "graph-mark-components", "graph-shortest-paths", "graph-to-table",
		"macro-expand", "make-graph", "project-by-names", "__executeAndCache", "__partitionby":
		n := p.unsupported(h.name)
		n.At = p.since(h.start)
		n.Text = n.Loc.Text(p.src)
		return n
	case "print", "range", "find", "datatable", "externaldata":
		p.error(diag.Span{Start: h.start, End: p.end()}, "source-after-pipe", "start the query with it, or use it in parentheses",
			"%s takes no rows and cannot stand after a pipe", h.name)
		p.skip(p.endsOperator)
		p.quiet = p.fatal
		return p.bad(h.start)
	}
	return p.unknownOperator(h.name, diag.Span{Start: h.start, End: p.end()})
}

func (p *parser) where(h head) ast.Operator {
	n := &ast.Where{Keyword: h.name, Hints: p.properties(false)}
	p.predicate = true
	n.Predicate = p.expr()
	if p.at(Comma) && !p.commaEnds {
		p.error(p.tok().Loc, "unexpected-token", "join conditions with and", "%s takes one condition", h.name)
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) project(h head) ast.Operator {
	n := &ast.Project{Keyword: h.name}
	if !p.endsOperator() {
		n.Columns = p.namedList()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) projectAway(h head) ast.Operator {
	n := &ast.ProjectAway{Columns: list(p, p.columnName)}
	n.At = p.since(h.start)
	return n
}

func (p *parser) projectKeep(h head) ast.Operator {
	n := &ast.ProjectKeep{Columns: list(p, p.columnName)}
	n.At = p.since(h.start)
	return n
}

func (p *parser) projectByNames(h head) ast.Operator {
	n := &ast.ProjectByNames{Columns: list(p, p.expr)}
	n.At = p.since(h.start)
	return n
}

func (p *parser) projectRename(h head) ast.Operator {
	n := &ast.ProjectRename{Columns: list(p, p.renaming)}
	n.At = p.since(h.start)
	return n
}

// renaming reads `new = old`.
func (p *parser) renaming() *ast.Named {
	start := p.start()
	if x, ok := p.named().(*ast.Named); ok {
		if _, ok := x.X.(*ast.Name); !ok || len(x.Names) != 1 {
			p.remark(x.Loc, "bad-rename", "use extend to compute a column", "project-rename takes new = old, both names")
		}
		return x
	}
	at := p.since(start)
	p.error(at.Loc, "bad-rename", "write new = old", "project-rename takes new = old")
	return &ast.Named{At: at, X: p.bad(start)}
}

func (p *parser) projectReorder(h head) ast.Operator {
	n := &ast.ProjectReorder{}
	if !p.endsOperator() {
		n.Columns = list(p, func() *ast.SortKey {
			start := p.start()
			k := &ast.SortKey{X: p.columnName()}
			p.direction(k)
			k.At = p.since(start)
			return k
		})
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) extend(h head) ast.Operator {
	n := &ast.Extend{Columns: p.namedList()}
	n.At = p.since(h.start)
	return n
}

func (p *parser) summarize(h head) ast.Operator {
	n := &ast.Summarize{Hints: p.properties(false)}
	if p.word() != "by" && !p.endsOperator() {
		n.Aggregates = p.namedList()
	}
	if p.acceptWord("by") {
		n.HasBy = true
		n.By = p.namedList()
	}
	if len(n.Aggregates) == 0 && !n.HasBy {
		p.error(p.since(h.start).Loc, "unexpected-end", "add an aggregate such as count(), or by and columns", "summarize needs something to compute")
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) distinct(h head) ast.Operator {
	n := &ast.Distinct{Hints: p.properties(false)}
	if start := p.start(); p.at(Star) {
		p.advance()
		n.Columns = []ast.Expr{&ast.Star{At: p.since(start)}}
	} else {
		n.Columns = p.namedList()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) sort(h head) ast.Operator {
	n := &ast.Sort{Keyword: h.name, Hints: p.properties(false)}
	p.expectWord("by")
	n.Keys = list(p, p.sortKey)
	n.At = p.since(h.start)
	return n
}

// sortKey reads an expression with asc or desc and the place of nulls.
func (p *parser) sortKey() *ast.SortKey {
	start := p.start()
	k := &ast.SortKey{X: p.named()}
	p.direction(k)
	if p.acceptWord("nulls") {
		switch {
		case p.acceptWord("first"):
			k.Nulls = ast.NullsFirst
		case p.acceptWord("last"):
			k.Nulls = ast.NullsLast
		default:
			p.unexpected("first or last")
		}
	}
	k.At = p.since(start)
	return k
}

func (p *parser) direction(k *ast.SortKey) {
	switch name, width := p.operatorName(); name {
	case "asc":
		k.Order = ast.Asc
		p.advance()
	case "desc":
		k.Order = ast.Desc
		p.advance()
	case "granny-asc", "granny-desc":
		k.Order = ast.GrannyAsc
		if name == "granny-desc" {
			k.Order = ast.GrannyDesc
		}
		for range width {
			p.advance()
		}
	case "ASC", "DESC", "Asc", "Desc", "descending", "ascending":
		p.remark(p.tok().Loc, "keyword-case", "write asc or desc", "unknown direction %s", name)
		p.advance()
	}
}

func (p *parser) top(h head) ast.Operator {
	n := &ast.Top{Hints: p.properties(false), Count: p.expr()}
	p.expectWord("by")
	n.Key = p.sortKey()
	if p.at(Comma) && !p.commaEnds {
		p.error(p.tok().Loc, "unexpected-token", "use sort by ... | take ...", "top takes one sort key")
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) topNested(h head) ast.Operator {
	n := &ast.TopNested{}
	for start := h.start; ; {
		n.Levels = append(n.Levels, p.topNestedLevel(start))
		if !p.at(Comma) || p.quiet {
			break
		}
		p.advance()
		start = p.start()
		if next := p.operatorHead(); next.name != "top-nested" {
			p.error(p.since(start).Loc, "unexpected-token", "", "expected top-nested after the comma")
			break
		}
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) topNestedLevel(start int) *ast.TopNestedLevel {
	l := &ast.TopNestedLevel{}
	if p.word() != "of" {
		l.Count = p.expr()
	}
	p.expectWord("of")
	l.Of = p.named()
	if p.acceptWord("with") {
		p.expectWord("others")
		p.expect(Assign)
		l.Others = p.expr()
	}
	p.expectWord("by")
	l.By = p.sortKey()
	l.At = p.since(start)
	return l
}

func (p *parser) topHitters(h head) ast.Operator {
	n := &ast.TopHitters{Count: p.expr()}
	p.expectWord("of")
	n.Of = p.named()
	if p.acceptWord("by") {
		n.By = p.named()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) take(h head) ast.Operator {
	n := &ast.Take{Keyword: h.name, Hints: p.properties(false), Count: p.expr()}
	n.At = p.since(h.start)
	return n
}

func (p *parser) sample(h head) ast.Operator {
	n := &ast.Sample{Count: p.expr()}
	n.At = p.since(h.start)
	return n
}

func (p *parser) sampleDistinct(h head) ast.Operator {
	n := &ast.SampleDistinct{Hints: p.properties(false), Count: p.expr()}
	p.expectWord("of")
	n.Of = p.named()
	n.At = p.since(h.start)
	return n
}

func (p *parser) count(h head) ast.Operator {
	n := &ast.Count{}
	if p.acceptWord("as") {
		n.As = p.declaredName()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) serialize(h head) ast.Operator {
	n := &ast.Serialize{Hints: p.properties(false)}
	if !p.endsOperator() {
		n.Columns = p.namedList()
	}
	n.At = p.since(h.start)
	return n
}

func (p *parser) as(h head) ast.Operator {
	n := &ast.As{Hints: p.properties(true), Name: p.declaredName()}
	n.At = p.since(h.start)
	return n
}
