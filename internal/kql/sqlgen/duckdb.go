package sqlgen

import (
	"passtrail/internal/kql/types"
)

// DuckDB is the dialect of DuckDB 1.5, with the functions of package native registered.
var DuckDB = &Dialect{
	Name: "duckdb",
	Types: map[types.Type]string{types.Bool: "BOOLEAN", types.Int: "INTEGER", types.Long: "BIGINT", types.Real: "DOUBLE", types.Decimal: "DECIMAL(38,18)",
		types.String: "VARCHAR", types.DateTime: "BIGINT", types.TimeSpan: "BIGINT", types.Guid: "VARCHAR", types.Dynamic: "JSON"},
	Random:   "random()",
	Series:   "generate_series({0}, {1}, {2})",
	Elems:    "CASE WHEN starts_with({0}, '[') THEN CAST(json_extract({0}, '$[*]') AS JSON[]) WHEN json_type({0}) = 'ARRAY' THEN CAST(json_extract({0}, '$[*]') AS JSON[]) WHEN json_type({0}) = 'OBJECT' THEN list_transform(json_keys({0}), lambda k: json_object(k, json_extract({0}, '/' || replace(replace(k, '~', '~0'), '/', '~1')))) ELSE json_extract(json_array({0}), '$[*]') END",
	Pairs:    "CASE WHEN starts_with({0}, '[') THEN CAST(json_extract({0}, '$[*]') AS JSON[]) WHEN json_type({0}) = 'ARRAY' THEN CAST(json_extract({0}, '$[*]') AS JSON[]) WHEN json_type({0}) = 'OBJECT' THEN list_transform(json_keys({0}), lambda k: json_array(k, json_extract({0}, '/' || replace(replace(k, '~', '~0'), '/', '~1')))) ELSE json_extract(json_array({0}), '$[*]') END",
	Unnest:   "unnest({0})",
	Numbered: "unnest(range({0}))",
	// DuckDB uses IN only to skip row groups and tests the rows after reading all columns; a function goes into the scan.
	Member: "list_contains([{1}], {0})",
	Semi:   " SEMI JOIN ",
	Anti:   " ANTI JOIN ",
	Inf:    "CAST('inf' AS DOUBLE)",
	NegInf: "CAST('-inf' AS DOUBLE)",
	NaN:    "CAST('nan' AS DOUBLE)",
	Aggs: map[string]string{
		"any":        "any_value({0})",
		"series":     makeSeries("0", "{2}"),
		"series own": makeSeries("min({0})", "max({0}) + 1"), "series own first": makeSeries("min({0})", "{2}"), "series own last": makeSeries("0", "max({0}) + 1"),
		"first":          "first({0})",
		"arg_max":        "arg_max_null({0}, {1})",
		"arg_min":        "arg_min_null({0}, {1})",
		"arg_max nulls":  "CASE WHEN count({1}) > 0 THEN arg_max_null({0}, {1}) ELSE first({0}) END",
		"arg_min nulls":  "CASE WHEN count({1}) > 0 THEN arg_min_null({0}, {1}) ELSE first({0}) END",
		"arg_max real":   nanFirst("arg_max_null"),
		"arg_min real":   nanFirst("arg_min_null"),
		"max":            "max({0})",
		"min":            "min({0})",
		"count":          "count(*)",
		"count distinct": "count(DISTINCT {0})",
		"sum real":       "coalesce(sum({0}), 0)",
		"list json":      "coalesce(to_json(list({0}{order})), CAST('[]' AS JSON))",
		"any not empty":  "coalesce(any_value(nullif({0}, '')), '')",
	},
	Window: map[string]string{
		"row_number": "row_number() OVER ({over})",
		"lag":        "lag({0}, {1}) OVER ({over})",
		"lead":       "lead({0}, {1}) OVER ({over})",
		"lag or":     "lag({0}, {1}, {2}) OVER ({over})",
		"lead or":    "lead({0}, {1}, {2}) OVER ({over})",
		"sum long":   "TRY_CAST(sum({0}) OVER ({over} ROWS UNBOUNDED PRECEDING) AS BIGINT)",
		"sum":        "sum({0}) OVER ({over} ROWS UNBOUNDED PRECEDING)",
		"rank":       "rank() OVER ({over})",
		"max so far": "max({0}) OVER ({over} ROWS UNBOUNDED PRECEDING)",
		"dense_rank": "dense_rank() OVER ({over})",
		"count all":  "count(*) OVER ({over})",
		"any":        "any_value({0}) OVER ({over})",
	},
	Ops: duckOps,
}

