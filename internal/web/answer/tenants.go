package answer

import (
	"context"
	"slices"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// TenantList answers the tenants that the one who asks may see.
func (a *Answers) TenantList(ctx context.Context) ([]web.TenantView, error) {
	all, err := a.store.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	who := auth.From(ctx)
	var out []web.TenantView
	for _, t := range all {
		if !who.Sees(t.ID) {
			continue
		}
		out = append(out, tenantView(&t))
	}
	return out, nil
}

func tenantView(t *store.Tenant) web.TenantView {
	return web.TenantView{
		ID: t.ID, Name: t.Name, Collecting: t.OptedInAt != 0, OptedInAt: t.OptedInAt, OptedInBy: t.OptedInBy, OptedOutAt: t.OptedOutAt, OptedOutBy: t.OptedOutBy,
		CustomQueries: !t.Settings.NoCustomQueries, RetentionDays: t.Settings.RetentionDays, RegisteredOnly: t.Settings.RegisteredOnly().String()[:10],
	}
}

// change changes a tenant's settings.
func (a *Answers) change(ctx context.Context, s web.Scope, do func(*store.Tenant)) error {
	if err := auth.Require(ctx, s.Tenant, auth.Configure); err != nil {
		return err
	}
	t, err := a.store.Tenant(ctx, s.Tenant)
	if err != nil {
		return err
	}
	do(&t)
	return a.store.PutTenant(ctx, t)
}

// SetRegisteredOnly sets the day from which only registered methods count.
func (a *Answers) SetRegisteredOnly(ctx context.Context, s web.Scope, day passtrail.Ticks) error {
	return a.change(ctx, s, func(t *store.Tenant) { t.Settings.RegisteredOnlyFrom = day })
}

// OptIn turns collection on and keeps who said so.
func (a *Answers) OptIn(ctx context.Context, s web.Scope) error {
	return a.change(ctx, s, func(t *store.Tenant) {
		t.OptedInAt, t.OptedInBy, t.OptedOutAt, t.OptedOutBy = s.Now, auth.From(ctx).Name, 0, ""
	})
}

// OptOut takes the consent back; what is stored stays.
func (a *Answers) OptOut(ctx context.Context, s web.Scope) error {
	return a.change(ctx, s, func(t *store.Tenant) {
		t.OptedInAt, t.OptedInBy, t.OptedOutAt, t.OptedOutBy = 0, "", s.Now, auth.From(ctx).Name
	})
}

// SetCustomQueries gives or takes the licence for custom queries.
func (a *Answers) SetCustomQueries(ctx context.Context, s web.Scope, on bool) error {
	return a.change(ctx, s, func(t *store.Tenant) { t.Settings.NoCustomQueries = !on })
}

// LogAccess keeps who looked at what.
func (a *Answers) LogAccess(ctx context.Context, s web.Scope, l web.AccessLine) error {
	who := auth.From(ctx)
	line := store.Access{ID: l.ID, At: s.Now, Tenant: s.Tenant, Action: l.Action, Subject: l.Subject, Detail: l.Detail, Address: l.Address}
	if who != nil {
		line.Who, line.Roles = who.Name, who.RoleNames()
	}
	switch {
	case l.Refused:
		return a.access.Refuse(ctx, l.Address+" "+line.Who, line)
	case who == nil:
		return passtrail.Errorf(passtrail.Denied, "answer.LogAccess", "sign in first")
	case l.Typed:
		return a.access.Search(ctx, who.Subject, line)
	}
	return a.access.Add(ctx, line)
}

// maxAccess is how many lines of the access log a page shows.
const maxAccess = 1000

// AccessEntries answers the newest lines of the access log. Lines of one instant are never parted by the end of a page.
func (a *Answers) AccessEntries(ctx context.Context, s web.Scope, p web.Period) (*web.AccessPage, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadAccessLog); err != nil {
		return nil, err
	}
	filter := store.AccessFilter{Tenant: s.Tenant, From: p.From, To: p.To, Limit: maxAccess + 1}
	lines, err := a.access.Read(ctx, a.store, filter)
	if err != nil {
		return nil, err
	}
	out := &web.AccessPage{}
	if len(lines) > maxAccess {
		out.Older = lines[maxAccess-1].At
		filter.From, filter.To, filter.Limit = out.Older, out.Older+1, 0
		same, err := a.access.Read(ctx, a.store, filter)
		if err != nil {
			return nil, err
		}
		first := slices.IndexFunc(lines, func(l store.Access) bool { return l.At == out.Older })
		lines = append(lines[:first:first], same...)
	}
	for _, l := range lines {
		out.Rows = append(out.Rows, web.AccessRow{At: l.At, Who: l.Who, Roles: l.Roles, Action: l.Action, Subject: l.Subject, Detail: l.Detail, Address: l.Address})
	}
	return out, nil
}
