package loganalytics_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/access"
	"passtrail/internal/api/loganalytics"
	"passtrail/internal/auth"
	"passtrail/internal/query"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// place is the API over a small database, with a token of Contoso's.
type place struct {
	*scene.Scene
	*httptest.Server
	token string
	log   *bytes.Buffer
}

func newPlace(t testing.TB, engine query.Limits, limits loganalytics.Limits) *place {
	t.Helper()
	s := scene.New(t, "2026-03-10T12:00:00Z")
	for tenant, person := range map[passtrail.TenantID]string{scene.Contoso: "adele", scene.Fabrikam: "grady"} {
		s.Tenant = tenant
		for day := range 5 {
			s.Add(scene.Event{At: scene.Time(fmt.Sprintf("2026-03-0%dT09:00:00.5Z", day+5)), Key: "admin_reset", Actor: person + "-admin", Target: person, Address: "192.0.2.11"})
		}
	}
	s.Commit()
	s.Tenant = scene.Contoso
	p := &place{Scene: s, log: &bytes.Buffer{}}
	now := func() time.Time { return s.Now.Time() }
	log := slog.New(slog.NewTextHandler(p.log, nil))
	mux := http.NewServeMux()
	loganalytics.New(loganalytics.Config{Engine: query.New(s.Store, engine), Store: s.Store, Access: access.Direct(s.Store, now), Tokens: auth.NewTokens(s.Store, now, log), Now: now, Log: log, Limits: limits}).Routes(mux)
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Server.Close)
	p.token = p.newToken(t, auth.TokenSpec{Name: "nightly"})
	return p
}

// newToken makes a token; without a tenant it is Contoso's.
func (p *place) newToken(t testing.TB, spec auth.TokenSpec) string {
	t.Helper()
	if spec.Tenant == "" {
		spec.Tenant = scene.Contoso
	}
	kept, text, err := auth.NewToken(spec, p.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Store.PutToken(context.Background(), kept); err != nil {
		t.Fatal(err)
	}
	return text
}

// reply is what the API answered.
type reply struct {
	status int
	header http.Header
	text   string
	body
}

type body struct {
	Tables []struct {
		Name    string
		Columns []struct{ Name, Type string }
		Rows    [][]any
	}
	Render     map[string]any
	Statistics struct {
		Query struct {
			ExecutionTime     *float64
			DatasetStatistics []struct{ TableRowCount int }
		}
	}
	Error *fault
}

type fault struct {
	Code, Message string
	Line          int
	Pos           int
	Token         string
	CorrelationID string
	Details       []fault
	InnerError    *fault
}

// inner is the innermost error.
func (f *fault) inner() *fault {
	for f.InnerError != nil {
		f = f.InnerError
	}
	return f
}

func (p *place) send(t testing.TB, method, path, content string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequest(method, p.URL+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			req.Header.Del(header[i])
		}
	}
	res, err := p.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{status: res.StatusCode, header: res.Header, text: string(b)}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &out.body); err != nil {
			t.Fatalf("the answer %.200q is not JSON: %v", b, err)
		}
	}
	return out
}

const contosoPath = "/v1/workspaces/" + string(scene.Contoso) + "/query"

// ask posts a query.
func (p *place) ask(t testing.TB, text string, header ...string) reply {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": text})
	if err != nil {
		t.Fatal(err)
	}
	return p.send(t, "POST", contosoPath, string(b), header...)
}

