package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/simulate"
)

// simulateFlags are the flags of "passtrail simulate" that are not fields of simulate.Config.
type simulateFlags struct {
	format, out, truth, end string
}

func newSimulateCommand(a *app) *cobra.Command {
	var cfg simulate.Config
	var f simulateFlags
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Write the records of an invented tenant",
		Long: "Invents a tenant and writes its audit records, with snapshots of registrations and roles, in any form that ingest\n" +
			"takes in. The same seed and flags give the same bytes. --truth writes the exact answers to every report beside it.\n\n" +
			"Formats: " + formatNames() + ".\nThe format mix spreads the same tenant over all others, with overlaps.\n" +
			"With --out - the records go to standard output, without snapshots.",
		Example: "  passtrail simulate --out demo --truth truth.json\n" +
			"  passtrail simulate --format mix --seed 7 --end 2026-03-31T12:00:00Z --out mixed\n" +
			"  passtrail simulate --records 1000000 --format graph-jsonl --out - | gzip >million.jsonl.gz",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.simulate(c, cfg, f) },
	}
	fs := c.Flags()
	fs.StringVar(&f.format, "format", string(simulate.GraphLines), "`format` of the records")
	fs.StringVar(&f.out, "out", "", "new or empty `folder` to write to, or - (required)")
	fs.StringVar(&f.truth, "truth", "", "`file` for the exact answers, as JSON")
	fs.StringVar(&f.end, "end", "", "`time` at which the records end (ISO 8601; default 2026-03-31T12:00:00Z, or --now)")
	fs.StringVar(&cfg.Tenant, "tenant", simulate.DefaultTenant, "tenant `id`")
	fs.StringVar(&cfg.Domain, "domain", "contoso.com", "`domain` of the sign-in names")
	fs.IntVar(&cfg.People, "people", 0, "`number` of people (default 400, more with --records)")
	fs.IntVar(&cfg.Days, "days", 90, "`number` of days")
	fs.Uint64Var(&cfg.Seed, "seed", 0, "`number` that decides what chance brings")
	fs.Int64Var(&cfg.Records, "records", 0, "raise the rates so that about this `number` of records comes out")
	fs.StringVar(&cfg.Compress, "compress", "", "pack the files: gz, zst or zip")
	fs.BoolVar(&cfg.NoAbuse, "no-abuse", false, "plant nothing that a detection should find")
	return c
}

func formatNames() string {
	var names []string
	for _, f := range simulate.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// simulate writes the records, then the truth, then a line about both.
func (a *app) simulate(c *cobra.Command, cfg simulate.Config, f simulateFlags) error {
	if f.out == "" {
		return usageError{fmt.Errorf("--out is missing: name a folder, or - for standard output")}
	}
	if f.end == "" {
		f.end = a.nowFlag
	}
	if f.end != "" {
		t, err := passtrail.ParseTicks(f.end)
		if err != nil {
			return usageError{fmt.Errorf("--end: %w", err)}
		}
		cfg.End = t.Time()
	}
	var truth *simulate.Truth
	var err error
	if f.out == "-" {
		truth, err = simulate.WriteTo(c.Context(), cfg, simulate.Format(f.format), a.out)
	} else {
		truth, err = simulate.Write(c.Context(), cfg, simulate.Format(f.format), f.out)
	}
	if passtrail.CodeOf(err) == passtrail.Invalid {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	if f.truth != "" {
		if err := writeTruth(f.truth, truth); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.err, "%d records (%d with repeats) of %d people, %d attempts, %s to %s\n", truth.Records, truth.Delivery.Delivered,
		truth.Registration.Total, truth.Attempts, passtrail.Ticks(truth.Start).Time().Format("2006-01-02"), passtrail.Ticks(truth.End).Time().Format("2006-01-02"))
	return err
}

// writeTruth writes the answers to a file, whole or not at all.
func writeTruth(path string, truth io.WriterTo) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".truth-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = truth.WriteTo(tmp)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
