// Package ast is the tree of a KQL text as it was written: nothing is resolved, renamed or thrown away, and every node
// knows its span. The parser makes it, format prints it, check turns it into a bound tree.
//
// Start at [Query]. There are four families of nodes: [Statement], [Source] (what a pipeline starts with), [Operator]
// (what follows a pipe) and [Expr]. A name or a call may be scalar or tabular depending on what it is bound to, which
// this package does not know: [Name], [Path] and [Call] are therefore both Source and Expr, and so is [Pipeline], which
// stands as Expr where a tabular expression is written in a scalar place (toscalar(T | count), x in (T | project y)) and
// as Source where it is written in parentheses. [Walk] visits a tree, [Unparen] strips parentheses.
package ast

import "passtrail/internal/kql/diag"

// Node is any part of the tree.
type Node interface {
	// Span is where the node stands in the text.
	Span() diag.Span
}

// Expr is a scalar expression, or a tabular one in a scalar place.
type Expr interface {
	Node
	expr()
}

// Source is what a pipeline starts with.
type Source interface {
	Node
	source()
}

// Operator is one step of a pipeline, what follows a pipe.
type Operator interface {
	Node
	operator()
}

// Statement is one of the parts of a query that semicolons separate.
type Statement interface {
	Node
	statement()
}

// At carries a node's place; every node embeds it.
type At struct{ Loc diag.Span }

// Span is where the node stands in the text.
func (a At) Span() diag.Span { return a.Loc }

type (
	exprNode      struct{}
	sourceNode    struct{}
	operatorNode  struct{}
	statementNode struct{}
)

func (exprNode) expr()           {}
func (sourceNode) source()       {}
func (operatorNode) operator()   {}
func (statementNode) statement() {}

// Query is a whole text.
type Query struct {
	At
	Statements []Statement
	Comments   []Comment // in the order of the text
	Text       string    // the text it was read from, which spans count in
}

// Comment is a // comment, without its line end.
type Comment struct {
	At
	Text string // with the slashes
}

// Let is `let Name = Value`. The value is a *[Function], a *[Pipeline] when it is tabular by its form (a pipe, a tabular
// keyword such as datatable or union), else any other expression, of which names, paths and calls may turn out tabular.
type Let struct {
	At
	statementNode
	Name  *Name
	Value Expr
}

// Set is `set Name` or `set Name = Value`; Value is nil in the former.
type Set struct {
	At
	statementNode
	Name  *Name
	Value Expr
}

// QueryParameters is `declare query_parameters(a:string, b:long = 1)`.
type QueryParameters struct {
	At
	statementNode
	Params []*Param
}

// Expression is a statement that yields a table. A nil Pipeline does not occur.
type Expression struct {
	At
	statementNode
	Pipeline *Pipeline
}

// UnsupportedStatement is a statement that is known by name and not run: alias, declare pattern, restrict access, and
// management commands that start with a dot.
type UnsupportedStatement struct {
	At
	statementNode
	Keyword string // "alias", "declare pattern", "restrict", ".show"
	Text    string // as written
}

// Param is a declared parameter of a function or of the query. A tabular one has Schema, a scalar one Type.
type Param struct {
	At
	Name    *Name
	Type    *TypeRef // nil when tabular
	Schema  *Schema  // nil when scalar
	Default Expr     // nil when there is none
}

// TypeRef is a type's name as written: "string", "long", "int64", "date".
type TypeRef struct {
	At
	Name string
}

// Schema is a list of columns in parentheses; Any says that it holds a `*`, AnyFirst that the star stands before them.
type Schema struct {
	At
	Columns  []*Column
	Any      bool
	AnyFirst bool
}

// Column is a declared column `name:type`, with a default value where the operator allows one (scan).
type Column struct {
	At
	Name    *Name
	Type    *TypeRef // nil when not written (parse patterns)
	Default Expr     // nil when there is none
}

// Pipeline is a source and the operators its rows go through. Source is nil in sub-pipelines that take their rows from
// the operator they stand in (mv-apply, fork, facet, partition).
type Pipeline struct {
	At
	exprNode
	sourceNode
	Source    Source
	Operators []Operator
}

// Datatable is `datatable(a:long, b:string)[1, "x"]`; Values holds the cells row by row.
type Datatable struct {
	At
	sourceNode
	Schema *Schema
	Values []Expr
}

// ExternalData is `externaldata(a:string)["https://..."] with(format="csv")`.
type ExternalData struct {
	At
	sourceNode
	Schema *Schema
	URIs   []Expr
	Props  []*Property
}

// Print is `print a = 1, 2`.
type Print struct {
	At
	sourceNode
	Columns []Expr
}

// Range is `range Column from From to To step Step`.
type Range struct {
	At
	sourceNode
	Column         *Name
	From, To, Step Expr
}

// Property is a setting `name = value` of an operator: kind=inner, hint.strategy=shuffle, title="x". Names with dots are
// kept whole. Value is nil when it was left out.
type Property struct {
	At
	Name  *Name
	Value Expr
}

// Bad stands where the text could not be understood; a diagnostic says why.
type Bad struct {
	At
	exprNode
	sourceNode
	operatorNode
	statementNode
}
