package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/vocab"
)

// person is one account of the tenant.
type person struct {
	index     int
	id        string
	upn, name string
	zone      *Zone
	guest     bool
	often     bool   // always forgets
	agent     string // where the password is written back: None, Microsoft Entra Connect, CloudSync
	home      string // address outside the office
	browser   uint8

	have        methodSet
	registered  passtrail.Ticks // when registration was done; forever: never
	registering bool            // within the watched time, so that events tell of it
	passkey     passtrail.Ticks // when a passkey was added; forever: never
	enabled     passtrail.Ticks // since when policy allows resets; forever: never
	roles       []held

	busyUntil passtrail.Ticks // nothing else happens to this person before
	lastDay   int             // last day on which something happened
	own       []ownChange
	lastTried passtrail.Ticks // start of the last attempt
	reserved  bool            // planted: nothing happens to this person by chance
}

// ownChange is an own reset or change that came to a good end.
type ownChange struct {
	at   passtrail.Ticks
	kind string // reset, change
}

// held is a role over a time.
type held struct {
	role     vocab.Role
	from, to passtrail.Ticks
}

// methodSet are methods that a person has, as bits in the order of methodsRegistered.
type methodSet uint16

const (
	hasEmail methodSet = 1 << iota
	hasMobile
	hasOffice
	hasQuestions
	hasPush
	hasCode
	hasFido
	hasHello
	hasPasskey // registered on a day of its own, see person.passkey
)

// registeredNames are the methodsRegistered values of the bits.
var registeredNames = [...]string{"email", "mobilePhone", "officePhone", "securityQuestion", "microsoftAuthenticatorPush", "softwareOneTimePasscode", "fido2SecurityKey", "windowsHelloForBusiness", "passKeyDeviceBound"}

