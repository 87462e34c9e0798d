package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// sampleTokens is a token in each state.
func sampleTokens() []web.TokenRow {
	return []web.TokenRow{
		{ID: "aaaaaaaaaaaa", Name: "nightly-export", Role: "Reports Reader", State: store.TokenActive, CreatedBy: "this computer", CreatedAt: start - 5*passtrail.Day, ExpiresAt: start + 85*passtrail.Day, LastUsed: start - passtrail.Hour},
		{ID: "bbbbbbbbbbbb", Name: "siem", Role: "Security Reader", State: store.TokenExpired, CreatedBy: "megan.bowen@contoso.com", CreatedAt: start - 95*passtrail.Day, ExpiresAt: start - 5*passtrail.Day, LastUsed: start - 6*passtrail.Day},
		{ID: "cccccccccccc", Name: "workbook", Role: "Security Reader", State: store.TokenRevoked, CreatedBy: "megan.bowen@contoso.com", CreatedAt: start - 60*passtrail.Day, ExpiresAt: start + 30*passtrail.Day, RevokedBy: "this computer", RevokedAt: start - 40*passtrail.Day},
	}
}

func (m *sample) TokenList(ctx context.Context, s web.Scope) ([]web.TokenRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tokens, may(ctx, s, auth.Configure)
}

