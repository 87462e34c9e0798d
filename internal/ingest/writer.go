package ingest

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/store"
)

// writer stores what the parsers made, in order, in transactions of some size.
type writer struct {
	store    Store
	cfg      Config
	sum      *Summary
	progress Progress
	begun    time.Time

	pending   map[passtrail.TenantID]*store.Batch
	order     []passtrail.TenantID
	places    map[string]string // checkpoints to store with the pending batches
	name      string            // short name of the pending batches' source
	records   int
	bytes     int
	room      int   // records of the last full batch
	taken     int64 // documents that were handed on to be stored, set aside or counted
	pool      slicePool
	flushed   time.Time
	refreshed time.Time

	allowed map[passtrail.TenantID]error // nil: collection is on
	snaps   collector
	inputs  map[*input]bool
	current *input
}

func newWriter(st Store, cfg Config) *writer {
	now := cfg.Now()
	return &writer{store: st, cfg: cfg, sum: newSummary(), begun: now, flushed: now, refreshed: now, pending: map[passtrail.TenantID]*store.Batch{},
		places: map[string]string{}, allowed: map[passtrail.TenantID]error{}, snaps: collector{asOf: cfg.AsOf, seed: maphash.MakeSeed()}, inputs: map[*input]bool{}}
}

func (w *writer) took() time.Duration { return w.cfg.Now().Sub(w.begun) }

