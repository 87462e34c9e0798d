package complete

// Operator explains a tabular operator.
type Operator struct {
	Name   string `json:"name"`
	Syntax string `json:"syntax"`
	Help   string `json:"help"`

	Clauses       string            `json:"-"` // keywords of its clauses, with commas
	Settings      map[string]string `json:"-"` // name= and its values
	Aggregates    bool              `json:"-"` // takes aggregates
	ColumnsOnly   bool              `json:"-"` // takes names of columns, no expressions
	NoExpressions bool              `json:"-"` // nothing is computed in it
	Bare          bool              `json:"-"` // takes nothing
	Alias         bool              `json:"-"` // another spelling; explained, not offered
}

const joinKinds = "inner innerunique leftouter rightouter fullouter leftanti rightanti leftsemi rightsemi"

// operators in the order in which they are offered, the most used first.
var operators = []Operator{
	{Name: "where", Syntax: "where condition", Help: "Keeps the rows for which the condition is true."},
	{Name: "extend", Syntax: "extend name = expression, ...", Help: "Adds computed columns, or replaces those of the same name."},
	{Name: "project", Syntax: "project column, name = expression, ...", Help: "Keeps the columns named, computed ones among them, in that order."},
	{Name: "summarize", Syntax: "summarize aggregate, ... by column, ...", Help: "Groups rows and computes aggregates for each group.", Clauses: "by", Aggregates: true},
	{Name: "join", Syntax: "join kind=inner (table) on column", Help: "Combines rows of two tables whose keys are equal. The default kind, innerunique, keeps one left row per key.",
		Clauses: "on", Settings: map[string]string{"kind": joinKinds}},
	{Name: "mv-expand", Syntax: "mv-expand column to typeof(type) limit n", Help: "Makes a row of each element of an array, or of each pair of a bag.",
		Clauses: "to, limit", Settings: map[string]string{"bagexpansion": "bag array", "with_itemindex": ""}},
	{Name: "sort", Syntax: "sort by expression desc nulls last, ...", Help: "Orders the rows, descending unless asc is written.", Clauses: "by, asc, desc, nulls first, nulls last"},
	{Name: "take", Syntax: "take n", Help: "Keeps any n rows.", NoExpressions: true},
	{Name: "top", Syntax: "top n by expression desc", Help: "Keeps the first n rows by an expression.", Clauses: "by, asc, desc, nulls first, nulls last"},
	{Name: "distinct", Syntax: "distinct column, ...", Help: "Keeps one row of each combination of the columns; * means all.", ColumnsOnly: true},
	{Name: "count", Syntax: "count", Help: "Counts the rows.", Bare: true},
	{Name: "union", Syntax: "union kind=outer withsource=Name table, ...", Help: "Adds the rows of other tables; columns go by name.",
		Settings: map[string]string{"kind": "outer inner", "withsource": "", "isfuzzy": "true false"}, NoExpressions: true},
	{Name: "project-away", Syntax: "project-away column, ...", Help: "Drops columns; * stands for any letters of a name.", ColumnsOnly: true},
	{Name: "project-keep", Syntax: "project-keep column, ...", Help: "Keeps columns in the order of the table; * stands for any letters of a name.", ColumnsOnly: true},
	{Name: "project-by-names", Syntax: `project-by-names "name", "pattern*", dynamic(["name"])`, Help: "Chooses columns by texts that name them, in that order; names that there are not are passed over."},
	{Name: "project-rename", Syntax: "project-rename new = old, ...", Help: "Renames columns.", ColumnsOnly: true},
	{Name: "project-reorder", Syntax: "project-reorder column asc, ...", Help: "Moves columns to the front.", ColumnsOnly: true, Clauses: "asc, desc, granny-asc, granny-desc"},
	{Name: "lookup", Syntax: "lookup kind=leftouter (table) on column", Help: "Adds the columns of a small table to the rows whose keys are equal.",
		Clauses: "on", Settings: map[string]string{"kind": "leftouter inner"}},
	{Name: "mv-apply", Syntax: "mv-apply name = column to typeof(type) on (operators)", Help: "Runs operators over the elements of each row's array.", Clauses: "to, limit, on"},
	{Name: "parse", Syntax: `parse kind=simple column with "text" name:type *`, Help: "Takes columns out of a text by a pattern.",
		Clauses: "with", Settings: map[string]string{"kind": "simple regex relaxed", "flags": ""}},
	{Name: "parse-where", Syntax: `parse-where kind=simple column with "text" name:type *`, Help: "As parse, and drops the rows that do not match.",
		Clauses: "with", Settings: map[string]string{"kind": "simple regex relaxed", "flags": ""}},
	{Name: "parse-kv", Syntax: `parse-kv column as (name:type, ...) with (pair_delimiter=";", kv_delimiter="=")`, Help: "Takes columns out of key and value pairs in a text.", Clauses: "as, with"},
	{Name: "make-series", Syntax: "make-series name = aggregate default=0 on column from start to end step size by column, ...",
		Help: "Turns rows into arrays over evenly spaced bins.", Clauses: "default=, on, from, to, step, by", Aggregates: true, Settings: map[string]string{"kind": "nonempty"}},
	{Name: "serialize", Syntax: "serialize name = expression, ...", Help: "Fixes the order of the rows, for row_number(), prev() and next()."},
	{Name: "render", Syntax: "render timechart with (title=\"...\")", Help: "Names the chart that shows the rows.", NoExpressions: true},
	{Name: "evaluate", Syntax: "evaluate plugin(arguments)", Help: "Runs a plugin such as bag_unpack or pivot."},
	{Name: "invoke", Syntax: "invoke function(arguments)", Help: "Calls a tabular function with the rows as its first argument."},
	{Name: "as", Syntax: "as Name", Help: "Gives the table a name for later operators.", NoExpressions: true},
	{Name: "search", Syntax: `search "term" and column:"term"`, Help: "Keeps the rows with a term in any column.", Settings: map[string]string{"kind": "case_insensitive case_sensitive"}},
	{Name: "sample", Syntax: "sample n", Help: "Keeps n random rows.", NoExpressions: true},
	{Name: "sample-distinct", Syntax: "sample-distinct n of column", Help: "Keeps n different values of a column.", Clauses: "of"},
	{Name: "top-nested", Syntax: "top-nested n of column by aggregate, ...", Help: "The top values by an aggregate, and within each those of the next level.", Clauses: "of, with others=, by", Aggregates: true},
	{Name: "top-hitters", Syntax: "top-hitters n of column by expression", Help: "The most frequent values of a column.", Clauses: "of, by"},
	{Name: "partition", Syntax: "partition hint.strategy=native by column (operators)", Help: "Runs operators over the rows of each value of a column; { table | operators } has a table of its own.", Clauses: "by"},
	{Name: "fork", Syntax: "fork name = (operators) (operators)", Help: "Runs several pipelines over the same rows, one result each.", NoExpressions: true},
	{Name: "facet", Syntax: "facet by column, ... with (operators)", Help: "One result for each column with its values and their counts.", Clauses: "by, with", ColumnsOnly: true},
	{Name: "scan", Syntax: "scan declare (name:type=value) with (step name optional output=last: condition => name = expression;)", Help: "Matches sequences of rows.", Clauses: "order by, partition by, declare, with"},
	{Name: "reduce", Syntax: "reduce by column with threshold=0.1", Help: "Groups texts that are alike.", Clauses: "by, with"},
	{Name: "getschema", Syntax: "getschema", Help: "The table's columns and their types as rows.", Bare: true},
	{Name: "consume", Syntax: "consume", Help: "Reads the rows and yields none.", Bare: true},
	{Name: "filter", Syntax: "filter condition", Help: "The same as where.", Alias: true},
	{Name: "order", Syntax: "order by expression desc, ...", Help: "The same as sort.", Clauses: "by, asc, desc, nulls first, nulls last", Alias: true},
	{Name: "limit", Syntax: "limit n", Help: "The same as take.", NoExpressions: true, Alias: true},
	{Name: "mvexpand", Syntax: "mvexpand column", Help: "The old spelling of mv-expand; stops at 128 rows for each row.", Clauses: "to, limit", Alias: true},
	{Name: "mvapply", Syntax: "mvapply column on (operators)", Help: "The old spelling of mv-apply.", Clauses: "to, limit, on", Alias: true},
	{Name: "makeseries", Syntax: "makeseries aggregate on column step size", Help: "The old spelling of make-series.", Clauses: "default=, on, from, to, step, by", Aggregates: true, Alias: true},
	{Name: "print", Syntax: "print name = expression, ...", Help: "One row of computed values; starts a query.", Alias: true},
	{Name: "range", Syntax: "range column from start to stop step size", Help: "One column with evenly spaced values; starts a query.", Clauses: "from, to, step", Alias: true},
	{Name: "find", Syntax: "find in (table, ...) where condition project column, ...", Help: "Rows that fulfil a condition, over several tables; starts a query.", Clauses: "where, project", Alias: true},
}

