// Package duck opens DuckDB locked down, the way every part of the program that speaks to it must: instants in UTC, no
// file or network access from SQL, no extensions fetched or loaded, and settings that no statement can change afterwards.
// It also lends DuckDB functions written in Go ([Func]).
//
// What is stored in the database is not its business. Start at [Open].
package duck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Config says which database to open and with what means.
type Config struct {
	Path        string // file of the database; "" is a database in memory
	ReadOnly    bool   // refuse to write; ignored in memory
	MemoryLimit int64  // bytes DuckDB may use; 0 leaves DuckDB's default (80 % of the machine)
	Threads     int    // threads for a query; 0 is one per processor
	TempDir     string // where large sorts and joins may spill; "" forbids spilling
	KeepOrder   bool   // keep the order of insertion in scans without ORDER BY (slower, more memory)
	Functions   []Func // Go functions to make callable from SQL
	// Options are further settings of the engine, by DuckDB's names, in force before the database is opened: some hold
	// for a new file only.
	Options map[string]string
}

// DB is an open database. It may be used from several goroutines.
type DB struct {
	SQL       *sql.DB
	Connector *duckdb.Connector // for appenders; closed with the DB
}

// Open opens the database and locks its configuration. The caller closes it.
func Open(ctx context.Context, c Config) (*DB, error) {
	connector, err := duckdb.NewConnector(c.dsn(), nil)
	if err != nil {
		return nil, fmt.Errorf("open database %q: %w", c.Path, err)
	}
	db := &DB{SQL: sql.OpenDB(connector), Connector: connector}
	if err := db.prepare(ctx, c); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close releases the database.
func (d *DB) Close() error { return errors.Join(d.SQL.Close(), d.Connector.Close()) }

func (c Config) dsn() string {
	q := url.Values{}
	for name, value := range c.Options {
		q.Set(name, value)
	}
	if c.ReadOnly && c.Path != "" {
		q.Set("access_mode", "READ_ONLY")
	}
	path := strings.NewReplacer("%", "%25", "?", "%3F").Replace(c.Path)
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// prepare registers the functions, then sets and locks the configuration: in this order, as the lock is final.
func (d *DB) prepare(ctx context.Context, c Config) error {
	conn, err := d.SQL.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	if err := register(ctx, conn, c.Functions); err != nil {
		return err
	}
	for _, s := range c.settings() {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func (c Config) settings() []string {
	threads := c.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	s := []string{
		"SET GLOBAL TimeZone = 'UTC'",
		fmt.Sprintf("SET GLOBAL threads = %d", threads),
		fmt.Sprintf("SET GLOBAL preserve_insertion_order = %t", c.KeepOrder),
		"SET GLOBAL temp_directory = " + quote(c.TempDir),
		"SET GLOBAL autoinstall_known_extensions = false",
		"SET GLOBAL autoload_known_extensions = false",
		"SET GLOBAL allow_community_extensions = false",
		"SET GLOBAL allow_unsigned_extensions = false",
	}
	if c.MemoryLimit > 0 {
		s = append(s, fmt.Sprintf("SET GLOBAL memory_limit = '%dKiB'", max(c.MemoryLimit/1024, 1)))
	}
	return append(s, "SET GLOBAL enable_external_access = false", "SET GLOBAL lock_configuration = true")
}

// quote writes a text literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
