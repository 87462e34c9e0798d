package duckdb

import (
	"context"
	"slices"

	"passtrail"
	"passtrail/internal/store"
)

// snapshots stores what the batch's snapshots say. Two that were taken at the same instant are one, in any order: their
// rows are united, of two rows with one key the one whose text is greater stays, and it is complete when one of them is.
func (c *commit) snapshots(ctx context.Context) error {
	for i := range c.b.Snapshots {
		if err := c.snapshot(ctx, &c.b.Snapshots[i]); err != nil {
			return err
		}
	}
	return nil
}

// given is the rows of a snapshot as SQL takes them: one list a column, by key, each key once.
type given struct {
	keys, states []string
	updated      []int64
	received     int64 // rows before keys that came twice were united
}

// givenRows is how many rows of a snapshot are given to a statement: the engine holds what it is given several times over.
const givenRows = 10_000

// replaced tells whether a snapshot is past the tenant's retention: a later complete one was taken before its limit.
// Otherwise it says what still held then.
func (c *commit) replaced(ctx context.Context, sn *store.Snapshot) (yes bool, err error) {
	if sn.TakenAt >= c.from {
		return false, nil
	}
	const later = `SELECT count(*) > 0 FROM snapshot WHERE tenant = ? AND kind = ? AND complete AND taken_at > ? AND taken_at <= ?`
	err = c.tx.QueryRowContext(ctx, later, string(c.b.Tenant), string(sn.Kind), int64(sn.TakenAt), int64(c.from)).Scan(&yes)
	return yes, err
}

func (c *commit) snapshot(ctx context.Context, sn *store.Snapshot) error {
	if past, err := c.replaced(ctx, sn); past || err != nil {
		h, n := c.ledger.at(sn.TakenAt), int64(len(sn.Registrations)+len(sn.Roles))
		h.Received += n
		h.PastRetention += n
		return err
	}
	g, err := snapshotRows(sn)
	if err != nil {
		return err
	}
	const rows = `(SELECT unnest(?4::VARCHAR[]) AS key, unnest(?5::VARCHAR[]) AS state, unnest(?6::BIGINT[]) AS last_updated) n`
	const greater = `UPDATE snapshot_row SET state = n.state, last_updated = n.last_updated FROM ` + rows + `
		WHERE snapshot_row.tenant = ?1 AND snapshot_row.kind = ?2 AND taken_at = ?3 AND last_taken = ?3 AND snapshot_row.key = n.key
		AND (n.state, n.last_updated) > (snapshot_row.state, snapshot_row.last_updated)`
	// A row is there when a run of just this snapshot has its key, or a longer one says the same of it.
	const insert = `INSERT INTO snapshot_row (tenant, kind, taken_at, last_taken, key, state, last_updated)
		SELECT ?1, ?2, ?3, ?3, n.key, n.state, n.last_updated FROM ` + rows + `
		WHERE NOT EXISTS (SELECT 1 FROM snapshot_row r WHERE r.tenant = ?1 AND r.kind = ?2 AND r.key = n.key
			AND ((r.taken_at = ?3 AND r.last_taken = ?3)
				OR (r.taken_at <= ?3 AND r.last_taken >= ?3 AND r.state = n.state AND EXISTS (SELECT 1 FROM snapshot s WHERE s.tenant = ?1 AND s.kind = ?2 AND s.taken_at = ?3))))`
	var added, changed int64
	for i := 0; i < len(g.keys); i += givenRows {
		end := min(i+givenRows, len(g.keys))
		args := []any{string(c.b.Tenant), string(sn.Kind), int64(sn.TakenAt), g.keys[i:end], g.states[i:end], g.updated[i:end]}
		n, err := c.exec(ctx, greater, args...)
		if err != nil {
			return err
		}
		changed += n
		if n, err = c.exec(ctx, insert, args...); err != nil {
			return err
		}
		added += n
	}
	h := c.ledger.at(sn.TakenAt)
	h.Received += g.received
	h.Stored += added
	h.SnapshotRows += added
	h.Repeats += g.received - added
	return c.recordSnapshot(ctx, sn, added+changed > 0)
}

// recordSnapshot notes that the snapshot was taken in. Its batch number moves when its rows did.
func (c *commit) recordSnapshot(ctx context.Context, sn *store.Snapshot, changed bool) error {
	const people = `(SELECT count(DISTINCT split_part(key, '|', 1)) FROM snapshot_row WHERE tenant = ?1 AND kind = ?2 AND taken_at <= ?3 AND last_taken >= ?3)`
	const update = `UPDATE snapshot SET people = ` + people + `, complete = complete OR ?4, batch = ?5
		WHERE tenant = ?1 AND kind = ?2 AND taken_at = ?3 AND (?6 OR (?4 AND NOT complete))`
	args := []any{string(c.b.Tenant), string(sn.Kind), int64(sn.TakenAt), sn.Complete, c.batch, changed}
	if _, err := c.exec(ctx, update, args...); err != nil {
		return err
	}
	const insert = `INSERT INTO snapshot (tenant, kind, taken_at, people, complete, source, batch)
		SELECT ?1, ?2, ?3, ` + people + `, ?4, ?6, ?5 WHERE NOT EXISTS (SELECT 1 FROM snapshot WHERE tenant = ?1 AND kind = ?2 AND taken_at = ?3)`
	args[5] = c.b.Source
	_, err := c.exec(ctx, insert, args...)
	return err
}

func (c *commit) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	res, err := c.tx.ExecContext(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// snapshotRows returns the rows of a snapshot by key (see registrationRow and roleRow).
func snapshotRows(sn *store.Snapshot) (given, error) {
	type row struct {
		state   string
		updated passtrail.Ticks
	}
	g := given{keys: []string{}, states: []string{}, updated: []int64{}}
	rows := map[string]row{}
	put := func(key, state string, updated passtrail.Ticks) {
		g.received++
		if old, found := rows[key]; !found || state > old.state || (state == old.state && updated > old.updated) {
			rows[key] = row{state, updated}
		}
	}
	for i := range sn.Registrations {
		key, state, err := registrationRow(&sn.Registrations[i])
		if err != nil {
			return g, err
		}
		put(key, state, sn.Registrations[i].LastUpdated)
	}
	for i := range sn.Roles {
		key, state, err := roleRow(&sn.Roles[i])
		if err != nil {
			return g, err
		}
		put(key, state, 0)
	}
	for key := range rows {
		g.keys = append(g.keys, key)
	}
	slices.Sort(g.keys)
	for _, key := range g.keys {
		g.states, g.updated = append(g.states, rows[key].state), append(g.updated, int64(rows[key].updated))
	}
	return g, nil
}
