package endtoend_test

import (
	"fmt"
	"testing"

	"passtrail"
	"passtrail/internal/query"
	"passtrail/internal/report"
)

// maxDrills is how many rows of a table are followed: all rows of the small tables, the first of the long ones.
const maxDrills = 12

// TestDrillDowns follows the way down from the rows of every table of every report: the text runs as it stands, and where
// a table names a figure the way leads to exactly as many rows.
func TestDrillDowns(t *testing.T) {
	w := shared
	tenants := []passtrail.TenantID{passtrail.TenantID(w.truth.Tenant)}
	for _, r := range w.lib.Reports {
		out, err := w.lib.Run(t.Context(), r, report.Params{Tenant: tenants[0], Now: passtrail.Ticks(w.truth.End)})
		if err != nil {
			t.Fatal(err)
		}
		for i, table := range out.Tables {
			def := r.Tables[i]
			if def.Drill == "" {
				if r.Kind != "findings" {
					t.Errorf("%s %s has no way down", r.ID, def.Name)
				}
				continue
			}
			if len(table.Rows) == 0 {
				t.Errorf("%s %s has no rows to follow", r.ID, def.Name)
			}
			for n, row := range table.Rows[:min(len(table.Rows), maxDrills)] {
				text := out.DrillText(table, row)
				res, err := w.eng.Run(t.Context(), query.Request{Text: text, Tenants: tenants, Now: passtrail.Ticks(w.truth.End), Custom: true})
				if err != nil {
					t.Errorf("%s %s row %d: %v\n%s", r.ID, def.Name, n, err, text)
					break
				}
				if def.Figure == "" {
					continue
				}
				at := table.Index(def.Figure)
				if at < 0 {
					t.Errorf("%s %s has no column %s", r.ID, def.Name, def.Figure)
					break
				}
				if got, want := fmt.Sprint(len(res.Tables[0].Rows)), fmt.Sprint(row[at]); got != want {
					t.Errorf("%s %s row %d: %s rows behind the figure %s %s\n%s", r.ID, def.Name, n, got, def.Figure, want, text)
				}
			}
		}
	}
}
