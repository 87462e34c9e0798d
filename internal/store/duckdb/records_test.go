package duckdb_test

import (
	"reflect"
	"testing"

	"passtrail"
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
