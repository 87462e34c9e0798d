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

// everything lets one of everything that reports count happen at a moment, to people of whom nothing else is told.
func everything(s *scene.Scene, at passtrail.Ticks) {
	s.Attempt(at, "adele", "192.0.2.1", "reset")
	s.Attempt(at, "alex", "192.0.2.2", "options")
	s.Attempt(at, "joni", "192.0.2.3", "blocked")
	s.Add(
		scene.Event{At: at, Key: "flow", Actor: "nora", Result: "failure", Reason: "User entered too many invalid SMS verification codes and is blocked for 24 hours"},
		scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "grady"},
		scene.Event{At: at, Key: "change", Actor: "lee", Result: "failure", Reason: "PasswordDoesnotComplyFuzzyPolicy"},
		scene.Event{At: at, Key: "change", Actor: "chief"},
		scene.Event{At: at, Key: "info_registered", Actor: "megan", Reason: "User registered Email"},
		scene.Event{At: at, Key: "policy", Actor: "chief", Changed: []scene.Change{{Name: "NotifyUsersOfReset", Old: `"true"`, New: `"false"`}}},
		scene.Event{At: at, Key: "recovery_completed", Actor: "pat", Service: "Some service"},
		scene.Event{At: at, Key: "admin_info_registered", Actor: "helper", Target: "quin", Reason: "Admin registered temporary access pass method for user"})
}

// TestReportEdges: what happens at the beginning of a period counts in every report, and what happens at its end does not; the
// same of the period before, where a report compares.
func TestReportEdges(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	at := scene.Time("2026-03-10T09:00:00Z")
	s.Roles(at-60*passtrail.Day, map[string]string{"chief": "Global Administrator", "desk": "Helpdesk Administrator"})
	s.Registered(at-60*passtrail.Day, map[string]string{"grady": "mobilePhone"})
	everything(s, at)
	everything(s, at+90*passtrail.Minute)
	s.Commit()
	lib := library(t, s)
	hour := passtrail.Hour
	in, out, before := "in", "out", "before" // what is at the moment is in the period, outside of both, in the one before
	periods := []struct {
		from  passtrail.Ticks
		to    passtrail.Ticks
		where string
		later bool // what happens again is in the period
	}{{at, at + hour, in, false}, {at - hour, at + 1, in, false}, {at - hour, at, out, false}, {at + 1, at + hour, before, false},
		{at + hour, at + 2*hour, before, true}, {at + hour + 1, at + 2*hour + 1, out, true}}
	outs := map[string]*report.Output{}
	answer := func(id string, from, to passtrail.Ticks) *report.Output {
		key := fmt.Sprint(id, from, to)
		if outs[key] == nil {
			outs[key] = run(t, lib, id, report.Params{Tenant: scene.Contoso, Now: s.Now, From: from, To: to, Threshold: 1})
		}
		return outs[key]
	}
	ways := func(n string) string {
		return strings.ReplaceAll("Self-service N;Administrator N;Account Recovery N;Temporary Access Pass N", "N", n)
	}
	for _, c := range []struct {
		id        string
		table     int
		columns   string
		some      string // with what happens
		none      string // without
		compares  string // columns of the period before
		someThen  string
		noneThen  string
		needsRows bool // the columns of the period before are there only with rows of this one
	}{
		{id: "resets-last-7-days", columns: "People Resets AdminResets", some: "1 1 1", none: "0 0 0",
			compares: "PeopleBefore ResetsBefore AdminResetsBefore", someThen: "1 1 1", noneThen: "0 0 0"},
		{id: "resets-last-7-days", table: 1, columns: "People Resets AdminResets", some: "1 1 1"},
		{id: "common-problems", columns: "Problem Attempts Refusals Changes", some: "blocked 2 0 0;abandoned 1 0 0;password_refused_cloud 0 1 1",
			compares: "Before", someThen: "2;1;1", noneThen: "0;0;0", needsRows: true},
		{id: "common-problems", table: 1, columns: "Abandoned Blocked Changes", some: "1 2 1"},
		{id: "back-in", columns: "Way Times", some: ways("1"), none: ways("0"), compares: "Way Before", someThen: ways("1"), noneThen: ways("0")},
		{id: "back-in", table: 1, columns: "SelfService Administrator AccountRecovery TemporaryAccessPass", some: "1 1 1 1"},
		{id: "back-in", table: 2, columns: "Activity Records", some: "recovery_completed 1"},
		{id: "admins-resetting-often", columns: "Total Changes", some: "1 1"},
		{id: "admin-resets", columns: "Resets People", some: "1 1"},
		{id: "admin-resets", table: 1, columns: "Admin Resets", some: "desk@contoso.com 1"},
		{id: "avoidable-calls", columns: "AdminResets Avoidable", some: "1 1", none: "0 0"},
		{id: "blocked-people", columns: "User Blocks", some: "joni@contoso.com 1;nora@contoso.com 1"},
		{id: "funnel", columns: "Step Attempts", some: "start 0;options 1;gate_start 0;gate_pass 0;gates_passed 0;new_password 0;done 1",
			none: "start 0;options 0;gate_start 0;gate_pass 0;gates_passed 0;new_password 0;done 0"},
		{id: "funnel", table: 1, columns: "LastStep Outcome Attempts", some: " blocked 1;blocked blocked 1;options abandoned 1"},
		{id: "funnel", table: 2, columns: "Resets", some: "1", none: "0"},
		{id: "policy-changes", columns: "Who Setting", some: "chief@contoso.com NotifyUsersOfReset"},
		{id: "policy-changes", table: 1, columns: "Changed Weaker", some: "1 1"},
		{id: "write-back", columns: "Activity Succeeded Failed", some: "admin_reset 1 0;change 1 1;reset 1 0"},
		{id: "security-info-changes", columns: "Activity Succeeded", some: "admin_info_registered 1;info_registered 1"},
		{id: "security-info-changes", table: 1, columns: "Registered", some: "2"},
	} {
		for _, p := range periods {
			o := answer(c.id, p.from, p.to)
			counts := p.where == in || p.later
			want := c.none
			if counts {
				want = c.some
			}
			name := fmt.Sprintf("%s, table %d, %s to %s", c.id, c.table, p.from, p.to)
			if got := strings.Join(cells(t, o.Tables[c.table], strings.Fields(c.columns)...), ";"); got != want {
				t.Errorf("%s: %s = %q, want %q", name, c.columns, got, want)
			}
			if c.compares == "" || c.needsRows && !counts {
				continue
			}
			if want = c.noneThen; p.where == before {
				want = c.someThen
			}
			if got := strings.Join(cells(t, o.Tables[c.table], strings.Fields(c.compares)...), ";"); got != want {
				t.Errorf("%s: %s = %q, want %q", name, c.compares, got, want)
			}
		}
	}
}

