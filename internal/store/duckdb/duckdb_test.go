package duckdb_test

import (
	"context"
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

// puttingOff says of each batch that another follows, so that all of them share transactions; a query makes them durable.
type puttingOff struct{ *duckdb.Store }

func (p puttingOff) Commit(ctx context.Context, b *store.Batch) (store.Counts, error) {
	b.More = true
	return p.Store.Commit(ctx, b)
}

func (p puttingOff) Query(ctx context.Context, sql string, args []any, row func([]any) error) error {
	if _, err := p.Ledger(ctx, ""); err != nil {
		return err
	}
	return p.Store.Query(ctx, sql, args, row)
}

func TestSuite(t *testing.T) {
	t.Run("in memory", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{}) })
	})
	t.Run("put off", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return puttingOff{open(t, duckdb.Config{Dir: t.TempDir()})} })
	})
	t.Run("on disk", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{Dir: t.TempDir()}) })
	})
}
