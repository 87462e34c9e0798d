package report_test

import (
	"fmt"
	"slices"
	"testing"

	"passtrail"
	"passtrail/internal/report"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// acts commits records of one person each, 40 minutes apart from 9 March 2026 on: activity key, activity, result, problem and
// agent.
func acts(t *testing.T, s *scene.Scene, list ...[5]string) {
	t.Helper()
	at := scene.Time("2026-03-09T00:00:00Z")
	var records []passtrail.Record
	for n, a := range list {
		records = append(records, passtrail.Record{Tenant: scene.Contoso, ID: fmt.Sprintf("a%d", n), Hash: [16]byte{9, byte(n)}, Time: at + passtrail.Ticks(n)*40*passtrail.Minute,
			Service: "Self-service Password Management", Category: "UserManagement", Activity: a[1], Result: a[2], CorrelationID: fmt.Sprintf("00000000-0000-4000-9000-%012d", n),
			ActorKind: passtrail.ActorUser, ActorID: fmt.Sprintf("id%d", n), TargetID: fmt.Sprintf("id%d", n), TargetUPN: fmt.Sprintf("p%d@contoso.com", n), TargetType: "User",
			Shape: passtrail.ShapeGraph, Source: "test", ReceivedAt: s.Now, ActivityKey: a[0], Problem: a[3], OnPremisesAgent: a[4]})
	}
	if _, err := s.Store.Commit(t.Context(), &store.Batch{Tenant: scene.Contoso, Source: "test", Records: records, At: s.Now}); err != nil {
		t.Fatal(err)
	}
}

// TestWriteBackCountsEveryAct: resets, changes, unlocks and resets by administrators, by agent, well and badly ended; other
// acts do not write back.
func TestWriteBackCountsEveryAct(t *testing.T) {
	s := scene.New(t, "2026-03-11")
	acts(t, s,
		[5]string{"reset", "Reset password (self-service)", "success", "", "CloudSync"}, [5]string{"reset", "Reset password (self-service)", "failure", "", "CloudSync"},
		[5]string{"change", "Change password (self-service)", "success", "", ""}, [5]string{"unlock", "Unlock user account (self-service)", "success", "", "CloudSync"},
		[5]string{"unlock", "Unlock user account (self-service)", "success", "", "CloudSync"}, [5]string{"admin_reset", "Reset password (by admin)", "failure", "", "CloudSync"},
		[5]string{"info_registered", "User registered security info", "success", "", "CloudSync"})
	table := run(t, library(t, s), "write-back", report.Params{Tenant: scene.Contoso, Now: s.Now}).Tables[0]
	var got []string
	for _, row := range table.Rows {
		var line string
		for _, c := range []string{"Agent", "Activity", "Succeeded", "Failed", "People"} {
			line += fmt.Sprint(row[table.Index(c)], " ")
		}
		got = append(got, line)
	}
	slices.Sort(got)
	want := []string{"CloudSync admin_reset 0 1 1 ", "CloudSync reset 1 1 2 ", "CloudSync unlock 2 0 2 ", "not stated change 1 0 1 "}
	if !slices.Equal(got, want) {
		t.Errorf("write-back is\n%q, want\n%q", got, want)
	}
}

// TestSuccessIsNoProblem: a change that succeeded is none, whatever problem its reason would be; one that did not is.
func TestSuccessIsNoProblem(t *testing.T) {
	s := scene.New(t, "2026-03-11")
	acts(t, s, [5]string{"change", "Change password (self-service)", "success", "password_refused_cloud", ""},
		[5]string{"change", "Change password (self-service)", "failure", "password_refused_cloud", ""})
	out := run(t, library(t, s), "common-problems", report.Params{Tenant: scene.Contoso, Now: s.Now})
	if row := problem(t, out, "password_refused_cloud"); row["Occurrences"] != int64(1) || row["Changes"] != int64(1) {
		t.Errorf("the problem is %v, want one occurrence", row)
	}
}
