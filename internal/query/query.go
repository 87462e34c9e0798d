// Package query is the narrow waist: every report, detection, page and API asks its questions here. It compiles KQL over
// [Schema], binds it to a set of tenants, runs it on the store, and holds it to limits. Nothing else reads records.
//
// Start at [Engine.Run].
package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/kql"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/types"
	"passtrail/internal/store"
)

// Limits bound one query. A zero field means the default of [DefaultLimits].
type Limits struct {
	Time time.Duration // how long it may run
	Rows int64         // how many rows a result table may have
	// Export is how many rows an export may have. It streams, so memory is no reason for a small one.
	Export int64
	Text   int   // bytes of query text
	Bytes  int64 // memory of a result that is kept, about; a stream keeps none
	// Admission makes queries of one process wait for each other; nil lets all in.
	Admission *Admission
}

// DefaultLimits are those of the Log Analytics API where it has them: 3 minutes, 500,000 rows.
var DefaultLimits = Limits{Time: 3 * time.Minute, Rows: 500_000, Export: 1_000_000_000, Text: 1 << 20, Bytes: 256 << 20}

// ErrRows is in the chain of the TooLarge error of a table with too many rows, as context.DeadlineExceeded is in that of a
// query that ran too long.
var ErrRows = errors.New("too many rows")

// Store is what the engine asks: the model, whose records they are, and records as they came in.
type Store interface {
	store.Model
	Tenant(ctx context.Context, id passtrail.TenantID) (store.Tenant, error)
	Records(ctx context.Context, tenant passtrail.TenantID, named []store.RecordName) ([]passtrail.Record, error)
}

// Engine runs queries on one store. Its methods may be called at once.
type Engine struct {
	store  Store
	limits Limits
}

// New makes an engine. Zero limits mean the defaults.
func New(st Store, limits Limits) *Engine {
	if limits.Time == 0 {
		limits.Time = DefaultLimits.Time
	}
	if limits.Rows == 0 {
		limits.Rows = DefaultLimits.Rows
	}
	if limits.Export == 0 {
		limits.Export = DefaultLimits.Export
	}
	if limits.Text == 0 {
		limits.Text = DefaultLimits.Text
	}
	if limits.Bytes == 0 {
		limits.Bytes = DefaultLimits.Bytes
	}
	return &Engine{store: st, limits: limits}
}

// FinalUntil is the instant before which a tenant's figures do not grow by late records any more, 0 if there is none.
func (e *Engine) FinalUntil(ctx context.Context, tenant passtrail.TenantID) (passtrail.Ticks, error) {
	f, err := e.store.FinalUntil(ctx, tenant)
	return f.Until(), err
}

// RegisteredOnly is the day from which password reset of a tenant accepts registered methods only.
func (e *Engine) RegisteredOnly(ctx context.Context, tenant passtrail.TenantID) (passtrail.Ticks, error) {
	t, err := e.store.Tenant(ctx, tenant)
	if passtrail.CodeOf(err) == passtrail.NotFound {
		return store.Settings{}.RegisteredOnly(), nil
	}
	return t.Settings.RegisteredOnly(), err
}

// Coverage says of which time a tenant has audit records.
func (e *Engine) Coverage(ctx context.Context, tenant passtrail.TenantID) (store.Coverage, error) {
	return e.store.Coverage(ctx, tenant)
}

// Records returns records of a tenant whole, see [store.Facts].
func (e *Engine) Records(ctx context.Context, tenant passtrail.TenantID, named []store.RecordName) ([]passtrail.Record, error) {
	return e.store.Records(ctx, tenant, named)
}

// Request is one query and on whose behalf it runs.
type Request struct {
	Text      string
	Tenants   []passtrail.TenantID // whose rows it may see; none sees no rows
	Now       passtrail.Ticks      // what now() is; required
	From, To  passtrail.Ticks      // restricts the time column of every table; zero: open
	Params    map[string]string    // values of declared query parameters
	Principal string               // what current_principal() answers
	// Custom marks text that a person wrote: it needs the tenant's licence for custom queries. Prebuilt text does not.
	Custom bool
	// MaxRows limits each result table below the engine's limit; more rows are an error, never a cut.
	MaxRows int64
	// Export marks a stream into a file: the limit of exports holds instead of that of results, and no limit of time.
	Export bool
	// Time limits the run below the engine's limit.
	Time time.Duration
}

// Column is a column of a result.
type Column struct {
	Name string
	Type types.Type
}

// Table is one result table. Cells are nil, string, bool, int32, int64, float64; instants and timespans are int64 ticks,
// decimal, guid and dynamic are text. Use [JSONCell] for the values of the Log Analytics API.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]any
}

