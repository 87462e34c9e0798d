package explore

import (
	"cmp"
	"fmt"
	"slices"

	"passtrail"
	"passtrail/internal/vocab"
)

// outcomes says outcomes in words.
var outcomes = map[string]string{
	"reset": "reset the password", "unlocked": "unlocked the account", "blocked": "was blocked", "cancelled": "cancelled",
	"failed": "could not reset", "abandoned": "stopped part-way", "open": "is under way",
}

// fold puts the records of attempts below them and makes moments of the others, newest first. Rows are those of the two
// queries of Timeline.
func fold(person string, attempts, events [][]any) []Moment {
	var out []Moment
	byAttempt := map[string]int{}
	for _, r := range attempts {
		m := Moment{Kind: "attempt", Attempt: text(r[0]), Time: ticks(r[1]), Result: text(r[3]), Problem: text(r[4]), Address: text(r[5])}
		m.Title = attemptTitle(m, number(r[6]), number(r[7]))
		byAttempt[m.Attempt] = len(out)
		out = append(out, m)
	}
	for _, r := range events {
		e := Event{Time: ticks(r[0]), ID: text(r[1]), Activity: text(r[2]), Result: text(r[3]), Reason: text(r[4]), ActorID: text(r[6]), ActorUPN: text(r[7]), Address: text(r[8]), CorrelationID: text(r[11])}
		if i, ok := byAttempt[text(r[9])]; ok && text(r[9]) != "" {
			out[i].Events = append(out[i].Events, e)
			continue
		}
		m := Moment{Time: e.Time, Kind: e.Activity, Result: e.Result, Problem: text(r[5]), Address: e.Address, Title: e.Activity, Events: []Event{e}}
		if a, ok := vocab.ActivityByKey(e.Activity); ok {
			m.Title = a.Title
		}
		if method, ok := vocab.MethodByKey(text(r[10])); ok {
			m.Title += ": " + method.Name
		}
		if e.ActorID != person {
			m.By = e.ActorUPN
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b Moment) int { return cmp.Compare(b.Time, a.Time) })
	return out
}

func attemptTitle(m Moment, gates, refusals int64) string {
	s := outcomes[m.Result]
	if s == "" {
		s = m.Result
	}
	if p, ok := vocab.ProblemByKey(m.Problem); ok && m.Result != "reset" && m.Result != "unlocked" {
		s += ": " + p.Title
	}
	if gates > 0 {
		s += fmt.Sprintf(", %d of the methods completed", gates)
	}
	if refusals > 0 {
		s += fmt.Sprintf(", %d new passwords refused", refusals)
	}
	return "Self-service: " + s
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
