package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"passtrail/internal/detect"
	"passtrail/internal/export"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/store"
)

// reportFlags are the flags of the report command.
type reportFlags struct {
	tenant, since, until, output, out, failOn string
	threshold                                 int
	all                                       bool
}

func newReportCommand(a *app) *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report [ID]",
		Short: "List the prebuilt reports, or run one",
		Long: "Without an ID, lists the prebuilt reports. With one, runs it; with --all, runs all of them.\n" +
			"-o html writes one self-contained page with pictures that prints well.",
		Example: "  passtrail report resets-last-7-days\n  passtrail report common-problems --since 90d -o json\n  passtrail report --all -o html --out sspr.html",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.toFile(f.out, func() error { return a.report(c.Context(), args, f) })
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	fl.StringVar(&f.since, "since", "", "begin of the period: `30d`, 12h, or an ISO time (default: the report's own)")
	fl.StringVar(&f.until, "until", "", "end of the period, a `time` or a period back from now (default: now)")
	fl.IntVar(&f.threshold, "threshold", 0, "threshold, for reports that have one")
	fl.BoolVar(&f.all, "all", false, "run all reports")
	fl.StringVar(&f.out, "out", "", "write to this `file` instead of stdout")
	fl.StringVar(&f.failOn, "fail-on", "", "exit with 3 when there are findings of this `severity` or a higher one (suspicious-activity)")
	outputFlag(c, &f.output, "table", "json", "csv", "ndjson", "md", "xlsx", "html")
	return c
}

func (a *app) report(ctx context.Context, args []string, f reportFlags) error {
	if f.failOn != "" && !slices.Contains(detect.Severities, f.failOn) {
		return usageError{fmt.Errorf("--fail-on %q: want one of %v", f.failOn, detect.Severities)}
	}
	if len(args) == 0 && !f.all {
		return a.listReports(f)
	}
	if len(args) == 1 && f.all {
		return usageError{fmt.Errorf("name a report or pass --all, not both")}
	}
	if f.output != "html" && !slices.Contains(export.Formats, f.output) {
		return usageError{fmt.Errorf("-o %s: want html or one of %v", f.output, export.Formats)}
	}
	lib, err := a.library(ctx)
	if err != nil {
		return err
	}
	reports := lib.Reports
	if !f.all {
		r, err := lib.Find(args[0])
		if err != nil {
			return usageError{err}
		}
		reports = []*report.Report{r}
		if f.failOn != "" && r.Kind != "findings" {
			return usageError{fmt.Errorf("--fail-on: %s has no findings; suspicious-activity does", r.ID)}
		}
	}
	if f.threshold < 0 {
		return usageError{fmt.Errorf("--threshold %d: want 1 or more", f.threshold)}
	}
	p, err := a.reportParams(ctx, f)
	if err != nil {
		return err
	}
	var outs []*report.Output
	for _, r := range reports {
		o, err := lib.Run(ctx, r, p)
		if err != nil {
			return err
		}
		outs = append(outs, o)
	}
	if err := a.writeReports(ctx, f, outs); err != nil {
		return err
	}
	return fired(f.failOn, outs)
}

func (a *app) reportParams(ctx context.Context, f reportFlags) (report.Params, error) {
	now, err := a.now()
	if err != nil {
		return report.Params{}, err
	}
	from, to, err := a.period(f.since, f.until)
	if err != nil {
		return report.Params{}, err
	}
	id, err := a.tenant(ctx, f.tenant)
	return report.Params{Tenant: id, Now: now, From: from, To: to, Threshold: f.threshold, Zone: a.zone()}, err
}

// listReports needs no data directory: it lists what there is to ask.
func (a *app) listReports(f reportFlags) error {
	lib, err := a.definitions()
	if err != nil {
		return err
	}
	t := query.Table{Name: "reports"}
	for _, name := range []string{"Id", "Question", "Period"} {
		t.Columns = append(t.Columns, query.Column{Name: name, Type: types.String})
	}
	for _, r := range lib.Reports {
		t.Rows = append(t.Rows, []any{r.ID, r.Title, r.Period})
	}
	format := f.output
	if format == "html" {
		return usageError{fmt.Errorf("-o html needs a report, or --all")}
	}
	return a.writeWide(format, 100, t)
}

