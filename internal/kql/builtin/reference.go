package builtin

import (
	_ "embed"
	"fmt"
	"sort"
	"strings"
)

//go:generate go run ../../tools/kqldoc ../../../docs/kql.md

//go:embed reference.md
var referenceHead string

// Reference writes docs/kql.md: what of KQL is supported, by category, and how it differs from Kusto.
func Reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	for _, k := range []Kind{Scalar, Aggregate, Window, Plugin} {
		fmt.Fprintf(&b, "\n## %s\n", heading(k))
		for _, category := range categories(k) {
			writeCategory(&b, k, category)
		}
	}
	writeOld(&b)
	writeRefused(&b)
	return b.String()
}

func heading(k Kind) string {
	s := k.String()
	return strings.ToUpper(s[:1]) + s[1:] + "s"
}

// supported lists the rows of a kind and category that are neither old nor refused, by name.
func supported(k Kind, category string) []*Row {
	var rows []*Row
	for _, name := range Names(k, false) {
		for _, r := range Of(k, name) {
			if r.Category == category && r.Obsolete == "" && r.Refused == "" {
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func categories(k Kind) []string {
	var out []string
	seen := map[string]bool{}
	for _, name := range Names(k, false) {
		for _, r := range Of(k, name) {
			if !seen[r.Category] && r.Refused == "" {
				seen[r.Category] = true
				out = append(out, r.Category)
			}
		}
	}
	sort.Strings(out)
	return out
}

func writeCategory(b *strings.Builder, k Kind, category string) {
	rows := supported(k, category)
	if len(rows) == 0 {
		return
	}
	if category != heading(k) && category != "Aggregates" && category != "Plugins" {
		fmt.Fprintf(b, "\n### %s\n", category)
	}
	b.WriteString("\n| Call | Answer | What it does | Example |\n|---|---|---|---|\n")
	for _, r := range rows {
		help := r.Help
		if r.Deviates != "" {
			help += " *Deviates: " + r.Deviates + ".*"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | `%s` |\n", r.Signature(), r.answer(), cell(help), cell(r.Example))
	}
}

// answer names the result in the documentation.
func (r *Row) answer() string {
	switch {
	case r.Kind == Plugin:
		return "table"
	case len(r.Tuple) > 0:
		return fmt.Sprintf("%d columns", len(r.Tuple))
	case r.result.rule == '=' || r.result.rule == '^':
		return "as `" + r.Params[r.result.arg].Name + "`"
	case r.result.rule == 't':
		return "the type given"
	case r.result.rule == 'w':
		return "common type"
	}
	return r.result.fixed.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func writeOld(b *strings.Builder) {
	b.WriteString("\n## Old spellings\n\nThey work as before; new queries should use the other name.\n\n| Old | Use |\n|---|---|\n")
	for _, k := range []Kind{Scalar, Aggregate, Window} {
		for _, name := range Names(k, true) {
			if r := Of(k, name)[0]; r.Obsolete != "" {
				fmt.Fprintf(b, "| `%s` | `%s` |\n", name, r.Obsolete)
			}
		}
	}
}

func writeRefused(b *strings.Builder) {
	why := map[string][]string{}
	for _, k := range []Kind{Scalar, Aggregate, Plugin} {
		for _, name := range Names(k, true) {
			if r := Of(k, name)[0]; r.Refused != "" {
				why[r.Refused] = append(why[r.Refused], "`"+name+"`")
			}
		}
	}
	var reasons []string
	for reason := range why {
		reasons = append(reasons, reason)
	}
	sort.Strings(reasons)
	b.WriteString("\n## Refused by name\n\nThese are known, and a query that uses one is told why it does not run.\n\n| Why | Functions and plugins |\n|---|---|\n")
	for _, reason := range reasons {
		sort.Strings(why[reason])
		fmt.Fprintf(b, "| %s | %s |\n", cell(reason), strings.Join(why[reason], " "))
	}
}
