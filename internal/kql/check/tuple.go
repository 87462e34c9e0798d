package check

import (
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// parts are the columns of a call that has several (series_stats, array_sort_asc of two arrays), nil for any other
// expression. Each is an element of the array that the whole call gives.
func (c *checker) parts(x ast.Expr, v plan.Expr) []plan.Expr {
	call, ok := v.(*plan.Call)
	if !ok || call.Row == nil {
		return nil
	}
	fields := fieldsOf(call)
	if len(fields) == 0 {
		return nil
	}
	if call.Row.HasSQL() && len(call.Row.Tuple) == 0 && len(fields) == 1 {
		return []plan.Expr{v}
	}
	whole := &plan.Call{Row: call.Row.AsArray(), Args: call.Args, T: types.Dynamic}
	var out []plan.Expr
	for i, f := range fields {
		out = append(out, cast(c.access(x.Span(), whole, plan.Step{Index: int64(i)}), f.Type))
	}
	return out
}

// named defines the parts under the names that follow from the call.
func (c *checker) named(x ast.Expr, v plan.Expr, parts []plan.Expr, name func(string) string) []plan.Def {
	var defs []plan.Def
	for i, n := range partNames(x, v) {
		defs = append(defs, define(name(n), parts[i]))
	}
	return defs
}

func cast(x plan.Expr, t types.Type) plan.Expr {
	if x.Type() == t {
		return x
	}
	return &plan.Cast{X: x, T: t}
}

// fieldsOf are the columns that a call has, without the part of the name that comes from it.
func fieldsOf(call *plan.Call) []builtin.Field {
	if !strings.HasPrefix(call.Row.Name, "array_sort_") {
		return call.Row.Tuple
	}
	var fields []builtin.Field
	for _, a := range call.Args {
		if a.Type() != types.Bool {
			fields = append(fields, builtin.Field{Type: types.Dynamic})
		}
	}
	return fields
}

// partNames are the names of the columns when the query gives none: series_stats_s_min, s_sorted.
func partNames(x ast.Expr, v plan.Expr) []string {
	var names []string
	call, written := v.(*plan.Call), ast.Unparen(x).(*ast.Call)
	args := written.Args
	if written.Receiver != nil {
		args = append([]ast.Expr{written.Receiver}, args...)
	}
	for i, f := range fieldsOf(call) {
		if strings.HasPrefix(call.Row.Name, "array_sort_") {
			name := derive(args[i])
			if name == "" {
				name = "array" + strconv.Itoa(i)
			}
			names = append(names, name+"_sorted")
			continue
		}
		names = append(names, call.Row.Name+"_"+derive(args[0])+"_"+f.Name)
	}
	return names
}