func (a *app) writeReports(ctx context.Context, f reportFlags, outs []*report.Output) error {
	switch f.output {
	case "html":
		st, err := a.openStore(ctx)
		if err != nil {
			return err
		}
		t, err := st.Tenant(ctx, outs[0].Params.Tenant)
		if err != nil {
			t = store.Tenant{ID: outs[0].Params.Tenant}
		}
		return report.WriteHTML(a.out, outs, t, a.zone())
	case "json":
		return a.writeReportsJSON(outs)
	case "table", "md":
		return a.writeReportsText(f.output, outs)
	}
	about, err := a.aboutReports(ctx, outs)
	if err != nil {
		return err
	}
	a.notes(about.Notes...)
	var tables []query.Table
	for _, o := range outs {
		for _, t := range o.Tables {
			if len(outs) > 1 {
				t.Name = o.Report.ID + " " + t.Name
			}
			tables = append(tables, t)
		}
	}
	return a.writeAbout(f.output, about, tables...)
}

// aboutReports says what a file with the rows of reports is about.
func (a *app) aboutReports(ctx context.Context, outs []*report.Output) (*export.About, error) {
	p, what := outs[0].Params, outs[0].Report.Title
	x, err := a.explorer(ctx, string(p.Tenant))
	if err != nil {
		return nil, err
	}
	if len(outs) > 1 {
		what = fmt.Sprintf("%d reports", len(outs))
	}
	about, err := a.about(ctx, x, what, "", p.From, p.To)
	if err != nil {
		return nil, err
	}
	about.Notes, about.From, about.To = nil, p.From, p.To
	for _, o := range outs {
		about.From, about.To = min(about.From, o.Params.From), max(about.To, o.Params.To)
		for _, n := range o.Notes {
			if !slices.Contains(about.Notes, n) {
				about.Notes = append(about.Notes, n)
			}
		}
	}
	return about, nil
}

func (a *app) writeReportsJSON(outs []*report.Output) error {
	if len(outs) == 1 {
		return outs[0].WriteJSON(a.out)
	}
	fmt.Fprintln(a.out, "[")
	for i, o := range outs {
		if i > 0 {
			fmt.Fprintln(a.out, ",")
		}
		if err := o.WriteJSON(a.out); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(a.out, "]")
	return err
}

func (a *app) writeReportsText(format string, outs []*report.Output) error {
	for i, o := range outs {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		mark := map[string]string{"md": "## "}[format]
		fmt.Fprintf(a.out, "%s%s\n\n%s\n", mark, o.Report.Title, export.Plain(o.Answer))
		fmt.Fprintf(a.out, "(%s to %s)\n", report.Day(o.Params.From, a.zone()), report.Day(o.Params.To, a.zone()))
		for _, n := range o.Notes {
			fmt.Fprintln(a.out, "Note:", export.Plain(n))
		}
		for k, t := range o.Tables {
			fmt.Fprintf(a.out, "\n%s%s\n", map[string]string{"md": "### "}[format], o.Report.Tables[k].Title)
			if format == "md" {
				fmt.Fprintln(a.out)
			}
			if err := a.write(format, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// fired returns an error with its own exit code when findings reach the severity of --fail-on.
func fired(failOn string, outs []*report.Output) error {
	if failOn == "" {
		return nil
	}
	worst := slices.Index(detect.Severities, failOn)
	n := 0
	for _, o := range outs {
		if o.Report.Kind != "findings" {
			continue
		}
		for _, row := range o.Tables[0].Rows {
			if s, _ := row[0].(string); slices.Index(detect.Severities, s) <= worst {
				n++
			}
		}
	}
	if n == 0 {
		return nil
	}
	return firedError{n}
}
