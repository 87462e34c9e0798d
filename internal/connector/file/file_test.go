package file_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"passtrail"
	"passtrail/internal/connector"
	"passtrail/internal/connector/file"
)

// doc is a document as tests look at it.
type doc struct{ text, position, code string }

// fetch reads everything behind a checkpoint and returns the documents and the last checkpoint.
func fetch(t testing.TB, path, from string, opt file.Options) ([]doc, string) {
	t.Helper()
	sources, err := file.Open(context.Background(), []string{path}, opt)
	if err != nil {
		t.Fatalf("Open(%s): %v", path, err)
	}
	var docs []doc
	last := from
	for _, src := range sources {
		err := src.Fetch(context.Background(), from, func(b connector.Batch) error {
			for _, d := range b.Documents {
				docs = append(docs, doc{string(d.Bytes), strings.TrimPrefix(d.Position, filepath.Dir(path)+"/"), d.Code})
			}
			if b.Position != "" {
				last = b.Position
			}
			return nil
		})
		if err != nil {
			t.Fatalf("Fetch(%s): %v", path, err)
		}
	}
	return docs, last
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func texts(docs []doc) string {
	var b strings.Builder
	for _, d := range docs {
		fmt.Fprintf(&b, "%s %s", d.position, compact(d.text))
		if d.code != "" {
			fmt.Fprintf(&b, " !%s", d.code)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func compact(s string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return s
	}
	return b.String()
}

func TestShapesOfFiles(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"lines", "{\"a\":1}\n{\"a\":2}\n", "f:1 {\"a\":1}\nf:2 {\"a\":2}\n"},
		{"lines with CRLF, gaps and no end", "{\"a\":1}\r\n\r\n{\"a\":2}", "f:1 {\"a\":1}\nf:3 {\"a\":2}\n"},
		{"byte-order mark", "\ufeff{\"a\":1}\n{\"a\":2}\n", "f:1 {\"a\":1}\nf:2 {\"a\":2}\n"},
		{"a broken line among lines", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n", "f:1 {\"a\":1}\nf:2 {\"a\":\nf:3 {\"a\":3}\n"},
		{"a broken first line", "{\"a\": \"x}\n{\"a\":2}\n", "f:1 {\"a\": \"x}\nf:2 {\"a\":2}\n"},
		{"last line cut off", "{\"a\":1}\n{\"a\":\"", "f:1 {\"a\":1}\nf:2 {\"a\":\" !truncated\n"},
		{"one object", "{\n \"a\": {\"value\": [1]}\n}\n", "f:1 {\"a\":{\"value\":[1]}}\n"},
		{"array", "[\n{\"a\":1},\n{\"a\":2}\n]\n", "f:2 {\"a\":1}\nf:3 {\"a\":2}\n"},
		{"array in a line", "[{\"a\":1},{\"a\":[2]}]", "f:1 {\"a\":1}\nf:1 {\"a\":[2]}\n"},
		{"empty array", "[]", ""},
		{"page", "{\"@odata.context\":\"c\",\n\"value\":[\n{\"a\":1},\n{\"a\":2}],\"@odata.nextLink\":\"n\"}",
			"f:3 {\"a\":1}\nf:4 {\"a\":2}\nf:4 {\"@odata.context\":\"c\",\"value\":null,\"@odata.nextLink\":\"n\"}\n"},
		{"pages in lines", "{\"value\":[{\"a\":1}],\"@odata.nextLink\":\"n\"}\n{\"value\":[{\"a\":2}]}\n",
			"f:1#1 {\"a\":1}\nf:1#1 {\"value\":null,\"@odata.nextLink\":\"n\"}\nf:2#1 {\"a\":2}\n"},
		{"records", "{\"records\":[{\"a\":1},\n{\"a\":2}]}", "f:1 {\"a\":1}\nf:2 {\"a\":2}\n"},
		{"records in lines", "{\"records\":[{\"a\":1},{\"a\":2}]}\r\n{\"records\":[{\"a\":3}]}\r\n", "f:1#1 {\"a\":1}\nf:1#2 {\"a\":2}\nf:2#1 {\"a\":3}\n"},
		{"values one behind the other", "{\"a\":\n1}{\"a\":2} {\"a\":3}", "f:1 {\"a\":1}\nf:2 {\"a\":2}\nf:2 {\"a\":3}\n"},
		{"answer of a query", `{"tables":[{"name":"PrimaryResult","columns":[{"name":"A","type":"string"},{"name":"B","type":"long"}],"rows":[["x",1],["y",null]]}]}`,
			"f:1 {\"A\":\"x\",\"B\":1}\nf:1 {\"A\":\"y\"}\n"},
		{"csv", "A,B,C\n1,\"a \"\"b\"\",\nc\",3\n,,x\n", "f:2 {\"A\":\"1\",\"B\":\"a \\\"b\\\",\\nc\",\"C\":\"3\"}\nf:4 {\"C\":\"x\"}\n"},
		{"csv with a stray quote", "A,B,C\n1,\"2,3\n4,5,6\n7,8,9\n", "f:2 1,\"2,3 !csv-fields\nf:3 {\"A\":\"4\",\"B\":\"5\",\"C\":\"6\"}\nf:4 {\"A\":\"7\",\"B\":\"8\",\"C\":\"9\"}\n"},
		{"csv with missing cells", "A,B,C\n1,2\n4,5,6", "f:2 1,2 !csv-fields\nf:3 {\"A\":\"4\",\"B\":\"5\",\"C\":\"6\"}\n"},
		{"csv with semicolons", "A;B;C\n1;2;3\n", "f:2 {\"A\":\"1\",\"B\":\"2\",\"C\":\"3\"}\n"},
		{"csv that is not UTF-8", "Fecha,Categor\xeda,C\n1,2,3\n", "f:1 Fecha,Categor\xeda,C\n1,2,3\n !not-utf8\n"},
		{"empty", "", "f:1  !empty\n"},
		{"blank", " \n\n", "f:3  !empty\n"},
		{"text", "# a readme\n", "f:1 # a readme\n !unknown-format\n"},
		{"binary", "\x7fELF\x00\x01\x02", "f:1 \x7fELF\x00\x01\x02 !binary\n"},
		{"array cut off", "[{\"a\":1},\n{\"a\":2", "f:1 {\"a\":1}\nf:2 {\"a\":2 !truncated\n"},
		{"rubbish behind an object", "{\n\"a\":1}\n}}", "f:1 {\"a\":1}\nf:3 }} !not-json\n"},
		{"deep", strings.Repeat("[", 40) + strings.Repeat("]", 40), "f:1 " + strings.Repeat("[", 32) + strings.Repeat("]", 32) + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := fetch(t, write(t, "f", []byte(tt.in)), "", file.Options{})
			if s := texts(got); s != tt.want {
				// A document in an array of one line may carry its number.
				if strings.ReplaceAll(strings.ReplaceAll(s, "#1 ", " "), "#2 ", " ") != tt.want {
					t.Errorf("%q gave\n%swant\n%s", tt.in, s, tt.want)
				}
			}
		})
	}
}

// TestSmallWindows holds that where the windows end changes nothing.
func TestSmallWindows(t *testing.T) {
	for _, name := range []string{"graph-page.json", "diag-01-storage-PT1H.json", "diag-02-eventhub-batch.json", "portal-audit-export.csv", "logs-query-response.json", "flow-complete-two-gate.ndjson"} {
		path := "testdata/samples/" + name
		want, _ := fetch(t, path, "", file.Options{})
		if len(want) == 0 {
			t.Errorf("%s gave no documents", name)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, chunk := range []int{1, 7, 64, 1000} {
			got, _ := fetch(t, "-", "", file.Options{BatchBytes: chunk, Stdin: bytes.NewReader(data)})
			if len(got) != len(want) {
				t.Fatalf("%s in windows of %d bytes: %d documents, want %d", name, chunk, len(got), len(want))
			}
			for i := range got {
				if got[i].text != want[i].text {
					t.Errorf("%s in windows of %d bytes: document %d is %q, want %q", name, chunk, i, got[i].text, want[i].text)
				}
			}
		}
	}
}

const twoLines = "{\"a\":1}\n{\"a\":2}\n"

func gzipped(t testing.TB, s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, members map[string][]byte, names ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(members[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackedFiles(t *testing.T) {
	var z bytes.Buffer
	enc, err := zstd.NewWriter(&z)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(enc, twoLines)
	enc.Close()
	little := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("{\"a\":\"ü😀\"}\n{\"a\":2}\n")) {
		little = append(little, byte(u), byte(u>>8))
	}
	gz := gzipped(t, twoLines)
	zipFile := zipped(t, map[string][]byte{"a.json": []byte(twoLines), "b/c.csv": []byte("A,B,C\n1,2,3\n"), "d.json.gz": gz}, "a.json", "b/c.csv", "d.json.gz")
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"gzip", gz, "f:1 {\"a\":1}\nf:2 {\"a\":2}\n"},
		{"gzip of two members", append(gzipped(t, twoLines), gzipped(t, "{\"a\":3}\n")...), "f:1 {\"a\":1}\nf:2 {\"a\":2}\nf:3 {\"a\":3}\n"},
		{"gzip cut off", gz[:len(gz)-10], "truncated"},
		{"gzip damaged", append(append([]byte(nil), gz[:12]...), "xxxxxxxxxxxxxxxxxxxxxxxxxx"...), "corrupt"},
		{"zstd", z.Bytes(), "f:1 {\"a\":1}\nf:2 {\"a\":2}\n"},
		{"zip", zipFile, "f!a.json:1 {\"a\":1}\nf!a.json:2 {\"a\":2}\nf!b/c.csv:2 {\"A\":\"1\",\"B\":\"2\",\"C\":\"3\"}\nf!d.json.gz:1 {\"a\":1}\nf!d.json.gz:2 {\"a\":2}\n"},
		{"zip cut off", zipFile[:len(zipFile)-30], "corrupt"},
		{"UTF-16", little, "f:1 {\"a\":\"ü😀\"}\nf:2 {\"a\":2}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "f", tt.in)
			got, _ := fetch(t, path, "", file.Options{})
			if s := texts(got); s != tt.want && !strings.HasSuffix(s, "!"+tt.want+"\n") {
				t.Errorf("gave\n%swant\n%s", s, tt.want)
			}
			fromPipe, _ := fetch(t, "-", "", file.Options{Stdin: bytes.NewReader(tt.in)})
			if len(fromPipe) != len(got) {
				t.Errorf("from standard input: %d documents, want %d", len(fromPipe), len(got))
			}
		})
	}
}

func TestLongDocumentsAreSkippedInPassing(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	opt := file.Options{MaxDocument: 100 << 10, BatchBytes: 32 << 10}
	tests := []struct{ name, in, want string }{
		{"line", "{\"a\":1}\n{\"a\":\"" + long + "\"}\n{\"a\":3}\n", "f:1 f:2!too-large f:3 "},
		{"element", "[\n{\"a\":1},\n{\"b\":[],\"a\":\"" + long + "\"},\n{\"a\":3}]", "f:2 f:3!too-large f:4 "},
		{"many members", "[\n{\"a\":1},\n{" + strings.Repeat("\"b\":1,\n", 30000) + "\"a\":2},\n{\"a\":3}]", "f:2 f:3!too-large f:30004 "},
		{"csv row", "A,B,C\n1,2,3\n4," + long + ",6\n7,8,9\n", "f:2 f:3!too-large f:4 "},
		{"csv quote", "A,B,C\n1,2,3\n4,\"5,6\n" + strings.Repeat("7,8,9\n", 30000), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			docs, _ := fetch(t, write(t, "f", []byte(tt.in)), "", opt)
			var b strings.Builder
			for _, d := range docs {
				b.WriteString(d.position)
				if d.code != "" {
					b.WriteString("!" + d.code)
				}
				b.WriteByte(' ')
				if len(d.text) > 64<<10 {
					t.Errorf("%s keeps %d bytes", d.position, len(d.text))
				}
			}
			if tt.want == "" {
				if len(docs) != 30002 {
					t.Errorf("%d documents, want 30002", len(docs))
				}
				return
			}
			if b.String() != tt.want {
				t.Errorf("gave %s want %s", b.String(), tt.want)
			}
		})
	}
}