// names returns the methodsRegistered values of a set.
func (s methodSet) names() []string {
	out := []string{}
	for i, n := range registeredNames {
		if s&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// classes counts the different things with which a gate can be passed: app notification and code are one.
func (s methodSet) classes(admin bool) int {
	n := 0
	for _, c := range []methodSet{hasEmail, hasMobile, hasOffice, hasPush | hasCode} {
		if s&c != 0 {
			n++
		}
	}
	if s&hasQuestions != 0 && !admin {
		n++
	}
	return n
}

// required is the number of gates that the policy asks of p at t: one of people, and two of administrators, whose policy
// nobody can change.
func (p *person) required(t passtrail.Ticks) int {
	if p.twoGate(t) {
		return 2
	}
	return 1
}

// twoGate reports whether p holds a role at t that comes under the fixed policy for administrators.
func (p *person) twoGate(t passtrail.Ticks) bool {
	return slices.ContainsFunc(p.roles, func(h held) bool { return h.from <= t && t < h.to && h.role.TwoGate })
}

// everTwoGate reports whether p holds such a role at any time.
func (p *person) everTwoGate() bool {
	return slices.ContainsFunc(p.roles, func(h held) bool { return h.role.TwoGate })
}

// state is what the registration report says of a person.
type state struct {
	registered, enabled, capable, admin bool
	methods                             methodSet
}

// stateAt is what the report said of p in the snapshot taken at t.
func (p *person) stateAt(t passtrail.Ticks) state {
	s := state{enabled: p.enabled <= t, admin: p.adminAt(t)}
	if p.registered <= t {
		s.methods = p.have
		if p.passkey <= t {
			s.methods |= hasPasskey
		}
		s.registered = p.have.classes(p.twoGate(t)) >= p.required(t)
	}
	s.capable = s.registered && s.enabled
	return s
}

// able reports whether p can in fact reset at t, whatever the last snapshot says.
func (p *person) able(t passtrail.Ticks) bool { return p.stateAt(t).capable }

// rolesAt returns the roles held at t, the weightiest first.
func (p *person) rolesAt(t passtrail.Ticks) []vocab.Role {
	var out []vocab.Role
	for _, h := range p.roles {
		if h.from <= t && t < h.to {
			out = append(out, h.role)
		}
	}
	slices.SortStableFunc(out, func(a, b vocab.Role) int { return b.Weight - a.Weight })
	return out
}

// adminAt reports whether p holds an administrator role at t.
func (p *person) adminAt(t passtrail.Ticks) bool {
	for _, h := range p.roles {
		if h.from <= t && t < h.to && h.role.Admin {
			return true
		}
	}
	return false
}

// roleAt is the name of p's weightiest role at t, or User.
func (p *person) roleAt(t passtrail.Ticks) string {
	if r := p.rolesAt(t); len(r) > 0 {
		return r[0].Name
	}
	return "User"
}

// everRole reports whether p holds a role at any time.
func (p *person) everRole() bool { return len(p.roles) > 0 }

var given = strings.Fields("Adele Alba Amara Anders Anika Arjun Astrid Beata Bo Carla Cem Chidi Clara Dario Deepa Diego Edith Eero Elif Emil Enzo Farah Fatou Femi Fleur Gia Goran Greta Hana Henrik Hugo Ida Imran Ines Ivo Jana Jonas Joao Kaito Kalina Karim Kira Lars Leila Lena Lidia Linh Luca Maja Mateo Megan Mei Milan Nadia Naoki Nestor Nils Noor Olga Omar Oskar Paolo Petra Priya Rafael Rana Rosa Ruth Sade Samir Sara Selin Simone Sofia Stefan Tara Theo Tomas Uma Vera Viggo Wanda Xenia Yara Yusuf Zara Zoran")

var surnames = strings.Fields("Abel Adeyemi Almeida Andersen Aoki Bakker Bauer Berg Bianchi Bowen Brandt Castro Chandra Cohen Costa Dahl Das Demir Diaz Dubois Eklund Evans Farkas Fischer Fontaine Garcia Gupta Haddad Hansen Hassan Holloway Horvath Ibrahim Ivanova Jansen Johar Kaya Keller Kim Klein Kowalski Langer Larsen Leroy Lind Lopez Malik Marino Martin Mendes Meyer Moreau Nagy Nakamura Novak Nowak O'Neil Okafor Olsen Ortiz Patel Pavlov Petrov Popov Quinn Rao Reyes Ricci Rossi Ruiz Saito Santos Schmidt Sharma Siciliani Silva Singh Sorensen Suzuki Szabo Tanaka Torres Ueda Vance Vargas Vega Virtanen Vogel Wagner Weber Wilke Wong Yamada Yilmaz Zeman Ziegler Müller Łukasik García")

// makePeople invents the people. Roles go to the first of them, so that every tenant has the administrators it needs.
func (m *model) makePeople() {
	m.people = make([]*person, m.cfg.People)
	m.joins = make([][]*person, m.cfg.Days+1)
	rng := m.seeded(seedPeople, 0)
	roles := m.roleList()
	for i := range m.people {
		p := &person{index: i, id: newGUID(rng).String(), lastDay: -1}
		m.people[i] = p
		if i < len(roles) {
			m.giveRole(p, roles[i])
		}
		m.name(p, rng)
		m.place(p, rng)
		m.register(p, rng)
	}
}

// name gives p a name, an address to sign in with and, to some, the state of guest.
func (m *model) name(p *person, rng *rand.Rand) {
	g, s := given[rng.IntN(len(given))], surnames[rng.IntN(len(surnames))]
	p.name = g + " " + s
	local := strings.ToLower(ascii(g) + "." + ascii(s))
	if p.index >= 40 {
		local = fmt.Sprintf("%s%d", local, p.index)
	} else {
		local = fmt.Sprintf("%s.%d", local, p.index+1)
	}
	p.upn = local + "@" + m.cfg.Domain
	if !p.everRole() && p.index%23 == 11 {
		p.guest = true
		p.upn = local + "_fabrikam.com#EXT#@" + m.cfg.Domain
		m.guests = append(m.guests, p)
	}
	switch p.index {
	case 57: // a name that a spreadsheet would run, and one that breaks careless CSV
		p.name = "=SUM(1+1)*cmd, " + s
	case 58:
		p.name = g + ` "Jo" ` + s
	}
}

// ascii writes the letters of the name lists that are not ASCII without their marks.
func ascii(s string) string {
	return strings.NewReplacer("ü", "ue", "Ł", "L", "ł", "l", "í", "i", "'", "").Replace(s)
}

// place gives p an office, a home address and the system that keeps the password.
func (m *model) place(p *person, rng *rand.Rand) {
	x := rng.Float64()
	p.zone = &m.cfg.Zones[len(m.cfg.Zones)-1]
	for i := range m.cfg.Zones {
		if x -= m.cfg.Zones[i].Share; x < 0 {
			p.zone = &m.cfg.Zones[i]
			break
		}
	}
	switch x := rng.IntN(100); {
	case p.guest || x < 45:
		p.agent = "None"
	case x < 80:
		p.agent = "Microsoft Entra Connect"
	default:
		p.agent = "CloudSync"
	}
	p.browser = uint8(rng.IntN(len(browsers)))
	if p.index < 200 {
		p.home = fmt.Sprintf("192.0.2.%d", p.index+10)
	} else {
		p.home = fmt.Sprintf("2001:db8:%x:%x::%x", p.index>>16, p.index&0xffff, 1+rng.IntN(0xfff))
	}
	p.often = rng.IntN(50) == 0
	if p.often && !p.guest && !p.everRole() {
		m.forgetful = append(m.forgetful, p)
	}
}

// register decides what p registers and when, and since when the policy allows p to reset.
func (m *model) register(p *person, rng *rand.Rand) {
	p.registered, p.enabled, p.passkey = passtrail.Forever, passtrail.Forever, passtrail.Forever
	if p.guest {
		return
	}
	if x := rng.IntN(100); x < 86 || p.everRole() && x < 97 {
		p.enabled = 0
	} else if x < 93 { // joins the enabled group later
		p.enabled = m.start + passtrail.Ticks(rng.Float64()*float64(m.end-m.start))
	}
	p.have = drawMethods(p, rng)
	if p.have == 0 {
		return
	}
	m.rollout(p, rng)
}

// drawMethods picks the methods that p registers sooner or later.
func drawMethods(p *person, rng *rand.Rand) methodSet {
	var s methodSet
	for range 6 {
		for _, d := range []struct {
			bit   methodSet
			share int
		}{{hasEmail, 38}, {hasMobile, 72}, {hasOffice, 12}, {hasQuestions, 22}, {hasPush, 50}, {hasFido, 3}, {hasHello, 14}} {
			if rng.IntN(100) < d.share {
				s |= d.bit
			}
		}
		if s&hasPush != 0 && rng.IntN(100) < 85 || s&hasPush == 0 && rng.IntN(100) < 6 {
			s |= hasCode
		}
		if p.everRole() {
			s &^= hasQuestions
		}
		need := 1
		if p.everTwoGate() {
			need = 2
		}
		if s.classes(p.everTwoGate()) >= need || rng.IntN(12) == 0 {
			break
		}
	}
	return s
}

// rollout places p's registration on the curve: a third before the start, most in the waves that follow, some never.
func (m *model) rollout(p *person, rng *rand.Rand) {
	x := rng.Float64()
	switch {
	case p.everRole():
		x *= 0.72
	case p.often:
		x *= 0.9
	}
	if x < 0.32 {
		p.registered = m.start - passtrail.Ticks(rng.Float64()*300)*passtrail.Day
		return
	}
	if x > 0.88 {
		return
	}
	// The logistic curve turned round: the share of the rollout to the day it is reached.
	u := (x - 0.32) / 0.56
	at := 0.45 + math.Log((u+0.02)/(1.02-u))/9
	day := min(max(int(at*float64(m.cfg.Days)), 0), m.cfg.Days-1)
	p.registering = true
	m.joins[day] = append(m.joins[day], p)
}

var browsers = [...]string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36 Edg/133.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Mobile Safari/537.36",
}
