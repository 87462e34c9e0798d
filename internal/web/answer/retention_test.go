package answer_test

import (
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// TestRetention says what a retention would delete, and asks for the sweep when it is set.
func TestRetention(t *testing.T) {
	f := newFixture(t)
	asked := 0
	f.OnRetention(func() { asked++ })
	f.block(t, "old", "ben@contoso.com", now.Add(-40*24*time.Hour))
	f.block(t, "young", "ben@contoso.com", now)
	s := web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}
	ctx := as(t.Context(), auth.GlobalAdministrator)
	e, err := f.Expiring(ctx, s, 30)
	if err != nil || e.Records != 1 || e.Attempts != 1 || e.First != s.Now-40*passtrail.Day || e.Last != e.First || e.Before != store.KeepsFrom(30, s.Now) {
		t.Errorf("Expiring(30) = %+v, %v", e, err)
	}
	if e, err := f.Expiring(ctx, s, 0); err != nil || e.Any() || e.Before != 0 {
		t.Errorf("Expiring(for ever) = %+v, %v", e, err)
	}
	for _, days := range []int{1, 29, -5, 40_000} {
		if _, err := f.Expiring(ctx, s, days); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("Expiring(%d) = %v, want Invalid", days, err)
		}
		if err := f.SetRetention(ctx, s, days); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("SetRetention(%d) = %v, want Invalid", days, err)
		}
	}
	if asked != 0 {
		t.Errorf("a sweep was asked for %d times before anything was set", asked)
	}
	if err := f.SetRetention(ctx, s, 30); err != nil || asked != 1 {
		t.Errorf("SetRetention = %v, and asked %d times for a sweep", err, asked)
	}
	list, err := f.TenantList(ctx)
	if err != nil || len(list) != 1 || list[0].RetentionDays != 30 {
		t.Errorf("TenantList = %+v, %v", list, err)
	}
}
