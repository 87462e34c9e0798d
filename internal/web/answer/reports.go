package answer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/export"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/web"
)

// maxShown is how many rows of a table a page shows; an export has them all.
const maxShown = 300

// nine is how many reports answer the questions of the overview; they come first.
const nine = 9

// ReportList answers the list of prebuilt reports.
func (a *Answers) ReportList(ctx context.Context, s web.Scope) ([]web.ReportInfo, error) {
	callers := false
	if s.Tenant != "" {
		var err error
		if callers, err = mayReport(ctx, s); err != nil {
			return nil, err
		}
	}
	var out []web.ReportInfo
	for _, r := range a.library.Reports {
		if !callers || r.ForCallers() {
			out = append(out, info(r))
		}
	}
	return out, nil
}

// mayReport tells whether somebody may read reports: all of them whole, or as one who looks at one person at a time, which
// leaves what a caller on the line needs.
func mayReport(ctx context.Context, s web.Scope) (callers bool, err error) {
	if err = auth.Require(ctx, s.Tenant, auth.ReadReports); err == nil {
		return false, nil
	}
	if auth.Require(ctx, s.Tenant, auth.ReadPerson) == nil {
		return true, nil
	}
	return false, err
}

func info(r *report.Report) web.ReportInfo {
	group := "The nine questions"
	if r.Order > nine {
		group = "More"
	}
	return web.ReportInfo{ID: r.ID, Title: r.Title, Summary: r.Counts, Group: group}
}

// reportParams reads what a page asks of a report.
func reportParams(s web.Scope, p web.Period, values map[string]string) (report.Params, error) {
	out := report.Params{Tenant: s.Tenant, Now: s.Now, From: p.From, To: p.To, Zone: s.Days()}
	if p.Key == "all" {
		out.From = 1 // as early as instants go
	}
	if text := values["threshold"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1_000_000 {
			return out, passtrail.Errorf(passtrail.Invalid, "answer.Report", "%q is no threshold (want a number from 1 on)", text)
		}
		out.Threshold = n
	}
	return out, nil
}

// output runs a report.
func (a *Answers) output(ctx context.Context, s web.Scope, id string, p web.Period, values map[string]string) (*report.Output, error) {
	r, err := a.library.Find(id)
	if err != nil {
		return nil, err
	}
	params, err := reportParams(s, p, values)
	if err != nil {
		return nil, err
	}
	return a.library.Run(ctx, r, params)
}

// Report answers one report.
func (a *Answers) Report(ctx context.Context, s web.Scope, id string, p web.Period, values map[string]string) (*web.Report, error) {
	callers, err := mayReport(ctx, s)
	if err != nil {
		return nil, err
	}
	if r, found := a.library.Find(id); callers && (found != nil || !r.ForCallers()) {
		return nil, auth.Require(ctx, s.Tenant, auth.ReadReports)
	}
	out, err := a.output(ctx, s, id, p, values)
	if err != nil {
		return nil, err
	}
	if callers {
		return forCallers(out, s), nil
	}
	view := &web.Report{
		ReportInfo: info(out.Report), Sentence: out.Answer, Counts: strings.TrimSpace(out.Report.Counts), From: out.Params.From, To: out.Params.To,
		Query: out.Text, Notes: out.Notes,
	}
	if out.Report.Threshold > 0 {
		view.Params = []web.Param{{Name: "threshold", Label: "From how many on", Kind: "number", Value: strconv.Itoa(out.Params.Threshold)}}
	}
	for i := range out.Tables {
		view.Sections = append(view.Sections, section(out, i))
	}
	return view, nil
}