// CreateToken makes a real token and keeps its row, as answer does.
func (m *sample) CreateToken(ctx context.Context, s web.Scope, n web.NewToken) (web.TokenRow, string, error) {
	if err := may(ctx, s, auth.Configure); err != nil {
		return web.TokenRow{}, "", err
	}
	t, secret, err := auth.NewToken(auth.TokenSpec{ID: n.ID, Tenant: s.Tenant, Name: n.Name, Role: auth.Role(n.Role), Life: passtrail.Ticks(n.Days) * passtrail.Day, By: auth.From(ctx).Name}, s.Now)
	if err != nil {
		return web.TokenRow{}, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, old := range m.tokens {
		if old.ID == t.ID {
			return web.TokenRow{}, "", passtrail.Errorf(passtrail.Conflict, "sample", "this token was made before")
		}
	}
	row := web.TokenRow{ID: t.ID, Name: t.Name, Role: t.Role, State: store.TokenActive, CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt}
	m.tokens = append([]web.TokenRow{row}, m.tokens...)
	return row, secret, nil
}

func (m *sample) RevokeToken(ctx context.Context, s web.Scope, id string) (web.TokenRow, error) {
	if err := may(ctx, s, auth.Configure); err != nil {
		return web.TokenRow{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.tokens {
		if t := &m.tokens[i]; t.ID == id {
			t.State, t.RevokedAt, t.RevokedBy = store.TokenRevoked, s.Now, auth.From(ctx).Name
			return *t, nil
		}
	}
	return web.TokenRow{}, passtrail.Errorf(passtrail.NotFound, "sample", "there is no access token %q", id)
}

var (
	secretPattern = regexp.MustCompile(`pt_[0-9a-z]{12}_[0-9A-Za-z]{49}`)
	idField       = regexp.MustCompile(`name="id" value="([0-9a-z]{12})"`)
)

// TestTokenIsShownOnce makes a token as a browser without script does, and looks for its secret everywhere else.
func TestTokenIsShownOnce(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	c := s.client(t, person(auth.GlobalAdministrator))
	_, before := s.do(t, c, "GET", "/settings", nil)
	form := url.Values{"id": {idField.FindStringSubmatch(before)[1]}, "name": {" nightly "}, "role": {"Security Reader"}, "days": {"30"}}
	req, err := http.NewRequest("POST", s.URL+"/settings/tokens", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}, "Accept-Encoding": {"gzip"}}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Encoding") != "" || res.Header.Get("Location") != "" {
		t.Errorf("the answer's headers are %v", res.Header)
	}
	status, again := s.do(t, c, "POST", "/settings/tokens", form)
	if status != http.StatusConflict || secretPattern.MatchString(again) || !strings.Contains(again, "was made before") || len(m.tokens) != 4 {
		t.Errorf("the same form again answered %d, and there are %d tokens", status, len(m.tokens))
	}

	form.Set("id", idField.FindStringSubmatch(again)[1])
	status, page := s.do(t, c, "POST", "/settings/tokens", form)
	secret := secretPattern.FindString(page)
	if status != http.StatusOK || secret == "" || !strings.Contains(page, "Security Reader of Contoso") {
		t.Fatalf("making a token answered %d without it", status)
	}
	for _, path := range []string{"/settings", "/access-log", "/settings/tokens/" + form.Get("id") + "/revoke"} {
		if status, body := s.do(t, c, "GET", path, nil); status != http.StatusOK || strings.Contains(body, secret) || !strings.Contains(body, "nightly") {
			t.Errorf("%s answered %d; it must name the token and not hold its secret", path, status)
		}
	}
	if log := fmt.Sprint(m.access); strings.Contains(log, secret) || !strings.Contains(log, "token-create nightly id "+form.Get("id")+", role Security Reader, expires 2026-04-02") {
		t.Errorf("the access log says %s", log)
	}
}

func TestTokenIsRevokedAfterAQuestion(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	c := s.client(t, person(auth.GlobalAdministrator))
	_, page := s.do(t, c, "GET", "/settings", nil)
	if strings.Count(page, "/revoke\"") != 1 {
		t.Error("not the active token alone can be revoked")
	}
	if status, body := s.do(t, c, "GET", "/settings/tokens/aaaaaaaaaaaa/revoke", nil); status != http.StatusOK || !strings.Contains(body, "Revoke nightly-export?") || m.tokens[0].State != store.TokenActive {
		t.Errorf("the question answered %d, and the token is %s", status, m.tokens[0].State)
	}
	if status, _ := s.do(t, c, "POST", "/settings/tokens/aaaaaaaaaaaa/revoke", nil); status != http.StatusSeeOther || m.tokens[0].State != store.TokenRevoked {
		t.Errorf("saying yes answered %d, and the token is %s", status, m.tokens[0].State)
	}
	if log := fmt.Sprint(m.access); !strings.Contains(log, "token-revoke nightly-export id aaaaaaaaaaaa") {
		t.Errorf("the access log says %s", log)
	}
	if _, body := s.do(t, c, "GET", "/settings/tokens/aaaaaaaaaaaa/revoke", nil); !strings.Contains(body, "lets nobody in any more") || strings.Contains(body, `class="danger"`) {
		t.Error("a revoked token can be revoked again")
	}
	if status, _ := s.do(t, c, "GET", "/settings/tokens/zzzzzzzzzzzz/revoke", nil); status != http.StatusNotFound {
		t.Errorf("an unknown token answered %d", status)
	}
}

// TestTokenMistakesStayInTheForm keeps what was typed and says what is wrong with it.
func TestTokenMistakesStayInTheForm(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	c := s.client(t, person(auth.GlobalAdministrator))
	for name, form := range map[string]url.Values{
		"no name":      {"name": {" "}, "role": {"Security Reader"}, "days": {"30"}},
		"no number":    {"name": {"kept"}, "role": {"Security Reader"}, "days": {"many"}},
		"too long":     {"name": {"kept"}, "role": {"Security Reader"}, "days": {"366"}},
		"unknown role": {"name": {"kept"}, "role": {"Directory Readers"}, "days": {"30"}},
	} {
		status, body := s.do(t, c, "POST", "/settings/tokens", form)
		if status != http.StatusBadRequest || !strings.Contains(body, `role="alert"`) || !strings.Contains(body, `value="`+html.EscapeString(strings.TrimSpace(form.Get("name")))+`"`) || len(m.tokens) != 3 {
			t.Errorf("%s: answered %d, and there are %d tokens", name, status, len(m.tokens))
		}
	}
	if _, body := s.do(t, s.client(t, person(auth.SecurityAdministrator)), "GET", "/settings", nil); strings.Contains(body, "nightly-export") || strings.Contains(body, "Access tokens") {
		t.Error("somebody who may not make tokens sees them")
	}
}

// TestMakeATokenInTheBrowser fills the form in, holds the page with the secret to what everybody needs, and goes back and
// forth without seeing it again.
func TestMakeATokenInTheBrowser(t *testing.T) {
	source := axeSource(t)
	s := newSite(t, newSample())
	b := newBrowser(t, s)
	for i, look := range []struct {
		width int64
		theme string
	}{{1440, "light"}, {1440, "dark"}, {390, "light"}, {390, "dark"}} {
		b.look(look.width, look.theme)
		b.open("/settings")
		b.run(chromedp.SendKeys(chromedp.CSS("#token-name"), fmt.Sprintf("browser-%d", i)))
		b.click(`form[action="/settings/tokens"] button`)
		b.until("the token", `document.querySelector("#secret")`)
		name := fmt.Sprintf("token-%s-%d", look.theme, look.width)
		b.shot(name)
		b.axe(name, source)
		if wide := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
			b.t.Errorf("%s: the page is %d pixels too wide", name, wide)
		}
		secret := b.text("#secret")
		if !secretPattern.MatchString(secret) || strings.Contains(eval[string](b, "location.href"), secret[:20]) {
			t.Errorf("%s: the page shows %d characters at %s", name, len(secret), eval[string](b, "location.href"))
		}
		b.click(`main a.primary`)
		b.until("the list", `document.querySelector("#tokens")`)
		if text := b.text("main"); strings.Contains(text, secret) || !strings.Contains(text, fmt.Sprintf("browser-%d", i)) {
			t.Errorf("%s: the list shows %.300s", name, text)
		}
		eval[bool](b, `(document.querySelector("#tokens").scrollIntoView(), true)`)
		b.shot("list-" + name)
		b.quiet(name)
		eval[bool](b, `(setTimeout(() => history.back()), true)`) // after the answer: going back ends the page that gives it
		b.until("the page before, without the secret", fmt.Sprintf(`document.readyState === "complete" && !document.querySelector("#tokens") && !document.documentElement.outerHTML.includes(%q)`, secret))
		b.said = nil // the browser says that the form would have to be sent again

		b.open("/settings")
		eval[bool](b, `((e) => { e.form.noValidate = true; e.value = ""; return true; })(document.querySelector("#token-days"))`)
		b.click(`form[action="/settings/tokens"] button`)
		b.until("what is wrong", `document.querySelector("#token-mistake")`)
		eval[bool](b, `(document.querySelector("#tokens").scrollIntoView(), true)`)
		b.shot("mistake-" + name)
		b.axe("mistake-"+name, source)
		b.said = nil // the status of the answer
	}
}
