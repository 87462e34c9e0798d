// Package answer answers the pages' questions from the store. Records are read through internal/query alone, by prebuilt
// KQL with every value quoted; every method first asks package auth whether the one who asks may. It is what the server
// gives to web.New.
//
// Start at [New]; each file answers one page.
package answer

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/access"
	"passtrail/internal/auth"
	"passtrail/internal/explore"
	"passtrail/internal/export"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// Store is what the pages show and change: all that a store keeps, and nothing of its own upkeep.
type Store interface {
	store.Facts
	store.Model
	store.Registry
}

// Answers is every service that pages need. It may be used from several goroutines.
type Answers struct {
	store   Store
	engine  *query.Engine
	library *report.Library
	access  *access.Log
	sweep   func() // asks for a sweep after a retention was changed
}

var _ web.Services = (*Answers)(nil)

// New returns the services over a store, the engine on it, and the loaded reports and detections.
func New(st Store, engine *query.Engine, library *report.Library) *Answers {
	return &Answers{store: st, engine: engine, library: library, access: access.Direct(st, time.Now), sweep: func() {}}
}

// OnAccess has looks written to a log, in place of one that writes to the store. It returns a.
func (a *Answers) OnAccess(l *access.Log) *Answers {
	a.access = l
	return a
}

// OnRetention has f called whenever somebody has set a retention: what is older is to be deleted. It returns a.
func (a *Answers) OnRetention(f func()) *Answers {
	a.sweep = f
	return a
}

// explorer asks prebuilt questions about one tenant.
func (a *Answers) explorer(s web.Scope) explore.Explorer {
	return explore.Explorer{Engine: a.engine, Tenants: []passtrail.TenantID{s.Tenant}, Now: s.Now}
}

// run runs prebuilt text and returns its tables.
func (a *Answers) run(ctx context.Context, s web.Scope, text string) ([]query.Table, error) {
	res, err := a.engine.Run(ctx, query.Request{Text: text, Tenants: []passtrail.TenantID{s.Tenant}, Now: s.Now})
	if err != nil {
		return nil, err
	}
	return res.Tables, nil
}

// within is the predicate that a time column lies in a period.
func within(column string, p web.Period) string {
	var parts []string
	if p.From != 0 {
		parts = append(parts, fmt.Sprintf("%s >= datetime(%s)", column, p.From))
	}
	if p.To != 0 {
		parts = append(parts, fmt.Sprintf("%s < datetime(%s)", column, p.To))
	}
	if len(parts) == 0 {
		return "true"
	}
	return strings.Join(parts, " and ")
}

// stream writes what a query answers to w in a format. The rows counted are those written; an error means that the
// output is not whole.
func (a *Answers) stream(ctx context.Context, s web.Scope, req query.Request, about *export.About, format string, w io.Writer) (int64, error) {
	if err := auth.Require(ctx, s.Tenant, auth.Export); err != nil {
		return 0, err
	}
	out, err := export.New(format, w, export.Options{About: about})
	if err != nil {
		return 0, err
	}
	defer export.Abandon(out)
	req.Tenants, req.Now = []passtrail.TenantID{s.Tenant}, s.Now
	var rows int64
	err = a.engine.Stream(ctx, req, out.Begin, func(cells []any) error {
		rows++
		return out.Row(cells)
	})
	if err != nil {
		return rows, err
	}
	return rows, out.Close()
}

// row reads the cells of one row by column name.
type row struct {
	t     *query.Table
	cells []any
}

// rows wraps the rows of a table.
func rows(t *query.Table) []row {
	out := make([]row, len(t.Rows))
	for i, cells := range t.Rows {
		out[i] = row{t, cells}
	}
	return out
}

func (r row) cell(name string) any {
	if i := r.t.Index(name); i >= 0 {
		return r.cells[i]
	}
	return nil
}

// text is a cell as text, "" for null.
func (r row) text(name string) string { s, _ := r.cell(name).(string); return s }

// flag is a cell as a truth value.
func (r row) flag(name string) bool { b, _ := r.cell(name).(bool); return b }

// ticks is a cell as an instant or a length of time, 0 for null.
func (r row) ticks(name string) passtrail.Ticks { return passtrail.Ticks(r.number(name)) }

// number is a cell as a whole number, 0 for null.
func (r row) number(name string) int64 { return whole(r.cell(name)) }

// real is a cell as a number, 0 for null.
func (r row) real(name string) float64 { return numeric(r.cell(name)) }

// numeric reads any of the engine's kinds of number.
func numeric(v any) float64 {
	switch n := v.(type) {
	case int32:
		return float64(n)
	case int64:
		return float64(n)
	case float64:
		return n
	}
	return 0
}

// first is the only row of a summary, a row without cells if there is none.
func first(t *query.Table) row {
	if len(t.Rows) == 0 {
		return row{t, make([]any, len(t.Columns))}
	}
	return row{t, t.Rows[0]}
}

// whole reads any of the engine's kinds of number as a whole one, without losing digits of instants.
func whole(v any) int64 {
	switch n := v.(type) {
	case int32:
		return int64(n)
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}
