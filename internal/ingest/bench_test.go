package ingest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"passtrail/internal/connector/file"
	"passtrail/internal/ingest"
	"passtrail/internal/store/duckdb"
)

// BenchmarkIngest takes a file of 200,000 Graph records into a new database on disk.
func BenchmarkIngest(b *testing.B) {
	const n = 200_000
	path := filepath.Join(b.TempDir(), "all.json")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintln(w, line(i))
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	f.Close()
	b.SetBytes(info.Size())
	b.ReportAllocs()
	var took time.Duration
	for b.Loop() {
		st, err := duckdb.Open(context.Background(), duckdb.Config{Dir: b.TempDir(), MemoryLimit: duckdb.IngestMemory})
		if err != nil {
			b.Fatal(err)
		}
		optIn(b, st, contoso)
		begun := time.Now()
		in := inputs(b, file.Options{}, path)
		r := ingest.Runner{Store: st, Config: ingest.Config{Tenant: contoso}}
		if _, err := r.Run(context.Background(), in); err != nil {
			b.Fatal(err)
		}
		took += time.Since(begun)
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/took.Seconds(), "records/s")
}
