// Package storetest is the suite that every implementation of store.Store passes. Start at [Run].
package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

// The tenants of the suite: Contoso has opted in, Fabrikam has not, nobody made the third.
const (
	Contoso  passtrail.TenantID = "11111111-2222-4333-8444-555555555555"
	Fabrikam passtrail.TenantID = "66666666-7777-4888-9999-aaaaaaaaaaaa"
	Nobody   passtrail.TenantID = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"
)

// At is the instant that the suite takes for now.
var At = mustTicks("2026-03-10T12:00:00Z")

func mustTicks(s string) passtrail.Ticks {
	t, err := passtrail.ParseTicks(s)
	if err != nil {
		panic(err)
	}
	return t
}

// Run holds a store to the contract. Open returns a new, empty store that is closed when the test ends.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	tests := []struct {
		name string
		run  func(t *testing.T, s store.Store)
	}{
		{"records come back as they went in", lossless},
		{"a batch that comes again changes nothing", again},
		{"the richer shape stays", richer},
		{"a record without id gives way to one with the same hash", bareGivesWay},
		{"two ids with one hash stay two", twoIDs},
		{"a hash that only the poorer shape had is remembered", aliases},
		{"the order of arrival does not matter", anyOrder},
		{"nothing is stored for who has not opted in", optIn},
		{"a batch is of one tenant", oneTenant},
		{"batch and checkpoint go in together", checkpoints},
		{"an input is set aside once", quarantine},
		{"the ledger counts by hour", ledger},
		{"figures become final", finality},
		{"what time is covered", coverage},
		{"snapshots are taken in once", snapshots},
		{"tenants", tenants},
		{"tenants stand for themselves", standings},
		{"access log", accessLog},
		{"lines of the access log", accessLines},
		{"saved queries", savedQueries},
		{"findings", findings},
		{"access tokens", accessTokens},
		{"what is past the retention is counted only", pastRetention},
		{"an attempt over the edge of the retention keeps what is left of it", expireOverEdge},
		{"a snapshot of before the limit may still hold", oldSnapshots},
		{"what is no record expires as well", expireRest},
		{"two events with one id are two records", conflicts},
		{"a row whose time was cut is the finer record", cutTimes},
		{"rows whose times were cut, in any order", cutInAnyOrder},
		{"query gives Go values", queryValues},
		{"query only reads", queryOnlyReads},
		{"query stops", queryStops},
		{"writers take turns", concurrent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			for _, id := range []passtrail.TenantID{Contoso, Fabrikam} {
				tenant := store.Tenant{ID: id, Name: "Fabrikam", CreatedAt: At}
				if id == Contoso {
					tenant.Name, tenant.OptedInAt, tenant.OptedInBy = "Contoso", At, "admin@contoso.com"
				}
				must(t, s.PutTenant(t.Context(), tenant))
			}
			tt.run(t, s)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Event is what a test says of an event; Record makes a whole record of it.
type Event struct {
	ID     string // "" for a shape without ids
	Hash   int    // events with equal numbers have equal hashes
	Time   passtrail.Ticks
	Shape  passtrail.Shape
	Tenant passtrail.TenantID // Contoso when empty
}

// Record returns a record in which every column is filled, different for each event and shape.
func (e Event) Record() passtrail.Record {
	if e.Tenant == "" {
		e.Tenant = Contoso
	}
	if e.Shape == "" {
		e.Shape = passtrail.ShapeGraph
	}
	if e.Time == 0 {
		e.Time = At
	}
	sum := sha256.Sum256([]byte(fmt.Sprint("event", e.Hash)))
	hash := [16]byte(sum[:16])
	if e.ID == "" {
		e.ID = "h:" + hex.EncodeToString(hash[:])
	}
	says := func(what string) string { return fmt.Sprintf("%s of %s as %s", what, e.ID, e.Shape) }
	return passtrail.Record{
		Tenant: e.Tenant, ID: e.ID, Hash: hash, Time: e.Time, Service: "Self-service Password Management", Category: "UserManagement",
		Activity: "Reset password (self-service)", OperationType: "Update", Result: "success", Reason: says("reason"),
		CorrelationID: fmt.Sprintf("00000000-0000-4000-8000-%012x", e.Hash), ActorKind: passtrail.ActorUser, ActorID: "actor of " + e.ID,
		ActorUPN: "anna@contoso.com", ActorName: "Anna Ålund \U0001f511", ActorAddress: "2001:db8::7", TargetID: "target of " + e.ID,
		TargetUPN: "ben@contoso.com", TargetName: says("target"), TargetType: "User", UserAgent: says("agent"), OnPremisesAgent: says("on premises"),
		InitiatedBy: `{"user":{"id":null}}`, TargetResources: `[{"type":"User","note":"` + says("a longer text than twelve bytes") + `"}]`,
		AdditionalDetails: `[]`, Extra: `{"unknown":"a\u0000b"}`, Shape: e.Shape, Source: "file", ReceivedAt: At,
		ActivityKey: "reset", Step: "step", Method: "email", Problem: "problem",
	}
}

// batch makes a batch of events.
func batch(events ...Event) *store.Batch {
	b := &store.Batch{Tenant: Contoso, Source: "file", At: At}
	for _, e := range events {
		b.Records = append(b.Records, e.Record())
	}
	return b
}

func commit(t *testing.T, s store.Store, b *store.Batch) store.Counts {
	t.Helper()
	c, err := s.Commit(t.Context(), b)
	must(t, err)
	if c.Received != c.Stored+c.Repeats+c.SetAside+c.Other+c.PastRetention {
		t.Errorf("counts do not add up: %+v", c)
	}
	return c
}

func wantCounts(t *testing.T, got, want store.Counts) {
	t.Helper()
	if got != want {
		t.Errorf("counts = %+v, want %+v", got, want)
	}
}
