package native

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// operators has what tabular operators need beside SQL: parse-kv and make-series.
var operators = []fn{
	// text, pair delimiter, key delimiter, quotes, escape, greedy
	{"kql_parse_kv", "sssssb:j", func(a args) any {
		return parsePairs(a.str(0), a.str(1), a.str(2), a.str(3), a.str(4), a.bool(5))
	}},
	// text, pattern with a group for the key and one for the value
	{"kql_parse_kv_regex", "ss:j", func(a args) any {
		return withRegex(a.str(1), func(re *pattern) any {
			out := newObject()
			for _, m := range re.all(a.str(0), -1) {
				if re.NumSubexp() > 1 {
					out.add(group(a.str(0), m, 1), textNode(group(a.str(0), m, 2)))
				}
			}
			return out.node
		})
	}},
	// array of [index, value], first index, index behind the last, default
	{"kql_make_series", "?jllj:j", func(a args) any {
		first, n := a.long(1), a.long(2)-a.long(1)
		switch {
		case a.null(1) || a.null(2):
			return nil // a series without rows and bounds
		case n > maxResult:
			return errTooLarge
		}
		items := make([]*node, max(n, 0))
		for i := range items {
			items[i] = a.json(3)
		}
		pairs, _ := a.array(0)
		for _, p := range pairs {
			if len(p.items) != 2 {
				continue
			}
			if i, ok := dynamicLong(p.items[0]).(int64); ok && i >= first && i-first < n {
				items[i-first] = p.items[1]
			}
		}
		return arrayNode(items)
	}},
}

// parsePairs reads key and value pairs; of a key that occurs twice the first value stays. A quoted value ends at its
// quote, any other at the next pair delimiter, or in greedy mode at the last one before the next key.
func parsePairs(s, pair, kv, quotes, escape string, greedy bool) *node {
	if pair == "" && kv == "" {
		return parseWords(s, quotes, escape)
	}
	out := newObject()
	for s != "" {
		if key, rest, ok := quotedKey(s, kv, quotes, escape); ok {
			var value string
			value, s = takeValue(rest, pair, kv, quotes, escape, greedy)
			out.add(key, textNode(value))
			continue
		}
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

// parseWords reads keys and values where no delimiters are given: whatever is neither letter nor digit separates words,
// and the value of a word is the one behind it. Quoted text is one word.
func parseWords(s, quotes, escape string) *node {
	out := newObject()
	key, known := "", false
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		word, rest, ok := "", s[size:], false
		switch {
		case quotes != "" && strings.ContainsRune(quotes, r):
			word, rest, ok = quoted(s[size:], closingQuote(quotes, s[0]), escape)
			if !ok {
				rest = s[size:]
			}
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			if end < 0 {
				end = len(s)
			}
			word, rest, ok = s[:end], s[end:], true
		}
		s = rest
		if !ok {
			continue
		}
		if known {
			out.add(key, textNode(word))
		}
		key, known = word, true
	}
	return out.node
}

// quotedKey takes a key in quotes and the delimiter behind it off the text.
func quotedKey(s, kv, quotes, escape string) (key, rest string, ok bool) {
	t := strings.TrimLeft(s, " ")
	if quotes == "" || t == "" || kv == "" || !strings.ContainsRune(quotes, rune(t[0])) {
		return "", "", false
	}
	key, rest, ok = quoted(t[1:], closingQuote(quotes, t[0]), escape)
	if !ok {
		return "", "", false
	}
	rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " "), kv)
	return key, rest, ok
}

// closingQuote is the quote that ends what opening began: of two quotes, the second.
func closingQuote(quotes string, opening byte) byte {
	if len(quotes) == 2 {
		return quotes[1]
	}
	return opening
}

// takeValue splits a value from what follows it.
func takeValue(s, pair, kv, quotes, escape string, greedy bool) (value, rest string) {
	trimmed := strings.TrimLeft(s, " ")
	if trimmed != "" && quotes != "" && strings.ContainsRune(quotes, rune(trimmed[0])) {
		end := closingQuote(quotes, trimmed[0])
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
