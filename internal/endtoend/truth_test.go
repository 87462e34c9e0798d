package endtoend_test

import (
	"encoding/json"
	"slices"
	"testing"

	"passtrail"
	"passtrail/internal/detect"
	"passtrail/internal/simulate"
)

// periods are the times for which the truth has answers.
func periods() map[string]simulate.Period {
	t := shared.truth
	return map[string]simulate.Period{"all time": t.AllTime, "30 days": t.Last30Days, "7 days": t.Last7Days}
}

func TestRecords(t *testing.T) {
	same(t, "records", pick(t, ask(t, "AuditLogs | summarize N = count(), Ids = dcount(Id)"), "N"), []string{line(shared.truth.Records)})
	var want []string
	for _, c := range shared.truth.RecordsByActivity {
		switch c.Key {
		case "", "dir_change", "dir_reset", "dir_sts", "dir_force_change", "dir_update_user":
		default:
			want = append(want, line(c.Key, c.Count))
		}
	}
	got := pick(t, ask(t, `PasswordEvents | where Activity != "" and not(Activity startswith "dir_") | summarize N = count() by Activity`), "Activity", "N")
	same(t, "records by activity", got, want)
}

func TestAttempts(t *testing.T) {
	jsonText := func(list []string) string {
		b, err := json.Marshal(append([]string{}, list...))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var want []string
	for _, a := range shared.truth.AttemptsList {
		want = append(want, line(a.ID, a.UserID, a.UserPrincipalName, a.IsAdmin, a.Begins, a.Ends, a.Outcome, a.Problem, jsonText(a.Gates),
			jsonText(a.MethodsTried), a.Refusals, a.LastStep, a.IPAddress, a.Events))
	}
	got := pick(t, ask(t, "PasswordResetAttempts"), "AttemptId", "UserId", "UserPrincipalName", "IsAdmin", "Start", "End", "Outcome", "Problem", "Gates",
		"MethodsTried", "Refusals", "LastStep", "IPAddress", "Events")
	same(t, "attempts", got, want)
}

func TestRegisteredCount(t *testing.T) {
	out := answer(t, "registered-count", shared.truth.Last30Days.From)
	r := shared.truth.Registration
	same(t, "count", pick(t, out.Tables[0], "Registered", "Enabled", "Capable", "Total", "Basis"), []string{line(r.Registered, r.Enabled, r.Capable, r.Total, "snapshot")})
	var want []string
	for _, x := range r.ByTypeRole {
		want = append(want, line(x.UserType, x.Role, x.Registered, x.Enabled, x.Capable, x.Total))
	}
	same(t, "by type and role", pick(t, out.Tables[1], "UserType", "UserRole", "Registered", "Enabled", "Capable", "Total"), want)
}

func TestRegisteredPeople(t *testing.T) {
	out := answer(t, "registered-people", shared.truth.Last30Days.From)
	var want []string
	for _, p := range shared.truth.Registration.People {
		on := p.FirstEvent
		if on == 0 {
			on = p.FirstSeen
		}
		want = append(want, line(p.UserPrincipalName, p.UserID, p.Role, on, p.DataRegistered))
	}
	same(t, "people", pick(t, out.Tables[0], "User", "UserId", "Role", "RegisteredOn", "DataRegistered"), want)
}

func TestDataRegistered(t *testing.T) {
	out := answer(t, "data-registered", shared.truth.Last30Days.From)
	same(t, "values", pick(t, out.Tables[0], "Value", "People"), counts(shared.truth.Registration.Values))
	same(t, "combinations", pick(t, out.Tables[1], "DataRegistered", "People"), counts(shared.truth.Registration.Combinations))
}

func counts(list []simulate.Count) []string {
	var out []string
	for _, c := range list {
		out = append(out, line(c.Key, c.Count))
	}
	return out
}

func TestResetsLast7Days(t *testing.T) {
	out := answer(t, "resets-last-7-days", 0)
	r := shared.truth.ResetsLast7Days
	same(t, "week", pick(t, out.Tables[0], "People", "Resets", "PeopleBefore", "ResetsBefore", "AdminResets", "AdminResetsBefore"),
		[]string{line(r.People, r.Resets, r.PeopleBefore, r.ResetsBefore, r.AdminResets, r.AdminResetsBefore)})
	var want []string
	for _, d := range r.Days {
		at, err := passtrail.ParseTicks(d.Day)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, line(int64(at), d.People, d.Resets, d.AdminResets))
	}
	same(t, "days", pick(t, out.Tables[1], "Day", "People", "Resets", "AdminResets"), want)
}

