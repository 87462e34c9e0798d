package ingest_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"passtrail/internal/connector/file"
	"passtrail/internal/ingest"
	"passtrail/internal/store/duckdb"
)

// TestSummaryCountsWhatIsDurable runs into a fault of the database: batches that were put off until then are lost with the
// one that fails, and the summary counts none of them. What was durable before is counted. The failure is kept until a run
// succeeds.
func TestSummaryCountsWhatIsDurable(t *testing.T) {
	dir := t.TempDir()
	opened := func() *duckdb.Store {
		t.Helper()
		st, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		return st
	}
	rename := func(from, to string) {
		t.Helper()
		db, err := sql.Open("duckdb", filepath.Join(dir, "passtrail.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("ALTER TABLE quarantine RENAME COLUMN " + from + " TO " + to); err != nil {
			t.Fatal(err)
		}
	}
	st := opened()
	optIn(t, st, contoso)
	st.Close()
	rename("reason", "elsewhere")
	var logs bytes.Buffer
	for i := range 100 {
		fmt.Fprintln(&logs, strings.ReplaceAll(lineOf, "ID", fmt.Sprint("id", i)))
	}
	logs.WriteString("{\"no\": \"record\"}\n")
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, logs.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(st *duckdb.Store) (*ingest.Summary, error) {
		r := ingest.Runner{Store: st, Config: ingest.Config{Tenant: contoso, BatchRecords: 30, Workers: 1}}
		return r.Run(t.Context(), inputs(t, file.Options{}, path))
	}
	st = opened()
	sum, err := run(st)
	if err == nil || sum.Read != 0 || sum.Stored != 0 || len(sum.Tenants) != 0 || sum.Lost != 101 {
		t.Errorf("a run that lost everything: %v, summary %+v", err, sum)
	}
	if n := count(t, st); n != 0 {
		t.Errorf("%d records are stored, want none", n)
	}
	failed, err := st.Failures(t.Context(), contoso)
	if err != nil || len(failed) != 1 || failed[0].Source != "file" || strings.Contains(failed[0].Reason, "Error") {
		t.Errorf("failures are %+v, %v", failed, err)
	}
	st.Close()
	rename("elsewhere", "reason")
	st = opened()
	sum, err = run(st)
	if err != nil || sum.Stored != 100 || sum.SetAside != 1 || sum.Tenants[contoso] != 100 || sum.Lost != 0 || count(t, st) != 100 {
		t.Errorf("the run after that: %v, summary %+v", err, sum)
	}
	if failed, err := st.Failures(t.Context(), contoso); err != nil || len(failed) != 0 {
		t.Errorf("after a success failures are %+v, %v", failed, err)
	}
}

func count(t *testing.T, st *duckdb.Store) (n int64) {
	t.Helper()
	err := st.Query(t.Context(), "SELECT count(*) FROM record", nil, func(row []any) error { n = row[0].(int64); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const lineOf = `{"id":"ID","category":"UserManagement","correlationId":"b7c03ae7-7bd9-5f5e-ab15-b9b7ad4195d5","result":"success","resultReason":"","activityDisplayName":"Reset password (self-service)","activityDateTime":"2026-03-03T10:16:04Z","loggedByService":"Self-service Password Management","initiatedBy":{"user":{"id":"u1"}},"targetResources":[{"id":"u1","type":"User"}],"additionalDetails":[]}`
