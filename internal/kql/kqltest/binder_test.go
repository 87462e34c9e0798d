package kqltest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"passtrail/internal/kql"
	"passtrail/internal/kql/kqltest"
)

// service is where the asset tool puts the npm package that package-lock.json pins.
const service = "../../web/assets/build/node_modules/@kusto/language-service-next"

// TestColumnsAsTheBinderPredicts compares names and types of the columns of every script's query with those that
// Microsoft's binder predicts. Where the two differ for a reason, testdata/binder.json has the query's name and the reason.
func TestColumnsAsTheBinderPredicts(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("no Node.js on this machine; the tests need it")
	}
	if _, err := os.Stat(service); err != nil {
		t.Fatal("the npm packages are not there: run make deps")
	}
	db, err := kqltest.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var names []string
	var questions []kqltest.Question
	var answers [][]kql.Column
	for _, file := range scripts(t) {
		s := readScript(t, file)
		if err := s.Load(t.Context(), db.SQL); err != nil {
			t.Fatal(err)
		}
		for _, q := range s.Queries() {
			c, err := kql.Compile(q.Text, s.Schema(), s.Options(t.Context(), db.SQL))
			if err != nil || len(c.Results) != 1 {
				continue
			}
			names = append(names, filepath.Base(file)+"/"+q.Name)
			questions = append(questions, kqltest.Question{Schema: s.Schema(), Query: q.Text})
			answers = append(answers, c.Results[0].Columns)
		}
	}
	known := map[string]string{}
	if b, err := os.ReadFile("testdata/binder.json"); err == nil {
		if err := json.Unmarshal(b, &known); err != nil {
			t.Fatal(err)
		}
	}
	predictions, err := kqltest.Predict(t.Context(), service, questions)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range predictions {
		d := p.Differ(answers[i])
		switch {
		case p.Failure != "":
			d = p.Failure
		case len(p.Errors) > 0:
			d = "the binder refuses: " + strings.Join(p.Errors, "; ")
		}
		if (d != "") != (known[names[i]] != "") {
			t.Errorf("%s: %s\n%s", names[i], questions[i].Query, d)
		}
		delete(known, names[i])
	}
	for name := range known {
		t.Errorf("testdata/binder.json names %s, which is no query", name)
	}
	t.Logf("%d queries compared", len(questions))
}
