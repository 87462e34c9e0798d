package duckdb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"

	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
	"passtrail/internal/store"
)

// Quarantined lists inputs that were set aside, oldest first, without their bytes.
func (s *Store) Quarantined(ctx context.Context, f store.QuarantineFilter) ([]store.Quarantine, error) {
	if err := s.settled(); err != nil {
		return nil, err
	}
	rows, err := s.db.SQL.QueryContext(ctx, `SELECT id, tenant, source, position, reason, code, received_at FROM quarantine
		WHERE (?1 = '' OR tenant = ?1) AND (?2 = '' OR source = ?2) AND (?3 = '' OR code = ?3)
		ORDER BY id LIMIT CASE WHEN ?4 = 0 THEN 9223372036854775807 ELSE ?4 END`,
		string(f.Tenant), f.Source, f.Code, int64(f.Limit))
	return collect(rows, err, func(r *sql.Rows) (q store.Quarantine, err error) {
		err = r.Scan(&q.ID, &q.Tenant, &q.Source, &q.Position, &q.Reason, &q.Code, &q.At)
		return q, err
	})
}

// QuarantineItem returns one input with its bytes, or an error with code NotFound.
func (s *Store) QuarantineItem(ctx context.Context, id int64) (store.Quarantine, error) {
	var q store.Quarantine
	if err := s.settled(); err != nil {
		return q, err
	}
	err := s.db.SQL.QueryRowContext(ctx, `SELECT id, tenant, source, position, reason, code, bytes, received_at FROM quarantine WHERE id = ?`, id).
		Scan(&q.ID, &q.Tenant, &q.Source, &q.Position, &q.Reason, &q.Code, &q.Bytes, &q.At)
	if errors.Is(err, sql.ErrNoRows) {
		return q, passtrail.Errorf(passtrail.NotFound, "duckdb.QuarantineItem", "there is no quarantined input %d", id)
	}
	return q, err
}

// DropQuarantined removes inputs, after a retry took them in. Those that are not there are passed over.
func (s *Store) DropQuarantined(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM quarantine WHERE id IN (SELECT unnest(?::BIGINT[]))`, ids)
		return err
	})
}

// setAside stores the inputs of a batch that are not in quarantine yet and returns how many that were.
func setAside(ctx context.Context, tx *sql.Tx, b *store.Batch, batch int64) (stored int64, err error) {
	if len(b.Quarantine) == 0 {
		return 0, nil
	}
	const put = `INSERT INTO quarantine (tenant, source, position, reason, code, bytes, digest, received_at, batch)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7::UUID, ?8, ?9 WHERE NOT EXISTS (SELECT 1 FROM quarantine WHERE digest = ?7::UUID)`
	stmt, err := tx.PrepareContext(ctx, put)
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	for _, q := range b.Quarantine {
		if q.Tenant == "" {
			q.Tenant = b.Tenant
		}
		if q.Source == "" {
			q.Source = b.Source
		}
		if q.At == 0 {
			q.At = b.At
		}
		if q.Bytes == nil {
			q.Bytes = []byte{}
		}
		res, err := stmt.ExecContext(ctx, string(q.Tenant), q.Source, q.Position, q.Reason, q.Code, q.Bytes, inputDigest(q).String(), int64(q.At), batch)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, err
		}
		stored += n
	}
	return stored, nil
}

// inputDigest identifies an input of a tenant by its bytes; where it was found does not matter.
func inputDigest(q store.Quarantine) *duckdb.UUID {
	h := sha256.New()
	h.Write([]byte(q.Tenant))
	h.Write([]byte{0})
	h.Write(q.Bytes)
	return (*duckdb.UUID)(h.Sum(nil)[:16])
}
