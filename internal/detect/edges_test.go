package detect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/detect"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// office is the address of the scenes of edges.
const office = "198.51.100.7"

// blockReason is a flow's own record of a block; the other one is the activity of that name.
const blockReason = "User entered too many invalid SMS verification codes and is blocked for 24 hours"

// TestFindingEdges: what the last record of a finding says happened counts at the beginning of the window and not at its end,
// and what was over before the window is not found in it.
func TestFindingEdges(t *testing.T) {
	at := begin + 9*hour
	info := func(s *scene.Scene, after passtrail.Ticks) {
		s.Attempt(at-70*passtrail.Second, "adele", office, scene.Full)
		s.Add(scene.Event{At: at + after, Key: "info_registered", Actor: "adele", Address: office})
	}
	for rule, scenery := range map[string]func(*scene.Scene){
		"reconnaissance": func(s *scene.Scene) {
			for i := range 4 {
				s.Attempt(at-passtrail.Ticks(i)*hour, person(i), office, "options")
			}
		},
		"gate-guessing": func(s *scene.Scene) {
			for i := range 3 {
				s.Attempt(at-passtrail.Ticks(i)*hour, person(i), office, "blocked")
			}
		},
		"push-bombing": func(s *scene.Scene) {
			for i := range 5 {
				s.Attempt(at-passtrail.Ticks(i)*minute, "adele", office, "push")
			}
		},
		"help-desk-burst": func(s *scene.Scene) {
			for i := range 8 {
				s.Add(scene.Event{At: at - passtrail.Ticks(i)*minute, Key: "admin_reset", Actor: "desk", Target: person(i)})
			}
		},
		"admin-resets-own-often": func(s *scene.Scene) {
			s.Roles(begin-99*day, map[string]string{"chief": "Global Administrator"})
			for i := range 3 {
				s.Add(scene.Event{At: at - passtrail.Ticks(i)*day, Key: "change", Actor: "chief"})
			}
		},
		"privileged-account-reset": func(s *scene.Scene) {
			s.Roles(begin-99*day, map[string]string{"chief": "Global Administrator"})
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "chief"})
		},
		"reset-beyond-reach": func(s *scene.Scene) {
			s.Roles(begin-99*day, map[string]string{"chief": "Global Administrator"})
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
		},
		"blocked-then-admin-reset": func(s *scene.Scene) {
			s.Attempt(at-hour, "adele", office, "blocked")
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "adele"})
		},
		"recovery-weakened": func(s *scene.Scene) {
			s.Add(scene.Event{At: at, Key: "writeback_off", Actor: "chief"})
		},
		"recovery-weakened ": func(s *scene.Scene) {
			s.Add(scene.Event{At: at, Key: "admin_info_deleted", Actor: "helper", Target: "adele"})
		},
		"reset-then-security-info": func(s *scene.Scene) { info(s, hour) },
	} {
		s := scene.New(t, "2026-04-20")
		scenery(s)
		s.Commit()
		rule = strings.TrimSpace(rule)
		for _, c := range []struct {
			from, to passtrail.Ticks
			want     int
		}{{at, at + 2*hour, 1}, {at - hour, at + 1, 1}, {at - 2*day, at, 0}, {at + 1, at + 2*hour, 0}} {
			if got := within(t, s, rule, c.from, c.to); len(got) != c.want {
				t.Errorf("%s, %s to %s: %d findings, want %d", rule, c.from, c.to, len(got), c.want)
			}
		}
	}
}

// limit is a scene that lies on the limit of a rule, and what is found: people and records of each finding.
type limit struct {
	name, rule string
	from, to   passtrail.Ticks
	want       string
	says       string // what the reasoning has; with ! before it what it has not
	make       func(s *scene.Scene)
}

