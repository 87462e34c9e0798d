package chart_test

import (
	"encoding/xml"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"passtrail/internal/chart"
)

// wellFormed reports the first XML error of a picture.
func wellFormed(s string) error {
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestSVGIsWellFormedWhateverTheValues(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a<b>&\"'", "", "ünïcødé", strings.Repeat("long ", 20), "=1+1"}
	for range 500 {
		c := chart.Chart{Kind: []chart.Kind{chart.Bar, chart.Column, chart.Line, chart.Funnel}[r.IntN(4)], Title: names[r.IntN(5)], Stacked: r.IntN(2) == 0, Unit: "people"}
		n := r.IntN(40)
		for range n {
			c.Labels = append(c.Labels, names[r.IntN(5)])
			c.Missing = append(c.Missing, r.IntN(3) == 0)
		}
		for k := range r.IntN(4) {
			s := chart.Series{Name: names[k]}
			for range n {
				s.Values = append(s.Values, []float64{0, 1, 3.5, 1e9}[r.IntN(4)])
			}
			c.Series = append(c.Series, s)
		}
		svg := c.SVG()
		if err := wellFormed(svg); err != nil {
			t.Fatalf("%+v: %v\n%s", c, err, svg)
		}
		for _, bad := range []string{"NaN", "Inf", "style=", "<b>"} {
			if strings.Contains(svg, bad) {
				t.Fatalf("%+v: picture contains %q", c, bad)
			}
		}
	}
}

func TestSVGSaysWhatItShows(t *testing.T) {
	c := chart.Chart{Kind: chart.Bar, Title: "Methods", Labels: []string{"email", "mobileSMS"}, Series: []chart.Series{{Name: "Users", Values: []float64{3, 12345}}}}
	if svg := c.SVG(); !strings.Contains(svg, `aria-label="Methods. Users: 2 values, highest 12`+"\u202f"+`345 at mobileSMS"`) {
		t.Errorf("no description in %s", svg)
	}
	if svg := (chart.Chart{}).SVG(); !strings.Contains(svg, "no data") {
		t.Errorf("an empty chart does not say so: %s", svg)
	}
}
