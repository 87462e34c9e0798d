//go:build unix

package duckdb_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// listing is a directory as it is: names, rights, sizes, times and contents.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var text []byte
		if info.Mode().IsRegular() {
			if text, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		fmt.Fprintf(&b, "%s %v %d %d %x\n", path, info.Mode(), info.Size(), info.ModTime().UnixNano(), sha256.Sum256(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// copied copies a data directory as a backup does, which knows nothing of passtrail.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "backup")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// entries are the names in a directory.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// kept is a data directory with two records, in which nothing is due unless the last step is left out.
func kept(t *testing.T, derived bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	s := tenanted(t, duckdb.Config{Dir: dir})
	commit(t, s, false, storetest.Event{ID: "a", Hash: 1}.Record(), storetest.Event{ID: "b", Hash: 2}.Record())
	if derived {
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// logged is the backup of a data directory that was being written: its last commits are in the log only.
func logged(t *testing.T) string {
	t.Helper()
	dir := kept(t, true)
	s := tenanted(t, duckdb.Config{Dir: dir})
	commit(t, s, false, storetest.Event{ID: "c", Hash: 3}.Record())
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return copied(t, dir)
}

// TestReadOnly: what a reader answers is what a writer would, and it leaves the directory exactly as it was.
func TestReadOnly(t *testing.T) {
	for name, test := range map[string]struct {
		dir    func(*testing.T) string
		copied bool
	}{
		"nothing due":           {func(t *testing.T) string { return kept(t, true) }, false},
		"attempts due":          {func(t *testing.T) string { return kept(t, false) }, true},
		"a log of commits":      {logged, true},
		"older version":         {func(t *testing.T) string { return older(t, "older-whole") }, true},
		"older version, killed": {func(t *testing.T) string { return older(t, "older-killed") }, true},
		"without a lock file": {func(t *testing.T) string {
			dir := kept(t, true)
			if err := os.Remove(filepath.Join(dir, "lock")); err != nil {
				t.Fatal(err)
			}
			return dir
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, place := test.dir(t), t.TempDir()
			w := open(t, duckdb.Config{Dir: copied(t, dir)})
			want := derivedTables(t, w)
			before := listing(t, dir)
			told := ""
			r := open(t, duckdb.Config{Dir: dir, ReadOnly: true, Scratch: place, Copying: func(n int64, to string) { told = fmt.Sprint(n > 0, to) }})
			if got := derivedTables(t, r); got != want {
				t.Errorf("read only it holds\n%s\nwritten\n%s", got, want)
			}
			if n, m := ask(t, r, "SELECT count(*) FROM record"), ask(t, w, "SELECT count(*) FROM record"); n != m {
				t.Errorf("read only it holds %v records, written %v", n, m)
			}
			scratch := entries(t, place)
			if len(scratch) != 1 {
				t.Fatalf("scratch directories: %v", scratch)
			}
			private(t, place)
			if _, err := os.Stat(filepath.Join(place, scratch[0], "passtrail.db")); (err == nil) != test.copied || (told == "true"+place) != test.copied {
				t.Errorf("a copy was made: %v, told %q; want %t", err == nil, told, test.copied)
			}
			refusesToWrite(t, r)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if after := listing(t, dir); after != before {
				t.Errorf("the directory was\n%s\nand is\n%s", before, after)
			}
			if left := entries(t, place); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	nothing := filepath.Join(t.TempDir(), "data")
	if _, err := duckdb.Open(t.Context(), duckdb.Config{Dir: nothing, ReadOnly: true}); passtrail.CodeOf(err) != passtrail.NotFound {
		t.Errorf("Open of nothing = %v, want NotFound", err)
	}
	if _, err := os.Stat(nothing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("asking for it made it: %v", err)
	}
}

// private fails when others may read something below a place.
func private(t *testing.T, place string) {
	t.Helper()
	err := filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == place {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func refusesToWrite(t *testing.T, s *duckdb.Store) {
	t.Helper()
	ctx := t.Context()
	commit := func() error {
		_, err := s.Commit(ctx, &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At, Records: []passtrail.Record{storetest.Event{ID: "z", Hash: 9}.Record()}})
		return err
	}
	mend := func() error { _, err := s.Mend(ctx, store.Verification{Lost: true}); return err }
	revoke := func() error { _, err := s.RevokeToken(ctx, storetest.Contoso, "x", "me", 1); return err }
	for name, err := range map[string]error{
		"Commit": commit(), "Mend": mend(), "RevokeToken": revoke(), "LogAccess": s.LogAccess(ctx, store.Access{Action: "x"}), "PutTenant": s.PutTenant(ctx, store.Tenant{ID: storetest.Contoso}),
		"PutToken": s.PutToken(ctx, store.Token{ID: "x"}), "PutFailure": s.PutFailure(ctx, store.Failure{Source: "file", Reason: "x"}), "DropQuarantined": s.DropQuarantined(ctx, []int64{1}),
		"PutSavedQuery": s.PutSavedQuery(ctx, store.SavedQuery{ID: "x", Tenant: storetest.Contoso}), "PutFindings": s.PutFindings(ctx, []store.Finding{{ID: "x", Tenant: storetest.Contoso}}),
		"SetFindingState": s.SetFindingState(ctx, storetest.Contoso, "x", "closed", "", "me", 1),
	} {
		if passtrail.CodeOf(err) != passtrail.Denied || !strings.Contains(fmt.Sprint(err), "without --read-only") {
			t.Errorf("%s of a store that is only read: %v, want Denied", name, err)
		}
	}
}

// TestReadersAtOnce: nobody writes while somebody reads the file itself, nobody reads what is being written, and many have
// copies. That many processes read one file at once, TestReadOnlyDirectory of the command shows: the engine has one
// instance of a file in a process.
func TestReadersAtOnce(t *testing.T) {
	dir, place := kept(t, true), t.TempDir()
	r := open(t, duckdb.Config{Dir: dir, ReadOnly: true, Scratch: place})
	if _, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir}); passtrail.CodeOf(err) != passtrail.Conflict || !strings.Contains(err.Error(), "being read") {
		t.Errorf("a writer beside a reader: %v, want Conflict", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	w := open(t, duckdb.Config{Dir: dir})
	commit(t, w, false, storetest.Event{ID: "d", Hash: 4}.Record())
	before := listing(t, dir)
	if _, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir, ReadOnly: true, Scratch: place}); passtrail.CodeOf(err) != passtrail.Conflict {
		t.Errorf("a reader beside a writer: %v, want Conflict", err)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("a reader that was refused changed\n%s\nto\n%s", before, after)
	}
	due := logged(t)
	a, b := open(t, duckdb.Config{Dir: due, ReadOnly: true, Scratch: place}), open(t, duckdb.Config{Dir: due, ReadOnly: true, Scratch: place})
	if n, m := ask(t, a, "SELECT count(*) FROM record"), ask(t, b, "SELECT count(*) FROM record"); n != int64(3) || m != int64(3) {
		t.Errorf("two readers with copies see %v and %v records, want 3", n, m)
	}
	open(t, duckdb.Config{Dir: due}) // a copy is on its own: the original may go on
}

// TestScratchThatWasLeft: what a killed reader left goes with the next one; what is used, or is none of ours, stays.
func TestScratchThatWasLeft(t *testing.T) {
	place, dir := t.TempDir(), logged(t)
	mine := filepath.Join(t.TempDir(), "mine")
	for path, lock := range map[string]bool{filepath.Join(place, "passtrail-scratch-left"): true, filepath.Join(place, "passtrail-scratch-young"): false, mine: true} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if !lock {
			continue
		}
		for _, name := range []string{"lock", "passtrail.db"} {
			if err := os.WriteFile(filepath.Join(path, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Symlink(mine, filepath.Join(place, "passtrail-scratch-link")); err != nil {
		t.Fatal(err)
	}
	first := open(t, duckdb.Config{Dir: dir, ReadOnly: true, Scratch: place})
	used := entries(t, place)
	if text := strings.Join(used, " "); len(used) != 3 || strings.Contains(text, "left") || !strings.Contains(text, "young") || !strings.Contains(text, "link") {
		t.Errorf("after the next reader opened there are %v", used)
	}
	open(t, duckdb.Config{Dir: dir, ReadOnly: true, Scratch: place})
	if n := ask(t, first, "SELECT count(*) FROM record"); n != int64(3) {
		t.Errorf("a second reader took the first one's copy away: %v records", n)
	}
	if now := entries(t, place); len(now) != 4 {
		t.Errorf("beside a second reader there are %v, before it %v", now, used)
	}
	if names := entries(t, mine); len(names) != 2 {
		t.Errorf("behind a link there is left %v", names)
	}
}

// TestCopyOfWhatIsWritten: a program that respects no lock, on another machine for instance, writes while the copy is made.
func TestCopyOfWhatIsWritten(t *testing.T) {
	dir, place := logged(t), t.TempDir()
	_, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir, ReadOnly: true, Scratch: place, Copying: func(int64, string) {
		f, err := os.OpenFile(filepath.Join(dir, "passtrail.db.wal"), os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			_, err = f.Write([]byte("more"))
		}
		if err = errors.Join(err, f.Close()); err != nil {
			t.Error(err)
		}
	}})
	if passtrail.CodeOf(err) != passtrail.Conflict || !strings.Contains(fmt.Sprint(err), "changed while it was copied") {
		t.Errorf("Open = %v, want Conflict", err)
	}
	if left := entries(t, place); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = duckdb.Open(ctx, duckdb.Config{Dir: logged(t), ReadOnly: true, Scratch: place, Copying: func(int64, string) { cancel() }})
	if left := entries(t, place); !errors.Is(err, context.Canceled) || len(left) > 0 {
		t.Errorf("a copy that is called off: %v, left %v", err, left)
	}
}

// TestScratchInTheDirectory: a temporary place that lies in the data directory would change it.
func TestScratchInTheDirectory(t *testing.T) {
	dir := kept(t, true)
	inside := filepath.Join(dir, "tmp")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(inside, link); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{dir, inside, link} {
		if _, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir, ReadOnly: true, Scratch: place}); passtrail.CodeOf(err) != passtrail.Invalid || !strings.Contains(fmt.Sprint(err), "TMPDIR") {
			t.Errorf("with the place %s: %v, want Invalid", place, err)
		}
	}
	if names := entries(t, inside); len(names) > 0 {
		t.Errorf("made in the data directory: %v", names)
	}
}

// TestDirectoryThatCannotBeWritten: rights, of a user who is not root.
func TestDirectoryThatCannotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere; TestReadOnlyDirectory of the command has another user")
	}
	for _, name := range []string{"", "passtrail.db", "lock"} {
		dir := kept(t, true)
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err == nil {
			err = os.Chmod(path, info.Mode().Perm()&0o555)
		}
		if err != nil {
			t.Fatal(err)
		}
		before := listing(t, dir)
		if _, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir}); passtrail.CodeOf(err) != passtrail.Unavailable || !strings.Contains(fmt.Sprint(err), "--read-only") {
			t.Errorf("without the right to write %q: %v, want Unavailable", name, err)
		}
		open(t, duckdb.Config{Dir: dir, ReadOnly: true})
		if after := listing(t, dir); after != before {
			t.Errorf("the directory was\n%s\nand is\n%s", before, after)
		}
		if err := os.Chmod(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLossIsNoticedByReaders: a log that did not come along with a backup.
func TestLossIsNoticedByReaders(t *testing.T) {
	dir := logged(t)
	if err := os.Remove(filepath.Join(dir, "passtrail.db.wal")); err != nil {
		t.Fatal(err)
	}
	r := open(t, duckdb.Config{Dir: dir, ReadOnly: true, Scratch: t.TempDir()})
	if err := r.Lost(); passtrail.CodeOf(err) != passtrail.Conflict {
		t.Errorf("Lost = %v, want Conflict", err)
	}
	if err := r.Query(t.Context(), "SELECT 1", nil, func([]any) error { return nil }); err == nil {
		t.Error("figures are given though records are lost")
	}
}

// TestVerifyReadOnly: the checks derive a sample, which needs a copy.
func TestVerifyReadOnly(t *testing.T) {
	dir := kept(t, false)
	before := listing(t, dir)
	r := open(t, duckdb.Config{Dir: dir, ReadOnly: true, Copy: true, Scratch: t.TempDir()})
	v, err := r.Verify(t.Context())
	if err != nil || !v.Due || v.Records != 2 || len(v.Problems) != 1 {
		t.Errorf("Verify = %+v, %v; want one thing that is due", v, err)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("the directory was\n%s\nand is\n%s", before, after)
	}
}