func TestAnswer(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{})
	got := p.ask(t, `AuditLogs | top 1 by TimeGenerated desc | project TimeGenerated, OperationName, Bag = dynamic({"a":1}), n = 1, r = 0.5, b = true, s = 90m, Nothing = int(null)`)
	want := `{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"OperationName","type":"string"},{"name":"Bag","type":"dynamic"},{"name":"n","type":"long"},{"name":"r","type":"real"},{"name":"b","type":"bool"},{"name":"s","type":"timespan"},{"name":"Nothing","type":"int"}],` +
		`"rows":[["2026-03-09T09:00:00.5Z","Reset password (by admin)","{\"a\":1}",1,0.5,true,"01:30:00",null]]}]}` + "\n"
	if got.status != http.StatusOK || got.text != want {
		t.Errorf("answered %d\n%s\nwant\n%s", got.status, got.text, want)
	}
	for name, want := range map[string]string{"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"} {
		if have := got.header.Get(name); have != want {
			t.Errorf("%s: %q, want %q", name, have, want)
		}
	}
	get := p.send(t, "GET", contosoPath+"?query="+url.QueryEscape("AuditLogs | count")+"&timespan=P2D", "")
	if get.status != http.StatusOK || get.Tables[0].Rows[0][0] != 1.0 {
		t.Errorf("GET answered %d %s", get.status, get.text)
	}
}

func TestSeveralTables(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{})
	got := p.ask(t, `AuditLogs | fork days = (summarize by bin(TimeGenerated, 1d)) (count); print 1`)
	if len(got.Tables) != 3 || len(got.Tables[0].Rows) != 5 || got.Tables[1].Rows[0][0] != 5.0 || got.Tables[2].Rows[0][0] != 1.0 {
		t.Errorf("answered %d %s", got.status, got.text)
	}
}

func TestPrefer(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{})
	const text = `AuditLogs | summarize count() by bin(TimeGenerated, 1d) | render barchart with (title="Resets", accumulate=true)`
	if got := p.ask(t, text); strings.Contains(got.text, "render") || strings.Contains(got.text, "statistics") {
		t.Errorf("unasked: %s", got.text)
	}
	for _, header := range []string{"wait=10, include-render=true, include-statistics=true", "include-statistics=true;include-render=true,something=else"} {
		got := p.ask(t, text, "Prefer", header)
		if got.Render["visualization"] != "barchart" || got.Render["title"] != "Resets" || got.Render["accumulate"] != true || got.Render["isQuerySorted"] != false {
			t.Errorf("%s: render is %v", header, got.Render)
		}
		if q := got.Statistics.Query; q.ExecutionTime == nil || len(q.DatasetStatistics) != 1 || q.DatasetStatistics[0].TableRowCount != 5 {
			t.Errorf("%s: statistics are %+v", header, q)
		}
	}
	if got := p.ask(t, "print 1", "Prefer", "include-render=true"); !strings.Contains(got.text, `"render":{}`) {
		t.Errorf("without a render operator: %s", got.text)
	}
}

func TestTimespan(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{}) // now is 2026-03-10 12:00; records at 09:00:00.5 of the 5th to the 9th
	for _, c := range []struct {
		inAddress, inBody string
		want              float64 // -1: refused
	}{
		{"", "", 5}, {"", "P2D", 1}, {"P3D", "", 2}, {"", "PT27H", 1}, {"", "PT26H", 0}, {"", "P1W", 5}, {"", "P1M", 5}, {"", "P1Y2M3W4DT5H6M7.5S", 5}, {"", "pt97200s", 1},
		{"", "P1DT3H", 1}, {"", "P1DT2H59M59.4S", 0}, {"", "P1DT2H59M59.5S", 1}, {"", "P9999Y", 5}, {"", "P999999999999D", 5},
		{"", "2026-03-06/2026-03-08", 2}, {"", "2026-03-06T09:00:00.5Z/2026-03-08T09:00:00.5Z", 2}, {"", "2026-03-06T11:00:00.5+02:00/2026-03-06T11:00:00.6+02:00", 1},
		{"", "2026-03-06/P1D", 1}, {"", "P1D/2026-03-07", 1}, {"", "2026-02-08/P1M", 3}, {"", "P1M/2026-04-07T00:00:00Z", 3}, {"", "2026-03-06/P9999Y", 4}, {"", "2026-03-08/2026-03-08", 0},
		{"P4D", "P3D", 2}, {"P3D", "P4D", 2}, {"2026-03-05/2026-03-07", "2026-03-06/2026-03-09", 1}, {"2026-03-05/2026-03-06", "2026-03-08/2026-03-09", 0},
		{"", "7d", -1}, {"", "P", -1}, {"", "PT", -1}, {"", "P1DT", -1}, {"", "P1D/P1D", -1}, {"", "P-1D", -1}, {"", "P1D2W", -1}, {"", "PT1D", -1}, {"", "P1H", -1}, {"", "PT1e9S", -1},
		{"", "2026-03-06", -1}, {"", "2026-03-08/2026-03-06", -1}, {"", "2026-03-06/", -1}, {"", "a/b", -1}, {"x", "P1D", -1},
	} {
		path := contosoPath
		if c.inAddress != "" {
			path += "?timespan=" + url.QueryEscape(c.inAddress)
		}
		got := p.send(t, "POST", path, fmt.Sprintf(`{"query":"AuditLogs | count","timespan":%q}`, c.inBody))
		switch {
		case c.want < 0:
			if got.status != http.StatusBadRequest || got.Error.Code != "BadArgumentError" || got.Error.InnerError.Code != "InvalidTimespan" {
				t.Errorf("timespan %q and %q: answered %d %s, want 400", c.inAddress, c.inBody, got.status, got.text)
			}
		case got.status != http.StatusOK || got.Tables[0].Rows[0][0] != c.want:
			t.Errorf("timespan %q and %q: answered %d %s, want %v", c.inAddress, c.inBody, got.status, got.text, c.want)
		}
	}
}

