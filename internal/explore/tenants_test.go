package explore_test

import (
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/explore"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// TestWork counts what two tenants have, each for itself, and says what needs work.
func TestWork(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	s.Attempt(s.Now-passtrail.Hour, "adele", "192.0.2.1", scene.Full)
	s.Attempt(s.Now-8*passtrail.Day, "alex", "192.0.2.1", "start")
	s.Attempt(s.Now-15*passtrail.Day, "alex", "192.0.2.1", "start")
	s.Registered(s.Now-passtrail.Day, map[string]string{"adele": "mobilePhone", "alex": ""})
	s.Commit()
	s.Tenant = scene.Fabrikam
	s.Attempt(s.Now-3*passtrail.Day, "ben", "192.0.2.1", "start options")
	s.Commit()
	if err := s.Store.PutFindings(t.Context(), []store.Finding{{Tenant: scene.Fabrikam, ID: "f", Rule: "r", Severity: "high", Title: "t"}}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Store.Tenants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	work, err := explore.Work(t.Context(), s.Store, s.Engine, all, s.Now)
	if err != nil || len(work) != 2 {
		t.Fatalf("Work = %+v, %v", work, err)
	}
	contoso, fabrikam := work[0], work[1]
	if contoso.ID != scene.Contoso || contoso.Week != 8 || contoso.Before != 1 || contoso.LastRecord < s.Now-passtrail.Hour || contoso.People != 2 || contoso.Registered != 1 || contoso.Snapshot != s.Now-passtrail.Day {
		t.Errorf("Contoso = %+v", contoso)
	}
	if got := contoso.Needs(s.Now); len(got) != 0 {
		t.Errorf("Contoso needs %q, want nothing", got)
	}
	if fabrikam.Week != 2 || fabrikam.Before != 0 || fabrikam.People != 0 || fabrikam.NewFindings["high"] != 1 {
		t.Errorf("Fabrikam = %+v", fabrikam)
	}
	if got := strings.Join(fabrikam.Needs(s.Now), ", "); got != "severe findings, no new records, no registrations" {
		t.Errorf("Fabrikam needs %q", got)
	}
	one, err := explore.Work(t.Context(), s.Store, s.Engine, slices.Clone(all[1:]), s.Now)
	if err != nil || len(one) != 1 || one[0].ID != scene.Fabrikam || one[0].Week != 2 {
		t.Errorf("Work of one = %+v, %v", one, err)
	}
	off := explore.TenantWork{Standing: store.Standing{AdminsNotCapable: 1, SetAside: 2, Snapshot: s.Now - 9*passtrail.Day, NewFindings: map[string]int64{"low": 1}}, LastRecord: s.Now}
	if got := strings.Join(off.Needs(s.Now), ", "); got != "collection is off, findings, admins who cannot reset, old registrations, inputs set aside" {
		t.Errorf("needs %q", got)
	}
}
