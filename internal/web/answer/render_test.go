package answer_test

import (
	"fmt"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/web"
)

// TestRender draws what the render operator is given, and says where it does not.
func TestRender(t *testing.T) {
	f := newFixture(t)
	const days = `datatable(Day: datetime, Kind: string, N: long) [datetime(2026-03-01), "a", 1, datetime(2026-03-04), "a", 4, datetime(2026-03-02), "b", 2]`
	for name, c := range map[string]struct{ query, want, note string }{
		"a text beside a number":  {days + ` | render timechart`, "2026-03-01 2026-03-02 2026-03-03 2026-03-04 a[1 0 0 4] b[0 2 0 0]", ""},
		"no whole steps apart":    {`datatable(T: datetime, N: long) [datetime(2026-03-01), 1, datetime(2026-03-02), 2, datetime(2026-03-04 12:00), 3] | render timechart`, "2026-03-01 2026-03-02 2026-03-04 12:00 N[1 2 3]", ""},
		"two texts":               {`datatable(D: datetime, A: string, B: string, N: long) [datetime(2026-03-01), "x", "y", 1, datetime(2026-03-01), "x", "z", 2] | render columnchart`, "2026-03-01 x, y[1] x, z[2]", ""},
		"make-series":             {days + ` | make-series S = sum(N) default = 0 on Day from datetime(2026-03-01) to datetime(2026-03-04) step 1d by Kind | sort by Kind asc | render timechart`, "2026-03-01 2026-03-02 2026-03-03 a[1 0 0] b[0 2 0]", ""},
		"series of several":       {`print T = dynamic(["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"]), A = dynamic([1, 2]), B = dynamic([null, 0.5]), C = dynamic(["x"]) | render anomalychart`, "2026-03-01 2026-03-02 A[1 2] B[0 0.5]", ""},
		"more labels than fit":    {`range H from datetime(2026-01-01) to datetime(2026-02-01) step 1h | extend N = 1 | render timechart`, "", "first 400 labels"},
		"no numbers":              {`print A = "a", B = "b" | render columnchart`, "", "nothing to draw"},
		"a picture there is none": {days + ` | render treemap`, "", "no picture for treemap"},
		"a table":                 {days + ` | render table`, "", ""},
		"a card":                  {`print N = 1 | render card`, "", ""},
		"no rows":                 {days + ` | where N > 9 | render timechart`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := f.RunQuery(as(t.Context(), auth.SecurityReader), web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}, c.query, web.Period{})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if res.Chart != nil && len(res.Chart.Labels) < 10 {
				got = strings.Join(res.Chart.Labels, " ")
				for _, s := range res.Chart.Series {
					got += fmt.Sprintf(" %s%v", s.Name, s.Values)
				}
			}
			if got != c.want {
				t.Errorf("%s draws %q, want %q", c.query, got, c.want)
			}
			if note := strings.Join(res.Warnings, " "); (note == "") != (c.note == "") || !strings.Contains(note, c.note) {
				t.Errorf("%s notes %q, want %q", c.query, note, c.note)
			}
		})
	}
}
