package normalise

// The members that Graph's directoryAudit has, also inside a diagnostic record's properties.
const (
	mID = iota
	mCategory
	mCorrelation
	mResult
	mReason
	mActivity
	mTime
	mService
	mOperation
	mInitiatedBy
	mTargets
	mDetails
	mUserAgent
	auditMembers
)

var auditNames = [auditMembers]string{"id", "category", "correlationId", "result", "resultReason", "activityDisplayName",
	"activityDateTime", "loggedByService", "operationType", "initiatedBy", "targetResources", "additionalDetails", "userAgent"}

// auditMember numbers a member's name, -1 for one that directoryAudit does not have.
func auditMember(name []byte) int {
	switch string(name) {
	case "id":
		return mID
	case "category":
		return mCategory
	case "correlationId":
		return mCorrelation
	case "result":
		return mResult
	case "resultReason":
		return mReason
	case "activityDisplayName":
		return mActivity
	case "activityDateTime":
		return mTime
	case "loggedByService":
		return mService
	case "operationType":
		return mOperation
	case "initiatedBy":
		return mInitiatedBy
	case "targetResources":
		return mTargets
	case "additionalDetails":
		return mDetails
	case "userAgent":
		return mUserAgent
	}
	return -1
}

// member is a member that no directoryAudit has.
type member struct {
	name string
	value
}

// audit is one object read member by member: those of directoryAudit by number, the others in order.
type audit struct {
	at    [auditMembers]value
	rest  []member
	inner people // what the nested values say
}

func (a *audit) reset() {
	a.at = [auditMembers]value{}
	a.rest = a.rest[:0]
	a.inner = people{}
}

// foreign tells whether the object has none of directoryAudit's members.
func (a *audit) foreign() bool {
	for i := range a.at {
		if a.at[i].kind != 0 {
			return false
		}
	}
	return true
}

// find returns a member that is not one of directoryAudit.
func (a *audit) find(name string) value {
	for i := range a.rest {
		if a.rest[i].name == name {
			return a.rest[i].value
		}
	}
	return value{}
}

// people is what the columns take from the nested values.
type people struct {
	user, app initiator
	target    target
	subject   target // the first target of type User, if that is a later one
	agent     value  // additionalDetails: OnPremisesAgent
	userAgent value  // additionalDetails: User-Agent
	unrolled  bool   // an array of one element came as that element
	lost      bool   // of a dynamic column: see isLost
}

// forget lets go of what one of the nested values said.
func (p *people) forget(k int) {
	switch k {
	case mInitiatedBy:
		p.user, p.app = initiator{}, initiator{}
	case mTargets:
		p.target, p.subject = target{}, target{}
	case mDetails:
		p.agent, p.userAgent = value{}, value{}
	}
}

type initiator struct{ id, name, upn, address, appID, principal value }

type target struct{ id, name, upn, typ value }

// object reads an object whose opening brace is at i. The object of "properties" goes to props, which is nil inside it.
func (a *audit) object(s *scanner, props *audit) bool {
	if !s.open() {
		return false
	}
	for first := true; ; first = false {
		name, more, ok := s.member(first)
		if !ok || !more {
			return ok
		}
		if k := auditMember(name); k >= 0 {
			if a.at[k].kind != 0 {
				return s.fail(CodeDuplicate, "the member "+auditNames[k]+" stands twice")
			}
			if !a.known(s, k) {
				return false
			}
			continue
		}
		if props != nil && s.b[s.i] == '{' && string(name) == "properties" {
			if a.find("properties").kind != 0 {
				return s.fail(CodeDuplicate, "the member properties stands twice")
			}
			start := s.i
			if !props.object(s, nil) {
				return false
			}
			a.rest = append(a.rest, member{"properties", value{raw: s.b[start:s.i], kind: '{', gap: true}})
			continue
		}
		v, ok := s.value()
		if !ok {
			return false
		}
		a.rest = append(a.rest, member{alias(name), v})
	}
}

// known reads the value of one of directoryAudit's members, looking into the nested ones on the way.
func (a *audit) known(s *scanner, k int) bool {
	var look func(*scanner, *people) bool
	switch c := s.b[s.i]; {
	case k == mInitiatedBy && c == '{':
		look = lookInitiatedBy
	case k == mTargets && c == '[':
		look = lookTargets
	case k == mDetails && c == '[':
		look = lookDetails
	default:
		v, ok := s.value()
		a.at[k] = v
		if k == mInitiatedBy || k == mTargets || k == mDetails {
			s.lost = s.lost || v.isLost()
			a.inner.unrolled = a.inner.unrolled || v.kind == '{'
		}
		return ok
	}
	start, c := s.i, s.b[s.i]
	s.gap = false
	if !look(s, &a.inner) {
		return false
	}
	a.at[k] = value{raw: s.b[start:s.i], kind: c, gap: s.gap}
	return true
}

