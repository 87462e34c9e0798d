package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

// deriveIntervals commits snapshots of registrations and roles in any order, repeated, some of them incomplete, and holds
// the intervals against a replay in order of time.
func deriveIntervals(t *testing.T, s store.Store, seed uint64) {
	defer s.Close()
	optInBoth(t, s)
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(seed, 11))
	snapshots := someSnapshots(rng)
	order := rng.Perm(len(snapshots))
	if seed%3 == 0 {
		slices.Sort(order) // day by day, as a rule
	}
	var known []store.Snapshot
	for n, i := range order {
		known = append(known, snapshots[i])
		give := []store.Snapshot{snapshots[i]}
		if rng.IntN(4) == 0 {
			give = append(give, known[rng.IntN(len(known))])
		}
		if _, err := s.Commit(ctx, &store.Batch{Tenant: tenantA, Source: "test", Snapshots: give, At: passtrail.Ticks(n)}); err != nil {
			t.Fatalf("Commit: %v", err)
		}
		if rng.IntN(3) > 0 && n < len(order)-1 {
			continue
		}
		if err := s.Refresh(ctx); err != nil {
			t.Fatalf("Refresh: %v", err)
		}
		compareIntervals(t, s, known)
		compareInstants(t, s, known)
	}
	for _, sn := range known {
		want := []string{}
		for key := range snapshotStates(&sn) {
			want = append(want, "["+key+"]")
		}
		slices.Sort(want)
		got := lines(t, s, `SELECT CASE kind WHEN 'roles' THEN rtrim(key, '|/') ELSE key END FROM snapshot_row WHERE tenant = $1 AND kind = $2 AND taken_at <= $3 AND last_taken >= $3`,
			string(tenantA), string(sn.Kind), int64(sn.TakenAt))
		if !slices.Equal(got, want) {
			t.Errorf("the runs give back %s of %s as %v, want %v", sn.Kind, sn.TakenAt, got, want)
		}
	}
	before := intervalRows(t, s)
	if err := s.Rebuild(ctx, nil); err != nil {
		t.Fatalf("Rebuild: %v", err)
	}
	if after := intervalRows(t, s); !reflect.DeepEqual(before, after) {
		t.Errorf("Rebuild changed the intervals: %s", firstDifference(before, after))
	}
}

var someRoles = []store.RoleAssignment{
	{RoleID: "62e90394-69f5-4237-9190-012177145e10", RoleName: "Global Administrator", Scope: "/"},
	{RoleID: "729827e3-9c14-49f7-bb1b-9608f156bbb8", RoleName: "Helpdesk Administrator", Scope: "/"},
	{RoleID: "4a5d8f65-41da-4de4-8968-e035b65339cf", RoleName: "Reports Reader", Scope: "/"},
}

// someSnapshots makes up to nine snapshots of each kind of five people whose state changes now and then.
func someSnapshots(rng *rand.Rand) []store.Snapshot {
	var out []store.Snapshot
	methods := make([]int, 5)
	held := make([]int, 5)
	for day := range 2 + rng.IntN(8) {
		at := passtrail.UnixEpoch + passtrail.Ticks(1000+day)*passtrail.Day
		reg := store.Snapshot{Kind: store.Registrations, TakenAt: at, Complete: rng.IntN(4) > 0}
		roles := store.Snapshot{Kind: store.Roles, TakenAt: at, Complete: rng.IntN(4) > 0}
		for p := range methods {
			if rng.IntN(3) == 0 {
				methods[p], held[p] = rng.IntN(3), rng.IntN(4)
			}
			if rng.IntN(4) == 0 {
				continue
			}
			list := []string{"mobilePhone", "email"}[:methods[p]]
			reg.Registrations = append(reg.Registrations, store.Registration{UserID: fmt.Sprint("u", p), UPN: fmt.Sprintf("p%d@contoso.com", p),
				IsSsprRegistered: methods[p] > 0, Methods: list, LastUpdated: at - passtrail.Hour})
			if held[p] > 0 {
				a := someRoles[held[p]-1]
				a.UserID = fmt.Sprint("u", p)
				roles.Roles = append(roles.Roles, a)
			}
		}
		out = append(out, reg, roles)
	}
	return out
}

// interval is one interval as the tables have it.
type interval struct {
	key, state        string
	from, to, assumed passtrail.Ticks
}

