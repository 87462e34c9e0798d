package answer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"passtrail"
	"passtrail/internal/detect"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/store"
)

const (
	keeperEvery = 15 * time.Second
	// keeperFirst is how far back the detections look when the program starts, keeperAgain when records have come in.
	keeperFirst = 90 * passtrail.Day
	keeperAgain = 7 * passtrail.Day
	// keeperAgainSlack is how long a batch may be on its way from its time of arrival to where a look sees it.
	keeperAgainSlack = 5 * passtrail.Minute
	// keeperTries is how often a look begins anew because something was committed meanwhile.
	keeperTries = 3
)

// Keeper looks at the store from time to time: when records came in, or what is derived was made anew, it runs the detections over them and tells the
// pages that are open. It is a web.Watcher.
type Keeper struct {
	store   Store
	engine  *query.Engine
	library *report.Library
	now     func() time.Time
	log     *slog.Logger

	mu       sync.Mutex
	seen     map[passtrail.TenantID]sight
	watchers map[*watcher]bool
	stopped  chan struct{}
}

// sight is what a tenant held when the keeper last looked, and from when to when it has been searched.
type sight struct {
	revision          store.Revision
	records, findings int64
	from, to          passtrail.Ticks
}

// watcher is one open page.
type watcher struct {
	tenant passtrail.TenantID
	told   chan string
}

// NewKeeper returns a keeper; nothing happens before [Keeper.Run].
func NewKeeper(st Store, engine *query.Engine, library *report.Library, now func() time.Time, log *slog.Logger) *Keeper {
	return &Keeper{store: st, engine: engine, library: library, now: now, log: log, seen: map[passtrail.TenantID]sight{}, watchers: map[*watcher]bool{}, stopped: make(chan struct{})}
}

