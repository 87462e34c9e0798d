package duckdb

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"passtrail"
)

//go:embed migrations/*.sql
var migrations embed.FS

// errOlder says that a database that must not be changed has not seen all migrations.
var errOlder = errors.New("the database is of an older version")

// migrate runs the migrations that the database has not seen, each in a transaction of its own. A database that is read
// only must have seen them all.
func (s *Store) migrate(ctx context.Context, readOnly bool) error {
	done, err := s.migrated(ctx, readOnly)
	if err != nil {
		return err
	}
	fresh := len(done) == 0
	files, err := fs.Glob(migrations, "migrations/*.sql") // sorted by number
	if err != nil {
		return err
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".sql")
		if done[name] {
			delete(done, name)
			continue
		}
		if readOnly {
			return errOlder
		}
		if err := s.runMigration(ctx, file, name); err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	if fresh && !readOnly {
		if _, err := s.w.ExecContext(ctx, putVersion, derivationVersion()); err != nil {
			return err
		}
	}
	for name := range done {
		return passtrail.Errorf(passtrail.Conflict, "duckdb.Open", "the database was made by a newer passtrail (it has %s): use that version", name)
	}
	return nil
}

func (s *Store) migrated(ctx context.Context, readOnly bool) (map[string]bool, error) {
	if !readOnly {
		const create = `CREATE TABLE IF NOT EXISTS migration (name VARCHAR NOT NULL PRIMARY KEY, run_at BIGINT NOT NULL)`
		if _, err := s.w.ExecContext(ctx, create); err != nil {
			return nil, err
		}
	}
	rows, err := s.w.QueryContext(ctx, `SELECT name FROM migration`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	done := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		done[name] = true
	}
	return done, rows.Err()
}

func (s *Store) runMigration(ctx context.Context, file, name string) error {
	text, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	tx, err := s.w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO migration (name, run_at) VALUES (?, ?)`, name, int64(passtrail.TicksOf(s.now()))); err != nil {
		return err
	}
	return tx.Commit()
}

// MachineMemory is the memory of the machine in bytes, 0 when it cannot be told (DuckDB then takes its own share).
func MachineMemory() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kib int64
	if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kib); err != nil {
		return 0
	}
	return kib << 10
}
