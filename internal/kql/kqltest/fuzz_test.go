package kqltest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"passtrail/internal/kql"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/kqltest"
	"passtrail/internal/kql/plan"
)

// FuzzRun runs texts that grow out of the scripts' queries: what compiles must run, be cut short or reach a limit.
func FuzzRun(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, s := range txtar.Parse(b).Files {
			if strings.HasSuffix(s.Name, ".kql") {
				f.Add(string(s.Data))
			}
		}
	}
	db, err := kqltest.Open(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	f.Fuzz(func(t *testing.T, src string) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := kqltest.Run(ctx, db.SQL, src, &plan.Schema{}, kql.Options{Now: kqltest.Now, MaxRows: 1000})
		var list diag.List
		if err == nil || errors.As(err, &list) || ctx.Err() != nil {
			return
		}
		for _, limit := range []string{"more than", "INTERRUPT", "Out of Memory", "Maximum recursion depth", "expression depth"} {
			if strings.Contains(err.Error(), limit) {
				return
			}
		}
		t.Errorf("%q: %v", src, err)
	})
}
