package storetest

import (
	"reflect"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

func accessTokens(t *testing.T, s store.Store) {
	first := store.Token{ID: "aaaaaaaaaaaa", Tenant: Contoso, Name: "nightly", Role: "Reports Reader", Hash: "00ff", CreatedAt: At, CreatedBy: "anna@contoso.com", ExpiresAt: At + 90*passtrail.Day}
	must(t, s.PutToken(t.Context(), first))
	with := func(change func(*store.Token)) store.Token {
		c := first
		c.ID, c.CreatedAt = "bbbbbbbbbbbb", At+1
		change(&c)
		return c
	}
	for name, clash := range map[string]store.Token{
		"the same id":                          with(func(c *store.Token) { c.ID, c.Name = first.ID, "other" }),
		"the same id of another tenant":        with(func(c *store.Token) { c.ID, c.Name, c.Tenant = first.ID, "other", Fabrikam }),
		"the same name while that is in force": with(func(*store.Token) {}),
	} {
		if err := s.PutToken(t.Context(), clash); passtrail.CodeOf(err) != passtrail.Conflict {
			t.Errorf("PutToken with %s = %v, want Conflict", name, err)
		}
	}
	theirs := with(func(c *store.Token) { c.Tenant = Fabrikam })
	later := with(func(c *store.Token) {
		c.ID, c.CreatedAt, c.ExpiresAt = "cccccccccccc", first.ExpiresAt, first.ExpiresAt+1
	})
	must(t, s.PutToken(t.Context(), theirs))
	must(t, s.PutToken(t.Context(), later)) // the first has expired by then
	if got, err := s.Tokens(t.Context(), Contoso); !reflect.DeepEqual(got, []store.Token{later, first}) || err != nil {
		t.Errorf("Tokens = %+v, %v, want %+v and %+v", got, err, later, first)
	}

	must(t, s.UseToken(t.Context(), first.ID, At+9))
	must(t, s.UseToken(t.Context(), first.ID, At+5))
	first.LastUsed = At + 9
	if got, err := s.Token(t.Context(), first.ID); got != first || err != nil {
		t.Errorf("Token = %+v, %v, want %+v", got, err, first)
	}
	if _, err := s.Token(t.Context(), "zzzzzzzzzzzz"); passtrail.CodeOf(err) != passtrail.NotFound {
		t.Errorf("Token of an unknown id = %v, want NotFound", err)
	}
	revokeTokens(t, s, first)
}

func revokeTokens(t *testing.T, s store.Store, first store.Token) {
	if _, err := s.RevokeToken(t.Context(), Fabrikam, first.ID, "x", At); passtrail.CodeOf(err) != passtrail.NotFound {
		t.Errorf("RevokeToken of another tenant's = %v, want NotFound", err)
	}
	first.RevokedAt, first.RevokedBy = At+20, "ben@contoso.com"
	if got, err := s.RevokeToken(t.Context(), Contoso, first.ID, first.RevokedBy, first.RevokedAt); got != first || err != nil {
		t.Errorf("RevokeToken = %+v, %v, want %+v", got, err, first)
	}
	if _, err := s.RevokeToken(t.Context(), Contoso, first.ID, "late", At+30); passtrail.CodeOf(err) != passtrail.Conflict {
		t.Errorf("RevokeToken twice = %v, want Conflict", err)
	}
	if got, err := s.Token(t.Context(), first.ID); got != first || err != nil {
		t.Errorf("Token after revoking = %+v, %v, want %+v", got, err, first)
	}
	for at, want := range map[passtrail.Ticks]string{At: store.TokenActive, At + 90*passtrail.Day: store.TokenExpired} {
		unrevoked := first
		unrevoked.RevokedAt = 0
		if got := unrevoked.State(at); got != want {
			t.Errorf("State at %s = %s, want %s", at, got, want)
		}
	}
	if got := first.State(At); got != store.TokenRevoked {
		t.Errorf("State of a revoked token = %s", got)
	}
}
