package access_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/access"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

const contoso = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)} }

func memory(t testing.TB) store.Store {
	t.Helper()
	st, err := duckdb.Open(context.Background(), duckdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func look(who, subject string) store.Access {
	return store.Access{Tenant: contoso, Who: who, Action: "view-person", Subject: subject}
}

func add(t testing.TB, l *access.Log, a store.Access) {
	t.Helper()
	if err := l.Add(context.Background(), a); err != nil {
		t.Fatal(err)
	}
}

func merge(t testing.TB, l *access.Log, st store.Store) int {
	t.Helper()
	n, err := l.Merge(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// subjects lists what the log holds, newest first.
func subjects(t testing.TB, l *access.Log, st store.Store, f store.AccessFilter) string {
	t.Helper()
	lines, err := l.Read(t.Context(), st, f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range lines {
		out = append(out, a.Subject)
	}
	return strings.Join(out, " ")
}

// TestSpoolAndTable: lines are read wherever they stand, in order, once; merging moves them.
func TestSpoolAndTable(t *testing.T) {
	c, st := newClock(), memory(t)
	dir := t.TempDir()
	path := filepath.Join(dir, access.FileName)
	l := access.In(dir, c.now)
	for i, who := range []string{"anna", "ben", "anna"} {
		add(t, l, look(who, fmt.Sprintf("p%d", i)))
		c.move(time.Second)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the spool is %v, %v; want 0600", info.Mode(), err)
	}
	if got := subjects(t, l, st, store.AccessFilter{}); got != "p2 p1 p0" {
		t.Errorf("before a merge: %q", got)
	}
	if n := merge(t, l, st); n != 3 {
		t.Errorf("merged %d", n)
	}
	if left, _ := filepath.Glob(path + "*"); len(left) > 0 {
		t.Errorf("the merge left %v", left)
	}
	add(t, l, look("anna", "p3"))
	for _, tt := range []struct {
		name   string
		filter store.AccessFilter
		want   string
	}{
		{"all", store.AccessFilter{}, "p3 p2 p1 p0"}, {"limit", store.AccessFilter{Limit: 2}, "p3 p2"},
		{"from", store.AccessFilter{From: passtrail.TicksOf(c.now())}, "p3"}, {"another tenant", store.AccessFilter{Tenant: "x"}, ""},
		{"to", store.AccessFilter{To: passtrail.TicksOf(c.now())}, "p2 p1 p0"},
	} {
		if got := subjects(t, l, st, tt.filter); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if n := merge(t, l, st); n != 1 {
		t.Errorf("merged %d", n)
	}
	if n := merge(t, l, st); n != 0 {
		t.Errorf("merged %d of nothing", n)
	}
}

// failingStore takes the first lines and then fails, as a process that is killed between table and spool.
type failingStore struct {
	store.Store
	after bool // the lines are in the table when it fails
}

var errKilled = errors.New("killed")

func (f failingStore) LogAccess(ctx context.Context, lines ...store.Access) error {
	if f.after {
		if err := f.Store.LogAccess(ctx, lines...); err != nil {
			return err
		}
	}
	return errKilled
}

// TestMergeCutOff: whenever a merge is cut off, every line is there once, during and after.
func TestMergeCutOff(t *testing.T) {
	for _, after := range []bool{false, true} {
		c, st := newClock(), memory(t)
		dir := t.TempDir()
		l := access.In(dir, c.now)
		add(t, l, look("anna", "p0"))
		c.move(time.Second)
		if _, err := l.Merge(t.Context(), failingStore{st, after}); !errors.Is(err, errKilled) {
			t.Fatalf("Merge = %v", err)
		}
		l = access.In(dir, c.now) // the next process
		add(t, l, look("anna", "p1"))
		for _, step := range []string{"cut off", "merged"} {
			if got := subjects(t, l, st, store.AccessFilter{}); got != "p1 p0" {
				t.Errorf("after=%v, %s: %q", after, step, got)
			}
			merge(t, l, st)
		}
		if kept, err := st.AccessLog(t.Context(), store.AccessFilter{}); err != nil || len(kept) != 2 {
			t.Errorf("after=%v: the table has %+v, %v", after, kept, err)
		}
	}
}

// TestTornLine: a line that a kill cut off is named, once, and spoils none beside it.
func TestTornLine(t *testing.T) {
	c, st := newClock(), memory(t)
	dir := t.TempDir()
	path := filepath.Join(dir, access.FileName)
	l := access.In(dir, c.now)
	add(t, l, look("anna", "p0"))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, b[:37]...), 0o600); err != nil {
		t.Fatal(err)
	}
	c.move(time.Second)
	check := func(when, want string) {
		t.Helper()
		lines, err := l.Read(t.Context(), st, store.AccessFilter{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range lines {
			got = append(got, a.Action+" "+a.Subject)
			if a.Action == "torn-line" && !strings.Contains(a.Detail, "37 bytes") {
				t.Errorf("%s: %q", when, a.Detail)
			}
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s: %q, want %q", when, s, want)
		}
	}
	check("cut off", "torn-line , view-person p0")
	add(t, l, look("anna", "p1"))
	check("gone on", "view-person p1, torn-line , view-person p0")
	merge(t, l, st)
	check("merged", "view-person p1, torn-line , view-person p0")
}

// TestOneSync: looks that come at once share a write, and each is there when its Add returns.
func TestOneSync(t *testing.T) {
	st, dir := memory(t), t.TempDir()
	logs := []*access.Log{access.In(dir, time.Now), access.In(dir, time.Now)} // as two processes
	var running sync.WaitGroup
	for i := range 200 {
		l := logs[i%2]
		running.Go(func() {
			a := look("anna", fmt.Sprintf("p%d", i))
			if err := l.Add(t.Context(), a); err != nil {
				t.Error(err)
			}
			if i%50 == 0 { // one of them holds the store
				if _, err := logs[0].Merge(t.Context(), st); err != nil {
					t.Error(err)
				}
			}
			if !strings.Contains(" "+subjects(t, l, st, store.AccessFilter{})+" ", " "+a.Subject+" ") {
				t.Errorf("%s is not there", a.Subject)
			}
		})
	}
	running.Wait()
	merge(t, logs[0], st)
	lines, err := st.AccessLog(t.Context(), store.AccessFilter{})
	if err != nil || len(lines) != 200 {
		t.Errorf("the table has %d lines, %v", len(lines), err)
	}
}

// TestNoPlace: without a place that takes the line there is an error that says what to do.
func TestNoPlace(t *testing.T) {
	for name, path := range map[string]string{"no directory": filepath.Join(t.TempDir(), "no", "spool"), "a directory": t.TempDir(), "a full disk": "/dev/full", "a hole": "/dev/null"} {
		err := access.File(path, time.Now).Add(t.Context(), look("anna", "p"))
		if passtrail.CodeOf(err) != passtrail.Unavailable || !strings.Contains(err.Error(), "--access-log") {
			t.Errorf("%s: Add = %v", name, err)
		}
	}
}

// TestSearchAsOneTypes: what is typed in one go is one line, with all that was searched for.
func TestSearchAsOneTypes(t *testing.T) {
	c, st := newClock(), memory(t)
	l := access.In(t.TempDir(), c.now)
	type step struct {
		text  string
		after time.Duration
	}
	for _, s := range []step{{"ade", 0}, {"Adel", time.Second}, {"adele", time.Second}, {"adel", time.Second}, {"ad", time.Second}, {"adele", time.Second}, {"bob", time.Second}, {"bobby", 11 * time.Second}} {
		c.move(s.after)
		if err := l.Search(t.Context(), "session", store.Access{Tenant: contoso, Who: "anna", Action: "search-person", Subject: s.text, Detail: "people"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Search(t.Context(), "another", store.Access{Tenant: contoso, Who: "ben", Action: "search-person", Subject: "bobby t", Detail: "people"}); err != nil {
		t.Fatal(err)
	}
	const want = "bobby t bobby bob adele"
	if got := subjects(t, l, st, store.AccessFilter{}); got != want {
		t.Errorf("the log has %q, want %q", got, want)
	}
	merge(t, l, st)
	lines, err := st.AccessLog(t.Context(), store.AccessFilter{})
	if err != nil || subjects(t, l, st, store.AccessFilter{}) != want || lines[3].Detail != `people, typed from "ad"` {
		t.Errorf("merged: %+v, %v", lines, err)
	}
}

// TestRefusalsAreBounded: a storm of refusals is so many lines and a count.
func TestRefusalsAreBounded(t *testing.T) {
	c, st := newClock(), memory(t)
	l := access.In(t.TempDir(), c.now)
	refuse := func(n int, key string) {
		for range n {
			if err := l.Refuse(t.Context(), key, store.Access{Action: "token-refused", Address: key}); err != nil {
				t.Fatal(err)
			}
		}
	}
	refuse(50, "192.0.2.1")
	refuse(1, "192.0.2.2")
	c.move(time.Minute)
	refuse(1, "192.0.2.1")
	lines, err := l.Read(t.Context(), st, store.AccessFilter{})
	if err != nil || len(lines) != 22 {
		t.Fatalf("%d lines, %v, want 20 + 1 + 1", len(lines), err)
	}
	if !strings.Contains(lines[0].Detail, "30 more") {
		t.Errorf("the next minute begins with %q", lines[0].Detail)
	}
}

// BenchmarkLook is what a look costs: alone, and many at once, which share their syncs.
func BenchmarkLook(b *testing.B) {
	for _, at := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("at-once-%d", at), func(b *testing.B) {
			l := access.In(b.TempDir(), time.Now)
			b.SetParallelism(at)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					add(b, l, look("anna@contoso.com", "adele@contoso.com"))
				}
			})
		})
	}
}
