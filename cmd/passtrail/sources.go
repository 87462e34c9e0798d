package main

import (
	"context"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

func newSourcesCommand(a *app) *cobra.Command {
	var tenant, output string
	var unknown bool
	c := &cobra.Command{
		Use:   "sources",
		Short: "What came in, from where, up to when, and what was set aside",
		Long: "Lists what came in by source. PastRetention counts records older than the tenant keeps, which are not stored. FinalUntil is\n" +
			"the instant up to which figures do not grow by records that are late: a day before the newest record of the source.\n" +
			"\"open\" says that there is no such instant yet. An older file that is taken in later can still change figures. LastFailure says\n" +
			"when and why the last ingest failed, until one succeeds. Status reasons and methods that Passtrail does not know are counted\n" +
			"below, without digits; --unknown lists them alone, in any format.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.sources(c.Context(), tenant, output, unknown) },
	}
	c.Flags().BoolVar(&unknown, "unknown", false, "list the reasons and methods that are not known")
	c.Flags().StringVar(&tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	outputFlag(c, &output, "table", "json", "csv", "ndjson", "md", "xlsx")
	return c
}

func (a *app) sources(ctx context.Context, tenantFlag, output string, unknown bool) error {
	id, err := a.tenant(ctx, tenantFlag)
	if err != nil {
		return err
	}
	words, err := a.unknownWords(ctx, id)
	if err != nil {
		return err
	}
	if unknown {
		return a.write(output, words)
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	hours, err := st.Ledger(ctx, id)
	if err != nil {
		return err
	}
	final, err := st.FinalUntil(ctx, id)
	if err != nil {
		return err
	}
	failed, err := st.Failures(ctx, id)
	if err != nil {
		return err
	}
	t := query.Table{Name: "sources", Columns: []query.Column{{Name: "Source", Type: types.String}}}
	for _, n := range []string{"Received", "Records", "SnapshotRows", "Repeats", "SetAside", "OtherCategories", "PastRetention"} {
		t.Columns = append(t.Columns, query.Column{Name: n, Type: types.Long})
	}
	for _, n := range []string{"FirstHour", "LastHour", "LastSeen"} {
		t.Columns = append(t.Columns, query.Column{Name: n, Type: types.DateTime})
	}
	t.Columns = append(t.Columns, query.Column{Name: "FinalUntil", Type: types.String}, query.Column{Name: "LastFailure", Type: types.String})
	for _, s := range store.SumFailures(store.SumLedger(hours), failed) {
		until := "open"
		if at := final[s.Source]; at != 0 {
			until = at.Time().In(a.zone()).Format("2006-01-02 15:04:05Z07:00")
		}
		t.Rows = append(t.Rows, []any{s.Source, s.Received, s.Records(), s.SnapshotRows, s.Repeats, s.SetAside, s.Other, s.PastRetention, instant(s.First), instant(s.Hour), instant(s.LastSeen), until, a.failure(s.Failure)})
	}
	if output == "table" && len(words.Rows) > 0 {
		return a.write(output, t, words)
	}
	return a.write(output, t)
}

// unknownWords is the table of reasons and methods that the vocabulary does not know.
func (a *app) unknownWords(ctx context.Context, id passtrail.TenantID) (query.Table, error) {
	t := query.Table{Name: "unknown", Columns: []query.Column{{Name: "Unknown", Type: types.String}, {Name: "Text", Type: types.String}, {Name: "Activity", Type: types.String}, {Name: "Records", Type: types.Long}}}
	lib, err := a.library(ctx)
	if err != nil {
		return t, err
	}
	now, err := a.now()
	if err != nil {
		return t, err
	}
	all, err := lib.Unknown(ctx, id, 0, passtrail.MaxTicks, now)
	for _, u := range all {
		t.Rows = append(t.Rows, []any{u.Kind, u.Text, u.Activity, u.Records})
	}
	return t, err
}

// failure is a cell for why a source failed.
func (a *app) failure(f store.Failure) string {
	if f.Reason == "" {
		return ""
	}
	return f.At.Time().In(a.zone()).Format("2006-01-02 15:04:05Z07:00") + ": " + f.Reason
}

// instant is a cell for an instant; 0 is none.
func instant(t passtrail.Ticks) any {
	if t == 0 {
		return nil
	}
	return int64(t)
}
