package answer_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// hostile is what somebody might call himself, to be read by an administrator.
const hostile = `x"'><img src=x onerror=alert(1)></script><script>alert(2)</script>{{.}}</title>`

// TestHostileRecordsStayText shows a record made of markup on every page that can show one.
func TestHostileRecordsStayText(t *testing.T) {
	f := newFixture(t)
	at := passtrail.TicksOf(now.Add(-time.Hour))
	person := `{"id":"u1","displayName":` + quoted(hostile) + `,"userPrincipalName":` + quoted(hostile) + `,"ipAddress":` + quoted(hostile) + `}`
	var records []passtrail.Record
	for i, activity := range []string{"flow", "blocked", "reset", ""} {
		id := hostile + string(rune('a'+i))
		records = append(records, passtrail.Record{
			Tenant: tenant, ID: id, Hash: [16]byte{byte(i + 1)}, Time: at, Service: "Self-service Password Management", Category: hostile, Activity: hostile, Result: "failure", Reason: hostile, CorrelationID: hostile,
			ActorKind: passtrail.ActorUser, ActorID: "u1", ActorUPN: hostile, ActorName: hostile, ActorAddress: hostile, TargetID: "u1", TargetUPN: hostile, TargetName: hostile, TargetType: "User", UserAgent: hostile,
			InitiatedBy: `{"user":` + person + `}`, TargetResources: `[{"type":"User","displayName":` + quoted(hostile) + `,"id":"u1","userPrincipalName":` + quoted(hostile) + `,"modifiedProperties":[{"displayName":` + quoted(hostile) + `,"oldValue":` + quoted(hostile) + `,"newValue":null}]}]`,
			AdditionalDetails: `[{"key":` + quoted(hostile) + `,"value":` + quoted(hostile) + `}]`, Shape: passtrail.ShapeGraph, Source: hostile, ReceivedAt: at, ActivityKey: activity, Step: "start", Method: hostile, Problem: hostile,
		})
	}
	if _, err := f.store.Commit(t.Context(), &store.Batch{Tenant: tenant, Source: hostile, Records: records, At: at}); err != nil {
		t.Fatal(err)
	}
	if err := f.store.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.store.PutFindings(t.Context(), []store.Finding{{Tenant: tenant, ID: "f1", Rule: hostile, Severity: hostile, Title: hostile, Reasoning: hostile, Start: at, End: at, People: []string{hostile}, Addresses: []string{hostile}, Evidence: []string{records[0].ID}, State: "new", Note: hostile, ChangedBy: hostile}}); err != nil {
		t.Fatal(err)
	}
	get := browse(t, f)
	id := url.QueryEscape(records[0].ID)
	query := url.QueryEscape(`AuditLogs | summarize N = count() by ActivityDisplayName | render barchart with (title="` + "<script>alert(2)</script>" + `")`)
	for _, path := range []string{
		"/", "/audit?range=all", "/audit?range=all&id=" + id, "/audit?range=all&target=" + url.QueryEscape(hostile), "/attempts?range=all", "/attempts/" + url.PathEscape(hostile), "/person?q=x", "/person/u1?range=all",
		"/suspicious", "/suspicious/f1", "/sources", "/access-log?range=all", "/query?run=1&range=all&q=" + query, "/query?q=" + url.QueryEscape(hostile) + "&run=1", "/" + url.PathEscape(hostile), "/reports/" + url.PathEscape(hostile), "/?tenant=" + url.QueryEscape(hostile),
	} {
		body := get(path)
		for _, bad := range []string{"<img src=x", "<script>alert", `onerror=alert(1)>`, "</title>{{"} {
			if strings.Contains(body, bad) {
				t.Errorf("%.60s holds %q", path, bad)
			}
		}
	}
	if body := get("/audit?range=all&id=" + id); !strings.Contains(body, "&lt;img src=x") {
		t.Error("the record is not shown at all")
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// browse returns a function that gets pages as a Global Administrator.
func browse(t *testing.T, f *fixture) func(path string) string {
	t.Helper()
	sessions := auth.NewSessions(time.Now)
	h, err := web.New(web.Config{Services: f.Answers, Sessions: sessions, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	get := func(path string) string {
		res, err := c.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 500 {
			t.Errorf("%.60s answered %d, %v", path, res.StatusCode, err)
		}
		return string(body)
	}
	get("/sign-in?token=" + sessions.NewLink(auth.Local()))
	return get
}