// replay makes the intervals of one kind of snapshots, one after the other.
func replay(snapshots []store.Snapshot, kind store.SnapshotKind) []interval {
	var of []store.Snapshot
	for _, s := range snapshots {
		if s.Kind == kind {
			of = append(of, s)
		}
	}
	slices.SortFunc(of, func(a, b store.Snapshot) int { return int(a.TakenAt/passtrail.Day - b.TakenAt/passtrail.Day) })
	first := passtrail.Ticks(-1)
	for _, s := range of {
		if s.Complete && first < 0 {
			first = s.TakenAt
		}
	}
	if first < 0 && len(of) > 0 {
		first = of[0].TakenAt
	}
	var out []interval
	open, seen := map[string]int{}, map[string]bool{}
	for _, s := range of {
		states := snapshotStates(&s)
		for key, i := range open {
			state, there := states[key]
			if there && state != out[i].state || !there && s.Complete {
				out[i].to = s.TakenAt
				delete(open, key)
			}
		}
		for key, state := range states {
			if _, is := open[key]; is {
				continue
			}
			v := interval{key: key, state: state, from: s.TakenAt, to: passtrail.Forever, assumed: s.TakenAt}
			if !seen[key] && s.TakenAt <= first {
				v.assumed = 0
			}
			open[key], seen[key] = len(out), true
			out = append(out, v)
		}
	}
	return out
}

func snapshotStates(s *store.Snapshot) map[string]string {
	states := map[string]string{}
	for _, r := range s.Registrations {
		states[r.UserID] = fmt.Sprint(r.UPN, r.IsSsprRegistered, len(r.Methods))
	}
	for _, a := range s.Roles {
		states[a.UserID+"|"+a.RoleID] = a.RoleName
	}
	return states
}

func compareIntervals(t *testing.T, s store.Store, known []store.Snapshot) {
	t.Helper()
	var want []string
	for _, v := range replay(known, store.Registrations) {
		want = append(want, fmt.Sprint([]any{v.key, v.state, int64(v.from), int64(v.to), int64(v.assumed)}))
	}
	slices.Sort(want)
	got := lines(t, s, `SELECT user_id, upn || (is_sspr_registered::VARCHAR) || ' ' || json_array_length(methods)::VARCHAR, valid_from, valid_to, assumed_from FROM registration`)
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("registration: %s", firstDifference(want, got))
	}
	want = nil
	for _, v := range replay(known, store.Roles) {
		want = append(want, fmt.Sprint([]any{v.key, v.state, int64(v.from), int64(v.to), int64(v.assumed)}))
	}
	slices.Sort(want)
	got = lines(t, s, `SELECT user_id || '|' || role_id, role_name, valid_from, valid_to, assumed_from FROM role_assignment`)
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("role_assignment: %s", firstDifference(want, got))
	}
	overlap := lines(t, s, `SELECT a.user_id FROM person_role a JOIN person_role b ON a.tenant = b.tenant AND a.user_id = b.user_id AND a.valid_from < b.valid_from AND b.valid_from < a.valid_to`)
	if len(overlap) > 0 {
		t.Fatalf("person_role overlaps for %v", overlap)
	}
}

// compareInstants asks for the state at instants and for the difference between two, and holds the answers against the
// replay.
func compareInstants(t *testing.T, s store.Store, known []store.Snapshot) {
	t.Helper()
	at := func(day int) passtrail.Ticks {
		return passtrail.UnixEpoch + passtrail.Ticks(day)*passtrail.Day + passtrail.Hour
	}
	stateAt := func(day int) map[string]string {
		states := map[string]string{}
		for _, v := range replay(known, store.Registrations) {
			if v.assumed <= at(day) && at(day) < v.to {
				states[v.key] = v.state
			}
		}
		return states
	}
	for _, day := range []int{900, 1000, 1004, 1100} {
		var want, diff []string
		now, later := stateAt(day), stateAt(1006)
		for key := range now {
			want = append(want, "["+key+"]")
			if _, there := later[key]; !there {
				diff = append(diff, fmt.Sprintf("[%s went]", key))
			}
		}
		for key, state := range later {
			if was, there := now[key]; !there {
				diff = append(diff, fmt.Sprintf("[%s came]", key))
			} else if was != state {
				diff = append(diff, fmt.Sprintf("[%s changed]", key))
			}
		}
		slices.Sort(want)
		slices.Sort(diff)
		if got := lines(t, s, `SELECT user_id FROM (`+registrationAt+`)`, string(tenantA), int64(at(day))); !slices.Equal(got, want) {
			t.Fatalf("RegistrationAt day %d = %v, want %v", day, got, want)
		}
		if got := lines(t, s, `SELECT user_id, change FROM (`+registrationDiff+`)`, string(tenantA), int64(at(day)), int64(at(1006))); !slices.Equal(got, diff) {
			t.Fatalf("RegistrationDiff day %d = %v, want %v", day, got, diff)
		}
	}
}

