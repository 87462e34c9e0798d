package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"

	"passtrail"
	"passtrail/internal/attempt"
	"passtrail/internal/vocab"
)

const (
	flowActivity = "Self-service password reset flow activity progress"
	sspr         = "Self-service Password Management"
)

// said is what a record says: activity, result and reason.
type said struct{ service, activity, result, reason string }

// saidPool is what the records of a made-up attempt are drawn from, the first ones likelier.
var saidPool = []said{
	{sspr, flowActivity, "success", "User submitted their user ID"},
	{sspr, flowActivity, "success", "User was presented with verification options"},
	{sspr, flowActivity, "success", "User started the mobile SMS verification option"},
	{sspr, flowActivity, "success", "User completed the mobile SMS verification option"},
	{sspr, flowActivity, "success", "User started the mobile app notification verification option"},
	{sspr, flowActivity, "success", "User completed the mobile app notification verification option"},
	{sspr, flowActivity, "success", "User started the email verification option"},
	{sspr, flowActivity, "success", "User completed the email verification option"},
	{sspr, flowActivity, "success", "User completed all verification steps required"},
	{sspr, flowActivity, "success", "User submitted a new password"},
	{sspr, "Reset password (self-service)", "failure", "FuzzyPolicyViolationInvalidPassword"},
	{sspr, "Reset password (self-service)", "success", "Successfully completed reset."},
	{sspr, flowActivity, "success", "User successfully reset password"},
	{sspr, flowActivity, "failure", "User started the mobile SMS verification option"},
	{sspr, flowActivity, "failure", "User completed the email verification option"},
	{sspr, flowActivity, "failure", "something that nobody has seen before"},
	{sspr, flowActivity, "", "User started the office voice call verification option"},
	{sspr, flowActivity, "failure", "User cancelled before passing the required authentication methods"},
	{sspr, flowActivity, "failure", "User's account has insufficient authentication methods defined. Add authentication info to resolve this "},
	{sspr, flowActivity, "success", "User contacted an admin after trying the email verification option"},
	{sspr, flowActivity, "success", "User abandoned after starting the mobile SMS verification option"},
	{sspr, flowActivity, "failure", "User tried to answer security questions too many times and is blocked for 24 hours"},
	{sspr, "Blocked from self-service password reset", "success", ""},
	{sspr, "Blocked from self-service password reset", "success", "User tried to verify a phone number too many times and is blocked for 24 hours"},
	{sspr, "Unlock user account (self-service)", "success", "Success"},
	{sspr, "Unlock user account (self-service)", "failure", "OnPremisesConnectivityError"},
	{sspr, "Reset password (self-service)", "timeout", ""},
	{sspr, "Reset password (by admin)", "success", "Successfully completed reset."},
	{sspr, "User registered for self-service password reset", "success", ""},
	{"Self-Service Password Management ", "Self-serve password reset flow activity progress", "success", "User was presented with verification options"},
	{"", "Reset password (self-service)", "success", ""},
	{"Self-service password management.", "an activity of next year", "success", "?"},
	{"Core Directory", "Reset user password", "success", ""},
	{"Core Directory", "Update user", "success", ""},
}

// zeros is a correlation id that joins nothing.
const zeros = "00000000-0000-0000-0000-000000000000"

// someRecords makes the records of n made-up attempts, in order of time within each.
func someRecords(rng *rand.Rand, n int) []passtrail.Record {
	var out []passtrail.Record
	for a := range n {
		tenant, correlation := tenantA, fmt.Sprintf("%08x-0000-4000-8000-00000000abcd", a)
		if rng.IntN(3) == 0 {
			tenant = tenantB
		}
		switch rng.IntN(12) {
		case 0:
			correlation = ""
		case 1:
			correlation = zeros
		}
		at := passtrail.UnixEpoch + passtrail.Ticks(rng.IntN(1000))*passtrail.Hour
		if !attempt.Joins(correlation) { // often on the same days, where they meet
			at = passtrail.UnixEpoch + passtrail.Ticks(rng.IntN(3000))*passtrail.Minute
		}
		others := 60 // one record in so many is of somebody else
		if rng.IntN(6) == 0 {
			others = 3
		}
		person := rng.IntN(4)
		for k := range 1 + rng.IntN(14) {
			at += passtrail.Ticks(rng.IntN(4)) * passtrail.Second * passtrail.Ticks(rng.IntN(3)) // often the same instant
			switch rng.IntN(40) {
			case 0:
				at += 400 * passtrail.Day // a correlation id may come back years later
			case 1, 2:
				at += 30*passtrail.Minute + passtrail.Ticks(rng.IntN(3)-1)
			case 3:
				at += 3 * passtrail.Hour
			}
			who := person
			if rng.IntN(others) == 0 {
				who = rng.IntN(4)
			}
			spelled := correlation
			if rng.IntN(80) == 0 {
				spelled = strings.ToUpper(correlation)
			}
			out = append(out, someRecord(rng, tenant, spelled, fmt.Sprintf("SSPR_%03d_%02d", a, (k*7)%15), at, who))
		}
	}
	return out
}

