package complete

import (
	"strings"

	"passtrail/internal/kql/parser"
)

// candidates lists everything that may stand at a place, whatever is typed of it so far.
func (s *Service) candidates(p *place) []Item {
	switch {
	case p.inString:
		return s.stringValues(p)
	case p.last() == parser.Pipe:
		return s.operatorItems()
	case p.last() == parser.Dot:
		return s.members(p)
	case p.last() == parser.Colon:
		return typeItems()
	}
	if items, ok := s.setting(p); ok {
		return items
	}
	f := p.inner()
	atStart := len(p.tokens) == p.afterLet(f.start)
	switch {
	case f.kind == parser.LParen && f.before == "typeof":
		return typeItems()
	case atStart && p.isBody(len(p.frames)-1):
		return s.operatorItems()
	case atStart && (f.open < 0 || f.kind == parser.LBrace):
		return s.statementStart(p)
	case f.kind == parser.LBrace && atStart:
		return s.statementStart(p)
	}
	st := p.step()
	if items, ok := s.tablePlace(p, st); ok {
		return items
	}
	if st.name == "" {
		return s.outsideOperators(p)
	}
	return s.inOperator(p, st)
}

// outsideOperators lists what may stand where no operator is: behind a table, or in a let's value.
func (s *Service) outsideOperators(p *place) []Item {
	if p.afterOperand() {
		return nil
	}
	return append(s.tableItems(p), s.scalarItems(p, nil, false)...)
}

// statementStart lists tables, and the words that start a statement or a query.
func (s *Service) statementStart(p *place) []Item {
	items := s.tableItems(p)
	for _, k := range startWords {
		k.Kind = KindKeyword
		k.rank = 60
		items = append(items, k)
	}
	return items
}

var startWords = []Item{
	{Label: "let", Insert: "let  = ;", Caret: 4, Help: "Names a value, a table or a function."},
	{Label: "union", Insert: "union ", Help: "All rows of several tables."},
	{Label: "search", Insert: "search ", Help: "Rows with a term in any column, over all tables."},
	{Label: "find", Insert: "find where ", Help: "Rows that fulfil a condition, over all tables."},
	{Label: "print", Insert: "print ", Help: "One row of computed values."},
	{Label: "range", Insert: "range x from 1 to 10 step 1", Caret: 6, Help: "One column with evenly spaced values."},
	{Label: "datatable", Insert: "datatable()[]", Caret: 10, Help: "A table written in the query."},
	{Label: "set", Insert: "set ", Help: "A request property."},
	{Label: "declare query_parameters", Insert: "declare query_parameters();", Caret: 25, Help: "Parameters that the caller gives."},
}

// tableItems lists tables and the tabular names declared before.
func (s *Service) tableItems(p *place) []Item {
	var out []Item
	for _, t := range s.lang.Tables {
		out = append(out, Item{Label: t.Name, Kind: KindTable, Detail: "table", Help: t.Help, Insert: quoteName(t.Name), rank: 10})
	}
	for _, v := range p.variables() {
		if v.tabular {
			out = append(out, variableItem(v))
		}
	}
	return out
}

func variableItem(v variable) Item {
	it := Item{Label: v.name, Kind: v.kind, Detail: v.detail, Insert: quoteName(v.name), rank: 5}
	if v.kind == KindFunction {
		it.Insert, it.Caret = v.name+"()", len(v.name)+1
	}
	return it
}

// quoteName writes a name so that it can stand in a query.
func quoteName(name string) string {
	for i, c := range []byte(name) {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return "['" + strings.ReplaceAll(strings.ReplaceAll(name, `\`, `\\`), `'`, `\'`) + "']"
		}
	}
	return name
}

// operatorItems lists the operators behind a pipe.
func (s *Service) operatorItems() []Item {
	out := make([]Item, 0, len(operators))
	for i, o := range operators {
		if o.Alias {
			continue
		}
		insert := o.Name + " "
		if o.Bare {
			insert = o.Name
		}
		out = append(out, Item{Label: o.Name, Kind: KindOperator, Detail: o.Syntax, Help: o.Help, Insert: insert, rank: i / 10})
	}
	return out
}

