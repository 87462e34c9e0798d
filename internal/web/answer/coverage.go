package answer

import (
	"context"

	"passtrail/internal/auth"
	"passtrail/internal/export"
	"passtrail/internal/report"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// Coverage answers which part of a period the records cover.
func (a *Answers) Coverage(ctx context.Context, s web.Scope, p web.Period) (web.Coverage, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadPerson); err != nil {
		return web.Coverage{}, err
	}
	c, err := report.Coverage(ctx, a.engine, s.Tenant, store.Span{From: p.From, To: p.To}, s.Now)
	if err != nil {
		return web.Coverage{}, err
	}
	return web.Coverage{KnownFrom: c.Known.First, Missing: c.Text(s.Days())}, nil
}

// about says what an export is about.
func (a *Answers) about(ctx context.Context, s web.Scope, what, filter string, p web.Period) (*export.About, error) {
	t, err := a.store.Tenant(ctx, s.Tenant)
	if err != nil {
		return nil, err
	}
	final, err := a.store.FinalUntil(ctx, s.Tenant)
	if err != nil {
		return nil, err
	}
	covered, err := report.Coverage(ctx, a.engine, s.Tenant, store.Span{From: p.From, To: p.To}, s.Now)
	if err != nil {
		return nil, err
	}
	out := &export.About{What: what, Tenant: t.Name, TenantID: t.ID, From: p.From, To: p.To, Filter: filter, FinalUntil: final.Until(), Made: s.Now}
	if text := covered.Text(s.Days()); text != "" {
		out.Notes = []string{text}
	}
	return out, nil
}