func TestMethodsUsed(t *testing.T) {
	for name, p := range periods() {
		var want []string
		for _, m := range p.MethodsUsed {
			want = append(want, line(m.Method, m.Users, m.Administrators))
		}
		same(t, name, pick(t, answer(t, "methods-used", p.From).Tables[0], "Method", "Users", "Administrators"), want)
	}
}

func TestCommonProblems(t *testing.T) {
	for name, p := range periods() {
		var want []string
		for _, x := range p.CommonProblems {
			want = append(want, line(x.Problem, x.Attempts, x.Refusals, x.Changes, x.Occurrences, x.People, x.Admins))
		}
		same(t, name, pick(t, answer(t, "common-problems", p.From).Tables[0], "Problem", "Attempts", "Refusals", "Changes", "Occurrences", "People", "Admins"), want)
	}
}

func TestAdminsResettingOften(t *testing.T) {
	for name, p := range periods() {
		var want []string
		for _, o := range p.AdminsResettingOften {
			want = append(want, line(o.UserPrincipalName, o.UserID, o.Role, o.Total, o.Resets, o.Changes, o.First, o.Last))
		}
		same(t, name, pick(t, answer(t, "admins-resetting-often", p.From).Tables[0], "User", "UserId", "Role", "Total", "Resets", "Changes", "First", "Last"), want)
	}
}

func TestFunnel(t *testing.T) {
	for name, p := range periods() {
		out := answer(t, "funnel", p.From)
		same(t, name, pick(t, out.Tables[0], "Step", "Attempts"), counts(p.Funnel))
		var want []string
		for _, s := range p.StoppedAt {
			want = append(want, line(s.LastStep, s.LastMethod, s.Outcome, s.Attempts))
		}
		same(t, name+", stopped", pick(t, out.Tables[1], "LastStep", "LastMethod", "Outcome", "Attempts"), want)
	}
}

func TestBlockedPeople(t *testing.T) {
	for name, p := range periods() {
		var want []string
		for _, b := range p.BlockedPeople {
			want = append(want, line(b.UserPrincipalName, b.UserID, b.Blocks, b.LastBlocked, b.Until, b.StillBlocked))
		}
		same(t, name, pick(t, answer(t, "blocked-people", p.From).Tables[0], "User", "UserId", "Blocks", "LastBlocked", "BlockedUntil", "StillBlocked"), want)
	}
}

// TestAvoidableCalls: what people could have done themselves, less what a finding holds as evidence.
func TestAvoidableCalls(t *testing.T) {
	left := int64(0)
	for name, p := range periods() {
		c := p.AvoidableCalls
		out := answer(t, "avoidable-calls", p.From)
		found, _, err := shared.lib.Detect(t.Context(), out.Params.Tenant, detect.Window{From: out.Params.From, To: out.Params.To, Now: out.Params.Now})
		if err != nil {
			t.Fatal(err)
		}
		evidence := map[string]bool{}
		for _, f := range found {
			for _, id := range f.Evidence {
				evidence[id] = true
			}
		}
		summary, calls := out.Tables[0], out.Tables[1]
		people, tried := map[any]bool{}, int64(0)
		for _, row := range calls.Rows {
			if evidence[row[calls.Index("EventId")].(string)] {
				t.Errorf("%s: a call is evidence of a finding: %v", name, row)
			}
			people[row[calls.Index("UserId")]] = true
			if row[calls.Index("TriedFirst")].(bool) {
				tried++
			}
		}
		in := summary.Rows[0][summary.Index("InFindings")].(int64)
		same(t, name, pick(t, summary, "AdminResets", "Avoidable", "People", "TriedFirst"), []string{line(c.AdminResets, c.Avoidable-in, len(people), tried)})
		if len(calls.Rows) != int(c.Avoidable-in) {
			t.Errorf("%s: %d calls, want %d less %d that findings hold", name, len(calls.Rows), c.Avoidable, in)
		}
		left += in
	}
	if left == 0 {
		t.Error("no finding holds a reset that could have been avoided: this test shows nothing")
	}
}

