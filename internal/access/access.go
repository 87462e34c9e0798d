// Package access keeps who looked at what. A look is a line in a spool, a file beside the database that is only appended
// to and synced before the answer goes out: a look does not wait for the store's writer, and an answer without its line is
// not given. [Log.Merge] moves the lines into the store's table, each once; [Log.Read] shows both together.
//
// What a look is, the faces know: internal/web, internal/api and cmd call [Log.Add] before the first byte of an answer,
// [Log.Search] for text that is still being typed, [Log.Refuse] for what was not answered. Start at [In].
package access

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"passtrail"
	"passtrail/internal/store"
)

// FileName is the spool in a data directory.
const FileName = "access.spool"

// maxText is how many bytes of a subject or detail a line keeps.
const maxText = 2000

// Log takes the lines of the access log. It may be used from several goroutines, and a spool by several processes.
type Log struct {
	path  string           // the spool; "" writes to the store
	stays bool             // it is never merged
	st    store.AccessLogs // without a spool
	also  *Log             // the spool of a directory that is only read
	now   func() time.Time

	mu      sync.Mutex
	next    *flush // collects lines for the next write
	bursts  map[string]*burst
	refused map[string]*window

	disk    sync.Mutex // held by whoever writes, reads or moves the spool
	merging sync.Mutex // held by whoever merges
}

// In returns the log of a data directory. Its spool is made with the first line.
func In(dir string, now func() time.Time) *Log {
	return &Log{path: filepath.Join(dir, FileName), now: now, next: newFlush(), bursts: map[string]*burst{}, refused: map[string]*window{}}
}

// File returns a log that stays in a file of its own and is merged into no table: for a data directory that is only read.
func File(path string, now func() time.Time) *Log {
	l := In("", now)
	l.path, l.stays = path, true
	return l
}

// Beside has Read show the lines in the spool of a data directory too. They stay there.
func (l *Log) Beside(dir string) *Log {
	l.also = In(dir, l.now)
	return l
}

// Ready fails as Add does when no line can be written. It makes the file.
func (l *Log) Ready() error {
	if l.path == "" {
		return nil
	}
	l.disk.Lock()
	defer l.disk.Unlock()
	f, err := openSpool(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, true)
	if err != nil {
		return unavailable(l.path, err)
	}
	return f.Close()
}

// Direct returns a log without a spool: every line waits for the store's writer. It is for stores in memory.
func Direct(st store.AccessLogs, now func() time.Time) *Log {
	l := File("", now)
	l.st = st
	return l
}

// Add writes a line and returns once it is durable. At and ID are set where they are not. The error has code Unavailable
// and says what to do; the look must then be refused.
func (l *Log) Add(ctx context.Context, a store.Access) error {
	l.complete(&a)
	a.Subject, a.Detail, a.Address = clip(a.Subject), clip(a.Detail), clip(a.Address)
	if l.path == "" {
		return l.st.LogAccess(context.WithoutCancel(ctx), a)
	}
	if err := l.append(encode(a)); err != nil {
		return unavailable(l.path, err)
	}
	return nil
}

// unavailable is the error for a place that takes no line.
func unavailable(path string, err error) error {
	var e *os.PathError
	why := err
	if errors.As(err, &e) {
		why = e.Err
	}
	return &passtrail.Error{Code: passtrail.Unavailable, Op: "access.Add", Err: err,
		Msg: "the access log cannot be written (" + filepath.Base(path) + ": " + why.Error() + "), and nothing is shown that it does not hold: " +
			"make room or make the data directory writable, or name a file that can be written with --access-log FILE"}
}

// clip bounds a text.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + " …"
}

// Read lists lines, newest first, of the spool and of the store's table together. It waits for no writer.
func (l *Log) Read(ctx context.Context, st store.AccessLogs, f store.AccessFilter) ([]store.Access, error) {
	spooled, err := l.spooled() // before the table: a merge in between then gives a line twice, and not at all otherwise
	if err != nil {
		return nil, err
	}
	kept, err := st.AccessLog(ctx, f)
	if err != nil {
		return nil, err
	}
	newest := map[string]store.Access{} // the lines of a burst have one id, the last one counts
	var order []string
	for _, a := range spooled {
		if !f.Takes(a) {
			continue
		}
		if _, known := newest[a.ID]; !known {
			order = append(order, a.ID)
		}
		newest[a.ID] = a
	}
	if len(order) == 0 {
		return kept, nil
	}
	var out []store.Access
	for _, id := range slices.Backward(order) {
		out = append(out, newest[id])
	}
	for _, a := range kept {
		if _, known := newest[a.ID]; a.ID == "" || !known {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b store.Access) int { return cmp.Compare(b.At, a.At) })
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}
