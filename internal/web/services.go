package web

import (
	"context"
	"io"
	"time"

	"passtrail"
	"passtrail/internal/chart"
	"passtrail/internal/kql/diag"
)

// Services is what the pages ask. One implementation answers from the store through internal/query; every method checks
// who asks (auth.Require) before it reads, and returns a passtrail error with a code where a person can act on it.
type Services interface {
	Coverages
	Overview
	Reports
	Events
	Attempts
	People
	Registrations
	Findings
	Queries
	Sources
	Tenants
	Portfolio
	Retention
	AccessTokens
	AccessLog
}

// Scope is what every question is about: one tenant, at one moment.
type Scope struct {
	Tenant passtrail.TenantID
	Now    passtrail.Ticks
	Zone   *time.Location // of the days that sentences name; nil is UTC
}

// Days is the zone whose days sentences name.
func (s Scope) Days() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// Period is a stretch of time, From inclusive and To exclusive; To 0 means up to now.
type Period struct {
	Key      string // "24h", "7d", "30d", "90d", "365d", "all" or "custom"
	From, To passtrail.Ticks
}

// Coverages say which time the audit records cover.
type Coverages interface {
	// Coverage answers which part of a period they cover. Whoever may look at one person may ask.
	Coverage(ctx context.Context, s Scope, p Period) (Coverage, error)
}

// Coverage is which time the audit records cover.
type Coverage struct {
	KnownFrom passtrail.Ticks // hour of the first record; 0: there is none
	Missing   string          // what of the period is not covered, in a sentence; "" where all is
}

// Overview answers the nine questions at a glance.
type Overview interface {
	// Answers returns the answers in the order to show them. One that could not be found out carries a Problem.
	Answers(ctx context.Context, s Scope, p Period) ([]Answer, error)
	// Freshness says what the answers rest on.
	Freshness(ctx context.Context, s Scope) (Freshness, error)
}

// Answer is one question with its answer.
type Answer struct {
	Report      string // id of the report with the whole answer
	Href        string // where it is, with its period where that is not the page's
	Question    string
	Sentence    string      // the answer in a sentence
	Figure      string      // "1,204"
	FigureLabel string      // "people"
	Tone        string      // "", "good", "warn" or "bad"
	Chart       *Chart      // may be nil
	Rows        []AnswerRow // the first few of a list, in place of a chart
	Links       []Link
	Problem     string // why there is no answer, for the person
}

// AnswerRow is one line of an answer that is a list.
type AnswerRow struct {
	Text, Href string
	Note       string
	Severity   string          // of a finding, else ""
	At         passtrail.Ticks // 0: no time belongs to it
}

// Link is a way further.
type Link struct{ Text, Href string }

// Freshness says what the store holds for a tenant.
type Freshness struct {
	Records        int64
	Oldest, Newest passtrail.Ticks // of the records; 0 without records
	FinalUntil     passtrail.Ticks // figures about records of before do not grow by late ones any more; 0: open, see store.Lateness
	Snapshot       passtrail.Ticks // newest registration snapshot; 0: none
	StateSince     passtrail.Ticks // oldest snapshot: from then on the state is known and not assumed
}

// Chart is a picture, drawn on the server and made interactive in the browser, and the numbers of its table.
type Chart struct {
	chart.Chart
	LabelName string   // what the labels are, "Day"
	Links     []string // where a label leads, "" for nowhere; may be shorter than Labels
	Whole     float64  // what the values are parts of, on a card; 0: nothing
}

// Reports are the prebuilt ones.
type Reports interface {
	ReportList(ctx context.Context, s Scope) ([]ReportInfo, error)
	Report(ctx context.Context, s Scope, id string, p Period, params map[string]string) (*Report, error)
	ExportReport(ctx context.Context, s Scope, id string, p Period, params map[string]string, format string, w io.Writer) (int64, error)
}

// ReportInfo names a report.
type ReportInfo struct {
	ID, Title, Summary, Group string
}

// Report is a report that ran.
type Report struct {
	ReportInfo
	Sentence string // the answer in a sentence, may be ""
	Counts   string // how it counts, in a sentence a reader can check
	Params   []Param
	From, To passtrail.Ticks // what it is about, with the report's own period where none was asked for
	Query    string          // the KQL that it ran, "" for findings
	Sections []Section
	Notes    []string // what to know before trusting a figure
}

// Section is one table of a report with its picture.
type Section struct {
	Title string
	Chart *Chart
	Table Table
}

