package access

import (
	"context"
	"fmt"
	"strings"
	"time"

	"passtrail/internal/store"
)

const (
	burstPause = 10 * time.Second // a search that goes on after a longer pause is another one
	burstLife  = 2 * time.Minute
	maxBursts  = 10_000

	refusedWindow = time.Minute
	refusedLines  = 20 // refusals of one kind and address that are lines of their own in a window
)

// burst is a search that somebody is typing: one line, which grows.
type burst struct {
	line        store.Access
	list        string // the line's detail to begin with
	short       string // the shortest text that was searched for
	began, last time.Time
}

// Search writes the line of a search whose text may still be being typed: texts of one session and list that continue each
// other within seconds are one line with the longest of them. The line is durable before each answer all the same.
func (l *Log) Search(ctx context.Context, session string, a store.Access) error {
	key := strings.Join([]string{session, string(a.Tenant), a.Action, a.Detail}, "\x00")
	line, written := l.typed(key, a)
	if written {
		return nil
	}
	if err := l.Add(ctx, line); err != nil {
		l.mu.Lock()
		delete(l.bursts, key)
		l.mu.Unlock()
		return err
	}
	return nil
}

// typed finds the line that a search belongs to. written is true when it says all already.
func (l *Log) typed(key string, a store.Access) (line store.Access, written bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, text := l.now(), strings.ToLower(a.Subject)
	b := l.bursts[key]
	if b != nil && now.Sub(b.last) < burstPause && now.Sub(b.began) < burstLife {
		long := strings.ToLower(b.line.Subject)
		longer, shorter := strings.HasPrefix(text, long) && text != long, strings.HasPrefix(long, text)
		if longer || shorter {
			b.last = now
			if shorter && len(text) >= len(b.short) {
				return b.line, true
			}
			if longer {
				b.line.Subject = a.Subject
			} else {
				b.short = text
			}
			b.line.Detail = fmt.Sprintf("%s, typed from %q", b.list, b.short)
			return b.line, false
		}
	}
	if len(l.bursts) >= maxBursts {
		clear(l.bursts) // begin anew rather than grow: lines come apart, none is lost
	}
	l.complete(&a)
	l.bursts[key] = &burst{line: a, list: a.Detail, short: text, began: now, last: now}
	return a, false
}

// window counts refusals.
type window struct {
	since time.Time
	count int
}

// Refuse writes the line of something that was not answered. Of one key, the address as a rule, a minute has so many lines
// of their own; the last one says that more follow, and the first of the next minute how many there were.
func (l *Log) Refuse(ctx context.Context, key string, a store.Access) error {
	l.mu.Lock()
	now, more := l.now(), ""
	w := l.refused[key]
	if w == nil || now.Sub(w.since) >= refusedWindow {
		if w != nil && w.count > refusedLines {
			more = fmt.Sprintf("; %d more before were not listed one by one", w.count-refusedLines)
		}
		if len(l.refused) >= maxBursts {
			clear(l.refused)
		}
		w = &window{since: now}
		l.refused[key] = w
	}
	w.count++
	n := w.count
	l.mu.Unlock()
	switch {
	case n > refusedLines:
		return nil
	case n == refusedLines:
		more = "; more within this minute are counted only"
	}
	a.Detail = strings.TrimPrefix(clip(a.Detail)+more, "; ")
	return l.Add(ctx, a)
}
