package ast

// Where keeps the rows for which Predicate is true.
type Where struct {
	At
	operatorNode
	Keyword   string // "where" or "filter"
	Hints     []*Property
	Predicate Expr
}

// Project keeps and computes columns. Columns are expressions, *[Named] among them.
type Project struct {
	At
	operatorNode
	Keyword string // "project" or "project-smart"
	Columns []Expr
}

// ProjectAway drops columns: *[Name], *[Wildcard] or *[Star].
type ProjectAway struct {
	At
	operatorNode
	Columns []Expr
}

// ProjectKeep keeps columns in the order of the input: *[Name], *[Wildcard] or *[Star].
type ProjectKeep struct {
	At
	operatorNode
	Columns []Expr
}

// ProjectByNames chooses columns by constants: names, patterns of names, and arrays of them.
type ProjectByNames struct {
	At
	operatorNode
	Columns []Expr
}

// ProjectRename renames columns; the X of each is a *[Name].
type ProjectRename struct {
	At
	operatorNode
	Columns []*Named
}

// ProjectReorder moves columns to the front. Keys are *[Name], *[Wildcard] or *[Star] with an order; Nulls is unused.
type ProjectReorder struct {
	At
	operatorNode
	Columns []*SortKey
}

// Extend adds or replaces columns.
type Extend struct {
	At
	operatorNode
	Columns []Expr
}

// Summarize groups by By and computes Aggregates; each may be empty. HasBy tells `summarize by` from none at all.
type Summarize struct {
	At
	operatorNode
	Hints      []*Property
	Aggregates []Expr
	HasBy      bool
	By         []Expr
}

// Distinct keeps one row of each combination of columns; a *[Star] means all of them.
type Distinct struct {
	At
	operatorNode
	Hints   []*Property
	Columns []Expr
}

// SortKey is an expression to sort by.
type SortKey struct {
	At
	X     Expr
	Order Order
	Nulls Nulls
}

// Sort orders the rows.
type Sort struct {
	At
	operatorNode
	Keyword string // "sort" or "order"
	Hints   []*Property
	Keys    []*SortKey
}

// Top keeps the first Count rows by Key.
type Top struct {
	At
	operatorNode
	Hints []*Property
	Count Expr
	Key   *SortKey
}

// TopNested is a chain of levels, each the top of its parent's groups.
type TopNested struct {
	At
	operatorNode
	Levels []*TopNestedLevel
}

// TopNestedLevel is `top-nested Count of Of with others = Others by By`. Count and Others may be nil.
type TopNestedLevel struct {
	At
	Count  Expr
	Of     Expr // may be *Named
	Others Expr
	By     *SortKey // X may be *Named
}

// TopHitters is `top-hitters Count of Of by By`; By is nil when rows are counted.
type TopHitters struct {
	At
	operatorNode
	Count Expr
	Of    Expr
	By    Expr
}

// Take keeps any Count rows.
type Take struct {
	At
	operatorNode
	Keyword string // "take" or "limit"
	Hints   []*Property
	Count   Expr
}

// Sample keeps Count random rows.
type Sample struct {
	At
	operatorNode
	Count Expr
}

// SampleDistinct is `sample-distinct Count of Of`.
type SampleDistinct struct {
	At
	operatorNode
	Hints []*Property
	Count Expr
	Of    Expr
}

// Count counts the rows into the column Count, or As when that is written.
type Count struct {
	At
	operatorNode
	As *Name
}

// Join is `join kind=Kind (Right) on On`. Kind is lower case, "" when not written (innerunique). On holds names,
// equalities and conjunctions of them; Where is the old `join (T) where predicate` form and nil otherwise.
type Join struct {
	At
	operatorNode
	Kind    string
	KindLoc At
	Hints   []*Property
	Right   Source
	On      []Expr
	Where   Expr
}

// Lookup is `lookup kind=Kind (Right) on On`. Kind is lower case, "" when not written (leftouter).
type Lookup struct {
	At
	operatorNode
	Kind    string
	KindLoc At
	Hints   []*Property
	Right   Source
	On      []Expr
}

// Union is `union kind=Kind withsource=WithSource isfuzzy=Fuzzy Tables`. After a pipe the input is its first leg.
type Union struct {
	At
	operatorNode
	sourceNode
	Kind       string // "", "inner" or "outer"
	KindLoc    At
	WithSource *Name // nil when not written
	Fuzzy      bool
	Hints      []*Property
	Tables     []Source // *Name, *Wildcard, *Path, *Call, *Pipeline (in parentheses)
}

// ExpandColumn is a column of mv-expand and mv-apply: `name = X to typeof(Type)`.
type ExpandColumn struct {
	At
	X  Expr    // may be *Named
	To *TypeOf // nil when not written
}

// MvExpand makes a row of each element.
type MvExpand struct {
	At
	operatorNode
	Keyword   string // "mv-expand" or "mvexpand", whose limit is 128
	Kind      string // "", "bag" or "array"; bagexpansion= and kind=
	KindLoc   At
	ItemIndex *Name // with_itemindex=; nil when not written
	Hints     []*Property
	Columns   []*ExpandColumn
	Limit     Expr // nil when not written
}

