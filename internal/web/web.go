// Package web is the pages. They are rendered on the server, work without script, and are made quicker by it; what they
// show they ask of [Services]. A page is one file; routes.go has all routes, templates/ what they look like, assets the
// scripts and styles.
//
// Start at [New] and routes.go.
package web

import (
	"log/slog"
	"net/http"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/web/assets"
)

// Config is what the pages need. Services, Sessions and Now are required.
type Config struct {
	Services Services
	Sessions *auth.Sessions
	Now      func() time.Time
	Log      *slog.Logger // nil: no log
	// Provider signs people in with OpenID Connect; nil: only links sign in.
	Provider *auth.Provider
	// Secure marks cookies as for HTTPS only; false only on loopback.
	Secure bool
	// Demo says that the data is simulated, and the pages say so.
	Demo bool
	// Changes, when set, tells of new records and findings while a page is open; see [Watcher].
	Changes Watcher
	// Editor answers the query editor's requests below /query/editor/, for people who may write queries; nil: nobody does.
	Editor http.Handler
}

// Server answers requests for pages.
type Server struct {
	services Services
	sessions *auth.Sessions
	provider *auth.Provider
	now      func() time.Time
	log      *slog.Logger
	secure   bool
	demo     bool
	changes  Watcher
	editor   http.Handler
	assets   *assets.Set
	pages    *pages
	searches searches // of people who may not read lists
}

// New returns the handler of all pages. It fails when a template or an embedded file is broken.
func New(c Config) (http.Handler, error) {
	set, err := assets.New()
	if err != nil {
		return nil, err
	}
	pages, err := parsePages(set)
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		services: c.Services, sessions: c.Sessions, provider: c.Provider, now: c.Now, log: c.Log, secure: c.Secure, demo: c.Demo,
		changes: c.Changes, editor: c.Editor, assets: set, pages: pages,
	}
	return s.middleware(s.routes()), nil
}

// scope is what a request's questions are about.
func (s *Server) scope(sh *Shell) Scope {
	return Scope{Tenant: sh.Tenant.ID, Now: passtrail.TicksOf(s.now()), Zone: sh.loc}
}
