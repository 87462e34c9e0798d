package identity_test

import (
	"testing"

	"passtrail"
	"passtrail/internal/identity"
)

func hash(r passtrail.Record, at passtrail.Ticks) [16]byte {
	h, _ := identity.Hash(&r, identity.Words(r.Service, r.Activity, r.Result, r.Reason), at, nil)
	return h
}

// TestHashTakesWhatEveryShapeHas: a portal CSV has no ids of applications, and writes correlation ids in lower case.
func TestHashTakesWhatEveryShapeHas(t *testing.T) {
	graph := passtrail.Record{Activity: "Update user", Result: "success", CorrelationID: "ABC-1", ActorKind: passtrail.ActorApp, ActorID: "5f0c", ActorName: "Sync", TargetID: "t"}
	portal := graph
	portal.CorrelationID, portal.ActorID = "abc-1", ""
	if hash(graph, 10) != hash(portal, 10) {
		t.Error("an application's act has two hashes")
	}
	portal.ActorName = "Another"
	if hash(graph, 10) == hash(portal, 10) {
		t.Error("the acts of two applications have one hash")
	}
	user, other := graph, graph
	user.ActorKind, other.ActorKind, other.ActorID = passtrail.ActorUser, passtrail.ActorUser, "5f0d"
	if hash(user, 10) == hash(other, 10) {
		t.Error("the acts of two people have one hash")
	}
	if hash(graph, 10) == hash(graph, 20) || hash(graph, 10) != hash(graph, 19) {
		t.Error("the hash is not over whole microseconds")
	}
}

func TestConflict(t *testing.T) {
	a := passtrail.Record{Time: 10 * passtrail.Second, Activity: "Reset password", ActorKind: passtrail.ActorUser, ActorID: "x", TargetID: "y"}
	for name, change := range map[string]func(*passtrail.Record){
		"a second later": func(r *passtrail.Record) { r.Time += passtrail.Second },
		"target":         func(r *passtrail.Record) { r.TargetID = "z" },
		"actor":          func(r *passtrail.Record) { r.ActorID = "z" },
		"activity":       func(r *passtrail.Record) { r.Activity = "Change password" },
	} {
		b := a
		change(&b)
		if !identity.Conflict(&a, &b) || !identity.Conflict(&b, &a) {
			t.Errorf("another %s is no conflict", name)
		}
	}
	b := a
	b.Time, b.Activity, b.ActorID, b.TargetID = a.Time+passtrail.Second-1, "reset  password", "", ""
	if identity.Conflict(&a, &b) {
		t.Error("a poorer version of a record is a conflict")
	}
}