// Param is a parameter of a report besides the period.
type Param struct {
	Name, Label, Kind, Value, Help string // Kind "number", "text" or "choice"
	Choices                        []string
}

// Table is rows to show, of a report or of a query.
type Table struct {
	Caption      string
	Columns      []TableColumn
	Rows         [][]Cell
	Behind       []string // by row, the KQL of the records behind it; may be empty
	FigureColumn int      // the column that says how many records Behind answers, -1 if none does
	Cut          int64    // rows that are not shown
}

// Total is how many rows there are, shown or not.
func (t Table) Total() int64 { return int64(len(t.Rows)) + t.Cut }

// TableColumn is a column of a Table.
type TableColumn struct {
	Name    string
	Kind    string // "text", "number", "time", "span", "dynamic"
	Numeric bool
}

// Cell is one value. Time is set for instants, JSON for dynamic values; Text is always the plain form.
type Cell struct {
	Text string
	Sort string // what sorting compares
	Href string
	Time passtrail.Ticks
	JSON string
	Null bool
	Long bool // takes more room
}

// Events is the audit log.
type Events interface {
	FindEvents(ctx context.Context, s Scope, f EventFilter) (*EventPage, error)
	// Record returns one record with everything known about it, or an error with code NotFound.
	Record(ctx context.Context, s Scope, id string) (*RecordView, error)
	// ExportEvents writes every record that the filter matches, oldest page position ignored, and returns how many; it
	// returns an error when it cannot write them all.
	ExportEvents(ctx context.Context, s Scope, f EventFilter, format string, w io.Writer) (int64, error)
	// EventsQuery returns the filter as KQL over AuditLogs.
	EventsQuery(s Scope, f EventFilter) string
}

// EventFilter chooses records; empty fields choose all.
type EventFilter struct {
	Period
	Service, Category, Activity, Status string
	Target, Actor                       string // begins with, name or user principal name
	Correlation, Agent, Text            string
	After                               string // opaque: the position after which the page starts
	Limit                               int
}

// EventRow is one record in a list.
type EventRow struct {
	ID                                                                         string
	Time                                                                       passtrail.Ticks
	Service, Category, Activity, Status, Reason, Plain                         string
	Target, TargetID, Actor, ActorID, Address, Correlation, UserAgent, Attempt string
}

// EventPage is a page of the audit log.
type EventPage struct {
	Rows                                     []EventRow
	Total                                    int64
	Next                                     string // position of the next page, "" on the last
	Services, Categories, Activities, States []Facet
}

// Facet is a value of a column and how many of the records that the other filters match have it.
type Facet struct {
	Value string
	Count int64
}

// RecordView is one record in full.
type RecordView struct {
	EventRow
	OperationType, Result  string
	Remedy, FixedBy, Title string // the reason's problem and what helps
	Source                 string
	ReceivedAt             passtrail.Ticks
	OnPremisesAgent        string
	Actors, Targets        []Party
	Modified               []Change
	Details                []Link // Text is the key, Href the value
	Raw                    string // JSON, indented
}

// Party is an actor or target of a record.
type Party struct {
	Kind, Name, UPN, ID, Address string
}

// Change is a property that an activity changed.
type Change struct{ Target, Property, Old, New string }

// Attempts are attempts at self-service reset or unlock.
type Attempts interface {
	FindAttempts(ctx context.Context, s Scope, f AttemptFilter) (*AttemptPage, error)
	AttemptSummary(ctx context.Context, s Scope, f AttemptFilter) (*AttemptSummary, error)
	// Attempt returns one attempt with its records, or an error with code NotFound.
	Attempt(ctx context.Context, s Scope, id string) (*AttemptView, error)
}

// AttemptFilter chooses attempts; empty fields choose all.
type AttemptFilter struct {
	Period
	Outcome, Problem, Method, Who, Person, Address string // Who is "users", "admins" or "" for both
	After                                          string
	Limit                                          int
}

// AttemptRow is one attempt in a list.
type AttemptRow struct {
	ID                                       string
	Start, End                               passtrail.Ticks
	UPN, Name, UserID, Role                  string
	IsAdmin                                  bool
	Outcome, Problem, ProblemTitle, Reason   string
	Gates, Tried                             []string // names of methods
	Refusals, Events                         int64
	LastStep, LastMethod, Address, UserAgent string
}

// AttemptPage is a page of attempts, newest first.
type AttemptPage struct {
	Rows                        []AttemptRow
	Total                       int64
	Next                        string
	Outcomes, Problems, Methods []Facet
}

