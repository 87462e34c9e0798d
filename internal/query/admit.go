package query

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"passtrail"
)

// Admission lets queries in as far as the memory that they may use together allows, and ends some when they use more. One
// belongs to a process: every engine of it gets the same. Its methods may be called at once.
//
// The queries of people and those of pages have shares of their own, so that a page never waits for somebody's query.
// How much a query will use is not known before: what DuckDB accounts for it bounds itself, and for all else (results,
// functions in Go, the state of some aggregates) the resident memory of the process is watched while queries run.
type Admission struct {
	memory        int64
	custom, pages *semaphore.Weighted
	// Wait is how long a query waits for its turn; it may be set before the first.
	Wait           time.Duration
	resident       func() int64
	mu             sync.Mutex
	running        map[*running]bool
	watched        bool
	lastTrim, last time.Time
}

// running is a query under way.
type running struct {
	started time.Time
	custom  bool
	end     context.CancelCauseFunc
}

const (
	shareOfQuery = 512 << 20              // memory that one person's query is counted with
	maxCustom    = 8                      // people's queries at once
	maxPages     = 16                     // queries of pages at once
	admitWait    = 20 * time.Second       // how long a query waits for its turn
	watchEvery   = 25 * time.Millisecond  // how often the memory is looked at
	watchPause   = 500 * time.Millisecond // how long a query has to end before the next one has to
)

// ErrMemory is in the chain of the TooLarge error of a query that was ended because all together used too much memory.
var ErrMemory = errors.New("out of memory")

// NewAdmission makes one for a process whose resident memory is to stay below so many bytes.
func NewAdmission(memory int64) *Admission {
	return &Admission{memory: memory, custom: semaphore.NewWeighted(min(max(memory/shareOfQuery, 2), maxCustom)),
		pages: semaphore.NewWeighted(maxPages), Wait: admitWait, resident: residentMemory, running: map[*running]bool{}}
}

// enter waits for the turn of a query. The context is cancelled, with [ErrMemory] as its cause, when the query has to end;
// done has to be called at its end. An export is no more than its rows on their way, and waits for nobody.
func (a *Admission) enter(ctx context.Context, req Request) (run context.Context, done func(), err error) {
	if a == nil {
		return ctx, func() {}, nil
	}
	turns := a.pages
	if req.Custom {
		turns = a.custom
	}
	if req.Export {
		turns = nil
	}
	if turns != nil {
		if err := a.turn(ctx, turns); err != nil {
			return nil, nil, err
		}
	}
	run, end := context.WithCancelCause(ctx)
	r := &running{started: time.Now(), custom: req.Custom, end: end}
	a.add(r)
	return run, func() {
		a.mu.Lock()
		delete(a.running, r)
		a.mu.Unlock()
		end(nil)
		if turns != nil {
			turns.Release(1)
		}
	}, nil
}

func (a *Admission) turn(ctx context.Context, turns *semaphore.Weighted) error {
	wait, cancel := context.WithTimeout(ctx, a.Wait)
	defer cancel()
	err := turns.Acquire(wait, 1)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &passtrail.Error{Code: passtrail.Cancelled, Op: "query.Run", Msg: "the query was cancelled", Err: ctx.Err()}
	}
	return &passtrail.Error{Code: passtrail.Unavailable, Op: "query.Run", Msg: fmt.Sprintf("too many queries at once: this one waited %s for its turn; try again", a.Wait), Err: err}
}

func (a *Admission) add(r *running) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running[r] = true
	if !a.watched {
		a.watched = true
		go a.watch()
	}
}

// watch looks at the memory as long as queries run.
func (a *Admission) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for range tick.C {
		if !a.look() {
			return
		}
	}
}

// look ends a query when too much memory is used, and reports whether there is something to look at.
func (a *Admission) look() bool {
	over := a.resident() > a.memory/10*9
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.running) == 0 {
		a.watched = false
		return false
	}
	if !over || time.Since(a.last) < watchPause {
		return true
	}
	if time.Since(a.lastTrim) > 5*time.Second {
		a.lastTrim = time.Now()
		go debug.FreeOSMemory() // what queries before have left behind is nobody's fault
		return true
	}
	if r := a.heaviest(); r != nil {
		a.last = time.Now()
		delete(a.running, r)
		r.end(ErrMemory)
	}
	return true
}

// heaviest is the query to end: people's queries before those of pages, and of these the one that has run longest.
func (a *Admission) heaviest() *running {
	var worst *running
	for r := range a.running {
		if worst == nil || r.custom && !worst.custom || r.custom == worst.custom && r.started.Before(worst.started) {
			worst = r
		}
	}
	return worst
}

// residentMemory is what the process holds of the machine's memory, 0 where that is not known.
func residentMemory() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}
