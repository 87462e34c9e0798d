package builtin

import (
	"encoding/json"
	"fmt"
	"strings"

	"passtrail/internal/kql/types"
)

const maxList = "1048576" // default ceiling of make_list and make_set

// sums has the SQL for a total that wraps around as Kusto's longs do: {0} is DuckDB's sum, a 128-bit number.
const wrapped = "coalesce(TRY_CAST({s} AS BIGINT), kql_wrap(CAST({s} AS VARCHAR)), 0)"

func sumSQL(filter string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		s := fill("sum({0})"+filter, Env{}, a)
		if t := a[0].Type; t == types.Real || t == types.Decimal {
			return call("coalesce", s, "0")
		}
		return strings.ReplaceAll(wrapped, "{s}", s)
	}
}

// avgSQL keeps averages of ticks exact; those of numbers are NaN over nothing, and those of whole numbers follow the sum
// when it wraps around.
func avgSQL(filter string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		switch a[0].Type {
		case types.DateTime, types.TimeSpan:
			return fill("CAST(sum({0})"+filter+" // count({0})"+filter+" AS BIGINT)", Env{}, a)
		case types.Decimal:
			return fill("CAST(avg({0})"+filter+" AS DECIMAL(38,18))", Env{}, a)
		}
		if a[0].Type.Integer() {
			sum := strings.ReplaceAll(wrapped, "{s}", fill("sum({0})"+filter, Env{}, a))
			return fill("CAST("+sum+" AS DOUBLE) / count({0})"+filter, Env{}, a)
		}
		return fill("coalesce(avg({0})"+filter+", CAST('nan' AS DOUBLE))", Env{}, a)
	}
}

// filter1 restricts an aggregate to the rows where argument 1 is true.
const filter1 = " FILTER (WHERE {1})"

// minMax keeps text from being null, and gives NaN for reals as soon as there is one.
func minMax(fn, filter string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		sql := fill(fn+"({0})"+filter, Env{}, a)
		switch a[0].Type {
		case types.String:
			return coalesced(sql)
		case types.Real:
			return fill("CASE WHEN bool_or(isnan({0}))"+filter+" THEN CAST('nan' AS DOUBLE) ELSE "+sql+" END", Env{}, a)
		}
		return sql
	}
}

// collect makes the SQL of make_list and make_set. Null is left out but for dynamics and with_nulls; the list becomes JSON as
// a whole where DuckDB writes the elements as Kusto does.
func collect(distinct, nulls bool, cond, limit int, preset string) func(Env, []Arg) string {
	return func(env Env, a []Arg) string {
		where := []string{}
		if !nulls && a[0].Type != types.Dynamic && a[0].Type != types.String {
			where = append(where, Atom(a[0].SQL)+" IS NOT NULL")
		}
		if cond > 0 {
			where = append(where, Atom(a[cond].SQL))
		}
		filter := ""
		if len(where) > 0 {
			filter = " FILTER (WHERE " + strings.Join(where, " AND ") + ")"
		}
		return listJSON(env, a[0], distinct, filter, ceiling(a, limit, preset))
	}
}

// ceiling is how many elements a list, set or bag may have: the argument of that index, or what holds without it.
func ceiling(a []Arg, limit int, preset string) string {
	if limit >= len(a) || limit == 0 {
		return preset
	}
	if n, ok := a[limit].Number(); ok && n < 0 {
		return "0"
	}
	return literal(a[limit])
}

// mergedBag makes the SQL of make_bag.
func mergedBag(cond, limit int, preset string) func(Env, []Arg) string {
	return func(env Env, a []Arg) string {
		filter := ""
		if cond > 0 {
			filter = " FILTER (WHERE " + a[cond].SQL + ")"
		}
		bag := fmt.Sprintf("kql_bag_merge_some(to_json(list(%s%s)%s), %s)", a[0].SQL, lead(env.Order), filter, ceiling(a, limit, preset))
		return "coalesce(" + asJSON(bag) + ", CAST('{}' AS JSON))"
	}
}

