// Package scene makes small tenants by hand for the tests of other packages: a few people, what they did and when, in a
// database in memory with the query engine on it. A tenant as large as life is package simulate's business.
//
// Start at [New], then [Scene.Attempt], [Scene.Add] and [Scene.Commit].
package scene

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/kql/native"
	"passtrail/internal/query"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/vocab"
)

// The tenants that every scene has.
const (
	Contoso  passtrail.TenantID = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"
	Fabrikam passtrail.TenantID = "0aa1d5d3-77a7-4f1e-8a7e-3f1f0d2c9b22"
)

// Scene is a database in memory with the two tenants, both opted in.
type Scene struct {
	t      testing.TB
	Store  store.Store
	Engine *query.Engine
	Now    passtrail.Ticks
	// Tenant is whom the next events are of; Contoso at first.
	Tenant  passtrail.TenantID
	pending []passtrail.Record
	serial  int
}

// Time reads an ISO time and panics when it is none.
func Time(s string) passtrail.Ticks {
	at, err := passtrail.ParseTicks(s)
	if err != nil {
		panic(err)
	}
	return at
}

// New makes an empty scene whose now is the time given.
func New(t testing.TB, now string) *Scene {
	t.Helper()
	s := &Scene{t: t, Now: Time(now), Tenant: Contoso}
	st, err := duckdb.Open(t.Context(), duckdb.Config{Functions: native.Functions(), Now: func() time.Time { return s.Now.Time() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	for id, name := range map[passtrail.TenantID]string{Contoso: "Contoso", Fabrikam: "Fabrikam"} {
		if err := st.PutTenant(t.Context(), store.Tenant{ID: id, Name: name, CreatedAt: 1, OptedInAt: 1, OptedInBy: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	s.Store, s.Engine = st, query.New(st, query.Limits{})
	return s
}

// Event is one record. People are named by a word: "adele" has the object id id-adele and the user principal name
// adele@contoso.com (or fabrikam.com).
type Event struct {
	At          passtrail.Ticks
	Key         string // of the activity
	Result      string // "" is success
	Reason      string
	Actor       string
	Target      string // "" is the actor
	Address     string
	Correlation string // "" is one of its own
	UserAgent   string
	Agent       string // on-premises agent
	ID          string // "" is a new one
	Service     string // "" is the activity's
	Changed     []Change
}

// Change is one modified property of an event; values are as Entra writes them, JSON in text.
type Change struct{ Name, Old, New string }

// ID is the object id of a person.
func ID(person string) string { return "id-" + person }

// UPN is the user principal name of a person of the current tenant.
func (s *Scene) UPN(person string) string {
	if s.Tenant == Fabrikam {
		return person + "@fabrikam.com"
	}
	return person + "@contoso.com"
}

// Name is the display name of a person.
func Name(person string) string {
	if person == "" {
		return ""
	}
	return strings.ToUpper(person[:1]) + person[1:] + " Vance"
}

// Add notes events for the next Commit.
func (s *Scene) Add(events ...Event) {
	s.t.Helper()
	for _, e := range events {
		a, ok := vocab.ActivityByKey(e.Key)
		if !ok {
			s.t.Fatalf("no activity has the key %q", e.Key)
		}
		s.pending = append(s.pending, s.record(e, a))
	}
}

func (s *Scene) record(e Event, a vocab.Activity) passtrail.Record {
	s.serial++
	if e.ID == "" {
		e.ID = fmt.Sprintf("event-%04d", s.serial)
	}
	if e.Correlation == "" {
		e.Correlation = fmt.Sprintf("00000000-0000-4000-8000-%012d", s.serial)
	}
	if e.Result == "" {
		e.Result = "success"
	}
	if e.Target == "" {
		e.Target = e.Actor
	}
	service := a.Service
	if e.Service != "" {
		service = e.Service
	}
	for _, v := range vocab.Services() {
		if v.Key == service {
			service = v.Name
		}
	}
	r := passtrail.Record{
		Tenant: s.Tenant, ID: e.ID, Time: e.At, Service: service, Category: "UserManagement", Activity: a.Name, Result: e.Result, Reason: e.Reason,
		CorrelationID: e.Correlation, ActorKind: passtrail.ActorUser, ActorID: ID(e.Actor), ActorUPN: s.UPN(e.Actor), ActorName: Name(e.Actor), ActorAddress: e.Address,
		TargetID: ID(e.Target), TargetUPN: s.UPN(e.Target), TargetName: Name(e.Target), TargetType: "User", UserAgent: e.UserAgent, OnPremisesAgent: e.Agent,
		Shape: passtrail.ShapeGraph, Source: "test", ReceivedAt: s.Now,
	}
	r.InitiatedBy = text(map[string]any{"user": map[string]string{"id": r.ActorID, "userPrincipalName": r.ActorUPN, "displayName": r.ActorName, "ipAddress": r.ActorAddress}})
	target := map[string]any{"id": r.TargetID, "userPrincipalName": r.TargetUPN, "displayName": r.TargetName, "type": "User"}
	if e.Changed != nil {
		target["modifiedProperties"] = modified(e.Changed)
	}
	r.TargetResources = text([]any{target})
	r.AdditionalDetails = details(e)
	c := vocab.Classify(r.Service, r.Activity, r.Result, r.Reason)
	r.ActivityKey, r.Step, r.Method, r.Problem = c.ActivityKey, c.Step, c.Method, c.Problem
	sum := sha256.Sum256([]byte(string(s.Tenant) + r.ID))
	copy(r.Hash[:], sum[:])
	return r
}

// modified writes modified properties; an empty value is null.
func modified(changes []Change) []any {
	list := []any{}
	for _, c := range changes {
		value := func(s string) any {
			if s == "" {
				return nil
			}
			return s
		}
		list = append(list, map[string]any{"displayName": c.Name, "oldValue": value(c.Old), "newValue": value(c.New)})
	}
	return list
}

func details(e Event) string {
	list := []map[string]string{}
	if e.UserAgent != "" {
		list = append(list, map[string]string{"key": "User-Agent", "value": e.UserAgent})
	}
	if e.Agent != "" {
		list = append(list, map[string]string{"key": "OnPremisesAgent", "value": e.Agent})
	}
	return text(list)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// steps are the reasons of a flow's steps by a short name; those of methods end with the method's words.
var steps = map[string]string{
	"start": "User submitted their user ID", "options": "User was presented with verification options",
	"gates": "User completed all verification steps required to reset their password", "new": "User submitted a new password",
	"end": "User successfully reset password", "cancel": "User cancelled before passing the required authentication methods",
	"email": "User started the email verification option", "email+": "User completed the email verification option",
	"sms": "User started the mobile SMS verification option", "sms+": "User completed the mobile SMS verification option",
	"push": "User started the mobile app notification verification option", "push+": "User completed the mobile app notification verification option",
}

// Attempt notes an attempt of a person from an address: its steps by short name, ten seconds apart (start, options,
// email, email+, sms, sms+, push, push+, gates, new, end, cancel), "reset" and "blocked" for those records, "refused" for a new
// password that the policy refuses. It returns the attempt's id.
func (s *Scene) Attempt(at passtrail.Ticks, person, address, course string) string {
	s.t.Helper()
	s.serial++
	id := fmt.Sprintf("00000000-0000-4000-9000-%012d", s.serial)
	for i, step := range strings.Fields(course) {
		e := Event{At: at + passtrail.Ticks(i)*10*passtrail.Second, Key: "flow", Actor: person, Address: address, Correlation: id}
		switch step {
		case "reset":
			e.Key, e.Reason = "reset", "Successfully completed reset."
		case "unlock":
			e.Key, e.Reason = "unlock", "Success"
		case "refused":
			e.Key, e.Result, e.Reason = "reset", "failure", "FuzzyPolicyViolationInvalidPassword"
		case "blocked":
			e.Key, e.Reason = "blocked", "User entered too many invalid SMS verification codes and is blocked for 24 hours"
		default:
			if e.Reason = steps[step]; e.Reason == "" {
				s.t.Fatalf("no step is called %q", step)
			}
		}
		s.Add(e)
	}
	return id
}

// Full is the course of a reset through one gate.
const Full = "start options sms sms+ gates new end reset"

// Commit stores what was noted and brings the derived tables up.
func (s *Scene) Commit() {
	s.t.Helper()
	byTenant := map[passtrail.TenantID][]passtrail.Record{}
	for _, r := range s.pending {
		byTenant[r.Tenant] = append(byTenant[r.Tenant], r)
	}
	s.pending = nil
	for id, records := range byTenant {
		s.commit(&store.Batch{Tenant: id, Source: "test", Records: records, At: s.Now})
	}
	if err := s.Store.Refresh(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Scene) commit(b *store.Batch) {
	s.t.Helper()
	if _, err := s.Store.Commit(s.t.Context(), b); err != nil {
		s.t.Fatal(err)
	}
}

// Roles stores a snapshot of roles: the name of the role by person.
func (s *Scene) Roles(at passtrail.Ticks, roles map[string]string) {
	s.t.Helper()
	snap := store.Snapshot{Kind: store.Roles, TakenAt: at, Complete: true}
	for person, name := range roles {
		role, ok := vocab.RoleByName(name)
		if !ok {
			s.t.Fatalf("no role is called %q", name)
		}
		snap.Roles = append(snap.Roles, store.RoleAssignment{UserID: ID(person), UPN: s.UPN(person), RoleID: role.TemplateID, RoleName: role.Name, Scope: "/"})
	}
	s.commit(&store.Batch{Tenant: s.Tenant, Source: "test", Snapshots: []store.Snapshot{snap}, At: s.Now})
}

// Registered stores a snapshot of registrations: the methods (Graph's names, space between) by person; without any the
// person is enabled but not registered.
func (s *Scene) Registered(at passtrail.Ticks, methods map[string]string) {
	s.t.Helper()
	snap := store.Snapshot{Kind: store.Registrations, TakenAt: at, Complete: true}
	for person, list := range methods {
		has := strings.Fields(list)
		snap.Registrations = append(snap.Registrations, store.Registration{UserID: ID(person), UPN: s.UPN(person), Name: Name(person), UserType: "member",
			IsSsprRegistered: len(has) > 0, IsSsprEnabled: true, IsSsprCapable: len(has) > 0, Methods: has, LastUpdated: at})
	}
	s.commit(&store.Batch{Tenant: s.Tenant, Source: "test", Snapshots: []store.Snapshot{snap}, At: s.Now})
}

// Ask runs a query for the current tenant and returns its first table.
func (s *Scene) Ask(text string) query.Table {
	s.t.Helper()
	res, err := s.Engine.Run(s.t.Context(), query.Request{Text: text, Tenants: []passtrail.TenantID{s.Tenant}, Now: s.Now})
	if err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
	return res.Tables[0]
}
