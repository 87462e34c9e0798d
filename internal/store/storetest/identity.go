package storetest

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/identity"
	"passtrail/internal/store"
)

// conflicts: records that share an id and are different events are both kept, in one batch or in several, and each can
// still be replaced by a richer version of itself.
func conflicts(t *testing.T, s store.Store) {
	one := Event{ID: "a", Hash: 1}.Record()
	other := map[string]passtrail.Record{"later": one, "activity": one, "target": one, "actor": one, "long after": one}
	for what, r := range other {
		switch what {
		case "later":
			r.Time += passtrail.Second
		case "activity":
			r.Activity, r.ActivityKey = "Reset password (by admin)", "admin_reset"
		case "target":
			r.TargetID = "somebody else"
		case "actor":
			r.ActorID = "somebody else"
		case "long after":
			r.Time += 90 * passtrail.Day
		}
		other[what] = r
		t.Run(what, func(t *testing.T) {
			id := "id of " + what
			a, b := one, r
			a.ID, b.ID = id, id
			if what == "activity" || what == "later" { // in one batch; the others one after the other
				wantCounts(t, commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Records: []passtrail.Record{a, b, a, b}}), store.Counts{Received: 4, Stored: 2, Repeats: 2})
			} else {
				wantCounts(t, commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Records: []passtrail.Record{a}}), store.Counts{Received: 1, Stored: 1})
				wantCounts(t, commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Records: []passtrail.Record{b}}), store.Counts{Received: 1, Stored: 1})
			}
			wantCounts(t, commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Records: []passtrail.Record{b, a}}), store.Counts{Received: 2, Repeats: 2})
			b.Shape = passtrail.ShapeDiagnostic
			wantCounts(t, commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Records: []passtrail.Record{b}}), store.Counts{Received: 1, Repeats: 1, Replaced: 1})
			if got := lines(t, s, `SELECT shape FROM record WHERE id = $1`, id); !slices.Equal(got, []string{"[diagnostic]", "[graph]"}) {
				t.Errorf("kept are %v, want the first record and the richer second", got)
			}
		})
	}
	if v, err := s.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
		t.Errorf("Verify = %v, %v", v.Problems, err)
	}
}

// arrival makes a record as the shapes tell it: what happened, at a time, with the id or, "", without.
func arrival(tenant passtrail.TenantID, id, activity string, at passtrail.Ticks) passtrail.Record {
	r := Event{ID: "x", Tenant: tenant}.Record()
	r.ID, r.Activity, r.Reason, r.Time = id, activity, "", at
	r.ActorID, r.TargetID, r.CorrelationID = "actor", "target", "C0FFEE00-0000-4000-8000-000000000001"
	r.Hash, _ = identity.Hash(&r, identity.Words(r.Service, r.Activity, r.Result, r.Reason), r.Time, nil)
	if id == "" {
		r.Shape, r.ID, r.ActorKind = passtrail.ShapePortalCSV, "h:"+hex.EncodeToString(r.Hash[:]), passtrail.ActorUser
		r.CorrelationID = strings.ToLower(r.CorrelationID)
	}
	return r
}

func cutTimes(t *testing.T, s store.Store) {
	for i, cut := range identity.Cut {
		for k, bareFirst := range []bool{true, false} {
			tenant := passtrail.TenantID(fmt.Sprintf("00000000-0000-4000-a000-%06d%06d", i, k))
			must(t, s.PutTenant(t.Context(), store.Tenant{ID: tenant, CreatedAt: At, OptedInAt: At}))
			at := At + 1234567
			batches := [][]passtrail.Record{{arrival(tenant, "", "reset", at-at%cut)}, {arrival(tenant, "a", "reset", at), arrival(tenant, "b", "reset", at+cut)}}
			if !bareFirst {
				slices.Reverse(batches)
			}
			for _, rs := range batches {
				commit(t, s, &store.Batch{Tenant: tenant, Source: "file", At: At, Records: rs})
			}
			if got := lines(t, s, `SELECT id FROM record WHERE tenant = $1`, string(tenant)); !slices.Equal(got, []string{"[a]", "[b]"}) {
				t.Errorf("cut to %d ticks, row first %t: stored are %v, want a and b", cut, bareFirst, got)
			}
		}
	}
}

// cutInAnyOrder commits what several exports say of the same few seconds, shuffled and cut at random: the same records stay
// each time, and they are those that the plainest rule leaves.
func cutInAnyOrder(t *testing.T, s store.Store) {
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		base := At - At%passtrail.Second
		var arrivals []passtrail.Record
		for n := range 1 + rnd.IntN(12) { // events
			activity := []string{"reset", "change"}[rnd.IntN(2)]
			at := base + passtrail.Ticks(rnd.IntN(2))*passtrail.Second + passtrail.Ticks(rnd.IntN(4))*passtrail.Millisecond + passtrail.Ticks(rnd.IntN(3))*70
			for _, told := range []passtrail.Record{arrival(Contoso, fmt.Sprint("id", n), activity, at), arrival(Contoso, "", activity, at),
				arrival(Contoso, "", activity, at-at%passtrail.Millisecond), arrival(Contoso, "", activity, at-at%passtrail.Second)} {
				if rnd.IntN(2) == 0 {
					arrivals = append(arrivals, told)
				}
			}
		}
		want := keptOfCut(arrivals)
		for try := range 4 {
			tenant := passtrail.TenantID(fmt.Sprintf("00000000-0000-4000-b000-%06d%06d", seed, try))
			must(t, s.PutTenant(t.Context(), store.Tenant{ID: tenant, CreatedAt: At, OptedInAt: At}))
			if got := shuffled(t, s, tenant, arrivals, rnd); !slices.Equal(got, want) {
				t.Fatalf("seed %d, order %d: stored\n%s\nwant\n%s", seed, try, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// keptOfCut says in the plainest way what must stay: what has an id, and rows of which neither an equal record with an id
// nor one at a finer time has come.
func keptOfCut(arrivals []passtrail.Record) []string {
	kept := map[string]bool{}
	for i := range arrivals {
		b := &arrivals[i]
		same := func(a passtrail.Record) bool {
			if a.Activity != b.Activity {
				return false
			}
			if a.Time/passtrail.Microsecond == b.Time/passtrail.Microsecond {
				return !strings.HasPrefix(a.ID, "h:")
			}
			return b.Time%passtrail.Millisecond == 0 && a.Time-a.Time%passtrail.Millisecond == b.Time || b.Time%passtrail.Second == 0 && a.Time-a.Time%passtrail.Second == b.Time
		}
		if !strings.HasPrefix(b.ID, "h:") || !slices.ContainsFunc(arrivals, same) {
			kept[b.ID+" "+string(b.Shape)] = true
		}
	}
	var all []string
	for k := range kept {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
