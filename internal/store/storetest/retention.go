package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

// Expire holds an implementation to what it promises of deleting. Open returns an empty store, which derives and deletes
// little at once, so that there is more than one slice; the suite closes it.
func Expire(t *testing.T, open func(t *testing.T) store.Store) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("records ", seed), func(t *testing.T) { expireRecords(t, open(t), open(t), seed) })
	}
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("intervals ", seed), func(t *testing.T) { expireIntervals(t, open(t), seed) })
	}
	t.Run("stopped", func(t *testing.T) { expireStopped(t, open(t)) })
}

// expireRecords holds a store in which records expired against one that never had them.
func expireRecords(t *testing.T, s, never store.Store, seed uint64) {
	defer s.Close()
	defer never.Close()
	optInBoth(t, s)
	optInBoth(t, never)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(seed, 13))
	records := someRecords(rng, 200)
	deliver(rng, &records)
	before := passtrail.UnixEpoch + 20*passtrail.Day + 7*passtrail.Hour
	half := len(records) / 2
	commitRecords(t, s, records[:half], 0)
	must(t, s.Refresh(ctx))
	commitRecords(t, s, records[half:], 1) // not derived yet
	commitRecords(t, never, slices.DeleteFunc(slices.Clone(records), func(r passtrail.Record) bool { return r.Tenant == tenantA && r.Time < before }), 0)
	must(t, never.Refresh(ctx))

	e, err := s.Expire(ctx, tenantA, before)
	must(t, err)
	if e.Records == 0 || e.Attempts == 0 || e.First == 0 || e.Last >= before || e.First > e.Last {
		t.Errorf("Expire = %+v", e)
	}
	compareExpired(t, s, never, "after Expire")
	must(t, s.Rebuild(ctx, nil))
	compareExpired(t, s, never, "after Rebuild")
	compareAttempts(t, s, "after Rebuild")
	if left, err := s.Expire(ctx, tenantA, before); left.Any() || err != nil {
		t.Errorf("a second Expire = %+v, %v, want nothing", left, err)
	}
	if v, err := s.Verify(ctx); len(v.Problems) > 0 || err != nil {
		t.Errorf("Verify = %v, %v", v.Problems, err)
	}
}

func compareExpired(t *testing.T, s, never store.Store, when string) {
	t.Helper()
	const records = `SELECT tenant, id, time, shape FROM record`
	if got, want := lines(t, s, records), lines(t, never, records); !slices.Equal(got, want) {
		t.Fatalf("records %s: %s", when, firstDifference(want, got))
	}
	if got, want := attemptRows(t, s), attemptRows(t, never); !slices.Equal(got, want) {
		t.Fatalf("attempts %s: %s", when, firstDifference(want, got))
	}
}

// expireIntervals expires in the midst of snapshots: what had ended is gone, the rest is as it was, also after a Rebuild
// and when more snapshots come.
func expireIntervals(t *testing.T, s store.Store, seed uint64) {
	defer s.Close()
	optInBoth(t, s)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(seed, 17))
	snapshots := someSnapshots(rng)
	give := func(all []store.Snapshot) {
		for _, sn := range all {
			_, err := s.Commit(ctx, &store.Batch{Tenant: tenantA, Source: "test", Snapshots: []store.Snapshot{sn}, At: sn.TakenAt})
			must(t, err)
		}
		must(t, s.Refresh(ctx))
	}
	cut := len(snapshots) / 4 * 2
	give(snapshots[:cut])
	before := snapshots[cut/2].TakenAt + 1
	held := heldAfter(t, s, before)
	would, err := s.Expiring(ctx, tenantA, before)
	must(t, err)
	did, err := s.Expire(ctx, tenantA, before)
	must(t, err)
	if would != did {
		t.Errorf("Expiring = %+v, Expire = %+v", would, did)
	}
	if got := heldAfter(t, s, 0); !slices.Equal(got, held) {
		t.Errorf("after Expire: %s", firstDifference(held, got))
	}
	must(t, s.Rebuild(ctx, nil))
	if got := heldAfter(t, s, 0); !slices.Equal(got, held) {
		t.Errorf("after Rebuild: %s", firstDifference(held, got))
	}
	give(snapshots[cut:])
	var want []string
	for _, i := range append(replay(snapshots, store.Registrations), replay(snapshots, store.Roles)...) {
		if i.to > before {
			key, _, _ := strings.Cut(i.key, "|")
			want = append(want, fmt.Sprint([]any{key, int64(i.from), int64(i.to)}))
		}
	}
	slices.Sort(want)
	got := lines(t, s, `SELECT user_id, valid_from, valid_to FROM registration UNION ALL SELECT user_id, valid_from, valid_to FROM role_assignment`)
	if !slices.Equal(got, want) {
		t.Errorf("after more snapshots: %s", firstDifference(want, got))
	}
}

