package loganalytics_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"passtrail/internal/api/loganalytics"
	"passtrail/internal/auth"
	"passtrail/internal/query"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// TestOneTokenRunsSoManyQueries: one more is put off, another token's are not, and room comes back when a program hangs up.
func TestOneTokenRunsSoManyQueries(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{Concurrent: 1})
	other := p.newToken(t, auth.TokenSpec{Name: "other"})
	ctx, hangUp := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", p.URL+contosoPath+"?query="+url.QueryEscape("range i from 1 to 2000000000 step 1 | summarize dcount(hash_sha256(tostring(i)))"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	done := make(chan error, 1)
	go func() {
		res, err := p.Client().Do(req)
		if err == nil {
			res.Body.Close()
		}
		done <- err
	}()
	p.until(t, "the long query", func() bool { return len(p.accesses(t)) == 1 })
	got := p.ask(t, "print 1")
	if got.status != http.StatusTooManyRequests || got.Error.Code != "throttled" || got.header.Get("Retry-After") != "5" {
		t.Errorf("a second query at once: %d %s, Retry-After %q", got.status, got.text, got.header.Get("Retry-After"))
	}
	if got := p.ask(t, "print 1", "Authorization", "Bearer "+other); got.status != http.StatusOK {
		t.Errorf("another token: %d %s", got.status, got.text)
	}
	hangUp()
	if err := <-done; err == nil {
		t.Error("the long query ended by itself")
	}
	p.until(t, "room again", func() bool { return p.ask(t, "print 1").status == http.StatusOK })
}

// TestAProgramThatDoesNotRead asks for more than the connection holds and reads nothing; its query ends all the same.
func TestAProgramThatDoesNotRead(t *testing.T) {
	p := newPlace(t, query.Limits{Rows: 1 << 40}, loganalytics.Limits{Concurrent: 1, Rows: 1 << 40, Bytes: 1 << 40, Held: 1, Grace: time.Millisecond})
	conn, err := tls.Dial("tcp", p.Listener.Addr().String(), &tls.Config{RootCAs: p.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s?query=%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nPrefer: wait=1\r\n\r\n", contosoPath, url.QueryEscape("range i from 1 to 2000000000 step 1 | extend s = strcat('a long text that fills the buffers of both sides', i)"), p.token)
	p.until(t, "the query", func() bool { return len(p.accesses(t)) == 1 })
	if got := p.ask(t, "print 1"); got.status != http.StatusTooManyRequests {
		t.Errorf("a second query at once: %d %s", got.status, got.text)
	}
	p.until(t, "room again", func() bool { return p.ask(t, "print 1").status == http.StatusOK })
}

// until polls what another goroutine brings about.
func (p *place) until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if is() {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}

func (p *place) accesses(t *testing.T) []store.Access {
	t.Helper()
	lines, err := p.Store.AccessLog(t.Context(), store.AccessFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestQueriesAreLogged: who asked what stands in the access log, and neither queries nor tokens in the server's.
func TestQueriesAreLogged(t *testing.T) {
	p := newPlace(t, query.Limits{}, loganalytics.Limits{})
	p.ask(t, "AuditLogs | where Identity has 'secretive'")
	p.ask(t, "AuditLogs | where Mistake has 'secretive'")
	p.send(t, "POST", "/v1/workspaces/"+string(scene.Fabrikam)+"/query", `{"query":"print 'not run'"}`)
	lines := p.accesses(t)
	want := []struct{ action, detail string }{{"refused", "/query: "}, {"query-refused", "Mistake has 'secretive'"}, {"query", "Identity has 'secretive'"}}
	if len(lines) != len(want) {
		t.Fatalf("the access log has %+v, want a line each of what ran and what did not", lines)
	}
	for i, l := range lines {
		if l.Tenant != scene.Contoso || l.Who != "token nightly" || l.Roles != "Reports Reader" || l.Action != want[i].action || l.Address != "127.0.0.1" || !strings.Contains(l.Detail, want[i].detail) {
			t.Errorf("the access log says %+v, want %+v", l, want[i])
		}
	}
	for range 30 {
		p.send(t, "POST", contosoPath, "{}", "Authorization", "Bearer pt_aaaaaaaaaaaa_wrong")
	}
	got := p.send(t, "POST", contosoPath, "{}", "Authorization", "")
	if got.status != http.StatusTooManyRequests || got.Error.Code != "throttled" || got.header.Get("Retry-After") != "60" {
		t.Errorf("after 30 wrong tokens: %d %s, Retry-After %q", got.status, got.text, got.header.Get("Retry-After"))
	}
	if got := p.ask(t, "print 1"); got.status != http.StatusOK {
		t.Errorf("the right token from the same address: %d %s", got.status, got.text)
	}
	wrong := 0
	for _, l := range p.accesses(t) {
		if l.Action == "sign-in-refused" && l.Tenant == "" && l.Address == "127.0.0.1" {
			wrong++
		}
	}
	if wrong != 20 { // one by one as far as a minute has lines, and then counted
		t.Errorf("%d lines of wrong tokens", wrong)
	}
	if log := p.log.String(); strings.Contains(log, "pt_") || strings.Contains(log, "secretive") || !strings.Contains(log, "count=20") {
		t.Errorf("the server's log says %s", log)
	}
}

// FuzzRequest holds every request to an answer that a client can read: JSON with tables or an error, never a panic and
// never a fault of the server.
func FuzzRequest(f *testing.F) {
	p := newPlace(f, query.Limits{Time: 2 * time.Second}, loganalytics.Limits{})
	for _, s := range [][3]string{{"P1D", `{"query":"print 1","timespan":"2026-03-01/P1M"}`, "wait=1"}, {"", `{"query":"AuditLogs | take 1"}`, "wait=,include-render"}, {"P1Y/2026", `[]`, ";;"}, {"PT0.5S", `{"query":1}`, ""}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, timespan, content, prefer string) {
		r := httptest.NewRequest("POST", contosoPath+"?"+url.Values{"timespan": {timespan}}.Encode(), strings.NewReader(content))
		r.Header = http.Header{"Authorization": {"Bearer " + p.token}, "Content-Type": {"application/json"}, "Prefer": {prefer}}
		w := httptest.NewRecorder()
		p.Config.Handler.ServeHTTP(w, r)
		if w.Code != 200 && w.Code != 400 && w.Code != 404 && w.Code != 413 && w.Code != 504 {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
	})
}