// AttemptSummary is the attempts of a period in figures.
type AttemptSummary struct {
	Attempts, People, Succeeded           int64
	MedianSuccess, NinetySuccess          passtrail.Ticks // time to reset, half and nine in ten; 0 without successes
	Outcomes, Funnel, StoppedAt, Duration *Chart
}

// AttemptView is one attempt in full.
type AttemptView struct {
	AttemptRow
	Remedy, FixedBy string
	Records         []EventRow
	Companions      []EventRow // of other services, with the same correlation id
	Correlation     string     // of its records, "" if they have none
}

// People are the persons that records and snapshots name.
type People interface {
	// FindPeople returns at most 50 people whose name or user principal name contains text.
	FindPeople(ctx context.Context, s Scope, text string) ([]PersonRow, error)
	// Person returns one person by object id or user principal name, or an error with code NotFound.
	Person(ctx context.Context, s Scope, who string, p Period) (*PersonView, error)
}

// PersonRow is one person in a list.
type PersonRow struct {
	ID, UPN, Name, Role string
	LastSeen            passtrail.Ticks
}

// PersonView is one person: the state now, and what happened in the period as one line of time.
type PersonView struct {
	PersonRow
	Registration *RegistrationState // nil without a snapshot
	Roles        []RoleHeld
	BlockedUntil passtrail.Ticks // 0: not blocked now
	Attempts     []AttemptRow
	Story        []StoryItem // newest first
	Earlier      bool        // there is more before the period
}

// RegistrationState is what a snapshot says of one person.
type RegistrationState struct {
	Registered, Enabled, Capable, MFA bool
	Methods                           []string
	Data                              string
	Since, Updated                    passtrail.Ticks
}

// RoleHeld is a role over an interval; To 0 means still held. Where the first snapshot stands in for what was before it,
// Assumed is earlier than From.
type RoleHeld struct {
	Name              string
	From, To, Assumed passtrail.Ticks
}

// StoryItem is something that happened: an attempt with its records, a single record, or a change of state.
type StoryItem struct {
	Kind    string // "attempt", "record", "registration" or "role"
	Time    passtrail.Ticks
	Tone    string // "", "good", "warn" or "bad"
	Icon    string
	Title   string
	Detail  string
	Href    string
	Role    string // held at that moment
	Records []EventRow
}

// Registrations are the states of registration.
type Registrations interface {
	Registration(ctx context.Context, s Scope, f RegistrationFilter) (*RegistrationView, error)
}

// RegistrationFilter chooses a moment, a second one to compare with, and the people to list.
type RegistrationFilter struct {
	At, Compare passtrail.Ticks // 0: now, none
	Who         string          // "", "users", "admins", "members" or "guests"
	List        string          // "missing", "unlisted", "admins", "registered" or "changed"
	Text        string
	Page        int
	Limit       int
}

// RegistrationView is the registration of a tenant at a moment.
type RegistrationView struct {
	Known                                bool // there is a snapshot
	Taken, KnownSince                    passtrail.Ticks
	Total, Registered, Enabled, Capable  int64
	WasTotal, WasRegistered, WasEnabled  int64 // at Compare
	WasCapable                           int64
	EnabledNotRegistered                 int64
	RegisteredNotEnabled, AdminsNotReady int64
	ByMethod, ByCombination, Trend       *Chart
	People                               []RegisteredPerson
	Listed                               int64 // how many the list has in all
}

// RegisteredPerson is one person in a list about registration.
type RegisteredPerson struct {
	PersonRow
	RegistrationState
	Type, Change string          // Change is what differs between two dates
	BlockedUntil passtrail.Ticks // end of a block from password reset that holds at the moment asked about, 0 without one
}

// Findings are what detections found.
type Findings interface {
	FindFindings(ctx context.Context, s Scope, state string) (*FindingPage, error)
	// Finding returns one finding with its evidence, or an error with code NotFound.
	Finding(ctx context.Context, s Scope, id string) (*FindingView, error)
	SetFinding(ctx context.Context, s Scope, id, state, note string) error
}

// FindingRow is one finding in a list.
type FindingRow struct {
	ID, Rule, Severity, Title, Reasoning, State, Note, ChangedBy string
	Start, End, FirstSeen, ChangedAt                             passtrail.Ticks
	People, Addresses, Techniques                                []string
	Evidence                                                     int
}

// FindingPage is the findings in one state, and how many there are in each.
type FindingPage struct {
	Rows   []FindingRow
	States []Facet
}

