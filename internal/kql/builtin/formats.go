package builtin

import (
	"fmt"

	"passtrail/internal/kql/types"
)

// parseFunctions take texts of known forms apart.
var parseFunctions = table(Scalar, "Parsing",
	def{Sig: "parse_csv(csv_text:text) dynamic", SQL: "kql_parse_csv({0})", Name: KeepFirst, Help: "The fields of a line of comma-separated values; of several lines, the first.", Example: `parse_csv("aa,b,cc")`},
	def{Sig: "parse_xml(xml_text:text) dynamic", SQL: "kql_parse_xml({0})", Name: KeepFirst, Help: "XML as a property bag: attributes as @name, text as #text.", Example: `parse_xml("<a b='1'>x</a>")`},
	def{Sig: "parse_url(url:string) dynamic", SQL: "kql_parse_url({0})", Old: "parseurl", Help: "The parts of an address: Scheme, Host, Port, Path, Username, Password, Query Parameters, Fragment.", Example: `parse_url("https://contoso.com/a?x=1").Host == "contoso.com"`},
	def{Sig: "parse_urlquery(query:string) dynamic", SQL: "kql_parse_urlquery({0})", Old: "parseurlquery", Help: "The parameters of an address's query.", Example: `parse_urlquery("k1=v1&k2=v2")`},
	def{Sig: "parse_path(path:string) dynamic", SQL: "kql_parse_path({0})", Help: "The parts of a file path: Scheme, RootPath, DirectoryPath, DirectoryName, Filename, Extension, AlternateDataStreamName.", Example: `parse_path(@"C:\temp\file.txt").Filename == "file.txt"`},
	def{Sig: "parse_version(version:string) decimal", SQL: "TRY_CAST(kql_parse_version({0}) AS DECIMAL(38,18))", Dev: "the number is at a different scale, as decimals have 18 digits after the point; versions compare alike", Help: "A version of up to four parts as a number that compares as versions do.", Example: `parse_version("0.0.0.5") < parse_version("0.0.7.0")`},
	def{Sig: "parse_user_agent(user_agent:string) dynamic", SQL: `kql_parse_user_agent({0}, '["browser","os","device"]')`, Dev: devAgent, Help: "Browser, operating system and device of a user agent.", Example: `parse_user_agent("Mozilla/5.0", "browser")`},
	def{Sig: "parse_user_agent(user_agent:string, look_for:json) dynamic", SQL: "kql_parse_user_agent({0}, {1})", Dev: devAgent, Help: "Those asked for of browser, os and device.", Example: `parse_user_agent("Mozilla/5.0", "browser")`},
	def{Sig: "parse_command_line(command:text, parser:string|windows) dynamic", SQL: "kql_parse_command_line({0})", Help: "The arguments of a Windows command line.", Example: `parse_command_line("echo \"hello world\"", "windows")`},
)

const devAgent = "families and versions come from another library's rules and may be named differently for rare agents; device Brand and Model are often empty"

