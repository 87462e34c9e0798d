package passtrail

// Shape names the upstream form that a record arrived in. It decides how a record is written back as it came.
type Shape string

// The shapes, richest first: of two versions of one record the one with the higher [Shape.Rank] is kept.
const (
	ShapeDiagnostic   Shape = "diagnostic"   // Azure Monitor diagnostic record (Storage, Event Hubs)
	ShapeGraph        Shape = "graph"        // Graph directoryAudit, also the portal's JSON download
	ShapeLogAnalytics Shape = "loganalytics" // a row of the AuditLogs table
	ShapeLegacy       Shape = "legacy2018"   // the diagnostic record of early 2018
	ShapePortalCSV    Shape = "portalcsv"    // a row of the admin center's CSV download; has no id
)

// Rank orders shapes by how much of a record they carry; more is richer. Unknown shapes have rank 0.
func (s Shape) Rank() int {
	switch s {
	case ShapeDiagnostic:
		return 50
	case ShapeGraph:
		return 40
	case ShapeLogAnalytics:
		return 30
	case ShapeLegacy:
		return 20
	case ShapePortalCSV:
		return 10
	}
	return 0
}

// ActorKind tells who initiated a record.
type ActorKind string

// The kinds of actor. A record without an actor has the empty kind.
const (
	ActorUser ActorKind = "user"
	ActorApp  ActorKind = "app"
)

// Record is one audit record, a fact that is never edited. Text that is absent upstream is "". The nested values and
// Extra are JSON as it came, without insignificant space; they are "" when absent. A Record does not hold secrets, but
// names, addresses and phone numbers: it never goes into a log line.
type Record struct {
	Tenant TenantID
	// ID is the id that Graph and diagnostic records share: opaque, of any length. A record of a shape without ids has
	// "h:" and the hex digits of Hash.
	ID string
	// Hash identifies the event across shapes: the first 16 bytes of SHA-256 over time (whole microseconds),
	// correlation id, service, activity, result, reason, actor (of applications the name) and first target, after the
	// folding of vocab.Fold. See package identity.
	Hash [16]byte
	Time Ticks

	Service       string
	Category      string
	Activity      string
	OperationType string
	Result        string // success, failure, timeout or what came, in lower case
	Reason        string // raw, as it came
	CorrelationID string // as it came; two that differ in letter case alone are one

	ActorKind    ActorKind
	ActorID      string // object id of the user, or service principal id (else app id) of the app
	ActorUPN     string
	ActorName    string
	ActorAddress string

	TargetID   string // of the first target
	TargetUPN  string
	TargetName string
	TargetType string

	// The first target of type User, where that is not the first target; else "". See Person.
	SubjectID   string
	SubjectUPN  string
	SubjectName string

	UserAgent       string
	OnPremisesAgent string

	InitiatedBy       string // JSON object
	TargetResources   string // JSON array
	AdditionalDetails string // JSON array
	Extra             string // JSON object: members that have no column, see normalise.Restore

	Shape      Shape
	Source     string // where it was read, e.g. "file"; a short name, not a path
	ReceivedAt Ticks

	// Derived from the above by the vocabulary; rebuilt, never trusted from outside.
	ActivityKey string // key of events.md section 3 and 6, "" for other records
	Step        string // vocab.Step of the reason, "" if none
	Method      string // Graph's usageAuthMethod name, "" if none
	Problem     string // vocab problem key, "" if none
}
