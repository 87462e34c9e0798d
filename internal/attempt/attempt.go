// Package attempt says what an attempt is: it folds audit records into attempts, one row each that people ask about
// ([All]), and the records of one person into a line of time ([Stories]).
//
// The databases derive the attempt table in SQL; this package is the same rules in Go, record by record, and the tests of
// the databases hold the two against each other. It does no I/O. The rules:
//
//   - An attempt is one person's, of the service Self-service Password Management, and holds at least one record flow,
//     reset, unlock or blocked (its own records). Admin resets, changes and registrations with the same correlation id
//     count as events and for start and end, nothing else. Records of other services are not part of it.
//   - Records with one correlation id are one attempt, unless they are of several people: then each has one. Records
//     that name nobody are of the person named last before them, or else next after them.
//   - A start more than [Quiet] after an end begins a new attempt, and so does a success that comes next after another.
//   - An empty or all-zero correlation id joins nothing. Such records of one person are one attempt while they come from
//     one address with gaps of at most [Quiet]; a record without an address is at that of the one before it.
//   - An attempt's id is the correlation id; where several have the same one, the second and later ones have "/2", "/3"
//     and so on behind it, in order. Without a correlation id it is the id of the attempt's first record.
//   - Order is time, then id. Nothing depends on the order of arrival.
//   - The outcome is decided by the record of the attempt itself with the highest [rank], the last one of equals: reset,
//     unlocked, blocked, cancelled, failed, abandoned. A flow record that failed decides only if no flow record succeeded after it: somebody
//     who was held up and went on did not fail there.
//   - Contacting an administrator and the classic "User abandoned after …" are abandoned attempts; the first with the
//     problem contacted_admin.
//   - An abandoned attempt whose farthest-going last step began a method that was not completed has the problem of that
//     method (no_sms_or_call, no_email); otherwise the problem is abandoned.
//   - Whether an abandoned attempt is still [Open] is decided when it is asked for, not stored.
package attempt

import (
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/vocab"
)

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	Reset     Outcome = "reset"     // a new password was set
	Unlocked  Outcome = "unlocked"  // the account was unlocked, the password kept
	Blocked   Outcome = "blocked"   // too many tries
	Cancelled Outcome = "cancelled" // the person pressed cancel
	Failed    Outcome = "failed"    // a failure ended it
	Abandoned Outcome = "abandoned" // no end
	Open      Outcome = "open"      // abandoned, but its last record is younger than [Quiet]
)

// Quiet is how long an attempt without an end counts as open.
const Quiet = 30 * passtrail.Minute

// Attempt is one attempt to reset a password or to unlock an account.
type Attempt struct {
	Tenant   passtrail.TenantID
	ID       string // see the rules
	UserID   string // of the newest own record that names one, else UserUPN in lower case
	UserUPN  string
	UserName string
	Start    passtrail.Ticks // time of the first record of the service
	End      passtrail.Ticks // time of the last one
	Outcome  Outcome
	Problem  string // vocab problem key, "" for attempts that came to a good end
	Reason   string // raw reason of the record that decided

	Gates        []string // distinct methods completed, in order of first completion
	MethodsTried []string // distinct methods that own records name, in order of first mention
	Refusals     int      // new passwords refused
	PushStarts   int      // app notifications sent

	LastStep        string // of the last flow record
	LastMethod      string
	IPAddress       string // of the first own record that has one
	UserAgent       string
	OnPremisesAgent string // of the last own record that has one
	Events          int    // all its records
}

// OutcomeAt returns the outcome as seen at an instant: an abandoned attempt is open until [Quiet] has passed, unless the
// person said that it is over by asking an administrator.
func (a *Attempt) OutcomeAt(now passtrail.Ticks) Outcome {
	if a.Outcome == Abandoned && a.Problem != "contacted_admin" && a.End > now-Quiet {
		return Open
	}
	return a.Outcome
}

