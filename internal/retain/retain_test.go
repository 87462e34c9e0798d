package retain_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/retain"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	at passtrail.Ticks
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Time()
}

func (c *clock) add(d passtrail.Ticks) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at += d
}

// telling is a store that tells each time Expire is over.
type telling struct {
	store.Store
	expired chan passtrail.TenantID
}

func (s telling) Expire(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (store.Expired, error) {
	e, err := s.Store.Expire(ctx, tenant, before)
	select {
	case s.expired <- tenant:
	case <-ctx.Done():
	}
	return e, err
}

// filled is a store in which two tenants have a record for each of 40 days, the last one today; Contoso keeps so many days.
func filled(t *testing.T, days int) *duckdb.Store {
	t.Helper()
	s, err := duckdb.Open(t.Context(), duckdb.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, id := range []passtrail.TenantID{storetest.Contoso, storetest.Fabrikam} {
		if err := s.PutTenant(t.Context(), store.Tenant{ID: id, Name: "x", CreatedAt: 1, OptedInAt: 1}); err != nil {
			t.Fatal(err)
		}
		b := &store.Batch{Tenant: id, Source: "file", At: storetest.At}
		for d := range 40 {
			b.Records = append(b.Records, storetest.Event{ID: fmt.Sprint(d), Hash: d, Tenant: id, Time: storetest.At - passtrail.Ticks(d)*passtrail.Day}.Record())
		}
		if _, err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	keep(t, s, storetest.Contoso, days)
	return s
}

func keep(t *testing.T, s store.Store, id passtrail.TenantID, days int) {
	t.Helper()
	tenant, err := s.Tenant(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	tenant.Settings.RetentionDays = days
	if err := s.PutTenant(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
}

// held counts a tenant's records.
func held(t *testing.T, s store.Store, id passtrail.TenantID) (n int64) {
	t.Helper()
	err := s.Query(t.Context(), `SELECT count(*) FROM record WHERE tenant = $1`, []any{string(id)}, func(row []any) error { n = row[0].(int64); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSweep(t *testing.T) {
	s := filled(t, 30)
	var log bytes.Buffer
	c := &clock{at: storetest.At}
	k := retain.New(s, c.now, slog.New(slog.NewTextHandler(&log, nil)))
	for range 2 {
		if err := k.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := held(t, s, storetest.Contoso), held(t, s, storetest.Fabrikam); a != 31 || b != 40 {
		t.Errorf("%d and %d records are left, want 31 (today and 30 days) and 40", a, b)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "records=9") || !strings.Contains(got, "attempts=9") || strings.Contains(got, "@") {
		t.Errorf("the log says %q, want one line with counts and without people", got)
	}
	lines, err := s.AccessLog(t.Context(), store.AccessFilter{})
	if err != nil || len(lines) != 1 || lines[0].Tenant != storetest.Contoso || lines[0].Action != "expire" || lines[0].Subject != "before 2026-02-08" ||
		!strings.HasPrefix(lines[0].Detail, "9 records and 9 attempts from 2026-01-30 to 2026-02-07") {
		t.Errorf("access log = %+v, %v", lines, err)
	}
}

// TestSweepNobodysInputs: inputs of nobody stay as long as one tenant keeps everything, then as long as the longest keeps.
func TestSweepNobodysInputs(t *testing.T) {
	s := filled(t, 30)
	b := &store.Batch{Source: "file", At: storetest.At - 50*passtrail.Day, Quarantine: []store.Quarantine{{Position: "x:1", Reason: "whose?", Bytes: []byte("x")}}}
	if _, err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	k := retain.New(s, (&clock{at: storetest.At}).now, slog.New(slog.DiscardHandler))
	for _, c := range []struct{ days, want int }{{0, 1}, {60, 1}, {40, 0}} {
		keep(t, s, storetest.Fabrikam, c.days)
		if err := k.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left, err := s.Quarantined(t.Context(), store.QuarantineFilter{}); len(left) != c.want || err != nil {
			t.Errorf("with %d days %d inputs are left, want %d (%v)", c.days, len(left), c.want, err)
		}
	}
}

// TestRun sweeps at the start and when asked, and ends with its context.
func TestRun(t *testing.T) {
	s := telling{filled(t, 30), make(chan passtrail.TenantID)}
	c := &clock{at: storetest.At}
	k := retain.New(s, c.now, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	<-s.expired
	if n := held(t, s, storetest.Contoso); n != 31 {
		t.Errorf("after the start %d records are left, want 31", n)
	}
	c.add(passtrail.Day)
	k.Ask()
	<-s.expired
	if n := held(t, s, storetest.Contoso); n != 30 {
		t.Errorf("a day later %d records are left, want 30", n)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// TestLook sweeps once a day.
func TestLook(t *testing.T) {
	s := filled(t, 35)
	c := &clock{at: storetest.At}
	k := retain.New(s, c.now, slog.New(slog.DiscardHandler))
	for i, want := range []int64{36, 36, 30} {
		if err := k.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := held(t, s, storetest.Contoso); n != want {
			t.Errorf("after look %d there are %d records, want %d", i, n, want)
		}
		keep(t, s, storetest.Contoso, 30)
		if i == 1 {
			c.add(passtrail.Day)
		}
	}
}

func TestWords(t *testing.T) {
	for days, want := range map[int]string{0: "forever", 30: "30 days", 365: "1 year", 730: "2 years", 3650: "10 years", 400: "400 days"} {
		if got := retain.Words(days); got != want {
			t.Errorf("Words(%d) = %q, want %q", days, got, want)
		}
	}
}

// failing is a store in which the deletion of a tenant fails.
type failing struct {
	store.Store
	tenant passtrail.TenantID
	fails  bool
}

func (s *failing) Expire(ctx context.Context, tenant passtrail.TenantID, before passtrail.Ticks) (store.Expired, error) {
	if s.fails && tenant == s.tenant {
		return store.Expired{}, errors.New("the disk is full")
	}
	return s.Store.Expire(ctx, tenant, before)
}

// TestSweepThatFails has the deletion of one tenant fail: the other's is done, the error is told, and the next look of the
// same day tries again.
func TestSweepThatFails(t *testing.T) {
	for _, id := range []passtrail.TenantID{storetest.Contoso, storetest.Fabrikam} {
		s := filled(t, 30)
		keep(t, s, storetest.Fabrikam, 30)
		other := storetest.Contoso
		if id == other {
			other = storetest.Fabrikam
		}
		f := &failing{Store: s, tenant: id, fails: true}
		c := &clock{at: storetest.At}
		k := retain.New(f, c.now, slog.New(slog.DiscardHandler))
		if err := k.Look(t.Context()); err == nil || !strings.Contains(err.Error(), string(id)) || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("%s fails: Look = %v", id, err)
		}
		if n := held(t, s, id); n != 40 {
			t.Errorf("%s fails and has %d records, want 40", id, n)
		}
		if n := held(t, s, other); n >= 40 {
			t.Errorf("%s fails: the other's %d records are all there", id, n)
		}
		f.fails = false
		if err := k.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := held(t, s, id); n >= 40 {
			t.Errorf("the look after the failure did not sweep %s", id)
		}
	}
}
