// Package chart draws series as SVG: pure functions from values to text, without script, style attributes or fonts of
// their own, so that a picture prints, can be inlined under a strict content security policy and follows the page's
// colours through the classes chart-series-0 to chart-series-5, chart-axis and chart-text.
package chart

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Kind is the kind of picture.
type Kind string

// The kinds of picture.
const (
	Bar    Kind = "bar"    // horizontal bars, one label a row; for names
	Column Kind = "column" // upright columns along an axis; for days
	Line   Kind = "line"   // lines along an axis; for days
	Funnel Kind = "funnel" // centred bars, each step's share of the first
)

// Series is one named run of values, as long as the chart's labels.
type Series struct {
	Name   string
	Values []float64
}

// Chart is what to draw.
type Chart struct {
	Kind    Kind
	Title   string // read by screen readers, not drawn
	Labels  []string
	Series  []Series
	Stacked bool
	Unit    string // drawn beside the axis, "people"
	// TimeAxis says that the labels are an unbroken run of days or weeks, which are all drawn.
	TimeAxis bool
	// Missing marks the labels of which nothing is known, by a hatched ground: there zero is no count. It may be nil.
	Missing []bool
}

// Width is the width of every picture in user units; the height follows from the content.
const Width = 720

// maxBars is how many bars or labels a picture shows; the table beside it has all.
const maxBars = 24

// fills are the default colours, which a page's style sheet may override by class. They keep 3:1 contrast on white.
var fills = []string{"#0f6cbd", "#c19c00", "#0e7a0b", "#bc4b09", "#8764b8", "#5c5c5c"}

// SVG draws the chart. A chart without values is a picture that says so.
func (c Chart) SVG() string {
	if len(c.Labels) == 0 || len(c.Series) == 0 {
		return c.frame(60, c.text(Width/2, 35, "middle", "no data in this time"))
	}
	switch c.Kind {
	case Column:
		return c.columns()
	case Line:
		return c.lines()
	case Funnel:
		return c.funnel()
	}
	return c.bars()
}

// frame wraps a body in the svg element with its accessible name and description.
func (c Chart) frame(height float64, body string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %s" role="img" aria-label="%s" font-family="Segoe UI, system-ui, sans-serif" font-size="12">%s</svg>`,
		Width, num(height), html.EscapeString(c.Title+". "+c.summary()), body)
}

// summary says in words what the picture shows, for those who do not see it.
func (c Chart) summary() string {
	if len(c.Labels) == 0 || len(c.Series) == 0 {
		return "No data."
	}
	var parts []string
	for _, s := range c.Series {
		best := 0
		for i, v := range s.Values {
			if v > s.Values[best] {
				best = i
			}
		}
		parts = append(parts, fmt.Sprintf("%s: %d values, highest %s at %s", s.Name, len(s.Values), value(s.Values[best]), c.Labels[best]))
	}
	if n := c.missing(); n > 0 {
		parts = append(parts, fmt.Sprintf("no records of %d of them", n))
	}
	return strings.Join(parts, "; ")
}

// missing is of how many labels nothing is known.
func (c Chart) missing() int {
	n := 0
	for _, m := range c.Missing {
		if m {
			n++
		}
	}
	return n
}

// ground hatches the labels of which nothing is known, a run of them as one.
func (c Chart) ground(left, slot, top, bottom float64) string {
	var b strings.Builder
	for i := 0; i < len(c.Missing); i++ {
		end := i
		for end < len(c.Missing) && c.Missing[end] {
			end++
		}
		if end == i {
			continue
		}
		x, width := left+slot*float64(i), slot*float64(end-i)
		fmt.Fprintf(&b, `<g><title>%s</title><rect class="chart-missing" x="%s" y="%s" width="%s" height="%s" fill="#8a8a8a" fill-opacity="0.14"/>`,
			html.EscapeString("no records, "+c.Labels[i]+" to "+c.Labels[end-1]), num(x), num(top), num(width), num(bottom-top))
		for at := x + 6; at < x+width; at += 6 {
			fmt.Fprintf(&b, `<line class="chart-hatch" x1="%s" y1="%s" x2="%s" y2="%s" stroke="#8a8a8a" stroke-opacity="0.35"/>`, num(at), num(top), num(at-6), num(bottom))
		}
		if width > 70 {
			b.WriteString(c.text(x+width/2, top+14, "middle", "no records"))
		}
		b.WriteString("</g>")
		i = end
	}
	return b.String()
}

