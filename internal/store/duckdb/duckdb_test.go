package duckdb_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

var _ store.Store = (*duckdb.Store)(nil)

// open opens a store that is closed when the test ends.
func open(t testing.TB, c duckdb.Config) *duckdb.Store {
	t.Helper()
	s, err := duckdb.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// puttingOff says of each batch that another follows, so that all of them share transactions; a Refresh makes them durable.
type puttingOff struct{ *duckdb.Store }

func (p puttingOff) Commit(ctx context.Context, b *store.Batch) (store.Counts, error) {
	b.More = true
	return p.Store.Commit(ctx, b)
}

func (p puttingOff) Query(ctx context.Context, sql string, args []any, row func([]any) error) error {
	if err := p.Refresh(ctx); err != nil {
		return err
	}
	return p.Store.Query(ctx, sql, args, row)
}

func (p puttingOff) Ledger(ctx context.Context, t passtrail.TenantID) ([]store.LedgerHour, error) {
	if err := p.Refresh(ctx); err != nil {
		return nil, err
	}
	return p.Store.Ledger(ctx, t)
}

func (p puttingOff) Coverage(ctx context.Context, t passtrail.TenantID) (store.Coverage, error) {
	if err := p.Refresh(ctx); err != nil {
		return store.Coverage{}, err
	}
	return p.Store.Coverage(ctx, t)
}

func (p puttingOff) Expiring(ctx context.Context, t passtrail.TenantID, before passtrail.Ticks) (store.Expired, error) {
	if err := p.Refresh(ctx); err != nil {
		return store.Expired{}, err
	}
	return p.Store.Expiring(ctx, t, before)
}

func TestSuite(t *testing.T) {
	t.Run("in memory, seven records at a time", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{DeriveRows: 7}) })
	})
	t.Run("put off", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return puttingOff{open(t, duckdb.Config{Dir: t.TempDir()})} })
	})
	t.Run("on disk", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, duckdb.Config{Dir: t.TempDir()}) })
	})
}

// tenanted opens a store in which Contoso has opted in.
func tenanted(t testing.TB, c duckdb.Config) *duckdb.Store {
	t.Helper()
	s := open(t, c)
	if err := s.PutTenant(t.Context(), store.Tenant{ID: storetest.Contoso, Name: "Contoso", CreatedAt: 1, OptedInAt: 1}); err != nil {
		t.Fatal(err)
	}
	return s
}

func commit(t testing.TB, s store.Store, more bool, records ...passtrail.Record) {
	t.Helper()
	if _, err := s.Commit(t.Context(), &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At, Records: records, More: more}); err != nil {
		t.Fatal(err)
	}
}

// ask returns the only value of the only row of a query.
func ask(t testing.TB, s store.Store, sql string) (value any) {
	t.Helper()
	if err := s.Query(t.Context(), sql, nil, func(row []any) error { value = row[0]; return nil }); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestOneProcessHoldsADirectory(t *testing.T) {
	dir := t.TempDir()
	s, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{false, true} {
		if _, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir, ReadOnly: readOnly}); passtrail.CodeOf(err) != passtrail.Conflict {
			t.Errorf("Open of a directory in use (read only %t) = %v, want Conflict", readOnly, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, duckdb.Config{Dir: dir})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	tamper(t, dir, "INSERT INTO migration VALUES ('999_future', 1)")
	if _, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir}); passtrail.CodeOf(err) != passtrail.Conflict || !strings.Contains(err.Error(), "999_future") {
		t.Errorf("Open of a newer database = %v, want Conflict that names the migration", err)
	}
}

