package explore

import (
	"context"
	"fmt"
	"strings"

	"passtrail"
	"passtrail/internal/query"
	"passtrail/internal/vocab"
)

// Person is what is known about one person now.
type Person struct {
	ID, UPN, Name string
	Role          string // weightiest role now, "User" without one
	UserType      string
	// Known is false when no snapshot of registrations holds the person; the flags below then say nothing.
	Known                        bool
	Registered, Enabled, Capable bool
	DataRegistered               string
	RegisteredOn                 passtrail.Ticks // 0: never or not known
	// BlockedUntil is when the block from password reset ends, 0 for who is not blocked now. Whoever is blocked cannot reset,
	// also when capable.
	BlockedUntil passtrail.Ticks
	LastSeen     passtrail.Ticks // newest attempt or record about the person; FindPeople says it, 0 elsewhere
}

// Moment is one thing in a person's line of time: a single record, or several that belong together, such as an attempt or
// an administrator's reset and the change after it, with the records folded below.
type Moment struct {
	Time    passtrail.Ticks
	Kind    string // attempt, or the activity's key
	Title   string // one line for a person
	Result  string // outcome of the attempt, or result of the record
	Problem string // key, "" if none
	By      string // who did it, when it was somebody else
	Address string
	Attempt string // id, "" for single records
	Events  []Event
}

// FindPeople returns the people whose user principal name or display name begins with who, or whose object id it is; at
// most limit of them: those whom who names in full first, then by user principal name.
func (x Explorer) FindPeople(ctx context.Context, who string, limit int) ([]Person, error) {
	q := Quote(who)
	// whoever is in a record of the flow is in its attempt
	text := fmt.Sprintf(`let Seen = union
    (PasswordEvents | where Activity != "flow" and (%s) | project UserId, UserPrincipalName, UserDisplayName, Time),
    (PasswordResetAttempts | where %s | project UserId, UserPrincipalName, UserDisplayName, Time = End)
| summarize arg_max(Time, UserPrincipalName, UserDisplayName) by UserId
| project UserId, UserPrincipalName, UserDisplayName, Time, Rank = 1;
union Seen, (UserRegistrationDetails | where %s | project UserId = Id, UserPrincipalName, UserDisplayName, UserRole, Rank = 2)
| summarize arg_max(Rank, UserPrincipalName, UserDisplayName), LastSeen = max(Time), Role = max(UserRole) by UserId
| project UserId, UserPrincipalName, UserDisplayName, Role, LastSeen, Whole = UserId =~ %s or UserPrincipalName =~ %s
| sort by Whole desc, UserPrincipalName asc, UserId asc
| take %d`, person("UserId", who), person("UserId", who), person("Id", who), q, q, limit)
	return x.people(ctx, text)
}

// personByID returns the people whose object id is the one given by an operator, == or =~: at most one but for the letter
// case of ids.
func (x Explorer) personByID(ctx context.Context, same, id string) ([]Person, error) {
	q := same + " " + Quote(id)
	return x.people(ctx, fmt.Sprintf(`union
    (PasswordEvents | where UserId %s | summarize arg_max(Time, UserPrincipalName, UserDisplayName) by UserId | project UserId, UserPrincipalName, UserDisplayName, Rank = 1),
    (UserRegistrationDetails | where Id %s | project UserId = Id, UserPrincipalName, UserDisplayName, Rank = 2)
| summarize arg_max(Rank, UserPrincipalName, UserDisplayName) by UserId
| project UserId, UserPrincipalName, UserDisplayName, Role = "", LastSeen = datetime(null)
| sort by UserPrincipalName asc, UserId asc`, q, q))
}

// people reads rows that begin with id, user principal name, display name, role and when the person was seen last.
func (x Explorer) people(ctx context.Context, text string) ([]Person, error) {
	t, err := x.run(ctx, text)
	if err != nil {
		return nil, err
	}
	var out []Person
	for _, row := range t.Rows {
		p := Person{Role: "User"}
		p.ID, _ = row[0].(string)
		p.UPN, _ = row[1].(string)
		p.Name, _ = row[2].(string)
		if role, _ := row[3].(string); role != "" {
			p.Role = role
		}
		if at, ok := row[4].(int64); ok {
			p.LastSeen = passtrail.Ticks(at)
		}
		out = append(out, p)
	}
	return out, nil
}

// manyPeople is how many people are looked at to see whether a name means one.
const manyPeople = 20

// Person returns the one person that who means: an object id, a whole user principal name, or a beginning that only one
// person's name has. NotFound when nobody is meant, Conflict (naming some) when several are; a user principal name that was
// given to another person later is such a case.
func (x Explorer) Person(ctx context.Context, who string) (*Person, error) {
	who = strings.TrimSpace(who)
	if who == "" {
		return nil, passtrail.Errorf(passtrail.Invalid, "explore.Person", "name a person: user principal name, display name or object id")
	}
	for _, same := range []string{"==", "=~"} { // looked up, not searched for; ids differ in letter case only by hand
		found, err := x.personByID(ctx, same, who)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			return x.describe(ctx, found[0])
		}
	}
	found, err := x.FindPeople(ctx, who, manyPeople)
	if err != nil {
		return nil, err
	}
	var whole []Person
	for _, p := range found {
		if strings.EqualFold(p.UPN, who) {
			whole = append(whole, p)
		}
	}
	switch {
	case len(whole) == 1:
		return x.describe(ctx, whole[0])
	case len(whole) > 1:
		ids := make([]string, 0, 5)
		for _, p := range whole[:min(5, len(whole))] {
			ids = append(ids, p.ID)
		}
		return nil, passtrail.Errorf(passtrail.Conflict, "explore.Person", "%d people have had the name %q: give an object id, %s", len(whole), who, strings.Join(ids, " or "))
	case len(found) == 0:
		return nil, x.nobody(ctx, who)
	case len(found) == 1:
		return x.describe(ctx, found[0])
	}
	return nil, ambiguous(who, found)
}

