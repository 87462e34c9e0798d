package native_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/native"
	"passtrail/internal/kql/types"
)

// dt, ts, dyn and col make arguments: an instant, a timespan in ticks, a dynamic, and an SQL expression that is no constant.
type (
	dt  string
	ts  int64
	dyn string
	col struct {
		sql string
		t   types.Type
	}
	null types.Type
)

func sqlText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func arg(t *testing.T, v any) builtin.Arg {
	t.Helper()
	switch v := v.(type) {
	case string:
		return builtin.Arg{SQL: sqlText(v), Type: types.String, Const: true, Value: v}
	case int:
		return builtin.Arg{SQL: "CAST(" + strconv.Itoa(v) + " AS BIGINT)", Type: types.Long, Const: true, Value: int64(v)}
	case float64:
		return builtin.Arg{SQL: fmt.Sprintf("CAST('%v' AS DOUBLE)", v), Type: types.Real, Const: true, Value: v}
	case bool:
		return builtin.Arg{SQL: strconv.FormatBool(v), Type: types.Bool, Const: true, Value: v}
	case dt:
		n, err := passtrail.ParseTicks(string(v))
		if err != nil {
			t.Fatal(err)
		}
		return builtin.Arg{SQL: fmt.Sprintf("CAST(%d AS BIGINT)", n), Type: types.DateTime, Const: true, Value: int64(n)}
	case ts:
		return builtin.Arg{SQL: fmt.Sprintf("CAST(%d AS BIGINT)", v), Type: types.TimeSpan, Const: true, Value: int64(v)}
	case dyn:
		return builtin.Arg{SQL: "CAST(" + sqlText(string(v)) + " AS JSON)", Type: types.Dynamic, Const: true}
	case col:
		return builtin.Arg{SQL: v.sql, Type: v.t}
	case null:
		return builtin.Arg{SQL: "CAST(NULL AS " + builtin.SQLType(types.Type(v)) + ")", Type: types.Type(v)}
	case types.Type:
		return builtin.Arg{Const: true, Value: v}
	}
	t.Fatalf("no argument %v", v)
	return builtin.Arg{}
}

type rowCase struct {
	name string
	args []any
	want string
}

