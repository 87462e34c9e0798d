package simulate

import (
	"cmp"
	"slices"

	"passtrail"
	"passtrail/internal/vocab"
)

// truth puts the counts into the form that others read.
func (t *tally) truth() *Truth {
	m := t.m
	out := &Truth{
		Tenant: m.cfg.Tenant, Seed: m.cfg.Seed, Start: When(m.start), End: When(m.end),
		Records: t.records, RecordsByActivity: sorted(t.byKey), PeopleTouched: t.touched.len(),
		Attempts: t.total, AttemptsList: t.list,
		AllTime: t.period(t.all), Last30Days: t.period(t.month), Last7Days: t.period(t.week),
		ResetsLast7Days: t.resets(), Registration: t.registration(), Snapshots: t.snapshots(), Roles: t.roles(), Planted: t.planted,
	}
	slices.SortStableFunc(out.AttemptsList, func(a, b Attempt) int { return compare(a.Start, b.Start) })
	return out
}

func (t *tally) period(p *period) Period {
	out := Period{From: When(p.from), To: When(p.to), Attempts: p.attempts, Outcomes: sorted(p.outcomes)}
	for method, u := range p.methods {
		out.MethodsUsed = append(out.MethodsUsed, MethodUse{method, u.Users, u.Administrators})
	}
	slices.SortFunc(out.MethodsUsed, func(a, b MethodUse) int {
		return cmp.Or(cmp.Compare(b.Users+b.Administrators, a.Users+a.Administrators), cmp.Compare(a.Method, b.Method))
	})
	out.CommonProblems = problems(p)
	out.AdminsResettingOften = t.often(p)
	for _, step := range append(slices.Clone(funnelSteps), "done") {
		out.Funnel = append(out.Funnel, Count{step, p.funnel[step]})
	}
	for s, n := range p.stops {
		s.Attempts = n
		out.StoppedAt = append(out.StoppedAt, s)
	}
	slices.SortFunc(out.StoppedAt, func(a, b Stop) int {
		return cmp.Or(cmp.Compare(b.Attempts, a.Attempts), cmp.Compare(a.LastStep, b.LastStep), cmp.Compare(a.LastMethod, b.LastMethod), cmp.Compare(a.Outcome, b.Outcome))
	})
	for _, b := range p.blocks {
		b.StillBlocked = passtrail.Ticks(b.Until) > t.m.end
		out.BlockedPeople = append(out.BlockedPeople, *b)
	}
	slices.SortFunc(out.BlockedPeople, func(a, b BlockedPerson) int {
		return cmp.Or(cmp.Compare(b.LastBlocked, a.LastBlocked), cmp.Compare(a.UserID, b.UserID))
	})
	out.AvoidableCalls = p.calls
	out.AvoidableCalls.People = p.callers.len()
	out.AdminResetsByAgent, out.WriteBack = agents(p)
	out.SecurityInfo = securityInfo(p)
	out.PolicyChanges = p.policies
	for _, way := range []string{"Self-service", "Administrator", "Account Recovery", "Temporary Access Pass"} {
		w := entry(p.ways, way)
		out.BackIn = append(out.BackIn, WayBack{way, w.times, w.people.len()})
	}
	return out
}

func problems(p *period) []ProblemCount {
	var out []ProblemCount
	for name, x := range p.problems {
		out = append(out, ProblemCount{name, x.attempts, x.refusals, x.changes, x.attempts + x.refusals, x.people.len(), x.admins.len()})
	}
	slices.SortFunc(out, func(a, b ProblemCount) int {
		return cmp.Or(cmp.Compare(b.Occurrences, a.Occurrences), cmp.Compare(a.Problem, b.Problem))
	})
	return out
}

// often lists administrators with three own resets and changes or more.
func (t *tally) often(p *period) []OftenAdmin {
	var out []OftenAdmin
	for index, list := range p.own {
		if len(list) < 3 {
			continue
		}
		who := t.m.people[index]
		slices.SortFunc(list, func(a, b ownChange) int { return compare(a.at, b.at) })
		last := list[len(list)-1].at
		o := OftenAdmin{
			UserPrincipalName: who.upn, UserID: who.id, Role: who.roleAt(t.m.known(last)),
			Total: len(list), First: When(list[0].at), Last: When(last),
		}
		for _, c := range list {
			if c.kind == "reset" {
				o.Resets++
			} else {
				o.Changes++
			}
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b OftenAdmin) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.UserPrincipalName, b.UserPrincipalName))
	})
	return out
}

func agents(p *period) (admin, all []AgentCount) {
	for k, x := range p.agents {
		k.Succeeded, k.Failed, k.People = x.ok, x.failed, x.people.len()
		all = append(all, k)
		if k.Activity == "admin_reset" {
			k.Activity = ""
			admin = append(admin, k)
		}
	}
	order := func(a, b AgentCount) int {
		return cmp.Or(cmp.Compare(b.Succeeded, a.Succeeded), cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Activity, b.Activity))
	}
	slices.SortFunc(admin, order)
	slices.SortFunc(all, order)
	return admin, all
}

