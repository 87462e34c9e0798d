package builtin

import "passtrail/internal/kql/types"

// dynamicFunctions work on arrays and property bags.
var dynamicFunctions = table(Scalar, "Dynamic values",
	def{Sig: "array_length(array:dynamic) long", Make: func(_ Env, a []Arg) string {
		return twice(a, "CASE WHEN json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS BIGINT) END", "kql_array_length({0})")
	}, Old: "arraylength", Help: "Number of elements; null when it is no array.", Example: "array_length(dynamic([1, 2])) == 2"},
	def{Sig: "array_concat(array:dynamic...) dynamic", SQL: "kql_array_concat({*})", Help: "Arrays one after the other.", Example: "array_concat(dynamic([1]), dynamic([2]))"},
	def{Sig: "array_iff(condition:dynamic, when_true:json, when_false:json) dynamic", SQL: "kql_array_iff({0}, {1}, {2})", Also: "array_iif", Help: "Element by element, one value or the other.", Example: "array_iff(dynamic([true, false]), dynamic([1, 2]), 0)"},
	def{Sig: "array_index_of(array:dynamic, value:json, start:long=0, length:long=-1, occurrence:long=1) long", SQL: "kql_array_index_of({0}, {1}, {2}, {3}, {4})", Help: "Index of the first such element, from 0; -1 when there is none.", Example: `array_index_of(dynamic(["a", "b"]), "b") == 1`},
	def{Sig: "array_slice(array:dynamic, start:long, end:long) dynamic", SQL: "kql_array_slice({0}, {1}, {2})", Help: "The elements from start to end, both included; negative ones count from the end.", Example: "array_slice(dynamic([1, 2, 3]), 1, 2)"},
	def{Sig: "array_sum(array:dynamic) real", SQL: "kql_array_sum({0})", Instead: "series_sum", Help: "The sum of the elements; null when one of them is no number.", Example: "array_sum(dynamic([1, 2])) == 3.0"},
	def{Sig: "array_split(array:dynamic, index:json) dynamic", SQL: "kql_array_split({0}, {1})", Help: "The array cut at the given indices.", Example: "array_split(dynamic([1, 2, 3]), 2)"},
	def{Sig: "array_shift_left(array:dynamic, count:long, default:json=NULL) dynamic", SQL: "kql_array_shift({0}, {1}, {2})", Help: "The elements moved to the left, gaps filled.", Example: "array_shift_left(dynamic([1, 2, 3]), 1)"},
	def{Sig: "array_shift_right(array:dynamic, count:long, default:json=NULL) dynamic", SQL: "kql_array_shift_right({0}, {1}, {2})", Help: "The elements moved to the right, gaps filled.", Example: "array_shift_right(dynamic([1, 2, 3]), 1)"},
	def{Sig: "array_rotate_left(array:dynamic, count:long) dynamic", SQL: "kql_array_rotate({0}, {1})", Help: "The elements rotated to the left.", Example: "array_rotate_left(dynamic([1, 2, 3]), 1)"},
	def{Sig: "array_rotate_right(array:dynamic, count:long) dynamic", SQL: "kql_array_rotate_right({0}, {1})", Help: "The elements rotated to the right.", Example: "array_rotate_right(dynamic([1, 2, 3]), 1)"},
	def{Sig: "array_reverse(array:dynamic) dynamic", SQL: "kql_array_reverse({0})", Help: "The elements in reverse order.", Example: "array_reverse(dynamic([1, 2]))"},
	def{Sig: "array_sort_asc(array:dynamic) dynamic", SQL: "kql_array_sort({0}, false, true)", Name: Special, Help: "The elements in ascending order, nulls last.", Example: "array_sort_asc(dynamic([3, 1]))"},
	def{Sig: "array_sort_asc(array:dynamic, nulls_last:bool) dynamic", SQL: "kql_array_sort({0}, false, {1})", Name: Special, Help: "The elements in ascending order.", Example: "array_sort_asc(dynamic([3, null]), false)"},
	def{Sig: "array_sort_asc(array:dynamic...) dynamic", Make: arraySort("false"), Name: Special, Dev: devArraySort, Help: "Several arrays, all in the order of the first.", Example: `array_sort_asc(dynamic([2, 1]), dynamic(["b", "a"]))`},
	def{Sig: "array_sort_asc(array:dynamic, second:dynamic, nulls_last:bool) dynamic", Make: arraySort("false"), Name: Special, Dev: devArraySort, Help: "Several arrays, all in the order of the first.", Example: `array_sort_asc(dynamic([2, 1]), dynamic(["b", "a"]), false)`},
	def{Sig: "array_sort_asc(array:dynamic, second:dynamic, third:dynamic, nulls_last:bool) dynamic", Make: arraySort("false"), Name: Special, Dev: devArraySort, Help: "Several arrays, all in the order of the first.", Example: `array_sort_asc(dynamic([2, 1]), dynamic(["b", "a"]), dynamic([8, 9]), false)`},
	def{Sig: "array_sort_desc(array:dynamic) dynamic", SQL: "kql_array_sort({0}, true, true)", Name: Special, Help: "The elements in descending order, nulls last.", Example: "array_sort_desc(dynamic([1, 3]))"},
	def{Sig: "array_sort_desc(array:dynamic, nulls_last:bool) dynamic", SQL: "kql_array_sort({0}, true, {1})", Name: Special, Help: "The elements in descending order.", Example: "array_sort_desc(dynamic([3, null]), false)"},
	def{Sig: "array_sort_desc(array:dynamic...) dynamic", Make: arraySort("true"), Name: Special, Dev: devArraySort, Help: "Several arrays, all in the order of the first.", Example: `array_sort_desc(dynamic([1, 2]), dynamic(["a", "b"]))`},
	def{Sig: "array_sort_desc(array:dynamic, second:dynamic, nulls_last:bool) dynamic", Make: arraySort("true"), Name: Special, Dev: devArraySort, Help: "Several arrays, all in the order of the first.", Example: `array_sort_desc(dynamic([1, 2]), dynamic(["a", "b"]), false)`},
	def{Sig: "array_sort_desc(array:dynamic, second:dynamic, third:dynamic, nulls_last:bool) dynamic", Make: arraySort("true"), Name: Special, Dev: devArraySort, Help: "Several arrays, all in the order of the first.", Example: `array_sort_desc(dynamic([1, 2]), dynamic(["a", "b"]), dynamic([8, 9]), false)`},
	def{Sig: "range(start:number, stop:number, step:number?) dynamic", Make: rangeArray, Help: "An array from start to stop in steps, of 1 by default.", Example: "range(1, 8, 3)"},
	def{Sig: "range(start:datetime, stop:datetime, step:timespan?) dynamic", Make: rangeArray, Help: "An array from start to stop in steps, of an hour by default.", Example: "range(datetime(2026-01-01), datetime(2026-01-03), 1d)"},
	def{Sig: "range(start:timespan, stop:timespan, step:timespan?) dynamic", Make: rangeArray, Help: "An array from start to stop in steps, of an hour by default.", Example: "range(1h, 5h)"},
	def{Sig: "repeat(value:json, count:long) dynamic", SQL: "kql_repeat({0}, {1})", Name: PrefixFirst, Prefix: "repeat", Help: "An array with the value so many times.", Example: "repeat(1, 3)"},
	def{Sig: "zip(array:dynamic...) dynamic", SQL: "kql_zip({*})", Help: "Arrays of the elements with the same index; short ones are padded with null.", Example: "zip(dynamic([1, 2]), dynamic([3, 4]))"},
	def{Sig: "pack_array(value:json?...) dynamic", SQL: "json_array({*})", NotNull: true, Help: "An array of the values.", Example: "pack_array(1, 2)"},
	def{Sig: "bag_pack(key:text..., value:json...) dynamic", SQL: "kql_bag_pack({*})", Make: bagPack, Also: "pack_dictionary", Old: "pack", NotNull: true, Help: "A property bag of the keys and values.", Example: `bag_pack("level", "info", "n", 1)`},
	def{Sig: "bag_pack_columns(column:any...) dynamic", NotNull: true, Help: "A property bag of the columns, with their names as keys.", Example: "bag_pack_columns(A, B)"},
	def{Sig: "pack_all(ignore_null_empty:const bool=false) dynamic", NotNull: true, Help: "A property bag of all columns of the table.", Example: "pack_all()"},
	def{Sig: "bag_keys(bag:dynamic) dynamic", SQL: "kql_bag_keys({0})", Help: "The keys of a property bag, null when it is none.", Example: `bag_keys(dynamic({"a": 1}))`},
	def{Sig: "bag_has_key(bag:dynamic, key:string) bool", SQL: "kql_bag_has_key({0}, {1})", Help: "Whether a property bag has the key, or the JSON path.", Example: `bag_has_key(dynamic({"a": 1}), "a")`},
	def{Sig: "bag_merge(bag:json...) dynamic", SQL: "kql_bag_merge({*})", Help: "The bags as one; of a key in several, the leftmost wins.", Example: `bag_merge(dynamic({"a": 1}), dynamic({"b": 2}))`},
	def{Sig: "bag_remove_keys(bag:dynamic, keys:dynamic) dynamic", SQL: "kql_bag_remove_keys({0}, {1})", Help: "The bag without the keys, or what the JSON paths lead to.", Example: `bag_remove_keys(dynamic({"a": 1, "b": 2}), dynamic(["a"]))`},
	def{Sig: "bag_set_key(bag:dynamic, key:string, value:json) dynamic", SQL: "kql_bag_set_key({0}, {1}, {2})", Help: "The bag with the value under the key, or at the JSON path.", Example: `bag_set_key(dynamic({}), "a", 1)`},
	def{Sig: "bag_zip(keys:dynamic, values:dynamic) dynamic", SQL: "kql_bag_zip({0}, {1})", Help: "A bag with the keys of one array and the values of another.", Example: `bag_zip(dynamic(["a"]), dynamic([1]))`},
	def{Sig: "treepath(object:dynamic) dynamic", SQL: "kql_treepath({0})", Name: PrefixFirst, Prefix: "tree", Help: "The paths to all leaves.", Example: `treepath(dynamic({"a": {"b": 1}}))`},
	def{Sig: "dynamic_to_json(expr:dynamic) string", SQL: "coalesce(kql_canonical_json({0}), '')", Help: "Canonical JSON text, keys sorted.", Example: `dynamic_to_json(dynamic({"b": 1, "a": 2}))`},
	def{Sig: "dynamic_to_json(expr:text) string", SQL: "{0}", Help: "Of what is not dynamic, the same as tostring.", Example: `dynamic_to_json(1) == "1"`},
	def{Sig: "extract_json(path:const string, json:string) string", SQL: "coalesce(kql_extract_json({0}, {1}) ->> '$', '')", Also: "extractjson", Help: "The element that a JSON path leads to, as text.", Example: `extract_json("$.a", '{"a":1}') == "1"`},
	def{Sig: "extract_json(path:const string, json:string, type:type) typeof", Make: func(_ Env, a []Arg) string {
		t, _ := a[2].Value.(types.Type)
		return Convert(call("kql_extract_json", a[0].SQL, a[1].SQL), types.Dynamic, t)
	}, Also: "extractjson", Help: "The element that a JSON path leads to, converted to the type.", Example: `extract_json("$.a", '{"a":1}', typeof(long)) == 1`},
)

