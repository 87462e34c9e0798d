package duckdb

import (
	"context"
	"database/sql"
	"errors"

	"passtrail"
	"passtrail/internal/store"
)

const tokenColumns = `id, tenant, name, role, hash, created_at, created_by, expires_at, last_used, revoked_at, revoked_by`

func scanToken(r scanner) (t store.Token, err error) {
	err = r.Scan(&t.ID, &t.Tenant, &t.Name, &t.Role, &t.Hash, &t.CreatedAt, &t.CreatedBy, &t.ExpiresAt, &t.LastUsed, &t.RevokedAt, &t.RevokedBy)
	return t, err
}

// PutToken adds an access token.
func (s *Store) PutToken(ctx context.Context, t store.Token) error {
	const clash = `SELECT count(*) FILTER (WHERE id = ?1), count(*) FILTER (WHERE tenant = ?2 AND name = ?3 AND revoked_at = 0 AND expires_at > ?4) FROM access_token`
	return s.write(ctx, func(tx *sql.Tx) error {
		var ids, names int64
		if err := tx.QueryRowContext(ctx, clash, t.ID, string(t.Tenant), t.Name, int64(t.CreatedAt)).Scan(&ids, &names); err != nil {
			return err
		}
		switch {
		case ids > 0:
			return passtrail.Errorf(passtrail.Conflict, "duckdb.PutToken", "this token was made before; its secret was shown then and is not kept: revoke it and make another if it is lost")
		case names > 0:
			return passtrail.Errorf(passtrail.Conflict, "duckdb.PutToken", "there is a token named %q already: choose another name, or revoke that one first", t.Name)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO access_token (`+tokenColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			t.ID, string(t.Tenant), t.Name, t.Role, t.Hash, int64(t.CreatedAt), t.CreatedBy, int64(t.ExpiresAt), int64(t.LastUsed), int64(t.RevokedAt), t.RevokedBy)
		return err
	})
}

// Token returns one access token, or an error with code NotFound.
func (s *Store) Token(ctx context.Context, id string) (store.Token, error) {
	t, err := scanToken(s.db.SQL.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM access_token WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return t, unknownToken("duckdb.Token", id)
	}
	return t, err
}

func unknownToken(op, id string) error {
	return passtrail.Errorf(passtrail.NotFound, op, "there is no access token %q: see \"passtrail token list\"", id)
}

// Tokens returns the access tokens of a tenant, newest first.
func (s *Store) Tokens(ctx context.Context, tenant passtrail.TenantID) ([]store.Token, error) {
	rows, err := s.db.SQL.QueryContext(ctx, `SELECT `+tokenColumns+` FROM access_token WHERE tenant = ? ORDER BY created_at DESC, id`, string(tenant))
	return collect(rows, err, func(r *sql.Rows) (store.Token, error) { return scanToken(r) })
}

// UseToken notes when an access token was last used.
func (s *Store) UseToken(ctx context.Context, id string, at passtrail.Ticks) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE access_token SET last_used = ?1 WHERE id = ?2 AND last_used < ?1`, int64(at), id)
		return err
	})
}

// RevokeToken ends an access token.
func (s *Store) RevokeToken(ctx context.Context, tenant passtrail.TenantID, id, by string, at passtrail.Ticks) (t store.Token, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		t, err = scanToken(tx.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM access_token WHERE tenant = ? AND id = ?`, string(tenant), id))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return unknownToken("duckdb.RevokeToken", id)
		case err != nil:
			return err
		case t.RevokedAt != 0:
			return passtrail.Errorf(passtrail.Conflict, "duckdb.RevokeToken", "the token %q was revoked already, by %s", t.Name, t.RevokedBy)
		}
		t.RevokedAt, t.RevokedBy = at, by
		_, err := tx.ExecContext(ctx, `UPDATE access_token SET revoked_at = ?, revoked_by = ? WHERE id = ?`, int64(at), by, id)
		return err
	})
	return t, err
}
