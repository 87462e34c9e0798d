package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"passtrail"
	"passtrail/internal/store"
)

// finalUntil is the end of the last final hour of each tenant and source, 0 if none is: see store.Lateness. A time that
// was still to come when the record came proves nothing, and one that cannot be right is left out: before the year 2000,
// or more than a day after it was received.
var finalUntil = fmt.Sprintf(`SELECT tenant, source, CASE WHEN until > first THEN until ELSE 0 END AS until FROM (
		SELECT tenant, source, min(hour) AS first, newest - newest %% %[2]d AS until FROM (
			SELECT tenant, source, hour, max(least(last_record, last_seen)) OVER (PARTITION BY tenant, source) - %[1]d AS newest
			FROM ledger WHERE last_record BETWEEN %[3]d AND last_seen + %[4]d)
		GROUP BY tenant, source, newest)`, store.Lateness, passtrail.Hour, store.EarliestRecord, passtrail.Day)

// FinalUntil says up to when a tenant's figures are final. While something is due and cannot be derived, or batches are
// put off, nothing is.
func (s *Store) FinalUntil(ctx context.Context, tenant passtrail.TenantID) (store.Finality, error) {
	at, open, err := s.finalAt(ctx)
	if err != nil {
		return nil, err
	}
	type final struct {
		source string
		until  passtrail.Ticks
	}
	rows, err := s.db.SQL.QueryContext(ctx, `SELECT source, until FROM (`+finalUntil+`) WHERE tenant = ?`, string(tenant))
	all, err := collect(rows, err, func(r *sql.Rows) (f final, err error) {
		err = r.Scan(&f.source, &f.until)
		return f, err
	})
	f := store.Finality{}
	for _, x := range all {
		if open || s.fresh.changes.Load() != at {
			x.until = 0
		}
		f[x.source] = x.until
	}
	return f, err
}

// finalAt brings what is derived up to date. Open says that nothing is final: that failed, or more is on its way.
func (s *Store) finalAt(ctx context.Context) (at int64, open bool, err error) {
	if at, err = s.current(ctx); err != nil {
		return 0, true, ctx.Err()
	}
	return at, s.pending.Load(), nil
}

// final notes since when hours are final. An hour whose counts change after that is noted anew.
func (d *derivation) final(ctx context.Context) error {
	mark := fmt.Sprintf(`UPDATE ledger SET final_since = ?::BIGINT FROM (%s) f
		WHERE ledger.tenant = f.tenant AND ledger.source = f.source AND final_since IS NULL AND hour > 0 AND hour + %d <= f.until`, finalUntil, passtrail.Hour)
	_, err := d.exec(ctx, mark, int64(d.at))
	return err
}
