package duckdb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
	"passtrail/internal/attempt"
	"passtrail/internal/identity"
)

// findStored joins the candidates with the stored records of the batch's time range: by id, and by hash where exactly
// one of the two has an upstream id.
const findStored = `
SELECT c.n, r.rowid, r.id, r.hash::VARCHAR, r.shape, r.time, true AS same, r.activity, r.activity_key, r.actor_kind, r.actor_id, r.target_id
FROM record r JOIN candidate c ON r.id = c.id
WHERE r.tenant = ?1 AND r.time BETWEEN ?2 AND ?3
UNION ALL
SELECT c.n, r.rowid, r.id, r.hash::VARCHAR, r.shape, r.time, false, '', '', '', '', ''
FROM record r JOIN candidate c ON r.hash = c.hash
WHERE r.tenant = ?1 AND r.time BETWEEN ?2 AND ?3 AND c.upstream = (r.id = 'h:' || replace(r.hash::VARCHAR, '-', ''))
UNION ALL
SELECT c.n, -1, a.id, a.hash::VARCHAR, '', a.time, false, '', '', '', '', ''
FROM record_alias a JOIN candidate c ON a.hash = c.hash
WHERE a.tenant = ?1 AND a.time BETWEEN ?2 AND ?3 AND NOT c.upstream
ORDER BY ALL`

// stored is what findStored says of a stored record that matches a candidate.
type stored struct {
	candidate, row int64
	id             string
	hash           [16]byte
	shape          passtrail.Shape
	time           passtrail.Ticks
	same           bool             // same id; else same hash
	says           passtrail.Record // who did what to whom, of those with the same id
}

// match compares the merged batch with what is stored: it marks what is a repeat, and gathers what must be deleted.
func (c *commit) match(ctx context.Context, m *merged) error {
	covered, err := c.s.coverage(ctx, c.tx, c.b.Tenant)
	if err != nil {
		return err
	}
	var candidates []int // arrivals that may be stored already
	var near []reach
	for n, a := range m.arrivals {
		if t := m.records[a.record].Time; covered.holds(t) {
			candidates, near = append(candidates, n), append(near, about(t))
		}
	}
	var found []stored
	if len(candidates) > 0 {
		if found, err = c.find(ctx, m, candidates, places(near)); err != nil {
			return err
		}
	}
	m.apply(found)
	if err := c.matchCut(ctx, m, covered); err != nil {
		return fmt.Errorf("times that were cut: %w", err)
	}
	for i := range m.records {
		covered.add(m.records[i].Time)
	}
	return nil
}

// about is when a counterpart of a record of an instant may lie.
func about(t passtrail.Ticks) reach { return reach{int64(t - slack), int64(t + slack)} }

// find returns the stored counterparts of the candidates, in the order of arrival. They lie in one of the places.
func (c *commit) find(ctx context.Context, m *merged, candidates []int, places []reach) ([]stored, error) {
	// A table of its own each time: what is deleted from a temporary table stays in memory until it is dropped.
	const create = `CREATE OR REPLACE TEMP TABLE candidate (n INTEGER NOT NULL, upstream BOOLEAN NOT NULL, id VARCHAR NOT NULL, hash UUID NOT NULL)`
	if _, err := c.tx.ExecContext(ctx, create); err != nil {
		return nil, err
	}
	if err := c.stage(m, candidates); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	var all []stored
	for _, p := range places {
		rows, err := c.tx.QueryContext(ctx, findStored, string(c.b.Tenant), p.first, p.last)
		found, err := collect(rows, err, scanStored)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b stored) int { return cmp.Compare(a.candidate, b.candidate) })
	_, err := c.tx.ExecContext(ctx, `DROP TABLE candidate`)
	return all, err
}

func scanStored(r *sql.Rows) (f stored, err error) {
	var hash string
	if err = r.Scan(&f.candidate, &f.row, &f.id, &hash, &f.shape, &f.time, &f.same,
		&f.says.Activity, &f.says.ActivityKey, &f.says.ActorKind, &f.says.ActorID, &f.says.TargetID); err != nil {
		return f, err
	}
	f.hash, err = hashOf(hash)
	return f, err
}

// hashOf reads a hash as the engine writes it.
func hashOf(text string) ([16]byte, error) {
	var u duckdb.UUID
	err := u.Scan(text)
	return u, err
}

// stage writes the candidates where SQL can see them.
func (c *commit) stage(m *merged, candidates []int) error {
	return c.s.raw(func(conn *duckdb.Conn) error {
		a, err := duckdb.NewAppender(conn, "temp", "main", "candidate")
		if err != nil {
			return err
		}
		for _, n := range candidates {
			at := m.arrivals[n]
			r := &m.records[at.record]
			if err := a.AppendRow(int32(n), m.entries[at.entry].upstream, r.ID, duckdb.UUID(r.Hash)); err != nil {
				return errors.Join(err, a.Close())
			}
		}
		return a.Close()
	})
}

