package builtin

import (
	"fmt"
	"strings"

	"passtrail/internal/kql/types"
)

// converting makes the SQL of a conversion function to the named type.
func converting(name string) func(Env, []Arg) string {
	to, _ := types.Parse(name)
	return func(_ Env, a []Arg) string { return Convert(a[0].SQL, a[0].Type, to) }
}

var conversionFunctions = table(Scalar, "Conversion and types",
	def{Sig: "tostring(value:any) string", Make: converting("string"), Name: KeepFirst, Help: "The value as text; null is empty text.", Example: `tostring(123) == "123"`},
	def{Sig: "toint(value:any) int", Make: converting("int"), Name: KeepFirst, Help: "The value as an int; null when it is none.", Example: `toint("0x1f") == 31`},
	def{Sig: "tolong(value:any) long", Make: converting("long"), Name: KeepFirst, Help: "The value as a long; null when it is none.", Example: `tolong("123") == 123`},
	def{Sig: "toreal(value:any) real", Make: converting("real"), Also: "todouble", Name: KeepFirst, Help: "The value as a real; null when it is none.", Example: `toreal("123.4") == 123.4`},
	def{Sig: "todecimal(value:any) decimal", Make: converting("decimal"), Name: KeepFirst, Dev: devDecimal, Help: "The value as a decimal; null when it is none.", Example: `todecimal("123.45678") == decimal(123.45678)`},
	def{Sig: "tobool(value:any) bool", Make: converting("bool"), Also: "toboolean", Name: KeepFirst, Help: "The value as a bool; null when it is none.", Example: `tobool("true")`},
	def{Sig: "todatetime(value:any) datetime", Make: converting("datetime"), Name: KeepFirst, Help: "The value as an instant; null when it is none.", Example: `todatetime("2015-12-24") == datetime(2015-12-24)`},
	def{Sig: "totimespan(value:any) timespan", Make: converting("timespan"), Old: "totime", Name: KeepFirst, Help: "The value as a timespan; null when it is none.", Example: `totimespan("0.00:01:00") == 1m`},
	def{Sig: "toguid(value:string) guid", Make: func(_ Env, a []Arg) string { return Convert(a[0].SQL, types.String, types.Guid) }, Name: KeepFirst, Help: "The value as a GUID; null when it is none.", Example: `toguid("70fc66f7-8279-44fc-9092-d364d70fce44")`},
	def{Sig: "toguid(value:guid) guid", SQL: "{0}", Name: KeepFirst, Help: "The GUID itself.", Example: `toguid(guid(70fc66f7-8279-44fc-9092-d364d70fce44))`},
	def{Sig: "tohex(value:long) string", Make: tohex, Name: KeepFirst, Help: "A number in hexadecimal; a negative int has 8 digits, a negative long 16.", Example: `tohex(256) == "100"`},
	def{Sig: "tohex(value:long, minLength:long) string", Make: tohex, Name: KeepFirst, Help: "A number in hexadecimal, padded with zeros to at most 16 digits.", Example: `tohex(256, 4) == "0100"`},
	def{Sig: "gettype(value:dynamic) string", SQL: "kql_dynamic_type({0})", Name: PrefixFirst, Prefix: "type", Help: "The type a dynamic value has.", Example: `gettype(dynamic([1])) == "array"`},
	def{Sig: "gettype(value:any) string", Make: func(_ Env, a []Arg) string { return "'" + a[0].Type.String() + "'" }, Name: PrefixFirst, Prefix: "type", Help: "The type of the expression.", Example: `gettype(1.5) == "real"`},
	def{Sig: "todynamic(json:dynamic) dynamic", SQL: "{0}", Also: "parse_json", Old: "parsejson toobject", Name: KeepFirst, Help: "A dynamic value stays as it is.", Example: `parse_json(dynamic([1]))`},
	def{Sig: "todynamic(json:text) dynamic", Make: parseJSON, Also: "parse_json", Old: "parsejson toobject", Name: KeepFirst, Help: "The JSON value that a text holds; text that is no JSON becomes a dynamic text.", Example: `parse_json('{"a":1}').a == 1`},
)

// tohex writes an int in its own 32 bits.
func tohex(_ Env, a []Arg) string {
	fn, width := "kql_tohex", "0"
	if a[0].Type == types.Int {
		fn = "kql_tohex_int"
	}
	if len(a) > 1 {
		width = a[1].SQL
	}
	return call("coalesce", call(fn, a[0].SQL, width), "''")
}

// devDecimal is how decimals differ.
const devDecimal = "decimals have 20 digits before and 18 after the point, not 34 in all"

// parseJSON is plain SQL while the text's own SQL is short enough to be written twice.
func parseJSON(_ Env, a []Arg) string {
	if a[0].Type == types.Null {
		return "CAST(NULL AS JSON)"
	}
	return twice(a, "coalesce(TRY_CAST({0} AS JSON), to_json(nullif({0}, '')))", "kql_parse_json({0})")
}

// twice expands short when the arguments' SQL is short, otherwise long, which writes each argument once only: so that
// nested calls do not double the text at each level.
func twice(a []Arg, short, long string) string {
	n := 0
	for _, arg := range a {
		n += len(arg.SQL)
	}
	if n > 160 || volatile(strings.Join(sqls(a), " ")) {
		return fill(long, Env{}, a)
	}
	return fill(short, Env{}, a)
}

