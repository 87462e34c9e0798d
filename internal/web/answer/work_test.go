package answer_test

import (
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
)

// TestTenantWork shows somebody the tenants that are theirs, and those alone.
func TestTenantWork(t *testing.T) {
	const other = passtrail.TenantID("99999999-2222-3333-4444-555555555555")
	f := newFixture(t)
	if err := f.store.PutTenant(t.Context(), store.Tenant{ID: other, Name: "Fabrikam", CreatedAt: 1}); err != nil {
		t.Fatal(err)
	}
	f.block(t, "b1", "ben@contoso.com", now.Add(-time.Hour))
	if err := f.keeper.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := passtrail.TicksOf(now)
	rows, err := f.TenantWork(as(t.Context(), auth.ReportsReader), at)
	if err != nil || len(rows) != 1 || rows[0].ID != tenant || rows[0].Week != 1 || rows[0].LowNew != 1 || strings.Join(rows[0].Needs, ", ") != "findings, no registrations" {
		t.Errorf("a reader of one tenant sees %+v, %v", rows, err)
	}
	if rows, err := f.TenantWork(auth.With(t.Context(), auth.Local()), at); err != nil || len(rows) != 2 || rows[1].ID != other || rows[1].Week != 0 || rows[1].LowNew != 0 {
		t.Errorf("who sees all tenants sees %+v, %v", rows, err)
	}
	if _, err := f.TenantWork(as(t.Context(), auth.HelpdeskAdministrator), at); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("the help desk is answered %v, want denied", err)
	}
	if rows, err := f.TenantWork(t.Context(), at); len(rows) != 0 || err != nil {
		t.Errorf("nobody sees %+v, %v", rows, err)
	}
}
