package normalise_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"passtrail"
	"passtrail/internal/normalise"
)

func benchmark(b *testing.B, name string, compact bool) {
	data, err := os.ReadFile("testdata/samples/" + name)
	if err != nil {
		b.Fatal(err)
	}
	var docs [][]byte
	size := 0
	for _, doc := range documents(b, name, data) {
		d := []byte(doc)
		if compact {
			var out bytes.Buffer
			if err := json.Compact(&out, d); err != nil {
				b.Fatal(err)
			}
			d = out.Bytes()
		}
		docs = append(docs, d)
		size += len(d)
	}
	n := normalise.New(0)
	b.SetBytes(int64(size / len(docs)))
	b.ReportAllocs()
	r := passtrail.Record{}
	for i := 0; b.Loop(); i++ {
		r.Tenant = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"
		if _, fault := n.Read(docs[i%len(docs)], &r); fault != nil {
			b.Fatal(fault)
		}
	}
}

func BenchmarkGraph(b *testing.B)       { benchmark(b, "flow-complete-two-gate.ndjson", true) }
func BenchmarkGraphSpaced(b *testing.B) { benchmark(b, "flow-complete-two-gate.ndjson", false) }
func BenchmarkDiagnostic(b *testing.B)  { benchmark(b, "diag-02-eventhub-batch.json", true) }
func BenchmarkPortalCSV(b *testing.B)   { benchmark(b, "portal-audit-export.csv", true) }
