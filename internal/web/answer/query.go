package answer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/auth"
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
		var note string
		if out.Chart, note = rendered(res.Render.Chart, res.Render.Props, &res.Tables[0]); note != "" {
			out.Warnings = append(out.Warnings, note)
		}
	}
	return out, nil
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
	about, err := a.about(ctx, s, "Query", text, p)
	if err != nil {
		return 0, err
	}
	return a.stream(ctx, s, request(ctx, s, text, p), about, format, w)
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
		text := r.Lets(report.Params{}) + r.Query
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
