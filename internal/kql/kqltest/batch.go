// Package kqltest runs KQL against DuckDB in memory: scripts with tables, a query and the wanted answer ([Script]), and
// lines of queries ([Batch]).
package kqltest

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"time"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/kql"
	"passtrail/internal/kql/diag"
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
	t := Table{Name: r.Name, Rows: [][]any{}}
	for _, c := range r.Columns {
		t.Columns = append(t.Columns, TableColumn{c.Name, c.Type.String()})
	}
	rows, err := db.QueryContext(ctx, r.SQL, r.Args...)
	if err != nil {
		return t, &Failure{SQL: r.SQL, Err: err}
	}
	defer rows.Close()
	for rows.Next() {
		vals := make([]any, max(len(r.Columns), 1))
		ptrs := make([]any, len(vals))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			return t, &Failure{SQL: r.SQL, Err: err}
		}
		for i, c := range r.Columns {
			vals[i] = kql.Cell(vals[i], c.Type)
		}
		t.Rows = append(t.Rows, vals[:len(r.Columns)])
	}
	if err := rows.Err(); err != nil {
		return t, &Failure{SQL: r.SQL, Err: err}
	}
	return t, nil
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

// Batch reads lines {"id","query"} and writes for each a line {"id","tables"} or {"id","error":{"code","message"}}.
func Batch(ctx context.Context, in io.Reader, out io.Writer) error {
	db, err := Open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	type fault struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	type answer struct {
		ID     string  `json:"id"`
		Tables []Table `json:"tables,omitempty"`
		Error  *fault  `json:"error,omitempty"`
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<24)
	w := json.NewEncoder(out)
	for lines.Scan() {
		var q struct{ ID, Query string }
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return err
		}
		a := answer{ID: q.ID}
		tables, err := Run(ctx, db.SQL, q.Query, &plan.Schema{}, kql.Options{Now: passtrail.TicksOf(time.Now())})
		var list diag.List
		switch {
		case errors.As(err, &list):
			a.Error = &fault{list[0].Code, list.Error()}
		case err != nil:
			a.Error = &fault{"internal", err.Error()}
		default:
			a.Tables = tables
		}
		if err := w.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}
