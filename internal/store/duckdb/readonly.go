package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"passtrail"
	"passtrail/internal/duck"
)

// A data directory that is only read is not changed in any way: no file is made in it, none is touched. Where nothing is
// due the engine opens the file itself to read. Where something is due (a log of commits to play back, tables of an older
// version, attempts to derive) the database is copied to a scratch directory first and brought up to date there.
// docs/decisions/0017-read-only.md says why.

// openToRead opens the database of a directory to read. Many may do so at once; nobody can while another one writes.
func (s *Store) openToRead(ctx context.Context, c Config, dc duck.Config) error {
	if _, err := os.Stat(filepath.Join(c.Dir, fileName)); err != nil {
		return &passtrail.Error{Code: passtrail.NotFound, Op: "duckdb.Open", Msg: fmt.Sprintf("there is no passtrail data in %s that can be read: make it with \"passtrail init\"", c.Dir), Err: err}
	}
	unlock, err := lockDir(filepath.Join(c.Dir, "lock"), true)
	if err != nil {
		return err
	}
	s.unlock = unlock
	if s.scratch, err = newScratch(c.Scratch, c.Dir); err != nil {
		return err
	}
	dc.TempDir = filepath.Join(s.scratch.dir, "tmp")
	if !c.Copy {
		if current, err := s.openOriginal(ctx, c.Dir, dc); err != nil || current {
			return err
		}
	}
	if err := s.scratch.copyOf(ctx, c.Dir, c.Copying); err != nil {
		return err
	}
	s.unlock = func() error { return nil }
	if err := unlock(); err != nil {
		return err
	}
	if err := keepPrivate(s.scratch.dir); err != nil {
		return err
	}
	dc.ReadOnly = false
	return s.openEngine(ctx, s.scratch.dir, dc)
}

// openOriginal opens the file itself. False: something is due, and nothing is open.
func (s *Store) openOriginal(ctx context.Context, dir string, dc duck.Config) (current bool, err error) {
	all, _, err := originals(dir)
	if err != nil {
		return false, err
	}
	for _, o := range all {
		if isLog(o.name) && o.size > 0 {
			return false, nil
		}
	}
	err = s.openEngine(ctx, dir, dc)
	switch {
	case err == nil && (s.Lost() != nil || s.fresh.derived.Load() == s.fresh.changes.Load()):
		return true, nil
	case err != nil && !errors.Is(err, errOlder):
		return false, err
	}
	return false, s.closeEngine()
}

// mayWrite fails with code Denied when the store is only read.
func (s *Store) mayWrite() error {
	if !s.reader {
		return nil
	}
	return passtrail.Errorf(passtrail.Denied, "duckdb.mayWrite", "the data directory is only read, and nothing in it can be changed: do this without --read-only, where the directory can be written")
}
