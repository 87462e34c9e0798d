package duckdb

import (
	"context"
	"encoding/hex"
	"fmt"

	"passtrail"
	"passtrail/internal/identity"
)

// rehashRows is how many records of applications are hashed at once.
const rehashRows = 100_000

// rehash gives records of applications the hash of this program. Until November 2026 the application's id went into it,
// which the portal's CSV has not: the same event by both ways was two records. A row of the CSV that is then seen to be
// the same as a record with an id gives way to it, as it does when the two come in anew.
func (d *derivation) rehash(ctx context.Context) error {
	changed, after := false, int64(-1)
	for {
		places, hashes, last, err := d.oldHashes(ctx, after)
		if err != nil {
			return err
		}
		if len(places) > 0 {
			changed = true
			const update = `UPDATE record SET hash = h.hash FROM (SELECT unnest(?1::BIGINT[]) AS place, unnest(?2::VARCHAR[])::UUID AS hash) h WHERE record.rowid = h.place`
			if _, err := d.exec(ctx, update, places, hashes); err != nil {
				return err
			}
		}
		if last == after {
			break
		}
		after = last
	}
	if !changed {
		return nil
	}
	_, err := d.exec(ctx, fmt.Sprintf(`DELETE FROM record WHERE starts_with(id, 'h:') AND EXISTS (
		SELECT 1 FROM record r WHERE r.tenant = record.tenant AND r.hash = record.hash AND NOT starts_with(r.id, 'h:')
			AND r.time BETWEEN record.time - %[1]d AND record.time + %[1]d)`, passtrail.Second))
	return err
}

// oldHashes returns the places (rowid) of records behind one whose hash is that of older programs, with the hash of this
// one; last is the place of the last record looked at, after if there is none.
func (d *derivation) oldHashes(ctx context.Context, after int64) (places []int64, hashes []string, last int64, err error) {
	const page = `SELECT rowid, time, correlation_id, service, activity, result, reason, actor_id, actor_upn, actor_name, target_id, target_upn, target_name, replace(hash::VARCHAR, '-', '')
		FROM record WHERE actor_kind = 'app' AND rowid > ?1 ORDER BY rowid LIMIT ?2`
	rows, err := d.tx.QueryContext(ctx, page, after, rehashRows)
	if err != nil {
		return nil, nil, after, err
	}
	defer rows.Close()
	last = after
	var buf []byte
	for rows.Next() {
		r := passtrail.Record{ActorKind: passtrail.ActorApp}
		var stored string
		if err := rows.Scan(&last, &r.Time, &r.CorrelationID, &r.Service, &r.Activity, &r.Result, &r.Reason, &r.ActorID, &r.ActorUPN, &r.ActorName,
			&r.TargetID, &r.TargetUPN, &r.TargetName, &stored); err != nil {
			return nil, nil, after, fmt.Errorf("scan: %w", err)
		}
		words := identity.Words(r.Service, r.Activity, r.Result, r.Reason)
		var now [16]byte
		now, buf = identity.Hash(&r, words, r.Time, buf)
		old := identity.HashWithApp(&r, words)
		if now != old && hex.EncodeToString(old[:]) == stored {
			places, hashes = append(places, last), append(hashes, hex.EncodeToString(now[:]))
		}
	}
	return places, hashes, last, rows.Err()
}
