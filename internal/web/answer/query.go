package answer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/chart"
	"passtrail/internal/kql/builtin"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// Licensed tells whether the tenant may run custom queries.
func (a *Answers) Licensed(ctx context.Context, s web.Scope) (bool, error) {
	if err := auth.Require(ctx, s.Tenant, auth.RunQueries); err != nil {
		return false, err
	}
	t, err := a.store.Tenant(ctx, s.Tenant)
	if passtrail.CodeOf(err) == passtrail.NotFound {
		return true, nil
	}
	return !t.Settings.NoCustomQueries, err
}

// request is a person's own query.
func request(ctx context.Context, s web.Scope, text string, p web.Period) query.Request {
	return query.Request{
		Text: text, Tenants: []passtrail.TenantID{s.Tenant}, Now: s.Now, From: p.From, To: p.To, Principal: auth.From(ctx).Name, Custom: true,
	}
}

// RunQuery runs what a person wrote.
func (a *Answers) RunQuery(ctx context.Context, s web.Scope, text string, p web.Period) (*web.QueryResult, error) {
	if err := auth.Require(ctx, s.Tenant, auth.RunQueries); err != nil {
		return nil, err
	}
	began := time.Now()
	res, err := a.engine.Run(ctx, request(ctx, s, text, p))
	if err != nil {
		return nil, err
	}
	out := &web.QueryResult{Took: fmt.Sprintf("in %d ms", time.Since(began).Milliseconds())}
	for _, w := range res.Warnings {
		out.Warnings = append(out.Warnings, fmt.Sprint(w))
	}
	for i := range res.Tables {
		out.Tables = append(out.Tables, table(&res.Tables[i]))
	}
	if res.Render != nil && len(res.Tables) > 0 {
		out.Chart = rendered(res.Render.Chart, res.Render.Props, &res.Tables[0])
	}
	return out, nil
}

// renderKinds are the charts of the render operator that are drawn; the others are tables.
var renderKinds = map[string]chart.Kind{
	"barchart": chart.Bar, "columnchart": chart.Column, "timechart": chart.Line, "linechart": chart.Line, "areachart": chart.Line,
	"stackedareachart": chart.Line, "piechart": chart.Bar, "anomalychart": chart.Line, "timepivot": chart.Column,
}

