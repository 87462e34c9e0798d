package duckdb

import (
	"context"
	"database/sql"

	"passtrail"
)

// hours is the set of hours in which a tenant has records, or had: one more than there is costs a needless look, one too
// few would miss a repeat. Records of hours that are not in it are new without looking.
type hours map[passtrail.Ticks]struct{}

// holds tells whether a record of about time t may be stored already.
func (h hours) holds(t passtrail.Ticks) bool {
	_, before := h[hourOf(t-slack)]
	_, after := h[hourOf(t+slack)]
	return before || after
}

func (h hours) add(t passtrail.Ticks) { h[hourOf(t)] = struct{}{} }

func hourOf(t passtrail.Ticks) passtrail.Ticks { return t - t%passtrail.Hour }

// coverage returns the hours of a tenant. They are read from the ledger once, which has every hour that a record ever
// came in, and kept while the store is open: a few kilobytes for a year.
func (s *Store) coverage(ctx context.Context, tx *sql.Tx, tenant passtrail.TenantID) (hours, error) {
	if h, known := s.covered[tenant]; known {
		return h, nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT hour FROM ledger WHERE tenant = ? AND stored + repeats > 0`, string(tenant))
	all, err := collect(rows, err, func(r *sql.Rows) (t passtrail.Ticks, err error) {
		err = r.Scan(&t)
		return t, err
	})
	if err != nil {
		return nil, err
	}
	h := make(hours, len(all))
	for _, t := range all {
		h.add(t)
	}
	s.covered[tenant] = h
	return h, nil
}
