package web_test

import (
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/web"
)

// TestHelpDeskSeesWhatACallerNeeds: those who look at one person at a time see who is blocked and which calls could have
// been spared, in the columns that a caller needs, and nothing else of the reports.
func TestHelpDeskSeesWhatACallerNeeds(t *testing.T) {
	s, w := realSite(t)
	scope := web.Scope{Tenant: w.tenant, Now: passtrail.TicksOf(w.now())}
	all, err := w.ReportList(auth.With(t.Context(), auth.Local()), scope)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"blocked-people":  {"User", "Name", "Last blocked", "Blocked until", "Still blocked"},
		"avoidable-calls": {"Time", "User", "Name", "Tried first"},
	}
	for _, role := range auth.Roles() {
		if role.Grants(auth.ReadReports) || !role.Grants(auth.ReadPerson) {
			continue
		}
		who := person(role)
		who.Tenants = []passtrail.TenantID{w.tenant}
		ctx := auth.With(t.Context(), who)
		list, err := w.ReportList(ctx, scope)
		if err != nil || len(list) != len(want) {
			t.Errorf("%s has %d reports, %v", role, len(list), err)
		}
		c := s.client(t, who)
		for _, r := range all {
			rep, err := w.Report(ctx, scope, r.ID, web.Period{}, nil)
			status, body := s.do(t, c, "GET", "/reports/"+r.ID, nil)
			columns, mine := want[r.ID]
			if !mine {
				if passtrail.CodeOf(err) != passtrail.Denied || status != 403 {
					t.Errorf("%s as %s: %v, answered %d", r.ID, role, err, status)
				}
				continue
			}
			if err != nil || status != 200 {
				t.Errorf("%s as %s: %v, answered %d", r.ID, role, err, status)
				continue
			}
			var got []string
			for _, col := range rep.Sections[0].Table.Columns {
				got = append(got, strings.TrimSuffix(col.Name, " (UTC)"))
			}
			sec := rep.Sections[0]
			if len(rep.Sections) != 1 || !slices.Equal(got, columns) || len(sec.Table.Rows) == 0 || len(sec.Table.Rows[0]) != len(columns) {
				t.Errorf("%s as %s: %d tables, columns %v, want %v", r.ID, role, len(rep.Sections), got, columns)
			}
			if rep.Query != "" || sec.Table.Behind != nil || sec.Chart != nil || rep.Sentence != "" {
				t.Errorf("%s as %s has more than a caller needs: %+v", r.ID, role, rep)
			}
			for _, no := range []string{"/export", "/query", "/audit", "Open as query"} {
				if strings.Contains(body, no) {
					t.Errorf("%s as %s: the page leads to %s", r.ID, role, no)
				}
			}
			if !strings.Contains(body, `href="/person/`) {
				t.Errorf("%s as %s: no way to the person", r.ID, role)
			}
			if _, err := w.ExportReport(ctx, scope, r.ID, web.Period{}, nil, "csv", nil); passtrail.CodeOf(err) != passtrail.Denied {
				t.Errorf("%s as %s can be exported: %v", r.ID, role, err)
			}
		}
		if _, err := w.Report(ctx, scope, "nosuch", web.Period{}, nil); passtrail.CodeOf(err) != passtrail.Denied {
			t.Errorf("%s asks for a report that is not there: %v", role, err)
		}
	}
}
