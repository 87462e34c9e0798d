package plan

import (
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/types"
)

// Node is a relational operator. What it offers are columns; which of them a query shows, and in which order, is said
// once at the end (see [Output]), so that whatever nobody needs is never computed.
type Node interface{ node() }

// Set is a set of columns.
type Set map[*Col]bool

// Scan reads a table. The generator adds the tenant restriction to every Scan, and nothing else can make one.
type Scan struct {
	Table *Table
	Cols  []*Col // one for each of Table.Columns
}

// Values is a table written in the query. Cells are expressions without columns.
type Values struct {
	Cols []*Col
	Rows [][]Expr
}

// Range counts from From to To, both included, by Step.
type Range struct {
	Col            *Col
	From, To, Step Expr
}

// Filter keeps the rows for which Pred is true.
type Filter struct {
	In   Node
	Pred Expr
}

// Def gives a column its value.
type Def struct {
	Col *Col
	X   Expr
}

// Extend adds columns. A Def sees the columns of In, not those of its neighbours.
type Extend struct {
	In   Node
	Defs []Def
}

// Limit keeps N rows: the first by Order, or any without one.
type Limit struct {
	In    Node
	N     Expr
	Order []Key
}

// Agg is one aggregate: a row of the builtin tables, or one of the engine's own by Name, over the rows in Order for those
// that depend on it.
type Agg struct {
	Col   *Col
	Row   *builtin.Row
	Name  string
	Args  []Expr
	Order []Key
}

// Aggregate groups by Keys. Without keys there is exactly one row, unless Rows says that no row gives no row. Carry are
// columns of In that are constant in each group and passed on.
type Aggregate struct {
	In    Node
	Keys  []Def
	Aggs  []Agg
	Carry []*Col
}

// First keeps one row of each group: the first by Order, or any without one.
type First struct {
	In    Node
	Keys  []Expr
	Order []Key
}

// JoinKind is what a Join does with rows that find no partner.
type JoinKind int

// The kinds of Join. Semi and Anti offer the columns of L only.
const (
	Inner JoinKind = iota
	LeftOuter
	RightOuter
	FullOuter
	Semi
	Anti
)

// Combine pairs rows of L and R whose keys are alike; null keys match each other. Columns of a side that may have no
// partner are passed on under new names, LOut and ROut, because they may be null there.
type Combine struct {
	Kind       JoinKind
	L, R       Node
	On         [][2]Expr // left and right key, of one SQL type
	LOut, ROut []Rename
}

// Rename is an input column and the column that stands for it in the output.
type Rename struct{ From, To *Col }

// Union appends its legs. Each leg gives one expression for each of Cols.
type Union struct {
	Cols []*Col
	Legs []Leg
}

// Leg is one input of a Union.
type Leg struct {
	In Node
	X  []Expr
}

// Expand makes a row of each element of the lists Items, zipped, the short ones padded with nulls; no element, no row.
type Expand struct {
	In    Node
	Items []Item
	Index *Col // counts from 0; nil without with_itemindex
	Limit Expr // rows for each input row; nil is all
}

// Item is one dynamic value of an Expand and the column that gets its elements. Pairs asks for [key, value] arrays in
// place of one-key bags where the value is a bag. Instants says that Col has the type of instants and X, which makes an
// array of them (see [InstantsOf]), need not be made as JSON.
type Item struct {
	X        Expr
	Col      *Col
	Pairs    bool
	Instants bool
}

// InstantsOf returns the expressions that the elements of an array of instants follow from when it is range(from, to,
// step) with a step that is known and goes forward, or pack_array of instants; step is 0 for pack_array.
func InstantsOf(x Expr) (parts []Expr, step int64, ok bool) {
	c, isCall := x.(*Call)
	if !isCall {
		return nil, 0, false
	}
	args := c.Args
	switch {
	case c.Row.Name == "range" && len(args) == 3:
		if l, known := args[2].(*Lit); known && l.T == types.TimeSpan {
			step, _ = l.V.(int64)
		}
		if args = args[:2]; step <= 0 || step > maxInstantStep {
			return nil, 0, false
		}
	case c.Row.Name != "pack_array":
		return nil, 0, false
	}
	for _, a := range args {
		if inner, cast := a.(*Cast); cast && inner.T == types.Dynamic {
			a = inner.X
		}
		if a.Type() != types.DateTime {
			return nil, 0, false
		}
		parts = append(parts, a)
	}
	return parts, step, len(parts) > 0
}

// maxInstantStep is a step with which a million elements stay within whole numbers: 24 days.
const maxInstantStep = 1 << 44

// CTE is a relation that is computed once and read in several places.
type CTE struct {
	Name  string
	Order int // a CTE reads only those with a smaller one
	Plan  Node
	Cols  []*Col
}

// Shared reads a CTE. Cols stand for the CTE's columns, one for each.
type Shared struct {
	CTE  *CTE
	Cols []*Col
}

// RowNumber adds Col: 1, 2, 3 … in the given order, or in the order in which rows come without one.
type RowNumber struct {
	In    Node
	Col   *Col
	Order []Key
}

func (*Scan) node()      {}
func (*Values) node()    {}
func (*Range) node()     {}
func (*Filter) node()    {}
func (*Extend) node()    {}
func (*Limit) node()     {}
func (*Aggregate) node() {}
func (*First) node()     {}
func (*Combine) node()   {}
func (*Union) node()     {}
func (*Expand) node()    {}
func (*Shared) node()    {}
func (*RowNumber) node() {}
func (*Fold) node()      {}
func (*FoldRow) node()   {}

// Fold goes over the rows of In in the order of Row, 1, 2, 3 … in each part, and carries a state from row to row: Body, over
// [FoldRow], computes for each row the state Next from the row and the state before it, Prev, which is Init at the first
// row. It stands only as the plan of a [CTE].
type Fold struct {
	In         Node
	Row        *Col
	Part       []*Col
	Body       Node
	Prev, Next []*Col
	Init       []Expr
}

// FoldRow is the input of a Fold's body: the columns of the row and the state before it.
type FoldRow struct{ Of *Fold }

// Output is a whole query: the relation, the columns shown, in order, and the order of the rows (nil: any).
type Output struct {
	Name  string
	Plan  Node
	Cols  []*Col
	Order []Key
}
