package sqlgen

import (
	"math"
	"strconv"
	"strings"

	"passtrail/internal/kql/types"
)

// Dialect has how DuckDB writes what KQL says: types, literals, functions. It is data.
type Dialect struct {
	Name     string
	Types    map[types.Type]string // SQL type of each KQL type
	Ops      map[string]op         // operators of the engine, by name
	Aggs     map[string]string     // aggregates of the engine, by name
	Window   map[string]string     // window functions, by name
	Random   string                // a number that differs from row to row
	Series   string                // rows of a count: {0} from, {1} to, {2} step; yields one column named v
	Elems    string                // list of the elements of dynamic {0}
	Pairs    string                // the same, bags as [key, value]
	Unnest   string                // one row for each element of list {0}, in the select list
	Numbered string                // rows 0 .. n-1 beside the lists {0}, in the select list
	// Member tests whether {0} is one of a few texts {1}, in a form that the engine takes into its scan; "" where IN is.
	Member           string
	Semi, Anti       string // joins that keep rows with and without a partner; "" where EXISTS is
	Inf, NegInf, NaN string
}

// op is the SQL of an operator: {0}, {1} are its operands. Prec is how tightly the text binds (see the constants), Args
// how tightly operands must bind to stand without brackets.
type op struct {
	sql  string
	prec int
	args int
}

// How tightly SQL texts bind, loosest first. An atom never needs brackets.
const (
	precOr = iota + 1
	precAnd
	precNot
	precCompare // IS, =, <, BETWEEN, IN, LIKE
	precOther   // ||, ->>
	precAdd
	precMul
	precUnary
	precCast
	precAtom
)

// identifier quotes a name for SQL. Only names that [alias] lets through get here.
func identifier(name string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(name, "\x00", ""), `"`, `""`) + `"`
}

// text writes a text constant. This and number are the only ways of a person's text into SQL.
func text(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", "''") + "'"
}

// plainName reports whether a column's name can serve as it is; others get a name made up.
func plainName(s string) bool {
	if s == "" || len(s) > 60 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// literal writes a constant of a type.
func (d *Dialect) literal(t types.Type, v any) (string, int) {
	switch v := v.(type) {
	case nil:
		return d.null(t)
	case bool:
		return strings.ToUpper(strconv.FormatBool(v)), precAtom
	case int64:
		if v < 0 {
			if v == math.MinInt64 {
				return "CAST('-9223372036854775808' AS " + d.Types[types.Long] + ")", precAtom
			}
			return strconv.FormatInt(v, 10), precUnary
		}
		return strconv.FormatInt(v, 10), precAtom
	case float64:
		return d.real(v)
	case string:
		if t == types.Dynamic || t == types.Decimal {
			return "CAST(" + text(v) + " AS " + d.Types[t] + ")", precAtom
		}
		return text(v), precAtom
	}
	return "NULL", precAtom
}

func (d *Dialect) null(t types.Type) (string, int) {
	switch t {
	case types.String:
		return "''", precAtom
	case types.Null, types.Unknown:
		return "NULL", precAtom
	}
	return "CAST(NULL AS " + d.Types[t] + ")", precAtom
}

func (d *Dialect) real(v float64) (string, int) {
	switch {
	case math.IsNaN(v):
		return d.NaN, precAtom
	case math.IsInf(v, 1):
		return d.Inf, precAtom
	case math.IsInf(v, -1):
		return d.NegInf, precAtom
	}
	s := strconv.FormatFloat(v, 'e', -1, 64)
	if a := math.Abs(v); a == 0 || a >= 1e-5 && a < 1e15 {
		s = strconv.FormatFloat(v, 'f', -1, 64)
		return "CAST(" + s + " AS " + d.Types[types.Real] + ")", precAtom
	}
	if v < 0 {
		return s, precUnary
	}
	return s, precAtom
}

// fill puts operands into a template.
func fill(template string, args ...string) string {
	if !strings.Contains(template, "{") {
		return template
	}
	var b strings.Builder
	for i := 0; i < len(template); i++ {
		if c := template[i]; c == '{' && i+2 < len(template) && template[i+2] == '}' && template[i+1] >= '0' && template[i+1] <= '9' {
			if n := int(template[i+1] - '0'); n < len(args) {
				b.WriteString(args[n])
			}
			i += 2
			continue
		}
		b.WriteByte(template[i])
	}
	return b.String()
}
