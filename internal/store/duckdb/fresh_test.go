package duckdb_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// derivedToo compares what is derived with the records, within one query: each event of these tests is an attempt of its
// own and a password event.
const derivedToo = `SELECT (SELECT count(*) FROM record)::VARCHAR || ' ' || (SELECT count(*) FROM attempt) || ' ' || (SELECT count(*) FROM password_event)`

func numbered(from, n int) (all []passtrail.Record) {
	for i := from; i < from+n; i++ {
		all = append(all, storetest.Event{ID: fmt.Sprint("id", i), Hash: i, Time: storetest.At + passtrail.Ticks(i)*passtrail.Second}.Record())
	}
	return all
}

// closed closes a store before the test ends.
func closed(t testing.TB, s *duckdb.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestNothingIsAnsweredStale leaves a store as a process does that was killed between its last batch and the derivation:
// whichever reader comes first brings what is derived up to date.
func TestNothingIsAnsweredStale(t *testing.T) {
	readers := map[string]func(*duckdb.Store) error{
		"Query": func(s *duckdb.Store) error {
			return s.Query(t.Context(), derivedToo, nil, func(row []any) error {
				if row[0] != "7 7 7" {
					return fmt.Errorf("records, attempts and events are %v, want 7 of each", row[0])
				}
				return nil
			})
		},
		"FinalUntil": func(s *duckdb.Store) error {
			f, err := s.FinalUntil(t.Context(), storetest.Contoso)
			if err == nil && f.Until() == 0 {
				err = errors.New("nothing is final")
			}
			return err
		},
		"Ledger": func(s *duckdb.Store) error {
			hours, err := s.Ledger(t.Context(), storetest.Contoso)
			if err == nil && hours[0].FinalSince == 0 {
				err = errors.New("the first hour is not final")
			}
			return err
		},
		"Standings": func(s *duckdb.Store) error {
			all, err := s.Standings(t.Context(), []passtrail.TenantID{storetest.Contoso}, storetest.At)
			if err == nil && all[0].People != 1 {
				err = fmt.Errorf("%d people, want 1", all[0].People)
			}
			return err
		},
		"Expiring": func(s *duckdb.Store) error {
			e, err := s.Expiring(t.Context(), storetest.Contoso, storetest.At+3*passtrail.Day)
			if err == nil && e.Attempts != 7 {
				err = fmt.Errorf("%d attempts would expire, want 7", e.Attempts)
			}
			return err
		},
		"Revision": func(s *duckdb.Store) error {
			_, err := s.Revision(t.Context(), storetest.Contoso)
			return err
		},
	}
	for name, read := range readers {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.PutTenant(t.Context(), store.Tenant{ID: storetest.Contoso, CreatedAt: 1, OptedInAt: 1}); err != nil {
				t.Fatal(err)
			}
			commit(t, s, false, numbered(0, 5)...)
			late := numbered(5, 2)
			late[1].Time = storetest.At + 2*passtrail.Day
			b := &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At + 3*passtrail.Day, Records: late, Snapshots: []store.Snapshot{{
				Kind: store.Registrations, TakenAt: storetest.At - 1, Complete: true, Registrations: []store.Registration{{UserID: "u1"}}}}}
			if _, err := s.Commit(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			closed(t, s)
			s = open(t, duckdb.Config{Dir: dir})
			if err := read(s); err != nil {
				t.Error(err)
			}

			closed(t, s)
			if due := raw(t, dir, `SELECT string_agg(value, ' ' ORDER BY name) FROM state WHERE name IN ('batch', 'derived_batch')`); due != "2 2" {
				t.Errorf("the last batch and the last derived one are %q after %s, want 2 2", due, name)
			}
		})
	}
}

// TestOtherVersionIsDerivedAnew opens what another version of the derivation made, however little there was to do.
func TestOtherVersionIsDerivedAnew(t *testing.T) {
	for name, as := range map[string]string{
		"another version": "UPDATE state SET value = 7 WHERE name = 'derivation'",
		"without version": "DELETE FROM state WHERE name = 'derivation'",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := tenanted(t, duckdb.Config{Dir: dir})
			commit(t, s, false, numbered(0, 3)...)
			if got := ask(t, s, derivedToo); got != "3 3 3" {
				t.Fatalf("at first there are %v", got)
			}
			closed(t, s)
			for _, text := range []string{as, "DELETE FROM password_event", "UPDATE attempt SET refusals = 77", "UPDATE record SET activity_key = 'unlock'"} {
				tamper(t, dir, text)
			}
			var anew atomic.Int64
			s = open(t, duckdb.Config{Dir: dir, Progress: func(done, _ int64) { anew.Store(done) }})
			const figures = `SELECT (SELECT count(*) FROM password_event WHERE activity_key = 'reset')::VARCHAR || ' ' || (SELECT sum(refusals) FROM attempt)`
			if got := ask(t, s, figures); got != "3 0" || anew.Load() != 9 {
				t.Errorf("events and refusals are %v, want 3 0; progress came to %d, want 9", got, anew.Load())
			}
			closed(t, s)
			anew.Store(0)
			s = open(t, duckdb.Config{Dir: dir, Progress: func(done, _ int64) { anew.Add(1) }})
			if got := ask(t, s, figures); got != "3 0" || anew.Load() != 0 {
				t.Errorf("opened once more: %v, and made anew again (%d)", got, anew.Load())
			}
		})
	}
}

