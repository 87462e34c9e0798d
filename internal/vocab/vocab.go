// Package vocab holds the words of password reset: the activities, status reasons, problems, methods, roles and services
// that audit records speak of, as tables in data/*.tsv beside the code. Adding a word is adding a row.
//
// [Classify] turns the text of a record into stable keys and is made to be called for every record; [Fold] is the one
// rule by which texts are compared. A text that nobody has seen before gives the zero [Class], never an error: the record
// keeps its own words.
//
// Activity keys of the service Self-service Password Management: blocked, change, admin_reset, reset, flow, unlock,
// registered, reg_started, reg_completed, writeback_on, writeback_off, policy. Those of Authentication Methods begin with
// info_, pw_ and admin_ (and passkey_options, fraud_reported, suspicious_reported), those of Core Directory with dir_, of
// B2C with b2c_, of Account Recovery with recovery_, of Device Registration Service with device_; changes of policies in other services than that of password reset
// with policy_. [Activities] lists them all.
package vocab

// Class is what a record's words mean. The zero value means: unknown words.
type Class struct {
	ActivityKey string // key of [Activity]
	Step        string // one of the Step constants, "" where the reason is no step
	Method      string // key of [Method], or an unknown method's own words in lower case
	Problem     string // key of [Problem]
}

// The steps of an attempt, as in [Class] and [Reason].
const (
	StepStart          = "start"           // typed the user name
	StepOptions        = "options"         // was shown the ways to verify
	StepGateStart      = "gate_start"      // began to verify by one method
	StepGatePass       = "gate_pass"       // verified by one method
	StepGatesPassed    = "gates_passed"    // passed all verification
	StepNewPassword    = "new_password"    // sent a new password
	StepEnd            = "end"             // the password was reset
	StepCancelled      = "cancelled"       // pressed cancel
	StepRefused        = "refused"         // was turned away
	StepBlocked        = "blocked"         // too many tries
	StepAbandoned      = "abandoned"       // stopped part-way, as the classic report computed it
	StepContactedAdmin = "contacted_admin" // asked an administrator for help
)

// Service is one value of loggedByService.
type Service struct {
	Key      string // sspr, authentication_methods, core_directory, account_recovery ...
	Name     string // as written today
	Variants []string
}

// Activity is one kind of audit record.
type Activity struct {
	Key            string
	Service        string // key of [Service]
	Name           string // primary spelling
	Variants       []string
	Category       string
	Target         string   // type of the target resource
	Results        []string // results allowed; empty where unknown
	Mark           string   // evidence: D documented, L older documentation, O observed
	Title          string   // in plain words
	FailureProblem string   // problem of a failure whose reason says nothing
}

// Reason is one status reason.
type Reason struct {
	Text          string // primary spelling
	Variants      []string
	Activities    []string // keys it belongs to; empty: any
	Step          string
	Method        string
	Problem       string // key of [Problem]
	Origin        string // today, classic, activity, code, signin, registration
	Row           int    // row of the classic table of 35 details, 0 if none
	ClassicResult string // result in the classic report: Abandoned, Blocked, Canceled, Contacted admin, Failed, Succeeded
	Match         string // exact, prefix (the text begins so), token (a code name anywhere in the text)
	Plain         string // in plain words
	Remedy        string // what to do; that of the problem unless the row has its own
	Who           string // who can do it
}

// Problem is a kind of trouble that a person can have.
type Problem struct {
	Key    string
	Title  string
	Remedy string
	// RemedyRegistered is what helps from the day on which only methods that were registered count: contact data of the
	// directory is no help any more. The same as Remedy where that changes nothing.
	RemedyRegistered string
	Who              string // person, help desk, identity admin, on-premises admin, nobody
}

// RemedyAt is what helps with a problem; registeredOnly says that contact data of the directory does not count any more.
func (p Problem) RemedyAt(registeredOnly bool) string {
	if registeredOnly {
		return p.RemedyRegistered
	}
	return p.Remedy
}

// Method is one way to verify.
type Method struct {
	Key               string   // usageAuthMethod name
	Name              string   // as the reset page says
	FlowTexts         []string // inside "User started the … verification option"
	ActivityReport    string   // in userRegistrationActivity
	MethodsRegistered []string // in userRegistrationDetails
	DataRegistered    string   // "" for methods the old vocabulary does not know
	PortalName        string
	Gate              bool     // can be a gate of password reset
	RegistrationNames []string // inside "User registered …"
}

// Role is one directory role.
type Role struct {
	Name       string
	TemplateID string // the same in every tenant; "" where none is published
	Variants   []string
	Admin      bool   // administers something; readers and operators do not
	TwoGate    bool   // under the fixed reset policy for administrators
	Privileged bool   // privilegedAdmin of the registration summaries
	Reach      string // in Passtrail: all, read, person (one person at a time), "" nothing
	Weight     int    // of two roles that a person holds, the one with more weight is shown
}

// Services returns all services. Like the other tables it is a copy: callers may change it.
func Services() []Service { return append([]Service(nil), tables.services...) }

// Activities returns all activities, those of password reset first.
func Activities() []Activity { return append([]Activity(nil), tables.activities...) }

// Reasons returns all status reasons.
func Reasons() []Reason { return append([]Reason(nil), tables.reasons...) }

// Problems returns all problems.
func Problems() []Problem { return append([]Problem(nil), tables.problems...) }

// Methods returns all methods.
func Methods() []Method { return append([]Method(nil), tables.methods...) }

// Roles returns all roles, the weightiest first.
func Roles() []Role { return append([]Role(nil), tables.roles...) }

// RoleByTemplate finds a role by its template id, in any letter case.
func RoleByTemplate(id string) (Role, bool) {
	i, ok := tables.roleByID[Fold(id)]
	if !ok {
		return Role{}, false
	}
	return tables.roles[i], true
}

// RoleByName finds a role by its name or an older one.
func RoleByName(name string) (Role, bool) {
	i, ok := tables.roleByName[Fold(name)]
	if !ok {
		return Role{}, false
	}
	return tables.roles[i], true
}

// ProblemByKey finds a problem.
func ProblemByKey(key string) (Problem, bool) {
	i, ok := tables.problemByKey[key]
	if !ok {
		return Problem{}, false
	}
	return tables.problems[i], true
}

// ActivityByKey finds an activity.
func ActivityByKey(key string) (Activity, bool) {
	i, ok := tables.activityByKey[key]
	if !ok {
		return Activity{}, false
	}
	return tables.activities[i], true
}

// MethodByKey finds a method by its usageAuthMethod name.
func MethodByKey(key string) (Method, bool) {
	i, ok := tables.methodByKey[key]
	if !ok {
		return Method{}, false
	}
	return tables.methods[i], true
}

// ActivityTitle is an activity in plain words; an unknown key is itself.
func ActivityTitle(key string) string {
	if a, ok := ActivityByKey(key); ok {
		return a.Title
	}
	return key
}

// MethodName is a method's name for people; an unknown key is itself.
func MethodName(key string) string {
	if m, ok := MethodByKey(key); ok {
		return m.Name
	}
	return key
}

// ServiceKey returns the key of a service in any of its spellings, "" for an unknown one.
func ServiceKey(service string) string { return tables.serviceKey[Fold(service)] }
