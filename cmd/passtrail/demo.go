package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"passtrail/internal/report"
	"passtrail/internal/server"
	"passtrail/internal/simulate"
	"passtrail/internal/store/duckdb"
)

// demoFlags are the flags of demo.
type demoFlags struct {
	listen, page string
	people, days int
	seed         uint64
	noServe      bool
}

func newDemoCommand(a *app) *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Simulate a tenant, answer the questions, serve the pages",
		Long: "Simulates a tenant up to now, takes its records in, prints the answers to the nine questions, writes them as a page,\n" +
			"and serves the pages. The data directory is --data, else a new one for this run; one that is there is used as it is.",
		Example: "  passtrail demo\n  passtrail demo --no-serve --page sspr.html",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.demo(c.Context(), f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.listen, "listen", "127.0.0.1:8420", "`address` to listen on, port 0 for a free one")
	fl.StringVar(&f.page, "page", "", "`file` to write the answers to as one HTML page")
	fl.IntVar(&f.people, "people", 400, "`number` of people")
	fl.IntVar(&f.days, "days", 90, "`number` of days")
	fl.Uint64Var(&f.seed, "seed", 1, "`number` that decides what chance brings")
	fl.BoolVar(&f.noServe, "no-serve", false, "end after the answers")
	return c
}

func (a *app) demo(ctx context.Context, f demoFlags) error {
	if a.data == "" {
		dir, err := os.MkdirTemp("", "passtrail-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		a.data = dir
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	if !duckdb.Exists(dir) {
		if err := a.fillDemo(ctx, dir, f); err != nil {
			return err
		}
	}
	if err := a.demoAnswers(ctx, f.page); err != nil {
		return err
	}
	if f.noServe {
		return nil
	}
	return a.serve(ctx, server.Config{Listen: f.listen}, signInFlags{}, true)
}

// fillDemo simulates a tenant up to now and takes its records in.
func (a *app) fillDemo(ctx context.Context, dir string, f demoFlags) error {
	now, err := a.now()
	if err != nil {
		return err
	}
	records, err := os.MkdirTemp("", "passtrail-records-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(records)
	in := filepath.Join(records, "in")
	truth, err := simulate.Write(ctx, simulate.Config{People: f.people, Days: f.days, Seed: f.seed, End: now.Time()}, simulate.GraphLines, in)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "simulated  %s records of %d people over %d days\n", thousands(int64(truth.Records)), f.people, f.days)
	quiet := *a
	quiet.out, quiet.backend = io.Discard, backend{}
	if err := quiet.init(ctx, simulate.DefaultTenant, "Contoso (simulated)", true); err != nil {
		return err
	}
	a.backend = quiet.backend
	quiet.out, quiet.in = io.Discard, a.in
	take := ingestFlags{tenant: simulate.DefaultTenant, maxDepth: 64, output: "text"}
	take.sizes()
	return quiet.ingest(ctx, take, []string{in})
}

// demoAnswers prints the answers to the nine questions.
func (a *app) demoAnswers(ctx context.Context, page string) error {
	lib, err := a.library(ctx)
	if err != nil {
		return err
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	tenant, err := a.tenant(ctx, "")
	if err != nil {
		return err
	}
	var outs []*report.Output
	for i, r := range lib.Reports {
		o, err := lib.Run(ctx, r, report.Params{Tenant: tenant, Now: now, Zone: a.zone()})
		if err != nil {
			return err
		}
		outs = append(outs, o)
		if i < 9 {
			fmt.Fprintf(a.out, "\n%s\n  %s\n", r.Title, o.Answer)
		}
	}
	fmt.Fprintln(a.out)
	if page == "" {
		return nil
	}
	t, err := a.backend.store.Tenant(ctx, tenant)
	if err != nil {
		return err
	}
	err = a.toFile(page, func() error { return report.WriteHTML(a.out, outs, t, a.zone()) })
	if err == nil {
		fmt.Fprintf(a.out, "all reports as one page: %s\n", page)
	}
	return err
}
