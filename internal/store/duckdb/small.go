package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"passtrail"
	"passtrail/internal/store"
)

// Checkpoint returns the position that the last committed batch of a source carried, "" if there is none.
func (s *Store) Checkpoint(ctx context.Context, source string) (string, error) {
	if position, found := s.putOffCheckpoint(source); found {
		return position, nil
	}
	var position string
	err := s.db.SQL.QueryRowContext(ctx, `SELECT position FROM checkpoint WHERE source = ?`, source).Scan(&position)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return position, err
}

// putOffCheckpoint returns a position that a batch carried which is not durable yet.
func (s *Store) putOffCheckpoint(source string) (string, bool) {
	if !s.pending.Load() {
		return "", false
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.open == nil {
		return "", false
	}
	position, found := s.open.checkpoints[source]
	return position, found
}

// Ledger returns the ledger of a tenant, by source and hour. Inputs whose time could not be told stand at hour 0. While
// something is due no hour is final.
func (s *Store) Ledger(ctx context.Context, tenant passtrail.TenantID) ([]store.LedgerHour, error) {
	at, open, err := s.finalAt(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.SQL.QueryContext(ctx, `SELECT source, hour, received, stored, repeats, set_aside, other, coalesce(past_retention, 0), coalesce(snapshot_rows, 0), last_seen, coalesce(last_record, 0), coalesce(final_since, 0)
		FROM ledger WHERE tenant = ? ORDER BY source, hour`, string(tenant))
	return collect(rows, err, func(r *sql.Rows) (h store.LedgerHour, err error) {
		err = r.Scan(&h.Source, &h.Hour, &h.Received, &h.Stored, &h.Repeats, &h.SetAside, &h.Other, &h.PastRetention, &h.SnapshotRows, &h.LastSeen, &h.LastRecord, &h.FinalSince)
		if open || s.fresh.changes.Load() != at {
			h.FinalSince = 0
		}
		return h, err
	})
}

// LogAccess adds lines to the access log; one with an id takes the place of the one that has it.
func (s *Store) LogAccess(ctx context.Context, lines ...store.Access) error {
	const insert = `INSERT INTO access_log (id, logged_at, tenant, who, roles, action, subject, detail, address) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	lines = lastOfEach(lines)
	return s.write(ctx, func(tx *sql.Tx) error {
		if err := dropLines(ctx, tx, lines); err != nil {
			return err
		}
		put, err := tx.PrepareContext(ctx, insert)
		if err != nil {
			return err
		}
		defer put.Close()
		for _, a := range lines {
			_, err := put.ExecContext(ctx, nullText(a.ID), int64(a.At), string(a.Tenant), a.Who, a.Roles, a.Action, a.Subject, a.Detail, a.Address)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// lastOfEach keeps, of lines with one id, the last.
func lastOfEach(lines []store.Access) []store.Access {
	last := map[string]int{}
	for i, a := range lines {
		last[a.ID] = i
	}
	var out []store.Access
	for i, a := range lines {
		if a.ID == "" || last[a.ID] == i {
			out = append(out, a)
		}
	}
	return out
}

// dropLines deletes the lines whose place others take. Ids are looked for at the times of those others, which do not change.
func dropLines(ctx context.Context, tx *sql.Tx, lines []store.Access) error {
	var from, to passtrail.Ticks
	for _, a := range lines {
		if a.ID != "" && (from == 0 || a.At < from) {
			from = a.At
		}
		if a.ID != "" && a.At > to {
			to = a.At
		}
	}
	if to == 0 {
		return nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT id FROM access_log WHERE logged_at BETWEEN ? AND ? AND id IS NOT NULL`, int64(from), int64(to))
	ids, err := collect(rows, err, func(r *sql.Rows) (id string, err error) {
		err = r.Scan(&id)
		return id, err
	})
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, id := range ids {
		there[id] = true
	}
	for _, a := range lines {
		if !there[a.ID] {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM access_log WHERE logged_at = ? AND id = ?`, int64(a.At), a.ID); err != nil {
			return err
		}
	}
	return nil
}

// nullText makes "none" a null.
func nullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// AccessLog lists lines of the access log, newest first.
func (s *Store) AccessLog(ctx context.Context, f store.AccessFilter) ([]store.Access, error) {
	rows, err := s.db.SQL.QueryContext(ctx, `SELECT coalesce(id, ''), logged_at, tenant, who, roles, action, subject, detail, address FROM access_log
		WHERE (?1 = '' OR tenant = ?1 OR (?5 AND tenant = '')) AND logged_at >= ?2 AND (?3 = 0 OR logged_at < ?3)
		ORDER BY logged_at DESC, rowid DESC LIMIT CASE WHEN ?4 = 0 THEN 9223372036854775807 ELSE ?4 END`,
		string(f.Tenant), int64(f.From), int64(f.To), int64(f.Limit), f.NoTenant)
	return collect(rows, err, func(r *sql.Rows) (a store.Access, err error) {
		err = r.Scan(&a.ID, &a.At, &a.Tenant, &a.Who, &a.Roles, &a.Action, &a.Subject, &a.Detail, &a.Address)
		return a, err
	})
}

// SavedQueries lists the saved queries of a tenant by name.
func (s *Store) SavedQueries(ctx context.Context, tenant passtrail.TenantID) ([]store.SavedQuery, error) {
	rows, err := s.db.SQL.QueryContext(ctx, `SELECT id, tenant, name, text, owner, created_at, changed_at FROM saved_query WHERE tenant = ? ORDER BY name, id`, string(tenant))
	return collect(rows, err, func(r *sql.Rows) (q store.SavedQuery, err error) {
		err = r.Scan(&q.ID, &q.Tenant, &q.Name, &q.Text, &q.Owner, &q.CreatedAt, &q.ChangedAt)
		return q, err
	})
}

// PutSavedQuery creates or replaces a saved query. One of another tenant is never replaced: code Conflict.
func (s *Store) PutSavedQuery(ctx context.Context, q store.SavedQuery) error {
	const put = `INSERT INTO saved_query (id, tenant, name, text, owner, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, text = excluded.text, owner = excluded.owner, changed_at = excluded.changed_at
		WHERE saved_query.tenant = excluded.tenant`
	return s.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, put, q.ID, string(q.Tenant), q.Name, q.Text, q.Owner, int64(q.CreatedAt), int64(q.ChangedAt))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, passtrail.Errorf(passtrail.Conflict, "duckdb.PutSavedQuery", "the id %q is taken: choose another", q.ID))
		}
		return nil
	})
}

// DropSavedQuery removes a saved query, or fails with code NotFound.
func (s *Store) DropSavedQuery(ctx context.Context, tenant passtrail.TenantID, id string) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM saved_query WHERE tenant = ? AND id = ?`, string(tenant), id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, passtrail.Errorf(passtrail.NotFound, "duckdb.DropSavedQuery", "there is no saved query %q", id))
		}
		return nil
	})
}

