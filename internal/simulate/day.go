package simulate

import (
	"math"
	"math/rand/v2"
	"time"

	"passtrail"
)

// How often things happen to a person on a working day.
const (
	rateAttempt    = 0.016
	rateChange     = 0.006
	rateAdminReset = 0.003
	rateInfo       = 0.002
	rateNoise      = 0.03
)

// rate is the factor by which all rates are raised so that about Config.Records records come out.
func (m *model) rate() float64 {
	if m.cfg.Records == 0 {
		return 1
	}
	perPerson := rateAttempt*recordsPerAttempt + rateChange*2 + rateAdminReset*4 + rateInfo*2 + rateNoise
	workdays := float64(m.cfg.Days) * (5 + 2*0.14) / 7
	once := float64(m.cfg.People) * 0.56 * recordsPerRegistration
	want := float64(m.cfg.Records) - once
	return max(1, aim*want/(float64(m.cfg.People)*workdays*perPerson))
}

// Records that one attempt and one registration leave on average; they only aim Config.Records.
const (
	recordsPerAttempt      = 6.9
	recordsPerRegistration = 6.3
	aim                    = 1.48 // what is drawn and does not happen, because the person is busy or does not know the page
)

// weekend is the share of a working day's life on a day: 1, little at weekends and on holidays.
func weekend(t time.Time) float64 {
	switch {
	case t.Weekday() == time.Saturday:
		return 0.16
	case t.Weekday() == time.Sunday:
		return 0.12
	case holiday(t):
		return 0.1
	}
	return 1
}

// holiday reports whether a day is one that most offices keep.
func holiday(t time.Time) bool {
	switch t.Month() {
	case time.January:
		return t.Day() == 1
	case time.May:
		return t.Day() == 1
	case time.December:
		return t.Day() >= 24 && t.Day() <= 26 || t.Day() == 31
	}
	return false
}

// hours are the weights of the hours of a working day: a peak when work begins, a dip at lunch.
var hours = [24]float64{0.2, 0.1, 0.1, 0.1, 0.1, 0.3, 1.2, 4.5, 9.5, 10, 8, 7, 3.6, 5.5, 8, 7, 6, 4, 2, 1.4, 1.1, 0.9, 0.6, 0.4}

// clockTime draws an instant of the day for somebody in a zone.
func clockTime(rng *rand.Rand, day passtrail.Ticks, z *Zone) passtrail.Ticks {
	x := rng.Float64() * 81.6
	h := 0
	for h < 23 && x >= hours[h] {
		x -= hours[h]
		h++
	}
	at := day + passtrail.Ticks(h)*passtrail.Hour + passtrail.Ticks(rng.Int64N(int64(passtrail.Hour)))
	return at - passtrail.Ticks(z.Offset/100)
}

// poisson draws a count with a mean; large ones by the normal curve.
func poisson(rng *rand.Rand, mean float64) int {
	if mean > 60 {
		return max(0, int(math.Round(mean+rng.NormFloat64()*math.Sqrt(mean))))
	}
	n, p, limit := 0, 1.0, math.Exp(-mean)
	for {
		if p *= rng.Float64(); p <= limit {
			return n
		}
		n++
	}
}

// day makes everything that begins on a day, by the clocks of the people.
func (m *model) day(day int) {
	rng := m.seeded(seedDay, uint64(day))
	m.rng = rng
	start := m.dayStart(day)
	m.fixed(start + passtrail.Day)
	if day < len(m.joins) {
		for _, p := range m.joins[day] {
			m.join(p, clockTime(rng, start, p.zone))
		}
	}
	life := weekend(start.Time())
	times := func(rate float64, make func(*person, passtrail.Ticks)) {
		for range poisson(rng, float64(len(m.people))*rate*m.scale*life) {
			p := m.people[rng.IntN(len(m.people))]
			make(p, clockTime(rng, start, p.zone))
		}
	}
	times(rateAttempt*0.9, m.tryReset)
	for range poisson(rng, float64(len(m.forgetful))*rateAttempt*8*life) {
		p := m.forgetful[rng.IntN(len(m.forgetful))]
		m.tryReset(p, clockTime(rng, start, p.zone))
	}
	times(rateChange, m.change)
	times(rateAdminReset, m.callHelpDesk)
	times(rateInfo, m.careForInfo)
	times(rateNoise, m.noise)
}

// fixed makes what was planned before an instant.
func (m *model) fixed(before passtrail.Ticks) {
	n := 0
	for n < len(m.planned) && m.planned[n].at < before {
		m.planned[n].make(m, m.planned[n].at)
		n++
	}
	m.planned = m.planned[n:]
}

// plan puts something at a fixed time.
func (m *model) plan(at passtrail.Ticks, make func(m *model, at passtrail.Ticks)) {
	at += passtrail.Ticks(m.plants.Int64N(int64(40 * passtrail.Second)))
	m.planned = append(m.planned, planned{at, make})
}

// free reports whether something can happen to p at an instant: p does nothing else that day, and it is not so close to
// the bounds of a report that it would lie on both sides.
func (m *model) free(p *person, at passtrail.Ticks) bool {
	if p.reserved || at < m.start || at < p.busyUntil || p.lastDay == int((at-m.start)/passtrail.Day) && at > m.start {
		return false
	}
	return m.clear(at)
}

