package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/connector/file"
	"passtrail/internal/ingest"
	"passtrail/internal/store"
)

// countingStore counts records and forgets them. Its tenant has opted in.
type countingStore struct {
	store.Store // nil: what a run does not call panics
	records     int64
	aside       int64
	before      func()
}

func (c *countingStore) Checkpoint(context.Context, string) (string, error) { return "", nil }

func (c *countingStore) Tenant(_ context.Context, id passtrail.TenantID) (store.Tenant, error) {
	return store.Tenant{ID: id, OptedInAt: 1}, nil
}

func (c *countingStore) Commit(_ context.Context, b *store.Batch) (store.Counts, error) {
	c.before()
	n, q := int64(len(b.Records)), int64(len(b.Quarantine))
	c.records += n
	c.aside += q
	counts := store.Counts{Received: n + q, Stored: n, SetAside: q}
	b.Durable(counts)
	return counts, nil
}

func (c *countingStore) PutFailure(context.Context, store.Failure) error { return nil }

func (c *countingStore) Refresh(context.Context) error { return nil }

// endless repeats text until so many bytes have been read.
type endless struct {
	text []byte
	at   int
	left int64
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 && e.at == 0 {
		return 0, io.EOF
	}
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	e.left -= int64(n)
	return n, nil
}

// usedMemory is what the Go program holds.
func usedMemory() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}

// TestMemoryIsBounded reads streams much longer than the memory they may take: records, one array of records in a
// single line, one line that never ends, one string that never ends, brackets without end.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads two gigabytes")
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(160 << 20)) // as the program does
	var lines bytes.Buffer
	for i := range 2000 {
		fmt.Fprintln(&lines, line(i))
	}
	array := strings.ReplaceAll(lines.String(), "\n", ",")
	const limit = 200 << 20
	tests := []struct {
		name, start, text string
		size              int64
		records, aside    int64 // -1: more than none
	}{
		{"lines", "", lines.String(), 1 << 30, -1, 0},
		{"array in a line", "[", array, 400 << 20, -1, 1},
		{"line without end", `{"a":1,`, `"b":"` + strings.Repeat("x", 1<<20) + `",`, 300 << 20, 0, 1},
		{"string without end", `{"a":"`, strings.Repeat("x", 1<<20), 300 << 20, 0, 1},
		{"brackets without end", "", strings.Repeat(`{"a":[`, 1<<16), 100 << 20, 0, 1},
		{"row without end", "A,B,C\n", strings.Repeat("x,", 1<<16), 300 << 20, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			peak := uint64(0)
			st := &countingStore{before: func() { peak = max(peak, usedMemory()) }}
			in := inputs(t, file.Options{Stdin: io.MultiReader(strings.NewReader(tt.start), &endless{text: []byte(tt.text), left: tt.size})}, "-")
			cfg := ingest.Config{Tenant: contoso, Progress: func(ingest.Progress) { st.before() }}
			r := ingest.Runner{Store: st, Config: cfg}
			if _, err := r.Run(context.Background(), in); err != nil {
				t.Fatal(err)
			}
			if (tt.records < 0) != (st.records > 0) || st.aside != tt.aside {
				t.Errorf("%d records and %d set aside", st.records, st.aside)
			}
			if peak > limit {
				t.Errorf("it took %d MiB of memory, want at most %d", peak>>20, limit>>20)
			}
			t.Logf("%d records, %d set aside, %d MiB", st.records, st.aside, peak>>20)
		})
	}
}
