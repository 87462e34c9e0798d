package duckdb_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"passtrail"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

// benchRecords fills record with about ?1 * 9.8 records of ?1 attempts: four in five go through two gates to a reset, the
// others stop somewhere.
const benchRecords = `
INSERT INTO record
WITH a AS (SELECT i, md5('c' || i) AS m, hash(i) AS h FROM range(?1) t(i)),
s AS (SELECT unnest([
	{k: 0, d: 0, service: 'Self-service Password Management', key: 'flow', step: 'start', method: '', reason: 'User submitted their user ID'},
	{k: 1, d: 20, service: 'Self-service Password Management', key: 'flow', step: 'options', method: '', reason: 'User was presented with verification options'},
	{k: 2, d: 130, service: 'Self-service Password Management', key: 'flow', step: 'gate_start', method: 'mobileSMS', reason: 'User started the mobile SMS verification option'},
	{k: 3, d: 330, service: 'Self-service Password Management', key: 'flow', step: 'gate_pass', method: 'mobileSMS', reason: 'User completed the mobile SMS verification option'},
	{k: 4, d: 400, service: 'Self-service Password Management', key: 'flow', step: 'gate_start', method: 'appCode', reason: 'User started the mobile app code verification option'},
	{k: 5, d: 500, service: 'Self-service Password Management', key: 'flow', step: 'gate_pass', method: 'appCode', reason: 'User completed the mobile app code verification option'},
	{k: 6, d: 501, service: 'Self-service Password Management', key: 'flow', step: 'gates_passed', method: '', reason: 'User completed all verification steps required to reset their password'},
	{k: 7, d: 800, service: 'Self-service Password Management', key: 'flow', step: 'new_password', method: '', reason: 'User submitted a new password'},
	{k: 8, d: 810, service: 'Core Directory', key: 'dir_reset', step: '', method: '', reason: ''},
	{k: 9, d: 820, service: 'Self-service Password Management', key: 'reset', step: '', method: '', reason: 'Successfully completed reset.'},
	{k: 10, d: 830, service: 'Self-service Password Management', key: 'flow', step: 'end', method: '', reason: 'User successfully reset password'}]) AS s)
SELECT '0f1e2d3c-4b5a-4968-8778-695a4b3c2d1e', 'SSPR_' || m || '_AB_' || (1000 + s.k), md5(m || s.k)::UUID, (638000000000000000 + i * 300000000 + s.d * 1000000)::BIGINT,
	s.service, 'UserManagement', CASE s.key WHEN 'flow' THEN 'Self-service password reset flow activity progress' WHEN 'reset' THEN 'Reset password (self-service)' ELSE 'Reset user password' END,
	'Update', 'success', s.reason, substr(m, 1, 8) || '-' || substr(m, 9, 4) || '-' || substr(m, 13, 4) || '-' || substr(m, 17, 4) || '-' || substr(m, 21, 12),
	'user', md5('u' || (h % 100000)), 'user' || (h % 100000) || '@contoso.com', 'User ' || (h % 100000), '203.0.113.' || (h % 250),
	md5('u' || (h % 100000)), 'user' || (h % 100000) || '@contoso.com', 'User ' || (h % 100000), 'User', '', CASE WHEN s.key = 'reset' THEN 'None' ELSE '' END,
	'', '', '', '', 'graph', 'bench', 0, 1 + i // 1000, s.key, s.step, s.method, ''
FROM a, s WHERE s.k <= CASE WHEN h % 10 < 8 THEN 10 ELSE h % 9 END
ORDER BY i, s.k`

