package attempt_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/attempt"
	"passtrail/internal/vocab"
)

// person and graphRecord are as much of Graph's directoryAudit as attempts need.
type person struct{ ID, DisplayName, UserPrincipalName, IPAddress string }

type graphRecord struct {
	ID, CorrelationID, Result, ResultReason, ActivityDisplayName, ActivityDateTime, LoggedByService string

	InitiatedBy       struct{ User *person }
	TargetResources   []person
	AdditionalDetails []struct{ Key, Value string }
}

// sample reads the records of a file under testdata: JSON objects one after the other.
func sample(t *testing.T, file string) []passtrail.Record {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out []passtrail.Record
	for dec := json.NewDecoder(bytes.NewReader(b)); ; {
		var g graphRecord
		if err := dec.Decode(&g); err == io.EOF {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, record(t, &g))
	}
}

func record(t *testing.T, g *graphRecord) passtrail.Record {
	t.Helper()
	at, err := passtrail.ParseTicks(g.ActivityDateTime)
	if err != nil {
		t.Fatal(err)
	}
	r := passtrail.Record{ID: g.ID, Time: at, Service: g.LoggedByService, Activity: g.ActivityDisplayName, Result: g.Result, Reason: g.ResultReason, CorrelationID: g.CorrelationID}
	if u := g.InitiatedBy.User; u != nil {
		r.ActorKind, r.ActorID, r.ActorUPN, r.ActorName, r.ActorAddress = passtrail.ActorUser, u.ID, u.UserPrincipalName, u.DisplayName, u.IPAddress
	}
	if len(g.TargetResources) > 0 {
		u := g.TargetResources[0]
		r.TargetID, r.TargetUPN, r.TargetName = u.ID, u.UserPrincipalName, u.DisplayName
	}
	for _, d := range g.AdditionalDetails {
		if d.Key == "OnPremisesAgent" {
			r.OnPremisesAgent = d.Value
		}
	}
	classify(&r)
	return r
}

func classify(r *passtrail.Record) {
	c := vocab.Classify(r.Service, r.Activity, r.Result, r.Reason)
	r.ActivityKey, r.Step, r.Method, r.Problem = c.ActivityKey, c.Step, c.Method, c.Problem
}

func ticks(t *testing.T, s string) passtrail.Ticks {
	t.Helper()
	at, err := passtrail.ParseTicks(s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSamples(t *testing.T) {
	tests := []struct {
		file string
		want []attempt.Attempt
	}{
		{"two-gates.ndjson", []attempt.Attempt{{
			ID: "b7c03ae7-7bd9-5f5e-ab15-b9b7ad4195d5", UserID: "2d9b7c10-61f4-4c1b-9a7e-5b8f0a3e1c01", UserUPN: "adele.vance@contoso.com", UserName: "Adele Vance",
			Start: ticks(t, "2026-03-03T10:14:27.5108841Z"), End: ticks(t, "2026-03-03T10:16:04.9011127Z"),
			Outcome: attempt.Reset, Reason: "Successfully completed reset.", Gates: []string{"mobileSMS", "appCode"}, MethodsTried: []string{"mobileSMS", "appCode"},
			LastStep: "end", IPAddress: "203.0.113.77", OnPremisesAgent: "None", Events: 10,
		}}},
		{"blocked.json", []attempt.Attempt{{
			ID: "7b7fee2f-02db-5daf-b4d1-37db73d2a61b", UserID: "8c41e0f2-3a57-4b9d-8e60-7f2d1b6a4c02", UserUPN: "diego.siciliani@contoso.com", UserName: "Diego Siciliani",
			Start: ticks(t, "2026-03-02T07:41:19.4417726Z"), End: ticks(t, "2026-03-02T07:41:19.4417726Z"),
			Outcome: attempt.Blocked, Problem: "blocked", Reason: "User tried to answer security questions too many times and is blocked for 24 hours",
			MethodsTried: []string{"securityQuestion"}, IPAddress: "198.51.100.24", Events: 1,
		}}},
		{"reset-self-service-failure.json", []attempt.Attempt{{
			ID: "27b12242-19e5-5613-92a6-0da6255f9174", UserID: "f03a6e94-7b1d-4a85-a2c7-1d9e5f7b3e04", UserUPN: "lidia.holloway@fabrikam.com", UserName: "Lidia Holloway",
			Start: ticks(t, "2026-03-03T10:44:37.1120933Z"), End: ticks(t, "2026-03-03T10:44:37.1120933Z"),
			Outcome: attempt.Failed, Problem: "password_refused_cloud", Reason: "FuzzyPolicyViolationInvalidPassword", Refusals: 1, IPAddress: "192.0.2.155", Events: 1,
		}}},
		{"flow-step-failure.json", []attempt.Attempt{{
			ID: "0fc9bacd-7e77-5f7f-88fd-b94387cea432", UserID: "8c41e0f2-3a57-4b9d-8e60-7f2d1b6a4c02", UserUPN: "diego.siciliani@contoso.com", UserName: "Diego Siciliani",
			Start: ticks(t, "2026-03-03T11:02:10.0077123Z"), End: ticks(t, "2026-03-03T11:02:10.0077123Z"),
			Outcome: attempt.Failed, Problem: "too_few_methods", Reason: "User's account has insufficient authentication methods defined. Add authentication info to resolve this ",
			LastStep: "refused", IPAddress: "198.51.100.24", Events: 1,
		}}},
		{"reset-by-admin.json", nil},
		{"user-registered-for-sspr.json", nil},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			if got := attempt.All(sample(t, tt.file)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("All(%s) =\n%+v, want\n%+v", tt.file, got, tt.want)
			}
		})
	}
}