// duckOps are the operators. Arithmetic on longs wraps around on overflow as Kusto does: the plain operation is tried
// first, and "wide" operands are known to be able to overflow.
var duckOps = map[string]op{
	"not":            {"NOT {0}", precNot, precCompare},
	"positive step":  {"CASE WHEN {0} > 0 AND NOT isnan(CAST({0} AS DOUBLE)) THEN {0} ELSE error('the step of make-series must be greater than 0') END", precAtom, precOther},
	"as long":        {"CAST({0} AS BIGINT)", precAtom, 0},
	"same":           {"{0} IS NOT DISTINCT FROM {1}", precCompare, precOther},
	"matches":        {"kql_matches({0}, {1})", precAtom, 0},
	"in list fold":   {"coalesce(list_contains(from_json(lower(CAST({1} AS VARCHAR)), '[\"VARCHAR\"]'), {0}), FALSE)", precAtom, 0},
	"is not null":    {"{0} IS NOT NULL", precCompare, precOther},
	"regex group":    {"regexp_extract({0}, {1}, {2})", precAtom, 0},
	"parse kv":       {"CAST(kql_parse_kv({0}, {1}, {2}, {3}, {4}, {5}) AS JSON)", precAtom, 0},
	"parse kv regex": {"kql_parse_kv_regex({0}, {1})", precAtom, 0},
	"bin number":     {"CAST(floor(({0} - {1}) / {2}) AS BIGINT)", precAtom, precMul},
	"bin count":      {"greatest(CAST(ceil(({1} - {0}) / {2}) AS BIGINT), 0)", precAtom, precMul},
	"bin last":       {"{0} + (greatest(CAST(ceil(({1} - {0}) / {2}) AS BIGINT), 0) - 1) * {2}", precAdd, precMul},
	"random":         {"random()", precAtom, 0},
	"param":          {"NULL", precAtom, 0},
	"without empty":  {"CAST(kql_bag_drop_empty({0}) AS JSON)", precAtom, 0},
	"is null":        {"{0} IS NULL", precCompare, precOther},

	"add":           {"{0} + {1}", precAdd, precAdd},
	"sub":           {"{0} - {1}", precAdd, precMul},
	"mul":           {"{0} * {1}", precMul, precMul},
	"add wide":      {"coalesce(TRY({0} + {1}), " + wrap("CAST({0} AS HUGEINT) + {1}") + ")", precAtom, precAdd},
	"sub wide":      {"coalesce(TRY({0} - {1}), " + wrap("CAST({0} AS HUGEINT) - {1}") + ")", precAtom, precMul},
	"mul wide":      {"coalesce(TRY({0} * {1}), " + wrap("CAST({0} AS HUGEINT) * {1}") + ")", precAtom, precMul},
	"add try":       {"TRY({0} + {1})", precAtom, precAdd},
	"sub try":       {"TRY({0} - {1})", precAtom, precMul},
	"mul decimal":   {"TRY_CAST(kql_decimal_mul(CAST({0} AS VARCHAR), CAST({1} AS VARCHAR)) AS DECIMAL(38,18))", precAtom, 0},
	"div decimal":   {"TRY_CAST(kql_decimal_div(CAST({0} AS VARCHAR), CAST({1} AS VARCHAR)) AS DECIMAL(38,18))", precAtom, 0},
	"div long":      {"TRY({0} // {1})", precAtom, precMul},
	"div lit":       {"{0} // {1}", precMul, precUnary},
	"mod long":      {"(({0} % {1}) + abs({1})) % abs({1})", precMul, precUnary},
	"mod wide":      {"CAST((CAST({0} AS HUGEINT) % {1} + abs(CAST({1} AS HUGEINT))) % abs(CAST({1} AS HUGEINT)) AS BIGINT)", precAtom, precUnary},
	"mod lit":       {"({0} % {1} + {1}) % {1}", precMul, precUnary},
	"div real":      {"{0} / {1}", precMul, precUnary},
	"mod real":      {"({0} % {1} + abs({1})) % abs({1})", precMul, precUnary},
	"neg":           {"-{0}", precUnary, precAtom},
	"neg try":       {"coalesce(TRY(-{0}), {0})", precAtom, precAtom},
	"span mul real": {"TRY_CAST(trunc({0} * {1}) AS BIGINT)", precAtom, precMul},
	"span div real": {"TRY_CAST(trunc({0} / {1}) AS BIGINT)", precAtom, precUnary},

	"has":           {"kql_has({0}, {1}, 'has')", precAtom, 0},
	"has cs":        {"kql_has({0}, {1}, 'has cs')", precAtom, 0},
	"hasprefix":     {"kql_has({0}, {1}, 'hasprefix')", precAtom, 0},
	"hasprefix cs":  {"kql_has({0}, {1}, 'hasprefix cs')", precAtom, 0},
	"hassuffix":     {"kql_has({0}, {1}, 'hassuffix')", precAtom, 0},
	"hassuffix cs":  {"kql_has({0}, {1}, 'hassuffix cs')", precAtom, 0},
	"pattern":       {"regexp_matches({0}, {1})", precAtom, 0},
	"like":          {"{0} LIKE {1} ESCAPE '\\'", precCompare, precOther},
	"contains":      {"contains({0}, {1})", precAtom, 0},
	"startswith":    {"starts_with({0}, {1})", precAtom, 0},
	"endswith":      {"ends_with({0}, {1})", precAtom, 0},
	"lower":         {"lower({0})", precAtom, 0},
	"json at":       {"json_extract({0}, {1})", precAtom, 0},
	"json text at":  {"json_extract_string({0}, {1})", precAtom, 0},
	"json text":     {"{0} ->> '$'", precOther, precAtom},
	"json number":   {"json_type({0}) IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT', 'UHUGEINT')", precCompare, 0},
	"json real":     {"(json_type({0}) IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT', 'UHUGEINT') OR ({0} ->> '$') IN ('NaN', 'Infinity', '-Infinity'))", precAtom, precAtom},
	"json bool":     {"json_type({0}) = 'BOOLEAN'", precCompare, 0},
	"json key path": {"'/' || replace(replace({0}, '~', '~0'), '/', '~1')", precOther, 0},
	"json index":    {"CAST({0} AS BIGINT)", precAtom, 0},
	"list head":     {"list_slice({0}, 1, {1})", precAtom, 0},
	"in list":       {"coalesce(list_contains(from_json({1}, '[\"VARCHAR\"]'), {0}), FALSE)", precAtom, 0},
	"has any list":  {"coalesce(kql_has_any({0}, {1}), FALSE)", precAtom, 0},
	"has all list":  {"coalesce(kql_has_all({0}, {1}), TRUE)", precAtom, 0},
}

// nanFirst takes the row of a NaN when there is one, as the value itself is NaN then, so that all columns are of one row; of
// nulls only, any.
func nanFirst(fn string) string {
	return "CASE WHEN coalesce(bool_or(isnan({1})), FALSE) THEN first({0}) FILTER (WHERE isnan({1})) WHEN count({1}) > 0 THEN " + fn + "({0}, {1}) ELSE first({0}) END"
}

// makeSeries makes an array of the bins from the first to before the end: {0} is a bin's number, {1} its value, {3} the default.
func makeSeries(first, end string) string {
	return "CAST(kql_make_series(to_json(list(json_array({0}, {1}))), " + first + ", " + end + ", {3}) AS JSON)"
}

// wrap brings a 128-bit result back into 64 bits as overflow does.
func wrap(x string) string {
	return "CAST((((" + x + ") + 9223372036854775808) % 18446744073709551616 + 18446744073709551616) % 18446744073709551616 - 9223372036854775808 AS BIGINT)"
}
