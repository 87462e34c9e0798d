package duckdb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// snapshotDir copies the files of a data directory that is open, as a power failure would leave them.
func snapshotDir(t *testing.T, dir string) (copied string) {
	t.Helper()
	copied = t.TempDir()
	for _, name := range []string{"passtrail.db", "passtrail.db.wal", "passtrail.head"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

// lossy makes a directory with 3 batches of 100 records each in the log of the last commits.
func lossy(t *testing.T) (dir string) {
	t.Helper()
	whole := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: whole})
	commit(t, s, false, numbered(0, 50)...)
	ask(t, s, derivedToo)
	closed(t, s) // into the file
	s = open(t, duckdb.Config{Dir: whole})
	for i := 1; i < 4; i++ {
		commit(t, s, false, numbered(100*i, 100)...)
	}
	return snapshotDir(t, whole)
}

func TestLostLogIsNoticed(t *testing.T) {
	faults := map[string]struct {
		break_ func(dir string) error
		want   string // "" for nothing
	}{
		"none":    {func(string) error { return nil }, ""},
		"removed": {func(dir string) error { return os.Remove(filepath.Join(dir, "passtrail.db.wal")) }, "3 batches with 300 records that were stored are missing"},
		"cut": {func(dir string) error {
			name := filepath.Join(dir, "passtrail.db.wal")
			info, err := os.Stat(name)
			return errors.Join(err, os.Truncate(name, info.Size()*3/4))
		}, "records that were stored are missing"},
		"without head":      {func(dir string) error { return os.Remove(filepath.Join(dir, "passtrail.head")) }, ""},
		"head that is text": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "passtrail.head"), []byte("x"), 0o600) }, "passtrail.head is damaged"},
		"head of another": {func(dir string) error {
			name := filepath.Join(dir, "passtrail.head")
			b, err := os.ReadFile(name)
			return errors.Join(err, os.WriteFile(name, []byte(strings.Replace(string(b), `"digest":"`, `"digest":"00`, 1)), 0o600))
		}, "is not the one that"},
	}
	for name, tt := range faults {
		t.Run(name, func(t *testing.T) {
			dir := lossy(t)
			if err := tt.break_(dir); err != nil {
				t.Fatal(err)
			}
			for range 2 { // every opening says it
				s := open(t, duckdb.Config{Dir: dir})
				wantLoss(t, s, tt.want)
				closed(t, s)
			}
			if tt.want == "" {
				return
			}
			s := open(t, duckdb.Config{Dir: dir})
			v, err := s.Verify(t.Context())
			if err != nil || !v.Lost {
				t.Fatalf("Verify = %+v, %v", v, err)
			}
			if done, err := s.Mend(t.Context(), v); err != nil || len(done) == 0 {
				t.Errorf("Mend = %q, %v", done, err)
			}
			wantLoss(t, s, "")
			commit(t, s, false, numbered(100, 300)...)
			closed(t, s)
			s = open(t, duckdb.Config{Dir: dir})
			wantLoss(t, s, "")
			if n := ask(t, s, "SELECT count(*) FROM record"); n != int64(350) {
				t.Errorf("%v records are there after taking them in again, want 350", n)
			}
		})
	}
}

// wantLoss checks who speaks of a loss: the opening, verify, each reader, each batch, and the list of failures.
func wantLoss(t *testing.T, s *duckdb.Store, want string) {
	t.Helper()
	ctx := context.Background()
	says := func(who string, err error) {
		t.Helper()
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s says %v, want %q", who, err, want)
		}
		if err != nil && passtrail.CodeOf(err) != passtrail.Conflict {
			t.Errorf("%s: the code is %q", who, passtrail.CodeOf(err))
		}
	}
	says("the opening", s.Lost())
	says("Query", s.Query(ctx, "SELECT count(*) FROM attempt", nil, func([]any) error { return nil }))
	_, err := s.Commit(ctx, &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At})
	says("Commit", err)
	failed, err := s.Failures(ctx, storetest.Contoso)
	if (len(failed) > 0) != (want != "") || err != nil {
		t.Errorf("failures are %+v, %v", failed, err)
	}
	v, err := s.Verify(ctx)
	if err != nil || v.Lost != (want != "") || v.Lost && !strings.Contains(v.Problems[0], want) {
		t.Errorf("Verify = %+v, %v, want %q", v, err, want)
	}
}

