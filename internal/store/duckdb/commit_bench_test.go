package duckdb_test

import (
	"fmt"
	"testing"

	"passtrail"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// BenchmarkCommit takes batches of new records, and of repeats, into a database on disk; an operation is one batch.
func BenchmarkCommit(b *testing.B) {
	const size = 40_000
	for _, bm := range []struct {
		name    string
		more    bool
		repeats bool
	}{{"put off", true, false}, {"each durable", false, false}, {"repeats", true, true}} {
		b.Run(bm.name, func(b *testing.B) {
			s := tenanted(b, duckdb.Config{Dir: b.TempDir(), MemoryLimit: duckdb.IngestMemory})
			next := func(n int) *store.Batch {
				batch := &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At, More: bm.more, Records: make([]passtrail.Record, size)}
				for i := range batch.Records {
					at := n*size + i
					batch.Records[i] = storetest.Event{ID: fmt.Sprintf("SSPR_%036d", at), Hash: at, Time: storetest.At + passtrail.Ticks(at)*3*passtrail.Second}.Record()
				}
				return batch
			}
			batch := next(0)
			if bm.repeats {
				if _, err := s.Commit(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			n := 0
			for b.Loop() {
				if n++; !bm.repeats {
					b.StopTimer()
					batch = next(n)
					b.StartTimer()
				}
				if _, err := s.Commit(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)*float64(n)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkQueryLeast is what a question costs at least.
func BenchmarkQueryLeast(b *testing.B) {
	s := tenanted(b, duckdb.Config{})
	for b.Loop() {
		if err := s.Query(b.Context(), `SELECT $1 + 1`, []any{int64(1)}, func([]any) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkQuery reads 100,000 rows of ten columns.
func BenchmarkQuery(b *testing.B) {
	s := tenanted(b, duckdb.Config{})
	var records []passtrail.Record
	for i := range 100_000 {
		records = append(records, storetest.Event{ID: fmt.Sprint("id", i), Hash: i}.Record())
	}
	commit(b, s, false, records...)
	b.ReportAllocs()
	for b.Loop() {
		rows := 0
		err := s.Query(b.Context(), `SELECT id, time, service, activity, result, reason, correlation_id, actor_upn, target_upn, initiated_by FROM record`, nil, func([]any) error { rows++; return nil })
		if err != nil || rows != len(records) {
			b.Fatalf("%d rows, %v", rows, err)
		}
	}
}