var errStop = errors.New("stop")

// TestEveryCheckpointGoesOn stops behind each batch and goes on from its checkpoint: nothing is lost, nothing comes twice.
func TestEveryCheckpointGoesOn(t *testing.T) {
	var lines, csv strings.Builder
	csv.WriteString("A,B,C\n")
	for i := range 500 {
		fmt.Fprintf(&lines, "{\"a\":%d}\n", i)
		fmt.Fprintf(&csv, "%d,\"x\ny\",z\n", i)
	}
	array := "[" + strings.ReplaceAll(strings.TrimSpace(lines.String()), "\n", ",\n") + "]"
	for name, in := range map[string][]byte{"lines": []byte(lines.String()), "csv": []byte(csv.String()), "array": []byte(array),
		"gzip": gzipped(t, lines.String()), "zip": zipped(t, map[string][]byte{"a": []byte(array), "b": []byte(csv.String())}, "a", "b")} {
		path := write(t, "f", in)
		opt := file.Options{BatchBytes: 300}
		want, _ := fetch(t, path, "", opt)
		var got []doc
		from, rounds := "", 0
		for ; rounds < 10000; rounds++ {
			sources, err := file.Open(context.Background(), []string{path}, opt)
			if err != nil {
				t.Fatal(err)
			}
			err = sources[0].Fetch(context.Background(), from, func(b connector.Batch) error {
				for _, d := range b.Documents {
					got = append(got, doc{string(d.Bytes), filepath.Base(d.Position), d.Code})
				}
				if b.Position == "" {
					return nil
				}
				from = b.Position
				return errStop
			})
			if err == nil {
				break
			}
			if !errors.Is(err, errStop) {
				t.Fatal(err)
			}
		}
		if rounds < 5 {
			t.Errorf("%s: only %d rounds", name, rounds)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d documents in %d rounds, want %d", name, len(got), rounds, len(want))
		}
		for i := range got {
			if got[i].text != want[i].text {
				t.Fatalf("%s: document %d is %q, want %q", name, i, got[i].text, want[i].text)
			}
		}
	}
}

