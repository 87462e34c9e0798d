package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"passtrail"
	"passtrail/internal/kql/native"
	"passtrail/internal/normalise"
	"passtrail/internal/simulate"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

// batchRecords is how many records a live source brings at once.
const batchRecords = 500

// batch times what a small batch costs behind the history: new records from their bytes to the tables that are derived
// from them, in an open store as a server has it. Three kinds: what a live source brings, which goes on from batch to batch;
// the same with one record of the first day of the history; and records that are all stored already.
func (b *bench) batch(ctx context.Context) error {
	data, err := b.data()
	if err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "batch")
	os.RemoveAll(dir)
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, os.DirFS(data)); err != nil {
		return err
	}
	st, err := duckdb.Open(ctx, duckdb.Config{Dir: dir, Functions: native.Functions(), Now: time.Now})
	if err != nil {
		return err
	}
	defer st.Close()
	if _, err := st.Revision(ctx, tenant); err != nil { // nothing is due
		return err
	}
	var old, newest int64
	err = st.Query(ctx, "SELECT min(time), max(time) FROM record", nil, func(row []any) error {
		old, _ = row[0].(int64)
		newest, _ = row[1].(int64)
		return nil
	})
	if err != nil {
		return err
	}
	lines, err := live(ctx, passtrail.Ticks(newest), b.runs*batchRecords)
	if err != nil {
		return err
	}
	fmt.Printf("| %d records after %d | receipt to stored | to derived | processor |\n|---|---|---|---|\n", batchRecords, b.records)
	n := normalise.New(0)
	for _, kind := range []string{"new", "new, one of them old", "repeats"} {
		var stored, derived, worked []time.Duration
		for part := range slices.Chunk(lines, batchRecords) {
			begin, cpu := time.Now(), processor()
			batch := &store.Batch{Tenant: tenant, Source: "live", At: passtrail.TicksOf(begin)}
			for i, line := range part {
				var r passtrail.Record
				if _, fault := n.Read(line, &r); fault != nil {
					return fault
				}
				r.Tenant, r.Source, r.ReceivedAt = tenant, "live", batch.At
				if kind != "repeats" && kind != "new" {
					r.ID += "-again"
					r.CorrelationID = "again-" + r.CorrelationID
					r.Hash[0] ^= 1
					if i == 0 {
						r.Time = passtrail.Ticks(old) + passtrail.Hour
					}
				}
				batch.Records = append(batch.Records, r)
			}
			c, err := st.Commit(ctx, batch)
			if err != nil {
				return err
			}
			if (c.Stored == 0) != (kind == "repeats") {
				return fmt.Errorf("%s: %d stored", kind, c.Stored)
			}
			took := time.Since(begin)
			if err := st.Refresh(ctx); err != nil {
				return err
			}
			stored, derived, worked = append(stored, took), append(derived, time.Since(begin)), append(worked, processor()-cpu)
		}
		fmt.Printf("| %s | %s | %s, at most %s | %s |\n", kind, ms(median(stored)), ms(median(derived)), ms(slices.Max(derived)), ms(median(worked)))
	}
	return nil
}

// live makes records of another tenant's life, a line each in order of time, as a source would bring them next.
func live(ctx context.Context, after passtrail.Ticks, n int) ([][]byte, error) {
	var out bytes.Buffer
	cfg := simulate.Config{Seed: 77, Records: int64(2 * n), Days: 31, Tenant: tenant, End: (after + 31*passtrail.Day).Time()}
	if _, err := simulate.WriteTo(ctx, cfg, simulate.GraphLines, &out); err != nil {
		return nil, err
	}
	var lines [][]byte
	for s := bufio.NewScanner(&out); s.Scan(); {
		if len(lines) < n {
			lines = append(lines, bytes.Clone(s.Bytes()))
		}
	}
	if len(lines) < n {
		return nil, fmt.Errorf("the simulation made %d records, want %d", len(lines), n)
	}
	return lines, nil
}
