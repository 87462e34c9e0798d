package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"passtrail/internal/store"
)

func queryValues(t *testing.T, s store.Store) {
	const text = `SELECT CAST($1 AS VARCHAR), CAST('text' AS VARCHAR), true, CAST(7 AS INTEGER), CAST(8 AS BIGINT), CAST(1.5 AS DOUBLE PRECISION), CAST('{"a": [1, 12345678901234567890]}' AS JSON), CAST(NULL AS BIGINT), CAST(NULL AS VARCHAR)`
	var got []any
	must(t, s.Query(t.Context(), text, []any{"a'; DROP TABLE record; --"}, func(row []any) error {
		got = append(got, row...)
		return nil
	}))
	want := []any{"a'; DROP TABLE record; --", "text", true, int32(7), int64(8), 1.5, `{"a": [1, 12345678901234567890]}`, nil, nil}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Query gives %#v, want %#v", got, want)
	}
	stop := errors.New("enough")
	rows := 0
	err := s.Query(t.Context(), "SELECT 1 AS a UNION ALL SELECT 2", nil, func([]any) error { rows++; return stop })
	if err != stop || rows != 1 {
		t.Errorf("Query = %v after %d rows, want the callback's error after one", err, rows)
	}
	if err := s.Query(t.Context(), "SELECT a FROM nowhere", nil, func([]any) error { return nil }); err == nil {
		t.Error("a query of a table that is not there succeeded")
	}
}

func queryOnlyReads(t *testing.T, s store.Store) {
	commit(t, s, batch(Event{ID: "a"}))
	for _, text := range []string{
		"DELETE FROM record", "DELETE FROM record RETURNING id", "UPDATE record SET id = 'x'", "INSERT INTO checkpoint VALUES ('a', 'b', 1, 1)", "DROP TABLE record",
		"CREATE TABLE x (a INTEGER)", "SELECT 1; DELETE FROM record", "DELETE FROM record; SELECT 1", "BEGIN", "COMMIT", "",
		"WITH d AS (DELETE FROM record RETURNING id) SELECT * FROM d", "EXPLAIN ANALYZE DELETE FROM record", "CREATE TEMP TABLE x AS SELECT 1", "SELECT nextval('quarantine_id')",
	} {
		if err := s.Query(t.Context(), text, nil, func([]any) error { return nil }); err == nil {
			t.Errorf("Query(%q) was not refused", text)
		}
	}
	wantStored(t, s, Event{ID: "a"}.Record())
}

func queryStops(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	done := time.AfterFunc(100*time.Millisecond, cancel)
	defer done.Stop()
	start := time.Now()
	err := s.Query(ctx, "WITH RECURSIVE r AS (SELECT CAST(1 AS BIGINT) AS a UNION ALL SELECT a + 1 FROM r) SELECT count(*) FROM r", nil, func([]any) error { return nil })
	if took := time.Since(start); !errors.Is(err, context.Canceled) || took > time.Second {
		t.Errorf("Query = %v after %v, want context canceled after about 100 ms", err, took)
	}
	rows := 0
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	err = s.Query(ctx, "SELECT a.a FROM generate_series(1, 3000) AS a(a), generate_series(1, 1000) AS b(b)", nil, func([]any) error {
		if rows++; rows == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || rows > 100_000 {
		t.Errorf("Query = %v after %d rows, want context canceled soon", err, rows)
	}
	if _, err := s.Commit(ctx, batch(Event{ID: "a"})); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit with a context that is done = %v", err)
	}
	if got, err := s.Tenant(t.Context(), Contoso); err != nil || got.ID != Contoso {
		t.Errorf("the store is of no more use after a cancelled query: %v", err)
	}
}