// encodingFunctions encode, compress and hash.
var encodingFunctions = table(Scalar, "Encoding and hashes",
	def{Sig: "url_encode(url:string) string", SQL: "kql_url_encode({0})", Help: "Percent-encoded, spaces as +.", Example: `url_encode("a b") == "a+b"`},
	def{Sig: "url_encode_component(url:string) string", SQL: "kql_url_encode_component({0})", Help: "Percent-encoded, spaces as %20.", Example: `url_encode_component("a b") == "a%20b"`},
	def{Sig: "url_decode(encoded_url:string) string", SQL: "kql_url_decode({0})", Help: "Percent-encoding undone.", Example: `url_decode("a%20b") == "a b"`},
	def{Sig: "base64_encode_tostring(text:string) string", SQL: "kql_base64_encode({0})", Old: "base64_encodestring", Help: "Text in base64.", Example: `base64_encode_tostring("Kusto") == "S3VzdG8="`},
	def{Sig: "base64_decode_tostring(base64:string) string", SQL: "coalesce(kql_base64_decode({0}), '')", Old: "base64_decodestring", Help: "The text that the base64 stands for; empty when it is not UTF-8.", Example: `base64_decode_tostring("S3VzdG8=") == "Kusto"`},
	def{Sig: "base64_decode_toarray(base64:string) dynamic", SQL: "kql_base64_decode_array({0})", Help: "The bytes that the base64 stands for.", Example: `base64_decode_toarray("S3VzdG8=")`},
	def{Sig: "base64_encode_fromarray(bytes:dynamic) string", SQL: "coalesce(kql_base64_encode_array({0}), '')", Help: "Bytes in base64.", Example: `base64_encode_fromarray(dynamic([75])) == "Sw=="`},
	def{Sig: "base64_decode_toguid(base64:string) guid", SQL: "kql_base64_decode_guid({0})", Help: "The GUID that the base64 stands for.", Example: `base64_decode_toguid("JpbpECu8dUy7Pv5gbeJXAA==")`},
	def{Sig: "base64_encode_fromguid(guid:guid) string", SQL: "coalesce(kql_base64_encode_guid({0}), '')", Help: "A GUID's bytes in base64.", Example: `base64_encode_fromguid(toguid("10e99626-bc2b-754c-bb3e-fe606de25700"))`},
	def{Sig: "gzip_compress_to_base64_string(text:string) string", SQL: "kql_gzip({0})", Dev: devCompress, Help: "Text compressed with gzip, in base64.", Example: `gzip_compress_to_base64_string("a")`},
	def{Sig: "gzip_decompress_from_base64_string(text:string) string", SQL: "coalesce(kql_gunzip({0}), '')", Help: "The text that was compressed with gzip.", Example: `gzip_decompress_from_base64_string(gzip_compress_to_base64_string("a")) == "a"`},
	def{Sig: "zlib_compress_to_base64_string(text:string) string", SQL: "kql_zlib({0})", Dev: devCompress, Help: "Text compressed with zlib, in base64.", Example: `zlib_compress_to_base64_string("a")`},
	def{Sig: "zlib_decompress_from_base64_string(text:string) string", SQL: "coalesce(kql_unzlib({0}), '')", Help: "The text that was compressed with zlib.", Example: `zlib_decompress_from_base64_string(zlib_compress_to_base64_string("a")) == "a"`},
	def{Sig: "hash(source:any) long", Make: hashing("kql_hash", ""), Also: "hash_xxhash64", Dev: devHash, Help: "The xxhash64 of the value.", Example: `hash("World") == 1846988464401551951`},
	def{Sig: "hash(source:any, mod:long) long", Make: hashing("kql_hash", "%"), Also: "hash_xxhash64", Dev: devHash, Help: "The xxhash64 of the value, modulo mod.", Example: `hash("World", 100) == 51`},
	def{Sig: "hash_many(source:any...) long", Make: hashMany, Dev: "combines the values' hashes in its own way: equal values agree with each other, not with Kusto's numbers", Help: "One hash of several values.", Example: `hash_many("a", "b")`},
	def{Sig: "hash_combine(hash:long...) long", Make: func(_ Env, a []Arg) string { return call("kql_hash_combine", sqls(a)...) }, Dev: "combines the hashes in its own way", Help: "One hash of several hashes.", Example: `hash_combine(hash("a"), hash("b"))`},
	def{Sig: "hash_md5(source:text) string", SQL: "md5({0})", Dev: devHash, Help: "The MD5 in hexadecimal.", Example: `hash_md5("World") == "f5a7924e621e84c9280a9a27e1bcb7f6"`},
	def{Sig: "hash_sha1(source:text) string", SQL: "sha1({0})", Dev: devHash, Help: "The SHA-1 in hexadecimal.", Example: `hash_sha1("World") == "70c07ec18ef89c5309bbb0937f3a6342411e1fdd"`},
	def{Sig: "hash_sha256(source:text) string", SQL: "sha256({0})", Dev: devHash, Help: "The SHA-256 in hexadecimal.", Example: `hash_sha256("World") == "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524"`},
)

const (
	devCompress = "the compressed bytes may differ; decompressing gives the same text"
	devHash     = "values other than text and whole numbers hash by their text or ticks, which may differ from Kusto"
)