// TestReadersWaitForOneDerivation has many readers come at once, of which the first gives up.
func TestReadersWaitForOneDerivation(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	commit(t, s, false, numbered(0, 2000)...)
	closed(t, s)
	tamper(t, dir, "DELETE FROM state WHERE name = 'derivation'")
	var runs atomic.Int64
	began, goOn := make(chan struct{}), make(chan struct{})
	s = open(t, duckdb.Config{Dir: dir, Progress: func(done, _ int64) {
		if done == 0 {
			if runs.Add(1) == 1 {
				close(began)
			}
			<-goOn
		}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- s.Query(ctx, derivedToo, nil, func([]any) error { return nil }) }()
	<-began
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the reader who gave up gets %v", err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := ask(t, s, derivedToo); got != "2000 2000 2000" {
				t.Errorf("a reader who waited gets %v", got)
			}
		})
	}
	close(goOn)
	wg.Wait()
	if n := runs.Load(); n != 1 {
		t.Errorf("everything was derived %d times for 9 readers, want once", n)
	}
}

// TestAnswersDuringIngest asks without pause while batches come: each answer is of one state, in which what is derived
// belongs to the records.
func TestAnswersDuringIngest(t *testing.T) {
	s := tenanted(t, duckdb.Config{Dir: t.TempDir()})
	done := make(chan struct{})
	var wg sync.WaitGroup
	states := make([]map[string]bool, 3)
	for r := range states {
		states[r] = map[string]bool{}
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				var n, attempts, events int
				got := fmt.Sprint(ask(t, s, derivedToo))
				if _, err := fmt.Sscan(got, &n, &attempts, &events); err != nil || n != attempts || n != events {
					t.Errorf("records, attempts and events are %q", got)
				}
				states[r][got] = true
			}
		})
	}
	for i := range 40 {
		commit(t, s, i%3 == 1, numbered(50*i, 50)...)
		if i%10 == 9 {
			if err := s.Rebuild(t.Context(), nil); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	wg.Wait()
	if len(states[0])+len(states[1])+len(states[2]) < 6 {
		t.Errorf("the readers saw only %v", states)
	}
}

// TestWhatCannotBeDerivedIsNotAnswered gives the engine too little memory to derive with: then there are no figures, and
// nothing is final; what came in can be seen.
func TestWhatCannotBeDerivedIsNotAnswered(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	commit(t, s, false, numbered(0, 50)...)
	closed(t, s)
	tamper(t, dir, "ALTER TABLE attempt ALTER COLUMN events TYPE VARCHAR; ALTER TABLE attempt RENAME COLUMN gates TO gates2")
	s = open(t, duckdb.Config{Dir: dir})
	err := s.Query(t.Context(), "SELECT count(*) FROM attempt", nil, func([]any) error { t.Error("there is an answer"); return nil })
	if passtrail.CodeOf(err) != passtrail.Unavailable || !strings.Contains(err.Error(), "not up to date") {
		t.Errorf("Query = %v, want Unavailable", err)
	}
	f, err := s.FinalUntil(t.Context(), storetest.Contoso)
	if until, known := f["file"]; err != nil || !known || until != 0 {
		t.Errorf("FinalUntil = %v, %v, want the file source open", f, err)
	}
	if hours, err := s.Ledger(t.Context(), storetest.Contoso); err != nil || len(hours) != 1 || hours[0].Stored != 50 {
		t.Errorf("Ledger = %+v, %v", hours, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := s.Revision(ctx, storetest.Contoso); passtrail.CodeOf(err) != passtrail.Unavailable {
		t.Errorf("Revision = %v, want Unavailable", err)
	}
}

// TestRevisionMoves holds what moves a tenant's revision, and that nothing else does.
func TestRevisionMoves(t *testing.T) {
	s := tenanted(t, duckdb.Config{})
	fabrikam := store.Tenant{ID: storetest.Fabrikam, CreatedAt: 1, OptedInAt: 1}
	if err := s.PutTenant(t.Context(), fabrikam); err != nil {
		t.Fatal(err)
	}
	at := func(tenant passtrail.TenantID) store.Revision {
		t.Helper()
		r, err := s.Revision(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		name          string
		do            func()
		tenant, whole bool // which of Contoso's numbers move
		other         bool // whether Fabrikam's state moves
	}{
		{"a batch", func() { commit(t, s, false, numbered(0, 3)...) }, true, false, false},
		{"nothing", func() { must(s.Refresh(t.Context())) }, false, false, false},
		{"a query", func() { ask(t, s, derivedToo) }, false, false, false},
		{"an expiry", func() {
			_, err := s.Expire(t.Context(), storetest.Contoso, storetest.At+1)
			must(err)
		}, true, false, false},
		{"a rebuild", func() { must(s.Rebuild(t.Context(), nil)) }, false, true, true},
	}
	for _, step := range steps {
		was, other := at(storetest.Contoso), at(storetest.Fabrikam)
		step.do()
		is := at(storetest.Contoso)
		if (is.Tenant != was.Tenant) != step.tenant || (is.Whole != was.Whole) != step.whole || (at(storetest.Fabrikam) != other) != step.other {
			t.Errorf("%s: the revision goes from %+v to %+v, another tenant's from %+v to %+v", step.name, was, is, other, at(storetest.Fabrikam))
		}
	}
}

// raw asks the database file itself, without a store that would derive what is due.
func raw(t *testing.T, dir, query string) (text string) {
	t.Helper()
	db, err := duck.Open(t.Context(), duck.Config{Path: filepath.Join(dir, "passtrail.db"), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.SQL.QueryRow(query).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
