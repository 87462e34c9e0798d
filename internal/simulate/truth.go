package simulate

import (
	"encoding/json"
	"io"

	"passtrail"
)

// Truth holds the exact answers about a simulated tenant, computed from the model. Times are written in UTC with seven
// fraction digits; "now" of every answer is End. What counts, and how:
//
//   - Records are distinct audit records; repeats on the way and records of other log categories are not among them.
//   - An attempt lies in a period if it begins and ends in it: no attempt of the model straddles the bounds of 1, 7, 14,
//     30 and 60 days before End.
//   - Whether somebody is an administrator, or capable, at a time is what the newest snapshot before it says; for times
//     before the first snapshot, the first.
//   - An abandoned attempt whose last record is younger than 30 minutes at End is open.
type Truth struct {
	Tenant string `json:"tenant"`
	Seed   uint64 `json:"seed"`
	Start  When   `json:"start"`
	End    When   `json:"end"`

	Records           int64   `json:"records"`
	RecordsByActivity []Count `json:"recordsByActivity"` // by vocabulary key; "" for those it does not know
	PeopleTouched     int     `json:"peopleTouched"`     // distinct people who are the target of a password or security-info record

	Attempts     int64     `json:"attempts"`
	AttemptsList []Attempt `json:"attemptsList"` // by start; empty where there are more than Config.Attempts

	AllTime    Period `json:"allTime"`
	Last30Days Period `json:"last30Days"`
	Last7Days  Period `json:"last7Days"`

	ResetsLast7Days Resets       `json:"resetsLast7Days"`
	Registration    Registration `json:"registration"`
	Snapshots       []Snapshot   `json:"snapshots"`
	Roles           []RoleSpan   `json:"roles"`
	Planted         []Planted    `json:"planted"`

	// Delivery is filled by Write: what was put into files.
	Delivery Delivery `json:"delivery"`
}

// When is an instant; in JSON it is text with seven fraction digits.
type When passtrail.Ticks

// MarshalJSON writes the instant as Entra does; the zero value is null.
func (w When) MarshalJSON() ([]byte, error) {
	if w == 0 {
		return []byte("null"), nil
	}
	b := append([]byte{'"'}, passtrail.Ticks(w).String()...)
	return append(b, '"'), nil
}

// Text is the instant as Entra writes it.
func (w When) Text() string { return passtrail.Ticks(w).String() }

// UnmarshalJSON reads what MarshalJSON writes.
func (w *When) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		return err
	}
	t, err := passtrail.ParseTicks(*s)
	*w = When(t)
	return err
}

// Count is how often something was seen.
type Count struct {
	Key   string `json:"key"`
	Count int64  `json:"count"`
}

// Attempt is one attempt, with the names of the table PasswordResetAttempts.
type Attempt struct {
	ID                string          `json:"attemptId"`
	UserID            string          `json:"userId"`
	UserPrincipalName string          `json:"userPrincipalName"`
	IsAdmin           bool            `json:"isAdmin"`
	Start             passtrail.Ticks `json:"-"`
	End               passtrail.Ticks `json:"-"`
	Begins            When            `json:"start"`
	Ends              When            `json:"end"`
	Outcome           string          `json:"outcome"`
	Problem           string          `json:"problem"`
	Gates             []string        `json:"gates"`
	MethodsTried      []string        `json:"methodsTried"`
	Refusals          int             `json:"refusals"`
	LastStep          string          `json:"lastStep"`
	LastMethod        string          `json:"lastMethod"`
	IPAddress         string          `json:"ipAddress"`
	Events            int             `json:"events"`

	reason  string
	resetAt passtrail.Ticks
	steps   []string // of the funnel
	refused []string // problems of the refused passwords
	person  *person
}

