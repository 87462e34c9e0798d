package builtin

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"passtrail/internal/kql/types"
)

// Expand returns the SQL of a call whose arguments fit the row, in DuckDB's dialect. Arguments are converted to what the
// row wants first. The SQL of arguments is put in brackets where the template needs it, so callers need not; the result
// is one expression that callers bracket by their own rules ([Atom] helps). The SQL of an argument may be used once, several
// times, or (a constant whose Value decides the SQL) not at all, so statement arguments are best numbered afterwards.
//
// In a template {0} is argument 0, {lit1} argument 1 as a number in the text (for what DuckDB wants to know when it plans),
// {*} all arguments with commas, {1*} those from argument 1 on, {,1*} the same with a comma before each, and {now},
// {user}, {database}, {cluster}, {order} the fields of [Env]. Anything else in braces stays as it is.
//
// Of a row with a Tuple it is the first column, as where such a call is given one name or stands within an expression;
// [Row.Whole] and [Row.Part] give them all.
func (r *Row) Expand(env Env, args []Arg) string {
	if len(r.Tuple) > 0 {
		return r.Part(r.Whole(env, args), 0)
	}
	return r.Whole(env, args)
}

// AsArray returns the row as one with a dynamic answer: the array of its columns.
func (r *Row) AsArray() *Row {
	c := *r
	c.Tuple = nil
	return &c
}

// Whole is Expand without regard to Tuple: there the SQL is a JSON array of the columns.
func (r *Row) Whole(env Env, args []Arg) string {
	conv := make([]Arg, 0, max(len(args), len(r.Params)))
	for i, a := range args {
		p := r.param(i, len(args))
		to := converted(p, a.Type)
		a.SQL = convertNull(p, Convert(a.SQL, a.Type, to), a.Type)
		a.Type = to
		conv = append(conv, a)
	}
	for i := len(args); i < len(r.Params); i++ {
		if d := r.Params[i].Default; d != "" {
			conv = append(conv, Arg{SQL: d, Type: r.Params[i].Convert, Const: true})
		}
	}
	if r.make != nil {
		return r.typed(r.make(env, conv))
	}
	return r.typed(fill(r.sql, env, conv))
}

// typed gives a dynamic answer its type: functions in Go return JSON as text.
func (r *Row) typed(sql string) string {
	if r.result.rule == 0 && r.result.fixed == types.Dynamic && strings.HasPrefix(sql, "kql_") {
		return asJSON(sql)
	}
	return sql
}

func asJSON(sql string) string { return "CAST(" + sql + " AS JSON)" }

// convertNull gives the literal null the type of the parameter, as DuckDB cannot choose a function by NULL alone.
func convertNull(p Param, sql string, from types.Type) string {
	if from != types.Null || p.Convert == types.Unknown {
		return sql
	}
	return Convert(sql, types.Null, p.Convert)
}

// fill expands a template.
func fill(template string, env Env, args []Arg) string {
	var b strings.Builder
	for i := 0; i < len(template); i++ {
		end := strings.IndexByte(template[i:], '}')
		if template[i] != '{' || end < 0 {
			b.WriteByte(template[i])
			continue
		}
		word := template[i+1 : i+end]
		text, ok := placeholder(word, env, args, separated(template, i, i+end))
		if !ok {
			b.WriteByte('{')
			continue
		}
		b.WriteString(text)
		i += end
	}
	return b.String()
}

// separated reports whether what stands at [from, to] of the template is a whole argument between brackets and commas.
func separated(template string, from, to int) bool {
	before := strings.TrimRight(template[:from], " ")
	after := strings.TrimLeft(template[to+1:], " ")
	open := before == "" && after == "" || strings.HasSuffix(before, "(") || strings.HasSuffix(before, ",") || strings.HasSuffix(before, "[")
	return open && (after == "" || after[0] == ')' || after[0] == ',' || after[0] == ']' || strings.HasPrefix(after, "AS ") || strings.HasPrefix(after, "{,"))
}

func placeholder(word string, env Env, args []Arg, bare bool) (string, bool) {
	switch word {
	case "now":
		return env.Now, true
	case "user":
		return env.User, true
	case "database":
		return env.Database, true
	case "order":
		return env.Order, true
	case "cluster":
		return env.Cluster, true
	case "*":
		return list(args, 0, ""), true
	}
	if rest, ok := strings.CutSuffix(word, "*"); ok {
		lead, rest := strings.HasPrefix(rest, ","), strings.TrimPrefix(rest, ",")
		from, err := strconv.Atoi(rest)
		if err != nil {
			return "", false
		}
		if lead {
			return list(args, from, ", "), true
		}
		return list(args, from, ""), true
	}
	lit := strings.HasPrefix(word, "lit")
	i, err := strconv.Atoi(strings.TrimPrefix(word, "lit"))
	if err != nil || i < 0 {
		return "", false
	}
	if i >= len(args) {
		return "NULL", true
	}
	switch {
	case lit:
		return literal(args[i]), true
	case bare:
		return args[i].SQL, true
	}
	return Atom(args[i].SQL), true
}

func list(args []Arg, from int, lead string) string {
	var b strings.Builder
	for i := from; i < len(args); i++ {
		if i > from || lead != "" {
			b.WriteString(", ")
		}
		b.WriteString(args[i].SQL)
	}
	return b.String()
}

// literal writes a numeric constant into the text. Only numbers get there: text stays an argument of the statement.
func literal(a Arg) string {
	switch v := a.Value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	case bool:
		return strconv.FormatBool(v)
	}
	return a.SQL
}

// Number returns the value of a numeric constant.
func (a Arg) Number() (float64, bool) {
	switch v := a.Value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// Atom puts an SQL expression in brackets unless it is a name, a number, a parameter, a quoted text or a single call.
func Atom(sql string) string {
	if sql == "" || isAtom(sql) {
		return sql
	}
	return "(" + sql + ")"
}

func isAtom(sql string) bool {
	i := 0
	for i < len(sql) && (wordByte(sql[i]) || sql[i] == '"' || sql[i] == '\'') {
		if c := sql[i]; c == '"' || c == '\'' {
			end := strings.IndexByte(sql[i+1:], c)
			if end < 0 {
				return false
			}
			i += end + 1
		}
		i++
	}
	if i == len(sql) {
		return true
	}
	return sql[i] == '(' && closing(sql, i) == len(sql)-1
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c == '.' || c == '?' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// closing returns the index of the bracket that closes the one at open, or -1.
func closing(sql string, open int) int {
	depth := 0
	for i := open; i < len(sql); i++ {
		switch sql[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		case '\'', '"':
			end := strings.IndexByte(sql[i+1:], sql[i])
			if end < 0 {
				return -1
			}
			i += end + 1
		}
	}
	return -1
}

// call writes a call, for Make functions.
func call(name string, args ...string) string {
	return fmt.Sprintf("%s(%s)", name, strings.Join(args, ", "))
}
