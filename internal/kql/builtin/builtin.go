// Package builtin has the functions and aggregates of KQL as rows of tables: signature, result, SQL, help. The checker,
// the SQL generator, the editor's completion and docs/kql.md all read the same rows, so what is offered is what runs.
//
// The path of a call: [Lookup] finds the rows of a name, [Resolve] picks the one that takes the arguments, [Row.Result]
// gives the type and [Row.Expand] the SQL. Values are represented as everywhere in the engine: datetime and timespan are
// BIGINT ticks of 100 ns, string is VARCHAR and never null, guid is VARCHAR, dynamic is JSON where SQL NULL is the null (a
// JSON null may also occur, and every function takes it for one).
//
// Operators, and functions that need a table or a window's frame to make SQL (arg_max, prev, toscalar), are rows too, for
// names and signatures; their SQL is empty and the SQL generator makes it.
//
// To add a function: write a row with its signature (grammar: sig.go) and template (grammar: expand.go) into the table of
// its category, a case into testdata, and run go generate.
package builtin

import (
	"fmt"
	"sort"
	"strings"

	"passtrail/internal/kql/types"
)

// Kind says where a name may be called.
type Kind uint8

// The kinds.
const (
	Scalar    Kind = iota + 1 // anywhere an expression stands
	Aggregate                 // in summarize, make-series, mv-apply
	Window                    // over serialized rows: row_number, prev
	Plugin                    // after evaluate
)

// String returns the word used in the documentation.
func (k Kind) String() string {
	return [...]string{"", "scalar function", "aggregate", "window function", "plugin"}[k]
}

// Naming says how Kusto names an unnamed column made by a call.
type Naming uint8

// The namings.
const (
	Plain       Naming = iota // Column1, print_0
	KeepFirst                 // the name of the first argument: tostring(X) is X
	PrefixFirst               // Prefix, "_" and the name of the first argument: sum_X; alone "count_"
	PrefixOnly                // Prefix
	KeepOnly                  // the name of the argument when there is exactly one
	Special                   // its own rule: percentile, arg_max, take_any
)

// Row is one overload of a function. Rows are never changed after start and may be used from several goroutines.
type Row struct {
	Name     string
	Kind     Kind
	Category string
	Params   []Param
	Naming   Naming
	Prefix   string // for PrefixFirst and PrefixOnly

	Tuple []Field // several columns instead of one value: the SQL is a JSON array of them, see [Row.Part]

	NeverNull bool   // the result is never null (text never is in any case)
	Volatile  bool   // may answer differently each time: not to be folded or moved
	Obsolete  string // the name to use instead; the row still works
	Refused   string // why it is not supported; to be reported, never run
	Deviates  string // how the answer differs from Kusto's, for docs/kql.md

	Help    string
	Example string // an expression

	sql    string
	make   func(Env, []Arg) string
	result result
}

// Param is a parameter of a row.
type Param struct {
	Name     string
	Accepts  []types.Type // types taken as they are; null is always taken, dynamic is converted
	Convert  types.Type   // what other arguments are converted to before expansion; Unknown for none
	Any      bool         // every type is taken, and converted when Convert says so
	Optional bool
	Default  string             // SQL for an absent optional argument
	Repeat   bool               // last one only: any number of times
	Const    bool               // must be a constant
	Check    func(string) error // of a text constant; the message follows "argument x of f"
	TypeName bool               // a type literal, typeof(long), not a value
	OneOf    []string           // the values a constant may have, in lower case
}

// Field is one of the columns of a row with several.
type Field struct {
	Name string // after the name of the function and of its argument: series_stats_x_min
	Type types.Type
}

// Arg is an argument of a call, as the checker or the SQL generator knows it.
type Arg struct {
	SQL     string // empty while checking
	Type    types.Type
	NonNull bool // known never to be null
	Const   bool
	Value   any // of a constant: int64 (ticks for datetime and timespan), float64, string, bool, []any or map[string]any of
	// these for dynamic, types.Type for a type literal; nil when not known
}

// Env has the SQL of what a query knows about its surroundings, for {now} and the like in templates.
type Env struct {
	Now      string // BIGINT ticks, the same for the whole query
	User     string // VARCHAR, the principal who asks
	Database string // VARCHAR
	Cluster  string // VARCHAR
	Order    string // "ORDER BY ..." for aggregates whose answer follows the order of rows (make_list); may be empty
}

// rows by name, filled once from the tables.
var byName = index()

func index() map[string][]*Row {
	m := map[string][]*Row{}
	for _, t := range [][]def{textFunctions, regexFunctions, parseFunctions, encodingFunctions, timeFunctions, conversionFunctions, conditionFunctions,
		dynamicFunctions, setFunctions, mathFunctions, bitFunctions, networkFunctions, seriesFunctions, unitFunctions, systemFunctions,
		windowFunctions, aggregateFunctions, sketchFunctions, plugins, refusedFunctions} {
		for _, d := range t {
			for _, r := range d.rows() {
				m[r.Name] = append(m[r.Name], r)
			}
		}
	}
	return m
}

// Lookup returns the rows of a name, nil when there is none. Names are case-sensitive, as in Kusto. A name may have rows
// of several kinds (tdigest_merge is a scalar function and an aggregate).
func Lookup(name string) []*Row { return byName[name] }

// Names returns the names that have a row of the kind, sorted; obsolete and refused ones only if all is set.
func Names(k Kind, all bool) []string {
	var names []string
	for name, rows := range byName {
		for _, r := range rows {
			if r.Kind == k && (all || r.Obsolete == "" && r.Refused == "") {
				names = append(names, name)
				break
			}
		}
	}
	sort.Strings(names)
	return names
}

// Of returns the rows of the name that have the kind.
func Of(k Kind, name string) []*Row {
	var rows []*Row
	for _, r := range byName[name] {
		if r.Kind == k {
			rows = append(rows, r)
		}
	}
	return rows
}

// Result returns the type of a call whose arguments fit the row; of one with a Tuple, of its first column.
func (r *Row) Result(args []Arg) types.Type {
	if len(r.Tuple) > 0 {
		return r.Tuple[0].Type
	}
	return r.result.of(r, args)
}

// HasSQL reports whether the row can be expanded; otherwise the SQL generator has a rule for the name.
func (r *Row) HasSQL() bool { return r.sql != "" || r.make != nil }

// Part returns the SQL of column i of a row with a Tuple, given what [Row.Whole] made.
func (r *Row) Part(sql string, i int) string {
	return Convert(fmt.Sprintf("%s -> '$[%d]'", Atom(sql), i), types.Dynamic, r.Tuple[i].Type)
}

// Signature writes the row as people read it: substring(text, start, [length]).
func (r *Row) Signature() string {
	var b strings.Builder
	b.WriteString(r.Name + "(")
	for i, p := range r.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		switch {
		case p.Optional && p.Repeat:
			b.WriteString("[" + p.Name + ", ...]")
		case p.Optional:
			b.WriteString("[" + p.Name + "]")
		case p.Repeat:
			b.WriteString(p.Name + ", ...")
		default:
			b.WriteString(p.Name)
		}
	}
	return b.String() + ")"
}