// benchStore makes a data directory with records of so many attempts. With PASSTRAIL_BENCH_DIR set it is kept there for
// the next run.
func benchStore(b *testing.B, attempts int) string {
	b.Helper()
	dir := b.TempDir()
	if keep := os.Getenv("PASSTRAIL_BENCH_DIR"); keep != "" {
		dir = filepath.Join(keep, fmt.Sprint("derive-", attempts))
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
	}
	s, err := duckdb.Open(b.Context(), duckdb.Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("duckdb", filepath.Join(dir, "passtrail.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(benchRecords, attempts); err != nil {
		b.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO state VALUES ('batch', ?)`, 1+attempts/1000); err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkRebuild makes everything derived anew, BenchmarkRefresh after a batch of 1000 attempts. Attempts are a tenth
// of the records.
func BenchmarkRebuild(b *testing.B) {
	for _, attempts := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(attempts), func(b *testing.B) {
			s := open(b, duckdb.Config{Dir: benchStore(b, attempts)})
			for b.Loop() {
				if err := s.Rebuild(b.Context(), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRebuildSmall rebuilds with the memory that taking in records allows.
func BenchmarkRebuildSmall(b *testing.B) {
	s := open(b, duckdb.Config{Dir: benchStore(b, 1_000_000), MemoryLimit: duckdb.IngestMemory})
	for b.Loop() {
		if err := s.Rebuild(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSnapshots takes in daily snapshots of 100,000 people, of whom one in a hundred changes each day.
func BenchmarkSnapshots(b *testing.B) {
	const people = 100_000
	s := open(b, duckdb.Config{Dir: b.TempDir()})
	tenant := passtrail.TenantID("0f1e2d3c-4b5a-4968-8778-695a4b3c2d1e")
	if err := s.PutTenant(b.Context(), store.Tenant{ID: tenant, CreatedAt: 1, OptedInAt: 1}); err != nil {
		b.Fatal(err)
	}
	day := 0
	for b.Loop() {
		sn := store.Snapshot{Kind: store.Registrations, TakenAt: passtrail.UnixEpoch + passtrail.Ticks(day)*passtrail.Day, Complete: true}
		for p := range people {
			sn.Registrations = append(sn.Registrations, store.Registration{
				UserID: fmt.Sprintf("%08d-0000-4000-8000-000000000000", p), UPN: fmt.Sprintf("user%d@contoso.com", p), UserType: "member",
				IsSsprRegistered: p%100 < day, IsSsprEnabled: true, Methods: []string{"email", "mobilePhone"}, LastUpdated: sn.TakenAt,
			})
		}
		if _, err := s.Commit(b.Context(), &store.Batch{Tenant: tenant, Source: "bench", Snapshots: []store.Snapshot{sn}}); err != nil {
			b.Fatal(err)
		}
		if err := s.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
		day++
	}
}

// BenchmarkRefresh follows batches of so many attempts after ten million records, with the memory that taking in records
// allows.
func BenchmarkRefresh(b *testing.B) {
	dir := benchStore(b, 1_000_000)
	for _, attempts := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint(attempts), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				forget(b, dir, attempts)
				s, err := duckdb.Open(b.Context(), duckdb.Config{Dir: dir, MemoryLimit: duckdb.IngestMemory})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if err := errors.Join(s.Refresh(b.Context()), s.Close()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// forget makes the records of the last attempts a new batch that has not been derived.
func forget(b *testing.B, dir string, attempts int) {
	b.Helper()
	db, err := sql.Open("duckdb", filepath.Join(dir, "passtrail.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const last = 638000000000000000 + 1_000_000*300000000
	for _, text := range []string{
		`INSERT INTO state VALUES ('derived_batch', 0) ON CONFLICT (name) DO NOTHING`,
		`UPDATE state SET value = (SELECT value + 1 FROM state WHERE name = 'batch') WHERE name IN ('batch', 'derived_batch')`,
		fmt.Sprintf(`UPDATE record SET batch = (SELECT value FROM state WHERE name = 'batch') WHERE time >= %d`, last-attempts*300000000),
		`UPDATE state SET value = value - 1 WHERE name = 'derived_batch'`,
	} {
		if _, err := db.Exec(text); err != nil {
			b.Fatal(err)
		}
	}
}
