// Command gendocs writes docs/reports.md and docs/tables.md from the report definitions and the schema, so that they are
// true by construction. Run it by "go generate ./...".
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"passtrail/content"
	"passtrail/internal/kql/plan"
	"passtrail/internal/query"
	"passtrail/internal/report"
)

func main() {
	dir := "docs"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	lib, err := report.Load(content.Files, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
	for name, text := range map[string]string{"reports.md": reports(lib), "tables.md": tables(query.Schema)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "gendocs:", err)
			os.Exit(1)
		}
	}
}

const reportsHead = `# The prebuilt reports

<!-- Written by internal/tools/gendocs; do not edit. -->

` + "`passtrail report`" + ` lists them, ` + "`passtrail report ID`" + ` runs one, ` + "`passtrail report --all -o html --out page.html`" + ` writes all of them as one page.

JSON (` + "`-o json`" + `) is stable: an object with ` + "`report`, `title`, `tenant`, `from`, `to`, `now`" + ` (ISO 8601, UTC), ` + "`threshold`" + ` where there is one, ` + "`answer`" + ` (one
sentence), ` + "`counts`" + ` (how it counts), ` + "`notes`" + `, ` + "`query`" + ` (the KQL that ran, runnable as it stands) and ` + "`tables`" + `: each with ` + "`name`, `title`, `columns`" + `
(` + "`name`, `type`, `unit`" + `) and ` + "`rows`" + ` (objects by column name). Columns are only ever added. Periods are half open: from inclusive, to exclusive. Days are UTC
days. People are told apart by object id, not by name.
`

func reports(lib *report.Library) string {
	var b strings.Builder
	b.WriteString(reportsHead)
	for _, r := range lib.Reports {
		fmt.Fprintf(&b, "\n## %s\n\n**%s**\n\n%s\n\nDefault period: %s.", r.ID, r.Title, strings.TrimSpace(r.Counts), r.Period)
		if r.Threshold > 0 {
			fmt.Fprintf(&b, " Default threshold: %d.", r.Threshold)
		}
		b.WriteString("\n\n")
		for _, t := range r.Tables {
			fmt.Fprintf(&b, "- Table `%s`: %s", t.Name, t.Title)
			var units []string
			for _, name := range sortedKeys(t.Units) {
				units = append(units, fmt.Sprintf("`%s` in %s", name, t.Units[name]))
			}
			if len(units) > 0 {
				fmt.Fprintf(&b, " (%s)", strings.Join(units, ", "))
			}
			b.WriteString("\n")
		}
		if r.Query != "" {
			fmt.Fprintf(&b, "\n```kusto\n%s\n```\n", strings.TrimSpace(r.Query))
		}
	}
	b.WriteString("\n# The detections\n")
	for _, r := range lib.Rules {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** (severity %s; ATT&CK %s)\n\n```kusto\n%s\n```\n", r.ID, r.Title, r.Severity, strings.Join(r.Techniques, ", "), strings.TrimSpace(r.Query))
	}
	return b.String()
}

func tables(s *plan.Schema) string {
	var b strings.Builder
	b.WriteString("# The tables that queries see\n\n<!-- Written by internal/tools/gendocs; do not edit. -->\n\nColumn names and types of `AuditLogs` and `SigninLogs` are those of Log Analytics.\n")
	for _, t := range s.Tables {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| Column | Type | What |\n|---|---|---|\n", t.Name, t.Doc)
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Name, c.Type, c.Doc)
		}
	}
	return b.String()
}
