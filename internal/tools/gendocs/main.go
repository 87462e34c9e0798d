// Command gendocs writes docs/reports.md, docs/detections.md and docs/tables.md from the definitions and the schema, so that they are
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
	if err := write(dir); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

// write writes the pages into a directory.
func write(dir string) error {
	lib, err := report.Load(content.Files, nil)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"reports.md": reports(lib), "detections.md": detections(lib), "tables.md": tables(query.Schema)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

const reportsHead = `# The prebuilt reports

<!-- Written by internal/tools/gendocs; do not edit. -->

` + "`passtrail report`" + ` lists them, ` + "`passtrail report ID`" + ` runs one, ` + "`passtrail report --all -o html --out page.html`" + ` writes all of them as one page.

JSON (` + "`-o json`" + `) is stable: an object with ` + "`report`, `title`, `tenant`, `from`, `to`, `now`" + ` (ISO 8601, UTC), ` + "`threshold`" + ` where there is one, ` + "`answer`" + ` (one
sentence), ` + "`counts`" + ` (how it counts), ` + "`notes`" + `, ` + "`query`" + ` (the KQL that ran, runnable as it stands) and ` + "`tables`" + `: each with ` + "`name`, `title`, `columns`" + `
(` + "`name`, `type`, `unit`" + `) and ` + "`rows`" + ` (objects by column name). ` + "`coverage`" + ` says of which
time there are records: ` + "`knownFrom`, `knownTo`, `complete`" + ` and ` + "`missing`" + `, the parts of the period without records (` + "`from`, `to`" + `). Columns are only ever added. Periods are half open: from inclusive, to exclusive. Days are UTC
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
	return b.String()
}

const detectionsHead = `# The detections

<!-- Written by internal/tools/gendocs; do not edit. -->

` + "`passtrail report suspicious-activity`" + ` runs all of them over its period; ` + "`--fail-on high`" + ` makes it exit with 3 when there are findings of that severity
or a graver one, for a scheduler. A server runs them whenever records come in. A finding names people, addresses, time, the reason in a
sentence, ATT&CK techniques, and the ids of the records that are its evidence. It keeps its id when late records add to it. Each rule looks through windows that overlap, so that nothing hides on the
edge between two hours or days.

## Your own rules

Put analytics rules of Microsoft Sentinel (YAML, ` + "`kind: Scheduled` or `NRT`" + `) into the folder ` + "`rules`" + ` of the data directory, as ` + "`*.yaml` or `*.yml`" + `; they run beside ours,
unedited. Of a rule these members count:

| Member | Use |
|---|---|
| ` + "`id`, `name`, `description`, `severity`, `relevantTechniques`" + ` | of the finding; ` + "`id`" + ` must be its own |
| ` + "`query`" + ` | KQL over the [tables](tables.md); ` + "`AuditLogs` and `SigninLogs`" + ` are as in Log Analytics |
| ` + "`queryPeriod`, `queryFrequency`" + ` | how far back the query looks and how often it runs: ` + "`1h`, `14d`, `PT1H`, `P1DT12H`" + `. Over a longer period the rule runs as often as Sentinel would have run it, or once a queryPeriod when that is more than 96 times, and at most 96 times |
| ` + "`triggerOperator`, `triggerThreshold`" + ` | ` + "`gt`, `lt`, `eq`, `ne`" + ` and the number of rows; more than 0 by default |
| ` + "`entityMappings`" + ` | ` + "`Account`" + ` gives the people (FullName, else Name with UPNSuffix, else the object id), ` + "`IP`" + ` the addresses |
| ` + "`eventGroupingSettings.aggregationKind`" + ` | ` + "`SingleAlert`: one finding; `AlertPerResult`" + `: one a row |
| ` + "`alertDetailsOverride`" + ` | title, description and severity from columns of the row |

Columns ` + "`Id` and `EventId`" + ` of the answer become the evidence. A file that is no such rule stops the command with its name and what is wrong; a rule over tables that are
not here is named in the report's notes, and the others run.
`

func detections(lib *report.Library) string {
	var b strings.Builder
	b.WriteString(detectionsHead)
	for _, r := range lib.Rules {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** (severity %s; ATT&CK %s)\n\n", r.ID, r.Title, r.Severity, strings.Join(r.Techniques, ", "))
		for _, name := range sortedKeys(r.Parameters) {
			fmt.Fprintf(&b, "- `%s` is %v\n", name, r.Parameters[name])
		}
		fmt.Fprintf(&b, "\n```kusto\n%s\n```\n", strings.TrimSpace(r.Query))
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
