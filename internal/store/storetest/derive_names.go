package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

// knownNames is what people of a tenant are called, and whose names some record misses.
type knownNames struct {
	lacks      map[string]bool
	upns, name map[string]naming
}

// naming is a text and when it was said.
type naming struct {
	at   passtrail.Ticks
	text string
}

func (k *knownNames) say(id, upn, name string, at passtrail.Ticks) {
	for texts, text := range map[*map[string]naming]string{&k.upns: upn, &k.name: name} {
		was, found := (*texts)[id]
		if text != "" && (!found || at > was.at || at == was.at && text > was.text) {
			(*texts)[id] = naming{at, text}
		}
	}
}

// record takes in one record.
func (k *knownNames) record(r *passtrail.Record) {
	event := r.ActivityKey != "" && r.ActivityKey != "flow" && !strings.HasPrefix(r.ActivityKey, "dir_")
	p := r.Person()
	k.say(p.ID, p.UPN, p.Name, r.Time)
	if p.UPN == "" && (event || r.ActivityKey == "flow") {
		k.lacks[p.ID] = true
	}
	if event {
		k.say(r.ActorID, r.ActorUPN, r.ActorName, r.Time)
	}
	own := r.ActivityKey == "flow" && r.ActorID == p.ID
	if r.ActorKind == passtrail.ActorUser && r.ActorUPN == "" && (event || own) {
		k.lacks[r.ActorID] = true
	}
}

// compareNames holds the table of names against the records and intervals.
func compareNames(t *testing.T, s store.Store, when string) {
	t.Helper()
	var want []string
	for _, tenant := range []passtrail.TenantID{tenantA, tenantB} {
		k := knownNames{map[string]bool{}, map[string]naming{}, map[string]naming{}}
		records := storedRecords(t, s, tenant)
		for i := range records {
			k.record(&records[i])
		}
		const intervals = `SELECT user_id, upn, name, valid_from FROM registration WHERE tenant = $1
			UNION ALL SELECT user_id, upn, '', valid_from FROM role_assignment WHERE tenant = $1`
		err := s.Query(context.Background(), intervals, []any{string(tenant)}, func(row []any) error {
			k.say(row[0].(string), row[1].(string), row[2].(string), passtrail.Ticks(row[3].(int64)))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for id := range k.lacks {
			if id != "" {
				want = append(want, fmt.Sprint([]any{string(tenant), id, k.upns[id].text, k.name[id].text}))
			}
		}
	}
	slices.Sort(want)
	if got := lines(t, s, `SELECT tenant, user_id, upn, name FROM name`); !slices.Equal(got, want) {
		t.Fatalf("%s, names: %s", when, firstDifference(want, got))
	}
}
