package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/attempt"
	"passtrail/internal/store"
)

// Derive holds an implementation to the promise that what is derived does not depend on how the records came: lost,
// late, repeated, shuffled and cut into batches in any way. After a Refresh at any time the attempts are those that
// package attempt makes of the stored records, and a Rebuild changes nothing. The same goes for intervals, which must be
// those of the snapshots replayed in order. Open returns an empty store; the suite closes it.
func Derive(t *testing.T, open func(t *testing.T) store.Store) {
	t.Run("attempts", func(t *testing.T) { DeriveAttempts(t, open) })
	t.Run("intervals", func(t *testing.T) {
		for seed := range uint64(8) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) { deriveIntervals(t, open(t), seed) })
		}
	})
	t.Run("runs", func(t *testing.T) { deriveRuns(t, open(t)) })
	t.Run("roles", func(t *testing.T) { deriveRoles(t, open(t)) })
	t.Run("admins", func(t *testing.T) { deriveAdmins(t, open(t)) })
	t.Run("assumed", func(t *testing.T) { deriveAssumed(t, open(t)) })
	t.Run("quiet", func(t *testing.T) { deriveQuiet(t, open(t)) })
	t.Run("vocabulary", func(t *testing.T) { deriveVocabulary(t, open(t)) })
	t.Run("stopped", func(t *testing.T) { deriveStopped(t, open(t)) })
}

// deriveQuiet: what follows just so long after an end, or after what came before it, is of the same attempt; a moment later
// another begins.
func deriveQuiet(t *testing.T, s store.Store) {
	defer s.Close()
	optInBoth(t, s)
	const start, reset = "User submitted their user ID", "Successfully completed reset."
	var records []passtrail.Record
	n, at := 0, passtrail.UnixEpoch+passtrail.Day
	add := func(correlation, who, reason string, at passtrail.Ticks) {
		r := passtrail.Record{Tenant: tenantA, ID: fmt.Sprintf("quiet-%02d", n), Hash: [16]byte{77, byte(n)}, Time: at, Service: "Self-service Password Management", Result: "success",
			Activity: "Self-service password reset flow activity progress", Reason: reason, CorrelationID: correlation, TargetID: who, TargetType: "User", ActorAddress: "192.0.2.1"}
		if reason == reset {
			r.Activity = "Reset password (self-service)"
		}
		classify(&r)
		records = append(records, r)
		n++
	}
	for i, later := range []passtrail.Ticks{attempt.Quiet, attempt.Quiet + 1} {
		for _, c := range [][3]string{{"end-then-start", reset, start}, {"two-successes", reset, reset}, {"", start, start}} {
			correlation := c[0]
			if correlation != "" {
				correlation += fmt.Sprint(i)
			}
			who := fmt.Sprint(c[0], "who", i)
			add(correlation, who, c[1], at)
			add(correlation, who, c[2], at+later)
		}
	}
	commitRecords(t, s, records, len(records))
	want := []string{"[end-then-start0 2]", "[end-then-start1 1]", "[end-then-start1/2 1]", "[quiet-04 2]", "[quiet-10 1]", "[quiet-11 1]", "[two-successes0 2]", "[two-successes1 1]", "[two-successes1/2 1]"}
	for _, derive := range []func() error{func() error { return s.Refresh(context.Background()) }, func() error { return s.Rebuild(context.Background(), nil) }} {
		if err := derive(); err != nil {
			t.Fatal(err)
		}
		if got := lines(t, s, `SELECT correlation_id, events FROM attempt ORDER BY 1`); !slices.Equal(got, want) {
			t.Errorf("attempts = %s", firstDifference(want, got))
		}
	}
}

// DeriveAttempts is the part of Derive that is about attempts.
func DeriveAttempts(t *testing.T, open func(t *testing.T) store.Store) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { deriveAttempts(t, open(t), seed) })
	}
}

const (
	tenantA = passtrail.TenantID("0f1e2d3c-4b5a-4968-8778-695a4b3c2d1e")
	tenantB = passtrail.TenantID("1f1e2d3c-4b5a-4968-8778-695a4b3c2d1e")
)

// optInBoth makes the tenants and turns collection on.
func optInBoth(t *testing.T, s store.Store) {
	t.Helper()
	for _, id := range []passtrail.TenantID{tenantA, tenantB} {
		if err := s.PutTenant(context.Background(), store.Tenant{ID: id, Name: "Contoso", CreatedAt: 1, OptedInAt: 1, OptedInBy: "test"}); err != nil {
			t.Fatalf("PutTenant: %v", err)
		}
	}
}

