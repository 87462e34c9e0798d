package main

import (
	"context"
	"fmt"

	"passtrail"
	"passtrail/internal/explore"
	"passtrail/internal/export"
	"passtrail/internal/report"
	"passtrail/internal/store"
)

// about says what an answer for a period is about, and which part of the period the records cover.
func (a *app) about(ctx context.Context, x *explore.Explorer, what, filter string, from, to passtrail.Ticks) (*export.About, error) {
	tenant := x.Tenants[0]
	covered, err := report.Coverage(ctx, x.Engine, tenant, store.Span{From: from, To: to}, x.Now)
	if err != nil {
		return nil, err
	}
	about := &export.About{What: what, TenantID: tenant, From: from, To: to, Filter: filter, Made: x.Now}
	if about.FinalUntil, err = x.Engine.FinalUntil(ctx, tenant); err != nil {
		return nil, err
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return nil, err
	}
	if t, err := st.Tenant(ctx, tenant); err == nil {
		about.Tenant = t.Name
	}
	if text := covered.Text(a.zone()); text != "" {
		about.Notes = []string{text}
	}
	return about, nil
}

// notes writes what to know before trusting a figure to stderr, each once: the formats for programs have no room for it.
func (a *app) notes(notes ...string) {
	said := map[string]bool{}
	for _, n := range notes {
		if !said[n] {
			fmt.Fprintln(a.err, "note:", export.Plain(n))
		}
		said[n] = true
	}
}