// listJSON writes the array. Different values of a set come from DuckDB; only dynamics, whose arrays are flattened, and sets
// in a given order take the way through Go.
func listJSON(env Env, a Arg, distinct bool, filter, size string) string {
	sql := a.SQL
	switch a.Type {
	case types.Real, types.Decimal, types.DateTime, types.TimeSpan:
		sql = Convert(sql, a.Type, types.Dynamic)
	}
	if !distinct && a.Type == types.Dynamic {
		return fmt.Sprintf("coalesce(CAST(kql_flat(to_json(list(%s%s)%s), %s) AS JSON), CAST('[]' AS JSON))", sql, lead(env.Order), filter, size)
	}
	if !distinct {
		return fmt.Sprintf("coalesce(to_json((list(%s%s)%s)[1:%s]), CAST('[]' AS JSON))", sql, lead(env.Order), filter, size)
	}
	if env.Order == "" && a.Type != types.Dynamic {
		return fmt.Sprintf("coalesce(to_json((list(DISTINCT %s)%s)[1:%s]), CAST('[]' AS JSON))", sql, filter, size)
	}
	set := fmt.Sprintf("kql_distinct(to_json(list(%s%s)%s), %s)", Convert(a.SQL, a.Type, types.Dynamic), lead(env.Order), filter, size)
	return "coalesce(" + asJSON(set) + ", CAST('[]' AS JSON))"
}

func lead(order string) string {
	if order == "" {
		return ""
	}
	return " " + order
}

// quantile makes nearest-rank percentiles; the percentile is in the text, as DuckDB wants to know it when it plans.
func quantile(env Env, a []Arg) string {
	sql := "any_value(" + Convert("NULL", types.Null, a[0].Type) + ")"
	if p, ok := a[1].Number(); ok && p >= 0 && p <= 100 {
		sql = fmt.Sprintf("quantile_disc(%s, %s)", a[0].SQL, literal(Arg{Value: p / 100}))
	}
	switch a[0].Type {
	case types.String:
		return coalesced(sql)
	case types.Int:
		return "CAST(" + sql + " AS BIGINT)"
	}
	return sql
}

// quantiles makes an array of percentiles, given as numbers or as one constant array of them.
func quantiles(from int, one func(Env, []Arg) string) func(Env, []Arg) string {
	return func(env Env, a []Arg) string {
		var parts []string
		for _, p := range percents(a[from:]) {
			args := append(append([]Arg{}, a[:from]...), Arg{Value: p, Const: true, Type: types.Real})
			parts = append(parts, Convert(one(env, args), a[0].Type, types.Dynamic))
		}
		if len(parts) == 0 {
			return "any_value(CAST('[]' AS JSON))"
		}
		return call("json_array", parts...)
	}
}

// percents reads the wanted percentiles: numbers, or a dynamic array as JSON text.
func percents(a []Arg) []float64 {
	var out []float64
	for _, arg := range a {
		var list []float64
		if p, ok := arg.Number(); ok {
			out = append(out, p)
		} else if text, ok := arg.Value.(string); ok && json.Unmarshal([]byte(text), &list) == nil {
			out = append(out, list...)
		}
	}
	return out
}

// weighted makes a percentile of values that each count so many times.
func weighted(_ Env, a []Arg) string {
	p, _ := a[2].Number()
	sql := fmt.Sprintf("kql_percentile_weighted(to_json(list(json_array(%s, %s))), %s)", a[0].SQL, a[1].SQL, "CAST("+literal(Arg{Value: p})+" AS DOUBLE)")
	return Convert("CAST("+sql+" AS JSON)", types.Dynamic, ticksAsLong(a[0].Type))
}

// ticksAsLong is the type under which an instant or timespan passes through JSON as a number; an int becomes a long.
func ticksAsLong(t types.Type) types.Type {
	if t == types.DateTime || t == types.TimeSpan || t == types.Int {
		return types.Long
	}
	return t
}

// spread is one of the standard deviation and variance family: 0 over nothing.
func spread(name, fn, help string) []def {
	base := def{Help: help, Name: PrefixFirst, NotNull: true}
	plain, cond := base, base
	plain.Sig, plain.Prefix, plain.Make, plain.Example = name+"(expr:spread) real", name, finite(fn, "{0}", ""), name+"(x)"
	cond.Sig, cond.Prefix, cond.Make, cond.Example = name+"if(expr:spread, predicate:bool) real", name+"if", finite(fn, "{0}", "{1}"), name+"if(x, x > 0)"
	return []def{plain, cond}
}

