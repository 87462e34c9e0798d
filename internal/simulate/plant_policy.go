package simulate

import (
	"slices"

	"passtrail"
)

// setting is one property that an administrator changes. Values are as a report shows them; raw ones as a record has them,
// where that is not the value in quotes.
type setting struct {
	name, old, now string
	rawOld, rawNew string
	blade          string
	weaker         bool
	property       string // name in the record, where the record has the whole policy under another name
}

// fault names what Entra would not allow in the abuse that was planted last.
func (m *model) fault(name string) {
	m.tally.planted[m.tally.last].Fault = name
}

// policy is a change of a policy by p. Properties that do not change are in the record too and in no answer.
func (m *model) policy(p *person, at passtrail.Ticks, k *kind, result, reason string, settings ...setting) *session {
	s := m.intrude(p, at, p.home)
	e := s.row(k, result, reason)
	e.target, e.object = nil, &object{id: m.cfg.Tenant, name: m.cfg.Domain, kind: "Policy"}
	for _, x := range settings {
		c := change{name: x.name, old: quoted(x.old), new: quoted(x.now)}
		if x.rawOld != "" || x.rawNew != "" {
			c.old, c.new = x.rawOld, x.rawNew
		}
		if x.property != "" {
			c.name = x.property
		}
		e.changed = append(e.changed, c)
	}
	s.commit()
	for _, x := range settings {
		if x.old != x.now {
			m.tally.policy(s, result, x)
		}
	}
	return s
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return `"` + s + `"`
}

// closed keeps everybody else from acting while something is switched off for half an hour, and before, so that nobody is
// in the middle of an attempt then.
func (m *model) closed(at passtrail.Ticks) { m.closings = append(m.closings, at) }

// plantWritebackOff switches password write-back off at night and on again half an hour later. In between somebody whose
// password lives on-premises is turned away.
func (m *model) plantWritebackOff() {
	admin := m.people[1]
	var p *person
	for p == nil || p.agent == "None" {
		p = m.victim(hasMobile)
		if p.agent == "None" && !slices.ContainsFunc(m.people, func(q *person) bool { return !q.reserved && !q.guest && !q.everRole() && q.agent != "None" }) {
			p.agent = "CloudSync"
		}
	}
	at := m.before(3, passtrail.Hour)
	m.closed(at)
	m.plan(at, func(m *model, at passtrail.Ticks) {
		x := setting{name: "PasswordWritebackEnabled", old: "true", now: "false", rawOld: "true", rawNew: "false", blade: "On-premises integration", weaker: true}
		off := m.policy(admin, at, kindWritebackOff, "success", "", x)
		m.found("recovery-weakened", "writeback_off", everything, off)
		s := m.begin(p, at+10*passtrail.Minute, m.rng)
		s.refuse([]turnedAway{writebackOff})
		s.commit()
		x.old, x.now, x.rawOld, x.rawNew, x.weaker = x.now, x.old, x.rawNew, x.rawOld, false
		m.policy(admin, at+30*passtrail.Minute, kindWriteback, "success", "", x)
	})
}

// plantClosed takes password reset from everybody for half an hour; two people try in between.
func (m *model) plantClosed() {
	admin, turned := m.people[0], []*person{m.victim(hasMobile), m.victim(hasMobile)}
	at := m.before(10, 2*passtrail.Hour)
	m.closed(at)
	m.plan(at, func(m *model, at passtrail.Ticks) {
		x := setting{name: "EnablementForUsers", old: "Selected", now: "None", blade: "Properties", weaker: true}
		m.found("recovery-weakened", "policy", everything, m.policy(admin, at, kindPolicy, "success", "", x))
		for i, why := range []turnedAway{switchedOff, noPolicy} {
			s := m.begin(turned[i], at+passtrail.Ticks(5+7*i)*passtrail.Minute, m.rng)
			s.refuse([]turnedAway{why})
			s.commit()
		}
		x.old, x.now, x.weaker = x.now, x.old, false
		m.policy(admin, at+30*passtrail.Minute, kindPolicy, "success", "", x)
	})
}

