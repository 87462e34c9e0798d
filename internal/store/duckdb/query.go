package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	bindings "github.com/duckdb/duckdb-go-bindings"
	"github.com/duckdb/duckdb-go/v2"

	"passtrail"
)

// Query runs one statement that reads and calls row for each row; the slice is reused. Values are string, bool, int32,
// int64, float64 or nil; JSON comes as its text, a decimal and a GUID as text too. Rows come as they are found, so that a
// result of any size needs little memory. A statement that is not a single SELECT fails with code Denied, one that needs
// more memory than the store may use with TooLarge. Query returns row's error as it is, and ctx.Err() soon after ctx is done.
//
// What is derived is brought up to date first, or else nothing is answered: code Unavailable or TooLarge, see current.
//
// Args stand for $1, $2 and so on; a sql.NamedArg for $name.
func (s *Store) Query(ctx context.Context, text string, args []any, row func([]any) error) error {
	for {
		at, err := s.current(ctx)
		if err != nil {
			return err
		}
		if err := s.queryAt(ctx, at, text, args, row); !errors.Is(err, errMoved) {
			return err
		}
	}
}

// errMoved says that something was committed before a query's transaction had begun to see.
var errMoved = errors.New("duckdb: the state has moved")

// queryAt is Query for a state that was current; it fails with errMoved, before the first row, when it is not any more.
func (s *Store) queryAt(ctx context.Context, at int64, text string, args []any, row func([]any) error) error {
	conn, err := s.db.SQL.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var answer error
	begun := func() error {
		if s.fresh.changes.Load() != at {
			return errMoved
		}
		return nil
	}
	err = conn.Raw(func(dc any) error {
		c := handle(dc.(*duckdb.Conn))
		if err := execRaw(c, "BEGIN TRANSACTION READ ONLY"); err != nil {
			answer = queryError(ctx, err)
			return driver.ErrBadConn // have the pool forget it
		}
		answer = interruptible(ctx, c, func() error { return queryOn(ctx, c, text, args, begun, row) })
		if err := execRaw(c, "ROLLBACK"); err != nil {
			return driver.ErrBadConn
		}
		return nil
	})
	if answer != nil || errors.Is(err, driver.ErrBadConn) {
		return answer
	}
	return err
}

// queryOn runs a statement on a connection whose transaction cannot write. Begun is called when the transaction has its
// view of the tables: binding their names takes it.
func queryOn(ctx context.Context, conn bindings.Connection, text string, args []any, begun func() error, row func([]any) error) error {
	stmt, err := prepareRead(conn, text)
	if err != nil {
		return queryError(ctx, err)
	}
	defer bindings.DestroyPrepare(&stmt)
	if err := begun(); err != nil {
		return err
	}
	if err := bindArgs(stmt, args); err != nil {
		return err
	}
	var pending bindings.PendingResult
	defer bindings.DestroyPending(&pending)
	if bindings.PendingPreparedStreaming(stmt, &pending) == bindings.StateError {
		return queryError(ctx, errors.New(bindings.PendingError(pending)))
	}
	var res bindings.Result
	defer bindings.DestroyResult(&res)
	if bindings.ExecutePending(pending, &res) == bindings.StateError {
		return queryError(ctx, errors.New(bindings.ResultError(&res)))
	}
	return readRows(ctx, &res, row)
}

// execRaw runs a statement that has no result.
func execRaw(conn bindings.Connection, text string) error {
	var res bindings.Result
	defer bindings.DestroyResult(&res)
	if bindings.Query(conn, text, &res) == bindings.StateError {
		return errors.New(bindings.ResultError(&res))
	}
	return nil
}

// prepareRead prepares the only statement of a text, which must read.
func prepareRead(conn bindings.Connection, text string) (stmt bindings.PreparedStatement, err error) {
	var all bindings.ExtractedStatements
	defer bindings.DestroyExtracted(&all)
	switch n := bindings.ExtractStatements(conn, text, &all); {
	case n == 0:
		return stmt, errors.New("no statement: " + bindings.ExtractStatementsError(all))
	case n > 1:
		return stmt, passtrail.Errorf(passtrail.Denied, "duckdb.Query", "only one statement is allowed")
	}
	if bindings.PrepareExtractedStatement(conn, all, 0, &stmt) == bindings.StateError {
		err = errors.New(bindings.PrepareError(stmt))
	} else if bindings.PreparedStatementType(stmt) != bindings.StatementTypeSelect {
		err = passtrail.Errorf(passtrail.Denied, "duckdb.Query", "only queries that read are allowed")
	}
	if err != nil {
		bindings.DestroyPrepare(&stmt)
	}
	return stmt, err
}

