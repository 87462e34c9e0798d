package simulate

import (
	"cmp"
	"slices"

	"passtrail"
)

// tally counts what the model does.
type tally struct {
	m        *model
	records  int64
	byKey    map[string]int64
	touched  set
	total    int64
	list     []Attempt
	overflow bool
	all      *period
	month    *period
	week     *period
	before   *period // the week before
	byDay    map[passtrail.Ticks]*dayCount
	events   set // people with a successful registration record
	first    map[int]passtrail.Ticks
	planted  []Planted
	last     int             // place of the abuse that was planted last
	acts     map[string]bool // registrations of passkeys that were counted
	steps    []string
}

type dayCount struct {
	people        set
	resets, admin int64
}

// period counts within a time.
type period struct {
	from, to passtrail.Ticks
	attempts int64
	resets   int64
	resetBy  set
	outcomes map[string]int64
	methods  map[string]*MethodUse
	problems map[string]*problemTally
	own      map[int][]ownChange
	funnel   map[string]int64
	stops    map[Stop]int64
	blocks   map[int]*BlockedPerson
	calls    Avoidable
	callers  set
	agents   map[AgentCount]*agentTally // keys hold agent and activity only
	info     map[SecurityChange]*infoTally
	ways     map[string]*wayTally
	policies []PolicyChange
}

type wayTally struct {
	times  int64
	people set
}

type problemTally struct {
	attempts, refusals int64
	changes            int64 // of refusals
	people, admins     set
}

type agentTally struct {
	ok, failed int64
	people     set
}

type infoTally struct {
	ok, failed, byOther int64
	people              set
}

// set is a set of people, a bit for each.
type set []uint64

func (s *set) add(p *person) {
	w := p.index / 64
	for len(*s) <= w {
		*s = append(*s, 0)
	}
	(*s)[w] |= 1 << (p.index % 64)
}

func (s set) len() int {
	n := 0
	for _, w := range s {
		for ; w != 0; w &= w - 1 {
			n++
		}
	}
	return n
}

// funnelSteps are the steps of the funnel, in order.
var funnelSteps = []string{"start", "options", "gate_start", "gate_pass", "gates_passed", "new_password"}

func newTally(m *model) *tally {
	span := func(from, to passtrail.Ticks) *period {
		return &period{
			from: max(from, m.start), to: to, outcomes: map[string]int64{}, methods: map[string]*MethodUse{}, problems: map[string]*problemTally{},
			own: map[int][]ownChange{}, funnel: map[string]int64{}, stops: map[Stop]int64{}, blocks: map[int]*BlockedPerson{},
			agents: map[AgentCount]*agentTally{}, info: map[SecurityChange]*infoTally{}, ways: map[string]*wayTally{},
		}
	}
	return &tally{
		m: m, byKey: map[string]int64{}, byDay: map[passtrail.Ticks]*dayCount{}, acts: map[string]bool{}, first: map[int]passtrail.Ticks{}, steps: funnelSteps,
		all: span(m.start, m.end), month: span(m.end-30*passtrail.Day, m.end), week: span(m.end-7*passtrail.Day, m.end),
		before: span(m.end-14*passtrail.Day, m.end-7*passtrail.Day),
	}
}

// periods calls f for each period that holds an instant.
func (t *tally) periods(at passtrail.Ticks, f func(*period)) {
	for _, p := range []*period{t.all, t.month, t.week, t.before} {
		if at >= p.from && at < p.to {
			f(p)
		}
	}
}

// record counts one emitted record.
func (t *tally) record(e *event) {
	t.records++
	t.byKey[e.kind.key]++
	if e.target == nil {
		return
	}
	switch e.kind.service {
	case sspr:
		t.touched.add(e.target)
		t.writeBack(e)
		t.refusedChange(e)
	case recoveries:
		t.touched.add(e.target)
	case methods:
		t.touched.add(e.target)
		t.securityInfo(e)
	}
	if e.kind == kindRegistered && e.result == "success" {
		t.events.add(e.target)
	}
}

