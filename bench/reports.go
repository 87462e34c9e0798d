package main

import (
	"context"
	"embed"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"passtrail"
	"passtrail/content"
	"passtrail/internal/kql"
	"passtrail/internal/kql/native"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

//go:embed sql
var byHand embed.FS

// open opens the data directory for reading as the program does.
func (b *bench) open(ctx context.Context) (store.Store, passtrail.Ticks, error) {
	dir, err := b.data()
	if err != nil {
		return nil, 0, err
	}
	st, err := duckdb.Open(ctx, duckdb.Config{Dir: dir, Functions: native.Functions(), Now: time.Now})
	if err != nil {
		return nil, 0, err
	}
	var newest int64
	err = st.Query(ctx, "SELECT max(time) FROM record", nil, func(row []any) error {
		newest, _ = row[0].(int64)
		return nil
	})
	return st, passtrail.Ticks(newest) + passtrail.Minute, err
}

// reports times each of the reports against the same figures by SQL written by hand.
func (b *bench) reports(ctx context.Context) error {
	st, now, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	lib, err := report.Load(content.Files, query.New(st, query.Limits{}))
	if err != nil {
		return err
	}
	fmt.Printf("| report: clock, processor | passtrail | its SQL alone | by hand |\n|---|---|---|---|\n")
	for _, r := range lib.Reports {
		p := report.Params{Tenant: tenant, Now: now}
		whole, err := b.time(func() error { _, err := lib.Run(ctx, r, p); return err })
		if err != nil {
			return err
		}
		alone, hand := took{}, "-"
		if r.Query != "" {
			if alone, err = b.sqlAlone(ctx, st, lib, r, p); err != nil {
				return err
			}
		}
		if text, err := byHand.ReadFile("sql/" + r.ID + ".sql"); err == nil {
			d, err := b.hand(ctx, st, string(text), r, now)
			if err != nil {
				return fmt.Errorf("%s by hand: %w", r.ID, err)
			}
			hand = d.String()
		}
		fmt.Printf("| %s | %s | %s | %s |\n", r.ID, whole, alone, hand)
	}
	return nil
}

// sqlAlone times the SQL that the engine wrote, without compiling and without laying rows out.
func (b *bench) sqlAlone(ctx context.Context, st store.Store, lib *report.Library, r *report.Report, p report.Params) (took, error) {
	out, err := lib.Run(ctx, r, p)
	if err != nil {
		return took{}, err
	}
	c, err := kql.Compile(out.Text, query.Schema, kql.Options{Now: p.Now, Tenants: []passtrail.TenantID{tenant}})
	if err != nil {
		return took{}, err
	}
	return b.time(func() error {
		for _, res := range c.Results {
			if err := st.Query(ctx, res.SQL, res.Args, func([]any) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) hand(ctx context.Context, st store.Store, text string, r *report.Report, now passtrail.Ticks) (took, error) {
	period, err := report.ParsePeriod(r.Period)
	if err != nil {
		return took{}, err
	}
	text = strings.NewReplacer("$tenant", "'"+tenant+"'", "$from", fmt.Sprint(int64(now-period)), "$to", fmt.Sprint(int64(now)), "$now", fmt.Sprint(int64(now))).Replace(text)
	return b.time(func() error {
		for _, stmt := range strings.Split(text, ";\n") {
			if strings.TrimSpace(stmt) == "" {
				continue
			}
			if err := st.Query(ctx, strings.TrimSuffix(strings.TrimSpace(stmt), ";"), nil, func([]any) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	})
}

// took is what something takes: the median by the clock, and the least of processor time, which others on the machine
// disturb less.
type took struct{ wall, cpu time.Duration }

func (t took) String() string {
	if t == (took{}) {
		return "-"
	}
	return ms(t.wall) + ", " + ms(t.cpu)
}

// time runs f once to warm up and then as often as there are runs.
func (b *bench) time(f func() error) (took, error) {
	if err := f(); err != nil {
		return took{}, err
	}
	var walls, cpus []time.Duration
	for range b.runs {
		begin, before := time.Now(), processor()
		if err := f(); err != nil {
			return took{}, err
		}
		walls, cpus = append(walls, time.Since(begin)), append(cpus, processor()-before)
	}
	return took{median(walls), slices.Min(cpus)}, nil
}

// filters are what the audit log is asked most; each takes the newest 50.
var filters = []struct{ name, where string }{
	{"no filter", ""},
	{"activity", `| where ActivityDisplayName == "Reset password (by admin)"`},
	{"status", `| where Result == "failure"`},
	{"target begins with", `| where tostring(TargetResources[0].userPrincipalName) startswith "a"`},
	{"correlation id", `| where CorrelationId == "00000000-0000-0000-0000-000000000000"`},
	{"rare reason", `| where ResultReason has "insufficient"`},
}

// compile times the compiler on every report, and the newest 50 records by several filters.
func (b *bench) compile(ctx context.Context) error {
	names, err := filepath.Glob("content/reports/*.kql")
	if err != nil {
		return err
	}
	worst, lines := time.Duration(0), 0
	for _, name := range names {
		text, err := content.Files.ReadFile("reports/" + filepath.Base(name))
		if err != nil {
			return err
		}
		q := "let StartTime = datetime(2026-01-01); let EndTime = datetime(2026-02-01); let Threshold = 3; let RegisteredOnlyFrom = datetime(2026-11-09); let Evidence = dynamic([]);\n" + string(text)
		best := time.Duration(math.MaxInt64)
		for range 20 {
			begin := time.Now()
			if _, err := kql.Compile(q, query.Schema, kql.Options{Now: passtrail.TicksOf(begin), Tenants: []passtrail.TenantID{tenant}}); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			best = min(best, time.Since(begin))
		}
		if best > worst {
			worst, lines = best, strings.Count(q, "\n")
		}
	}
	fmt.Printf("slowest report to compile: %s (%d lines)\n\n", ms(worst), lines)
	st, now, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	e := query.New(st, query.Limits{})
	fmt.Printf("| newest 50 | time |\n|---|---|\n")
	for _, f := range filters {
		d, err := b.time(func() error {
			_, err := e.Run(ctx, query.Request{Text: "AuditLogs " + f.where + " | top 50 by TimeGenerated desc", Tenants: []passtrail.TenantID{tenant}, Now: now})
			return err
		})
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %s |\n", f.name, d)
	}
	return nil
}

// start times opening the data directory with one small question, as a process.
func (b *bench) start(context.Context) error {
	dir, err := b.data()
	if err != nil {
		return err
	}
	var ds []time.Duration
	var peak int64
	for range b.runs {
		u, err := process(b.program, "tenant", "--data", dir)
		if err != nil {
			return err
		}
		ds, peak = append(ds, u.wall), max(peak, u.peak)
	}
	fmt.Printf("start, open and list the tenants: %s, peak %s\n", ms(median(ds)), mib(peak))
	out := filepath.Join(b.dir, "export.csv")
	u, err := process(b.program, "events", "--data", dir, "--all", "-o", "csv", "--out", out)
	if err != nil {
		return err
	}
	fmt.Printf("export of %d records to CSV: %.1f s, peak %s\n", b.records, u.wall.Seconds(), mib(u.peak))
	return nil
}