// setting lists the values of a setting such as kind=, and reports whether the cursor is in one.
func (s *Service) setting(p *place) ([]Item, bool) {
	n := len(p.tokens)
	if p.last() != parser.Assign || n < 2 {
		return nil, false
	}
	st := p.step()
	op, ok := s.operators[st.name]
	values := op.Settings[p.nameAt(n-2)]
	if !ok || values == "" {
		return nil, false
	}
	var out []Item
	for _, v := range strings.Fields(values) {
		out = append(out, Item{Label: v, Kind: KindValue})
	}
	return out, true
}

// tablePlace lists tables where an operator wants one, and reports whether it does here.
func (s *Service) tablePlace(p *place, st step) ([]Item, bool) {
	f := p.inner()
	switch st.name {
	case "union":
		if st.level == len(p.frames)-1 && !p.afterOperand() {
			items := append(s.tableItems(p), s.settingNames(st.name)...)
			return items, true
		}
	case "join", "lookup":
		if st.level == len(p.frames)-1 && !p.afterOperand() && !p.hasWord(st.args, "on") {
			return append(s.tableItems(p), s.settingNames(st.name)...), true
		}
	}
	// the start of a subquery: join (…, union (…, in (…, toscalar(…
	if f.open >= 0 && f.start == len(p.tokens) && f.kind == parser.LParen {
		outer := p.kindAt(f.open - 1)
		switch {
		case f.before == "in" && (st.name == "search" || st.name == "find"):
			return s.tableItems(p), true
		case f.before == "in" || strings.HasPrefix(f.before, "has_a"):
			return append(s.tableItems(p), s.scalarItems(p, s.columns(p, st), false)...), true
		case f.before == "toscalar" || f.before == "materialize" || f.before == "union" || f.before == "join" || f.before == "lookup":
			return s.tableItems(p), true
		case st.level == len(p.frames)-2 && (st.name == "join" || st.name == "lookup" || st.name == "union") && outer != parser.Dot:
			if !p.hasWord(st.args, "on") {
				return s.tableItems(p), true
			}
		}
	}
	return nil, false
}

// settingNames lists the settings that an operator takes before its arguments.
func (s *Service) settingNames(operator string) []Item {
	var out []Item
	for name := range s.operators[operator].Settings {
		out = append(out, Item{Label: name, Kind: KindKeyword, Insert: name + "=", rank: 70})
	}
	return out
}

// hasWord reports whether a word stands between a token and the cursor, outside of brackets.
func (p *place) hasWord(from int, word string) bool {
	depth := 0
	for i := from; i < len(p.tokens); i++ {
		switch p.tokens[i].Kind {
		case parser.LParen, parser.LBracket, parser.LBrace:
			depth++
		case parser.RParen, parser.RBracket, parser.RBrace:
			depth--
		case parser.Name:
			if depth == 0 && p.nameAt(i) == word {
				return true
			}
		}
	}
	return false
}

// afterOperand reports whether a value is complete before the cursor, so that an operator or a keyword comes next.
func (p *place) afterOperand() bool {
	switch p.last() {
	case parser.Long, parser.Real, parser.Timespan, parser.String, parser.Typed, parser.RParen, parser.RBracket, parser.RBrace:
		return true
	case parser.Star:
		return p.kindAt(len(p.tokens)-2) == parser.Name && p.nameAt(len(p.tokens)-2) == "distinct"
	case parser.Name:
		return !p.endsInKeyword()
	}
	return false
}

// endsInKeyword reports whether the name before the cursor is an operator's, a clause's or a binary operator's.
func (p *place) endsInKeyword() bool {
	n := len(p.tokens)
	if infix[p.lastName()] || clauseWords[p.lastName()] {
		return true
	}
	st := p.step()
	return st.name != "" && st.args == n && st.level == len(p.frames)-1
}

