package attempt_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"passtrail"
	"passtrail/internal/attempt"
)

// entry is a record of a story: minutes after the start, correlation id, actor, service and what it says.
type entry struct {
	minute             int
	correlation, actor string
	service            string
	said               step
}

const (
	portal    = "Self-service Password Management"
	directory = "Core Directory"
	methods   = "Authentication Methods"
)

func TestStories(t *testing.T) {
	adminReset := step{"Reset password (by admin)", "success", "Successfully completed reset."}
	change := step{"Change password (self-service)", "success", "None"}
	info := step{"User registered security info", "success", "User registered Mobile Phone SMS"}
	deleted := step{"User deleted security info", "success", "User deleted Fido"}
	dirReset, dirChange := step{"Reset user password", "success", ""}, step{"Change user password", "success", ""}
	tests := []struct {
		name    string
		entries []entry
		want    []string // kind and minutes
	}{
		{"an attempt with its companions and the echo of hash sync", []entry{
			{0, "a", "me", portal, ok("User submitted their user ID")}, {1, "a", "", directory, dirReset}, {2, "a", "me", portal, resetted("success", "")}, {9, "b", "sync", directory, dirChange},
		}, []string{"attempt [0 1 2 9]"}},
		{"a reset by an admin and the person's change", []entry{
			{0, "a", "admin", portal, adminReset}, {1, "a", "", directory, dirReset}, {300, "b", "me", portal, change}, {301, "b", "", directory, dirChange},
		}, []string{"admin_reset [0 1 300 301]"}},
		{"only the first change belongs to it", []entry{
			{0, "a", "admin", portal, adminReset}, {300, "b", "me", portal, change}, {400, "c", "me", portal, change},
		}, []string{"admin_reset [0 300]", "change [400]"}},
		{"a change too late", []entry{{0, "a", "admin", portal, adminReset}, {6000, "b", "me", portal, change}}, []string{"admin_reset [0]", "change [6000]"}},
		{"a self-service reset between", []entry{
			{0, "a", "admin", portal, adminReset}, {10, "b", "me", portal, resetted("success", "")}, {20, "c", "me", portal, change},
		}, []string{"admin_reset [0]", "attempt [10]", "change [20]"}},
		{"a visit to security info", []entry{
			{0, "", "me", methods, info}, {5, "", "me", methods, deleted}, {40, "", "me", methods, info}, {41, "", "admin", methods, info},
		}, []string{"info [0 5]", "info [40]", "info [41]"}},
		{"a directory write by itself", []entry{{0, "a", "sync", directory, dirChange}}, []string{"other [0]"}},
		{"without correlation ids", []entry{{0, "", "me", portal, ok("User submitted their user ID")}, {1, "", "me", portal, resetted("success", "")}}, []string{"attempt [0 1]"}},
		{"an all-zero correlation id", []entry{{0, "0000-00", "me", methods, info}, {40, "0000-00", "me", methods, info}}, []string{"info [0]", "info [40]"}},
		{"one correlation id, two attempts", []entry{
			{0, "a", "me", portal, ok("User submitted their user ID")}, {1, "A", "me", portal, resetted("success", "")}, {2, "a", "", directory, dirReset},
			{300, "a", "me", portal, ok("User submitted their user ID")}, {301, "a", "", directory, dirReset},
		}, []string{"attempt [0 1 2]", "attempt [300 301]"}},
		{"a change four days later", []entry{{0, "a", "admin", portal, adminReset}, {5760, "b", "me", portal, change}}, []string{"admin_reset [0 5760]"}},
		{"a change more than four days later", []entry{{0, "a", "admin", portal, adminReset}, {5761, "b", "me", portal, change}}, []string{"admin_reset [0]", "change [5761]"}},
		{"a change that failed hands nothing over", []entry{
			{0, "a", "admin", portal, adminReset}, {5, "b", "me", portal, step{change.activity, "failure", "None"}}, {10, "c", "me", portal, change},
		}, []string{"admin_reset [0 10]", "change [5]"}},
		{"a reset by an admin that failed", []entry{{0, "a", "admin", portal, step{adminReset.activity, "failure", ""}}, {5, "b", "me", portal, change}},
			[]string{"admin_reset [0]", "change [5]"}},
		{"security info a quarter of an hour apart", []entry{{0, "", "me", methods, info}, {15, "", "me", methods, info}, {31, "", "me", methods, info}}, []string{"info [0 15]", "info [31]"}},
		{"an echo half an hour later", []entry{{0, "a", "me", portal, resetted("success", "")}, {30, "b", "sync", directory, dirChange}, {61, "c", "sync", directory, dirChange}},
			[]string{"attempt [0 30]", "other [61]"}},
		{"another record is no echo", []entry{{0, "a", "me", portal, resetted("success", "")}, {1, "b", "sync", directory, step{"Unknown", "success", ""}}}, []string{"attempt [0]", "other [1]"}},
		{"a change that somebody else made", []entry{{0, "a", "admin", portal, adminReset}, {300, "b", "admin", portal, change}, {400, "c", "me", portal, change}},
			[]string{"admin_reset [0 400]", "change [300]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, s := range attempt.Stories(told(tt.entries), nil) {
				var minutes []int
				for _, r := range s.Records {
					minutes = append(minutes, int((r.Time-passtrail.UnixEpoch)/passtrail.Minute))
				}
				got = append(got, fmt.Sprint(s.Kind, " ", minutes))
				if (s.Attempt != "") != (s.Kind == attempt.KindAttempt) {
					t.Errorf("%s story has attempt %q", s.Kind, s.Attempt)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Stories = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStoryNamesTheChange(t *testing.T) {
	got := attempt.Stories(told([]entry{
		{0, "a", "admin", portal, step{"Reset password (by admin)", "success", ""}}, {5, "b", "me", portal, step{"Change password (self-service)", "success", "None"}},
	}), nil)
	if len(got) != 1 || got[0].Change != 1 || got[0].Start() != passtrail.UnixEpoch || got[0].End() != passtrail.UnixEpoch+5*passtrail.Minute {
		t.Errorf("Stories = %+v, want one with the change in second place", got)
	}
}

// TestStoriesKeepEveryRecord gives random records in two orders: the stories are the same and have every record once.
func TestStoriesKeepEveryRecord(t *testing.T) {
	said := []step{ok("User submitted their user ID"), resetted("success", ""), {"Reset password (by admin)", "success", ""}, {"Change password (self-service)", "success", ""},
		{"User registered security info", "success", ""}, {"Change user password", "success", ""}, {"unknown", "", ""}}
	services := []string{portal, portal, portal, portal, methods, directory, ""}
	for range 200 {
		var entries []entry
		for range rand.IntN(30) {
			k := rand.IntN(len(said))
			entries = append(entries, entry{rand.IntN(10000), []string{"", "a", "b", "c"}[rand.IntN(4)], []string{"me", "admin"}[rand.IntN(2)], services[k], said[k]})
		}
		records := told(entries)
		once := attempt.Stories(records, nil)
		slices.Reverse(records)
		if again := attempt.Stories(records, nil); !reflect.DeepEqual(once, again) {
			t.Fatalf("Stories depends on the order of arrival:\n%+v\n%+v", once, again)
		}
		seen := map[string]int{}
		for _, s := range once {
			for _, r := range s.Records {
				seen[r.ID]++
			}
		}
		for _, r := range records {
			if seen[r.ID] != 1 {
				t.Fatalf("record %s is in %d stories, want 1", r.ID, seen[r.ID])
			}
		}
	}
}

// told makes records of entries, in any order.
func told(entries []entry) []passtrail.Record {
	var out []passtrail.Record
	for i, e := range entries {
		r := passtrail.Record{ID: fmt.Sprintf("%03d", i), Time: passtrail.UnixEpoch + passtrail.Ticks(e.minute)*passtrail.Minute, CorrelationID: e.correlation,
			ActorKind: passtrail.ActorUser, ActorID: e.actor, TargetID: "me", Service: e.service, Activity: e.said.activity, Result: e.said.result, Reason: e.said.reason}
		classify(&r)
		out = append(out, r)
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// TestContactedIsOver: who asked an administrator is done with the attempt, however young it is.
func TestContactedIsOver(t *testing.T) {
	now := passtrail.UnixEpoch
	for problem, want := range map[string]attempt.Outcome{"contacted_admin": attempt.Abandoned, "abandoned": attempt.Open} {
		a := attempt.Attempt{Outcome: attempt.Abandoned, Problem: problem, End: now}
		if got := a.OutcomeAt(now); got != want {
			t.Errorf("an attempt with the problem %s is %s, want %s", problem, got, want)
		}
	}
}
