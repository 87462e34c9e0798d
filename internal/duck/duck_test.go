package duck_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passtrail/internal/duck"
)

func open(t *testing.T, c duck.Config) *duck.DB {
	t.Helper()
	db, err := duck.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestOpenRefusesFilesAndNetwork(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.csv")
	if err := os.WriteFile(file, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", filepath.Join(dir, "db")} {
		db := open(t, duck.Config{Path: path})
		for _, stmt := range []string{
			"SELECT * FROM read_csv('" + file + "')",
			"SELECT * FROM '" + file + "'",
			"SELECT * FROM read_text('" + file + "')",
			"SELECT * FROM read_blob('" + file + "')",
			"SELECT * FROM glob('" + dir + "/*')",
			"SELECT * FROM read_json('" + file + "')",
			"SELECT * FROM read_parquet('" + file + "')",
			"COPY (SELECT 1) TO '" + dir + "/out.csv'",
			"EXPORT DATABASE '" + dir + "/out'",
			"ATTACH '" + dir + "/other.db' AS o",
			"INSTALL httpfs",
			"LOAD httpfs",
			"LOAD '" + dir + "/x.duckdb_extension'",
			"SELECT * FROM read_csv('https://192.0.2.1/a.csv')",
			"SELECT * FROM read_parquet('s3://bucket/a')",
			"SET enable_external_access = true",
			"SET GLOBAL lock_configuration = false",
			"SET autoload_known_extensions = true",
			"SET temp_directory = '" + dir + "'",
			"SET TimeZone = 'Europe/Berlin'",
			"RESET enable_external_access",
			"PRAGMA memory_limit = '1TB'",
			"CREATE PERSISTENT SECRET s (TYPE s3)",
		} {
			if _, err := db.SQL.ExecContext(t.Context(), stmt); err == nil {
				t.Errorf("%q was not refused (database %q)", stmt, path)
			}
		}
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "o*")); len(found) != 0 {
		t.Errorf("files were written: %v", found)
	}
}

func TestOpenKeepsAFileAndReadsItBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c%.db")
	db, err := duck.Open(t.Context(), duck.Config{Path: path, MemoryLimit: 200 << 20, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.SQL.Exec("CREATE TABLE x AS SELECT 7 AS a"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ro := open(t, duck.Config{Path: path, ReadOnly: true})
	var a int
	if err := ro.SQL.QueryRow("SELECT a FROM x").Scan(&a); err != nil || a != 7 {
		t.Errorf("a = %d, %v", a, err)
	}
	if _, err := ro.SQL.Exec("INSERT INTO x VALUES (1)"); err == nil {
		t.Error("a read-only database took an insert")
	}
}

func TestFunctions(t *testing.T) {
	fns := []duck.Func{
		{Name: "t_len", In: []duck.Kind{duck.String}, Out: duck.Long, Fn: func(a []any) (any, error) { return int64(len(a[0].(string))), nil }},
		{Name: "t_null", In: []duck.Kind{duck.Long}, Out: duck.Bool, Nulls: true, Fn: func(a []any) (any, error) { return a[0] == nil, nil }},
		{Name: "t_json", In: []duck.Kind{duck.JSON}, Out: duck.JSON, Fn: func(a []any) (any, error) { return "[" + a[0].(string) + "]", nil }},
		{Name: "t_join", Variadic: duck.String, Out: duck.String, Fn: func(a []any) (any, error) {
			var s []string
			for _, v := range a {
				s = append(s, v.(string))
			}
			return strings.Join(s, "-"), nil
		}},
		{Name: "t_over", In: []duck.Kind{duck.Real}, Out: duck.String, Fn: func([]any) (any, error) { return "real", nil }},
		{Name: "t_over", In: []duck.Kind{duck.String}, Out: duck.String, Fn: func([]any) (any, error) { return "string", nil }},
		{Name: "t_panic", In: []duck.Kind{duck.Long}, Out: duck.Long, Fn: func(a []any) (any, error) { return a[3], nil }},
		{Name: "t_append", Variadic: duck.String, Out: duck.String, Append: func(dst []byte, a []string) []byte {
			switch a[0] {
			case "":
				return nil
			case "panic":
				panic("a fault")
			}
			return append(dst, strings.Join(a[1:], "+")...)
		}},
		{Name: "t_fail", In: []duck.Kind{duck.Long}, Out: duck.Long, Fn: func(a []any) (any, error) { return nil, errors.New("no way") }},
	}
	db := open(t, duck.Config{Functions: fns})
	for _, c := range []struct{ sql, want string }{
		{"t_len('añb')", "4"},
		{"coalesce(t_len(NULL), -1)", "-1"},
		{"t_null(NULL)", "true"},
		{"t_json('{\"a\":1}'::JSON) ->> '$[0].a'", "1"},
		{"typeof(t_json('1'))", "VARCHAR"},
		{"t_join('a', 'b', 'c')", "a-b-c"},
		{"t_over(1.5::DOUBLE)", "real"},
		{"t_over('x')", "string"},
		{"t_append('x', 'añ', chr(0), 'b')", "añ+\x00+b"},
		{"'<' || t_append('x') || '>'", "<>"},
		{"coalesce(t_append('', 'a'), 'null')", "null"},
		{"coalesce(t_append('x', NULL, 'a'), 'null')", "null"},
		{"(SELECT string_agg(t_append(a, b)) FROM (VALUES (1, 'x', 'one'), (2, NULL, 'two'), (3, '', 'three'), (4, 'x', 'four')) v(n, a, b))", "one,four"},
	} {
		var got string
		if err := db.SQL.QueryRow("SELECT CAST(" + c.sql + " AS VARCHAR)").Scan(&got); err != nil || got != c.want {
			t.Errorf("%s = %q, %v; want %q", c.sql, got, err, c.want)
		}
	}
	for sql, want := range map[string]string{"t_panic(1)": "panic", "t_append('panic')": "a fault", "t_fail(1)": "no way"} {
		if _, err := db.SQL.Exec("SELECT " + sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", sql, err, want)
		}
	}
	other, err := db.SQL.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(context.Background(), "SELECT t_len(range::VARCHAR) FROM range(5000)"); err != nil {
		t.Errorf("another connection does not see the functions: %v", err)
	}
}
