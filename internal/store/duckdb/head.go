package duckdb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"passtrail"
	"passtrail/internal/store"
)

// headName is the file that says what the last durable batch was. It stands beside the database because it must outlast
// what may be lost of it: a log of the last commits that was cut or did not come along. It is written after the commit, so
// it never claims more than is durable; a kill between the two leaves it some batches behind, which the next opening mends.
const headName = "passtrail.head"

// headVersion is the form of the file. Later members go beside "batch".
const headVersion = 1

// head is the last batch of a database.
type head struct {
	Number int64  `json:"number"`
	Total  int64  `json:"total"`  // stored by all batches but for what was deleted, see migrations 9 and 14
	Digest string `json:"digest"` // "" before the first batch that has one
}

type headFile struct {
	Version int  `json:"version"`
	Batch   head `json:"batch"`
}

// follow returns the head after a batch.
func (h head) follow(number int64, b *store.Batch, c store.Counts) head {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%d\n%q\n%q\n%d\n%d %d %d %d %d\n", h.Digest, number, b.Tenant, b.Source, b.At, c.Received, c.Stored, c.Repeats, c.SetAside, c.Other)
	for i := range b.Records {
		sum.Write(b.Records[i].Hash[:])
		sum.Write([]byte(b.Records[i].ID))
	}
	return head{Number: number, Total: h.Total + c.Stored, Digest: hex.EncodeToString(sum.Sum(nil))}
}

// write puts the file in place of the one before.
func (h head) write(dir string) (err error) {
	text, err := json.Marshal(headFile{headVersion, h})
	if err != nil {
		return err
	}
	w, err := os.OpenFile(filepath.Join(dir, headName+".new"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		return err
	}
	if err := os.Rename(w.Name(), filepath.Join(dir, headName)); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readHead reads the file. There is none in a directory of before it was kept.
func readHead(dir string) (h head, found bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, headName))
	if errors.Is(err, fs.ErrNotExist) {
		return h, false, nil
	}
	if err != nil {
		return h, false, err
	}
	var f headFile
	if json.Unmarshal(text, &f) != nil || f.Version < 1 {
		return h, true, passtrail.Errorf(passtrail.Conflict, "duckdb.readHead", "the file %s is damaged, so that nobody can tell whether the last records are there", headName)
	}
	if f.Version > headVersion {
		return h, true, passtrail.Errorf(passtrail.Conflict, "duckdb.readHead", "the file %s was made by a newer passtrail: use that version", headName)
	}
	return f.Batch, true, nil
}

