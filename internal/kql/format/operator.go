package format

import (
	"strings"

	"passtrail/internal/kql/ast"
)

// source prints what a pipeline starts with; a pipeline in its place gets parentheses.
func (w *writer) source(s ast.Source) doc {
	switch s := s.(type) {
	case ast.Expr:
		return w.expr(s)
	case *ast.Datatable:
		return cat("datatable", w.schema(s.Schema), " ", w.rows(s))
	case *ast.ExternalData:
		out := docs{"externaldata", w.schema(s.Schema), " ", newGroup("[", nest(softline, items(w, s.URIs, w.expr)), softline, "]")}
		if len(s.Props) > 0 {
			out = append(out, newGroup(nest(line, "with (", w.properties(s.Props, ", "), ")")))
		}
		return out
	case *ast.Print:
		return listed(w, "print", s.Columns, w.expr)
	case *ast.Range:
		return newGroup("range ", name(s.Column), " from ", w.expr(s.From), " to ", w.expr(s.To), " step ", w.expr(s.Step))
	case *ast.Find:
		return w.find(s)
	case ast.Operator:
		return w.operator(s)
	}
	return w.original(s)
}

// rows prints the cells of a datatable, one row on each line when they do not fit on one.
func (w *writer) rows(d *ast.Datatable) doc {
	if len(d.Values) == 0 {
		return "[]"
	}
	columns := max(len(d.Schema.Columns), 1)
	var out docs
	for i, v := range d.Values {
		behind, own := w.pending(v.Span().Start)
		sep := doc(" ")
		if i%columns == 0 {
			sep = line
		}
		if i > 0 {
			out = append(out, ",", behind, sep, own)
		} else {
			out = append(out, behind, own)
		}
		out = append(out, w.expr(v))
	}
	return newGroup("[", nest(softline, out), softline, "]")
}

// operator prints an operator without its pipe.
func (w *writer) operator(op ast.Operator) doc {
	switch op := op.(type) {
	case *ast.Where:
		return newGroup(op.Keyword, w.hints(op.Hints), " ", w.expr(op.Predicate))
	case *ast.Project:
		return listed(w, op.Keyword, op.Columns, w.expr)
	case *ast.ProjectAway:
		return listed(w, "project-away", op.Columns, w.expr)
	case *ast.ProjectKeep:
		return listed(w, "project-keep", op.Columns, w.expr)
	case *ast.ProjectByNames:
		return listed(w, "project-by-names", op.Columns, w.expr)
	case *ast.ProjectRename:
		return listed(w, "project-rename", op.Columns, func(n *ast.Named) doc { return w.named(n) })
	case *ast.ProjectReorder:
		return listed(w, "project-reorder", op.Columns, w.sortKey)
	case *ast.Extend:
		return listed(w, "extend", op.Columns, w.expr)
	case *ast.Summarize:
		return w.summarize(op)
	case *ast.Distinct:
		return listed(w, "distinct"+w.hints(op.Hints), op.Columns, w.expr)
	case *ast.Sort:
		return listed(w, op.Keyword+w.hints(op.Hints)+" by", op.Keys, w.sortKey)
	case *ast.Top:
		return newGroup("top", w.hints(op.Hints), " ", w.expr(op.Count), " by ", w.sortKey(op.Key))
	case *ast.TopNested:
		return newGroup(nest(items(w, op.Levels, w.topNested)))
	case *ast.TopHitters:
		return newGroup("top-hitters ", w.expr(op.Count), " of ", w.expr(op.Of), w.optional(" by ", op.By))
	case *ast.Take:
		return newGroup(op.Keyword, w.hints(op.Hints), " ", w.expr(op.Count))
	case *ast.Sample:
		return newGroup("sample ", w.expr(op.Count))
	case *ast.SampleDistinct:
		return newGroup("sample-distinct", w.hints(op.Hints), " ", w.expr(op.Count), " of ", w.expr(op.Of))
	case *ast.Count:
		if op.As != nil {
			return "count as " + name(op.As)
		}
		return "count"
	case *ast.Serialize:
		return listed(w, "serialize"+w.hints(op.Hints), op.Columns, w.expr)
	default:
		return w.rowOperator(op)
	}
}

