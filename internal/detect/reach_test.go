package detect_test

import (
	"fmt"
	"testing"

	"passtrail"
	"passtrail/internal/scene"
)

// TestBeyondReach: who resets whom, by the roles held at that time.
func TestBeyondReach(t *testing.T) {
	roles := map[string]string{"chief": "Global Administrator", "desk": "Helpdesk Administrator", "desk2": "Helpdesk Administrator", "keeper": "Password Administrator",
		"user": "User Administrator", "mail": "Exchange Administrator", "reader": "Reports Reader", "privileged": "Privileged Authentication Administrator"}
	cases := []struct {
		actor, target, result string
		want                  bool
	}{
		{"desk", "adele", "", false}, {"keeper", "adele", "", false}, {"desk", "desk2", "", false}, {"keeper", "desk", "", true}, {"desk", "keeper", "", false},
		{"desk", "chief", "", true}, {"desk", "chief", "failure", false}, {"privileged", "chief", "", false}, {"user", "mail", "", true}, {"chief", "mail", "", false},
		{"reader", "adele", "", true}, {"nobody", "adele", "", true}, {"keeper", "reader", "", true}, {"desk", "reader", "", false}, {"chief", "chief", "", false},
	}
	for _, known := range []bool{true, false} {
		s := scene.New(t, "2026-03-20")
		if known {
			s.Roles(begin-40*day, roles)
		}
		for i, c := range cases {
			s.Add(scene.Event{ID: fmt.Sprintf("case-%02d", i), At: begin + passtrail.Ticks(i)*minute, Key: "admin_reset", Actor: c.actor, Target: c.target, Result: c.result})
		}
		s.Commit()
		found := map[string]bool{}
		for _, f := range findings(t, s, "reset-beyond-reach") {
			found[f.Evidence[0]] = true
		}
		for i, c := range cases {
			if got, want := found[fmt.Sprintf("case-%02d", i)], c.want && known; got != want {
				t.Errorf("%s resets %s%s, roles known %v: found %v, want %v", c.actor, c.target, c.result, known, got, want)
			}
		}
	}
}

// TestReachAtTheTime: a role counts while it is held.
func TestReachAtTheTime(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	s.Roles(begin-40*day, map[string]string{"desk": "Helpdesk Administrator", "left": "Helpdesk Administrator", "mail": "Exchange Administrator", "chief": "Global Administrator"})
	s.Roles(begin, map[string]string{"desk": "Helpdesk Administrator", "adele": "Exchange Administrator", "chief": "Global Administrator"})
	for i, c := range []struct {
		at     passtrail.Ticks
		target string
	}{{begin - hour, "mail"}, {begin + hour, "mail"}, {begin - hour, "adele"}, {begin + hour, "adele"}} {
		s.Add(scene.Event{ID: fmt.Sprint("case-", i), At: c.at, Key: "admin_reset", Actor: "desk", Target: c.target})
	}
	s.Add(scene.Event{ID: "case-4", At: begin - 2*hour, Key: "admin_reset", Actor: "left", Target: "alex"}, scene.Event{ID: "case-5", At: begin + 2*hour, Key: "admin_reset", Actor: "left", Target: "alex"})
	s.Commit()
	got := ""
	for _, f := range findings(t, s, "reset-beyond-reach") {
		got = f.Evidence[0] + " " + got
	}
	if got != "case-0 case-3 case-5 " {
		t.Errorf("found %q, want those of the times at which the role was held", got)
	}
}
