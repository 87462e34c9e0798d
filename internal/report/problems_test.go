package report_test

import (
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/report"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// problem returns the cells of one problem of common-problems by column.
func problem(t *testing.T, out *report.Output, key string) map[string]any {
	t.Helper()
	table := out.Tables[0]
	for _, row := range table.Rows {
		if row[table.Index("Problem")] == key {
			cells := map[string]any{}
			for i, c := range table.Columns {
				cells[c.Name] = row[i]
			}
			return cells
		}
	}
	return nil
}

// TestRefusedChanges: a change that was refused is a problem with its reason; one that came about is none.
func TestRefusedChanges(t *testing.T) {
	s := scene.New(t, "2026-03-06")
	at := scene.Time("2026-03-04T10:00:00Z")
	add := func(n int, result, reason string) {
		for range n {
			at += passtrail.Minute
			s.Add(scene.Event{At: at, Key: "change", Actor: "adele", Result: result, Reason: reason})
		}
	}
	add(5, "failure", "PasswordDoesnotComplyFuzzyPolicy")
	add(2, "failure", "PasswordChangeIncorrectCurrentPassword")
	add(1, "clientError", "A sentence of tomorrow")
	add(3, "success", "None")
	s.Attempt(scene.Time("2026-03-04T12:00:00Z"), "alex", "192.0.2.1", "start options sms sms+ gates new refused new end reset")
	s.Commit()
	lib := library(t, s)
	out := run(t, lib, "common-problems", report.Params{Tenant: scene.Contoso, Now: s.Now})
	for key, want := range map[string][4]int64{"password_refused_cloud": {6, 5, 6, 2}, "wrong_old_password": {2, 2, 2, 1}, "change_failed": {1, 1, 1, 1}} {
		p := problem(t, out, key)
		if p == nil {
			t.Errorf("%s is missing", key)
			continue
		}
		got := [4]int64{p["Refusals"].(int64), p["Changes"].(int64), p["Occurrences"].(int64), p["People"].(int64)}
		if got != want {
			t.Errorf("%s: refusals, changes, occurrences, people = %v, want %v", key, got, want)
		}
	}
	if n := len(out.Tables[0].Rows); n != 3 {
		t.Errorf("%d problems, want 3", n)
	}
	days := out.Tables[1]
	if len(days.Rows) != 1 || days.Rows[0][days.Index("Changes")] != int64(8) {
		t.Errorf("by day: %v", days.Rows)
	}
}

// TestRemedyHasADate: from the tenant's day on contact data of the directory is no remedy.
func TestRemedyHasADate(t *testing.T) {
	s := scene.New(t, "2026-11-20")
	for _, day := range []string{"2026-11-05T10:00:00Z", "2026-11-18T10:00:00Z"} {
		s.Add(scene.Event{At: scene.Time(day), Key: "flow", Result: "failure", Reason: "User's account has insufficient authentication methods defined.", Actor: "adele"})
	}
	s.Commit()
	lib := library(t, s)
	directory := func(now string) bool {
		t.Helper()
		s.Now = scene.Time(now)
		p := problem(t, run(t, lib, "common-problems", report.Params{Tenant: scene.Contoso, Now: s.Now}), "too_few_methods")
		if p == nil {
			t.Fatalf("on %s the problem is missing", now)
		}
		return strings.Contains(p["Remedy"].(string), "fill in the contact data")
	}
	for now, want := range map[string]bool{"2026-11-08T23:59:59Z": true, "2026-11-09": false, "2026-11-20": false} {
		if got := directory(now); got != want {
			t.Errorf("on %s contact data helps: %v, want %v", now, got, want)
		}
	}
	day, err := store.ParseRegisteredOnly("2026-11-19")
	if err != nil {
		t.Fatal(err)
	}
	tenant, err := s.Store.Tenant(t.Context(), scene.Contoso)
	if err != nil {
		t.Fatal(err)
	}
	tenant.Settings.RegisteredOnlyFrom = day
	if err := s.Store.PutTenant(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]bool{"2026-11-18T23:59:59Z": true, "2026-11-19": false} {
		if got := directory(now); got != want {
			t.Errorf("with a day of its own, on %s contact data helps: %v, want %v", now, got, want)
		}
	}
	for _, wrong := range []string{"yesterday", "2025-11-09", "2026-11-09T10:00:00Z", "9.11.2026", "2026-11-31"} {
		if _, err := store.ParseRegisteredOnly(wrong); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("ParseRegisteredOnly(%q) = %v, want Invalid", wrong, err)
		}
	}
}
