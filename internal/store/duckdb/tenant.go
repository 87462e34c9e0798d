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

const tenantColumns = `tenant, name, created_at, coalesce(opted_in_at, 0), opted_in_by, coalesce(opted_out_at, 0), opted_out_by, CAST(settings AS VARCHAR)`

// Tenant returns one tenant, or an error with code NotFound.
func (s *Store) Tenant(ctx context.Context, id passtrail.TenantID) (store.Tenant, error) {
	t, err := scanTenant(s.db.SQL.QueryRowContext(ctx, `SELECT `+tenantColumns+` FROM tenant WHERE tenant = ?`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return t, unknownTenant("duckdb.Tenant", id)
	}
	return t, err
}

func unknownTenant(op string, id passtrail.TenantID) error {
	return passtrail.Errorf(passtrail.NotFound, op, "there is no tenant %s: make it with \"passtrail init --tenant %s --opt-in\"", id, id)
}

// Tenants returns all tenants by name.
func (s *Store) Tenants(ctx context.Context) ([]store.Tenant, error) {
	rows, err := s.db.SQL.QueryContext(ctx, `SELECT `+tenantColumns+` FROM tenant ORDER BY name, tenant`)
	return collect(rows, err, func(r *sql.Rows) (store.Tenant, error) { return scanTenant(r) })
}

// scanner is a row or the current one of rows.
type scanner interface{ Scan(...any) error }

func scanTenant(r scanner) (store.Tenant, error) {
	var t store.Tenant
	var settings string
	err := r.Scan(&t.ID, &t.Name, &t.CreatedAt, &t.OptedInAt, &t.OptedInBy, &t.OptedOutAt, &t.OptedOutBy, &settings)
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(settings), &t.Settings); err != nil {
		return t, fmt.Errorf("settings of tenant %s: %w", t.ID, err)
	}
	return t, nil
}

// PutTenant creates or replaces a tenant.
func (s *Store) PutTenant(ctx context.Context, t store.Tenant) error {
	id, err := passtrail.ParseTenantID(string(t.ID))
	if err != nil {
		return err
	}
	if err := store.CheckRetention(t.Settings.RetentionDays); err != nil {
		return err
	}
	settings, err := json.Marshal(t.Settings)
	if err != nil {
		return err
	}
	const put = `INSERT INTO tenant (tenant, name, created_at, opted_in_at, opted_in_by, opted_out_at, opted_out_by, settings)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant) DO UPDATE SET name = excluded.name, created_at = excluded.created_at, opted_in_at = excluded.opted_in_at,
			opted_in_by = excluded.opted_in_by, opted_out_at = excluded.opted_out_at, opted_out_by = excluded.opted_out_by, settings = excluded.settings`
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, put, string(id), t.Name, int64(t.CreatedAt), nullTicks(t.OptedInAt), t.OptedInBy, nullTicks(t.OptedOutAt), t.OptedOutBy, string(settings))
		return err
	})
}

// nullTicks makes "none" (0) a null.
func nullTicks(t passtrail.Ticks) any {
	if t == 0 {
		return nil
	}
	return int64(t)
}

// collect reads all rows with scan and closes them.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, engineFault("duckdb.collect", err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, engineFault("duckdb.collect", rows.Err())
}

// optedIn fails with Denied unless collection is on for the tenant. It returns the tenant's retention in days.
func optedIn(ctx context.Context, tx *sql.Tx, id passtrail.TenantID) (days int, err error) {
	var in, out int64
	const ask = `SELECT coalesce(opted_in_at, 0), coalesce(opted_out_at, 0), coalesce((settings->>'$.retentionDays')::INTEGER, 0) FROM tenant WHERE tenant = ?`
	err = tx.QueryRowContext(ctx, ask, string(id)).Scan(&in, &out, &days)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, passtrail.Errorf(passtrail.Denied, "duckdb.Commit", "tenant %s has not opted in to collection, nothing was stored: run \"passtrail init --tenant %s --opt-in\"", id, id)
	}
	if err != nil {
		return 0, err
	}
	if in == 0 || out > in {
		return 0, passtrail.Errorf(passtrail.Denied, "duckdb.Commit", "collection is off for tenant %s, nothing was stored: run \"passtrail tenant opt-in %s\"", id, id)
	}
	return days, nil
}
