// Package loganalytics answers the query API of Azure Monitor Logs, so that its clients change the address and nothing
// else: the workspace is the tenant, the credential an access token of package auth. It compiles, runs and limits nothing
// itself; that is internal/query's business. docs/api.md says what differs from the service.
//
// Start at [API.Routes]; request.go reads what is asked, answer.go answers, errors.go says what went wrong.
package loganalytics

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"passtrail"
	"passtrail/internal/access"
	"passtrail/internal/auth"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

// Limits bound what programs may ask. Zero fields mean the defaults, which are those of the service where it has them.
type Limits struct {
	Concurrent int   // queries of one token at a time: 5
	Rows       int64 // rows of a result table: 500,000
	Bytes      int64 // bytes of an answer: 64,000,000
	Body       int64 // bytes of a request: 6 MiB, the longest query with each character escaped
	Batch      int   // queries of a batch: 100
	// Held is how many bytes of an answer are held back before the status goes out with them: 1 MiB. What goes wrong later
	// is told as a partial error.
	Held int
	// Grace is how long a program may take to read an answer beyond the time that its query may run: a minute. One that does
	// not read holds its query, and what that reads.
	Grace time.Duration
}

// How long a query may run: what the service gives one, and the most that one may ask for.
const (
	DefaultWait = 3 * time.Minute
	MaxWait     = 10 * time.Minute
)

// Config is what the API needs; all of it but Limits is required.
type Config struct {
	// Engine's own limit of time should be [MaxWait].
	Engine *query.Engine
	Store  store.Registry // whose data is asked for
	Tokens *auth.Tokens
	Access *access.Log // where looks go; what it does not hold is not answered
	Now    func() time.Time
	Log    *slog.Logger
	Limits Limits
}

// API answers queries. It may be used from several goroutines.
type API struct {
	Config
	mu      sync.Mutex
	running map[string]int // by subject of the token
	filled  sync.Map       // tenants known to have data
}

// New returns the API.
func New(c Config) *API {
	for _, d := range []struct {
		limit *int64
		value int64
	}{{&c.Limits.Rows, 500_000}, {&c.Limits.Bytes, 64_000_000}, {&c.Limits.Body, 6 << 20}} {
		if *d.limit == 0 {
			*d.limit = d.value
		}
	}
	for _, d := range []struct {
		limit *int
		value int
	}{{&c.Limits.Concurrent, 5}, {&c.Limits.Batch, 100}, {&c.Limits.Held, 1 << 20}} {
		if *d.limit == 0 {
			*d.limit = d.value
		}
	}
	if c.Limits.Grace == 0 {
		c.Limits.Grace = time.Minute
	}
	return &API{Config: c, running: map[string]int{}}
}

// Routes mounts every address of the API; what else is below /v1/ is not there.
func (a *API) Routes(mux *http.ServeMux) {
	mux.Handle("GET /v1/workspaces/{id}/query", a.handle(a.queryRoute))
	mux.Handle("POST /v1/workspaces/{id}/query", a.handle(a.queryRoute))
	mux.Handle("POST /v1/$batch", a.handle(a.batchRoute))
	mux.Handle("/v1/", a.handle(func(http.ResponseWriter, *http.Request, call) error { return notFound("") }))
}

// call is one request: its id, which answers and the server's log name, and the address that it came from.
type call struct {
	id, address string
}

// handle makes an http.Handler of a route: the one who asks, the id, errors as the service has them.
func (a *API) handle(route func(http.ResponseWriter, *http.Request, call) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := call{id: strings.ToLower(rand.Text()), address: remoteAddress(r)}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("x-ms-request-id", c.id)
		who, err := a.identify(r, c)
		if err == nil {
			err = route(w, r.WithContext(auth.With(r.Context(), who)), c)
		}
		if err != nil && r.Context().Err() == nil {
			a.noteRefused(r, who, c, err)
			a.fail(w, r.Context(), c, err)
		}
	})
}

// noteRefused keeps what was not answered in the access log, but for queries that did not run, which have a line of their
// own. The answer is a refusal already: a line that cannot be written is told in the server's log.
func (a *API) noteRefused(r *http.Request, who *auth.Identity, c call, err error) {
	if errors.As(err, new(noted)) || errors.Is(err, errNoBody) {
		return
	}
	line := store.Access{At: passtrail.TicksOf(a.Now()), Action: "refused", Subject: "log analytics api, request " + c.id,
		Detail: r.Method + " " + r.URL.Path + ": " + err.Error(), Address: c.address}
	if who == nil {
		line.Action = "sign-in-refused"
	} else {
		line.Who, line.Roles = who.Name, who.RoleNames()
		if len(who.Tenants) == 1 {
			line.Tenant = who.Tenants[0]
		}
	}
	if err := a.Access.Refuse(context.WithoutCancel(r.Context()), c.address+" "+line.Who, line); err != nil {
		a.Log.Error("access log not written", "action", line.Action, "request", c.id, "error", err.Error())
	}
}