// devArraySort is how sorting several arrays differs.
const devArraySort = "with several arrays the answer is one array of the sorted arrays where a single value is wanted; (a, b) = array_sort_asc(x, y) names them"

// arraySort sorts several arrays; a bool behind them is nulls_last.
func arraySort(desc string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		nullsLast := "true"
		if last := a[len(a)-1]; last.Type == types.Bool {
			nullsLast, a = last.SQL, a[:len(a)-1]
		}
		return call("kql_array_sort_all", append([]string{desc, nullsLast}, sqls(a)...)...)
	}
}

// bagPack is plain SQL when the keys are known to differ.
func bagPack(_ Env, a []Arg) string {
	seen := map[string]bool{}
	for i := 0; i < len(a); i += 2 {
		key, ok := a[i].Value.(string)
		if !ok || seen[key] {
			return call("kql_bag_pack", sqls(a)...)
		}
		seen[key] = true
	}
	return call("json_object", sqls(a)...)
}

// rangeArray makes range() for numbers, instants and timespans.
func rangeArray(_ Env, a []Arg) string {
	t := a[0].Type
	step, stepType := "1", types.Long
	if t == types.DateTime || t == types.TimeSpan {
		step, stepType = "36000000000", types.TimeSpan
	}
	if len(a) > 2 {
		step, stepType = a[2].SQL, a[2].Type
	}
	switch {
	case t == types.DateTime:
		return call("kql_range_datetime", a[0].SQL, a[1].SQL, step)
	case t == types.TimeSpan:
		return call("kql_range_timespan", a[0].SQL, a[1].SQL, step)
	case t.Integer() && a[1].Type.Integer() && stepType.Integer():
		return call("kql_range_long", a[0].SQL, a[1].SQL, step)
	}
	return call("kql_range_real", "CAST("+a[0].SQL+" AS DOUBLE)", "CAST("+a[1].SQL+" AS DOUBLE)", "CAST("+step+" AS DOUBLE)")
}