// heldAfter returns the intervals that had not ended at an instant.
func heldAfter(t *testing.T, s store.Store, at passtrail.Ticks) []string {
	t.Helper()
	return lines(t, s, `SELECT user_id, valid_from, valid_to, methods FROM registration WHERE valid_to > $1
		UNION ALL SELECT user_id, valid_from, valid_to, role_name FROM role_assignment WHERE valid_to > $1`, int64(at))
}

// stopping is a context that ends after Err was asked so many times.
type stopping struct {
	context.Context
	left int
}

var errStopped = errors.New("stopped")

func (c *stopping) Err() error {
	if c.left--; c.left < 0 {
		return errStopped
	}
	return nil
}

// expireStopped stops Expire at every step: what is there is sound each time, and the calls together delete all.
func expireStopped(t *testing.T, s store.Store) {
	defer s.Close()
	optInBoth(t, s)
	ctx := context.Background()
	commitRecords(t, s, someRecords(rand.New(rand.NewPCG(5, 13)), 200), 0)
	must(t, s.Refresh(ctx))
	before := passtrail.UnixEpoch + 300*passtrail.Day
	all, err := s.Expiring(ctx, tenantA, before)
	must(t, err)
	var records int64
	stops := 0
	for left := 0; ; left++ {
		e, err := s.Expire(&stopping{ctx, left}, tenantA, before)
		records += e.Records
		if err == nil {
			break
		}
		if !errors.Is(err, errStopped) {
			t.Fatalf("Expire = %v, want %v", err, errStopped)
		}
		stops++
		must(t, s.Refresh(ctx))
		compareAttempts(t, s, fmt.Sprint("after the stop at ", left))
	}
	if records != all.Records || stops < 3 {
		t.Errorf("%d stops, %d records deleted, want %d", stops, records, all.Records)
	}
	compareAttempts(t, s, "in the end")
}

// expireOverEdge: attempts that reach over the limit, by a day or by one tick, begin at their first record that is left and
// have no other. Those that end a tick before the limit are gone, those that begin at it are whole.
func expireOverEdge(t *testing.T, s store.Store) {
	limit := At - 20*passtrail.Day
	minute := passtrail.Minute
	type attempt struct{ first, last passtrail.Ticks }
	attempts := []attempt{{limit - 10*minute, limit - 1}, {limit - 10*minute, limit}, {limit - 1, limit}, {limit - 20*minute, limit + 9*minute},
		{limit - 1, limit + 25*minute}, {limit, limit + 1}, {limit + 1, limit + 10*minute}}
	var records []passtrail.Record
	var want []string
	for i, a := range attempts {
		for j, at := range []passtrail.Ticks{a.first, a.last} {
			r := Event{ID: fmt.Sprint(i, "/", j), Hash: 10*i + j, Time: at}.Record()
			r.ActorID, r.TargetID, r.CorrelationID = fmt.Sprint("person", i), fmt.Sprint("person", i), fmt.Sprintf("c0ffee00-0000-4000-8000-%012d", i)
			r.ActivityKey, r.Step, r.Reason = "flow", "options", ""
			records = append(records, r)
		}
		if n := 2; a.last >= limit {
			first := a.first
			if first < limit {
				first, n = a.last, 1
			}
			want = append(want, fmt.Sprint([]any{fmt.Sprint("person", i), int64(first), int64(a.last), int64(n)}))
		}
	}
	commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Records: records})
	must(t, s.Refresh(t.Context()))
	e, err := s.Expire(t.Context(), Contoso, limit)
	if e.Records != 6 || e.Attempts != 1 || err != nil {
		t.Errorf("Expire = %+v, %v, want 6 records and 1 attempt", e, err)
	}
	const text = `SELECT user_id, start_time, end_time, events::BIGINT FROM attempt ORDER BY user_id`
	for _, when := range []string{"after Expire", "after Rebuild"} {
		if got := lines(t, s, text); !slices.Equal(got, want) {
			t.Errorf("attempts %s: %s", when, firstDifference(want, got))
		}
		must(t, s.Rebuild(t.Context(), nil))
	}
}

