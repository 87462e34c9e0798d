package detect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"passtrail"
	"passtrail/content"
	"passtrail/internal/detect"
	"passtrail/internal/scene"
	"passtrail/internal/store"
	"passtrail/internal/vocab"
)

const day, hour, minute = passtrail.Day, passtrail.Hour, passtrail.Minute

// begin is a midnight, so that what is put around it straddles the edges of hours and days.
var begin = scene.Time("2026-03-10")

// findings runs one of our rules over three weeks around begin.
func findings(t *testing.T, s *scene.Scene, rule string) []store.Finding {
	t.Helper()
	return within(t, s, rule, begin-20*day, begin+5*day)
}

func within(t *testing.T, s *scene.Scene, rule string, from, to passtrail.Ticks) []store.Finding {
	t.Helper()
	rules, err := detect.Load(content.Files, "detections")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(rules, func(r *detect.Rule) bool { return r.ID == rule })
	if i < 0 {
		t.Fatalf("there is no rule %s", rule)
	}
	fs, err := rules[i].Run(t.Context(), s.Engine, scene.Contoso, detect.Window{From: from, To: to, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	return fs
}

func person(i int) string { return fmt.Sprintf("person%02d", i) }

// TestRules makes for each rule the smallest scene that sets it off and scenes that only just do not.
func TestRules(t *testing.T) {
	const ip = "198.51.100.7"
	looks := func(n int, step passtrail.Ticks) func(*scene.Scene) {
		return func(s *scene.Scene) {
			for i := range n {
				s.Attempt(begin-step*passtrail.Ticks(n)/2+step*passtrail.Ticks(i), person(i), ip, "start options")
			}
		}
	}
	blocks := func(n int, step passtrail.Ticks) func(*scene.Scene) {
		return func(s *scene.Scene) {
			for i := range n {
				s.Attempt(begin-step*passtrail.Ticks(n)/2+step*passtrail.Ticks(i), person(i), ip, "start sms blocked")
			}
		}
	}
	successes := func(n int) func(*scene.Scene) {
		return func(s *scene.Scene) {
			for i := range n {
				s.Attempt(begin-10*day+hour*passtrail.Ticks(i), fmt.Sprintf("worker%02d", i), ip, scene.Full)
			}
		}
	}
	pushes := func(n int, step passtrail.Ticks, course string) func(*scene.Scene) {
		return func(s *scene.Scene) {
			for i := range n {
				s.Attempt(begin-step*passtrail.Ticks(n)/2+step*passtrail.Ticks(i), "adele", ip, course)
			}
		}
	}
	adminResets := func(n int, step passtrail.Ticks) func(*scene.Scene) {
		return func(s *scene.Scene) {
			for i := range n {
				s.Add(scene.Event{At: begin - step*passtrail.Ticks(n)/2 + step*passtrail.Ticks(i), Key: "admin_reset", Actor: "desk", Target: person(i), Address: ip})
			}
		}
	}
	own := func(who string, n int, step passtrail.Ticks) func(*scene.Scene) {
		return func(s *scene.Scene) {
			s.Roles(begin-40*day, map[string]string{"chief": "Global Administrator"})
			for i := range n {
				s.Add(scene.Event{At: begin - step*passtrail.Ticks(n-1) + step*passtrail.Ticks(i), Key: "change", Actor: who, Address: ip, Reason: "None"})
			}
		}
	}
	takeover := func(infoAfter passtrail.Ticks, infoAddress string, before bool, kinds ...string) func(*scene.Scene) {
		return func(s *scene.Scene) {
			if before {
				s.Attempt(begin-3*day, "adele", ip, scene.Full)
			}
			s.Attempt(begin-2*minute, "adele", ip, scene.Full)
			for i, k := range kinds {
				s.Add(scene.Event{At: begin - 2*minute + 70*passtrail.Second + infoAfter + passtrail.Ticks(i)*minute, Key: k, Actor: "adele", Address: infoAddress})
			}
		}
	}
	rescue := func(after passtrail.Ticks, actor string) func(*scene.Scene) {
		return func(s *scene.Scene) {
			s.Attempt(begin-20*passtrail.Second, "adele", ip, "start sms blocked")
			s.Add(scene.Event{At: begin + after, Key: "admin_reset", Actor: actor, Target: "adele"})
		}
	}
	event := func(e scene.Event) func(*scene.Scene) {
		e.At, e.Address = begin, ip
		return func(s *scene.Scene) {
			s.Roles(begin-40*day, map[string]string{"chief": "Global Administrator", "reader": "Reports Reader"})
			s.Add(e)
		}
	}
	for _, c := range []struct {
		name, rule string
		people     int // of the one finding wanted; 0: none
		make       []func(*scene.Scene)
	}{
		{"options of four people over a midnight", "reconnaissance", 4, []func(*scene.Scene){looks(4, 5*hour)}},
		{"options of three people", "reconnaissance", 0, []func(*scene.Scene){looks(3, minute)}},
		{"options of four people, one a day", "reconnaissance", 0, []func(*scene.Scene){looks(4, day)}},
		{"an office where as many succeed", "reconnaissance", 0, []func(*scene.Scene){looks(5, minute), successes(5)}},
		{"an office where few succeed", "reconnaissance", 5, []func(*scene.Scene){looks(5, minute), successes(2)}},

		{"three people blocked over a midnight", "gate-guessing", 3, []func(*scene.Scene){blocks(3, 7*hour)}},
		{"two people blocked", "gate-guessing", 0, []func(*scene.Scene){blocks(2, minute)}},
		{"three people blocked on three days", "gate-guessing", 0, []func(*scene.Scene){blocks(3, 20*hour)}},
		{"an office with many successes days ago", "gate-guessing", 0, []func(*scene.Scene){blocks(3, minute), successes(9)}},

		{"five pushes over the edge of an hour", "push-bombing", 1, []func(*scene.Scene){pushes(5, 10*minute, "start push")}},
		{"five pushes in one attempt, approved", "push-bombing", 1, []func(*scene.Scene){pushes(1, minute, "start push push push push push push+")}},
		{"two pushes", "push-bombing", 0, []func(*scene.Scene){pushes(2, minute, "start push")}},
		{"four pushes and their approvals", "push-bombing", 0, []func(*scene.Scene){pushes(4, 10*minute, "start push push+")}},
		{"a push each half an hour", "push-bombing", 0, []func(*scene.Scene){pushes(8, 30*minute, "start push")}},

		{"eight people reset over the edge of an hour", "help-desk-burst", 8, []func(*scene.Scene){adminResets(8, 7*minute)}},
		{"seven people reset", "help-desk-burst", 0, []func(*scene.Scene){adminResets(7, minute)}},
		{"an ordinary day of a help desk", "help-desk-burst", 0, []func(*scene.Scene){adminResets(40, 12*minute)}},
		{"one person reset many times", "help-desk-burst", 0, []func(*scene.Scene){func(s *scene.Scene) {
			for i := range 12 {
				s.Add(scene.Event{At: begin + passtrail.Ticks(i)*minute, Key: "admin_reset", Actor: "desk", Target: "adele"})
			}
		}}},

		{"three own changes in three weeks", "admin-resets-own-often", 1, []func(*scene.Scene){own("chief", 3, 10*day)}},
		{"three own changes in a month and a half", "admin-resets-own-often", 0, []func(*scene.Scene){own("chief", 3, 16*day)}},
		{"two own changes", "admin-resets-own-often", 0, []func(*scene.Scene){own("chief", 2, minute)}},
		{"somebody without a role", "admin-resets-own-often", 0, []func(*scene.Scene){own("adele", 5, day)}},

		{"the help desk resets a Global Administrator", "privileged-account-reset", 1, []func(*scene.Scene){event(scene.Event{Key: "admin_reset", Actor: "desk", Target: "chief"})}},
		{"the help desk fails to", "privileged-account-reset", 0, []func(*scene.Scene){event(scene.Event{Key: "admin_reset", Actor: "desk", Target: "chief", Result: "failure"})}},
		{"the administrator does it", "privileged-account-reset", 0, []func(*scene.Scene){event(scene.Event{Key: "admin_reset", Actor: "chief", Target: "chief"})}},
		{"somebody who only reads reports", "privileged-account-reset", 0, []func(*scene.Scene){event(scene.Event{Key: "admin_reset", Actor: "desk", Target: "reader"})}},
		{"somebody without a role is reset", "privileged-account-reset", 0, []func(*scene.Scene){event(scene.Event{Key: "admin_reset", Actor: "desk", Target: "adele"})}},

		{"reset, then a method from the same new address, over a midnight", "reset-then-security-info", 1, []func(*scene.Scene){takeover(10*minute, ip, false, "info_registered")}},
		{"known address, a method deleted and one added", "reset-then-security-info", 1, []func(*scene.Scene){takeover(10*minute, ip, true, "info_deleted", "info_registered")}},
		{"known address, one method added", "reset-then-security-info", 0, []func(*scene.Scene){takeover(10*minute, ip, true, "info_registered")}},
		{"more than an hour later", "reset-then-security-info", 0, []func(*scene.Scene){takeover(61*minute, ip, false, "info_registered")}},
		{"from another address", "reset-then-security-info", 0, []func(*scene.Scene){takeover(10*minute, "192.0.2.9", false, "info_registered")}},

		{"blocked, reset by the help desk three hours later", "blocked-then-admin-reset", 1, []func(*scene.Scene){rescue(3*hour, "desk")}},
		{"two days later", "blocked-then-admin-reset", 0, []func(*scene.Scene){rescue(2*day, "desk")}},
		{"before the block", "blocked-then-admin-reset", 0, []func(*scene.Scene){rescue(-hour, "desk")}},
		{"by the person, who is an administrator", "blocked-then-admin-reset", 0, []func(*scene.Scene){rescue(hour, "adele")}},

		{"write-back is switched off", "recovery-weakened", 1, []func(*scene.Scene){event(scene.Event{Key: "writeback_off", Actor: "chief"})}},
		{"write-back is switched on", "recovery-weakened", 0, []func(*scene.Scene){event(scene.Event{Key: "writeback_on", Actor: "chief"})}},
		{"switching it off fails", "recovery-weakened", 0, []func(*scene.Scene){event(scene.Event{Key: "writeback_off", Actor: "chief", Result: "failure"})}},
	} {
		t.Run(c.rule+", "+c.name, func(t *testing.T) {
			s := scene.New(t, "2026-03-20")
			for _, f := range c.make {
				f(s)
			}
			s.Commit()
			got := findings(t, s, c.rule)
			if c.people == 0 {
				if len(got) > 0 {
					t.Errorf("unexpected: %s", got[0].Reasoning)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("%d findings, want 1", len(got))
			}
			whole(t, got[0], c.people)
		})
	}
}

// whole wants a finding that says what there is to say.
func whole(t *testing.T, f store.Finding, people int) {
	t.Helper()
	if len(f.People) != people || len(f.Evidence) == 0 || f.Start > f.End || f.Start < begin-40*day || len(f.Techniques) == 0 || len(f.ID) != 16 {
		t.Errorf("finding = %+v, want %d people and evidence", f, people)
	}
	if f.Reasoning == "" || strings.Contains(f.Reasoning, "<no value>") || strings.Contains(f.Reasoning, "<nil>") {
		t.Errorf("reasoning = %q", f.Reasoning)
	}
	for _, a := range vocab.Activities() {
		if strings.Contains(a.Key, "_") && strings.Contains(f.Reasoning, a.Key) {
			t.Errorf("reasoning = %q, which says the key %s and not its words", f.Reasoning, a.Key)
		}
	}
}

// TestWindowEdges: what begins before the window and ends in it is found whole; what ended before it is not found.
func TestWindowEdges(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	for i := range 8 {
		s.Add(scene.Event{At: begin - 20*minute + passtrail.Ticks(i)*5*minute, Key: "admin_reset", Actor: "desk", Target: person(i)})
	}
	s.Commit()
	for _, c := range []struct {
		from, to passtrail.Ticks
		want     int
	}{{begin, begin + day, 1}, {begin - day, begin, 0}, {begin + hour, begin + day, 0}, {begin - day, begin + day, 1}} {
		got := within(t, s, "help-desk-burst", c.from, c.to)
		if len(got) != c.want || c.want == 1 && len(got[0].Evidence) != 8 {
			t.Errorf("%s to %s: %d findings, want %d with all eight records", c.from, c.to, len(got), c.want)
		}
	}
}

// TestTwoBurstsAreTwo: what lies well apart is told apart, what goes on is one.
func TestTwoBurstsAreTwo(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	for _, at := range []passtrail.Ticks{0, 30 * hour} {
		for i := range 30 {
			s.Add(scene.Event{At: begin + at + passtrail.Ticks(i)*4*minute, Key: "admin_reset", Actor: "desk", Target: person(i)})
		}
	}
	s.Commit()
	got := findings(t, s, "help-desk-burst")
	if len(got) != 2 || len(got[0].Evidence) != 30 || len(got[1].Evidence) != 30 || got[0].ID == got[1].ID {
		t.Errorf("%d findings, want two of 30 records each", len(got))
	}
}

// TestSeveralOnOneDay: two resets of one privileged account on one day, by two people, are two findings.
func TestSeveralOnOneDay(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	s.Roles(begin-40*day, map[string]string{"chief": "Global Administrator"})
	for i, actor := range []string{"desk", "mallory"} {
		s.Add(scene.Event{At: begin + passtrail.Ticks(i)*hour, Key: "admin_reset", Actor: actor, Target: "chief"})
	}
	s.Commit()
	got := findings(t, s, "privileged-account-reset")
	if len(got) != 2 || got[0].ID == got[1].ID {
		t.Errorf("findings = %+v, want two with ids of their own", got)
	}
}

// TestLateRecordsKeepTheID: records that come late, even before the beginning and on the day before, change the finding
// and not its id; neither does a window that has moved on.
func TestLateRecordsKeepTheID(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	add := func(from, to int) {
		for i := from; i < to; i++ {
			s.Add(scene.Event{At: begin + passtrail.Ticks(i-4)*5*minute, Key: "admin_reset", Actor: "desk", Target: person(i)})
		}
		s.Commit()
	}
	add(4, 13)
	first := findings(t, s, "help-desk-burst")
	add(13, 15) // later
	second := detect.Adopt(findings(t, s, "help-desk-burst"), first)
	add(0, 4) // the day before
	third := detect.Adopt(findings(t, s, "help-desk-burst"), second)
	if len(first) != 1 || len(second) != 1 || len(third) != 1 {
		t.Fatalf("%d, %d, %d findings, want one each", len(first), len(second), len(third))
	}
	if first[0].ID != second[0].ID || first[0].ID != third[0].ID {
		t.Errorf("ids %s, %s, %s: want the same", first[0].ID, second[0].ID, third[0].ID)
	}
	if len(third[0].Evidence) != 15 || third[0].Start >= begin {
		t.Errorf("the finding has %d records from %s on, want all 15", len(third[0].Evidence), third[0].Start)
	}
	again := detect.Adopt(within(t, s, "help-desk-burst", begin+10*minute, begin+day), third)
	if len(again) != 1 || again[0].ID != first[0].ID {
		t.Errorf("seen from a later window: %+v", again)
	}
}

// TestAdoptPutsTogether: late records may join what were two findings.
func TestAdoptPutsTogether(t *testing.T) {
	known := []store.Finding{{ID: "a", Rule: "r", Evidence: []string{"1", "2"}}, {ID: "b", Rule: "other", Evidence: []string{"5"}}}
	found := []store.Finding{
		{ID: "x", Rule: "r", Start: 5, End: 9, Evidence: []string{"2", "3"}, People: []string{"p"}, Reasoning: "more"}, {ID: "a", Rule: "r", Start: 7, End: 20, Evidence: []string{"4"}, People: []string{"q"}},
		{ID: "y", Rule: "r", Evidence: []string{"5"}},
	}
	got := detect.Adopt(found, known)
	if len(got) != 2 || got[0].ID != "a" || got[0].Start != 5 || got[0].End != 20 || len(got[0].Evidence) != 3 || len(got[0].People) != 2 || got[0].Reasoning != "more" || got[1].ID != "y" {
		t.Errorf("Adopt = %+v", got)
	}
	if found[0].ID != "x" {
		t.Error("Adopt changed its argument")
	}
}

func TestRulesAreWhole(t *testing.T) {
	rules, err := detect.Load(content.Files, "detections")
	if err != nil {
		t.Fatal(err)
	}
	orders := map[int]string{}
	for _, r := range rules {
		if other, ok := orders[r.Order]; ok {
			t.Errorf("%s and %s have the same order", r.ID, other)
		}
		orders[r.Order] = r.ID
		if r.Title == "" || len(r.Techniques) == 0 || r.Reasoning == "" {
			t.Errorf("%s lacks title, techniques or reasoning", r.ID)
		}
	}
	if len(rules) < 9 {
		t.Errorf("%d rules, want at least 9", len(rules))
	}
}

// TestTechniques: every technique that a rule names is one of the current matrix, with a name and a tactic.
func TestTechniques(t *testing.T) {
	known := map[string]bool{}
	for _, x := range vocab.Techniques() {
		if known[x.ID] || x.Name == "" || len(x.Tactics) == 0 || x.Version != "19" {
			t.Errorf("technique %+v is there twice or not whole", x)
		}
		known[x.ID] = true
	}
	rules, err := detect.Load(content.Files, "detections")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		for _, id := range r.Techniques {
			if !known[id] {
				t.Errorf("%s names %s, which is not in attack.tsv", r.ID, id)
			}
		}
	}
}

func TestBadRules(t *testing.T) {
	const good = "order: 1\ntitle: T\nseverity: low\nreasoning: '{{.Subject}}'\n"
	for name, c := range map[string]struct{ yaml, kql, want string }{
		"unknown member":  {good + "titel: x\n", "print 1", "titel"},
		"severity":        {strings.Replace(good, "low", "grave", 1), "print 1", "grave"},
		"no query":        {good, "", "r.kql"},
		"broken template": {strings.Replace(good, "{{.Subject}}", "{{.Subject", 1), "print 1", "r.yaml"},
	} {
		files := fstest.MapFS{"d/r.yaml": {Data: []byte(c.yaml)}}
		if c.kql != "" {
			files["d/r.kql"] = &fstest.MapFile{Data: []byte(c.kql)}
		}
		if _, err := detect.Load(files, "d"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}