// headOf reads what the database itself says.
func headOf(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (h head, err error) {
	const last = `SELECT (SELECT coalesce(max(value), 0) FROM state WHERE name = 'batch'), coalesce(arg_max(total, number), 0), coalesce(arg_max(digest, number), '') FROM batch`
	err = q.QueryRowContext(ctx, last).Scan(&h.Number, &h.Total, &h.Digest)
	return h, err
}

// compareHead compares the database with the file beside it, at the opening. What it finds missing is kept in s.lost, and
// no figure is given and nothing taken in until somebody accepts that. A file that is behind is brought up to date.
func (s *Store) compareHead(ctx context.Context, readOnly bool) error {
	is, err := headOf(ctx, s.w)
	if err != nil || s.dir == "" {
		s.head = is
		return err
	}
	s.head = is
	was, found, err := readHead(s.dir)
	if err != nil {
		return s.lose(err)
	}
	if found {
		if err := s.matchHead(ctx, is, was); err != nil {
			return s.lose(err)
		}
	}
	if readOnly || (found && was == is) || (!found && is.Digest != "") {
		return nil // a file that somebody removed is not put back in silence: the next batch does it
	}
	s.headErr = is.write(s.dir)
	return nil
}

// lose keeps what is missing. Errors that are none of it stay errors.
func (s *Store) lose(err error) error {
	if passtrail.CodeOf(err) != passtrail.Conflict {
		return err
	}
	lost := &passtrail.Error{Code: passtrail.Conflict, Op: "duckdb.Open", Err: err, Msg: err.Error() + ": restore a backup of the whole data directory, or accept the loss with " +
		"\"passtrail verify --mend\" and take the last files in again; until then no figures are given"}
	s.lost.Store(lost)
	return nil
}

// matchHead fails with code Conflict when the database is not the one that the file speaks of, or an earlier state of it.
func (s *Store) matchHead(ctx context.Context, is, was head) error {
	if is.Number < was.Number {
		gone := ""
		if n := was.Total - is.Total; n > 0 {
			gone = fmt.Sprintf(" with %d records", n)
		}
		return passtrail.Errorf(passtrail.Conflict, "duckdb.matchHead", "%d batches%s that were stored are missing from the database: the log of its last commits was lost or cut", was.Number-is.Number, gone)
	}
	if was.Digest == "" {
		return nil
	}
	var same bool
	if err := s.w.QueryRowContext(ctx, `SELECT count(*) > 0 FROM batch WHERE number = ? AND digest = ?`, was.Number, was.Digest).Scan(&same); err != nil {
		return err
	}
	if !same {
		return passtrail.Errorf(passtrail.Conflict, "duckdb.matchHead", "the database is not the one that %s speaks of: batch %d is another one", headName, was.Number)
	}
	return nil
}

// Lost returns what is missing from the database by the file beside it, as an error that says what to do, or nil.
func (s *Store) Lost() error {
	if e := s.lost.Load(); e != nil {
		return e
	}
	return nil
}

// acceptLoss has the file speak of the database as it is.
func (s *Store) acceptLoss() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.settle(); err != nil {
		return err
	}
	if err := s.head.write(s.dir); err != nil {
		return engineFault("duckdb.acceptLoss", err)
	}
	s.lost.Store(nil)
	return nil
}

// noteBatch keeps a batch's line and moves the head of its transaction.
func (c *commit) noteBatch(ctx context.Context) error {
	next := c.p.head.follow(c.batch, c.b, c.counts)
	const line = `INSERT INTO batch (number, tenant, source, received_at, received, stored, total, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	_, err := c.tx.ExecContext(ctx, line, c.batch, string(c.b.Tenant), c.b.Source, int64(c.b.At), c.counts.Received, c.counts.Stored, next.Total, next.Digest)
	if err == nil {
		c.p.head = next
	}
	return err
}

// noteDeletion keeps the line of a deletion, which takes a number as batches do, and returns the head after it: that it was
// lost with the log of the last commits is noticed too.
func (s *Store) noteDeletion(ctx context.Context, tx *sql.Tx, tenant passtrail.TenantID, before passtrail.Ticks, records int64) (head, error) {
	next := head{Number: s.head.Number + 1, Total: s.head.Total - records}
	sum := sha256.New()
	at := passtrail.TicksOf(s.now())
	fmt.Fprintf(sum, "%s\n%d\n%q\nexpire\n%d\n%d\n%d\n", s.head.Digest, next.Number, tenant, at, before, records)
	next.Digest = hex.EncodeToString(sum.Sum(nil))
	const line = `INSERT INTO batch (number, tenant, source, received_at, received, stored, total, digest, kind) VALUES (?, ?, 'retention', ?, 0, ?, ?, ?, 'expire')`
	if _, err := tx.ExecContext(ctx, line, next.Number, string(tenant), int64(at), -records, next.Total, next.Digest); err != nil {
		return next, err
	}
	_, err := putState(ctx, tx, "batch", next.Number)
	return next, err
}

// landHead writes the file after a commit. That it cannot be written is no failure of the commit, which is durable: verify
// says so.
func (s *Store) landHead(h head) {
	s.head = h
	if s.dir != "" {
		s.headErr = h.write(s.dir)
	}
}