// TestWhenAttemptsCount: resets and methods count by the end of an attempt, how far it got by its beginning, whatever of it lies
// outside of the period.
func TestWhenAttemptsCount(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	begin := scene.Time("2026-03-10T09:00:00Z")
	s.Attempt(begin, "adele", "192.0.2.1", "start options sms sms+ gates new unlock")
	end := begin + passtrail.Minute
	s.Commit()
	lib := library(t, s)
	for _, c := range []struct {
		from, to     passtrail.Ticks
		ended, begun bool
	}{{end, end + 1, true, false}, {begin, end, false, true}, {begin, begin + 1, false, true}, {begin + 1, end + 1, true, false}, {begin - passtrail.Day, begin, false, false}, {end + 1, s.Now, false, false}} {
		p := report.Params{Tenant: scene.Contoso, Now: s.Now, From: c.from, To: c.to}
		want, steps := "", strings.Repeat("0;", 6)+"0"
		if c.ended {
			want = "mobileSMS 1 0"
		}
		if c.begun {
			steps = strings.Repeat("1;", 6) + "1"
		}
		if got := strings.Join(cells(t, run(t, lib, "methods-used", p).Tables[0], "Method", "Users", "Administrators"), ";"); got != want {
			t.Errorf("%s to %s: methods = %q, want %q", c.from, c.to, got, want)
		}
		if got := strings.Join(cells(t, run(t, lib, "funnel", p).Tables[0], "Attempts"), ";"); got != steps {
			t.Errorf("%s to %s: steps = %q, want %q", c.from, c.to, got, steps)
		}
	}
}

