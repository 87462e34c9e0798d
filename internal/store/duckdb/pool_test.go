package duckdb_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"passtrail"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
	"passtrail/internal/vocab"
)

// outsidePools counts the records that the table pool does not lead to.
const outsidePools = `SELECT count(*) FROM record r WHERE (service = 'Self-service Password Management' OR activity_key IN ('flow', 'reset', 'unlock', 'blocked'))
	AND trim(correlation_id, '0-') <> '' AND NOT EXISTS (SELECT 1 FROM pool p WHERE p.tenant = r.tenant AND p.hash = r.correlation_hash AND r.time BETWEEN p.first AND p.last)`

// TestPoolsLeadToRecords takes in records of the same attempts in small and large batches, months apart too, and asks after
// each: the attempts are those of a rebuild, and every record is found by the pools.
func TestPoolsLeadToRecords(t *testing.T) {
	for _, rows := range []int{0, 5} {
		t.Run(fmt.Sprint("at once ", rows), func(t *testing.T) {
			s := tenanted(t, duckdb.Config{Dir: t.TempDir(), DeriveRows: rows})
			reasons := []string{"", "User submitted their user ID", "User started the mobile SMS verification option", "User completed the mobile SMS verification option",
				"User successfully reset password", "User cancelled before passing the required authentication methods"}
			rng := rand.New(rand.NewPCG(3, 4))
			next := 0
			for range 6 {
				var records []passtrail.Record
				for range 1 + rng.IntN(60) {
					r := numbered(next, 1)[0]
					next++
					r.CorrelationID = fmt.Sprintf("c%d", rng.IntN(40))
					r.ActorID = fmt.Sprint("person", rng.IntN(3))
					r.TargetID, r.ActorUPN, r.TargetUPN = r.ActorID, r.ActorID+"@contoso.com", r.ActorID+"@contoso.com"
					r.Activity, r.Reason = "Self-service password reset flow activity progress", reasons[rng.IntN(len(reasons))]
					if r.Reason == "" {
						r.Activity = "Reset password (self-service)"
					}
					c := vocab.Classify(r.Service, r.Activity, r.Result, r.Reason)
					r.ActivityKey, r.Step, r.Method, r.Problem = c.ActivityKey, c.Step, c.Method, c.Problem
					r.Time += passtrail.Ticks(rng.IntN(3)) * 100 * passtrail.Day
					if rng.IntN(5) == 0 {
						r.CorrelationID = ""
						r.ActorAddress = fmt.Sprintf("198.51.100.%d", rng.IntN(3))
					}
					records = append(records, r)
				}
				commit(t, s, false, records...)
				if n := ask(t, s, outsidePools); n != int64(0) {
					t.Fatalf("%v records lie outside of their pools", n)
				}
				got := derivedTables(t, s)
				if err := s.Rebuild(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				if want := derivedTables(t, s); got != want {
					t.Fatalf("after a batch\n%s\nanew\n%s", got, want)
				}
				if n := ask(t, s, outsidePools); n != int64(0) {
					t.Fatalf("anew: %v records lie outside of their pools", n)
				}
			}
			if _, err := s.Expire(t.Context(), storetest.Contoso, storetest.At+50*passtrail.Day); err != nil {
				t.Fatal(err)
			}
			if n := ask(t, s, `SELECT count(*) FROM pool WHERE last < `+fmt.Sprint(int64(storetest.At+50*passtrail.Day))); n != int64(0) {
				t.Errorf("%v pools are left of records that expired", n)
			}
		})
	}
}
