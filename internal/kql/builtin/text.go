package builtin

import (
	"fmt"

	"passtrail/internal/kql/types"
)

// textFunctions work on text without patterns.
var textFunctions = table(Scalar, "Strings",
	def{Sig: "strcat(arg:text...) string", SQL: "concat({*})", Help: "The arguments as text, one after the other.", Example: `strcat("a", 1, true) == "a1True"`},
	def{Sig: "strcat_delim(delimiter:text, arg:text...) string", SQL: "concat_ws({0}, {1*})", Help: "The arguments as text, with the delimiter between them.", Example: `strcat_delim("-", 1, "a") == "1-a"`},
	def{Sig: "strcat_array(array:dynamic, delimiter:text) string", SQL: "coalesce(kql_strcat_array({0}, {1}), '')", Also: "array_strcat", Help: "The elements of an array as text, with the delimiter between them.", Example: `strcat_array(dynamic([1, 2]), "->") == "1->2"`},
	def{Sig: "strcmp(s1:text, s2:text) long", SQL: "kql_strcmp({0}, {1})", Help: "-1, 0 or 1 as the first text sorts before, with or after the second, by code point.", Example: `strcmp("ABC", "abc") == -1`},
	def{Sig: "strrep(value:text, multiplier:long, delimiter:text='') string", SQL: "coalesce(kql_strrep({0}, {1}, {2}), '')", Help: "The text repeated, at most 1,024 times, with the delimiter between.", Example: `strrep("ab", 2, "-") == "ab-ab"`},
	def{Sig: "strlen(text:string) long", SQL: "length({0})", Name: PrefixFirst, Prefix: "strlen", NotNull: true, Help: "Number of characters (code points).", Example: `strlen("héllo") == 5`},
	def{Sig: "string_size(text:string) long", SQL: "strlen({0})", Name: PrefixFirst, Prefix: "string_size", NotNull: true, Help: "Number of bytes in UTF-8.", Example: `string_size("⒦⒰⒮⒯⒪") == 15`},
	def{Sig: "toupper(value:text) string", SQL: "replace(upper({0}), 'ẞ', 'ß')", Help: "In upper case.", Example: `toupper("hello") == "HELLO"`},
	def{Sig: "tolower(value:text) string", SQL: "lower({0})", Help: "In lower case.", Example: `tolower("Hello") == "hello"`},
	def{Sig: "reverse(value:text) string", SQL: "kql_reverse({0})", Help: "The characters in reverse order.", Example: `reverse("abc") == "cba"`},
	def{Sig: "substring(text:text, start:long, length:long?) string", Make: substring, Help: "Part of a text. The start counts from 0, a negative one from the end; without length, up to the end.", Example: `substring("ABCD", -2, 2) == "CD"`},
	def{Sig: "indexof(text:text, match:text) long", Make: func(_ Env, a []Arg) string {
		if s, ok := a[1].Value.(string); ok && s != "" {
			return fmt.Sprintf("instr(%s, %s) - 1", a[0].SQL, a[1].SQL)
		}
		return call("kql_indexof", a[0].SQL, a[1].SQL, "0", "-1", "1")
	}, Help: "Position of the first occurrence, from 0; -1 when there is none.", Example: `indexof("abcdefg", "cde") == 2`},
	def{Sig: "indexof(text:text, match:text, start:long, length:long=-1, occurrence:long=1) long", SQL: "kql_indexof({0}, {1}, {2}, {3}, {4})", Help: "Position of the given occurrence from the start on; a negative start counts from the end.", Example: `indexof("abcdefg", "cde", 1, 5) == 2`},
	def{Sig: "split(source:text, delimiter:string) dynamic", Make: split, Name: KeepFirst, Help: "The parts between delimiters, as an array of texts.", Example: `split("aa_bb", "_")`},
	def{Sig: "split(source:text, delimiter:string, index:long) dynamic", SQL: "kql_split_at({0}, {1}, {2})", Name: KeepFirst, Help: "An array with only the part of that index.", Example: `split("a@b", "@", 1)`},
	def{Sig: "replace_string(text:string, lookup:string, rewrite:string) string", Make: replaced, Help: "All occurrences of a text replaced.", Example: `replace_string("A magic trick", "magic", "card") == "A card trick"`},
	def{Sig: "replace_strings(text:string, lookups:dynamic, rewrites:dynamic) string", SQL: "coalesce(kql_replace_strings({0}, {1}, {2}), '')", Help: "Each lookup replaced by the rewrite of the same index, one after the other.", Example: `replace_strings("a b", dynamic(["a", "b"]), dynamic(["1", "2"])) == "1 2"`},
	def{Sig: "translate(searchList:string, replacementList:string, source:string) string", SQL: "kql_translate({0}, {1}, {2})", Help: "Each character of the search list replaced by that of the replacement list at the same place.", Example: `translate("krasp", "otsku", "spark") == "kusto"`},
	def{Sig: "countof(source:string, search:string) long", SQL: "kql_countof({0}, {1})", NotNull: true, Help: "Number of occurrences, overlapping ones counted.", Example: `countof("aaa", "a") == 3`},
	def{Sig: "has_any_index(source:string, values:dynamic) long", SQL: "kql_has_any_index({0}, {1})", Help: "Index of the first of the values that the text has as a term; -1 for none.", Example: `has_any_index("this is an example", dynamic(["this", "example"])) == 0`},
	def{Sig: "unicode_codepoints_from_string(value:text) dynamic", SQL: "kql_codepoints({0})", Old: "to_utf8", Help: "The code points of a text.", Example: `unicode_codepoints_from_string("ab")`},
	def{Sig: "unicode_codepoints_to_string(value:json...) string", SQL: "coalesce(kql_from_codepoints(json_array({*})), '')", Old: "make_string", Help: "The text with these code points, given as numbers or arrays of them.", Example: `unicode_codepoints_to_string(75, dynamic([117])) == "Ku"`},
	def{Sig: "isascii(value:text) bool", SQL: "kql_isascii({0})", NotNull: true, Help: "Whether all characters are ASCII.", Example: `isascii("some string")`},
	def{Sig: "isutf8(value:text) bool", SQL: "{0} IS NOT NULL", NotNull: true, Help: "Whether the text is valid UTF-8; text here always is.", Example: `isutf8("a")`},
	def{Sig: "format_bytes(size:real, precision:const number=0, units:const string='') string", SQL: "coalesce(kql_format_bytes({0}, CAST({1} AS BIGINT), {2}), '')", Name: KeepFirst, Help: "A size with its unit.", Example: `format_bytes(1024) == "1 KB"`},
	def{Sig: "punycode_from_string(text:string) string", SQL: "kql_punycode_encode({0})", Help: "The text in punycode, without the xn-- prefix.", Example: `punycode_from_string("académie-française")`},
	def{Sig: "punycode_to_string(text:string) string", SQL: "coalesce(kql_punycode_decode({0}), '')", Help: "The text that the punycode stands for.", Example: `punycode_to_string("acadmie-franaise-npb1a")`},
	def{Sig: "punycode_domain_from_string(text:string) string", SQL: "coalesce(kql_punycode_domain_decode({0}), '')", Help: "The domain name that stands behind labels in punycode.", Example: `punycode_domain_from_string("xn--bcher-kva.contoso.com") == "bücher.contoso.com"`},
	def{Sig: "punycode_domain_to_string(text:string) string", SQL: "coalesce(kql_punycode_domain_encode({0}), '')", Help: "A domain name with each label in punycode.", Example: `punycode_domain_to_string("bücher.contoso.com") == "xn--bcher-kva.contoso.com"`},
)