// deriveRoles goes through one person's roles: gained, lost, joined by a role that the vocabulary does not know.
func deriveRoles(t *testing.T, s store.Store) {
	defer s.Close()
	optInBoth(t, s)
	held := [][]string{{"Reports Reader"}, {"Reports Reader", "Global Administrator"}, {"Global Administrator"}, {"Keeper of Keys"}, {}, {"AdHoc License Administrator"}}
	ids := map[string]string{"Reports Reader": someRoles[2].RoleID, "Global Administrator": someRoles[0].RoleID, "Keeper of Keys": "custom-1", "AdHoc License Administrator": "custom-2"}
	for day, names := range held {
		sn := store.Snapshot{Kind: store.Roles, TakenAt: passtrail.Ticks(day) + 1, Complete: true}
		for _, name := range names {
			sn.Roles = append(sn.Roles, store.RoleAssignment{UserID: "u", RoleID: ids[name], RoleName: name})
		}
		if _, err := s.Commit(context.Background(), &store.Batch{Tenant: tenantA, Source: "test", Snapshots: []store.Snapshot{sn}}); err != nil {
			t.Fatalf("Commit: %v", err)
		}
	}
	if err := s.Refresh(context.Background()); err != nil {
		t.Fatalf("Refresh: %v", err)
	}
	want := []string{
		`[1 2 0 Reports Reader ["Reports Reader"] false false]`,
		`[2 3 2 Global Administrator ["Global Administrator","Reports Reader"] true true]`,
		`[3 4 3 Global Administrator ["Global Administrator"] true true]`,
		`[4 5 4 Keeper of Keys ["Keeper of Keys"] true false]`,
		fmt.Sprintf(`[6 %d 6 AdHoc License Administrator ["AdHoc License Administrator"] true true]`, passtrail.Forever),
	}
	if got := lines(t, s, `SELECT valid_from, valid_to, assumed_from, role, roles, is_admin, two_gate FROM person_role`); !slices.Equal(got, want) {
		t.Errorf("person_role = %s", firstDifference(want, got))
	}
	now := fmt.Sprintf("[u %s]", "AdHoc License Administrator")
	if got := lines(t, s, `SELECT user_id, role FROM (`+roleAt+`)`, string(tenantA), int64(1000)); len(got) != 1 || got[0] != now {
		t.Errorf("RoleAt = %v, want %s", got, now)
	}
}

// deriveAdmins takes the word of the registrations for who is an administrator, until a snapshot of roles comes.
func deriveAdmins(t *testing.T, s store.Store) {
	defer s.Close()
	optInBoth(t, s)
	give := func(sn store.Snapshot) {
		t.Helper()
		sn.Complete = true
		if _, err := s.Commit(context.Background(), &store.Batch{Tenant: tenantA, Source: "test", Snapshots: []store.Snapshot{sn}}); err != nil {
			t.Fatalf("Commit: %v", err)
		}
		if err := s.Refresh(context.Background()); err != nil {
			t.Fatalf("Refresh: %v", err)
		}
	}
	const ask = `SELECT user_id, valid_from, valid_to, role, is_admin, assumed_from FROM person_role`
	give(store.Snapshot{Kind: store.Registrations, TakenAt: 10, Registrations: []store.Registration{{UserID: "a", IsAdmin: true}, {UserID: "b"}}})
	give(store.Snapshot{Kind: store.Registrations, TakenAt: 20, Registrations: []store.Registration{{UserID: "a"}, {UserID: "b", IsAdmin: true}}})
	want := []string{"[a 10 20 Administrator true 0]", fmt.Sprintf("[b 20 %d Administrator true 20]", passtrail.Forever)}
	if got := lines(t, s, ask); !slices.Equal(got, want) {
		t.Errorf("without roles: %v, want %v", got, want)
	}
	give(store.Snapshot{Kind: store.Roles, TakenAt: 30, Roles: []store.RoleAssignment{{UserID: "c", RoleID: someRoles[0].RoleID, RoleName: "x"}}})
	give(store.Snapshot{Kind: store.Registrations, TakenAt: 40, Registrations: []store.Registration{{UserID: "a", IsAdmin: true}}})
	want = []string{fmt.Sprintf("[c 30 %d Global Administrator true 0]", passtrail.Forever)}
	if got := lines(t, s, ask); !slices.Equal(got, want) {
		t.Errorf("with roles: %v, want %v", got, want)
	}
}