func TestMistakesSayWhere(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{})
	for _, c := range []struct {
		text, kind string
		line, pos  int
		token      string
		mistakes   int
	}{
		{"AuditLogs\n| wher x", "SyntaxError", 2, 2, "wher", 0},
		{"AuditLogs | where Resul == 1", "SemanticError", 1, 18, "Resul", 0},
		{"print 'ä', Nope, Nix", "SemanticError", 1, 11, "Nope", 2},
		{"Nothing", "SemanticError", 1, 0, "Nothing", 0},
	} {
		got := p.ask(t, c.text)
		if got.status != http.StatusBadRequest || got.Error == nil || got.Error.Code != "BadArgumentError" || got.Error.InnerError == nil {
			t.Errorf("%q answered %d %s", c.text, got.status, got.text)
			continue
		}
		in := got.Error.inner()
		if got.Error.InnerError.Code != c.kind || in.Line != c.line || in.Pos != c.pos || in.Token != c.token || len(got.Error.Details) != c.mistakes || in.Message == "" || got.Error.CorrelationID == "" {
			t.Errorf("%q answered %s, want %s at %d:%d %q and %d mistakes", c.text, got.text, c.kind, c.line, c.pos, c.token, c.mistakes)
		}
	}
}

func TestRefusals(t *testing.T) {
	p := newPlace(t, query.Limits{Text: 1000}, loganalytics.Limits{Body: 3000})
	helpdesk := p.newToken(t, auth.TokenSpec{Name: "desk", Role: auth.HelpdeskAdministrator})
	const ask, ok = `{"query":"AuditLogs | take 1"}`, string(scene.Contoso)
	at := func(id string) string { return "/v1/workspaces/" + id + "/query" }
	long := `{"query":"print '` + strings.Repeat("x", 2000) + `'}"}`
	for _, c := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		code, inner              string
	}{
		{"no token", "POST", at(ok), ask, []string{"Authorization", ""}, 401, "AuthenticationFailed", ""},
		{"basic authentication", "POST", at(ok), ask, []string{"Authorization", "Basic YTpi"}, 401, "AuthenticationFailed", ""},
		{"a wrong token", "POST", at(ok), ask, []string{"Authorization", "Bearer pt_wrong"}, 403, "InvalidAuthenticationToken", ""},
		{"a role that may not query", "POST", at(ok), ask, []string{"Authorization", "Bearer " + helpdesk}, 403, "InsufficientAccessError", "UnauthorizedClient"},
		{"no path", "GET", "/v1/workspaces", "", nil, 404, "PathNotFoundError", ""},
		{"another verb", "DELETE", at(ok), "", nil, 404, "PathNotFoundError", ""},
		{"no query", "POST", at(ok), `{"timespan":"P1D"}`, nil, 400, "BadArgumentError", "QueryMissing"},
		{"no query in the address", "GET", at(ok), "", nil, 400, "BadArgumentError", "QueryMissing"},
		{"no JSON", "POST", at(ok), `query=AuditLogs`, nil, 400, "BadArgumentError", "MalformedJSON"},
		{"another workspace beside", "POST", at(ok), `{"query":"print 1","workspaces":["` + string(scene.Fabrikam) + `"]}`, nil, 404, "PathNotFoundError", "WorkspaceNotFound"},
		{"too long a query", "POST", at(ok), long, nil, 413, "TooLargeError", ""},
		{"too long a body", "POST", at(ok), strings.Repeat(" ", 4000) + ask, nil, 413, "TooLargeError", ""},
	} {
		got := p.send(t, c.method, c.path, c.body, c.header...)
		if got.status != c.status || got.Error == nil || got.Error.Code != c.code || (got.Error.InnerError == nil) != (c.inner == "") || c.inner != "" && got.Error.InnerError.Code != c.inner {
			t.Errorf("%s: answered %d %s, want %d %s %s", c.name, got.status, got.text, c.status, c.code, c.inner)
		}
		if challenge := got.header.Get("WWW-Authenticate"); c.status == 401 && challenge != `Bearer realm="passtrail"` {
			t.Errorf("%s: WWW-Authenticate is %q", c.name, challenge)
		}
	}
	if got := p.send(t, "POST", at(ok), `{"query":"print 1","workspaces":["`+strings.ToUpper(ok)+`",""]}`); got.status != 200 {
		t.Errorf("one's own workspace named twice: %d %s", got.status, got.text)
	}
	for name, header := range map[string][]string{"no content type": {"Content-Type", ""}, "a form": {"Content-Type", "application/x-www-form-urlencoded"}} {
		if got := p.send(t, "POST", at(ok), ask, header...); got.status != 200 || got.text != "" {
			t.Errorf("%s: answered %d %q, want 200 and nothing", name, got.status, got.text)
		}
	}
	if got := p.send(t, "POST", at(ok), ""); got.status != 200 || got.text != "" {
		t.Errorf("no body: answered %d %q, want 200 and nothing", got.status, got.text)
	}
}

