package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/auth"
)

// Shell is what every page shows around its content, and what its templates need to write times and addresses.
type Shell struct {
	Zone
	Title, Section string // Section is the menu entry to mark
	Theme          string // "light", "dark" or "" for the system's
	Who            *auth.Identity
	Tenant         TenantView
	Tenants        []TenantView
	Path           string
	Values         url.Values // of the address
	Period         Period
	Nonce          string
	NewFindings    int64
	Demo           bool
	Live           bool // the server tells of changes
	Crumbs         []Link
	PaneOpen       bool // details stand beside the page: it leaves them room from the first line on
	Covered        Coverage
}

func (sh *Shell) base() *Shell { return sh }

// MenuItem is an entry of the menu.
type MenuItem struct {
	Section, Text, Href, Icon string
	Needs                     auth.Permission
	Count                     int64
}

// menu is every entry in order; those that the person may not use are left out, since the pages would refuse anyway.
var menu = [][]MenuItem{
	{
		{"overview", "Overview", "/", "overview", auth.ReadReports, 0},
		{"reports", "Reports", "/reports", "reports", auth.ReadPerson, 0}, // the help desk has those that a caller needs
		{"audit", "Audit log", "/audit", "audit", auth.ReadReports, 0},
		{"attempts", "Attempts", "/attempts", "attempts", auth.ReadReports, 0},
		{"person", "Person", "/person", "person", auth.ReadPerson, 0},
		{"registration", "Registration", "/registration", "registration", auth.ReadReports, 0},
		{"suspicious", "Suspicious activity", "/suspicious", "suspicious", auth.ReadReports, 0},
		{"query", "Query", "/query", "query", auth.RunQueries, 0},
	},
	{
		{"sources", "Sources", "/sources", "sources", auth.ReadReports, 0},
		{"access", "Access log", "/access-log", "access", auth.ReadAccessLog, 0},
		{"settings", "Settings", "/settings", "settings", auth.ReadPerson, 0},
	},
}

// Menu is the menu for the one who asks.
func (sh *Shell) Menu() [][]MenuItem {
	var out [][]MenuItem
	for i, group := range menu {
		var items []MenuItem
		if i > 0 && sh.Several() {
			group = append([]MenuItem{portfolio}, group...)
		}
		for _, item := range group {
			if !sh.Who.Can(item.Needs) {
				continue
			}
			if item.Section == "suspicious" {
				item.Count = sh.NewFindings
			}
			item.Href = address(item.Href, sh.named(url.Values{}))
			items = append(items, item)
		}
		if len(items) > 0 {
			out = append(out, items)
		}
	}
	return out
}

// CanConfigure tells whether the person may change settings.
func (sh *Shell) CanConfigure() bool { return sh.Who.Can(auth.Configure) }

// CanExport tells whether the person may export.
func (sh *Shell) CanExport() bool { return sh.Who.Can(auth.Export) }

// CanQuery tells whether the person may run queries in this tenant.
func (sh *Shell) CanQuery() bool { return sh.Who.Can(auth.RunQueries) && sh.Tenant.CustomQueries }

// CanTriage tells whether the person may change the state of findings.
func (sh *Shell) CanTriage() bool { return sh.Who.Can(auth.Triage) }

// With is the address of this page with some values changed; an empty value takes one out.
func (sh *Shell) With(pairs ...string) string { return sh.Link(sh.Path, pairs...) }