// MvApply runs Body over the elements of each row.
type MvApply struct {
	At
	operatorNode
	Keyword   string // "mv-apply" or "mvapply"
	ItemIndex *Name
	Hints     []*Property
	Columns   []*ExpandColumn
	Limit     Expr
	ContextID *Literal  // id <guid>, undocumented; nil when not written
	Body      *Pipeline // without a source
}

// Parse is `parse kind=Kind flags=Flags X with Pattern`.
type Parse struct {
	At
	operatorNode
	Keyword string // "parse" or "parse-where"
	Kind    string // "", "simple", "regex" or "relaxed"
	KindLoc At
	Flags   string // regex flags: "Ui"
	Hints   []*Property
	X       Expr
	Pattern []Node // *Star, *Literal (a string) or *Column
}

// ParseKV is `parse-kv X as (columns) with (props)`.
type ParseKV struct {
	At
	operatorNode
	Hints   []*Property
	X       Expr
	Columns *Schema
	Props   []*Property
}

// MakeSeriesAggregate is an aggregate of make-series with the value for empty bins.
type MakeSeriesAggregate struct {
	At
	X       Expr // may be *Named
	Default Expr // nil when not written
}

// MakeSeries turns rows into arrays over an axis. InRange tells the old form `on x in range(From, To, Step)`.
type MakeSeries struct {
	At
	operatorNode
	Keyword        string // "make-series" or "makeseries"
	Kind           string // "" or "nonempty"
	Hints          []*Property
	Aggregates     []*MakeSeriesAggregate
	On             Expr
	InRange        bool
	From, To, Step Expr // From and To may be nil
	By             []Expr
}

// Serialize fixes the order of rows, and may add columns with window functions.
type Serialize struct {
	At
	operatorNode
	Hints   []*Property
	Columns []Expr
}

// Scan matches sequences of rows.
type Scan struct {
	At
	operatorNode
	Hints       []*Property
	MatchID     *Name // with_match_id=
	OrderBy     []*SortKey
	PartitionBy []Expr
	Declare     []*Column
	Steps       []*ScanStep
}

// ScanStep is `step Name optional output=Output: Condition => Assignments`.
type ScanStep struct {
	At
	Name        *Name
	Optional    bool
	Output      string // "", "all", "last" or "none"
	Condition   Expr
	Assignments []*Named
}

// Partition runs Body for each value of By. Body has no source but in the old form `partition by x { T | ... }`, where
// Braces is set.
type Partition struct {
	At
	operatorNode
	Hints  []*Property // hint.strategy among them
	By     Expr
	Body   *Pipeline
	Braces bool
}

// Strategy is what hint.strategy says, "" when it is not written.
func (p *Partition) Strategy() string {
	for _, h := range p.Hints {
		if n, ok := h.Value.(*Name); ok && h.Name.Text == "hint.strategy" {
			return n.Text
		}
	}
	return ""
}

// Fork runs every branch over the input.
type Fork struct {
	At
	operatorNode
	Branches []*ForkBranch
}

// ForkBranch is `name = ( operators )`; Name may be nil.
type ForkBranch struct {
	At
	Name *Name
	Body *Pipeline
}

// Facet is `facet by By with ( With )`; With may be nil.
type Facet struct {
	At
	operatorNode
	By   []Expr
	With *Pipeline
}

// As names the table at this point.
type As struct {
	At
	operatorNode
	Hints []*Property
	Name  *Name
}

// GetSchema yields the columns of the table as rows.
type GetSchema struct {
	At
	operatorNode
}

// Search is `search kind=Kind in (Tables) Predicate`. In the predicate a string literal alone is a term to look for in
// every column, a *[Star] stands for any column, and column:"term" is a [ColumnHas].
type Search struct {
	At
	operatorNode
	sourceNode
	Kind      string // "", "case_sensitive" or "case_insensitive"
	KindLoc   At
	Hints     []*Property
	Tables    []Source
	Predicate Expr
}

// Find is `find withsource=W in (Tables) where Predicate project Columns`.
type Find struct {
	At
	sourceNode
	WithSource  *Name
	Hints       []*Property // datascope among them
	Tables      []Source    // nil: every table
	Predicate   Expr
	Smart       bool      // project-smart, also when no project is written
	Project     []*Column // a column whose type is not written has a nil Type
	PackAll     bool      // pack(*) or pack_all() in project
	ProjectAway []Expr
}

// Evaluate runs a plugin: `evaluate Call : Schema`.
type Evaluate struct {
	At
	operatorNode
	sourceNode
	Hints  []*Property
	Call   *Call
	Schema *Schema // nil when not written
}

// Render names a chart: `render timechart with (title="x")`.
type Render struct {
	At
	operatorNode
	Chart *Name
	Props []*Property
}

// Consume takes the rows and yields none.
type Consume struct {
	At
	operatorNode
	Hints []*Property
}

// Invoke calls a tabular function with the input as its first argument.
type Invoke struct {
	At
	operatorNode
	Call *Call
}

// Reduce groups similar texts: `reduce kind=k by X with threshold=0.1`.
type Reduce struct {
	At
	operatorNode
	Hints []*Property
	By    Expr
	Props []*Property
}

// Unsupported is an operator that is known by name and not run: make-graph and its kin, macro-expand, assert-schema.
type Unsupported struct {
	At
	operatorNode
	sourceNode
	Name string
	Text string // as written, with its name
}
