package duckdb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

func TestExpire(t *testing.T) {
	storetest.Expire(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{DeriveRows: 150}) })
}

// What TestKillExpire deletes: all but the last of so many days, each with so many records, every attempt of two of which
// the second is a day later.
const (
	expireDays   = 60
	expireDayful = 400
)

// expireIn deletes all days but the last, a day or so at a time.
func expireIn(ctx context.Context, dir string) error {
	s, err := duckdb.Open(ctx, duckdb.Config{Dir: dir, DeriveRows: expireDayful, Threads: 1, MemoryLimit: duckdb.IngestMemory})
	if err != nil {
		return err
	}
	if _, err := s.Expire(ctx, storetest.Contoso, storetest.At); err != nil {
		return err
	}
	return s.Close()
}

// TestKillExpire kills a process that deletes what is past its time, over and over: the store is sound each time, and in
// the end all is deleted and nothing else.
func TestKillExpire(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	for day := range expireDays {
		var records []passtrail.Record
		for i := range expireDayful {
			n := day*expireDayful/2 + i // half of the hashes, and so of the correlation ids, come again on the next day
			e := storetest.Event{ID: fmt.Sprint(day, "/", i), Hash: n, Time: storetest.At - passtrail.Ticks(expireDays-1-day)*passtrail.Day + passtrail.Ticks(i)}
			records = append(records, e.Record())
		}
		commit(t, s, true, records...)
	}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	kills := 0
	for range 8 {
		if killed(t, dir, "expire", time.Duration(50+rnd.IntN(200))*time.Millisecond) {
			kills++
		}
		soundAfterKill(t, dir)
	}
	if killed(t, dir, "expire", time.Minute) {
		t.Fatal("the finishing run did not finish")
	}
	if left := soundAfterKill(t, dir); left != expireDayful {
		t.Errorf("%d records are left, want %d", left, expireDayful)
	}
	t.Logf("killed %d times", kills)
}

// soundAfterKill verifies a store and returns how many records it holds.
func soundAfterKill(t *testing.T, dir string) int64 {
	t.Helper()
	s, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := s.Verify(t.Context())
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("Verify = %+v, %v", v, err)
	}
	if n := ask(t, s, "SELECT count(*) FROM attempt WHERE NOT EXISTS (SELECT 1 FROM record r WHERE lower(r.correlation_id) = attempt.pool)"); n != int64(0) {
		t.Fatalf("%v attempts have no record", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return v.Records
}
