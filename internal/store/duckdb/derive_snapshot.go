package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"passtrail/internal/store"
	"passtrail/internal/vocab"
)

// intervals makes the intervals of every tenant and kind with a snapshot of a batch after from anew.
func (d *derivation) intervals(ctx context.Context, from int64) error {
	const changed = `SELECT tenant, kind, coalesce(max(taken_at) FILTER (in_runs), -1), coalesce(min(taken_at) FILTER (NOT in_runs), -1),
			coalesce(bool_or(in_runs AND batch > ?1), false)
		FROM snapshot GROUP BY tenant, kind HAVING max(batch) > ?1 ORDER BY tenant, kind`
	rows, err := d.tx.QueryContext(ctx, changed, from)
	all, err := collect(rows, err, func(r *sql.Rows) (h history, err error) {
		err = r.Scan(&h.tenant, &h.kind, &h.lastKnown, &h.firstNew, &h.restated)
		return h, err
	})
	if err != nil {
		return err
	}
	for _, h := range all {
		if err := d.history(ctx, h); err != nil {
			return fmt.Errorf("%s of tenant %s: %w", h.kind, h.tenant, err)
		}
	}
	return nil
}

// history is the snapshots of one tenant and kind.
type history struct {
	tenant, kind string
	lastKnown    int64 // the last snapshot that the runs reckon with, -1 if none
	firstNew     int64 // the first that they do not, -1 if none
	restated     bool  // rows were added to a snapshot that they reckon with
}

func (d *derivation) history(ctx context.Context, h history) error {
	if err := d.keep(ctx, "derive_snap", deriveSQL("snaps"), h.tenant, h.kind); err != nil {
		return err
	}
	if err := d.runs(ctx, h); err != nil {
		return fmt.Errorf("runs: %w", err)
	}
	const rows = `SELECT count(*) FROM snapshot_row WHERE tenant = ?1 AND kind = ?2`
	if err := d.keepSliced(ctx, "derive_interval", deriveSQL("intervals"), rows, h.tenant, h.kind); err != nil {
		return err
	}
	if h.kind == string(store.Roles) {
		return d.roles(ctx, h.tenant)
	}
	return d.registrations(ctx, h.tenant)
}

// runs joins what consecutive snapshots say alike. When the new snapshots are later than all known ones, which is how
// they come day by day, only the runs that reach the last known one can grow. Otherwise all runs are taken apart into
// what each snapshot said, and made anew.
func (d *derivation) runs(ctx context.Context, h history) error {
	open := h.lastKnown
	switch {
	case h.restated || (h.firstNew >= 0 && h.firstNew < h.lastKnown):
		open = -1
		if err := d.keep(ctx, "derive_said", deriveSQL("expanded"), h.tenant, h.kind); err != nil {
			return err
		}
	case h.firstNew < 0:
		return nil
	default:
		const said = `SELECT taken_at, last_taken, key, state, last_updated FROM snapshot_row WHERE tenant = ?1 AND kind = ?2 AND last_taken >= ?3`
		if err := d.keep(ctx, "derive_said", said, h.tenant, h.kind, open); err != nil {
			return err
		}
	}
	if err := d.keepSliced(ctx, "derive_run", deriveSQL("runs"), `SELECT count(*) FROM derive_said`); err != nil {
		return err
	}
	const replaced = `DELETE FROM snapshot_row WHERE tenant = ?1 AND kind = ?2 AND last_taken >= ?3`
	if _, err := d.exec(ctx, replaced, h.tenant, h.kind, open); err != nil {
		return err
	}
	const insert = `INSERT INTO snapshot_row (tenant, kind, taken_at, last_taken, key, state, last_updated)
		SELECT ?1, ?2, taken_at, last_taken, key, state, last_updated FROM derive_run ORDER BY key, taken_at`
	if _, err := d.exec(ctx, insert, h.tenant, h.kind); err != nil {
		return err
	}
	_, err := d.exec(ctx, `UPDATE snapshot SET in_runs = true WHERE tenant = ?1 AND kind = ?2 AND NOT in_runs`, h.tenant, h.kind)
	return err
}

