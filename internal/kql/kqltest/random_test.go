package kqltest_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"passtrail/internal/kql"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/kqltest"
	"passtrail/internal/kql/plan"
)

// everyType is a table with a column of each type, nulls and odd values among them.
const everyType = `let T = datatable(i:int, l:long, r:real, s:string, b:bool, t:datetime, d:dynamic, ts:timespan, g:guid)[
	1, 10, 1.5, "alpha beta", true, datetime(2026-01-01), dynamic({"a":1,"b":[1,2]}), 1d, guid(00000000-0000-0000-0000-000000000001),
	int(null), long(null), real(null), "", bool(null), datetime(null), dynamic(null), timespan(null), guid(null),
	7, -3, real(nan), "Beta", false, datetime(2026-02-03 04:05:06), dynamic([1,"x",null]), 2h, guid(null)];
T | `

// writer makes up well-typed pipelines.
type writer struct {
	r    *rand.Rand
	cols map[string]string // name to type
	n    int
}

func (w *writer) name() string {
	w.n++
	return fmt.Sprintf("c%d", w.n)
}

func (w *writer) pick(list ...string) string { return list[w.r.IntN(len(list))] }

// column is a column of the type, else a constant.
func (w *writer) column(t string) string {
	for _, c := range sortedNames(w.cols) {
		if w.cols[c] == t && w.r.IntN(3) > 0 {
			return c
		}
	}
	return map[string]string{"int": "int(3)", "long": w.pick("5", "0", "9223372036854775807"), "real": w.pick("1.5", "real(nan)", "real(inf)"), "string": w.pick(`"alpha"`, `""`, `"it's"`),
		"bool": "true", "datetime": w.pick("now()", "datetime(2026-01-01)"), "dynamic": `dynamic({"a":[1,{"b":2}]})`, "timespan": "1h", "guid": "guid(00000000-0000-0000-0000-000000000001)"}[t]
}

// forms has, for each type, expressions with the types of their parts in angle brackets.
var forms = map[string][]string{
	"int":      {"toint(<long>)", "toint(<string>)", "hourofday(<datetime>)"},
	"long":     {"(<long> + <long>)", "(<int> * <int>)", "(<long> / <long>)", "(<long> % <long>)", "(<long> - <int>)", "strlen(<string>)", "array_length(<dynamic>)", "tolong(<dynamic>)", "iff(<bool>, <long>, <long>)", "datetime_diff('hour', <datetime>, <datetime>)", "bin(<long>, 3)", "coalesce(<long>, <long>)", "(<dynamic> + 1)", "indexof(<string>, <string>)"},
	"real":     {"(<real> / <real>)", "(<real> % <real>)", "todouble(<string>)", "round(<real>, 1)", "(<timespan> / <timespan>)", "bin(<real>, 0.5)", "(<long> * 1.5)"},
	"string":   {"strcat(<string>, <long>)", "tostring(<dynamic>)", "tostring(<real>)", "tolower(<string>)", "substring(<string>, 1, 3)", "iff(<bool>, <string>, <string>)", "extract('(a)(.)', 2, <string>)", "tostring(<dynamic>.a)", "case(<bool>, <string>, <bool>, <string>, <string>)", "strcat_array(<dynamic>, ',')", "tostring(<dynamic>[0].b)", "format_datetime(<datetime>, 'yyyy-MM')"},
	"bool":     {"(<long> == <long>)", "(<long> != <long>)", "(<real> > <real>)", "(<string> == <string>)", "(<string> =~ <string>)", "(<string> has <string>)", "(<string> !contains <string>)", "(<bool> and <bool>)", "(<bool> or <bool>)", "not(<bool>)", "isnull(<dynamic>)", "isempty(<string>)", "(<long> !in (<long>, 3))", "(<string> in~ (<string>, 'alpha'))", "(<string> has_any (<string>, 'x'))", "(<datetime> between (<datetime> .. 1d))", "(<dynamic>.a == <long>)", "(<string> in (<dynamic>))", "(<string> in ((T | project s)))"},
	"datetime": {"(<datetime> + <timespan>)", "bin(<datetime>, 1h)", "startofday(<datetime>)", "todatetime(<string>)"},
	"dynamic":  {"pack_array(<long>, <string>)", "bag_pack('k', <long>)", "parse_json(<string>)", "split(<string>, ' ')", "array_concat(<dynamic>, <dynamic>)", "bag_keys(<dynamic>)", "iff(<bool>, <dynamic>, <dynamic>)", "(<dynamic> - <dynamic>)"},
	"timespan": {"(<timespan> + <timespan>)", "(<datetime> - <datetime>)", "(<timespan> * <long>)", "bin(<timespan>, 1h)"},
	"guid":     {"toguid(<string>)"},
}

