package access

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/store"
)

const (
	mergingSuffix = ".merging"       // of the lines that are on their way into the table
	mergeEvery    = 10 * time.Second // a merge makes what ingest has put off durable: not all the time
	mergeLines    = 1000             // lines of one transaction
)

// line is a line of the spool.
type line struct {
	ID      string `json:"id"`
	At      int64  `json:"at"`
	Tenant  string `json:"tenant,omitempty"`
	Who     string `json:"who,omitempty"`
	Roles   string `json:"roles,omitempty"`
	Action  string `json:"action"`
	Subject string `json:"subject,omitempty"`
	Detail  string `json:"detail,omitempty"`
	Address string `json:"address,omitempty"`
}

func encode(a store.Access) []byte {
	b, err := json.Marshal(line{a.ID, int64(a.At), string(a.Tenant), a.Who, a.Roles, a.Action, a.Subject, a.Detail, a.Address})
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return append(b, '\n')
}

// complete sets what a line needs.
func (l *Log) complete(a *store.Access) {
	if a.ID == "" {
		a.ID = strings.ToLower(rand.Text()[:20])
	}
	if a.At == 0 {
		a.At = passtrail.TicksOf(l.now())
	}
}

// flush is what one write and one sync make durable, for everybody who waits for it.
type flush struct {
	b    []byte
	done chan struct{}
	err  error
}

func newFlush() *flush { return &flush{done: make(chan struct{})} }

// append makes a line durable. Lines that come while another write is under way share the next one.
func (l *Log) append(b []byte) error {
	l.mu.Lock()
	f := l.next
	f.b = append(f.b, b...)
	l.mu.Unlock()
	l.disk.Lock()
	defer l.disk.Unlock()
	select {
	case <-f.done: // by another who waited
		return f.err
	default:
	}
	l.mu.Lock()
	l.next = newFlush()
	l.mu.Unlock()
	f.err = appendFile(l.path, f.b)
	close(f.done)
	return f.err
}

// appendFile appends whole lines to a spool and syncs it: all of them or, with an error, none.
func appendFile(path string, b []byte) error {
	f, err := openSpool(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, true)
	if err != nil {
		return err
	}
	defer f.Close() // lets go of the lock
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], size-1); err != nil {
			return err
		}
		if last[0] != '\n' { // a process was killed while it wrote: its line stays by itself
			b = append([]byte{'\n'}, b...)
		}
	}
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	if size == 0 {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// openSpool opens a spool and locks it. One that was moved away in the meantime is opened again.
func openSpool(path string, flags int, alone bool) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flags, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lock(f, alone); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		is, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if !is.Mode().IsRegular() {
			return nil, errors.Join(&os.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}, f.Close())
		}
		at, err := os.Stat(path)
		if err == nil && os.SameFile(is, at) {
			return f, nil
		}
		f.Close()
		if err != nil && flags&os.O_CREATE == 0 {
			return nil, err
		}
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// spooled returns the lines that are not in the table for sure, oldest first.
func (l *Log) spooled() ([]store.Access, error) {
	if l.also == nil {
		return l.own()
	}
	theirs, err := l.also.own()
	if err != nil {
		return nil, err
	}
	ours, err := l.own()
	return append(theirs, ours...), err
}

// own is spooled for the log's own spool.
func (l *Log) own() ([]store.Access, error) {
	if l.path == "" {
		return nil, nil
	}
	l.disk.Lock()
	defer l.disk.Unlock()
	f, err := openSpool(l.path, os.O_RDONLY, false) // locked, so that nothing is moved while both files are read
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unreadable(l.path, err)
	}
	if f != nil {
		defer f.Close()
	}
	older, err := readSpool(l.path + mergingSuffix)
	if err != nil || f == nil {
		return older, err
	}
	newer, err := decodeFile(f)
	return append(older, newer...), err
}