// finite keeps values that are not finite, or whose square would not be, from an aggregate that raises on them; with one the
// answer is NaN. A whole number, ticks among them, always is finite.
func finite(fn, value, cond string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		ticks := a[0].Type == types.TimeSpan || a[0].Type == types.DateTime
		if ticks || strings.HasPrefix(a[0].SQL, "CAST(") && strings.HasSuffix(a[0].SQL, " AS DOUBLE)") && isAtom(a[0].SQL) && !strings.HasPrefix(a[0].SQL, "CAST('") {
			filter := ""
			if cond != "" {
				filter = " FILTER (WHERE " + cond + ")"
			}
			return fill("coalesce("+fn+"("+value+")"+filter+", 0.0)", Env{}, a)
		}
		both, bad := "abs("+value+") < 1e150", "NOT abs("+value+") < 1e150"
		if cond != "" {
			both, bad = both+" AND "+cond, bad+" AND "+cond
		}
		return fill("CASE WHEN count(*) FILTER (WHERE "+bad+") > 0 THEN CAST('nan' AS DOUBLE) ELSE coalesce("+fn+"("+value+") FILTER (WHERE "+both+"), 0.0) END", Env{}, a)
	}
}

func spreads() []def {
	var defs []def
	defs = append(defs, spread("stdev", "stddev_samp", "Standard deviation of a sample.")...)
	defs = append(defs, spread("stdevp", "stddev_pop", "Standard deviation of a population.")...)
	defs = append(defs, spread("variance", "var_samp", "Variance of a sample.")...)
	defs = append(defs, spread("variancep", "var_pop", "Variance of a population.")...)
	for _, c := range []struct{ name, fn, of string }{{"covariance", "covar_samp", "a sample"}, {"covariancep", "covar_pop", "a population"}} {
		defs = append(defs,
			def{Sig: c.name + "(x:spread, y:spread) real", SQL: "coalesce(" + c.fn + "({0}, {1}), 0.0)", Name: PrefixFirst, Prefix: c.name, NotNull: true, Help: "Covariance of " + c.of + ".", Example: c.name + "(x, y)"},
			def{Sig: c.name + "if(x:spread, y:spread, predicate:bool) real", SQL: "coalesce(" + c.fn + "({0}, {1}) FILTER (WHERE {2}), 0.0)", Name: PrefixFirst, Prefix: c.name + "if", NotNull: true, Help: "Covariance of " + c.of + " where the predicate is true.", Example: c.name + "if(x, y, x > 0)"})
	}
	return defs
}

// distinctCount counts different values; the accuracy is taken and not needed, as the count is exact.
func distinctCount(filter string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		if a[0].Type == types.Dynamic {
			a[0].SQL = "CAST(" + a[0].SQL + " AS VARCHAR)"
		}
		return fill("count(DISTINCT {0})"+filter, Env{}, a)
	}
}

const devDistinct = "exact, where Kusto estimates"

// takeAny prefers values that are not null and not empty.
func takeAny(cond string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		if a[0].Type != types.String {
			if cond != "" {
				cond = filter1
			}
			return fill("any_value({0})"+cond, Env{}, a)
		}
		if cond == "" {
			return fill("coalesce(any_value({0}) FILTER (WHERE {0} <> ''), '')", Env{}, a)
		}
		return fill("coalesce(any_value({0}) FILTER (WHERE {1} AND {0} <> ''), '')", Env{}, a)
	}
}