// PutFindings adds findings and brings known ones up to date.
func (s *Store) PutFindings(ctx context.Context, fs []store.Finding) error {
	if len(fs) == 0 {
		return nil
	}
	const put = `INSERT INTO finding (tenant, id, rule, severity, title, reasoning, start_time, end_time, people, addresses, techniques, evidence, state, note, changed_by, first_seen, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, id) DO UPDATE SET rule = excluded.rule, severity = excluded.severity, title = excluded.title, reasoning = excluded.reasoning,
			start_time = excluded.start_time, end_time = excluded.end_time, people = excluded.people, addresses = excluded.addresses,
			techniques = excluded.techniques, evidence = excluded.evidence`
	return s.write(ctx, func(tx *sql.Tx) error {
		for _, f := range fs {
			state := f.State
			if state == "" {
				state = "new"
			}
			_, err := tx.ExecContext(ctx, put, string(f.Tenant), f.ID, f.Rule, f.Severity, f.Title, f.Reasoning, int64(f.Start), int64(f.End),
				list(f.People), list(f.Addresses), list(f.Techniques), list(f.Evidence), state, f.Note, f.ChangedBy, int64(f.FirstSeen), int64(f.ChangedAt))
			if err != nil {
				return fmt.Errorf("finding %s: %w", f.ID, err)
			}
		}
		return nil
	})
}

// Findings lists the findings of a tenant, newest first.
func (s *Store) Findings(ctx context.Context, tenant passtrail.TenantID) ([]store.Finding, error) {
	if _, err := s.current(ctx); err != nil {
		return nil, err
	}
	rows, err := s.db.SQL.QueryContext(ctx, `SELECT tenant, id, rule, severity, title, reasoning, start_time, end_time, CAST(people AS VARCHAR), CAST(addresses AS VARCHAR),
		CAST(techniques AS VARCHAR), CAST(evidence AS VARCHAR), state, note, changed_by, first_seen, changed_at FROM finding WHERE tenant = ? ORDER BY start_time DESC, id`, string(tenant))
	return collect(rows, err, func(r *sql.Rows) (f store.Finding, err error) {
		var people, addresses, techniques, evidence string
		err = r.Scan(&f.Tenant, &f.ID, &f.Rule, &f.Severity, &f.Title, &f.Reasoning, &f.Start, &f.End, &people, &addresses,
			&techniques, &evidence, &f.State, &f.Note, &f.ChangedBy, &f.FirstSeen, &f.ChangedAt)
		f.People, f.Addresses, f.Techniques, f.Evidence = unlist(people), unlist(addresses), unlist(techniques), unlist(evidence)
		return f, err
	})
}

// SetFindingState records what somebody decided about a finding, or fails with code NotFound.
func (s *Store) SetFindingState(ctx context.Context, tenant passtrail.TenantID, id, state, note, by string, at passtrail.Ticks) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE finding SET state = ?, note = ?, changed_by = ?, changed_at = ? WHERE tenant = ? AND id = ?`,
			state, note, by, int64(at), string(tenant), id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, passtrail.Errorf(passtrail.NotFound, "duckdb.SetFindingState", "there is no finding %q", id))
		}
		return nil
	})
}

// list writes a JSON array; nothing is [].
func list(s []string) string {
	if len(s) == 0 {
		return "[]"
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

// unlist reads a JSON array that list wrote; [] is nil.
func unlist(text string) []string {
	var s []string
	if err := json.Unmarshal([]byte(text), &s); err != nil || len(s) == 0 {
		return nil
	}
	return s
}
