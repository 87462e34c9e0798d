package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/connector/file"
	"passtrail/internal/dates"
	"passtrail/internal/ingest"
	"passtrail/internal/kql/native"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

// ingestFlags are the flags of ingest.
type ingestFlags struct {
	tenant, asOf, output string
	again                bool
	maxDocument          size
	maxDepth             int
	batch                int  // records of a transaction
	memory               size // for the engine
	dates, zone          string
}

func newIngestCommand(a *app) *cobra.Command {
	var f ingestFlags
	c := &cobra.Command{
		Use:   "ingest PATH...",
		Short: "Take in exported logs, registration reports and role assignments",
		Long: "Takes in files, folders with everything below them, patterns, and \"-\" for standard input. What a file holds is told\n" +
			"from its content: Graph JSON (pages, arrays, objects, lines), diagnostic records from Storage or Event Hubs, also those\n" +
			"of 2018, Log Analytics exports, the admin center's CSV and JSON downloads, userRegistrationDetails, role assignments;\n" +
			"plain, gzip, zstd or zip.\n\n" +
			"A record belongs to the tenant that it names or that the blob's path names, else to --tenant, else to the only tenant\n" +
			"that there is. Records that are there already are recognised, whichever format they came in. The same command goes on\n" +
			"after it was stopped, and reads only what is new. What cannot be read is set aside: see \"passtrail quarantine\".\n\n" +
			"A snapshot (registrations, roles) was taken when --as-of says, else when its rows were updated, else at the date in the\n" +
			"file's name, else when the file was last changed.\n\n" +
			"The order of day and month in a CSV file, and the zone of its times, are decided once for the whole file: by a number\n" +
			"above 12, by AM and PM as in the United States, by what its header says. A file that leaves them open is not read:\n" +
			"--dates says its order, --zone the zone of times that the header calls local.\n\n" +
			"Exit codes: 0 done, also when some records were set aside; 1 failed, also when nothing of an input could be read;\n2 wrong usage.",
		Example: "  passtrail ingest ./logs\n  passtrail ingest --tenant 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11 export.json.gz audit.csv\n  zcat big.gz | passtrail ingest --tenant 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11 -",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.ingest(c.Context(), f, args) },
	}
	fl := c.Flags()
	fl.StringVar(&f.tenant, "tenant", "", "tenant `id` of records that do not name theirs (default: the only one there is)")
	fl.StringVar(&f.asOf, "as-of", "", "`time` at which snapshots were taken (ISO 8601)")
	fl.StringVar(&f.dates, "dates", "", "`order` of the dates of CSV files: day-first, month-first, year-first (26/03/19)")
	fl.StringVar(&f.zone, "zone", "", "time `zone` of the local times of CSV files, such as Europe/Berlin")
	fl.BoolVar(&f.again, "again", false, "read everything again, also what was read before")
	f.sizes()
	fl.Var(&f.maxDocument, "max-document", "longest record (`size`, such as 32MiB); longer ones are set aside")
	fl.IntVar(&f.maxDepth, "max-depth", 64, "deepest nesting of a record; deeper ones are set aside")
	fl.IntVar(&f.batch, "batch", 0, "`records` of a transaction (default: what is quickest)")
	fl.Var(&f.memory, "memory", "memory that the database may use (`size`, such as 512MiB or 1GiB); the program takes about as much again")
	fl.StringVarP(&f.output, "output", "o", "text", "`format` of the summary: text, json")
	return c
}

