package web

import (
	"net/http"

	"passtrail/internal/auth"
)

type overviewPage struct {
	*Shell
	Answers   []Answer
	Freshness Freshness
}

func (*overviewPage) file() string { return "overview.html" }

// overviewPage answers the nine questions at a glance.
func (s *Server) overviewPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "overview", "Overview")
	if err != nil {
		return err
	}
	if !sh.CanRead() && sh.Who.Can(auth.ReadPerson) { // the help desk begins with the caller
		http.Redirect(w, r, sh.To("/person"), http.StatusSeeOther)
		return nil
	}
	p := &overviewPage{Shell: sh}
	if sh.Tenant.ID == "" {
		return s.render(w, r, p)
	}
	if p.Freshness, err = s.services.Freshness(r.Context(), s.scope(sh)); err != nil {
		return err
	}
	if err := s.cover(r, sh); err != nil {
		return err
	}
	if p.Freshness.Records > 0 || p.Freshness.Snapshot > 0 {
		if p.Answers, err = s.services.Answers(r.Context(), s.scope(sh), sh.Period); err != nil {
			return err
		}
	}
	return s.render(w, r, p)
}
