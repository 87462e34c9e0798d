package store

import (
	"context"

	"passtrail"
)

// Facts keeps what came in, and deletes it: one writer, in the order of commits. What is derived from facts is none of its
// business but that it says what has changed, which Model follows.
type Facts interface {
	// Commit stores a batch in one transaction: all of it or, with an error, nothing. A batch that was committed before
	// changes nothing but the ledger's repeats. Records older than the tenant's retention at the batch's At are counted
	// only, and so are snapshots that a later complete one had replaced by then.
	Commit(ctx context.Context, b *Batch) (Counts, error)
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
	// Expire deletes what lies before an instant: a tenant's records and the attempts they were, inputs that were set
	// aside, intervals that ended, findings without a record left. An attempt that reaches over the instant is derived
	// anew from what is left of it. The tenant "" has the inputs whose tenant could not be told. The ledger keeps its
	// counts, the access log its lines. It deletes slice by slice, each in one transaction, and is safe to kill at any
	// moment: the next call deletes what is left. It returns what it deleted, also beside an error.
	Expire(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (Expired, error)
	// Expiring returns what Expire would delete now.
	Expiring(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (Expired, error)
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
