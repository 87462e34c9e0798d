package web

import "net/http"

// A route is a handler and, by how it is made, what the access log has of it: there is no other way to make one, so that
// nothing is shown or changed without a line.
type route struct{ handler handler }

// look is a page of which a line is written before it is shown, see [Server.looking].
func (s *Server) look(h handler) route { return route{s.looking(h)} }

// logs is what writes a line of its own, which says more: whom it shows, how many rows went out.
func logs(h handler) route { return route{h} }

// changes is what writes a line before it changes something, see [Server.changing].
func changes(h handler) route { return route{h} }

// wordless is what shows nothing of a tenant's: where an address leads, what the editor says of a query's text, that
// something is new.
func wordless(h handler) route { return route{h} }

// routes is every address that the pages answer.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", s.assets)
	mux.Handle("GET /sign-in", s.handle(s.signInForm))
	mux.Handle("GET /sign-in/provider", s.handle(s.providerStart))
	mux.Handle("GET /sign-in/callback", s.handle(s.providerBack))
	mux.Handle("POST /sign-out", s.handle(s.signOut))
	mux.Handle("POST /preferences", s.handle(s.setPreferences))
	for pattern, to := range map[string]route{
		"GET /{$}":                          s.look(s.overviewPage),
		"GET /reports":                      s.look(s.reportsPage),
		"GET /reports/{id}":                 s.look(s.reportPage),
		"GET /reports/{id}/export":          logs(s.reportExport),
		"GET /audit":                        s.look(s.auditPage),
		"GET /audit/export":                 logs(s.auditExport),
		"GET /attempts":                     s.look(s.attemptsPage),
		"GET /attempts/{id}":                logs(s.attemptPage),
		"GET /person":                       s.look(s.peoplePage),
		"GET /person/{id}":                  logs(s.personPage),
		"GET /registration":                 s.look(s.registrationPage),
		"GET /suspicious":                   s.look(s.suspiciousPage),
		"GET /suspicious/{id}":              logs(s.findingPage),
		"POST /suspicious/{id}":             changes(s.findingChange),
		"GET /query":                        s.look(s.queryPage),
		"POST /query/run":                   logs(s.queryRun),
		"POST /query/validate":              wordless(s.queryValidate),
		"POST /query/editor/{what}":         wordless(s.queryEditor),
		"GET /query/schema":                 s.look(s.querySchema),
		"GET /query/export":                 logs(s.queryExport),
		"POST /query/saved":                 changes(s.querySave),
		"POST /query/saved/{id}/drop":       changes(s.queryDrop),
		"GET /tenants":                      s.look(s.tenantsPage),
		"GET /sources":                      s.look(s.sourcesPage),
		"GET /sources/set-aside/{id}":       s.look(s.setAsidePage),
		"GET /access-log":                   s.look(s.accessPage),
		"GET /settings":                     s.look(s.settingsPage),
		"POST /settings/opt-in":             changes(s.optIn),
		"POST /settings/opt-out":            changes(s.optOut),
		"POST /settings/queries":            changes(s.customQueries),
		"POST /settings/registered-only":    changes(s.registeredOnly),
		"GET /settings/retention":           s.look(s.retentionPage),
		"POST /settings/retention":          changes(s.setRetention),
		"GET /settings/tokens":              wordless(s.tokensAddress),
		"POST /settings/tokens":             changes(s.createToken),
		"GET /settings/tokens/{id}/revoke":  s.look(s.askRevoke),
		"POST /settings/tokens/{id}/revoke": changes(s.revokeToken),
		"GET /live":                         wordless(s.stream),
	} {
		mux.Handle(pattern, s.handle(s.signedIn(to.handler)))
	}
	mux.Handle("/", s.handle(s.notFound))
	return mux
}
