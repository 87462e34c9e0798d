package duck

import (
	"context"
	"database/sql"
	"fmt"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2"
)

// Kind is the type of an argument or a result of a [Func].
type Kind uint8

// The kinds, with the Go type that stands for a value of each.
const (
	Bool   Kind = iota + 1 // bool
	Int                    // int32
	Long                   // int64; instants and timespans in ticks too
	Real                   // float64
	String                 // string
	JSON                   // string holding JSON text; to SQL it is VARCHAR, a result wants CAST(… AS JSON)
)

// Func is a scalar function in Go, callable from SQL under its name.
//
// Fn gets one value per argument, of the Go type its [Kind] names, and returns a value of Out's type or nil for null. Unless
// Nulls is set it is called only with rows that have no null, others give null; with Nulls a null argument is nil. It may
// be called from several goroutines at once and must not keep args. A panic in it becomes an error of the query.
type Func struct {
	Name     string
	In       []Kind
	Variadic Kind // kind of any further arguments; 0 for none
	Out      Kind
	Nulls    bool
	Volatile bool // may answer differently for the same arguments
	Fn       func(args []any) (any, error)
	// Append, in place of Fn, is for functions of texts that are called for very many rows: all arguments are String, and
	// it appends the result, a String too, to dst; nil is null. The arguments are gone when it returns.
	Append func(dst []byte, args []string) []byte
}

// register makes fns callable; functions of the same name become overloads.
func register(ctx context.Context, conn *sql.Conn, fns []Func) error {
	if len(fns) == 0 {
		return nil
	}
	kinds, err := kindTypes()
	if err != nil {
		return err
	}
	var order []string
	byName := map[string][]duckdb.ScalarFunc{}
	for _, f := range fns {
		if len(byName[f.Name]) == 0 {
			order = append(order, f.Name)
		}
		byName[f.Name] = append(byName[f.Name], newScalar(f, kinds))
	}
	for _, name := range order {
		var err error
		if overloads := byName[name]; len(overloads) == 1 {
			err = duckdb.RegisterScalarUDF(conn, name, overloads[0])
		} else {
			err = duckdb.RegisterScalarUDFSet(conn, name, overloads...)
		}
		if err != nil {
			return fmt.Errorf("register function %s: %w", name, err)
		}
	}
	return nil
}

// kindTypes returns DuckDB's type of each kind. JSON passes as text: the driver would decode and encode it on the way.
func kindTypes() (map[Kind]duckdb.TypeInfo, error) {
	kinds := map[Kind]duckdb.TypeInfo{}
	for k, t := range map[Kind]duckdb.Type{Bool: duckdb.TYPE_BOOLEAN, Int: duckdb.TYPE_INTEGER, Long: duckdb.TYPE_BIGINT,
		Real: duckdb.TYPE_DOUBLE, String: duckdb.TYPE_VARCHAR, JSON: duckdb.TYPE_VARCHAR} {
		info, err := duckdb.NewTypeInfo(t)
		if err != nil {
			return nil, err
		}
		kinds[k] = info
	}
	return kinds, nil
}

// scalar fits a Func to the driver.
type scalar struct {
	f      Func
	config duckdb.ScalarFuncConfig
}

func newScalar(f Func, kinds map[Kind]duckdb.TypeInfo) *scalar {
	s := &scalar{f: f, config: duckdb.ScalarFuncConfig{ResultTypeInfo: kinds[f.Out], Volatile: f.Volatile, SpecialNullHandling: f.Nulls}}
	for _, k := range f.In {
		s.config.InputTypeInfos = append(s.config.InputTypeInfos, kinds[k])
	}
	if f.Variadic != 0 {
		s.config.VariadicTypeInfo = kinds[f.Variadic]
	}
	return s
}

// Config implements duckdb.ScalarFunc.
func (s *scalar) Config() duckdb.ScalarFuncConfig { return s.config }

// Executor implements duckdb.ScalarFunc.
func (s *scalar) Executor() duckdb.ScalarFuncExecutor {
	if s.f.Append != nil {
		return duckdb.ScalarFuncExecutor{ChunkContextExecutor: s.runTexts}
	}
	return duckdb.ScalarFuncExecutor{ChunkContextExecutor: s.run}
}

func (s *scalar) run(ctx context.Context, chunk *duckdb.ChunkIteratorState) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("function %s: panic: %v", s.f.Name, p)
		}
	}()
	args := make([]any, chunk.ColumnCount())
	n := 0
	for row, err := range chunk.Rows() {
		if err != nil {
			return err
		}
		if n++; n%256 == 0 && ctx != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		for i := range args {
			args[i] = *row.GetValuePtr(i)
		}
		v, err := s.f.Fn(args)
		if err != nil {
			return fmt.Errorf("function %s: %w", s.f.Name, err)
		}
		if err := row.SetResult(v); err != nil {
			return err
		}
	}
	return nil
}

// runTexts is run for Append: it reads texts where DuckDB has them.
func (s *scalar) runTexts(_ context.Context, chunk *duckdb.ChunkIteratorState) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("function %s: panic: %v", s.f.Name, p)
		}
	}()
	views, err := textViews(chunk.GetInputChunk(), chunk.ColumnCount())
	if err != nil {
		return fmt.Errorf("function %s: %w", s.f.Name, err)
	}
	out, err := duckdb.GetVectorWriter[string](chunk.GetResultVector())
	if err != nil {
		return fmt.Errorf("function %s: %w", s.f.Name, err)
	}
	args, buffer := make([]string, len(views)), make([]byte, 0, 1024)
rows:
	for row := range chunk.GetInputChunk().GetSize() {
		for i := range views {
			text, valid, err := views[i].GetValueBorrowed(row)
			if err != nil {
				return fmt.Errorf("function %s: %w", s.f.Name, err)
			}
			if !valid {
				continue rows // DuckDB makes the result null
			}
			args[i] = text
		}
		text := s.f.Append(buffer[:0], args)
		if text == nil {
			err = out.SetNull(row)
		} else {
			err, buffer = out.Set(row, unsafe.String(unsafe.SliceData(text), len(text))), text
		}
		if err != nil {
			return fmt.Errorf("function %s: %w", s.f.Name, err)
		}
	}
	return nil
}

// textViews returns readers of the columns of a chunk, which are all texts.
func textViews(chunk *duckdb.DataChunk, columns int) ([]duckdb.VectorView[string], error) {
	views := make([]duckdb.VectorView[string], columns)
	for i := range views {
		v, err := chunk.GetVector(i)
		if err != nil {
			return nil, err
		}
		if views[i], err = duckdb.GetVectorView[string](v); err != nil {
			return nil, err
		}
	}
	return views, nil
}

var _ duckdb.ScalarFunc = (*scalar)(nil)
