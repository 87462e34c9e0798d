package answer

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/chart"
	"passtrail/internal/explore"
	"passtrail/internal/query"
	"passtrail/internal/vocab"
	"passtrail/internal/web"
)

const attemptColumns = `
| project AttemptId, UserId, UserPrincipalName, UserDisplayName, UserRole, IsAdmin, Start, End, Outcome, Problem, Reason, Gates, MethodsTried, Refusals, LastStep, LastMethod, IPAddress, UserAgent, Events`

// attempts is the filter as KQL over PasswordResetAttempts, without order.
func attempts(f web.AttemptFilter) string {
	var b strings.Builder
	b.WriteString("PasswordResetAttempts\n| where " + within("Start", f.Period))
	where := func(format string, args ...any) { fmt.Fprintf(&b, "\n| where "+format, args...) }
	for _, eq := range []struct{ column, value string }{{"Outcome", f.Outcome}, {"Problem", f.Problem}, {"IPAddress", f.Address}} {
		if eq.value != "" {
			where("%s == %s", eq.column, explore.Quote(eq.value))
		}
	}
	if f.Method != "" {
		where("tostring(MethodsTried) contains_cs %s", explore.Quote(`"`+f.Method+`"`)) // a key in the array's text, unparsed
	}
	if f.Who == "admins" || f.Who == "users" {
		where("IsAdmin == %t", f.Who == "admins")
	}
	if f.Person != "" {
		q := explore.Quote(f.Person)
		where("UserPrincipalName startswith %s or UserDisplayName startswith %s or UserId =~ %s", q, q, q)
	}
	return b.String()
}

// FindAttempts answers a page of attempts, newest first.
func (a *Answers) FindAttempts(ctx context.Context, s web.Scope, f web.AttemptFilter) (*web.AttemptPage, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	text := attempts(f)
	position, err := afterAttempt(f.After)
	if err != nil {
		return nil, err
	}
	page := &web.AttemptPage{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		tables, err := a.run(ctx, s, text+position+attemptColumns+fmt.Sprintf("\n| sort by Start desc, AttemptId asc | take %d;\n%s\n| count", f.Limit+1, text))
		if err != nil {
			return err
		}
		page.Total = whole(tables[1].Rows[0][0])
		for i, r := range rows(&tables[0]) {
			if i == f.Limit {
				last := page.Rows[i-1]
				page.Next = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(int64(last.Start), 36) + " " + last.ID))
				break
			}
			page.Rows = append(page.Rows, attemptRow(r))
		}
		return nil
	})
	g.Go(func() (err error) { return a.attemptFacets(ctx, s, f, page) })
	return page, g.Wait()
}

// attemptFacets fills the values beside the filters, each counted without its own filter.
func (a *Answers) attemptFacets(ctx context.Context, s web.Scope, f web.AttemptFilter, page *web.AttemptPage) error {
	outcome, problem, method := f, f, f
	outcome.Outcome, problem.Problem, method.Method = "", "", ""
	tables, err := a.run(ctx, s, attempts(outcome)+"\n| summarize Count = count() by Value = Outcome\n| sort by Count desc, Value asc;\n"+
		attempts(problem)+"\n| where Problem != ''\n| summarize Count = count() by Value = Problem\n| sort by Count desc, Value asc;\n"+
		attempts(method)+"\n| summarize Count = count() by Tried = tostring(MethodsTried)\n| mv-expand Value = parse_json(Tried) to typeof(string)\n| where isnotempty(Value)\n| summarize Count = sum(Count) by Value\n| sort by Count desc, Value asc")
	if err != nil {
		return err
	}
	for i, into := range []*[]web.Facet{&page.Outcomes, &page.Problems, &page.Methods} {
		for _, r := range rows(&tables[i]) {
			*into = append(*into, web.Facet{Value: r.text("Value"), Count: r.number("Count")})
		}
	}
	return nil
}

// afterAttempt turns a page's position into a predicate.
func afterAttempt(after string) (string, error) {
	if after == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(after)
	at, id, ok := strings.Cut(string(b), " ")
	n, perr := strconv.ParseInt(at, 36, 64)
	if err != nil || perr != nil || !ok || n < 0 || passtrail.Ticks(n) > passtrail.MaxTicks {
		return "", passtrail.Errorf(passtrail.Invalid, "answer.FindAttempts", "the page's position is damaged; begin at the first page")
	}
	t := passtrail.Ticks(n)
	return fmt.Sprintf("\n| where Start < datetime(%s) or (Start == datetime(%s) and strcmp(AttemptId, %s) > 0)", t, t, explore.Quote(id)), nil
}