// noted is an error whose line in the access log has been written.
type noted struct{ error }

func (e noted) Unwrap() error { return e.error }

// identify finds out whose token a request carries.
func (a *API) identify(r *http.Request, c call) (*auth.Identity, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); token == "" || !strings.EqualFold(scheme, "Bearer") {
		return nil, &refusal{a.Tokens.Missing(c.address), true}
	}
	who, err := a.Tokens.Find(r.Context(), token, c.address)
	if err != nil {
		return nil, &refusal{err, false}
	}
	return who, nil
}

// enter counts a query of a token that begins, and refuses one too many.
func (a *API) enter(who *auth.Identity) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running[who.Subject] >= a.Limits.Concurrent {
		return errBusy
	}
	a.running[who.Subject]++
	return nil
}

func (a *API) leave(who *auth.Identity) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running[who.Subject]--; a.running[who.Subject] == 0 {
		delete(a.running, who.Subject)
	}
}

// allowed checks that the one who asks may query a workspace, and returns its tenant. Whether other workspaces exist
// nobody is told.
func (a *API) allowed(ctx context.Context, workspace string, more []string) (store.Tenant, error) {
	who := auth.From(ctx)
	for _, id := range append([]string{workspace}, more...) {
		if t, err := passtrail.ParseTenantID(id); err != nil || !who.Sees(t) {
			return store.Tenant{}, notFound(id)
		}
	}
	id, err := passtrail.ParseTenantID(workspace)
	if err != nil {
		return store.Tenant{}, err
	}
	if err := auth.Require(ctx, id, auth.RunQueries); err != nil {
		return store.Tenant{}, denied("UnauthorizedClient", err.Error())
	}
	t, err := a.Store.Tenant(ctx, id)
	switch {
	case passtrail.CodeOf(err) == passtrail.NotFound:
		return t, notFound(workspace)
	case err != nil:
		return t, err
	case t.OptedInAt == 0:
		return t, denied("CollectionOff", "collection is off for this tenant: a Global Administrator turns it on in the pages, or with \"passtrail init --tenant "+string(id)+" --opt-in\"")
	case t.Settings.NoCustomQueries:
		return t, denied("CustomQueriesOff", "custom queries are not licensed for this tenant; the prebuilt reports are")
	}
	return t, nil
}

// empty tells whether a tenant has no data at all. That it has some is remembered.
func (a *API) empty(ctx context.Context, t passtrail.TenantID) (bool, error) {
	if _, ok := a.filled.Load(t); ok {
		return false, nil
	}
	const anything = "union (AuditLogs | take 1 | project Id), (UserRegistrationDetails | take 1 | project Id), (RoleAssignments | take 1 | project Id = UserId)"
	res, err := a.Engine.Run(ctx, query.Request{Text: anything, Tenants: []passtrail.TenantID{t}, Now: passtrail.TicksOf(a.Now())})
	if err != nil {
		return false, fmt.Errorf("whether tenant %s has data: %v", t, err) // no error of theirs
	}
	if len(res.Tables[0].Rows) == 0 {
		return true, nil
	}
	a.filled.Store(t, true)
	return false, nil
}

// look is the line of a query. The query stands in it and nowhere else.
func (a *API) look(ctx context.Context, c call, t passtrail.TenantID, text string) store.Access {
	who := auth.From(ctx)
	return store.Access{
		ID: strings.ToLower(rand.Text()), At: passtrail.TicksOf(a.Now()), Tenant: t, Who: who.Name, Roles: who.RoleNames(), Action: "query",
		Subject: "log analytics api, request " + c.id, Detail: clip(text, maxNoted), Address: c.address,
	}
}

// queryRefused has the line of a query that did not run say so.
func (a *API) queryRefused(ctx context.Context, c call, line store.Access) {
	line.Action = "query-refused"
	if err := a.Access.Add(context.WithoutCancel(ctx), line); err != nil {
		a.Log.Error("access log not written", "action", line.Action, "request", c.id, "error", err.Error())
	}
}

// maxNoted is how many bytes of a query the access log keeps.
const maxNoted = 2000

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + " …"
}

func remoteAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