func (c Chart) text(x, y float64, anchor, s string) string {
	return fmt.Sprintf(`<text class="chart-text" x="%s" y="%s" text-anchor="%s" fill="#424242">%s</text>`, num(x), num(y), anchor, html.EscapeString(s))
}

func (c Chart) rect(series int, x, y, w, h float64, tip string) string {
	return fmt.Sprintf(`<rect class="chart-series-%d" x="%s" y="%s" width="%s" height="%s" fill="%s"><title>%s</title></rect>`,
		series%len(fills), num(x), num(y), num(math.Max(w, 0)), num(math.Max(h, 0)), fills[series%len(fills)], html.EscapeString(tip))
}

func (c Chart) line(x1, y1, x2, y2 float64) string {
	return fmt.Sprintf(`<line class="chart-axis" x1="%s" y1="%s" x2="%s" y2="%s" stroke="#d1d1d1"/>`, num(x1), num(y1), num(x2), num(y2))
}

// legend names the series when there is more than one; it returns the height it took.
func (c Chart) legend() (string, float64) {
	if len(c.Series) < 2 {
		return "", 8
	}
	var b strings.Builder
	x := 8.0
	for i, s := range c.Series {
		b.WriteString(c.rect(i, x, 6, 12, 12, s.Name))
		b.WriteString(c.text(x+18, 16, "start", s.Name))
		x += 34 + 7*float64(len([]rune(s.Name)))
	}
	return b.String(), 30
}

// highest is the largest value, or the largest sum when stacked.
func (c Chart) highest() float64 {
	top := 0.0
	for i := range c.Labels {
		sum := 0.0
		for _, s := range c.Series {
			sum += s.Values[i]
			if !c.Stacked {
				top = math.Max(top, s.Values[i])
			}
		}
		if c.Stacked {
			top = math.Max(top, sum)
		}
	}
	return top
}

func (c Chart) cut() Chart {
	if len(c.Labels) <= maxBars {
		return c
	}
	out := c
	out.Labels = c.Labels[:maxBars]
	out.Series = nil
	for _, s := range c.Series {
		out.Series = append(out.Series, Series{s.Name, s.Values[:maxBars]})
	}
	return out
}

func (c Chart) bars() string {
	c = c.cut()
	const left, right = 220.0, 60.0
	body, y := c.legend()
	var b strings.Builder
	b.WriteString(body)
	scale := (Width - left - right) / math.Max(c.highest(), 1e-9)
	thick := 16.0
	for i, label := range c.Labels {
		rows := 1.0
		if !c.Stacked {
			rows = float64(len(c.Series))
		}
		b.WriteString(c.text(left-8, y+thick*rows/2+4, "end", shorten(label, 34)))
		x, sum := left, 0.0
		for k, s := range c.Series {
			v := s.Values[i]
			w := v * scale
			top := y
			if !c.Stacked {
				x, top = left, y+thick*float64(k)
			}
			b.WriteString(c.rect(k, x, top, w, thick-3, fmt.Sprintf("%s, %s: %s", label, s.Name, value(v))))
			if !c.Stacked {
				b.WriteString(c.text(left+w+5, top+11, "start", value(v)))
			}
			x, sum = x+w, sum+v
		}
		if c.Stacked {
			b.WriteString(c.text(x+5, y+11, "start", value(sum)))
		}
		y += thick*rows + 8
	}
	return c.frame(y+4, b.String())
}