// rowOperator prints the operators that combine or multiply rows.
func (w *writer) rowOperator(op ast.Operator) doc {
	switch op := op.(type) {
	case *ast.Join:
		out := docs{"join", setting("kind", op.Kind), w.hints(op.Hints), " ", w.source(op.Right)}
		if op.Where != nil {
			return newGroup(append(out, " where ", w.expr(op.Where)))
		}
		return newGroup(append(out, " on", w.conditions(op.On)))
	case *ast.Lookup:
		return newGroup("lookup", setting("kind", op.Kind), w.hints(op.Hints), " ", w.source(op.Right), " on", w.conditions(op.On))
	case *ast.Union:
		return w.union(op)
	case *ast.MvExpand:
		head := op.Keyword + setting("bagexpansion", op.Kind) + nameSetting("with_itemindex", op.ItemIndex) + w.hints(op.Hints)
		return newGroup(listed(w, head, op.Columns, w.expandColumn), w.optional(" limit ", op.Limit))
	case *ast.MvApply:
		return w.mvApply(op)
	case *ast.Parse:
		return w.parse(op)
	case *ast.ParseKV:
		out := docs{"parse-kv", w.hints(op.Hints), " ", w.expr(op.X), " as ", w.schema(op.Columns)}
		if len(op.Props) > 0 {
			out = append(out, " with (", w.properties(op.Props, ", "), ")")
		}
		return newGroup(out)
	case *ast.MakeSeries:
		return w.makeSeries(op)
	case *ast.Scan:
		return w.scan(op)
	case *ast.Partition:
		out := docs{"partition", w.hints(op.Hints), " by ", w.expr(op.By), " "}
		if op.Braces {
			return newGroup(append(out, "{", nest(line, w.pipelineParts(op.Body, breakBetween(op.Body))), line, "}"))
		}
		return newGroup(append(out, w.inParens(op.Body)))
	case *ast.Fork:
		return w.fork(op)
	case *ast.Facet:
		out := docs{listed(w, "facet by", op.By, w.expr)}
		if op.With != nil {
			out = append(out, " with ", w.inParens(op.With))
		}
		return newGroup(out)
	default:
		return w.otherOperator(op)
	}
}

func (w *writer) otherOperator(op ast.Operator) doc {
	switch op := op.(type) {
	case *ast.As:
		return "as" + w.hints(op.Hints) + " " + name(op.Name)
	case *ast.GetSchema:
		return "getschema"
	case *ast.Search:
		out := docs{"search", setting("kind", op.Kind), w.hints(op.Hints)}
		if op.Tables != nil {
			out = append(out, " in (", items(w, op.Tables, w.source), ")")
		}
		return newGroup(append(out, " ", w.expr(op.Predicate)))
	case *ast.Evaluate:
		out := docs{"evaluate", w.hints(op.Hints), " ", w.call(op.Call)}
		if op.Schema != nil {
			out = append(out, " : ", w.schema(op.Schema))
		}
		return newGroup(out)
	case *ast.Render:
		if len(op.Props) == 0 {
			return "render " + op.Chart.Text
		}
		return newGroup("render ", op.Chart.Text, " with (", w.properties(op.Props, ", "), ")")
	case *ast.Consume:
		return "consume" + w.hints(op.Hints)
	case *ast.Invoke:
		return cat("invoke ", w.call(op.Call))
	case *ast.Reduce:
		out := docs{"reduce", w.hints(op.Hints), " by ", w.expr(op.By)}
		if len(op.Props) > 0 {
			out = append(out, " with ", w.properties(op.Props, ", "))
		}
		return newGroup(out)
	case *ast.Unsupported:
		w.skipComments(op.Loc.End)
		return op.Text
	}
	return w.original(op)
}

func (w *writer) summarize(op *ast.Summarize) doc {
	out := docs{listed(w, "summarize"+w.hints(op.Hints), op.Aggregates, w.expr)}
	if !op.HasBy {
		return out
	}
	by := listed(w, "by", op.By, w.expr)
	if len(op.Aggregates) == 0 {
		return cat(out, " ", by)
	}
	return newGroup(out, nest(line, by))
}

func (w *writer) sortKey(k *ast.SortKey) doc {
	out := docs{w.expr(k.X)}
	if k.Order != ast.DefaultOrder {
		out = append(out, " ", k.Order.String())
	}
	if k.Nulls != ast.DefaultNulls {
		out = append(out, " ", k.Nulls.String())
	}
	return out
}

func (w *writer) topNested(l *ast.TopNestedLevel) doc {
	out := docs{"top-nested", w.optional(" ", l.Count), " of ", w.expr(l.Of)}
	if l.Others != nil {
		out = append(out, " with others = ", w.expr(l.Others))
	}
	return append(out, " by ", w.sortKey(l.By))
}

func (w *writer) optional(before string, x ast.Expr) doc {
	if x == nil {
		return ""
	}
	return cat(before, w.expr(x))
}

func (w *writer) conditions(on []ast.Expr) doc {
	if len(on) == 0 {
		return ""
	}
	return cat(" ", newGroup(nest(items(w, on, w.expr))))
}

func (w *writer) union(op *ast.Union) doc {
	head := "union" + setting("kind", op.Kind) + nameSetting("withsource", op.WithSource)
	if op.Fuzzy {
		head += " isfuzzy=true"
	}
	return listed(w, head+w.hints(op.Hints), op.Tables, w.source)
}

func (w *writer) expandColumn(c *ast.ExpandColumn) doc {
	if c.To == nil {
		return w.expr(c.X)
	}
	return cat(w.expr(c.X), " to ", w.expr(c.To))
}

func (w *writer) mvApply(op *ast.MvApply) doc {
	head := op.Keyword + nameSetting("with_itemindex", op.ItemIndex) + w.hints(op.Hints)
	out := docs{listed(w, head, op.Columns, w.expandColumn), w.optional(" limit ", op.Limit)}
	if op.ContextID != nil {
		out = append(out, " id ", literal(op.ContextID))
	}
	return newGroup(append(out, " on ", w.inParens(op.Body)))
}