func deriveAttempts(t *testing.T, s store.Store, seed uint64) {
	defer s.Close()
	optInBoth(t, s)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(seed, 7))
	records := someRecords(rng, 40+rng.IntN(60))
	deliver(rng, &records)
	for n := 0; len(records) > 0; n++ {
		size := min(1+rng.IntN(120), len(records))
		commitRecords(t, s, records[:size], n)
		records = records[size:]
		if rng.IntN(3) == 0 || len(records) == 0 {
			if err := s.Refresh(ctx); err != nil {
				t.Fatalf("Refresh: %v", err)
			}
			compareAttempts(t, s, "after Refresh")
		}
	}
	before := attemptRows(t, s)
	if err := s.Rebuild(ctx, nil); err != nil {
		t.Fatalf("Rebuild: %v", err)
	}
	if after := attemptRows(t, s); !reflect.DeepEqual(before, after) {
		t.Errorf("Rebuild changed the attempts: %s", firstDifference(before, after))
	}
	compareAttempts(t, s, "after Rebuild")
}

// deriveVocabulary commits records that an older vocabulary did not know, or took for something else; Rebuild makes of
// them what this one says.
func deriveVocabulary(t *testing.T, s store.Store) {
	defer s.Close()
	optInBoth(t, s)
	rng := rand.New(rand.NewPCG(3, 7))
	records := someRecords(rng, 60)
	for i := range records {
		switch r := &records[i]; rng.IntN(3) {
		case 0:
			r.ActivityKey, r.Step, r.Method, r.Problem = "", "", "", ""
		case 1:
			r.ActivityKey, r.Step, r.Method, r.Problem = "blocked", "end", "fax", "cancelled"
		}
	}
	commitRecords(t, s, records, 0)
	var seen [2]int64
	if err := s.Rebuild(context.Background(), func(done, total int64) { seen = [2]int64{done, total} }); err != nil {
		t.Fatalf("Rebuild: %v", err)
	}
	if seen[0] != seen[1] || seen[0] == 0 {
		t.Errorf("progress ended at %d of %d", seen[0], seen[1])
	}
	for _, tenant := range []passtrail.TenantID{tenantA, tenantB} {
		for _, r := range storedRecords(t, s, tenant) {
			if r.ActivityKey == "blocked" && r.Step == "end" || r.Method == "fax" {
				t.Fatalf("Rebuild left the class of record %s: %+v", r.ID, r)
			}
		}
	}
	compareAttempts(t, s, "after Rebuild")
	if got := lines(t, s, `SELECT DISTINCT activity_key FROM record WHERE activity LIKE 'Self-ser% password reset flow activity progress'`); !slices.Equal(got, []string{"[flow]"}) {
		t.Errorf("keys of the flow's records = %v, want flow", got)
	}
}

// deriveStopped ends Refresh and Rebuild at odd moments: what is derived is either as before or done, and the next call
// does what is left.
func deriveStopped(t *testing.T, s store.Store) {
	defer s.Close()
	optInBoth(t, s)
	rng := rand.New(rand.NewPCG(1, 7))
	records := someRecords(rng, 300)
	for n := range 20 {
		size := len(records) / 20
		commitRecords(t, s, records[n*size:(n+1)*size], n)
		before := attemptRows(t, s)
		ctx, stop := context.WithTimeout(context.Background(), time.Duration(n)*time.Millisecond)
		err := s.Refresh(ctx)
		if n%2 == 1 && err == nil {
			err = s.Rebuild(ctx, nil)
		}
		stop()
		switch after := attemptRows(t, s); {
		case err == nil:
			compareAttempts(t, s, "after Refresh")
		case !errors.Is(err, context.DeadlineExceeded):
			t.Fatalf("Refresh = %v, want %v", err, context.DeadlineExceeded)
		case !reflect.DeepEqual(before, after):
			compareAttempts(t, s, "after a stopped Rebuild")
		}
	}
	if err := s.Refresh(context.Background()); err != nil {
		t.Fatalf("Refresh: %v", err)
	}
	compareAttempts(t, s, "after the last Refresh")
}

// commitRecords stores records as one batch per tenant.
func commitRecords(t *testing.T, s store.Store, records []passtrail.Record, n int) {
	t.Helper()
	for _, tenant := range []passtrail.TenantID{tenantA, tenantB} {
		b := &store.Batch{Tenant: tenant, Source: "test", At: passtrail.Ticks(n)}
		for _, r := range records {
			if r.Tenant == tenant {
				b.Records = append(b.Records, r)
			}
		}
		if _, err := s.Commit(context.Background(), b); err != nil {
			t.Fatalf("Commit: %v", err)
		}
	}
}

// compareAttempts holds the attempt table against package attempt.
func compareAttempts(t *testing.T, s store.Store, when string) {
	t.Helper()
	var want, members []string
	for _, tenant := range []passtrail.TenantID{tenantA, tenantB} {
		records := storedRecords(t, s, tenant)
		for _, a := range attempt.All(records) {
			want = append(want, attemptLine(&a))
		}
		for r, id := range attempt.IDs(records) {
			if id != attempt.Key(r) {
				members = append(members, fmt.Sprint([]any{string(tenant), r.ID, int64(r.Time), attempt.Pool(r), id}))
			}
		}
	}
	slices.Sort(want)
	if got := attemptRows(t, s); !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: %s", when, firstDifference(want, got))
	}
	slices.Sort(members)
	if got := lines(t, s, `SELECT tenant, id, time, pool, attempt FROM attempt_member`); !slices.Equal(got, members) {
		t.Fatalf("%s, members of attempts: %s", when, firstDifference(members, got))
	}
	compareEvents(t, s, when)
	compareNames(t, s, when)
}

