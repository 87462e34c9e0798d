package check

import (
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
)

// names hands out column names that are unique in a table, as Kusto does: a name that is taken gets 1, 2, …
type names struct {
	used     map[string]bool
	reserved map[string]bool // explicit names still to come
	plain    map[string]bool // columns passed on under their own names
	explicit map[string]bool // names given by the query
	columns  int             // how many Column1, Column2 … were made
}

func newNames(taken ...string) *names {
	n := &names{used: map[string]bool{}, reserved: map[string]bool{}, plain: map[string]bool{}, explicit: map[string]bool{}}
	for _, t := range taken {
		n.used[t] = true
	}
	return n
}

func (n *names) taken(s string) bool { return n.used[s] }

// reserve keeps a name that is written explicitly for its owner.
func (n *names) reserve(s string) { n.reserved[s] = true }

// claim takes a name as it is or with a number behind it.
func (n *names) claim(s string) string {
	out := s
	for i := 1; n.used[out]; i++ {
		out = s + strconv.Itoa(i)
	}
	n.used[out] = true
	return out
}

// give takes a name that the query gives; false when it has given it before. One that was made up before gives no way.
func (n *names) give(s string) (string, bool) {
	if n.explicit[s] || n.plain[s] {
		return s, false
	}
	n.explicit[s] = true
	return n.claim(s), true
}

// derived takes a name that Kusto made up, which gives way to explicit ones.
func (n *names) derived(s string) string {
	out := s
	for i := 1; n.used[out] || n.reserved[out]; i++ {
		out = s + strconv.Itoa(i)
	}
	n.used[out] = true
	return out
}

// column takes the next of Column1, Column2 …
func (n *names) column() string {
	n.columns++
	return n.claim("Column" + strconv.Itoa(n.columns))
}

// fallback names an expression that has no name of its own.
type fallback func(*names) string

func columnName(n *names) string { return n.column() }

func printName(i int) fallback {
	return func(n *names) string { return n.derived("print_" + strconv.Itoa(i)) }
}

// namesOf lists the explicit names of an item of project, extend, summarize or print.
func namesOf(x ast.Expr) []string {
	if n, ok := x.(*ast.Named); ok {
		var out []string
		for _, name := range n.Names {
			out = append(out, name.Text)
		}
		return out
	}
	return nil
}

// derive is the name that Kusto gives an expression, or "" when it has none of its own.
func derive(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Paren:
		return derive(x.X)
	case *ast.Name:
		return x.Text
	case *ast.Path:
		name, ok := x.Name.(*ast.Name)
		if !ok {
			return ""
		}
		if base, ok := x.X.(*ast.Name); ok && strings.HasPrefix(base.Text, "$") {
			return name.Text
		}
		return within(x.X, name.Text)
	case *ast.Index:
		return deriveIndex(x)
	case *ast.Call:
		return deriveCall(x)
	case *ast.Pipeline:
		if inner, ok := x.Source.(ast.Expr); ok && len(x.Operators) == 0 {
			return derive(inner)
		}
	}
	return ""
}

func deriveIndex(x *ast.Index) string {
	l, ok := x.Index.(*ast.Literal)
	switch {
	case ok && l.Kind == ast.String:
		return within(x.X, l.Str)
	case ok:
		return within(x.X, strconv.FormatInt(l.Int, 10))
	}
	if base := derive(x.X); base != "" {
		return base + "_"
	}
	return ""
}

// within names a part of an expression: after the expression too when that has a name of its own.
func within(x ast.Expr, part string) string {
	if base := derive(x); base != "" {
		return base + "_" + part
	}
	return part
}

// deriveCall names a call by the rule of its row.
func deriveCall(x *ast.Call) string {
	rows := builtin.Lookup(x.Name.Text)
	if len(rows) == 0 {
		return ""
	}
	first := ""
	if len(x.Args) > 0 {
		first = derive(x.Args[0])
	}
	switch r := overload(rows, len(x.Args)); r.Naming {
	case builtin.KeepFirst:
		return first
	case builtin.KeepOnly:
		if len(x.Args) == 1 {
			return first
		}
	case builtin.PrefixFirst:
		if r.Prefix == "" {
			return ""
		}
		return r.Prefix + "_" + first
	case builtin.PrefixOnly:
		return r.Prefix
	}
	return ""
}

// overload is the first row that takes so many arguments: hll_merge of one sketch is an aggregate, of several a scalar
// function.
func overload(rows []*builtin.Row, args int) *builtin.Row {
	for _, r := range rows {
		if low, high := r.Arity(); low <= args && (high < 0 || args <= high) {
			return r
		}
	}
	return rows[0]
}