func (w *writer) expr(t string, depth int) string {
	if depth > 3 || w.r.IntN(4) == 0 {
		return w.column(t)
	}
	f := w.pick(forms[t]...)
	for {
		i, j := strings.IndexByte(f, '<'), strings.IndexByte(f, '>')
		for j > 0 && (i < 0 || forms[f[i+1:max(i+1, j)]] == nil) { // a comparison, not a placeholder
			k := strings.IndexByte(f[i+1:], '<')
			if k < 0 {
				return strings.NewReplacer("\x01", "<", "\x02", ">").Replace(f)
			}
			i += k + 1
			j = strings.IndexByte(f[i:], '>') + i
		}
		if i < 0 {
			return f
		}
		f = f[:i] + w.expr(f[i+1:j], depth+1) + f[j+1:]
	}
}

func sortedNames(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// operator makes up one step and what its columns are.
func (w *writer) operator() string {
	types := []string{"int", "long", "real", "string", "bool", "datetime", "dynamic", "timespan", "guid"}
	n, t := w.name(), w.pick(types...)
	switch w.r.IntN(12) {
	case 0, 1:
		return "where " + w.expr("bool", 0)
	case 2, 3:
		x := w.expr(t, 0)
		w.cols[n] = t
		return "extend " + n + " = " + x
	case 4:
		return "sort by " + w.expr(w.pick("long", "real", "string", "datetime"), 1) + w.pick(" asc", " desc", " asc nulls last")
	case 5:
		return fmt.Sprintf("top %d by %s", w.r.IntN(4), w.expr("long", 1))
	case 6:
		return w.summarize(n)
	case 7:
		x := w.expr("dynamic", 2)
		w.cols[n] = "dynamic"
		return "mv-expand " + n + " = " + x
	case 8:
		kind := w.pick("inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti")
		key := w.expr("string", 2)
		w.cols[n] = "string"
		return fmt.Sprintf("extend %s = %s | join kind=%s (T | project %s = s, %sl = l) on %s", n, key, kind, n, n, n)
	case 9:
		x := w.expr("dynamic", 2)
		body := w.pick("summarize "+n+"n = count()", "where isnotnull("+n+") | extend "+n+"n = 1", "take 1 | extend "+n+"n = 1", "sort by tostring("+n+") asc | extend "+n+"n = row_number()")
		w.cols[n+"n"] = "long"
		return "mv-apply " + n + " = " + x + " on (" + body + ")"
	case 10:
		x := w.expr("long", 2)
		w.cols[n] = "long"
		return "serialize | extend " + n + " = " + w.pick("prev("+x+")", "row_cumsum("+x+")", "row_number(1, "+w.expr("bool", 3)+")", "next("+x+", 2)")
	}
	x := w.expr("string", 2)
	w.cols[n] = "string"
	return "union (T | project " + n + " = s) | extend " + n + " = strcat(" + n + ", 'x') | where " + x + " != 'zz'"
}

func (w *writer) summarize(n string) string {
	x := w.pick("count()", "sum("+w.expr("long", 1)+")", "max("+w.expr("string", 1)+")", "make_list("+w.expr("real", 1)+")", "make_set("+w.expr("dynamic", 2)+")", "avg("+w.expr("real", 1)+")",
		"countif("+w.expr("bool", 1)+")", "strcat(count(), max("+w.expr("string", 1)+"))", "stdev("+w.expr("real", 1)+")", "arg_max("+w.expr("long", 1)+", *)")
	if strings.HasPrefix(x, "arg_max") {
		w.cols[n] = "long"
		return "summarize " + n + " = " + x
	}
	key := w.name()
	by := w.expr(w.pick("string", "long", "datetime"), 2)
	w.cols = map[string]string{}
	return "summarize " + n + " = " + x + " by " + key + " = " + by
}

// TestRandomQueriesRun makes up queries and runs them: whatever compiles must run.
func TestRandomQueriesRun(t *testing.T) {
	db, err := kqltest.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ran := 0
	for seed := range uint64(600) {
		w := &writer{r: rand.New(rand.NewPCG(seed, 7)), cols: map[string]string{"i": "int", "l": "long", "r": "real", "s": "string", "b": "bool", "t": "datetime", "d": "dynamic", "ts": "timespan", "g": "guid"}}
		var ops []string
		for range 1 + w.r.IntN(5) {
			ops = append(ops, w.operator())
		}
		q := everyType + strings.Join(ops, " | ")
		_, err := kqltest.Run(t.Context(), db.SQL, q, &plan.Schema{}, kql.Options{Now: kqltest.Now})
		var list diag.List
		switch {
		case err == nil:
			ran++
		case !errors.As(err, &list):
			t.Errorf("%s\n%v", q, err)
		}
	}
	if ran < 400 {
		t.Errorf("only %d of 600 queries compiled; the rest tests nothing", ran)
	}
}
