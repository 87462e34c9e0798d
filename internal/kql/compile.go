// Package kql compiles KQL to SQL: text and a schema in; SQL, arguments and the result's columns out. It knows nothing of
// what the tables hold.
//
// [Compile] strings the phases together: parser (text to tree), check (names and types, tree to plan), sqlgen (plan to
// SQL). [Cell] turns what the database answers into the values of the query API.
package kql

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/check"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/sqlgen"
	"passtrail/internal/kql/types"
)

// Options are what a query gets from outside.
type Options struct {
	Now              passtrail.Ticks      // now() for the whole query; required
	Tenants          []passtrail.TenantID // required: every row of every table is of one of these; none, no rows
	Limits           parser.Limits        // of the text; the zero value is the default
	MaxNodes         int                  // operators and expressions once functions are put in; 0 is the default
	Params           map[string]string    // values of declare query_parameters
	From, To         passtrail.Ticks      // the API's time span, To not included; 0 is open
	MaxRows          int                  // rows of each result; 0 is all
	CurrentPrincipal string               // who asks
	Functions        map[string]string    // stored functions: name to KQL text
	// Sample runs SQL and returns its rows while the query is compiled: the columns of bag_unpack and pivot depend on the
	// data. Nil refuses queries that need it.
	Sample func(sql string, args []any) ([][]any, error)
}

// Compiled is a query ready to run.
type Compiled struct {
	Results  []Result  // one for each statement that yields a table, more for fork and facet
	Render   *Render   // nil without a render operator
	Warnings diag.List // remarks that do not stop the query
	outputs  []plan.Output
}

// Result is one result table: the statement that gives its rows, and its columns.
type Result struct {
	Name    string
	SQL     string
	Args    []any
	Columns []Column
}

// Column is a column of a result.
type Column struct {
	Name string
	Type types.Type
}

// Render is what a render operator asks for.
type Render struct {
	Chart string            `json:"visualization"`
	Props map[string]string `json:"properties,omitempty"`
}

// Compile turns a KQL text into SQL. All mistakes of the text come at once, as a [diag.List]; any other error is the
// program's.
func Compile(src string, schema *plan.Schema, o Options) (*Compiled, error) {
	q, err := o.Limits.Parse(src)
	var mistakes diag.List
	if err != nil {
		if !errors.As(err, &mistakes) {
			return nil, err
		}
		return nil, allMistakes(q, schema, o, mistakes)
	}
	bound, err := o.check(q, schema, &o.Now)
	if err != nil {
		return nil, err
	}
	c := &Compiled{Warnings: bound.Warnings, Render: renderOf(bound.Render), outputs: bound.Outputs}
	for i, out := range bound.Outputs {
		r, err := o.generate(out)
		if err != nil {
			return nil, err
		}
		if i > 0 && r.Name == "PrimaryResult" {
			r.Name = fmt.Sprintf("Table_%d", i)
		}
		c.Results = append(c.Results, r)
	}
	return c, nil
}

// allMistakes adds to the mistakes of the text's form those of its names and types, as far as the tree allows.
func allMistakes(q *ast.Query, schema *plan.Schema, o Options, found diag.List) error {
	if q == nil {
		return found
	}
	var more diag.List
	if err := o.checkBroken(q, schema); errors.As(err, &more) {
		for _, d := range more {
			if d.Code != "no-query" && !near(found, d) {
				found.Add(d)
			}
		}
	}
	found.Sort()
	return found
}

// checkBroken checks a tree that has holes where the text could not be understood. The checker steps over most of them;
// where it stumbles, the mistakes of the text's form are what there is to say.
func (o Options) checkBroken(q *ast.Query, schema *plan.Schema) (err error) {
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	_, err = o.check(q, schema, &o.Now)
	return err
}

// near reports whether a mistake lies where another one was found already, and so is likely its consequence.
func near(found diag.List, d diag.Diagnostic) bool {
	return slices.ContainsFunc(found, func(f diag.Diagnostic) bool { return f.Span.Start <= d.Span.End && d.Span.Start <= f.Span.End })
}

// check binds the query. It changes now when the query does.
func (o Options) check(q *ast.Query, schema *plan.Schema, now *passtrail.Ticks) (*check.Bound, error) {
	co := check.Options{Now: o.Now, Params: o.Params, MaxNodes: o.MaxNodes, SetNow: func(t passtrail.Ticks) { *now = t }}
	if o.Sample != nil {
		co.Sample = func(out plan.Output) ([][]any, error) {
			o.Now = *now
			r, err := o.generate(out)
			if err != nil {
				return nil, err
			}
			return o.Sample(r.SQL, r.Args)
		}
	}
	for name, text := range o.Functions {
		f, err := o.Limits.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("stored function %s: %w", name, err)
		}
		if co.Functions == nil {
			co.Functions = map[string]*ast.Query{}
		}
		co.Functions[name] = f
	}
	return check.Check(q, schema, co)
}

func (o Options) generate(out plan.Output) (Result, error) {
	st, err := sqlgen.Generate(out, sqlgen.Options{Dialect: sqlgen.DuckDB, Now: o.Now, Tenants: o.Tenants, From: o.From, To: o.To, MaxRows: o.MaxRows, User: o.CurrentPrincipal})
	if errors.Is(err, sqlgen.ErrTooLarge) {
		return Result{}, diag.List{diag.New(diag.Span{}, "too-large", "%s", err)}
	}
	if err != nil {
		return Result{}, err
	}
	r := Result{Name: out.Name, SQL: st.SQL, Args: st.Args}
	for _, c := range out.Cols {
		r.Columns = append(r.Columns, Column{Name: c.Name, Type: c.Type})
	}
	return r, nil
}

func renderOf(r *ast.Render) *Render {
	if r == nil {
		return nil
	}
	out := &Render{Props: map[string]string{}}
	if r.Chart != nil {
		out.Chart = r.Chart.Text
	}
	for _, p := range r.Props {
		if p.Name != nil {
			out.Props[p.Name.Text] = propText(p.Value)
		}
	}
	return out
}

// propText is a render property's value as text; lists of columns are joined with commas.
func propText(x ast.Expr) string {
	switch x := ast.Unparen(x).(type) {
	case *ast.Name:
		return x.Text
	case *ast.Literal:
		if x.Kind == ast.String {
			return x.Str
		}
		return x.Raw
	case *ast.List:
		var parts []string
		for _, i := range x.Items {
			parts = append(parts, propText(i))
		}
		return strings.Join(parts, ",")
	}
	return ""
}

// Explain writes the plan and the SQL of each result for people.
func (c *Compiled) Explain() string {
	var b strings.Builder
	for i, r := range c.Results {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n\nplan\n%s\nsql\n%s\n", r.Name, plan.Describe(c.outputs[i]), r.SQL)
		for j, a := range r.Args {
			fmt.Fprintf(&b, "  $%d = %v\n", j+1, a)
		}
	}
	return b.String()
}
