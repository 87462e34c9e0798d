package web

import (
	"html/template"
	"math"
	"slices"
	"strconv"

	"passtrail/internal/chart"
)

// Figure is a chart as templates show it: the drawing, the data for the interactive one, and the table.
type Figure struct {
	Title, Size, LabelName string
	SVG                    template.HTML
	Spec                   chartSpec
	Rows                   []FigureRow
	Empty                  bool
}

// FigureRow is one label of a chart in its table.
type FigureRow struct {
	Label, Href string
	Values      []string
}

// chartSpec is what charts.js draws from.
type chartSpec struct {
	Kind    string       `json:"kind"`
	Title   string       `json:"title"`
	Unit    string       `json:"unit"`
	Stacked bool         `json:"stacked"`
	Labels  []string     `json:"labels"`
	Series  []specSeries `json:"series"`
	Links   []string     `json:"links,omitempty"`
	Missing []bool       `json:"missing,omitempty"` // labels of which nothing is known
}

type specSeries struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
}

// Figure makes a figure of a chart; nil stays nil.
func (sh *Shell) Figure(c *Chart) *Figure {
	if c == nil {
		return nil
	}
	kinds := map[chart.Kind]string{chart.Bar: "hbar", chart.Column: "bar", chart.Line: "line", chart.Funnel: "funnel"}
	f := &Figure{
		Title: c.Title, Size: figureSize(c), LabelName: c.LabelName, Empty: len(c.Labels) == 0 || len(c.Series) == 0,
		SVG:  template.HTML(c.SVG()), // drawn by our own code, which escapes every text
		Spec: chartSpec{Kind: kinds[c.Kind], Title: c.Title, Unit: c.Unit, Stacked: c.Stacked, Labels: c.Labels, Links: c.Links, Missing: c.Missing},
	}
	for _, s := range c.Series {
		f.Spec.Series = append(f.Spec.Series, specSeries{s.Name, s.Values})
	}
	for i, label := range c.Labels {
		row := FigureRow{Label: label}
		if i < len(c.Links) {
			row.Href = c.Links[i]
		}
		for _, s := range c.Series {
			row.Values = append(row.Values, formatNumber(int64(math.Round(s.Values[i]))))
		}
		f.Rows = append(f.Rows, row)
	}
	return f
}

// figureSize is how high the box of a chart is, so that nothing moves when the interactive chart takes its place.
func figureSize(c *Chart) string {
	if c.Kind != chart.Bar && c.Kind != chart.Funnel {
		return "plot-m"
	}
	switch n := len(c.Labels); {
	case n <= 4:
		return "plot-s"
	case n <= 8:
		return "plot-m"
	case n <= 12:
		return "plot-l"
	}
	return "plot-xl"
}

// Mini is a picture small enough for a card: bars along a line of time, or the few longest of a list.
type Mini struct {
	Title string
	Bars  []MiniBar
	Rows  []MiniRow
}

// MiniBar is one upright bar in a box of 100 by 40.
type MiniBar struct{ X, Y, Width, Height string }

// MiniRow is one label with its bar's length in percent.
type MiniRow struct{ Label, Value, Width string }

// Mini makes the small picture of a chart; series that are stacked are added up, of others the first counts.
func (sh *Shell) Mini(c *Chart) *Mini {
	if c == nil || len(c.Series) == 0 || len(c.Labels) == 0 {
		return nil
	}
	m := &Mini{Title: c.Title}
	values := slices.Clone(c.Series[0].Values)
	if c.Stacked {
		for _, more := range c.Series[1:] {
			for i, v := range more.Values {
				values[i] += v
			}
		}
	}
	top := max(slices.Max(values), c.Whole, 1e-9)
	if c.Kind == chart.Bar || c.Kind == chart.Funnel {
		for i, label := range c.Labels[:min(3, len(c.Labels))] {
			m.Rows = append(m.Rows, MiniRow{label, formatNumber(int64(values[i])), decimal(100*values[i]/top) + "%"})
		}
		return m
	}
	slot := 100 / float64(len(values))
	for i, v := range values {
		h := max(40*v/top, 0.5)
		m.Bars = append(m.Bars, MiniBar{decimal(slot * (float64(i) + 0.1)), decimal(40 - h), decimal(slot * 0.8), decimal(h)})
	}
	return m
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
