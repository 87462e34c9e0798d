package duckdb

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"passtrail"
	"passtrail/internal/store"
)

// Why sources failed is not in the database: it must be kept when that cannot be written, on a full disk above all. The
// file has its size from the beginning and is written in place, which takes no new block of the disk.
const (
	failuresName = "passtrail.failures"
	failuresSize = 8 << 10
)

// failures are the last failures of sources, in memory and beside the database. What the file cannot hold, the oldest, is
// forgotten. A file that was cut or cannot be written is no reason to fail: the memory has it.
type failures struct {
	mu   sync.Mutex
	path string // "": in memory only
	all  []store.Failure
}

// open reads the file, and makes it when it is to be written and is not there.
func (f *failures) open(dir string, readOnly bool) error {
	if dir == "" {
		return nil
	}
	name := filepath.Join(dir, failuresName)
	b, err := os.ReadFile(name)
	if err == nil {
		_ = json.Unmarshal(bytes.TrimSpace(b), &f.all)
	}
	if readOnly {
		return nil
	}
	f.path = name
	if errors.Is(err, fs.ErrNotExist) {
		return f.write()
	}
	return nil
}

// write writes the file in place. The caller holds f.mu, or is alone.
func (f *failures) write() error {
	if f.path == "" {
		return nil
	}
	text, err := json.Marshal(f.all)
	for ; err == nil && len(text) >= failuresSize && len(f.all) > 0; text, err = json.Marshal(f.all) {
		f.all = f.all[:len(f.all)-1]
	}
	if err != nil {
		return err
	}
	text = append(text, bytes.Repeat([]byte{' '}, failuresSize-1-len(text))...)
	w, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = w.WriteAt(append(text, '\n'), 0)
	return errors.Join(err, w.Sync(), w.Close())
}

// PutFailure keeps why a source failed, or that it did not.
func (s *Store) PutFailure(_ context.Context, f store.Failure) error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	s.failed.mu.Lock()
	defer s.failed.mu.Unlock()
	was := len(s.failed.all)
	s.failed.all = slices.DeleteFunc(s.failed.all, func(o store.Failure) bool { return o.Source == f.Source && o.Tenant == f.Tenant })
	if f.Reason == "" && len(s.failed.all) == was {
		return nil
	}
	if f.Reason != "" {
		s.failed.all = append(s.failed.all, f)
		slices.SortStableFunc(s.failed.all, func(a, b store.Failure) int { return cmp.Compare(b.At, a.At) })
	}
	return engineFault("duckdb.PutFailure", s.failed.write())
}

// Failures returns what is kept of a tenant and of unknown ones, newest first.
func (s *Store) Failures(_ context.Context, tenant passtrail.TenantID) (all []store.Failure, err error) {
	s.failed.mu.Lock()
	defer s.failed.mu.Unlock()
	if lost := s.Lost(); lost != nil {
		all = append(all, store.Failure{Source: "database", At: passtrail.TicksOf(s.now()), Reason: lost.Error()})
	}
	for _, f := range s.failed.all {
		if f.Tenant == "" || f.Tenant == tenant {
			all = append(all, f)
		}
	}
	return all, nil
}