// Member reports whether a record is of the service whose records make attempts.
func Member(r *passtrail.Record) bool { return own(r) || vocab.ServiceKey(r.Service) == "sspr" }

// own reports whether a record is of the four activities that make an attempt.
func own(r *passtrail.Record) bool {
	switch r.ActivityKey {
	case "flow", "reset", "unlock", "blocked":
		return true
	}
	return false
}

// Less orders records: by time, then id.
func Less(a, b *passtrail.Record) int {
	if a.Time != b.Time {
		if a.Time < b.Time {
			return -1
		}
		return 1
	}
	return strings.Compare(a.ID, b.ID)
}

// All folds records of one tenant, in any order and without repeats, into attempts, the oldest first. Records that belong
// to no attempt are passed over. The records must have been classified (ActivityKey, Step, Method, Problem).
func All(records []passtrail.Record) []Attempt {
	folded := Fold(pointers(records))
	var out []Attempt
	for i := range folded {
		out = append(out, folded[i].Attempt)
	}
	slices.SortFunc(out, func(a, b Attempt) int {
		if a.Start != b.Start {
			return int(max(-1, min(1, a.Start-b.Start)))
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// IDs returns the id of the attempt of each record that belongs to one.
func IDs(records []passtrail.Record) map[*passtrail.Record]string {
	ids := map[*passtrail.Record]string{}
	for _, f := range Fold(pointers(records)) {
		for _, r := range f.Records {
			ids[r] = f.ID
		}
	}
	return ids
}

// Folded is an attempt with what it was made of.
type Folded struct {
	Attempt
	Pool    string              // see Pool
	Records []*passtrail.Record // in order
}

// Fold is All with the records of each attempt, and without an order.
func Fold(records []*passtrail.Record) []Folded {
	all := sessions(records)
	out := make([]Folded, len(all))
	for i := range all {
		out[i] = Folded{all[i].fold(), all[i].pool, all[i].records}
	}
	return out
}

func pointers(records []passtrail.Record) []*passtrail.Record {
	all := make([]*passtrail.Record, len(records))
	for i := range records {
		all[i] = &records[i]
	}
	return all
}

// fold makes the attempt of a session.
func (s *session) fold() Attempt {
	var a Attempt
	rs := s.records
	var owns []*passtrail.Record
	for _, r := range rs {
		if own(r) {
			owns = append(owns, r)
		}
	}
	a.Tenant, a.ID = owns[0].Tenant, s.id
	a.Start, a.End, a.Events = rs[0].Time, rs[len(rs)-1].Time, len(rs)
	for _, r := range owns {
		a.add(r)
	}
	if a.UserID == "" {
		a.UserID = strings.ToLower(a.UserUPN)
	}
	a.decide(owns)
	return a
}

// add takes in what does not depend on the outcome from the next record in order.
func (a *Attempt) add(r *passtrail.Record) {
	p := r.Person()
	newest(&a.UserID, p.ID)
	newest(&a.UserUPN, p.UPN)
	newest(&a.UserName, p.Name)
	newest(&a.OnPremisesAgent, r.OnPremisesAgent)
	oldest(&a.IPAddress, r.ActorAddress)
	oldest(&a.UserAgent, r.UserAgent)
	a.MethodsTried = appendNew(a.MethodsTried, r.Method)
	switch r.ActivityKey {
	case "reset":
		if !succeeded(r) && (r.Problem == "password_refused_cloud" || r.Problem == "password_refused_onprem") {
			a.Refusals++
		}
	case "flow":
		a.LastStep, a.LastMethod = r.Step, r.Method
		if r.Step == vocab.StepGatePass && !stumbled(r) {
			a.Gates = appendNew(a.Gates, r.Method)
		}
		if r.Step == vocab.StepGateStart && r.Method == "appNotification" {
			a.PushStarts++
		}
	}
}

func newest(to *string, s string) {
	if s != "" {
		*to = s
	}
}

func oldest(to *string, s string) {
	if *to == "" {
		*to = s
	}
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
