// Package kqltest runs KQL against DuckDB in memory: scripts with tables, a query and the wanted answer ([Script]).
package kqltest

import (
	"context"
	"database/sql"

	"passtrail/internal/duck"
	"passtrail/internal/kql"
	"passtrail/internal/kql/native"
	"passtrail/internal/kql/plan"
)

// Open opens DuckDB in memory with the functions that compiled queries call. The caller closes it.
func Open(ctx context.Context) (*duck.DB, error) {
	return duck.Open(ctx, duck.Config{Functions: native.Functions(), KeepOrder: true, Threads: 1})
}

// Table is a result as the query API shows it.
type Table struct {
	Name    string        `json:"name"`
	Columns []TableColumn `json:"columns"`
	Rows    [][]any       `json:"rows"`
}

// TableColumn is a column of a [Table].
type TableColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Run compiles and runs a query and returns all its results.
func Run(ctx context.Context, db *sql.DB, src string, schema *plan.Schema, o kql.Options) ([]Table, error) {
	if o.Sample == nil {
		o.Sample = func(sql string, args []any) ([][]any, error) { return query(ctx, db, sql, args) }
	}
	c, err := kql.Compile(src, schema, o)
	if err != nil {
		return nil, err
	}
	var out []Table
	for _, r := range c.Results {
		t, err := run(ctx, db, r)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func run(ctx context.Context, db *sql.DB, r kql.Result) (Table, error) {
	t := Table{Name: r.Name, Columns: []TableColumn{}, Rows: [][]any{}}
	for _, c := range r.Columns {
		t.Columns = append(t.Columns, TableColumn{c.Name, c.Type.String()})
	}
	rows, err := query(ctx, db, r.SQL, r.Args)
	if err != nil {
		return t, err
	}
	for _, vals := range rows {
		for i, c := range r.Columns {
			vals[i] = kql.Cell(vals[i], c.Type)
		}
		t.Rows = append(t.Rows, vals[:len(r.Columns)])
	}
	return t, nil
}

// query runs a statement and reads all of its rows.
func query(ctx context.Context, db *sql.DB, text string, args []any) ([][]any, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, &Failure{SQL: text, Err: err}
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]any
	for rows.Next() {
		vals := make([]any, len(cols))
		ptrs := make([]any, len(cols))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			return nil, &Failure{SQL: text, Err: err}
		}
		out = append(out, vals)
	}
	if err := rows.Err(); err != nil {
		return nil, &Failure{SQL: text, Err: err}
	}
	return out, nil
}

// Failure is an error of the database, with the SQL that met it. It is for tests, never for a person.
type Failure struct {
	SQL string
	Err error
}

// Error returns the database's message and the SQL.
func (f *Failure) Error() string { return f.Err.Error() + "\n" + f.SQL }

// Unwrap returns the database's error.
func (f *Failure) Unwrap() error { return f.Err }