func (a *app) ingest(ctx context.Context, f ingestFlags, paths []string) error {
	cfg, err := a.ingestConfig(f)
	if err != nil {
		return err
	}
	for i, p := range paths {
		paths[i] = a.path(p)
	}
	opt := file.Options{MaxDocument: int(f.maxDocument.bytes), Stdin: a.in, Now: a.clock}
	if err := f.times(&opt); err != nil {
		return err
	}
	sources, err := file.Open(ctx, paths, opt)
	if err != nil {
		return err
	}
	if len(sources) == 0 {
		return passtrail.Errorf(passtrail.NotFound, "main.ingest", "there is no file in %s", strings.Join(paths, ", "))
	}
	st, err := a.openLean(ctx, f.memory.bytes)
	if err != nil {
		return err
	}
	inputs := make([]ingest.Input, len(sources))
	for i, s := range sources {
		inputs[i] = ingest.Input{Source: s, Name: file.Name, Path: s.Path(), Size: s.Size(), TakenAt: s.TakenAt()}
		if s.Walked() {
			inputs[i].PassOver = file.FileLevel
		}
	}
	bar := newBar(a.err)
	cfg.Progress = func(p ingest.Progress) {
		if p.Done {
			debug.FreeOSMemory() // reading is over; the engine may need it for what is derived
		}
		bar.show(p)
	}
	run := ingest.Runner{Store: st, Config: cfg}
	sum, err := run.Run(ctx, inputs)
	bar.end()
	if f.output == "json" {
		if werr := writeSummaryJSON(a.out, sum); werr != nil {
			return werr
		}
	} else {
		writeSummary(a.out, sum, a.zone())
	}
	return ingestError(sum, err)
}

// sizes sets the sizes that are taken where nobody says others.
func (f *ingestFlags) sizes() {
	f.maxDocument = size{bytes: 16 << 20, least: 1 << 20, most: 1 << 30, bare: true}
	f.memory = size{bytes: duckdb.IngestMemory, least: duckdb.IngestMemory / 2, most: 1 << 40, bare: true}
}

// goMemory is what the program itself aims at beside the engine, so that both stay under 512 MiB whatever the size of the
// files.
const goMemory = 112 << 20

// openLean opens the data directory with the memory that taking records in needs, unless it is open already.
func (a *app) openLean(ctx context.Context, memory int64) (store.Store, error) {
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	if a.backend.store != nil || !duckdb.Exists(dir) {
		return a.openStore(ctx)
	}
	debug.SetMemoryLimit(goMemory)
	st, err := duckdb.Open(ctx, duckdb.Config{Dir: dir, MemoryLimit: memory, Functions: native.Functions(), Now: a.clock, Progress: a.upgrading})
	if err != nil {
		return nil, err
	}
	a.warnOfLoss(st)
	a.backend.store = st
	return st, nil
}

// ingestConfig checks the flags.
func (a *app) ingestConfig(f ingestFlags) (ingest.Config, error) {
	cfg := ingest.Config{Again: f.again, BatchRecords: f.batch, MaxDepth: f.maxDepth, Now: a.clock}
	var err error
	if f.tenant != "" {
		if cfg.Tenant, err = passtrail.ParseTenantID(f.tenant); err != nil {
			return cfg, usageError{fmt.Errorf("--tenant: %w", err)}
		}
	}
	if f.asOf != "" {
		if cfg.AsOf, err = passtrail.ParseTicks(f.asOf); err != nil {
			return cfg, usageError{fmt.Errorf("--as-of: %w", err)}
		}
	}
	switch {
	case f.output != "text" && f.output != "json":
		return cfg, usageError{fmt.Errorf("-o %s: want text or json", f.output)}
	case f.batch < 0:
		return cfg, usageError{fmt.Errorf("--batch %d: want 1 or more", f.batch)}
	case f.maxDepth < 8 || f.maxDepth > 10000:
		return cfg, usageError{fmt.Errorf("--max-depth %d: want 8 to 10000", f.maxDepth)}
	}
	return cfg, nil
}

// times checks the flags that say how CSV files write times.
func (f ingestFlags) times(opt *file.Options) error {
	var ok bool
	if opt.Dates, ok = dates.ParseOrder(f.dates); !ok {
		return usageError{fmt.Errorf("--dates %s: want day-first, month-first or year-first", f.dates)}
	}
	if f.zone == "" {
		return nil
	}
	zone, err := time.LoadLocation(f.zone)
	if err != nil || f.zone == "Local" {
		return usageError{fmt.Errorf("--zone %s: want a time zone such as Europe/Berlin, America/New_York or UTC", f.zone)}
	}
	opt.Zone = zone
	return nil
}

