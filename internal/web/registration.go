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
	On     string // the day that is shown, in words, where it is not today
	Notes  []string
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
	at := s.dayAsked(sh, f.At)
	if at == askedPast {
		sh.Title = "Registration on " + sh.LongDate(f.At)
	}
	f.Page, _ = strconv.Atoi(sh.Value("page"))
	f.Page = min(max(f.Page, 0), 100_000)
	p := &registrationPage{Shell: sh, Filter: f, View: &RegistrationView{}, Page: f.Page, Lists: registrationLists(f.Compare != 0)}
	if sh.Tenant.ID != "" {
		if p.View, err = s.services.Registration(r.Context(), s.scope(sh), f); err != nil {
			return err
		}
	}
	if at == askedPast {
		p.On = sh.LongDate(f.At)
	}
	p.Notes = s.registrationNotes(sh, f, p.View.KnownSince)
	p.Last = int64((f.Page+1)*pageRows) >= p.View.Listed
	return s.render(w, r, p)
}

// A day that is asked for has passed, is today, or is still to come.
const (
	askedToday = iota
	askedPast
	askedToCome
)

// dayAsked tells which of them a day is; end is its last instant, 0 for none asked.
func (s *Server) dayAsked(sh *Shell, end passtrail.Ticks) int {
	now := passtrail.TicksOf(s.now())
	switch {
	case end == 0:
		return askedToday
	case end < now:
		return askedPast
	case sh.Date(end) != sh.Date(now):
		return askedToCome
	}
	return askedToday
}

// registrationNotes say what to know about the days asked for: one before the first snapshot is assumed, one that is still
// to come is answered as of now.
func (s *Server) registrationNotes(sh *Shell, f RegistrationFilter, since passtrail.Ticks) []string {
	var notes []string
	for _, end := range []passtrail.Ticks{f.At, f.Compare} {
		switch s.dayAsked(sh, end) {
		case askedToCome:
			text := " is still to come: shown is the state of now."
			if end == f.Compare {
				text = " is still to come: compared is with the state of now."
			}
			notes = append(notes, sh.LongDate(end)+text)
		case askedPast:
			if since != 0 && end < since {
				notes = append(notes, "The state on "+sh.LongDate(end)+" is assumed from the first snapshot of "+sh.LongDate(since)+".")
			}
		}
	}
	return notes
}

// WhoText is who the figures are about, for paper.
func (p *registrationPage) WhoText() string {
	who := map[string]string{"members": "Members", "guests": "Guests", "admins": "Administrators", "users": "Not administrators"}[p.Filter.Who]
	if who == "" {
		return "Everybody"
	}
	return who
}

// ListText is which list of people is shown, for paper.
func (p *registrationPage) ListText() string {
	for _, l := range p.Lists {
		if l.Href == p.Filter.List {
			if p.Filter.Text != "" {
				return l.Text + ", with “" + p.Filter.Text + "” in the name"
			}
			return l.Text
		}
	}
	return ""
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
