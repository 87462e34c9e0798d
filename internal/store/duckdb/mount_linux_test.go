package duckdb_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"passtrail"
	"passtrail/internal/store/duckdb"
)

// mounted mounts something for the time of a test, where that is allowed.
func mounted(t *testing.T, source, at, kind string, flags uintptr, data string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	if err := syscall.Mount(source, at, kind, flags, data); err != nil {
		t.Skip("mounting is not allowed here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(at, 0); err != nil {
			t.Error(err)
		}
	})
}

// TestReadOnlyMount: a file system that takes no write, as a mounted backup is one.
func TestReadOnlyMount(t *testing.T) {
	for name, dir := range map[string]string{"nothing due": kept(t, true), "a log of commits": logged(t)} {
		t.Run(name, func(t *testing.T) {
			at := t.TempDir()
			mounted(t, dir, at, "", syscall.MS_BIND, "")
			if err := syscall.Mount("", at, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Skip(err)
			}
			if _, err := duckdb.Open(t.Context(), duckdb.Config{Dir: at}); passtrail.CodeOf(err) != passtrail.Unavailable || !strings.Contains(fmt.Sprint(err), "--read-only") {
				t.Errorf("Open to write = %v, want Unavailable that names --read-only", err)
			}
			r, err := duckdb.Open(t.Context(), duckdb.Config{Dir: at, ReadOnly: true, Scratch: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			if n := ask(t, r, "SELECT count(*) > 1 FROM record"); n != true {
				t.Error("records are missing")
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoRoomForACopy: the refusal comes before the copy and says how much is needed.
func TestNoRoomForACopy(t *testing.T) {
	dir, place := logged(t), t.TempDir()
	mounted(t, "none", place, "tmpfs", 0, "size=4m")
	_, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir, ReadOnly: true, Scratch: place, Copying: func(int64, string) { t.Error("a copy was begun") }})
	if passtrail.CodeOf(err) != passtrail.Unavailable || !strings.Contains(fmt.Sprint(err), "MiB in "+place) {
		t.Errorf("Open = %v, want Unavailable", err)
	}
	if left := entries(t, place); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	r := open(t, duckdb.Config{Dir: kept(t, true), ReadOnly: true, Scratch: place}) // needs no copy
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
