package web

import (
	"net/http"
)

type reportsPage struct {
	*Shell
	Groups []ReportGroup
}

// ReportGroup is reports under one heading.
type ReportGroup struct {
	Name    string
	Reports []ReportInfo
}

func (*reportsPage) file() string { return "reports.html" }

// reportsPage lists the prebuilt reports.
func (s *Server) reportsPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "reports", "Reports")
	if err != nil {
		return err
	}
	list, err := s.services.ReportList(r.Context(), s.scope(sh))
	if err != nil {
		return err
	}
	p := &reportsPage{Shell: sh}
	for _, rep := range list {
		if len(p.Groups) == 0 || p.Groups[len(p.Groups)-1].Name != rep.Group {
			p.Groups = append(p.Groups, ReportGroup{Name: rep.Group})
		}
		last := &p.Groups[len(p.Groups)-1]
		last.Reports = append(last.Reports, rep)
	}
	return s.render(w, r, p)
}

type reportPage struct {
	*Shell
	Report *Report
}

func (*reportPage) file() string { return "report.html" }

// View is a table of the report with what its template needs.
func (p *reportPage) View(t Table) TableView { return TableView{Shell: p.Shell, Table: t} }

// TableView is a table of a report or of a query.
type TableView struct {
	*Shell
	Table
	Sortable bool
}

// Number is a row's number as people count.
func (t TableView) Number(row int) int { return row + 1 }

// Leads tells whether a cell leads to the records behind its row: the figure does, or else the row's last cell, or where
// that is a number that counts only some of them its first.
func (t TableView) Leads(row, column int) bool {
	at := t.FigureColumn
	if at < 0 {
		at = len(t.Columns) - 1
		if t.Columns[at].Numeric {
			at = 0
		}
	}
	return column == at && t.Drill(row) != ""
}

// Drill is the address of the records behind a row, "" where there is none or the person may not run queries.
func (t TableView) Drill(row int) string {
	if row >= len(t.Behind) || t.Behind[row] == "" || !t.CanQuery() {
		return ""
	}
	return t.To("/query", "q", t.Behind[row], "run", "1", "range", queryPeriod)
}

// reportPage runs one report.
func (s *Server) reportPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "reports", "Report")
	if err != nil {
		return err
	}
	sh.Crumbs = []Link{{"Reports", sh.To("/reports")}}
	rep, err := s.services.Report(r.Context(), s.scope(sh), r.PathValue("id"), asked(sh), params(sh))
	if err != nil {
		return err
	}
	sh.Title, sh.Period = rep.Title, periodOf(sh.Period, rep)
	return s.render(w, r, &reportPage{sh, rep})
}

// asked is the period that an address asks a report for; without one the report takes its own.
func asked(sh *Shell) Period {
	for _, key := range periodKeys {
		if sh.Values.Get(key) != "" {
			return sh.Period
		}
	}
	return Period{}
}

// periodOf is the choice that a report's period is, for the control that changes it.
func periodOf(p Period, rep *Report) Period {
	for _, choice := range periods {
		if p.Key != "custom" && choice.Length > 0 && choice.Length == rep.To-rep.From {
			return Period{Key: choice.Key, From: rep.From}
		}
	}
	return p
}

// params are the values of an address that are not the page's own.
func params(sh *Shell) map[string]string {
	out := map[string]string{}
	for key := range sh.Values {
		switch key {
		case "range", "from", "to", "tenant", "format":
		default:
			out[key] = sh.Value(key)
		}
	}
	return out
}

// reportExport writes a report's rows.
func (s *Server) reportExport(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "reports", "Report")
	if err != nil {
		return err
	}
	scope, id := s.scope(sh), r.PathValue("id")
	return s.export(w, r, scope, id, func(format string, out *exportWriter) (int64, error) {
		return s.services.ExportReport(r.Context(), scope, id, asked(sh), params(sh), format, out)
	})
}
