package web_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/auth/authtest"
	"passtrail/internal/web"
)

func now() time.Time { return time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC) }

// site is a running server and its sessions.
type site struct {
	*httptest.Server
	sessions *auth.Sessions
}

func newSite(t testing.TB, services web.Services) *site {
	t.Helper()
	return newSiteAt(t, services, now)
}

func newSiteAt(t testing.TB, services web.Services, now func() time.Time, more ...func(*web.Config)) *site {
	t.Helper()
	sessions := auth.NewSessions(time.Now)
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError}))
	config := web.Config{Services: services, Sessions: sessions, Now: now, Log: log}
	for _, m := range more {
		m(&config)
	}
	h, err := web.New(config)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return &site{srv, sessions}
}

// testWriter puts the server's log into the test's.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// client is a browser without script that has signed in as who; nil is nobody.
func (s *site) client(t testing.TB, who *auth.Identity) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if who != nil {
		res, err := c.Get(s.URL + "/sign-in?token=" + s.sessions.NewLink(who))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("signing in answered %d", res.StatusCode)
		}
	}
	return c
}

// do sends a request as a browser would and returns status and body.
func (s *site) do(t testing.TB, c *http.Client, method, path string, form url.Values, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func person(role auth.Role) *auth.Identity {
	return &auth.Identity{Subject: string(role), Name: "someone@contoso.com", Roles: []auth.Role{role}, Tenants: []passtrail.TenantID{contoso}}
}

// routes are every page and action, and the permission that each needs.
var routes = []struct {
	method, path string
	form         url.Values
	needs        auth.Permission
}{
	{"GET", "/", nil, auth.ReadReports},
	{"GET", "/reports", nil, auth.ReadPerson},
	{"GET", "/reports/blocked-people", nil, auth.ReadPerson},
	{"GET", "/reports/blocked-people/export?format=csv", nil, auth.Export},
	{"GET", "/reports/methods-used", nil, auth.ReadReports},
	{"GET", "/reports/methods-used/export?format=csv", nil, auth.Export},
	{"GET", "/audit", nil, auth.ReadReports},
	{"GET", "/audit?id=SSPR_0", nil, auth.ReadReports},
	{"GET", "/audit/export?format=json", nil, auth.Export},
	{"GET", "/attempts", nil, auth.ReadReports},
	{"GET", "/attempts/c0ffee00-0000-0000-0000-000000000001", nil, auth.ReadPerson},
	{"GET", "/person", nil, auth.ReadPerson},
	{"GET", "/person?q=a", nil, auth.ReadPerson},
	{"GET", "/person/aaaaaaaa-0000-0000-0000-000000000001", nil, auth.ReadPerson},
	{"GET", "/registration", nil, auth.ReadReports},
	{"GET", "/suspicious", nil, auth.ReadReports},
	{"GET", "/suspicious/f1", nil, auth.ReadReports},
	{"POST", "/suspicious/f1", url.Values{"state": {"new"}}, auth.Triage},
	{"GET", "/query", nil, auth.RunQueries},
	{"POST", "/query/run", url.Values{"q": {"AuditLogs"}}, auth.RunQueries},
	{"GET", "/query/export?q=AuditLogs", nil, auth.Export},
	{"GET", "/query/schema", nil, auth.RunQueries},
	{"POST", "/query/saved", url.Values{"q": {"AuditLogs"}, "name": {"mine"}}, auth.RunQueries},
	{"POST", "/query/saved/s1/drop", nil, auth.RunQueries},
	{"GET", "/sources", nil, auth.ReadReports},
	{"GET", "/sources/set-aside/1", nil, auth.ReadReports},
	{"GET", "/access-log", nil, auth.ReadAccessLog},
	{"POST", "/settings/opt-out", nil, auth.Configure},
	{"POST", "/settings/opt-in", nil, auth.Configure},
	{"POST", "/settings/queries", url.Values{"on": {"yes"}}, auth.Configure},
	{"GET", "/tenants", nil, auth.ReadReports},
	{"GET", "/settings/retention", nil, auth.Configure},
	{"GET", "/settings/retention?keep=365", nil, auth.Configure},
	{"GET", "/settings/tokens", nil, auth.Configure},
	{"POST", "/settings/tokens", url.Values{"name": {"mine"}, "role": {"Reports Reader"}, "days": {"30"}}, auth.Configure},
	{"GET", "/settings/tokens/aaaaaaaaaaaa/revoke", nil, auth.Configure},
	{"POST", "/settings/tokens/aaaaaaaaaaaa/revoke", nil, auth.Configure},
	{"POST", "/settings/registered-only", url.Values{"day": {"2026-11-23"}}, auth.Configure},
	{"POST", "/settings/retention", url.Values{"keep": {"365"}, "confirm": {"365"}}, auth.Configure},
}

func TestEveryRouteWithEveryRole(t *testing.T) {
	s := newSite(t, newSample())
	for _, role := range append(auth.Roles(), "Directory Readers") {
		c := s.client(t, person(role))
		for _, r := range routes {
			status, body := s.do(t, c, r.method, r.path, r.form)
			allowed := status == http.StatusOK || status == http.StatusSeeOther
			if r.path == "/" && role.Grants(auth.ReadPerson) && !role.Grants(auth.ReadReports) {
				if status != http.StatusSeeOther {
					t.Errorf("the help desk, as %s, is not led to the person's page but answered %d", role, status)
				}
				continue
			}
			if allowed != role.Grants(r.needs) {
				t.Errorf("%s as %s: %s %s answered %d, want allowed = %v", r.path, role, r.method, r.path, status, role.Grants(r.needs))
			}
			if !allowed && (status != http.StatusForbidden || !strings.Contains(body, "may do this")) {
				t.Errorf("%s %s as %s answered %d without saying who may", r.method, r.path, role, status)
			}
		}
	}
	nobody := s.client(t, nil)
	for _, r := range routes {
		status, _ := s.do(t, nobody, r.method, r.path, r.form)
		if r.method == "GET" && status != http.StatusSeeOther || r.method == "POST" && status != http.StatusUnauthorized {
			t.Errorf("nobody: %s %s answered %d", r.method, r.path, status)
		}
	}
}

func TestOtherTenantsAreNotThere(t *testing.T) {
	s := newSite(t, newSample())
	stranger := person(auth.GlobalAdministrator)
	stranger.Tenants = []passtrail.TenantID{"99999999-2222-3333-4444-555555555555"}
	c := s.client(t, stranger)
	for _, path := range []string{"/?tenant=" + string(contoso), "/audit?tenant=" + string(contoso)} {
		_, body := s.do(t, c, "GET", path, nil)
		if strings.Contains(body, "Contoso") || strings.Contains(body, "adele") {
			t.Errorf("%s shows another tenant", path)
		}
	}
}

func TestRequestsFromOtherSitesAreRefused(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	c := s.client(t, auth.Local())
	for name, header := range map[string][]string{"fetch metadata": {"Sec-Fetch-Site", "cross-site"}, "origin": {"Sec-Fetch-Site", "", "Origin", "https://fabrikam.com"}} {
		if status, _ := s.do(t, c, "POST", "/settings/opt-out", nil, header...); status != http.StatusForbidden {
			t.Errorf("%s: answered %d, want 403", name, status)
		}
	}
	if !m.collecting {
		t.Error("another site switched collection off")
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t, newSample())
	res, err := s.client(t, auth.Local()).Get(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	policy := res.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "worker-src 'self'", "frame-ancestors 'none'", "'nonce-"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is loose: %q", policy)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestFragmentOrPage(t *testing.T) {
	s := newSite(t, newSample())
	c := s.client(t, auth.Local())
	_, page := s.do(t, c, "GET", "/audit?status=failure", nil)
	_, part := s.do(t, c, "GET", "/audit?status=failure", nil, "HX-Request", "true", "HX-Target", "results")
	_, table, ok := strings.Cut(part, `<p class="result-line"`)
	if !ok || !strings.Contains(page, "<!doctype html>") || !strings.Contains(page, strings.TrimSpace(table)) {
		t.Error("the page does not hold the list that htmx gets")
	}
	if strings.Count(part, "hx-swap-oob") != 5 || strings.Contains(page, "hx-swap-oob") {
		t.Error("counts and links around the list do not come along with it, and only with it")
	}
	if strings.Contains(part, "<html") || !strings.Contains(part, "1 record") {
		t.Errorf("the fragment is %.200q", part)
	}
	_, back := s.do(t, c, "GET", "/audit", nil, "HX-Request", "true", "HX-Target", "results", "HX-History-Restore-Request", "true")
	if !strings.Contains(back, "<!doctype html>") {
		t.Error("going back gets a fragment")
	}
}

func TestLooksAreLogged(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	c := s.client(t, person(auth.HelpdeskAdministrator))
	s.do(t, c, "GET", "/person/aaaaaaaa-0000-0000-0000-000000000001", nil)
	c = s.client(t, person(auth.SecurityReader))
	s.do(t, c, "GET", "/audit?target=adele", nil)
	s.do(t, c, "GET", "/audit/export?format=csv&status=failure", nil)
	s.do(t, c, "POST", "/query/run", url.Values{"q": {"AuditLogs | take 1"}})
	var got []string
	for _, a := range m.access {
		got = append(got, a.Action+" "+a.Subject+" "+a.Detail)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{"sign-in", "view-person adele.vance@contoso.com", "search-person adele audit log", "export audit-log 1 rows", "query  AuditLogs | take 1"} {
		if !strings.Contains(all, want) {
			t.Errorf("the access log lacks %q:\n%s", want, all)
		}
	}
	if strings.Contains(all, "begun") {
		t.Errorf("the line of an export was not brought up to date:\n%s", all)
	}
}

// TestEveryLookHasItsLine: each address that shows something leaves one line of the access log, and shows nothing when the
// line cannot be written. An address that is not listed in routes is noticed by TestEveryRoute.
func TestEveryLookHasItsLine(t *testing.T) {
	for _, route := range routes {
		if route.method != http.MethodGet || route.path == "/live" || route.path == "/settings/tokens" {
			continue
		}
		t.Run(route.path, func(t *testing.T) {
			m := newSample()
			s := newSite(t, m)
			c := s.client(t, person(auth.GlobalAdministrator))
			before := len(m.access)
			status, _ := s.do(t, c, "GET", route.path, nil)
			if n := len(m.access) - before; n < 1 || n > 2 || (n == 2 && !strings.Contains(route.path, "id=")) {
				t.Errorf("answered %d and left %d lines: %+v", status, n, m.access[before:])
			}
			m.noLog = passtrail.Errorf(passtrail.Unavailable, "test", "the log is full")
			if status, body := s.do(t, c, "GET", route.path, nil); status < 400 || !strings.Contains(body, "The log is full") {
				t.Errorf("without a log it answered %d", status)
			}
		})
	}
}

// TestNothingChangesWithoutALine: each change leaves one line of the access log, and is not made when that cannot be written.
func TestNothingChangesWithoutALine(t *testing.T) {
	for _, test := range []struct {
		path, action string
		form         url.Values
	}{
		{"/suspicious/f1", "finding-state", url.Values{"state": {"closed"}, "note": {"a test"}}},
		{"/query/saved", "query-save", url.Values{"name": {"Mine"}, "q": {"AuditLogs"}}},
		{"/query/saved/s1/drop", "query-drop", url.Values{}},
		{"/settings/opt-out", "opt-out", url.Values{}},
		{"/settings/queries", "settings", url.Values{"on": {"no"}}},
		{"/settings/registered-only", "settings", url.Values{"day": {"2026-12-01"}}},
		{"/settings/retention", "settings", url.Values{"keep": {"365"}, "confirm": {"365"}}},
		{"/settings/tokens", "token-create", url.Values{"name": {"Mine"}, "role": {"Reports Reader"}, "days": {"30"}}},
		{"/settings/tokens/aaaaaaaaaaaa/revoke", "token-revoke", url.Values{}},
	} {
		t.Run(test.path, func(t *testing.T) {
			m := newSample()
			m.saved = []web.SavedQuery{{ID: "s1", Name: "Old", Text: "AuditLogs"}}
			state := func() string {
				m.mu.Lock()
				defer m.mu.Unlock()
				return fmt.Sprint(m.collecting, m.queries, m.state, m.saved, m.keeps, m.registeredOnly, m.tokens)
			}
			s := newSite(t, m)
			c := s.client(t, person(auth.GlobalAdministrator))
			before, lines := state(), len(m.access)
			m.noLog = passtrail.Errorf(passtrail.Unavailable, "test", "the log is full")
			if status, body := s.do(t, c, "POST", test.path, test.form); status < 400 || !strings.Contains(body, "The log is full") || state() != before {
				t.Errorf("without a log it answered %d and left %s, was %s", status, state(), before)
			}
			m.noLog = nil
			status, _ := s.do(t, c, "POST", test.path, test.form)
			if status >= 400 || state() == before {
				t.Errorf("it answered %d and changed nothing: %s", status, state())
			}
			if added := m.access[lines:]; len(added) != 1 || added[0].Action != test.action {
				t.Errorf("it left %+v", added)
			}
		})
	}
}

// TestRefusalsAreLogged: what was refused stands in the access log as such.
func TestRefusalsAreLogged(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	reader := s.client(t, person(auth.ReportsReader))
	help := s.client(t, person(auth.HelpdeskAdministrator))
	for _, test := range []struct {
		client *http.Client
		path   string
		want   string
	}{
		{help, "/audit", "refused GET /audit 403"},
		{reader, "/reports/none", "refused GET /reports/none 404"},
		{reader, "/sign-in?token=wrong", "sign-in-refused GET /sign-in 403"},
		{&http.Client{}, "/audit/export", "refused GET /audit/export 401"},
		{reader, "/audit?tenant=99999999-0000-0000-0000-000000000009", "refused GET /audit 404"},
	} {
		before := len(m.access)
		s.do(t, test.client, "GET", test.path, nil, "Accept", "application/json")
		if lines := m.access[before:]; len(lines) != 1 || !strings.HasPrefix(lines[0].Action+" "+lines[0].Subject+" "+lines[0].Detail, test.want) {
			t.Errorf("%s left %+v, want %s", test.path, m.access[before:], test.want)
		}
	}
}

func TestOptIn(t *testing.T) {
	m := newSample()
	m.collecting = false
	s := newSite(t, m)
	reader := s.client(t, person(auth.ReportsReader))
	if _, body := s.do(t, reader, "GET", "/audit", nil); !strings.Contains(body, "Collection is off") || strings.Contains(body, "Turn collection on") {
		t.Error("a reader is not told that collection is off, or is offered to turn it on")
	}
	admin := s.client(t, person(auth.GlobalAdministrator))
	if _, body := s.do(t, admin, "GET", "/audit", nil); !strings.Contains(body, "Turn collection on") {
		t.Error("a Global Administrator is not asked")
	}
	if status, _ := s.do(t, admin, "POST", "/settings/opt-in", url.Values{"back": {"/audit"}}); status != http.StatusSeeOther || !m.collecting {
		t.Errorf("saying yes answered %d, collecting %v", status, m.collecting)
	}
}

// TestRegisteredOnly sets the day from which only registered methods count; a day that is none changes nothing.
func TestRegisteredOnly(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	admin := s.client(t, person(auth.GlobalAdministrator))
	if _, body := s.do(t, admin, "GET", "/settings", nil); !strings.Contains(body, `value="2026-11-09"`) {
		t.Error("the announced day is not shown")
	}
	if status, _ := s.do(t, admin, "POST", "/settings/registered-only", url.Values{"day": {"2026-11-23"}}); status != http.StatusSeeOther {
		t.Errorf("setting the day answered %d", status)
	}
	if status, _ := s.do(t, admin, "POST", "/settings/registered-only", url.Values{"day": {"soon"}}); status != http.StatusBadRequest {
		t.Errorf("a day that is none answered %d", status)
	}
	if _, body := s.do(t, admin, "GET", "/settings", nil); !strings.Contains(body, "<strong>2026-11-23</strong>") {
		t.Error("the day that was set is not shown")
	}
}

// TestUnknownWords: Sources lists words that are not known, as text.
func TestUnknownWords(t *testing.T) {
	s := newSite(t, newSample())
	_, body := s.do(t, s.client(t, person(auth.ReportsReader)), "GET", "/sources", nil)
	if !strings.Contains(body, "Words that are not known") || !strings.Contains(body, "User tried &lt;b&gt;something&lt;/b&gt; new ###") {
		t.Error("Sources does not list the words that are not known")
	}
}

// TestTenantStaysTheOneLookedAt follows links and posts forms of the second of two tenants.
func TestTenantStaysTheOneLookedAt(t *testing.T) {
	m := newSample()
	m.second = true
	s := newSite(t, m)
	c := s.client(t, auth.Local())
	inLinks := regexp.MustCompile(`href="(/[^"]*)"`)
	inForms := regexp.MustCompile(`<form[^>]*>`)
	for _, path := range []string{"/", "/audit", "/attempts", "/person", "/person/aaaaaaaa-0000-0000-0000-000000000001", "/registration", "/suspicious", "/suspicious/f1", "/query", "/settings", "/settings/retention", "/settings/tokens/aaaaaaaaaaaa/revoke", "/access-log", "/reports", "/reports/methods-used", "/sources"} {
		_, page := s.do(t, c, "GET", path+"?tenant="+string(contoso), nil)
		for _, link := range inLinks.FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(link[1], "/assets/") && !strings.Contains(link[1], "tenant="+string(contoso)) {
				t.Errorf("%s leads to %s, which names no tenant", path, link[1])
			}
		}
		_, main, _ := strings.Cut(page, "<main")
		fields := strings.Count(main, `name="tenant" value="`+string(contoso)+`"`)
		if forms := len(inForms.FindAllString(main, -1)); fields < forms {
			t.Errorf("%s has %d forms, %d of them name the tenant", path, forms, fields)
		}
	}
	s.do(t, c, "POST", "/settings/opt-out", url.Values{"tenant": {string(contoso)}})
	if m.changed != contoso {
		t.Errorf("opting out changed %q, want %q", m.changed, contoso)
	}
}

func TestSignInLinkWorksOnce(t *testing.T) {
	s := newSite(t, newSample())
	link := "/sign-in?token=" + s.sessions.NewLink(auth.Local()) + "&to=" + url.QueryEscape("/audit?status=failure")
	c := s.client(t, nil)
	res, err := c.Get(s.URL + link)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Location"); got != "/audit?status=failure" {
		t.Errorf("signing in leads to %q", got)
	}
	cookie := res.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("the cookie is %v", cookie)
	}
	if status, body := s.do(t, s.client(t, nil), "GET", link, nil); status != http.StatusForbidden || !strings.Contains(body, "has been used") {
		t.Errorf("the second use answered %d", status)
	}
	if status, _ := s.do(t, c, "POST", "/sign-out", nil); status != http.StatusSeeOther {
		t.Errorf("signing out answered %d", status)
	}
	if status, _ := s.do(t, c, "GET", "/audit", nil); status != http.StatusSeeOther {
		t.Errorf("after signing out the audit log answered %d", status)
	}
}

