// Package editor serves the KQL editor's service over HTTP: completion, hover, signatures, formatting and mistakes, from
// the tables that the engine itself compiles by. It knows no tenants and reads no rows; who may ask is decided where its
// routes are mounted.
//
// Every request is a POST of {"text": ..., "position": ...}. Positions and spans count UTF-16 code units from 0, as
// editors in browsers and the Language Server Protocol do.
package editor

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"unicode/utf8"

	"passtrail/internal/kql/complete"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/format"
)

// maxBody bounds a request in bytes: the longest query, each character escaped.
const maxBody = 6 << 20

// API answers for one engine.
type API struct {
	Service *complete.Service
	// Check returns the mistakes of a text as a [diag.List], or nil. Other errors are internal.
	Check func(ctx context.Context, text string) error
	// Fail writes an error that is no fault of the text, and logs it.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Routes mounts the service below a prefix such as "/api/kql".
func (a *API) Routes(mux *http.ServeMux, prefix string) {
	mux.HandleFunc("POST "+prefix+"/complete", a.handle(a.complete))
	mux.HandleFunc("POST "+prefix+"/hover", a.handle(a.hover))
	mux.HandleFunc("POST "+prefix+"/signature", a.handle(a.signature))
	mux.HandleFunc("POST "+prefix+"/format", a.handle(a.format))
	mux.HandleFunc("POST "+prefix+"/diagnose", a.handle(a.diagnose))
}

// request is what an editor asks about.
type request struct {
	Text     string `json:"text"`
	Position int    `json:"position"`
}

func (a *API) handle(answer func(context.Context, request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req request
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&req); err != nil {
			status, text := http.StatusBadRequest, "send {\"text\": ..., \"position\": ...} as JSON"
			if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
				status, text = http.StatusRequestEntityTooLarge, "the text is too long"
			}
			writeJSON(w, status, map[string]any{"error": map[string]string{"code": http.StatusText(status), "message": text}})
			return
		}
		out, err := answer(r.Context(), req)
		if err != nil {
			a.Fail(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, out)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone, which is its own affair
}

func (a *API) complete(_ context.Context, req request) (any, error) {
	c := a.Service.Complete(req.Text, bytesOf(req.Text, req.Position))
	c.Span = inUnits(req.Text, c.Span)
	for i := range c.Items {
		c.Items[i].Caret = unitsOf(c.Items[i].Insert, c.Items[i].Caret)
	}
	if c.Items == nil {
		c.Items = []complete.Item{}
	}
	return c, nil
}

// hover answers null where there is nothing to say.
func (a *API) hover(_ context.Context, req request) (any, error) {
	h, ok := a.Service.Hover(req.Text, bytesOf(req.Text, req.Position))
	if !ok {
		return nil, nil
	}
	h.Span = inUnits(req.Text, h.Span)
	return h, nil
}

// signature answers null outside of calls.
func (a *API) signature(_ context.Context, req request) (any, error) {
	s, ok := a.Service.Signature(req.Text, bytesOf(req.Text, req.Position))
	if !ok {
		return nil, nil
	}
	s.Span = inUnits(req.Text, s.Span)
	return s, nil
}

// formatted is a text in canonical form, or as it was when it has mistakes.
type formatted struct {
	Text        string       `json:"text"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

func (a *API) format(_ context.Context, req request) (any, error) {
	text, err := format.Source(req.Text)
	var list diag.List
	if err != nil && !errors.As(err, &list) {
		return nil, err
	}
	return formatted{Text: text, Diagnostics: diagnostics(req.Text, list)}, nil
}

// diagnostic is a mistake with its place in code units and as line:column.
type diagnostic struct {
	diag.Diagnostic
	Line   int `json:"line"`
	Column int `json:"column"`
}

func diagnostics(src string, list diag.List) []diagnostic {
	out := make([]diagnostic, 0, len(list))
	for _, d := range list {
		at := diag.At(src, d.Span.Start)
		d.Span = inUnits(src, d.Span)
		out = append(out, diagnostic{d, at.Line, at.Column})
	}
	return out
}

func (a *API) diagnose(ctx context.Context, req request) (any, error) {
	err := a.Check(ctx, req.Text)
	var list diag.List
	if err != nil && !errors.As(err, &list) {
		return nil, err
	}
	return map[string]any{"diagnostics": diagnostics(req.Text, list)}, nil
}

// bytesOf turns an offset in UTF-16 code units into one in bytes.
func bytesOf(s string, units int) int {
	for i, r := range s {
		if units <= 0 {
			return i
		}
		units -= unitsIn(r)
	}
	return len(s)
}

// unitsOf turns an offset in bytes into one in UTF-16 code units.
func unitsOf(s string, offset int) int {
	n := 0
	for i, r := range s {
		if i >= offset {
			break
		}
		n += unitsIn(r)
	}
	return n
}

func unitsIn(r rune) int {
	if r > 0xFFFF && r <= utf8.MaxRune {
		return 2
	}
	return 1
}

func inUnits(src string, s diag.Span) diag.Span {
	return diag.Span{Start: unitsOf(src, s.Start), End: unitsOf(src, s.End)}
}