// ingestError is how the command ends: a run in which nothing of an input could be read has failed.
func ingestError(sum *ingest.Summary, err error) error {
	switch {
	case passtrail.CodeOf(err) == passtrail.TooLarge:
		return &passtrail.Error{Code: passtrail.TooLarge, Op: "main.ingest", Msg: message(err) + "; what was stored is safe: run the same command with a larger --memory", Err: err}
	case err != nil:
		return err
	case len(sum.Unreadable) == 1:
		return passtrail.Errorf(passtrail.Invalid, "main.ingest", "nothing of %s could be read: see \"passtrail quarantine list\"", sum.Unreadable[0])
	case len(sum.Unreadable) > 1:
		return passtrail.Errorf(passtrail.Invalid, "main.ingest", "nothing of %s and %s could be read: see \"passtrail quarantine list\"", sum.Unreadable[0], counted(int64(len(sum.Unreadable)-1), "other file"))
	case sum.Read == 0 && sum.Unchanged == 0 && sum.Empty == 0:
		return passtrail.Errorf(passtrail.NotFound, "main.ingest", "no record was found")
	}
	return nil
}

// bar is the progress bar on a terminal; elsewhere it stays silent.
type bar struct {
	w    io.Writer
	bar  *progressbar.ProgressBar
	last time.Time
}

func newBar(w io.Writer) *bar {
	if !isTerminal(w) {
		return &bar{}
	}
	return &bar{w: w}
}

func (b *bar) show(p ingest.Progress) {
	if b.w == nil {
		return
	}
	if b.bar == nil {
		total := p.Total
		if total == 0 {
			total = -1
		}
		b.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(b.w), progressbar.OptionShowBytes(true), progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	}
	if p.Done {
		_ = b.bar.Clear()
		fmt.Fprintf(b.w, "%s records read, putting attempts and histories together ...", thousands(p.Records))
		return
	}
	if now := time.Now(); now.Sub(b.last) > 200*time.Millisecond {
		b.last = now
		b.bar.Describe(thousands(p.Records) + " records")
	}
	if p.Total > 0 && p.Bytes >= p.Total {
		p.Bytes = p.Total - 1 // the bar is not over before the derived tables are
	}
	_ = b.bar.Set64(p.Bytes) // a bar that cannot be drawn is no reason to stop
}

func (b *bar) end() {
	if b.bar != nil {
		_ = b.bar.Clear()
		fmt.Fprint(b.w, "\r\x1b[K") // the line that show left when reading was over
	}
}

// thousands writes a count with separators.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// writeSummary prints what a run did.
func writeSummary(w io.Writer, s *ingest.Summary, zone *time.Location) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("files", "%s%s%s", thousands(int64(s.Files)), mention(", %s unchanged since they were read", int64(s.Unchanged)),
		mention(", %s without a record in it", int64(s.Empty)))
	line("read", "%s%s", thousands(s.Read), rate(s))
	line("stored", "%s", thousands(s.Stored))
	line("repeated", "%s%s", thousands(s.Repeated), mention(", %s of them richer than what was there", s.Replaced))
	line("set aside", "%s", thousands(s.SetAside))
	line("other", "%s%s", thousands(s.Other), breakdown(s.Categories))
	if s.PastRetention > 0 {
		line("past retention", "%s, older than the tenant keeps: not stored", thousands(s.PastRetention))
	}
	if s.Lost > 0 {
		line("lost", "%s were read and not kept: the run failed before they were durable", thousands(s.Lost))
	}
	if s.First != 0 {
		line("from", "%s", s.First.Time().In(zone).Format("2006-01-02 15:04:05 MST"))
		line("to", "%s", s.Last.Time().In(zone).Format("2006-01-02 15:04:05 MST"))
		line("people", "%s", thousands(int64(s.People)))
	}
	for _, id := range slices.Sorted(maps.Keys(s.Tenants)) {
		why := ""
		if id == s.OnlyTenant {
			why = ", taken for records that do not say theirs: it is the only one here"
		}
		line("tenant", "%s  %s%s", id, counted(s.Tenants[id], "record"), why)
	}
	for _, sn := range s.Snapshots {
		state := ""
		if !sn.Complete {
			state = ", pages are missing: people who are not in it keep their state"
		}
		line("snapshot", "%s as of %s  %s rows%s", sn.Kind, sn.TakenAt, thousands(int64(sn.Rows)), state)
	}
	for _, id := range slices.Sorted(maps.Keys(s.Refused)) {
		line("not stored", "%s of tenant %s, which has not opted in", thousands(s.Refused[id]), id)
	}
	t.Flush()
	writeNotes(w, s)
}