// inOperator lists what may stand in an operator's arguments.
func (s *Service) inOperator(p *place, st step) []Item {
	op := s.operators[st.name]
	top := st.level == len(p.frames)-1
	if p.afterOperand() {
		return s.afterValue(p, op, top)
	}
	switch {
	case st.name == "render" && top:
		return valueItems(charts)
	case st.name == "evaluate" && top:
		return s.functionItems(KindPlugin, 10)
	case op.Bare, st.name == "as":
		return nil
	case (st.name == "take" || st.name == "limit" || st.name == "sample") && top, st.name == "top" && top && !p.hasWord(st.args, "by"):
		return s.variableItems(p)
	case st.name == "invoke":
		return s.variableItems(p)
	}
	cols := s.columns(p, st)
	if op.ColumnsOnly && top {
		return columnItems(cols)
	}
	aggregates := op.Aggregates && !p.hasWord(st.args, "by") && !p.hasWord(st.args, "on")
	items := s.scalarItems(p, cols, aggregates)
	if top && len(p.tokens) == st.args {
		items = append(items, s.settingNames(st.name)...)
		items = append(items, s.clauseItems(op)...)
	}
	if st.name == "join" || st.name == "lookup" {
		items = append(items, Item{Label: "$left", Kind: KindKeyword, rank: 1}, Item{Label: "$right", Kind: KindKeyword, rank: 1})
	}
	return items
}

// afterValue lists the operators between values, and the keywords that an operator's clauses start with.
func (s *Service) afterValue(p *place, op Operator, top bool) []Item {
	var out []Item
	if top {
		out = s.clauseItems(op)
		if op.Name == "render" {
			out = append(out, Item{Label: "with", Kind: KindKeyword, Insert: "with ()", Caret: 6})
		}
	}
	if op.NoExpressions && top {
		return out
	}
	for i, b := range binaryOperators {
		out = append(out, Item{Label: b.Name, Kind: KindOperator, Help: b.Help, Insert: b.Insert, Caret: len(b.Insert) - b.Back, rank: 10 + i/8})
	}
	return out
}

func (s *Service) clauseItems(op Operator) []Item {
	var out []Item
	for _, c := range strings.Split(op.Clauses, ",") {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, Item{Label: c, Kind: KindKeyword, Insert: c + " "})
		}
	}
	return out
}

// scalarItems lists columns, variables and functions, aggregates before other functions when they may stand here.
func (s *Service) scalarItems(p *place, cols []Column, aggregates bool) []Item {
	out := append(columnItems(cols), s.variableItems(p)...)
	if aggregates {
		out = append(out, s.functionItems(KindAggregate, 5)...)
	}
	out = append(out, s.functionItems(KindFunction, 20)...)
	out = append(out, s.functionItems(KindWindow, 30)...)
	for _, w := range []string{"true", "false", "dynamic", "datetime", "timespan"} {
		it := Item{Label: w, Kind: KindKeyword, rank: 40}
		if w[0] == 'd' || w == "timespan" {
			it.Insert, it.Caret = w+"()", len(w)+1
		}
		out = append(out, it)
	}
	return out
}

func (s *Service) variableItems(p *place) []Item {
	var out []Item
	for _, v := range p.variables() {
		out = append(out, variableItem(v))
	}
	return out
}

// columnItems lists columns in their order.
func columnItems(cols []Column) []Item {
	out := make([]Item, 0, len(cols))
	for _, c := range cols {
		out = append(out, Item{Label: c.Name, Kind: KindColumn, Detail: c.Type, Help: c.Help, Insert: quoteName(c.Name)})
	}
	return out
}

// functionItems lists the functions of a kind, one item for all overloads.
func (s *Service) functionItems(kind Kind, rank int) []Item {
	var out []Item
	seen := map[string]bool{}
	for _, f := range s.lang.Functions {
		if f.Kind != kind || f.Obsolete != "" || f.Refused != "" || seen[f.Name] {
			continue
		}
		seen[f.Name] = true
		it := Item{Label: f.Name, Kind: kind, Detail: f.Signature(), Help: f.Help, Insert: f.Name + "()", rank: rank}
		it.Caret = len(it.Insert)
		if len(f.Params) > 0 {
			it.Caret--
		}
		out = append(out, it)
	}
	return out
}

// Signature writes a function with its parameters: "substring(source: string, start: long, [length: long]): string".
func (f Function) Signature() string {
	var b strings.Builder
	b.WriteString(f.Name + "(")
	for i, p := range f.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		text := p.Name
		if p.Type != "" {
			text += ": " + p.Type
		}
		if p.Repeat {
			text += ", ..."
		}
		if p.Optional {
			text = "[" + text + "]"
		}
		b.WriteString(text)
	}
	b.WriteString(")")
	if f.Result != "" {
		b.WriteString(": " + f.Result)
	}
	return b.String()
}