func (d *derivation) registrations(ctx context.Context, tenant string) error {
	methods, err := d.strings(ctx, `SELECT DISTINCT (state->'$.methods')::VARCHAR FROM derive_interval`)
	if err != nil {
		return err
	}
	words := make([]string, len(methods))
	for i, m := range methods {
		var list []string
		if err := json.Unmarshal([]byte(m), &list); err != nil {
			return fmt.Errorf("methods %q: %w", m, err)
		}
		words[i] = vocab.DataRegistered(list)
	}
	const data = `SELECT unnest(?1::VARCHAR[]) AS methods, unnest(?2::VARCHAR[]) AS words`
	if err := d.keep(ctx, "derive_data", data, nonNil(methods), words); err != nil {
		return err
	}
	if _, err := d.exec(ctx, `DELETE FROM registration WHERE tenant = ?`, tenant); err != nil {
		return err
	}
	if _, err := d.exec(ctx, deriveSQL("registration"), tenant); err != nil {
		return err
	}
	return d.admins(ctx, tenant)
}

// admins lets registrations tell who is an administrator as long as no snapshot of roles tells it better.
func (d *derivation) admins(ctx context.Context, tenant string) error {
	const bare = `DELETE FROM person_role WHERE tenant = ?1 AND NOT EXISTS (SELECT 1 FROM snapshot WHERE snapshot.tenant = ?1 AND snapshot.kind = 'roles')`
	if _, err := d.exec(ctx, bare, tenant); err != nil {
		return err
	}
	_, err := d.exec(ctx, deriveSQL("person_admin"), tenant)
	return err
}

func (d *derivation) roles(ctx context.Context, tenant string) error {
	if err := d.knownRoles(ctx); err != nil {
		return err
	}
	for _, table := range []string{"role_assignment", "person_role"} {
		if _, err := d.exec(ctx, `DELETE FROM `+table+` WHERE tenant = ?`, tenant); err != nil {
			return err
		}
	}
	if _, err := d.exec(ctx, deriveSQL("role"), tenant); err != nil {
		return err
	}
	_, err := d.exec(ctx, deriveSQL("person_role"), tenant)
	return err
}

// knownRoles lends SQL the roles of the vocabulary, by template id; those without one by their name in lower case.
func (d *derivation) knownRoles(ctx context.Context) error {
	var ids, names []string
	var weights []int64
	var admin, twoGate []bool
	for _, r := range vocab.Roles() {
		id := strings.ToLower(r.TemplateID)
		if id == "" {
			id = strings.ToLower(r.Name)
		}
		ids, names, weights = append(ids, id), append(names, r.Name), append(weights, int64(r.Weight))
		admin, twoGate = append(admin, r.Admin), append(twoGate, r.TwoGate)
	}
	const roles = `SELECT unnest(?1::VARCHAR[]) AS id, unnest(?2::VARCHAR[]) AS name, unnest(?3::BIGINT[]) AS weight, unnest(?4::BOOLEAN[]) AS admin, unnest(?5::BOOLEAN[]) AS two_gate`
	return d.keep(ctx, "derive_role", roles, ids, names, weights, admin, twoGate)
}

// nonNil makes no list an empty one: the driver takes nil for null.
func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// keySliceRows is how many rows of snapshots are put in order at once: windows over their states stay in memory.
const keySliceRows = 50_000

// sliceMark is where a query says which keys it takes: {slice of COLUMN}.
var sliceMark = regexp.MustCompile(`\{slice of ([a-z.]+)\}`)

// keepSliced is keep for a query that treats each key by itself: it runs over a part of the keys at a time. Count is the
// query that says how many rows there are; both take the same arguments.
func (d *derivation) keepSliced(ctx context.Context, name, query, count string, args ...any) error {
	var rows int64
	if err := d.tx.QueryRowContext(ctx, count, args...).Scan(&rows); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	slices := rows/min(keySliceRows, max(d.sliceRows, 1)) + 1
	for i := range slices {
		part := sliceMark.ReplaceAllString(query, fmt.Sprintf("hash($1) %% %d = %d", slices, i))
		if i == 0 {
			if err := d.keep(ctx, name, part, args...); err != nil {
				return err
			}
			continue
		}
		if _, err := d.exec(ctx, `INSERT INTO `+name+` `+part, args...); err != nil {
			return fmt.Errorf("%s, part %d of %d: %w", name, i+1, slices, err)
		}
	}
	return nil
}