// attemptRow reads a row of attemptColumns.
func attemptRow(r row) web.AttemptRow {
	out := web.AttemptRow{
		ID: r.text("AttemptId"), Start: r.ticks("Start"), End: r.ticks("End"), UPN: r.text("UserPrincipalName"), Name: r.text("UserDisplayName"),
		UserID: r.text("UserId"), Role: r.text("UserRole"), IsAdmin: r.flag("IsAdmin"), Outcome: r.text("Outcome"), Problem: r.text("Problem"), Reason: r.text("Reason"),
		Gates: methods(r.text("Gates")), Tried: methods(r.text("MethodsTried")), Refusals: r.number("Refusals"), Events: r.number("Events"),
		LastStep: r.text("LastStep"), LastMethod: r.text("LastMethod"), Address: r.text("IPAddress"), UserAgent: r.text("UserAgent"),
	}
	if p, ok := vocab.ProblemByKey(out.Problem); ok && out.Outcome != "reset" && out.Outcome != "unlocked" {
		out.ProblemTitle = p.Title
	}
	if words := plain(out.Reason); words != "" {
		out.Reason = words
	}
	return out
}

// list reads a JSON array of text.
func list(text string) []string {
	var out []string
	if json.Unmarshal([]byte(text), &out) != nil {
		return nil
	}
	return out
}

// methods reads a JSON array of methods as their names.
func methods(text string) []string {
	keys := list(text)
	for i, key := range keys {
		keys[i] = vocab.MethodName(key)
	}
	return keys
}

// AttemptSummary answers the figures and pictures of a period's attempts.
func (a *Answers) AttemptSummary(ctx context.Context, s web.Scope, f web.AttemptFilter) (*web.AttemptSummary, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	tables, err := a.run(ctx, s, "let A = "+attempts(f)+`
| extend Done = Outcome in ("reset", "unlocked");
A | summarize Attempts = count(), People = dcount(UserId), Succeeded = countif(Outcome in ("reset", "unlocked")),
    Began = countif(Done or GateCount > 0 or tostring(MethodsTried) !in ("", "[]")), Verified = countif(Done or GateCount > 0),
    Sent = countif(Done or LastStep in ("new_password", "end") or Refusals > 0);
A | where Outcome in ("reset", "unlocked") | summarize Median = percentile(Duration, 50), Ninety = percentile(Duration, 90);
A | where Outcome !in ("reset", "unlocked", "open") | summarize Count = count() by LastStep, LastMethod | sort by Count desc, LastStep asc, LastMethod asc | take 12;
A | summarize Count = count() by Day = bin(Start, 1d), Outcome | sort by Day asc;
A | where Outcome in ("reset", "unlocked") | extend Bucket = case(Duration < 1m, 0, Duration < 2m, 1, Duration < 5m, 2, Duration < 10m, 3, Duration < 30m, 4, 5) | summarize Count = count() by Bucket`)
	if err != nil {
		return nil, err
	}
	total, times := first(&tables[0]), first(&tables[1])
	out := &web.AttemptSummary{
		Attempts: total.number("Attempts"), People: total.number("People"), Succeeded: total.number("Succeeded"),
		MedianSuccess: times.ticks("Median"), NinetySuccess: times.ticks("Ninety"),
	}
	out.Funnel = picture(chart.Funnel, "From start to reset", "Step", "Attempts")
	for _, step := range []struct {
		label string
		n     int64
	}{{"Entered the user name", out.Attempts}, {"Began to verify", total.number("Began")}, {"Verified by a method", total.number("Verified")}, {"Sent a password or asked to unlock", total.number("Sent")}, {"Reset or unlocked", out.Succeeded}} {
		add(out.Funnel, step.label, float64(step.n))
	}
	out.StoppedAt = stops(&tables[2])
	out.Outcomes = outcomesByDay(&tables[3])
	out.Duration = durations(&tables[4])
	return out, nil
}

// picture makes a chart with one empty series.
func picture(kind chart.Kind, title, label, series string) *web.Chart {
	return &web.Chart{Chart: chart.Chart{Kind: kind, Title: title, Series: []chart.Series{{Name: series}}}, LabelName: label}
}

// add appends a label and its value to a chart of one series.
func add(c *web.Chart, label string, value float64) {
	c.Labels = append(c.Labels, label)
	c.Series[0].Values = append(c.Series[0].Values, value)
}

// steps are the steps of the flow in words.
var steps = map[string]string{
	vocab.StepStart: "Entered the user name", vocab.StepOptions: "Saw the ways to verify", vocab.StepGateStart: "Began to verify", vocab.StepGatePass: "Verified",
	vocab.StepGatesPassed: "Passed all verification", vocab.StepNewPassword: "Sent a new password", vocab.StepEnd: "End", vocab.StepCancelled: "Pressed cancel",
	vocab.StepRefused: "Turned away", vocab.StepBlocked: "Blocked", vocab.StepAbandoned: "Stopped", vocab.StepContactedAdmin: "Asked an administrator",
}

