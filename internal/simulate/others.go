package simulate

import (
	"fmt"
	"math/rand/v2"

	"passtrail"
)

// callHelpDesk is a call that ends with a reset by an administrator. People with roles are not reset this way: that is an
// alarm of its own. Each administrator takes a call every 25 minutes at most.
func (m *model) callHelpDesk(p *person, at passtrail.Ticks) {
	if p.guest || p.everRole() || !m.free(p, at) {
		return
	}
	actor := m.onDuty(at)
	if actor == nil {
		return
	}
	actor.busyUntil = at + 25*passtrail.Minute
	m.adminReset(actor, p, at, actor.zone.Address)
	m.done(p, at)
}

// onDuty finds somebody of the help desk who is free.
func (m *model) onDuty(at passtrail.Ticks) *person {
	for range 4 {
		a := m.actors[m.rng.IntN(len(m.actors))]
		if at >= a.busyUntil {
			return a
		}
	}
	return nil
}

// adminReset is the reset of p by an administrator, in most cases followed by the change that the first sign-in asks for.
func (m *model) adminReset(actor, p *person, at passtrail.Ticks, address string) *session {
	s := m.begin(p, at, m.rng)
	s.actor, s.address = actor, address
	if p.agent != "None" && m.rng.IntN(12) == 0 {
		s.row(kindAdminReset, "failure", "OnPremisesConnectivityError").agent = p.agent
		if s.commit() {
			m.tally.adminReset(s, actor, false)
		}
		return s
	}
	s.directory(kindDirReset, resetService)
	s.wait(0.1, 0.5)
	if m.rng.IntN(3) > 0 {
		s.row(kindDirForce, "success", "")
		s.wait(0.1, 0.5)
	}
	e := s.row(kindAdminReset, "success", "Successfully completed reset.")
	e.agent = p.agent
	if e.agent == "Microsoft Entra Connect" && m.rng.IntN(15) == 0 {
		e.agent = "Azure AD Connect" // the name before the product was renamed
	}
	s.wait(0.05, 0.2)
	s.directory(kindDirSts, resetService)
	if !s.commit() {
		return s
	}
	m.tally.adminReset(s, actor, true)
	if m.rng.IntN(10) < 8 {
		later := s.now + passtrail.Ticks(2+m.rng.IntN(40))*passtrail.Minute
		m.followUp(p, later)
	}
	return s
}

// followUp is the change of a password that an administrator has set.
func (m *model) followUp(p *person, at passtrail.Ticks) {
	s := m.begin(p, at, m.rng)
	s.directory(kindDirChange, resetService)
	s.wait(0.1, 0.6)
	s.changed("None")
	if s.commit() {
		m.tally.own(p, s.now, "change")
	}
}

// join is the registration of a person: combined registration, one row for each method, and what password reset says.
func (m *model) join(p *person, at passtrail.Ticks) {
	if !p.registering {
		return
	}
	at = max(at, m.start+5*passtrail.Minute, p.busyUntil+10*passtrail.Minute)
	if !m.clear(at) {
		at += 2 * passtrail.Hour
	}
	if !m.clear(at) {
		p.registering = false // too late to be seen
		return
	}
	s := m.begin(p, at, m.rng)
	s.infoRow(kindInfoStarted, "success", "")
	if m.rng.IntN(9) == 0 { // common noise
		s.wait(5, 40)
		s.infoRow(kindInfoStarted, "failure", "A system error has occurred.")
	}
	enough := p.have.classes(p.twoGate(at)) >= p.required(at)
	for i, thing := range registrations {
		if p.have&thing.bit == 0 || thing.skipWith&p.have != 0 {
			continue
		}
		m.registerThing(s, &registrations[i], enough)
	}
	s.wait(1, 3)
	s.infoRow(kindInfoAll, "success", "User registered all required security info.")
	p.registered = s.now
	if !s.commit() {
		p.registered = passtrail.Forever
		return
	}
	m.done(p, at)
	p.busyUntil = s.now + 3*passtrail.Hour
	m.tally.registered(p, s)
}

// thing is what can be registered.
type thing struct {
	bit      methodSet
	skipWith methodSet
	reason   string
	start    string // reason of the row that begins it, "" without
	sspr     bool
}

var registrations = []thing{
	{bit: hasPush, reason: "User registered Authenticator App with Notification and Code", start: "User started the registration for Authenticator App with Notification and Code"},
	{bit: hasCode, skipWith: hasPush, reason: "User registered Authenticator App with Code", start: "User started the registration for Authenticator App with Code"},
	{bit: hasMobile, reason: "User registered Mobile Phone SMS", sspr: true},
	{bit: hasEmail, reason: "User registered Email", sspr: true},
	{bit: hasOffice, reason: "User registered Office Phone", sspr: true},
	{bit: hasQuestions, reason: "User registered Security Questions", sspr: true},
	{bit: hasFido, reason: "User registered Fido"},
}

// registerThing adds the rows of one method. Where the person has enough for password reset, each piece is logged there
// too.
func (m *model) registerThing(s *session, t *thing, enough bool) {
	s.wait(15, 60)
	if t.start != "" {
		s.infoRow(kindInfoStarted, "success", t.start)
		s.wait(10, 50)
	}
	if t.bit == hasCode && m.rng.IntN(8) == 0 {
		s.infoRow(kindInfoRegistered, "failure", "User failed to register Authenticator App with Code")
		s.wait(10, 50)
	}
	e := s.infoRow(kindInfoRegistered, "success", t.reason)
	if t.bit == hasMobile {
		e.changed = []change{{name: "Phone.PhoneNumber", new: fmt.Sprintf(`"+1 20255501%02d"`, s.p.index%100)}, {name: "Phone.PhoneType", new: `"mobile"`}}
	}
	if !enough || !t.sspr && t.bit&(hasPush|hasCode) == 0 {
		return
	}
	s.wait(0.2, 1)
	r := s.row(kindRegistered, "success", "")
	if s.old = s.old || s.rng.IntN(2) == 0; !s.old {
		r.name = "Security info saved for self-service password reset"
	}
	if s.firstRegistered == 0 {
		s.firstRegistered = s.now
	}
}

