package builtin

import (
	"strings"

	"passtrail/internal/kql/types"
)

// sqlTypes has DuckDB's type for each of KQL's.
var sqlTypes = map[types.Type]string{types.Bool: "BOOLEAN", types.Int: "INTEGER", types.Long: "BIGINT", types.Real: "DOUBLE",
	types.Decimal: "DECIMAL(38,18)", types.String: "VARCHAR", types.DateTime: "BIGINT", types.TimeSpan: "BIGINT", types.Guid: "VARCHAR", types.Dynamic: "JSON"}

// SQLType returns DuckDB's type for a KQL type.
func SQLType(t types.Type) string { return sqlTypes[t] }

// DecimalText is the SQL of a decimal's text, without zeros at its end; {0} is the decimal. Some functions of DuckDB change
// the digits behind the point, so these are set first.
const DecimalText = "rtrim(rtrim(CAST(CAST({0} AS DECIMAL(38,18)) AS VARCHAR), '0'), '.')"

// converters has the SQL for each conversion that a cast or "todatetime" and its kin make; {0} is the value. What is not
// listed gives null (for text: "").
var converters = map[[2]types.Type]string{
	{types.Bool, types.String}:     "coalesce(CASE {0} WHEN true THEN 'True' WHEN false THEN 'False' END, '')",
	{types.Int, types.String}:      "coalesce(CAST({0} AS VARCHAR), '')",
	{types.Long, types.String}:     "coalesce(CAST({0} AS VARCHAR), '')",
	{types.Real, types.String}:     "coalesce(kql_real_text({0}), '')",
	{types.Decimal, types.String}:  "coalesce(" + DecimalText + ", '')",
	{types.DateTime, types.String}: "coalesce(kql_datetime_text({0}), '')",
	{types.TimeSpan, types.String}: "coalesce(kql_timespan_text({0}), '')",
	{types.Guid, types.String}:     "coalesce({0}, '')",
	{types.Dynamic, types.String}:  "coalesce({0} ->> '$', '')",

	{types.Bool, types.Int}:     "CAST({0} AS INTEGER)",
	{types.Long, types.Int}:     "CAST((({0} & 4294967295) + 2147483648) % 4294967296 - 2147483648 AS INTEGER)",
	{types.Real, types.Int}:     "kql_real_int({0})",
	{types.Decimal, types.Int}:  "TRY_CAST(trunc({0}) AS INTEGER)",
	{types.String, types.Int}:   "kql_text_int({0})",
	{types.DateTime, types.Int}: "CAST((({0} & 4294967295) + 2147483648) % 4294967296 - 2147483648 AS INTEGER)",
	{types.TimeSpan, types.Int}: "CAST((({0} & 4294967295) + 2147483648) % 4294967296 - 2147483648 AS INTEGER)",
	{types.Dynamic, types.Int}:  "kql_dynamic_int({0})",

	{types.Bool, types.Long}:     "CAST({0} AS BIGINT)",
	{types.Int, types.Long}:      "CAST({0} AS BIGINT)",
	{types.Real, types.Long}:     "kql_real_long({0})",
	{types.Decimal, types.Long}:  "TRY_CAST(trunc({0}) AS BIGINT)",
	{types.String, types.Long}:   "kql_text_long({0})",
	{types.DateTime, types.Long}: "{0}",
	{types.TimeSpan, types.Long}: "{0}",
	{types.Dynamic, types.Long}:  "kql_dynamic_long({0})",

	{types.Bool, types.Real}:     "CAST({0} AS DOUBLE)",
	{types.Int, types.Real}:      "CAST({0} AS DOUBLE)",
	{types.Long, types.Real}:     "CAST({0} AS DOUBLE)",
	{types.Decimal, types.Real}:  "CAST({0} AS DOUBLE)",
	{types.String, types.Real}:   "kql_text_real({0})",
	{types.DateTime, types.Real}: "CAST({0} AS DOUBLE)",
	{types.TimeSpan, types.Real}: "CAST({0} AS DOUBLE)",
	{types.Dynamic, types.Real}:  "kql_dynamic_real({0})",

	{types.Bool, types.Decimal}:     "CAST(CAST({0} AS INTEGER) AS DECIMAL(38,18))",
	{types.Int, types.Decimal}:      "CAST({0} AS DECIMAL(38,18))",
	{types.Long, types.Decimal}:     "CAST({0} AS DECIMAL(38,18))",
	{types.Real, types.Decimal}:     "TRY_CAST(CAST({0} AS VARCHAR) AS DECIMAL(38,18))",
	{types.String, types.Decimal}:   "TRY_CAST(translate({0}, '_', '?') AS DECIMAL(38,18))",
	{types.Dynamic, types.Decimal}:  "TRY_CAST(translate({0} ->> '$', '_', '?') AS DECIMAL(38,18))",
	{types.DateTime, types.Decimal}: "CAST({0} AS DECIMAL(38,18))",
	{types.TimeSpan, types.Decimal}: "CAST({0} AS DECIMAL(38,18))",

	{types.Int, types.Bool}:     "{0} <> 0",
	{types.Long, types.Bool}:    "{0} <> 0",
	{types.Real, types.Bool}:    "{0} <> 0",
	{types.Decimal, types.Bool}: "{0} <> 0",
	{types.String, types.Bool}:  "kql_text_bool({0})",
	{types.Dynamic, types.Bool}: "kql_dynamic_bool({0})",

	{types.Int, types.DateTime}:     "kql_ticks_datetime(CAST({0} AS BIGINT))",
	{types.Long, types.DateTime}:    "kql_ticks_datetime({0})",
	{types.Real, types.DateTime}:    "kql_ticks_datetime(kql_real_long({0}))",
	{types.Decimal, types.DateTime}: "kql_ticks_datetime(TRY_CAST(trunc({0}) AS BIGINT))",
	{types.String, types.DateTime}:  "kql_text_datetime({0})",
	{types.Dynamic, types.DateTime}: "kql_dynamic_datetime({0})",

	{types.Int, types.TimeSpan}:     "CAST({0} AS BIGINT)",
	{types.Long, types.TimeSpan}:    "{0}",
	{types.Real, types.TimeSpan}:    "kql_real_long({0})",
	{types.Decimal, types.TimeSpan}: "TRY_CAST(trunc({0}) AS BIGINT)",
	{types.String, types.TimeSpan}:  "kql_text_timespan({0})",
	{types.Dynamic, types.TimeSpan}: "kql_dynamic_timespan({0})",

	{types.String, types.Guid}:  "kql_text_guid({0})",
	{types.Dynamic, types.Guid}: "kql_text_guid({0} ->> '$')",

	{types.Bool, types.Dynamic}:     "to_json({0})",
	{types.Int, types.Dynamic}:      "to_json({0})",
	{types.Long, types.Dynamic}:     "to_json({0})",
	{types.Real, types.Dynamic}:     "CAST(kql_real_json({0}) AS JSON)",
	{types.Decimal, types.Dynamic}:  "to_json(" + DecimalText + ")", // JSON's numbers are doubles
	{types.String, types.Dynamic}:   "to_json({0})",
	{types.DateTime, types.Dynamic}: "to_json(kql_datetime_text({0}))",
	{types.TimeSpan, types.Dynamic}: "to_json(kql_timespan_text({0}))",
	{types.Guid, types.Dynamic}:     "to_json({0})",
}

