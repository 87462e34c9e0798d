package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"passtrail"
)

// Expire deletes a tenant's records of before an instant. One of them that comes again is stored again, and expires again.
func (s *Store) Expire(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (int64, error) {
	var deleted int64
	err := s.write(ctx, func(tx *sql.Tx) error {
		const touch = `INSERT INTO touched (tenant, correlation_id, id)
			SELECT DISTINCT tenant, correlation_id, CASE WHEN correlation_id = '' THEN id ELSE '' END FROM record WHERE tenant = ? AND time < ?`
		if _, err := tx.ExecContext(ctx, touch, string(tenant), int64(before)); err != nil {
			return fmt.Errorf("touched: %w", err)
		}
		for i, stmt := range []string{
			`DELETE FROM record WHERE tenant = ? AND time < ?`,
			`DELETE FROM record_alias WHERE tenant = ? AND time < ?`,
			`DELETE FROM quarantine WHERE tenant = ? AND received_at < ?`,
		} {
			res, err := tx.ExecContext(ctx, stmt, string(tenant), int64(before))
			if err != nil {
				return fmt.Errorf("delete: %w", err)
			}
			if i == 0 {
				if deleted, err = res.RowsAffected(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return deleted, err
}
