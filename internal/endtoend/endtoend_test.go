package endtoend_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/content"
	"passtrail/internal/connector/file"
	"passtrail/internal/ingest"
	"passtrail/internal/kql/native"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/simulate"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

// world is a store with a simulated tenant in it, and what is true of that tenant.
type world struct {
	truth *simulate.Truth
	store store.Store
	lib   *report.Library
	eng   *query.Engine
}

// shared is made once: ingest takes seconds.
var shared *world

// Another tenant: go test ./internal/endtoend -seed 5 -days 200 -end 2026-06-30T23:40:00Z
var (
	seed    = flag.Uint64("seed", 11, "seed of the tenant")
	days    = flag.Int("days", 90, "days of the tenant")
	people  = flag.Int("people", 0, "people of the tenant; 0: 400, or as many as the records need")
	records = flag.Int64("records", 0, "about how many records; 0: as many as life brings")
	end     = flag.String("end", "2026-03-31T12:00:00Z", "now")
	format  = flag.String("format", string(simulate.Mix), "the form in which the records come")
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "passtrail-endtoend-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	shared, err = newWorld(context.Background(), dir)
	if err != nil {
		return 1, err
	}
	defer shared.store.Close()
	return m.Run(), nil
}

// newWorld simulates a tenant and takes the folder in twice, each time in another order.
func newWorld(ctx context.Context, dir string) (*world, error) {
	w := &world{}
	in := filepath.Join(dir, "in")
	at, err := passtrail.ParseTicks(*end)
	if err != nil {
		return nil, err
	}
	cfg := simulate.Config{Seed: *seed, Days: *days, People: *people, Records: *records, End: at.Time()}
	if w.truth, err = simulate.Write(ctx, cfg, simulate.Format(*format), in); err != nil {
		return nil, err
	}
	now := func() time.Time { return passtrail.Ticks(w.truth.End).Time() }
	if w.store, err = duckdb.Open(ctx, duckdb.Config{Dir: filepath.Join(dir, "data"), Functions: native.Functions(), Now: now}); err != nil {
		return nil, err
	}
	tenant := store.Tenant{ID: passtrail.TenantID(w.truth.Tenant), Name: "Contoso", CreatedAt: 1, OptedInAt: 1}
	if err := w.store.PutTenant(ctx, tenant); err != nil {
		return nil, err
	}
	for round := range uint64(2) {
		sum, err := ingestFolder(ctx, w.store, tenant.ID, in, round, now)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", round, err)
		}
		if round == 1 && sum.Stored > 0 {
			return nil, fmt.Errorf("the second round stored %d records", sum.Stored)
		}
		if sum.SetAside > 0 {
			return nil, fmt.Errorf("round %d set %d documents aside: %+v", round, sum.SetAside, sum.Problems[0])
		}
		want := int64(0)
		for _, o := range w.truth.Delivery.OtherCategories {
			want += o.Count
		}
		if sum.Other != want {
			return nil, fmt.Errorf("round %d: %d records of other categories, want %d", round, sum.Other, want)
		}
	}
	w.eng = query.New(w.store, query.Limits{})
	w.lib, err = report.Load(content.Files, w.eng)
	return w, err
}

// ingestFolder takes a folder in, its files in an order that the seed decides.
func ingestFolder(ctx context.Context, st store.Store, tenant passtrail.TenantID, dir string, seed uint64, now func() time.Time) (*ingest.Summary, error) {
	sources, err := file.Open(ctx, []string{dir}, file.Options{Now: now})
	if err != nil {
		return nil, err
	}
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(sources), func(i, j int) { sources[i], sources[j] = sources[j], sources[i] })
	inputs := make([]ingest.Input, len(sources))
	for i, s := range sources {
		inputs[i] = ingest.Input{Source: s, Name: file.Name, Path: s.Path(), Size: s.Size(), TakenAt: s.TakenAt(), PassOver: file.FileLevel}
	}
	r := ingest.Runner{Store: st, Config: ingest.Config{Tenant: tenant, Again: seed > 0, Now: now}}
	return r.Run(ctx, inputs)
}

// ask runs a query for the shared tenant and returns its first table.
func ask(t *testing.T, text string) query.Table {
	t.Helper()
	w := shared
	res, err := w.eng.Run(t.Context(), query.Request{Text: text, Tenants: []passtrail.TenantID{passtrail.TenantID(w.truth.Tenant)}, Now: passtrail.Ticks(w.truth.End)})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return res.Tables[0]
}

// answer runs a report from an instant to the end.
func answer(t *testing.T, id string, from simulate.When) *report.Output {
	t.Helper()
	w := shared
	r, err := w.lib.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.lib.Run(t.Context(), r, report.Params{Tenant: passtrail.TenantID(w.truth.Tenant), Now: passtrail.Ticks(w.truth.End), From: passtrail.Ticks(from)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pick writes the named columns of a table, a line each row.
func pick(t *testing.T, table query.Table, columns ...string) []string {
	t.Helper()
	out := make([]string, 0, len(table.Rows))
	for _, row := range table.Rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			at := table.Index(c)
			if at < 0 {
				t.Fatalf("table %s has no column %s", table.Name, c)
			}
			cells[i] = fmt.Sprint(row[at])
		}
		out = append(out, strings.Join(cells, " | "))
	}
	return out
}

// line is one expected row.
func line(cells ...any) string {
	out := make([]string, len(cells))
	for i, c := range cells {
		if w, ok := c.(simulate.When); ok {
			c = int64(w)
		}
		out[i] = fmt.Sprint(c)
	}
	return strings.Join(out, " | ")
}

// same compares rows without regard to order: ties may lie either way.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	count := map[string]int{}
	for _, g := range got {
		count[g]++
	}
	for _, w := range want {
		if count[w]--; count[w] < 0 {
			t.Errorf("%s: missing %s", what, w)
		}
	}
	for g, n := range count {
		if n > 0 {
			t.Errorf("%s: unexpected %s", what, g)
		}
	}
}
