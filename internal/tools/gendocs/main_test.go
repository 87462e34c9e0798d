package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDocsAreUpToDate compares what the definitions say with the pages in docs.
func TestDocsAreUpToDate(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"reports.md", "detections.md", "tables.md"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../../../docs", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("docs/%s is out of date: run go generate ./...", name)
		}
	}
}