// TestOtherWorkspacesAreNotThere: one that exists, one that does not and what is no id are told apart by nothing.
func TestOtherWorkspacesAreNotThere(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{})
	for _, id := range []string{string(scene.Fabrikam), "11111111-2222-4333-8444-555555555555", "nothing", "%00"} {
		got := p.send(t, "POST", "/v1/workspaces/"+id+"/query", `{"query":"AuditLogs | count"}`)
		if got.status != http.StatusNotFound || got.Error.Code != "PathNotFoundError" || !strings.Contains(got.Error.InnerError.Message, "this token opens no workspace") {
			t.Errorf("%s: answered %d %s", id, got.status, got.text)
		}
	}
	if got := p.ask(t, "union AuditLogs, PasswordEvents | where tostring(TargetResources) has 'grady' or UserPrincipalName has 'grady' | count"); got.status != 200 || got.Tables[0].Rows[0][0] != 0.0 {
		t.Errorf("another tenant's rows: %d %s", got.status, got.text)
	}
	theirs := p.newToken(t, auth.TokenSpec{Name: "theirs", Tenant: scene.Fabrikam})
	if got := p.ask(t, "AuditLogs", "Authorization", "Bearer "+theirs); got.status != http.StatusNotFound {
		t.Errorf("their token in our workspace: %d %s", got.status, got.text)
	}
}

