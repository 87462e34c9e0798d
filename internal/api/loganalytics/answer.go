package loganalytics

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/export"
	"passtrail/internal/query"
)

func (a *API) queryRoute(w http.ResponseWriter, r *http.Request, c call) error {
	q, err := a.read(w, r)
	if err != nil {
		return err
	}
	a.limitWrites(w, q.prefer.wait)
	return a.answer(r.Context(), w, c, q, &spool{w: w, held: a.Limits.Held, max: a.Limits.Bytes, zip: acceptsGzip(r)})
}

// limitWrites ends a connection whose program does not read: no context reaches a write that waits for it.
func (a *API) limitWrites(w http.ResponseWriter, wait time.Duration) {
	err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + a.Limits.Grace))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		a.Log.Warn("no limit on the time to read an answer", "error", err.Error())
	}
}

// answer runs a question and writes what it answers. An error means that nothing was written.
func (a *API) answer(ctx context.Context, w http.ResponseWriter, c call, q *asked, out *spool) error {
	tenant, err := a.allowed(ctx, q.workspace, q.workspaces)
	if err != nil {
		return err
	}
	who := auth.From(ctx)
	if err := a.enter(who); err != nil {
		return err
	}
	defer a.leave(who)
	line := a.look(ctx, c, tenant.ID, q.query)
	if err := a.Access.Add(ctx, line); err != nil {
		return faultOf(err, q.query)
	}
	empty, err := a.empty(ctx, tenant.ID)
	if err != nil {
		return err
	}
	if empty {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	p, err := a.Engine.Prepare(ctx, query.Request{
		Text: q.query, Tenants: []passtrail.TenantID{tenant.ID}, Now: passtrail.TicksOf(a.Now()), From: q.from, To: q.to,
		Principal: who.Name, Custom: true, MaxRows: a.Limits.Rows, Time: q.prefer.wait,
	})
	if err == nil {
		err = a.stream(ctx, c, q, p, out)
	} else {
		err = faultOf(err, q.query)
	}
	if err != nil {
		a.queryRefused(ctx, c, line)
		return noted{err}
	}
	return nil
}

// errBytes says that an answer is as long as it may be.
var errBytes = errors.New("too many bytes")

// stream runs a compiled query. What goes wrong before the first bytes went out is an error with a status; later, and
// where a limit cuts the rows, it is a partial error behind the rows that there are.
func (a *API) stream(ctx context.Context, c call, q *asked, p *query.Prepared, out *spool) error {
	began := a.Now()
	tables := export.NewTables(out)
	var counts []tableStatistics
	err := p.Stream(ctx, func(t query.Table) error {
		counts = append(counts, tableStatistics{})
		return tables.Begin(t)
	}, func(row []any) error {
		if out.size >= out.max {
			return errBytes
		}
		counts[len(counts)-1].Rows++
		return tables.Row(row)
	})
	if out.broken || err != nil && ctx.Err() != nil {
		return nil // nobody is listening
	}
	cut := errors.Is(err, errBytes) || errors.Is(err, query.ErrRows)
	if err != nil && !cut && !out.sent {
		return faultOf(err, q.query)
	}
	var members []export.Member
	if q.prefer.render {
		members = append(members, export.Member{Name: "render", Value: renderOf(p)})
	}
	if q.prefer.statistics {
		members = append(members, export.Member{Name: "statistics", Value: statistics{queryStatistics{a.Now().Sub(began).Seconds(), counts}}})
	}
	if err != nil {
		members = append(members, export.Member{Name: "error", Value: a.partial(ctx, c, err)})
	}
	if err := tables.CloseWith(members...); err != nil {
		return nil // the connection broke, or the program hung up
	}
	_ = out.close() // likewise
	return nil
}

// resultTooLarge is the service's code for a result that was cut, E_QUERY_RESULT_SET_TOO_LARGE.
const resultTooLarge = "-2133196797"

// partial is the error behind rows that are not all.
func (a *API) partial(ctx context.Context, c call, err error) fault {
	inner := &fault{Code: resultTooLarge, Message: "the answer is cut: " + err.Error()}
	switch {
	case errors.Is(err, errBytes):
		inner.Message = "the answer is cut: it has more than " + strconv.FormatInt(a.Limits.Bytes, 10) + " bytes, the limit; project fewer columns, add a filter, summarize or take"
	case !errors.Is(err, query.ErrRows):
		inner = faultOf(err, "")
		a.logFault(ctx, c, inner)
	}
	return fault{
		Code: "PartialError", Message: "the query failed after some of its rows were sent, or its result is too large: the tables are not whole", CorrelationID: c.id,
		Details: []fault{{Code: "EngineError", Message: "the result is not whole", Inner: inner}},
	}
}

// statistics is what include-statistics asks for.
type statistics struct {
	Query queryStatistics `json:"query"`
}

type queryStatistics struct {
	ExecutionTime float64           `json:"executionTime"` // seconds
	Tables        []tableStatistics `json:"datasetStatistics"`
}

type tableStatistics struct {
	Rows int64 `json:"tableRowCount"`
}

// renderOf is what include-render asks for: the service's members, and the properties that the query gives besides.
func renderOf(p *query.Prepared) map[string]any {
	r := p.Render
	if r == nil {
		return map[string]any{}
	}
	out := map[string]any{"visualization": r.Chart, "title": nil, "accumulate": false, "isQuerySorted": false, "kind": "default", "annotation": "", "by": nil}
	for name, value := range r.Props {
		switch out[name].(type) {
		case bool:
			out[name] = strings.EqualFold(value, "true")
		default:
			out[name] = value
		}
	}
	return out
}

// spool writes an answer with status 200. It holds the beginning back, so that what fails soon can still become an error
// with a status.
type spool struct {
	w    http.ResponseWriter
	held int   // bytes to hold back
	max  int64 // bytes that the answer may have, for who writes to it to heed
	zip  bool

	buf    bytes.Buffer
	gz     *gzip.Writer
	size   int64 // bytes written to it
	sent   bool
	broken bool // the connection does not take more
}

// Write holds bytes back or sends them.
func (s *spool) Write(b []byte) (int, error) {
	s.size += int64(len(b))
	if !s.sent && s.buf.Len()+len(b) <= s.held {
		return s.buf.Write(b)
	}
	if err := s.send(); err != nil {
		return 0, err
	}
	return len(b), s.pass(b)
}

// send sends the head of the answer and what was held back.
func (s *spool) send() error {
	if s.sent {
		return nil
	}
	s.sent = true
	h := s.w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if s.zip {
		h.Set("Content-Encoding", "gzip")
		s.gz, _ = gzip.NewWriterLevel(s.w, gzip.BestSpeed) // the level is a valid one
	}
	s.w.WriteHeader(http.StatusOK)
	return s.pass(s.buf.Bytes())
}

func (s *spool) pass(b []byte) (err error) {
	if s.gz != nil {
		_, err = s.gz.Write(b)
	} else {
		_, err = s.w.Write(b)
	}
	s.broken = s.broken || err != nil
	return err
}

// close sends what is left.
func (s *spool) close() error {
	if err := s.send(); err != nil || s.gz == nil {
		return err
	}
	return s.gz.Close()
}

func acceptsGzip(r *http.Request) bool {
	return slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(s string) bool { return strings.TrimSpace(s) == "gzip" })
}
