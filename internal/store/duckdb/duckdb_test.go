package duckdb_test

import (
	"testing"

	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

var _ store.Store = (*duckdb.Store)(nil)

// open opens a store that is closed when the test ends.
func open(t testing.TB, c duckdb.Config) *duckdb.Store {
	t.Helper()
	s, err := duckdb.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSuite(t *testing.T) {
	t.Run("in memory", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{}) })
	})
	t.Run("on disk", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{Dir: t.TempDir()}) })
	})
}
