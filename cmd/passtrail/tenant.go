package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/explore"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/retain"
	"passtrail/internal/store"
)

func newTenantCommand(a *app) *cobra.Command {
	var output string
	list := func(c *cobra.Command, _ []string) error { return a.listTenants(c.Context(), output) }
	flag := func(c *cobra.Command) *cobra.Command {
		outputFlag(c, &output, "table", "json", "csv", "ndjson", "md", "xlsx")
		return c
	}
	c := flag(&cobra.Command{
		Use:   "tenant",
		Short: "List the tenants; switch collection off; say how long to keep, and since when only registered methods count",
		Args:  cobra.NoArgs,
		RunE:  list,
	})
	c.AddCommand(flag(&cobra.Command{
		Use:   "list",
		Short: "List the tenants with what needs work today",
		Long: "Lists the tenants, each with collection and retention, records of the last 7 days and of the 7 before, the last record, the\n" +
			"newest snapshot of registrations, how many are registered, administrators who could not reset their password, new\n" +
			"findings by severity, inputs set aside, and in words what needs work.",
		Args: cobra.NoArgs,
		RunE: list,
	}), &cobra.Command{
		Use:   "opt-out ID",
		Short: "Stop collecting a tenant's records; what is there stays",
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, args []string) error { return a.optOut(c.Context(), args[0]) },
	}, newRetentionCommand(a), newRegisteredOnlyCommand(a))
	return c
}

func (a *app) listTenants(ctx context.Context, output string) error {
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	all, err := st.Tenants(ctx)
	if err != nil {
		return err
	}
	e, err := a.engine(ctx)
	if err != nil {
		return err
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	if err := st.Refresh(ctx); err != nil {
		return err
	}
	work, err := explore.Work(ctx, st, e, all, now)
	if err != nil {
		return err
	}
	t := query.Table{Name: "tenants"}
	for _, c := range []query.Column{{Name: "Id"}, {Name: "Name"}, {Name: "Collection"}, {Name: "Since", Type: types.DateTime}, {Name: "By"}, {Name: "Retention"},
		{Name: "Records7d", Type: types.Long}, {Name: "Records7dBefore", Type: types.Long}, {Name: "LastRecord", Type: types.DateTime}, {Name: "Snapshot", Type: types.DateTime},
		{Name: "People", Type: types.Long}, {Name: "Registered", Type: types.Long}, {Name: "AdminsNotCapable", Type: types.Long}, {Name: "NewFindings"}, {Name: "SetAside", Type: types.Long}, {Name: "Needs"}} {
		if c.Type == types.Unknown {
			c.Type = types.String
		}
		t.Columns = append(t.Columns, c)
	}
	for i := range work {
		t.Rows = append(t.Rows, tenantRow(&work[i], now))
	}
	return a.write(output, t)
}

// tenantRow is one tenant as the list shows it.
func tenantRow(w *explore.TenantWork, now passtrail.Ticks) []any {
	collection := "off"
	if w.OptedInAt != 0 {
		collection = "on"
	}
	return []any{string(w.ID), w.Name, collection, instant(w.OptedInAt), w.OptedInBy, retain.Words(w.Settings.RetentionDays),
		w.Week, w.Before, instant(w.LastRecord), instant(w.Snapshot), w.People, w.Registered, w.AdminsNotCapable, w.FindingWords(), w.SetAside, strings.Join(w.Needs(now), ", ")}
}

func (a *app) optOut(ctx context.Context, arg string) error {
	id, err := passtrail.ParseTenantID(arg)
	if err != nil {
		return usageError{err}
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	t, err := st.Tenant(ctx, id)
	if err != nil {
		return err
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	t.OptedInAt, t.OptedInBy, t.OptedOutAt, t.OptedOutBy = 0, "", now, a.who()
	if err := st.PutTenant(ctx, t); err != nil {
		return err
	}
	if err := st.LogAccess(ctx, store.Access{At: now, Tenant: id, Who: a.who(), Action: "opt-out", Detail: "command line"}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "collection of tenant %s is off; what was stored stays\n", id)
	return err
}
