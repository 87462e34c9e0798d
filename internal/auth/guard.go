package auth

import (
	"sync"
	"time"
)

const (
	guardWindow   = time.Minute // failures are counted over this
	guardFailures = 20          // so many in a window, and the address waits for its end
	guardTrust    = time.Hour   // a token that passed from an address is looked up there this long whatever else comes from it
	guardEntries  = 10_000      // addresses, and pairs of address and token, that are remembered
)

// guard counts failures by address and puts addresses off that have too many. A token that lately passed from the same
// address is spared: programs behind one proxy must not shut each other out.
type guard struct {
	now   func() time.Time
	mu    sync.Mutex
	fails map[string]failures
	good  map[[2]string]time.Time
}

type failures struct {
	since time.Time
	count int
}

func newGuard(now func() time.Time) *guard {
	return &guard{now: now, fails: map[string]failures{}, good: map[[2]string]time.Time{}}
}

// wait is how long a token from an address has to wait, 0 if it may be looked at.
func (g *guard) wait(address, id string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	f, ok := g.fails[address]
	if !ok || f.count < guardFailures || now.Sub(f.since) >= guardWindow {
		return 0
	}
	if at, ok := g.good[[2]string{address, id}]; ok && id != "" && now.Sub(at) < guardTrust {
		return 0
	}
	return guardWindow - now.Sub(f.since)
}

// failed counts a failure. full is true for the one that fills the window.
func (g *guard) failed(address string) (count int, full bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	f := g.fails[address]
	if f.count == 0 || now.Sub(f.since) >= guardWindow {
		f = failures{since: now}
	}
	f.count++
	if len(g.fails) >= guardEntries {
		for a, old := range g.fails {
			if now.Sub(old.since) >= guardWindow {
				delete(g.fails, a)
			}
		}
		if len(g.fails) >= guardEntries {
			clear(g.fails) // more addresses than can be told apart: begin anew rather than grow
		}
	}
	g.fails[address] = f
	return f.count, f.count == guardFailures
}

// passed notes that a token was good.
func (g *guard) passed(address, id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.good) >= guardEntries {
		clear(g.good)
	}
	g.good[[2]string{address, id}] = g.now()
}
