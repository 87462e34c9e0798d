package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/ingest"
	"passtrail/internal/store"
)

func newQuarantineCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "quarantine",
		Short: "What could not be read: list it, look at it, read it again",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newQuarantineListCommand(a), newQuarantineShowCommand(a), newQuarantineRetryCommand(a))
	return c
}

// quarantineFlags choose inputs.
type quarantineFlags struct {
	tenant, code, output string
	limit                int
}

func (q *quarantineFlags) filter() (store.QuarantineFilter, error) {
	f := store.QuarantineFilter{Code: q.code, Limit: q.limit}
	if q.tenant != "" {
		id, err := passtrail.ParseTenantID(q.tenant)
		if err != nil {
			return f, usageError{fmt.Errorf("--tenant: %w", err)}
		}
		f.Tenant = id
	}
	return f, nil
}

func (q *quarantineFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&q.tenant, "tenant", "", "only inputs of this tenant `id`")
	c.Flags().StringVar(&q.code, "code", "", "only inputs with this `code`, for example not-json")
}

func newQuarantineListCommand(a *app) *cobra.Command {
	var q quarantineFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List inputs that were set aside, with place and reason",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.listQuarantine(c.Context(), &q) },
	}
	q.register(c)
	c.Flags().IntVar(&q.limit, "limit", 100, "at most this `many`; 0 for all")
	c.Flags().StringVarP(&q.output, "output", "o", "table", "`format`: table, json")
	return c
}

// quarantined is an input as -o json shows it.
type quarantined struct {
	ID       int64              `json:"id"`
	Tenant   passtrail.TenantID `json:"tenant"`
	Source   string             `json:"source"`
	Position string             `json:"position"`
	Code     string             `json:"code"`
	Reason   string             `json:"reason"`
	At       string             `json:"at"`
	Text     string             `json:"text,omitempty"`  // the input, when it is text
	Bytes    []byte             `json:"bytes,omitempty"` // the input, when it is not
}

func (a *app) listQuarantine(ctx context.Context, q *quarantineFlags) error {
	f, err := q.filter()
	if err != nil {
		return err
	}
	if q.output != "table" && q.output != "json" {
		return usageError{fmt.Errorf("-o %s: want table or json", q.output)}
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	items, err := st.Quarantined(ctx, f)
	if err != nil {
		return err
	}
	if q.output == "json" {
		all := []quarantined{}
		for i := range items {
			all = append(all, toQuarantined(&items[i]))
		}
		return json.NewEncoder(a.out).Encode(all)
	}
	if len(items) == 0 {
		_, err := fmt.Fprintln(a.out, "nothing is set aside")
		return err
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tAT\tCODE\tWHERE\tREASON")
	for _, x := range items {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", x.ID, x.At.Time().In(a.zone()).Format("2006-01-02 15:04"), x.Code, passtrail.Printable(x.Position), x.Reason)
	}
	return t.Flush()
}

func toQuarantined(x *store.Quarantine) quarantined {
	q := quarantined{ID: x.ID, Tenant: x.Tenant, Source: x.Source, Position: x.Position, Code: x.Code, Reason: x.Reason, At: x.At.String()}
	if utf8.Valid(x.Bytes) {
		q.Text = string(x.Bytes)
	} else {
		q.Bytes = x.Bytes
	}
	return q
}

func newQuarantineShowCommand(a *app) *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show one input with its bytes",
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, args []string) error { return a.showQuarantine(c.Context(), args[0], output) },
	}
	c.Flags().StringVarP(&output, "output", "o", "text", "`format`: text, json, raw (the bytes alone)")
	return c
}

func (a *app) showQuarantine(ctx context.Context, arg, output string) error {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		return usageError{fmt.Errorf("%q is not the number of an input: see \"passtrail quarantine list\"", arg)}
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	x, err := st.QuarantineItem(ctx, id)
	if err != nil {
		return err
	}
	switch output {
	case "raw":
		_, err = a.out.Write(x.Bytes)
		return err
	case "json":
		return json.NewEncoder(a.out).Encode(toQuarantined(&x))
	case "text":
	default:
		return usageError{fmt.Errorf("-o %s: want text, json or raw", output)}
	}
	text := strconv.QuoteToGraphic(string(x.Bytes))
	if utf8.Valid(x.Bytes) && !strings.ContainsFunc(string(x.Bytes), func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' && r != '\t' && r != '\r' }) {
		text = string(x.Bytes)
	}
	_, err = fmt.Fprintf(a.out, "where   %s\nwhen    %s\ncode    %s\nreason  %s\nbytes   %d\n\n%s\n", passtrail.Printable(x.Position), x.At, x.Code, x.Reason, len(x.Bytes), text)
	return err
}

func newQuarantineRetryCommand(a *app) *cobra.Command {
	var q quarantineFlags
	c := &cobra.Command{
		Use:   "retry",
		Short: "Read what was set aside again, after an update",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.retryQuarantine(c.Context(), &q) },
	}
	q.register(c)
	return c
}

func (a *app) retryQuarantine(ctx context.Context, q *quarantineFlags) error {
	f, err := q.filter()
	if err != nil {
		return err
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	run := ingest.Runner{Store: st, Config: ingest.Config{Tenant: f.Tenant, Now: a.clock}}
	taken, left, err := run.Retry(ctx, f)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%d taken in, %d left\n", taken, left)
	return err
}
