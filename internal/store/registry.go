package store

import (
	"cmp"
	"context"

	"passtrail"
	"passtrail/internal/vocab"
)

// AccessLogs keeps who looked at what and who changed what.
type AccessLogs interface {
	// LogAccess adds lines to the access log in one transaction. A line with an id takes the place of the one that has it.
	LogAccess(ctx context.Context, lines ...Access) error
	AccessLog(ctx context.Context, f AccessFilter) ([]Access, error)
}

// Registry keeps what people decided: tenants and their settings, tokens, saved queries, states of findings, and the access
// log. Nothing in it is derived from facts, and it can be asked while they are.
type Registry interface {
	// Tenant returns one tenant, or an error with code NotFound.
	Tenant(ctx context.Context, id passtrail.TenantID) (Tenant, error)
	// Tenants returns all tenants by name.
	Tenants(ctx context.Context) ([]Tenant, error)
	// PutTenant creates or replaces a tenant. The error has code Invalid when its id or its retention is none.
	PutTenant(ctx context.Context, t Tenant) error
	SavedQueries(ctx context.Context, tenant passtrail.TenantID) ([]SavedQuery, error)
	PutSavedQuery(ctx context.Context, q SavedQuery) error
	DropSavedQuery(ctx context.Context, tenant passtrail.TenantID, id string) error
	// PutFindings adds findings not seen before and updates span, people and evidence of known ones; state, note and
	// first_seen of known ones stay.
	PutFindings(ctx context.Context, fs []Finding) error
	Findings(ctx context.Context, tenant passtrail.TenantID) ([]Finding, error)
	SetFindingState(ctx context.Context, tenant passtrail.TenantID, id, state, note, by string, at passtrail.Ticks) error
	Tokens
	AccessLogs
}

// Tenant is one customer directory.
type Tenant struct {
	ID         passtrail.TenantID
	Name       string
	CreatedAt  passtrail.Ticks
	OptedInAt  passtrail.Ticks // 0: collection is off
	OptedInBy  string
	OptedOutAt passtrail.Ticks
	OptedOutBy string
	Settings   Settings
}

// Settings are a tenant's choices.
type Settings struct {
	NoCustomQueries bool `json:"noCustomQueries,omitempty"` // the customQueries licence was taken away
	RetentionDays   int  `json:"retentionDays,omitempty"`   // 0: for ever, see CheckRetention
	// RegisteredOnlyFrom is the day from which password reset accepts registered methods only; 0: as announced for all.
	RegisteredOnlyFrom passtrail.Ticks `json:"registeredOnlyFrom,omitempty"`
}

// RegisteredOnly is the day from which contact data of the directory does not count as a method any more.
func (s Settings) RegisteredOnly() passtrail.Ticks {
	return cmp.Or(s.RegisteredOnlyFrom, vocab.RegisteredOnlyFrom)
}

// ParseRegisteredOnly reads a day for Settings.RegisteredOnlyFrom; "default" and nothing are 0.
func ParseRegisteredOnly(s string) (passtrail.Ticks, error) {
	if s == "" || s == "default" {
		return 0, nil
	}
	t, err := passtrail.ParseTicks(s)
	if err != nil || len(s) != len("2026-11-09") || t < earliestRegisteredOnly {
		return 0, passtrail.Errorf(passtrail.Invalid, "store.ParseRegisteredOnly", "%q is no day from 2026 on (want for example 2026-11-09, or default)", s)
	}
	return t, nil
}

// earliestRegisteredOnly is the first day of 2026: the change was announced in May of that year.
const earliestRegisteredOnly = passtrail.UnixEpoch + 20454*passtrail.Day

// Access is one line of the access log: who looked at what.
type Access struct {
	ID      string // of a line that came through the spool of package access; else ""
	At      passtrail.Ticks
	Tenant  passtrail.TenantID
	Who     string
	Roles   string
	Action  string // view-person, export, query, opt-in, opt-out, sign-in ...
	Subject string
	Detail  string
	Address string
}

// AccessFilter chooses lines of the access log; zero fields choose all. Newest first.
type AccessFilter struct {
	Tenant   passtrail.TenantID
	NoTenant bool // beside those of Tenant, lines that are of none: what was refused before a tenant was known
	From, To passtrail.Ticks
	Limit    int
}

// Takes tells whether the filter takes a line, its limit left aside.
func (f AccessFilter) Takes(a Access) bool {
	tenant := f.Tenant == "" || a.Tenant == f.Tenant || f.NoTenant && a.Tenant == ""
	return tenant && a.At >= f.From && (f.To == 0 || a.At < f.To)
}

// SavedQuery is a query that somebody named.
type SavedQuery struct {
	ID                   string
	Tenant               passtrail.TenantID
	Name, Text, Owner    string
	CreatedAt, ChangedAt passtrail.Ticks
}

// Finding is what a detection found.
type Finding struct {
	Tenant                 passtrail.TenantID
	ID                     string // stable digest of rule and subject
	Rule, Severity, Title  string
	Reasoning              string
	Start, End             passtrail.Ticks
	People, Addresses      []string
	Techniques             []string // ATT&CK ids
	Evidence               []string // record ids
	State, Note, ChangedBy string   // new, seen, closed
	FirstSeen, ChangedAt   passtrail.Ticks
}