// rendered draws a result as its render operator says: the first column, or the time, along the axis, and a series for
// each number, or for each value of a text beside one number.
func rendered(kind string, props map[string]string, t *query.Table) *web.Chart {
	k, ok := renderKinds[kind]
	if !ok || len(t.Columns) < 2 || len(t.Rows) == 0 {
		return nil
	}
	x := 0
	var names, numbers []int
	for i, c := range t.Columns {
		switch {
		case kindOf(c.Type) == "time" && kindOf(t.Columns[x].Type) != "time":
			x = i
		case numericType(c.Type):
			numbers = append(numbers, i)
		}
	}
	numbers = slices.DeleteFunc(numbers, func(i int) bool { return i == x })
	for i, c := range t.Columns {
		if i != x && kindOf(c.Type) == "text" {
			names = append(names, i)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	if kindOf(t.Columns[x].Type) == "time" {
		sorted := *t
		sorted.Rows = slices.Clone(t.Rows)
		slices.SortStableFunc(sorted.Rows, func(a, b []any) int { return cmp.Compare(whole(a[x]), whole(b[x])) })
		t = &sorted
	}
	c := pivot(t, x, names, numbers)
	c.Kind, c.Stacked, c.LabelName = k, props["kind"] == "stacked" || props["kind"] == "stacked100", t.Columns[x].Name
	c.Title = props["title"]
	if c.Title == "" {
		c.Title = "Result"
	}
	return c
}

// pivot makes series of rows: one for each number, or for each text beside the first number.
func pivot(t *query.Table, x int, names, numbers []int) *web.Chart {
	c := &web.Chart{}
	positions, series := map[string]int{}, map[string]int{}
	for _, cells := range t.Rows {
		at := label(cells[x], t.Columns[x].Type)
		if _, ok := positions[at]; !ok {
			if len(positions) == report.MaxLabels {
				continue
			}
			positions[at] = len(c.Labels)
			c.Labels = append(c.Labels, at)
		}
	}
	for _, cells := range t.Rows {
		at, ok := positions[label(cells[x], t.Columns[x].Type)]
		if !ok {
			continue
		}
		for _, n := range numbers {
			name := t.Columns[n].Name
			if len(names) > 0 {
				name = label(cells[names[0]], t.Columns[names[0]].Type)
				if len(numbers) > 1 {
					name += ": " + t.Columns[n].Name
				}
			}
			if _, ok := series[name]; !ok {
				if len(series) == 24 {
					continue
				}
				series[name] = len(c.Series)
				c.Series = append(c.Series, chart.Series{Name: name, Values: make([]float64, len(c.Labels))})
			}
			c.Series[series[name]].Values[at] += numeric(cells[n])
		}
	}
	return c
}

// CheckQuery returns a text's mistakes.
func (a *Answers) CheckQuery(ctx context.Context, s web.Scope, text string) diag.List {
	if auth.Require(ctx, s.Tenant, auth.RunQueries) != nil || strings.TrimSpace(text) == "" {
		return nil
	}
	var mistakes diag.List
	errors.As(a.engine.Check(ctx, request(ctx, s, text, web.Period{})), &mistakes)
	return mistakes
}

// ExportQuery writes what a person's query answers.
func (a *Answers) ExportQuery(ctx context.Context, s web.Scope, text string, p web.Period, format string, w io.Writer) (int64, error) {
	if err := auth.Require(ctx, s.Tenant, auth.RunQueries); err != nil {
		return 0, err
	}
	return a.stream(ctx, s, request(ctx, s, text, p), format, w)
}

// QuerySchema tells the editor what the engine has.
func (a *Answers) QuerySchema(context.Context) web.QuerySchema {
	out := web.QuerySchema{
		Functions: append(builtin.Names(builtin.Scalar, false), builtin.Names(builtin.Window, false)...), Aggregates: builtin.Names(builtin.Aggregate, false),
		Plugins: builtin.Names(builtin.Plugin, false), Operators: parser.Operators(),
	}
	for _, t := range query.Schema.Tables {
		st := web.SchemaTable{Name: t.Name, Help: t.Doc}
		for _, c := range t.Columns {
			st.Columns = append(st.Columns, web.SchemaColumn{Name: c.Name, Type: c.Type.String(), Help: c.Doc})
		}
		out.Tables = append(out.Tables, st)
	}
	return out
}

// Examples are queries to begin with: a few small ones, and every prebuilt report.
func (a *Answers) Examples(ctx context.Context, s web.Scope) ([]web.SavedQuery, error) {
	out := []web.SavedQuery{
		{Name: "Who reset their password last week", Text: "PasswordResetAttempts\n| where Outcome == \"reset\" and Start > ago(7d)\n| summarize Resets = count(), Last = max(Start) by UserPrincipalName\n| sort by Last desc"},
		{Name: "Resets by day", Text: "PasswordResetAttempts\n| where Outcome == \"reset\"\n| summarize Resets = count() by bin(Start, 1d)\n| render columnchart"},
		{Name: "Newest audit records", Text: "AuditLogs\n| top 50 by TimeGenerated desc\n| project TimeGenerated, ActivityDisplayName, Result, ResultReason, InitiatedBy, TargetResources"},
		{Name: "Addresses with several people", Text: "PasswordResetAttempts\n| summarize People = dcount(UserId), Attempts = count(), Outcomes = make_set(Outcome) by IPAddress\n| where People > 3\n| sort by People desc"},
	}
	for _, r := range a.library.Reports {
		if r.Query == "" {
			continue
		}
		length, err := reportSpan(r.Period)
		if err != nil {
			return nil, err
		}
		text := r.Query
		if r.Threshold > 0 {
			text = fmt.Sprintf("let Threshold = %d;\n%s", r.Threshold, text)
		}
		out = append(out, web.SavedQuery{ID: r.ID, Name: r.Title, Text: fmt.Sprintf("let StartTime = ago(%s);\nlet EndTime = now();\n%s", length, text)})
	}
	return out, nil
}

// reportSpan is a report's period as a KQL timespan; periods are written the same way but for weeks.
func reportSpan(period string) (string, error) {
	if n, ok := strings.CutSuffix(period, "w"); ok {
		var weeks int
		if _, err := fmt.Sscan(n, &weeks); err != nil {
			return "", fmt.Errorf("period %q: %w", period, err)
		}
		return fmt.Sprintf("%dd", 7*weeks), nil
	}
	return period, nil
}

// SavedQueries are the queries that people of the tenant named.
func (a *Answers) SavedQueries(ctx context.Context, s web.Scope) ([]web.SavedQuery, error) {
	if err := auth.Require(ctx, s.Tenant, auth.RunQueries); err != nil {
		return nil, err
	}
	saved, err := a.store.SavedQueries(ctx, s.Tenant)
	var out []web.SavedQuery
	for _, q := range saved {
		out = append(out, web.SavedQuery{ID: q.ID, Name: q.Name, Text: q.Text, Owner: q.Owner})
	}
	return out, err
}

// SaveQuery keeps a query; one of the same name by the same person is replaced.
func (a *Answers) SaveQuery(ctx context.Context, s web.Scope, name, text string) error {
	saved, err := a.SavedQueries(ctx, s)
	if err != nil {
		return err
	}
	who := auth.From(ctx).Name
	q := store.SavedQuery{ID: rand.Text(), Tenant: s.Tenant, Name: name, Text: text, Owner: who, CreatedAt: s.Now, ChangedAt: s.Now}
	for _, old := range saved {
		if old.Name == name && old.Owner == who {
			q.ID = old.ID
		}
	}
	return a.store.PutSavedQuery(ctx, q)
}

// DropQuery forgets a saved query.
func (a *Answers) DropQuery(ctx context.Context, s web.Scope, id string) error {
	if err := auth.Require(ctx, s.Tenant, auth.RunQueries); err != nil {
		return err
	}
	return a.store.DropSavedQuery(ctx, s.Tenant, id)
}
