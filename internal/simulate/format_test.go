package simulate_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"passtrail"
	"passtrail/internal/simulate"
)

// event names one record across forms.
type event struct{ corr, time, activity, reason, result string }

// name makes an event from texts; times are compared to the microsecond, which all forms have.
func name(t *testing.T, corr, when, activity, reason, result string) event {
	t.Helper()
	at, err := passtrail.ParseTicks(when)
	if err != nil {
		t.Fatal(err)
	}
	if reason == "None" {
		reason = ""
	}
	return event{corr, (at - at%passtrail.Microsecond).String(), activity, reason, strings.ToLower(result)}
}

// graphEvent reads a directoryAudit.
func graphEvent(t *testing.T, raw json.RawMessage) event {
	t.Helper()
	var a audit
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return name(t, a.Corr, a.Time, a.Activity, a.Reason, a.Result)
}

// diagnosticEvent reads a diagnostic record of today or of 2018; false for other categories.
func diagnosticEvent(t *testing.T, raw json.RawMessage) (event, bool) {
	t.Helper()
	var d struct {
		Time, OperationName, Category, ResultType, ResultDescription, CorrelationID string
		Properties                                                                  json.RawMessage
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	switch d.Category {
	case "AuditLogs":
		return graphEvent(t, d.Properties), true
	case "Audit":
		return name(t, d.CorrelationID, d.Time, d.OperationName, d.ResultDescription, d.ResultType), true
	}
	return event{}, false
}

// jsonEvents reads the records of any of the JSON forms and hands them to f.
func jsonEvents(t *testing.T, data []byte, f func(event)) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if raw[0] == '[' {
			var list []json.RawMessage
			_ = json.Unmarshal(raw, &list)
			for _, r := range list {
				f(graphEvent(t, r))
			}
			continue
		}
		var doc struct {
			Value, Records []json.RawMessage
			Tables         []struct {
				Columns []struct{ Name, Type string }
				Rows    [][]any
			}
			Properties json.RawMessage
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		for _, r := range doc.Value {
			f(graphEvent(t, r))
		}
		for _, r := range doc.Records {
			if e, ok := diagnosticEvent(t, r); ok {
				f(e)
			}
		}
		for _, table := range doc.Tables {
			for _, row := range table.Rows {
				cell := map[string]string{}
				for i, c := range table.Columns {
					cell[c.Name], _ = row[i].(string)
				}
				f(name(t, cell["CorrelationId"], cell["TimeGenerated"], cell["ActivityDisplayName"], cell["ResultReason"], cell["Result"]))
			}
		}
		if doc.Properties != nil {
			e, _ := diagnosticEvent(t, raw)
			f(e)
		} else if doc.Value == nil && doc.Records == nil && doc.Tables == nil {
			f(graphEvent(t, raw))
		}
	}
}

// csvEvents reads the records of the CSV forms.
func csvEvents(t *testing.T, data []byte, f func(event)) {
	t.Helper()
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := map[string]int{}
	for i, h := range all[0] {
		col[h] = i
	}
	pick := func(row []string, names ...string) string {
		for _, n := range names {
			if i, ok := col[n]; ok {
				return row[i]
			}
		}
		t.Fatalf("no column %v", names)
		return ""
	}
	if _, ok := col["Target1Type"]; ok && len(all[0]) != 86 {
		t.Errorf("%d columns, want 86", len(all[0]))
	}
	for _, row := range all[1:] {
		f(name(t, pick(row, "CorrelationId", "Id. de correlación"), pick(row, "Date (UTC)", "Fecha (UTC)", "TimeGenerated [UTC]"),
			pick(row, "ActivityDisplayName", "Activity", "Actividad"), pick(row, "ResultReason", "Motivo del resultado"), pick(row, "Result", "Resultado")))
	}
}

// events reads all records below a folder.
func events(t *testing.T, dir string) (map[event]bool, int64) {
	t.Helper()
	seen, n := map[event]bool{}, int64(0)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "snapshots") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		count := func(e event) { n++; seen[e] = true }
		if how := strings.TrimPrefix(filepath.Ext(path), "."); unpackers[how] != nil {
			path, data = strings.TrimSuffix(path, "."+how), unpack(t, how, data)
		}
		if strings.HasSuffix(path, ".csv") {
			csvEvents(t, data, count)
		} else {
			jsonEvents(t, data, count)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen, n
}

func TestFormats(t *testing.T) {
	for _, format := range simulate.Formats() {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			truth, err := simulate.Write(t.Context(), simulate.Config{Seed: 9, Days: 45, People: 300}, format, dir)
			if err != nil {
				t.Fatal(err)
			}
			seen, n := events(t, dir)
			want, delivered := truth.Records, truth.Delivery.Delivered
			if format == simulate.Legacy {
				want, delivered = truth.Records/60, n
			}
			switch {
			case format == simulate.Legacy && int64(len(seen)) < want:
				t.Errorf("%d changes", len(seen))
			case format != simulate.Legacy && int64(len(seen)) != want:
				t.Errorf("%d distinct records, want %d", len(seen), want)
			case format != simulate.Mix && n != delivered, n < delivered:
				t.Errorf("%d records in files, want %d", n, delivered)
			}
		})
	}
}

// TestMixUsesAllFormats wants every form in the mix, each with records.
func TestMixUsesAllFormats(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if _, err := simulate.Write(t.Context(), simulate.Config{}, simulate.Mix, dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range simulate.Formats() {
		sub := filepath.Join(dir, string(f))
		switch f {
		case simulate.Mix:
			continue
		case simulate.Diagnostic:
			sub = filepath.Join(dir, "insights-logs-auditlogs")
		}
		if _, n := events(t, sub); n < 5 {
			t.Errorf("%s has %d records", f, n)
		}
	}
	snapshots, err := filepath.Glob(filepath.Join(dir, "snapshots", "*.json"))
	if err != nil || len(snapshots) < 20 {
		t.Fatalf("%d snapshots, %v", len(snapshots), err)
	}
	for _, path := range snapshots {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var page struct{ Value []map[string]any }
		if err := json.Unmarshal(data, &page); err != nil || len(page.Value) == 0 {
			t.Errorf("%s: %d rows, %v", filepath.Base(path), len(page.Value), err)
		}
	}
}

// unpackers open what Config.Compress packs.
var unpackers = map[string]func([]byte) (io.Reader, error){
	"gz":  func(b []byte) (io.Reader, error) { return gzip.NewReader(bytes.NewReader(b)) },
	"zst": func(b []byte) (io.Reader, error) { return zstd.NewReader(bytes.NewReader(b)) },
	"zip": func(b []byte) (io.Reader, error) {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return nil, err
		}
		return z.File[0].Open()
	},
}

func unpack(t *testing.T, how string, data []byte) []byte {
	t.Helper()
	r, err := unpackers[how](data)
	if err != nil {
		t.Fatalf("%s: %v", how, err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", how, err)
	}
	return out
}

func TestPacking(t *testing.T) {
	var plain bytes.Buffer
	if _, err := simulate.WriteTo(t.Context(), simulate.Config{Days: 31}, simulate.GraphArray, &plain); err != nil {
		t.Fatal(err)
	}
	for how := range unpackers {
		var packed bytes.Buffer
		if _, err := simulate.WriteTo(t.Context(), simulate.Config{Days: 31, Compress: how}, simulate.GraphArray, &packed); err != nil {
			t.Fatal(err)
		}
		if got := unpack(t, how, packed.Bytes()); !bytes.Equal(got, plain.Bytes()) {
			t.Errorf("%s: %d bytes unpacked, want %d", how, len(got), plain.Len())
		}
	}
}