// networkFunctions know addresses.
var networkFunctions = table(Scalar, "IP addresses",
	def{Sig: "parse_ipv4(ip:string) long", SQL: "kql_parse_ipv4({0})", Help: "An IPv4 address as a number, with its prefix applied; null when it is none.", Example: `parse_ipv4("127.0.0.1") == 2130706433`},
	def{Sig: "parse_ipv4_mask(ip:string, prefix:long) long", SQL: "kql_parse_ipv4_mask({0}, {1})", Help: "An IPv4 address under a prefix, as a number.", Example: `parse_ipv4_mask("192.168.255.255", 24)`},
	def{Sig: "format_ipv4(ip:json, prefix:long=32) string", SQL: "coalesce(kql_format_ipv4({0}, {1}), '')", Help: "An IPv4 address, given as number or text, under a prefix, as text.", Example: `format_ipv4("192.168.1.255", 24) == "192.168.1.0"`},
	def{Sig: "format_ipv4_mask(ip:json, prefix:long=32) string", SQL: "coalesce(kql_format_ipv4_mask({0}, {1}), '')", Help: "An IPv4 network in CIDR notation.", Example: `format_ipv4_mask("192.168.1.255", 24) == "192.168.1.0/24"`},
	def{Sig: "ipv4_compare(ip1:string, ip2:string, prefix:long=32) long", SQL: "kql_ipv4_compare({0}, {1}, {2})", Help: "-1, 0 or 1; null when one is no address.", Example: `ipv4_compare("192.168.1.1/24", "192.168.1.255/24") == 0`},
	def{Sig: "ipv4_is_match(ip1:string, ip2:string, prefix:long=32) bool", SQL: "kql_ipv4_compare({0}, {1}, {2}) = 0", Help: "Whether two addresses agree under the smallest prefix.", Example: `ipv4_is_match("192.168.1.1/24", "192.168.1.255")`},
	def{Sig: "ipv4_is_in_range(ip:string, range:string) bool", SQL: "kql_ipv4_is_in_range({0}, {1})", Help: "Whether the address is in the network.", Example: `ipv4_is_in_range("192.168.1.6", "192.168.1.0/24")`},
	def{Sig: "ipv4_is_in_any_range(ip:string, ranges:json...) bool", SQL: "kql_ipv4_is_in_any_range({*})", Help: "Whether the address is in one of the networks.", Example: `ipv4_is_in_any_range("192.168.1.6", "10.0.0.0/8", "192.168.1.0/24")`},
	def{Sig: "ipv4_is_private(ip:string) bool", SQL: "kql_ipv4_is_private({0})", Help: "Whether the address is in a private network.", Example: `ipv4_is_private("10.0.0.1")`},
	def{Sig: "ipv4_netmask_suffix(ip:string) long", SQL: "kql_ipv4_netmask_suffix({0})", Help: "The length of the prefix.", Example: `ipv4_netmask_suffix("10.1.2.3/16") == 16`},
	def{Sig: "ipv4_range_to_cidr_list(start:string, end:string) dynamic", SQL: "kql_ipv4_range_to_cidr({0}, {1})", Help: "The networks that make up a range.", Example: `ipv4_range_to_cidr_list("1.1.128.0", "1.1.140.255")`},
	def{Sig: "parse_ipv6(ip:string) string", SQL: "coalesce(kql_parse_ipv6({0}), '')", Help: "An IPv6 or IPv4 address in full IPv6 form.", Example: `parse_ipv6("127.0.0.1") == "0000:0000:0000:0000:0000:ffff:7f00:0001"`},
	def{Sig: "parse_ipv6_mask(ip:string, prefix:long) string", SQL: "coalesce(kql_parse_ipv6_mask({0}, {1}), '')", Help: "An address under a prefix in full IPv6 form.", Example: `parse_ipv6_mask("127.0.0.1", 24)`},
	def{Sig: "ipv6_compare(ip1:string, ip2:string, prefix:long=128) long", SQL: "kql_ipv6_compare({0}, {1}, {2})", Help: "-1, 0 or 1; null when one is no address.", Example: `ipv6_compare("::1", "::1") == 0`},
	def{Sig: "ipv6_is_match(ip1:string, ip2:string, prefix:long=128) bool", SQL: "kql_ipv6_compare({0}, {1}, {2}) = 0", Help: "Whether two addresses agree under the smallest prefix.", Example: `ipv6_is_match("2001:db8::1", "2001:db8::1")`},
	def{Sig: "ipv6_is_in_range(ip:string, range:string) bool", SQL: "kql_ipv6_is_in_range({0}, {1})", Help: "Whether the address is in the network.", Example: `ipv6_is_in_range("2001:db8::1", "2001:db8::/32")`},
	def{Sig: "ipv6_is_in_any_range(ip:string, ranges:json...) bool", SQL: "kql_ipv6_is_in_any_range({*})", Help: "Whether the address is in one of the networks.", Example: `ipv6_is_in_any_range("2001:db8::1", "2001:db8::/32")`},
	def{Sig: "has_ipv4(source:text, ip:string) bool", SQL: "kql_has_any_ipv4({0}, to_json({1}))", NotNull: true, Help: "Whether the text has the address as a whole.", Example: `has_ipv4("05:04:54 127.0.0.1 GET", "127.0.0.1")`},
	def{Sig: "has_ipv4_prefix(source:text, prefix:string) bool", SQL: "kql_has_any_ipv4_prefix({0}, to_json({1}))", NotNull: true, Help: "Whether the text has an address that begins so.", Example: `has_ipv4_prefix("05:04:54 127.0.0.1 GET", "127.0.")`},
	def{Sig: "has_any_ipv4(source:text, ips:json...) bool", SQL: "kql_has_any_ipv4({*})", NotNull: true, Help: "Whether the text has one of the addresses.", Example: `has_any_ipv4("127.0.0.1 GET", "127.0.0.1", "127.0.0.2")`},
	def{Sig: "has_any_ipv4_prefix(source:text, prefixes:json...) bool", SQL: "kql_has_any_ipv4_prefix({*})", NotNull: true, Help: "Whether the text has an address that begins with one of these.", Example: `has_any_ipv4_prefix("127.0.0.1 GET", "127.0.", "192.168.")`},
	def{Sig: "geo_info_from_ip_address(ip:string) dynamic", SQL: "kql_geo_info({0})", Dev: "null without a database of addresses: a MaxMind-format file geo.mmdb in the data directory", Help: "Country, state, city and position of an address.", Example: `geo_info_from_ip_address("192.0.2.1")`},
)

