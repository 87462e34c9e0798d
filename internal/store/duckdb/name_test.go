package duckdb_test

import (
	"path/filepath"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// named is an administrator's reset of one person, who is called upn and name in it.
func named(id string, at passtrail.Ticks, upn, name string) passtrail.Record {
	r := storetest.Event{ID: id, Hash: int(at % 1000), Time: storetest.At + at*passtrail.Hour}.Record()
	r.Activity, r.ActivityKey, r.Step = "Reset password (by admin)", "admin_reset", ""
	r.ActorKind, r.ActorID, r.ActorUPN = passtrail.ActorUser, "admin", "megan.bowen@contoso.com"
	r.TargetType, r.TargetID, r.TargetUPN, r.TargetName = "User", "adele", upn, name
	return r
}

const allNames = `SELECT coalesce(string_agg(user_id || '=' || upn || '/' || name, ' ' ORDER BY user_id), 'none') FROM name`

// TestNames follows one person's name through what comes in, is replaced and is deleted.
func TestNames(t *testing.T) {
	s := tenanted(t, duckdb.Config{Dir: t.TempDir()})
	expect := func(what, want string) {
		t.Helper()
		if got := ask(t, s, allNames); got != want {
			t.Errorf("%s: %v, want %s", what, got, want)
		}
	}
	commit(t, s, false, named("a", 1, "old@contoso.com", "Old"))
	expect("nobody lacks a name", "none")
	commit(t, s, false, named("b", 5, "", ""))
	expect("an old name", "adele=old@contoso.com/Old")
	commit(t, s, false, named("c", 2, "new@contoso.com", ""))
	expect("a newer one", "adele=new@contoso.com/Old")
	commit(t, s, false, named("d", 3, "new@contoso.com", "New"))
	expect("a display name beside the same sign-in name", "adele=new@contoso.com/New")
	if _, err := s.Expire(t.Context(), storetest.Contoso, storetest.At+3*passtrail.Hour+1); err != nil {
		t.Fatal(err)
	}
	expect("what said it is deleted", "adele=/")
	richer := named("b", 5, "adele.vance@contoso.com", "Adele Vance")
	richer.Shape = passtrail.ShapeDiagnostic
	commit(t, s, false, richer)
	expect("the record that lacked it is replaced", "none")
}

// TestNamesOfSnapshots has a name from a snapshot of which the interval ends and is deleted.
func TestNamesOfSnapshots(t *testing.T) {
	s := tenanted(t, duckdb.Config{Dir: t.TempDir()})
	commit(t, s, false, named("a", 90, "", ""))
	snapshot := func(at passtrail.Ticks, people ...store.Registration) {
		sn := store.Snapshot{Kind: store.Registrations, TakenAt: storetest.At + at*passtrail.Hour, Complete: true, Registrations: people}
		b := &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At + 99*passtrail.Hour, Snapshots: []store.Snapshot{sn}}
		if _, err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	snapshot(1, store.Registration{UserID: "adele", UPN: "adele@contoso.com", Name: "Adele"}, store.Registration{UserID: "alex", UPN: "alex@contoso.com"})
	if got := ask(t, s, allNames); got != "adele=adele@contoso.com/Adele" {
		t.Errorf("a snapshot: %v", got)
	}
	snapshot(2, store.Registration{UserID: "alex", UPN: "alex@contoso.com"})
	if _, err := s.Expire(t.Context(), storetest.Contoso, storetest.At+3*passtrail.Hour); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, allNames); got != "adele=/" {
		t.Errorf("its interval is deleted: %v", got)
	}
}

// TestVerifyNames finds a name that somebody changed in the table, and mends it.
func TestVerifyNames(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	commit(t, s, false, named("a", 1, "adele.vance@contoso.com", "Adele Vance"), named("b", 5, "", ""))
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	db, err := duck.Open(t.Context(), duck.Config{Path: filepath.Join(dir, "passtrail.db")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SQL.Exec(`UPDATE name SET upn = 'alex.wilber@contoso.com'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, duckdb.Config{Dir: dir})
	v, err := s.Verify(t.Context())
	if err != nil || len(v.Problems) != 1 || !strings.HasPrefix(v.Problems[0], "the names of 1 people") || !v.Stale {
		t.Fatalf("Verify = %+v, %v", v, err)
	}
	if _, err := s.Mend(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, allNames); got != "adele=adele.vance@contoso.com/Adele Vance" {
		t.Errorf("after Mend: %v", got)
	}
}