// nobody says that no record is about a person, and where to look when the person did something for others.
func (x Explorer) nobody(ctx context.Context, who string) error {
	const acted = `PasswordEvents | where Activity != "flow" and (ActorId =~ %[1]s or ActorPrincipalName =~ %[1]s) and isnotempty(ActorId)
| summarize Acts = count() by ActorId | top 1 by Acts`
	t, err := x.run(ctx, fmt.Sprintf(acted, Quote(who)))
	if err != nil {
		return err
	}
	if len(t.Rows) == 0 {
		return passtrail.Errorf(passtrail.NotFound, "explore.Person", "no person's name begins with %q", who)
	}
	return passtrail.Errorf(passtrail.NotFound, "explore.Person", "no record is about %q, who did %d things for others: see the audit log by who initiated them (passtrail events --initiated-by %v)",
		who, t.Rows[0][1], t.Rows[0][0])
}

// ambiguous names some of the people whose names begin alike.
func ambiguous(who string, found []Person) error {
	names := make([]string, 0, 5)
	for _, p := range found[:min(5, len(found))] {
		names = append(names, p.UPN)
	}
	more := ""
	if len(found) == manyPeople {
		more = " or more"
	}
	return passtrail.Errorf(passtrail.Conflict, "explore.Person", "%d%s people's names begin with %q: %s; give the whole user principal name", len(found), more, who, strings.Join(names, ", "))
}

// describe adds registration, role and a block to a person.
func (x Explorer) describe(ctx context.Context, p Person) (*Person, error) {
	blocked, err := x.blocked(ctx, x.Now, "UserId == "+Quote(p.ID))
	if err != nil {
		return nil, err
	}
	p.BlockedUntil = blocked[p.ID]
	t, err := x.run(ctx, "UserRegistrationDetails | where Id == "+Quote(p.ID)+
		" | project UserType, UserRole, IsSsprRegistered, IsSsprEnabled, IsSsprCapable, DataRegistered, RegisteredOn, UserPrincipalName, UserDisplayName")
	if err != nil {
		return nil, err
	}
	if len(t.Rows) == 0 {
		p.Role, err = x.roleNow(ctx, p.ID)
		return &p, err
	}
	row := t.Rows[0]
	p.Known = true
	p.UserType, _ = row[0].(string)
	p.Role, _ = row[1].(string)
	p.Registered, _ = row[2].(bool)
	p.Enabled, _ = row[3].(bool)
	p.Capable, _ = row[4].(bool)
	p.DataRegistered, _ = row[5].(string)
	if n, ok := row[6].(int64); ok {
		p.RegisteredOn = passtrail.Ticks(n)
	}
	return &p, nil
}

// roleNow is the weightiest role that a person holds now, for people whom no snapshot of registrations holds.
func (x Explorer) roleNow(ctx context.Context, id string) (string, error) {
	t, err := x.run(ctx, "RoleAssignments | where UserId == "+Quote(id)+" and AssumedFrom <= now() and (isnull(ValidTo) or now() < ValidTo) | distinct RoleName | sort by RoleName asc")
	if err != nil {
		return "", err
	}
	best, weight := "User", -1
	for _, row := range t.Rows {
		name, _ := row[0].(string)
		role, _ := vocab.RoleByName(name) // a role that nobody knows weighs nothing
		if role.Weight > weight {
			best, weight = name, role.Weight
		}
	}
	return best, nil
}

// Timeline returns a person's moments from an instant (inclusive; 0: the beginning) to another (exclusive; 0: the end),
// newest first; every record of the person in that time is in one.
func (x Explorer) Timeline(ctx context.Context, id string, from, to passtrail.Ticks) ([]Moment, error) {
	if to == 0 {
		to = passtrail.MaxTicks
	}
	span := func(column string) string {
		return fmt.Sprintf("%s >= datetime(%s) and %s < datetime(%s)", column, from, column, to)
	}
	res, err := x.Engine.Run(ctx, query.Request{Tenants: x.Tenants, Now: x.Now, Text: `
PasswordResetAttempts | where UserId == ` + Quote(id) + ` and ` + span("End") + `
| project AttemptId, Start, End, Outcome, Problem, IPAddress, GateCount, Refusals
| sort by End desc, AttemptId asc;
PasswordEvents | where UserId == ` + Quote(id) + ` and ` + span("Time") + `
| project Time, EventId, Activity, Result, Reason, Problem, ActorId, ActorPrincipalName, IPAddress, AttemptId, Method, CorrelationId
| sort by Time asc, EventId asc`})
	if err != nil {
		return nil, err
	}
	return fold(id, res.Tables[0].Rows, res.Tables[1].Rows), nil
}
