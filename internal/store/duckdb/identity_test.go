package duckdb_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"passtrail"
	"passtrail/internal/identity"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// TestOlderHashesOfApplications: a directory whose records of applications were hashed with the application's id holds each
// event once after the upgrade, and a portal CSV taken in later is recognised.
func TestOlderHashesOfApplications(t *testing.T) {
	act := func(n int, id string) passtrail.Record {
		r := storetest.Event{ID: "x"}.Record()
		r.ActorKind, r.ActorID, r.ActorUPN, r.ActorName = passtrail.ActorApp, "app-id", "", "Provisioning"
		r.CorrelationID = fmt.Sprintf("c0ffee00-0000-4000-8000-%012d", n)
		words := identity.Words(r.Service, r.Activity, r.Result, r.Reason)
		if id != "" {
			r.ID, r.Hash = id, identity.HashWithApp(&r, words)
			return r
		}
		r.ActorID = "" // as the portal's CSV has it
		r.Hash, _ = identity.Hash(&r, words, r.Time, nil)
		r.ID, r.Shape = "h:"+hex.EncodeToString(r.Hash[:]), passtrail.ShapePortalCSV
		return r
	}
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	person := storetest.Event{ID: "person", Hash: 9}.Record()
	commit(t, s, false, act(1, "a"), act(1, ""), act(2, "b"), act(3, ""), person)
	const stored = `SELECT string_agg(left(id, 2) || right(correlation_id, 1), ' ' ORDER BY id) FROM record WHERE id <> 'person'`
	if got := ask(t, s, stored); got != "a1 b2 h:1 h:3" && got != "a1 b2 h:3 h:1" {
		t.Fatalf("before the upgrade it holds %v", got)
	}
	const hashOfPerson = `SELECT hash::VARCHAR FROM record WHERE id = 'person'`
	before := ask(t, s, hashOfPerson)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tamper(t, dir, "DELETE FROM state WHERE name = 'derivation'") // another program derived it
	s = open(t, duckdb.Config{Dir: dir})
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, stored); got != "a1 b2 h:3" {
		t.Errorf("after the upgrade it holds %v, want the events a, b and the row of the third", got)
	}
	commit(t, s, false, act(2, ""))
	if got := ask(t, s, stored); got != "a1 b2 h:3" {
		t.Errorf("with a CSV of later it holds %v", got)
	}
	if got := ask(t, s, hashOfPerson); got != before {
		t.Errorf("the hash of a person's record is %v, was %v", got, before)
	}
	if v, err := s.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
		t.Errorf("Verify = %v, %v", v.Problems, err)
	}
}
