package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/retain"
	"passtrail/internal/store"
)

// retentionFlags are the flags of tenant retention.
type retentionFlags struct{ dryRun, yes bool }

func newRetentionCommand(a *app) *cobra.Command {
	var f retentionFlags
	c := &cobra.Command{
		Use:   "retention ID [PERIOD]",
		Short: "Say how long a tenant's records are kept, and delete what is older",
		Long: "Without a period it says what is set. A period is a number of days (400, 400d), of years (2y), or \"forever\"; " + retentionRange() + ".\n" +
			"What is older is deleted at once, after a question or with --yes, and from then on every day while \"passtrail serve\" runs:\n" +
			"records, the attempts they were, inputs set aside, intervals of registration and roles that ended, findings whose records\n" +
			"are gone. The ledger's counts and the access log stay. Older records that come in are counted and not stored.",
		Example: "  passtrail tenant retention 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11 2y --dry-run\n  passtrail tenant retention 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11 2y --yes",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := passtrail.ParseTenantID(args[0])
			if err != nil {
				return usageError{err}
			}
			if len(args) == 1 {
				return a.showRetention(c.Context(), id, f)
			}
			days, err := parseRetention(args[1])
			if err != nil {
				return usageError{err}
			}
			return a.setRetention(c.Context(), id, days, f)
		},
	}
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would be deleted")
	c.Flags().BoolVar(&f.yes, "yes", false, "delete without asking")
	return c
}

func retentionRange() string {
	return fmt.Sprintf("%d to %d days", store.MinRetentionDays, store.MaxRetentionDays)
}

// parseRetention reads a period in days; forever is 0.
func parseRetention(s string) (days int, err error) {
	if s == "forever" {
		return 0, nil
	}
	digits, unit := strings.TrimSuffix(s, "d"), 1
	if y, ok := strings.CutSuffix(s, "y"); ok {
		digits, unit = y, 365
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > store.MaxRetentionDays {
		return 0, fmt.Errorf("%q is no retention: want %s (400, 400d, 2y) or forever", s, retentionRange())
	}
	return n * unit, store.CheckRetention(n * unit)
}

// showRetention says what is set; with --dry-run also what would be deleted now.
func (a *app) showRetention(ctx context.Context, id passtrail.TenantID, f retentionFlags) error {
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	t, err := st.Tenant(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "tenant %s keeps its records %s\n", id, retain.Words(t.Settings.RetentionDays))
	if !f.dryRun {
		return nil
	}
	_, err = a.wouldExpire(ctx, st, id, t.Settings.RetentionDays)
	return err
}

// wouldExpire prints what is older than a retention now.
func (a *app) wouldExpire(ctx context.Context, st store.Store, id passtrail.TenantID, days int) (store.Expired, error) {
	now, err := a.now()
	if err != nil {
		return store.Expired{}, err
	}
	limit := store.KeepsFrom(days, now)
	if err := st.Refresh(ctx); err != nil { // attempts and intervals are part of the answer
		return store.Expired{}, err
	}
	e, err := st.Expiring(ctx, id, limit)
	if err != nil {
		return e, err
	}
	if !e.Any() {
		fmt.Fprintln(a.out, "nothing is older than that")
		return e, nil
	}
	writeExpired(a.out, fmt.Sprintf("older, of before %s (UTC):", limit.String()[:10]), e)
	return e, nil
}

// setRetention sets a retention and deletes what is older.
func (a *app) setRetention(ctx context.Context, id passtrail.TenantID, days int, f retentionFlags) error {
	if a.nowFlag != "" && !f.dryRun {
		return usageError{fmt.Errorf("--now goes with --dry-run only: what is deleted is what is too old today")}
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	t, err := st.Tenant(ctx, id)
	if err != nil {
		return err
	}
	e, err := a.wouldExpire(ctx, st, id, days)
	if err != nil || f.dryRun {
		return err
	}
	if e.Any() && !f.yes && !a.askDelete() {
		return passtrail.Errorf(passtrail.Denied, "main.setRetention", "nothing was changed or deleted: pass --yes to delete this")
	}
	was := t.Settings.RetentionDays
	t.Settings.RetentionDays = days
	if err := st.PutTenant(ctx, t); err != nil {
		return err
	}
	line := accessNow(a, id, "settings", string(id))
	line.Detail = fmt.Sprintf("retention: %s, before %s; command line", retain.Words(days), retain.Words(was))
	if err := st.LogAccess(ctx, line); err != nil {
		return err
	}
	e, err = retain.New(st, a.clock, slog.New(slog.DiscardHandler)).Tenant(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "tenant %s keeps its records %s\n", id, retain.Words(days))
	if e.Any() {
		writeExpired(a.out, "deleted:", e)
	}
	return nil
}

// askDelete asks on a terminal; without one the answer is no.
func (a *app) askDelete() bool {
	if !isTerminal(a.in) {
		return false
	}
	fmt.Fprint(a.err, "Delete this now, and from now on whatever gets as old? It cannot be had back. [y/N] ")
	line, _ := bufio.NewReader(a.in).ReadString('\n')
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), "y")
}

// writeExpired prints counts under a title.
func writeExpired(w io.Writer, title string, e store.Expired) {
	fmt.Fprintln(w, title)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	span := ""
	if e.Records > 0 {
		span = fmt.Sprintf("\tfrom %s to %s", e.First.String()[:10], e.Last.String()[:10])
	}
	fmt.Fprintf(t, "  records\t%s%s\n", thousands(e.Records), span)
	for _, row := range []struct {
		what string
		n    int64
	}{{"attempts", e.Attempts}, {"intervals", e.Intervals}, {"set aside", e.SetAside}, {"findings", e.Findings}} {
		fmt.Fprintf(t, "  %s\t%s\n", row.what, thousands(row.n))
	}
	t.Flush()
}