// run stores the jobs as they come, and the snapshots at the end.
func (w *writer) run(ctx context.Context, ordered <-chan *job) error {
	for j := range ordered {
		select {
		case <-j.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := w.take(ctx, j); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w.endInput()
	if err := w.flush(ctx, false); err != nil {
		return err
	}
	return w.storeSnapshots(ctx)
}

// maxPlaces is how many checkpoints of small files a transaction stores at most.
const maxPlaces = 2000

// take adds a job to the pending batches and flushes when they are big enough.
func (w *writer) take(ctx context.Context, j *job) error {
	in, out := j.input, &j.out
	if w.current != in {
		w.endInput()
		w.current = in
		w.sum.Files++
		in.empty = true
	}
	if w.name != in.Name && w.records > 0 {
		if err := w.flush(ctx, true); err != nil {
			return err
		}
	}
	w.name = in.Name
	if out.err != nil {
		// What came before is stored: the run can go on there once the tenant is told.
		if err := w.flush(ctx, false); err != nil {
			return err
		}
		return out.err
	}
	if err := w.addRecords(ctx, in, out.records); err != nil {
		return err
	}
	if err := w.addOthers(ctx, in, out); err != nil {
		return err
	}
	if err := w.addRows(ctx, in, out); err != nil {
		return err
	}
	w.bytes += out.bytes
	w.checkpoint(in, j.batch.Position)
	w.advance(j)
	if w.records >= w.cfg.BatchRecords || w.bytes >= w.cfg.BatchBytes || len(w.places) >= maxPlaces || w.cfg.Now().Sub(w.flushed) >= flushEvery {
		return w.flush(ctx, true)
	}
	return nil
}

// advance counts progress.
func (w *writer) advance(j *job) {
	in, out := j.input, &j.out
	good := len(out.records) + len(out.rows) + len(out.pages) + len(out.other)
	in.good += int64(good)
	in.pages += int64(len(out.pages))
	in.bad += int64(len(out.quarantine))
	in.old = in.old || j.batch.Unchanged
	if len(j.batch.Documents) > 0 {
		in.empty = false
	}
	w.progress.Bytes += j.batch.BytesRead
	w.sum.Bytes = w.progress.Bytes
	w.progress.Records += int64(len(j.batch.Documents))
	w.cfg.Progress(w.progress)
}

// endInput notes how the input that is now over fared.
func (w *writer) endInput() {
	in := w.current
	switch {
	case in == nil:
	case in.empty && in.old:
		w.sum.Unchanged++
	case in.empty, in.good == in.pages && in.bad == 0:
		w.sum.Empty++
	case in.good == 0 && in.bad > 0:
		w.sum.Unreadable = append(w.sum.Unreadable, in.Path)
	}
}

// checkpoint notes how far an input was read. It waits for the snapshot when the input has rows of one, and stays where
// it was when some of the input was refused.
func (w *writer) checkpoint(in *input, position string) {
	switch {
	case in.key == "" || position == "" || in.refused:
	case w.inputs[in]:
		in.held = position
	default:
		w.places[in.key] = position
	}
}

// batch returns the pending batch of a tenant, nil when collection is off for it.
func (w *writer) batch(ctx context.Context, in *input, tenant passtrail.TenantID, documents int64) (*store.Batch, error) {
	if b := w.pending[tenant]; b != nil {
		return b, nil
	}
	if tenant != "" {
		err, known := w.allowed[tenant]
		if !known {
			var fatal error
			if err, fatal = w.mayCollect(ctx, tenant); fatal != nil {
				return nil, fatal
			}
			w.allowed[tenant] = err
		}
		if err != nil {
			in.refused = true
			w.sum.Refused[tenant] += documents
			return nil, nil
		}
	}
	b := &store.Batch{Tenant: tenant, Source: in.Name, At: passtrail.TicksOf(w.cfg.Now())}
	w.pending[tenant] = b
	w.order = append(w.order, tenant)
	return b, nil
}

// mayCollect asks whether a tenant has opted in; off says why not.
func (w *writer) mayCollect(ctx context.Context, id passtrail.TenantID) (off, fatal error) {
	t, err := w.store.Tenant(ctx, id)
	switch {
	case passtrail.CodeOf(err) == passtrail.NotFound:
		return passtrail.Errorf(passtrail.Denied, "ingest.Run", "collection is off for tenant %s, which is new here: run \"passtrail init --tenant %s --opt-in\", then the same command again", id, id), nil
	case err != nil:
		return nil, fmt.Errorf("tenant %s: %w", id, err)
	case t.OptedInAt == 0:
		return passtrail.Errorf(passtrail.Denied, "ingest.Run", "collection is off for tenant %s: run \"passtrail init --tenant %s --opt-in\", then the same command again", id, id), nil
	}
	return nil, nil
}

// addRecords sorts records to their tenants' batches, a run of one tenant at a time.
func (w *writer) addRecords(ctx context.Context, in *input, all []passtrail.Record) error {
	records := all
	for len(records) > 0 {
		tenant, n := records[0].Tenant, 1
		for n < len(records) && records[n].Tenant == tenant {
			n++
		}
		in.tenant = tenant
		b, err := w.batch(ctx, in, tenant, int64(n))
		if err != nil {
			return err
		}
		if b != nil {
			if b.Records == nil {
				b.Records = w.pool.take(max(n, w.room))
			}
			b.Records = append(b.Records, records[:n]...)
			w.records += n
			w.taken += int64(n)
		}
		records = records[n:]
	}
	w.pool.give(all)
	return nil
}

// addOthers takes up what is set aside or counted only.
func (w *writer) addOthers(ctx context.Context, in *input, out *parsed) error {
	for i := range out.quarantine {
		q := &out.quarantine[i]
		if q.Tenant == "" {
			q.Tenant = in.tenant
		}
		b, err := w.batch(ctx, in, q.Tenant, 1)
		if err != nil {
			return err
		}
		w.sum.problem(q)
		if b != nil {
			b.Quarantine = append(b.Quarantine, *q)
			w.records++
			w.taken++
			w.bytes += len(q.Bytes)
		}
	}
	for _, n := range out.notes {
		w.sum.passedOver(n)
	}
	for _, n := range out.far {
		w.sum.far(n)
	}
	if out.assumed {
		w.sum.OnlyTenant = w.cfg.only
	}
	for k, count := range out.other {
		if k.tenant == "" {
			k.tenant = in.tenant
		}
		b, err := w.batch(ctx, in, k.tenant, count)
		if err != nil {
			return err
		}
		if b != nil {
			b.Other = append(b.Other, store.OtherCount{Category: k.category, Hour: k.hour, Count: count})
			w.taken += count
		}
	}
	return nil
}

// addRows hands snapshot rows to the collector.
func (w *writer) addRows(ctx context.Context, in *input, out *parsed) error {
	rows := out.rows[:0]
	for _, row := range out.rows {
		b, err := w.batch(ctx, in, row.tenant, 1)
		if err != nil {
			return err
		}
		if b != nil {
			rows = append(rows, row)
			w.inputs[in] = true
			w.taken += int64(max(len(row.roles), 1))
		}
	}
	return w.snaps.add(in, rows, out.pages)
}

// flush commits what is pending, the checkpoints with the last batch. More says that the run goes on.
func (w *writer) flush(ctx context.Context, more bool) error {
	w.flushed = w.cfg.Now()
	tenants := slices.DeleteFunc(w.order, func(t passtrail.TenantID) bool { return isEmpty(w.pending[t]) })
	places := w.checkpoints()
	if len(tenants) == 0 && len(places) > 0 {
		tenants = []passtrail.TenantID{""}
		w.pending[""] = &store.Batch{Source: w.name, At: passtrail.TicksOf(w.flushed)}
	}
	for i, t := range tenants {
		b := w.pending[t]
		if i == len(tenants)-1 {
			b.Checkpoints = places
		}
		b.More = true // the Refresh at the end of the run makes all durable
		b.Durable = w.sum.batch(b)
		if _, err := w.store.Commit(ctx, b); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		w.room = max(w.room, len(b.Records))
		w.pool.give(b.Records)
	}
	clear(w.pending)
	clear(w.places)
	w.order, w.records, w.bytes = nil, 0, 0
	if w.cfg.Now().Sub(w.refreshed) >= refreshEvery {
		if err := w.store.Refresh(ctx); err != nil {
			return fmt.Errorf("refresh: %w", err)
		}
		w.refreshed = w.cfg.Now()
	}
	return nil
}

func isEmpty(b *store.Batch) bool {
	return len(b.Records)+len(b.Quarantine)+len(b.Other)+len(b.Snapshots) == 0
}

// checkpoints lists the checkpoints to store, by key.
func (w *writer) checkpoints() []store.Checkpoint {
	out := make([]store.Checkpoint, 0, len(w.places))
	for key, position := range w.places {
		out = append(out, store.Checkpoint{Key: key, Position: position})
	}
	slices.SortFunc(out, func(a, b store.Checkpoint) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// storeSnapshots commits the snapshots, the last one together with the checkpoints of the inputs they came from.
func (w *writer) storeSnapshots(ctx context.Context) error {
	all := w.snaps.snapshots()
	for in := range w.inputs {
		if in.held != "" && !in.refused {
			w.places[in.key] = in.held
		}
	}
	for i := range all {
		if err := w.storeSnapshot(ctx, &all[i], i == len(all)-1); err != nil {
			return err
		}
	}
	return nil
}

// storeSnapshot commits a snapshot, some rows at a time in one transaction.
func (w *writer) storeSnapshot(ctx context.Context, s *snapshotOf, lastOfAll bool) error {
	return w.snaps.parts(s, func(r *rows, last bool) error {
		sn := store.Snapshot{Kind: s.Kind, TakenAt: s.TakenAt, Complete: s.Complete && last, Registrations: r.Regs, Roles: r.Roles}
		b := &store.Batch{Tenant: s.tenant, Source: w.name, Snapshots: []store.Snapshot{sn}, At: passtrail.TicksOf(w.cfg.Now()), More: !last}
		if last && lastOfAll {
			b.Checkpoints = w.checkpoints()
		}
		b.Durable = w.sum.batch(b)
		if _, err := w.store.Commit(ctx, b); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		return nil
	})
}

// refusal is the error of a run that met tenants without opt-in.
func (w *writer) refusal() error {
	var ids []passtrail.TenantID
	for id := range w.sum.Refused {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	err := w.allowed[ids[0]]
	if len(ids) == 1 {
		return err
	}
	return passtrail.Errorf(passtrail.Denied, "ingest.Run", "%v; and it is off for %d more tenants", err, len(ids)-1)
}
