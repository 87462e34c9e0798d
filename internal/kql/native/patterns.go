package native

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"passtrail/internal/kql/builtin"
)

// patterns take regular expressions. What is no pattern was reported when the query was compiled; one that is only known
// now fails the query.
var patterns = []fn{
	{"kql_extract", "sls:s", func(a args) any {
		return withRegex(a.str(0), func(re *regexp.Regexp) any { return extract(re, a.long(1), a.str(2)) })
	}},
	{"kql_extract_all", "?sjs:j", func(a args) any {
		return withRegex(a.str(0), func(re *regexp.Regexp) any { return extractAll(re, a.json(1), a.str(2)) })
	}},
	{"kql_replace_regex", "sss:s", func(a args) any {
		return withRegex(a.str(1), func(re *regexp.Regexp) any { return re.ReplaceAllString(a.str(0), rewrite(a.str(2))) })
	}},
	{"kql_trim", "ss:s", func(a args) any {
		start, end := `\A(?:`+a.str(0)+`)`, `(?:`+a.str(0)+`)\z`
		s := trimOnce(start, a.str(1))
		if t, ok := s.(string); ok {
			return trimOnce(end, t)
		}
		return s
	}},
	{"kql_trim_start", "ss:s", func(a args) any { return trimOnce(`\A(?:`+a.str(0)+`)`, a.str(1)) }},
	{"kql_trim_end", "ss:s", func(a args) any { return trimOnce(`(?:`+a.str(0)+`)\z`, a.str(1)) }},
	{"kql_countof_regex", "ss:l", func(a args) any {
		return withRegex(a.str(1), func(re *regexp.Regexp) any { return int64(len(re.FindAllStringIndex(a.str(0), -1))) })
	}},
	{"kql_indexof_regex", "sslll:l", func(a args) any {
		return withRegex(a.str(1), func(re *regexp.Regexp) any { return indexOfRegex(re, a.str(0), a.long(2), a.long(3), a.long(4)) })
	}},
	{"kql_regex_quote", "s:s", func(a args) any { return regexp.QuoteMeta(a.str(0)) }},
}

// compiled keeps patterns; when there are too many (patterns from data) it starts again.
var (
	compiled      = map[string]*regexp.Regexp{}
	compiledMutex sync.RWMutex
)

const maxCompiled = 500

func withRegex(pattern string, use func(*regexp.Regexp) any) any {
	re, err := compileRegex(pattern)
	if err != nil {
		return err
	}
	return use(re)
}

func compileRegex(pattern string) (*regexp.Regexp, error) {
	compiledMutex.RLock()
	re, ok := compiled[pattern]
	compiledMutex.RUnlock()
	if ok {
		return re, nil
	}
	if err := builtin.CheckRegex(pattern); err != nil {
		return nil, fmt.Errorf("pattern %s %w", clip(pattern), err)
	}
	re, err := regexp.Compile(builtin.GoRegex(pattern))
	if err != nil {
		return nil, fmt.Errorf("pattern %s: %w", clip(pattern), err)
	}
	compiledMutex.Lock()
	defer compiledMutex.Unlock()
	if len(compiled) >= maxCompiled {
		clear(compiled)
	}
	compiled[pattern] = re
	return re, nil
}

func extract(re *regexp.Regexp, group int64, s string) any {
	m := re.FindStringSubmatchIndex(s)
	if m == nil || group < 0 || group > int64(re.NumSubexp()) || m[2*group] < 0 {
		return ""
	}
	return s[m[2*group]:m[2*group+1]]
}

// extractAll gives a text per match with one group, an array per match with several.
func extractAll(re *regexp.Regexp, which *node, s string) any {
	groups, ok := groupNumbers(re, which)
	matches := re.FindAllStringSubmatch(s, -1)
	if !ok || matches == nil {
		return nil
	}
	items := make([]*node, len(matches))
	for i, m := range matches {
		if len(groups) == 1 {
			items[i] = textNode(m[groups[0]])
			continue
		}
		var parts []*node
		for _, g := range groups {
			parts = append(parts, textNode(m[g]))
		}
		items[i] = arrayNode(parts)
	}
	return arrayNode(items)
}

// groupNumbers resolves the groups asked for by number or name; without, all of them, or the whole match where the pattern has none.
func groupNumbers(re *regexp.Regexp, which *node) ([]int, bool) {
	var groups []int
	if which.kind != array {
		for g := 1; g <= re.NumSubexp(); g++ {
			groups = append(groups, g)
		}
		if len(groups) == 0 {
			groups = []int{0}
		}
		return groups, true
	}
	for _, n := range which.items {
		g := -1
		if v, ok := dynamicLong(n).(int64); ok {
			g = int(v)
		} else if n.kind == text {
			g = re.SubexpIndex(n.text)
		}
		if g < 0 || g > re.NumSubexp() {
			return nil, false
		}
		groups = append(groups, g)
	}
	return groups, len(groups) > 0
}

// rewrite turns \1 into Go's ${1}; a dollar is plain text.
func rewrite(s string) string {
	if !strings.ContainsAny(s, `\$`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			b.WriteString("$$")
		case c == '\\' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			i++
			b.WriteString("${" + s[i:i+1] + "}")
		case c == '\\' && i+1 < len(s) && s[i+1] == '\\':
			i++
			b.WriteByte('\\')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// trimOnce removes the first match.
func trimOnce(pattern, s string) any {
	return withRegex(pattern, func(re *regexp.Regexp) any {
		m := re.FindStringIndex(s)
		if m == nil {
			return s
		}
		return s[:m[0]] + s[m[1]:]
	})
}

func indexOfRegex(re *regexp.Regexp, s string, start, length, occurrence int64) any {
	r := []rune(s)
	n := int64(len(r))
	if start < 0 || length < -1 || occurrence < 0 {
		return nil
	}
	if start > n || occurrence == 0 || occurrence > maxResult {
		return int64(-1)
	}
	end := n
	if length >= 0 {
		end = start + min(length, n-start)
	}
	part := string(r[start:end])
	found := re.FindAllStringIndex(part, int(occurrence))
	if int64(len(found)) < occurrence {
		return int64(-1)
	}
	return start + int64(utf8.RuneCountInString(part[:found[occurrence-1][0]]))
}

// number reads a whole number in a text, for versions and the like.
func atoi(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
