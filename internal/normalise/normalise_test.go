package normalise_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/normalise"
)

// documents takes a sample file apart into single documents, the way a connector does.
func documents(t testing.TB, name string, data []byte) []string {
	t.Helper()
	if strings.HasSuffix(name, ".csv") {
		return rows(t, data)
	}
	var docs []string
	dec := json.NewDecoder(bytes.NewReader(data))
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var page map[string]json.RawMessage
		if json.Unmarshal(raw, &page) != nil {
			continue
		}
		list := page["value"]
		if list == nil {
			list = page["records"]
		}
		if list == nil {
			docs = append(docs, string(raw))
			continue
		}
		var items []json.RawMessage
		if err := json.Unmarshal(list, &items); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, item := range items {
			docs = append(docs, string(item))
		}
	}
	return docs
}

func rows(t testing.TB, data []byte) []string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var docs []string
	for _, row := range all[1:] {
		doc := map[string]string{}
		for i, cell := range row {
			if cell != "" {
				doc[all[0][i]] = cell
			}
		}
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, string(b))
	}
	return docs
}

// equal compares two documents as JSON, numbers by their text, without the members that are dropped by rule.
func equal(t testing.TB, a, b string) bool {
	t.Helper()
	read := func(s string) any {
		dec := json.NewDecoder(strings.NewReader(s))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%v in %s", err, s)
		}
		if doc, ok := v.(map[string]any); ok {
			if props, ok := doc["properties"].(map[string]any); ok {
				for name := range props {
					if strings.HasPrefix(name, "__UDI_RequiredFields_") {
						delete(props, name)
					}
				}
			}
		}
		return v
	}
	return reflect.DeepEqual(read(a), read(b))
}

func TestSamplesComeBack(t *testing.T) {
	files, err := filepath.Glob("testdata/samples/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	kinds := map[string]normalise.Kind{
		"graph-beta-userEventsSummary.json":  normalise.KindOther,
		"graph-userRegistrationDetails.json": normalise.KindRegistration,
	}
	n := normalise.New(0)
	for _, file := range files {
		name := filepath.Base(file)
		if name == "kusto-v2-response.json" || name == "logs-query-response.json" {
			continue // answers of queries: the connector makes rows of them
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := kinds[name]
		if want == 0 {
			want = normalise.KindRecord
		}
		for _, doc := range documents(t, name, data) {
			r := passtrail.Record{Tenant: "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"}
			res, fault := n.Read([]byte(doc), &r)
			if fault != nil {
				t.Errorf("%s: Read = %v", name, fault)
				continue
			}
			if res.Kind != want {
				t.Errorf("%s: kind = %d, want %d", name, res.Kind, want)
			}
			if res.Kind != normalise.KindRecord {
				continue
			}
			back, err := normalise.Restore(&r)
			if err != nil {
				t.Fatalf("%s: Restore: %v", name, err)
			}
			if !equal(t, doc, string(back)) {
				t.Errorf("%s came back different:\n in %s\nout %s\nextra %s", name, doc, back, r.Extra)
			}
			t.Logf("%s extra %d %s", name, len(r.Extra), r.Extra)
		}
	}
}