// systemFunctions tell about the query's surroundings.
var systemFunctions = table(Scalar, "Surroundings",
	def{Sig: "current_principal() string", SQL: "{user}", Help: "Who asks.", Example: "current_principal()"},
	def{Sig: "current_principal_details() dynamic", SQL: "json_object('UserPrincipalName', {user}, 'IdentityProvider', '', 'Authority', '', 'Mfa', '', 'Type', 'AadUser', 'DisplayName', '', 'ObjectId', '', 'FQN', {user}, 'Notes', '')", NotNull: true, Dev: "only the names are filled", Help: "Who asks, as a property bag.", Example: "current_principal_details()"},
	def{Sig: "current_principal_is_member_of(group:json...) bool", SQL: "false", NotNull: true, Dev: "always false: groups are not known here", Help: "Whether the person is a member of one of the groups.", Example: `current_principal_is_member_of("aadgroup=ops@contoso.com")`},
	def{Sig: "current_database() string", SQL: "{database}", Help: "Name of the database.", Example: "current_database()"},
	def{Sig: "current_cluster_endpoint() string", SQL: "{cluster}", Help: "Address of the service.", Example: "current_cluster_endpoint()"},
	def{Sig: "ingestion_time() datetime", SQL: "CAST(NULL AS BIGINT)", Name: PrefixOnly, Prefix: "$IngestionTime", Dev: "null, as in a table without the ingestion time policy", Help: "When the record was ingested.", Example: "ingestion_time()"},
	def{Sig: "extent_id() guid", SQL: "CAST(NULL AS VARCHAR)", Old: "extentid", Dev: "always null: there are no extents", Help: "The data shard of the record.", Example: "extent_id()"},
	def{Sig: "extent_tags() dynamic", SQL: "CAST(NULL AS JSON)", Dev: "always null: there are no extents", Help: "Tags of the record's data shard.", Example: "extent_tags()"},
	def{Sig: "new_guid() guid", SQL: "CAST(uuid() AS VARCHAR)", Volatile: true, NotNull: true, Help: "A new random GUID.", Example: "new_guid()"},
	def{Sig: "estimate_data_size(column:any...) long", Make: dataSize, NotNull: true, Dev: "the bytes of texts and the fixed size of other types; a dynamic counts the bytes of its JSON", Help: "About how many bytes the columns take.", Example: "estimate_data_size(1, \"abc\") == 11"},
	def{Sig: "assert(condition:bool, message:const string) bool", NotNull: true, Help: "True; when the condition, which must be a constant, does not hold, the query ends with the message.", Example: `assert(1 < 2, "order")`},
)

// fixedSize is how many bytes a value of a type takes.
var fixedSize = map[types.Type]int{types.Bool: 1, types.Int: 4, types.Guid: 16, types.Decimal: 16}

// dataSize adds up the sizes of the arguments.
func dataSize(_ Env, a []Arg) string {
	fixed, sql := 0, ""
	for _, arg := range a {
		switch size, ok := fixedSize[arg.Type]; {
		case arg.Type == types.String || arg.Type == types.Dynamic:
			sql += " + strlen(coalesce(CAST(" + arg.SQL + " AS VARCHAR), ''))"
		case ok:
			fixed += size
		default:
			fixed += 8
		}
	}
	return fmt.Sprintf("CAST(%d AS BIGINT)%s", fixed, sql)
}