func openDB(t *testing.T) *duck.DB {
	t.Helper()
	db, err := duck.Open(t.Context(), duck.Config{Functions: native.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestRows expands rows on literal arguments and asks DuckDB.
func TestRows(t *testing.T) {
	db := openDB(t)
	env := builtin.Env{Now: "639000000000000000", User: "'ann@contoso.com'", Database: "'db'", Cluster: "'c'"}
	for _, c := range rowCases {
		var args []builtin.Arg
		for _, v := range c.args {
			args = append(args, arg(t, v))
		}
		name := fmt.Sprintf("%s%v", c.name, c.args)
		r, err := builtin.Resolve(builtin.Scalar, c.name, args)
		if r == nil {
			t.Errorf("%s: no row: %v", name, err)
			continue
		}
		typ := r.Result(args)
		sql := r.Expand(env, args)
		text := builtin.Convert("v", typ, types.String)
		var got string
		err = db.SQL.QueryRow("SELECT CASE WHEN v IS NULL THEN 'null' ELSE " + text + " END FROM (SELECT CAST(" + sql + " AS " + builtin.SQLType(typ) + ") AS v)").Scan(&got)
		if err != nil || got != c.want {
			t.Errorf("%s = %q, %v; want %q (%s)", name, got, err, c.want, sql)
		}
	}
}

const (
	hour = ts(passtrail.Hour)
	day  = ts(passtrail.Day)
)

var rowCases = []rowCase{
	{"strcat", []any{"a", 1, true, 1.5, null(types.Long), dyn(`{"a": 1}`)}, `a1True1.5{"a":1}`},
	{"strcat_delim", []any{"-", 1, "2", "A", null(types.Int)}, "1-2-A-"},
	{"strcat_array", []any{dyn(`[1,"x",null]`), "->"}, "1->x->"},
	{"strcat_array", []any{dyn(`{"a":1}`), "->"}, ""},
	{"strcmp", []any{"abc", "abc"}, "0"},
	{"strcmp", []any{"abcde", "abc"}, "1"},
	{"strrep", []any{"abc", 2}, "abcabc"},
	{"strrep", []any{"123.45", 2, "-"}, "123.45-123.45"},
	{"strrep", []any{"x", -1}, ""},
	{"strlen", []any{"a👍b"}, "3"},
	{"string_size", []any{"⒦⒰⒮⒯⒪"}, "15"},
	{"toupper", []any{"éa"}, "ÉA"},
	{"reverse", []any{"𝓗ello"}, "olle𝓗"},
	{"substring", []any{"123456", 1}, "23456"},
	{"substring", []any{"123456", 2, 2}, "34"},
	{"substring", []any{"ABCD", 0, 2}, "AB"},
	{"substring", []any{"123456", -2, 2}, "56"},
	{"substring", []any{"short", -4, 2}, "ho"},
	{"substring", []any{"abc", -5}, ""},
	{"substring", []any{"abc", 5}, ""},
	{"substring", []any{"xy", col{"-1", types.Long}, 0}, ""},
	{"indexof", []any{"abcdefg", "cde"}, "2"},
	{"indexof", []any{"abcdefg", "cde", 1, 4}, "2"},
	{"indexof", []any{"abcdefg", "cde", 1, 3}, "-1"},
	{"indexof", []any{"abcabc", "abc", 0, -1, 2}, "3"},
	{"indexof", []any{"abc", "x"}, "-1"},
	{"indexof", []any{"abc", ""}, "null"},
	{"indexof", []any{"héé", "é"}, "1"},
	{"split", []any{"aa_bb", "_"}, `["aa","bb"]`},
	{"split", []any{"aaa_bbb_ccc", "_", 1}, `["bbb"]`},
	{"split", []any{"", "_"}, `[""]`},
	{"split", []any{"a__b", "_"}, `["a","","b"]`},
	{"split", []any{"aabbcc", "bb"}, `["aa","cc"]`},
	{"replace_string", []any{"A magic trick", "magic", ""}, "A  trick"},
	{"replace_string", []any{"abc", "", "x"}, "abc"},
	{"replace_strings", []any{"A magic trick can turn a cat into a dog", dyn(`["cat","dog","magic"]`), dyn(`["dog","pigeon","hocus pocus"]`)}, "A hocus pocus trick can turn a dog into a pigeon"},
	{"translate", []any{"krasp", "otsku", "spark"}, "kusto"},
	{"translate", []any{"abc", "x", "abc"}, "xxx"},
	{"translate", []any{"abc", "", "ab"}, ""},
	{"countof", []any{"The cat sat on the mat", "at"}, "3"},
	{"countof", []any{"aaa", "a"}, "3"},
	{"countof", []any{"aaaa", "aa"}, "3"},
	{"countof", []any{"ababa", "ab", "normal"}, "2"},
	{"countof", []any{"ababa", "aba"}, "2"},
	{"countof", []any{"ababa", "aba", "regex"}, "1"},
	{"countof", []any{"abcabc", "a.c", "regex"}, "2"},
	{"has_any_index", []any{"this is an example", dyn(`["this","example"]`)}, "0"},
	{"has_any_index", []any{"this is an example", dyn(`["not","example"]`)}, "1"},
	{"has_any_index", []any{"this is an example", dyn(`["not","found"]`)}, "-1"},
	{"has_any_index", []any{"this is an example", dyn(`[]`)}, "-1"},
	{"unicode_codepoints_from_string", []any{"Kusto"}, "[75,117,115,116,111]"},
	{"unicode_codepoints_to_string", []any{dyn("[75,117]"), 115, dyn("[116,111]")}, "Kusto"},
	{"isascii", []any{"é"}, "False"},
	{"format_bytes", []any{564}, "564 Bytes"},
	{"format_bytes", []any{10332, 1}, "10.1 KB"},
	{"format_bytes", []any{20010332, 2}, "19.08 MB"},
	{"format_bytes", []any{20010332, 0, "KB"}, "19541 KB"},
	{"punycode_from_string", []any{"académie-française"}, "acadmie-franaise-npb1a"},
	{"punycode_to_string", []any{"acadmie-franaise-npb1a"}, "académie-française"},

	{"extract", []any{"x=([0-9.]+)", 1, "hello x=45.6|wo"}, "45.6"},
	{"extract", []any{"x=([0-9.]+)", 1, "hello x=45.6|wo", types.Real}, "45.6"},
	{"extract", []any{"z", 0, "abc"}, ""},
	{"extract_all", []any{`(\d+)`, "a set of numbers: 123, 567 and 789"}, `["123","567","789"]`},
	{"extract_all", []any{`(\w)(\w)`, "abcd"}, `[["a","b"],["c","d"]]`},
	{"extract_all", []any{`(?P<first>\w)(\w)`, dyn(`["first"]`), "abcd"}, `["a","c"]`},
	{"extract_all", []any{`x`, "abcd"}, "null"},
	{"extract_all", []any{`(\d)`, "１2"}, `["１","2"]`},
	{"replace_regex", []any{"Number is 1", `is (\d+)`, `was: \1`}, "Number was: 1"},
	{"replace_regex", []any{"a$b", "b", "$1"}, "a$$1"},
	{"replace", []any{"_", "@", "u_d.org"}, "u@d.org"},
	{"trim", []any{"--", "--https://bing.com--"}, "https://bing.com"},
	{"trim", []any{`[^\w]+`, "-  Te st1// $"}, "Te st1"},
	{"trim", []any{"x", "xxaxx"}, "xax"},
	{"trim_start", []any{`[^\w]+`, "-  Te st1// $"}, "Te st1// $"},
	{"trim_end", []any{`\.com`, "bing.com"}, "bing"},
	{"indexof_regex", []any{"abcabc", "a.c"}, "0"},
	{"indexof_regex", []any{"abcabc", "a.c", 0, 9, 2}, "3"},
	{"indexof_regex", []any{"abcabc", "a.c", 1, -1, 2}, "-1"},
	{"regex_quote", []any{"(so$me.Te^xt)"}, `\(so\$me\.Te\^xt\)`},

	{"tostring", []any{true}, "True"},
	{"tostring", []any{dyn("true")}, "true"},
	{"tostring", []any{dyn(`[1, "x"]`)}, `[1,"x"]`},
	{"tostring", []any{dyn(`"a\u00e9"`)}, "aé"},
	{"tostring", []any{dyn(`null`)}, ""},
	{"tostring", []any{1.0}, "1.0"},
	{"tostring", []any{0.1}, "0.1"},
	{"tostring", []any{1e20}, "1E+20"},
	{"tostring", []any{null(types.Real)}, ""},
	{"tostring", []any{dt("2026-01-02 03:04:05")}, "2026-01-02T03:04:05.0000000Z"},
	{"tostring", []any{ts(day + 2*hour)}, "1.02:00:00"},
	{"tostring", []any{ts(-day) - 40000000}, "-1.00:00:04"},
	{"tostring", []any{ts(15000000)}, "00:00:01.5000000"},
	{"toint", []any{"0x1f"}, "31"},
	{"toint", []any{" 12 "}, "12"},
	{"toint", []any{"12.5"}, "null"},
	{"toint", []any{"2147483648"}, "null"},
	{"toint", []any{-2.7}, "-2"},
	{"toint", []any{1e19}, "-2147483648"},
	{"toint", []any{col{`(SELECT "x" FROM (SELECT CAST(1e19 AS DOUBLE) AS "x"))`, types.Real}}, "2147483647"},
	{"toint", []any{-1e19}, "-2147483648"},
	{"tolong", []any{1e19}, "-9223372036854775808"},
	{"tolong", []any{col{`(SELECT "x" FROM (SELECT CAST(1e19 AS DOUBLE) AS "x"))`, types.Real}}, "9223372036854775807"},
	{"tolong", []any{-1e19}, "-9223372036854775808"},
	{"toint", []any{dyn("9.99")}, "9"},
	{"toint", []any{dyn(`"5"`)}, "5"},
	{"toint", []any{dyn("[1]")}, "null"},
	{"tolong", []any{day}, "864000000000"},
	{"toreal", []any{"1.5e3"}, "1500.0"},
	{"toreal", []any{""}, "null"},
	{"todouble", []any{"NaN"}, "NaN"},
	{"todecimal", []any{"123.45678"}, "123.45678"},
	{"todecimal", []any{0.1}, "0.1"},
	{"tobool", []any{"true"}, "True"},
	{"tobool", []any{"maybe"}, "null"},
	{"tobool", []any{0.5}, "True"},
	{"todatetime", []any{"2015-12-31 23:59:59.9"}, "2015-12-31T23:59:59.9000000Z"},
	{"todatetime", []any{"Sat, 8 Nov 2014 15:05:02 GMT"}, "2014-11-08T15:05:02.0000000Z"},
	{"todatetime", []any{"2014-11-08T15:55:55.123456Z"}, "2014-11-08T15:55:55.1234560Z"},
	{"todatetime", []any{"2020-01-01T10:00:00+02:00"}, "2020-01-01T08:00:00.0000000Z"},
	{"todatetime", []any{"soon"}, "null"},
	{"todatetime", []any{""}, "null"},
	{"todatetime", []any{1.5}, "0001-01-01T00:00:00.0000001Z"},
	{"todatetime", []any{dyn(`"2020-02-03"`)}, "2020-02-03T00:00:00.0000000Z"},
	{"totimespan", []any{"0.00:01:00"}, "00:01:00"},
	{"totimespan", []any{"1.02:03:04.5"}, "1.02:03:04.5000000"},
	{"totimespan", []any{"-00:30:00"}, "-00:30:00"},
	{"totimespan", []any{"13:00"}, "13:00:00"},
	{"totimespan", []any{"1d"}, "1.00:00:00"},
	{"totimespan", []any{"abc"}, "null"},
	{"totimespan", []any{"25:00:00"}, "null"},
	{"toguid", []any{"70FC66F7-8279-44FC-9092-D364D70FCE44"}, "70fc66f7-8279-44fc-9092-d364d70fce44"},
	{"toguid", []any{"x"}, "null"},
	{"tohex", []any{256}, "100"},
	{"tohex", []any{-256}, "ffffffffffffff00"},
	{"tohex", []any{256, 8}, "00000100"},
	{"gettype", []any{"John"}, "string"},
	{"gettype", []any{dyn(`{"a":1}`)}, "dictionary"},
	{"gettype", []any{dyn(`1.5`)}, "double"},
	{"gettype", []any{dyn(`null`)}, "null"},
	{"parse_json", []any{"[1, 2]"}, "[1,2]"},
	{"parse_json", []any{"not json"}, "not json"},
	{"parse_json", []any{dyn(`"[1]"`)}, "[1]"},
	{"gettype", []any{col{"coalesce(TRY_CAST('x' AS JSON), to_json('x'))", types.Dynamic}}, "string"},

	{"iff", []any{null(types.Bool), "t", "f"}, "f"},
	{"iff", []any{true, 1, 2.5}, "1.0"},
	{"case", []any{false, "a", true, "b", "c"}, "b"},
	{"case", []any{false, 1, 2}, "2"},
	{"coalesce", []any{"", "x"}, "x"},
	{"coalesce", []any{null(types.Long), 42, 33}, "42"},
	{"coalesce", []any{dyn("null"), dyn("1")}, "1"},
	{"max_of", []any{10, 1, -3, 17}, "17"},
	{"min_of", []any{10, 1.5, -3}, "-3.0"},
	{"max_of", []any{"a", "b"}, "b"},
	{"isnull", []any{""}, "False"},
	{"isnull", []any{dyn("null")}, "True"},
	{"isnull", []any{null(types.Dynamic)}, "True"},
	{"isnull", []any{null(types.Long)}, "True"},
	{"isempty", []any{dyn("null")}, "True"},
	{"isempty", []any{null(types.Long)}, "True"},
	{"isnotempty", []any{"a"}, "True"},
	{"isnotempty", []any{dyn(`"a"`)}, "True"},
	{"isnotnull", []any{5}, "True"},
	{"not", []any{null(types.Bool)}, "null"},

	{"array_length", []any{dyn(`[1,2]`)}, "2"},
	{"array_length", []any{dyn(`{}`)}, "null"},
	{"array_concat", []any{dyn("[1]"), dyn("[2,3]")}, "[1,2,3]"},
	{"array_iff", []any{dyn("[true,false,true]"), dyn("[1,2,3]"), dyn("[4,5,6]")}, "[1,5,3]"},
	{"array_iff", []any{dyn("[1,0,50]"), "yes", "no"}, `["yes","no","yes"]`},
	{"array_index_of", []any{dyn(`["this","is","an","example","an"]`), "an"}, "2"},
	{"array_index_of", []any{dyn(`["a","b","a"]`), "a", 1, -1}, "2"},
	{"array_index_of", []any{dyn(`["a","b","a"]`), "a", 0, -1, 2}, "2"},
	{"array_index_of", []any{dyn(`[1]`), 9}, "-1"},
	{"array_slice", []any{dyn("[1,2,3]"), 1, 2}, "[2,3]"},
	{"array_slice", []any{dyn("[1,2,3,4,5]"), 2, -1}, "[3,4,5]"},
	{"array_slice", []any{dyn("[1,2,3,4,5]"), -3, -2}, "[3,4]"},
	{"array_split", []any{dyn("[1,2,3,4,5]"), 2}, "[[1,2],[3,4,5]]"},
	{"array_split", []any{dyn("[1,2,3,4,5]"), dyn("[1,3]")}, "[[1],[2,3],[4,5]]"},
	{"array_shift_left", []any{dyn("[1,2,3,4,5]"), 2}, "[3,4,5,null,null]"},
	{"array_shift_left", []any{dyn("[1,2,3,4,5]"), 2, -1}, "[3,4,5,-1,-1]"},
	{"array_shift_right", []any{dyn("[1,2,3,4,5]"), 2}, "[null,null,1,2,3]"},
	{"array_rotate_left", []any{dyn("[1,2,3,4,5]"), 2}, "[3,4,5,1,2]"},
	{"array_rotate_right", []any{dyn("[1,2,3,4,5]"), 2}, "[4,5,1,2,3]"},
	{"array_reverse", []any{dyn(`["a","b"]`)}, `["b","a"]`},
	{"array_sort_asc", []any{dyn(`[null,"d","a","c",null]`)}, `["a","c","d",null,null]`},
	{"array_sort_desc", []any{dyn(`[1,3,2,null]`), false}, `[null,3,2,1]`},
	{"array_sort_asc", []any{dyn(`[2,1,3]`), dyn(`["b","a","c"]`)}, `[[1,2,3],["a","b","c"]]`},
	{"range", []any{1, 8, 3}, "[1,4,7]"},
	{"range", []any{1, 3}, "[1,2,3]"},
	{"range", []any{dt("2020-01-01"), dt("2020-01-02"), day}, `["2020-01-01T00:00:00.0000000Z","2020-01-02T00:00:00.0000000Z"]`},
	{"repeat", []any{1, 3}, "[1,1,1]"},
	{"zip", []any{dyn("[1,3]"), dyn("[2,4,5]")}, "[[1,2],[3,4],[null,5]]"},
	{"pack_array", []any{1, "a", null(types.Long), dyn(`{"b":1}`)}, `[1,"a",null,{"b":1}]`},
	{"pack_array", nil, "[]"},
	{"bag_pack", []any{"Level", "Information", "n", 1, "t", dt("2020-01-01"), "d", dyn("[1]")}, `{"Level":"Information","n":1,"t":"2020-01-01T00:00:00.0000000Z","d":[1]}`},
	{"bag_pack", []any{"a", 1, "a", 2}, `{"a":2}`},
	{"bag_keys", []any{dyn(`{"a":1,"b":{"c":2}}`)}, `["a","b"]`},
	{"bag_has_key", []any{dyn(`{"a":{"b":1}}`), "$.a.b"}, "True"},
	{"bag_has_key", []any{dyn(`{"a":1}`), "b"}, "False"},
	{"bag_merge", []any{dyn(`{"A1":12,"B1":2,"C1":3}`), dyn(`{"A2":81,"B2":82,"A1":1}`)}, `{"A1":12,"B1":2,"C1":3,"A2":81,"B2":82}`},
	{"bag_remove_keys", []any{dyn(`{"key1":{"prop1":"abc","prop2":"xyz"},"key2":[1,2]}`), dyn(`["$.key1.prop1","key2"]`)}, `{"key1":{"prop2":"xyz"}}`},
	{"bag_set_key", []any{dyn(`{"key1":{"key2":{"key3":"val"}}}`), "$.key1.key2.key4", "val2"}, `{"key1":{"key2":{"key3":"val","key4":"val2"}}}`},
	{"bag_zip", []any{dyn(`["a","b"]`), dyn(`[1]`)}, `{"a":1,"b":null}`},
	{"treepath", []any{dyn(`{"a":"b","c":123}`)}, `["['a']","['c']"]`},
	{"treepath", []any{dyn(`{"prop1":[1,2,3,4],"prop2":"value2"}`)}, `["['prop1']","['prop1'][0]","['prop2']"]`},
	{"dynamic_to_json", []any{dyn(`{"b":1,"a":[true]}`)}, `{"a":[true],"b":1}`},
	{"extract_json", []any{"$.a[0].b", `{"a":[{"b":7}]}`, types.Long}, "7"},
	{"set_union", []any{dyn("[1,2,2,3]"), dyn("[3,4]")}, "[1,2,3,4]"},
	{"set_intersect", []any{dyn("[1,2,3]"), dyn("[3,1,9]")}, "[1,3]"},
	{"set_difference", []any{dyn("[1,2,3]"), dyn("[3]"), dyn("[1]")}, "[2]"},
	{"set_has_element", []any{dyn(`["this","is"]`), "is"}, "True"},
	{"set_equals", []any{dyn("[1,2,2]"), dyn("[2,1]")}, "True"},
	{"jaccard_index", []any{dyn("[1,2,3,4]"), dyn("[3,4,5,6]")}, "0.3333333333333333"},

	{"bin", []any{-5, 2}, "-6"},
	{"bin", []any{5.5, 2}, "4.0"},
	{"bin", []any{4.5, 1}, "4.0"},
	{"bin", []any{dt("2007-01-03"), 7 * day}, "2007-01-01T00:00:00.0000000Z"},
	{"bin", []any{dt("2007-03-09"), 30 * day}, "2007-02-14T00:00:00.0000000Z"},
	{"bin", []any{ts(16) * day, 7 * day}, "14.00:00:00"},
	{"bin", []any{5, -2}, "null"},
	{"bin", []any{5, col{"2", types.Long}}, "4"},
	{"bin_at", []any{6.5, 2.5, 7}, "4.5"},
	{"bin_at", []any{-1 * hour, day, 1 * hour}, "-23:00:00"},
	{"bin_at", []any{dt("2017-05-15 10:20"), day, dt("1970-01-01 12:00")}, "2017-05-14T12:00:00.0000000Z"},
	{"around", []any{1, 2, 1}, "True"},
	{"abs", []any{-5}, "5"},
	{"abs", []any{-5.5}, "5.5"},
	{"abs", []any{-hour}, "01:00:00"},
	{"round", []any{2.5}, "3.0"},
	{"round", []any{-2.5}, "-3.0"},
	{"round", []any{2.98765, 3}, "2.988"},
	{"round", []any{1234, -2}, "1200"},
	{"ceiling", []any{-1.1}, "-1.0"},
	{"sign", []any{-42}, "-1.0"},
	{"pow", []any{2, 3}, "8.0"},
	{"sqrt", []any{-1.0}, "NaN"},
	{"log", []any{0}, "-inf"},
	{"log10", []any{1000}, "3.0"},
	{"exp2", []any{3}, "8.0"},
	{"gamma", []any{5}, "24.0"},
	{"isnan", []any{null(types.Real)}, "False"},
	{"isfinite", []any{1.5}, "True"},
	{"beta_cdf", []any{0.5, 1.0, 1.0}, "0.5"},
	{"binary_and", []any{6, 3}, "2"},
	{"binary_not", []any{100}, "-101"},
	{"binary_shift_left", []any{1, 65}, "2"},
	{"binary_shift_right", []any{-8, 1}, "-4"},
	{"bitset_count_ones", []any{42}, "3"},

	{"startofday", []any{dt("2017-01-01 10:10:17"), -1}, "2016-12-31T00:00:00.0000000Z"},
	{"startofweek", []any{dt("2026-01-03")}, "2025-12-28T00:00:00.0000000Z"},
	{"startofweek", []any{dt("2020-06-14")}, "2020-06-14T00:00:00.0000000Z"},
	{"endofweek", []any{dt("2024-03-03")}, "2024-03-09T23:59:59.9999999Z"},
	{"startofmonth", []any{dt("2020-06-15"), -13}, "2019-05-01T00:00:00.0000000Z"},
	{"endofmonth", []any{dt("1969-12-31 23:59:59.9999999")}, "1969-12-31T23:59:59.9999999Z"},
	{"endofmonth", []any{dt("9999-12-31 23:59:59.9999999")}, "9999-12-31T23:59:59.9999999Z"},
	{"endofyear", []any{dt("2020-02-02")}, "2020-12-31T23:59:59.9999999Z"},
	{"startofyear", []any{dt("2020-06-15"), -5}, "2015-01-01T00:00:00.0000000Z"},
	{"dayofweek", []any{dt("2015-12-14")}, "1.00:00:00"},
	{"dayofweek", []any{dt("0001-01-01")}, "1.00:00:00"},
	{"dayofyear", []any{dt("2015-12-14")}, "348"},
	{"week_of_year", []any{dt("2021-01-03")}, "53"},
	{"hourofday", []any{dt("1955-12-14 18:54")}, "18"},
	{"getyear", []any{dt("0001-01-01")}, "1"},
	{"datetime_part", []any{"week_of_year", dt("2017-10-30 01:02:03.7654321")}, "44"},
	{"datetime_part", []any{"millisecond", dt("2017-10-30 01:02:03.7654321")}, "765"},
	{"datetime_part", []any{"microsecond", dt("2017-10-30 01:02:03.7654321")}, "765432"},
	{"datetime_part", []any{"nanosecond", dt("2017-10-30 01:02:03.7654321")}, "765432100"},
	{"datetime_part", []any{"quarter", dt("2017-10-30")}, "4"},
	{"datetime_diff", []any{"year", dt("2017-01-01"), dt("2000-12-31")}, "17"},
	{"datetime_diff", []any{"quarter", dt("2017-07-01"), dt("2017-03-30")}, "2"},
	{"datetime_diff", []any{"month", dt("2020-01-31"), dt("2020-02-01")}, "-1"},
	{"datetime_diff", []any{"day", dt("2017-10-29 23:00"), dt("2017-10-30 01:00")}, "-1"},
	{"datetime_diff", []any{"nanosecond", dt("2017-10-30 23:59:10.123456"), dt("2017-10-30 23:59:10.1234562")}, "-200"},
	{"datetime_add", []any{"month", 1, dt("2020-01-31 23:59:59.9999999")}, "2020-02-29T23:59:59.9999999Z"},
	{"datetime_add", []any{"week", -53, dt("2021-03-15 12:00")}, "2020-03-09T12:00:00.0000000Z"},
	{"make_datetime", []any{2017, 10, 1, 12, 10, 0.1234567}, "2017-10-01T12:10:00.1234567Z"},
	{"make_datetime", []any{2020, 13, 1}, "null"},
	{"make_datetime", []any{2021, 2, 29}, "null"},
	{"make_timespan", []any{1, 12, 30, 55}, "1.12:30:55"},
	{"make_timespan", []any{1, 12}, "01:12:00"},
	{"format_datetime", []any{dt("2015-12-14 02:03:04.12345"), "y-M-d h:m:s.fffffff"}, "15-12-14 2:3:4.1234500"},
	{"format_datetime", []any{dt("2017-01-29 09:00:05"), "yyyy-MM-dd [HH:mm:ss]"}, "2017-01-29 [09:00:05]"},
	{"format_datetime", []any{dt("2020-06-15 13:45:09"), "h:mm:ss tt"}, "1:45:09 PM"},
	{"format_datetime", []any{dt("2007-03-09 05:04:03"), "dddd, MMMM d, yyyy"}, "0909, 0303 9, 2007"},
	{"format_datetime", []any{null(types.DateTime), "yyyy"}, ""},
	{"format_timespan", []any{ts(passtrail.Day*29+passtrail.Hour*9) + 51234500, "dd.hh:mm:ss [FF]"}, "29.09:00:05 [12]"},
	{"format_timespan", []any{day, "dddd"}, "0001"},
	{"format_timespan", []any{-2*hour - 18000000000, "hh:mm"}, "-02:30"},
	{"unixtime_seconds_todatetime", []any{1546300800}, "2019-01-01T00:00:00.0000000Z"},
	{"unixtime_milliseconds_todatetime", []any{1546300800000}, "2019-01-01T00:00:00.0000000Z"},
	{"unixtime_microseconds_todatetime", []any{1546300800000000}, "2019-01-01T00:00:00.0000000Z"},
	{"unixtime_nanoseconds_todatetime", []any{1546300800000000000}, "2019-01-01T00:00:00.0000000Z"},
	{"unixtime_seconds_todatetime", []any{1e300}, "null"},
	{"datetime_utc_to_local", []any{dt("2022-11-10 00:00"), "Asia/Tokyo"}, "2022-11-10T09:00:00.0000000Z"},
	{"datetime_local_to_utc", []any{dt("2022-06-10 12:00"), "Europe/Berlin"}, "2022-06-10T10:00:00.0000000Z"},
	{"now", nil, "2025-11-29T08:00:00.0000000Z"},
	{"ago", []any{day}, "2025-11-28T08:00:00.0000000Z"},

	{"parse_csv", []any{`aa,b,"x,""y"""`}, `["aa","b","x,\"y\""]`},
	{"parse_xml", []any{`<?xml version="1.0"?><r a="1"><x>1</x><x>2</x><y>t</y></r>`}, `{"r":{"@a":"1","x":["1","2"],"y":"t"}}`},
	{"parse_url", []any{"scheme://username:password@host:1234/this/is/a/path?k1=v1&k2=v2#fragment"}, `{"Scheme":"scheme","Host":"host","Port":"1234","Path":"/this/is/a/path","Username":"username","Password":"password","Query Parameters":{"k1":"v1","k2":"v2"},"Fragment":"fragment"}`},
	{"parse_urlquery", []any{"k1=v1&k2=v2&k3=v3"}, `{"Query Parameters":{"k1":"v1","k2":"v2","k3":"v3"}}`},
	{"parse_path", []any{`C:\temp\file.txt`}, `{"Scheme":"","RootPath":"C:","DirectoryPath":"C:\\temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt","AlternateDataStreamName":""}`},
	{"parse_path", []any{"/usr/lib/a.so"}, `{"Scheme":"","RootPath":"","DirectoryPath":"/usr/lib","DirectoryName":"lib","Filename":"a.so","Extension":"so","AlternateDataStreamName":""}`},
	{"parse_version", []any{"abc"}, "null"},
	{"parse_command_line", []any{`echo "hello world!" \"x\"`, "windows"}, `["echo","hello world!","\"x\""]`},
	{"parse_user_agent", []any{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36", "browser"}, `{"Browser":{"Family":"Chrome","MajorVersion":"120","MinorVersion":"0","Patch":"0"}}`},
	{"parse_user_agent", []any{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0.0.0", dyn(`["os","device"]`)}, `{"OperatingSystem":{"Family":"Windows","MajorVersion":"10","MinorVersion":"","Patch":"","PatchMinor":""},"Device":{"Family":"Other","Brand":"","Model":""}}`},
	{"url_encode", []any{"https://contoso.com/a b?x=é"}, "https%3a%2f%2fcontoso.com%2fa+b%3fx%3d%c3%a9"},
	{"url_encode_component", []any{"a b/"}, "a%20b%2f"},
	{"parse_user_agent", []any{"Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1", "browser"}, `{"Browser":{"Family":"AdobeAIR","MajorVersion":"2","MinorVersion":"5","Patch":"1"}}`},
	{"parse_path", []any{"file://C:/temp/file.txt:some.exe"}, `{"Scheme":"file","RootPath":"C:","DirectoryPath":"C:/temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt","AlternateDataStreamName":"some.exe"}`},
	{"parse_path", []any{`\\shared\users\temp\file.txt.gz`}, `{"Scheme":"","RootPath":"","DirectoryPath":"\\\\shared\\users\\temp","DirectoryName":"temp","Filename":"file.txt.gz","Extension":"gz","AlternateDataStreamName":""}`},
	{"parse_xml", []any{"<e> text <a>t</a> </e>"}, `{"e":{"#text":"text","a":"t"}}`},
	{"parse_xml", []any{"<e/>"}, `{"e":null}`},
	{"dynamic_to_json", []any{"x"}, "x"},
	{"series_fill_linear", []any{dyn("[null,111.0,null,36.0]")}, "[111.0,111.0,73.5,36.0]"},
	{"series_fill_linear", []any{dyn("[null,null]")}, "[0.0,0.0]"},
	{"range", []any{ts(hour), 3 * hour}, `["01:00:00","02:00:00","03:00:00"]`},
	{"indexof", []any{"abcdefg", "cde", -5}, "2"},
	{"indexof", []any{1234567, 5, 1, 4}, "4"},
	{"indexof", []any{"abc", "b", 0, -2}, "null"},
	{"startofyear", []any{dt("2020-06-15"), 9000}, "null"},
	{"endofweek", []any{dt("2024-03-03"), -1}, "2024-03-02T23:59:59.9999999Z"},
	{"endofmonth", []any{dt("2020-01-31"), 1}, "2020-02-29T23:59:59.9999999Z"},
	{"datetime_add", []any{"day", 1, dt("9999-12-31")}, "null"},
	{"datetime_add", []any{"day", 1 << 62, dt("2020-01-01")}, "null"},
	{"todatetime", []any{"Sat, 8 Nov 14 15:05 GMT"}, "2014-11-08T15:05:00.0000000Z"},
	{"todatetime", []any{"Saturday, 08-Nov-14 15:05:02 GMT"}, "2014-11-08T15:05:02.0000000Z"},
	{"todatetime", []any{"08-Nov-14 15:05"}, "2014-11-08T15:05:00.0000000Z"},
	{"todatetime", []any{"2014-11-08T15:05 GMT"}, "2014-11-08T15:05:00.0000000Z"},
	{"todatetime", []any{"12-02-2022"}, "2022-12-02T00:00:00.0000000Z"},
	{"url_decode", []any{"https%3A%2F%2Fcontoso.com"}, "https://contoso.com"},
	{"base64_encode_tostring", []any{"Kusto"}, "S3VzdG8="},
	{"base64_decode_tostring", []any{"S3VzdG8="}, "Kusto"},
	{"base64_decode_tostring", []any{"U3RyaW5n0KHR0tGA0L7Rh9C60LA="}, ""},
	{"base64_decode_toarray", []any{"S3VzdG8="}, "[75,117,115,116,111]"},
	{"base64_encode_fromarray", []any{dyn("[75,117]")}, "S3U="},
	{"gzip_decompress_from_base64_string", []any{col{"kql_gzip('abc')", types.String}}, "abc"},
	{"zlib_decompress_from_base64_string", []any{"eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4="}, "Test string 123"},
	{"hash", []any{"World"}, "1846988464401551951"},
	{"hash", []any{"World", 100}, "51"},
	{"hash", []any{dt("2015-01-01")}, "1380966698541616202"},
	{"hash_md5", []any{"World"}, "f5a7924e621e84c9280a9a27e1bcb7f6"},
	{"hash_sha1", []any{"World"}, "70c07ec18ef89c5309bbb0937f3a6342411e1fdd"},
	{"hash_sha256", []any{"World"}, "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524"},

	{"parse_ipv4", []any{"192.1.168.1"}, "3221334017"},
	{"parse_ipv4", []any{"192.1.168.1/24"}, "3221334016"},
	{"parse_ipv4", []any{"x"}, "null"},
	{"parse_ipv4_mask", []any{"127.0.0.1", 24}, "2130706432"},
	{"format_ipv4", []any{"192.168.1.255", 24}, "192.168.1.0"},
	{"format_ipv4", []any{3232236031}, "192.168.1.255"},
	{"format_ipv4_mask", []any{"192.168.1.255", 24}, "192.168.1.0/24"},
	{"ipv4_compare", []any{"192.168.1.1", "192.168.1.255"}, "-1"},
	{"ipv4_compare", []any{"192.168.1.1/24", "192.168.1.255/24"}, "0"},
	{"ipv4_is_match", []any{"192.168.1.1", "192.168.1.0", 24}, "True"},
	{"ipv4_is_in_range", []any{"192.168.1.6", "192.168.1.1/24"}, "True"},
	{"ipv4_is_in_any_range", []any{"192.168.1.6", dyn(`["10.0.0.0/8","192.168.1.0/24"]`)}, "True"},
	{"ipv4_is_private", []any{"208.10.1.1"}, "False"},
	{"ipv4_netmask_suffix", []any{"10.1.2.3/24"}, "24"},
	{"ipv4_range_to_cidr_list", []any{"1.1.128.0", "1.1.140.255"}, `["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]`},
	{"parse_ipv6", []any{"127.0.0.1"}, "0000:0000:0000:0000:0000:ffff:7f00:0001"},
	{"parse_ipv6_mask", []any{"127.0.0.1", 120}, "0000:0000:0000:0000:0000:ffff:7f00:0000"},
	{"ipv6_compare", []any{"fe80::85d:e82c:9446:7994", "fe80::85d:e82c:9446:7995", 127}, "0"},
	{"ipv6_is_in_range", []any{"a5e:f127:8a9d:146d:e102:b5d3:c755:f6cd", "a5e:f127:8a9d:146d:e102:b5d3:c755:0000/112"}, "True"},
	{"has_ipv4", []any{"05:04:54 127.0.0.1 GET /favicon.ico 404", "127.0.0.1"}, "True"},
	{"has_ipv4", []any{"05:04:54 127.0.0.256 GET", "127.0.0.256"}, "False"},
	{"has_ipv4", []any{"05:04:54127.0.0.1 GET", "127.0.0.1"}, "False"},
	{"has_ipv4_prefix", []any{"05:04:54 127.0.0.1 GET", "127.0."}, "True"},
	{"has_any_ipv4", []any{"05:04:54 127.0.0.1 GET", dyn(`["127.0.0.1","127.0.0.2"]`)}, "True"},

	{"series_sum", []any{dyn("[1,2,3.5]")}, "6.5"},
	{"series_add", []any{dyn("[1,2]"), dyn("[3,0.5]")}, "[4,2.5]"},
	{"series_multiply", []any{dyn("[1,2]"), 2}, "[2,4]"},
	{"series_greater", []any{dyn("[1,2,4]"), dyn("[4,2,1]")}, "[false,false,true]"},
	{"series_fill_forward", []any{dyn("[null,1,null,3,null]")}, "[null,1,1,3,3]"},
	{"series_fill_backward", []any{dyn("[null,1,null,3,null]")}, "[1,1,3,3,null]"},
	{"series_fill_const", []any{dyn("[1,null,3]"), 0}, "[1,0,3]"},
	{"series_fill_linear", []any{dyn("[null,1,null,3,null]")}, "[1,1,2,3,3]"},
	{"series_pearson_correlation", []any{dyn("[1,2,3]"), dyn("[2,4,6]")}, "1.0"},
	{"series_iir", []any{dyn("[1,1,1,1]"), dyn("[1]"), dyn("[1,-1]")}, "[1.0,2.0,3.0,4.0]"},
	{"convert_length", []any{1.2, "Foot", "Foot"}, "1.2"},
	{"convert_temperature", []any{1.2, "Kelvin", "DegreeCelsius"}, "-271.95"},
	{"current_principal", nil, "ann@contoso.com"},
	{"ingestion_time", nil, "null"},
	{"geo_info_from_ip_address", []any{"192.0.2.1"}, "null"},
}
