package duckdb_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// TestDurableIsTold commits batches that are put off: each is told of when it is durable, and never when it is lost.
func TestDurableIsTold(t *testing.T) {
	dir := t.TempDir()
	closed(t, tenanted(t, duckdb.Config{Dir: dir}))
	tamper(t, dir, "ALTER TABLE checkpoint RENAME COLUMN position TO elsewhere") // a batch with a checkpoint fails at its end
	s := open(t, duckdb.Config{Dir: dir})
	var told []string
	put := func(name string, from, n int, more, fails bool) {
		t.Helper()
		b := &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At, Records: numbered(from, n), More: more,
			Durable: func(c store.Counts) { told = append(told, fmt.Sprint(name, " ", c.Stored)) }}
		if fails {
			b.CheckpointKey, b.Position = "k", "1"
		}
		if _, err := s.Commit(t.Context(), b); (err != nil) != fails {
			t.Fatalf("%s: Commit = %v", name, err)
		}
	}
	want := func(when string, names ...string) {
		t.Helper()
		if !slices.Equal(told, names) {
			t.Errorf("%s: told of %q, want %q", when, told, names)
		}
		told = nil
	}
	put("one", 0, 3, true, false)
	want("put off")
	put("two", 2, 2, false, false)
	want("not put off", "one 3", "two 1")
	put("three", 10, 2, true, false)
	put("four", 20, 2, true, true)
	want("after a batch that failed")
	put("five", 10, 4, true, false)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("refreshed", "five 4")
	put("six", 40, 1, true, false)
	closed(t, s)
	want("closed", "six 1")
}

// TestFailuresAreKept holds what is kept of failures beside the database, also over a file that was cut.
func TestFailuresAreKept(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	put := func(tenant passtrail.TenantID, source string, at passtrail.Ticks, reason string) {
		t.Helper()
		if err := s.PutFailure(t.Context(), store.Failure{Tenant: tenant, Source: source, At: at, Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, reasons ...string) {
		t.Helper()
		all, err := s.Failures(t.Context(), storetest.Contoso)
		var got []string
		for _, f := range all {
			got = append(got, f.Source+": "+f.Reason)
		}
		if err != nil || !slices.Equal(got, reasons) {
			t.Errorf("%s: failures %q, %v, want %q", when, got, err, reasons)
		}
	}
	again := func() {
		t.Helper()
		closed(t, s)
		s = open(t, duckdb.Config{Dir: dir})
	}
	want("at first")
	put(storetest.Contoso, "file", 1, "the disk is full")
	put("", "graph", 2, "the service is away")
	put(storetest.Fabrikam, "file", 3, "not of this tenant")
	put(storetest.Contoso, "file", 4, "the disk is fuller")
	want("failed", "file: the disk is fuller", "graph: the service is away")
	again()
	want("opened again", "file: the disk is fuller", "graph: the service is away")
	put("", "graph", 5, "")
	put(storetest.Contoso, "hub", 5, "")
	again()
	want("after a success", "file: the disk is fuller")
	name := filepath.Join(dir, "passtrail.failures")
	for i := range 300 {
		put(storetest.Contoso, fmt.Sprint("source ", i), passtrail.Ticks(10+i), strings.Repeat("x", 100))
	}
	info, err := os.Stat(name)
	if err != nil || info.Size() != 8<<10 {
		t.Errorf("the file with many failures: %v, %v, want 8 KiB", info.Size(), err)
	}
	again()
	if all, err := s.Failures(t.Context(), storetest.Contoso); err != nil || len(all) < 20 || all[0].Source != "source 299" {
		t.Errorf("of many failures %d are kept, %v", len(all), err)
	}
	if err := os.Truncate(name, 100); err != nil {
		t.Fatal(err)
	}
	again()
	want("a file that was cut")
}

// TestHalfDerived has a derivation that is made durable step by step fail in the middle, as a kill would end it: nobody is
// answered from the half, also not after the store was opened again, and once the fault is mended all is there.
func TestHalfDerived(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir, DeriveRows: 2})
	commit(t, s, false, numbered(0, 60)...)
	if got := ask(t, s, derivedToo); got != "60 60 60" {
		t.Fatalf("records, attempts and events are %v", got)
	}
	closed(t, s)
	tamper(t, dir, "ALTER TABLE password_event RENAME COLUMN step TO elsewhere")
	s = open(t, duckdb.Config{Dir: dir, DeriveRows: 2})
	if err := s.Rebuild(t.Context(), nil); err == nil {
		t.Fatal("the rebuild did not fail")
	}
	refused := func(when string, s *duckdb.Store) {
		t.Helper()
		err := s.Query(t.Context(), `SELECT count(*) FROM attempt`, nil, func(row []any) error {
			t.Errorf("%s: answered with %v attempts", when, row[0])
			return nil
		})
		if err == nil {
			t.Errorf("%s: no error", when)
		}
	}
	refused("after the failure", s)
	closed(t, s)
	s = open(t, duckdb.Config{Dir: dir, DeriveRows: 2})
	refused("opened again", s)
	if v, err := s.Verify(t.Context()); err == nil && !v.Due {
		t.Errorf("verify finds nothing due: %+v", v)
	}
	closed(t, s)
	tamper(t, dir, "ALTER TABLE password_event RENAME COLUMN elsewhere TO step")
	s = open(t, duckdb.Config{Dir: dir, DeriveRows: 2})
	if got := ask(t, s, derivedToo); got != "60 60 60" {
		t.Errorf("mended: records, attempts and events are %v", got)
	}
}