// TestHeadThatIsBehind copies the file as it was before the last batch: a kill leaves it like that.
func TestHeadThatIsBehind(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	heads := [][]byte{}
	for i := range 4 {
		b, err := os.ReadFile(filepath.Join(dir, "passtrail.head"))
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, b)
		commit(t, s, i%2 == 0, numbered(10*i, 10)...) // every other one is put off
	}
	ask(t, s, derivedToo)
	closed(t, s)
	last, err := os.ReadFile(filepath.Join(dir, "passtrail.head"))
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range heads {
		if err := os.WriteFile(filepath.Join(dir, "passtrail.head"), h, 0o600); err != nil {
			t.Fatal(err)
		}
		s = open(t, duckdb.Config{Dir: dir})
		if err := s.Lost(); err != nil {
			t.Errorf("the file of before batch %d: %v", i+1, err)
		}
		closed(t, s)
		if b, err := os.ReadFile(filepath.Join(dir, "passtrail.head")); err != nil || string(b) != string(last) {
			t.Errorf("the file of before batch %d is not brought up to date: %s, %v", i+1, b, err)
		}
	}
}

// TestLostDeletionIsNoticed puts the database of before a deletion beside the file of after it: what the retention deleted
// would be back.
func TestLostDeletionIsNoticed(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	commit(t, s, false, numbered(0, 50)...)
	ask(t, s, derivedToo)
	before := snapshotDir(t, dir)
	e, err := s.Expire(t.Context(), storetest.Contoso, storetest.At+20*passtrail.Second)
	if err != nil || e.Records != 20 {
		t.Fatalf("Expire = %+v, %v, want 20 records", e, err)
	}
	if got := ask(t, s, `SELECT string_agg(number || ' ' || kind || ' ' || stored || ' ' || total, ', ' ORDER BY number) FROM batch`); got != "1 ingest 50 50, 2 expire -20 30" {
		t.Errorf("batches are %v", got)
	}
	after := snapshotDir(t, dir)
	closed(t, s)
	b, err := os.ReadFile(filepath.Join(after, "passtrail.head"))
	if err == nil {
		err = os.WriteFile(filepath.Join(before, "passtrail.head"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	old := open(t, duckdb.Config{Dir: before})
	if err := old.Lost(); err == nil || !strings.Contains(err.Error(), "1 batches that were stored are missing") {
		t.Errorf("Lost = %v", err)
	}
	commit(t, open(t, duckdb.Config{Dir: dir}), false, numbered(200, 3)...) // numbers go on
	if err := open(t, duckdb.Config{Dir: after}).Lost(); err != nil {
		t.Errorf("whole, Lost = %v", err)
	}
}

// TestBackups: a copy of a closed directory is that directory; an older one put back is sound, takes what came after it in again
// and doubles nothing; and where log and head are gone together Verify says that nobody can tell what is missing.
func TestBackups(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	commit(t, s, false, numbered(0, 50)...)
	ask(t, s, derivedToo)
	closed(t, s)
	older := snapshotDir(t, dir)
	s = open(t, duckdb.Config{Dir: dir})
	commit(t, s, false, numbered(100, 100)...)
	torn := snapshotDir(t, dir)
	ask(t, s, derivedToo)
	closed(t, s)
	for _, name := range []string{"passtrail.db.wal", "passtrail.head"} {
		if err := os.Remove(filepath.Join(torn, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		what, dir string
		records   int64
		problem   string
	}{
		{"a copy", snapshotDir(t, dir), 150, ""},
		{"an older copy", older, 50, ""},
		{"log and head lost together", torn, 50, "the file passtrail.head is gone"},
	} {
		s := open(t, duckdb.Config{Dir: tt.dir})
		v, err := s.Verify(t.Context())
		if said := strings.Join(v.Problems, "; "); err != nil || v.Records != tt.records || (said == "") != (tt.problem == "") || !strings.HasPrefix(said, tt.problem) {
			t.Errorf("%s: %d records, problems %q, %v; want %d and %q", tt.what, v.Records, said, err, tt.records, tt.problem)
		}
		commit(t, s, false, numbered(100, 100)...)
		if v, err := s.Verify(t.Context()); err != nil || v.Records != 150 || v.Lost || v.Damaged {
			t.Errorf("%s, and what came later taken in again: %+v, %v", tt.what, v, err)
		}
		closed(t, s)
	}
}