// TestAvoidableOnTheLimits: only a reset that came about, of somebody else, who was able at that moment, and whom no finding
// names; a try counts in the day before it.
func TestAvoidableOnTheLimits(t *testing.T) {
	at := scene.Time("2026-03-10T09:00:00Z")
	for _, c := range []struct {
		name, want string // AdminResets, Avoidable, People, TriedFirst, InFindings
		make       func(s *scene.Scene)
	}{
		{"a reset", "1 1 1 0 0", func(s *scene.Scene) {
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
		{"of somebody who is not able", "1 0 0 0 0", func(s *scene.Scene) {
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "grady"})
		}},
		{"that failed", "0 0 0 0 0", func(s *scene.Scene) {
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele", Result: "failure"})
		}},
		{"of the administrator's own", "0 0 0 0 0", func(s *scene.Scene) {
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "adele", Target: "adele"})
		}},
		{"two of one person", "2 2 1 0 0", func(s *scene.Scene) {
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"}, scene.Event{At: at + 1, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
		{"at the moment at which the person is able", "1 1 1 0 0", func(s *scene.Scene) {
			s.Registered(at, map[string]string{"adele": "email", "grady": "email"})
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "grady"})
		}},
		{"a moment before it", "1 0 0 0 0", func(s *scene.Scene) {
			s.Registered(at, map[string]string{"adele": "email", "grady": "email"})
			s.Add(scene.Event{At: at - 1, Key: "admin_reset", Actor: "desk", Target: "grady"})
		}},
		{"at the moment at which the person no longer is", "1 0 0 0 0", func(s *scene.Scene) {
			s.Registered(at, map[string]string{"adele": ""})
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
		{"a moment before that", "1 1 1 0 0", func(s *scene.Scene) {
			s.Registered(at, map[string]string{"adele": ""})
			s.Add(scene.Event{At: at - 1, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
		{"before the first snapshot", "1 1 1 0 0", func(s *scene.Scene) {
			s.Add(scene.Event{At: at - 40*passtrail.Day, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
		{"tried within the day", "1 1 1 1 0", func(s *scene.Scene) {
			s.Attempt(at-passtrail.Day+1, "adele", "192.0.2.1", "start options")
			s.Attempt(at-passtrail.Hour, "adele", "192.0.2.1", "start options")
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
		{"tried a day before", "1 1 1 0 0", func(s *scene.Scene) {
			s.Attempt(at-passtrail.Day, "adele", "192.0.2.1", "start options")
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
		{"tried at that moment, and after it", "1 1 1 0 0", func(s *scene.Scene) {
			s.Attempt(at, "adele", "192.0.2.1", "start options")
			s.Attempt(at+passtrail.Hour, "adele", "192.0.2.1", "start options")
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
		{"evidence of a finding", "1 0 0 0 1", func(s *scene.Scene) {
			s.Attempt(at-passtrail.Hour, "adele", "192.0.2.1", "start blocked")
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scene.New(t, "2026-03-20T12:00:00Z")
			s.Registered(at-9*passtrail.Day, map[string]string{"adele": "email", "grady": ""})
			c.make(s)
			s.Commit()
			out := run(t, library(t, s), "avoidable-calls", report.Params{Tenant: scene.Contoso, Now: s.Now, From: at - 50*passtrail.Day})
			if got := cells(t, out.Tables[0], "AdminResets", "Avoidable", "People", "TriedFirst", "InFindings"); got[0] != c.want {
				t.Errorf("resets, avoidable, people, tried, in findings = %q, want %q", got[0], c.want)
			}
		})
	}
}

// TestTriedBeforeThePeriod: a try of the day before counts although the period begins between it and the reset.
func TestTriedBeforeThePeriod(t *testing.T) {
	at := scene.Time("2026-03-10T09:00:00Z")
	s := scene.New(t, "2026-03-20T12:00:00Z")
	s.Registered(at-9*passtrail.Day, map[string]string{"adele": "email"})
	s.Attempt(at-20*passtrail.Hour, "adele", "192.0.2.1", "start options")
	s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
	s.Commit()
	out := run(t, library(t, s), "avoidable-calls", report.Params{Tenant: scene.Contoso, Now: s.Now, From: at})
	if got := cells(t, out.Tables[0], "Avoidable", "TriedFirst"); got[0] != "1 1" {
		t.Errorf("avoidable, tried first = %q, want both", got)
	}
}

// TestBlockedUntil: a block lasts a day from the last attempt within a day of it, and not from one of before it or of later.
func TestBlockedUntil(t *testing.T) {
	at := scene.Time("2026-03-10T09:00:00Z")
	s := scene.New(t, "2026-03-11T09:00:00Z")
	block := func(who string, at passtrail.Ticks) { s.Attempt(at, who, "192.0.2.1", "blocked") }
	block("adele", at)
	block("alex", at)
	s.Attempt(at+2*passtrail.Hour, "alex", "192.0.2.1", "start options")
	s.Attempt(at+23*passtrail.Hour, "alex", "192.0.2.1", "start options") // ends ten seconds later, the last one counts
	block("grady", at-20*passtrail.Hour)
	block("grady", at)
	s.Attempt(at-passtrail.Hour, "grady", "192.0.2.1", "start options")
	block("joni", at-2*passtrail.Day)
	s.Attempt(at-passtrail.Day, "joni", "192.0.2.1", "start options")
	block("lee", at+1)
	s.Commit()
	s.Now = at + passtrail.Day
	out := run(t, library(t, s), "blocked-people", report.Params{Tenant: scene.Contoso, Now: s.Now})
	got := map[string]string{}
	table := out.Tables[0]
	for _, row := range table.Rows {
		until := passtrail.Ticks(row[table.Index("BlockedUntil")].(int64))
		got[row[table.Index("User")].(string)[:4]] = fmt.Sprint(row[table.Index("Blocks")], until-at-passtrail.Day, row[table.Index("StillBlocked")])
	}
	later := 23*passtrail.Hour + 10*passtrail.Second
	for who, want := range map[string]string{
		"adel": fmt.Sprint(1, passtrail.Ticks(0), false), "alex": fmt.Sprint(1, later, true), "grad": fmt.Sprint(2, passtrail.Ticks(0), false),
		"joni": fmt.Sprint(1, -2*passtrail.Day, false), "lee@": fmt.Sprint(1, passtrail.Ticks(1), true),
	} {
		if got[who] != want {
			t.Errorf("%s: blocks, until (less a day after the time), still = %s, want %s", who, got[who], want)
		}
	}
}

// TestOwnChangesThatCount: only what came about, by the administrator; roles and resets by others do not count.
func TestOwnChangesThatCount(t *testing.T) {
	at := scene.Time("2026-03-10T09:00:00Z")
	s := scene.New(t, "2026-03-20T12:00:00Z")
	s.Roles(at-60*passtrail.Day, map[string]string{"chief": "Global Administrator"})
	s.Attempt(at, "chief", "192.0.2.1", "reset")
	s.Add(scene.Event{At: at + 1, Key: "change", Actor: "chief"}, scene.Event{At: at + 2, Key: "change", Actor: "chief", Result: "failure"},
		scene.Event{At: at + 3, Key: "change", Actor: "desk", Target: "chief"}, scene.Event{At: at + 4, Key: "change", Actor: "adele"})
	s.Commit()
	out := run(t, library(t, s), "admins-resetting-often", report.Params{Tenant: scene.Contoso, Now: s.Now, Threshold: 1})
	if got := strings.Join(cells(t, out.Tables[0], "User", "Total", "Resets", "Changes", "First", "Last"), ";"); got != fmt.Sprint("chief@contoso.com 2 1 1 ", int64(at), " ", int64(at+1)) {
		t.Errorf("administrators = %q", got)
	}
}

// TestAdminResetsTellsTheNewestName: an administrator who is renamed is one, by the newest name.
func TestAdminResetsTellsTheNewestName(t *testing.T) {
	at := scene.Time("2026-03-10T09:00:00Z")
	s := scene.New(t, "2026-03-20T12:00:00Z")
	var records []passtrail.Record
	for i, name := range []string{"new@contoso.com", "old@contoso.com"} {
		records = append(records, passtrail.Record{Tenant: scene.Contoso, ID: name, Hash: [16]byte{9, byte(i)}, Time: at - passtrail.Ticks(i)*passtrail.Hour, Service: "Self-service Password Management",
			Category: "UserManagement", Activity: "Reset password (by admin)", Result: "success", CorrelationID: name, Shape: passtrail.ShapeGraph, Source: "test", ReceivedAt: s.Now,
			ActivityKey: "admin_reset", ActorKind: passtrail.ActorUser, ActorID: "id-desk", ActorUPN: name, TargetID: "id-adele", TargetUPN: name, TargetType: "User"})
	}
	if _, err := s.Store.Commit(t.Context(), &store.Batch{Tenant: scene.Contoso, Source: "test", Records: records, At: s.Now}); err != nil {
		t.Fatal(err)
	}
	s.Commit()
	out := run(t, library(t, s), "admin-resets", report.Params{Tenant: scene.Contoso, Now: s.Now})
	if got := strings.Join(cells(t, out.Tables[1], "Admin", "Resets", "Failures", "People", "Own"), ";"); got != "new@contoso.com 2 0 1 0" {
		t.Errorf("administrators = %q, want one by the newest name", got)
	}
}

// TestPassOfARecovery: a pass belongs to a recovery within an hour of it, also where the recovery lies outside of the period; a
// person's own pass is a way of its own.
func TestPassOfARecovery(t *testing.T) {
	at := scene.Time("2026-03-10T09:00:00Z")
	s := scene.New(t, "2026-03-20T12:00:00Z")
	pass := func(at passtrail.Ticks, who string) {
		s.Add(scene.Event{At: at, Key: "info_registered", Actor: who, Reason: "User registered temporary access pass method"})
	}
	recovered := func(at passtrail.Ticks, who string) {
		s.Add(scene.Event{At: at, Key: "recovery_completed", Actor: who, Service: "Some service"})
	}
	pass(at, "adele")                           // of no recovery
	pass(at+110*passtrail.Minute, "alex")       // two hours from at on end between the two
	recovered(at+130*passtrail.Minute, "alex")  //
	recovered(at-130*passtrail.Minute, "grady") // two hours before at begin between the two
	pass(at-110*passtrail.Minute, "grady")      //
	recovered(at+passtrail.Minute, "joni")
	pass(at+62*passtrail.Minute, "joni") // more than an hour later
	s.Commit()
	out := run(t, library(t, s), "back-in", report.Params{Tenant: scene.Contoso, Now: s.Now, From: at, To: at + 2*passtrail.Hour})
	const want = "Temporary Access Pass 2 2 0;Account Recovery 1 1 0;Self-service 0 0 0;Administrator 0 0 0"
	if got := strings.Join(cells(t, out.Tables[0], "Way", "Times", "People", "Before"), ";"); got != want {
		t.Errorf("ways = %q, want %q", got, want)
	}
}

// TestOneBlockOfTwoRecords: the activity and the flow tell of the same block; it is one, and its reason is the one that is told.
func TestOneBlockOfTwoRecords(t *testing.T) {
	at := scene.Time("2026-03-10T09:00:00Z")
	s := scene.New(t, "2026-03-20T12:00:00Z")
	const why = "User entered too many invalid SMS verification codes and is blocked for 24 hours"
	s.Add(scene.Event{At: at, Key: "flow", Actor: "adele", Result: "failure", Reason: why, Correlation: "c"}, scene.Event{At: at + passtrail.Second, Key: "blocked", Actor: "adele", Correlation: "c"})
	s.Commit()
	out := run(t, library(t, s), "blocked-people", report.Params{Tenant: scene.Contoso, Now: s.Now})
	if got := strings.Join(cells(t, out.Tables[0], "User", "Blocks"), ";"); got != "adele@contoso.com 1" {
		t.Errorf("blocked = %q, want one block", got)
	}
	if got := s.Ask("PasswordResetAttempts | project Outcome, Reason").Rows; len(got) != 1 || got[0][0] != "blocked" || got[0][1] != why {
		t.Errorf("attempts = %q, want one with the reason that is told", got)
	}
}
