package report_test

import (
	"fmt"
	"slices"
	"testing"

	"passtrail"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/scene"
)

// cells returns the named columns of all rows, a line each.
func cells(t *testing.T, table query.Table, names ...string) []string {
	t.Helper()
	var out []string
	for _, row := range table.Rows {
		line := ""
		for _, n := range names {
			line += fmt.Sprint(row[table.Index(n)], " ")
		}
		out = append(out, line[:len(line)-1])
	}
	return out
}

// recovery notes an account recovery; completed ones end with a pass.
func recovery(s *scene.Scene, at passtrail.Ticks, person, correlation string, keys ...string) {
	for i, key := range keys {
		e := scene.Event{At: at + passtrail.Ticks(i)*passtrail.Minute, Key: key, Actor: person, Correlation: correlation, Service: "Some service"}
		if key == "pass" {
			e.Key, e.Reason, e.Service = "info_registered", "User registered temporary access pass method", ""
		}
		s.Add(e)
	}
}

// TestBackIn counts each way once, and a recovery's pass not at all.
func TestBackIn(t *testing.T) {
	s := scene.New(t, "2026-06-20")
	at := scene.Time("2026-06-10T09:00:00Z")
	s.Attempt(at, "adele", "192.0.2.1", scene.Full)
	s.Attempt(at+passtrail.Hour, "adele", "192.0.2.1", "start options sms sms+ gates unlock")
	s.Attempt(at+2*passtrail.Hour, "alex", "192.0.2.1", "start options cancel")
	pass := "Admin registered temporary access pass method for user"
	s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "alex"}, scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "grady", Result: "failure"},
		scene.Event{At: at, Key: "admin_info_registered", Actor: "helper", Target: "grady", Reason: pass},
		scene.Event{At: at, Key: "admin_info_registered", Actor: "helper", Target: "lee", Reason: pass, Result: "failure"},
		scene.Event{At: at + 5*passtrail.Hour, Key: "admin_info_deleted", Actor: "helper", Target: "grady", Reason: "Admin deleted temporary access pass method for user"},
		scene.Event{At: at - 40*passtrail.Day, Key: "admin_reset", Actor: "desk", Target: "alex"})
	recovery(s, at, "joni", "c1", "recovery_started", "recovery_presented", "recovery_matched", "pass", "recovery_completed")
	recovery(s, at+passtrail.Day, "joni", "c2", "recovery_started", "recovery_face_failed")
	recovery(s, at+2*passtrail.Day, "lee", "c3", "recovery_started", "recovery_completed", "recovery_completed", "pass")
	recovery(s, at+3*passtrail.Day, "lee", "c4", "recovery_started", "recovery_completed")
	s.Add(scene.Event{At: at + 4*passtrail.Day, Key: "admin_info_registered", Actor: "helper", Target: "joni", Reason: pass}) // days after: its own way
	s.Commit()
	out := run(t, library(t, s), "back-in", report.Params{Tenant: scene.Contoso, Now: s.Now})
	want := []string{"Account Recovery 3 2 0", "Self-service 2 1 0", "Temporary Access Pass 2 2 0", "Administrator 1 1 1"}
	if got := cells(t, out.Tables[0], "Way", "Times", "People", "Before"); !slices.Equal(got, want) {
		t.Errorf("ways = %q, want %q", got, want)
	}
	want = []string{"recovery_started 4 4 2", "recovery_completed 4 3 2", "recovery_face_failed 1 1 1", "recovery_matched 1 1 1", "recovery_presented 1 1 1"}
	got := cells(t, out.Tables[2], "Activity", "Records", "Sessions", "People")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("recoveries = %q, want %q", got, want)
	}
	resets := run(t, library(t, s), "resets-last-7-days", report.Params{Tenant: scene.Contoso, Now: s.Now, From: at - passtrail.Day})
	if got := cells(t, resets.Tables[0], "People", "Resets", "AdminResets"); got[0] != "1 1 1" {
		t.Errorf("resets = %q: a recovery is none", got)
	}
}

// TestPasskeysAreOne: two records of one act are one registration; two acts are two.
func TestPasskeysAreOne(t *testing.T) {
	s := scene.New(t, "2026-09-20")
	at := scene.Time("2026-09-10T09:00:00Z")
	add := func(correlation, person, reason string) {
		at += passtrail.Second
		s.Add(scene.Event{At: at, Key: "info_registered", Actor: person, Correlation: correlation, Reason: reason})
	}
	for _, c := range [][2]string{{"c1", "adele"}, {"c1", "adele"}, {"c2", "adele"}, {"c2", "adele"}, {"c1", "alex"}} {
		add(c[0], c[1], "User registered Passkey")
	}
	add("c3", "adele", "User registered Email")
	add("c3", "adele", "User registered Email")
	add("c4", "adele", "User registered Quantum key")
	s.Add(scene.Event{At: at, Key: "passkey_options", Actor: "adele", Correlation: "c1", Reason: "Successfully retrieved passkey creation options."})
	s.Commit()
	out := run(t, library(t, s), "security-info-changes", report.Params{Tenant: scene.Contoso, Now: s.Now})
	want := []string{"info_registered passkey 3 2", "info_registered email 2 1", "info_registered quantum key 1 1"}
	if got := cells(t, out.Tables[0], "Activity", "Method", "Succeeded", "People"); !slices.Equal(got, want) {
		t.Errorf("methods = %q, want %q", got, want)
	}
	if got := cells(t, out.Tables[1], "Registered"); !slices.Equal(got, []string{"6"}) {
		t.Errorf("by day = %q, want 6", got)
	}
}
