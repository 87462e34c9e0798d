package native_test

import (
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/kql"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/kqltest"
)

// TestExamples runs the example of every row as a query. An example that compares two values must be true.
func TestExamples(t *testing.T) {
	db, err := kqltest.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	options := kql.Options{Now: passtrail.UnixEpoch + 1e16, CurrentPrincipal: "ann@contoso.com"}
	run := func(name, query string) {
		tables, err := kqltest.Run(t.Context(), db.SQL, query, nil, options)
		switch {
		case err != nil:
			t.Errorf("%s: %s: %v", name, query, err)
		case strings.Contains(query, " == ") && (len(tables[0].Rows) != 1 || tables[0].Rows[0][0] != true):
			t.Errorf("%s: %s is %v, not true", name, query, tables[0].Rows)
		}
	}
	for _, name := range builtin.Names(builtin.Scalar, true) {
		for _, r := range builtin.Of(builtin.Scalar, name) {
			if r.Refused != "" || r.Obsolete != "" || exampleNeedsColumns[name] {
				continue
			}
			query := "print v = " + r.Example
			if r.Category == "Sketches" {
				query = table + " | summarize h = hll(x), t = tdigest(x), h1 = hll(y), h2 = hll(x), t1 = tdigest(x), t2 = tdigest(y) | project v = " + r.Example
			}
			run(name, query)
		}
	}
	for _, name := range builtin.Names(builtin.Aggregate, true) {
		for _, r := range builtin.Of(builtin.Aggregate, name) {
			if r.Refused != "" || strings.HasPrefix(name, "argm") {
				continue
			}
			query := table + " | extend TimeGenerated = now()"
			switch {
			case strings.Contains(name, "bag") || name == "make_dictionary" || name == "buildschema":
				query += ` | extend x = bag_pack("a", x)`
			case strings.Contains(name, "merge"):
				query += " | summarize h = hll(x), t = tdigest(x) by y"
			}
			run(name, query+" | summarize "+r.Example)
		}
	}
}

const table = "datatable(x:long, y:long, w:long)[1, 2, 3, 4, 5, 6, 1, 9, 1]"

// exampleNeedsColumns names functions whose example stands for itself only within a table.
var exampleNeedsColumns = map[string]bool{"bin_auto": true, "column_ifexists": true, "bag_pack_columns": true, "pack_all": true}
