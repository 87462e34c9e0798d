package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones on machines that have none

	"passtrail"
)

const (
	themeCookie  = "theme"
	zoneCookie   = "tz"
	tenantCookie = "tenant"
	cookieYear   = 365 * 24 * 60 * 60
)

var themes = []string{"light", "dark"}

// cookieValue reads a cookie; values outside allowed count as none. A nil list allows all.
func cookieValue(r *http.Request, name string, allowed []string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	value, err := url.QueryUnescape(c.Value)
	if err != nil || len(value) > 64 || allowed != nil && !slices.Contains(allowed, value) {
		return ""
	}
	return value
}

// zone is the reader's time zone: the cookie's, else UTC.
func (s *Server) zone(r *http.Request) Zone {
	z := Zone{Name: "UTC", loc: time.UTC, now: passtrail.TicksOf(s.now())}
	name := cookieValue(r, zoneCookie, nil)
	if name == "" || name == "Local" || strings.Contains(name, "..") {
		return z
	}
	if loc, err := time.LoadLocation(name); err == nil {
		z.Name, z.loc = name, loc
	}
	return z
}

// setPreferences stores theme, time zone and tenant in cookies and goes back to where the person was.
func (s *Server) setPreferences(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return passtrail.Errorf(passtrail.Invalid, "web.setPreferences", "the form could not be read")
	}
	for _, name := range []string{themeCookie, zoneCookie, tenantCookie} {
		if !r.PostForm.Has(name) {
			continue
		}
		value := r.PostForm.Get(name)
		if _, err := time.LoadLocation(value); name == zoneCookie && (err != nil || value == "Local") {
			return passtrail.Errorf(passtrail.Invalid, "web.setPreferences", "there is no time zone %q; write it as Europe/Berlin or UTC", value)
		}
		c := &http.Cookie{Name: name, Value: url.QueryEscape(value), Path: "/", MaxAge: cookieYear, Secure: s.secure, SameSite: http.SameSiteLaxMode}
		if value == "" {
			c.MaxAge = -1
		}
		http.SetCookie(w, c)
	}
	http.Redirect(w, r, withTenant(localPath(r.PostForm.Get("to")), r.PostForm.Get(tenantCookie)), http.StatusSeeOther)
	return nil
}

// withTenant names the tenant in an address, so that a page stays with it when another window chooses another one.
func withTenant(to, tenant string) string {
	u, err := url.Parse(to)
	if err != nil || tenant == "" {
		return to
	}
	v := u.Query()
	v.Set("tenant", tenant)
	u.RawQuery = v.Encode()
	return u.String()
}

// localPath lets redirects stay on this server.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, "\\") {
		return "/"
	}
	return to
}
