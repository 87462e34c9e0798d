package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"passtrail/internal/simulate"
	"passtrail/internal/store/duckdb"
)

// TestKilledIngestGoesOn kills an ingest at random moments, twenty times over, and lets it finish: the store then holds
// what an undisturbed run stores, nothing lost, nothing doubled.
func TestKilledIngestGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	if _, err := simulate.Write(t.Context(), simulate.Config{People: 300, Days: 60, Records: 6_000}, simulate.Mix, logs); err != nil {
		t.Fatal(err)
	}
	initiated := func(name string) string {
		data := filepath.Join(dir, name)
		if out, err := exec.Command("passtrail", "--data", data, "init", "--tenant", simulate.DefaultTenant, "--opt-in").CombinedOutput(); err != nil {
			t.Fatalf("init: %v\n%s", err, out)
		}
		return data
	}
	ingest := func(data string) *exec.Cmd {
		return exec.Command("passtrail", "--data", data, "ingest", "--tenant", simulate.DefaultTenant, "--batch", "300", logs)
	}
	clean := initiated("clean")
	begun := time.Now()
	if out, err := ingest(clean).CombinedOutput(); err != nil {
		t.Fatalf("ingest: %v\n%s", err, out)
	}
	whole, want := time.Since(begun), contents(t, clean)
	rng := rand.New(rand.NewPCG(1, 2))
	finished := func(data string) {
		if got := contents(t, data); got != want {
			t.Fatalf("after the kills the store %s holds\n%s\nwant\n%s", data, got, want)
		}
	}
	data, runs := initiated("killed-0"), 0
	for kills := 0; kills < 20; {
		if runs++; runs > 200 {
			t.Fatalf("%d kills in 200 runs", kills)
		}
		if !killAfter(t, ingest(data), time.Duration(rng.Int64N(int64(whole)/3))) {
			kills++
			continue
		}
		finished(data)
		data = initiated(fmt.Sprintf("killed-%d", runs))
	}
	if out, err := ingest(data).CombinedOutput(); err != nil {
		t.Fatalf("the finishing run: %v\n%s", err, out)
	}
	finished(data)
	t.Logf("an undisturbed run takes %v; %d runs for 20 kills", whole, runs)
}

// killAfter starts a command and kills it after a while; it tells whether the command was over before.
func killAfter(t *testing.T, c *exec.Cmd, after time.Duration) bool {
	t.Helper()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	err := c.Wait()
	if err != nil && c.ProcessState.Exited() {
		t.Fatalf("ingest failed by itself: %v\n%s", err, out.String())
	}
	return err == nil
}

// contents describes what a data directory holds, without when and in which transaction it came.
func contents(t *testing.T, dir string) string {
	t.Helper()
	ctx := context.Background()
	st, err := duckdb.Open(ctx, duckdb.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var b bytes.Buffer
	for _, table := range []struct{ name, except string }{
		{"record", "received_at, batch"}, {"attempt", ""}, {"registration", "source"}, {"role_assignment", "source"}, {"person_role", ""},
		{"snapshot", "batch"}, {"snapshot_row", ""}, {"quarantine", "id, received_at, batch"},
	} {
		columns := "*"
		if table.except != "" {
			columns = "* EXCLUDE (" + table.except + ")"
		}
		sql := fmt.Sprintf("SELECT count(*)::BIGINT, coalesce(md5(string_agg(r::VARCHAR, chr(10) ORDER BY r::VARCHAR)), '') FROM (SELECT %s FROM %s) r", columns, table.name)
		err := st.Query(ctx, sql, nil, func(row []any) error {
			fmt.Fprintln(&b, table.name, row[0], row[1])
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", table.name, err)
		}
	}
	return b.String()
}