const charts = "timechart columnchart barchart piechart linechart areachart scatterchart stackedareachart card table anomalychart pivotchart ladderchart treemap"

// binaryOperator explains an operator between values.
type binaryOperator struct {
	Name, Insert, Help string
	Back               int // how far the cursor goes back from the end of Insert
}

var binaryOperators = []binaryOperator{
	{Name: "and", Insert: "and ", Help: "Both are true."},
	{Name: "or", Insert: "or ", Help: "One of them is true."},
	{Name: "==", Insert: "== ", Help: "Equal, with regard to letter case."},
	{Name: "!=", Insert: "!= ", Help: "Not equal, with regard to letter case."},
	{Name: "=~", Insert: "=~ ", Help: "Equal, without regard to letter case."},
	{Name: "!~", Insert: "!~ ", Help: "Not equal, without regard to letter case."},
	{Name: "has", Insert: "has ", Help: "Has the whole term, without regard to letter case."},
	{Name: "contains", Insert: "contains ", Help: "Has the text anywhere, without regard to letter case."},
	{Name: "in", Insert: "in ()", Back: 1, Help: "Is one of the values."},
	{Name: "in~", Insert: "in~ ()", Back: 1, Help: "Is one of the values, without regard to letter case."},
	{Name: "!in", Insert: "!in ()", Back: 1, Help: "Is none of the values."},
	{Name: "!in~", Insert: "!in~ ()", Back: 1, Help: "Is none of the values, without regard to letter case."},
	{Name: "between", Insert: "between ( .. )", Back: 5, Help: "Lies in the range, both ends included."},
	{Name: "!between", Insert: "!between ( .. )", Back: 5, Help: "Lies outside of the range."},
	{Name: "has_any", Insert: "has_any ()", Back: 1, Help: "Has one of the terms."},
	{Name: "has_all", Insert: "has_all ()", Back: 1, Help: "Has all of the terms."},
	{Name: "startswith", Insert: "startswith ", Help: "Starts with the text, without regard to letter case."},
	{Name: "endswith", Insert: "endswith ", Help: "Ends with the text, without regard to letter case."},
	{Name: "matches regex", Insert: `matches regex @""`, Back: 1, Help: "Matches the regular expression."},
	{Name: "<", Insert: "< "}, {Name: "<=", Insert: "<= "}, {Name: ">", Insert: "> "}, {Name: ">=", Insert: ">= "},
	{Name: "+", Insert: "+ "}, {Name: "-", Insert: "- "}, {Name: "*", Insert: "* "}, {Name: "/", Insert: "/ "}, {Name: "%", Insert: "% "},
	{Name: "!has", Insert: "!has ", Help: "Does not have the whole term."},
	{Name: "!contains", Insert: "!contains ", Help: "Does not have the text."},
	{Name: "!startswith", Insert: "!startswith ", Help: "Does not start with the text."},
	{Name: "!endswith", Insert: "!endswith ", Help: "Does not end with the text."},
	{Name: "has_cs", Insert: "has_cs ", Help: "Has the whole term, with regard to letter case."},
	{Name: "contains_cs", Insert: "contains_cs ", Help: "Has the text anywhere, with regard to letter case."},
	{Name: "startswith_cs", Insert: "startswith_cs ", Help: "Starts with the text, with regard to letter case."},
	{Name: "endswith_cs", Insert: "endswith_cs ", Help: "Ends with the text, with regard to letter case."},
	{Name: "hasprefix", Insert: "hasprefix ", Help: "Has a term that starts with the text."},
	{Name: "hassuffix", Insert: "hassuffix ", Help: "Has a term that ends with the text."},
}

// infix are the operators that are words, after which a value comes.
var infix = func() map[string]bool {
	m := map[string]bool{"matches": true, "regex": true}
	for _, b := range binaryOperators {
		if c := b.Name[len(b.Name)-1]; c >= 'a' && c <= 'z' {
			m[b.Name] = true
		}
	}
	return m
}()

// clauseWords are the keywords of clauses, after which a value comes.
var clauseWords = map[string]bool{
	"by": true, "on": true, "of": true, "to": true, "from": true, "step": true, "with": true, "limit": true, "default": true, "as": true, "where": true,
}
