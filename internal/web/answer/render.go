package answer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/chart"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/web"
)

// renderKinds are the charts of the render operator that are drawn; table and card are the rows themselves.
var renderKinds = map[string]chart.Kind{
	"barchart": chart.Bar, "columnchart": chart.Column, "timechart": chart.Line, "linechart": chart.Line, "areachart": chart.Line,
	"stackedareachart": chart.Line, "piechart": chart.Bar, "anomalychart": chart.Line, "timepivot": chart.Column,
}

// maxSeries is how many series a picture has.
const maxSeries = 24

// rendered draws a result as its render operator says: the first column, or the time, along the axis, and a series for
// each number, or for each value of a text beside one number. The note says what is not drawn, and why.
func rendered(kind string, props map[string]string, t *query.Table) (picture *web.Chart, note string) {
	if kind == "table" || kind == "card" || len(t.Rows) == 0 {
		return nil, ""
	}
	k, ok := renderKinds[kind]
	if !ok {
		return nil, fmt.Sprintf("There is no picture for %s; the rows are below.", kind)
	}
	t = unfold(t)
	x, names, numbers := axes(t)
	if len(numbers) == 0 {
		return nil, "There is nothing to draw: a picture needs a column for its axis and another one with numbers."
	}
	labels := len(t.Rows)
	if kindOf(t.Columns[x].Type) == "time" {
		t, labels = byTime(t, x)
	}
	c := pivot(t, x, names, numbers)
	if shown := len(c.Labels); shown == report.MaxLabels && labels > shown {
		note = fmt.Sprintf("The picture shows the first %d labels; take larger bins or a shorter period to see all.", shown)
	}
	c.Kind, c.Stacked, c.LabelName = k, props["kind"] == "stacked" || props["kind"] == "stacked100", t.Columns[x].Name
	c.Title = props["title"]
	if c.Title == "" {
		c.Title = "Result"
	}
	return c, note
}

// axes chooses the column along the axis, those that name series, and the numbers.
func axes(t *query.Table) (x int, names, numbers []int) {
	for i, c := range t.Columns {
		switch {
		case kindOf(c.Type) == "time" && kindOf(t.Columns[x].Type) != "time":
			x = i
		case numericType(c.Type):
			numbers = append(numbers, i)
		}
	}
	numbers = slices.DeleteFunc(numbers, func(i int) bool { return i == x })
	for i, c := range t.Columns {
		if i != x && kindOf(c.Type) == "text" {
			names = append(names, i)
		}
	}
	return x, names, numbers
}

// unfold makes rows of the arrays of make-series: one for each instant, with the numbers that belong to it. Other tables
// stay as they are.
func unfold(t *query.Table) *query.Table {
	times, ok := arrays(t, t.Rows[0], types.DateTime)
	values, more := arrays(t, t.Rows[0], types.Real)
	if !ok || !more {
		return t
	}
	out := &query.Table{Name: t.Name, Columns: slices.Clone(t.Columns)}
	for i := range times {
		out.Columns[i].Type = types.DateTime
	}
	for i := range values {
		out.Columns[i].Type = types.Real
	}
	for _, cells := range t.Rows {
		at, ok := arrays(t, cells, types.DateTime)
		if !ok || len(out.Rows) > report.MaxLabels*maxSeries {
			continue
		}
		numbers, _ := arrays(t, cells, types.Real)
		for n := range longest(at) {
			line := slices.Clone(cells)
			for i := range times {
				line[i] = nth(at[i], n)
			}
			for i := range values {
				line[i] = nth(numbers[i], n)
			}
			out.Rows = append(out.Rows, line)
		}
	}
	return out
}

// longest is the length of the longest array.
func longest(all map[int][]any) (n int) {
	for _, values := range all {
		n = max(n, len(values))
	}
	return n
}

// nth is a value of an array, null past its end.
func nth(values []any, n int) any {
	if n >= len(values) {
		return nil
	}
	return values[n]
}