// regexFunctions take patterns.
var regexFunctions = table(Scalar, "Patterns",
	def{Sig: "extract(regex:regex string, captureGroup:long, source:string) string", SQL: "coalesce(kql_extract({0}, {1}, {2}), '')", Dev: devRegex, Help: "The first match of a group (0 is the whole match); empty when there is none.", Example: `extract("x=([0-9.]+)", 1, "hello x=45.6") == "45.6"`},
	def{Sig: "extract(regex:regex string, captureGroup:long, source:string, type:type) typeof", Make: func(_ Env, a []Arg) string {
		t, _ := a[3].Value.(types.Type)
		found := call("kql_extract", a[0].SQL, a[1].SQL, a[2].SQL)
		if t == types.Dynamic {
			return call("kql_parse_json", found)
		}
		return Convert(found, types.String, t)
	}, Dev: devRegex, Help: "The first match of a group, converted to the type.", Example: `extract("x=([0-9.]+)", 1, "hello x=45.6", typeof(real)) == 45.6`},
	def{Sig: "extract_all(regex:regex string, source:string) dynamic", SQL: "kql_extract_all({0}, NULL, {1})", Old: "extractall", Dev: devRegex, Help: "All matches; with several groups each is an array. Null when there is none.", Example: `extract_all(@"(\d+)", "a set of 123, 456")`},
	def{Sig: "extract_all(regex:regex string, captureGroups:dynamic, source:string) dynamic", SQL: "kql_extract_all({0}, {1}, {2})", Old: "extractall", Dev: devRegex, Help: "All matches of the groups named by number or name.", Example: `extract_all(@"(\w)(\w)", dynamic([2]), "abcd")`},
	def{Sig: "replace_regex(source:string, lookup:regex string, rewrite:const string) string", SQL: "kql_replace_regex({0}, {1}, {2})", Dev: devRegex, Help: `All matches replaced; \1 in the rewrite is the first group.`, Example: `replace_regex("a-b", @"(\w)-(\w)", @"\2-\1") == "b-a"`},
	def{Sig: "replace(regex:regex string, rewrite:const string, source:string) string", SQL: "kql_replace_regex({2}, {0}, {1})", Instead: "replace_regex", Dev: devRegex, Help: "The old replace_regex, with the text last.", Example: `replace("_", "@", "u_d.org") == "u@d.org"`},
	def{Sig: "trim(regex:regex string, source:string) string", SQL: "kql_trim({0}, {1})", Dev: devRegex, Help: "The pattern removed once at each end.", Example: `trim("--", "--x--") == "x"`},
	def{Sig: "trim_start(regex:regex string, source:string) string", SQL: "kql_trim_start({0}, {1})", Dev: devRegex, Help: "The pattern removed once at the start.", Example: `trim_start("--", "--x") == "x"`},
	def{Sig: "trim_end(regex:regex string, source:string) string", SQL: "kql_trim_end({0}, {1})", Dev: devRegex, Help: "The pattern removed once at the end.", Example: `trim_end("--", "x--") == "x"`},
	def{Sig: "countof(source:string, search:string, kind:string|normal|regex) long", Make: func(_ Env, a []Arg) string {
		if s, _ := a[2].Value.(string); s == "regex" {
			return call("kql_countof_regex", a[0].SQL, a[1].SQL)
		}
		return call("kql_countof", a[0].SQL, a[1].SQL)
	}, NotNull: true, Dev: devRegex, Help: "Number of occurrences; those of a pattern do not overlap.", Example: `countof("abcabc", "a.c", "regex") == 2`},
	def{Sig: "indexof_regex(text:text, regex:regex text, start:long=0, length:long=-1, occurrence:long=1) long", SQL: "kql_indexof_regex({0}, {1}, {2}, {3}, {4})", Dev: devRegex, Help: "Position of the given match, from 0; -1 when there is none.", Example: `indexof_regex("abcabc", @"a.c") == 0`},
	def{Sig: "regex_quote(text:text) string", SQL: "kql_regex_quote({0})", Help: "The text as a pattern that matches just it.", Example: `regex_quote("(a)")`},
)

