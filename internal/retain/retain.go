// Package retain deletes what tenants do not keep any longer: records past the retention that a tenant has set, and what
// was made of them. The store knows how to delete ([store.Facts]); this package knows when, and tells what it did.
//
// Start at [Keeper.Run].
package retain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"passtrail"
	"passtrail/internal/store"
)

// lookEvery is how often a keeper looks whether a new day has begun.
const lookEvery = 10 * time.Minute

// Store is what is deleted, for whom, and where that is noted.
type Store interface {
	store.Facts
	store.Registry
}

// Keeper holds the tenants of a store to their retention. Its methods may be called from several goroutines.
type Keeper struct {
	store Store
	now   func() time.Time
	log   *slog.Logger
	asked chan struct{}

	mu    sync.Mutex
	swept passtrail.Ticks // the day of the last look that came to its end
}

// New returns a keeper; nothing happens before [Keeper.Run] or a call of its methods.
func New(st Store, now func() time.Time, log *slog.Logger) *Keeper {
	return &Keeper{store: st, now: now, log: log, asked: make(chan struct{}, 1)}
}

// Run sweeps at once, then whenever a day (UTC) has begun and whenever [Keeper.Ask] asks, until ctx is done. A sweep that
// fails is logged, and done again at the next look; Run returns nil.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for look := k.Look; ; {
		if err := look(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("what is past its retention was not deleted", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-k.asked:
			look = k.Sweep
		case <-tick.C:
			look = k.Look
		}
	}
}

// Look sweeps unless that was done this day (UTC).
func (k *Keeper) Look(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := passtrail.TicksOf(k.now())
	today := now - now%passtrail.Day
	if today == k.swept {
		return nil
	}
	err := k.Sweep(ctx)
	if err == nil {
		k.swept = today
	}
	return err
}

// Ask has Run sweep soon, after a retention was changed. It does not wait.
func (k *Keeper) Ask() {
	select {
	case k.asked <- struct{}{}:
	default: // it is asked already
	}
}

// Sweep deletes what each tenant does not keep any longer; a tenant whose turn fails does not keep the others from
// theirs. Inputs whose tenant could not be told stay as long as the tenant that keeps longest may need them.
func (k *Keeper) Sweep(ctx context.Context) error {
	tenants, err := k.store.Tenants(ctx)
	if err != nil {
		return err
	}
	longest := 0
	var errs []error
	for i, t := range tenants {
		switch days := t.Settings.RetentionDays; {
		case days == 0:
			longest = store.MaxRetentionDays + 1
		case i == 0 || days > longest:
			longest = days
		}
		if _, err := k.Tenant(ctx, t.ID); err != nil {
			errs = append(errs, err)
		}
	}
	if longest == 0 || longest > store.MaxRetentionDays {
		return errors.Join(errs...)
	}
	_, err = k.store.Expire(ctx, "", store.KeepsFrom(longest, passtrail.TicksOf(k.now())))
	return errors.Join(append(errs, err)...)
}

// Tenant deletes what one tenant does not keep any longer and returns what that was. When it was anything the log says so,
// and so does the tenant's access log; neither names a person.
func (k *Keeper) Tenant(ctx context.Context, id passtrail.TenantID) (store.Expired, error) {
	t, err := k.store.Tenant(ctx, id) // as it is now: it may have been changed while others had their turn
	if err != nil {
		return store.Expired{}, err
	}
	now := passtrail.TicksOf(k.now())
	limit := store.KeepsFrom(t.Settings.RetentionDays, now)
	if limit == 0 {
		return store.Expired{}, nil
	}
	e, err := k.store.Expire(ctx, t.ID, limit)
	if err != nil {
		err = fmt.Errorf("tenant %s: %w", t.ID, err)
	}
	if !e.Any() {
		return e, err
	}
	k.log.Info("past its retention, deleted", "tenant", string(t.ID), "before", limit.String(), "records", e.Records, "attempts", e.Attempts,
		"setAside", e.SetAside, "intervals", e.Intervals, "findings", e.Findings)
	line := store.Access{At: now, Tenant: t.ID, Who: "passtrail", Action: "expire", Subject: "before " + limit.String()[:10], Detail: Sentence(e)}
	return e, errors.Join(err, k.store.LogAccess(context.WithoutCancel(ctx), line))
}

// Sentence says what was deleted, or would be: "1204 records and 77 attempts from 2024-01-03 to 2024-11-26".
func Sentence(e store.Expired) string {
	s := fmt.Sprintf("%d records and %d attempts", e.Records, e.Attempts)
	if e.Records > 0 {
		s += fmt.Sprintf(" from %s to %s", e.First.String()[:10], e.Last.String()[:10])
	}
	return s + fmt.Sprintf(", %d intervals of registration and roles, %d inputs set aside, %d findings", e.Intervals, e.SetAside, e.Findings)
}

// Words says a retention as people do: "forever", "2 years", "400 days".
func Words(days int) string {
	const year = 365
	switch {
	case days == 0:
		return "forever"
	case days == year:
		return "1 year"
	case days%year == 0:
		return fmt.Sprintf("%d years", days/year)
	}
	return fmt.Sprintf("%d days", days)
}
