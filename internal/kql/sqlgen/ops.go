package sqlgen

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

// specialOps are operators whose text depends on more than their operands' texts: lists, and tests against a text that
// is known now.
var specialOps map[string]func(*gen, *block, *plan.Op) sql

func init() {
	specialOps = map[string]func(*gen, *block, *plan.Op) sql{
		"in": inValue, "in fold": inValue,
		"not": not, "not true": not,
		"equals": equals, "has any": hasAny,
	}
	for _, name := range []string{"has", "hasprefix", "hassuffix", "contains", "startswith", "endswith", "like"} {
		specialOps[name], specialOps[name+" cs"] = textTest, textTest
	}
	specialOps["matches cs"] = matches
}

// inValue writes membership where its value counts: null is in no list.
func inValue(g *gen, b *block, x *plan.Op) sql {
	s := inConst(g, b, x)
	if x.Never {
		return s
	}
	return sql{s: "coalesce(" + s.s + ", FALSE)", prec: precAtom}
}

// inConst writes membership in a list; what is null for a null on the left.
func inConst(g *gen, b *block, x *plan.Op) sql {
	fold := x.Name == "in fold"
	l := g.expr(b, x.Args[0])
	if len(x.Args) == 1 {
		return sql{s: "FALSE", prec: precAtom}
	}
	items := make([]string, len(x.Args)-1)
	for i, a := range x.Args[1:] {
		s := g.expr(b, a).s
		if lit, ok := a.(*plan.Lit); ok && fold {
			s = text(strings.ToLower(lit.V.(string)))
		} else if fold {
			s = "lower(" + s + ")"
		}
		items[i] = s
	}
	left := l.brackets(precOther)
	if fold {
		left = "lower(" + l.s + ")"
	}
	if len(items) == 1 {
		return sql{s: left + " = " + items[0], prec: precCompare}
	}
	if g.d.Member != "" && !fold && smallTextList(x) {
		return sql{s: fill(g.d.Member, l.s, strings.Join(items, ", ")), prec: precAtom}
	}
	return sql{s: left + " IN (" + strings.Join(items, ", ") + ")", prec: precCompare}
}

// maxMember is how long a list may be to be looked through for each row rather than hashed.
const maxMember = 16

// smallTextList reports whether a membership test looks a text that is never null up in a few known texts.
func smallTextList(x *plan.Op) bool {
	if !x.Args[0].NotNull() || len(x.Args)-1 > maxMember {
		return false
	}
	for _, a := range x.Args[1:] {
		if lit, ok := a.(*plan.Lit); !ok || lit.Type() != types.String {
			return false
		}
	}
	return true
}

// not negates. What can be null under it counts as false where Kusto's operators say so.
func not(g *gen, b *block, x *plan.Op) sql {
	a := x.Args[0]
	operand := g.predicate
	if x.Name == "not" {
		operand = g.expr
	}
	s := operand(b, a)
	if in, ok := a.(*plan.Op); ok && strings.HasPrefix(in.Name, "in") && len(in.Args) > 2 && in.Never && strings.Contains(s.s, " IN (") && !(g.d.Member != "" && smallTextList(in)) {
		return sql{s: strings.Replace(s.s, " IN (", " NOT IN (", 1), prec: precCompare}
	}
	if x.Name == "not true" && !a.NotNull() {
		return sql{s: "(" + s.s + ") IS NOT TRUE", prec: precCompare}
	}
	return sql{s: "NOT " + s.brackets(precAtom), prec: precNot}
}

func equals(g *gen, b *block, x *plan.Op) sql {
	l := g.expr(b, x.Args[0]).s
	test := sql{s: "lower(" + l + ") = " + g.lower(b, x.Args[1]), prec: precCompare}
	ref, isRef := x.Args[0].(*plan.Ref)
	if lit, known := x.Args[1].(*plan.Lit); known && !(isRef && g.lookups[ref.Col] != nil) { // what is looked up is few rows already
		if within := between(l, lit.V.(string)); within != "" {
			return sql{s: within + " AND " + test.s, prec: precAnd}
		}
	}
	return test
}

// lower writes a text in lower case; a constant is lowered now.
func (g *gen) lower(b *block, x plan.Expr) string {
	if l, ok := x.(*plan.Lit); ok {
		return text(strings.ToLower(l.V.(string)))
	}
	return "lower(" + g.expr(b, x).s + ")"
}

// caseless tells a text without a letter: no case of it differs, and nothing folds to it.
func caseless(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || unicode.IsLetter(r) }) < 0
}

// plainColumn is a column as it lies in a table, or the first of two that is not empty: cheap to read several times.
var plainColumn = regexp.MustCompile(`^(?:[a-z]\w*\.[a-z]\w*|\(?CASE WHEN [a-z]\w*\.[a-z]\w* <> '' THEN [a-z]\w*\.[a-z]\w* ELSE [a-z]\w*\.[a-z]\w* END\)?)$`)