// forCallers is a report for those who look at one person at a time: the columns that a caller needs, without sums, query
// or the way to records.
func forCallers(out *report.Output, s web.Scope) *web.Report {
	view := &web.Report{ReportInfo: info(out.Report), Counts: strings.TrimSpace(out.Report.Counts), From: out.Params.From, To: out.Params.To}
	if text := out.Covered.Text(s.Days()); text != "" {
		view.Notes = []string{text}
	}
	for i, spec := range out.Report.Tables {
		if len(spec.Callers) == 0 {
			continue
		}
		sec := section(out, i)
		sec.Chart, sec.Table.Behind, sec.Table.FigureColumn = nil, nil, -1
		keep := make([]bool, len(sec.Table.Columns))
		for at, c := range sec.Table.Columns {
			keep[at] = slices.ContainsFunc(spec.Callers, func(name string) bool { return c.Name == spec.Heading(name) })
		}
		sec.Table.Columns = kept(sec.Table.Columns, keep)
		for n, cells := range sec.Table.Rows {
			sec.Table.Rows[n] = kept(cells, keep)
		}
		view.Sections = append(view.Sections, sec)
	}
	return view
}

// kept is what of a list is to be kept.
func kept[T any](list []T, keep []bool) []T {
	var out []T
	for i, x := range list {
		if keep[i] {
			out = append(out, x)
		}
	}
	return out
}

// section is one table of a report with its picture and the records behind its rows.
func section(out *report.Output, i int) web.Section {
	spec, t := out.Report.Tables[i], &out.Tables[i]
	sec := web.Section{Title: spec.Title, Table: table(t)}
	sec.Table.Caption = spec.Title
	if spec.Drill != "" {
		behind := make([]string, len(sec.Table.Rows))
		for n := range behind {
			behind[n] = out.DrillText(*t, t.Rows[n])
		}
		if slices.ContainsFunc(behind, func(text string) bool { return text != "" }) {
			sec.Table.Behind = behind
		}
	}
	translate(t, &spec, &sec.Table)
	if spec.Chart != nil {
		c, _ := out.Chart(i)
		sec.Chart = &web.Chart{Chart: c, LabelName: spec.Heading(strings.ReplaceAll(spec.Chart.X, "+", ", "))}
		if c.TimeAxis {
			sec.Chart.LabelName += " (UTC)"
		}
		for i, s := range sec.Chart.Series {
			sec.Chart.Series[i].Name = spec.Heading(s.Name)
		}
	}
	return sec
}

// hidden are the columns that drill-downs need and readers do not, by the column that says the same to a reader.
var hidden = map[string]string{"Problem": "Title", "Step": "Title", "UserId": "User", "FindingId": "Title", "Rule": "Reasoning"}

// translate puts a report's table into a reader's words: names of columns, methods and steps; lists as text; people as
// links. Keys that stand beside their words are left out.
func translate(t *query.Table, spec *report.Table, out *web.Table) {
	var keep []int
	for i, c := range t.Columns {
		if words, ok := hidden[c.Name]; !ok || t.Index(words) < 0 {
			keep = append(keep, i)
		}
	}
	columns := make([]web.TableColumn, 0, len(keep))
	out.FigureColumn = -1
	for at, i := range keep {
		c := out.Columns[i]
		if c.Name == spec.Figure {
			out.FigureColumn = at
		}
		utcDay := spec.Units[c.Name] == "UTC day"
		c.Name = spec.Heading(c.Name)
		if utcDay {
			c.Name, c.Kind = c.Name+" (UTC)", "text"
			writeDays(out.Rows, i)
		}
		columns = append(columns, c)
	}
	out.Columns = columns
	for n, line := range out.Rows {
		cells := make([]web.Cell, 0, len(keep))
		for _, i := range keep {
			cells = append(cells, worded(row{t, t.Rows[n]}, t.Columns[i].Name, line[i]))
		}
		out.Rows[n] = cells
	}
}

// writeDays writes the days of a column as days: as instants they would show in the reader's zone, where they are none.
func writeDays(rows [][]web.Cell, column int) {
	for _, line := range rows {
		if c := &line[column]; c.Time != 0 {
			c.Text, c.Time = c.Time.String()[:len(time.DateOnly)], 0
		}
	}
}

