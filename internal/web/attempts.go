package web

import (
	"net/http"
	"strings"
)

type attemptsPage struct {
	*Shell
	Filter  AttemptFilter
	Page    *AttemptPage
	Summary *AttemptSummary
	Chips   []Chip
	Part    bool // htmx asked for the list alone; the counts beside the filters come along
}

func (*attemptsPage) file() string { return "attempts.html" }

// Table is the rows with what their template needs.
func (p *attemptsPage) Table() AttemptTable { return AttemptTable{p.Shell, p.Page.Rows, true} }

// Facets is the choices of one filter.
func (p *attemptsPage) Facets(name, label, all string, list []Facet) FacetField {
	return FacetField{Name: name, Label: label, All: all, Value: p.Value(name), List: list, Again: p.Part}
}

// AttemptTable is attempts as a table, on several pages.
type AttemptTable struct {
	*Shell
	Rows   []AttemptRow
	Person bool // with the column that names the person
}

// attemptsPage lists attempts and says where people stop.
func (s *Server) attemptsPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "attempts", "Attempts")
	if err != nil {
		return err
	}
	f := AttemptFilter{
		Period: sh.Period, Outcome: sh.Value("outcome"), Problem: sh.Value("problem"), Method: sh.Value("method"), Who: sh.Value("who"),
		Person: strings.TrimSpace(sh.Value("person")), Address: strings.TrimSpace(sh.Value("address")), After: sh.Value("after"), Limit: pageRows,
	}
	p := &attemptsPage{Shell: sh, Filter: f, Page: &AttemptPage{}, Summary: &AttemptSummary{}, Chips: attemptChips(sh), Part: wantedPart(r) == "results"}
	if sh.Tenant.ID == "" {
		return s.render(w, r, p)
	}
	scope := s.scope(sh)
	if err := s.noteSearch(r, scope, "attempts", f.Person); err != nil {
		return err
	}
	if err := s.cover(r, sh); err != nil {
		return err
	}
	if p.Page, err = s.services.FindAttempts(r.Context(), scope, f); err != nil {
		return err
	}
	if p.Summary, err = s.services.AttemptSummary(r.Context(), scope, f); err != nil {
		return err
	}
	return s.render(w, r, p)
}

// attemptChips are the filters in force.
func attemptChips(sh *Shell) []Chip {
	var out []Chip
	for _, n := range []Link{{"Outcome", "outcome"}, {"Problem", "problem"}, {"Method", "method"}, {"Who", "who"}, {"Person", "person"}, {"Address", "address"}} {
		if v := sh.Value(n.Href); v != "" {
			out = append(out, Chip{n.Text + ": " + v, sh.With(n.Href, "", "after", "")})
		}
	}
	return out
}

type attemptPage struct {
	*Shell
	Attempt *AttemptView
}

func (*attemptPage) file() string { return "attempt.html" }

// attemptPage tells one attempt from its first record to its last.
func (s *Server) attemptPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "attempts", "Attempt")
	if err != nil {
		return err
	}
	sh.Crumbs = []Link{{"Attempts", sh.To("/attempts")}}
	scope := s.scope(sh)
	view, err := s.services.Attempt(r.Context(), scope, oneOf(r))
	if err != nil {
		return err
	}
	if err := s.note(r, scope, "view-person", view.UPN, "attempt "+view.ID); err != nil {
		return err
	}
	return s.render(w, r, &attemptPage{sh, view})
}
