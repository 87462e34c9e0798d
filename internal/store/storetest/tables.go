package storetest

import (
	"reflect"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

func quarantine(t *testing.T, s store.Store) {
	item := store.Quarantine{Position: "a.json:3", Reason: "no time", Code: "no-time", Bytes: []byte("{\x00\xff}")}
	b := &store.Batch{Tenant: Contoso, Source: "file", At: At, Quarantine: []store.Quarantine{item, item, {Position: "b:1", Reason: "not JSON", Code: "not-json", Bytes: []byte("y")}}}
	wantCounts(t, commit(t, s, b), store.Counts{Received: 3, SetAside: 2, Repeats: 1})
	wantCounts(t, commit(t, s, b), store.Counts{Received: 3, Repeats: 3})
	unknown := &store.Batch{Source: "inbox", At: At, Quarantine: []store.Quarantine{item}}
	wantCounts(t, commit(t, s, unknown), store.Counts{Received: 1, SetAside: 1})

	all, err := s.Quarantined(t.Context(), store.QuarantineFilter{})
	must(t, err)
	if len(all) != 3 || all[0].Position != "a.json:3" || all[0].Bytes != nil || all[0].Source != "file" || all[0].Tenant != Contoso || all[0].At != At {
		t.Fatalf("Quarantined = %+v", all)
	}
	for name, f := range map[string]store.QuarantineFilter{"code": {Code: "not-json"}, "source": {Source: "inbox"}, "limit": {Limit: 1}} {
		if got, err := s.Quarantined(t.Context(), f); len(got) != 1 || err != nil {
			t.Errorf("Quarantined by %s = %+v, %v, want one", name, got, err)
		}
	}
	one, err := s.QuarantineItem(t.Context(), all[0].ID)
	want := all[0]
	want.Bytes = item.Bytes
	if !reflect.DeepEqual(one, want) || err != nil {
		t.Errorf("QuarantineItem = %+v, %v, want %+v", one, err, want)
	}
	must(t, s.DropQuarantined(t.Context(), []int64{all[0].ID, 99999}))
	if _, err := s.QuarantineItem(t.Context(), all[0].ID); passtrail.CodeOf(err) != passtrail.NotFound {
		t.Errorf("QuarantineItem after drop = %v, want NotFound", err)
	}
	if left, err := s.Quarantined(t.Context(), store.QuarantineFilter{}); len(left) != 2 || err != nil {
		t.Errorf("after drop %d are left, want 2 (%v)", len(left), err)
	}
}

func ledger(t *testing.T, s store.Store) {
	hour := At - At%passtrail.Hour
	b := batch(Event{ID: "a", Hash: 1, Time: hour}, Event{ID: "b", Hash: 2, Time: hour + passtrail.Hour - 1}, Event{ID: "a", Hash: 1, Time: hour}, Event{ID: "c", Hash: 3, Time: hour + passtrail.Hour})
	b.Other = []store.OtherCount{{Category: "SignInLogs", Hour: hour, Count: 5}, {Category: "RiskyUsers", Count: 2}}
	b.Quarantine = []store.Quarantine{{Position: "x:1", Reason: "broken", Bytes: []byte("x")}}
	wantCounts(t, commit(t, s, b), store.Counts{Received: 12, Stored: 3, Repeats: 1, SetAside: 1, Other: 7})
	b.At += passtrail.Day
	commit(t, s, b)
	got, err := s.Ledger(t.Context(), Contoso)
	must(t, err)
	want := []store.LedgerHour{
		{Source: "file", Hour: 0, Received: 6, SetAside: 1, Repeats: 1, Other: 4, LastSeen: b.At},
		{Source: "file", Hour: hour, Received: 16, Stored: 2, Repeats: 4, Other: 10, LastSeen: b.At, LastRecord: hour + passtrail.Hour - 1},
		{Source: "file", Hour: hour + passtrail.Hour, Received: 2, Stored: 1, Repeats: 1, LastSeen: b.At, LastRecord: hour + passtrail.Hour},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Ledger =\n%+v\nwant\n%+v", got, want)
	}
	if sum := store.SumLedger(got)[0]; sum.Records() != 3 || sum.First != hour || sum.Hour != hour+passtrail.Hour || sum.Received != 24 {
		t.Errorf("SumLedger = %+v", sum)
	}
	if other, err := s.Ledger(t.Context(), Fabrikam); len(other) > 0 || err != nil {
		t.Errorf("Ledger of another tenant = %v, %v", other, err)
	}
}

func snapshots(t *testing.T, s store.Store) {
	anna := store.Registration{UserID: "u1", UPN: "anna@contoso.com", Methods: []string{"email"}, LastUpdated: At}
	ben := store.Registration{UserID: "u2", UPN: "ben@contoso.com"}
	page := func(complete bool, at passtrail.Ticks, people ...store.Registration) *store.Batch {
		return &store.Batch{Tenant: Contoso, Source: "file", At: At, Snapshots: []store.Snapshot{{Kind: store.Registrations, TakenAt: at, Complete: complete, Registrations: people}}}
	}
	wantCounts(t, commit(t, s, page(false, At, anna)), store.Counts{Received: 1, Stored: 1})
	wantCounts(t, commit(t, s, page(true, At, anna, ben)), store.Counts{Received: 2, Stored: 1, Repeats: 1})
	wantCounts(t, commit(t, s, page(true, At, anna, ben)), store.Counts{Received: 2, Repeats: 2})
	hours, err := s.Ledger(t.Context(), Contoso)
	must(t, err)
	if sum := store.SumLedger(hours)[0]; sum.Records() != 0 || sum.SnapshotRows != 2 || sum.Stored != 2 {
		t.Errorf("the ledger has %d records and %d rows of snapshots, want none and 2", sum.Records(), sum.SnapshotRows)
	}
	wantCounts(t, commit(t, s, page(true, At+passtrail.Day, anna)), store.Counts{Received: 1, Stored: 1})
	roles := []store.RoleAssignment{{UserID: "u1", RoleID: "r1", RoleName: "Helpdesk Administrator", Scope: "/"}, {UserID: "u1", RoleID: "r2", Scope: "/"}}
	wantCounts(t, commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Snapshots: []store.Snapshot{{Kind: store.Roles, TakenAt: At, Complete: true, Roles: roles}}}),
		store.Counts{Received: 2, Stored: 2})
	var got [][]any
	must(t, s.Query(t.Context(), "SELECT kind, taken_at, people, complete FROM snapshot WHERE tenant = $1 ORDER BY kind, taken_at", []any{string(Contoso)}, func(row []any) error {
		got = append(got, append([]any{}, row...))
		return nil
	}))
	want := [][]any{{"registration", int64(At), int64(2), true}, {"registration", int64(At + passtrail.Day), int64(1), true}, {"roles", int64(At), int64(1), true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("snapshots = %v, want %v", got, want)
	}
}

