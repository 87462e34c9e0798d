package vocab

import (
	"sort"
	"strings"
)

// Classify tells what a record's words mean. Each text may be in any spelling of the vocabulary; service may be empty for
// records that do not name one. Result is "success", "failure" or what came. What is unknown stays empty: an unknown
// activity gives the zero Class, an unknown reason only the activity's key.
func Classify(service, activity, result, reason string) Class {
	i, ok := findActivity(service, activity)
	if !ok {
		return Class{}
	}
	a := &tables.activities[i]
	c := Class{ActivityKey: a.Key}
	r, ok := lookReason(reason)
	if ok && allowed(r, a) {
		c.Step, c.Method, c.Problem = r.Step, r.Method, r.Problem
	}
	if c.Problem == "" && a.FailureProblem != "" && Failed(result) {
		c.Problem = a.FailureProblem
	}
	return c
}

// Failed reports whether a result says that something did not come about. Besides failure, Graph lists timeout, and rows
// of security info have been seen with clientError.
func Failed(result string) bool {
	switch Fold(result) {
	case "failure", "timeout", "clienterror", "error", "interrupted":
		return true
	}
	return false
}

// allowed reports whether a reason says anything about records of an activity. Steps are those of the reset portal: the
// same words elsewhere are text.
func allowed(r *Reason, a *Activity) bool {
	if r.Step != "" || r.Origin == "today" || r.Origin == "classic" {
		return a.Service == "sspr"
	}
	return true
}

// findActivity returns the place of an activity in the table.
func findActivity(service, activity string) (int, bool) {
	f := Fold(activity)
	if service == "" {
		i, ok := tables.activityAny[f]
		return i, ok
	}
	if key, ok := tables.serviceKey[Fold(service)]; ok {
		if i, ok := tables.activity[actKey{key, f}]; ok {
			return i, true
		}
	}
	i, ok := tables.activity[actKey{anyService, f}]
	return i, ok
}

// anyService is the service of activities that are known by their names whatever service wrote them: which one writes
// those of Account Recovery is not documented.
const anyService = "account_recovery"

// FindReason returns the row of the vocabulary that a status reason belongs to. Sentences of the regular shape "User
// started the … verification option" give a row even if their method is new.
func FindReason(reason string) (Reason, bool) {
	r, ok := lookReason(reason)
	if !ok {
		return Reason{}, false
	}
	return *r, true
}

// PlainWords says a status reason in plain words; an unknown one as it is.
func PlainWords(reason string) string {
	if r, ok := lookReason(reason); ok && r.Plain != "" {
		return r.Plain
	}
	return strings.TrimSpace(reason)
}

func lookReason(reason string) (*Reason, bool) {
	f := Fold(reason)
	if f == "" {
		return nil, false
	}
	if i, ok := tables.reason[f]; ok {
		return &tables.reasons[i], true
	}
	for _, i := range tables.prefix {
		if head, _, _ := strings.Cut(Fold(tables.reasons[i].Text), ". "); strings.HasPrefix(f, head) {
			return &tables.reasons[i], true
		}
	}
	if i, ok := tables.reason[firstSentence(f)]; ok {
		return &tables.reasons[i], true
	}
	if r, ok := shaped(f); ok {
		return r, true
	}
	if r, ok := coded(f); ok {
		return r, true
	}
	if i, ok := tables.activityAny[f]; ok { // some rows say their own name once more
		return &Reason{Text: f, Origin: "activity", Match: "shape", Plain: tables.activities[i].Title}, true
	}
	return nil, false
}

// firstSentence returns f up to its first full stop that ends a sentence: second sentences vary, or are cut off.
func firstSentence(f string) string {
	head, _, _ := strings.Cut(f, ". ")
	return head
}

// coded finds a code name, such as SSPR_0013 or UserNotLicensed, anywhere in a text.
func coded(f string) (*Reason, bool) {
	start := -1
	for i := 0; i <= len(f); i++ {
		if i < len(f) && (letter(f[i]) || f[i] == '_') {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			if j, ok := tables.token[f[start:i]]; ok {
				return &tables.reasons[j], true
			}
			start = -1
		}
	}
	return nil, false
}

// DataRegistered writes what a person has registered in the words of the classic report: "Alternate email", "Office
// phone", "Mobile phone" and "Security questions" in this order, then other methods under their own names, joined with
// " + ". Its argument holds methodsRegistered values in any order; values that nobody has seen before stand as they came.
func DataRegistered(methodsRegistered []string) string {
	return strings.Join(DataLabels(methodsRegistered), " + ")
}

// DataLabels returns the parts of what DataRegistered writes.
func DataLabels(methodsRegistered []string) []string {
	known := make([]int, 0, len(methodsRegistered))
	var other []string
	for _, m := range methodsRegistered {
		if i, ok := tables.label[strings.ToLower(strings.TrimSpace(m))]; ok {
			known = append(known, i)
		} else if m = strings.TrimSpace(m); m != "" {
			other = append(other, m)
		}
	}
	sort.Ints(known)
	sort.Strings(other)
	out := make([]string, 0, len(methodsRegistered))
	for _, i := range known {
		out = appendNew(out, tables.data[i].label)
	}
	for _, m := range other {
		out = appendNew(out, m)
	}
	return out
}

// appendNew appends s unless it is the last element already.
func appendNew(out []string, s string) []string {
	if n := len(out); n > 0 && out[n-1] == s {
		return out
	}
	return append(out, s)
}