// arrays are the dynamic cells of a row that are arrays of instants, or of numbers, by column.
func arrays(t *query.Table, cells []any, want types.Type) (map[int][]any, bool) {
	out := map[int][]any{}
	for i, c := range t.Columns {
		text, ok := cells[i].(string)
		var values []any
		if c.Type != types.Dynamic || !ok || json.Unmarshal([]byte(text), &values) != nil || len(values) == 0 {
			continue
		}
		if values, ok = elements(values, want); ok {
			out[i] = values
		}
	}
	return out, len(out) > 0
}

// elements are the values of an array as a column of its own would have them; nulls stay.
func elements(values []any, want types.Type) ([]any, bool) {
	seen := false
	for i, v := range values {
		switch x := v.(type) {
		case nil:
			continue
		case string:
			at, err := passtrail.ParseTicks(x)
			if err != nil || want != types.DateTime {
				return nil, false
			}
			values[i] = int64(at)
		case float64:
			if want != types.Real {
				return nil, false
			}
		default:
			return nil, false
		}
		seen = true
	}
	return values, seen
}

// byTime sorts rows by their instant and, where all are whole steps apart, adds a row for each step that none has, so that
// the axis is one of time. It says how many instants there are.
func byTime(t *query.Table, x int) (*query.Table, int) {
	out := *t
	out.Rows = slices.Clone(t.Rows)
	order := func(a, b []any) int { return cmp.Compare(whole(a[x]), whole(b[x])) }
	slices.SortStableFunc(out.Rows, order)
	var at []int64
	for _, cells := range out.Rows {
		if n, ok := cells[x].(int64); ok && (len(at) == 0 || at[len(at)-1] != n) {
			at = append(at, n)
		}
	}
	if len(at) < 3 {
		return &out, len(at)
	}
	step := at[1] - at[0]
	for i := range at[1:] {
		step = min(step, at[i+1]-at[i])
	}
	if (at[len(at)-1]-at[0])/step >= report.MaxLabels || slices.ContainsFunc(at, func(n int64) bool { return (n-at[0])%step != 0 }) {
		return &out, len(at)
	}
	known := len(at)
	for n := at[0]; n < at[known-1]; n += step {
		if _, ok := slices.BinarySearch(at[:known], n); !ok {
			line := make([]any, len(out.Columns))
			line[x] = n
			out.Rows = append(out.Rows, line)
		}
	}
	slices.SortStableFunc(out.Rows, order)
	return &out, len(at)
}

// pivot makes series of rows: one for each number, or for each text beside the first number.
func pivot(t *query.Table, x int, names, numbers []int) *web.Chart {
	c := &web.Chart{}
	positions, series := map[string]int{}, map[string]int{}
	for _, cells := range t.Rows {
		at := label(cells[x], t.Columns[x].Type)
		if _, ok := positions[at]; !ok {
			if len(positions) == report.MaxLabels {
				continue
			}
			positions[at] = len(c.Labels)
			c.Labels = append(c.Labels, at)
		}
	}
	for _, cells := range t.Rows {
		at, ok := positions[label(cells[x], t.Columns[x].Type)]
		if !ok {
			continue
		}
		for _, n := range numbers {
			if cells[n] == nil {
				continue
			}
			name := seriesName(t, cells, names, n, len(numbers))
			if _, ok := series[name]; !ok {
				if len(series) == maxSeries {
					continue
				}
				series[name] = len(c.Series)
				c.Series = append(c.Series, chart.Series{Name: name, Values: make([]float64, len(c.Labels))})
			}
			c.Series[series[name]].Values[at] += numeric(cells[n])
		}
	}
	return c
}

// seriesName is the number's column, or the text beside it, or both where there are several numbers.
func seriesName(t *query.Table, cells []any, names []int, number, numbers int) string {
	if len(names) == 0 {
		return t.Columns[number].Name
	}
	var parts []string
	for _, i := range names {
		parts = append(parts, label(cells[i], t.Columns[i].Type))
	}
	name := strings.Join(parts, ", ")
	if numbers > 1 {
		name += ": " + t.Columns[number].Name
	}
	return name
}
