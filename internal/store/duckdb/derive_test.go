package duckdb_test

import (
	"testing"

	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

func TestDerive(t *testing.T) {
	storetest.Derive(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{}) })
}

// TestDeriveInSlices does the same with so little at once that attempts lie across slices.
func TestDeriveInSlices(t *testing.T) {
	storetest.DeriveAttempts(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{DeriveRows: 150}) })
}
