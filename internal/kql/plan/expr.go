package plan

import (
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/types"
)

// Col is a column of a relation in the plan. Columns are told apart by their address: a renamed column is another Col,
// and one that is only passed on stays the same.
type Col struct {
	Name    string
	Type    types.Type
	NotNull bool // never null; always true for strings
	Bits    int  // a whole number is below 2 to this power; 0: not known
}

// Expr is a typed scalar expression. Expressions are not changed once made and may be shared.
type Expr interface {
	Type() types.Type
	NotNull() bool // the value is known never to be null
}

// Ref is the value of a column.
type Ref struct{ Col *Col }

// Lit is a constant. V is a types.Type (a type literal), nil (null), bool, int64 (int, long, datetime and timespan as ticks), float64, or string
// (string, guid in lower case, decimal as digits, dynamic as JSON text).
type Lit struct {
	T types.Type
	V any
}

// Call applies a function of the builtin tables.
type Call struct {
	Row  *builtin.Row
	Args []Expr
	T    types.Type
}

// Cast converts as tostring, tolong and so on do: what cannot be converted is null, or "".
type Cast struct {
	X Expr
	T types.Type
}

// Op applies an operator of the engine's own; the generator has its SQL, by Name.
type Op struct {
	Name  string
	Args  []Expr
	T     types.Type
	Never bool // never null
}

// Logic is a three-valued "and" or "or" of two and more operands.
type Logic struct {
	Or   bool
	Args []Expr
}

// Compare is ==, !=, <, <=, > or >= of two values of comparable SQL types, by Kusto's rules: == and != are total against
// one null, the others give null.
type Compare struct {
	Op   string // "=", "<>", "<", "<=", ">", ">="
	L, R Expr
}

// Path is a step-by-step access into a dynamic value; it never fails.
type Path struct {
	X     Expr
	Steps []Step
}

// Step is one access: a key, an index (Key is "" and X nil), or an expression that yields either.
type Step struct {
	Key   string
	Index int64
	IsKey bool
	X     Expr // computed key or index; overrides the others
}

// Case is the searched CASE; a null condition counts as false.
type Case struct {
	When, Then []Expr
	Else       Expr
	T          types.Type
}

// Query is a scalar sub-query: the first column of the first row of Plan, null (or "") without rows.
type Query struct {
	Plan Node
	Col  *Col
}

// InQuery tests membership in the column Col of Plan; Fold ignores letter case.
type InQuery struct {
	X    Expr
	Plan Node
	Col  *Col
	Not  bool
	Fold bool
}

// Window is a function over the rows around the current one, in a given order.
type Window struct {
	Name      string // the generator has the SQL by this name
	Args      []Expr
	Partition []Expr
	Order     []Key
	T         types.Type
	Never     bool
}

// Key is one key of an order.
type Key struct {
	X          Expr
	Desc       bool
	NullsFirst bool
}

// Type returns the column's type.
func (r *Ref) Type() types.Type { return r.Col.Type }

// NotNull reports whether the column is known to hold no null.
func (r *Ref) NotNull() bool { return r.Col.NotNull || r.Col.Type == types.String }

// Type returns the constant's type.
func (l *Lit) Type() types.Type { return l.T }

// NotNull reports whether the constant is not null.
func (l *Lit) NotNull() bool { return l.V != nil }

// Type returns the type of the result.
func (c *Call) Type() types.Type { return c.T }

// NotNull reports whether the result is never null.
func (c *Call) NotNull() bool {
	if c.Row.NeverNull || c.T == types.String {
		return true
	}
	if !strict[c.Row.Name] {
		return false
	}
	for _, a := range c.Args {
		if !a.NotNull() || notPositive(a) {
			return false
		}
	}
	return true
}

// strict are functions that yield null for a null, or a size that is not positive, and for nothing else.
var strict = map[string]bool{"bin": true, "floor": true, "startofday": true, "startofweek": true, "startofmonth": true, "startofyear": true,
	"hourofday": true, "dayofmonth": true, "dayofyear": true, "getyear": true, "getmonth": true, "monthofyear": true}

func notPositive(x Expr) bool {
	l, ok := x.(*Lit)
	if !ok {
		return false
	}
	switch v := l.V.(type) {
	case int64:
		return v <= 0
	case float64:
		return !(v > 0)
	}
	return true
}

// Type returns the type converted to.
func (c *Cast) Type() types.Type { return c.T }

// NotNull reports whether the conversion cannot fail: to text, and between kinds of numbers without loss.
func (c *Cast) NotNull() bool {
	return c.T == types.String || c.X.NotNull() && c.X.Type().Numeric() && c.T.Numeric() && c.X.Type() <= c.T
}

// Type returns the type of the result.
func (o *Op) Type() types.Type { return o.T }

// NotNull reports whether the result is never null.
func (o *Op) NotNull() bool { return o.Never || o.T == types.String }

// Type returns bool.
func (l *Logic) Type() types.Type { return types.Bool }

// NotNull reports whether no operand can be null.
func (l *Logic) NotNull() bool {
	for _, a := range l.Args {
		if !a.NotNull() {
			return false
		}
	}
	return true
}

// Type returns bool.
func (c *Compare) Type() types.Type { return types.Bool }

// NotNull reports whether the comparison always answers.
func (c *Compare) NotNull() bool {
	if c.Op == "=" || c.Op == "<>" {
		return c.L.NotNull() || c.R.NotNull()
	}
	return c.L.NotNull() && c.R.NotNull()
}

// Type returns dynamic.
func (p *Path) Type() types.Type { return types.Dynamic }

// NotNull returns false: what is missing is null.
func (p *Path) NotNull() bool { return false }

// Type returns the common type of the branches.
func (c *Case) Type() types.Type { return c.T }

// NotNull reports whether no branch can be null.
func (c *Case) NotNull() bool {
	for _, t := range c.Then {
		if !t.NotNull() {
			return false
		}
	}
	return c.Else.NotNull()
}

// Type returns the column's type.
func (q *Query) Type() types.Type { return q.Col.Type }

// NotNull is true for text only: without rows it is "".
func (q *Query) NotNull() bool { return q.Col.Type == types.String }

// Type returns bool.
func (q *InQuery) Type() types.Type { return types.Bool }

// NotNull returns true.
func (q *InQuery) NotNull() bool { return true }

// Type returns the type of the result.
func (w *Window) Type() types.Type { return w.T }

// NotNull reports whether the result is never null.
func (w *Window) NotNull() bool { return w.Never || w.T == types.String }

// Walk calls visit for x and, while it returns true, for the expressions in x. Sub-queries are visited but not entered.
func Walk(x Expr, visit func(Expr) bool) {
	if x == nil || !visit(x) {
		return
	}
	for _, c := range Children(x) {
		Walk(c, visit)
	}
}

// Children lists the expressions directly in x, without those in sub-queries.
func Children(x Expr) []Expr {
	switch x := x.(type) {
	case *Call:
		return x.Args
	case *Op:
		return x.Args
	case *Cast:
		return []Expr{x.X}
	case *Logic:
		return x.Args
	case *Compare:
		return []Expr{x.L, x.R}
	case *Path:
		out := []Expr{x.X}
		for _, s := range x.Steps {
			if s.X != nil {
				out = append(out, s.X)
			}
		}
		return out
	case *Case:
		out := append(append([]Expr{}, x.When...), x.Then...)
		return append(out, x.Else)
	case *InQuery:
		return []Expr{x.X}
	case *Window:
		out := append(append([]Expr{}, x.Args...), x.Partition...)
		for _, k := range x.Order {
			out = append(out, k.X)
		}
		return out
	}
	return nil
}
