// Package store says what the database promises to the rest of Passtrail. internal/store/duckdb keeps the promise with an
// embedded DuckDB; internal/store/storetest is the suite that every implementation passes.
//
// Records come in through [Store.Commit], one transaction a batch; what is derived from them (attempts, intervals)
// follows in [Store.Refresh] and can be made anew with [Store.Rebuild]. Questions go through [Store.Query], and only
// internal/query asks them with text that a person wrote.
package store

import (
	"cmp"
	"context"
	"time"

	"passtrail"
	"passtrail/internal/vocab"
)

// Store is one database. Its methods may be called at once from several goroutines; writers take turns.
type Store interface {
	// Commit stores a batch in one transaction: all of it or, with an error, nothing. A batch that was committed before
	// changes nothing but the ledger's repeats. Records older than the tenant's retention at the batch's At are counted
	// only, and so are snapshots that a later complete one had replaced by then.
	Commit(ctx context.Context, b *Batch) (Counts, error)
	// Refresh brings the derived tables up to what has been committed since the last call. It is safe to kill at any
	// moment: the next call does what is left.
	Refresh(ctx context.Context) error
	// Rebuild makes all derived columns and tables anew from the records and snapshots, with the same result.
	Rebuild(ctx context.Context, progress func(done, total int64)) error

	// Records returns records of a tenant whole, as they were committed, in the order in which they are named. One that is
	// not there is left out; of two with one name both are returned.
	Records(ctx context.Context, tenant passtrail.TenantID, named []RecordName) ([]passtrail.Record, error)
	// Checkpoint returns the position that the last committed batch of a source carried, "" if there is none.
	Checkpoint(ctx context.Context, source string) (string, error)
	// Quarantined lists inputs that were set aside, oldest first, without their bytes. Limit 0 means all.
	Quarantined(ctx context.Context, f QuarantineFilter) ([]Quarantine, error)
	// QuarantineItem returns one input with its bytes, or an error with code NotFound.
	QuarantineItem(ctx context.Context, id int64) (Quarantine, error)
	// DropQuarantined removes inputs, after a retry took them in.
	DropQuarantined(ctx context.Context, ids []int64) error
	// PutFailure keeps why the last attempt to take something in failed, in place of what is kept of that source and
	// tenant. A failure without a reason is a success: nothing is kept of them. It works while the database itself cannot
	// be written.
	PutFailure(ctx context.Context, f Failure) error
	// Failures returns what is kept of a tenant and of unknown ones, newest first.
	Failures(ctx context.Context, tenant passtrail.TenantID) ([]Failure, error)
	// Ledger returns the ledger of a tenant, by source and hour.
	Ledger(ctx context.Context, tenant passtrail.TenantID) ([]LedgerHour, error)
	// Revision brings what is derived up to date and says what state of a tenant that is: two answers between which it
	// did not move come from the same records and the same derivation.
	Revision(ctx context.Context, tenant passtrail.TenantID) (Revision, error)
	// FinalUntil says up to when a tenant's figures are final, see Lateness.
	FinalUntil(ctx context.Context, tenant passtrail.TenantID) (Finality, error)
	// Coverage says of which time a tenant has audit records.
	Coverage(ctx context.Context, tenant passtrail.TenantID) (Coverage, error)

	// Tenant returns one tenant, or an error with code NotFound.
	Tenant(ctx context.Context, id passtrail.TenantID) (Tenant, error)
	// Tenants returns all tenants by name.
	Tenants(ctx context.Context) ([]Tenant, error)
	// Standings returns where tenants stand at an instant, in the order asked for; unknown ones have nothing.
	Standings(ctx context.Context, tenants []passtrail.TenantID, now passtrail.Ticks) ([]Standing, error)
	// PutTenant creates or replaces a tenant. The error has code Invalid when its id or its retention is none.
	PutTenant(ctx context.Context, t Tenant) error

	// Query runs one read-only statement that the query engine generated and calls row for each row; the slice is
	// reused. It brings what is derived up to date first, or answers nothing: code Unavailable or TooLarge. Text comes as string, instants as int64 ticks, JSON as string. It stops soon after ctx is done.
	Query(ctx context.Context, sql string, args []any, row func([]any) error) error

	// LogAccess adds lines to the access log in one transaction. A line with an id takes the place of the one that has it.
	LogAccess(ctx context.Context, lines ...Access) error
	AccessLog(ctx context.Context, f AccessFilter) ([]Access, error)
	SavedQueries(ctx context.Context, tenant passtrail.TenantID) ([]SavedQuery, error)
	PutSavedQuery(ctx context.Context, q SavedQuery) error
	DropSavedQuery(ctx context.Context, tenant passtrail.TenantID, id string) error
	// PutFindings adds findings not seen before and updates span, people and evidence of known ones; state, note and
	// first_seen of known ones stay.
	PutFindings(ctx context.Context, fs []Finding) error
	Findings(ctx context.Context, tenant passtrail.TenantID) ([]Finding, error)
	SetFindingState(ctx context.Context, tenant passtrail.TenantID, id, state, note, by string, at passtrail.Ticks) error

	Tokens

	// Expire deletes what lies before an instant: a tenant's records and the attempts they were, inputs that were set
	// aside, intervals that ended, findings without a record left. An attempt that reaches over the instant is derived
	// anew from what is left of it. The tenant "" has the inputs whose tenant could not be told. The ledger keeps its
	// counts, the access log its lines. It deletes slice by slice, each in one transaction, and is safe to kill at any
	// moment: the next call deletes what is left. It returns what it deleted, also beside an error.
	Expire(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (Expired, error)
	// Expiring returns what Expire would delete now.
	Expiring(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (Expired, error)
	// Verify checks what the store promises: no record twice, nothing that the ledger does not know, and attempts, of
	// which it takes a sample, as they come out when they are derived anew. It reads every value that is stored and changes
	// nothing.
	Verify(ctx context.Context) (Verification, error)
	// Mend mends what Verify found: it derives what is due, makes anew what is derived wrongly, and accepts that records
	// are lost. It says what it did; what it cannot mend a second Verify finds again.
	Mend(ctx context.Context, v Verification) (done []string, err error)

	Close() error
}

// Verification is what Verify found. A sound store has no Problems.
type Verification struct {
	Records, Attempts, Quarantined int64
	Sampled                        int64    // attempts that were derived anew and compared
	Problems                       []string // for a person, without anything personal

	// What kinds of problems these are: something is due, something was derived wrongly, records that were stored are
	// missing, the database cannot be read whole.
	Due, Stale, Lost, Damaged bool
}

// Batch is what one transaction takes in. All of it belongs to one tenant and one source, or to no tenant when it holds
// only a checkpoint and inputs whose tenant could not be told.
type Batch struct {
	Tenant     passtrail.TenantID
	Source     string // name for ledger and records
	Records    []passtrail.Record
	Snapshots  []Snapshot
	Quarantine []Quarantine
	Other      []OtherCount // records of other log categories, counted only
	// CheckpointKey and Position say how far the source was read once this batch is in; an empty key stores none.
	CheckpointKey string
	Position      string
	Checkpoints   []Checkpoint    // further ones, of a batch that finishes several small places
	At            passtrail.Ticks // when it was received
	// More says that another batch follows at once. The store may then put off making this one durable until it has
	// enough for a transaction that is quick to write; a batch without More, Refresh, Rebuild and Close make all of them
	// durable. Until then a kill loses it whole, its checkpoints with it, and so does a later Commit that fails.
	More bool
	// Durable, which may be nil, is called once with what became of the batch when it is durable: by the call that makes
	// it so, before that returns, from any goroutine. It calls no method of the store. A batch that is lost is never told of.
	Durable func(Counts)
}

// RecordName tells a record among those of a tenant: two events under one id have different times.
type RecordName struct {
	ID   string
	Time passtrail.Ticks
}

// Checkpoint says how far one place was read.
type Checkpoint struct{ Key, Position string }

// OtherCount counts records of a log category that Passtrail does not keep.
type OtherCount struct {
	Category string
	Hour     passtrail.Ticks // 0 if unknown
	Count    int64
}

// Counts says what became of a batch: Received = Stored + Repeats + SetAside + Other + PastRetention.
type Counts struct {
	Received, Stored, Repeats, SetAside, Other int64
	// PastRetention counts what is older than the tenant's retention: it is not stored.
	PastRetention int64
	// Replaced counts repeats that were richer than what was stored and took its place.
	Replaced int64
}

// SnapshotKind tells the two kinds of snapshot apart.
type SnapshotKind string

// The kinds of snapshot.
const (
	Registrations SnapshotKind = "registration"
	Roles         SnapshotKind = "roles"
)

// Snapshot is the whole state of a tenant's registrations or role assignments at one instant.
type Snapshot struct {
	Kind    SnapshotKind
	TakenAt passtrail.Ticks
	// Complete is false when pages are missing: people absent from the snapshot then keep their state.
	Complete      bool
	Registrations []Registration
	Roles         []RoleAssignment
}

// Registration is one person's row of userRegistrationDetails.
type Registration struct {
	UserID, UPN, Name, UserType                                                  string
	IsAdmin, IsSsprRegistered, IsSsprEnabled, IsSsprCapable                      bool
	IsMfaRegistered, IsMfaCapable, IsPasswordlessCapable, SystemPreferredEnabled bool
	Methods, SystemPreferredMethods                                              []string
	PreferredMethod                                                              string
	LastUpdated                                                                  passtrail.Ticks // 0 unknown
	Extra                                                                        string          // JSON object of unknown members, or ""
}

// RoleAssignment is one role that a person holds.
type RoleAssignment struct {
	UserID, UPN      string
	RoleID, RoleName string // template id and display name
	Scope            string // "/" for the whole tenant
}

// Quarantine is one input that could not be read.
type Quarantine struct {
	ID       int64
	Tenant   passtrail.TenantID
	Source   string
	Position string // file and line, "export.zip!a.csv:3"
	Reason   string // for a person
	Code     string // stable: not-json, no-time, too-large ...
	Bytes    []byte
	At       passtrail.Ticks
}

// Failure is an attempt to take in from a source that failed.
type Failure struct {
	Tenant passtrail.TenantID `json:"tenant,omitempty"` // "" where none was named
	Source string             `json:"source"`
	At     passtrail.Ticks    `json:"at"`
	Reason string             `json:"reason"` // for a person, nothing personal
}

// QuarantineFilter chooses inputs that were set aside; zero fields choose all.
type QuarantineFilter struct {
	Tenant passtrail.TenantID
	Source string
	Code   string
	Limit  int
}

// LedgerHour is one source and hour.
type LedgerHour struct {
	Source                                     string
	Hour                                       passtrail.Ticks
	Received, Stored, Repeats, SetAside, Other int64
	PastRetention                              int64
	SnapshotRows                               int64 // of Stored: rows of snapshots, the rest are records
	LastSeen                                   passtrail.Ticks
	LastRecord                                 passtrail.Ticks // newest audit record of the hour; 0: none of its counts is of audit records
	FinalSince                                 passtrail.Ticks // when Refresh found its counts final, see Lateness; 0: still open
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

// Revision is a state of a tenant's records and of what is derived from them, in the order in which states come about.
type Revision struct {
	Whole  int64 // moves when everything was derived anew
	Tenant int64 // moves with each batch of the tenant and each deletion
}

// Limits bound one statement.
type Limits struct {
	Time time.Duration // 0: none
	Rows int64         // 0: none
}