// Index returns the position of a column, or -1.
func (t *Table) Index(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Result is what a query answers: a table for each tabular statement.
type Result struct {
	Tables   []Table
	Render   *kql.Render
	Warnings diag.List
}

// JSONCell turns a cell into the value that the Log Analytics API has for it: instants as text with seven digits.
func JSONCell(v any, t types.Type) any { return kql.Cell(v, t) }

// Run compiles and runs a query and keeps its rows in memory. A mistake in the text is a diag.List; other errors are
// passtrail errors: Denied without a licence, TooLarge over a limit, Cancelled (wrapping ctx's error) when ctx is done.
func (e *Engine) Run(ctx context.Context, req Request) (*Result, error) {
	var res Result
	c, err := e.compile(ctx, req)
	if err != nil {
		return nil, err
	}
	res.Render, res.Warnings = c.Render, c.Warnings
	var held int64
	err = e.runAll(ctx, req, c, func(t Table) error {
		res.Tables = append(res.Tables, t)
		return nil
	}, func(row []any) error {
		if held += weight(row); held > e.limits.Bytes {
			return passtrail.Errorf(passtrail.TooLarge, "query.Run", "the result has more than %d MiB, the limit; add a filter, or project fewer columns", e.limits.Bytes>>20)
		}
		t := &res.Tables[len(res.Tables)-1]
		t.Rows = append(t.Rows, append([]any(nil), row...))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &res, nil
}

// weight is how many bytes a row takes, about.
func weight(row []any) int64 {
	n := int64(24 + 24*len(row))
	for _, v := range row {
		if s, ok := v.(string); ok {
			n += int64(len(s))
		}
	}
	return n
}

// Stream is Run without keeping rows: head is called before the rows of each table, row for each row; the slice is
// reused. An error of head or row ends the query and comes back as it is.
func (e *Engine) Stream(ctx context.Context, req Request, head func(Table) error, row func([]any) error) error {
	p, err := e.Prepare(ctx, req)
	if err != nil {
		return err
	}
	return p.Stream(ctx, head, row)
}

// Prepared is a query that was compiled and may run: its mistakes are known before its first row.
type Prepared struct {
	Render   *kql.Render // what the render operator asks for, nil without one
	Warnings diag.List

	engine   *Engine
	req      Request
	compiled *kql.Compiled
}

// Prepare compiles a query without running it. Its errors are those of Run.
func (e *Engine) Prepare(ctx context.Context, req Request) (*Prepared, error) {
	c, err := e.compile(ctx, req)
	if err != nil {
		return nil, err
	}
	return &Prepared{Render: c.Render, Warnings: c.Warnings, engine: e, req: req, compiled: c}, nil
}

// Stream runs the query as [Engine.Stream] does.
func (p *Prepared) Stream(ctx context.Context, head func(Table) error, row func([]any) error) error {
	return p.engine.runAll(ctx, p.req, p.compiled, head, row)
}

// Explain returns the plan and the SQL of a query without running it.
func (e *Engine) Explain(ctx context.Context, req Request) (string, error) {
	c, err := e.compile(ctx, req)
	if err != nil {
		return "", err
	}
	return c.Explain(), nil
}

// Check compiles a query and returns its mistakes, nil if there are none.
func (e *Engine) Check(ctx context.Context, req Request) error {
	_, err := e.compile(ctx, req)
	return err
}

func (e *Engine) compile(ctx context.Context, req Request) (*kql.Compiled, error) {
	if len(req.Text) > e.limits.Text {
		return nil, passtrail.Errorf(passtrail.TooLarge, "query.compile", "the query has %d bytes, the limit is %d", len(req.Text), e.limits.Text)
	}
	if err := e.licensed(ctx, req); err != nil {
		return nil, err
	}
	return kql.Compile(req.Text, Schema, kql.Options{
		Now: req.Now, Tenants: req.Tenants, From: req.From, To: req.To, Params: req.Params, CurrentPrincipal: req.Principal,
		Sample: func(sql string, args []any) ([][]any, error) { return e.sample(ctx, req, sql, args) },
	})
}

// maxSample is how many rows a look at the data may give while a query is compiled: names of columns, not data.
const maxSample = 10_000

// sample runs SQL that tells the columns of bag_unpack or pivot. The tenant restriction is in it as in any other.
func (e *Engine) sample(ctx context.Context, req Request, sql string, args []any) ([][]any, error) {
	limit, _ := e.bounds(req)
	admitted, done, err := e.limits.Admission.enter(ctx, req)
	if err != nil {
		return nil, err
	}
	defer done()
	run, cancel := context.WithTimeout(admitted, limit)
	defer cancel()
	var rows [][]any
	err = e.read(ctx, run, limit, sql, args, func(cells []any) error {
		if len(rows) == maxSample {
			return passtrail.Errorf(passtrail.TooLarge, "query.sample", "the data gives more than %d columns; filter before bag_unpack or pivot", maxSample)
		}
		rows = append(rows, append([]any(nil), cells...))
		return nil
	})
	return rows, err
}

// licensed refuses a person's own query for a tenant whose licence for custom queries was taken away.
func (e *Engine) licensed(ctx context.Context, req Request) error {
	if !req.Custom {
		return nil
	}
	for _, id := range req.Tenants {
		t, err := e.store.Tenant(ctx, id)
		if passtrail.CodeOf(err) == passtrail.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if t.Settings.NoCustomQueries {
			return passtrail.Errorf(passtrail.Denied, "query.licensed", "custom queries are not licensed for tenant %s; the prebuilt reports are", id)
		}
	}
	return nil
}

func (e *Engine) runAll(ctx context.Context, req Request, c *kql.Compiled, head func(Table) error, row func([]any) error) error {
	limit, maxRows := e.bounds(req)
	admitted, done, err := e.limits.Admission.enter(ctx, req)
	if err != nil {
		return err
	}
	defer done()
	run, cancel := context.WithTimeout(admitted, limit)
	defer cancel()
	for _, r := range c.Results {
		t := Table{Name: r.Name}
		for _, col := range r.Columns {
			t.Columns = append(t.Columns, Column{Name: col.Name, Type: col.Type})
		}
		if err := head(t); err != nil {
			return err
		}
		var n int64
		err := e.read(ctx, run, limit, r.SQL, r.Args, func(cells []any) error {
			if n++; n > maxRows {
				return &passtrail.Error{Code: passtrail.TooLarge, Op: "query.Run", Msg: fmt.Sprintf("the result has more than %d rows, the limit; add a filter, summarize or take", maxRows), Err: ErrRows}
			}
			cells = cells[:len(t.Columns)] // a table without columns is read as one of a constant
			widen(t.Columns, cells)
			return row(cells)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// widen makes whole numbers as wide as their columns say: a database may give a small constant in fewer bits.
func widen(columns []Column, cells []any) {
	for i, c := range columns {
		if n, ok := cells[i].(int32); ok && c.Type != types.Int {
			cells[i] = int64(n)
		}
	}
}

// read runs SQL under run, a time limit within ctx. An error of row comes back as it is: it is the caller's, not the
// database's.
func (e *Engine) read(ctx, run context.Context, limit time.Duration, sql string, args []any, row func([]any) error) error {
	var stopped error
	err := e.store.Query(run, sql, args, func(cells []any) error {
		stopped = row(cells)
		return stopped
	})
	if stopped != nil {
		return stopped
	}
	if err != nil {
		return explainFailure(ctx, run, limit, err)
	}
	return nil
}

// bounds is how long a query may run and how many rows a table of it may have.
func (e *Engine) bounds(req Request) (time.Duration, int64) {
	limit, maxRows := e.limits.Time, e.limits.Rows
	if req.Export {
		limit, maxRows = 24*time.Hour, e.limits.Export
	}
	if req.Time > 0 && req.Time < limit {
		limit = req.Time
	}
	if req.MaxRows > 0 && req.MaxRows < maxRows {
		maxRows = req.MaxRows
	}
	return limit, maxRows
}

// badStep is what a statement fails with where a step that it computes leads nowhere.
const badStep = "the step of make-series must be greater than 0"

// explainFailure turns a failure of the database into words for a person; what the database said stays in the cause.
func explainFailure(ctx, run context.Context, limit time.Duration, err error) error {
	var known *passtrail.Error
	switch {
	case errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return &passtrail.Error{Code: passtrail.Cancelled, Op: "query.Run", Msg: "the query was cancelled", Err: ctx.Err()}
	case errors.Is(context.Cause(run), ErrMemory):
		return &passtrail.Error{Code: passtrail.TooLarge, Op: "query.Run", Msg: "the queries that run need more memory than they may have; narrow its time range or summarize earlier", Err: errors.Join(ErrMemory, err)}
	case run.Err() != nil:
		return &passtrail.Error{Code: passtrail.TooLarge, Op: "query.Run", Msg: fmt.Sprintf("the query ran longer than %s, the limit; narrow its time range", limit), Err: errors.Join(run.Err(), err)}
	case strings.Contains(err.Error(), badStep):
		return &passtrail.Error{Code: passtrail.Invalid, Op: "query.Run", Msg: badStep, Err: err}
	case strings.Contains(err.Error(), "Out of Memory"):
		return &passtrail.Error{Code: passtrail.TooLarge, Op: "query.Run", Msg: "the query needs more memory than it may have; narrow its time range or summarize earlier", Err: err}
	case strings.Contains(err.Error(), "INTERRUPT"):
		return &passtrail.Error{Code: passtrail.Cancelled, Op: "query.Run", Msg: "the query was cancelled", Err: err}
	}
	return &passtrail.Error{Code: passtrail.Invalid, Op: "query.Run", Msg: "the query could not be run; this is a fault of the engine, not of your data", Err: err}
}