// writeBack counts the activities that set a password, by agent.
func (t *tally) writeBack(e *event) {
	switch e.kind {
	case kindReset, kindChange, kindUnlock, kindAdminReset:
	default:
		return
	}
	agent := e.agent
	if agent == "" {
		agent = "not stated"
	}
	t.periods(e.time, func(p *period) {
		k := AgentCount{Agent: agent, Activity: e.kind.key}
		a := entry(p.agents, k)
		if a.people.add(e.target); e.result == "success" {
			a.ok++
		} else {
			a.failed++
		}
	})
}

// back counts somebody who got back in.
func (t *tally) back(way string, who *person, at passtrail.Ticks) {
	t.periods(at, func(p *period) {
		w := entry(p.ways, way)
		w.times++
		w.people.add(who)
	})
}

// policy counts one property of a policy that was changed.
func (t *tally) policy(s *session, result string, x setting) {
	e := &s.rows[0]
	if e.time < t.m.start || e.time >= t.m.end {
		return
	}
	t.periods(e.time, func(p *period) {
		p.policies = append(p.policies, PolicyChange{At: When(e.time), Who: e.actor.upn, Setting: x.name, Old: x.old, New: x.now, Blade: x.blade, Result: result, Weakens: x.weaker})
	})
}

// refusedChange counts a change of a password that was refused: it is no attempt.
func (t *tally) refusedChange(e *event) {
	if e.kind != kindChange || e.result == "success" {
		return
	}
	t.periods(e.time, func(p *period) {
		x := entry(p.problems, "password_refused_cloud") // the only reasons that the model has
		x.refusals++
		x.changes++
		x.people.add(e.target)
		if e.target.adminAt(t.m.known(e.time)) {
			x.admins.add(e.target)
		}
	})
}

// securityInfo counts the records of combined registration.
func (t *tally) securityInfo(e *event) {
	if e.kind == kindResetStarted || e.kind == kindPasskeyOptions {
		return
	}
	if infoMethods[e.reason] == "passkey" { // two records, one act
		act := e.kind.key + " " + e.corr.String()
		if t.acts[act] {
			return
		}
		t.acts[act] = true
	}
	t.periods(e.time, func(p *period) {
		i := entry(p.info, SecurityChange{Activity: e.kind.key, Method: infoMethods[e.reason]})
		i.people.add(e.target)
		if e.result == "success" {
			i.ok++
		} else {
			i.failed++
		}
		if e.actor != e.target {
			i.byOther++
		}
	})
}

// infoMethods are the methods that the reasons of combined registration name.
var infoMethods = map[string]string{
	"User registered Authenticator App with Notification and Code":                   "appNotification",
	"User started the registration for Authenticator App with Notification and Code": "appNotification",
	"User deleted Authenticator App with Notification and Code":                      "appNotification",
	"User registered Authenticator App with Code":                                    "appCode",
	"User started the registration for Authenticator App with Code":                  "appCode",
	"User failed to register Authenticator App with Code":                            "appCode",
	"User registered Mobile Phone SMS":                                               "mobileSMS",
	"User updated Mobile Phone SMS":                                                  "mobileSMS",
	"User deleted Mobile Phone Call and SMS":                                         "mobileSMS",
	"User registered Email":                                                          "email",
	"User registered Office Phone":                                                   "officePhone",
	"User registered Security Questions":                                             "securityQuestion",
	"User registered Passkey":                                                        "passkey",
	"User registered temporary access pass method":                                   "temporaryAccessPass",
	"User registered Fido":                                                           "fido",
	"Admin registered temporary access pass method for user":                         "temporaryAccessPass",
}

// entry returns the value of a key, made if it is not there.
func entry[K comparable, V any](m map[K]*V, k K) *V {
	v := m[k]
	if v == nil {
		v = new(V)
		m[k] = v
	}
	return v
}