// setFunctions work on arrays as sets.
var setFunctions = table(Scalar, "Sets",
	def{Sig: "set_union(set:dynamic...) dynamic", SQL: "kql_set_union({*})", Help: "The elements that any of the arrays has, each once.", Example: "set_union(dynamic([1, 2]), dynamic([2, 3]))"},
	def{Sig: "set_intersect(set:dynamic...) dynamic", SQL: "kql_set_intersect({*})", Help: "The elements that all of the arrays have.", Example: "set_intersect(dynamic([1, 2]), dynamic([2, 3]))"},
	def{Sig: "set_difference(set:dynamic...) dynamic", SQL: "kql_set_difference({*})", Help: "The elements of the first array that none of the others has.", Example: "set_difference(dynamic([1, 2]), dynamic([2]))"},
	def{Sig: "set_equals(set1:dynamic, set2:dynamic) bool", SQL: "kql_set_equals({0}, {1})", Help: "Whether two arrays have the same elements.", Example: "set_equals(dynamic([1, 2]), dynamic([2, 1]))"},
	def{Sig: "set_has_element(set:dynamic, value:json) bool", SQL: "kql_set_has({0}, {1})", Help: "Whether the array has the element.", Example: "set_has_element(dynamic([1, 2]), 2)"},
	def{Sig: "jaccard_index(set1:dynamic, set2:dynamic) real", SQL: "kql_jaccard({0}, {1})", Help: "Size of the intersection over the size of the union.", Example: "jaccard_index(dynamic([1, 2]), dynamic([2, 3]))"},
)
