package report_test

import (
	"fmt"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/report"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// TestRegisteredLine: the line goes up and down at the moment of a snapshot, and not by one that comes as the period ends.
func TestRegisteredLine(t *testing.T) {
	s := scene.New(t, "2026-03-12T12:00:00Z")
	s.Registered(scene.Time("2026-03-03T06:00:00Z"), map[string]string{"adele": "email", "alex": "", "grady": ""})
	s.Registered(scene.Time("2026-03-06"), map[string]string{"adele": "email", "alex": "email", "grady": "email"})
	s.Registered(scene.Time("2026-03-08"), map[string]string{"adele": "", "alex": "email", "grady": "email"})
	s.Commit()
	lib := library(t, s)
	for _, c := range []struct {
		from string
		to   passtrail.Ticks
		want string
	}{
		{"2026-03-01", scene.Time("2026-03-06"), "03-03 1"}, {"2026-03-01", scene.Time("2026-03-06") + 1, "03-03 1;03-06 3"}, {"2026-03-01", scene.Time("2026-03-08"), "03-03 1;03-06 3"},
		{"2026-03-06", scene.Time("2026-03-08") + 1, "03-06 3;03-08 2"}, {"2026-03-06", scene.Time("2026-03-08"), "03-06 3"},
	} {
		out := run(t, lib, "registered-count", report.Params{Tenant: scene.Contoso, Now: s.Now, From: scene.Time(c.from), To: c.to})
		var got []string
		for _, row := range out.Tables[2].Rows {
			got = append(got, fmt.Sprint(passtrail.Ticks(row[0].(int64)).String()[5:10], " ", row[1]))
		}
		if strings.Join(got, ";") != c.want {
			t.Errorf("%s to %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// TestRegisteredWithoutSnapshot: without a snapshot the log tells who registered: whom it succeeded for, before the period ends,
// once and by the first time. A snapshot, and be it of one person, takes its place.
func TestRegisteredWithoutSnapshot(t *testing.T) {
	s := scene.New(t, "2026-03-12T12:00:00Z")
	at := scene.Time("2026-03-08T09:00:00Z")
	s.Add(scene.Event{At: at, Key: "registered", Actor: "adele"}, scene.Event{At: at + passtrail.Hour, Key: "registered", Actor: "adele"},
		scene.Event{At: at, Key: "registered", Actor: "alex", Result: "failure"}, scene.Event{At: at + 2*passtrail.Hour, Key: "registered", Actor: "grady"})
	s.Commit()
	lib := library(t, s)
	p := report.Params{Tenant: scene.Contoso, Now: s.Now, To: at + 2*passtrail.Hour}
	for range 2 {
		people, want := "1", fmt.Sprint("adele@contoso.com ", int64(at))
		if p.To > at+2*passtrail.Hour {
			people, want = "2", fmt.Sprint("grady@contoso.com ", int64(at+2*passtrail.Hour), ";", want)
		}
		if got := cells(t, run(t, lib, "registered-count", p).Tables[0], "Registered", "Basis"); got[0] != people+" audit log" {
			t.Errorf("up to %s: %q, want %s of the log", p.To, got[0], people)
		}
		if got := strings.Join(cells(t, run(t, lib, "registered-people", p).Tables[0], "User", "RegisteredOn"), ";"); got != want {
			t.Errorf("up to %s: people = %q, want %q", p.To, got, want)
		}
		p.To++
	}
	s.Registered(at+passtrail.Day, map[string]string{"lee": "email"})
	s.Commit()
	if got := cells(t, run(t, lib, "registered-count", p).Tables[0], "Registered", "Total", "Basis"); got[0] != "1 1 snapshot" {
		t.Errorf("with a snapshot of one: %q", got[0])
	}
	if got := cells(t, run(t, lib, "registered-people", p).Tables[0], "User"); strings.Join(got, ";") != "lee@contoso.com" {
		t.Errorf("with a snapshot of one: %q", got)
	}
}

// TestGaps: each gap has those in it, and nobody beside them.
func TestGaps(t *testing.T) {
	s := scene.New(t, "2026-03-12T12:00:00Z")
	sn := store.Snapshot{Kind: store.Registrations, TakenAt: scene.Time("2026-03-03"), Complete: true}
	add := func(who string, enabled, registered, admin bool) {
		sn.Registrations = append(sn.Registrations, store.Registration{UserID: scene.ID(who), UPN: s.UPN(who), IsSsprEnabled: enabled, IsSsprRegistered: registered, IsSsprCapable: enabled && registered, IsAdmin: admin})
	}
	add("adele", true, false, false)
	add("alex", false, true, false)
	add("chief", false, false, true)
	add("grady", true, true, false)
	add("keeper", true, true, true)
	add("lee", false, false, false)
	if _, err := s.Store.Commit(t.Context(), &store.Batch{Tenant: scene.Contoso, Source: "test", At: s.Now, Snapshots: []store.Snapshot{sn}}); err != nil {
		t.Fatal(err)
	}
	s.Commit()
	out := run(t, library(t, s), "registration-gaps", report.Params{Tenant: scene.Contoso, Now: s.Now})
	const want = "administrator but not capable chief@contoso.com;enabled but not registered adele@contoso.com;registered but not enabled alex@contoso.com"
	if got := strings.Join(cells(t, out.Tables[1], "Gap", "User"), ";"); got != want {
		t.Errorf("gaps = %q, want %q", got, want)
	}
}
