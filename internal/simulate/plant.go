package simulate

import (
	"slices"

	"passtrail"
)

// Addresses from which the planted abuse comes. Nobody else uses them.
const (
	addressScout    = "198.51.100.23"
	addressGuesser  = "198.51.100.77"
	addressPusher   = "198.51.100.140"
	addressTakeover = "198.51.100.201"
	addressBurst    = "198.51.100.61"
)

// plant plans what must occur whatever chance brings: attempts that are open at the end, people blocked at the end, each
// outcome and reason at least once, administrators who reset often, and the abuse.
func (m *model) plant() {
	m.plantOpen()
	m.plantVariety()
	m.plantRecoveries()
	if m.cfg.NoAbuse {
		return
	}
	for _, f := range []func(){m.plantScout, m.plantGuesser, m.plantPusher, m.plantTakeover, m.plantBurst, m.plantPrivileged, m.plantOften, m.plantRescued, m.plantWritebackOff, m.plantClosed, m.plantPolicies} {
		f()
	}
}

// before is an instant some days before the end, at a time of the UTC day, moved by a day where a report's bound is near.
func (m *model) before(days int, at passtrail.Ticks) passtrail.Ticks {
	t := m.end - m.end%passtrail.Day - passtrail.Ticks(days)*passtrail.Day + at
	for !m.clear(t) || !m.clear(t+passtrail.Hour) {
		t -= 4 * passtrail.Hour
	}
	return t
}

// victim reserves somebody without a role, able to reset since ever with at least the given methods.
func (m *model) victim(have methodSet) *person {
	best, p := -1, (*person)(nil)
	for i := 0; i < len(m.people) && best < 6; i++ {
		q := m.people[(i+len(m.people)/3)%len(m.people)]
		if fits := q.fits(m.start, have); !q.reserved && !q.guest && !q.everRole() && fits > best {
			best, p = fits, q
		}
	}
	m.equip(p, have)
	p.reserved = true
	return p
}

// fits tells how well a person would do as a victim without a change; 6 is best.
func (p *person) fits(start passtrail.Ticks, have methodSet) int {
	n := 0
	if p.registered <= start && p.enabled == 0 {
		n += 4
	}
	if p.have&have == have {
		n += 2
	}
	return n
}

// equip makes p able to reset since ever.
func (m *model) equip(p *person, have methodSet) {
	p.have |= have
	p.registering = false
	p.enabled = 0
	if p.registered > m.start {
		p.registered = m.start - 20*passtrail.Day
	}
}

// find draws somebody who is free and fits, or nil.
func (m *model) find(at passtrail.Ticks, fits func(*person) bool) *person {
	for range 3000 {
		p := m.people[m.rng.IntN(len(m.people))]
		if !p.guest && !p.everRole() && m.free(p, at) && fits(p) {
			return p
		}
	}
	return nil
}

// plantOpen plans attempts that have begun minutes before the end, and two people who are blocked at the end.
func (m *model) plantOpen() {
	for i, minutes := range []float64{23, 14, 6, 2.5} {
		p := m.victim(hasMobile | hasEmail)
		m.plan(m.end-passtrail.Ticks(minutes*float64(passtrail.Minute)), func(m *model, at passtrail.Ticks) {
			s := m.begin(p, at, m.rng)
			if s.abandon([]int{3, 2, 1, 3}[i]) {
				s.commit()
			}
		})
	}
	for _, hours := range []passtrail.Ticks{5, 21} {
		p := m.victim(hasMobile)
		m.plan(m.end-hours*passtrail.Hour, func(m *model, at passtrail.Ticks) {
			s := m.begin(p, at, m.rng)
			s.address = p.home
			s.block(&gates[1])
			s.commit()
		})
	}
}

// plantVariety plans each way in which an attempt can end once.
func (m *model) plantVariety() {
	var acts []variety
	add := func(fits func(*person, passtrail.Ticks) bool, act func(*session) bool) {
		acts = append(acts, variety{fits, act})
	}
	can := (*person).able
	for i := range gates {
		g := &gates[i]
		if g.blocked != "" {
			add(func(p *person, at passtrail.Ticks) bool { return can(p, at) && p.have&g.needs != 0 }, func(s *session) bool {
				s.address = s.p.home
				s.block(g)
				return true
			})
		}
		if g.contacted != nil {
			add(func(p *person, at passtrail.Ticks) bool { return can(p, at) && p.have&g.needs != 0 }, func(s *session) bool {
				s.enter()
				s.flow(g.start)
				s.wait(20, 80)
				s.flow(g.contacted)
				s.end("abandoned", "contacted_admin", g.contacted.reason)
				return true
			})
		}
	}
	onPremises := func(p *person, at passtrail.Ticks) bool { return can(p, at) && p.agent != "None" }
	for i := range atTheDoor {
		add(can, func(s *session) bool { s.refuse(atTheDoor[i : i+1]); return true })
	}
	for i := range atTheEnd {
		add(onPremises, func(s *session) bool { s.refuse(atTheEnd[i : i+1]); return true })
	}
	add(onPremises, (*session).unlockFails)
	add(onPremises, (*session).failAtEnd)
	for i := range 6 {
		add(can, func(s *session) bool { s.address = s.p.home; return s.abandon(i + 1) })
	}
	for _, f := range []func(*session) bool{(*session).unlock, (*session).giveUp,
		func(s *session) bool { return s.reset(1) }, func(s *session) bool { s.address = s.p.home; return s.cancel(false) }, func(s *session) bool { return s.cancel(true) }} {
		add(can, f)
	}
	m.spread(acts)
}

