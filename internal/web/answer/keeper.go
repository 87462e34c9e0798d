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
)

// Keeper looks at the store from time to time: when records came in it runs the detections over them and tells the
// pages that are open. It is a web.Watcher.
type Keeper struct {
	store   store.Store
	engine  *query.Engine
	library *report.Library
	now     func() time.Time
	log     *slog.Logger

	mu       sync.Mutex
	seen     map[passtrail.TenantID]sight
	watchers map[*watcher]bool
	stopped  chan struct{}
}

// sight is what a tenant held when the keeper last looked.
type sight struct{ records, findings int64 }

// watcher is one open page.
type watcher struct {
	tenant passtrail.TenantID
	told   chan string
}

// NewKeeper returns a keeper; nothing happens before [Keeper.Run].
func NewKeeper(st store.Store, engine *query.Engine, library *report.Library, now func() time.Time, log *slog.Logger) *Keeper {
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

// lookAt compares a tenant with the last look; what is new is searched and told.
func (k *Keeper) lookAt(ctx context.Context, tenant passtrail.TenantID) error {
	now := passtrail.TicksOf(k.now())
	res, err := k.engine.Run(ctx, query.Request{Text: "AuditLogs | count", Tenants: []passtrail.TenantID{tenant}, Now: now})
	if err != nil {
		return err
	}
	records := whole(res.Tables[0].Rows[0][0])
	k.mu.Lock()
	last, known := k.seen[tenant]
	k.mu.Unlock()
	if known && last.records == records {
		return nil
	}
	span := keeperAgain
	if !known {
		span = keeperFirst
	}
	if err := k.detect(ctx, tenant, detect.Window{From: now - span, To: now, Now: now}); err != nil {
		return err
	}
	all, err := k.store.Findings(ctx, tenant)
	if err != nil {
		return err
	}
	next := sight{records: records, findings: int64(len(all))}
	k.mu.Lock()
	k.seen[tenant] = next
	k.mu.Unlock()
	if known {
		k.tell(tenant, news(last, next))
	}
	return nil
}

// detect runs the detections and keeps what they find; what continues a finding that is known goes under its id.
func (k *Keeper) detect(ctx context.Context, tenant passtrail.TenantID, w detect.Window) error {
	found, notes, err := k.library.Detect(ctx, tenant, w)
	if err != nil {
		return err
	}
	for _, n := range notes {
		k.log.Warn(n, "tenant", string(tenant))
	}
	known, err := k.store.Findings(ctx, tenant)
	if err != nil {
		return err
	}
	return k.store.PutFindings(ctx, detect.Adopt(found, known))
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
