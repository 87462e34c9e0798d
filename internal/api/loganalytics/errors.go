package loganalytics

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
)

// fault is an error as the service tells of it: a code, words, and inside it what exactly went wrong.
type fault struct {
	Code          string  `json:"code"`
	Message       string  `json:"message"`
	CorrelationID string  `json:"correlationId,omitempty"`
	Details       []fault `json:"details,omitempty"`
	Inner         *fault  `json:"innererror,omitempty"`

	// Of a mistake in a query. Lines count from 1 and positions within them from 0, as the service's do.
	Line  int    `json:"line,omitempty"`
	Pos   *int   `json:"pos,omitempty"`
	Token string `json:"token,omitempty"`

	Status int         `json:"-"`
	Header [][2]string `json:"-"`
	cause  error       // for the server's log
}

func (f *fault) Error() string { return f.Message }

func (f *fault) Unwrap() error { return f.cause }

// message of the outer error where the inner one says more, as the service words its own.
const (
	invalidProperties = "The request had some invalid properties"
	noAccess          = "The provided credentials have insufficient access to perform the requested operation"
)

// retryBusy is how many seconds a program waits whose queries are all under way.
const retryBusy = 5

var errBusy = &fault{Status: http.StatusTooManyRequests, Code: "throttled", Message: "too many queries of this token are running at once; wait for one to end", Header: retryAfter(retryBusy)}

func retryAfter(seconds int) [][2]string { return [][2]string{{"Retry-After", strconv.Itoa(seconds)}} }

func badArgument(code, message string) *fault {
	return &fault{Status: http.StatusBadRequest, Code: "BadArgumentError", Message: invalidProperties, Inner: &fault{Code: code, Message: message}}
}

func denied(code, message string) *fault {
	return &fault{Status: http.StatusForbidden, Code: "InsufficientAccessError", Message: noAccess, Inner: &fault{Code: code, Message: message}}
}

// notFound says that a path is not there, in the same words whether a workspace is another's or nobody's.
func notFound(workspace string) *fault {
	f := &fault{Status: http.StatusNotFound, Code: "PathNotFoundError", Message: "The requested path does not exist"}
	if workspace != "" {
		f.Inner = &fault{Code: "WorkspaceNotFound", Message: "this token opens no workspace " + strconv.Quote(clip(workspace, 80)) + ": the id of the workspace is the id of the token's tenant"}
	}
	return f
}

// refusal is a request whose token lets nobody in.
type refusal struct {
	err     error
	missing bool
}

func (e *refusal) Error() string { return e.err.Error() }

func (e *refusal) Unwrap() error { return e.err }

func (e *refusal) fault() *fault {
	var slow *auth.SlowDown
	switch {
	case errors.As(e.err, &slow):
		return &fault{Status: http.StatusTooManyRequests, Code: "throttled", Message: slow.Error(), Header: retryAfter(slow.Seconds())}
	case passtrail.CodeOf(e.err) != passtrail.Denied:
		return internal(e.err)
	case e.missing:
		return &fault{Status: http.StatusUnauthorized, Code: "AuthenticationFailed", Message: "Authentication failed. The 'Authorization' header is missing: " + e.Error(), Header: [][2]string{{"WWW-Authenticate", `Bearer realm="passtrail"`}}}
	}
	return &fault{Status: http.StatusForbidden, Code: "InvalidAuthenticationToken", Message: "The access token is invalid: " + e.Error(), Header: [][2]string{{"WWW-Authenticate", `Bearer realm="passtrail", error="invalid_token"`}}}
}

func internal(err error) *fault {
	return &fault{Status: http.StatusInternalServerError, Code: "InternalServerError", Message: "the server could not answer; its log says why, under the id of this request", cause: err}
}

// mistakes tells of a query that cannot be compiled: whether it is its form or its meaning, and every mistake in it.
func mistakes(text string, list diag.List) *fault {
	kind, words := "SemanticError", "A semantic error occurred."
	if _, err := parser.Parse(text); err != nil {
		kind, words = "SyntaxError", "A recognition error occurred in the query."
	}
	f := badArgument(kind, words)
	for _, d := range list {
		if d.Severity != diag.Error {
			continue
		}
		at := diag.At(text, d.Span.Start)
		pos := at.Column - 1
		one := fault{Code: d.Code, Message: d.Text() + " [line:position=" + strconv.Itoa(at.Line) + ":" + strconv.Itoa(pos) + "]", Line: at.Line, Pos: &pos, Token: clip(d.Span.Text(text), 80)}
		if f.Inner.Inner == nil {
			f.Inner.Inner = &one
		}
		f.Details = append(f.Details, one)
	}
	if len(f.Details) == 1 {
		f.Details = nil // the inner error has it
	}
	return f
}

// faultOf is any error as the service would tell of it. Text is the query, for errors of running one.
func faultOf(err error, text string) *fault {
	var f *fault
	var refused *refusal
	var list diag.List
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &refused):
		return refused.fault()
	case errors.As(err, &list):
		return mistakes(text, list)
	case errors.Is(err, context.DeadlineExceeded):
		return &fault{Status: http.StatusGatewayTimeout, Code: "GatewayTimeout", Message: err.Error(), Inner: &fault{Code: "QueryTimeout", Message: "ask for more with the header Prefer: wait=SECONDS, at most 600"}}
	}
	switch passtrail.CodeOf(err) {
	case passtrail.TooLarge:
		return &fault{Status: http.StatusRequestEntityTooLarge, Code: "TooLargeError", Message: err.Error()}
	case passtrail.Denied:
		return denied("Denied", err.Error())
	case passtrail.NotFound:
		return notFound("")
	case passtrail.Unavailable, passtrail.Cancelled:
		return &fault{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: err.Error(), Header: retryAfter(retryBusy)}
	case passtrail.Invalid:
		return &fault{Status: http.StatusInternalServerError, Code: "EngineError", Message: err.Error(), cause: err}
	}
	return internal(err)
}

// fail answers with an error.
func (a *API) fail(w http.ResponseWriter, ctx context.Context, c call, err error) {
	if errors.Is(err, errNoBody) {
		w.WriteHeader(http.StatusOK) // as the service does: empty
		return
	}
	f := *faultOf(err, "")
	a.logFault(ctx, c, &f)
	f.CorrelationID = c.id
	for _, h := range f.Header {
		w.Header().Set(h[0], h[1])
	}
	writeJSON(w, f.Status, map[string]fault{"error": f})
}

// logFault logs what is no fault of the one who asks, once: which request of which tenant, never the query or the rows.
func (a *API) logFault(ctx context.Context, c call, f *fault) {
	if f.Status != http.StatusInternalServerError || f.cause == nil {
		return
	}
	tenant := ""
	if who := auth.From(ctx); who != nil && len(who.Tenants) > 0 {
		tenant = string(who.Tenants[0])
	}
	a.Log.Error("log analytics api", "request", c.id, "tenant", tenant, "status", f.Status, "error", f.cause.Error())
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "{}", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the one who asked may have gone
}
