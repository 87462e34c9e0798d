package web

import "net/http"

// routes is every address that the pages answer.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", s.assets)
	mux.Handle("GET /sign-in", s.handle(s.signInForm))
	mux.Handle("GET /sign-in/provider", s.handle(s.providerStart))
	mux.Handle("GET /sign-in/callback", s.handle(s.providerBack))
	mux.Handle("POST /sign-out", s.handle(s.signOut))
	mux.Handle("POST /preferences", s.handle(s.setPreferences))
	for pattern, h := range map[string]handler{
		"GET /{$}":                          s.looking(s.overviewPage),
		"GET /reports":                      s.looking(s.reportsPage),
		"GET /reports/{id}":                 s.looking(s.reportPage),
		"GET /reports/{id}/export":          s.reportExport,
		"GET /audit":                        s.looking(s.auditPage),
		"GET /audit/export":                 s.auditExport,
		"GET /attempts":                     s.looking(s.attemptsPage),
		"GET /attempts/{id}":                s.attemptPage,
		"GET /person":                       s.looking(s.peoplePage),
		"GET /person/{id}":                  s.personPage,
		"GET /registration":                 s.looking(s.registrationPage),
		"GET /suspicious":                   s.looking(s.suspiciousPage),
		"GET /suspicious/{id}":              s.findingPage,
		"POST /suspicious/{id}":             s.findingChange,
		"GET /query":                        s.looking(s.queryPage),
		"POST /query/run":                   s.queryRun,
		"POST /query/validate":              s.queryValidate,
		"POST /query/editor/{what}":         s.queryEditor,
		"GET /query/schema":                 s.looking(s.querySchema),
		"GET /query/export":                 s.queryExport,
		"POST /query/saved":                 s.querySave,
		"POST /query/saved/{id}/drop":       s.queryDrop,
		"GET /tenants":                      s.looking(s.tenantsPage),
		"GET /sources":                      s.looking(s.sourcesPage),
		"GET /sources/set-aside/{id}":       s.looking(s.setAsidePage),
		"GET /access-log":                   s.looking(s.accessPage),
		"GET /settings":                     s.looking(s.settingsPage),
		"POST /settings/opt-in":             s.optIn,
		"POST /settings/opt-out":            s.optOut,
		"POST /settings/queries":            s.customQueries,
		"POST /settings/registered-only":    s.registeredOnly,
		"GET /settings/retention":           s.looking(s.retentionPage),
		"POST /settings/retention":          s.setRetention,
		"GET /settings/tokens":              s.tokensAddress,
		"POST /settings/tokens":             s.createToken,
		"GET /settings/tokens/{id}/revoke":  s.looking(s.askRevoke),
		"POST /settings/tokens/{id}/revoke": s.revokeToken,
		"GET /live":                         s.stream,
	} {
		mux.Handle(pattern, s.handle(s.signedIn(h)))
	}
	mux.Handle("/", s.handle(s.notFound))
	return mux
}