// Link is the address of another page with this one's values, some of them changed.
func (sh *Shell) Link(path string, pairs ...string) string {
	v := url.Values{}
	for key, list := range sh.Values {
		for _, value := range list {
			if value != "" {
				v.Add(key, value)
			}
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		} else {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return address(path, sh.named(v))
}

// named adds the tenant to an address where there are several, so that whoever opens it sees the same one.
func (sh *Shell) named(v url.Values) url.Values {
	if len(sh.Tenants) > 1 && !v.Has("tenant") {
		v.Set("tenant", string(sh.Tenant.ID))
	}
	return v
}

// Here is an address of this server with the tenant added where there are several.
func (sh *Shell) Here(href string) string {
	u, err := url.Parse(href)
	if err != nil || !sh.Several() {
		return href
	}
	return address(u.Path, sh.named(u.Query()))
}

// Elsewhere is the address to show for another tenant: the same report, query or list, for the same period. One record,
// attempt, person or finding is of this tenant alone.
func (sh *Shell) Elsewhere() string {
	if sh.Section == "reports" || sh.Section == "query" {
		return sh.Link(sh.Path, "tenant", "")
	}
	for _, group := range append(menu, []MenuItem{portfolio}) {
		for _, item := range group {
			if item.Section == sh.Section {
				return sh.To(item.Href)
			}
		}
	}
	return "/"
}

// Along is an address that an answer names, for the tenant and, unless it has its own, the period in force.
func (sh *Shell) Along(href string) string {
	u, err := url.Parse(href)
	if err != nil {
		return href
	}
	v := u.Query()
	if !v.Has("range") {
		for _, key := range periodKeys {
			if s := sh.Values.Get(key); s != "" {
				v.Set(key, s)
			}
		}
	}
	return address(u.Path, sh.named(v))
}

// periodKeys are the values of an address that say which period it is about.
var periodKeys = []string{"range", "from", "to"}

// Several tells whether there are several tenants to choose from.
func (sh *Shell) Several() bool { return len(sh.Tenants) > 1 }

// SeesNone tells whether there may be tenants that the person does not see.
func (sh *Shell) SeesNone() bool { return sh.Tenant.ID == "" && sh.Who != nil && !sh.Who.AllTenants }

// CanRead tells whether the person may read reports and records.
func (sh *Shell) CanRead() bool { return sh.Who.Can(auth.ReadReports) }

// To is the address of a page with these values only, and the period in force.
func (sh *Shell) To(path string, pairs ...string) string {
	v := url.Values{}
	for _, key := range append([]string{"tenant"}, periodKeys...) {
		if s := sh.Values.Get(key); s != "" {
			v.Set(key, s)
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return address(path, sh.named(v))
}

// byQuery stands in the path for an id that is in the query: one that a browser or a proxy would not leave as it is.
const byQuery = "-"

// ToOne is the address of one thing below a path, for this tenant and period.
func (sh *Shell) ToOne(path, id string) string {
	if odd(id) {
		return sh.To(path+byQuery, "id", id)
	}
	return sh.To(path + id)
}

// OneHref is the address of one thing below a path, without tenant and period.
func OneHref(path, id string) string {
	if odd(id) {
		return path + byQuery + "?id=" + url.QueryEscape(id)
	}
	return path + id
}

// odd tells whether an id belongs into the query: browsers take "." and ".." out of a path, and proxies decode a slash, so
// only letters, digits and the marks of addresses and names are left in it.
func odd(id string) bool {
	mark := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.@~", r)
	}
	return strings.Trim(id, ".") == "" || id == byQuery || strings.ContainsFunc(id, mark)
}

// oneOf is the id of what a request asks for, as ToOne wrote it.
func oneOf(r *http.Request) string {
	if id := r.PathValue("id"); id != byQuery {
		return id
	}
	return r.URL.Query().Get("id")
}

// address joins a path and values; empty values make no question mark.
func address(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// Value is a value of the address, for fields to show what they filter by.
func (sh *Shell) Value(key string) string { return sh.Values.Get(key) }

// bareShell is the shell of pages outside: sign-in and errors before it.
func (s *Server) bareShell(r *http.Request) *Shell {
	nonce, _ := r.Context().Value(nonceKey{}).(string)
	return &Shell{
		Zone: s.zone(r), Theme: cookieValue(r, themeCookie, themes), Path: r.URL.Path, Values: r.URL.Query(), Nonce: nonce, Demo: s.demo,
		Live: s.changes != nil,
	}
}

// shell finds out what a page needs to know about the one who asks and the tenant. An address that names a tenant which
// is not there, or a period which is none, is an error: figures of another tenant or time would pass for those asked for.
func (s *Server) shell(r *http.Request, section, title string) (*Shell, error) {
	sh, err := s.anyShell(r, section, title)
	if err != nil {
		return nil, err
	}
	for _, id := range []string{sh.Values.Get("tenant"), postedTenant(r)} {
		if id != "" && !strings.EqualFold(id, string(sh.Tenant.ID)) {
			return nil, passtrail.Errorf(passtrail.NotFound, "web.shell", "there is no tenant %q here that you may see", id)
		}
	}
	return sh, sh.checkPeriod()
}

// cover finds out which part of the page's period the records cover.
func (s *Server) cover(r *http.Request, sh *Shell) (err error) {
	sh.Covered, err = s.services.Coverage(r.Context(), s.scope(sh), sh.Period)
	return err
}

// postedTenant is the tenant that a form says it is about.
func postedTenant(r *http.Request) string {
	if r.Method != http.MethodPost {
		return ""
	}
	return r.PostFormValue("tenant")
}

// anyShell is the shell for the tenant that the request names, or for another one where that is not there.
func (s *Server) anyShell(r *http.Request, section, title string) (*Shell, error) {
	sh := s.bareShell(r)
	sh.Who, sh.Section, sh.Title = auth.From(r.Context()), section, title
	list, err := s.services.TenantList(r.Context())
	if err != nil {
		return nil, err
	}
	sh.Tenants = list
	sh.Tenant = chooseTenant(list, sh.Values.Get("tenant"), postedTenant(r), cookieValue(r, tenantCookie, nil))
	sh.Period = s.period(sh, "30d")
	if sh.Tenant.ID != "" && sh.Who.Can(auth.ReadReports) {
		found, err := s.services.FindFindings(r.Context(), s.scope(sh), "new")
		if err != nil {
			return nil, err
		}
		for _, f := range found.States {
			if f.Value == "new" {
				sh.NewFindings = f.Count
			}
		}
	}
	return sh, nil
}

// chooseTenant takes the tenant that the address names, else the one looked at last, else the first.
func chooseTenant(list []TenantView, wanted ...string) TenantView {
	for _, id := range wanted {
		for _, t := range list {
			if id != "" && string(t.ID) == strings.ToLower(id) {
				return t
			}
		}
	}
	if len(list) == 0 {
		return TenantView{}
	}
	return list[0]
}

// periods are the choices of a period, shortest first.
var periods = []struct {
	Key, Text string
	Length    passtrail.Ticks
}{
	{"24h", "Last 24 hours", passtrail.Day}, {"7d", "Last 7 days", 7 * passtrail.Day}, {"30d", "Last 30 days", 30 * passtrail.Day},
	{"90d", "Last 90 days", 90 * passtrail.Day}, {"365d", "Last 365 days", 365 * passtrail.Day}, {"all", "All time", 0}, {"custom", "Custom", 0},
}

// period reads the period of an address; without one it is def.
func (s *Server) period(sh *Shell, def string) Period {
	key := sh.Values.Get("range")
	from, okFrom := sh.ParseDate(sh.Values.Get("from"))
	to, okTo := sh.ParseDate(sh.Values.Get("to"))
	if key == "custom" || key == "" && (okFrom || okTo) {
		if okTo && len(strings.TrimSpace(sh.Values.Get("to"))) == len(time.DateOnly) {
			to = sh.NextDay(to) // the last day is part of the period
		}
		return Period{Key: "custom", From: from, To: to}
	}
	for range 2 {
		for _, p := range periods {
			if p.Key == key && key == "all" {
				return Period{Key: key}
			}
			if p.Key == key && p.Length > 0 {
				return Period{Key: key, From: passtrail.TicksOf(s.now()) - p.Length}
			}
		}
		key = def
	}
	return Period{Key: "all"}
}

func notADay(text string) error {
	return passtrail.Errorf(passtrail.Invalid, "web.period", "%q is not a day; write it as 2026-03-31", text)
}

// checkPeriod says what is wrong with the days of a custom period.
func (sh *Shell) checkPeriod() error {
	if sh.Period.Key != "custom" {
		return nil
	}
	for _, key := range []string{"from", "to"} {
		text := sh.Values.Get(key)
		if _, ok := sh.ParseDate(text); text != "" && !ok {
			return notADay(text)
		}
	}
	if p := sh.Period; p.To != 0 && p.From >= p.To {
		return passtrail.Errorf(passtrail.Invalid, "web.period", "the period ends before it begins; swap the two days")
	}
	return nil
}

// PeriodField is the control that chooses a period.
type PeriodField struct {
	Key, From, To string
	Choices       []Link // Text is shown, Href is the key
}

// PeriodField is the control for the period in force.
func (sh *Shell) PeriodField() PeriodField {
	f := PeriodField{Key: sh.Period.Key}
	for _, p := range periods {
		f.Choices = append(f.Choices, Link{p.Text, p.Key})
	}
	if f.Key == "custom" {
		f.From = sh.Date(sh.Period.From)
		if sh.Period.To > 0 {
			f.To = sh.Date(sh.Period.To - 1)
		}
	}
	return f
}

// PeriodText is the period in words.
func (sh *Shell) PeriodText() string {
	for _, p := range periods {
		if p.Key == sh.Period.Key && p.Key != "custom" {
			return p.Text
		}
	}
	f := sh.PeriodField()
	switch {
	case f.From != "" && f.To != "":
		return f.From + " to " + f.To
	case f.From != "":
		return "since " + f.From
	case f.To != "":
		return "until " + f.To
	}
	return "All time"
}