// devRegex is what patterns have in common.
const devRegex = `patterns run on RE2: the flag x, \b{start} and \b{end} are refused`

// substring is plain SQL when the start is a known number that is not negative, as it almost always is.
func substring(_ Env, a []Arg) string {
	start, ok := a[1].Value.(int64)
	if !ok || start < 0 {
		length := "CAST(NULL AS BIGINT)"
		if len(a) > 2 {
			length = a[2].SQL
		}
		return call("kql_substring", a[0].SQL, a[1].SQL, length)
	}
	start++
	if len(a) < 3 {
		return fmt.Sprintf("substring(%s, %d)", a[0].SQL, start)
	}
	if n, ok := a[2].Value.(int64); ok && n >= 0 {
		return fmt.Sprintf("substring(%s, %d, %d)", a[0].SQL, start, n)
	}
	return call("kql_substring", a[0].SQL, a[1].SQL, a[2].SQL)
}

// split is plain SQL when the delimiter is a known text; an empty one does not split.
func split(_ Env, a []Arg) string {
	if d, ok := a[1].Value.(string); ok && d != "" {
		return fmt.Sprintf("to_json(string_split(%s, %s))", a[0].SQL, a[1].SQL)
	}
	return call("kql_split", a[0].SQL, a[1].SQL)
}

// replaced writes the plain function where the text cannot grow by it. A text that would grow far is left to one that has a
// bound: a few replacements in a row make any text fill the memory. The plain one is kept from it inside as well, since
// the database computes constants wherever they stand.
func replaced(_ Env, a []Arg) string {
	old, isConst := a[1].Value.(string)
	rewrite, known := a[2].Value.(string)
	if isConst && known && len(rewrite) <= len(old) {
		return fill("replace({0}, {1}, {2})", Env{}, a)
	}
	const far = "strlen({0}) * strlen({2}) > 65536"
	return fill("CASE WHEN "+far+" THEN kql_replace({0}, {1}, {2}) ELSE replace(CASE WHEN "+far+" THEN '' ELSE {0} END, {1}, {2}) END", Env{}, a)
}