// attempt counts one attempt.
func (t *tally) attempt(a *Attempt) {
	a.IsAdmin = a.person.adminAt(t.m.known(a.Start))
	if a.Outcome == "abandoned" && a.End > t.m.end-30*passtrail.Minute {
		a.Outcome, a.Problem = "open", "" // nothing has ended it yet
	}
	a.Begins, a.Ends = When(a.Start), When(a.End)
	a.person.lastTried = a.Start
	t.total++
	if t.overflow = t.overflow || t.total > int64(t.m.cfg.Attempts); t.overflow {
		t.list = nil
	} else {
		t.list = append(t.list, *a)
	}
	if a.Outcome == "reset" || a.Outcome == "unlocked" {
		t.back("Self-service", a.person, a.End)
	}
	if a.Outcome == "reset" {
		t.own(a.person, a.resetAt, "reset")
		d := t.dayOf(a.End)
		d.resets++
		d.people.add(a.person)
	}
	t.periods(a.End, func(p *period) { p.attempt(a) })
}

// dayOf is the count of an instant's UTC day; times outside the last week are counted and not shown.
func (t *tally) dayOf(at passtrail.Ticks) *dayCount {
	if at < t.week.from {
		return &dayCount{}
	}
	return entry(t.byDay, at-at%passtrail.Day)
}

// attempt counts an attempt of the period.
func (p *period) attempt(a *Attempt) {
	p.attempts++
	p.outcomes[a.Outcome]++
	for _, s := range a.steps {
		p.funnel[s]++
	}
	good := a.Outcome == "reset" || a.Outcome == "unlocked"
	if good {
		p.funnel["done"]++
		for _, g := range a.Gates {
			if u := entry(p.methods, g); a.IsAdmin {
				u.Administrators++
			} else {
				u.Users++
			}
		}
	} else {
		p.stops[Stop{LastStep: a.LastStep, LastMethod: a.LastMethod, Outcome: a.Outcome}]++
	}
	switch a.Outcome {
	case "reset":
		p.resets++
		p.resetBy.add(a.person)
	case "failed", "cancelled", "abandoned", "blocked":
		p.problem(a, a.Problem).attempts++
	}
	for _, r := range a.refused {
		p.problem(a, r).refusals++
	}
	if a.Outcome == "blocked" {
		p.block(a)
	}
}

// problem is the count of a problem, with the person counted in.
func (p *period) problem(a *Attempt, problem string) *problemTally {
	x := entry(p.problems, problem)
	x.people.add(a.person)
	if a.IsAdmin {
		x.admins.add(a.person)
	}
	return x
}

// block counts a block.
func (p *period) block(a *Attempt) {
	b := entry(p.blocks, a.person.index)
	b.UserPrincipalName, b.UserID = a.UserPrincipalName, a.UserID
	b.Blocks++
	if When(a.End) > b.LastBlocked {
		b.LastBlocked = When(a.End)
		b.Until = When(a.End + passtrail.Day)
	}
}

// own notes an own reset or change.
func (t *tally) own(p *person, at passtrail.Ticks, kind string) {
	if !p.everRole() {
		return
	}
	p.own = append(p.own, ownChange{at, kind})
	if !p.adminAt(t.m.known(at)) {
		return
	}
	t.periods(at, func(x *period) { x.own[p.index] = append(x.own[p.index], ownChange{at, kind}) })
}

// adminReset counts a reset by an administrator.
func (t *tally) adminReset(s *session, actor *person, ok bool) {
	if !ok {
		return
	}
	var at passtrail.Ticks
	for i := range s.rows {
		if s.rows[i].kind == kindAdminReset {
			at = s.rows[i].time
		}
	}
	t.dayOf(at).admin++
	t.back("Administrator", s.p, at)
	avoidable := s.p != actor && s.p.stateAt(t.m.known(at)).capable
	tried := s.p.lastTried < at && s.p.lastTried > at-passtrail.Day
	t.periods(at, func(p *period) {
		p.calls.AdminResets++
		if !avoidable {
			return
		}
		p.calls.Avoidable++
		p.callers.add(s.p)
		if tried {
			p.calls.TriedFirst++
		}
	})
}

// registered notes when somebody first is said to have registered.
func (t *tally) registered(p *person, s *session) {
	if s.firstRegistered != 0 {
		t.first[p.index] = s.firstRegistered
	}
}

// sorted returns the keys and counts of a map, the most frequent first.
func sorted(m map[string]int64) []Count {
	out := make([]Count, 0, len(m))
	for k, n := range m {
		out = append(out, Count{k, n})
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key))
	})
	return out
}
