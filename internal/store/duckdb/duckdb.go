// Package duckdb keeps the promise of package store with an embedded DuckDB: one file in a data directory, or a database
// in memory.
//
// One connection writes and writers take turns on it ([Store.Commit] and the small tables); readers have connections of
// their own and see the last commit. Records go from Go memory into the table in chunks (chunk.go), repeats are found by
// an anti-join bounded by time (commit.go, match.go), and what is derived from records is in derive*.go. How the engine
// is opened and locked down is package duck's business. Start at [Open] and [Store.Commit].
package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	bindings "github.com/duckdb/duckdb-go-bindings"

	"passtrail"
	"passtrail/internal/duck"
)

// fileName is the database in a data directory.
const fileName = "passtrail.db"

// IngestMemory is the memory limit for a process that only takes records in: an uncompressed row group of records takes
// about 125 MiB of it, and folding the attempts of millions of records at once the rest. The engine takes some 100 MiB
// beside its limit.
const IngestMemory int64 = 192 << 20

// idleReaders is how many connections are kept for the next questions; making one costs more than a quick question.
const idleReaders = 16

// engineOptions are settings of DuckDB; the figures behind them are in docs/decisions/0007-record-write-path.md. The newest storage version
// compresses better and quicker than the one DuckDB takes for the sake of its older selves. Row groups are written as they
// fill, not five at once, which would take five times the memory. A commit goes to the log unless it is larger than
// this: by default DuckDB makes a whole checkpoint, and packs its last row group anew, for each commit beyond 100 kB. The
// log is short enough to be read back at the start in well under a second.
var engineOptions = map[string]string{
	"storage_compatibility_version":      "latest",
	"write_buffer_row_group_count":       "1",
	"auto_checkpoint_skip_wal_threshold": "16777216",
	"checkpoint_threshold":               "16MiB",
	// what is freed goes back to the system soon and not in hundreds of MiB
	"allocator_flush_threshold":    "16MiB",
	"allocator_background_threads": "true",
}

// Config says where the database is and what it may use.
type Config struct {
	Dir         string           // data directory, made when missing; "" keeps the database in memory
	ReadOnly    bool             // change nothing in the directory, which must exist; what is due is derived in a copy (readonly.go)
	Copy        bool             // with ReadOnly: work on a copy also where nothing is due, as Verify needs it
	Scratch     string           // where a copy is made, and where large sorts spill then; "" is os.TempDir()
	MemoryLimit int64            // bytes DuckDB may use; 0 is half of the machine's memory
	Threads     int              // threads of one query; 0 is one per processor
	Functions   []duck.Func      // Go functions that generated SQL may call
	Now         func() time.Time // clock; nil is time.Now
	DeriveRows  int              // records that Refresh and Rebuild hold in memory at once; 0 is what fits, at most a million
	// Progress, which may be nil, is called while all that is derived is made anew because another program made it. It
	// counts records, as that of Rebuild, and comes from a goroutine of the store's.
	Progress func(done, total int64)
	// Copying, which may be nil, is told of a copy before it is made: how many bytes and where.
	Copying func(bytes int64, to string)
}

// Store is a database in one data directory. Its methods may be called at once from several goroutines.
type Store struct {
	db      *duck.DB
	unlock  func() error
	now     func() time.Time
	dir     string
	reader  bool     // it shows what is there and takes nothing in
	scratch *scratch // of a reader

	deriveRows int64 // records to fold at once, see sliceRows
	progress   func(done, total int64)
	fresh      freshness
	failed     failures
	lost       atomic.Pointer[passtrail.Error] // what is missing by the file beside the database

	writing  sync.Mutex // held by whoever uses what follows
	w        *sql.Conn  // the one connection that writes
	open     *putOff    // its transaction, while batches are put off
	pending  atomic.Bool
	incoming *incoming
	insert   bindings.PreparedStatement // reads incoming
	covered  map[passtrail.TenantID]hours
	cut      map[passtrail.TenantID]bool // whether rows are stored whose times may have been cut
	head     head                        // the last durable batch
	headErr  error                       // why the file that says so could not be written
}

