package web

import (
	"net/http"
	"strconv"

	"passtrail"
)

type sourcesPage struct {
	*Shell
	View *SourcesView
}

func (*sourcesPage) file() string { return "sources.html" }

// sourcesPage shows what came in, up to when, and what was set aside.
func (s *Server) sourcesPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "sources", "Sources")
	if err != nil {
		return err
	}
	p := &sourcesPage{Shell: sh, View: &SourcesView{}}
	if sh.Tenant.ID != "" {
		if p.View, err = s.services.SourceList(r.Context(), s.scope(sh)); err != nil {
			return err
		}
	}
	return s.render(w, r, p)
}

// PastRetention counts what came in older than the tenant keeps, of all sources.
func (v *SourcesView) PastRetention() (n int64) {
	for _, s := range v.Sources {
		n += s.PastRetention
	}
	return n
}

type setAsidePage struct {
	*Shell
	Item *SetAsideView
}

func (*setAsidePage) file() string { return "setaside.html" }

// setAsidePage shows one input that could not be read.
func (s *Server) setAsidePage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "sources", "Input set aside")
	if err != nil {
		return err
	}
	sh.Crumbs = []Link{{"Sources", sh.To("/sources")}}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return passtrail.Errorf(passtrail.NotFound, "web.setAsidePage", "no input has the number %s", r.PathValue("id"))
	}
	view, err := s.services.SetAside(r.Context(), s.scope(sh), id)
	if err != nil {
		return err
	}
	return s.render(w, r, &setAsidePage{sh, view})
}

type accessPage struct {
	*Shell
	*AccessPage
}

func (*accessPage) file() string { return "access.html" }

// OlderHref is the next page.
func (p *accessPage) OlderHref() string {
	return p.With("before", strconv.FormatInt(int64(p.Older), 10))
}

// accessPage shows who looked at what.
func (s *Server) accessPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "access", "Access log")
	if err != nil {
		return err
	}
	p := sh.Period
	if before := sh.Value("before"); before != "" {
		n, err := strconv.ParseInt(before, 10, 64)
		if err != nil || n <= 0 {
			return passtrail.Errorf(passtrail.Invalid, "web.accessPage", "the page's position is damaged; begin at the first page")
		}
		if p.To == 0 || passtrail.Ticks(n) < p.To {
			p.To = passtrail.Ticks(n)
		}
	}
	page, err := s.services.AccessEntries(r.Context(), s.scope(sh), p)
	if err != nil {
		return err
	}
	return s.render(w, r, &accessPage{sh, page})
}