func TestSamplesOfOneRecord(t *testing.T) {
	for file, want := range map[string]attempt.Outcome{"unlock-self-service.json": attempt.Unlocked, "flow-step-legacy-spelling.json": attempt.Abandoned} {
		got := attempt.All(sample(t, file))
		if len(got) != 1 || got[0].Outcome != want {
			t.Errorf("All(%s) = %+v, want one attempt %s", file, got, want)
		}
	}
}

// step is a record of a made-up attempt: activity, result and reason.
type step struct{ activity, result, reason string }

const flow = "Self-service password reset flow activity progress"

func ok(reason string) step   { return step{flow, "success", reason} }
func fail(reason string) step { return step{flow, "failure", reason} }
func resetted(result, reason string) step {
	return step{"Reset password (self-service)", result, reason}
}

func TestOutcomes(t *testing.T) {
	start, options := ok("User submitted their user ID"), ok("User was presented with verification options")
	sms, smsDone := ok("User started the mobile SMS verification option"), ok("User completed the mobile SMS verification option")
	mail, password := ok("User started the email verification option"), ok("User submitted a new password")
	refused, done := resetted("failure", "FuzzyPolicyViolationInvalidPassword"), resetted("success", "Successfully completed reset.")
	end := ok("User successfully reset password")
	tests := []struct {
		name    string
		steps   []step
		outcome attempt.Outcome
		problem string
	}{
		{"refused once, then accepted", []step{start, sms, smsDone, password, refused, password, done, end}, attempt.Reset, ""},
		{"only the final flow row", []step{start, end}, attempt.Reset, ""},
		{"the block of an attempt that reset before", []step{done, {"Blocked from self-service password reset", "success", ""}}, attempt.Reset, ""},
		{"unlocked", []step{start, sms, smsDone, {"Unlock user account (self-service)", "success", "Success"}}, attempt.Unlocked, ""},
		{"blocked by a flow row", []step{start, sms, fail("User entered too many invalid SMS verification codes and is blocked for 24 hours")}, attempt.Blocked, "blocked"},
		{"blocked goes before failed", []step{refused, {"Blocked from self-service password reset", "success", ""}}, attempt.Blocked, "blocked"},
		{"cancelled", []step{start, sms, fail("User canceled before passing the required authentication methods")}, attempt.Cancelled, "cancelled"},
		{"cancelled goes before failed", []step{refused, ok("User cancelled before submitting a new password")}, attempt.Cancelled, "cancelled"},
		{"refused password and no more", []step{start, sms, smsDone, password, refused}, attempt.Failed, "password_refused_cloud"},
		{"turned away", []step{start, fail("Password reset is not enabled for this user")}, attempt.Failed, "not_enabled"},
		{"the last failure decides", []step{refused, resetted("failure", "OnPremisesConnectivityError")}, attempt.Failed, "onprem_unreachable"},
		{"failed step at the end", []step{start, options, fail("User started the mobile SMS verification option")}, attempt.Failed, ""},
		{"failed step, then went on", []step{start, fail("User started the mobile SMS verification option"), mail}, attempt.Abandoned, "no_email"},
		{"no code came", []step{start, options, sms}, attempt.Abandoned, "no_sms_or_call"},
		{"no code came, back to the options", []step{start, options, sms, options}, attempt.Abandoned, "no_sms_or_call"},
		{"no mail came", []step{start, options, sms, smsDone, mail}, attempt.Abandoned, "no_email"},
		{"left before the new password", []step{start, options, sms, smsDone}, attempt.Abandoned, "abandoned"},
		{"only looked", []step{start, options}, attempt.Abandoned, "abandoned"},
		{"contacted an admin", []step{start, sms, ok("User contacted an admin after trying the mobile SMS verification option")}, attempt.Abandoned, "contacted_admin"},
		{"classic abandonment", []step{ok("User abandoned after starting the mobile SMS verification option")}, attempt.Abandoned, "abandoned"},
		{"words that nobody has seen", []step{ok("a step of next year")}, attempt.Abandoned, "abandoned"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := attempt.All(records(tt.steps))
			if len(got) != 1 || got[0].Outcome != tt.outcome || got[0].Problem != tt.problem {
				t.Errorf("All = %+v, want one attempt %s with problem %q", got, tt.outcome, tt.problem)
			}
		})
	}
}

