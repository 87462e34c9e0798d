package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
	"passtrail/internal/store"
)

// prepareWriter makes what the writing connection needs beside the tables.
func (s *Store) prepareWriter(ctx context.Context, readOnly bool) error {
	if readOnly {
		return nil
	}
	s.covered, s.cut = map[passtrail.TenantID]hours{}, map[passtrail.TenantID]bool{}
	var err error
	if s.incoming, err = newIncoming(); err != nil {
		return err
	}
	source := duckdb.ParallelChunkTableFunction{BindArguments: func(map[string]any, ...any) (duckdb.ParallelChunkTableSource, error) { return s.incoming, nil }}
	return duckdb.RegisterTableUDF(s.w, incomingName, source)
}

// Commit stores a batch in one transaction. It fails with code Denied, and stores nothing, when the batch's tenant has
// not opted in, and with Invalid when a record is of another tenant than the batch.
//
// The records that are stored in the end do not depend on the order or the cut of the batches: of the arrivals with one
// upstream id the richest shape stays (of equals the first), and a record without upstream id stays only while no
// arrival with an upstream id has had its hash.
func (s *Store) Commit(ctx context.Context, b *store.Batch) (store.Counts, error) {
	if err := validate(b); err != nil {
		return store.Counts{}, err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if len(b.Snapshots) > 0 && s.open != nil && s.open.rows > 0 {
		if err := s.settle(); err != nil { // a snapshot needs the memory that records that are put off take
			return store.Counts{}, err
		}
	}
	p, err := s.begin(ctx)
	if err != nil {
		return store.Counts{}, err
	}
	c := &commit{s: s, p: p, tx: p.tx, b: b}
	p.tenants[b.Tenant] = true
	if err := c.run(context.WithoutCancel(ctx)); err != nil {
		return store.Counts{}, s.abandon(p, c.wrote, err)
	}
	if b.Durable != nil {
		p.durable = append(p.durable, func() { b.Durable(c.counts) })
	}
	if err := s.finish(p, b.More); err != nil {
		return store.Counts{}, err
	}
	return c.counts, nil
}

func validate(b *store.Batch) error {
	if b.Tenant == "" && len(b.Records)+len(b.Snapshots) > 0 {
		return passtrail.Errorf(passtrail.Invalid, "duckdb.Commit", "a batch with records needs a tenant")
	}
	for i := range b.Records {
		if b.Records[i].Tenant != b.Tenant {
			return passtrail.Errorf(passtrail.Invalid, "duckdb.Commit", "record %d of the batch is of tenant %s, the batch of tenant %s", i, b.Records[i].Tenant, b.Tenant)
		}
	}
	return nil
}

// commit is one call of Store.Commit.
type commit struct {
	s      *Store
	p      *putOff
	tx     *sql.Tx
	b      *store.Batch
	batch  int64
	from   passtrail.Ticks    // what is older is past the tenant's retention; 0 for none
	keep   []passtrail.Record // of the batch's records those that are not
	counts store.Counts
	ledger ledger
	wrote  bool // something of the batch is in the transaction
}

func (c *commit) run(ctx context.Context) error {
	if c.b.Tenant != "" {
		days, err := optedIn(ctx, c.tx, c.b.Tenant)
		if err != nil {
			return err
		}
		c.from = store.KeepsFrom(days, c.b.At)
	}
	c.wrote = true
	if err := c.nextBatch(ctx); err != nil {
		return err
	}
	c.ledger = ledger{}
	if err := c.records(ctx); err != nil {
		return fmt.Errorf("records: %w", err)
	}
	if err := c.snapshots(ctx); err != nil {
		return fmt.Errorf("snapshots: %w", err)
	}
	if err := c.quarantine(ctx); err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	for _, o := range c.b.Other {
		h := c.ledger.at(o.Hour)
		h.Received += o.Count
		h.Other += o.Count
	}
	if err := c.ledger.store(ctx, c.tx, c.b); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	c.counts = c.ledger.total(c.counts.Replaced)
	if err := c.noteBatch(ctx); err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	return c.checkpoint(ctx)
}

// nextBatch takes the next batch number.
func (c *commit) nextBatch(ctx context.Context) error {
	c.batch = c.p.head.Number + 1
	_, err := putState(ctx, c.tx, "batch", c.batch)
	return err
}

// putState sets a number of the table state. An update first: it takes a third of the time of an INSERT that may conflict.
func putState(ctx context.Context, tx *sql.Tx, name string, value int64) (sql.Result, error) {
	res, err := tx.ExecContext(ctx, `UPDATE state SET value = ? WHERE name = ?`, value, name)
	if err != nil {
		return nil, err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return res, err
	}
	return tx.ExecContext(ctx, `INSERT INTO state (name, value) VALUES (?, ?)`, name, value)
}

// checkpoint stores the batch's checkpoints with one statement: thousands of them, one for each small file of a folder,
// would each take a block of the transaction's memory.
func (c *commit) checkpoint(ctx context.Context) error {
	const put = `INSERT INTO checkpoint (source, position, moved_at, batch) SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), ?::BIGINT, ?::BIGINT
		ON CONFLICT (source) DO UPDATE SET position = excluded.position, moved_at = excluded.moved_at, batch = excluded.batch`
	all := c.b.Checkpoints
	if c.b.CheckpointKey != "" {
		all = append(all[:len(all):len(all)], store.Checkpoint{Key: c.b.CheckpointKey, Position: c.b.Position})
	}
	if len(all) == 0 {
		return nil
	}
	last := make(map[string]string, len(all))
	for _, p := range all {
		if !utf8.ValidString(p.Key) || !utf8.ValidString(p.Position) { // in a list, the engine's driver ends the process over it
			return passtrail.Errorf(passtrail.Invalid, "duckdb.Commit", "a checkpoint is not valid UTF-8")
		}
		last[p.Key] = p.Position
		c.p.checkpoints[p.Key] = p.Position
	}
	keys, positions := make([]string, 0, len(last)), make([]string, 0, len(last))
	for _, key := range slices.Sorted(maps.Keys(last)) {
		keys, positions = append(keys, key), append(positions, last[key])
	}
	_, err := c.tx.ExecContext(ctx, put, keys, positions, int64(c.b.At), c.batch)
	return err
}

func (c *commit) quarantine(ctx context.Context) error {
	n, err := setAside(ctx, c.tx, c.b, c.batch)
	if err != nil || len(c.b.Quarantine) == 0 {
		return err
	}
	all := int64(len(c.b.Quarantine))
	h := c.ledger.at(0)
	h.Received += all
	h.SetAside += n
	h.Repeats += all - n
	return nil
}

// records merges the batch's records with what is stored.
func (c *commit) records(ctx context.Context) error {
	if c.passOver(); len(c.keep) == 0 {
		return nil
	}
	m := merge(c.keep)
	if err := c.match(ctx, m); err != nil {
		return err
	}
	if err := c.replace(ctx, m); err != nil {
		return err
	}
	if err := c.insert(m); err != nil {
		return err
	}
	c.counts.Replaced = m.replaced()
	for i := range c.keep {
		h := c.ledger.at(c.keep[i].Time)
		h.Received++
		h.LastRecord = max(h.LastRecord, c.keep[i].Time)
		if m.stored[i] {
			h.Stored++
		} else {
			h.Repeats++
		}
	}
	return nil
}

// passOver counts the records that are past the tenant's retention and leaves the others to keep.
func (c *commit) passOver() {
	past := func(r passtrail.Record) bool { return r.Time < c.from }
	c.keep = c.b.Records
	if !slices.ContainsFunc(c.keep, past) {
		return
	}
	c.keep = slices.DeleteFunc(slices.Clone(c.keep), past)
	for i := range c.b.Records {
		if r := &c.b.Records[i]; r.Time < c.from {
			h := c.ledger.at(r.Time)
			h.Received++
			h.PastRetention++
			h.LastRecord = max(h.LastRecord, r.Time)
		}
	}
}

// raw calls f with the driver's connection that writes; within a transaction with the transaction's.
func (s *Store) raw(f func(*duckdb.Conn) error) error {
	return s.w.Raw(func(dc any) error { return f(dc.(*duckdb.Conn)) })
}

// insert puts the records that stay into the table.
func (c *commit) insert(m *merged) error {
	keep := make([]*passtrail.Record, 0, len(m.entries))
	for i := range m.entries {
		if e := &m.entries[i]; !e.dropped {
			keep = append(keep, &c.keep[e.winner])
		}
	}
	if len(keep) == 0 {
		return nil
	}
	// Records of one kind lie together, so that a question about a rare kind reads few vectors of the other columns.
	slices.SortStableFunc(keep, func(a, b *passtrail.Record) int { return strings.Compare(a.ActivityKey, b.ActivityKey) })
	c.p.rows += len(keep)
	return c.s.insertRecords(keep, c.batch)
}