func lookInitiatedBy(s *scanner, p *people) bool {
	if !s.open() {
		return false
	}
	var user, app bool
	for first := true; ; first = false {
		name, more, ok := s.member(first)
		if !ok || !more {
			return ok
		}
		switch {
		case string(name) == "user":
			ok = s.once(&user) && p.user.look(s)
		case string(name) == "app":
			ok = s.once(&app) && p.app.look(s)
		default:
			s.nestedName(name)
			ok = s.skip()
		}
		if !ok {
			return false
		}
	}
}

// once refuses a member inside a nested value that stands twice.
func (s *scanner) once(seen *bool) bool {
	if *seen {
		return s.fail(CodeDuplicate, "a member of a nested value stands twice")
	}
	*seen = true
	return true
}

// take keeps the first value of a member inside a nested value, and refuses a second one.
func (s *scanner) take(into *value, v value) bool {
	if into.kind != 0 {
		return s.fail(CodeDuplicate, "a member of a nested value stands twice")
	}
	*into = v
	return true
}

func (d *initiator) look(s *scanner) bool {
	if s.b[s.i] != '{' {
		v, ok := s.value()
		s.lost = s.lost || v.isLost()
		return ok
	}
	if !s.open() {
		return false
	}
	for first := true; ; first = false {
		name, more, ok := s.member(first)
		if !ok || !more {
			return ok
		}
		v, ok := s.value()
		if !ok {
			return false
		}
		switch string(name) {
		case "id":
			ok = s.take(&d.id, v)
		case "displayName":
			ok = s.take(&d.name, v)
		case "userPrincipalName":
			ok = s.take(&d.upn, v)
		case "ipAddress":
			ok = s.take(&d.address, v)
		case "appId":
			ok = s.take(&d.appID, v)
		case "servicePrincipalId":
			ok = s.take(&d.principal, v)
		default:
			s.nestedName(name)
		}
		if !ok {
			return false
		}
	}
}

func lookTargets(s *scanner, p *people) bool {
	if !s.open() {
		return false
	}
	for first := true; ; first = false {
		more, ok := s.element(first)
		if !ok || !more {
			return ok
		}
		if !p.lookTarget(s, first) {
			return false
		}
	}
}

// lookTarget reads the next target. Those behind the first one count only until a user is found.
func (p *people) lookTarget(s *scanner, first bool) bool {
	if s.b[s.i] != '{' {
		v, ok := s.value()
		s.lost = s.lost || v.isLost()
		return ok
	}
	if first {
		return p.target.look(s)
	}
	var t target
	if !t.look(s) {
		return false
	}
	if t.typ.is("User") && !p.target.typ.is("User") && p.subject.typ.kind == 0 {
		p.subject = t
	}
	return true
}

func (t *target) look(s *scanner) bool {
	if !s.open() {
		return false
	}
	for first := true; ; first = false {
		name, more, ok := s.member(first)
		if !ok || !more {
			return ok
		}
		v, ok := s.value()
		if !ok {
			return false
		}
		switch string(name) {
		case "id":
			ok = s.take(&t.id, v)
		case "displayName":
			ok = s.take(&t.name, v)
		case "userPrincipalName":
			ok = s.take(&t.upn, v)
		case "type":
			ok = s.take(&t.typ, v)
		case "modifiedProperties":
			s.lost = s.lost || v.isLost()
			s.odd = s.odd || v.kind == '{'
		default:
			s.nestedName(name)
		}
		if !ok {
			return false
		}
	}
}

func lookDetails(s *scanner, p *people) bool {
	if !s.open() {
		return false
	}
	for first := true; ; first = false {
		more, ok := s.element(first)
		if !ok || !more {
			return ok
		}
		if s.b[s.i] == '{' {
			ok = p.detail(s)
		} else {
			var v value
			v, ok = s.value()
			s.lost = s.lost || v.isLost()
		}
		if !ok {
			return false
		}
	}
}

// detail reads one {key, value}. Keys may repeat: the first one counts.
func (p *people) detail(s *scanner) bool {
	if !s.open() {
		return false
	}
	var key, val value
	for first := true; ; first = false {
		name, more, ok := s.member(first)
		if !ok {
			return false
		}
		if !more {
			break
		}
		v, ok := s.value()
		if !ok {
			return false
		}
		switch string(name) {
		case "key":
			ok = s.take(&key, v)
		case "value":
			ok = s.take(&val, v)
		default:
			s.nestedName(name)
		}
		if !ok {
			return false
		}
	}
	switch {
	case p.agent.kind == 0 && key.is("OnPremisesAgent"):
		p.agent = val
	case p.userAgent.kind == 0 && key.is("User-Agent"):
		p.userAgent = val
	}
	return true
}
