package web_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/web"
)

// TestRegistrationNamesItsDay: the page of another day is headed with it, says what is assumed, and a day that is still to
// come says so. The sample's first snapshot is of 2 January 2026, its now 3 March.
func TestRegistrationNamesItsDay(t *testing.T) {
	s := newSite(t, newSample())
	c := s.client(t, auth.Local())
	const assumed = "The state on 25 December 2025 is assumed from the first snapshot of 2 January 2026."
	for _, tt := range []struct {
		query, heading string
		notes          []string
	}{
		{"", "Registration", nil},
		{"?at=2026-03-03", "Registration", nil},
		{"?at=2026-02-14", "Registration on 14 February 2026", nil},
		{"?at=2026-01-02", "Registration on 2 January 2026", nil},
		{"?at=2026-01-01", "Registration on 1 January 2026", []string{"The state on 1 January 2026 is assumed from the first snapshot of 2 January 2026."}},
		{"?at=2025-12-25", "Registration on 25 December 2025", []string{assumed}},
		{"?at=2026-03-04", "Registration", []string{"4 March 2026 is still to come: shown is the state of now."}},
		{"?compare=2025-12-25", "Registration", []string{assumed}},
		{"?at=2026-02-14&compare=2026-04-01", "Registration on 14 February 2026", []string{"1 April 2026 is still to come: compared is with the state of now."}},
	} {
		status, body := s.do(t, c, "GET", "/registration"+tt.query, nil)
		if status != 200 || !strings.Contains(body, "<h1>"+tt.heading+"</h1>") || !strings.Contains(body, "<title>"+tt.heading+" –") {
			t.Errorf("%s: answered %d, headed %q, want %q", tt.query, status, between(body, "<h1>", "</h1>"), tt.heading)
		}
		if n := len(regexp.MustCompile("is assumed from|is still to come").FindAllString(body, -1)); n != len(tt.notes) {
			t.Errorf("%s: %d notes, want %d", tt.query, n, len(tt.notes))
		}
		for _, note := range tt.notes {
			if !strings.Contains(body, note) {
				t.Errorf("%s: does not say %q", tt.query, note)
			}
		}
	}
}

// TestWhoIsBlockedCannotReset: no page says of somebody who is blocked that they can reset, however well registered.
func TestWhoIsBlockedCannotReset(t *testing.T) {
	_, w := realSite(t)
	ctx := auth.With(t.Context(), auth.Local())
	blocks := w.answer(t, `PasswordEvents | where Activity == "blocked" | summarize Last = max(Time) by UserId
		| join kind=inner (UserRegistrationDetails | where IsSsprCapable | project UserId = Id, UserPrincipalName) on UserId | sort by Last desc | project UserId, Last, UserPrincipalName | take 3`)
	if len(blocks) == 0 {
		t.Fatal("nobody who is capable was blocked in the simulated tenant")
	}
	for _, b := range blocks {
		id, last, name := b[0].(string), passtrail.Ticks(b[1].(int64)), b[2].(string)
		at := last + passtrail.Hour
		scope := web.Scope{Tenant: w.tenant, Now: at}
		person, err := w.Person(ctx, scope, id, web.Period{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.Registration(ctx, scope, web.RegistrationFilter{At: at, List: "registered", Text: name, Limit: 50})
		if err != nil || len(list.People) != 1 {
			t.Fatalf("%s: %d on the list, %v", id, len(list.People), err)
		}
		if person.BlockedUntil <= at || list.People[0].BlockedUntil != person.BlockedUntil || !list.People[0].Capable {
			t.Errorf("%s: blocked until %s, on the list until %s, capable %t", id, person.BlockedUntil, list.People[0].BlockedUntil, list.People[0].Capable)
		}
		then := newSiteAt(t, w.Services, func() time.Time { return at.Time() })
		c := then.client(t, auth.Local())
		yes := regexp.MustCompile(`#success"></use></svg>Yes`)
		for _, path := range []string{"/person/" + id, "/registration?list=registered&q=" + name} {
			if status, body := then.do(t, c, "GET", path, nil); status != 200 || yes.MatchString(body) || !strings.Contains(strings.ToLower(body), "blocked") {
				t.Errorf("%s answered %d and says that who is blocked can reset", path, status)
			}
		}
		after := newSiteAt(t, w.Services, func() time.Time { return person.BlockedUntil.Time() })
		if _, body := after.do(t, after.client(t, auth.Local()), "GET", "/registration?list=registered&q="+name, nil); !yes.MatchString(body) {
			t.Errorf("%s: cannot reset when the block is over", id)
		}
	}
}