var aggregateFunctions = table(Aggregate, "Aggregates", append([]def{
	{Sig: "count() long", SQL: "count(*)", Name: PrefixFirst, Prefix: "count", NotNull: true, Help: "Number of rows.", Example: "count()"},
	{Sig: "count(predicate:bool) long", SQL: "count(*) FILTER (WHERE {0})", Instead: "countif", Name: PrefixFirst, Prefix: "count", NotNull: true, Help: "Number of rows for which the predicate is true.", Example: "count(x > 0)"},
	{Sig: "count(expr:any) long", SQL: "count(*)", Instead: "count()", Name: PrefixFirst, Prefix: "count", NotNull: true, Help: "Number of rows, whatever the argument.", Example: "count(x)"},
	{Sig: "countif(predicate:bool) long", SQL: "count(*) FILTER (WHERE {0})", Name: PrefixFirst, Prefix: "countif", NotNull: true, Help: "Number of rows for which the predicate is true.", Example: "countif(x > 0)"},
	{Sig: "dcount(expr:any, accuracy:const long?) long", Make: distinctCount(""), Name: PrefixFirst, Prefix: "dcount", NotNull: true, Dev: devDistinct, Help: "Number of different values; nulls are not counted.", Example: "dcount(x)"},
	{Sig: "dcountif(expr:any, predicate:bool, accuracy:const long?) long", Make: distinctCount(filter1), Name: PrefixFirst, Prefix: "dcountif", NotNull: true, Dev: devDistinct, Help: "Number of different values where the predicate is true.", Example: "dcountif(x, y > 0)"},
	{Sig: "count_distinct(expr:any) long", Make: distinctCount(""), Name: PrefixFirst, Prefix: "count_distinct", NotNull: true, Help: "Exact number of different values.", Example: "count_distinct(x)"},
	{Sig: "count_distinctif(expr:any, predicate:bool) long", Make: distinctCount(filter1), Name: PrefixFirst, Prefix: "count_distinctif", NotNull: true, Help: "Exact number of different values where the predicate is true.", Example: "count_distinctif(x, y > 0)"},
	{Sig: "sum(expr:summable) ^0", Make: sumSQL(""), Name: PrefixFirst, Prefix: "sum", NotNull: true, Help: "The sum; 0 over nothing.", Example: "sum(x)"},
	{Sig: "sumif(expr:summable, predicate:bool) ^0", Make: sumSQL(filter1), Name: PrefixFirst, Prefix: "sumif", NotNull: true, Help: "The sum where the predicate is true.", Example: "sumif(x, x > 0)"},
	{Sig: "avg(expr:plain) real", Make: avgSQL(""), Name: PrefixFirst, Prefix: "avg", Help: "The mean; NaN over nothing.", Example: "avg(x)"},
	{Sig: "avg(expr:timespan) timespan", Make: avgSQL(""), Name: PrefixFirst, Prefix: "avg", Help: "The mean.", Example: "avg(x)"},
	{Sig: "avg(expr:datetime) datetime", Make: avgSQL(""), Name: PrefixFirst, Prefix: "avg", Help: "The mean.", Example: "avg(x)"},
	{Sig: "avg(expr:decimal) decimal", Make: avgSQL(""), Name: PrefixFirst, Prefix: "avg", Help: "The mean.", Example: "avg(x)"},
	{Sig: "avgif(expr:plain, predicate:bool) real", Make: avgSQL(filter1), Name: PrefixFirst, Prefix: "avgif", Help: "The mean where the predicate is true.", Example: "avgif(x, y > 0)"},
	{Sig: "avgif(expr:timespan, predicate:bool) timespan", Make: avgSQL(filter1), Name: PrefixFirst, Prefix: "avgif", Help: "The mean where the predicate is true.", Example: "avgif(x, y > 0)"},
	{Sig: "avgif(expr:datetime, predicate:bool) datetime", Make: avgSQL(filter1), Name: PrefixFirst, Prefix: "avgif", Help: "The mean where the predicate is true.", Example: "avgif(x, y > 0)"},
	{Sig: "avgif(expr:decimal, predicate:bool) decimal", Make: avgSQL(filter1), Name: PrefixFirst, Prefix: "avgif", Help: "The mean where the predicate is true.", Example: "avgif(x, y > 0)"},
	{Sig: "min(expr:ordered) =0", Make: minMax("min", ""), Name: PrefixFirst, Prefix: "min", Help: "The least value.", Example: "min(x)"},
	{Sig: "minif(expr:ordered, predicate:bool) =0", Make: minMax("min", filter1), Name: PrefixFirst, Prefix: "minif", Help: "The least value where the predicate is true.", Example: "minif(x, y > 0)"},
	{Sig: "max(expr:ordered) =0", Make: minMax("max", ""), Name: PrefixFirst, Prefix: "max", Help: "The greatest value.", Example: "max(x)"},
	{Sig: "maxif(expr:ordered, predicate:bool) =0", Make: minMax("max", filter1), Name: PrefixFirst, Prefix: "maxif", Help: "The greatest value where the predicate is true.", Example: "maxif(x, y > 0)"},
	{Sig: "arg_max(expr:ordered, returned:any...) =0", Name: Special, Help: "The row with the greatest value: that value and the columns named, * for all.", Example: "arg_max(TimeGenerated, *)"},
	{Sig: "arg_min(expr:ordered, returned:any...) =0", Name: Special, Help: "The row with the least value: that value and the columns named, * for all.", Example: "arg_min(TimeGenerated, *)"},
	{Sig: "argmax(expr:ordered, returned:any...) =0", Instead: "arg_max", Name: Special, Prefix: "max", Help: "The old arg_max, which names its columns max_x and max_x_y.", Example: "argmax(TimeGenerated, *)"},
	{Sig: "argmin(expr:ordered, returned:any...) =0", Instead: "arg_min", Name: Special, Prefix: "min", Help: "The old arg_min, which names its columns min_x and min_x_y.", Example: "argmin(TimeGenerated, *)"},
	{Sig: "take_any(expr:any) =0", Make: takeAny(""), Name: Special, Help: "Some value, preferably neither null nor empty.", Example: "take_any(x)"},
	{Sig: "take_any(expr:any, more:any...) =0", Name: Special, Help: "The columns of some row, * for all.", Example: "take_any(x, y)"},
	{Sig: "take_anyif(expr:any, predicate:bool) =0", Make: takeAny(filter1), Name: KeepFirst, Help: "Some value where the predicate is true.", Example: "take_anyif(x, y > 0)"},
	{Sig: "any(expr:any) =0", Make: takeAny(""), Instead: "take_any", Name: PrefixFirst, Prefix: "any", Help: "The old take_any.", Example: "any(x)"},
	{Sig: "any(expr:any, more:any...) =0", Instead: "take_any", Name: Special, Prefix: "any", Help: "The old take_any.", Example: "any(x, y)"},
	{Sig: "anyif(expr:any, predicate:bool) =0", Make: takeAny(filter1), Instead: "take_anyif", Name: PrefixFirst, Prefix: "anyif", Help: "The old take_anyif.", Example: "anyif(x, y > 0)"},
	{Sig: "make_list(expr:any, maxSize:const long?) dynamic", Make: collect(false, false, 0, 1, maxList), Name: PrefixFirst, Prefix: "list", NotNull: true, Help: "An array of the values, nulls left out; the elements of arrays stand for these.", Example: "make_list(x)"},
	{Sig: "make_list_if(expr:any, predicate:bool, maxSize:const long?) dynamic", Make: collect(false, false, 1, 2, maxList), Name: PrefixFirst, Prefix: "list", NotNull: true, Help: "An array of the values where the predicate is true.", Example: "make_list_if(x, y > 0)"},
	{Sig: "make_list_with_nulls(expr:any) dynamic", Make: collect(false, true, 0, 0, maxList), Name: PrefixFirst, Prefix: "list", NotNull: true, Help: "An array of the values, nulls included.", Example: "make_list_with_nulls(x)"},
	{Sig: "makelist(expr:any, maxSize:const long?) dynamic", Make: collect(false, false, 0, 1, "128"), Instead: "make_list", Name: PrefixFirst, Prefix: "list", NotNull: true, Help: "The old make_list, of at most 128 values by default.", Example: "makelist(x)"},
	{Sig: "make_set(expr:any, maxSize:const long?) dynamic", Make: collect(true, false, 0, 1, maxList), Name: PrefixFirst, Prefix: "set", NotNull: true, Help: "An array of the different values.", Example: "make_set(x)"},
	{Sig: "make_set_if(expr:any, predicate:bool, maxSize:const long?) dynamic", Make: collect(true, false, 1, 2, maxList), Name: PrefixFirst, Prefix: "set", NotNull: true, Help: "An array of the different values where the predicate is true.", Example: "make_set_if(x, y > 0)"},
	{Sig: "makeset(expr:any, maxSize:const long?) dynamic", Make: collect(true, false, 0, 1, "128"), Instead: "make_set", Name: PrefixFirst, Prefix: "set", NotNull: true, Help: "The old make_set, of at most 128 values by default.", Example: "makeset(x)"},
	{Sig: "make_bag(expr:dynamic, maxSize:const long?) dynamic", Make: mergedBag(0, 1, maxList), Name: PrefixFirst, Prefix: "bag", NotNull: true, Help: "The bags as one; of a key in several, the first wins.", Example: "make_bag(x)"},
	{Sig: "make_dictionary(expr:dynamic, maxSize:const long?) dynamic", Make: mergedBag(0, 1, "128"), Instead: "make_bag", Name: PrefixFirst, Prefix: "dictionary", NotNull: true, Help: "The old make_bag.", Example: "make_dictionary(x)"},
	{Sig: "make_bag_if(expr:dynamic, predicate:bool, maxSize:const long?) dynamic", Make: mergedBag(1, 2, maxList), Name: PrefixFirst, Prefix: "bag", NotNull: true, Help: "The bags as one where the predicate is true.", Example: "make_bag_if(x, y > 0)"},
	{Sig: "buildschema(expr:dynamic) dynamic", SQL: "kql_build_schema(to_json(list({0})))", Name: PrefixFirst, Prefix: "schema", Help: "A schema that all the values fit.", Example: "buildschema(x)"},
	{Sig: "percentile(expr:rankable, percentile:const number) ^0", Make: quantile, Name: Special, Dev: devPercentile, Help: "The value at that nearest rank.", Example: "percentile(x, 95)"},
	{Sig: "percentiles(expr:rankable, percentile:const number...) ^0", Make: quantile, Name: Special, Dev: devPercentile, Help: "The values at these nearest ranks, a column each.", Example: "percentiles(x, 5, 50, 95)"},
	{Sig: "percentiles_array(expr:rankable, percentile:const json...) dynamic", Make: quantiles(1, quantile), Name: PrefixFirst, Prefix: "percentiles", Dev: devPercentile, Help: "The values at these nearest ranks, as an array.", Example: "percentiles_array(x, 5, 50, 95)"},
	{Sig: "percentilew(expr:weighed, weight:long, percentile:const number) ^0", Make: weighted, Name: Special, Dev: devPercentile, Help: "The value at that nearest rank, each counted by its weight.", Example: "percentilew(x, w, 95)"},
	{Sig: "percentilesw(expr:weighed, weight:long, percentile:const number...) ^0", Make: weighted, Name: Special, Dev: devPercentile, Help: "The values at these nearest ranks, a column each.", Example: "percentilesw(x, w, 50, 95)"},
	{Sig: "percentilesw_array(expr:weighed, weight:long, percentile:const json...) dynamic", Make: quantiles(2, weighted), Name: PrefixFirst, Prefix: "percentiles", Dev: devPercentile, Help: "The values at these nearest ranks, as an array.", Example: "percentilesw_array(x, w, 50, 95)"},
	{Sig: "binary_all_and(expr:long) =0", SQL: "bit_and({0})", Name: KeepFirst, Help: "Bitwise and of the values.", Example: "binary_all_and(x)"},
	{Sig: "binary_all_or(expr:long) =0", SQL: "bit_or({0})", Name: KeepFirst, Help: "Bitwise or of the values.", Example: "binary_all_or(x)"},
	{Sig: "binary_all_xor(expr:long) =0", SQL: "bit_xor({0})", Name: KeepFirst, Help: "Bitwise exclusive or of the values.", Example: "binary_all_xor(x)"},
}, spreads()...)...)

