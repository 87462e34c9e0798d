package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/duckdb/duckdb-go/v2" // the engine that the program links too
)

// readJSON is DuckDB's own reader of the same file into the same columns, with the text of actor and target taken out
// of the nested values. It does less than the program: no repeats, no classification, no checks, no ledger.
const readJSON = `INSERT INTO record SELECT '` + tenant + `', id, md5(id || activityDateTime)::UUID,
  epoch_us(activityDateTime::TIMESTAMP) * 10 + 621355968000000000, loggedByService, category, activityDisplayName, operationType, result, resultReason, lower(correlationId),
  CASE WHEN (initiatedBy->'$.user') IS NOT NULL THEN 'user' ELSE 'app' END, coalesce((initiatedBy->>'$.user.id'), (initiatedBy->>'$.app.servicePrincipalId'), ''), coalesce((initiatedBy->>'$.user.userPrincipalName'), ''),
  coalesce((initiatedBy->>'$.user.displayName'), (initiatedBy->>'$.app.displayName'), ''), coalesce((initiatedBy->>'$.user.ipAddress'), ''),
  coalesce((targetResources->>'$[0].id'), ''), coalesce((targetResources->>'$[0].userPrincipalName'), ''), coalesce((targetResources->>'$[0].displayName'), ''), coalesce((targetResources->>'$[0].type'), ''),
  '', coalesce((additionalDetails->>'$[0].value'), ''), initiatedBy, targetResources, additionalDetails, '', 'graph', 'file', 0, 1, '', '', '', ''
FROM read_json('%s', format = 'newline_delimited', columns = {id: 'VARCHAR', category: 'VARCHAR', correlationId: 'VARCHAR', result: 'VARCHAR', resultReason: 'VARCHAR',
  activityDisplayName: 'VARCHAR', activityDateTime: 'VARCHAR', loggedByService: 'VARCHAR', operationType: 'VARCHAR', initiatedBy: 'JSON', targetResources: 'JSON', additionalDetails: 'JSON'})`

// simulate writes the records as Graph JSON lines to folder/audit.jsonl, and snapshots beside them.
func (b *bench) simulate(folder string) error {
	_, err := process(b.program, "simulate", "--format", "graph-jsonl", "--records", fmt.Sprint(b.records), "--tenant", tenant, "--end", "2026-03-31T12:00:00Z", "--out", folder)
	return err
}

// ingest compares the program's ingest with DuckDB's own reader on the same file, each in a process of its own.
func (b *bench) ingest(context.Context) error {
	folder, err := b.folder()
	if err != nil {
		return err
	}
	file := filepath.Join(folder, "audit.jsonl")
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	rate := func(u usage) string {
		s := u.wall.Seconds()
		return fmt.Sprintf("%.0f records/s | %.0f MB/s | %.1f s | %.1f s | %s", float64(b.records)/s, float64(info.Size())/1e6/s, s, u.cpu.Seconds(), mib(u.peak))
	}
	fmt.Printf("| ingest of %d MB | rate | | wall | processor | peak memory |\n|---|---|---|---|---|---|\n", info.Size()/1e6)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dbFile := filepath.Join(b.dir, "read_json.db")
	os.Remove(dbFile)
	u, err := process(self, "read-json", file, dbFile)
	if err != nil {
		return err
	}
	fmt.Printf("| DuckDB read_json | %s |\n", rate(u))
	dir := filepath.Join(b.dir, "ingest")
	os.RemoveAll(dir)
	defer os.RemoveAll(dir)
	if _, err := process(b.program, "init", "--data", dir, "--tenant", tenant, "--opt-in"); err != nil {
		return err
	}
	for _, what := range []string{"passtrail ingest", "passtrail ingest, all repeats"} {
		args := []string{"ingest", "--data", dir, "--tenant", tenant, file}
		if what != "passtrail ingest" {
			copied := file + ".again"
			if err := os.Link(file, copied); err != nil && !os.IsExist(err) {
				return err
			}
			defer os.Remove(copied)
			args[len(args)-1] = copied
		}
		if u, err = process(b.program, args...); err != nil {
			return err
		}
		fmt.Printf("| %s | %s |\n", what, rate(u))
	}
	return nil
}

// readWithDuckDB is the child process that the program is compared with.
func readWithDuckDB(file, dbFile string) error {
	db, err := sql.Open("duckdb", dbFile)
	if err != nil {
		return err
	}
	defer db.Close()
	tables, err := os.ReadFile("internal/store/duckdb/migrations/001_tables.sql")
	if err != nil {
		return err
	}
	for _, stmt := range []string{string(tables), fmt.Sprintf(readJSON, file), "CHECKPOINT"} {
		if _, err := db.Exec(stmt); err != nil {
			return err
		}
	}
	return nil
}
