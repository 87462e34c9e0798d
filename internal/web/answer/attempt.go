package answer

import (
	"context"
	"fmt"
	"regexp"

	"passtrail"
	"passtrail/internal/attempt"
	"passtrail/internal/explore"
	"passtrail/internal/query"
	"passtrail/internal/web"
)

// suffix is what stands behind a correlation id in the id of an attempt that does not have it alone.
var suffix = regexp.MustCompile(`/[0-9]+$`)

// attempt returns the row of an attempt and its records with what other services wrote beside it. An id that no attempt
// has any more (a link that was kept while records came in late) leads to the attempt that has its record, or its
// correlation id.
func (a *Answers) attempt(ctx context.Context, s web.Scope, id string) ([]query.Table, error) {
	found, err := a.attemptRow(ctx, s, id)
	if err != nil {
		return nil, err
	}
	r := row{&found, found.Rows[0]}
	records := attemptRecords(r.text("AttemptId"), r.text("UserId"), r.ticks("Start"), r.ticks("End"))
	tables, err := a.run(ctx, s, records+explore.EventColumns+"\n| sort by TimeGenerated asc, Id asc")
	if err != nil {
		return nil, err
	}
	return []query.Table{found, tables[0]}, nil
}

func (a *Answers) attemptRow(ctx context.Context, s web.Scope, id string) (query.Table, error) {
	for _, of := range []string{
		"AttemptId == " + explore.Quote(id),
		"AttemptId in ((PasswordEvents | where EventId == " + explore.Quote(id) + " | project AttemptId))",
		"AttemptId == " + explore.Quote(suffix.ReplaceAllString(id, "")),
	} {
		tables, err := a.run(ctx, s, "PasswordResetAttempts\n| where "+of+attemptColumns)
		if err != nil {
			return query.Table{}, err
		}
		if len(tables[0].Rows) > 0 {
			return tables[0], nil
		}
	}
	return query.Table{}, passtrail.Errorf(passtrail.NotFound, "answer.Attempt", "there is no attempt with the id %q", id)
}

// attemptRecords is the query for an attempt's records and for those of other services with the same correlation id. The
// attempts of one correlation id share the latter by time.
func attemptRecords(id, person string, start, end passtrail.Ticks) string {
	q := explore.Quote(id)
	span := func(column string, from, to passtrail.Ticks) string {
		return fmt.Sprintf("%s >= datetime(%s) and %s <= datetime(%s)", column, from, column, to)
	}
	correlation := suffix.ReplaceAllString(id, "")
	own := "let Own = PasswordEvents | where " + span("Time", start, end) + " and UserId == " + explore.Quote(person) + " and AttemptId == " + q + " | project EventId;\n" +
		"let Lone = AuditLogs | where " + span("TimeGenerated", start, end) + " and (Id in (Own) or Id == " + q + ");\n"
	if !attempt.Joins(correlation) {
		return own + "Lone"
	}
	c := explore.Quote(correlation)
	return own + "let Joined = PasswordEvents | where CorrelationId =~ " + c + " and AttemptId != '' | project AttemptId, EventId;\n" +
		"let Others = Joined | where AttemptId != " + q + " | project EventId;\n" +
		"let Several = toscalar(Others | count) > 0;\n" +
		"union (AuditLogs | where CorrelationId =~ " + c + " and Id !in (Others) and (not(Several) or (" + span("TimeGenerated", start-attempt.Quiet, end+attempt.Quiet) + "))), (Lone | where not(CorrelationId =~ " + c + "))"
}
