// Package check resolves the names and types of a parsed query and turns it into a plan, or says everything that is
// wrong with it, with suggestions.
//
// Start at [Check]. A pipeline is bound operator by operator: each is a method op… of checker that takes a relation
// ([rel]: a plan and the columns that can be seen) and returns the next. Adding an operator is a case in [checker.operator]
// and such a method. Nothing here writes SQL.
package check

import (
	"fmt"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// Options are what a query gets from outside.
type Options struct {
	Now       passtrail.Ticks
	SetNow    func(passtrail.Ticks) // told when the query sets another instant; may be nil
	Params    map[string]string     // values of declare query_parameters
	Functions map[string]*ast.Query // stored functions by name, parsed
	MaxNodes  int                   // operators and expressions a query may come to once functions and lets are put in; 0 is a default
	// Sample runs a query that the columns of bag_unpack and pivot depend on, and returns its rows; nil refuses such queries.
	Sample   func(plan.Output) ([][]any, error)
	MaxDepth int // nesting of functions, lets and sub-queries; 0 is a default
}

// Bound is a query whose names and types are resolved.
type Bound struct {
	Outputs  []plan.Output
	Render   *ast.Render // of the last statement; nil without
	Warnings diag.List
}

// Codes of diagnostics that stop a query for its size.
const (
	codeTooLarge = "too-large"
	codeTooDeep  = "too-deep"
)

type checker struct {
	schema *plan.Schema
	o      Options
	diags  diag.List
	ctes   int
	nodes  int
	depth  int
	full   bool // the size limit was reported
	render *ast.Render
	more   []plan.Output // tables of fork and facet beside the first
	failed error         // of Sample; not the query's fault
	// weights has how many expressions each of those that have parts comes to.
	weights map[plan.Expr]int
	inner   int          // depth of sub-pipelines where several results make no sense
	bins    [2]plan.Expr // size and fixed point of bin_auto, once set
}

// Check binds a query against a schema. The error is a [diag.List] with all mistakes.
func Check(q *ast.Query, schema *plan.Schema, o Options) (*Bound, error) {
	if o.MaxNodes == 0 {
		o.MaxNodes = 20000
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = 250
	}
	c := &checker{schema: schema, o: o, weights: map[plan.Expr]int{}}
	root := c.root()
	var out []plan.Output
	for _, s := range q.Statements {
		out = append(out, c.statement(root, s)...)
	}
	c.diags.Sort()
	if c.failed != nil {
		return nil, c.failed
	}
	if len(out) == 0 && !c.diags.HasErrors() {
		c.diags.Add(diag.New(q.Loc, "no-query", "the query has no tabular expression to run").WithHint("end with a table, as in AuditLogs | take 10"))
	}
	if err := c.diags.Err(); err != nil {
		return nil, err
	}
	return &Bound{Outputs: out, Render: c.render, Warnings: c.diags}, nil
}

// root is the scope with the stored functions.
func (c *checker) root() *scope {
	root := &scope{names: map[string]*binding{}}
	names := make([]string, 0, len(c.o.Functions))
	for name := range c.o.Functions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.stored(root, name, c.o.Functions[name])
	}
	return root
}

// stored binds a stored function: the value of its text's last let, or the text's pipeline.
func (c *checker) stored(root *scope, name string, q *ast.Query) {
	own := &scope{parent: root, names: map[string]*binding{}}
	for _, s := range q.Statements {
		switch s := s.(type) {
		case *ast.Let:
			c.let(own, s)
			root.names[name] = own.names[s.Name.Text]
		case *ast.Expression:
			p := s.Pipeline
			root.names[name] = &binding{name: name, fn: &function{decl: &ast.Function{At: p.At, Result: p}, scope: own, name: name}}
		}
	}
}

func (c *checker) fail(at diag.Span, code, format string, args ...any) {
	c.diags.Add(diag.New(at, code, format, args...))
}

func (c *checker) failHint(at diag.Span, hint, code, format string, args ...any) {
	d := diag.New(at, code, format, args...)
	d.Hint = hint
	c.diags.Add(d)
}

