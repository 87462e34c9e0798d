package answer

import (
	"context"
	"slices"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/explore"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// TenantWork answers what needs work in each of the tenants that the one who asks may see.
func (a *Answers) TenantWork(ctx context.Context, now passtrail.Ticks) ([]web.TenantRow, error) {
	who := auth.From(ctx)
	all, err := a.store.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t store.Tenant) bool { return !who.Sees(t.ID) })
	for _, t := range all {
		if err := auth.Require(ctx, t.ID, auth.ReadReports); err != nil {
			return nil, err
		}
	}
	work, err := explore.Work(ctx, a.store, a.engine, all, now)
	out := make([]web.TenantRow, len(work))
	for i := range work {
		w := &work[i]
		out[i] = web.TenantRow{TenantView: tenantView(&w.Tenant), Week: w.Week, Before: w.Before, LastRecord: w.LastRecord, Snapshot: w.Snapshot,
			People: w.People, Registered: w.Registered, AdminsNotCapable: w.AdminsNotCapable, SetAside: w.SetAside,
			HighNew: w.NewFindings["high"], MediumNew: w.NewFindings["medium"], LowNew: w.NewFindings["low"], Needs: w.Needs(now)}
	}
	return out, err
}