func TestAdminResetsAndWriteBack(t *testing.T) {
	for name, p := range periods() {
		var byAgent, all []string
		for _, a := range p.AdminResetsByAgent {
			byAgent = append(byAgent, line(a.Agent, a.Succeeded, a.Failed, a.People))
		}
		for _, a := range p.WriteBack {
			all = append(all, line(a.Agent, a.Activity, a.Succeeded, a.Failed, a.People))
		}
		same(t, name, pick(t, answer(t, "admin-resets", p.From).Tables[0], "Agent", "Resets", "Failures", "People"), byAgent)
		same(t, name, pick(t, answer(t, "write-back", p.From).Tables[0], "Agent", "Activity", "Succeeded", "Failed", "People"), all)
	}
}

func TestRegistrationGaps(t *testing.T) {
	out := answer(t, "registration-gaps", shared.truth.Last30Days.From)
	same(t, "gaps", pick(t, out.Tables[0], "Gap", "People"), counts(shared.truth.Registration.Gaps))
}

func TestSecurityInfoChanges(t *testing.T) {
	for name, p := range periods() {
		var want []string
		for _, c := range p.SecurityInfo {
			want = append(want, line(c.Activity, c.Method, c.Succeeded, c.Failed, c.People, c.ByOther))
		}
		same(t, name, pick(t, answer(t, "security-info-changes", p.From).Tables[0], "Activity", "Method", "Succeeded", "Failed", "People", "ByOther"), want)
	}
}

func TestPolicyChanges(t *testing.T) {
	for name, p := range periods() {
		var want []string
		for _, c := range p.PolicyChanges {
			want = append(want, line(c.At, c.Who, c.Setting, c.Old, c.New, c.Blade, c.Result, c.Weakens))
		}
		table := answer(t, "policy-changes", p.From).Tables[0]
		for _, row := range table.Rows {
			row[table.Index("Weakens")] = row[table.Index("Weakens")] != ""
		}
		same(t, name, pick(t, table, "Time", "Who", "Setting", "OldValue", "NewValue", "Blade", "Result", "Weakens"), want)
	}
}

func TestBackIn(t *testing.T) {
	for name, p := range periods() {
		var want []string
		for _, w := range p.BackIn {
			want = append(want, line(w.Way, w.Times, w.People))
		}
		same(t, name, pick(t, answer(t, "back-in", p.From).Tables[0], "Way", "Times", "People"), want)
	}
}

// TestEveryProblemHasItsRemedy wants words for each problem that the report shows.
func TestEveryProblemHasItsRemedy(t *testing.T) {
	table := answer(t, "common-problems", shared.truth.AllTime.From).Tables[0]
	for _, row := range table.Rows {
		key := row[table.Index("Problem")]
		if row[table.Index("Title")] == key || row[table.Index("Remedy")] == "" || row[table.Index("FixedBy")] == "" {
			t.Errorf("%v lacks title, remedy or who fixes it", key)
		}
	}
}

// TestSuspiciousActivity wants each planted abuse found, with its people and all its records as evidence, and nothing
// else.
func TestSuspiciousActivity(t *testing.T) {
	out := answer(t, "suspicious-activity", shared.truth.AllTime.From)
	table := out.Tables[0]
	used := map[int]bool{}
	for _, p := range shared.truth.Planted {
		found := false
		for i, row := range table.Rows {
			if used[i] || row[table.Index("Rule")] != p.Rule || !covers(t, row[table.Index("Evidence")], p.Evidence) || !covers(t, row[table.Index("People")], p.People) {
				continue
			}
			used[i], found = true, true
			break
		}
		if !found {
			t.Errorf("%s about %s from %s was not found with all its evidence", p.Rule, p.Subject, p.Start.Text())
		}
	}
	for i, row := range table.Rows {
		if !used[i] {
			t.Errorf("unexpected finding: %v %v", row[table.Index("Rule")], row[table.Index("Reasoning")])
		}
	}
}

// covers reports whether a JSON array holds all of some texts.
func covers(t *testing.T, cell any, want []string) bool {
	t.Helper()
	var got []string
	if err := json.Unmarshal([]byte(cell.(string)), &got); err != nil {
		t.Fatal(err)
	}
	return !slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(got, s) })
}