// TestSignInWithTheIdentityProvider goes from a page to the provider and back to that page, as a Reports Reader.
func TestSignInWithTheIdentityProvider(t *testing.T) {
	m := newSample()
	sessions := auth.NewSessions(time.Now)
	var pages http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	redirect := srv.URL + "/sign-in/callback"
	issuer := authtest.Provider(t, redirect, map[string]any{"roles": []string{"ReportsReader"}, "tid": string(contoso)})
	provider, err := auth.NewProvider(t.Context(), auth.ProviderConfig{Issuer: issuer, ClientID: authtest.ClientID, ClientSecret: authtest.ClientSecret, RedirectURL: redirect}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if pages, err = web.New(web.Config{Services: m, Sessions: sessions, Now: now, Provider: provider}); err != nil {
		t.Fatal(err)
	}
	s := &site{srv, sessions}
	c := s.client(t, nil)
	location := func(path string) string {
		res, err := c.Get(path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.Header.Get("Location")
	}
	if _, body := s.do(t, c, "GET", "/sign-in?to=%2Faudit%3Fstatus%3Dfailure", nil); !strings.Contains(body, `href="/sign-in/provider?to=%2faudit%3fstatus%3dfailure"`) {
		t.Errorf("the sign-in page leads elsewhere: %s", body)
	}
	back := authtest.SignIn(t, redirect, location(srv.URL+"/sign-in/provider?to=%2Faudit%3Fstatus%3Dfailure"))
	if stranger := s.client(t, nil); true {
		if status, _ := s.do(t, stranger, "GET", back.RequestURI(), nil); status != http.StatusForbidden {
			t.Errorf("another browser with the same answer got %d, want 403", status)
		}
	}
	if to := location(back.String()); to != "/audit?status=failure" {
		t.Errorf("signing in leads to %q", to)
	}
	if status, body := s.do(t, c, "GET", "/audit", nil); status != http.StatusOK || !strings.Contains(body, "Roles") && !strings.Contains(body, "Reports Reader") {
		t.Errorf("after signing in the audit log answered %d", status)
	}
	if status, _ := s.do(t, c, "POST", "/settings/opt-out", nil); status != http.StatusForbidden {
		t.Errorf("a Reports Reader opting out got %d, want 403", status)
	}
}

func TestRedirectsStayHere(t *testing.T) {
	s := newSite(t, newSample())
	for _, to := range []string{"https://fabrikam.com/", "//fabrikam.com", `/\fabrikam.com`, "javascript:alert(1)"} {
		res, err := s.client(t, nil).Get(s.URL + "/sign-in?token=" + s.sessions.NewLink(auth.Local()) + "&to=" + url.QueryEscape(to))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Location"); got != "/" {
			t.Errorf("to=%q leads to %q", to, got)
		}
	}
}

func TestErrorsArePages(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	c := s.client(t, auth.Local())
	for path, want := range map[string]int{"/nothing": 404, "/audit?id=none": 404, "/reports/none": 404, "/suspicious/none": 404, "/person/none": 404, "/attempts/none": 404, "/audit/export?format=pdf": 400, "/sources/set-aside/x": 404} {
		if status, body := s.do(t, c, "GET", path, nil); status != want || !strings.Contains(body, "<h1>") {
			t.Errorf("%s answered %d, want %d and a page", path, status, want)
		}
	}
	m.queries = false
	if status, body := s.do(t, c, "GET", "/query", nil); status != http.StatusForbidden || !strings.Contains(body, "Custom queries are off") {
		t.Errorf("without a licence the query page answered %d", status)
	}
}

func TestQueryMistakePointsAtThePlace(t *testing.T) {
	s := newSite(t, newSample())
	c := s.client(t, auth.Local())
	_, body := s.do(t, c, "POST", "/query/run", url.Values{"q": {"AuditLogs // ä\n| where Wrong == 1"}})
	if !strings.Contains(body, `data-from="23"`) || !strings.Contains(body, "did you mean Result?") || !strings.Contains(body, "^~~~~") {
		t.Errorf("the answer is %s", body)
	}
}

func TestFirstVisitSaysHowToFeed(t *testing.T) {
	m := newSample()
	m.empty = true
	s := newSite(t, m)
	c := s.client(t, auth.Local())
	for _, path := range []string{"/", "/sources"} {
		if status, body := s.do(t, c, "GET", path, nil); status != 200 || !strings.Contains(body, "passtrail ingest") {
			t.Errorf("%s answered %d and does not say how to bring records", path, status)
		}
	}
	for _, path := range []string{"/audit", "/attempts", "/registration", "/suspicious", "/query", "/settings", "/access-log", "/reports"} {
		if status, _ := s.do(t, c, "GET", path, nil); status >= 500 {
			t.Errorf("%s without a tenant answered %d", path, status)
		}
	}
}

// FuzzRedirect holds the way back after signing in to this server, whatever the address asks for.
func FuzzRedirect(f *testing.F) {
	s := newSite(f, newSample())
	for _, to := range []string{"/", "/audit?id=x", "//fabrikam.com", `/\fabrikam.com`, "https://fabrikam.com", "/\t/fabrikam.com", "/%2f/fabrikam.com", "", "/..//fabrikam.com"} {
		f.Add(to)
	}
	f.Fuzz(func(t *testing.T, to string) {
		r := httptest.NewRequest("GET", "/sign-in?"+url.Values{"token": {s.sessions.NewLink(auth.Local())}, "to": {to}}.Encode(), nil)
		w := httptest.NewRecorder()
		s.Config.Handler.ServeHTTP(w, r)
		where, err := r.URL.Parse(w.Header().Get("Location"))
		if err != nil || where.Host != r.URL.Host || strings.HasPrefix(w.Header().Get("Location"), "//") || strings.ContainsAny(w.Header().Get("Location"), "\\\t\r\n") {
			t.Errorf("to=%q leads to %q", to, w.Header().Get("Location"))
		}
	})
}

// TestLinksOfOtherSites: a link of another site shows a query and does not run it, and makes no export.
func TestLinksOfOtherSites(t *testing.T) {
	s := newSite(t, newSample())
	c := s.client(t, person(auth.GlobalAdministrator))
	const run = "/query?q=AuditLogs&run=1"
	for _, test := range []struct {
		name    string
		headers []string
		own     bool
	}{
		{"own page", []string{"Sec-Fetch-Site", "same-origin"}, true},
		{"typed", []string{"Sec-Fetch-Site", "none"}, true},
		{"another program", nil, true},
		{"own page in an older browser", []string{"Referer", s.URL + "/reports"}, true},
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"another port", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"another site in an older browser", []string{"Referer", "https://evil.example/"}, false},
		{"a referrer that is none", []string{"Referer", "://"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := s.do(t, c, "GET", run, nil, test.headers...)
			if ran := !strings.Contains(body, "was not run"); status != http.StatusOK || ran != test.own || !strings.Contains(body, "AuditLogs") {
				t.Errorf("the query page answered %d, ran: %v", status, ran)
			}
			status, _ = s.do(t, c, "GET", "/audit/export?format=csv", nil, test.headers...)
			if want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[test.own]; status != want {
				t.Errorf("the export answered %d, want %d", status, want)
			}
		})
	}
}
