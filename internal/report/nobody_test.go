package report_test

import (
	"fmt"
	"testing"

	"passtrail"
	"passtrail/internal/report"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// TestNobodyIsNoPerson: records that name no person are counted as what they are, and never as one person more.
func TestNobodyIsNoPerson(t *testing.T) {
	s := scene.New(t, "2026-03-10")
	at := scene.Time("2026-03-09T09:00:00Z")
	var records []passtrail.Record
	add := func(key, activity, result, problem, reason, who string) {
		n := len(records)
		at += 40 * passtrail.Minute // each an attempt of its own
		r := passtrail.Record{Tenant: scene.Contoso, ID: fmt.Sprintf("r%d", n), Hash: [16]byte{7, byte(n)}, Time: at, Service: "Self-service Password Management",
			Category: "UserManagement", Activity: activity, Result: result, Reason: reason, CorrelationID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n),
			Shape: passtrail.ShapeGraph, Source: "test", ReceivedAt: s.Now, ActivityKey: key, Problem: problem, ActorAddress: "192.0.2.7"}
		if who != "" {
			r.TargetID, r.TargetUPN, r.TargetType = "id-"+who, who+"@contoso.com", "User"
		}
		if key == "admin_reset" {
			r.ActorKind, r.ActorID, r.ActorUPN = passtrail.ActorUser, "id-admin", "admin@contoso.com"
		}
		records = append(records, r)
	}
	for _, who := range []string{"adele", "", "adele", ""} {
		add("reset", "Reset password (self-service)", "success", "", "", who)
		add("admin_reset", "Reset password (by admin)", "success", "", "", who)
		add("change", "Change password (self-service)", "failure", "password_refused_cloud", "PasswordDoesnotComplyFuzzyPolicy", who)
		add("blocked", "Blocked from self-service password reset", "failure", "blocked", "", who)
		add("info_registered", "User registered security info", "success", "", "", who)
	}
	if _, err := s.Store.Commit(t.Context(), &store.Batch{Tenant: scene.Contoso, Source: "test", Records: records, At: s.Now}); err != nil {
		t.Fatal(err)
	}
	lib := library(t, s)
	for _, test := range []struct {
		id, column string
		table      int
		want       int64 // in each row that has any
	}{
		{"resets-last-7-days", "People", 0, 1}, {"resets-last-7-days", "People", 1, 1}, {"admin-resets", "People", 0, 1}, {"admin-resets", "People", 1, 1},
		{"common-problems", "People", 0, 1}, {"write-back", "People", 0, 1}, {"back-in", "People", 0, 1}, {"funnel", "People", 1, 1},
		{"security-info-changes", "People", 0, 1}, {"registered-count", "Registered", 0, 1},
	} {
		out := run(t, lib, test.id, report.Params{Tenant: scene.Contoso, Now: s.Now})
		table := out.Tables[test.table]
		seen := 0
		for _, row := range table.Rows {
			n, _ := row[table.Index(test.column)].(int64)
			if n == 0 {
				continue
			}
			if seen++; n != test.want {
				t.Errorf("%s, table %d: %s is %d in %v, want %d", test.id, test.table, test.column, n, row, test.want)
			}
		}
		if seen == 0 && test.id != "registered-count" {
			t.Errorf("%s, table %d has nobody: %v", test.id, test.table, table.Rows)
		}
	}
}

// gateGuessing is how many people, as its parameter MinPeople, the rule of that name wants.
const gateGuessing = 3

// TestNobodyIsNoVictim: windows of findings count people, and nobody is none.
func TestNobodyIsNoVictim(t *testing.T) {
	count := func(people int) int {
		s := scene.New(t, "2026-03-10")
		at := scene.Time("2026-03-09T09:00:00Z")
		var records []passtrail.Record
		for i := range people + 1 { // the last one is nobody
			r := passtrail.Record{Tenant: scene.Contoso, ID: fmt.Sprintf("r%d", i), Hash: [16]byte{8, byte(i)}, Time: at + passtrail.Ticks(i)*passtrail.Minute,
				Service: "Self-service Password Management", Category: "UserManagement", Activity: "Blocked from self-service password reset", Result: "failure", Reason: "x",
				CorrelationID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Shape: passtrail.ShapeGraph, Source: "test", ReceivedAt: s.Now, ActivityKey: "blocked",
				Problem: "blocked", ActorAddress: "192.0.2.7"}
			if i < people {
				r.TargetID, r.TargetUPN, r.TargetType = fmt.Sprintf("id-%d", i), fmt.Sprintf("p%d@contoso.com", i), "User"
			}
			records = append(records, r)
		}
		if _, err := s.Store.Commit(t.Context(), &store.Batch{Tenant: scene.Contoso, Source: "test", Records: records, At: s.Now}); err != nil {
			t.Fatal(err)
		}
		out := run(t, library(t, s), "suspicious-activity", report.Params{Tenant: scene.Contoso, Now: s.Now})
		return len(out.Tables[0].Rows)
	}
	enough := 1
	for ; enough < 20 && count(enough) == 0; enough++ {
	}
	if enough != gateGuessing {
		t.Errorf("%d people and nobody make a finding, want %d people", enough, gateGuessing)
	}
}