// variety is one act and who can be the one to do it.
type variety struct {
	fits func(*person, passtrail.Ticks) bool
	act  func(*session) bool
}

// spread plans acts over the time, in working hours.
func (m *model) spread(acts []variety) {
	step := (m.end - m.start - 4*passtrail.Day) / passtrail.Ticks(len(acts)+1)
	for i, x := range acts {
		at := m.start + 2*passtrail.Day + passtrail.Ticks(i)*step
		at += 8*passtrail.Hour + passtrail.Ticks(i*13%480)*passtrail.Minute - at%passtrail.Day
		m.plan(at, func(m *model, at passtrail.Ticks) {
			p := m.find(at, func(p *person) bool { return x.fits(p, at) })
			if p == nil {
				return
			}
			s := m.begin(p, at, m.rng)
			if x.act(s) && s.commit() {
				m.done(p, at)
			}
		})
	}
}

// only keeps records of some activities as evidence.
func only(kinds ...*kind) func(*event) bool {
	return func(e *event) bool { return slices.Contains(kinds, e.kind) }
}

// everything keeps all records that the directory has not written.
func everything(e *event) bool { return e.kind.service != core }

// found notes planted abuse: the kept records of its sessions are its evidence.
func (m *model) found(rule, subject string, keep func(*event) bool, sessions ...*session) {
	f := Planted{Rule: rule, Subject: subject, Attempts: []string{}}
	for _, s := range sessions {
		f.People = appendNew(f.People, s.p.upn)
		f.Addresses = appendNew(f.Addresses, s.address)
		if s.made {
			f.Attempts = append(f.Attempts, s.corr.String())
		}
		for i := range s.rows {
			e := &s.rows[i]
			if !keep(e) || e.serial == 0 {
				continue
			}
			f.Evidence = append(f.Evidence, e.id())
			if f.Start == 0 || When(e.time) < f.Start {
				f.Start = When(e.time)
			}
			f.End = max(f.End, When(e.time))
		}
	}
	m.tally.planted = append(m.tally.planted, f)
	slices.SortStableFunc(m.tally.planted, func(a, b Planted) int { return compare(passtrail.Ticks(a.Start), passtrail.Ticks(b.Start)) })
	m.tally.last = slices.IndexFunc(m.tally.planted, func(p Planted) bool { return p.Rule == rule && p.Subject == subject && p.Start == f.Start })
}

// intrude begins a session that is part of abuse.
func (m *model) intrude(p *person, at passtrail.Ticks, address string) *session {
	s := m.begin(p, at, m.rng)
	s.address, s.planted = address, true
	return s
}

// plantScout looks up which options eight people have, and begins nothing.
func (m *model) plantScout() {
	targets := []*person{m.people[0], m.people[1]}
	for _, p := range targets {
		m.equip(p, hasMobile|hasEmail|hasPush|hasCode)
	}
	for range 6 {
		targets = append(targets, m.victim(hasMobile))
	}
	m.plan(m.before(12, 2*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		var all []*session
		for i, p := range targets {
			s := m.intrude(p, at+passtrail.Ticks(i*7)*passtrail.Minute, addressScout)
			if s.abandon(2); i == len(targets)-1 {
				s.wait(4, 9)
				s.flow(stepCancelGate)
				s.end("cancelled", "cancelled", stepCancelGate.reason)
			}
			s.commit()
			all = append(all, s)
		}
		m.found("reconnaissance", addressScout, everything, all...)
	})
}

// plantGuesser gets five people blocked from one address.
func (m *model) plantGuesser() {
	var targets []*person
	for i := range 5 {
		targets = append(targets, m.victim([]methodSet{hasMobile, hasQuestions}[i%2]))
	}
	m.plan(m.before(9, 21*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		var all []*session
		for i, p := range targets {
			s := m.intrude(p, at+passtrail.Ticks(i*11)*passtrail.Minute, addressGuesser)
			s.block(&gates[[]int{1, 4}[i%2]])
			s.commit()
			all = append(all, s)
		}
		m.found("gate-guessing", addressGuesser, only(kindBlocked), all...)
	})
}

