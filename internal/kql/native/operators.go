package native

import "strings"

// operators has what tabular operators need beside SQL: parse-kv and make-series.
var operators = []fn{
	// text, pair delimiter, key delimiter, quotes, escape, greedy
	{"kql_parse_kv", "sssssb:j", func(a args) any {
		return parsePairs(a.str(0), a.str(1), a.str(2), a.str(3), a.str(4), a.bool(5))
	}},
	// array of [index, value], number of elements, default
	{"kql_make_series", "?jlj:j", func(a args) any {
		n := a.long(1)
		if n < 0 || n > maxResult {
			return errTooLarge
		}
		items := make([]*node, n)
		for i := range items {
			items[i] = a.json(2)
		}
		pairs, _ := a.array(0)
		for _, p := range pairs {
			if len(p.items) != 2 {
				continue
			}
			if f, ok := p.items[0].float(); ok && f >= 0 && int64(f) < n {
				items[int64(f)] = p.items[1]
			}
		}
		return arrayNode(items)
	}},
}

// parsePairs reads key and value pairs; of a key that occurs twice the first value stays. A quoted value ends at its
// quote, any other at the next pair delimiter, or in greedy mode at the last one before the next key.
func parsePairs(s, pair, kv, quotes, escape string, greedy bool) *node {
	out := newObject()
	for s != "" {
		i := strings.Index(s, kv)
		if kv == "" || i < 0 {
			break
		}
		key := s[:i]
		if pair != "" {
			if j := strings.LastIndex(key, pair); j >= 0 {
				key = key[j+len(pair):]
			}
		}
		var value string
		value, s = takeValue(s[i+len(kv):], pair, kv, quotes, escape, greedy)
		out.add(strings.TrimSpace(key), textNode(value))
	}
	return out.node
}

// takeValue splits a value from what follows it.
func takeValue(s, pair, kv, quotes, escape string, greedy bool) (value, rest string) {
	trimmed := strings.TrimLeft(s, " ")
	if trimmed != "" && quotes != "" && strings.ContainsRune(quotes, rune(trimmed[0])) {
		end := quotes[len(quotes)-1]
		if len(quotes) == 1 || len(quotes) > 2 {
			end = trimmed[0]
		}
		if value, rest, ok := quoted(trimmed[1:], end, escape); ok {
			if pair != "" {
				rest = strings.TrimPrefix(strings.TrimLeft(rest, " "), pair)
			}
			return value, rest
		}
	}
	end := len(s)
	if pair != "" {
		if i := strings.Index(s, pair); i >= 0 {
			end = i
		}
		if next := strings.Index(s, kv); greedy && next >= 0 {
			if i := strings.LastIndex(s[:next], pair); i >= 0 {
				end = i
			}
		} else if greedy {
			end = len(s)
		}
	}
	rest = s[end:]
	if pair != "" {
		rest = strings.TrimPrefix(rest, pair)
	}
	return strings.TrimSpace(s[:end]), rest
}

func quoted(s string, end byte, escape string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case escape != "" && strings.HasPrefix(s[i:], escape) && i+len(escape) < len(s):
			i += len(escape)
			b.WriteByte(s[i])
		case s[i] == end:
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", s, false
}
