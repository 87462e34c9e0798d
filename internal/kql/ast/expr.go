package ast

// Name is an identifier, as a reference or as a declaration. `$left`, `$right` and `$table` are names too.
type Name struct {
	At
	exprNode
	sourceNode
	Text   string // decoded: ['a b'] is "a b"
	Quoted bool   // written in brackets and quotes
}

// Star is a `*` alone: every column, or every table.
type Star struct {
	At
	exprNode
	sourceNode
}

// Wildcard is a name with one or more `*` in it: `Target*`. It stands in project-away, project-keep, project-reorder,
// union, find and search only.
type Wildcard struct {
	At
	exprNode
	sourceNode
	Pattern string
}

// Path is the member access X.Name: a key of a dynamic, a side of a join ($left.x), a step of a scan, or a table of
// another database (database("x").T).
type Path struct {
	At
	exprNode
	sourceNode
	X    Expr
	Name Expr // *Name or, behind database(...) and its kin, *Wildcard
}

// Index is X[Index], and X.[Index] when Dotted.
type Index struct {
	At
	exprNode
	sourceNode
	X      Expr
	Index  Expr
	Dotted bool
}

// Call is Name(Args), and Receiver.Name(Args) where a receiver is written. Arguments may be *[Named], *[Star], *[TypeOf]
// and *[Pipeline].
type Call struct {
	At
	exprNode
	sourceNode
	Receiver Expr // nil nearly always
	Name     *Name
	Args     []Expr
}

// Unary is a sign before an expression.
type Unary struct {
	At
	exprNode
	Op Op // Neg or Pos
	X  Expr
}

// Binary is an operator between two expressions. The right side of in, has_any and has_all is a *[List], that of
// between an *[Interval].
type Binary struct {
	At
	exprNode
	Op    Op
	OpLoc At
	L, R  Expr
}

// List is the right side of in and its kin: `(a, b)`. A single *[Pipeline], *[Name] or *[Call] in it may be tabular.
type List struct {
	At
	exprNode
	Items []Expr
}

// Interval is the right side of between: `(Low .. High)`.
type Interval struct {
	At
	exprNode
	Low, High Expr
}

// Paren is an expression in parentheses. See [Unparen].
type Paren struct {
	At
	exprNode
	X Expr
}

// Named is `name = X`, or `(a, b) = X` when Tuple.
type Named struct {
	At
	exprNode
	Names []*Name
	Tuple bool
	X     Expr
}

// TypeOf is `typeof(long)`, or `typeof(*)` and `typeof(a:long, b:string)` with a schema.
type TypeOf struct {
	At
	exprNode
	Type   *TypeRef // nil when Schema is set
	Schema *Schema
}

// Function is the value of a let: `(x:long, t:(*)) { let y = 1; t | where a == x }`. A view is written `view () { ... }`.
type Function struct {
	At
	exprNode
	View       bool
	Params     []*Param
	Statements []Statement // before the result; may be empty
	Result     Expr        // *Pipeline when tabular by its form; nil when the body is empty
}

// Kind says what a [Literal] is.
type Kind int

// The kinds of literals.
const (
	Bool Kind = iota + 1
	Int
	Long
	Real
	Decimal
	String
	Datetime
	Timespan
	GUID
	NullDynamic // dynamic(null), and null inside a dynamic
)

var kindNames = [...]string{"", "bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid", "dynamic"}

// String is the name of the type in KQL.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return ""
	}
	return kindNames[k]
}

// Literal is a constant. Which field holds its value depends on Kind; all are zero when Null.
type Literal struct {
	At
	exprNode
	Kind  Kind
	Null  bool    // long(null)
	Bool  bool    // Bool
	Int   int64   // Int, Long; ticks of 100 ns for Timespan; ticks since 0001-01-01 for Datetime
	Real  float64 // Real
	Str   string  // String: decoded; Decimal: digits; GUID: lower case with dashes; Datetime: the text in the parentheses
	Now   bool    // datetime(now) and datetime(), which have no ticks yet
	Raw   string  // as written
	Style Style   // String: how it was written
}

// Style tells the spellings of a string apart.
type Style int

// The spellings of a string. Obfuscated is added to one of the others: h"secret".
const (
	Plain     Style = 0
	Verbatim  Style = 1 << iota // @"..."
	MultiLine                   // ```...``` or ~~~...~~~
	Joined                      // several literals side by side
	Obfuscated
)

// Dynamic is `dynamic(Value)`. Value is an *[Array], a *[Bag], a *[Literal], or a *[Unary] minus before a number.
type Dynamic struct {
	At
	exprNode
	Value Expr
}

// Array is `[a, b]` inside a dynamic.
type Array struct {
	At
	exprNode
	Items []Expr
}

// Bag is `{"a": 1}` inside a dynamic.
type Bag struct {
	At
	exprNode
	Entries []Entry
}

// Entry is a key of a [Bag] with its value.
type Entry struct {
	Key   *Literal
	Value Expr
}

// Unparen is e without the parentheses around it.
func Unparen(e Expr) Expr {
	for {
		p, ok := e.(*Paren)
		if !ok {
			return e
		}
		e = p.X
	}
}