// plantPusher sends notifications until one is approved.
func (m *model) plantPusher() {
	p := m.victim(hasPush | hasCode | hasMobile)
	push := &gates[5]
	m.plan(m.before(6, 19*passtrail.Hour+3*passtrail.Minute), func(m *model, at passtrail.Ticks) {
		s := m.intrude(p, at, addressPusher)
		s.enter()
		for range 11 {
			s.flow(push.start)
			s.wait(60, 140)
		}
		s.flow(push.pass)
		s.wait(2, 5)
		s.flow(stepAllPassed)
		s.password()
		s.accept()
		s.commit()
		m.found("push-bombing", p.upn, func(e *event) bool { return e.reason == push.start.reason || e.reason == push.pass.reason }, s)
	})
}

// plantTakeover resets a password and makes the account its own within the hour.
func (m *model) plantTakeover() {
	p := m.victim(hasMobile | hasPush | hasCode)
	m.plan(m.before(4, 3*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		s := m.intrude(p, at, addressTakeover)
		s.enter()
		s.pass([]*gate{&gates[1]})
		s.flow(stepAllPassed)
		s.password()
		s.accept()
		s.commit()
		c := m.intrude(p, s.now+11*passtrail.Minute, addressTakeover)
		c.infoRow(kindInfoDeleted, "success", "User deleted Authenticator App with Notification and Code")
		c.wait(40, 90)
		c.infoRow(kindInfoRegistered, "success", "User registered Authenticator App with Notification and Code")
		c.wait(20, 40)
		c.infoRow(kindInfoDefault, "success", "")
		c.commit()
		m.found("reset-then-security-info", p.upn, everything, s, c)
	})
}

// plantBurst resets fourteen people from the account of one help-desk person.
func (m *model) plantBurst() {
	actor := m.actors[len(m.actors)-1]
	var targets []*person
	for range 14 {
		targets = append(targets, m.victim(hasMobile))
	}
	at := m.before(15, 21*passtrail.Hour)
	m.plan(at-at%passtrail.Hour+4*passtrail.Minute, func(m *model, at passtrail.Ticks) {
		var all []*session
		for i, p := range targets {
			s := m.intrude(p, at+passtrail.Ticks(i*100)*passtrail.Second, addressBurst)
			s.actor = actor
			m.plainAdminReset(s)
			all = append(all, s)
		}
		actor.busyUntil = at + 2*passtrail.Hour
		m.found("help-desk-burst", actor.upn, only(kindAdminReset), all...)
	})
}

// plainAdminReset is a reset by an administrator without anything around it.
func (m *model) plainAdminReset(s *session) {
	s.directory(kindDirReset, resetService)
	s.wait(0.1, 0.5)
	s.row(kindAdminReset, "success", "Successfully completed reset.").agent = s.p.agent
	if s.commit() {
		m.tally.adminReset(s, s.actor, true)
	}
}

// plantPrivileged has the password of a Global Administrator reset by the help desk.
func (m *model) plantPrivileged() {
	p, actor := m.people[0], m.actors[2%len(m.actors)]
	m.plan(m.before(8, 16*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		s := m.intrude(p, at, actor.zone.Address)
		s.actor = actor
		m.plainAdminReset(s)
		m.found("privileged-account-reset", p.upn, only(kindAdminReset), s)
		m.fault("beyond-reach")
		m.found("reset-beyond-reach", p.upn, only(kindAdminReset), s)
		m.fault("beyond-reach") // the help desk's roles do not reach a Global Administrator
	})
}

// plantOften has two administrators reset their own passwords again and again, and one who stays below the threshold.
func (m *model) plantOften() {
	for _, o := range []struct {
		index, resets, changes int
	}{{9, 4, 0}, {3, 2, 2}, {13, 2, 0}} {
		p := m.people[o.index]
		m.equip(p, hasMobile|hasEmail|hasPush|hasCode)
		p.reserved = true
		var all []*session
		for i := range o.resets + o.changes {
			m.plan(m.before(25-6*i-o.index%3, 9*passtrail.Hour+passtrail.Ticks(o.index*5)*passtrail.Minute), func(m *model, at passtrail.Ticks) {
				s := m.intrude(p, at, p.zone.Address)
				if i < o.resets {
					s.reset(0)
					s.commit()
				} else {
					s.changed("None")
					if s.commit() {
						m.tally.own(p, s.now, "change")
					}
				}
				if all = append(all, s); len(all) == o.resets+o.changes && len(all) >= 3 {
					m.found("admin-resets-own-often", p.upn, only(kindReset, kindChange), all...)
				}
			})
		}
	}
}

// plantRescued has two people blocked and then reset by the help desk some hours later.
func (m *model) plantRescued() {
	for i, days := range []int{11, 20} {
		p := m.victim(hasMobile)
		m.plan(m.before(days, 10*passtrail.Hour), func(m *model, at passtrail.Ticks) {
			s := m.intrude(p, at, p.home)
			s.block(&gates[1])
			s.commit()
			actor := m.actors[i%len(m.actors)]
			r := m.intrude(p, at+3*passtrail.Hour, actor.zone.Address)
			r.actor = actor
			m.plainAdminReset(r)
			m.found("blocked-then-admin-reset", p.upn, only(kindBlocked, kindAdminReset), s, r)
		})
	}
}