// FindingView is one finding in full.
type FindingView struct {
	FindingRow
	Rows  []EventRow
	Query string // the rule's KQL
}

// Queries runs what a person writes.
type Queries interface {
	// Licensed tells whether the tenant may run custom queries.
	Licensed(ctx context.Context, s Scope) (bool, error)
	// RunQuery runs a query. A mistake in the text is a diag.List.
	RunQuery(ctx context.Context, s Scope, text string, p Period) (*QueryResult, error)
	// CheckQuery returns the mistakes of a text without running it.
	CheckQuery(ctx context.Context, s Scope, text string) diag.List
	ExportQuery(ctx context.Context, s Scope, text string, p Period, format string, w io.Writer) (int64, error)
	QuerySchema(ctx context.Context) QuerySchema
	Examples(ctx context.Context, s Scope) ([]SavedQuery, error)
	SavedQueries(ctx context.Context, s Scope) ([]SavedQuery, error)
	SaveQuery(ctx context.Context, s Scope, name, text string) error
	DropQuery(ctx context.Context, s Scope, id string) error
}

// QueryResult is what a query answered.
type QueryResult struct {
	Tables   []Table
	Chart    *Chart // of the render operator, may be nil
	Warnings []string
	Took     string
}

// SavedQuery is a query with a name.
type SavedQuery struct{ ID, Name, Text, Owner string }

// QuerySchema tells the editor what the engine has.
type QuerySchema struct {
	Tables     []SchemaTable `json:"tables"`
	Functions  []string      `json:"functions"`
	Aggregates []string      `json:"aggregates"`
	Operators  []string      `json:"operators"`
	Plugins    []string      `json:"plugins"`
}

// SchemaTable is a table that queries see.
type SchemaTable struct {
	Name    string         `json:"name"`
	Help    string         `json:"help"`
	Columns []SchemaColumn `json:"columns"`
}

// SchemaColumn is a column of a SchemaTable.
type SchemaColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Help string `json:"help"`
}

// Sources tells what came in.
type Sources interface {
	SourceList(ctx context.Context, s Scope) (*SourcesView, error)
	// SetAside returns one input that could not be read, with its text, or an error with code NotFound.
	SetAside(ctx context.Context, s Scope, id int64) (*SetAsideView, error)
}

// SourcesView is what came in for a tenant.
type SourcesView struct {
	Sources  []SourceRow
	SetAside []SetAsideRow
	Arrived  *Chart // records by day
	Unknown  []UnknownRow
}

// UnknownRow is a status reason or a method that is not known, without what may be somebody's number.
type UnknownRow struct {
	Kind, Text, Activity string
	Records              int64
}

// SourceRow is one source.
type SourceRow struct {
	Name                                 string
	Received, Repeats, SetAside, Other   int64
	Records, SnapshotRows, PastRetention int64 // Records and SnapshotRows are what was stored
	First, Last, LastSeen, FinalUntil    passtrail.Ticks
	FailedAt                             passtrail.Ticks
	Failure                              string // why the last attempt to take in from it failed, "" if it did not
}

// SetAsideRow is one input that could not be read.
type SetAsideRow struct {
	ID                             int64
	Source, Position, Reason, Code string
	At                             passtrail.Ticks
}

// SetAsideView is one such input with its text.
type SetAsideView struct {
	SetAsideRow
	Text string
}

// AccessLog keeps who looked at what.
type AccessLog interface {
	// LogAccess makes a line durable before it returns. A line with an id takes the place of the one that has it.
	LogAccess(ctx context.Context, s Scope, l AccessLine) error
	// AccessEntries answers the newest lines of a period, as many as a page shows.
	AccessEntries(ctx context.Context, s Scope, p Period) (*AccessPage, error)
}

// AccessLine is one line of the access log that is to be written.
type AccessLine struct {
	ID                               string // "" for a line that is not changed later
	Action, Subject, Detail, Address string
	Typed                            bool // a search, whose text may still be being typed: lines that continue each other are one
	Refused                          bool // was not answered; it may come from somebody who has not signed in
}

// AccessPage is a page of the access log, newest first.
type AccessPage struct {
	Rows  []AccessRow
	Older passtrail.Ticks // the lines before this instant are on the next page; 0: there are none
}

// AccessRow is one line of the access log.
type AccessRow struct {
	At                                           passtrail.Ticks
	Who, Roles, Action, Subject, Detail, Address string
}
