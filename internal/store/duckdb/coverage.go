package duckdb

import (
	"context"
	"database/sql"

	"passtrail"
)

// hours says about when a tenant has records, or had: by hour, the first and the last instant. More than there is costs
// a needless look, less would miss a repeat. Records of other times are new without looking, as are those of a source
// that is read in order, up to the slack at the seams.
type hours map[passtrail.Ticks]span

// span is from the first to the last instant of an hour that holds a record.
type span struct{ first, last passtrail.Ticks }

// holds tells whether a record of about time t may be stored already.
func (h hours) holds(t passtrail.Ticks) bool {
	return h.meets(t, hourOf(t)) || h.meets(t, hourOf(t-slack)) || h.meets(t, hourOf(t+slack))
}

func (h hours) meets(t, hour passtrail.Ticks) bool {
	s, found := h[hour]
	return found && t+slack >= s.first && t-slack <= s.last
}

func (h hours) add(t passtrail.Ticks) {
	hour := hourOf(t)
	s, found := h[hour]
	if !found {
		s = span{t, t}
	}
	h[hour] = span{min(s.first, t), max(s.last, t)}
}

func hourOf(t passtrail.Ticks) passtrail.Ticks { return t - t%passtrail.Hour }

// coverage returns the hours of a tenant. They are read from the ledger once, which has every hour that a record ever
// came in, and kept while the store is open: less than a megabyte for a year.
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
		h[t] = span{t, t + passtrail.Hour - 1}
	}
	s.covered[tenant] = h
	return h, nil
}
