package report

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/chart"
	"passtrail/internal/export"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/vocab"
)

// array writes a list as a dynamic cell.
func array(list []string) string {
	if list == nil {
		return "[]"
	}
	b, _ := json.Marshal(list)
	return string(b)
}

// jsonColumn describes a column in a report's JSON.
type jsonColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Unit string `json:"unit,omitempty"`
}

// jsonTable is a table in a report's JSON; its rows are objects by column name.
type jsonTable struct {
	Name    string           `json:"name"`
	Title   string           `json:"title"`
	Columns []jsonColumn     `json:"columns"`
	Rows    []map[string]any `json:"rows"`
}

// jsonReport is the stable JSON form of a report; docs/reports.md documents it.
type jsonReport struct {
	Report    string       `json:"report"`
	Title     string       `json:"title"`
	Tenant    string       `json:"tenant"`
	From      string       `json:"from"`
	To        string       `json:"to"`
	Now       string       `json:"now"`
	Threshold int          `json:"threshold,omitempty"`
	Answer    string       `json:"answer"`
	Counts    string       `json:"counts"`
	Notes     []string     `json:"notes"`
	Coverage  jsonCoverage `json:"coverage"`
	Query     string       `json:"query,omitempty"`
	Tables    []jsonTable  `json:"tables"`
}

// WriteJSON writes the report in its stable JSON form.
func (o *Output) WriteJSON(w io.Writer) error {
	j := jsonReport{
		Report: o.Report.ID, Title: o.Report.Title, Tenant: string(o.Params.Tenant), From: o.Params.From.String(), To: o.Params.To.String(), Now: o.Params.Now.String(),
		Threshold: o.Params.Threshold, Answer: o.Answer, Counts: strings.TrimSpace(o.Report.Counts), Notes: o.Notes, Query: o.Text,
		Coverage: o.Covered.json(),
	}
	if j.Notes == nil {
		j.Notes = []string{}
	}
	for i, t := range o.Tables {
		j.Tables = append(j.Tables, tableJSON(o.Report.Tables[i], t))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(j)
}

func tableJSON(def Table, t query.Table) jsonTable {
	out := jsonTable{Name: def.Name, Title: def.Title, Rows: []map[string]any{}}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, jsonColumn{c.Name, c.Type.String(), def.Units[c.Name]})
	}
	for _, row := range t.Rows {
		m := make(map[string]any, len(row))
		for i, c := range t.Columns {
			m[c.Name] = jsonCell(row[i], c.Type)
		}
		out.Rows = append(out.Rows, m)
	}
	return out
}

// jsonCell nests dynamic cells instead of giving them as text.
func jsonCell(v any, t types.Type) any {
	if s, ok := v.(string); ok && t == types.Dynamic && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return query.JSONCell(v, t)
}

// MaxLabels is how many labels a picture has; the table beside it has all rows.
const MaxLabels = 400

// Picture draws table i, or returns "" when the report has no picture for it.
func (o *Output) Picture(i int) string {
	c, ok := o.Chart(i)
	if !ok {
		return ""
	}
	return c.SVG()
}

// Draw makes a chart of a table's columns. It returns false when a column of the labels is missing; series whose
// column is missing are left out.
func Draw(t *query.Table, spec Chart) (chart.Chart, bool) {
	c := chart.Chart{Kind: chart.Kind(spec.Kind), Stacked: spec.Stacked}
	var x []int
	for _, name := range strings.Split(spec.X, "+") {
		i := t.Index(name)
		if i < 0 {
			return c, false
		}
		x = append(x, i)
	}
	shown := t.Rows[:min(len(t.Rows), MaxLabels)]
	for _, row := range shown {
		var parts []string
		for _, i := range x {
			if s := Label(row[i], t.Columns[i].Type); s != "" {
				parts = append(parts, s)
			}
		}
		c.Labels = append(c.Labels, first(strings.Join(parts, ", "), "(none)"))
	}
	for _, name := range spec.Y {
		y := t.Index(name)
		if y < 0 {
			continue
		}
		s := chart.Series{Name: name}
		for _, row := range shown {
			s.Values = append(s.Values, number(row[y]))
		}
		c.Series = append(c.Series, s)
	}
	return c, true
}

// Label writes a cell as a chart's label: whole days without their midnight, methods by name.
func Label(v any, t types.Type) string {
	if at, ok := v.(int64); ok && t == types.DateTime {
		s := passtrail.Ticks(at).String()
		if passtrail.Ticks(at)%passtrail.Day == 0 {
			return s[:10]
		}
		return s[:10] + " " + s[11:16]
	}
	return vocab.MethodName(export.Plain(export.Text(v, t, time.UTC)))
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func number(v any) float64 {
	switch n := v.(type) {
	case int64:
		return float64(n)
	case int32:
		return float64(n)
	case float64:
		return n
	case string:
		f, _ := strconv.ParseFloat(n, 64)
		return f
	}
	return 0
}
