package duckdb

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"passtrail"
	"passtrail/internal/store"
)

// Nothing derived is answered while it is due. Something is due when a batch was committed, or a record deleted, after the
// last derivation, and when another program derived last (version.go). Every reader of what may be derived asks current
// first, which derives what is due; docs/decisions/0014-due.md says why it is the reader who does.

// freshness tells how far what is derived follows what was committed.
type freshness struct {
	// changes moves before anything is committed that something is derived from, and before derived tables are changed
	// that were up to date. derived is the value of changes that the derived tables are made of: another one means due.
	// Both are written by whoever holds Store.writing.
	changes, derived atomic.Int64

	mu      sync.Mutex
	running *catchingUp // what readers wait for; nil: nothing runs
	closed  bool
	moved   map[passtrail.TenantID]int64
	whole   int64
}

// catchingUp is one derivation that readers wait for.
type catchingUp struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error // once done is closed
}

// move says that something is about to be committed that concerns tenants; none are all.
func (f *freshness) move(tenants ...passtrail.TenantID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.moved == nil {
		f.moved = map[passtrail.TenantID]int64{}
	}
	for _, t := range tenants {
		f.moved[t]++
	}
	if len(tenants) == 0 {
		f.whole++
	}
	f.changes.Add(1)
}

// current derives what is due and returns the number of the state that is then current: as long as changes has it, a
// transaction that begins sees that state. Many readers wait for one derivation. When it fails nobody is answered: the
// error has code Unavailable, or TooLarge when memory is what is missing, and says what to do.
func (s *Store) current(ctx context.Context) (int64, error) {
	if err := s.Lost(); err != nil {
		return 0, err
	}
	for {
		at := s.fresh.changes.Load()
		if s.fresh.derived.Load() == at {
			return at, nil
		}
		if err := s.catchUp(ctx); err != nil {
			return 0, err
		}
	}
}

// catchUp waits for the derivation that runs, or runs one. It goes on when the reader who began it is gone: others wait.
func (s *Store) catchUp(ctx context.Context) error {
	f := &s.fresh
	f.mu.Lock()
	run := f.running
	switch {
	case f.closed:
		f.mu.Unlock()
		return passtrail.Errorf(passtrail.Unavailable, "duckdb.catchUp", "the store is closed")
	case run == nil:
		all, cancel := context.WithCancel(context.WithoutCancel(ctx))
		run = &catchingUp{cancel: cancel, done: make(chan struct{})}
		f.running = run
		go func() {
			defer close(run.done)
			defer cancel()
			run.err = dueError(s.Refresh(all))
			f.mu.Lock()
			f.running = nil
			f.mu.Unlock()
		}()
	}
	f.mu.Unlock()
	select {
	case <-run.done:
		return run.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop ends the derivation that runs and lets none begin.
func (f *freshness) stop() {
	f.mu.Lock()
	f.closed = true
	run := f.running
	f.mu.Unlock()
	if run != nil {
		run.cancel()
		<-run.done
	}
}

// dueError says to a reader why there is no answer.
func dueError(err error) error {
	if err == nil {
		return nil
	}
	e := &passtrail.Error{Code: passtrail.Unavailable, Op: "duckdb.current", Err: err}
	why := "an internal fault"
	if known := new(passtrail.Error); errors.As(err, &known) {
		e.Code, why = known.Code, known.Msg
	}
	e.Msg = "no figures can be given: attempts and history are not up to date with the records, and bringing them up to date failed (" +
		why + "); mend that and ask again, or run \"passtrail rebuild\""
	return e
}

// Revision brings what is derived up to date and says what state of a tenant that is.
func (s *Store) Revision(ctx context.Context, tenant passtrail.TenantID) (store.Revision, error) {
	if _, err := s.current(ctx); err != nil {
		return store.Revision{}, err
	}
	f := &s.fresh
	f.mu.Lock()
	defer f.mu.Unlock()
	return store.Revision{Whole: f.whole, Tenant: f.moved[tenant]}, nil
}

// notice sees at the opening whether something is due.
func (s *Store) notice(ctx context.Context) error {
	const due = `SELECT
		coalesce(max(value) FILTER (name = 'derived_batch'), 0) < coalesce(max(value) FILTER (name = 'batch'), 0)
		OR coalesce(max(value) FILTER (name = 'derivation'), -1) <> ?
		OR EXISTS (SELECT 1 FROM touched) FROM state`
	var yes bool
	if err := s.w.QueryRowContext(ctx, due, derivationVersion()).Scan(&yes); err != nil {
		return err
	}
	if yes {
		s.fresh.move()
	}
	return nil
}