func TestFilesThatChange(t *testing.T) {
	path := write(t, "PT1H.json", []byte("{\"a\":1}\r\n{\"a\":2"))
	docs, from := fetch(t, path, "", file.Options{})
	if s := texts(docs); s != "PT1H.json:1 {\"a\":1}\nPT1H.json:2 {\"a\":2 !truncated\n" {
		t.Fatalf("first reading gave\n%s", s)
	}
	if docs, _ := fetch(t, path, from, file.Options{}); len(docs) != 0 {
		t.Errorf("an unchanged file gave\n%s", texts(docs))
	}
	rewrite := func(s string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		later := time.Now().Add(time.Hour)
		if err := os.Chtimes(path, later, later); err != nil {
			t.Fatal(err)
		}
	}
	rewrite("{\"a\":1}\r\n{\"a\":2}\r\n{\"a\":3}\r\n")
	docs, _ = fetch(t, path, from, file.Options{})
	if s := texts(docs); s != "PT1H.json:2 {\"a\":2}\nPT1H.json:3 {\"a\":3}\n" {
		t.Errorf("the file that grew gave\n%s", s)
	}
	rewrite("{\"b\":1}\r\n{\"b\":2}\r\n{\"b\":3}\r\n")
	if docs, _ = fetch(t, path, from, file.Options{}); len(docs) != 3 {
		t.Errorf("the file that was replaced gave\n%s", texts(docs))
	}
}

