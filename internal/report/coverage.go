package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"passtrail"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

// Covered is a period, and which part of it a tenant's audit records cover.
type Covered struct {
	Period  store.Span // as far as it has passed
	Known   store.Coverage
	Missing []store.Span // see store.Coverage.Missing
	ToCome  bool         // nothing of it has passed
}

// Coverage finds out which part of a period a tenant's records cover. A period that ends at 0 or after now ends now; one
// that begins at 0 or 1 is open.
func Coverage(ctx context.Context, e *query.Engine, tenant passtrail.TenantID, p store.Span, now passtrail.Ticks) (Covered, error) {
	if p.To == 0 || p.To > now {
		p.To = now
	}
	c := Covered{Period: p, ToCome: p.From >= now}
	var err error
	if c.Known, err = e.Coverage(ctx, tenant); err == nil && !c.ToCome {
		c.Missing = c.Known.Missing(p)
	}
	return c, err
}

// Whole tells whether records cover all of the period.
func (c Covered) Whole() bool { return len(c.Missing) == 0 && !c.ToCome }

// Text names in a sentence what is not covered, in days of a zone; "" where all is.
func (c Covered) Text(zone *time.Location) string {
	switch {
	case c.ToCome:
		return "This period is still to come."
	case c.Known.First == 0:
		return "No audit records are known: nothing of this period is covered."
	case c.Whole():
		return ""
	}
	var before string
	var silent []store.Span
	for _, s := range c.Missing {
		if s.To <= c.Known.First {
			before = "; " + c.days(s, zone) + " not covered"
		} else {
			silent = append(silent, s)
		}
	}
	first, last := Day(c.Known.First, zone), Day(c.Known.Last, zone)
	out := "Records known from " + first
	if n := len(silent); n > 0 && silent[n-1].To > c.Known.Last {
		if out += " to " + last; first == last {
			out = "Records known of " + first
		}
	}
	out += before
	if len(silent) > 0 {
		out += "; no records of " + c.silence(silent, zone) + " (not covered, or nothing happened)"
	}
	return out + "."
}

// maxNamed is how many gaps a sentence names; the others it counts.
const maxNamed = 3

// silence names the longest of the stretches without records.
func (c Covered) silence(all []store.Span, zone *time.Location) string {
	named := slices.Clone(all)
	slices.SortStableFunc(named, func(a, b store.Span) int { return cmp.Compare(b.To-b.From, a.To-a.From) })
	named = named[:min(len(named), maxNamed)]
	slices.SortFunc(named, func(a, b store.Span) int { return cmp.Compare(a.From, b.From) })
	var words []string
	for _, s := range named {
		words = append(words, c.days(s, zone))
	}
	if more := len(all) - len(named); more > 0 {
		words = append(words, fmt.Sprintf("%d shorter %s", more, map[bool]string{true: "time", false: "times"}[more == 1]))
	}
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return words[0]
}

// days names a stretch by the days of a zone that lie in it whole, or by what the period has of them.
func (c Covered) days(s store.Span, zone *time.Location) string {
	from, to := s.From.Time().In(zone), s.To.Time().In(zone)
	first, last := midnight(from), midnight((s.To - 1).Time().In(zone))
	if s.From != c.Period.From && !from.Equal(first) {
		first = first.AddDate(0, 0, 1)
	}
	if s.To != c.Period.To && !to.Equal(midnight(to)) {
		last = last.AddDate(0, 0, -1)
	}
	switch {
	case s.From <= 1:
		return "the time up to " + last.Format(dayLayout)
	case first.After(last):
		end := dayLayout + ", 15:04"
		if midnight(from).Equal(midnight(to)) {
			end = "15:04"
		}
		return from.Format(dayLayout+", 15:04") + " to " + to.Format(end)
	}
	return DaysText(first, last)
}

const dayLayout = "2 January 2006"

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// DaysText names the days from first to last: 3 June 2026, 3 to 5 June 2026, 1 April to 13 May 2026.
func DaysText(first, last time.Time) string {
	end := last.Format(dayLayout)
	switch {
	case !first.Before(last):
		return end
	case first.Year() != last.Year():
		return first.Format(dayLayout) + " to " + end
	case first.Month() != last.Month():
		return first.Format("2 January") + " to " + end
	}
	return first.Format("2") + " to " + end
}

// covered finds out what of a report's period is covered, and names it. A report that compares with the period before
// needs that as well.
func (l *Library) covered(ctx context.Context, out *Output) error {
	p := out.Params
	var err error
	if out.Covered, err = Coverage(ctx, l.engine, p.Tenant, store.Span{From: p.From, To: p.To}, p.Now); err != nil {
		return err
	}
	if text := out.Covered.Text(p.zone()); text != "" {
		out.Notes = append(out.Notes, text)
	}
	if !out.Report.Compares || out.Covered.ToCome {
		return nil
	}
	before := Covered{Period: store.Span{From: p.From - (p.To - p.From), To: p.From}}
	if len(out.Covered.Known.Missing(before.Period)) > 0 {
		out.Notes = append(out.Notes, "The period before, "+before.days(before.Period, p.zone())+", is not covered whole: what is compared with it may be too small.")
	}
	return nil
}

func (p Params) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// jsonCoverage is which time is covered, in a report's JSON.
type jsonCoverage struct {
	KnownFrom string     `json:"knownFrom,omitempty"`
	KnownTo   string     `json:"knownTo,omitempty"`
	Complete  bool       `json:"complete"`
	Missing   []jsonSpan `json:"missing"`
}

type jsonSpan struct {
	From string `json:"from"`
	To   string `json:"to"`
}

func (c Covered) json() jsonCoverage {
	j := jsonCoverage{Complete: c.Whole(), Missing: []jsonSpan{}}
	if c.Known.First != 0 {
		j.KnownFrom, j.KnownTo = c.Known.First.String(), c.Known.Last.String()
	}
	for _, s := range c.Missing {
		j.Missing = append(j.Missing, jsonSpan{s.From.String(), s.To.String()})
	}
	return j
}