// clear reports whether an instant is an hour and a half away from what comes after it: the end, and the bounds of
// reports.
func (m *model) clear(at passtrail.Ticks) bool {
	const margin = 90 * passtrail.Minute
	if at > m.end-margin {
		return false
	}
	for _, shut := range m.closings {
		if at > shut-margin && at < shut+55*passtrail.Minute {
			return false
		}
	}
	for _, edge := range m.avoid {
		if at > edge-margin && at < edge {
			return false
		}
	}
	return true
}

// done notes that something happened to p.
func (m *model) done(p *person, at passtrail.Ticks) {
	p.lastDay = int((at - m.start) / passtrail.Day)
}

// restrained reports whether p holds, or held, a role and has had enough successes of its own: only those who are planned
// to reset often do.
func restrained(p *person) bool { return p.everRole() && len(p.own) >= 2 }

// tryReset is an attempt of a person who forgot, in whatever way it ends.
func (m *model) tryReset(p *person, at passtrail.Ticks) {
	if !m.free(p, at) || p.guest && m.rng.IntN(4) > 0 || restrained(p) {
		return
	}
	if !p.often && !p.able(at) && m.rng.IntN(4) > 0 {
		return // who has never registered seldom knows the page
	}
	s := m.begin(p, at, m.rng)
	if !m.live(s) || !s.commit() {
		return
	}
	m.done(p, at)
	if s.attempt.Outcome == "blocked" && m.rng.IntN(3) == 0 {
		m.again(s)
	}
}

// live decides how an attempt goes. Attempts that could look like an attack come from home: many people share an office's
// address.
func (m *model) live(s *session) bool {
	p := s.p
	st := p.stateAt(s.now)
	switch {
	case !st.enabled:
		s.refuse(notEnabled)
		return true
	case !st.registered:
		s.refuse(tooFew)
		return true
	}
	switch x := m.rng.IntN(1000); {
	case x < 600:
		return s.reset(0)
	case x < 650:
		return s.reset(1)
	case x < 670:
		return s.reset(2)
	case x < 725:
		return s.unlock()
	case x < 732:
		if p.agent == "None" { // nothing on-premises can fail
			return s.unlock()
		}
		return s.unlockFails()
	case x < 757:
		return m.blockedPerson(s)
	case x < 800:
		s.address = p.home
		return s.cancel(false)
	case x < 815:
		return s.cancel(true)
	case x < 830:
		return s.giveUp()
	case x < 848:
		s.refuse(atTheDoor)
		return true
	case x < 860:
		if p.agent == "None" {
			return s.giveUp()
		}
		return s.failAtEnd()
	case x < 885:
		return s.askForHelp()
	}
	s.address = p.home
	return s.abandon([]int{1, 2, 2, 3, 3, 3, 3, 4, 5, 5, 6}[m.rng.IntN(11)])
}

// blockedPerson tries too often.
func (m *model) blockedPerson(s *session) bool {
	g := s.blockable()
	if g == nil {
		return false
	}
	s.address = s.p.home
	s.block(g)
	return true
}

// again is the second try of somebody who was blocked some hours before.
func (m *model) again(first *session) {
	at := first.attempt.End + passtrail.Hour + passtrail.Ticks(m.rng.Int64N(int64(15*passtrail.Hour)))
	if !m.clear(at) {
		return
	}
	s := m.begin(first.p, at, m.rng)
	s.address = first.p.home
	s.blockedAgain(first.attempt.reason)
	s.commit()
}

// change is somebody who changes a known password.
func (m *model) change(p *person, at passtrail.Ticks) {
	if p.guest || !m.free(p, at) || restrained(p) {
		return
	}
	m.changeNow(p, at, "")
	m.done(p, at)
}

// changeNow changes p's password; an address may be given.
func (m *model) changeNow(p *person, at passtrail.Ticks, address string) bool {
	s := m.begin(p, at, m.rng)
	if address != "" {
		s.address = address
	}
	if x := m.rng.IntN(100); x < 14 && !p.everRole() {
		code := "FuzzyPolicyViolationInvalidPassword"
		if x < 6 {
			code = "PasswordDoesnotComplyFuzzyPolicy"
		}
		s.row(kindChange, "failure", code)
		if s.wait(20, 90); x < 4 {
			return s.commit()
		}
		s.corr = newGUID(s.rng)
	}
	s.directory(kindDirChange, resetService)
	s.wait(0.1, 0.6)
	reason := "None"
	if m.rng.IntN(6) == 0 {
		reason = ""
	}
	s.changed(reason)
	if !s.commit() {
		return false
	}
	m.tally.own(p, s.now, "change")
	return true
}

// changed is the row of a change. In the first days changes do not name the agent: the detail came later.
func (s *session) changed(reason string) {
	e := s.row(kindChange, "success", reason)
	if s.now >= s.m.start+earlyDays {
		e.agent = s.p.agent
	}
}

// earlyDays is how long changes come without the agent and, in a mix, in the shape of 2018.
const earlyDays = 6 * passtrail.Day