func TestTenantsThatDoNotAnswer(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{})
	tenant, err := p.Store.Tenant(t.Context(), scene.Contoso)
	if err != nil {
		t.Fatal(err)
	}
	for inner, change := range map[string]func(*store.Tenant){
		"CollectionOff":    func(t *store.Tenant) { t.OptedInAt, t.OptedOutAt = 0, 5 },
		"CustomQueriesOff": func(t *store.Tenant) { t.Settings.NoCustomQueries = true },
	} {
		changed := tenant
		change(&changed)
		if err := p.Store.PutTenant(t.Context(), changed); err != nil {
			t.Fatal(err)
		}
		got := p.ask(t, "AuditLogs")
		if got.status != http.StatusForbidden || got.Error.Code != "InsufficientAccessError" || got.Error.InnerError.Code != inner || got.Error.InnerError.Message == "" {
			t.Errorf("%s: answered %d %s", inner, got.status, got.text)
		}
	}
	const fresh = passtrail.TenantID("22222222-2222-4333-8444-555555555555")
	if err := p.Store.PutTenant(t.Context(), store.Tenant{ID: fresh, OptedInAt: 1}); err != nil {
		t.Fatal(err)
	}
	token := p.newToken(t, auth.TokenSpec{Name: "new", Tenant: fresh})
	got := p.send(t, "POST", "/v1/workspaces/"+string(fresh)+"/query", `{"query":"AuditLogs | count"}`, "Authorization", "Bearer "+token)
	if got.status != http.StatusNoContent || got.text != "" {
		t.Errorf("a workspace without data: answered %d %q, want 204", got.status, got.text)
	}
}

func TestLimits(t *testing.T) {
	const rows = "range i from 1 to %d step 1"
	p := newPlace(t, query.Limits{}, loganalytics.Limits{Rows: 3, Bytes: 100_000})
	if got := p.ask(t, fmt.Sprintf(rows, 3)); got.status != 200 || got.Error != nil || len(got.Tables[0].Rows) != 3 {
		t.Errorf("as many rows as allowed: %d %s", got.status, got.text)
	}
	got := p.ask(t, fmt.Sprintf(rows, 4), "Prefer", "include-statistics=true")
	if got.status != 200 || len(got.Tables[0].Rows) != 3 || got.Statistics.Query.DatasetStatistics[0].TableRowCount != 3 {
		t.Errorf("a row too many: %d %s", got.status, got.text)
	}
	wantPartial(t, got, "-2133196797", "more than 3 rows")

	p = newPlace(t, query.Limits{}, loganalytics.Limits{Bytes: 100_000})
	got = p.ask(t, fmt.Sprintf(rows, 100_000))
	if n := len(got.Tables[0].Rows); n < 10_000 || n >= 100_000 || len(got.text) > 300_000 {
		t.Errorf("too many bytes: %d rows, %d bytes", n, len(got.text))
	}
	wantPartial(t, got, "-2133196797", "more than 100000 bytes")

	p = newPlace(t, query.Limits{Time: 200 * time.Millisecond}, loganalytics.Limits{})
	const slow = "range i from 1 to 2000000000 step 1 | extend j = hash_sha256(tostring(i))"
	got = p.ask(t, slow+" | summarize dcount(j)")
	if got.status != http.StatusGatewayTimeout || got.Error.Code != "GatewayTimeout" {
		t.Errorf("too long: %d %s", got.status, got.text)
	}
	p = newPlace(t, query.Limits{Time: 500 * time.Millisecond, Rows: 1 << 40}, loganalytics.Limits{Held: 1, Rows: 1 << 40, Bytes: 1 << 40})
	got = p.ask(t, slow)
	if got.status != http.StatusOK || len(got.Tables[0].Rows) == 0 {
		t.Errorf("too long after the first rows: %d %.200s", got.status, got.text)
	}
	wantPartial(t, got, "GatewayTimeout", "ran longer than")
}

func wantPartial(t *testing.T, got reply, code, words string) {
	t.Helper()
	if got.Error == nil || got.Error.Code != "PartialError" || len(got.Error.Details) != 1 || got.Error.Details[0].InnerError == nil {
		t.Fatalf("the error is %+v, want a partial one", got.Error)
	}
	if in := got.Error.Details[0].InnerError; in.Code != code || !strings.Contains(in.Message, words) {
		t.Errorf("the partial error is %s %q, want %s with %q", in.Code, in.Message, code, words)
	}
}
