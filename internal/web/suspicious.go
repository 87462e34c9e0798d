package web

import (
	"net/http"
	"net/url"
	"strings"

	"passtrail"
)

type suspiciousPage struct {
	*Shell
	State string
	Page  *FindingPage
	Tabs  []Tab
}

// Tab is one of several views of a page.
type Tab struct {
	Text, Href string
	Count      int64
	Current    bool
}

func (*suspiciousPage) file() string { return "suspicious.html" }

// findingStates are the states of a finding and what they are called.
var findingStates = []Link{{"New", "new"}, {"Seen", "seen"}, {"Closed", "closed"}}

// suspiciousPage lists findings by state.
func (s *Server) suspiciousPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "suspicious", "Suspicious activity")
	if err != nil {
		return err
	}
	p := &suspiciousPage{Shell: sh, State: sh.Value("state"), Page: &FindingPage{}}
	if p.State == "" {
		p.State = "new"
	}
	if sh.Tenant.ID != "" {
		if p.Page, err = s.services.FindFindings(r.Context(), s.scope(sh), p.State); err != nil {
			return err
		}
	}
	for _, st := range findingStates {
		tab := Tab{Text: st.Text, Href: sh.With("state", st.Href), Current: st.Href == p.State}
		for _, f := range p.Page.States {
			if f.Value == st.Href {
				tab.Count = f.Count
			}
		}
		p.Tabs = append(p.Tabs, tab)
	}
	return s.render(w, r, p)
}

type findingPage struct {
	*Shell
	Finding *FindingView
	States  []Link
}

func (*findingPage) file() string { return "finding.html" }

// Table is the evidence with what its template needs.
func (p *findingPage) Table() EventTable {
	return EventTable{Shell: p.Shell, Rows: p.Finding.Rows, Columns: []string{"time", "activity", "status", "reason", "target", "actor", "address"}}
}

// FindingHref is the address of a finding.
func (sh *Shell) FindingHref(id string) string { return sh.To("/suspicious/" + url.PathEscape(id)) }

// findingPage shows one finding with its evidence.
func (s *Server) findingPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "suspicious", "Finding")
	if err != nil {
		return err
	}
	sh.Crumbs = []Link{{"Suspicious activity", sh.To("/suspicious")}}
	view, err := s.services.Finding(r.Context(), s.scope(sh), r.PathValue("id"))
	if err != nil {
		return err
	}
	sh.Title = view.Title
	if err := s.note(r, s.scope(sh), "view-finding", strings.Join(view.People, ", "), view.Rule); err != nil {
		return err
	}
	return s.render(w, r, &findingPage{sh, view, findingStates})
}

// findingChange sets a finding's state and note.
func (s *Server) findingChange(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "suspicious", "Finding")
	if err != nil {
		return err
	}
	state, note := r.PostFormValue("state"), strings.TrimSpace(r.PostFormValue("note"))
	if state != "new" && state != "seen" && state != "closed" {
		return passtrail.Errorf(passtrail.Invalid, "web.findingChange", "%q is no state of a finding (want new, seen or closed)", state)
	}
	if len(note) > 4000 {
		return passtrail.Errorf(passtrail.TooLarge, "web.findingChange", "the note has %d bytes, the limit is 4000", len(note))
	}
	id := r.PathValue("id")
	scope := s.scope(sh)
	look := AccessLine{Action: "finding-state", Subject: id, Detail: state}
	if err := s.changing(r, scope, &look, func() error { return s.services.SetFinding(r.Context(), scope, id, state, note) }); err != nil {
		return err
	}
	http.Redirect(w, r, sh.FindingHref(id), http.StatusSeeOther)
	return nil
}
