package explore

import (
	"cmp"
	"fmt"
	"slices"

	"passtrail"
	"passtrail/internal/attempt"
	"passtrail/internal/vocab"
)

// outcomes says outcomes in words.
var outcomes = map[string]string{
	"reset": "reset the password", "unlocked": "unlocked the account", "blocked": "was blocked", "cancelled": "cancelled",
	"failed": "could not reset", "abandoned": "stopped part-way", "open": "is under way",
}

// fold puts what belongs together into one moment (see attempt.Stories): the records of an attempt, a reset by an
// administrator and the person's change after it, a visit to the security info page. Moments come newest first. Rows are
// those of the two queries of Timeline.
func fold(person string, attempts, events [][]any) []Moment {
	known := map[string]Moment{}
	for _, r := range attempts {
		m := Moment{Kind: "attempt", Attempt: text(r[0]), Time: ticks(r[1]), Result: text(r[3]), Problem: text(r[4]), Address: text(r[5])}
		m.Title = attemptTitle(m, number(r[6]), number(r[7]))
		known[m.Attempt] = m
	}
	records := make([]passtrail.Record, 0, len(events))
	ids := map[string]string{}
	for _, r := range events {
		ids[text(r[1])] = text(r[9])
		records = append(records, passtrail.Record{Time: ticks(r[0]), ID: text(r[1]), ActivityKey: text(r[2]), Result: text(r[3]), Reason: text(r[4]), Problem: text(r[5]),
			ActorKind: passtrail.ActorUser, ActorID: text(r[6]), ActorUPN: text(r[7]), ActorAddress: text(r[8]), Method: text(r[10]), CorrelationID: text(r[11]), TargetID: person})
	}
	var out []Moment
	for _, s := range attempt.Stories(records, ids) {
		m := single(person, &s)
		if k, ok := known[s.Attempt]; ok {
			m = k
		}
		for i := range s.Records {
			r := &s.Records[i]
			m.Events = append(m.Events, Event{Time: r.Time, ID: r.ID, Activity: r.ActivityKey, Result: r.Result, Reason: r.Reason, ActorID: r.ActorID, ActorUPN: r.ActorUPN, Address: r.ActorAddress, CorrelationID: r.CorrelationID})
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b Moment) int { return cmp.Compare(b.Time, a.Time) })
	return out
}

// single makes a moment of a story from its first record.
func single(person string, s *attempt.Story) Moment {
	r := &s.Records[0]
	m := Moment{Time: r.Time, Kind: r.ActivityKey, Result: r.Result, Problem: r.Problem, Address: r.ActorAddress, Title: vocab.ActivityTitle(r.ActivityKey)}
	if method, ok := vocab.MethodByKey(r.Method); ok {
		m.Title += ": " + method.Name
	}
	switch {
	case s.Change >= 0:
		m.Title += "; the person then chose a new one"
	case len(s.Records) > 1:
		m.Title += fmt.Sprintf(", and %d more", len(s.Records)-1)
	}
	if r.ActorID != person {
		m.By = r.ActorUPN
	}
	return m
}

func attemptTitle(m Moment, gates, refusals int64) string {
	s := outcomes[m.Result]
	if s == "" {
		s = m.Result
	}
	if p, ok := vocab.ProblemByKey(m.Problem); ok && m.Result != "reset" && m.Result != "unlocked" && m.Problem != m.Result {
		s += ": " + p.Title
	}
	if gates > 0 {
		s += ", " + many(gates, "method", "methods") + " completed"
	}
	if refusals > 0 {
		s += ", " + many(refusals, "new password", "new passwords") + " refused"
	}
	return "Self-service: " + s
}

func many(n int64, one, more string) string {
	if n == 1 {
		more = one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func text(v any) string           { s, _ := v.(string); return s }
func ticks(v any) passtrail.Ticks { n, _ := v.(int64); return passtrail.Ticks(n) }

func number(v any) int64 {
	switch n := v.(type) {
	case int32:
		return int64(n)
	case int64:
		return n
	}
	return 0
}