// stops draws the last steps of attempts that did not succeed.
func stops(t *query.Table) *web.Chart {
	c := picture(chart.Bar, "Where people stop", "Last step", "Attempts")
	for _, r := range rows(t) {
		label := firstOf(steps[r.text("LastStep")], r.text("LastStep"), "No step recorded")
		if m, ok := vocab.MethodByKey(r.text("LastMethod")); ok {
			label += ": " + m.Name
		}
		add(c, label, r.real("Count"))
	}
	return c
}

// outcomesByDay draws attempts by day, stacked by outcome; days without attempts are there with nothing.
func outcomesByDay(t *query.Table) *web.Chart {
	c := &web.Chart{Chart: chart.Chart{Kind: chart.Column, Title: "Attempts by day (UTC) and outcome", Stacked: true}, LabelName: "Day (UTC)"}
	counts := map[string]map[passtrail.Ticks]float64{}
	var from, to passtrail.Ticks
	for _, r := range rows(t) {
		day, outcome := r.ticks("Day"), r.text("Outcome")
		if from == 0 {
			from = day
		}
		to = day
		if outcome == "unlocked" {
			outcome = "reset" // both succeeded, and a picture tells six colours apart
		}
		if counts[outcome] == nil {
			counts[outcome] = map[passtrail.Ticks]float64{}
		}
		counts[outcome][day] += r.real("Count")
	}
	if from == 0 {
		return c
	}
	step := passtrail.Day
	if to-from > 120*passtrail.Day {
		step = 7 * passtrail.Day
		c.Title, c.LabelName = "Attempts by week and outcome", "Week of"
	}
	for day := from; day <= to; day += step {
		c.Labels = append(c.Labels, day.String()[:10])
	}
	for _, outcome := range []string{"reset", "failed", "blocked", "cancelled", "abandoned", "open"} {
		if counts[outcome] == nil {
			continue
		}
		values := make([]float64, len(c.Labels))
		for day, n := range counts[outcome] {
			values[int((day-from)/step)] += n
		}
		name := strings.ToUpper(outcome[:1]) + outcome[1:]
		if outcome == "reset" {
			name = "Reset or unlocked"
		}
		c.Series = append(c.Series, chart.Series{Name: name, Values: values})
	}
	return c
}

// durations draws how long successful attempts took.
func durations(t *query.Table) *web.Chart {
	names := []string{"under 1 min", "1 to 2 min", "2 to 5 min", "5 to 10 min", "10 to 30 min", "30 min and more"}
	values := make([]float64, len(names))
	for _, r := range rows(t) {
		if i := r.number("Bucket"); i >= 0 && i < int64(len(values)) {
			values[i] = r.real("Count")
		}
	}
	if slices.Max(values) == 0 {
		return nil
	}
	c := picture(chart.Column, "Time to reset", "Took", "Attempts")
	c.Labels, c.Series[0].Values = names, values
	return c
}

// Attempt answers one attempt with its records and what other services wrote beside it.
func (a *Answers) Attempt(ctx context.Context, s web.Scope, id string) (*web.AttemptView, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadPerson); err != nil {
		return nil, err
	}
	tables, err := a.attempt(ctx, s, id)
	if err != nil {
		return nil, err
	}
	view := &web.AttemptView{AttemptRow: attemptRow(row{&tables[0], tables[0].Rows[0]})}
	if p, ok := vocab.ProblemByKey(view.Problem); ok && view.ProblemTitle != "" {
		x := a.explorer(s)
		if view.Remedy, err = explore.Remedy(ctx, x.Engine, x.Tenants, x.Now, p); err != nil {
			return nil, err
		}
		view.FixedBy = p.Who
	}
	for _, r := range rows(&tables[1]) {
		e := listedEvent(r)
		view.Correlation = cmp.Or(view.Correlation, e.Correlation)
		if vocab.ServiceKey(e.Service) == "sspr" {
			view.Records = append(view.Records, e)
		} else {
			view.Companions = append(view.Companions, e)
		}
	}
	return view, nil
}

// listedEvent reads a row of explore.EventColumns.
func listedEvent(r row) web.EventRow {
	return eventRow(explore.Event{
		ID: r.text("Id"), Time: r.ticks("TimeGenerated"), Service: r.text("LoggedByService"), Category: r.text("Category"), Activity: r.text("ActivityDisplayName"),
		Result: r.text("Result"), Reason: r.text("ResultReason"), TargetUPN: r.text("Target"), TargetName: r.text("TargetName"), TargetID: r.text("TargetId"),
		ActorUPN: r.text("InitiatedBy"), ActorName: r.text("InitiatedByName"), ActorID: r.text("InitiatedById"), Address: r.text("IPAddress"), CorrelationID: r.text("CorrelationId"),
	})
}
