package web

import (
	"net/http"
	"strconv"
	"strings"

	"passtrail"
)

type registrationPage struct {
	*Shell
	Filter RegistrationFilter
	View   *RegistrationView
	Lists  []Link
	Page   int
	Last   bool
}

func (*registrationPage) file() string { return "registration.html" }

// registrationPage shows who is registered, at any date, and what changed between two.
func (s *Server) registrationPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "registration", "Registration")
	if err != nil {
		return err
	}
	f := RegistrationFilter{Who: sh.Value("who"), List: sh.Value("list"), Text: strings.TrimSpace(sh.Value("q")), Limit: pageRows}
	if f.List == "" {
		f.List = "missing"
	}
	for key, end := range map[string]*passtrail.Ticks{"at": &f.At, "compare": &f.Compare} {
		if text := sh.Value(key); text != "" {
			day, ok := sh.ParseDate(text)
			if !ok {
				return notADay(text)
			}
			*end = sh.NextDay(day) - 1
		}
	}
	f.Page, _ = strconv.Atoi(sh.Value("page"))
	f.Page = min(max(f.Page, 0), 100_000)
	p := &registrationPage{Shell: sh, Filter: f, View: &RegistrationView{}, Page: f.Page, Lists: registrationLists(f.Compare != 0)}
	if sh.Tenant.ID != "" {
		if p.View, err = s.services.Registration(r.Context(), s.scope(sh), f); err != nil {
			return err
		}
	}
	p.Last = int64((f.Page+1)*pageRows) >= p.View.Listed
	return s.render(w, r, p)
}

// registrationLists are the lists of people to choose from; Href is the key.
func registrationLists(compared bool) []Link {
	lists := []Link{{"Enabled, not registered", "missing"}, {"Registered, not enabled", "unlisted"}, {"Admins not capable", "admins"}, {"Registered", "registered"}}
	if compared {
		lists = append(lists, Link{"Changed between the dates", "changed"})
	}
	return lists
}

// PageHref is the address of another page of the list.
func (p *registrationPage) PageHref(step int) string {
	n := p.Page + step
	if n <= 0 {
		return p.With("page", "")
	}
	return p.With("page", strconv.Itoa(n))
}

// First and Until number the rows that the page of the list shows.
func (p *registrationPage) First() int64 { return int64(p.Page*pageRows) + 1 }

// Until is the number of the last row shown.
func (p *registrationPage) Until() int64 { return int64(p.Page*pageRows + len(p.View.People)) }