const devPercentile = "exact, where Kusto estimates over many values"

// sketchFunctions keep enough of many values to merge and to ask later.
var sketchFunctions = append(table(Aggregate, "Sketches",
	def{Sig: "hll(expr:any, accuracy:const long?) dynamic", Make: func(_ Env, a []Arg) string { return hllSQL(a[0], "") }, Name: PrefixFirst, Prefix: "hll", Dev: devSketch, Help: "A sketch of the different values, to be merged and counted later.", Example: "hll(x)"},
	def{Sig: "hll_if(expr:any, predicate:bool, accuracy:const long?) dynamic", Make: func(_ Env, a []Arg) string { return hllSQL(a[0], " FILTER (WHERE "+a[1].SQL+")") }, Name: PrefixFirst, Prefix: "hll_if", Dev: devSketch, Help: "A sketch of the different values where the predicate is true.", Example: "hll_if(x, y > 0)"},
	def{Sig: "hll_merge(hll:dynamic) dynamic", SQL: "kql_hll_merge_all(to_json(list({0})))", Name: PrefixFirst, Prefix: "hll_merge", Dev: devSketch, Help: "Sketches as one.", Example: "hll_merge(h)"},
	def{Sig: "tdigest(expr:number, weight:long?) dynamic", Make: tdigest, Name: PrefixFirst, Prefix: "tdigest", Dev: devSketch, Help: "A sketch of the distribution, to be merged and asked for percentiles later.", Example: "tdigest(x)"},
	def{Sig: "tdigest(expr:summable, weight:long?) dynamic", Make: tdigest, Name: PrefixFirst, Prefix: "tdigest", Dev: devSketch, Help: "A sketch of the distribution.", Example: "tdigest(x)"},
	def{Sig: "tdigest_merge(tdigest:dynamic) dynamic", SQL: "kql_tdigest_merge_all(to_json(list({0})))", Also: "merge_tdigest", Name: PrefixFirst, Prefix: "merge_tdigests", Dev: devSketch, Help: "Sketches as one.", Example: "tdigest_merge(t)"},
), table(Scalar, "Sketches",
	def{Sig: "dcount_hll(hll:dynamic) long", SQL: "kql_dcount_hll({0})", Name: PrefixFirst, Prefix: "dcount_hll", Dev: devSketch, Help: "Number of different values that a sketch has seen.", Example: "dcount_hll(h)"},
	def{Sig: "hll_merge(hll:dynamic, more:dynamic...) dynamic", SQL: "kql_hll_merge_all(json_array({*}))", Name: PrefixOnly, Prefix: "hll_merged_result", Dev: devSketch, Help: "Sketches as one.", Example: "hll_merge(h1, h2)"},
	def{Sig: "tdigest_merge(tdigest:dynamic, more:dynamic...) dynamic", SQL: "kql_tdigest_merge_all(json_array({*}))", Also: "merge_tdigest", Name: PrefixOnly, Prefix: "tdigests_merge_result", Dev: devSketch, Help: "Sketches as one.", Example: "tdigest_merge(t1, t2)"},
	def{Sig: "percentile_tdigest(tdigest:dynamic, percentile:real) dynamic", SQL: "kql_percentile_tdigest({0}, {1})", Name: PrefixFirst, Prefix: "percentile_tdigest", Dev: devSketch, Help: "A percentile from a sketch.", Example: "percentile_tdigest(t, 50)"},
	def{Sig: "percentile_tdigest(tdigest:dynamic, percentile:real, type:type) typeof", Make: func(_ Env, a []Arg) string {
		t, _ := a[2].Value.(types.Type)
		if t == types.Int {
			t = types.Long
		}
		return Convert(call("kql_percentile_tdigest", a[0].SQL, a[1].SQL), types.Dynamic, t)
	}, Name: PrefixFirst, Prefix: "percentile_tdigest", Dev: devSketch, Help: "A percentile from a sketch, of that type.", Example: "percentile_tdigest(t, 50, typeof(long))"},
	def{Sig: "percentiles_array_tdigest(tdigest:dynamic, percentile:json...) dynamic", SQL: "kql_percentiles_tdigest({0}, json_array({1*}))", Name: PrefixFirst, Prefix: "percentile_tdigest", Dev: devSketch, Help: "Percentiles from a sketch.", Example: "percentiles_array_tdigest(t, 5, 50)"},
	def{Sig: "percentrank_tdigest(digest:dynamic, value:spread) real", SQL: "kql_percentrank_tdigest({0}, {1})", Dev: devSketch, Help: "How many per cent of the values are not above.", Example: "percentrank_tdigest(t, 7)"},
	def{Sig: "rank_tdigest(digest:dynamic, value:spread) real", SQL: "kql_rank_tdigest({0}, {1})", Dev: devSketch, Help: "How many of the values are not above.", Example: "rank_tdigest(t, 7)"},
)...)

const devSketch = "sketches have their own form: they merge with each other, not with ones made by Kusto"

func hllSQL(a Arg, filter string) string {
	return overRows(fmt.Sprintf("kql_hll(to_json(coalesce(list(DISTINCT %s)%s, [])))", hashed("kql_hash", a), filter))
}

func tdigest(_ Env, a []Arg) string {
	weight := "1"
	if len(a) > 1 {
		weight = a[1].SQL
	}
	unit := ""
	if t := a[0].Type; t == types.DateTime || t == types.TimeSpan {
		unit = t.String()
	}
	return overRows(fmt.Sprintf("kql_tdigest(to_json(coalesce(list(json_array(%s, %s)), [])), '%s')", a[0].SQL, weight, unit))
}

// overRows makes a sketch of no rows at all null.
func overRows(sketch string) string {
	return "CASE WHEN count(*) > 0 THEN " + asJSON(sketch) + " END"
}