// limits are the scenes for which a window, a pause or a figure lies just on the limit.
func limits() []limit {
	at := begin + 9*hour
	late := begin - 30*minute // series of two days are never put together
	blocks := func(s *scene.Scene, first int, at passtrail.Ticks, n int) {
		for i := range n {
			s.Attempt(at, person(first+i), office, "blocked")
		}
	}
	resets := func(s *scene.Scene, first int, at passtrail.Ticks, n int) {
		for i := range n {
			s.Add(scene.Event{At: at + passtrail.Ticks(i), Key: "admin_reset", Actor: "desk", Target: person(first + i)})
		}
	}
	pushes := func(s *scene.Scene, at passtrail.Ticks, n int) {
		for i := range n {
			s.Attempt(at+passtrail.Ticks(i), "adele", office, "push")
		}
	}
	looks := func(s *scene.Scene, first int, at passtrail.Ticks, n int) {
		for i := range n {
			s.Attempt(at, person(first+i), office, "options")
		}
	}
	own := func(s *scene.Scene, at ...passtrail.Ticks) {
		s.Roles(begin-199*day, map[string]string{"chief": "Global Administrator"})
		for _, a := range at {
			s.Add(scene.Event{At: a, Key: "change", Actor: "chief", Address: office})
		}
	}
	return []limit{
		{"a block a day before the window begins", "blocked-then-admin-reset", at, at + day, "1/2", "24 hours later", func(s *scene.Scene) {
			blocks(s, 0, at-day, 1)
			resets(s, 0, at, 1)
		}},
		{"a flow that says so, a day before the window begins", "blocked-then-admin-reset", at, at + day, "1/2", "", func(s *scene.Scene) {
			s.Add(scene.Event{At: at - day, Key: "flow", Actor: person(0), Result: "failure", Reason: blockReason})
			resets(s, 0, at, 1)
		}},
		{"a day and a moment later", "blocked-then-admin-reset", at, at + day, "", "", func(s *scene.Scene) {
			blocks(s, 0, at-day, 1)
			resets(s, 0, at+1, 1)
		}},
		{"at the same moment", "blocked-then-admin-reset", at - day, at + day, "", "", func(s *scene.Scene) {
			blocks(s, 0, at, 1)
			resets(s, 0, at, 1)
		}},
		{"a reset that failed", "blocked-then-admin-reset", at - day, at + day, "", "", func(s *scene.Scene) {
			blocks(s, 0, at-hour, 1)
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: person(0), Result: "failure"})
		}},
		{"blocked twice, the later block counts", "blocked-then-admin-reset", at - day, at + day, "1/2", "and 2 hours later", func(s *scene.Scene) {
			blocks(s, 0, at-8*hour, 1)
			blocks(s, 0, at-2*hour, 1)
			resets(s, 0, at, 1)
		}},
		{"two records of one block, the later counts", "blocked-then-admin-reset", at - day, at + day, "1/3", "and 2 hours later", func(s *scene.Scene) {
			for i := range 2 {
				s.Add(scene.Event{At: at - 2*hour - passtrail.Ticks(i)*15*minute, Key: "blocked", Actor: person(0), Correlation: "c"})
			}
			resets(s, 0, at, 1)
		}},

		{"blocks of a day before the window begins", "gate-guessing", at, at + day, "3/3", "3 people", func(s *scene.Scene) {
			blocks(s, 0, at-20*hour, 1)
			s.Add(scene.Event{At: at - 20*hour, Key: "flow", Actor: person(1), Result: "failure", Reason: blockReason, Address: office})
			blocks(s, 2, at, 1)
		}},
		{"flows that say so", "gate-guessing", at, at + day, "3/3", "", func(s *scene.Scene) {
			for i := range 3 {
				s.Add(scene.Event{At: at + passtrail.Ticks(i), Key: "flow", Actor: person(i), Result: "failure", Reason: blockReason, Address: office})
			}
		}},
		{"one person three times", "gate-guessing", at, at + day, "", "", func(s *scene.Scene) {
			for i := range 3 {
				blocks(s, 0, at+passtrail.Ticks(i)*hour, 1)
			}
		}},
		{"without an address", "gate-guessing", at, at + day, "", "", func(s *scene.Scene) {
			for i := range 3 {
				s.Attempt(at, person(i), "", "blocked")
			}
			for i := range 3 {
				s.Add(scene.Event{At: at, Key: "flow", Actor: person(i), Result: "failure", Reason: blockReason})
			}
		}},
		{"eight people who get in, one of them twice, for three who do not", "gate-guessing", at, at + day, "3/3", "and 8 succeeded", func(s *scene.Scene) {
			blocks(s, 0, at, 3)
			for i := range 9 {
				s.Attempt(at-2*day+passtrail.Ticks(i)*hour, fmt.Sprint("worker", i%8), office, "start sms sms+ unlock")
			}
		}},
		{"nine people who get in, one a month before", "gate-guessing", at, at + day, "", "", func(s *scene.Scene) {
			blocks(s, 0, at, 3)
			for i := range 9 {
				s.Attempt(at-30*day+passtrail.Ticks(i)*hour, fmt.Sprint("worker", i), office, "reset")
			}
		}},
		{"nine people who get in, one after the window", "gate-guessing", at, at + day, "3/3", "and 8 succeeded", func(s *scene.Scene) {
			blocks(s, 0, at, 3)
			for i := range 9 {
				s.Attempt(at+day-passtrail.Ticks(i)*hour, fmt.Sprint("worker", i), office, "reset")
			}
		}},
		{"series a window apart are one", "gate-guessing", at - day, at + 5*day, "6/6", "3 people", func(s *scene.Scene) {
			blocks(s, 0, begin+8*hour, 3)
			blocks(s, 3, begin+8*hour+46*hour, 3)
		}},
		{"series more than a window apart are two", "gate-guessing", at - day, at + 5*day, "3/3 3/3", "", func(s *scene.Scene) {
			blocks(s, 0, begin+8*hour, 3)
			blocks(s, 3, begin+8*hour+48*hour, 3)
		}},
		{"the most people of any window are told", "gate-guessing", at - day, at + 5*day, "5/5", "4 people", func(s *scene.Scene) {
			blocks(s, 0, begin+8*hour, 1)
			blocks(s, 1, begin+18*hour, 3)
			blocks(s, 4, begin+38*hour, 1)
		}},

		{"three before an hour, five in it", "help-desk-burst", begin, begin + day, "8/8", "8 people", func(s *scene.Scene) {
			resets(s, 0, at-minute, 3)
			resets(s, 3, at+minute, 5)
		}},
		{"five before an hour, three in it", "help-desk-burst", begin, begin + day, "8/8", "8 people", func(s *scene.Scene) {
			resets(s, 0, at-minute, 5)
			resets(s, 5, at+minute, 3)
		}},
		{"most of it before the window", "help-desk-burst", at, begin + day, "9/9", "8 people", func(s *scene.Scene) {
			resets(s, 0, at-hour, 1)
			resets(s, 1, at-31*minute, 7)
			resets(s, 8, at, 1)
			resets(s, 9, at-hour-minute, 1)
		}},
		{"resets that failed", "help-desk-burst", begin, begin + day, "", "", func(s *scene.Scene) {
			for i := range 8 {
				s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: person(i), Result: "failure"})
			}
		}},
		{"seven others and the actor", "help-desk-burst", begin, begin + day, "", "", func(s *scene.Scene) {
			resets(s, 0, at, 7)
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "desk", Target: "desk"})
		}},
		{"bursts a window apart are one", "help-desk-burst", begin - day, begin + day, "16/16", "8 people", func(s *scene.Scene) {
			resets(s, 0, late, 8)
			resets(s, 8, late+115*minute, 8)
		}},
		{"bursts more than a window apart are two", "help-desk-burst", begin - day, begin + day, "8/8 8/8", "", func(s *scene.Scene) {
			resets(s, 0, late, 8)
			resets(s, 8, late+120*minute, 8)
		}},

		{"two pushes before an hour, three in it", "push-bombing", begin, begin + day, "1/5", "!approved", func(s *scene.Scene) {
			pushes(s, at-minute, 2)
			pushes(s, at+minute, 3)
		}},
		{"three pushes before an hour, two in it", "push-bombing", begin, begin + day, "1/5", "within 2 minutes", func(s *scene.Scene) {
			pushes(s, at-minute, 3)
			pushes(s, at+minute, 2)
		}},
		{"most of the pushes before the window", "push-bombing", at, begin + day, "1/5", "5 app notifications", func(s *scene.Scene) {
			pushes(s, at-31*minute, 4)
			pushes(s, at, 1)
		}},
		{"pushes a window apart are one series", "push-bombing", begin - day, begin + day, "1/10", "10 app notifications", func(s *scene.Scene) {
			pushes(s, late, 5)
			pushes(s, late+115*minute, 5)
		}},
		{"pushes more than a window apart are two", "push-bombing", begin - day, begin + day, "1/5 1/5", "", func(s *scene.Scene) {
			pushes(s, late, 5)
			pushes(s, late+120*minute, 5)
		}},

		{"one before a midnight, three after it", "reconnaissance", begin - day, begin + day, "4/4", "4 people", func(s *scene.Scene) {
			looks(s, 0, begin-hour, 1)
			looks(s, 1, begin+hour, 3)
		}},
		{"looks of the day before the window", "reconnaissance", at, at + day, "4/4", "within 20 hours", func(s *scene.Scene) {
			looks(s, 0, at-20*hour, 3)
			looks(s, 3, at, 1)
		}},
		{"one person four times", "reconnaissance", at, at + day, "", "", func(s *scene.Scene) {
			for i := range 4 {
				looks(s, 0, at+passtrail.Ticks(i)*hour, 1)
			}
		}},
		{"looks without an address", "reconnaissance", at, at + day, "", "", func(s *scene.Scene) {
			for i := range 4 {
				s.Attempt(at, person(i), "", "options")
			}
		}},
		{"three people who unlock, one of them twice, for four who look", "reconnaissance", at, at + day, "4/4", "only 3 succeeded", func(s *scene.Scene) {
			looks(s, 0, at, 4)
			for i := range 4 {
				s.Attempt(at-2*day+passtrail.Ticks(i)*hour, fmt.Sprint("worker", i%3), office, "start sms sms+ unlock")
			}
		}},
		{"four who get in, one a month before", "reconnaissance", at, at + day, "", "", func(s *scene.Scene) {
			looks(s, 0, at, 4)
			for i := range 4 {
				s.Attempt(at-30*day+passtrail.Ticks(i)*hour, fmt.Sprint("worker", i), office, "reset")
			}
		}},
		{"four who get in, one after the window", "reconnaissance", at, at + day, "4/4", "only 3 succeeded", func(s *scene.Scene) {
			looks(s, 0, at, 4)
			for i := range 4 {
				s.Attempt(at+day-passtrail.Ticks(i)*hour, fmt.Sprint("worker", i), office, "reset")
			}
		}},
		{"looks a window apart are one series", "reconnaissance", at - day, at + 5*day, "8/8", "4 people", func(s *scene.Scene) {
			looks(s, 0, begin+8*hour, 4)
			looks(s, 4, begin+8*hour+46*hour, 4)
		}},
		{"looks more than a window apart are two", "reconnaissance", at - day, at + 5*day, "4/4 4/4", "", func(s *scene.Scene) {
			looks(s, 0, begin+8*hour, 4)
			looks(s, 4, begin+8*hour+48*hour, 4)
		}},

		{"thirty days of the calendar, most before the window", "admin-resets-own-often", begin + 23*hour, begin + day, "1/3", "3 times", func(s *scene.Scene) {
			own(s, begin-29*day+hour, begin, begin+23*hour)
		}},
		{"a change that failed", "admin-resets-own-often", begin - day, begin + day, "", "", func(s *scene.Scene) {
			own(s, begin, begin+hour)
			s.Add(scene.Event{At: begin + 2*hour, Key: "change", Actor: "chief", Result: "failure"})
		}},
		{"changes a window apart are one series", "admin-resets-own-often", begin - 90*day, begin + day, "1/6", "3 times", func(s *scene.Scene) {
			own(s, begin-59*day, begin-59*day+1, begin-59*day+2, begin, begin+1, begin+2)
		}},
		{"changes more than a window apart are two", "admin-resets-own-often", begin - 90*day, begin + day, "1/3 1/3", "", func(s *scene.Scene) {
			own(s, begin-60*day, begin-60*day+1, begin-60*day+2, begin, begin+1, begin+2)
		}},

		{"a method at the very end of the hour, after the window", "reset-then-security-info", at - day, at + minute, "1/9", "60 minutes later", func(s *scene.Scene) {
			s.Attempt(at-70*passtrail.Second, "adele", office, scene.Full)
			s.Add(scene.Event{At: at + hour, Key: "info_registered", Actor: "adele", Address: office})
		}},
		{"an attempt of before the window that ends in it", "reset-then-security-info", at - 30*passtrail.Second, at + day, "1/9", "", func(s *scene.Scene) {
			s.Attempt(at-70*passtrail.Second, "adele", office, scene.Full)
			s.Add(scene.Event{At: at + minute, Key: "info_registered", Actor: "adele", Address: office})
		}},
		{"a moment more than an hour later", "reset-then-security-info", at - day, at + day, "", "", func(s *scene.Scene) {
			s.Attempt(at-70*passtrail.Second, "adele", office, scene.Full)
			s.Add(scene.Event{At: at + hour + 1, Key: "info_registered", Actor: "adele", Address: office})
		}},
		{"at the moment of the reset", "reset-then-security-info", at - day, at + day, "", "", func(s *scene.Scene) {
			s.Attempt(at-70*passtrail.Second, "adele", office, scene.Full)
			s.Add(scene.Event{At: at, Key: "info_registered", Actor: "adele", Address: office})
		}},
		{"a method that was refused", "reset-then-security-info", at - day, at + day, "", "", func(s *scene.Scene) {
			s.Attempt(at-70*passtrail.Second, "adele", office, scene.Full)
			s.Add(scene.Event{At: at + minute, Key: "info_registered", Actor: "adele", Address: office, Result: "failure"})
		}},
		{"after an unlock", "reset-then-security-info", at - day, at + day, "", "", func(s *scene.Scene) {
			s.Attempt(at-20*passtrail.Second, "adele", office, "start sms+ unlock")
			s.Add(scene.Event{At: at + minute, Key: "info_registered", Actor: "adele", Address: office})
		}},
		{"from where the person unlocked before", "reset-then-security-info", at - day, at + day, "", "", func(s *scene.Scene) {
			s.Attempt(at-3*day, "adele", office, "start sms+ unlock")
			s.Attempt(at-70*passtrail.Second, "adele", office, scene.Full)
			s.Add(scene.Event{At: at + minute, Key: "info_registered", Actor: "adele", Address: office})
		}},
		{"the first of two changes tells how soon", "reset-then-security-info", at - day, at + day, "1/10", "and 2 minutes later", func(s *scene.Scene) {
			s.Attempt(at-70*passtrail.Second, "adele", office, scene.Full)
			for i := range 2 {
				s.Add(scene.Event{At: at + 2*minute + passtrail.Ticks(i)*30*minute, Key: "info_registered", Actor: "adele", Address: office})
			}
		}},

		{"somebody without a role resets their own", "reset-beyond-reach", at - day, at + day, "", "", func(s *scene.Scene) {
			s.Roles(begin-99*day, map[string]string{"chief": "Global Administrator"})
			s.Add(scene.Event{At: at, Key: "admin_reset", Actor: "adele", Target: "adele"})
		}},
		{"taking away a method fails", "recovery-weakened", at - day, at + day, "", "", func(s *scene.Scene) {
			s.Add(scene.Event{At: at, Key: "admin_info_deleted", Actor: "helper", Target: "adele", Result: "failure"})
		}},
	}
}

