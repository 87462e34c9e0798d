package duckdb_test

import (
	"context"
	"testing"

	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

func TestDerive(t *testing.T) {
	storetest.Derive(t, func(t *testing.T) store.Store {
		s, err := duckdb.Open(context.Background(), duckdb.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