// infoRow adds a row of combined registration.
func (s *session) infoRow(k *kind, result, reason string) *event {
	return s.row(k, result, reason)
}

// careForInfo is what people do to their security info on ordinary days. It never follows a reset closely.
func (m *model) careForInfo(p *person, at passtrail.Ticks) {
	if p.guest || at < p.registered || !m.free(p, at) {
		m.registrationFails(p, at)
		return
	}
	s := m.begin(p, at, m.rng)
	switch m.rng.IntN(6) {
	case 5: // one passkey, two records
		if p.passkey <= at || !m.clear(at+passtrail.Hour) {
			return
		}
		s.infoRow(kindInfoStarted, "success", "")
		s.wait(5, 20)
		s.infoRow(kindPasskeyOptions, "success", "Successfully retrieved passkey creation options.")
		s.wait(10, 40)
		s.infoRow(kindInfoRegistered, "success", "User registered Passkey")
		s.wait(0.1, 0.5)
		s.infoRow(kindInfoRegistered, "success", "User registered Passkey")
		p.passkey = s.now
	case 0:
		s.infoRow(kindInfoReviewed, "success", "")
	case 1:
		s.infoRow(kindInfoUpdated, "success", "User updated Mobile Phone SMS")
	case 2:
		s.infoRow(kindInfoDefault, "success", "")
	case 3: // a new phone: the old app goes, the same app comes again
		s.infoRow(kindInfoDeleted, "success", "User deleted Authenticator App with Notification and Code")
		s.wait(30, 200)
		s.infoRow(kindInfoRegistered, "success", "User registered Authenticator App with Notification and Code")
		s.wait(0.5, 2)
		u := s.directory(kindDirUpdate, groupService)
		u.changed = []change{{name: "StrongAuthenticationPhoneAppDetail", old: `[{"DeviceName":"Pixel 7","DeviceToken":"x"}]`, new: `[{"DeviceName":"Pixel 8","DeviceToken":"y"}]`}}
	default:
		if helper := m.people[methodsHelper]; !p.everRole() { // methods of people with a role are not that helper's to change
			s.actor, s.address = helper, helper.zone.Address
			s.infoRow(kindAdminInfo, "success", "Admin registered temporary access pass method for user")
		}
	}
	if len(s.rows) > 0 && s.commit() {
		if s.rows[0].kind == kindAdminInfo {
			m.tally.back("Temporary Access Pass", p, s.rows[0].time)
		}
		p.busyUntil = s.now + 2*passtrail.Hour
		m.done(p, at)
	}
}

// registrationFails is somebody who begins to register and does not end it.
func (m *model) registrationFails(p *person, at passtrail.Ticks) {
	if p.guest || at >= p.registered || !m.free(p, at) || p.registering {
		return
	}
	s := m.begin(p, at, m.rng)
	s.infoRow(kindInfoStarted, "success", "")
	s.wait(10, 120)
	if m.rng.IntN(3) == 0 {
		s.row(kindRegistered, "failure", "")
	} else {
		s.infoRow(kindInfoCancelled, "success", "")
	}
	if s.commit() {
		m.done(p, at)
	}
}

// noise is what other services write. None of it is about password reset.
func (m *model) noise(p *person, at passtrail.Ticks) {
	if at < m.start || !m.clear(at) {
		return
	}
	n := &noises[m.rng.IntN(len(noises))]
	e := event{
		time: at, kind: n.kind, name: n.kind.activity, result: "success", corr: newGUID(m.rng),
		object: &object{id: pickGUID(m.rng), name: n.target, kind: n.targetKind},
	}
	if m.rng.IntN(20) == 0 {
		e.result, e.reason = "failure", "Microsoft.Online.Workflows.ValidationException"
	}
	if n.byApp {
		e.app = groupService
	} else {
		a := m.actors[m.rng.IntN(len(m.actors))]
		e.actor, e.address = a, a.zone.Address
	}
	if n.targetKind == "User" {
		e.target, e.object = p, nil
	}
	m.add(&e)
}

func pickGUID(rng *rand.Rand) string { return newGUID(rng).String() }

var noises = []struct {
	kind               *kind
	target, targetKind string
	byApp              bool
}{
	{&kind{"", core, "GroupManagement", "Add member to group", "Assign", "Directory"}, "Sales", "Group", false},
	{&kind{"", core, "Device", "Update device", "Update", "Directory"}, "DESKTOP-7Q2XV", "Device", true},
	{&kind{"", core, "ApplicationManagement", "Consent to application", "Assign", "Directory"}, "Travel, Inc.", "ServicePrincipal", false},
	{kindDirUpdate, "", "User", true},
	{&kind{"policy_ca", "Conditional Access", "Policy", "Update conditional access policy", "Update", "IPCGraph"}, "Require MFA", "Policy", false},
	{&kind{"", "Self-service Group Management", "GroupManagement", "Add member to group", "Update", "SSGM"}, "Book club", "Group", true},
}