func (c *checker) warn(at diag.Span, code, format string, args ...any) {
	d := diag.New(at, code, format, args...)
	d.Severity = diag.Warning
	c.diags.Add(d)
}

// unsupported says by name what does not run here, and why.
func (c *checker) unsupported(at diag.Span, what, why string) {
	c.fail(at, "not-supported", "%s is not supported: %s", what, why)
}

// spend counts work against the size limit, which functions inside functions reach quickly.
func (c *checker) spend(at diag.Span, n int) bool {
	c.nodes += n
	if c.nodes > c.o.MaxNodes && !c.full {
		c.full = true
		c.fail(at, codeTooLarge, "the query comes to more than %d operators and expressions", c.o.MaxNodes)
	}
	return !c.full
}

// enter counts nesting; leave undoes it.
func (c *checker) enter(at diag.Span) bool {
	c.depth++
	if c.depth > c.o.MaxDepth {
		if !c.full {
			c.full = true
			c.fail(at, codeTooDeep, "the query is nested more than %d deep", c.o.MaxDepth)
		}
		return false
	}
	return !c.full
}

func (c *checker) leave() { c.depth-- }

// refusedStatements are statements with a reason of their own.
var refusedStatements = map[string]string{
	"alias database":  "there is one database here; write the table's name alone",
	"declare pattern": "give the table a name with let",
	"restrict access": "who asks decides what a query may see",
}

func (c *checker) statement(sc *scope, s ast.Statement) []plan.Output {
	switch s := s.(type) {
	case *ast.Let:
		c.let(sc, s)
	case *ast.Set:
		c.set(sc, s)
	case *ast.QueryParameters:
		c.queryParameters(sc, s)
	case *ast.UnsupportedStatement:
		why := refusedStatements[s.Keyword]
		if why == "" {
			why = "it changes or reads the service, not a table"
		}
		c.unsupported(s.Loc, s.Keyword, why)
	case *ast.Expression:
		return c.outputs(sc, s.Pipeline)
	}
	return nil
}

// outputs binds a statement that yields a table, or several with fork and facet.
func (c *checker) outputs(sc *scope, p *ast.Pipeline) []plan.Output {
	c.more = nil
	r := c.pipeline(sc, p, nil)
	if r == nil {
		return nil
	}
	if c.more != nil {
		out := c.more
		c.more = nil
		return out
	}
	return []plan.Output{r.output("PrimaryResult")}
}

func (c *checker) queryParameters(sc *scope, s *ast.QueryParameters) {
	for _, p := range s.Params {
		if p.Type == nil {
			c.fail(p.Loc, "bad-parameter", "query parameter %s must be scalar", p.Name.Text)
			continue
		}
		t := c.typeRef(p.Type)
		var x plan.Expr
		given, ok := c.o.Params[p.Name.Text]
		switch {
		case ok:
			x = c.parameterValue(p, t, given)
		case p.Default != nil:
			x = c.coerce(p.Default.Span(), c.expr(&env{sc: sc}, p.Default), t)
		default:
			c.failHint(p.Loc, fmt.Sprintf("give it with the query, or a default: %s:%s = …", p.Name.Text, t), "missing-parameter", "query parameter %s has no value", p.Name.Text)
			x = bad()
		}
		sc.names[p.Name.Text] = &binding{name: p.Name.Text, scalar: x}
	}
}

// parameterValue makes the constant that a caller gave as text.
func (c *checker) parameterValue(p *ast.Param, t types.Type, given string) plan.Expr {
	l := &plan.Lit{T: types.String, V: given}
	if t == types.String {
		return l
	}
	return &plan.Cast{X: l, T: t}
}

func (c *checker) typeRef(t *ast.TypeRef) types.Type {
	if t == nil {
		return types.Unknown
	}
	typ, ok := types.Parse(t.Name)
	if !ok {
		typ, ok = types.Parse(strings.ToLower(t.Name))
	}
	if !ok {
		var names []string
		for _, k := range types.All() {
			names = append(names, k.String())
		}
		c.failHint(t.Loc, diag.DidYouMean(t.Name, names), "unknown-type", "there is no type %s", t.Name)
	}
	return typ
}