func tenants(t *testing.T, s store.Store) {
	full := store.Tenant{ID: Nobody, Name: "Adatum", CreatedAt: 1, OptedInAt: 2, OptedInBy: "a@contoso.com", OptedOutAt: 3, OptedOutBy: "b@contoso.com",
		Settings: store.Settings{NoCustomQueries: true, RetentionDays: 400}}
	if _, err := s.Tenant(t.Context(), Nobody); passtrail.CodeOf(err) != passtrail.NotFound {
		t.Errorf("Tenant of nobody = %v, want NotFound", err)
	}
	must(t, s.PutTenant(t.Context(), store.Tenant{ID: Nobody, Name: "old", CreatedAt: 1}))
	must(t, s.PutTenant(t.Context(), full))
	if got, err := s.Tenant(t.Context(), Nobody); got != full || err != nil {
		t.Errorf("Tenant = %+v, %v, want %+v", got, err, full)
	}
	all, err := s.Tenants(t.Context())
	must(t, err)
	if len(all) != 3 || all[0].Name != "Adatum" || all[1].Name != "Contoso" || all[2].Name != "Fabrikam" {
		t.Errorf("Tenants = %+v", all)
	}
	if err := s.PutTenant(t.Context(), store.Tenant{ID: "not a guid"}); passtrail.CodeOf(err) != passtrail.Invalid {
		t.Errorf("PutTenant with a bad id = %v, want Invalid", err)
	}
}

