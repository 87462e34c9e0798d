package query_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"passtrail"
	"passtrail/content"
	"passtrail/internal/kql"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/kqltest"
	"passtrail/internal/normalise"
	"passtrail/internal/query"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// corpusQuery is a query in the manner of those that people write over AuditLogs and SigninLogs, with the answer over the
// hand-made records of testdata/corpus/records.jsonl, or words of the mistake that it must meet.
type corpusQuery struct {
	name, text string
	want, err  string
}

func corpus(t *testing.T) []corpusQuery {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var all []corpusQuery
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sections := map[string]string{}
		for _, f := range a.Files {
			sections[f.Name] = string(f.Data)
		}
		for _, f := range a.Files {
			if name, ok := strings.CutSuffix(f.Name, ".kql"); ok {
				all = append(all, corpusQuery{filepath.Base(file) + "/" + name, strings.TrimSpace(string(f.Data)), sections[name+".csv"], sections[name+".err"]})
			}
		}
	}
	return all
}

// records reads the hand-made documents into the scene's store.
func records(t *testing.T, s *scene.Scene) {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus/records.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	n := normalise.New(0)
	batch := &store.Batch{Tenant: scene.Contoso, Source: "test", At: s.Now}
	for line := range bytes.Lines(b) {
		r := passtrail.Record{Tenant: scene.Contoso, Source: "test", ReceivedAt: s.Now}
		if _, fault := n.Read(bytes.TrimSpace(line), &r); fault != nil {
			t.Fatalf("%s: %v", line, fault.Reason)
		}
		batch.Records = append(batch.Records, r)
	}
	if _, err := s.Store.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestCorpus(t *testing.T) {
	s := scene.New(t, "2026-03-10T12:00:00Z")
	records(t, s)
	queries := corpus(t)
	for _, q := range queries {
		t.Run(q.name, func(t *testing.T) {
			res, err := run(t, s, q.text)
			if q.err != "" {
				if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(q.err)) {
					t.Errorf("answers %v, want the mistake %s", err, q.err)
				}
				return
			}
			var list diag.List
			if errors.As(err, &list) {
				t.Fatal(list.Render(q.text))
			}
			if err != nil {
				t.Fatal(err)
			}
			got := kqltest.Text(shown(res.Tables[0]), ordered(q.text))
			if want := kqltest.Normal(q.want, ordered(q.text)); got != want {
				t.Errorf("%s\ngot\n%s\nwant\n%s", q.text, got, want)
			}
		})
	}
	t.Logf("%d queries", len(queries))
}

// TestPlacesInJSONAreOnlyFaster asks the corpus over a table whose dynamic columns were written anew, so that the texts
// inside them are read from the JSON and not from the columns that the store also keeps them in.
func TestPlacesInJSONAreOnlyFaster(t *testing.T) {
	s := scene.New(t, "2026-03-10T12:00:00Z")
	records(t, s)
	const anew = "let AuditLogs = AuditLogs | extend InitiatedBy = parse_json(tostring(InitiatedBy)), TargetResources = parse_json(tostring(TargetResources));\n"
	for _, q := range corpus(t) {
		if q.err != "" || strings.Contains(q.text, "withsource") || strings.Contains(q.text, "in (AuditLogs)") {
			continue
		}
		res, err := run(t, s, anew+q.text)
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
			continue
		}
		if got, want := kqltest.Text(shown(res.Tables[0]), ordered(q.text)), kqltest.Normal(q.want, ordered(q.text)); got != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", q.name, got, want)
		}
	}
}

// shown is a table with the cells of the query API.
func shown(t query.Table) kqltest.Table {
	out := kqltest.Table{Name: t.Name}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, kqltest.TableColumn{Name: c.Name, Type: c.Type.String()})
	}
	for _, row := range t.Rows {
		cells := make([]any, len(row))
		for i, v := range row {
			cells[i] = query.JSONCell(v, t.Columns[i].Type)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// ordered reports whether the last operators of a query leave its rows in an order.
func ordered(text string) bool {
	at := max(strings.LastIndex(text, "sort by"), strings.LastIndex(text, "order by"), strings.LastIndex(text, "top "))
	return at >= 0 && !strings.Contains(text[at:], "summarize") && !strings.Contains(text[at:], "join")
}

// service is where the asset tool puts the npm package that package-lock.json pins.
const service = "../web/assets/build/node_modules/@kusto/language-service-next"

// TestColumnsAsTheBinderPredicts compares the columns of the corpus and of the content's queries with those that
// Microsoft's binder predicts over the same tables.
func TestColumnsAsTheBinderPredicts(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("no Node.js on this machine; the tests need it")
	}
	if _, err := os.Stat(service); err != nil {
		t.Fatal("the npm packages are not there: run make deps")
	}
	queries := append(corpus(t), contentQueries(t)...)
	var questions []kqltest.Question
	for _, q := range queries {
		questions = append(questions, kqltest.Question{Schema: query.Schema, Query: q.text})
	}
	predictions, err := kqltest.Predict(t.Context(), service, questions)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range queries {
		if q.err != "" {
			continue
		}
		c, err := kql.Compile(q.text, query.Schema, kql.Options{Now: scene.Time("2026-03-10T12:00:00Z"), Tenants: []passtrail.TenantID{scene.Contoso},
			Sample: func(string, []any) ([][]any, error) { return nil, nil }})
		if p := predictions[i]; p.Open && err != nil {
			continue // its columns follow from the data
		}
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
			continue
		}
		p := predictions[i]
		if d := p.Differ(c.Results[len(c.Results)-1].Columns); d != "" || p.Failure != "" || len(p.Errors) > 0 {
			t.Errorf("%s\n%s\n%s\nthe binder says: %s%s", q.name, q.text, d, p.Failure, strings.Join(p.Errors, "; "))
		}
	}
	t.Logf("%d queries compared", len(queries))
}

// contentQueries are the reports and detections that come with the program. Values
// stand in for their parameters.
func contentQueries(t *testing.T) []corpusQuery {
	t.Helper()
	const params = "let StartTime = datetime(2026-03-01); let EndTime = datetime(2026-03-10);\n" +
		"let MinResets = 3; let MinPeople = 3; let MinPushes = 3; let Threshold = 3; let RegisteredOnlyFrom = datetime(2026-11-09);\n" +
		"let Evidence = dynamic([]);\n"
	var all []corpusQuery
	err := fs.WalkDir(content.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".kql") {
			return err
		}
		b, err := fs.ReadFile(content.Files, path)
		all = append(all, corpusQuery{name: path, text: params + string(b)})
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("no content: %v", err)
	}
	return all
}
