package ingest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passtrail/internal/connector/file"
	"passtrail/internal/ingest"
)

// TestLargeSnapshot takes in a snapshot of more rows than are held in memory, over two files of which one person stands on
// both sides of where the memory ends, and then one in which a part of the people is gone: all of it is one snapshot, and
// nothing is left of the temporary file.
func TestLargeSnapshot(t *testing.T) {
	const people = 23_000
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	dir := t.TempDir()
	page := func(name, day string, next bool, from, to int) {
		var b strings.Builder
		b.WriteString(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#reports/authenticationMethods/userRegistrationDetails","value":[`)
		for i := from; i < to; i++ {
			if i > from {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":"u%d","userPrincipalName":"u%d@contoso.com","isSsprRegistered":%v,"methodsRegistered":["email"],"lastUpdatedDateTime":"%sT00:00:00Z"}`, i, i, i%2 == 0, day)
		}
		b.WriteString("]")
		if next {
			b.WriteString(`,"@odata.nextLink":"https://graph.microsoft.com/v1.0/next"`)
		}
		b.WriteString("}\n")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page("a1.json", "2026-03-01", true, 0, 12_000)
	page("a2.json", "2026-03-01", false, 12_000, people)
	page("b.json", "2026-03-02", false, 0, 20_000)
	st := open(t)
	sum := run(t, st, ingest.Config{Tenant: contoso}, inputs(t, file.Options{}, dir))
	if len(sum.Snapshots) != 2 || sum.Snapshots[0].Rows != people || !sum.Snapshots[0].Complete || sum.Snapshots[1].Rows != 20_000 {
		t.Errorf("snapshots %+v", sum.Snapshots)
	}
	for day, want := range map[string]int64{"2026-03-01": people / 2, "2026-03-02": 10_000} {
		var got int64
		const count = `SELECT count(*) FROM registration WHERE is_sspr_registered AND valid_from <= epoch_us(?::TIMESTAMP) * 10 + 621355968000000000 AND valid_to > epoch_us(?::TIMESTAMP) * 10 + 621355968000000000`
		if err := st.Query(t.Context(), count, []any{day + " 06:00:00", day + " 06:00:00"}, func(row []any) error { got = row[0].(int64); return nil }); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %d are registered, want %d", day, got, want)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left in the folder of temporary files: %v, %v", left, err)
	}
}
