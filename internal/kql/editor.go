package kql

import (
	"maps"
	"slices"
	"strings"

	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/complete"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// Editor makes the editor's service for a schema: completion, hover and signatures from the same tables that [Compile]
// reads. The columns at a place come from compiling the query up to there with o; nothing is run.
func Editor(schema *plan.Schema, o Options) *complete.Service {
	o.Sample = nil
	return complete.New(complete.Language{
		Tables:    editorTables(schema),
		Functions: editorFunctions(),
		Columns: func(query string) ([]complete.Column, bool) {
			c, err := Compile(query, schema, o)
			if err != nil || len(c.Results) == 0 {
				return nil, false
			}
			var out []complete.Column
			for _, col := range c.Results[len(c.Results)-1].Columns {
				out = append(out, complete.Column{Name: col.Name, Type: col.Type.String()})
			}
			return out, true
		},
	})
}

func editorTables(schema *plan.Schema) []complete.Table {
	var out []complete.Table
	for _, t := range schema.Tables {
		table := complete.Table{Name: t.Name, Help: t.Doc}
		for _, c := range t.Columns {
			table.Columns = append(table.Columns, complete.Column{
				Name: c.Name, Type: c.Type.String(), Help: c.Doc, Paths: slices.Sorted(maps.Keys(c.Paths)),
			})
		}
		out = append(out, table)
	}
	return out
}

// editorFunctions are all rows of the tables of functions, each overload for itself.
func editorFunctions() []complete.Function {
	kinds := map[builtin.Kind]complete.Kind{
		builtin.Scalar: complete.KindFunction, builtin.Aggregate: complete.KindAggregate,
		builtin.Window: complete.KindWindow, builtin.Plugin: complete.KindPlugin,
	}
	var out []complete.Function
	for _, kind := range []builtin.Kind{builtin.Scalar, builtin.Aggregate, builtin.Window, builtin.Plugin} {
		for _, name := range builtin.Names(kind, true) {
			for _, r := range builtin.Of(kind, name) {
				out = append(out, complete.Function{
					Name: r.Name, Kind: kinds[kind], Params: editorParams(r), Result: editorResult(r),
					Help: r.Help, Example: r.Example, Obsolete: r.Obsolete, Refused: r.Refused,
				})
			}
		}
	}
	return out
}

func editorParams(r *builtin.Row) []complete.Param {
	var out []complete.Param
	for _, p := range r.Params {
		out = append(out, complete.Param{Name: p.Name, Type: editorType(p), Optional: p.Optional, Repeat: p.Repeat})
	}
	return out
}

// editorType is how a parameter's type reads: "string", "number", "any".
func editorType(p builtin.Param) string {
	switch {
	case p.TypeName:
		return "type"
	case len(p.OneOf) > 0:
		return `"` + strings.Join(p.OneOf, `" | "`) + `"`
	case p.Any && p.Convert == types.String:
		return "string"
	case p.Any || len(p.Accepts) == 0:
		return "any"
	case len(p.Accepts) == 1:
		return p.Accepts[0].String()
	case p.Convert == types.Long:
		return "long"
	case p.Convert == types.Real:
		return "number"
	}
	return "any"
}

// editorResult is the type of a row's result when it does not depend on its arguments, else "".
func editorResult(r *builtin.Row) string {
	if t := r.Result(make([]builtin.Arg, len(r.Params))); t != types.Unknown && t != types.Null {
		return t.String()
	}
	return ""
}