func typeItems() []Item {
	return valuesOf(KindType, "string long int real bool datetime timespan dynamic guid decimal")
}

func valueItems(words string) []Item { return valuesOf(KindValue, words) }

func valuesOf(kind Kind, words string) []Item {
	var out []Item
	for _, w := range strings.Fields(words) {
		out = append(out, Item{Label: w, Kind: kind})
	}
	return out
}

// members lists what may follow a dot: the sides of a join, or what is known to be in a dynamic column.
func (s *Service) members(p *place) []Item {
	end := len(p.tokens) - 1
	path := ""
	for end > 0 && p.kindAt(end) == parser.Dot {
		name := p.nameAt(end - 1)
		end--
		for p.kindAt(end) == parser.RBracket && p.kindAt(end-2) == parser.LBracket {
			end -= 3
			name = p.nameAt(end)
		}
		if name == "" {
			return nil
		}
		path = name + "." + path
		end--
	}
	path = strings.TrimSuffix(path, ".")
	st := p.step()
	root, rest, _ := strings.Cut(path, ".")
	switch root {
	case "$left":
		return columnItems(s.columns(p, st))
	case "$right":
		return columnItems(s.rightColumns(p, st))
	case "hint":
		return valueItems("strategy shufflekey remote num_partitions materialized")
	}
	for _, c := range s.columns(p, st) {
		if c.Name == root {
			return pathItems(c, rest)
		}
	}
	return nil
}

// rightColumns are those of the table in a join.
func (s *Service) rightColumns(p *place, st step) []Column {
	from := st.args
	for p.kindAt(from+1) == parser.Assign {
		from += 3
	}
	to := from
	for to < len(p.tokens) && p.nameAt(to) != "on" {
		if p.kindAt(to) == parser.LParen {
			to = p.skipBrackets(to)
		}
		to++
	}
	return s.resolve(parts{lets: p.lets(p.frames[0].start), source: p.text(from, to)})
}

// skipBrackets is the token that closes the bracket at i, or the last one.
func (p *place) skipBrackets(i int) int {
	depth := 0
	for ; i < len(p.tokens); i++ {
		switch p.tokens[i].Kind {
		case parser.LParen, parser.LBracket, parser.LBrace:
			depth++
		case parser.RParen, parser.RBracket, parser.RBrace:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return i
}

// pathItems lists the next names on the known paths of a column that start with what is there.
func pathItems(c Column, prefix string) []Item {
	var out []Item
	for _, path := range c.Paths {
		if path == "" { // the whole value
			continue
		}
		rest := path
		if prefix != "" {
			var ok bool
			if rest, ok = strings.CutPrefix(path, prefix+"."); !ok {
				continue
			}
		}
		name, _, _ := strings.Cut(rest, ".")
		out = append(out, Item{Label: name, Kind: KindColumn, Detail: "dynamic"})
	}
	return out
}

// stringValues lists the known values of the column that a text is compared with.
func (s *Service) stringValues(p *place) []Item {
	n := len(p.tokens)
	st := p.step()
	if f := p.inner(); f.open >= 0 && f.kind == parser.LParen && (f.before == "in" || strings.HasPrefix(f.before, "has_a")) {
		n = f.open
	}
	for n > 0 && (infix[p.nameAt(n-1)] || isComparison(p.kindAt(n-1))) {
		n--
	}
	name := p.nameAt(n - 1)
	if name == "" || n == len(p.tokens) {
		return nil
	}
	var out []Item
	for _, c := range s.columns(p, st) {
		if c.Name == name {
			for _, v := range c.Values {
				out = append(out, Item{Label: v, Kind: KindValue, Detail: name})
			}
		}
	}
	return out
}

func isComparison(k parser.TokenKind) bool {
	switch k {
	case parser.EqEq, parser.NotEq, parser.EqTilde, parser.NotTilde, parser.Bang, parser.Tilde:
		return true
	}
	return false
}
