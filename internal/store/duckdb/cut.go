package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
	"passtrail/internal/identity"
)

// A row of a portal CSV whose time was cut to milliseconds or seconds is the same event as a record that says the same at
// a finer time within that millisecond or second: the row is kept only while no such record has come. Hashes are over
// whole times; so the finer record's hash is worked out once more, with the time cut.

// bareCut tells whether the tenant has stored rows with times that may have been cut. It is looked up once.
func (c *commit) bareCut(ctx context.Context) (bool, error) {
	if has, known := c.s.cut[c.b.Tenant]; known {
		return has, nil
	}
	var has bool
	const any = `SELECT EXISTS (SELECT 1 FROM record WHERE tenant = ?1 AND shape = ?2 AND time % 10000 = 0)`
	if err := c.tx.QueryRowContext(ctx, any, string(c.b.Tenant), string(passtrail.ShapePortalCSV)).Scan(&has); err != nil {
		return false, err
	}
	c.s.cut[c.b.Tenant] = has
	return has, nil
}

// mayBeCut tells whether a record is a row without an id whose time may have been cut.
func mayBeCut(r *passtrail.Record) bool { return identity.CutTo(r.Time) > 0 && !upstream(r) }

// cutHashes are the hashes that a record's event has in exports which cut its time.
func cutHashes(r *passtrail.Record) (hashes [][16]byte) {
	var words, buf []byte
	for _, to := range identity.Cut {
		if r.Time%to == 0 {
			continue
		}
		if words == nil {
			words = identity.Words(r.Service, r.Activity, r.Result, r.Reason)
		}
		var h [16]byte
		h, buf = identity.Hash(r, words, r.Time-r.Time%to, buf)
		hashes = append(hashes, h)
	}
	return hashes
}

// matchCut compares what is new in the batch with what is stored, as match does, by the times as they may have been cut.
func (c *commit) matchCut(ctx context.Context, m *merged, covered hours) error {
	stored, err := c.bareCut(ctx)
	if err != nil {
		return err
	}
	var cut []int // entries that are such rows
	for n := range m.entries {
		if e := &m.entries[n]; !e.dropped && !e.upstream && mayBeCut(&m.records[e.winner]) {
			cut = append(cut, n)
		}
	}
	if stored {
		if err := c.giveWayStored(ctx, m, covered); err != nil {
			return fmt.Errorf("rows that give way: %w", err)
		}
	}
	if err := c.settleCut(ctx, m, cut, covered); err != nil {
		return fmt.Errorf("rows that are there: %w", err)
	}
	c.s.cut[c.b.Tenant] = stored || len(cut) > 0
	m.count()
	return nil
}

// count sees to it that every record more in the table counts as stored: among several rows and records of one second it
// is not plain which took whose place.
func (m *merged) count() {
	more := -len(m.doomed)
	for n := range m.entries {
		if !m.entries[n].dropped {
			more++
		}
	}
	for _, s := range m.stored {
		if s {
			more--
		}
	}
	for n := range m.entries {
		if e := &m.entries[n]; more > 0 && !e.dropped && !m.stored[e.own] {
			m.stored[e.own] = true
			more--
		}
	}
}

// giveWayStored deletes the stored rows that are the same as finer records of the batch.
func (c *commit) giveWayStored(ctx context.Context, m *merged, covered hours) error {
	var entries []int64
	var hashes []string
	var near []reach
	for n := range m.entries {
		e := &m.entries[n]
		r := &m.records[e.winner]
		if e.dropped || !covered.holds(r.Time) {
			continue
		}
		for _, h := range cutHashes(r) {
			entries, hashes = append(entries, int64(n)), append(hashes, (*duckdb.UUID)(&h).String())
			near = append(near, reach{int64(r.Time - slack), int64(r.Time)})
		}
	}
	if len(entries) == 0 {
		return nil
	}
	const find = `SELECT c.n, r.rowid, r.id, r.time FROM record r JOIN (SELECT unnest(?4::BIGINT[]) AS n, unnest(?5::VARCHAR[])::UUID AS hash) c ON c.hash = r.hash
		WHERE r.tenant = ?1 AND r.time BETWEEN ?2 AND ?3 AND r.shape = 'portalcsv' AND starts_with(r.id, 'h:') ORDER BY ALL`
	var found []stored
	for _, p := range places(near) {
		rows, err := c.tx.QueryContext(ctx, find, string(c.b.Tenant), p.first, p.last, entries, hashes)
		some, err := collect(rows, err, func(r *sql.Rows) (f stored, err error) {
			err = r.Scan(&f.candidate, &f.row, &f.id, &f.time)
			return f, err
		})
		if err != nil {
			return err
		}
		found = append(found, some...)
	}
	for i := range found {
		f := &found[i]
		e := &m.entries[f.candidate]
		if m.doomedRow[f.row] {
			continue // another took its place
		}
		m.doom(f)
		if m.stored[e.first] {
			m.repeat(e)
			e.replaced++
		}
	}
	return nil
}

// settleCut drops the rows of the batch that are the same as stored records.
func (c *commit) settleCut(ctx context.Context, m *merged, cut []int, covered hours) error {
	var entries, from, to []int64
	lo, hi := passtrail.Forever, passtrail.Ticks(0)
	for _, n := range cut {
		t := m.records[m.entries[n].winner].Time
		if covered.holds(t) {
			end := t + identity.CutTo(t)
			entries, from, to = append(entries, int64(n)), append(from, int64(t)), append(to, int64(end))
			lo, hi = min(lo, t), max(hi, end)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	const create = `CREATE OR REPLACE TEMP TABLE cut_row AS SELECT unnest(?1::BIGINT[]) AS n, unnest(?2::BIGINT[]) AS first, unnest(?3::BIGINT[]) AS until`
	if _, err := c.tx.ExecContext(ctx, create, entries, from, to); err != nil {
		return err
	}
	const near = `SELECT c.n, r.time, r.service, r.activity, r.result, r.reason, r.correlation_id, r.actor_kind, r.actor_id, r.actor_upn, r.actor_name, r.target_id, r.target_upn, r.target_name
		FROM record r JOIN cut_row c ON r.time > c.first AND r.time < c.until WHERE r.tenant = ?1 AND r.time BETWEEN ?2 AND ?3`
	rows, err := c.tx.QueryContext(ctx, near, string(c.b.Tenant), int64(lo), int64(hi))
	if err != nil {
		return err
	}
	defer rows.Close()
	var buf []byte
	for rows.Next() {
		var n int
		var r passtrail.Record
		if err := rows.Scan(&n, &r.Time, &r.Service, &r.Activity, &r.Result, &r.Reason, &r.CorrelationID, &r.ActorKind, &r.ActorID, &r.ActorUPN, &r.ActorName, &r.TargetID, &r.TargetUPN, &r.TargetName); err != nil {
			return err
		}
		e := &m.entries[n]
		bare := &m.records[e.winner]
		var h [16]byte
		if h, buf = identity.Hash(&r, identity.Words(r.Service, r.Activity, r.Result, r.Reason), bare.Time, buf); h == bare.Hash && !e.dropped {
			m.giveBack(e)
			m.repeat(e)
			e.dropped, e.replaced = true, 0
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_, err = c.tx.ExecContext(ctx, `DROP TABLE cut_row`)
	return errors.Join(err, rows.Close())
}
