// Package store says what the database promises to the rest of Passtrail. internal/store/duckdb keeps the promise with an
// embedded DuckDB; internal/store/storetest is the suite that every implementation passes.
//
// Records come in through [Store.Commit], one transaction a batch; what is derived from them (attempts, intervals)
// follows in [Store.Refresh] and can be made anew with [Store.Rebuild]. Questions go through [Store.Query], and only
// internal/query asks them with text that a person wrote.
package store

import "context"

// Store is one database: the facts, their model and the registry. Its methods may be called at once from several goroutines;
// writers take turns. Who needs one of the three, or less, takes that.
type Store interface {
	Facts
	Model
	Registry
	// Verify checks what the store promises: no record twice, nothing that the ledger does not know, and attempts, of
	// which it takes a sample, as they come out when they are derived anew. It reads every value that is stored and changes
	// nothing.
	Verify(ctx context.Context) (Verification, error)
	// Mend mends what Verify found: it derives what is due, makes anew what is derived wrongly, and accepts that records
	// are lost. It says what it did; what it cannot mend a second Verify finds again.
	Mend(ctx context.Context, v Verification) (done []string, err error)
	Close() error
}

// Verification is what Verify found. A sound store has no Problems.
type Verification struct {
	Records, Attempts, Quarantined int64
	Sampled                        int64    // attempts that were derived anew and compared
	Problems                       []string // for a person, without anything personal

	// What kinds of problems these are: something is due, something was derived wrongly, records that were stored are
	// missing, the database cannot be read whole.
	Due, Stale, Lost, Damaged bool
}