func securityInfo(p *period) []SecurityChange {
	var out []SecurityChange
	for k, x := range p.info {
		k.Succeeded, k.Failed, k.People, k.ByOther = x.ok, x.failed, x.people.len(), x.byOther
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b SecurityChange) int {
		return cmp.Or(cmp.Compare(b.Succeeded, a.Succeeded), cmp.Compare(a.Activity, b.Activity), cmp.Compare(a.Method, b.Method))
	})
	return out
}

func (t *tally) resets() Resets {
	out := Resets{
		People: t.week.resetBy.len(), Resets: t.week.resets, AdminResets: t.week.calls.AdminResets,
		PeopleBefore: t.before.resetBy.len(), ResetsBefore: t.before.resets, AdminResetsBefore: t.before.calls.AdminResets,
	}
	for day, d := range t.byDay {
		out.Days = append(out.Days, ResetsDay{day.Time().Format("2006-01-02"), d.people.len(), d.resets, d.admin})
	}
	slices.SortFunc(out.Days, func(a, b ResetsDay) int { return cmp.Compare(a.Day, b.Day) })
	return out
}

// userType is what the registration report calls p.
func (p *person) userType() string {
	if p.guest {
		return "guest"
	}
	return "member"
}

// registration adds up the last snapshot.
func (t *tally) registration() Registration {
	out := Registration{Total: len(t.m.people), FromEvents: t.events.len()}
	at := t.m.snapshots[len(t.m.snapshots)-1]
	values, sets, gaps := map[string]int64{}, map[string]int64{}, map[string]int64{}
	roles := map[TypeRole]*TypeRole{}
	for _, p := range t.m.people {
		s := p.stateAt(at)
		r := entry(roles, TypeRole{UserType: p.userType(), Role: p.roleAt(at)})
		countState(s, &r.Registered, &r.Enabled, &r.Capable, &r.Total)
		countState(s, &out.Registered, &out.Enabled, &out.Capable, nil)
		for _, g := range s.gaps() {
			gaps[g]++
		}
		if !s.registered {
			continue
		}
		labels := vocab.DataLabels(s.methods.names())
		for _, l := range labels {
			values[l]++
		}
		data := vocab.DataRegistered(s.methods.names())
		sets[data]++
		if len(t.m.people) <= t.m.cfg.Attempts {
			out.People = append(out.People, RegisteredPerson{p.upn, p.id, p.roleAt(at), data, When(t.first[p.index]), When(t.firstSeen(p))})
		}
	}
	for k, r := range roles {
		r.UserType, r.Role = k.UserType, k.Role
		out.ByTypeRole = append(out.ByTypeRole, *r)
	}
	slices.SortFunc(out.ByTypeRole, func(a, b TypeRole) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.UserType, b.UserType), cmp.Compare(a.Role, b.Role))
	})
	out.Values, out.Combinations, out.Gaps = sorted(values), sorted(sets), sorted(gaps)
	return out
}

// gaps names what is missing in a state.
func (s state) gaps() []string {
	var out []string
	if s.enabled && !s.registered {
		out = append(out, "enabled but not registered")
	}
	if s.registered && !s.enabled {
		out = append(out, "registered but not enabled")
	}
	if s.admin && !s.capable {
		out = append(out, "administrator but not capable")
	}
	return out
}

// countState adds a state to counts; total may be nil.
func countState(s state, registered, enabled, capable, total *int) {
	for _, c := range []struct {
		is bool
		to *int
	}{{s.registered, registered}, {s.enabled, enabled}, {s.capable, capable}, {true, total}} {
		if c.is && c.to != nil {
			*c.to++
		}
	}
}

// firstSeen is the first snapshot that shows p as registered.
func (t *tally) firstSeen(p *person) passtrail.Ticks {
	for _, at := range t.m.snapshots {
		if p.stateAt(at).registered {
			return at
		}
	}
	return 0
}

func (t *tally) snapshots() []Snapshot {
	out := make([]Snapshot, 0, len(t.m.snapshots))
	for _, at := range t.m.snapshots {
		s := Snapshot{TakenAt: When(at), Total: len(t.m.people)}
		for _, p := range t.m.people {
			countState(p.stateAt(at), &s.Registered, &s.Enabled, &s.Capable, nil)
			s.Roles += len(p.rolesAt(at))
		}
		out = append(out, s)
	}
	return out
}

// roles lists the roles as the snapshots show them.
func (t *tally) roles() []RoleSpan {
	var out []RoleSpan
	for _, p := range t.m.people {
		for _, h := range p.roles {
			r := RoleSpan{UserID: p.id, Role: h.role.Name}
			seen := false
			for i, at := range t.m.snapshots {
				has := h.from <= at && at < h.to
				if has && !seen && i > 0 {
					r.From = When(at)
				}
				if seen && !has {
					r.To = When(at)
					break
				}
				seen = seen || has
			}
			if seen {
				out = append(out, r)
			}
		}
	}
	return out
}