// bindArgs gives the parameters of a statement their values.
func bindArgs(stmt bindings.PreparedStatement, args []any) error {
	for i := bindings.IdxT(1); i <= bindings.NParams(stmt); i++ {
		name := bindings.ParameterName(stmt, i)
		v, found := argument(args, name)
		if !found {
			return fmt.Errorf("duckdb: no argument for parameter $%s", name)
		}
		if err := bindOne(stmt, i, v); err != nil {
			return fmt.Errorf("duckdb: parameter $%s: %w", name, err)
		}
	}
	return nil
}

func argument(args []any, name string) (any, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		if n < 1 || n > len(args) {
			return nil, false
		}
		return args[n-1], true
	}
	for _, a := range args {
		if named, ok := a.(sql.NamedArg); ok && named.Name == name {
			return named.Value, true
		}
	}
	return nil, false
}

func bindOne(stmt bindings.PreparedStatement, i bindings.IdxT, v any) error {
	state := bindings.StateSuccess
	switch v := v.(type) {
	case nil:
		state = bindings.BindNull(stmt, i)
	case string:
		state = bindings.BindVarcharLength(stmt, i, v, bindings.IdxT(len(v)))
	case int32:
		state = bindings.BindInt32(stmt, i, v)
	case []string:
		return bindList(stmt, i, bindings.TypeVarchar, len(v), func(n int) bindings.Value { return bindings.CreateVarcharLength(v[n], bindings.IdxT(len(v[n]))) })
	case []int64:
		return bindList(stmt, i, bindings.TypeBigInt, len(v), func(n int) bindings.Value { return bindings.CreateInt64(v[n]) })
	default:
		switch r := reflect.ValueOf(v); r.Kind() {
		case reflect.String:
			return bindOne(stmt, i, r.String())
		case reflect.Int, reflect.Int64, reflect.Int16, reflect.Int8, reflect.Int32:
			state = bindings.BindInt64(stmt, i, r.Int())
		case reflect.Float64, reflect.Float32:
			state = bindings.BindDouble(stmt, i, r.Float())
		case reflect.Bool:
			state = bindings.BindBoolean(stmt, i, r.Bool())
		default:
			return fmt.Errorf("a value of type %T cannot be passed", v)
		}
	}
	if state == bindings.StateError {
		return errors.New(bindings.PrepareError(stmt))
	}
	return nil
}

func bindList(stmt bindings.PreparedStatement, i bindings.IdxT, t bindings.Type, n int, value func(int) bindings.Value) error {
	item := bindings.CreateLogicalType(t)
	defer bindings.DestroyLogicalType(&item)
	values := make([]bindings.Value, n)
	for k := range values {
		values[k] = value(k)
	}
	list := bindings.CreateListValue(item, values)
	defer bindings.DestroyValue(&list)
	for k := range values {
		bindings.DestroyValue(&values[k])
	}
	if bindings.BindValue(stmt, i, list) == bindings.StateError {
		return errors.New(bindings.PrepareError(stmt))
	}
	return nil
}

// readRows hands the rows of a result over, chunk by chunk.
func readRows(ctx context.Context, res *bindings.Result, row func([]any) error) error {
	columns, err := resultColumns(res)
	if err != nil {
		return err
	}
	out := make([]any, len(columns))
	for {
		chunk := bindings.FetchChunk(*res)
		if chunk.Ptr == nil {
			if text := bindings.ResultError(res); text != "" {
				return queryError(ctx, errors.New(text))
			}
			return ctx.Err()
		}
		n := int(bindings.DataChunkGetSize(chunk))
		err := ctx.Err()
		if err == nil {
			err = readChunk(chunk, columns, n, out, row)
		}
		bindings.DestroyDataChunk(&chunk)
		if err != nil {
			return err
		}
	}
}

func readChunk(chunk bindings.DataChunk, columns []column, n int, out []any, row func([]any) error) error {
	for i := range columns {
		columns[i].attach(bindings.DataChunkGetVector(chunk, bindings.IdxT(i)))
	}
	for r := range n {
		for i := range columns {
			out[i] = columns[i].value(r)
		}
		if err := row(out); err != nil {
			return err
		}
	}
	return nil
}

// engineError is an error with the engine's own words.
func engineError(text string) error { return errors.New("duckdb: " + text) }

// queryError gives an error of the engine the code that its reader can act on.
func queryError(ctx context.Context, err error) error {
	var known *passtrail.Error
	switch text := err.Error(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return err
	case faultOf(text) == memoryFault:
		return &passtrail.Error{Code: passtrail.TooLarge, Op: "duckdb.Query", Msg: "the query needs more memory than it may use: narrow its time range", Err: err}
	}
	return engineFault("duckdb.Query", fmt.Errorf("duckdb: %w", err))
}
