package duck

import (
	"context"
	"database/sql"
	"fmt"

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

var _ duckdb.ScalarFunc = (*scalar)(nil)
