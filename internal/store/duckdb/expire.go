package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"passtrail"
	"passtrail/internal/store"
)

// Findings of before an instant (?2) of which no record is left.
const bareFindings = `tenant = ?1 AND end_time < ?2 AND id NOT IN (
	SELECT f.id FROM (SELECT id, unnest(from_json(evidence, '["VARCHAR"]')) AS record FROM finding WHERE tenant = ?1 AND end_time < ?2) f
	JOIN record r ON r.id = f.record WHERE r.tenant = ?1 AND r.time >= ?2)`

// Expiring returns what Expire would delete now.
func (s *Store) Expiring(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (e store.Expired, err error) {
	if _, err := s.current(ctx); err != nil {
		return e, err
	}
	const count = `SELECT r.n, r.first, r.last,
			(SELECT count(*) FROM attempt WHERE tenant = ?1 AND end_time < ?2),
			(SELECT count(*) FROM quarantine WHERE tenant = ?1 AND received_at < ?2),
			(SELECT count(*) FROM registration WHERE tenant = ?1 AND valid_to <= ?2) + (SELECT count(*) FROM role_assignment WHERE tenant = ?1 AND valid_to <= ?2),
			(SELECT count(*) FROM finding WHERE ` + bareFindings + `)
		FROM (SELECT count(*) AS n, coalesce(min(time), 0) AS first, coalesce(max(time), 0) AS last FROM record WHERE tenant = ?1 AND time < ?2) r`
	err = s.db.SQL.QueryRowContext(ctx, count, string(tenant), int64(before)).
		Scan(&e.Records, &e.First, &e.Last, &e.Attempts, &e.SetAside, &e.Intervals, &e.Findings)
	return e, err
}

// Expire deletes what lies before an instant, oldest first. What it could not finish, because ctx ended or the process
// did, is as if it had not begun: a slice is one transaction, and the note of the attempts to derive anew is part of it.
func (s *Store) Expire(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (store.Expired, error) {
	var e store.Expired
	if err := s.Refresh(ctx); err != nil { // only what is derived can be told to have ended
		return e, err
	}
	bounds, err := s.expireBounds(ctx, tenant, before, &e)
	if err != nil {
		return e, fmt.Errorf("slices: %w", err)
	}
	for _, to := range bounds {
		if err := s.expireRecords(ctx, tenant, to, &e); err != nil {
			return e, fmt.Errorf("records of before %s: %w", to, err)
		}
	}
	if err := s.expireRest(ctx, tenant, before, &e); err != nil {
		return e, err
	}
	if err := s.Refresh(ctx); err != nil {
		return e, err
	}
	if e.Any() {
		s.release(ctx)
	}
	return e, nil
}

// release gives the blocks of what was deleted back to the file, for what comes in next; the file itself does not shrink.
// The engine refuses while somebody else writes or reads what was deleted: then its next checkpoint does it.
func (s *Store) release(ctx context.Context) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.w != nil && s.open == nil {
		_, _ = s.w.ExecContext(ctx, `CHECKPOINT`)
	}
}

// expireBounds cuts the records of before an instant into slices of whole days and returns where each ends. It notes from
// when to when the records are.
func (s *Store) expireBounds(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks, e *store.Expired) ([]passtrail.Ticks, error) {
	type day struct{ n, first, last passtrail.Ticks }
	const days = `SELECT count(*), min(time), max(time) FROM record WHERE tenant = ? AND time < ? GROUP BY time // 864000000000 ORDER BY 2`
	rows, err := s.db.SQL.QueryContext(ctx, days, string(tenant), int64(before))
	all, err := collect(rows, err, func(r *sql.Rows) (d day, err error) {
		err = r.Scan(&d.n, &d.first, &d.last)
		return d, err
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	e.First, e.Last = all[0].first, all[len(all)-1].last
	var bounds []passtrail.Ticks
	n := passtrail.Ticks(0)
	for _, d := range all {
		if n += d.n; int64(n) >= s.deriveRows {
			bounds, n = append(bounds, min(before, d.first-d.first%passtrail.Day+passtrail.Day)), 0
		}
	}
	if len(bounds) == 0 || bounds[len(bounds)-1] < before {
		bounds = append(bounds, before)
	}
	return bounds, nil
}

// anyTouched notes that something was deleted of which no attempt is made anew: names may have come from it.
const anyTouched = `INSERT INTO touched (tenant, pool) SELECT ?1, ''`

// expireRecords deletes one slice: the records of before an instant, the attempts that ended before it, and notes those
// that reach over it.
func (s *Store) expireRecords(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks, e *store.Expired) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var n [8]int64
	s.writing.Lock()
	defer s.writing.Unlock()
	next := head{}
	err := s.transact(ctx, func(tx *sql.Tx) (err error) {
		for i, text := range []string{
			`INSERT INTO touched (tenant, pool) SELECT tenant, pool FROM attempt WHERE tenant = ?1 GROUP BY tenant, pool HAVING min(start_time) < ?2 AND max(end_time) >= ?2`,
			anyTouched + ` FROM record WHERE tenant = ?1 AND time < ?2 LIMIT 1`,
			`DELETE FROM attempt WHERE tenant = ?1 AND end_time < ?2`,
			`DELETE FROM attempt_member WHERE tenant = ?1 AND time < ?2`,
			`DELETE FROM record_alias WHERE tenant = ?1 AND time < ?2`,
			`DELETE FROM password_event WHERE tenant = ?1 AND time < ?2`,
			`DELETE FROM record WHERE tenant = ?1 AND time < ?2`,
			`DELETE FROM pool WHERE tenant = ?1 AND last < ?2`,
		} {
			res, err := tx.ExecContext(ctx, text, string(tenant), int64(before))
			if err != nil {
				return err
			}
			if n[i], err = res.RowsAffected(); err != nil {
				return err
			}
		}
		if next, err = s.noteDeletion(ctx, tx, tenant, before, n[6]); err != nil {
			return fmt.Errorf("batch: %w", err)
		}
		s.fresh.move(tenant) // what reaches over the limit is due
		return nil
	})
	if err == nil {
		s.landHead(next)
		e.Attempts, e.Records = e.Attempts+n[2], e.Records+n[6]
	}
	return err
}

// expireRest deletes what is no record: intervals that ended, inputs set aside, findings.
func (s *Store) expireRest(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks, e *store.Expired) error {
	done := *e
	err := s.derive(ctx, "duckdb.Expire", func(d *derivation) (err error) {
		for _, kind := range []store.SnapshotKind{store.Registrations, store.Roles} {
			n, err := d.expireIntervals(ctx, string(tenant), kind, before)
			if err != nil {
				return fmt.Errorf("intervals of %s: %w", kind, err)
			}
			done.Intervals += n
		}
		if done.Intervals > e.Intervals {
			if _, err := d.exec(ctx, anyTouched, tenant); err != nil {
				return err
			}
		}
		if done.Findings, err = d.exec(ctx, `DELETE FROM finding WHERE `+bareFindings, string(tenant), int64(before)); err != nil {
			return fmt.Errorf("findings: %w", err)
		}
		done.SetAside, err = d.exec(ctx, `DELETE FROM quarantine WHERE tenant = ? AND received_at < ?`, string(tenant), int64(before))
		s.fresh.move(tenant) // the Refresh that follows says that nothing is due
		return err
	})
	if err == nil {
		*e = done
	}
	return err
}

// expireIntervals deletes what snapshots said of intervals that ended before an instant, and makes the others anew from
// what is left. That a snapshot was taken, and of how many people, stays: it tells a state that goes on from one that
// began anew.
func (d *derivation) expireIntervals(ctx context.Context, tenant string, kind store.SnapshotKind, before passtrail.Ticks) (int64, error) {
	table := map[store.SnapshotKind]string{store.Registrations: "registration", store.Roles: "role_assignment"}[kind]
	ended, err := d.number(ctx, `SELECT count(*) FROM `+table+` WHERE tenant = ? AND valid_to <= ?`, tenant, int64(before))
	if err != nil || ended == 0 {
		return 0, err
	}
	h := history{tenant: tenant, kind: string(kind), firstNew: -1}
	if err := d.history(ctx, h); err != nil { // for derive_interval
		return 0, err
	}
	const said = `DELETE FROM snapshot_row USING derive_interval i WHERE snapshot_row.tenant = ?1 AND snapshot_row.kind = ?2 AND snapshot_row.key = i.key
		AND i.valid_to <= ?3 AND snapshot_row.taken_at >= i.valid_from AND snapshot_row.taken_at < i.valid_to`
	if _, err := d.exec(ctx, said, tenant, string(kind), int64(before)); err != nil {
		return 0, err
	}
	return ended, d.history(ctx, h)
}
