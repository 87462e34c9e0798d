package auth_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

const address = "192.0.2.7"

// door is tokens over a database in memory, with a clock and a log to read.
type door struct {
	*auth.Tokens
	store store.Store
	clock *clock
	log   *bytes.Buffer
}

func newDoor(t *testing.T) *door {
	t.Helper()
	c := newClock()
	st, err := duckdb.Open(t.Context(), duckdb.Config{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	var log bytes.Buffer
	return &door{auth.NewTokens(st, c.now, slog.New(slog.NewTextHandler(&log, nil))), st, c, &log}
}

func (d *door) make(t *testing.T, spec auth.TokenSpec) (store.Token, string) {
	t.Helper()
	spec.Tenant = tenant
	kept, text, err := auth.NewToken(spec, passtrail.TicksOf(d.clock.now()))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.PutToken(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	return kept, text
}

func TestTokenLetsItsProgramIn(t *testing.T) {
	d := newDoor(t)
	kept, text := d.make(t, auth.TokenSpec{Name: " nightly ", By: "anna@contoso.com"})
	if !regexp.MustCompile(`^pt_[0-9a-z]{12}_[0-9A-Za-z]{49}$`).MatchString(text) {
		t.Errorf("the token is %d characters of another form", len(text))
	}
	if strings.Contains(fmt.Sprintf("%+v", kept), strings.Split(text, "_")[2][:20]) {
		t.Error("what is kept holds the secret")
	}
	if kept.Role != "Reports Reader" || kept.ExpiresAt-kept.CreatedAt != 90*passtrail.Day || kept.Name != "nightly" {
		t.Errorf("a token without wishes is %+v", kept)
	}
	who, err := d.Find(t.Context(), text, address)
	if err != nil {
		t.Fatal(err)
	}
	if who.Name != "token nightly" || who.Subject != "token:"+kept.ID || !who.Sees(tenant) || who.Sees("22222222-2222-3333-4444-555555555555") || who.AllTenants || !who.Can(auth.RunQueries) || who.Can(auth.Configure) {
		t.Errorf("the token lets in %+v", who)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	d := newDoor(t)
	_, good := d.make(t, auth.TokenSpec{Name: "good"})
	_, short := d.make(t, auth.TokenSpec{Name: "short", Life: passtrail.Day})
	revoked, revokedText := d.make(t, auth.TokenSpec{Name: "revoked"})
	if _, err := d.store.RevokeToken(t.Context(), tenant, revoked.ID, "anna@contoso.com", 1); err != nil {
		t.Fatal(err)
	}
	_, stranger, err := auth.NewToken(auth.TokenSpec{Name: "never kept"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	swapped := []byte(good)
	swapped[20], swapped[21] = swapped[21], swapped[20]
	if swapped[20] == swapped[21] {
		swapped[20] ^= 1
	}
	d.clock.advance(25 * time.Hour)
	for name, c := range map[string]struct{ text, why string }{
		"two characters swapped": {string(swapped), "mistyped"},
		"cut short":              {good[:len(good)-1], "mistyped"},
		"something else":         {"eyJhbGciOiJub25lIn0.e30.", "no access token"},
		"never made here":        {stranger, "no such"},
		"expired":                {short, "expired on 2026-03-04"},
		"revoked":                {revokedText, "was revoked"},
	} {
		_, err := d.Find(t.Context(), c.text, name)
		if passtrail.CodeOf(err) != passtrail.Denied || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want denied with %q", name, err, c.why)
		}
	}
	if _, err := d.Find(t.Context(), good, address); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// TestSecretOfAnotherToken joins the id of one token and the secret of another, with the right checksum.
func TestSecretOfAnotherToken(t *testing.T) {
	d := newDoor(t)
	one, _ := d.make(t, auth.TokenSpec{Name: "one"})
	kept, text, err := auth.NewToken(auth.TokenSpec{ID: one.ID, Name: "two"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.PutToken(t.Context(), kept); passtrail.CodeOf(err) != passtrail.Conflict {
		t.Fatalf("the same id twice: %v", err)
	}
	if _, err := d.Find(t.Context(), text, address); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("another secret: %v, want denied", err)
	}
}

func TestTokenSpecs(t *testing.T) {
	for name, spec := range map[string]auth.TokenSpec{
		"no name":         {},
		"blank name":      {Name: " \t"},
		"long name":       {Name: strings.Repeat("x", 101)},
		"control":         {Name: "a\nb"},
		"unknown role":    {Name: "n", Role: "Directory Readers"},
		"too long a life": {Name: "n", Life: 366 * passtrail.Day},
		"too short":       {Name: "n", Life: passtrail.Hour},
		"negative":        {Name: "n", Life: -passtrail.Day},
		"foreign id":      {Name: "n", ID: "../settings"},
		"capital id":      {Name: "n", ID: "AAAAAAAAAAAA"},
	} {
		if _, _, err := auth.NewToken(spec, 1); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if kept, _, err := auth.NewToken(auth.TokenSpec{Name: "n", Role: "securityreader"}, 1); err != nil || kept.Role != "Security Reader" {
		t.Errorf("a role in another spelling: %v, %v", kept.Role, err)
	}
}

func TestLastUseIsKeptCoarsely(t *testing.T) {
	d := newDoor(t)
	kept, text := d.make(t, auth.TokenSpec{Name: "n"})
	used := func() passtrail.Ticks {
		t.Helper()
		if _, err := d.Find(t.Context(), text, address); err != nil {
			t.Fatal(err)
		}
		now, err := d.store.Token(t.Context(), kept.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now.LastUsed
	}
	first := used()
	d.clock.advance(59 * time.Minute)
	if again := used(); again != first || first != kept.CreatedAt {
		t.Errorf("within the hour it moved from %s to %s", first, again)
	}
	d.clock.advance(time.Minute)
	if later := used(); later != first+passtrail.Hour {
		t.Errorf("after an hour it is %s, want %s", later, first+passtrail.Hour)
	}
}

// TestWrongTokensAreSlowed: who sends many is put off, without shutting out a program that shares the address.
func TestWrongTokensAreSlowed(t *testing.T) {
	d := newDoor(t)
	_, text := d.make(t, auth.TokenSpec{Name: "n"})
	_, other := d.make(t, auth.TokenSpec{Name: "m"})
	if _, err := d.Find(t.Context(), text, address); err != nil {
		t.Fatal(err)
	}
	const most = 20
	for i := range most {
		var err error
		if i%2 == 0 {
			_, err = d.Find(t.Context(), "pt_wrong", address)
		} else {
			err = d.Missing(address)
		}
		if passtrail.CodeOf(err) != passtrail.Denied {
			t.Fatalf("wrong token %d: %v, want denied", i, err)
		}
	}
	d.clock.advance(20 * time.Second)
	var slow *auth.SlowDown
	for name, try := range map[string]func() error{
		"a wrong token":         func() error { _, err := d.Find(t.Context(), "pt_wrong", address); return err },
		"no token":              func() error { return d.Missing(address) },
		"a token not seen here": func() error { _, err := d.Find(t.Context(), other, address); return err },
	} {
		if err := try(); !errors.As(err, &slow) || slow.Seconds() != 40 || passtrail.CodeOf(err) != passtrail.Unavailable {
			t.Errorf("%s after %d failures: %v, want to wait 40 seconds", name, most, err)
		}
	}
	if _, err := d.Find(t.Context(), text, address); err != nil {
		t.Errorf("the program that shares the address: %v", err)
	}
	if _, err := d.Find(t.Context(), other, "198.51.100.1"); err != nil {
		t.Errorf("another address: %v", err)
	}
	if n := strings.Count(d.log.String(), "count=20"); n != 1 || strings.Contains(d.log.String(), "pt_") {
		t.Errorf("the log says %s", d.log)
	}
	d.clock.advance(41 * time.Second)
	if _, err := d.Find(t.Context(), other, address); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

// FuzzToken holds reading of tokens to its form: nothing passes but what was made, whatever is changed.
func FuzzToken(f *testing.F) {
	_, text, err := auth.NewToken(auth.TokenSpec{Name: "n"}, 1)
	if err != nil {
		f.Fatal(err)
	}
	st, err := duckdb.Open(f.Context(), duckdb.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { st.Close() })
	for _, s := range []string{"", "pt_", text, text + "x", strings.ToUpper(text), "pt__" + text} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := auth.NewTokens(st, time.Now, slog.New(slog.DiscardHandler))
		if who, err := d.Find(t.Context(), text, address); passtrail.CodeOf(err) != passtrail.Denied {
			t.Errorf("Find(%q) = %v, %v, want denied", text, who, err)
		}
	})
}
