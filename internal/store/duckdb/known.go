package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"passtrail"
	"passtrail/internal/store"
)

// knownHours are the hours of the ledger beside which no record stands for a day or more: the first, the last, and those
// around gaps. An hour counts when an audit record of it was stored; one dated later than it was seen, or before the
// year 2000, says nothing.
var knownHours = fmt.Sprintf(`SELECT hour, last, coalesce(following, 0) FROM (
		SELECT hour, last, lead(hour) OVER (ORDER BY hour) AS following, row_number() OVER (ORDER BY hour) AS n FROM (
			SELECT hour, max(least(coalesce(last_record, hour), last_seen)) AS last FROM ledger
			WHERE tenant = ?1 AND hour >= ?2 AND hour <= last_seen AND stored + repeats > 0 AND (last_record IS NOT NULL OR stored > coalesce(snapshot_rows, 0))
			GROUP BY hour))
	WHERE n = 1 OR following IS NULL OR following - hour >= %d ORDER BY hour`, leastGap)

// leastGap is from one hour with a record to the next where a day lies between them.
const leastGap = passtrail.Day + passtrail.Hour

// Coverage says of which time a tenant has audit records.
func (s *Store) Coverage(ctx context.Context, tenant passtrail.TenantID) (store.Coverage, error) {
	var c store.Coverage
	if _, err := s.current(ctx); err != nil {
		return c, err
	}
	type known struct{ hour, last, following passtrail.Ticks }
	rows, err := s.db.SQL.QueryContext(ctx, knownHours, string(tenant), int64(store.EarliestRecord))
	all, err := collect(rows, err, func(r *sql.Rows) (k known, err error) {
		err = r.Scan(&k.hour, &k.last, &k.following)
		return k, err
	})
	if err != nil || len(all) == 0 {
		return c, err
	}
	first, err := s.firstRecord(ctx, tenant, all[0].hour)
	if err != nil || first == 0 {
		return c, err
	}
	c.First, c.Last = first-first%passtrail.Hour, all[len(all)-1].last
	for _, k := range all {
		if k.following-k.hour >= leastGap && k.following > c.First {
			c.Gaps = append(c.Gaps, store.Span{From: k.hour + passtrail.Hour, To: k.following})
		}
	}
	return c, nil
}

// firstRecord is the time of a tenant's oldest record of after the year 2000, 0 if there is none. The ledger says in which hour it came; only
// where that was deleted since, all records are looked at.
func (s *Store) firstRecord(ctx context.Context, tenant passtrail.TenantID, hour passtrail.Ticks) (first passtrail.Ticks, err error) {
	for _, before := range []passtrail.Ticks{hour + passtrail.Hour, passtrail.Forever} {
		const oldest = `SELECT coalesce(min(time), 0) FROM record WHERE tenant = ? AND time >= ? AND time < ?`
		if err = s.db.SQL.QueryRowContext(ctx, oldest, string(tenant), int64(store.EarliestRecord), int64(before)).Scan(&first); err != nil || first != 0 {
			return first, err
		}
	}
	return 0, nil
}
