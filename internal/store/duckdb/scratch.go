package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"passtrail"
)

const (
	scratchPrefix = "passtrail-scratch-"
	scratchLock   = "lock"
	scratchSpare  = 64 << 20 // bytes that a copy leaves free, beside half of its size for what is derived in it
	copyStep      = 16 << 20 // bytes between two looks at the context
)

// scratch is a directory for the time of one reader, which others than its owner cannot read. Its lock is held for as long
// as it is used: one whose lock is free was left by a process that was killed, and the next reader removes it.
type scratch struct {
	dir     string
	release func() error
}

// newScratch removes what killed readers left in a place and makes a new directory there. It must not lie in the data
// directory, in which nothing is to be made.
func newScratch(place, data string) (*scratch, error) {
	if place == "" {
		place = os.TempDir()
	}
	if Within(place, data) {
		return nil, passtrail.Errorf(passtrail.Invalid, "duckdb.Open", "the place for temporary files, %s, lies in the data directory, which is only read: set TMPDIR to a folder elsewhere", place)
	}
	tidy(place)
	for range 10 {
		dir, err := os.MkdirTemp(place, scratchPrefix)
		if err != nil {
			return nil, &passtrail.Error{Code: passtrail.Unavailable, Op: "duckdb.Open", Err: err,
				Msg: fmt.Sprintf("no temporary directory can be made in %s: set TMPDIR to a folder that can be written", place)}
		}
		if release, ok := lockScratch(dir); ok {
			return &scratch{dir: dir, release: release}, nil
		}
	}
	return nil, passtrail.Errorf(passtrail.Unavailable, "duckdb.Open", "no temporary directory can be locked in %s: set TMPDIR to a folder on a disk of this machine", place)
}

// tidy removes the scratch directories of processes that are gone. What cannot be removed stays for the next time.
func tidy(place string) {
	left, _ := filepath.Glob(filepath.Join(place, scratchPrefix+"*"))
	for _, dir := range left {
		info, err := os.Lstat(dir)
		if err != nil {
			continue
		}
		if release, ok := abandoned(dir, info); ok {
			_ = os.RemoveAll(dir)
			_ = release()
		}
	}
}

// remove ends the use of a scratch directory.
func (s *scratch) remove() error {
	if s == nil {
		return nil
	}
	return errors.Join(os.RemoveAll(s.dir), s.release())
}

// Within tells whether a path, at which there need not be anything yet, is a directory or lies in it, whatever links lead
// there.
func Within(path, dir string) bool {
	rel, err := filepath.Rel(realPath(dir), realPath(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// realPath is a path without links, as far as it leads to something.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if above := filepath.Dir(path); above != path {
		return filepath.Join(realPath(above), filepath.Base(path))
	}
	return path
}

// original is a file of a data directory, as it was when it was listed.
type original struct {
	name    string
	size    int64
	changed time.Time
}

// originals lists what makes up the database: its file, its logs, and the files beside it.
func originals(dir string) (all []original, bytes int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		if e.Name() != fileName && !isLog(e.Name()) && e.Name() != headName && e.Name() != failuresName {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		all, bytes = append(all, original{e.Name(), info.Size(), info.ModTime()}), bytes+info.Size()
	}
	return all, bytes, nil
}

// isLog tells whether a file is one of the engine's logs of commits that are not in the database file yet.
func isLog(name string) bool { return strings.HasPrefix(name, fileName+".wal") }

// copyOf copies the database of a data directory. It fails with code Unavailable, before it writes a byte, when there is no
// room for it, and with Conflict when somebody wrote meanwhile who respects no lock.
func (s *scratch) copyOf(ctx context.Context, data string, told func(int64, string)) error {
	all, bytes, err := originals(data)
	if err != nil {
		return err
	}
	need := bytes + bytes/2 + scratchSpare
	if free, known := room(s.dir); known && free < need {
		return passtrail.Errorf(passtrail.Unavailable, "duckdb.Open", "this works on a copy of the data directory, which needs %d MiB in %s, where %d MiB are free: make room, or set TMPDIR to a folder with more",
			need>>20+1, filepath.Dir(s.dir), free>>20)
	}
	if told != nil {
		told(bytes, filepath.Dir(s.dir))
	}
	for _, o := range all {
		if err := copyFile(ctx, filepath.Join(s.dir, o.name), filepath.Join(data, o.name)); err != nil {
			return err
		}
	}
	after, _, err := originals(data)
	if err != nil {
		return err
	}
	if fmt.Sprint(all) != fmt.Sprint(after) {
		return passtrail.Errorf(passtrail.Conflict, "duckdb.Open", "the data directory changed while it was copied: another program writes to it; ask that one, or try again when it has ended")
	}
	return nil
}

// copyFile copies a file until ctx ends.
func copyFile(ctx context.Context, to, from string) (err error) {
	r, err := os.Open(from)
	if err != nil {
		return &passtrail.Error{Code: passtrail.Denied, Op: "duckdb.Open", Err: err, Msg: fmt.Sprintf("%s cannot be read: make it yours (chown) or run as its owner", from)}
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for {
		n, err := io.CopyN(w, r, copyStep)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return engineFault("duckdb.Open", fmt.Errorf("copy after %d bytes: %w", n, err))
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}