// apply settles every candidate that has a counterpart in the table.
func (m *merged) apply(found []stored) {
	found = slices.DeleteFunc(found, func(f stored) bool { return f.same && m.conflict(&f) })
	m.settleBare(found)
	known := map[int]*stored{} // entries whose id is stored
	for i := range found {
		f := &found[i]
		if n := m.arrivals[f.candidate].entry; f.same && known[n] == nil {
			known[n] = f
			m.meet(n, f)
		}
	}
	for i := range found {
		f := &found[i]
		n := m.arrivals[f.candidate].entry
		e := &m.entries[n]
		if f.same || !e.upstream || m.doomedRow[f.row] {
			continue
		}
		m.doom(f) // a stored record without id gives way
		if known[n] == nil && m.stored[e.first] {
			m.repeat(e)
			e.replaced = 1
		}
	}
	m.gatherAliases(known)
}

// doom notes a stored record that gives way.
func (m *merged) doom(f *stored) {
	if m.doomedRow[f.row] {
		return
	}
	m.doomedRow[f.row] = true
	m.doomed = append(m.doomed, f.row)
	m.doomedID, m.doomedTime = append(m.doomedID, f.id), append(m.doomedTime, int64(f.time))
	m.doomedFrom, m.doomedTo = min(m.doomedFrom, f.time), max(m.doomedTo, f.time)
}

// conflict reports whether a stored record has the id of a candidate and is another event: both are kept.
func (m *merged) conflict(f *stored) bool {
	a := m.arrivals[f.candidate]
	if !m.entries[a.entry].upstream {
		return false
	}
	r := f.says
	r.Time = f.time
	return identity.Conflict(&r, &m.records[a.record])
}

// settleBare drops the entries without upstream id that are stored already as part of a record that has one.
func (m *merged) settleBare(found []stored) {
	for i := range found {
		n := m.arrivals[found[i].candidate].entry
		e := &m.entries[n]
		if found[i].same || e.upstream {
			continue
		}
		m.giveBack(e)
		m.repeat(e)
		e.dropped, e.replaced = true, 0
	}
}

// meet compares entry n with the stored record of the same id.
func (m *merged) meet(n int, f *stored) {
	e := &m.entries[n]
	m.repeat(e)
	e.replaced = 0
	if e.dropped {
		return
	}
	if m.records[e.winner].Shape.Rank() > f.shape.Rank() {
		m.doom(f)
		e.replaced = 1
		return
	}
	e.dropped = true
}

// repeat counts the entry's first arrival as a repeat.
func (m *merged) repeat(e *entry) { m.stored[e.first] = false }

// gatherAliases lists the hashes with which an upstream record arrived or was stored and that its kept version has not.
func (m *merged) gatherAliases(known map[int]*stored) {
	for _, a := range m.arrivals {
		e := &m.entries[a.entry]
		if !e.upstream {
			continue
		}
		kept := m.records[e.winner].Hash
		f := known[a.entry]
		if f != nil && e.dropped {
			kept = f.hash
		}
		if r := &m.records[a.record]; r.Hash != kept {
			m.aliases = append(m.aliases, alias{r.ID, r.Hash, r.Time})
		}
		if f != nil && f.hash != kept {
			m.aliases = append(m.aliases, alias{f.id, f.hash, f.time})
		}
	}
}

// replace deletes the records that gave way and notes what they leave behind.
func (c *commit) replace(ctx context.Context, m *merged) error {
	if len(m.doomed) > 0 {
		touch := `INSERT INTO touched (tenant, pool) SELECT DISTINCT tenant, pool FROM ` + attempt.PoolSQL(`(FROM record WHERE rowid IN (SELECT unnest(?::BIGINT[])))`)
		if _, err := c.tx.ExecContext(ctx, touch, m.doomed); err != nil {
			return err
		}
		if _, err := c.tx.ExecContext(ctx, `DELETE FROM record WHERE rowid IN (SELECT unnest(?::BIGINT[]))`, m.doomed); err != nil {
			return err
		}
		for _, table := range []string{"password_event", "attempt_member"} {
			text := `DELETE FROM ` + table + ` WHERE tenant = ?1 AND (id, time) IN (SELECT unnest(?2::VARCHAR[]), unnest(?3::BIGINT[])) AND time BETWEEN ?4 AND ?5`
			if _, err := c.tx.ExecContext(ctx, text, string(c.b.Tenant), m.doomedID, m.doomedTime, int64(m.doomedFrom), int64(m.doomedTo)); err != nil {
				return err
			}
		}
	}
	return c.putAliases(ctx, m.aliases)
}

func (c *commit) putAliases(ctx context.Context, aliases []alias) error {
	if len(aliases) == 0 {
		return nil
	}
	var ids, hashes []string
	var times []int64
	lo, hi := passtrail.Forever, passtrail.Ticks(0)
	for _, a := range aliases {
		lo, hi = min(lo, a.time), max(hi, a.time)
		ids, hashes, times = append(ids, a.id), append(hashes, (*duckdb.UUID)(&a.hash).String()), append(times, int64(a.time))
	}
	const put = `INSERT INTO record_alias (tenant, hash, id, time)
		SELECT ?1, hash, id, min(time) FROM (SELECT unnest(?2::VARCHAR[])::UUID AS hash, unnest(?3::VARCHAR[]) AS id, unnest(?4::BIGINT[]) AS time) n
		WHERE NOT EXISTS (SELECT 1 FROM record_alias a WHERE a.tenant = ?1 AND a.hash = n.hash AND a.id = n.id AND a.time BETWEEN ?5 AND ?6)
		GROUP BY hash, id`
	_, err := c.tx.ExecContext(ctx, put, string(c.b.Tenant), hashes, ids, times, int64(lo-slack), int64(hi+slack))
	return err
}
