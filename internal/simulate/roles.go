package simulate

import (
	"math"
	"slices"

	"passtrail"
	"passtrail/internal/vocab"
)

// post is a role that somebody in every tenant holds.
type post struct {
	role   string
	and    string  // a second role, "" for none
	from   float64 // as share of the watched time; 0: since ever
	to     float64 // 1: still
	resets bool    // resets other people's passwords day by day
}

// posts are the roles of a tenant. Some are gained and some are lost within the watched time.
var posts = []post{
	{role: "Global Administrator", to: 1},
	{role: "Global Administrator", and: "Security Administrator", to: 1},
	{role: "Privileged Authentication Administrator", to: 1},
	{role: "User Administrator", to: 1, resets: true},
	{role: "Password Administrator", to: 1, resets: true},
	{role: "Helpdesk Administrator", to: 1, resets: true},
	{role: "Helpdesk Administrator", to: 1, resets: true},
	{role: "Helpdesk Administrator", and: "Reports Reader", to: 1, resets: true},
	{role: "Authentication Administrator", to: 1},
	{role: "Exchange Administrator", to: 1},
	{role: "SharePoint Administrator", from: 0.3, to: 1},
	{role: "Conditional Access Administrator", to: 0.6},
	{role: "Billing Administrator", from: 0.15, to: 0.75},
	{role: "Teams Administrator", to: 1},
	{role: "Reports Reader", to: 1},
	{role: "Reports Reader", from: 0.4, to: 1},
	{role: "Security Reader", to: 1},
	{role: "Global Reader", to: 0.5},
	{role: "Intune Administrator", to: 1},
	{role: "Groups Administrator", to: 1},
}

// methodsHelper is the place in posts, and so among the people, of the Authentication Administrator: only that role and
// weightier ones may change the methods of others.
const methodsHelper = 8

// roleList is posts with as many help-desk people as the rate of resets needs.
func (m *model) roleList() []post {
	list := slices.Clone(posts)
	perDay := float64(m.cfg.People) * rateAdminReset * m.rate()
	for range int(math.Ceil(perDay / 3)) {
		list = append(list, post{role: "Helpdesk Administrator", to: 1, resets: true})
	}
	for range m.cfg.People / 100 {
		list = append(list, post{role: "Application Administrator", to: 1})
	}
	return list[:min(len(list), m.cfg.People/2)]
}

// giveRole makes p the holder of a post.
func (m *model) giveRole(p *person, x post) {
	h := held{from: 0, to: passtrail.Forever}
	span := float64(m.end - m.start)
	if x.from > 0 {
		h.from = m.start + passtrail.Ticks(x.from*span)
	}
	if x.to < 1 {
		h.to = m.start + passtrail.Ticks(x.to*span)
	}
	for _, name := range []string{x.role, x.and} {
		if role, ok := vocab.RoleByName(name); ok {
			h.role = role
			p.roles = append(p.roles, h)
		}
	}
	if x.resets {
		m.actors = append(m.actors, p)
	}
}