// pastRetention: what is older than the tenant keeps is counted and not stored, before and after it expired.
func pastRetention(t *testing.T, s store.Store) {
	tenant, err := s.Tenant(t.Context(), Contoso)
	must(t, err)
	tenant.Settings.RetentionDays = 30
	limit := store.KeepsFrom(30, At)
	if want := mustTicks("2026-02-08"); limit != want {
		t.Fatalf("KeepsFrom(30, %s) = %s, want %s", At, limit, want)
	}
	old, edge := Event{ID: "old", Hash: 1, Time: limit - 1}, Event{ID: "edge", Hash: 2, Time: limit}
	wantCounts(t, commit(t, s, batch(old)), store.Counts{Received: 1, Stored: 1})
	must(t, s.PutTenant(t.Context(), tenant))
	wantCounts(t, commit(t, s, batch(old, edge, old, Event{ID: "new", Hash: 3})), store.Counts{Received: 4, Stored: 2, PastRetention: 2})
	e, err := s.Expire(t.Context(), Contoso, limit)
	if want := (store.Expired{Records: 1, Attempts: 1, First: old.Time, Last: old.Time}); e != want || err != nil {
		t.Errorf("Expire = %+v, %v, want %+v", e, err, want)
	}
	wantCounts(t, commit(t, s, batch(old)), store.Counts{Received: 1, PastRetention: 1})
	wantStored(t, s, edge.Record(), Event{ID: "new", Hash: 3}.Record())
	hours, err := s.Ledger(t.Context(), Contoso)
	must(t, err)
	if h := hours[0]; h.Received != 4 || h.Stored != 1 || h.PastRetention != 3 {
		t.Errorf("the ledger's first hour is %+v, want 4 received, 1 stored, 3 past retention", h)
	}
	for _, days := range []int{-1, 1, 29, 36_501} {
		tenant.Settings.RetentionDays = days
		if err := s.PutTenant(t.Context(), tenant); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("PutTenant with a retention of %d days = %v, want Invalid", days, err)
		}
	}
}

