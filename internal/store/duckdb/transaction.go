package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	bindings "github.com/duckdb/duckdb-go-bindings"
	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
)

// Put-off batches (store.Batch.More) share one transaction. A row group of the engine holds 122,880 rows: one that a
// transaction fills goes into the file compressed at once. What is left over makes a smaller one; and a checkpoint merges
// neighbours when, say, four fit into three, which packs all of them once more and takes their memory. So a transaction
// has at least three full row groups and ends when the rest nearly makes another: two such rests never fit into one.
const (
	rowGroup   = 122_880
	putOffTime = time.Minute
)

// enough tells whether a transaction of so many rows is one to end.
func enough(rows int) bool {
	rest := rows % rowGroup
	switch {
	case rows < 3*rowGroup:
		return false
	case rows < 6*rowGroup:
		return rest > rowGroup*3/4
	}
	return rest > rowGroup/2
}

// putOff is a transaction that holds batches which are not durable yet. It is guarded by Store.writing.
type putOff struct {
	tx    *sql.Tx
	rows  int
	since time.Time
	// checkpoints are those of its batches: a reader would not see them in the table.
	checkpoints map[string]string
	tenants     map[passtrail.TenantID]bool // whose batches it holds
	durable     []func()                    // to call once it is committed
	head        head                        // the last batch
}

// write makes what was put off durable and runs f in a transaction of its own.
func (s *Store) write(ctx context.Context, f func(tx *sql.Tx) error) error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.transact(ctx, f)
}

// transact is write for a caller that holds s.writing.
func (s *Store) transact(ctx context.Context, f func(tx *sql.Tx) error) error {
	if s.w == nil {
		return passtrail.Errorf(passtrail.Unavailable, "duckdb.write", "the store is closed")
	}
	if err := s.settle(); err != nil {
		return err
	}
	// A transaction whose context ends takes its connection with it; f's statements end with ctx by themselves.
	tx, err := s.w.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return engineFault("duckdb.write", err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return engineFault("duckdb.write", err)
	}
	return engineFault("duckdb.write", tx.Commit())
}

// settle makes what was put off durable. The caller holds s.writing.
func (s *Store) settle() error {
	p := s.open
	if p == nil {
		return nil
	}
	s.setOpen(nil)
	return s.land(p)
}

// land makes batches durable. What is derived from them is due from then on.
func (s *Store) land(p *putOff) error {
	s.fresh.move(slices.Collect(maps.Keys(p.tenants))...)
	if err := p.tx.Commit(); err != nil {
		return engineFault("duckdb.Commit", err)
	}
	if p.head != s.head {
		s.landHead(p.head)
	}
	for _, told := range p.durable {
		told()
	}
	return nil
}

func (s *Store) setOpen(p *putOff) {
	s.open = p
	s.pending.Store(p != nil)
}

// settled makes what was put off durable for a reader that must see it.
func (s *Store) settled() error {
	if !s.pending.Load() {
		return nil
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.settle()
}

// begin returns the transaction for the next batch: the open one, or a new one. Statements in it are not bound to the
// caller's context, as an interrupted one would take the batches before it along.
func (s *Store) begin(ctx context.Context) (*putOff, error) {
	if s.w == nil {
		return nil, passtrail.Errorf(passtrail.Unavailable, "duckdb.Commit", "the store is closed")
	}
	if err := errors.Join(ctx.Err(), s.mayWrite(), s.Lost()); err != nil {
		return nil, err
	}
	if s.open != nil {
		return s.open, nil
	}
	tx, err := s.w.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, engineFault("duckdb.Commit", err)
	}
	return &putOff{tx: tx, since: s.now(), checkpoints: map[string]string{}, tenants: map[passtrail.TenantID]bool{}, head: s.head}, nil
}

// finish ends a batch: it leaves the transaction open for the next, or makes it durable.
func (s *Store) finish(p *putOff, more bool) error {
	if more && !enough(p.rows) && s.now().Sub(p.since) < putOffTime {
		s.setOpen(p)
		return nil
	}
	s.setOpen(nil)
	return s.land(p)
}

// abandon ends a batch that failed. One that had written takes the put-off ones along.
func (s *Store) abandon(p *putOff, wrote bool, cause error) error {
	if !wrote && s.open == p {
		return cause
	}
	s.setOpen(nil)
	if err := p.tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		cause = errors.Join(cause, err)
	}
	return engineFault("duckdb.Commit", cause)
}

// insertRecords runs the INSERT that reads the incoming records; it is prepared once.
func (s *Store) insertRecords(records []*passtrail.Record, batch int64) error {
	in := s.incoming
	in.mu.Lock()
	in.records, in.batch = records, batch
	in.mu.Unlock()
	defer func() {
		in.mu.Lock()
		in.records = nil
		in.mu.Unlock()
	}()
	return s.w.Raw(func(dc any) error {
		if s.insert.Ptr == nil {
			if bindings.Prepare(handle(dc.(*duckdb.Conn)), `INSERT INTO record SELECT * FROM `+incomingName+`()`, &s.insert) == bindings.StateError {
				err := errors.New(bindings.PrepareError(s.insert))
				bindings.DestroyPrepare(&s.insert)
				return err
			}
		}
		return runPrepared(s.insert)
	})
}
