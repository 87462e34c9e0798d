package kqltest_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"passtrail/internal/kql/kqltest"
)

var update = flag.Bool("update", false, "rewrite the SQL in the scripts")

func scripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	return files
}

func readScript(t *testing.T, file string) *kqltest.Script {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := kqltest.ParseScript(b)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return s
}

func TestScripts(t *testing.T) {
	db, err := kqltest.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, file := range scripts(t) {
		s := readScript(t, file)
		if *update {
			if err := os.WriteFile(file, s.Update(), 0o644); err != nil {
				t.Fatal(err)
			}
			s = readScript(t, file)
		}
		if err := s.Load(t.Context(), db.SQL); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, name := range s.Cases() {
			t.Run(filepath.Base(file)+"/"+name, func(t *testing.T) {
				if d := s.Check(t.Context(), db.SQL, name); d != "" {
					t.Error(d)
				}
			})
		}
		for _, v := range s.Values() {
			t.Run(filepath.Base(file)+"/"+v.Name, func(t *testing.T) {
				if d := s.CheckValue(t.Context(), db.SQL, v); d != "" {
					t.Error(d)
				}
			})
		}
	}
}
