package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
)

// Query runs one statement that reads and calls row for each row; the slice is reused. Values are string, bool, int32,
// int64, float64 or nil; JSON comes as its text. A statement that is not a SELECT fails with code Denied, one that needs
// more memory than the store may use with TooLarge. Query returns row's error as it is, and ctx.Err() soon after ctx is done.
func (s *Store) Query(ctx context.Context, sql string, args []any, row func([]any) error) error {
	conn, err := s.db.SQL.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(dc any) error { return query(ctx, dc.(*duckdb.Conn), sql, args, row) })
}

func query(ctx context.Context, conn *duckdb.Conn, text string, args []any, row func([]any) error) error {
	ds, err := conn.Prepare(text)
	if err != nil {
		return queryError(ctx, err)
	}
	stmt := ds.(*duckdb.Stmt)
	defer stmt.Close()
	if t, err := stmt.StatementType(); err != nil || t != duckdb.STATEMENT_TYPE_SELECT {
		return errors.Join(err, passtrail.Errorf(passtrail.Denied, "duckdb.Query", "only queries that read are allowed"))
	}
	rows, err := stmt.QueryContext(ctx, named(args))
	if err != nil {
		return queryError(ctx, err)
	}
	defer rows.Close()
	dst := make([]driver.Value, len(rows.Columns()))
	out := make([]any, len(dst))
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := rows.Next(dst); err == io.EOF {
			return nil
		} else if err != nil {
			return queryError(ctx, err)
		}
		for i, v := range dst {
			out[i] = v
		}
		if err := row(out); err != nil {
			return err
		}
	}
}

func named(args []any) []driver.NamedValue {
	nv := make([]driver.NamedValue, len(args))
	for i, a := range args {
		nv[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
		if n, ok := a.(sql.NamedArg); ok {
			nv[i].Name, nv[i].Value = n.Name, n.Value
		}
	}
	return nv
}

// queryError gives an error of the engine the code that its reader can act on.
func queryError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var de *duckdb.Error
	if errors.As(err, &de) && (de.Type == duckdb.ErrorTypeOutOfMemory || strings.HasPrefix(de.Msg, "Out of Memory")) {
		return &passtrail.Error{Code: passtrail.TooLarge, Op: "duckdb.Query", Msg: "the query needs more memory than it may use: narrow its time range", Err: err}
	}
	return fmt.Errorf("duckdb: %w", err)
}
