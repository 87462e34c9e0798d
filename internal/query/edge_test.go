package query_test

import (
	"fmt"
	"testing"

	"passtrail/internal/scene"
)

// TestEventsOnTheEdgeOfAnInterval puts events on the instant at which one interval ends and the next begins, and one tick
// before: each is one row, and has what held at its time. The beginning belongs to an interval, the end does not.
func TestEventsOnTheEdgeOfAnInterval(t *testing.T) {
	s := scene.New(t, "2026-03-10T12:00:00Z")
	edge := scene.Time("2026-03-05T10:00:00Z")
	s.Roles(scene.Time("2026-03-01"), map[string]string{"adele": "Global Administrator", "megan": "Helpdesk Administrator"})
	s.Roles(edge, map[string]string{"adele": "Helpdesk Administrator"})
	s.Registered(scene.Time("2026-03-01"), map[string]string{"adele": "email"})
	s.Registered(edge, map[string]string{"adele": "email mobilePhone"})
	for _, person := range []string{"adele", "megan"} {
		s.Add(scene.Event{At: edge, Key: "change", Actor: person}, scene.Event{At: edge - 1, Key: "reset", Actor: person})
	}
	s.Commit()
	rows := func(what, text, want string) {
		t.Helper()
		if got := fmt.Sprint(s.Ask(text).Rows); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	const ask = `PasswordEvents | summarize N = count() by UserDisplayName, Activity, UserRole, ActorRole, IsAdmin | sort by UserDisplayName asc, Activity asc`
	rows("events", ask, "[[Adele Vance change Helpdesk Administrator Helpdesk Administrator true 1] [Adele Vance reset Global Administrator Global Administrator true 1]"+
		" [Megan Vance change User User false 1] [Megan Vance reset Helpdesk Administrator Helpdesk Administrator true 1]]")
	rows("attempts", `PasswordResetAttempts | project UserDisplayName, UserRole, IsAdmin | sort by UserDisplayName asc`,
		"[[Adele Vance Global Administrator true] [Megan Vance Helpdesk Administrator true]]")
	const state = `UserRegistrationDetails | project DataRegistered, UserRole`
	s.Now = edge
	rows("registration now that it changed", state, "[[Alternate email + Mobile phone Helpdesk Administrator]]")
	s.Now = edge - 1
	rows("registration before it changed", state, "[[Alternate email Global Administrator]]")
}