// deriveAssumed: of what incomplete snapshots tell one after the other, only the first stands in for the time before it.
func deriveAssumed(t *testing.T, s store.Store) {
	defer s.Close()
	optInBoth(t, s)
	for _, sn := range []store.Snapshot{
		{TakenAt: 10, Registrations: []store.Registration{{UserID: "a", IsAdmin: true}}},
		{TakenAt: 20, Registrations: []store.Registration{{UserID: "a"}}},
		{TakenAt: 30, Complete: true, Registrations: []store.Registration{{UserID: "a"}}},
	} {
		sn.Kind = store.Registrations
		if _, err := s.Commit(context.Background(), &store.Batch{Tenant: tenantA, Source: "test", Snapshots: []store.Snapshot{sn}}); err != nil {
			t.Fatalf("Commit: %v", err)
		}
	}
	if err := s.Refresh(context.Background()); err != nil {
		t.Fatalf("Refresh: %v", err)
	}
	want := []string{"[a 10 20 0 true]", fmt.Sprintf("[a 20 %d 20 false]", passtrail.Forever)}
	if got := lines(t, s, `SELECT user_id, valid_from, valid_to, assumed_from, is_admin FROM registration`); !slices.Equal(got, want) {
		t.Errorf("registration = %v, want %v", got, want)
	}
}

// deriveRuns holds the store to keep only what changed of a hundred daily snapshots.
func deriveRuns(t *testing.T, s store.Store) {
	defer s.Close()
	optInBoth(t, s)
	const people, days = 40, 100
	for day := range days {
		sn := store.Snapshot{Kind: store.Registrations, TakenAt: passtrail.UnixEpoch + passtrail.Ticks(day)*passtrail.Day, Complete: true}
		for p := range people {
			sn.Registrations = append(sn.Registrations, store.Registration{UserID: fmt.Sprint("u", p), IsSsprRegistered: day > p, LastUpdated: sn.TakenAt})
		}
		if _, err := s.Commit(context.Background(), &store.Batch{Tenant: tenantA, Source: "test", Snapshots: []store.Snapshot{sn}}); err != nil {
			t.Fatalf("Commit: %v", err)
		}
		if day%7 == 6 || day == days-1 {
			if err := s.Refresh(context.Background()); err != nil {
				t.Fatalf("Refresh: %v", err)
			}
		}
	}
	for table, want := range map[string]string{"snapshot_row": "[80]", "registration": "[80]", "snapshot": "[100]"} {
		if got := lines(t, s, `SELECT count(*) FROM `+table); got[0] != want {
			t.Errorf("%s has %s rows, want %s: two for each person", table, got[0], want)
		}
	}
	got := lines(t, s, `SELECT last_updated FROM registration WHERE user_id = 'u39' AND is_sspr_registered`)
	if want := fmt.Sprintf("[%d]", int64(passtrail.UnixEpoch+99*passtrail.Day)); got[0] != want {
		t.Errorf("last_updated = %s, want that of the last snapshot, %s", got[0], want)
	}
}

// intervalRows returns all that is derived from snapshots as sorted text.
func intervalRows(t *testing.T, s store.Store) []string {
	t.Helper()
	out := lines(t, s, `SELECT user_id, valid_from, valid_to, assumed_from, upn, methods, data_registered, last_updated, source FROM registration`)
	out = append(out, lines(t, s, `SELECT user_id, role_id, valid_from, valid_to, assumed_from, role_name, source FROM role_assignment`)...)
	return append(out, lines(t, s, `SELECT user_id, valid_from, valid_to, assumed_from, role, roles, is_admin, two_gate FROM person_role`)...)
}