// TestFindingLimits: windows, pauses between series, and figures count on the limit as they are said to.
func TestFindingLimits(t *testing.T) {
	for _, c := range limits() {
		t.Run(c.rule+", "+c.name, func(t *testing.T) {
			s := scene.New(t, "2026-04-20")
			c.make(s)
			s.Commit()
			var got []string
			reasons := ""
			for _, f := range within(t, s, c.rule, c.from, c.to) {
				got = append(got, fmt.Sprintf("%d/%d", len(f.People), len(f.Evidence)))
				reasons += f.Reasoning + "\n"
			}
			if strings.Join(got, " ") != c.want {
				t.Fatalf("people and records of findings = %v, want %s", got, c.want)
			}
			if not, found := strings.CutPrefix(c.says, "!"); found && strings.Contains(reasons, not) || !found && !strings.Contains(reasons, c.says) {
				t.Errorf("reasoning = %q, want %q", reasons, c.says)
			}
		})
	}
}

// TestReachOnTheEdge: a role counts from the moment on from which it is held, and no longer at the one at which it ends.
func TestReachOnTheEdge(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	s.Roles(begin-40*day, map[string]string{"left": "Helpdesk Administrator", "mail": "Exchange Administrator", "desk": "Helpdesk Administrator"})
	s.Roles(begin, map[string]string{"came": "Helpdesk Administrator", "adele": "Exchange Administrator", "desk": "Helpdesk Administrator"})
	n := 0
	add := func(at passtrail.Ticks, actor, target string) {
		s.Add(scene.Event{ID: fmt.Sprint("case-", n), At: at, Key: "admin_reset", Actor: actor, Target: target})
		n++
	}
	for _, at := range []passtrail.Ticks{begin - 1, begin} {
		add(at, "left", "alex")  // 0: held; 4: gone
		add(at, "came", "alex")  // 1: not yet; 5: held
		add(at, "desk", "mail")  // 2: out of reach; 6: has no role any more
		add(at, "desk", "adele") // 3: has no role yet; 7: out of reach
	}
	s.Commit()
	var got []string
	for _, f := range findings(t, s, "reset-beyond-reach") {
		got = append(got, strings.TrimPrefix(f.Evidence[0], "case-"))
	}
	slices.Sort(got)
	if want := []string{"1", "2", "4", "7"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// TestSort: the gravest findings come first, of those the newest, of those by id.
func TestSort(t *testing.T) {
	fs := []store.Finding{{ID: "e", Severity: "low", Start: 9}, {ID: "c", Severity: "high", Start: 1}, {ID: "b", Severity: "high", Start: 2}, {ID: "a", Severity: "high", Start: 2}}
	detect.Sort(fs)
	got := ""
	for _, f := range fs {
		got += f.ID
	}
	if got != "abce" {
		t.Errorf("order = %s, want abce", got)
	}
}
