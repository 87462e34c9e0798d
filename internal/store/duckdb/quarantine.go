package duckdb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
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

// asideBytes bounds the inputs that one statement stores.
const asideBytes = 8 << 20

// setAside stores the inputs of a batch that are not in quarantine yet and returns how many that were.
func setAside(ctx context.Context, tx *sql.Tx, b *store.Batch, batch int64) (stored int64, err error) {
	var a aside
	seen := map[string]bool{}
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
		digest := inputDigest(q).String()
		if seen[digest] {
			continue
		}
		seen[digest] = true
		if a.add(&q, digest); a.size < asideBytes {
			continue
		}
		n, err := a.store(ctx, tx, batch)
		if err != nil {
			return 0, err
		}
		stored, a = stored+n, aside{}
	}
	n, err := a.store(ctx, tx, batch)
	return stored + n, err
}

// aside is inputs as SQL takes them: one list a column.
type aside struct {
	tenant, source, position, reason, code, bytes, digest []string
	at                                                    []int64
	size                                                  int
}

func (a *aside) add(q *store.Quarantine, digest string) {
	a.tenant, a.source, a.position = append(a.tenant, string(q.Tenant)), append(a.source, q.Source), append(a.position, q.Position)
	a.reason, a.code, a.digest = append(a.reason, q.Reason), append(a.code, q.Code), append(a.digest, digest)
	a.bytes, a.at = append(a.bytes, base64.StdEncoding.EncodeToString(q.Bytes)), append(a.at, int64(q.At))
	a.size += len(q.Bytes) + len(q.Position) + 200
}

func (a *aside) store(ctx context.Context, tx *sql.Tx, batch int64) (int64, error) {
	if len(a.digest) == 0 {
		return 0, nil
	}
	const put = `INSERT INTO quarantine (tenant, source, position, reason, code, bytes, digest, received_at, batch)
		SELECT tenant, source, position, reason, code, from_base64(bytes), digest::UUID, received_at, ?9 FROM (
			SELECT unnest(?1::VARCHAR[]) AS tenant, unnest(?2::VARCHAR[]) AS source, unnest(?3::VARCHAR[]) AS position, unnest(?4::VARCHAR[]) AS reason,
				unnest(?5::VARCHAR[]) AS code, unnest(?6::VARCHAR[]) AS bytes, unnest(?7::VARCHAR[]) AS digest, unnest(?8::BIGINT[]) AS received_at,
				unnest(range(len(?7::VARCHAR[]))) AS n) given
		WHERE NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.digest = given.digest::UUID) ORDER BY n`
	res, err := tx.ExecContext(ctx, put, a.tenant, a.source, a.position, a.reason, a.code, a.bytes, a.digest, a.at, batch)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// inputDigest identifies an input of a tenant by its bytes; where it was found does not matter.
func inputDigest(q store.Quarantine) *duckdb.UUID {
	h := sha256.New()
	h.Write([]byte(q.Tenant))
	h.Write([]byte{0})
	h.Write(q.Bytes)
	return (*duckdb.UUID)(h.Sum(nil)[:16])
}