// tamper makes a database in dir and runs a statement behind the store's back.
func tamper(t *testing.T, dir, statement string) {
	t.Helper()
	s, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := duck.Open(t.Context(), duck.Config{Path: filepath.Join(dir, "passtrail.db")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SQL.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTexts(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"one byte", "a", "a"},
		{"twelve bytes", "abcdefghijkl", "abcdefghijkl"},
		{"thirteen bytes", "abcdefghijklm", "abcdefghijklm"},
		{"nul", "a\x00b", "a\x00b"},
		{"nul in a long text", "a\x00bcdefghijklmnop\x00", "a\x00bcdefghijklmnop\x00"},
		{"not UTF-8", "ab\xffc", "ab\uFFFDc"},
		{"not UTF-8, grows past twelve bytes", "\xffabcdefghij\xff", "\uFFFDabcdefghij\uFFFD"},
		{"half a character", "a long text that ends in half a character \xc3", "a long text that ends in half a character \uFFFD"},
		{"the other half", "\xa9 is where the one before could go on", "\uFFFD is where the one before could go on"},
		{"surrogate", "\xed\xa0\x80", "\uFFFD"},
		{"four bytes", "\U0001f511\U0001f511\U0001f511", "\U0001f511\U0001f511\U0001f511"},
		{"sixteen mebibytes", strings.Repeat("0123456789abcdef", 1<<20), strings.Repeat("0123456789abcdef", 1<<20)},
		{"after a large one", "short", "short"},
	}
	s := tenanted(t, duckdb.Config{})
	var records []passtrail.Record
	for i, tt := range tests {
		r := storetest.Event{ID: fmt.Sprintf("%02d", i), Hash: i}.Record()
		r.Reason, r.TargetName, r.Extra = tt.text, tt.text, tt.text
		records = append(records, r)
	}
	for i := range 5000 { // more than two chunks
		records = append(records, storetest.Event{ID: fmt.Sprintf("x%04d", i), Hash: 1000 + i}.Record())
	}
	commit(t, s, false, records...)
	i := 0
	err := s.Query(t.Context(), "SELECT reason, target_name, extra, id FROM record ORDER BY id LIMIT 14", nil, func(row []any) error {
		for c := range 3 {
			if row[c] != tests[i].want {
				t.Errorf("%s: column %d came back as %.60q, want %.60q", tests[i].name, c, row[c], tests[i].want)
			}
		}
		i++
		return nil
	})
	if err != nil || i != len(tests) {
		t.Errorf("%d rows came back (%v), want %d", i, err, len(tests))
	}
	if n := ask(t, s, "SELECT count(*) FROM record WHERE id LIKE 'x%' AND user_agent = 'agent of ' || id || ' as graph'"); n != int64(5000) {
		t.Errorf("%v of 5000 records came back whole", n)
	}
}

func TestPutOff(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	b := &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At, Records: []passtrail.Record{storetest.Event{ID: "a"}.Record()}, CheckpointKey: "k", Position: "7", More: true}
	if _, err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if n := ask(t, s, "SELECT count(*) FROM record"); n != int64(0) {
		t.Errorf("a put-off batch is seen: %v records", n)
	}
	if at, err := s.Checkpoint(t.Context(), "k"); at != "7" || err != nil {
		t.Errorf("Checkpoint = %q, %v, want the put-off one", at, err)
	}
	denied := *b
	denied.Tenant, denied.Records, denied.Quarantine = storetest.Nobody, nil, []store.Quarantine{{Reason: "x"}}
	if _, err := s.Commit(t.Context(), &denied); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("Commit for nobody = %v, want Denied", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, duckdb.Config{Dir: dir})
	if n := ask(t, s, "SELECT count(*) FROM record"); n != int64(1) {
		t.Errorf("after Close %v records are there, want 1", n)
	}
}

func TestReplacedRecordLeavesNoAttempt(t *testing.T) {
	s := tenanted(t, duckdb.Config{})
	poor := storetest.Event{ID: "a", Hash: 1, Shape: passtrail.ShapeLogAnalytics}.Record()
	rich := storetest.Event{ID: "a", Hash: 2, Shape: passtrail.ShapeDiagnostic}.Record() // another correlation id
	for _, r := range []passtrail.Record{poor, rich} {
		commit(t, s, false, r)
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, "SELECT string_agg(correlation_id, ' ') FROM attempt"); got != r.CorrelationID {
			t.Errorf("attempts are %v, want %v", got, r.CorrelationID)
		}
	}
}

// TestHashesBesideTexts holds the numbers by which records are found to those that a query asks for.
func TestHashesBesideTexts(t *testing.T) {
	s := tenanted(t, duckdb.Config{})
	known := storetest.Event{ID: "A-\xff", Hash: 1}.Record()
	nobody := storetest.Event{ID: "b", Hash: 2}.Record()
	nobody.TargetID = ""
	commit(t, s, false, known, nobody)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"record", "password_event"} {
		got := ask(t, s, "SELECT string_agg(concat_ws(' ', id_hash, correlation_hash, user_hash), ', ' ORDER BY id) FROM "+table)
		h := passtrail.TextHash
		want := fmt.Sprintf("%d %d %d, %d %d %d", h("a-\uFFFD"), h(known.CorrelationID), h(known.TargetID), h("b"), h(nobody.CorrelationID), h(nobody.TargetUPN))
		if got != want {
			t.Errorf("numbers of %s are %v, want %s", table, got, want)
		}
	}
}

func TestVerifyFinds(t *testing.T) {
	tests := []struct{ name, statement, want string }{
		{"double record", "INSERT INTO record SELECT * FROM record LIMIT 1", "more than once"},
		{"record of nobody", "UPDATE record SET tenant = 'x' WHERE id = 'b'", "tenant that is not there"},
		{"changed attempt", "UPDATE attempt SET refusals = 77", "derived anew"},
		{"changed password event", "UPDATE password_event SET result = 'failure'", "password events"},
		{"password event of nothing", "INSERT INTO password_event SELECT * REPLACE (time + 864000000000 AS time) FROM password_event", "password events"},
		{"unknown to the ledger", "DELETE FROM ledger", "than the ledger counted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.PutTenant(t.Context(), store.Tenant{ID: storetest.Contoso, CreatedAt: 1, OptedInAt: 1}); err != nil {
				t.Fatal(err)
			}
			commit(t, s, false, storetest.Event{ID: "a", Hash: 1}.Record(), storetest.Event{ID: "b", Hash: 2}.Record())
			ask(t, s, derivedToo)
			v, err := s.Verify(t.Context())
			if err != nil || len(v.Problems) > 0 || v.Records != 2 || v.Sampled == 0 {
				t.Errorf("Verify of a sound store = %+v, %v", v, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			tamper(t, dir, tt.statement)
			s = open(t, duckdb.Config{Dir: dir})
			if v, err = s.Verify(t.Context()); err != nil || !strings.Contains(strings.Join(v.Problems, "\n"), tt.want) {
				t.Errorf("Verify = %+v, %v, want a problem with %q", v, err, tt.want)
			}
		})
	}
}