// plantPolicies changes policies: some changes weaken recovery and are taken back, some do not, one is refused.
func (m *model) plantPolicies() {
	first, second := m.people[0], m.people[1]
	m.plan(m.before(26, 9*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		m.policy(first, at, kindPolicy, "success", "", setting{name: "EnforcedRegistrationIntervalInDaysForUsers", old: "90", now: "180", blade: "Registration"},
			setting{name: "NotifyUsersOfReset", old: "true", now: "true"},
			setting{name: "SelectedContactMethodsForUsers", old: "same", now: "same", rawOld: `["Email","MobileSMS"]`, rawNew: `["MobileSMS","Email"]`})
	})
	m.plan(m.before(22, 8*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		helper := m.actors[0]
		m.policy(helper, at, kindPolicy, "failure", "Permission failure", setting{name: "EnablementForUsers", old: "Selected", now: "All", blade: "Properties", weaker: true})
	})
	m.plan(m.before(18, 3*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		const id = `{"id":"authenticationMethodsPolicy","authenticationMethodConfigurations":[`
		s := m.policy(second, at, kindMethodsPolicy, "success", "", setting{
			name: "AuthenticationMethodsPolicy.authenticationMethodConfigurations.TemporaryAccessPass.isUsableOnce", old: "true", now: "false", property: "AuthenticationMethodsPolicy",
			rawOld: id + `{"id":"Sms","state":"enabled"},{"id":"TemporaryAccessPass","state":"enabled","isUsableOnce":true}]}`,
			rawNew: id + `{"id":"TemporaryAccessPass","isUsableOnce":false,"state":"enabled"},{"id":"Sms","state":"enabled"}]}`,
			blade:  "Authentication methods policy", weaker: true,
		})
		m.found("recovery-weakened", "policy_methods", everything, s)
	})
	m.plan(m.before(13, 4*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		link := "https://reset." + m.cfg.Domain + ".example/help"
		told := setting{name: "NotifyTenantAdminOfReset", old: "true", now: "false", blade: "Notifications", weaker: true}
		own := setting{name: "CustomizeContactAdminLink", old: "false", now: "true", blade: "Customization", weaker: true}
		to := setting{name: "CustomContactAdminLink", now: link, blade: "Customization", weaker: true}
		m.found("recovery-weakened", "policy", everything, m.policy(second, at, kindPolicy, "success", "", told, own, to))
		for _, x := range []*setting{&told, &own, &to} {
			x.old, x.now, x.weaker = x.now, x.old, false
		}
		m.policy(first, at+6*passtrail.Hour, kindPolicy, "success", "", told, own, to)
	})
	m.plan(m.before(28, 10*passtrail.Hour), func(m *model, at passtrail.Ticks) {
		s := m.policy(first, at, kindRecoverySettings, "success", "", setting{name: "Mode", old: "Evaluation", now: "Production", blade: "Account Recovery", weaker: true})
		m.found("recovery-weakened", "recovery_settings", everything, s)
	})
}

// plantRecoveries has people get back in by an identity check, in every way that it can go, from four weeks before the end.
func (m *model) plantRecoveries() {
	courses := []struct{ document, face, match bool }{{true, true, true}, {false, true, true}, {true, true, true}, {true, false, true}, {true, true, false}, {true, true, true}}
	for i := range max(len(courses), m.cfg.People/120) {
		c := courses[i%len(courses)]
		at := m.end - m.end%passtrail.Day - passtrail.Ticks(2+i*23%24)*passtrail.Day + passtrail.Ticks(7+i%9)*passtrail.Hour
		m.plan(at, func(m *model, at passtrail.Ticks) {
			if p := m.find(at, func(p *person) bool { return true }); p != nil {
				m.recovery(p, at, c.document, c.face, c.match)
			}
		})
	}
}

// recovery is one account recovery; the first fault ends it.
func (m *model) recovery(p *person, at passtrail.Ticks, document, face, match bool) {
	s := m.begin(p, at, m.rng)
	s.address = p.home
	step := func(k *kind, result string) { s.row(k, result, ""); s.wait(20, 120) }
	step(kindRecoveryStarted, "success")
	step(kindIssuanceStarted, "success")
	done := false
	switch {
	case !document:
		step(kindDocumentFailed, "failure")
	case !face:
		step(kindIssuanceCompleted, "success")
		step(kindPresented, "success")
		step(kindFaceFailed, "failure")
	case !match:
		step(kindIssuanceCompleted, "success")
		step(kindPresented, "success")
		step(kindNotMatched, "failure")
	default:
		step(kindIssuanceCompleted, "success")
		step(kindPresented, "success")
		step(kindMatched, "success")
		s.infoRow(kindInfoRegistered, "success", "User registered temporary access pass method")
		s.wait(2, 5)
		s.row(kindRecoveryCompleted, "success", "")
		done = true
	}
	if s.commit() {
		m.done(p, at)
		if done {
			m.tally.back("Account Recovery", p, s.rows[len(s.rows)-1].time)
		}
	}
}