// TestRewrittenBehindTheHead goes on with a file whose beginning is as it was while the lines that were read after it are
// others: all of it is read again, or the rewritten lines would be lost. One that only grew goes on behind what was read.
func TestRewrittenBehindTheHead(t *testing.T) {
	lines := func(n int, mark string) string {
		var b strings.Builder
		for i := range n {
			kind := "same"
			if i >= 200 {
				kind = mark // far behind the bytes whose digest is the file's head
			}
			fmt.Fprintf(&b, "{\"line\":\"%06d %s %s\"}\n", i, kind, strings.Repeat("x", 40))
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		mark  string
		first int
	}{
		"grew":          {"aaaa", 400},
		"was rewritten": {"bbbb", 0},
	} {
		path := write(t, "log.jsonl", []byte(lines(400, "aaaa")))
		read, from := fetch(t, path, "", file.Options{})
		if len(read) != 400 {
			t.Fatalf("%d lines were read, want 400", len(read))
		}
		if err := os.WriteFile(path, []byte(lines(450, c.mark)), 0o600); err != nil {
			t.Fatal(err)
		}
		docs, _ := fetch(t, path, from, file.Options{})
		if len(docs) != 450-c.first || !strings.Contains(docs[0].text, fmt.Sprintf("%06d", c.first)) {
			t.Errorf("the file that %s gave %d lines, the first %.40s; want %d", name, len(docs), docs[0].text, 450-c.first)
		}
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	tree := "tenantId=6F1C2A34-5b0d-4e0a-9d35-0c6b2f9a7e11/y=2026/m=03/d=02/h=08/m=00"
	for _, name := range []string{"a.json", "b.json", tree + "/PT1H.json", ".hidden"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{\"a\":1}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func(paths ...string) string {
		sources, err := file.Open(context.Background(), paths, file.Options{})
		if err != nil {
			return string(passtrail.CodeOf(err))
		}
		var names []string
		for _, s := range sources {
			names = append(names, strings.TrimPrefix(s.Path(), dir+"/"))
		}
		return strings.Join(names, " ")
	}
	for _, tt := range []struct {
		paths []string
		want  string
	}{
		{[]string{dir}, "a.json b.json " + tree + "/PT1H.json"},
		{[]string{dir + "/?.json", dir + "/a.json"}, "a.json b.json"},
		{[]string{dir + "/c.json"}, string(passtrail.NotFound)},
		{[]string{dir + "/*.csv"}, string(passtrail.NotFound)},
	} {
		if got := open(tt.paths...); got != tt.want {
			t.Errorf("Open(%v) = %s, want %s", tt.paths, got, tt.want)
		}
	}
	sources, err := file.Open(context.Background(), []string{filepath.Join(dir, tree)}, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = sources[0].Fetch(context.Background(), "", func(b connector.Batch) error {
		for _, d := range b.Documents {
			if d.Tenant != "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11" {
				t.Errorf("the tenant is %q", d.Tenant)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzSplitter(f *testing.F) {
	for _, s := range []string{twoLines, "[{\"a\":1}]", "{\"value\":[{}],\"@odata.nextLink\":\"\"}", "A,B,C\n1,2,3\n", "{\"tables\":[{\"columns\":[{\"name\":\"a\"}],\"rows\":[[1]]}]}",
		"{\"a\":\n\"x", "\"", "[[[[", "{\"FrameType\":\"DataTable\",\"TableKind\":\"x\",\"Columns\":[],\"Rows\":[[]]}", "\xff\xfe{\x00}\x00", "PK\x03\x04", "\x1f\x8b"} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, chunk uint8) {
		all, _ := fetch(t, "-", "", file.Options{Stdin: bytes.NewReader(data)})
		small, _ := fetch(t, "-", "", file.Options{Stdin: bytes.NewReader(data), BatchBytes: int(chunk) + 1})
		if len(all) != len(small) {
			t.Fatalf("%d documents in one window, %d in small ones\n%s\n%s", len(all), len(small), texts(all), texts(small))
		}
		for i := range all {
			if all[i].text != small[i].text {
				t.Fatalf("document %d is %q in one window, %q in small ones", i, all[i].text, small[i].text)
			}
		}
	})
}