// Period are the answers for a time: From is within it, To is not.
type Period struct {
	From     When    `json:"from"`
	To       When    `json:"to"`
	Attempts int64   `json:"attempts"`
	Outcomes []Count `json:"outcomes"`

	MethodsUsed          []MethodUse      `json:"methodsUsed"`          // completed gates of attempts that ended well
	CommonProblems       []ProblemCount   `json:"commonProblems"`       // most frequent first
	AdminsResettingOften []OftenAdmin     `json:"adminsResettingOften"` // three own resets and changes or more
	Funnel               []Count          `json:"funnel"`               // attempts that reached each step, and done
	StoppedAt            []Stop           `json:"stoppedAt"`            // where attempts without a good end stopped
	BlockedPeople        []BlockedPerson  `json:"blockedPeople"`
	AvoidableCalls       Avoidable        `json:"avoidableCalls"`
	AdminResetsByAgent   []AgentCount     `json:"adminResetsByAgent"`
	WriteBack            []AgentCount     `json:"writeBack"`
	SecurityInfo         []SecurityChange `json:"securityInfo"` // a passkey is one, although it leaves two records
	PolicyChanges        []PolicyChange   `json:"policyChanges"`
	BackIn               []WayBack        `json:"backIn"`
}

// PolicyChange is one property of a policy that somebody changed, or was refused to.
type PolicyChange struct {
	At      When   `json:"at"`
	Who     string `json:"who"`
	Setting string `json:"setting"`
	Old     string `json:"oldValue"`
	New     string `json:"newValue"`
	Blade   string `json:"blade"`
	Result  string `json:"result"`
	Weakens bool   `json:"weakens"`
}

// WayBack counts one way in which people got back in.
type WayBack struct {
	Way    string `json:"way"`
	Times  int64  `json:"times"`
	People int    `json:"people"`
}

// MethodUse is how often a method opened the door.
type MethodUse struct {
	Method         string `json:"method"`
	Users          int64  `json:"users"`
	Administrators int64  `json:"administrators"`
}

// ProblemCount counts one problem: attempts that ended with it, passwords refused for it, their sum.
type ProblemCount struct {
	Problem     string `json:"problem"`
	Attempts    int64  `json:"attempts"`
	Refusals    int64  `json:"refusals"` // passwords refused in attempts and at changes
	Changes     int64  `json:"changes"`  // of these, changes
	Occurrences int64  `json:"occurrences"`
	People      int    `json:"people"`
	Admins      int    `json:"admins"`
}

// OftenAdmin is an administrator who resets or changes their own password often.
type OftenAdmin struct {
	UserPrincipalName string `json:"userPrincipalName"`
	UserID            string `json:"userId"`
	Role              string `json:"role"`
	Total             int    `json:"total"`
	Resets            int    `json:"resets"`
	Changes           int    `json:"changes"`
	First             When   `json:"first"`
	Last              When   `json:"last"`
}

// Stop counts attempts that ended at a step.
type Stop struct {
	LastStep   string `json:"lastStep"`
	LastMethod string `json:"lastMethod"`
	Outcome    string `json:"outcome"`
	Attempts   int64  `json:"attempts"`
}

// BlockedPerson is somebody who was blocked. Until is a day after the last attempt within the block.
type BlockedPerson struct {
	UserPrincipalName string `json:"userPrincipalName"`
	UserID            string `json:"userId"`
	Blocks            int    `json:"blocks"`
	LastBlocked       When   `json:"lastBlocked"`
	Until             When   `json:"blockedUntil"`
	StillBlocked      bool   `json:"stillBlocked"`
}

// Avoidable counts resets by administrators of people who could have done it themselves.
type Avoidable struct {
	AdminResets int64 `json:"adminResets"`
	Avoidable   int64 `json:"avoidable"`
	People      int   `json:"people"`
	TriedFirst  int64 `json:"triedFirst"`
}

// AgentCount counts by the system that wrote the password back. Activity is empty where there is only one.
type AgentCount struct {
	Agent     string `json:"agent"`
	Activity  string `json:"activity,omitempty"`
	Succeeded int64  `json:"succeeded"`
	Failed    int64  `json:"failed"`
	People    int    `json:"people"`
}

// SecurityChange counts records about security info.
type SecurityChange struct {
	Activity  string `json:"activity"`
	Method    string `json:"method"`
	Succeeded int64  `json:"succeeded"`
	Failed    int64  `json:"failed"`
	People    int    `json:"people"`
	ByOther   int64  `json:"byOther"`
}