// Run keeps looking until ctx is done. A look that fails is logged and tried again; Run returns nil.
func (k *Keeper) Run(ctx context.Context) error {
	defer close(k.stopped)
	tick := time.NewTicker(keeperEvery)
	defer tick.Stop()
	for {
		if err := k.Look(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("detections did not run", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look looks once at every tenant.
func (k *Keeper) Look(ctx context.Context) error {
	tenants, err := k.store.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		if err := k.lookAt(ctx, t.ID); err != nil {
			return fmt.Errorf("tenant %s: %w", t.ID, err)
		}
	}
	return nil
}

// lookAt compares a tenant with the last look; what is new is searched and told. A look that an ingest, or a derivation,
// overlapped counts for nothing: it is done again, and after some such looks at the next tick.
func (k *Keeper) lookAt(ctx context.Context, tenant passtrail.TenantID) error {
	for range keeperTries {
		before, err := k.store.Revision(ctx, tenant)
		if err != nil {
			return err
		}
		last, known := k.last(tenant)
		if known && last.revision == before {
			return nil
		}
		next, found, err := k.search(ctx, tenant, last, known && last.revision.Whole == before.Whole)
		if err != nil {
			return err
		}
		switch after, err := k.store.Revision(ctx, tenant); {
		case err != nil:
			return err
		case after != before:
			continue
		}
		next.revision = before
		if next.findings, err = k.keep(ctx, tenant, found); err != nil {
			return err
		}
		k.mu.Lock()
		k.seen[tenant] = next
		k.mu.Unlock()
		if known {
			k.tell(tenant, news(last, next))
		}
		return nil
	}
	return nil
}

// search runs the detections over what may be new since the last look, over all of its time when nothing is known.
func (k *Keeper) search(ctx context.Context, tenant passtrail.TenantID, last sight, known bool) (sight, []store.Finding, error) {
	now := passtrail.TicksOf(k.now())
	next := sight{from: now - keeperFirst, to: now}
	from := next.from
	var err error
	if next.records, err = k.records(ctx, tenant, now); err != nil {
		return next, nil, err
	}
	if known {
		next.from = last.from
		if from, err = k.oldestNew(ctx, tenant, last.to); err != nil {
			return next, nil, err
		}
		from = max(min(from, now-keeperAgain), last.from)
	}
	found, notes, err := k.library.Detect(ctx, tenant, detect.Window{From: from, To: now, Now: now})
	for _, n := range notes {
		k.log.Warn(n, "tenant", string(tenant))
	}
	return next, found, err
}

// keep keeps what was found, what continues a finding that is known under its id, and returns how many are kept.
func (k *Keeper) keep(ctx context.Context, tenant passtrail.TenantID, found []store.Finding) (int64, error) {
	known, err := k.store.Findings(ctx, tenant)
	if err != nil {
		return 0, err
	}
	if err := k.store.PutFindings(ctx, detect.Adopt(found, known)); err != nil {
		return 0, err
	}
	all, err := k.store.Findings(ctx, tenant)
	return int64(len(all)), err
}

// last is what the keeper saw of a tenant, and whether it has looked at all.
func (k *Keeper) last(tenant passtrail.TenantID) (sight, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, known := k.seen[tenant]
	return s, known
}

// records counts what a tenant holds.
func (k *Keeper) records(ctx context.Context, tenant passtrail.TenantID, now passtrail.Ticks) (int64, error) {
	res, err := k.engine.Run(ctx, query.Request{Text: "AuditLogs | count", Tenants: []passtrail.TenantID{tenant}, Now: now})
	if err != nil {
		return 0, err
	}
	return whole(res.Tables[0].Rows[0][0]), nil
}

// oldestNew is the first hour of which something came since an instant: records may come late.
func (k *Keeper) oldestNew(ctx context.Context, tenant passtrail.TenantID, since passtrail.Ticks) (passtrail.Ticks, error) {
	hours, err := k.store.Ledger(ctx, tenant)
	if err != nil {
		return 0, err
	}
	oldest := passtrail.Forever
	for _, h := range hours {
		if h.LastSeen >= since-keeperAgainSlack && h.Hour != 0 {
			oldest = min(oldest, h.Hour)
		}
	}
	return oldest, nil
}

// Known answers the findings of a window that reaches to now from those that are kept, for [report.Library]. It can while
// the records, and what is derived from them, are those that the keeper saw last, and for the time that it has searched.
func (k *Keeper) Known(ctx context.Context, tenant passtrail.TenantID, w detect.Window) (found []store.Finding, ok bool, err error) {
	last, known := k.last(tenant)
	if !known || w.From < last.from || w.To < w.Now {
		return nil, false, nil
	}
	if r, err := k.store.Revision(ctx, tenant); err != nil || r != last.revision {
		return nil, false, err
	}
	all, err := k.store.Findings(ctx, tenant)
	if err != nil {
		return nil, false, err
	}
	for _, f := range all {
		if f.End >= w.From && f.Start < w.To {
			found = append(found, f)
		}
	}
	return found, true, nil
}

// news says what came since the last look.
func news(last, next sight) string {
	text := "The records changed; show them"
	if n := next.records - last.records; n > 0 {
		text = digits(n) + " new records; show them"
	}
	if n := next.findings - last.findings; n > 0 {
		text = digits(n) + " new findings, " + text
	}
	return text
}

// tell tells every open page of a tenant. A page that has not taken the last news yet gets them later.
func (k *Keeper) tell(tenant passtrail.TenantID, text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for w := range k.watchers {
		if w.tenant != tenant {
			continue
		}
		select {
		case w.told <- text:
		default:
		}
	}
}

// Watch calls changed with what is new for a tenant until ctx is done or the keeper stops.
func (k *Keeper) Watch(ctx context.Context, tenant passtrail.TenantID, changed func(text string)) error {
	w := &watcher{tenant: tenant, told: make(chan string, 1)}
	k.mu.Lock()
	k.watchers[w] = true
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		delete(k.watchers, w)
		k.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.stopped:
			return nil
		case text := <-w.told:
			changed(text)
		}
	}
}
