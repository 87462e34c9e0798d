package native_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/types"
)

// edgeValues has SQL for awkward values of each type, as if read from columns.
var edgeValues = map[types.Type][]string{
	types.Bool:     {"true", "false", "NULL"},
	types.Int:      {"0", "-1", "2147483647", "-2147483648", "NULL", "7"},
	types.Long:     {"0", "-1", "9223372036854775807", "-9223372036854775808", "NULL", "5", "1000000000000"},
	types.Real:     {"0", "'nan'", "'inf'", "'-inf'", "NULL", "-1.5", "1e308", "1e-320"},
	types.Decimal:  {"0", "-1.5", "9999999999999999", "NULL", "0.000000000000000001"},
	types.String:   {"''", "'abc'", "repeat('é', 300)", "'[1,{\"a\":2}]'", "'2026-01-02T03:04:05Z'", "'10.0.0.1/8'", "chr(0) || 'x'", "'😀'", "'-9223372036854775809'", "'%'"},
	types.DateTime: {"0", strconv.FormatInt(int64(passtrail.MaxTicks), 10), "NULL", "639000000000000001", "621355967999999999"},
	types.TimeSpan: {"0", "-1", strconv.FormatInt(math.MaxInt64, 10), strconv.FormatInt(math.MinInt64, 10), "NULL", "36000000000"},
	types.Guid:     {"'70fc66f7-8279-44fc-9092-d364d70fce44'", "NULL"},
	types.Dynamic:  {"'[]'", "'{}'", "'null'", "NULL", "'[1,null,\"a\",[2.5],{\"k\":true}]'", "'{\"a\":{\"b\":[1]}}'", "'\"text\"'", "'1e400'", "'[true,false]'", "'[1,2,3]'"},
}

// edgeArg makes argument i of a row from its parameter: a constant where the row wants one, else an awkward value.
func edgeArg(p builtin.Param, n int) builtin.Arg {
	switch {
	case p.TypeName:
		all := types.All()
		return builtin.Arg{Const: true, Value: all[n%len(all)]}
	case len(p.OneOf) > 0:
		v := p.OneOf[n%len(p.OneOf)]
		return builtin.Arg{SQL: "'" + v + "'", Type: types.String, Const: true, Value: v}
	case p.Check != nil:
		v := []string{"d", "s", "h"}[n%3]
		return builtin.Arg{SQL: "'" + v + "'", Type: types.String, Const: true, Value: v}
	}
	t := types.All()[n%len(types.All())]
	if !p.Any {
		t = p.Accepts[n%len(p.Accepts)]
	}
	values := edgeValues[t]
	v := values[(n/3)%len(values)]
	if !p.Const {
		return builtin.Arg{SQL: "CAST(" + v + " AS " + builtin.SQLType(t) + ")", Type: t}
	}
	if t == types.String {
		return builtin.Arg{SQL: "'x'", Type: t, Const: true, Value: "x"}
	}
	if t == types.Bool {
		return builtin.Arg{SQL: "true", Type: t, Const: true, Value: true}
	}
	k := []int64{0, -1, 3, 100000}[n%4]
	return builtin.Arg{SQL: "CAST(" + strconv.FormatInt(k, 10) + " AS BIGINT)", Type: types.Long, Const: true, Value: k}
}

// edgeRounds is how many times each row is tried; more find more.
const edgeRounds = 10

// TestRowsNeverFail: whatever the data, a function answers, if with null. Only a bad pattern or too large a result may end
// the query.
func TestRowsNeverFail(t *testing.T) {
	db := openDB(t)
	env := builtin.Env{Now: "639000000000000000", User: "'u'", Database: "'d'", Cluster: "'c'"}
	for _, name := range builtin.Names(builtin.Scalar, true) {
		for _, r := range builtin.Of(builtin.Scalar, name) {
			if !r.HasSQL() || r.Refused != "" {
				continue
			}
			for n := range edgeRounds {
				var args []builtin.Arg
				for i, p := range r.Params {
					args = append(args, edgeArg(p, n*7+i*(n%5+1)))
				}
				if name == "case" {
					args = []builtin.Arg{edgeArg(r.Params[0], n), edgeArg(r.Params[1], n), edgeArg(r.Params[1], n)}
				}
				if got, _ := builtin.Resolve(builtin.Scalar, name, args); got != r {
					continue
				}
				check(t, db, r, env, args)
			}
		}
	}
}

func check(t *testing.T, db *duck.DB, r *builtin.Row, env builtin.Env, args []builtin.Arg) {
	t.Helper()
	sql := "SELECT CAST((" + r.Expand(env, args) + ") AS VARCHAR)"
	var got *string
	err := db.SQL.QueryRow(sql).Scan(&got)
	if err != nil && !strings.Contains(err.Error(), "pattern") && !strings.Contains(err.Error(), "Out of Memory") {
		t.Errorf("%s: %s: %v", r.Signature(), sql, strings.SplitN(err.Error(), "\n", 2)[0])
	}
	if typ := r.Result(args); err == nil && got == nil && typ == types.String {
		t.Errorf("%s: %s is null, but text never is", r.Signature(), sql)
	}
	if got != nil && len(*got) > 1<<26 {
		t.Errorf("%s: %s has %d bytes", r.Signature(), fmt.Sprintf("%.200s", sql), len(*got))
	}
}

// TestAggregatesNeverFail runs every aggregate over columns of awkward values, and over no rows.
func TestAggregatesNeverFail(t *testing.T) {
	db := openDB(t)
	for _, name := range builtin.Names(builtin.Aggregate, true) {
		for _, r := range builtin.Of(builtin.Aggregate, name) {
			for n := range 10 {
				if !r.HasSQL() || r.Refused != "" {
					continue
				}
				var args []builtin.Arg
				var columns []string
				for i, p := range r.Params {
					a := edgeArg(p, n+i)
					if !a.Const {
						all := edgeValues[a.Type]
						columns = append(columns, fmt.Sprintf("CAST([%s][1 + k %% %d] AS %s) AS c%d", quotedList(all), len(all), builtin.SQLType(a.Type), i))
						a.SQL = fmt.Sprintf("c%d", i)
					}
					args = append(args, a)
				}
				if got, _ := builtin.Resolve(builtin.Aggregate, name, args); got != r {
					continue
				}
				for _, rows := range []int{0, 1, 60} {
					from := fmt.Sprintf(" FROM (SELECT %s FROM range(%d) x(k))", strings.Join(append(columns, "k"), ", "), rows)
					sql := "SELECT CAST((" + r.Expand(builtin.Env{}, args) + ") AS VARCHAR)" + from
					var got *string
					err := db.SQL.QueryRow(sql).Scan(&got)
					if err != nil {
						t.Errorf("%s: %s: %v", r.Signature(), sql, strings.SplitN(err.Error(), "\n", 2)[0])
					}
					if err == nil && got == nil && (r.NeverNull || r.Result(args) == types.String) {
						t.Errorf("%s: %s is null", r.Signature(), sql)
					}
				}
			}
		}
	}
}

// quotedList writes the elements of a list of one type: all as text, to be cast.
func quotedList(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = "CAST(" + v + " AS VARCHAR)"
	}
	return strings.Join(out, ", ")
}
