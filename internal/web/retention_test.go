package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"passtrail/internal/auth"
)

// TestRetention chooses, reads what that deletes, and says yes, without script.
func TestRetention(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	c := s.client(t, person(auth.GlobalAdministrator))
	if _, body := s.do(t, c, "GET", "/settings", nil); !strings.Contains(body, "kept <strong>forever</strong>") || !strings.Contains(body, `href="/settings/retention"`) {
		t.Errorf("the settings do not say how long records are kept: %s", body)
	}
	_, review := s.do(t, c, "GET", "/settings/retention?keep=730&days=", nil)
	for _, want := range []string{"Keep 2 years instead of forever", "12,040 records and 877 attempts", "2025-01-27", "2024-03-02", `name="confirm" value="730"`, "Delete these and keep 2 years"} {
		if !strings.Contains(review, want) {
			t.Errorf("the review lacks %q: %s", want, review)
		}
	}
	keep := func(form url.Values) (int, int) {
		status, _ := s.do(t, c, "POST", "/settings/retention", form)
		return status, m.keeps
	}
	for _, step := range []struct {
		name   string
		form   url.Values
		status int
		keeps  int
	}{
		{"shorter, unseen", url.Values{"keep": {"730"}}, http.StatusSeeOther, 0},
		{"shorter, another one seen", url.Values{"keep": {"days"}, "days": {"90"}, "confirm": {"730"}}, http.StatusSeeOther, 0},
		{"shorter, seen", url.Values{"keep": {"days"}, "days": {" 400 "}, "confirm": {"400"}}, http.StatusSeeOther, 400},
		{"longer", url.Values{"keep": {"730"}}, http.StatusSeeOther, 730},
		{"too short", url.Values{"keep": {"days"}, "days": {"29"}, "confirm": {"29"}}, http.StatusBadRequest, 730},
		{"no number", url.Values{"keep": {"soon"}}, http.StatusBadRequest, 730},
		{"forever", url.Values{"keep": {"forever"}}, http.StatusSeeOther, 0},
	} {
		if status, keeps := keep(step.form); status != step.status || keeps != step.keeps {
			t.Errorf("%s: answered %d and keeps %d days, want %d and %d", step.name, status, keeps, step.status, step.keeps)
		}
	}
	var log []string
	for _, a := range m.access {
		if a.Action == "settings" {
			log = append(log, a.Who+" "+a.Detail)
		}
	}
	want := []string{"someone@contoso.com retention: 400 days, before forever", "someone@contoso.com retention: 2 years, before 400 days", "someone@contoso.com retention: forever, before 2 years"}
	if strings.Join(log, "\n") != strings.Join(want, "\n") {
		t.Errorf("the access log has %q, want %q", log, want)
	}
}

// TestRetentionMistakes: what was typed wrongly is still there, with what to do.
func TestRetentionMistakes(t *testing.T) {
	s := newSite(t, newSample())
	c := s.client(t, person(auth.GlobalAdministrator))
	for _, query := range []string{"keep=days&days=3", "keep=days&days=ninety", "keep=", "keep=days&days=99999"} {
		status, body := s.do(t, c, "GET", "/settings/retention?"+query, nil)
		if status != http.StatusOK || !strings.Contains(body, `role="alert"`) || strings.Contains(body, `method="post" action="/settings/retention"`) {
			t.Errorf("%s answered %d: %s", query, status, body)
		}
	}
}
