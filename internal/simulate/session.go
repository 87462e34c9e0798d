package simulate

import (
	"math/rand/v2"
	"slices"

	"passtrail"
)

// session is one act of one person: the rows it leaves and, if it is an attempt, what is true of it.
type session struct {
	m       *model
	rng     *rand.Rand
	p       *person // whom it is about
	actor   *person // who acts; nil: p
	corr    guid
	address string
	now     passtrail.Ticks
	old     bool // the older spelling of the flow activity
	planted bool
	attempt Attempt
	made    bool // at least one row of the four activities that make an attempt
	rows    []event

	firstRegistered passtrail.Ticks // time of the first row that says registered for password reset
}

// begin starts a session of p at an instant.
func (m *model) begin(p *person, at passtrail.Ticks, rng *rand.Rand) *session {
	s := &session{m: m, rng: rng, p: p, corr: newGUID(rng), now: at, address: p.home}
	if m.atOffice(p, at) && rng.IntN(10) < 8 {
		s.address = p.zone.Address
	}
	// The activity was renamed in the first third of the time; for some weeks both names were written.
	share := float64(at-m.start) / float64(m.end-m.start)
	s.old = share < 0.2 || share < 0.4 && rng.IntN(2) == 0
	return s
}

// atOffice reports whether it is working time where p is.
func (m *model) atOffice(p *person, at passtrail.Ticks) bool {
	local := at.Time().Add(p.zone.Offset)
	h := local.Hour()
	return weekend(local) == 1 && h >= 7 && h < 19
}

// wait lets time pass: between lo and hi seconds, to the tick.
func (s *session) wait(lo, hi float64) {
	s.now += passtrail.Ticks((lo + s.rng.Float64()*(hi-lo)) * float64(passtrail.Second))
}

// row adds a row by the person at the keyboard.
func (s *session) row(k *kind, result, reason string) *event {
	actor := s.p
	if s.actor != nil {
		actor = s.actor
	}
	s.rows = append(s.rows, event{
		time: s.now, kind: k, name: k.activity, result: result, reason: reason, corr: s.corr, actor: actor,
		target: s.p, address: s.address, userAgent: browsers[actor.browser], planted: s.planted,
	})
	return &s.rows[len(s.rows)-1]
}

// directory adds a row that a service writes to the directory.
func (s *session) directory(k *kind, by *app) *event {
	e := s.row(k, "success", "")
	e.actor, e.app, e.address, e.userAgent = nil, by, "", ""
	e.changed = includedNothing
	return e
}

var includedNothing = []change{{name: "Included Updated Properties", new: `""`}}

// flow adds a step of the reset portal.
func (s *session) flow(f *flowStep) {
	result := "success"
	if f.fails {
		result = "failure"
	}
	e := s.row(kindFlow, result, f.reason)
	if s.old {
		e.name = "Self-serve password reset flow activity progress"
	}
	s.count(e)
	a := &s.attempt
	a.LastStep, a.LastMethod = f.step, f.method
	a.MethodsTried = appendNew(a.MethodsTried, f.method)
	if f.step == "gate_pass" {
		a.Gates = appendNew(a.Gates, f.method)
	}
	if !slices.Contains(s.m.tally.steps, f.step) {
		return
	}
	a.steps = appendNew(a.steps, f.step)
}

// own adds a row of one of the other activities that make an attempt.
func (s *session) own(k *kind, result, reason string) *event {
	e := s.row(k, result, reason)
	s.count(e)
	if k != kindBlocked {
		e.agent = s.p.agent
	}
	return e
}

// count takes a row of the service into the attempt.
func (s *session) count(e *event) {
	a := &s.attempt
	if !s.made {
		a.Start, s.made = e.time, true
	}
	a.End = e.time
	a.Events++
}

// end says how the attempt came out.
func (s *session) end(outcome, problem, reason string) {
	s.attempt.Outcome, s.attempt.Problem, s.attempt.reason = outcome, problem, reason
}

