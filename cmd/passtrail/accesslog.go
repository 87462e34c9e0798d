package main

import (
	"context"

	"github.com/spf13/cobra"

	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/store"
)

// accessLogFlags are the flags of access-log.
type accessLogFlags struct {
	tenant, since, output string
	limit                 int
}

func newAccessLogCommand(a *app) *cobra.Command {
	var f accessLogFlags
	c := &cobra.Command{
		Use:     "access-log",
		Short:   "Who looked at which person, exported or asked what",
		Long:    "Lists the access log, newest first: who looked at which person, record, report or list, which export, which query, what was\nrefused, who opted in. Refusals from before a tenant was known are listed as well.",
		Example: "  passtrail access-log --since 7d\n  passtrail access-log --since 2026-01-01 -o csv >access.csv",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.accessLog(c.Context(), f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	fl.StringVar(&f.since, "since", "30d", "from when on: a `period` back from now (7d) or an ISO time")
	fl.IntVar(&f.limit, "limit", 1000, "at most this `number` of lines, 0 for all")
	outputFlag(c, &f.output, "table", "json", "csv", "ndjson", "md", "xlsx")
	return c
}

func (a *app) accessLog(ctx context.Context, f accessLogFlags) error {
	id, err := a.tenant(ctx, f.tenant)
	if err != nil {
		return err
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	from, err := report.ParseSince(f.since, now)
	if err != nil {
		return usageError{err}
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	log, err := a.accesses()
	if err != nil {
		return err
	}
	lines, err := log.Read(ctx, st, store.AccessFilter{Tenant: id, NoTenant: true, From: from, Limit: f.limit})
	if err != nil {
		return err
	}
	return a.write(f.output, accessTable(lines))
}

// accessTable lays the lines out.
func accessTable(lines []store.Access) query.Table {
	t := query.Table{Name: "access-log", Columns: []query.Column{{Name: "At", Type: types.DateTime}}}
	for _, n := range []string{"Who", "Roles", "Action", "Subject", "Detail", "Address"} {
		t.Columns = append(t.Columns, query.Column{Name: n, Type: types.String})
	}
	for _, l := range lines {
		t.Rows = append(t.Rows, []any{int64(l.At), l.Who, l.Roles, l.Action, l.Subject, l.Detail, l.Address})
	}
	return t
}