func (w *writer) parse(op *ast.Parse) doc {
	head := op.Keyword + setting("kind", op.Kind) + setting("flags", op.Flags) + w.hints(op.Hints)
	out := docs{head, " ", w.expr(op.X), " with"}
	var parts docs
	for _, n := range op.Pattern {
		behind, own := w.pending(n.Span().Start)
		parts = append(parts, behind, line, own)
		switch n := n.(type) {
		case *ast.Star:
			parts = append(parts, "*")
		case *ast.Literal:
			parts = append(parts, literal(n))
		case *ast.Column:
			parts = append(parts, w.column(n))
		}
	}
	return newGroup(append(out, nest(parts)))
}

func (w *writer) makeSeries(op *ast.MakeSeries) doc {
	head := op.Keyword + setting("kind", op.Kind) + w.hints(op.Hints)
	out := docs{listed(w, head, op.Aggregates, func(a *ast.MakeSeriesAggregate) doc {
		return cat(w.expr(a.X), w.optional(" default=", a.Default))
	})}
	rest := docs{line, "on ", w.expr(op.On)}
	if op.InRange {
		rest = append(rest, line, "in range(", w.expr(op.From), ", ", w.expr(op.To), ", ", w.expr(op.Step), ")")
	} else {
		rest = append(rest, w.optional(" from ", op.From), w.optional(" to ", op.To), " step ", w.expr(op.Step))
	}
	if len(op.By) > 0 {
		rest = append(rest, line, "by ", items(w, op.By, w.expr))
	}
	return newGroup(out, nest(rest))
}

func (w *writer) scan(op *ast.Scan) doc {
	out := docs{"scan" + nameSetting("with_match_id", op.MatchID) + w.hints(op.Hints)}
	if len(op.OrderBy) > 0 {
		out = append(out, newGroup(" order by ", items(w, op.OrderBy, w.sortKey)))
	}
	if len(op.PartitionBy) > 0 {
		out = append(out, newGroup(" partition by ", items(w, op.PartitionBy, w.expr)))
	}
	if len(op.Declare) > 0 {
		out = append(out, " declare ", newGroup("(", nest(softline, items(w, op.Declare, w.column)), softline, ")"))
	}
	var steps docs
	for _, s := range op.Steps {
		behind, own := w.pending(s.Loc.Start)
		steps = append(steps, behind, hard{}, own, w.scanStep(s), ";")
	}
	return newGroup(append(out, " with (", nest(steps), hard{}, ")"))
}

func (w *writer) scanStep(s *ast.ScanStep) doc {
	head := "step " + name(s.Name)
	if s.Optional {
		head += " optional"
	}
	out := docs{head, setting("output", s.Output), ": ", w.expr(s.Condition)}
	if len(s.Assignments) > 0 {
		out = append(out, " => ", items(w, s.Assignments, func(n *ast.Named) doc { return w.named(n) }))
	}
	return newGroup(nest(out))
}

func (w *writer) fork(op *ast.Fork) doc {
	out := docs{"fork"}
	for _, b := range op.Branches {
		behind, own := w.pending(b.Loc.Start)
		branch := docs{w.inParens(b.Body)}
		if b.Name != nil {
			branch = cat(name(b.Name), " = ", branch)
		}
		out = append(out, nest(behind, line, own, branch))
	}
	return newGroup(out)
}

func (w *writer) find(f *ast.Find) doc {
	out := docs{"find", nameSetting("withsource", f.WithSource), w.hints(f.Hints)}
	if f.Tables != nil {
		out = append(out, " in (", items(w, f.Tables, w.source), ")")
	}
	out = append(out, " where ", w.expr(f.Predicate))
	if !f.Smart {
		var parts []doc
		for _, c := range f.Project {
			parts = append(parts, w.column(c))
		}
		if f.PackAll {
			parts = append(parts, "pack(*)")
		}
		out = append(out, " project ", join(parts, ", "))
	}
	if len(f.ProjectAway) > 0 {
		out = append(out, " project-away ", items(w, f.ProjectAway, w.expr))
	}
	return newGroup(out)
}

// setting prints ` name=value`, nothing when there is no value.
func setting(key, value string) string {
	if value == "" {
		return ""
	}
	return " " + key + "=" + value
}

func nameSetting(key string, n *ast.Name) string {
	if n == nil {
		return ""
	}
	return setting(key, name(n))
}

// hints prints the settings that were kept without being understood, each with a blank before it.
func (w *writer) hints(props []*ast.Property) string {
	var b strings.Builder
	for _, p := range props {
		b.WriteByte(' ')
		b.WriteString(p.Name.Text)
		b.WriteByte('=')
		b.WriteString(render(w.expr(p.Value)))
	}
	return b.String()
}

func (w *writer) properties(props []*ast.Property, sep string) doc {
	var parts []doc
	for _, p := range props {
		value := w.expr(p.Value)
		if l, ok := p.Value.(*ast.List); ok {
			value = items(w, l.Items, w.expr)
		}
		parts = append(parts, cat(p.Name.Text, "=", value))
	}
	return join(parts, sep)
}
