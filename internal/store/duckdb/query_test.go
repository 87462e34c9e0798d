package duckdb_test

import (
	"errors"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/store/duckdb"
)

// TestErrorInTheMiddle runs a statement that fails after many rows were handed over: a part of the answer must not pass
// for the whole.
func TestErrorInTheMiddle(t *testing.T) {
	broken := duck.Func{Name: "until", In: []duck.Kind{duck.Long}, Out: duck.Long, Volatile: true, Fn: func(args []any) (any, error) {
		if args[0].(int64) >= 500_000 {
			return nil, errors.New("broken in the middle")
		}
		return args[0], nil
	}}
	full := duck.Func{Name: "full", In: []duck.Kind{duck.Long}, Out: duck.Long, Volatile: true, Fn: func(args []any) (any, error) {
		if args[0].(int64) >= 500_000 {
			return nil, errors.New("Out of Memory: full") // as DuckDB writes it
		}
		return args[0], nil
	}}
	s, err := duckdb.Open(t.Context(), duckdb.Config{Functions: []duck.Func{broken, full}, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, fn := range []string{"until", "full"} {
		rows := 0
		err := s.Query(t.Context(), "SELECT "+fn+"(i) FROM range(1000000) AS r(i)", nil, func([]any) error { rows++; return nil })
		if err == nil {
			t.Errorf("%s: no error after %d rows", fn, rows)
			continue
		}
		if rows == 0 || rows >= 500_000 {
			t.Errorf("%s: %d rows came before the error, want some", fn, rows)
		}
		if fn == "until" && (!strings.Contains(err.Error(), "broken in the middle") || passtrail.CodeOf(err) == passtrail.TooLarge) {
			t.Errorf("%s: %v, want its own words", fn, err)
		}
	}
	stop := errors.New("enough")
	if err := s.Query(t.Context(), "SELECT i FROM range(100000) AS r(i)", nil, func([]any) error { return stop }); err != stop {
		t.Errorf("Query = %v, want the caller's error", err)
	}
}
