package storetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"passtrail"
	"passtrail/internal/nested"
	"passtrail/internal/store"
)

var recordColumns = `tenant, id, CAST(hash AS VARCHAR), time, service, category, activity, operation_type, result, reason, correlation_id, actor_kind, actor_id,
	actor_upn, actor_name, actor_address, target_id, target_upn, target_name, target_type, user_agent, on_premises_agent, ` +
	nested.InitiatedBySQL("") + `, ` + nested.TargetResourcesSQL("") + `, additional_details, extra, shape, source, received_at, activity_key, step, method, problem`

// stored returns all records, by id.
func stored(t *testing.T, s store.Store) [][]any {
	t.Helper()
	var all [][]any
	must(t, s.Query(t.Context(), "SELECT "+recordColumns+" FROM record ORDER BY tenant, id", nil, func(row []any) error {
		all = append(all, slices.Clone(row))
		return nil
	}))
	return all
}

// columns lists a record as stored returns it.
func columns(r passtrail.Record) []any {
	h := fmt.Sprintf("%x", r.Hash)
	uuid := strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
	return []any{string(r.Tenant), r.ID, uuid, int64(r.Time), r.Service, r.Category, r.Activity, r.OperationType, r.Result, r.Reason, r.CorrelationID,
		string(r.ActorKind), r.ActorID, r.ActorUPN, r.ActorName, r.ActorAddress, r.TargetID, r.TargetUPN, r.TargetName, r.TargetType, r.UserAgent,
		r.OnPremisesAgent, r.InitiatedBy, r.TargetResources, r.AdditionalDetails, r.Extra, string(r.Shape), r.Source, int64(r.ReceivedAt),
		r.ActivityKey, r.Step, r.Method, r.Problem}
}

// wantStored checks that exactly the given records are there.
func wantStored(t *testing.T, s store.Store, records ...passtrail.Record) {
	t.Helper()
	slices.SortFunc(records, func(a, b passtrail.Record) int { return strings.Compare(string(a.Tenant)+a.ID, string(b.Tenant)+b.ID) })
	got := stored(t, s)
	if len(got) != len(records) {
		t.Errorf("%d records are stored, want %d", len(got), len(records))
	}
	for i := range min(len(got), len(records)) {
		if want := columns(records[i]); !reflect.DeepEqual(got[i], want) {
			t.Errorf("record %d:\n got %q\nwant %q", i, got[i], want)
		}
	}
}

func lossless(t *testing.T, s store.Store) {
	odd := Event{ID: "odd", Hash: 2, Time: At + 1}.Record()
	odd.Reason, odd.ActorName, odd.TargetName = "", "exactly12byt", "thirteen byte"
	odd.Activity, odd.UserAgent = "with\x00nul and more text", "\x00"
	odd.TargetResources = `["` + strings.Repeat("long ", 100_000) + `"]`
	odd.InitiatedBy = "{\"user\":\"\x01 \x00\"}" // no JSON: nothing that a normaliser makes
	odd.Hash = [16]byte{0xff, 0x80, 0, 1, 15: 0x7f}
	early := Event{ID: "early", Hash: 3, Time: 1}.Record()
	late := Event{ID: "late", Hash: 4, Time: passtrail.MaxTicks}.Record()
	b := &store.Batch{Tenant: Contoso, Source: "file", At: At, Records: []passtrail.Record{Event{ID: "plain", Hash: 1}.Record(), odd, early, late}}
	wantCounts(t, commit(t, s, b), store.Counts{Received: 4, Stored: 4})
	wantStored(t, s, b.Records...)
}

func again(t *testing.T, s store.Store) {
	b := batch(Event{ID: "a", Hash: 1}, Event{ID: "b", Hash: 2, Shape: passtrail.ShapeLogAnalytics}, Event{Hash: 3, Shape: passtrail.ShapePortalCSV})
	commit(t, s, b)
	before := stored(t, s)
	wantCounts(t, commit(t, s, b), store.Counts{Received: 3, Repeats: 3})
	if after := stored(t, s); !reflect.DeepEqual(before, after) {
		t.Errorf("records changed from %q to %q", before, after)
	}
	twice := batch(Event{ID: "c", Hash: 4}, Event{ID: "c", Hash: 4}, Event{ID: "a", Hash: 1})
	wantCounts(t, commit(t, s, twice), store.Counts{Received: 3, Stored: 1, Repeats: 2})
}

func richer(t *testing.T, s store.Store) {
	graph := Event{ID: "a", Hash: 1, Time: At + 9*passtrail.Millisecond}
	diagnostic, poor := graph, graph
	diagnostic.Shape, poor.Shape = passtrail.ShapeDiagnostic, passtrail.ShapeLogAnalytics
	poor.Time -= poor.Time % passtrail.Second // cut to seconds
	diagnostic.Time += 123
	wantCounts(t, commit(t, s, batch(poor)), store.Counts{Received: 1, Stored: 1})
	wantCounts(t, commit(t, s, batch(diagnostic)), store.Counts{Received: 1, Repeats: 1, Replaced: 1})
	wantCounts(t, commit(t, s, batch(graph, poor)), store.Counts{Received: 2, Repeats: 2})
	wantStored(t, s, diagnostic.Record())
	other := Event{ID: "b", Hash: 2}
	better := other
	better.Shape = passtrail.ShapeDiagnostic
	wantCounts(t, commit(t, s, batch(other, better, other)), store.Counts{Received: 3, Stored: 1, Repeats: 2, Replaced: 1})
	wantStored(t, s, diagnostic.Record(), better.Record())
}