// records makes the records of one attempt, a minute apart, in any order.
func records(steps []step) []passtrail.Record {
	var out []passtrail.Record
	for i, s := range steps {
		r := passtrail.Record{ID: string(rune('z' - i)), CorrelationID: "c", Time: passtrail.UnixEpoch + passtrail.Ticks(i)*passtrail.Minute,
			Service: "Self-service Password Management", Activity: s.activity, Result: s.result, Reason: s.reason}
		classify(&r)
		out = append(out, r)
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func TestOpenUntilQuiet(t *testing.T) {
	a := attempt.Attempt{Outcome: attempt.Abandoned, End: 1000 * passtrail.Minute}
	for minutes, want := range map[passtrail.Ticks]attempt.Outcome{1000: attempt.Open, 1029: attempt.Open, 1030: attempt.Abandoned, 2000: attempt.Abandoned} {
		if got := a.OutcomeAt(minutes * passtrail.Minute); got != want {
			t.Errorf("OutcomeAt(minute %d) = %s, want %s", minutes, got, want)
		}
	}
}

// sitting is a record of a made-up session: correlation id, person, address, minutes after the start, and what it says.
type sitting struct {
	correlation, who, address string
	minute                    int
	said                      step
}

func TestWhatIsOneAttempt(t *testing.T) {
	const zero = "00000000-0000-0000-0000-000000000000"
	start, sms, done := ok("User submitted their user ID"), ok("User started the mobile SMS verification option"), resetted("success", "")
	end, cancelled := ok("User successfully reset password"), fail("User cancelled before passing the required authentication methods")
	tests := []struct {
		name    string
		records []sitting
		want    []string // id, person, outcome and number of events
	}{
		{"without an id: one person, one address, no long gap", []sitting{{"", "a", "x", 0, start}, {"", "a", "x", 30, sms}, {"", "a", "", 45, done}}, []string{"000 a reset 3"}},
		{"without an id: a gap", []sitting{{"", "a", "x", 0, start}, {"", "a", "x", 31, done}}, []string{"000 a abandoned 1", "001 a reset 1"}},
		{"without an id: two people", []sitting{{"", "a", "x", 0, start}, {"", "b", "x", 1, start}, {"", "a", "x", 2, done}}, []string{"000 a reset 2", "001 b abandoned 1"}},
		{"without an id: two addresses", []sitting{{"", "a", "x", 0, start}, {"", "a", "y", 1, start}, {"", "a", "x", 2, done}}, []string{"000 a reset 2", "001 a abandoned 1"}},
		{"without an id: nobody, from one address", []sitting{{"", "", "x", 0, start}, {"", "", "x", 1, sms}, {"", "", "", 1, sms}}, []string{"000  abandoned 2", "002  abandoned 1"}},
		{"zeros are no id", []sitting{{zero, "a", "x", 0, start}, {zero, "b", "x", 0, start}, {zero, "a", "x", 2, done}}, []string{"000 a reset 2", "001 b abandoned 1"}},
		{"one id, two people", []sitting{{"c", "a", "x", 0, start}, {"c", "b", "x", 1, start}, {"c", "a", "x", 2, done}}, []string{"c a reset 2", "c/2 b abandoned 1"}},
		{"one id, nobody named at first", []sitting{{"c", "", "x", 0, start}, {"c", "a", "x", 1, sms}, {"c", "", "x", 2, done}}, []string{"c a reset 3"}},
		{"one id, two people, some rows of nobody", []sitting{{"c", "", "", 0, start}, {"c", "a", "", 1, sms}, {"c", "b", "", 2, start}, {"c", "", "", 3, done}}, []string{"c a abandoned 2", "c/2 b reset 2"}},
		{"the name alone is the person with that name", []sitting{{"c", "@a", "x", 0, start}, {"c", "a", "x", 1, done}}, []string{"c a reset 2"}},
		{"two letter cases of one id", []sitting{{"C", "a", "x", 0, start}, {"c", "a", "x", 1, done}}, []string{"C a reset 2"}},
		{"a start long after an end", []sitting{{"c", "a", "x", 0, start}, {"c", "a", "x", 1, done}, {"c", "a", "x", 1, end}, {"c", "a", "x", 32, start}, {"c", "a", "x", 33, done}}, []string{"c a reset 3", "c/2 a reset 2"}},
		{"a start soon after an end", []sitting{{"c", "a", "x", 0, start}, {"c", "a", "x", 1, cancelled}, {"c", "a", "x", 31, start}, {"c", "a", "x", 32, done}}, []string{"c a reset 4"}},
		{"a start long after no end", []sitting{{"c", "a", "x", 0, start}, {"c", "a", "x", 300, start}, {"c", "a", "x", 301, done}}, []string{"c a reset 3"}},
		{"starts again and again after an end", []sitting{{"c", "a", "x", 0, done}, {"c", "a", "x", 40, start}, {"c", "a", "x", 80, start}, {"c", "a", "x", 81, cancelled}}, []string{"c a reset 1", "c/2 a cancelled 3"}},
		{"two resets and nothing else", []sitting{{"c", "a", "x", 0, done}, {"c", "a", "x", 31, done}, {"c", "a", "x", 61, done}}, []string{"c a reset 1", "c/2 a reset 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rs []passtrail.Record
			for i, e := range tt.records {
				r := passtrail.Record{ID: fmt.Sprintf("%03d", i), CorrelationID: e.correlation, Time: passtrail.UnixEpoch + passtrail.Ticks(e.minute)*passtrail.Minute,
					Service: portal, Activity: e.said.activity, Result: e.said.result, Reason: e.said.reason, ActorKind: passtrail.ActorUser, ActorAddress: e.address}
				if e.who != "" {
					r.TargetUPN = "@" + strings.Trim(e.who, "@")
				}
				if !strings.HasPrefix(e.who, "@") {
					r.TargetID = e.who
				}
				classify(&r)
				rs = append(rs, r)
			}
			rand.Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
			var got []string
			for _, a := range attempt.All(rs) {
				got = append(got, fmt.Sprint(a.ID, " ", a.UserID, " ", a.Outcome, " ", a.Events))
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("All = %q, want %q", got, tt.want)
			}
		})
	}
}