// Convert returns the SQL that converts a value from one type to another as toint, tostring, todatetime and so on do: what
// cannot be converted is null, or "" for text. To dynamic it wraps the value (text becomes a JSON string; it is not
// parsed). Converting a type to itself changes nothing.
func Convert(sql string, from, to types.Type) string {
	switch {
	case from == to || to.Open() || from == types.Unknown:
		return sql
	case from == types.Null && to == types.String:
		return "''"
	case from == types.Null:
		return "CAST(NULL AS " + sqlTypes[to] + ")"
	}
	template, ok := converters[[2]types.Type{from, to}]
	if !ok {
		return Convert("NULL", types.Null, to)
	}
	if from == types.Real && (to == types.Long || to == types.Int) && !strings.Contains(sql, `"`) {
		template = "kql_constant" + strings.TrimPrefix(template, "kql_real") // without a column in it
	}
	return fill(template, Env{}, []Arg{{SQL: sql, Type: from}})
}

// Converts reports whether a conversion can give anything but null.
func Converts(from, to types.Type) bool {
	_, ok := converters[[2]types.Type{from, to}]
	return ok || from == to || from.Open() || to.Open()
}

// coalesced makes an SQL text expression that is never null.
func coalesced(sql string) string {
	if strings.HasPrefix(sql, "coalesce(") && strings.HasSuffix(sql, ", '')") {
		return sql
	}
	return "coalesce(" + sql + ", '')"
}
