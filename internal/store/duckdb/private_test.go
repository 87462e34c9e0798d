//go:build unix

package duckdb_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// TestFilesArePrivate: only their owner reads the files of a data directory, whatever mask and directory allow, also those
// that an older program made; what else lies there is left alone.
func TestFilesArePrivate(t *testing.T) {
	old := syscall.Umask(0)
	t.Cleanup(func() { syscall.Umask(old) })
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(note, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s := tenanted(t, duckdb.Config{Dir: dir})
		commit(t, s, false, storetest.Event{ID: "a", Hash: 1}.Record())
		check := func() (files int) {
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || path == note {
					return err
				}
				info, err := d.Info()
				if err == nil && info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s is %v", d.Name(), info.Mode())
				}
				files++
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return files
		}
		if n := check(); n < 3 {
			t.Errorf("%d files, want database, log and lock at least", n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		check()
		for _, name := range []string{"passtrail.db", "lock"} { // as an older program left them
			if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		syscall.Umask(0)
	}
	if info, err := os.Stat(note); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the owner's own file is %v, %v", info.Mode(), err)
	}
}
