package duckdb_test

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"passtrail/internal/store/duckdb"
)

// The data directories of testdata hold 200 simulated people over 31 days, taken in by older programs: two by that of November
// 2026, which had no version of what it derived, one of them killed when all records were in and nothing was derived from
// them; and one by that of 1 December 2026, which had no table of pools and no numbers of deletions.
var olderDirectories = map[string]struct{ records, attempts int }{
	"older-whole": {1676, 92}, "older-killed": {1676, 92}, "older-2026-12": {1625, 89},
}

// older unpacks a data directory.
func older(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	f, err := os.Open(filepath.Join("testdata", name+".tgz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(h.Name)), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// derivedTables are what is derived, as digests of their rows.
func derivedTables(t *testing.T, s *duckdb.Store) (text string) {
	t.Helper()
	for _, table := range []string{"record", "attempt", "password_event", "registration", "role_assignment", "person_role", "snapshot_row"} {
		text += fmt.Sprintln(table, ask(t, s, `SELECT count(*) || ' ' || coalesce(md5(string_agg(r::VARCHAR, chr(10) ORDER BY r::VARCHAR)), '') FROM `+table+` r`))
	}
	return text
}

// TestOlderDirectory opens what an older program left. Its answers are those of a rebuild, without anybody asking for one.
func TestOlderDirectory(t *testing.T) {
	for name, holds := range olderDirectories {
		t.Run(name, func(t *testing.T) {
			s := open(t, duckdb.Config{Dir: older(t, name)})
			const figures = `SELECT (SELECT count(*) FROM record)::VARCHAR || ' ' || (SELECT count(*) FROM attempt)`
			if got, want := ask(t, s, figures), fmt.Sprint(holds.records, " ", holds.attempts); got != want {
				t.Errorf("records and attempts are %v, want %v", got, want)
			}
			got := derivedTables(t, s)
			if err := s.Rebuild(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if want := derivedTables(t, s); got != want {
				t.Errorf("opened, it holds\n%s\nrebuilt\n%s", got, want)
			}
		})
	}
}

// crashStep says at which step of the upgrade its process dies.
const crashStep = "PASSTRAIL_TEST_CRASH_STEP"

// upgrade opens a directory and asks, and dies on the way.
func upgrade(ctx context.Context, dir string) error {
	step, err := strconv.Atoi(os.Getenv(crashStep))
	if err != nil {
		return err
	}
	// so few rows at once that the upgrade is made durable in steps
	s, err := duckdb.Open(ctx, duckdb.Config{Dir: dir, Threads: 1, DeriveRows: 100, Progress: func(int64, int64) {
		if step--; step < 0 {
			self, err := os.FindProcess(os.Getpid())
			if err == nil {
				err = self.Kill()
			}
			panic(err)
		}
	}})
	if err != nil {
		return err
	}
	return errors.Join(s.Query(ctx, "SELECT count(*) FROM attempt", nil, func([]any) error { return nil }), s.Close())
}

// TestKilledUpgrade kills the process at every step of the upgrade: the next one begins anew and comes to the same.
func TestKilledUpgrade(t *testing.T) {
	for name := range olderDirectories {
		t.Run(name, func(t *testing.T) {
			s := open(t, duckdb.Config{Dir: older(t, name)})
			want := derivedTables(t, s)
			dir := older(t, name)
			const steps = 4 // calls of Progress: at the beginning, after classes, after attempts, at the end
			for step := range steps {
				child := exec.Command(os.Args[0])
				child.Env = append(os.Environ(), crashDir+"="+dir, crashJob+"=upgrade", fmt.Sprint(crashStep, "=", step))
				if err := child.Run(); err == nil || child.ProcessState.Exited() {
					t.Fatalf("step %d: the child ended by itself: %v", step, err)
				}
			}
			s = open(t, duckdb.Config{Dir: dir})
			if got := derivedTables(t, s); got != want {
				t.Errorf("after the kills it holds\n%s\nwant\n%s", got, want)
			}
		})
	}
}