func bareGivesWay(t *testing.T, s store.Store) {
	bare, full := Event{Hash: 1, Shape: passtrail.ShapePortalCSV}, Event{ID: "a", Hash: 1, Time: At + 5}
	wantCounts(t, commit(t, s, batch(bare)), store.Counts{Received: 1, Stored: 1})
	wantCounts(t, commit(t, s, batch(full)), store.Counts{Received: 1, Repeats: 1, Replaced: 1})
	wantStored(t, s, full.Record())
	wantCounts(t, commit(t, s, batch(bare)), store.Counts{Received: 1, Repeats: 1})
	wantStored(t, s, full.Record())
	bare2, full2 := Event{Hash: 2, Shape: passtrail.ShapePortalCSV}, Event{ID: "b", Hash: 2}
	wantCounts(t, commit(t, s, batch(bare2, full2, bare2)), store.Counts{Received: 3, Stored: 1, Repeats: 2, Replaced: 1})
	wantStored(t, s, full.Record(), full2.Record())
}

func twoIDs(t *testing.T, s store.Store) {
	one, two, bare := Event{ID: "a", Hash: 1}, Event{ID: "b", Hash: 1}, Event{Hash: 1, Shape: passtrail.ShapePortalCSV}
	commit(t, s, batch(bare))
	wantCounts(t, commit(t, s, batch(one, two)), store.Counts{Received: 2, Stored: 1, Repeats: 1, Replaced: 1})
	wantCounts(t, commit(t, s, batch(bare)), store.Counts{Received: 1, Repeats: 1})
	wantStored(t, s, one.Record(), two.Record())
}

func aliases(t *testing.T, s store.Store) {
	// The Log Analytics version's hash is over a time in milliseconds, and so is that of the CSV row.
	poor, rich := Event{ID: "a", Hash: 2, Shape: passtrail.ShapeLogAnalytics}, Event{ID: "a", Hash: 1, Shape: passtrail.ShapeDiagnostic}
	bare := Event{Hash: 2, Shape: passtrail.ShapePortalCSV}
	commit(t, s, batch(poor))
	commit(t, s, batch(rich))
	wantCounts(t, commit(t, s, batch(bare)), store.Counts{Received: 1, Repeats: 1})
	wantStored(t, s, rich.Record())
}

// anyOrder commits the same arrivals, shuffled and cut at random, and wants the same table each time.
func anyOrder(t *testing.T, s store.Store) {
	shapes := []passtrail.Shape{passtrail.ShapeDiagnostic, passtrail.ShapeGraph, passtrail.ShapeLogAnalytics, passtrail.ShapeLegacy}
	for seed := range uint64(6) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		tenant := passtrail.TenantID(fmt.Sprintf("00000000-0000-4000-8000-%012d", seed))
		must(t, s.PutTenant(t.Context(), store.Tenant{ID: tenant, CreatedAt: At, OptedInAt: At}))
		var arrivals []passtrail.Record
		for range 5 + rnd.IntN(60) {
			e := Event{Tenant: tenant, Hash: rnd.IntN(12), Shape: passtrail.ShapePortalCSV}
			e.Time = At + passtrail.Ticks(e.Hash)*passtrail.Millisecond
			if rnd.IntN(3) > 0 {
				e.ID, e.Shape = fmt.Sprintf("id%d", e.Hash*2+rnd.IntN(2)), shapes[rnd.IntN(len(shapes))]
				if e.Shape == passtrail.ShapeLogAnalytics && rnd.IntN(2) == 0 {
					e.Hash = 100 + e.Hash/2
				}
			} else if rnd.IntN(4) == 0 {
				e.Hash = 100 + e.Hash/2
			}
			arrivals = append(arrivals, e.Record())
		}
		var want []string
		for try := range 3 {
			fresh := passtrail.TenantID(fmt.Sprintf("00000000-0000-4000-9000-%06d%06d", seed, try))
			must(t, s.PutTenant(t.Context(), store.Tenant{ID: fresh, CreatedAt: At, OptedInAt: At}))
			got := shuffled(t, s, fresh, arrivals, rnd)
			if try == 0 {
				want = got
				continue
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: order %d ends with\n%s\nwant\n%s", seed, try, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		if model := kept(arrivals); !slices.Equal(want, model) {
			t.Fatalf("seed %d: stored\n%s\nwant\n%s", seed, strings.Join(want, "\n"), strings.Join(model, "\n"))
		}
	}
}