// Open opens the database of a data directory, makes it when it is new, and brings its tables up to date. The error has
// code Conflict while another process holds the directory, NotFound when it is to be read only and is not there, Unavailable
// when it cannot be written. The caller closes the store.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = func(int64, int64) {}
	}
	s := &Store{now: c.Now, progress: c.Progress, reader: c.ReadOnly, unlock: func() error { return nil }}
	if err := s.start(ctx, c); err != nil {
		return nil, engineFault("duckdb.Open", errors.Join(err, s.Close()))
	}
	return s, nil
}

func (s *Store) start(ctx context.Context, c Config) (err error) {
	dc := duck.Config{ReadOnly: c.ReadOnly, MemoryLimit: c.MemoryLimit, Threads: c.Threads, Functions: slices.Concat(c.Functions, nestedFunctions),
		KeepOrder: true, Options: engineOptions}
	if dc.MemoryLimit == 0 {
		dc.MemoryLimit = MachineMemory() / 2
	}
	s.deriveRows = sliceRows(c.DeriveRows, dc.MemoryLimit)
	if c.Dir == "" {
		return s.openEngine(ctx, "", dc)
	}
	if c.ReadOnly {
		return s.openToRead(ctx, c, dc)
	}
	if s.unlock, err = claim(c.Dir); err != nil {
		s.unlock = func() error { return nil }
		return err
	}
	return s.openEngine(ctx, c.Dir, dc)
}

// openEngine opens the database of dir, which is locked, brings its tables up to date and sees what is due or missing.
func (s *Store) openEngine(ctx context.Context, dir string, dc duck.Config) (err error) {
	s.dir = dir
	if dir != "" {
		dc.Path = filepath.Join(dir, fileName)
	}
	if dir != "" && dc.TempDir == "" {
		dc.TempDir = filepath.Join(dir, "tmp")
	}
	if err = s.failed.open(dir, dc.ReadOnly); err != nil {
		return err
	}
	if s.db, err = duck.Open(ctx, dc); err != nil {
		return engineFault("duckdb.Open", fmt.Errorf("database in %s: %w", dir, err))
	}
	s.db.SQL.SetMaxIdleConns(idleReaders)
	if s.w, err = s.db.SQL.Conn(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx, dc.ReadOnly); err != nil {
		return err
	}
	if err := s.prepareWriter(ctx, dc.ReadOnly); err != nil {
		return err
	}
	if err := s.compareHead(ctx, dc.ReadOnly); err != nil {
		return err
	}
	return s.notice(ctx)
}

// claim makes the data directory and takes its lock, which the returned function gives back.
func claim(dir string) (func() error, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &passtrail.Error{Code: passtrail.Invalid, Op: "duckdb.Open", Msg: fmt.Sprintf("data directory %s cannot be made", dir), Err: err}
	}
	if err := writable(dir); err != nil {
		return nil, err
	}
	if err := keepPrivate(dir); err != nil {
		return nil, err
	}
	return lockDir(filepath.Join(dir, "lock"), false)
}

// Close writes what is pending and releases the directory. A second call does nothing.
func (s *Store) Close() error {
	s.fresh.stop()
	err := errors.Join(s.closeEngine(), s.unlock(), s.scratch.remove())
	s.unlock, s.scratch = func() error { return nil }, nil
	return err
}

// closeEngine writes what is pending and closes the database.
func (s *Store) closeEngine() error {
	var errs []error
	if s.w != nil {
		s.writing.Lock()
		defer s.writing.Unlock()
		errs = append(errs, s.settle())
		bindings.DestroyPrepare(&s.insert)
		errs = append(errs, s.w.Close())
		s.w = nil
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
		s.db = nil
	}
	return errors.Join(errs...)
}
