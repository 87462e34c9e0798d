package native

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// texts work on text without patterns.
var texts = []fn{
	{"kql_strcat_array", "js:s", func(a args) any {
		items, ok := a.array(0)
		if !ok {
			return nil
		}
		parts := make([]string, len(items))
		for i, n := range items {
			parts[i] = n.plain()
		}
		return strings.Join(parts, a.str(1))
	}},
	{"kql_strcmp", "ss:l", func(a args) any { return int64(strings.Compare(a.str(0), a.str(1))) }},
	{"kql_strrep", "sls:s", func(a args) any { return repeated(a.str(0), a.long(1), a.str(2)) }},
	{"kql_reverse", "s:s", func(a args) any { return reversed(a.str(0)) }},
	{"kql_substring", "?sll:s", func(a args) any { return substring(a) }},
	{"kql_indexof", "sslll:l", func(a args) any { return indexOf(a.str(0), a.str(1), a.long(2), a.long(3), a.long(4)) }},
	{"kql_split", "ss:j", func(a args) any { return arrayNode(splitNodes(a.str(0), a.str(1))) }},
	{"kql_split_at", "ssl:j", func(a args) any {
		parts := splitNodes(a.str(0), a.str(1))
		if i := a.long(2); i >= 0 && i < int64(len(parts)) {
			return arrayNode(parts[i : i+1])
		}
		return arrayNode(nil)
	}},
	{"kql_replace", "sss:s", replaceAll},
	{"kql_replace_strings", "sjj:s", replaceStrings},
	{"kql_translate", "sss:s", func(a args) any { return translate([]rune(a.str(0)), []rune(a.str(1)), a.str(2)) }},
	{"kql_countof", "ss:l", func(a args) any { return countOf(a.str(0), a.str(1)) }},
	{"kql_has_any_index", "sj:l", hasAnyIndex},
	{"kql_has", "sss:b", func(a args) any {
		mode, exact := strings.CutSuffix(a.str(2), " cs")
		s, word := a.str(0), a.str(1)
		if !exact {
			s, word = strings.ToLower(s), strings.ToLower(word)
		}
		return hasTerm(s, word, mode != "hassuffix", mode != "hasprefix")
	}},
	{"kql_has_any", "sj:b", func(a args) any {
		at, _ := hasAnyIndex(a).(int64)
		return a.json(1).kind == array && at >= 0
	}},
	{"kql_has_all", "sj:b", func(a args) any {
		s, words := strings.ToLower(a.str(0)), a.json(1)
		for _, w := range words.items {
			if !hasTerm(s, strings.ToLower(w.plain()), true, true) {
				return false
			}
		}
		return true
	}},
	{"kql_codepoints", "s:j", func(a args) any {
		var items []*node
		for _, r := range a.str(0) {
			items = append(items, longNode(int64(r)))
		}
		return arrayNode(items)
	}},
	{"kql_from_codepoints", "j:s", func(a args) any {
		var b strings.Builder
		if !appendCodepoints(&b, a.json(0)) {
			return nil
		}
		return b.String()
	}},
	{"kql_isascii", "s:b", func(a args) any { return ascii(a.str(0)) }},
	{"kql_format_bytes", "rls:s", func(a args) any { return formatBytes(a.real(0), a.long(1), a.str(2)) }},
	{"kql_punycode_encode", "s:s", func(a args) any { return punyEncode(a.str(0)) }},
	{"kql_punycode_decode", "s:s", func(a args) any {
		s, err := idna.Punycode.ToUnicode("xn--" + a.str(0))
		if err != nil {
			return nil
		}
		return s
	}},
	{"kql_punycode_domain_encode", "s:s", func(a args) any { return domainLabels(a.str(0), encodeLabel) }},
	{"kql_punycode_domain_decode", "s:s", func(a args) any { return domainLabels(a.str(0), decodeLabel) }},
}

