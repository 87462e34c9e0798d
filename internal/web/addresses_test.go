package web_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/web"
)

// TestTenantThatIsNotThere is refused: another tenant's figures would pass for those that were asked for.
func TestTenantThatIsNotThere(t *testing.T) {
	m := newSample()
	m.second = true
	s := newSite(t, m)
	c := s.client(t, auth.Local())
	const gone = "99999999-2222-3333-4444-555555555555"
	for _, path := range []string{"/", "/audit", "/attempts", "/reports/methods-used", "/audit/export", "/query", "/settings", "/live"} {
		status, body := s.do(t, c, "GET", path+"?tenant="+gone, nil)
		if status != http.StatusNotFound || !strings.Contains(body, gone) {
			t.Errorf("%s of a tenant that is not there answered %d", path, status)
		}
		if _, main, _ := strings.Cut(body, "<main"); strings.Contains(main, "href=\"/?tenant="+gone) || !strings.Contains(main, `href="/?tenant=`) {
			t.Errorf("%s does not lead on to a tenant that is there: %s", path, main)
		}
	}
	if status, _ := s.do(t, c, "POST", "/settings/opt-out", url.Values{"tenant": {gone}}); status != http.StatusNotFound || m.changed != "" {
		t.Errorf("opting out a tenant that is not there answered %d and changed %q", status, m.changed)
	}
	if status, _ := s.do(t, c, "GET", "/audit?tenant="+strings.ToUpper(string(contoso)), nil); status != http.StatusOK {
		t.Errorf("a tenant in capitals answered %d", status)
	}
}

// TestPeriodThatIsNone says what is wrong with it, instead of showing another one.
func TestPeriodThatIsNone(t *testing.T) {
	s := newSite(t, newSample())
	c := s.client(t, auth.Local())
	for _, query := range []string{"at=x", "compare=2026-02-30"} {
		if status, body := s.do(t, c, "GET", "/registration?"+query, nil); status != http.StatusBadRequest || !strings.Contains(body, "not a day") {
			t.Errorf("/registration?%s answered %d", query, status)
		}
	}
	for query, want := range map[string]string{
		"range=custom&from=x": "not a day", "range=custom&to=2026-02-30": "not a day", "from=yesterday&range=custom": "not a day",
		"range=custom&from=2026-03-02&to=2026-03-01": "ends before it begins", "range=custom&from=2026-03-01&to=2026-03-01": "", "range=custom&from=2026-03-01": "", "range=custom": "",
		"range=7d&from=x": "", "range=unknown": "",
	} {
		for _, path := range []string{"/", "/audit", "/attempts", "/audit/export", "/reports/methods-used", "/access-log"} {
			status, body := s.do(t, c, "GET", path+"?"+query, nil)
			if (status == http.StatusBadRequest) != (want != "") || !strings.Contains(body, want) {
				t.Errorf("%s?%s answered %d, want it to say %q", path, query, status, want)
			}
		}
	}
}

