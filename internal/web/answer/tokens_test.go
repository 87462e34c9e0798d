package answer_test

import (
	"log/slog"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// TestTokens makes a token that lets a program in, and ends it.
func TestTokens(t *testing.T) {
	f := newFixture(t)
	s := web.Scope{Tenant: tenant, Now: passtrail.TicksOf(now)}
	ctx := as(t.Context(), auth.GlobalAdministrator)
	for _, days := range []int{0, -1, 366, 1 << 60} {
		if _, _, err := f.CreateToken(ctx, s, web.NewToken{Name: "nightly", Days: days}); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("a token for %d days: %v, want Invalid", days, err)
		}
	}
	made, secret, err := f.CreateToken(ctx, s, web.NewToken{ID: auth.NewTokenID(), Name: "nightly", Role: "Security Reader", Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	if made.CreatedBy != "reader@contoso.com" || made.State != store.TokenActive || made.ExpiresAt != s.Now+30*passtrail.Day {
		t.Errorf("made %+v", made)
	}
	for name, again := range map[string]web.NewToken{"id": {ID: made.ID, Name: "other", Days: 30}, "name": {Name: "nightly", Days: 30}} {
		if _, _, err := f.CreateToken(ctx, s, again); passtrail.CodeOf(err) != passtrail.Conflict {
			t.Errorf("another with the same %s: %v, want Conflict", name, err)
		}
	}
	door := auth.NewTokens(f.store, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	who, err := door.Find(ctx, secret, "192.0.2.1")
	if err != nil || !who.Sees(tenant) || len(who.Roles) != 1 || who.Roles[0] != auth.SecurityReader {
		t.Errorf("the token lets in %+v, %v", who, err)
	}
	if _, err := f.RevokeToken(ctx, s, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := door.Find(ctx, secret, "192.0.2.1"); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("after revoking: %v, want Denied", err)
	}
	list, err := f.TokenList(ctx, s)
	if err != nil || len(list) != 1 || list[0].State != store.TokenRevoked || list[0].RevokedBy != "reader@contoso.com" || list[0].LastUsed != s.Now {
		t.Errorf("TokenList = %+v, %v", list, err)
	}
}
