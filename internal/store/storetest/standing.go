package storetest

import (
	"reflect"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

// standings count what each tenant has, and nothing of others.
func standings(t *testing.T, s store.Store) {
	fabrikam, err := s.Tenant(t.Context(), Fabrikam)
	must(t, err)
	fabrikam.OptedInAt = At
	must(t, s.PutTenant(t.Context(), fabrikam))
	people := []store.Registration{{UserID: "u1", IsSsprRegistered: true, IsSsprCapable: true, IsAdmin: true}, {UserID: "u2", IsAdmin: true}, {UserID: "u3", IsSsprRegistered: true}}
	snapshot := func(tenant passtrail.TenantID, at passtrail.Ticks, people ...store.Registration) {
		commit(t, s, &store.Batch{Tenant: tenant, Source: "file", At: At, Snapshots: []store.Snapshot{{Kind: store.Registrations, TakenAt: at, Complete: true, Registrations: people}}})
	}
	snapshot(Contoso, At-2*passtrail.Day, people[0])
	snapshot(Contoso, At-passtrail.Day, people...)
	snapshot(Fabrikam, At-3*passtrail.Day, people[1])
	commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Quarantine: []store.Quarantine{{Position: "x:1", Reason: "broken", Bytes: []byte("x")}}})
	must(t, s.Refresh(t.Context()))
	finding := func(tenant passtrail.TenantID, id, severity string) store.Finding {
		return store.Finding{Tenant: tenant, ID: id, Rule: "r", Severity: severity, Title: "t"}
	}
	must(t, s.PutFindings(t.Context(), []store.Finding{finding(Contoso, "a", "high"), finding(Contoso, "b", "low"), finding(Contoso, "c", "low"), finding(Contoso, "d", "low"), finding(Fabrikam, "a", "medium")}))
	must(t, s.SetFindingState(t.Context(), Contoso, "d", "seen", "", "anna", At))
	want := []store.Standing{
		{Tenant: Nobody, NewFindings: map[string]int64{}},
		{Tenant: Contoso, Snapshot: At - passtrail.Day, People: 3, Registered: 2, AdminsNotCapable: 1, NewFindings: map[string]int64{"high": 1, "low": 2}, SetAside: 1},
	}
	if got, err := s.Standings(t.Context(), []passtrail.TenantID{Nobody, Contoso}, At); !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("Standings =\n%+v, %v, want\n%+v", got, err, want)
	}
	if got, err := s.Standings(t.Context(), []passtrail.TenantID{Contoso}, At-passtrail.Day-1); err != nil || got[0].Snapshot != At-2*passtrail.Day || got[0].People != 1 {
		t.Errorf("Standings of before = %+v, %v", got, err)
	}
}