// worded is a report's cell in a reader's words.
func worded(r row, column string, cell web.Cell) web.Cell {
	switch column {
	case "Method", "LastMethod":
		cell.Text = label(cell.Text, types.String)
	case "LastStep":
		cell.Text = firstOf(steps[cell.Text], cell.Text)
	case "User":
		if id := r.text("UserId"); id != "" && cell.Text != "" {
			cell.Href = "/person/" + url.PathEscape(id)
		}
	case "Evidence":
		n := len(list(r.text(column)))
		cell = web.Cell{Text: digits(int64(n)) + " records", Sort: strconv.Itoa(n)}
	case "People", "Addresses", "Techniques":
		if items := list(r.text(column)); len(items) > 0 {
			text := strings.Join(items, ", ")
			cell = web.Cell{Text: text, Long: len(text) > 32}
		}
	}
	return cell
}

// label writes a cell as a chart's label.
func label(v any, t types.Type) string {
	if s := report.Label(v, t); s != "" {
		return s
	}
	return "(none)"
}

// table turns a result into what a page shows.
func table(t *query.Table) web.Table {
	out := web.Table{Caption: t.Name, FigureColumn: -1}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, web.TableColumn{Name: c.Name, Kind: kindOf(c.Type), Numeric: numericType(c.Type)})
	}
	shown := t.Rows[:min(len(t.Rows), maxShown)]
	out.Cut = int64(len(t.Rows) - len(shown))
	for _, cells := range shown {
		line := make([]web.Cell, len(cells))
		for i, v := range cells {
			line[i] = cell(v, t.Columns[i].Type)
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

// kindOf names a column's kind for the page.
func kindOf(t types.Type) string {
	switch {
	case numericType(t):
		return "number"
	case t == types.DateTime:
		return "time"
	case t == types.TimeSpan:
		return "span"
	case t == types.Dynamic:
		return "dynamic"
	}
	return "text"
}

func numericType(t types.Type) bool {
	return slices.Contains([]types.Type{types.Int, types.Long, types.Real, types.Decimal}, t)
}

// cell turns a value into what a page shows and sorts by.
func cell(v any, t types.Type) web.Cell {
	if v == nil {
		return web.Cell{Null: true}
	}
	c := web.Cell{Text: export.Text(v, t, time.UTC)}
	switch t {
	case types.DateTime:
		n, _ := v.(int64)
		c.Time, c.Sort = passtrail.Ticks(n), fmt.Sprintf("%020d", n)
	case types.TimeSpan:
		n, _ := v.(int64)
		c.Sort = fmt.Sprintf("%020d", n)
	case types.Dynamic:
		text, _ := v.(string)
		c = dynamic(text)
	default:
		c.Long = len(c.Text) > 32
		if numericType(t) {
			c.Sort = strings.ReplaceAll(fmt.Sprint(v), ",", "")
		}
	}
	return c
}

// dynamic shows a short value as it is and unfolds a long one.
func dynamic(text string) web.Cell {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return web.Cell{Text: text}
	}
	switch v := v.(type) {
	case nil:
		return web.Cell{Null: true}
	case string:
		return web.Cell{Text: v}
	case []any, map[string]any:
		pretty, err := json.MarshalIndent(v, "", "  ")
		if err != nil || len(text) <= 2 {
			return web.Cell{Text: text}
		}
		return web.Cell{Text: text, JSON: string(pretty)}
	}
	return web.Cell{Text: text}
}

// ExportReport writes the rows of every table of a report.
func (a *Answers) ExportReport(ctx context.Context, s web.Scope, id string, p web.Period, values map[string]string, format string, w io.Writer) (int64, error) {
	if err := auth.Require(ctx, s.Tenant, auth.Export); err != nil {
		return 0, err
	}
	out, err := a.output(ctx, s, id, p, values)
	if err != nil {
		return 0, err
	}
	about, err := a.about(ctx, s, out.Report.Title, "", web.Period{From: out.Params.From, To: out.Params.To})
	if err != nil {
		return 0, err
	}
	about.Notes = out.Notes
	writer, err := export.New(format, w, export.Options{About: about})
	if err != nil {
		return 0, err
	}
	defer export.Abandon(writer)
	var n int64
	for _, t := range out.Tables {
		if err := writer.Begin(t); err != nil {
			return n, err
		}
		for _, cells := range t.Rows {
			n++
			if err := writer.Row(cells); err != nil {
				return n, err
			}
		}
	}
	return n, writer.Close()
}