// volatile reports whether an expression answers differently each time it is written.
func volatile(sql string) bool {
	return strings.Contains(sql, "random()") || strings.Contains(sql, "uuid()")
}

var conditionFunctions = table(Scalar, "Conditions and nulls",
	def{Sig: "iff(if:bool, then:any, else:any) widen1", Make: iff, Also: "iif", Help: "The second argument where the first is true, else the third (also where it is null).", Example: `iff(1 < 2, "yes", "no") == "yes"`},
	def{Sig: "case(predicate:bool..., then:any..., else:any) widen1", Make: caseWhen, Help: "The value after the first predicate that is true, else the last one.", Example: `case(false, "a", true, "b", "c") == "b"`},
	def{Sig: "coalesce(arg:any...) widen", Make: coalesce, Help: "The first argument that is not null (for text: not empty).", Example: `coalesce(tolong("x"), 42) == 42`},
	def{Sig: "max_of(arg:any...) widen", Make: extreme("greatest"), Help: "The greatest of the arguments.", Example: "max_of(10, 1, -3) == 10"},
	def{Sig: "min_of(arg:any...) widen", Make: extreme("least"), Help: "The least of the arguments.", Example: "min_of(10, 1, -3) == -3"},
	def{Sig: "not(expression:bool) bool", SQL: "NOT {0}", Help: "True for false and false for true; null stays null.", Example: "not(false)"},
	def{Sig: "isnull(expression:any) bool", Make: isNull, NotNull: true, Help: "Whether the value is null; text never is.", Example: `isnull(toint("x"))`},
	def{Sig: "isnotnull(expression:any) bool", Make: func(e Env, a []Arg) string { return "NOT " + Atom(isNull(e, a)) }, Old: "notnull", NotNull: true, Help: "Whether the value is not null.", Example: `isnotnull(1)`},
	def{Sig: "isempty(value:any) bool", Make: isEmpty, NotNull: true, Help: "Whether the value is empty text or null.", Example: `isempty("")`},
	def{Sig: "isnotempty(value:any) bool", Make: func(e Env, a []Arg) string {
		if a[0].Type == types.String {
			return Atom(a[0].SQL) + " <> ''"
		}
		return "NOT " + Atom(isEmpty(e, a))
	}, Old: "notempty", NotNull: true, Help: "Whether the value is neither empty text nor null.", Example: `isnotempty("a")`},
	def{Sig: "column_ifexists(name:const string, default:any) =1", Old: "columnifexists", Name: Special, Help: "The column of that name if the table has it, else the default.", Example: `column_ifexists("Level", 0)`},
	def{Sig: "iscolumnexists(name:const string) bool", Instead: "column_ifexists", NotNull: true, Help: "Whether the table has a column of that name.", Example: `iscolumnexists("Level")`},
)

// branches converts arguments from the given one on to their common type.
func branches(a []Arg, pick func(i int) bool) ([]Arg, types.Type) {
	w := types.Null
	for i := range a {
		if pick(i) {
			w, _ = common(w, a[i].Type)
		}
	}
	out := append([]Arg(nil), a...)
	for i := range out {
		if pick(i) {
			out[i].SQL, out[i].Type = Convert(a[i].SQL, a[i].Type, w), w
		}
	}
	return out, w
}

func iff(_ Env, a []Arg) string {
	a, _ = branches(a, func(i int) bool { return i > 0 })
	return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", a[0].SQL, a[1].SQL, a[2].SQL)
}

func caseWhen(_ Env, a []Arg) string {
	last := len(a) - 1
	a, _ = branches(a, func(i int) bool { return i%2 == 1 || i == last })
	sql := "CASE"
	for i := 0; i+1 < last; i += 2 {
		sql += fmt.Sprintf(" WHEN %s THEN %s", a[i].SQL, a[i+1].SQL)
	}
	return sql + " ELSE " + a[last].SQL + " END"
}

func coalesce(_ Env, a []Arg) string {
	a, t := branches(a, func(int) bool { return true })
	switch t {
	case types.String:
		var parts []string
		for _, arg := range a {
			parts = append(parts, call("nullif", arg.SQL, "''"))
		}
		return call("coalesce", append(parts, "''")...)
	case types.Dynamic:
		var parts []string
		for _, arg := range a {
			parts = append(parts, call("nullif", arg.SQL, "'null'"))
		}
		return call("coalesce", parts...)
	}
	return call("coalesce", sqls(a)...)
}

func extreme(fn string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		a, _ = branches(a, func(int) bool { return true })
		return call(fn, sqls(a)...)
	}
}

func sqls(a []Arg) []string {
	var out []string
	for _, arg := range a {
		out = append(out, arg.SQL)
	}
	return out
}

func isNull(_ Env, a []Arg) string {
	switch {
	case a[0].Type == types.String:
		return Atom(a[0].SQL) + " IS NULL" // never, but the argument may still fail
	case a[0].Type == types.Dynamic:
		return fill("coalesce(CAST({0} AS VARCHAR), 'null') = 'null'", Env{}, a)
	}
	return Atom(a[0].SQL) + " IS NULL"
}

func isEmpty(_ Env, a []Arg) string {
	switch a[0].Type {
	case types.String:
		return Atom(a[0].SQL) + " = ''"
	case types.Dynamic:
		return Convert(a[0].SQL, types.Dynamic, types.String) + " = ''"
	}
	return Atom(a[0].SQL) + " IS NULL"
}
