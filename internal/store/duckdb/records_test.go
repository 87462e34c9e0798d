package duckdb_test

import (
	"reflect"
	"slices"
	"testing"

	"passtrail"
	"passtrail/internal/nested"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// TestRecordsAreWhole asks for records by name: they come back with every field, in the order asked for, months apart too, of
// two events under one id the one that is meant, and none of another tenant.
func TestRecordsAreWhole(t *testing.T) {
	s := tenanted(t, duckdb.Config{Dir: t.TempDir()})
	if err := s.PutTenant(t.Context(), store.Tenant{ID: storetest.Fabrikam, CreatedAt: 1, OptedInAt: 1}); err != nil {
		t.Fatal(err)
	}
	all := numbered(0, 4)
	all[1].Time += 100 * passtrail.Day
	all[2].ID = all[3].ID // another event under the same id
	all[2].Activity, all[2].ActivityKey = "Change password (self-service)", "change"
	commit(t, s, true, all...) // put off: it is seen all the same
	named := []store.RecordName{{ID: all[3].ID, Time: all[3].Time}, {ID: all[1].ID, Time: all[1].Time}, {ID: "nowhere", Time: all[1].Time}, {ID: all[0].ID, Time: all[1].Time},
		{ID: all[2].ID, Time: all[2].Time}, {ID: all[0].ID, Time: all[0].Time}}
	want := []passtrail.Record{all[3], all[1], all[2], all[0]}
	got, err := s.Records(t.Context(), storetest.Contoso, named)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Records = %+v, %v, want %+v", got, err, want)
	}
	if got, err := s.Records(t.Context(), storetest.Fabrikam, named); err != nil || len(got) > 0 {
		t.Errorf("of another tenant: %+v, %v", got, err)
	}
	if got, err := s.Records(t.Context(), storetest.Contoso, nil); err != nil || len(got) > 0 {
		t.Errorf("of none: %+v, %v", got, err)
	}
}

// TestNestedValuesAreKeptShort holds that texts which have a column of their own stand only there, and that a question gets
// nested values whole and null where there are none.
func TestNestedValuesAreKeptShort(t *testing.T) {
	s := tenanted(t, duckdb.Config{Dir: t.TempDir()})
	all := numbered(0, 2)
	all[0].InitiatedBy = `{"user":{"userPrincipalName":"` + all[0].ActorUPN + `"}}`
	all[0].TargetResources = `[{"id":"` + all[0].TargetID + `"}]`
	all[1].InitiatedBy, all[1].TargetResources = "", ""
	commit(t, s, false, all...)
	var got [][]any
	text := `SELECT initiated_by, target_resources, ` + nested.InitiatedBySQL("r.") + `, ` + nested.TargetResourcesSQL("r.") + `, ` +
		nested.InitiatedByJSON("r.") + `, ` + nested.TargetResourcesJSON("r.") + ` FROM record r ORDER BY time`
	err := s.Query(t.Context(), text, nil, func(row []any) error {
		got = append(got, slices.Clone(row))
		return nil
	})
	want := [][]any{
		{"{\"user\":{\"userPrincipalName\":\"\x02\"}}", "[{\"id\":\"\x01\"}]", all[0].InitiatedBy, all[0].TargetResources, all[0].InitiatedBy, all[0].TargetResources},
		{"", "", "", "", nil, nil},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v,\nwant %q", got, err, want)
	}
}