// compareEvents holds the table of password events against the records.
func compareEvents(t *testing.T, s store.Store, when string) {
	t.Helper()
	const columns = `SELECT tenant, id, time, activity_key, result, reason, problem, method, step, target_id, target_upn, target_name,
		actor_id, actor_upn, actor_name, actor_address, user_agent, on_premises_agent, correlation_id, source `
	const members = `activity_key NOT IN ('', 'flow') AND activity_key NOT LIKE 'dir\_%' ESCAPE '\'`
	want := lines(t, s, columns+`FROM record WHERE `+members)
	if got := lines(t, s, columns+`FROM password_event`); !reflect.DeepEqual(got, want) {
		t.Fatalf("%s, password events: %s", when, firstDifference(want, got))
	}
	want = nil
	for _, tenant := range []passtrail.TenantID{tenantA, tenantB} {
		for _, r := range storedRecords(t, s, tenant) {
			if r.ActivityKey != "" && r.ActivityKey != "flow" && !strings.HasPrefix(r.ActivityKey, "dir_") {
				p := r.Person()
				want = append(want, fmt.Sprint([]any{string(tenant), r.ID, p.Key(), p.UPN, p.Name}))
			}
		}
	}
	slices.Sort(want)
	if got := lines(t, s, `SELECT tenant, id, user_id, user_upn, user_name FROM password_event`); !reflect.DeepEqual(got, want) {
		t.Fatalf("%s, people of password events: %s", when, firstDifference(want, got))
	}
}

func firstDifference(want, got []string) string {
	for i := range max(len(want), len(got)) {
		w, g := "nothing", "nothing"
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w != g {
			return fmt.Sprintf("row %d of %d and %d:\nwant %s\ngot  %s", i, len(want), len(got), w, g)
		}
	}
	return "no difference"
}

// attemptLine writes an attempt as attemptRows does.
func attemptLine(a *attempt.Attempt) string {
	return fmt.Sprint([]any{string(a.Tenant), a.ID, a.UserID, a.UserUPN, a.UserName, int64(a.Start), int64(a.End), string(a.Outcome), a.Problem, a.Reason,
		jsonList(a.Gates), len(a.Gates), jsonList(a.MethodsTried), a.Refusals, a.PushStarts, a.LastStep, a.LastMethod, a.IPAddress, a.UserAgent, a.OnPremisesAgent, a.Events})
}

func jsonList(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

// attemptRows returns the rows of the attempt table as sorted text.
func attemptRows(t *testing.T, s store.Store) []string {
	t.Helper()
	return lines(t, s, `SELECT tenant, correlation_id, user_id, user_upn, user_name, start_time, end_time, outcome, problem, reason,
		gates, gate_count, methods_tried, refusals, push_starts, last_step, last_method, ip_address, user_agent, on_premises_agent, events FROM attempt`)
}

// lines returns the rows of a query as sorted text.
func lines(t *testing.T, s store.Store, query string, args ...any) []string {
	t.Helper()
	var out []string
	err := s.Query(context.Background(), query, args, func(row []any) error {
		out = append(out, fmt.Sprint(row))
		return nil
	})
	if err != nil {
		t.Fatalf("Query: %v", err)
	}
	slices.Sort(out)
	return out
}

// storedRecords returns what is stored of a tenant, as far as attempts need it.
func storedRecords(t *testing.T, s store.Store, tenant passtrail.TenantID) []passtrail.Record {
	t.Helper()
	const query = `SELECT id, time, service, result, reason, correlation_id, actor_kind, actor_id, actor_upn, actor_name, actor_address,
		target_id, target_upn, target_name, user_agent, on_premises_agent, activity_key, step, method, problem,
		target_type, subject_id, subject_upn, subject_name FROM record WHERE tenant = $1`
	var out []passtrail.Record
	err := s.Query(context.Background(), query, []any{string(tenant)}, func(row []any) error {
		text := make([]string, len(row))
		for i, v := range row {
			text[i], _ = v.(string)
		}
		at, _ := row[1].(int64)
		out = append(out, passtrail.Record{Tenant: tenant, ID: text[0], Time: passtrail.Ticks(at), Service: text[2], Result: text[3], Reason: text[4],
			CorrelationID: text[5], ActorKind: passtrail.ActorKind(text[6]), ActorID: text[7], ActorUPN: text[8], ActorName: text[9], ActorAddress: text[10],
			TargetID: text[11], TargetUPN: text[12], TargetName: text[13], UserAgent: text[14], OnPremisesAgent: text[15],
			ActivityKey: text[16], Step: text[17], Method: text[18], Problem: text[19],
			TargetType: text[20], SubjectID: text[21], SubjectUPN: text[22], SubjectName: text[23]})
		return nil
	})
	if err != nil {
		t.Fatalf("Query: %v", err)
	}
	return out
}