func accessLog(t *testing.T, s store.Store) {
	lines := []store.Access{
		{At: At, Tenant: Contoso, Who: "anna@contoso.com", Roles: "analyst", Action: "view-person", Subject: "ben@contoso.com", Detail: "d", Address: "192.0.2.1"},
		{At: At + 1, Tenant: Fabrikam, Who: "x", Action: "query"},
		{At: At + 2, Tenant: Contoso, Who: "y", Action: "export"},
		{At: At - 1, Action: "refused"},
	}
	for _, a := range lines {
		must(t, s.LogAccess(t.Context(), a))
	}
	tests := []struct {
		name   string
		filter store.AccessFilter
		want   []store.Access
	}{
		{"all, newest first", store.AccessFilter{}, []store.Access{lines[2], lines[1], lines[0], lines[3]}},
		{"with those of no tenant", store.AccessFilter{Tenant: Contoso, NoTenant: true}, []store.Access{lines[2], lines[0], lines[3]}},
		{"tenant", store.AccessFilter{Tenant: Contoso}, []store.Access{lines[2], lines[0]}},
		{"from", store.AccessFilter{From: At + 1}, []store.Access{lines[2], lines[1]}},
		{"to is exclusive", store.AccessFilter{To: At + 1}, []store.Access{lines[0], lines[3]}},
		{"limit", store.AccessFilter{Limit: 1}, []store.Access{lines[2]}},
	}
	for _, tt := range tests {
		if got, err := s.AccessLog(t.Context(), tt.filter); !reflect.DeepEqual(got, tt.want) || err != nil {
			t.Errorf("%s: AccessLog = %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
}

// accessLines: a line with an id takes the place of the one that has it, also in one call; others are added each time.
func accessLines(t *testing.T, s store.Store) {
	line := func(id string, at passtrail.Ticks, subject string) store.Access {
		return store.Access{ID: id, At: at, Tenant: Contoso, Who: "anna", Action: "search-person", Subject: subject}
	}
	must(t, s.LogAccess(t.Context()))
	must(t, s.LogAccess(t.Context(), line("a", At, "ad"), line("b", At+1, "ben"), line("a", At, "ade"), line("", At+2, "x"), line("", At+2, "x")))
	must(t, s.LogAccess(t.Context(), line("b", At+1, "ben"), line("a", At, "adele"), line("c", At, "c")))
	got, err := s.AccessLog(t.Context(), store.AccessFilter{})
	want := []store.Access{line("", At+2, "x"), line("", At+2, "x"), line("b", At+1, "ben"), line("c", At, "c"), line("a", At, "adele")}
	if !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("AccessLog = %+v, %v, want %+v", got, err, want)
	}
}

func savedQueries(t *testing.T, s store.Store) {
	q := store.SavedQuery{ID: "q1", Tenant: Contoso, Name: "resets", Text: "AuditLogs | take 1", Owner: "anna@contoso.com", CreatedAt: 1, ChangedAt: 2}
	must(t, s.PutSavedQuery(t.Context(), q))
	changed := q
	changed.Text, changed.CreatedAt, changed.ChangedAt = "AuditLogs | take 2", 9, 9
	must(t, s.PutSavedQuery(t.Context(), changed))
	changed.CreatedAt = 1
	if got, err := s.SavedQueries(t.Context(), Contoso); !reflect.DeepEqual(got, []store.SavedQuery{changed}) || err != nil {
		t.Errorf("SavedQueries = %+v, %v, want %+v", got, err, changed)
	}
	theirs := q
	theirs.Tenant = Fabrikam
	if err := s.PutSavedQuery(t.Context(), theirs); passtrail.CodeOf(err) != passtrail.Conflict {
		t.Errorf("PutSavedQuery over another tenant's = %v, want Conflict", err)
	}
	if err := s.DropSavedQuery(t.Context(), Fabrikam, "q1"); passtrail.CodeOf(err) != passtrail.NotFound {
		t.Errorf("DropSavedQuery of another tenant's = %v, want NotFound", err)
	}
	must(t, s.DropSavedQuery(t.Context(), Contoso, "q1"))
	if got, err := s.SavedQueries(t.Context(), Contoso); len(got) > 0 || err != nil {
		t.Errorf("SavedQueries after drop = %+v, %v", got, err)
	}
}

func findings(t *testing.T, s store.Store) {
	f := store.Finding{Tenant: Contoso, ID: "f1", Rule: "gate-guessing", Severity: "high", Title: "t", Reasoning: "r", Start: At, End: At + 1, People: []string{"ben@contoso.com"},
		Addresses: []string{"192.0.2.1"}, Techniques: []string{"T1110"}, Evidence: []string{"a", "b"}, FirstSeen: At, ChangedAt: At}
	must(t, s.PutFindings(t.Context(), []store.Finding{f, {Tenant: Contoso, ID: "f2", Rule: "x", Severity: "low", Title: "t", Start: At + 5}}))
	must(t, s.SetFindingState(t.Context(), Contoso, "f1", "closed", "a test", "anna@contoso.com", At+2))
	grown := f
	grown.Evidence, grown.End, grown.FirstSeen, grown.ChangedAt, grown.Note = []string{"a", "b", "c"}, At+9, At+9, At+9, "lost"
	must(t, s.PutFindings(t.Context(), []store.Finding{grown}))
	want := grown
	want.State, want.Note, want.ChangedBy, want.FirstSeen, want.ChangedAt = "closed", "a test", "anna@contoso.com", At, At+2
	got, err := s.Findings(t.Context(), Contoso)
	must(t, err)
	if len(got) != 2 || !reflect.DeepEqual(got[1], want) || got[0].State != "new" {
		t.Errorf("Findings = %+v, want second %+v", got, want)
	}
	if err := s.SetFindingState(t.Context(), Fabrikam, "f1", "seen", "", "", At); passtrail.CodeOf(err) != passtrail.NotFound {
		t.Errorf("SetFindingState of another tenant's = %v, want NotFound", err)
	}
}