func unreadable(path string, err error) error {
	return &passtrail.Error{Code: passtrail.Unavailable, Op: "access.Read", Msg: "the access log's spool " + filepath.Base(path) + " cannot be read: see that the file belongs to who runs passtrail", Err: err}
}

// readSpool reads a file of lines; one that is not there has none.
func readSpool(path string) ([]store.Access, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	return decodeFile(f)
}

func decodeFile(f *os.File) ([]store.Access, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(f.Name(), err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, unreadable(f.Name(), err)
	}
	return decode(b, passtrail.TicksOf(info.ModTime())), nil
}

// decode reads lines. One that was cut off becomes a line that says so, at the time of the line before it: nobody got an
// answer for it.
func decode(b []byte, at passtrail.Ticks) []store.Access {
	var out []store.Access
	before := ""
	for text := range bytes.SplitSeq(b, []byte{'\n'}) {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		var x line
		if err := json.Unmarshal(text, &x); err != nil || x.ID == "" || x.At == 0 {
			sum := sha256.Sum256(append([]byte(before+"\x00"), text...))
			x = line{ID: "torn-" + hex.EncodeToString(sum[:8]), At: int64(at), Who: "passtrail", Action: "torn-line",
				Detail: fmt.Sprintf("a line was cut off after %d bytes while it was written; what it was for was not answered", len(text))}
		}
		before, at = x.ID, passtrail.Ticks(x.At)
		out = append(out, store.Access{ID: x.ID, At: passtrail.Ticks(x.At), Tenant: passtrail.TenantID(x.Tenant), Who: x.Who, Roles: x.Roles,
			Action: x.Action, Subject: x.Subject, Detail: x.Detail, Address: x.Address})
	}
	return out
}

// Merge moves the lines of the spool into the store's table and returns how many there were. It may be killed at any
// moment: the next merge goes on, and no line is there twice. Only the process that holds the store for writing merges.
func (l *Log) Merge(ctx context.Context, st store.AccessLogs) (int, error) {
	if l.stays {
		return 0, nil
	}
	l.merging.Lock()
	defer l.merging.Unlock()
	n := 0
	for range 2 { // what an earlier merge left, then what has come since
		lines, err := readSpool(l.path + mergingSuffix)
		if err != nil {
			return n, err
		}
		for len(lines) > 0 {
			part := lines[:min(len(lines), mergeLines)]
			if err := st.LogAccess(ctx, part...); err != nil {
				return n, err
			}
			n, lines = n+len(part), lines[len(part):]
		}
		if err := os.Remove(l.path + mergingSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return n, err
		}
		if moved, err := l.rotate(); err != nil || !moved {
			return n, err
		}
	}
	return n, nil
}

// rotate moves the spool aside for a merge. False: there is none.
func (l *Log) rotate() (bool, error) {
	l.disk.Lock()
	defer l.disk.Unlock()
	f, err := openSpool(l.path, os.O_RDWR, true)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	return true, os.Rename(l.path, l.path+mergingSuffix)
}

// longSpool is the length from which a spool is worth a merge by a command that holds the store for a moment.
const longSpool = 1 << 20

// Long tells whether the spool has become long and should be merged by whoever can.
func (l *Log) Long() bool {
	info, err := os.Stat(l.path)
	return !l.stays && err == nil && info.Size() >= longSpool
}

// Run merges every few seconds until ctx is done, and once more then. What cannot be merged stays in the spool, which Read
// shows; Run returns nil.
func (l *Log) Run(ctx context.Context, st store.AccessLogs, log *slog.Logger) error {
	tick := time.NewTicker(mergeEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.mergeLogged(ctx, st, log)
		case <-ctx.Done():
			l.mergeLogged(context.WithoutCancel(ctx), st, log)
			return nil
		}
	}
}

func (l *Log) mergeLogged(ctx context.Context, st store.AccessLogs, log *slog.Logger) {
	if _, err := l.Merge(ctx, st); err != nil && ctx.Err() == nil {
		log.Error("the access log's spool was not merged; it is tried again", "error", err.Error())
	}
}
