package report

import (
	"fmt"

	"passtrail"
	"passtrail/internal/chart"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

// How a chart fills the days on which its table has no row.
const (
	daysZero = "zero" // nothing happened
	daysHold = "hold" // what was counted before still is so
)

// Chart makes the picture of table i as the report describes it; ok is false where it has none. A chart by day has every
// day of the period on its axis, as far as records may be known of it.
func (o *Output) Chart(i int) (c chart.Chart, ok bool) {
	def := o.Report.Tables[i]
	if def.Chart == nil {
		return c, false
	}
	if c, ok = Draw(&o.Tables[i], *def.Chart); !ok {
		return c, false
	}
	c.Title = def.Title
	if len(def.Chart.Y) > 0 {
		c.Unit = def.Units[def.Chart.Y[0]]
	}
	if def.Chart.Days != "" {
		o.fillDays(&c, &o.Tables[i], *def.Chart)
	}
	return c, true
}

// fillDays puts the rows of a table by day on an axis of time. Where days are too many for a picture, a place is a week
// or several.
func (o *Output) fillDays(c *chart.Chart, t *query.Table, spec Chart) {
	from, to := o.daySpan(t, spec)
	step := passtrail.Day
	for n := passtrail.Ticks(1); (to-from+step-1)/step > MaxLabels; n++ {
		step = 7 * n * passtrail.Day
	}
	labels := map[passtrail.Ticks]int{}
	c.Labels, c.Missing, c.TimeAxis = nil, nil, true
	for day := from; day < to; day += step {
		labels[day] = len(c.Labels)
		c.Labels = append(c.Labels, day.String()[:10])
		c.Missing = append(c.Missing, spec.Days == daysZero && o.silent(day, min(day+step, to)))
	}
	for k := range c.Series {
		c.Series[k].Values = placed(t, spec, c.Series[k].Name, from, step, len(c.Labels))
	}
	switch {
	case spec.Days == daysHold:
		c.Unit += ", by UTC day"
	case step == passtrail.Day:
		c.Unit += " a day, UTC days"
	default:
		c.Unit += fmt.Sprintf(" in %d days, from that UTC day on", step/passtrail.Day)
	}
}

// daySpan is from the first day of the axis to the end of its last. An open period begins with the first record or row.
func (o *Output) daySpan(t *query.Table, spec Chart) (from, to passtrail.Ticks) {
	p := o.Params
	from, to = p.From, min(p.To, p.Now)
	x := t.Index(spec.X)
	firstRow := passtrail.Forever
	if len(t.Rows) > 0 && x >= 0 {
		if at, ok := t.Rows[0][x].(int64); ok {
			firstRow = passtrail.Ticks(at)
		}
	}
	if from <= 1 || spec.Days == daysHold {
		begin := firstRow
		if spec.Days == daysZero && o.Covered.Known.First != 0 {
			begin = min(begin, o.Covered.Known.First)
		}
		from = max(from, min(begin, to))
	}
	return from - from%passtrail.Day, to
}

// silent tells whether no record at all is known of a stretch.
func (o *Output) silent(from, to passtrail.Ticks) bool {
	for _, s := range o.Covered.Known.Missing(store.Span{From: from, To: to}) {
		if s.From <= from && s.To >= to {
			return true
		}
	}
	return false
}

// placed is a column's values on an axis of so many places.
func placed(t *query.Table, spec Chart, column string, from, step passtrail.Ticks, places int) []float64 {
	values := make([]float64, places)
	x, y := t.Index(spec.X), t.Index(column)
	if x < 0 || y < 0 || places == 0 {
		return values
	}
	last, held := 0, 0.0
	for _, row := range t.Rows {
		at, ok := row[x].(int64)
		place := int((passtrail.Ticks(at) - from) / step)
		if !ok || passtrail.Ticks(at) < from || place >= places {
			continue
		}
		if spec.Days != daysHold {
			values[place] += number(row[y])
			continue
		}
		for ; last < place; last++ {
			values[last] = held
		}
		held = number(row[y])
	}
	for ; spec.Days == daysHold && last < places; last++ {
		values[last] = held
	}
	return values
}