func (c Chart) funnel() string {
	c = c.cut()
	const left, right, thick = 220.0, 90.0, 26.0
	var b strings.Builder
	y := 8.0
	room := Width - left - right
	first := math.Max(c.Series[0].Values[0], c.highest())
	for i, label := range c.Labels {
		v := c.Series[0].Values[i]
		w := room * v / math.Max(first, 1e-9)
		b.WriteString(c.text(left-8, y+17, "end", shorten(label, 34)))
		b.WriteString(c.rect(0, left+(room-w)/2, y, w, thick-4, fmt.Sprintf("%s: %s", label, value(v))))
		b.WriteString(c.text(left+room+6, y+17, "start", fmt.Sprintf("%s (%s %%)", value(v), value(math.Round(1000*v/math.Max(first, 1e-9))/10))))
		y += thick + 4
	}
	return c.frame(y+4, b.String())
}

// plot draws the axes that columns and lines share and returns the body so far and the mapping of values to y.
func (c Chart) plot() (string, func(float64) float64, float64, float64) {
	const left, height = 52.0, 200.0
	body, top := c.legend()
	var b strings.Builder
	b.WriteString(body)
	step, ceiling := nice(c.highest())
	y := func(v float64) float64 { return top + 18 + height*(1-v/ceiling) }
	for v := 0.0; v <= ceiling+step/2; v += step {
		b.WriteString(c.line(left, y(v), Width-8, y(v)))
		b.WriteString(c.text(left-6, y(v)+4, "end", value(v)))
	}
	if c.Unit != "" {
		b.WriteString(c.text(8, top+4, "start", c.Unit))
	}
	slot := (Width - 8 - left) / float64(len(c.Labels))
	every := int(math.Ceil(70 / slot))
	for i := 0; i < len(c.Labels); i += every {
		b.WriteString(c.text(left+slot*(float64(i)+0.5), y(0)+18, "middle", shorten(c.Labels[i], 14)))
	}
	return b.String(), y, left, slot
}

func (c Chart) columns() string {
	body, y, left, slot := c.plot()
	_, ceiling := nice(c.highest())
	var b strings.Builder
	b.WriteString(body)
	b.WriteString(c.ground(left, slot, y(ceiling), y(0)))
	for i, label := range c.Labels {
		base := 0.0
		width := slot * 0.8
		if !c.Stacked {
			width /= float64(len(c.Series))
		}
		for k, s := range c.Series {
			v, x := s.Values[i], left+slot*(float64(i)+0.1)
			if !c.Stacked {
				x += width * float64(k)
			}
			b.WriteString(c.rect(k, x, y(base+v), width, y(base)-y(base+v), fmt.Sprintf("%s, %s: %s", label, s.Name, value(v))))
			if c.Stacked {
				base += v
			}
		}
	}
	return c.frame(y(0)+28, b.String())
}

func (c Chart) lines() string {
	body, y, left, slot := c.plot()
	var b strings.Builder
	b.WriteString(body)
	for k, s := range c.Series {
		points := make([]string, len(s.Values))
		for i, v := range s.Values {
			points[i] = num(left+slot*(float64(i)+0.5)) + "," + num(y(v))
		}
		fmt.Fprintf(&b, `<polyline class="chart-line-%d" points="%s" fill="none" stroke="%s" stroke-width="2"><title>%s</title></polyline>`,
			k%len(fills), strings.Join(points, " "), fills[k%len(fills)], html.EscapeString(s.Name))
		if len(points) == 1 {
			x, py, _ := strings.Cut(points[0], ",")
			fmt.Fprintf(&b, `<circle class="chart-series-%d" cx="%s" cy="%s" r="3" fill="%s"/>`, k%len(fills), x, py, fills[k%len(fills)])
		}
	}
	return c.frame(y(0)+28, b.String())
}

// nice returns a round step of 1, 2 or 5 times a power of ten, and the smallest multiple of it at or above top; steps
// below 1 are not used, since everything drawn is counted.
func nice(top float64) (step, ceiling float64) {
	if top <= 0 {
		return 1, 1
	}
	raw := top / 4
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if step = m * power; step >= raw {
			break
		}
	}
	step = math.Max(step, 1)
	return step, step * math.Ceil(top/step)
}

func num(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.1f", v), "0"), ".")
}

// value writes a number with thin grouping: 12 345.
func value(v float64) string {
	s := num(v)
	whole, frac, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "\u202f" + whole[i:]
	}
	if frac != "" {
		return whole + "." + frac
	}
	return whole
}

func shorten(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}