// commit hands the rows to the model and the attempt to the tally, unless a row would lie outside the watched time.
func (s *session) commit() bool {
	for i := range s.rows {
		if e := &s.rows[i]; (e.time < s.m.start || e.time >= s.m.end) && e.kind != kindDirChange {
			return false
		}
	}
	for i := range s.rows {
		s.m.add(&s.rows[i])
	}
	last := s.rows[len(s.rows)-1].time
	s.p.busyUntil = max(s.p.busyUntil, last+150*passtrail.Minute)
	if s.made {
		a := &s.attempt
		a.ID, a.UserID, a.UserPrincipalName = s.corr.String(), s.p.id, s.p.upn
		a.IPAddress, a.person = s.address, s.p
		if a.Outcome == "blocked" {
			s.p.busyUntil = a.End + 26*passtrail.Hour // nobody else helps, so that the block stands alone
		}
		s.m.tally.attempt(a)
	}
	return true
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// flowStep is one step of the reset portal.
type flowStep struct {
	reason, step, method string
	fails                bool
}

var (
	stepStart     = &flowStep{reason: "User submitted their user ID", step: "start"}
	stepOptions   = &flowStep{reason: "User was presented with verification options", step: "options"}
	stepAllPassed = &flowStep{reason: "User completed all verification steps required to reset their password", step: "gates_passed"}
	stepAllCut    = &flowStep{reason: "User completed all verification steps required", step: "gates_passed"}
	stepPassword  = &flowStep{reason: "User submitted a new password", step: "new_password"}
	stepEnd       = &flowStep{reason: "User successfully reset password", step: "end"}

	stepCancelGate    = &flowStep{reason: "User cancelled before passing the required authentication methods", step: "cancelled", fails: true}
	stepCancelGateOld = &flowStep{reason: "User canceled before passing the required authentication methods", step: "cancelled"}
	stepCancelPw      = &flowStep{reason: "User cancelled before submitting a new password", step: "cancelled", fails: true}
	stepCancelPwOld   = &flowStep{reason: "User canceled before submitting a new password", step: "cancelled"}
)

// gate is one method as the portal offers it.
type gate struct {
	method      string
	start, pass *flowStep
	contacted   *flowStep
	blocked     string // the reason with which too many tries end, "" if none is known
	needs       methodSet
}

// gates are the methods that open the door.
var gates = []gate{
	newGate("email", "email", hasEmail, ""),
	newGate("mobileSMS", "mobile SMS", hasMobile, "User entered too many invalid SMS verification codes and is blocked for 24 hours"),
	newGate("mobileCall", "mobile voice call", hasMobile, "User tried mobile phone voice verification too many times and is blocked for 24 hours"),
	newGate("officePhone", "office voice call", hasOffice, "User tried office phone voice verification too many times and is blocked for 24 hours"),
	newGate("securityQuestion", "security questions", hasQuestions, "User tried to answer security questions too many times and is blocked for 24 hours"),
	newGate("appNotification", "mobile app notification", hasPush, ""),
	newGate("appCode", "mobile app code", hasCode, ""),
}

// blockedPhone is the reason of blocks that come from validating a number.
const blockedPhone = "User tried to verify a phone number too many times and is blocked for 24 hours"

func newGate(method, text string, needs methodSet, blocked string) gate {
	option := "the " + text + " verification option"
	g := gate{
		method: method, needs: needs, blocked: blocked,
		start: &flowStep{reason: "User started " + option, step: "gate_start", method: method},
		pass:  &flowStep{reason: "User completed " + option, step: "gate_pass", method: method},
	}
	if needs&(hasPush|hasCode) == 0 {
		if method == "securityQuestion" {
			option = "the security question verification option"
		}
		g.contacted = &flowStep{reason: "User contacted an admin after trying " + option, step: "contacted_admin", method: method, fails: true}
	}
	return g
}

// choose picks n gates of different kinds that p can pass, in the order in which p uses them; fewer where p lacks some.
func (s *session) choose(n int) []*gate {
	order := s.rng.Perm(len(gates))
	var out []*gate
	var used methodSet
	for _, liked := range []bool{true, false} {
		for _, i := range order {
			g := &gates[i]
			if len(out) == n || s.p.have&g.needs == 0 || used&g.class() != 0 || liked && !s.likes(g) ||
				g.method == "securityQuestion" && s.p.everRole() {
				continue
			}
			used |= g.class()
			out = append(out, g)
		}
	}
	return out
}

// likes reports whether p takes a gate where there is another: most people take the SMS and not the call.
func (s *session) likes(g *gate) bool {
	return g.method != "mobileCall" || s.rng.IntN(4) == 0
}

// class is what g proves: notification and code of the app are one.
func (g *gate) class() methodSet {
	if g.needs&(hasPush|hasCode) != 0 {
		return hasPush | hasCode
	}
	return g.needs
}
