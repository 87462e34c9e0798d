package explore

import (
	"context"
	"encoding/json"

	"passtrail"
	"passtrail/internal/query"
	"passtrail/internal/vocab"
)

// activityNames returns the quoted spellings of an activity key, nil when key is none.
func activityNames(key string) []string {
	a, ok := vocab.ActivityByKey(key)
	if !ok {
		return nil
	}
	names := []string{Quote(a.Name)}
	for _, v := range a.Variants {
		names = append(names, Quote(v))
	}
	return names
}

// Detail is one record with everything that is known about it.
type Detail struct {
	Event
	OperationType                                   string
	InitiatedBy, TargetResources, AdditionalDetails json.RawMessage // nil when absent
	// Plain says the status reason in plain words; Problem, Remedy and FixedBy what went wrong and what helps, if
	// anything did.
	Plain, Problem, Remedy, FixedBy string
	AttemptID                       string // "" when the record belongs to none
}

// Record returns one record by id, or a NotFound error.
func (x Explorer) Record(ctx context.Context, id string) (*Detail, error) {
	res, err := x.Engine.Run(ctx, query.Request{Tenants: x.Tenants, Now: x.Now, Text: "AuditLogs | where Id == " + Quote(id) +
		" | extend Actor = InitiatedBy, Targets = TargetResources" + EventColumns + ", AADOperationType, Actor, Targets, AdditionalDetails;\n" +
		"PasswordEvents | where EventId == " + Quote(id) + " | project Problem, AttemptId, Reason"})
	if err != nil {
		return nil, err
	}
	if len(res.Tables[0].Rows) == 0 {
		return nil, passtrail.Errorf(passtrail.NotFound, "explore.Record", "there is no record with the id %q", id)
	}
	row := res.Tables[0].Rows[0]
	d := &Detail{Event: event(row), OperationType: row[15].(string), InitiatedBy: raw(row[16]), TargetResources: raw(row[17]), AdditionalDetails: raw(row[18])}
	d.Plain = vocab.PlainWords(d.Reason)
	if rows := res.Tables[1].Rows; len(rows) > 0 {
		problem, _ := rows[0][0].(string)
		d.AttemptID, _ = rows[0][1].(string)
		if p, ok := vocab.ProblemByKey(problem); ok {
			remedy, err := Remedy(ctx, x.Engine, x.Tenants, x.Now, p)
			if err != nil {
				return nil, err
			}
			d.Problem, d.Remedy, d.FixedBy = p.Title, remedy, p.Who
		}
	}
	return d, nil
}

// Remedy is what helps with a problem at an instant, by the setting of the first of the tenants.
func Remedy(ctx context.Context, e *query.Engine, tenants []passtrail.TenantID, now passtrail.Ticks, p vocab.Problem) (string, error) {
	var tenant passtrail.TenantID
	if len(tenants) > 0 {
		tenant = tenants[0]
	}
	day, err := e.RegisteredOnly(ctx, tenant)
	return p.RemedyAt(now >= day), err
}

func raw(v any) json.RawMessage {
	if s, ok := v.(string); ok && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return nil
}

// AttemptFilter chooses attempts; empty fields choose all.
type AttemptFilter struct {
	From, To  passtrail.Ticks // of the start
	Outcome   string
	Problem   string
	Method    string // started or completed
	Person    string // begins with: user principal name, display name; or the id
	Address   string
	AttemptID string
}

// KQL is the filter as a query over PasswordResetAttempts, newest first.
func (f AttemptFilter) KQL() string {
	b := "PasswordResetAttempts"
	add := func(s string) { b += "\n| where " + s }
	if f.From != 0 {
		add("Start >= datetime(" + f.From.String() + ")")
	}
	if f.To != 0 {
		add("Start < datetime(" + f.To.String() + ")")
	}
	for _, eq := range []struct{ column, value string }{{"Outcome", f.Outcome}, {"Problem", f.Problem}, {"IPAddress", f.Address}, {"AttemptId", f.AttemptID}} {
		if eq.value != "" {
			add(eq.column + " == " + Quote(eq.value))
		}
	}
	if f.Method != "" {
		add("set_has_element(MethodsTried, " + Quote(f.Method) + ") or set_has_element(Gates, " + Quote(f.Method) + ")")
	}
	if f.Person != "" {
		add(person("UserId", f.Person))
	}
	return b + "\n| sort by Start desc, AttemptId asc"
}

// person is the predicate that finds a person by user principal name, display name or object id, which is in the column id.
func person(id, who string) string {
	q := Quote(who)
	return "UserPrincipalName startswith " + q + " or UserDisplayName startswith " + q + " or " + id + " =~ " + q
}