func someRecord(rng *rand.Rand, tenant passtrail.TenantID, correlation, id string, at passtrail.Ticks, person int) passtrail.Record {
	pick := rng.IntN(len(saidPool))
	if rng.IntN(2) == 0 {
		pick = rng.IntN(13)
	}
	w := saidPool[pick]
	r := passtrail.Record{
		Tenant: tenant, ID: id, Time: at, Service: w.service, Category: "UserManagement", Activity: w.activity, Result: w.result, Reason: w.reason,
		CorrelationID: correlation, ActorKind: passtrail.ActorUser, TargetType: "User", Shape: passtrail.ShapeGraph, Source: "test",
	}
	someActor(rng, &r, person)
	someTarget(rng, &r, person)
	classify(&r)
	sum := sha256.Sum256([]byte(fmt.Sprint(r.Time, r.CorrelationID, r.Service, r.Activity, r.Result, r.Reason, r.ActorID, r.ActorUPN, r.TargetID, r.TargetUPN, id)))
	copy(r.Hash[:], sum[:])
	return r
}

// someActor gives a record an actor: the person, as a record names somebody, seldom somebody else or an application.
func someActor(rng *rand.Rand, r *passtrail.Record, person int) {
	if rng.IntN(30) == 0 {
		person = rng.IntN(4)
	}
	if rng.IntN(4) > 0 {
		r.ActorAddress = fmt.Sprintf("192.0.2.%d", person/2)
	}
	if rng.IntN(4) > 0 {
		r.ActorID = fmt.Sprintf("person-%d", person)
	}
	if rng.IntN(4) > 0 {
		r.ActorUPN, r.ActorName = fmt.Sprintf("Person%d@contoso.com", person), fmt.Sprintf("Person %d", person)
	}
	if rng.IntN(12) == 0 {
		r.ActorKind, r.OnPremisesAgent, r.UserAgent = passtrail.ActorApp, "CloudSync", "agent"
	}
}

// someTarget gives a record the person as its target, whole or in part, seldom behind something that is no person.
func someTarget(rng *rand.Rand, r *passtrail.Record, person int) {
	if rng.IntN(4) > 0 {
		r.TargetID = fmt.Sprintf("person-%d", person)
	}
	if rng.IntN(3) > 0 {
		r.TargetUPN, r.TargetName = fmt.Sprintf("person%d@contoso.com", person), fmt.Sprintf("Person %d", person)
		if rng.IntN(8) == 0 {
			r.TargetUPN, r.TargetName = fmt.Sprintf("renamed%d.%d@contoso.com", person, rng.IntN(3)), ""
		}
	}
	switch rng.IntN(30) {
	case 0:
		r.TargetType = "Group"
	case 1:
		r.TargetType, r.SubjectID, r.SubjectUPN, r.SubjectName = "Group", r.TargetID, r.TargetUPN, r.TargetName
		r.TargetID, r.TargetUPN, r.TargetName = "group-1", "", "A group"
	}
}

func classify(r *passtrail.Record) {
	c := vocab.Classify(r.Service, r.Activity, r.Result, r.Reason)
	r.ActivityKey, r.Step, r.Method, r.Problem = c.ActivityKey, c.Step, c.Method, c.Problem
}

// deliver does to records what the way to the store does: some are lost, some come again, some of those in the poorer
// shape without an id and some in the richer one, and all come in any order.
func deliver(rng *rand.Rand, records *[]passtrail.Record) {
	var out []passtrail.Record
	for _, r := range *records {
		if rng.IntN(10) == 0 {
			continue
		}
		if rng.IntN(4) > 0 {
			out = append(out, r)
		}
		for range rng.IntN(3) {
			again := r
			switch rng.IntN(3) {
			case 0:
				again.Shape, again.ID = passtrail.ShapePortalCSV, "h:"+hex.EncodeToString(r.Hash[:])
			case 1:
				again.Shape = passtrail.ShapeDiagnostic
			}
			out = append(out, again)
		}
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	*records = out
}