// between is a quick test that every text passes which begins with prefix in any letter case, "" if there is none: the texts lie,
// byte by byte, between the prefix in upper and in lower case, which costs a comparison and no lowering. It ends before the
// first letter that others than A to Z fold to (k and i, for the kelvin sign and the dotted capital I).
func between(column, prefix string) string {
	low := strings.ToLower(prefix)
	if end := strings.IndexFunc(low, func(r rune) bool { return r >= utf8.RuneSelf-1 || r == 'k' || r == 'i' }); end >= 0 {
		low = low[:end]
	}
	if low == "" || !plainColumn.MatchString(column) {
		return ""
	}
	up := strings.ToUpper(low)
	after := func(s string) string { return s[:len(s)-1] + string(s[len(s)-1]+1) }
	whole := func(from, to string) string {
		return column + " >= " + text(from) + " AND " + column + " < " + text(after(to))
	}
	if low[:1] == up[:1] {
		return whole(up, low)
	}
	return "(" + whole(up, up[:1]+low[1:]) + " OR " + whole(low[:1]+up[1:], low) + ")"
}

// textTest writes has, contains, startswith and their kin.
func textTest(g *gen, b *block, x *plan.Op) sql {
	name, cs := strings.CutSuffix(x.Name, " cs")
	l := g.expr(b, x.Args[0]).s
	lit, known := x.Args[1].(*plan.Lit)
	switch name {
	case "contains", "startswith", "endswith":
		r := g.expr(b, x.Args[1]).s
		if !cs && !(known && caseless(lit.V.(string))) {
			l, r = "lower("+l+")", g.lower(b, x.Args[1])
		}
		if known && lit.V == "" {
			return sql{s: "TRUE", prec: precAtom}
		}
		test := fill(g.d.Ops[name].sql, l, r)
		if known && name == "startswith" && !cs {
			if within := between(g.expr(b, x.Args[0]).s, lit.V.(string)); within != "" {
				return sql{s: within + " AND " + test, prec: precAnd}
			}
		}
		return sql{s: test, prec: precAtom}
	case "like":
		return g.like(b, l, x.Args[1], cs)
	}
	if known {
		return g.term(name, l, lit.V.(string), cs)
	}
	op := name
	if cs {
		op += " cs"
	}
	return sql{s: fill(g.d.Ops[op].sql, l, g.expr(b, x.Args[1]).s), prec: precAtom}
}

// term writes the test for a whole word that is known now. The plain search before the pattern spares most rows the
// pattern. No boundary is asked for where the word itself begins or ends with a separator.
func (g *gen) term(name, l, word string, cs bool) sql {
	if word == "" {
		return sql{s: "TRUE", prec: precAtom}
	}
	pattern := regexp.QuoteMeta(word)
	if first, _ := utf8.DecodeRuneInString(word); name != "hassuffix" && wordRune(first) {
		pattern = `(?:^|[^\pL\pN])` + pattern
	}
	if last, _ := utf8.DecodeLastRuneInString(word); name != "hasprefix" && wordRune(last) {
		pattern += `(?:[^\pL\pN]|$)`
	}
	find := fill(g.d.Ops["contains"].sql, l, text(word))
	if !cs {
		pattern = "(?i)" + pattern
		find = fill(g.d.Ops["contains"].sql, "lower("+l+")", text(strings.ToLower(word)))
	}
	if len(l) > longText {
		return sql{s: fill(g.d.Ops["pattern"].sql, l, text(pattern)), prec: precAtom}
	}
	return sql{s: find + " AND " + fill(g.d.Ops["pattern"].sql, l, text(pattern)), prec: precAnd}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// like writes the old operator with * and ? as wildcards.
func (g *gen) like(b *block, l string, pattern plan.Expr, cs bool) sql {
	lit, ok := pattern.(*plan.Lit)
	if !ok {
		return sql{s: "FALSE", prec: precAtom}
	}
	p := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(lit.V.(string)))
	p = "(?s)^" + p + "$"
	if !cs {
		p = "(?si)^" + p[4:]
	}
	return sql{s: fill(g.d.Ops["pattern"].sql, l, text(p)), prec: precAtom}
}

func matches(g *gen, b *block, x *plan.Op) sql {
	l := g.expr(b, x.Args[0]).s
	if lit, ok := x.Args[1].(*plan.Lit); ok {
		expr := lit.V.(string)
		if strings.Contains(expr, `\b`) || strings.Contains(expr, `\B`) { // the database knows ASCII words only
			return sql{s: fill(g.d.Ops["matches"].sql, l, text(expr)), prec: precAtom}
		}
		return sql{s: fill(g.d.Ops["pattern"].sql, l, text(builtin.GoRegex(expr))), prec: precAtom}
	}
	return sql{s: fill(g.d.Ops["matches"].sql, l, g.expr(b, x.Args[1]).s), prec: precAtom}
}

// hasAny writes has_any of words known now as one pattern.
func hasAny(g *gen, b *block, x *plan.Op) sql {
	l := g.expr(b, x.Args[0]).s
	words := make([]string, 0, len(x.Args)-1)
	for _, a := range x.Args[1:] {
		words = append(words, regexp.QuoteMeta(a.(*plan.Lit).V.(string)))
	}
	p := `(?i)(?:^|[^\pL\pN])(?:` + strings.Join(words, "|") + `)(?:[^\pL\pN]|$)`
	return sql{s: fill(g.d.Ops["pattern"].sql, l, text(p)), prec: precAtom}
}

var _ = types.Bool
