package web

import (
	"net/http"
	"slices"
	"strings"
)

const pageRows = 50

// eventColumns are the columns of the audit log that a reader may choose, in order.
var eventColumns = []Link{
	{"Date", "time"}, {"Service", "service"}, {"Category", "category"}, {"Activity", "activity"}, {"Status", "status"},
	{"Status reason", "reason"}, {"Target", "target"}, {"Initiated by", "actor"}, {"IP address", "address"},
	{"Correlation id", "correlation"}, {"User agent", "agent"},
}

// leadingColumn leads to the details of a record, and so is always there.
const leadingColumn = "activity"

var defaultColumns = []string{"time", "activity", "status", "reason", "target", "actor"}

type auditPage struct {
	*Shell
	Filter   EventFilter
	Page     *EventPage
	Columns  []string // shown
	Choices  []Link
	Chips    []Chip
	Record   *RecordPane
	KQL      string
	Problem  string
	MoreOpen bool
	Part     bool // htmx asked for the list alone; counts and links around it come along
}

// Chip is a filter in force and the address without it.
type Chip struct{ Text, Href string }

func (*auditPage) file() string { return "audit.html" }

// Always tells whether a column cannot be taken away.
func (*auditPage) Always(column string) bool { return column == leadingColumn }

// Table is the rows with what their template needs.
func (p *auditPage) Table() EventTable {
	return EventTable{Shell: p.Shell, Rows: p.Page.Rows, Columns: p.Columns, Current: p.Value("id"), InPlace: true}
}

// EventTable is records as a table, on several pages.
type EventTable struct {
	*Shell
	Rows    []EventRow
	Columns []string
	Current string
	InPlace bool // details open beside the table
}

// Shows tells whether a column is chosen.
func (t EventTable) Shows(column string) bool { return slices.Contains(t.Columns, column) }

// Href is where a record's details are.
func (t EventTable) Href(id string) string {
	if t.InPlace {
		return t.With("id", id)
	}
	return t.To("/audit", "id", id, "range", "all")
}

// Shows tells whether a column is chosen.
func (p *auditPage) Shows(column string) bool { return slices.Contains(p.Columns, column) }

// Facets is the choices of one filter.
func (p *auditPage) Facets(name, label, all string, list []Facet) FacetField {
	return FacetField{Name: name, Label: label, All: all, Value: p.Value(name), List: list, Again: p.Part}
}

// FacetField is a drop-down with counts. Again says that it takes the place of the one on the page.
type FacetField struct {
	Name, Label, All, Value string
	List                    []Facet
	Again                   bool
}

// Missing tells whether the chosen value is not among the choices, which happens when nothing matches.
func (f FacetField) Missing() bool {
	return f.Value != "" && !slices.ContainsFunc(f.List, func(x Facet) bool { return x.Value == f.Value })
}

// auditPage lists records by the filters of the address and shows one of them beside the list.
func (s *Server) auditPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "audit", "Audit log")
	if err != nil {
		return err
	}
	sh.Period = s.period(sh, "7d")
	p := &auditPage{Shell: sh, Filter: eventFilter(sh), Columns: chosenColumns(sh), Choices: eventColumns, Page: &EventPage{}}
	p.Chips, p.Part = eventChips(sh), wantedPart(r) == "results"
	p.MoreOpen = sh.Value("correlation")+sh.Value("agent")+sh.Value("q") != "" || len(sh.Values["col"]) > 0
	if sh.Tenant.ID == "" {
		return s.render(w, r, p)
	}
	scope := s.scope(sh)
	if id := sh.Value("id"); id != "" {
		view, err := s.services.Record(r.Context(), scope, id)
		if err != nil {
			return err
		}
		p.Record, sh.PaneOpen = &RecordPane{sh, view}, true
		if err := s.note(r, scope, "view-record", view.Target, view.ID); err != nil {
			return err
		}
	}
	if wantedPart(r) == "details" {
		return s.render(w, r, p)
	}
	if err := s.noteSearch(r, scope, "audit log", p.Filter.Target, p.Filter.Actor); err != nil {
		return err
	}
	p.KQL = s.services.EventsQuery(scope, p.Filter)
	if err := s.cover(r, sh); err != nil {
		return err
	}
	if p.Page, err = s.services.FindEvents(r.Context(), scope, p.Filter); err != nil {
		return err
	}
	return s.render(w, r, p)
}

// RecordPane is one record in the details pane.
type RecordPane struct {
	*Shell
	*RecordView
}

// eventFilter reads the filter from an address.
func eventFilter(sh *Shell) EventFilter {
	return EventFilter{
		Period: sh.Period, Service: sh.Value("service"), Category: sh.Value("category"), Activity: sh.Value("activity"),
		Status: sh.Value("status"), Target: strings.TrimSpace(sh.Value("target")), Actor: strings.TrimSpace(sh.Value("actor")),
		Correlation: strings.TrimSpace(sh.Value("correlation")), Agent: strings.TrimSpace(sh.Value("agent")), Text: strings.TrimSpace(sh.Value("q")),
		After: sh.Value("after"), Limit: pageRows,
	}
}

// chosenColumns reads the columns from an address; without any it is the usual ones.
func chosenColumns(sh *Shell) []string {
	var out []string
	for _, c := range eventColumns {
		if slices.Contains(sh.Values["col"], c.Href) || c.Href == leadingColumn {
			out = append(out, c.Href)
		}
	}
	if len(sh.Values["col"]) == 0 {
		return defaultColumns
	}
	return out
}

// eventChips are the filters in force, each with the address that takes it away.
func eventChips(sh *Shell) []Chip {
	names := []Link{{"Service", "service"}, {"Category", "category"}, {"Activity", "activity"}, {"Status", "status"}, {"Target begins with", "target"},
		{"Initiated by begins with", "actor"}, {"Correlation id", "correlation"}, {"User agent", "agent"}, {"Text", "q"}}
	var out []Chip
	for _, n := range names {
		if v := sh.Value(n.Href); v != "" {
			out = append(out, Chip{n.Text + ": " + v, sh.With(n.Href, "", "after", "", "id", "")})
		}
	}
	return out
}

// auditExport writes what is filtered, all of it.
func (s *Server) auditExport(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "audit", "Audit log")
	if err != nil {
		return err
	}
	sh.Period = s.period(sh, "7d")
	scope, f := s.scope(sh), eventFilter(sh)
	return s.export(w, r, scope, "audit-log", func(format string, out *exportWriter) (int64, error) {
		return s.services.ExportEvents(r.Context(), scope, f, format, out)
	})
}

// PartyList is actors or targets with what their template needs.
type PartyList struct {
	*Shell
	List []Party
}

// Parties makes the list for the template.
func (p *RecordPane) Parties(list []Party) PartyList { return PartyList{p.Shell, list} }
