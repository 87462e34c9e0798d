package answer_test

import (
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/web"
)

// TestTimesThatCannotBeRight: a record dated before the year 2000, or far in the future, does not move what the pages say
// of the oldest and the newest record.
func TestTimesThatCannotBeRight(t *testing.T) {
	f := newFixture(t)
	ctx, s := as(t.Context(), auth.GlobalAdministrator), web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}
	first, last := now.Add(-50*time.Hour), now.Add(-2*time.Hour)
	f.block(t, "usual-1", "adele@contoso.com", first)
	f.block(t, "usual-2", "adele@contoso.com", last)
	f.block(t, "past", "alex@contoso.com", time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC))
	f.block(t, "future", "alex@contoso.com", now.Add(400*24*time.Hour))
	got, err := f.Freshness(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if got.Records != 4 || got.Oldest != passtrail.TicksOf(first) || got.Newest != passtrail.TicksOf(last) {
		t.Errorf("%d records from %s to %s, want 4 from %s to %s", got.Records, got.Oldest, got.Newest, first, last)
	}
	if got.FinalUntil > passtrail.TicksOf(last) {
		t.Errorf("final up to %s, after the newest record", got.FinalUntil)
	}
}