// repeated repeats at most 1,024 times, as documented.
func repeated(s string, n int64, delimiter string) any {
	n = min(n, 1024)
	if n <= 0 {
		return ""
	}
	if int64(len(s)+len(delimiter))*n > 16*maxResult {
		return errTooLarge
	}
	return strings.Repeat(s+delimiter, int(n)-1) + s
}

func reversed(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// substring counts from 0; a negative start counts from the end, and beyond the beginning there is nothing.
func substring(a args) string {
	if a.null(0) || a.null(1) {
		return ""
	}
	r := []rune(a.str(0))
	n, start := int64(len(r)), a.long(1)
	if start < 0 {
		start += n
	}
	if start < 0 || start >= n {
		return ""
	}
	end := n
	if !a.null(2) {
		if a.long(2) <= 0 {
			return ""
		}
		end = start + min(a.long(2), n-start)
	}
	return string(r[start:end])
}

// indexOf finds the given occurrence of match from start on, each within length characters of where the search for it
// begins; all positions count characters. For empty text there is no position: null.
func indexOf(s, match string, start, length, occurrence int64) any {
	if match == "" {
		return nil
	}
	r, m := []rune(s), []rune(match)
	n := int64(len(r))
	if start < 0 {
		start = max(n+start, 0)
	}
	if length < -1 || occurrence < 0 {
		return nil
	}
	for ; start <= n; start++ {
		end := n
		if length >= 0 {
			end = start + min(length, n-start)
		}
		at := runesIndex(r[start:end], m)
		if at < 0 {
			break
		}
		start += at
		if occurrence--; occurrence == 0 {
			return start
		}
	}
	return int64(-1)
}

func runesIndex(s, match []rune) int64 {
	at := strings.Index(string(s), string(match))
	if at < 0 {
		return -1
	}
	return int64(utf8.RuneCountInString(string(s)[:at]))
}

func splitNodes(s, delimiter string) []*node {
	parts := []string{s}
	if delimiter != "" {
		parts = strings.Split(s, delimiter)
	}
	items := make([]*node, len(parts))
	for i, p := range parts {
		items[i] = textNode(p)
	}
	return items
}

// replaceAll replaces all occurrences, unless the text would become too large.
func replaceAll(a args) any {
	s, lookup, rewrite := a.str(0), a.str(1), a.str(2)
	if lookup == "" {
		return s
	}
	if n := strings.Count(s, lookup); len(s)+n*(len(rewrite)-len(lookup)) > 16*maxResult {
		return errTooLarge
	}
	return strings.ReplaceAll(s, lookup, rewrite)
}

// replaceStrings replaces in the order of the lookups: what an earlier one has matched, later ones do not see, be it
// replaced or, where the rewrite is no text, left as it is.
func replaceStrings(a args) any {
	from, ok1 := a.array(1)
	to, ok2 := a.array(2)
	if !ok1 || !ok2 || len(from) != len(to) {
		return nil
	}
	parts := []segment{{text: a.str(0)}}
	for i, f := range from {
		if f.kind != text || f.text == "" {
			continue
		}
		rewrite := f.text
		if to[i].kind == text {
			rewrite = to[i].text
		}
		if parts = replaceIn(parts, f.text, rewrite); len(parts) > maxResult {
			return errTooLarge
		}
	}
	var b strings.Builder
	for _, p := range parts {
		if b.WriteString(p.text); b.Len() > 16*maxResult {
			return errTooLarge
		}
	}
	return b.String()
}

// segment is a piece of a text; done says that a lookup has matched it.
type segment struct {
	text string
	done bool
}

func replaceIn(parts []segment, lookup, rewrite string) []segment {
	var out []segment
	for _, p := range parts {
		if p.done {
			out = append(out, p)
			continue
		}
		for i, piece := range strings.Split(p.text, lookup) {
			if i > 0 {
				out = append(out, segment{rewrite, true})
			}
			if piece != "" {
				out = append(out, segment{text: piece})
			}
		}
	}
	return out
}

// translate replaces characters; when there are fewer replacements, the last one serves for the rest, and none deletes.
func translate(from, to []rune, s string) string {
	m := map[rune]int{}
	for i, r := range from {
		if _, ok := m[r]; !ok {
			m[r] = i
		}
	}
	return strings.Map(func(r rune) rune {
		i, ok := m[r]
		switch {
		case !ok:
			return r
		case len(to) == 0:
			return -1
		}
		return to[min(i, len(to)-1)]
	}, s)
}

// countOf counts occurrences, overlapping ones too.
func countOf(s, match string) int64 {
	if match == "" {
		return 0
	}
	n := int64(0)
	for {
		i := strings.Index(s, match)
		if i < 0 {
			return n
		}
		n++
		_, size := utf8.DecodeRuneInString(s[i:])
		s = s[i+size:]
	}
}

func hasAnyIndex(a args) any {
	values, ok := a.array(1)
	if !ok {
		return nil
	}
	s := strings.ToLower(a.str(0))
	for i, v := range values {
		if hasTerm(s, strings.ToLower(v.plain()), true, true) {
			return int64(i)
		}
	}
	return int64(-1)
}

// hasTerm reports whether the term stands in s with no letter or digit before it, where start asks for that, nor behind it,
// where end does. No boundary is needed where the term itself begins or ends with a separator.
func hasTerm(s, term string, start, end bool) bool {
	if term == "" {
		return true
	}
	first, size := utf8.DecodeRuneInString(term)
	last, _ := utf8.DecodeLastRuneInString(term)
	start, end = start && wordRune(first), end && wordRune(last)
	for at := 0; ; at += size {
		i := strings.Index(s[at:], term)
		if i < 0 {
			return false
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		after, _ := utf8.DecodeRuneInString(s[at+len(term):])
		if !(start && wordRune(before)) && !(end && wordRune(after)) {
			return true
		}
	}
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r))
}