// TestChoosingAnotherTenant keeps the list and the period, leaves what is of one tenant alone, and puts the tenant into the
// address, where it stays when another window chooses another one.
func TestChoosingAnotherTenant(t *testing.T) {
	m := newSample()
	m.second = true
	s := newSite(t, m)
	c := s.client(t, auth.Local())
	field := regexp.MustCompile(`class="tenant-form">\s*<input type="hidden" name="to" value="([^"]*)"`)
	for path, want := range map[string]string{
		"/?range=90d": "/?range=90d", "/audit?range=7d&id=SSPR_3&status=failure": "/audit?range=7d", "/attempts/c0ffee00-0000-0000-0000-000000000001?range=all": "/attempts?range=all",
		"/person/aaaaaaaa-0000-0000-0000-000000000001?x=1": "/person", "/suspicious/f1?x=1": "/suspicious", "/settings/tokens/aaaaaaaaaaaa/revoke?x=1": "/settings", "/tenants?x=1": "/tenants",
		"/reports/methods-used?range=90d": "/reports/methods-used?range=90d", "/query?q=AuditLogs": "/query?q=AuditLogs",
	} {
		_, body := s.do(t, c, "GET", path+"&tenant="+string(contoso), nil)
		got := field.FindStringSubmatch(body)
		if got == nil {
			t.Fatalf("%s offers no other tenant", path)
		}
		to, _ := url.Parse(html.UnescapeString(got[1]))
		v := to.Query()
		v.Del("tenant")
		to.RawQuery = v.Encode()
		if to.String() != want {
			t.Errorf("from %s one comes to %s of another tenant, want %s", path, to, want)
		}
		res, err := c.PostForm(s.URL+"/preferences", url.Values{"to": {html.UnescapeString(got[1])}, "tenant": {"other"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if at, _ := res.Location(); at.Query().Get("tenant") != "other" {
			t.Errorf("choosing a tenant on %s leads to %s, which does not name it", path, at)
		}
	}
}

// TestErrorsLeadOn offers a way that is not refused as well.
func TestErrorsLeadOn(t *testing.T) {
	s := newSite(t, newSample())
	for role, want := range map[auth.Role]string{auth.ReportsReader: `href="/">To the overview`, auth.HelpdeskAdministrator: `href="/person">Find a person`} {
		if _, body := s.do(t, s.client(t, person(role)), "GET", "/settings/retention", nil); !strings.Contains(body, want) {
			t.Errorf("%s is not led to %s", role, want)
		}
	}
	_, body := s.do(t, s.client(t, &auth.Identity{Name: "x", Tenants: []passtrail.TenantID{contoso}}), "GET", "/", nil)
	if _, main, _ := strings.Cut(body, "<main"); strings.Contains(main, `class="button"`) {
		t.Error("who may see nothing is led somewhere")
	}
}

// TestWhoSeesNoTenantIsTold so, instead of to bring records to a server that may have them.
func TestWhoSeesNoTenantIsTold(t *testing.T) {
	s := newSite(t, newSample())
	stranger := &auth.Identity{Name: "x", Roles: []auth.Role{auth.GlobalAdministrator}}
	if _, body := s.do(t, s.client(t, stranger), "GET", "/", nil); !strings.Contains(body, "no tenant here that you may see") {
		t.Error("somebody who may see no tenant is told that there are no records")
	}
	m := newSample()
	m.empty = true
	s = newSite(t, m)
	if _, body := s.do(t, s.client(t, auth.Local()), "GET", "/", nil); strings.Contains(body, "that you may see") {
		t.Error("the first visitor is told of tenants of others")
	}
}

// TestHelpDeskSetsItsTimeZone which it needs to tell callers when something happened.
func TestHelpDeskSetsItsTimeZone(t *testing.T) {
	s := newSite(t, newSample())
	if _, body := s.do(t, s.client(t, person(auth.HelpdeskAdministrator)), "GET", "/person", nil); !strings.Contains(body, `href="/settings"`) {
		t.Error("the menu of the help desk lacks Settings")
	}
}

// TestTimeZoneThatIsNone is refused, instead of taken for UTC.
func TestTimeZoneThatIsNone(t *testing.T) {
	s := newSite(t, newSample())
	c := s.client(t, auth.Local())
	for zone, want := range map[string]int{"Europe/Berlin": 303, "UTC": 303, "": 303, "Berlin": 400, "Local": 400, "../etc/passwd": 400} {
		if status, body := s.do(t, c, "POST", "/preferences", url.Values{"to": {"/settings"}, "tz": {zone}}); status != want {
			t.Errorf("the time zone %q answered %d, want %d: %s", zone, status, want, body)
		}
	}
}

// periods is the sample that keeps the period which it was asked for.
type periods struct {
	*sample
	asked web.Period
}

func (p *periods) FindEvents(ctx context.Context, s web.Scope, f web.EventFilter) (*web.EventPage, error) {
	p.asked = f.Period
	return p.sample.FindEvents(ctx, s, f)
}

// TestDaysAreAsLongAsTheyAre where clocks change: the last day of a period ends when the next one begins.
func TestDaysAreAsLongAsTheyAre(t *testing.T) {
	p := &periods{sample: newSample()}
	s := newSite(t, p)
	c := s.client(t, auth.Local())
	for _, test := range []struct {
		zone, day string
		from, to  string
	}{
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, {"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"America/Los_Angeles", "2026-11-01", "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"}, {"Asia/Kolkata", "2026-02-28", "2026-02-27T18:30:00Z", "2026-02-28T18:30:00Z"},
		{"UTC", "2026-12-31", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"},
	} {
		s.do(t, c, "POST", "/preferences", url.Values{"tz": {test.zone}})
		_, body := s.do(t, c, "GET", "/audit?range=custom&from="+test.day+"&to="+test.day, nil)
		from, _ := passtrail.ParseTicks(test.from)
		to, _ := passtrail.ParseTicks(test.to)
		if p.asked.From != from || p.asked.To != to {
			t.Errorf("%s in %s is %v to %v, want %v to %v", test.day, test.zone, p.asked.From, p.asked.To, from, to)
		}
		if want := `name="to" value="` + test.day + `"`; !strings.Contains(body, want) {
			t.Errorf("%s in %s comes back as another day", test.day, test.zone)
		}
	}
}
