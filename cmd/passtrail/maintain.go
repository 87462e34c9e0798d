package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

// accessNow is a line of the access log for what the person at the command line does.
func accessNow(a *app, tenant passtrail.TenantID, action, subject string) store.Access {
	return store.Access{At: passtrail.TicksOf(a.clock()), Tenant: tenant, Who: whoami(), Action: action, Subject: subject, Detail: "command line"}
}

func newRebuildCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild",
		Short: "Make everything that is derived from the records anew",
		Long:  "Makes attempts, intervals and the keys of the vocabulary anew from the records and snapshots. The result is the same\nunless the vocabulary changed. It is safe to stop at any moment.",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			st, err := a.openStore(c.Context())
			if err != nil {
				return err
			}
			if err := st.Rebuild(c.Context(), func(int64, int64) {}); err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.out, "rebuilt")
			return err
		},
	}
}

func newSourcesCommand(a *app) *cobra.Command {
	var tenant, output string
	c := &cobra.Command{
		Use:   "sources",
		Short: "What came in, from where, up to when, and what was set aside",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.sources(c.Context(), tenant, output) },
	}
	c.Flags().StringVar(&tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	outputFlag(c, &output, "table", "json", "csv", "ndjson", "md", "xlsx")
	return c
}

func (a *app) sources(ctx context.Context, tenantFlag, output string) error {
	id, err := a.tenant(ctx, tenantFlag)
	if err != nil {
		return err
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	hours, err := st.Ledger(ctx, id)
	if err != nil {
		return err
	}
	t := query.Table{Name: "sources", Columns: []query.Column{{Name: "Source", Type: types.String}}}
	for _, n := range []string{"Received", "Stored", "Repeats", "SetAside", "OtherCategories", "PastRetention"} {
		t.Columns = append(t.Columns, query.Column{Name: n, Type: types.Long})
	}
	for _, n := range []string{"FirstHour", "LastHour", "LastSeen"} {
		t.Columns = append(t.Columns, query.Column{Name: n, Type: types.DateTime})
	}
	t.Rows = sourceRows(hours)
	return a.write(output, t)
}

// sourceRows adds the hours of each source up, in the order in which sources first appear.
func sourceRows(hours []store.LedgerHour) [][]any {
	var rows [][]any
	at := map[string]int{}
	for _, h := range hours {
		i, ok := at[h.Source]
		if !ok {
			i = len(rows)
			at[h.Source] = i
			rows = append(rows, []any{h.Source, int64(0), int64(0), int64(0), int64(0), int64(0), int64(0), nil, nil, int64(h.LastSeen)})
		}
		r := rows[i]
		for k, n := range []int64{h.Received, h.Stored, h.Repeats, h.SetAside, h.Other, h.PastRetention} {
			r[k+1] = r[k+1].(int64) + n
		}
		if h.Hour != 0 {
			if first, ok := r[7].(int64); !ok || int64(h.Hour) < first {
				r[7] = int64(h.Hour)
			}
			if last, ok := r[8].(int64); !ok || int64(h.Hour) > last {
				r[8] = int64(h.Hour)
			}
		}
		r[9] = max(r[9].(int64), int64(h.LastSeen))
	}
	return rows
}