// kept says in the plainest way what must stay of the arrivals.
func kept(arrivals []passtrail.Record) []string {
	best := map[string]passtrail.Record{}
	taken := map[[16]byte]bool{}
	for _, r := range arrivals {
		if b, found := best[r.ID]; !found || r.Shape.Rank() > b.Shape.Rank() {
			best[r.ID] = r
		}
		if !strings.HasPrefix(r.ID, "h:") {
			taken[r.Hash] = true
		}
	}
	var all []string
	for id, r := range best {
		if !strings.HasPrefix(id, "h:") || !taken[r.Hash] {
			all = append(all, id+" "+string(r.Shape))
		}
	}
	slices.Sort(all)
	return all
}

func shuffled(t *testing.T, s store.Store, tenant passtrail.TenantID, arrivals []passtrail.Record, rnd *rand.Rand) []string {
	t.Helper()
	arrivals = slices.Clone(arrivals)
	for i := range arrivals {
		arrivals[i].Tenant = tenant
	}
	rnd.Shuffle(len(arrivals), func(i, j int) { arrivals[i], arrivals[j] = arrivals[j], arrivals[i] })
	var total store.Counts
	for len(arrivals) > 0 {
		n := 1 + rnd.IntN(len(arrivals))
		c := commit(t, s, &store.Batch{Tenant: tenant, Source: "file", At: At, Records: arrivals[:n]})
		total.Received += c.Received
		total.Stored += c.Stored
		arrivals = arrivals[n:]
	}
	var got []string
	must(t, s.Query(t.Context(), "SELECT id || ' ' || shape FROM record WHERE tenant = $1 ORDER BY 1", []any{string(tenant)}, func(row []any) error {
		got = append(got, row[0].(string))
		return nil
	}))
	if total.Stored < int64(len(got)) {
		t.Errorf("%d records are there, only %d were counted as stored", len(got), total.Stored)
	}
	return got
}

func optIn(t *testing.T, s store.Store) {
	for _, id := range []passtrail.TenantID{Fabrikam, Nobody} {
		b := &store.Batch{Tenant: id, Source: "file", At: At, Records: []passtrail.Record{Event{ID: "a", Tenant: id}.Record()}, CheckpointKey: "k", Position: "1",
			Quarantine: []store.Quarantine{{Position: "a:1", Reason: "broken", Bytes: []byte("x")}}}
		if _, err := s.Commit(t.Context(), b); passtrail.CodeOf(err) != passtrail.Denied {
			t.Errorf("Commit for %s = %v, want Denied", id, err)
		}
	}
	must(t, s.PutTenant(t.Context(), store.Tenant{ID: Contoso, CreatedAt: At, OptedInAt: At, OptedOutAt: At + 1}))
	if _, err := s.Commit(t.Context(), batch(Event{ID: "a"})); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("Commit after opting out = %v, want Denied", err)
	}
	wantStored(t, s)
	if at, err := s.Checkpoint(t.Context(), "k"); at != "" || err != nil {
		t.Errorf("Checkpoint = %q, %v, want none", at, err)
	}
	if qs, err := s.Quarantined(t.Context(), store.QuarantineFilter{}); len(qs) > 0 || err != nil {
		t.Errorf("Quarantined = %v, %v, want none", qs, err)
	}
}

func oneTenant(t *testing.T, s store.Store) {
	b := batch(Event{ID: "a"}, Event{ID: "b", Tenant: Fabrikam})
	if _, err := s.Commit(t.Context(), b); passtrail.CodeOf(err) != passtrail.Invalid {
		t.Errorf("Commit of two tenants = %v, want Invalid", err)
	}
	if _, err := s.Commit(t.Context(), &store.Batch{Source: "file", Records: b.Records[:1]}); passtrail.CodeOf(err) != passtrail.Invalid {
		t.Errorf("Commit without a tenant = %v, want Invalid", err)
	}
	wantStored(t, s)
}

func checkpoints(t *testing.T, s store.Store) {
	b := batch(Event{ID: "a"})
	b.CheckpointKey, b.Position = "file:1", `{"offset":7}`
	b.Checkpoints = []store.Checkpoint{{Key: "file:2", Position: "done"}, {Key: "file:3", Position: "done"}}
	commit(t, s, b)
	commit(t, s, &store.Batch{Source: "file", CheckpointKey: "file:3", Position: "again", At: At})
	for key, want := range map[string]string{"file:1": `{"offset":7}`, "file:2": "done", "file:3": "again", "file:4": ""} {
		if got, err := s.Checkpoint(t.Context(), key); got != want || err != nil {
			t.Errorf("Checkpoint(%q) = %q, %v, want %q", key, got, err, want)
		}
	}
}

func concurrent(t *testing.T, s store.Store) {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 5 {
				b := batch(Event{ID: fmt.Sprint("own", w, i), Hash: 100*w + i}, Event{ID: fmt.Sprint("shared", i), Hash: 1000 + i})
				if _, err := s.Commit(t.Context(), b); err != nil {
					t.Error(err)
				}
				if err := s.LogAccess(t.Context(), store.Access{At: At, Tenant: Contoso, Who: "anna@contoso.com", Action: "query"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(stored(t, s)); got != 25 {
		t.Errorf("%d records are stored, want 25", got)
	}
}