// writeNotes prints the first inputs that were set aside or passed over.
func writeNotes(w io.Writer, s *ingest.Summary) {
	const shown = 5
	if n := s.SetAside; len(s.Problems) > 0 {
		fmt.Fprintf(w, "\nset aside%s:\n", breakdown(s.Codes))
		for _, p := range s.Problems[:min(shown, len(s.Problems))] {
			fmt.Fprintf(w, "  %s: %s\n", passtrail.Printable(p.Position), p.Reason)
		}
		if n > shown {
			fmt.Fprintf(w, "  ... see \"passtrail quarantine list\"\n")
		}
	}
	if len(s.Far) > 0 {
		fmt.Fprintf(w, "\ntimes that cannot be right, %s; stored, and left out where it is said up to when figures are final:\n", counted(s.FarTimes, "record"))
		for _, p := range s.Far[:min(shown, len(s.Far))] {
			fmt.Fprintf(w, "  %s: %s\n", passtrail.Printable(p.Position), p.Reason)
		}
		if len(s.Far) > shown {
			fmt.Fprintln(w, "  ...")
		}
	}
	if n := s.Categories["query answer"]; n > 0 {
		fmt.Fprintf(w, "\nquery answers, %s: rows without Id and CorrelationId, or without a name of the activity, are no whole records: not stored\n", counted(n, "row"))
	}
	if len(s.PassedOver) > 0 {
		fmt.Fprintln(w, "\npassed over, no exports:")
		for _, p := range s.PassedOver[:min(shown, len(s.PassedOver))] {
			fmt.Fprintf(w, "  %s: %s\n", passtrail.Printable(strings.TrimSuffix(p.Position, ":1")), p.Reason)
		}
		if len(s.PassedOver) > shown {
			fmt.Fprintln(w, "  ...")
		}
	}
}

func mention(format string, n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, thousands(n))
}

// counted writes a count with what is counted.
func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(n) + " " + what + "s"
}

func rate(s *ingest.Summary) string {
	sec := s.Took.Seconds()
	if sec <= 0 || s.Read == 0 {
		return ""
	}
	return fmt.Sprintf("  (%s/s, %.1f MB in %.1f s)", thousands(int64(float64(s.Read)/sec)), float64(s.Bytes)/1e6, sec)
}

func breakdown(m map[string]int64) string {
	if len(m) == 0 {
		return ""
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %s", k, thousands(m[k])))
	}
	return "  (" + strings.Join(parts, ", ") + ")"
}

// writeSummaryJSON prints the summary for programs.
func writeSummaryJSON(w io.Writer, s *ingest.Summary) error {
	out := struct {
		*ingest.Summary
		From    string  `json:"from,omitempty"`
		To      string  `json:"to,omitempty"`
		Seconds float64 `json:"seconds"`
	}{Summary: s, Seconds: s.Took.Seconds()}
	if s.First != 0 {
		out.From, out.To = s.First.String(), s.Last.String()
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
