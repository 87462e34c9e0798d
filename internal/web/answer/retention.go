package answer

import (
	"context"

	"passtrail/internal/auth"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// Expiring answers what a retention of so many days would delete now.
func (a *Answers) Expiring(ctx context.Context, s web.Scope, days int) (*web.Expiring, error) {
	if err := auth.Require(ctx, s.Tenant, auth.Configure); err != nil {
		return nil, err
	}
	if err := store.CheckRetention(days); err != nil {
		return nil, err
	}
	out := &web.Expiring{Before: store.KeepsFrom(days, s.Now)}
	if out.Before == 0 {
		return out, nil
	}
	e, err := a.store.Expiring(ctx, s.Tenant, out.Before)
	out.Records, out.Attempts, out.Intervals, out.SetAside, out.Findings = e.Records, e.Attempts, e.Intervals, e.SetAside, e.Findings
	out.First, out.Last = e.First, e.Last
	return out, err
}

// SetRetention sets how long the tenant keeps and has what is older deleted soon.
func (a *Answers) SetRetention(ctx context.Context, s web.Scope, days int) error {
	if err := a.change(ctx, s, func(t *store.Tenant) { t.Settings.RetentionDays = days }); err != nil {
		return err
	}
	a.sweep()
	return nil
}
