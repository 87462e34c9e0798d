package duckdb

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
)

// What is derived from records and snapshots. Refresh derives what new records bring in Go, some at a time (derive_fold.go);
// Rebuild, and Refresh after very many records, has statements for the attempts that one person makes with one correlation
// id, which most are, and Go for the others (derive_attempt.go). Both come to the same tables: tests hold them against each
// other. Intervals are made of snapshots by statements (derive_snapshot.go).

//go:embed derive/*.sql
var deriveFiles embed.FS

// bulkShare and bulkRows say when so much is new that reading everything is quicker than looking up what is touched.
const (
	bulkShare = 8       // more than one record in so many is new
	bulkRows  = 100_000 // and at least so many are
)

// Refresh brings attempts and intervals up to what has been committed, in one transaction with the note of how far it
// came: after a kill the next call does it again.
func (s *Store) Refresh(ctx context.Context) error {
	return s.derive(ctx, "duckdb.Refresh", func(d *derivation) error { return d.refresh(ctx) })
}

// Rebuild classifies all records anew by the vocabulary of this program and makes all derived tables from nothing, in one
// transaction or, of very many records, in steps during which nobody is answered. Progress, which may be nil, counts records: each is passed over three times.
func (s *Store) Rebuild(ctx context.Context, progress func(done, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	return s.derive(ctx, "duckdb.Rebuild", func(d *derivation) error { return d.rebuild(ctx, progress) })
}

// derive runs f in one transaction, or in several where it asks for that (see derivation.step). It returns ctx.Err() when ctx
// ended it, and code TooLarge when memory did.
func (s *Store) derive(ctx context.Context, op string, f func(*derivation) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	d := s.derivation()
	err := s.transactSteps(ctx, d, f)
	if err == nil && d.upToDate {
		s.fresh.derived.Store(s.fresh.changes.Load())
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case faultOf(err.Error()) == memoryFault:
		return &passtrail.Error{Code: passtrail.TooLarge, Op: op, Msg: "deriving attempts and history needs more memory than the database may use: allow it more", Err: err}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// transactSteps runs f in a transaction that d may end and follow with another. The caller holds s.writing.
func (s *Store) transactSteps(ctx context.Context, d *derivation, f func(*derivation) error) error {
	begin := func() (err error) {
		d.tx, err = s.w.BeginTx(context.WithoutCancel(ctx), nil)
		return err
	}
	d.restart = func() error {
		if !d.stepped {
			if _, err := putState(ctx, d.tx, "derivation", noDerivation); err != nil {
				return err
			}
			s.fresh.move()
			d.stepped = true
		}
		if err := d.tx.Commit(); err != nil {
			return err
		}
		return begin()
	}
	if s.w == nil {
		return passtrail.Errorf(passtrail.Unavailable, "duckdb.write", "the store is closed")
	}
	if err := s.settle(); err != nil {
		return err
	}
	err := begin()
	if err != nil {
		return engineFault("duckdb.write", err)
	}
	defer func() {
		_ = d.tx.Rollback()
		if d.stepped {
			d.dropTemp(func(text string) { _, _ = s.w.ExecContext(context.WithoutCancel(ctx), text) })
		}
	}()
	if err := f(d); err != nil {
		return engineFault("duckdb.write", err)
	}
	d.dropTemp(func(text string) { _, _ = d.tx.Exec(text) })
	if d.anew {
		s.fresh.move()
	}
	return engineFault("duckdb.write", d.tx.Commit())
}

// derivation returns a run of Refresh or Rebuild that has no transaction yet.
func (s *Store) derivation() *derivation {
	return &derivation{sliceRows: s.deriveRows, at: passtrail.TicksOf(s.now()), progress: s.progress, raw: s.raw}
}

// derivation is one run of Refresh or Rebuild.
type derivation struct {
	tx        *sql.Tx
	raw       func(func(*duckdb.Conn) error) error // with the connection of tx
	sliceRows int64                                // records to fold at once
	at        passtrail.Ticks
	temp      []string // temporary tables to drop
	progress  func(done, total int64)
	large     bool         // so much that steps are worth their while
	restart   func() error // ends tx and begins another; nil: there must be one only
	stepped   bool         // that was done
	upToDate  bool         // nothing is due once this is committed
	anew      bool         // all was made anew, also what was up to date
	bulked    bool         // new records were derived without being read one by one
	newNames  newNames     // what those say that were read one by one
}

// noDerivation is the version of what was derived in part: of nothing. Whoever opens the store makes all of it anew.
const noDerivation = 0

// step makes durable what was derived so far, where that is much: what one transaction has written stays in memory to its end. From
// the first step to the end everything is due, so that nobody is answered from the half, and a kill leaves it due.
func (d *derivation) step() error {
	if !d.large || d.restart == nil {
		return nil
	}
	return d.restart()
}

func (d *derivation) refresh(ctx context.Context) error {
	if same, err := d.sameVersion(ctx); err != nil || !same {
		if err != nil {
			return err
		}
		return d.rebuild(ctx, d.progress)
	}
	from, upto, touched, err := d.span(ctx)
	if err != nil || (from == upto && touched == 0) {
		d.upToDate = err == nil
		return err
	}
	fresh, err := d.number(ctx, `SELECT count(*) FROM record WHERE batch > ?`, from)
	if err != nil {
		return err
	}
	if err := d.records(ctx, from, upto, fresh, touched); err != nil {
		return err
	}
	if err := d.intervals(ctx, from); err != nil {
		return err
	}
	if err := d.names(ctx, from, touched); err != nil {
		return err
	}
	return d.done(ctx, upto, touched)
}

// records derives attempts and password events of so many records of batches after one and up to another, and of so many
// touched pools.
func (d *derivation) records(ctx context.Context, from, upto, fresh, touched int64) error {
	if fresh == 0 && touched == 0 {
		return nil
	}
	if fresh > bulkRows {
		all, err := d.number(ctx, `SELECT count(*) FROM record`)
		if err != nil {
			return err
		}
		if fresh > all/bulkShare {
			return d.bulk(ctx, from, upto)
		}
	}
	return d.follow(ctx, from, fresh, touched)
}

// bulk makes all attempts anew, and adds the password events of batches after one and up to another.
func (d *derivation) bulk(ctx context.Context, from, upto int64) error {
	d.bulked = true
	if err := d.allAttempts(ctx); err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	if err := d.events(ctx, from, upto); err != nil {
		return fmt.Errorf("password events: %w", err)
	}
	return nil
}

func (d *derivation) rebuild(ctx context.Context, progress func(done, total int64)) error {
	d.anew = true
	_, upto, touched, err := d.span(ctx)
	if err != nil {
		return err
	}
	n, err := d.number(ctx, `SELECT count(*) FROM record`)
	if err != nil {
		return err
	}
	progress(0, 3*n)
	if err := d.rehash(ctx); err != nil {
		return fmt.Errorf("identity of records: %w", err)
	}
	if err := d.reclassify(ctx); err != nil {
		return fmt.Errorf("classes of records: %w", err)
	}
	progress(n, 3*n)
	if err := d.allAttempts(ctx); err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	if err := d.allEvents(ctx, upto); err != nil {
		return fmt.Errorf("password events: %w", err)
	}
	progress(2*n, 3*n)
	if err := d.intervals(ctx, -1); err != nil {
		return err
	}
	if err := d.allNames(ctx); err != nil {
		return err
	}
	if err := d.done(ctx, upto, touched); err != nil {
		return err
	}
	progress(3*n, 3*n)
	return nil
}

// span returns the batch that was derived last, the one committed last, and how many pools were touched since.
func (d *derivation) span(ctx context.Context) (from, upto, touched int64, err error) {
	const state = `SELECT coalesce(max(value) FILTER (name = 'derived_batch'), 0), coalesce(max(value) FILTER (name = 'batch'), 0), (SELECT count(*) FROM touched) FROM state`
	err = d.tx.QueryRowContext(ctx, state).Scan(&from, &upto, &touched)
	return from, upto, touched, err
}

// done notes that all batches up to one are derived, and by which version.
func (d *derivation) done(ctx context.Context, upto, touched int64) error {
	if err := d.final(ctx); err != nil {
		return fmt.Errorf("final hours: %w", err)
	}
	if touched > 0 {
		if _, err := d.exec(ctx, `DELETE FROM touched`); err != nil {
			return err
		}
	}
	if _, err := putState(ctx, d.tx, "derived_batch", upto); err != nil {
		return err
	}
	if d.anew || d.stepped {
		if _, err := putState(ctx, d.tx, "derivation", derivationVersion()); err != nil {
			return err
		}
	}
	d.upToDate = true
	return nil
}

func (d *derivation) exec(ctx context.Context, text string, args ...any) (int64, error) {
	res, err := d.tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (d *derivation) number(ctx context.Context, text string, args ...any) (n int64, err error) {
	err = d.tx.QueryRowContext(ctx, text, args...).Scan(&n)
	return n, err
}

// strings returns the only column of a query.
func (d *derivation) strings(ctx context.Context, text string, args ...any) ([]string, error) {
	rows, err := d.tx.QueryContext(ctx, text, args...)
	return collect(rows, err, func(r *sql.Rows) (s string, err error) {
		err = r.Scan(&s)
		return s, err
	})
}

// keep makes a temporary table from a query; it lives until the derivation ends.
func (d *derivation) keep(ctx context.Context, name, query string, args ...any) error {
	d.temp = append(d.temp, name)
	if _, err := d.exec(ctx, `CREATE OR REPLACE TEMP TABLE `+name+` AS `+query, args...); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// dropTemp drops the temporary tables. A rollback takes those along that its transaction made.
func (d *derivation) dropTemp(exec func(text string)) {
	for _, name := range d.temp {
		exec(`DROP TABLE IF EXISTS temp.` + name)
	}
}

// deriveSQL returns the text of a file under derive/.
func deriveSQL(name string) string {
	b, err := deriveFiles.ReadFile("derive/" + name + ".sql")
	if err != nil {
		panic(err) // embedded
	}
	return strings.TrimSpace(string(b))
}
