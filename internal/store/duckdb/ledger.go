package duckdb

import (
	"context"
	"database/sql"

	"passtrail"
	"passtrail/internal/store"
)

// ledger gathers a batch's counts by the hour of the records' time; hour 0 is for inputs whose time is unknown.
type ledger map[passtrail.Ticks]*store.LedgerHour

// at returns the hour that holds t.
func (l ledger) at(t passtrail.Ticks) *store.LedgerHour {
	hour := t - t%passtrail.Hour
	h := l[hour]
	if h == nil {
		h = &store.LedgerHour{Hour: hour}
		l[hour] = h
	}
	return h
}

func (l ledger) total(replaced int64) store.Counts {
	c := store.Counts{Replaced: replaced}
	for _, h := range l {
		c.Received += h.Received
		c.Stored += h.Stored
		c.Repeats += h.Repeats
		c.SetAside += h.SetAside
		c.Other += h.Other
		c.PastRetention += h.PastRetention
	}
	return c
}

// store adds the counts to the ledger of the batch's tenant and source.
func (l ledger) store(ctx context.Context, tx *sql.Tx, b *store.Batch) error {
	if len(l) == 0 {
		return nil
	}
	var hour, received, stored, repeats, aside, other, past, last, states []int64
	for _, h := range l {
		hour = append(hour, int64(h.Hour))
		received, stored, repeats = append(received, h.Received), append(stored, h.Stored), append(repeats, h.Repeats)
		aside, other, past = append(aside, h.SetAside), append(other, h.Other), append(past, h.PastRetention)
		last, states = append(last, int64(h.LastRecord)), append(states, h.SnapshotRows)
	}
	const put = `INSERT INTO ledger (tenant, source, hour, received, stored, repeats, set_aside, other, past_retention, last_seen, last_record, snapshot_rows)
		SELECT ?1, ?2, unnest(?3::BIGINT[]), unnest(?4::BIGINT[]), unnest(?5::BIGINT[]), unnest(?6::BIGINT[]), unnest(?7::BIGINT[]), unnest(?8::BIGINT[]), unnest(?9::BIGINT[]), ?10::BIGINT, nullif(unnest(?11::BIGINT[]), 0), unnest(?12::BIGINT[])
		ON CONFLICT (tenant, source, hour) DO UPDATE SET received = received + excluded.received, stored = stored + excluded.stored,
			repeats = repeats + excluded.repeats, set_aside = set_aside + excluded.set_aside, other = other + excluded.other,
			past_retention = coalesce(past_retention, 0) + excluded.past_retention, snapshot_rows = coalesce(snapshot_rows, 0) + excluded.snapshot_rows,
			last_seen = greatest(last_seen, excluded.last_seen), last_record = greatest(last_record, excluded.last_record),
			final_since = CASE WHEN excluded.stored + excluded.other = 0 THEN final_since END`
	_, err := tx.ExecContext(ctx, put, string(b.Tenant), b.Source, hour, received, stored, repeats, aside, other, past, int64(b.At), last, states)
	return err
}