// Resets are the last seven days against the seven before.
type Resets struct {
	People            int         `json:"people"`
	Resets            int64       `json:"resets"`
	PeopleBefore      int         `json:"peopleBefore"`
	ResetsBefore      int64       `json:"resetsBefore"`
	AdminResets       int64       `json:"adminResets"`
	AdminResetsBefore int64       `json:"adminResetsBefore"`
	Days              []ResetsDay `json:"days"` // UTC days with at least one of either
}

// ResetsDay is one UTC day.
type ResetsDay struct {
	Day         string `json:"day"`
	People      int    `json:"people"`
	Resets      int64  `json:"resets"`
	AdminResets int64  `json:"adminResets"`
}

// Registration is what the last snapshot says.
type Registration struct {
	Registered   int                `json:"registered"`
	Enabled      int                `json:"enabled"`
	Capable      int                `json:"capable"`
	Total        int                `json:"total"`
	ByTypeRole   []TypeRole         `json:"byTypeAndRole"`
	Values       []Count            `json:"dataRegistered"` // of registered people
	Combinations []Count            `json:"combinations"`
	Gaps         []Count            `json:"gaps"`
	People       []RegisteredPerson `json:"people"` // empty for more than Config.Attempts people
	FromEvents   int                `json:"fromEvents"`
}

// TypeRole counts the registration of people of one type and role.
type TypeRole struct {
	UserType   string `json:"userType"`
	Role       string `json:"role"`
	Registered int    `json:"registered"`
	Enabled    int    `json:"enabled"`
	Capable    int    `json:"capable"`
	Total      int    `json:"total"`
}

// RegisteredPerson is somebody who is registered. FirstEvent is the first record that says so within the watched time,
// FirstSeen the first snapshot that does.
type RegisteredPerson struct {
	UserPrincipalName string `json:"userPrincipalName"`
	UserID            string `json:"userId"`
	Role              string `json:"role"`
	DataRegistered    string `json:"dataRegistered"`
	FirstEvent        When   `json:"firstEvent"`
	FirstSeen         When   `json:"firstSeen"`
}

// Snapshot is what one reading of the registration report adds up to.
type Snapshot struct {
	TakenAt    When `json:"takenAt"`
	Registered int  `json:"registered"`
	Enabled    int  `json:"enabled"`
	Capable    int  `json:"capable"`
	Total      int  `json:"total"`
	Roles      int  `json:"roles"`
}

// RoleSpan is a role as the snapshots show it: from the first one that has it to the first that has not; null is "since
// ever" and "still".
type RoleSpan struct {
	UserID string `json:"userId"`
	Role   string `json:"role"`
	From   When   `json:"from"`
	To     When   `json:"to"`
}

// Planted is abuse that a detection should find: the rule's id, whom it concerns and the records that show it.
type Planted struct {
	Rule      string   `json:"rule"`
	Subject   string   `json:"subject"`
	Start     When     `json:"start"`
	End       When     `json:"end"`
	People    []string `json:"people"`
	Addresses []string `json:"addresses"`
	Attempts  []string `json:"attempts"`
	Evidence  []string `json:"evidence"`
	// Fault names what Entra does not allow, where the abuse is such: beyond-reach is an administrator who resets somebody
	// whom their roles do not reach. Everything else in a simulated tenant keeps to the rules.
	Fault string `json:"fault,omitempty"`
}

// Delivery is what Write put into files.
type Delivery struct {
	Format          string  `json:"format"`
	Files           int     `json:"files"`
	Bytes           int64   `json:"bytes"`
	Delivered       int64   `json:"delivered"` // records in files, repeats among them
	OtherCategories []Count `json:"otherCategories"`
}

// WriteTo writes the truth as indented JSON.
func (t *Truth) WriteTo(w io.Writer) (int64, error) {
	b, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return 0, err
	}
	n, err := w.Write(append(b, '\n'))
	return int64(n), err
}