// oldSnapshots: a snapshot of before the limit is taken in while it says what held at the limit, and not once a later one does.
func oldSnapshots(t *testing.T, s store.Store) {
	tenant, err := s.Tenant(t.Context(), Contoso)
	must(t, err)
	tenant.Settings.RetentionDays = 30
	must(t, s.PutTenant(t.Context(), tenant))
	limit := store.KeepsFrom(30, At)
	give := func(at passtrail.Ticks, people ...string) store.Counts {
		sn := store.Snapshot{Kind: store.Registrations, TakenAt: at, Complete: true}
		for _, p := range people {
			sn.Registrations = append(sn.Registrations, store.Registration{UserID: p, UPN: p + "@contoso.com"})
		}
		return commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Snapshots: []store.Snapshot{sn}})
	}
	wantCounts(t, give(limit-9*passtrail.Day, "gone", "here"), store.Counts{Received: 2, Stored: 2})
	wantCounts(t, give(limit-5*passtrail.Day, "here"), store.Counts{Received: 1, Stored: 1})
	wantCounts(t, give(limit-7*passtrail.Day, "gone", "here", "between"), store.Counts{Received: 3, PastRetention: 3})
	e, err := s.Expire(t.Context(), Contoso, limit)
	if e.Intervals != 1 || err != nil {
		t.Errorf("Expire = %+v, %v, want one interval", e, err)
	}
	wantCounts(t, give(limit-9*passtrail.Day, "gone", "here"), store.Counts{Received: 2, PastRetention: 2})
	must(t, s.Rebuild(t.Context(), nil))
	if got := lines(t, s, `SELECT user_id, valid_from FROM registration`); !slices.Equal(got, []string{fmt.Sprint([]any{"here", int64(limit - 9*passtrail.Day)})}) {
		t.Errorf("registrations are %v", got)
	}
}

// expireRest: inputs set aside and findings go with their time, those of others and those with a record left stay.
func expireRest(t *testing.T, s store.Store) {
	limit := At - passtrail.Day
	b := batch(Event{ID: "old", Hash: 1, Time: limit - 2}, Event{ID: "left", Hash: 2, Time: limit})
	b.At = limit - 1
	b.Quarantine = []store.Quarantine{{Position: "a:1", Reason: "broken", Bytes: []byte("a")}, {Position: "a:2", Reason: "broken", Bytes: []byte("b"), At: limit}}
	commit(t, s, b)
	commit(t, s, &store.Batch{Source: "file", At: limit - 1, Quarantine: []store.Quarantine{{Position: "x:1", Reason: "whose?", Bytes: []byte("x")}}})
	finding := func(tenant passtrail.TenantID, id string, end passtrail.Ticks, evidence ...string) store.Finding {
		return store.Finding{Tenant: tenant, ID: id, Rule: "r", Severity: "low", Title: "t", Start: end - 1, End: end, Evidence: evidence}
	}
	must(t, s.PutFindings(t.Context(), []store.Finding{finding(Contoso, "bare", limit-1, "old"), finding(Contoso, "none", limit-1),
		finding(Contoso, "late", limit, "old"), finding(Contoso, "kept", limit-1, "old", "left"), finding(Fabrikam, "other", limit-1, "old")}))
	must(t, s.LogAccess(t.Context(), store.Access{At: 1, Tenant: Contoso, Who: "anna", Action: "query"}))
	would, err := s.Expiring(t.Context(), Contoso, limit)
	must(t, err)
	did, err := s.Expire(t.Context(), Contoso, limit)
	want := store.Expired{Records: 1, Attempts: 1, SetAside: 1, Findings: 2, First: limit - 2, Last: limit - 2}
	if did != want || err != nil {
		t.Errorf("Expire = %+v, %v, want %+v", did, err, want)
	}
	want.Attempts = would.Attempts // before the first Refresh there are none
	if would != want {
		t.Errorf("Expiring = %+v, want %+v", would, want)
	}
	if got := lines(t, s, `SELECT id FROM finding`); !slices.Equal(got, []string{"[kept]", "[late]", "[other]"}) {
		t.Errorf("findings left: %v", got)
	}
	if e, err := s.Expire(t.Context(), "", limit); !reflect.DeepEqual(e, store.Expired{SetAside: 1}) || err != nil {
		t.Errorf("Expire of nobody's inputs = %+v, %v", e, err)
	}
	left, err := s.Quarantined(t.Context(), store.QuarantineFilter{})
	if len(left) != 1 || left[0].Position != "a:2" || err != nil {
		t.Errorf("set aside are still %+v, %v, want a:2", left, err)
	}
	if log, err := s.AccessLog(t.Context(), store.AccessFilter{Tenant: Contoso}); len(log) != 1 || err != nil {
		t.Errorf("the access log has %d lines, want 1 (%v)", len(log), err)
	}
}
