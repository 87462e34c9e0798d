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
		return withRegex(a.str(0), func(re *pattern) any { return extract(re, a.long(1), a.str(2)) })
	}},
	{"kql_extract_all", "?sjs:j", func(a args) any {
		return withRegex(a.str(0), func(re *pattern) any { return extractAll(re, a.json(1), a.str(2)) })
	}},
	{"kql_replace_regex", "sss:s", func(a args) any {
		return withRegex(a.str(1), func(re *pattern) any { return re.replace(a.str(0), rewrite(a.str(2))) })
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
		re, err := compileRegex(a.str(1))
		if err != nil {
			return int64(0) // as kql_matches
		}
		return int64(len(re.all(a.str(0), -1)))
	}},
	{"kql_indexof_regex", "sslll:l", func(a args) any {
		return withRegex(a.str(1), func(re *pattern) any { return indexOfRegex(re, a.str(0), a.long(2), a.long(3), a.long(4)) })
	}},
	{"kql_matches", "ss:b", func(a args) any {
		re, err := compileRegex(a.str(1))
		return err == nil && re.first(a.str(0)) != nil // one from data that is no pattern matches nothing
	}},
	{"kql_regex_quote", "s:s", func(a args) any { return regexp.QuoteMeta(a.str(0)) }},
}

// compiled keeps patterns; when there are too many (patterns from data) it starts again.
var (
	compiled      = map[string]*pattern{}
	compiledMutex sync.RWMutex
)

const maxCompiled = 500

func withRegex(expr string, use func(*pattern) any) any {
	re, err := compileRegex(expr)
	if err != nil {
		return err
	}
	return use(re)
}

func compileRegex(expr string) (*pattern, error) {
	compiledMutex.RLock()
	re, ok := compiled[expr]
	compiledMutex.RUnlock()
	if ok {
		return re, nil
	}
	if err := builtin.CheckRegex(expr); err != nil {
		return nil, fmt.Errorf("pattern %s %w", clip(expr), err)
	}
	re, err := newPattern(builtin.GoRegex(expr))
	if err != nil {
		return nil, fmt.Errorf("pattern %s: %w", clip(expr), err)
	}
	compiledMutex.Lock()
	defer compiledMutex.Unlock()
	if len(compiled) >= maxCompiled {
		clear(compiled)
	}
	compiled[expr] = re
	return re, nil
}

func extract(re *pattern, group int64, s string) any {
	m := re.first(s)
	if m == nil || group < 0 || group > int64(re.NumSubexp()) || m[2*group] < 0 {
		return ""
	}
	return s[m[2*group]:m[2*group+1]]
}

// extractAll gives a text per match with one group, an array per match with several.
func extractAll(re *pattern, which *node, s string) any {
	groups, ok := groupNumbers(re, which)
	matches := re.all(s, -1)
	if !ok || matches == nil {
		return nil
	}
	items := make([]*node, len(matches))
	for i, m := range matches {
		if len(groups) == 1 {
			items[i] = textNode(group(s, m, groups[0]))
			continue
		}
		var parts []*node
		for _, g := range groups {
			parts = append(parts, textNode(group(s, m, g)))
		}
		items[i] = arrayNode(parts)
	}
	return arrayNode(items)
}

// group is the text of a group of a match, "" when it took no part.
func group(s string, match []int, n int) string {
	if match[2*n] < 0 {
		return ""
	}
	return s[match[2*n]:match[2*n+1]]
}

// groupNumbers resolves the groups asked for by number or name; without, all of them, or the whole match where the pattern has none.
func groupNumbers(re *pattern, which *node) ([]int, bool) {
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
func trimOnce(expr, s string) any {
	return withRegex(expr, func(re *pattern) any {
		m := re.first(s)
		if m == nil {
			return s
		}
		return s[:m[0]] + s[m[1]:]
	})
}

func indexOfRegex(re *pattern, s string, start, length, occurrence int64) any {
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
	found := re.all(part, int(occurrence))
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