// appendCodepoints writes the characters of numbers and arrays of them; false when a value is no code point.
func appendCodepoints(b *strings.Builder, n *node) bool {
	if n.kind == array {
		for _, e := range n.items {
			if !appendCodepoints(b, e) {
				return false
			}
		}
		return true
	}
	c, ok := dynamicLong(n).(int64)
	if !ok || c < 0 || c > unicode.MaxRune || !utf8.ValidRune(rune(c)) {
		return false
	}
	b.WriteRune(rune(c))
	return true
}

var byteUnits = []string{"Bytes", "KB", "MB", "GB", "TB", "PB", "EB"}

// formatBytes writes a size with the unit asked for, or the greatest in which it is at least 1.
func formatBytes(size float64, precision int64, unit string) any {
	i := 0
	if unit == "" {
		for abs := math.Abs(size); abs >= 1024 && i < len(byteUnits)-1; i++ {
			abs /= 1024
		}
	} else {
		for i = range byteUnits {
			if strings.EqualFold(byteUnits[i], unit) {
				break
			}
		}
	}
	v := size / math.Pow(1024, float64(i))
	p := math.Pow(10, float64(min(max(precision, 0), 15)))
	v = math.Round(v*p) / p
	return strings.TrimSuffix(realText(v), ".0") + " " + byteUnits[i]
}

func punyEncode(s string) string {
	p, err := idna.Punycode.ToASCII(s)
	if err != nil {
		return s
	}
	return strings.TrimPrefix(p, "xn--")
}

// domainLabels writes each label of a domain name anew; null when one cannot be. Other scripts' full stops part labels too.
func domainLabels(domain string, label func(string) (string, error)) any {
	labels := strings.Split(strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(domain), ".")
	for i, l := range labels {
		s, err := label(l)
		if err != nil {
			return nil
		}
		labels[i] = s
	}
	return strings.Join(labels, ".")
}

func encodeLabel(l string) (string, error) { return idna.Punycode.ToASCII(l) }

func decodeLabel(l string) (string, error) { return idna.Punycode.ToUnicode(l) }

// clip shortens a text for a message.
func clip(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return fmt.Sprintf("%q", s)
}
