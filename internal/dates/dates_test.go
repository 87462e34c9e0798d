package dates_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"passtrail"
	"passtrail/internal/dates"
)

// readAll reads the cells of a file as its readers do: all are seen, then each is read.
func readAll(cells []string, given dates.Order) ([]passtrail.Ticks, error) {
	var d dates.Decider
	for i, c := range cells {
		d.See(c, int64(i+2))
	}
	order, err := d.Decide(given)
	if err != nil {
		return nil, err
	}
	out := make([]passtrail.Ticks, len(cells))
	for i, c := range cells {
		if out[i], _, err = (dates.Form{Order: order}).Read(dates.UTC, c); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return out, nil
}

func TestFiles(t *testing.T) {
	for name, c := range map[string]struct {
		cells []string
		given dates.Order
		want  string // instants, or part of the error
	}{
		"day first by one row":        {[]string{"04/03/2026, 14:33:09.049", "05/03/2026, 08:00:00.000", "19/03/2026, 08:49:37.587"}, 0, "2026-03-04T14:33:09.0490000Z 2026-03-05T08:00:00.0000000Z 2026-03-19T08:49:37.5870000Z"},
		"month first by one row":      {[]string{"3/4/2026 10:00", "3/19/2026 10:00"}, 0, "2026-03-04T10:00:00.0000000Z 2026-03-19T10:00:00.0000000Z"},
		"United States by AM and PM":  {[]string{"3/4/2026, 10:00:00.123 AM", "3/4/2026, 12:00:00.000 AM", "3/4/2026, 12:30:00.000 PM"}, 0, "2026-03-04T10:00:00.1230000Z 2026-03-04T00:00:00.0000000Z 2026-03-04T12:30:00.0000000Z"},
		"a number above 12 wins":      {[]string{"3/4/2026, 10:00:00 AM", "19/4/2026, 10:00:00 AM"}, 0, "2026-04-03T10:00:00.0000000Z 2026-04-19T10:00:00.0000000Z"},
		"small am decides nothing":    {[]string{"3/4/2026, 10:00:00 am"}, 0, "see line 2); say it with --dates day-first|month-first"},
		"padded AM decides nothing":   {[]string{"03/04/2026, 10:00:00 AM"}, 0, "--dates day-first|month-first"},
		"Spanish AM decides nothing":  {[]string{"3/4/2026 10:00:00 a. m."}, 0, "--dates day-first|month-first"},
		"Spanish with a day":          {[]string{"3/4/2026 10:00:00 a. m.", "13/4/2026 10:00:00 p.\u00a0m."}, 0, "2026-04-03T10:00:00.0000000Z 2026-04-13T22:00:00.0000000Z"},
		"undecided":                   {[]string{"2026-03-04T10:00:00Z", "3/4/2026 10:00"}, 0, "see line 3); say it with --dates day-first|month-first"},
		"undecided but told":          {[]string{"3/4/2026 10:00"}, dates.DayFirst, "2026-04-03T10:00:00.0000000Z"},
		"told wrongly":                {[]string{"3/14/2026 10:00"}, dates.DayFirst, "line 2 is no day-first date"},
		"equal day and month":         {[]string{"3/3/2026 10:00", "04.04.2026 9:00"}, 0, "2026-03-03T10:00:00.0000000Z 2026-04-04T09:00:00.0000000Z"},
		"contradiction":               {[]string{"13/02/2026 10:00", "01/01/2026 10:00", "02/13/2026 10:00"}, 0, "line 4 cannot be day-first, line 2 cannot be month-first"},
		"mixed with ISO":              {[]string{"2026-03-04T10:00:00Z", "19/3/2026 10:00", "2026-03-04 10:00:00.5"}, 0, "2026-03-04T10:00:00.0000000Z 2026-03-19T10:00:00.0000000Z 2026-03-04T10:00:00.5000000Z"},
		"points":                      {[]string{"04.03.2026 10:00:00,25", "19.03.2026 9:05"}, 0, "2026-03-04T10:00:00.2500000Z 2026-03-19T09:05:00.0000000Z"},
		"dashes":                      {[]string{"04-03-2026 10:00", "31-12-2026 23:59:59"}, 0, "2026-03-04T10:00:00.0000000Z 2026-12-31T23:59:59.0000000Z"},
		"points in the clock":         {[]string{"19.3.2026 klo", "19.03.2026 10.00.05"}, 0, "row 0: it is not a time"},
		"two digits":                  {[]string{"04/03/26 10:00", "19/03/26 10:00"}, 0, "2026-03-04T10:00:00.0000000Z 2026-03-19T10:00:00.0000000Z"},
		"two digits, year first":      {[]string{"26/03/04 10:00"}, 0, "2026-03-04T10:00:00.0000000Z"},
		"two digits, two ways":        {[]string{"19/03/26 10:00"}, 0, "--dates day-first|year-first"},
		"two digits, points":          {[]string{"19.03.26 10:00"}, 0, "2026-03-19T10:00:00.0000000Z"},
		"year first":                  {[]string{"2026/3/4 10:00", "2026. 3. 5. 오후 2:00:00", "2026年3月6日 10:00:00", "2026/3/7 上午9:00:00"}, 0, "2026-03-04T10:00:00.0000000Z 2026-03-05T14:00:00.0000000Z 2026-03-06T10:00:00.0000000Z 2026-03-07T09:00:00.0000000Z"},
		"month names":                 {[]string{"4-Mar-26 10:00", "Mar 4, 2026 10:00:00 PM", "Wed, 04 Mar 2026 10:00:00 GMT", "4 March 2026 10:00"}, 0, "2026-03-04T10:00:00.0000000Z 2026-03-04T22:00:00.0000000Z 2026-03-04T10:00:00.0000000Z 2026-03-04T10:00:00.0000000Z"},
		"zones":                       {[]string{"2026-03-04T10:00:00+01:00", "2026-03-04 10:00:00 UTC-5", "19/3/2026 10:00 +0530"}, 0, "2026-03-04T09:00:00.0000000Z 2026-03-04T15:00:00.0000000Z 2026-03-19T04:30:00.0000000Z"},
		"serial numbers":              {[]string{"46085.41667", "46085,5", "46085", "46085.4167", "46085.60635474537"}, 0, "2026-03-04T10:00:00.0000000Z 2026-03-04T12:00:00.0000000Z 2026-03-04T00:00:00.0000000Z 2026-03-04T10:00:00.0000000Z 2026-03-04T14:33:09.0500000Z"},
		"serial number cut short":     {[]string{"46085.417"}, 0, "too few decimals"},
		"date only":                   {[]string{"19/3/2026"}, 0, "without the time of day"},
		"ISO date only":               {[]string{"2026-03-19"}, 0, "without the time of day"},
		"minutes and seconds":         {[]string{"33:09.0"}, 0, "lost the date"},
		"hashes":                      {[]string{"########"}, 0, "# signs"},
		"no day":                      {[]string{"30/02/2026 10:00"}, 0, "row 0"},
		"hour 13 PM":                  {[]string{"19/3/2026 13:00 PM"}, 0, "not a time"},
		"zeros are not of the States": {[]string{"3/4/2026, 10:00:00 AM", "03/04/2026, 10:00:00 AM"}, 0, "--dates day-first|month-first"},
		"three ways":                  {[]string{"10/11/12 10:00"}, 0, "--dates day-first|month-first|year-first"},
		"decimals of serial numbers":  {[]string{"46085.60635", "46085.60635475"}, 0, "2026-03-04T14:33:09.0000000Z 2026-03-04T14:33:09.0500000Z"},
		"minute 60":                   {[]string{"19/3/2026 10:60"}, 0, "not a time"},
		"second 60":                   {[]string{"19/3/2026 10:00:60"}, 0, "not a time"},
		"seven digits and more":       {[]string{"19/3/2026 10:00:00.123456789 -01:30"}, 0, "2026-03-19T11:30:00.1234567Z"},
		"hour 24":                     {[]string{"19/3/2026 24:00"}, 0, "not a time"},
		"unknown zone":                {[]string{"19/3/2026 10:00 CET"}, 0, "not a time"},
	} {
		got, err := readAll(c.cells, c.given)
		text := strings.Trim(fmt.Sprint(got), "[]")
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %q, want %q", name, err, c.want)
			}
			continue
		}
		if text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
}

func TestLocalTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		header, cell string
		zone         *time.Location
		want         string
	}{
		{"TimeGenerated [Local Time]", "2026-03-04 10:00:00", nil, "--zone"},
		{"TimeGenerated [Local Time]", "2026-03-04 10:00:00", berlin, "2026-03-04T09:00:00.0000000Z"},
		{"TimeGenerated [Local Time]", "2026-07-04 10:00:00", berlin, "2026-07-04T08:00:00.0000000Z"},
		{"TimeGenerated [Local Time]", "2026-03-04T10:00:00Z", nil, "2026-03-04T10:00:00.0000000Z"},
		{"Datum (Ortszeit)", "2026-03-04 10:00:00", nil, "--zone"},
		{"TimeGenerated [UTC]", "2026-03-04 10:00:00", berlin, "2026-03-04T10:00:00.0000000Z"},
		{"TimeGenerated", "2026-03-04 10:00:00", nil, "2026-03-04T10:00:00.0000000Z"},
		{"TimeGenerated", "2026-03-04 10:00:00", berlin, "2026-03-04T09:00:00.0000000Z"},
		{"Date (local)", "2026-03-29 02:30:00", berlin, "does not exist"},
		{"Date (local)", "2026-10-25 02:30:00", berlin, "happened twice"},
		{"Date (local)", "2026-10-25 01:59:59", berlin, "2026-10-24T23:59:59.0000000Z"},
		{"Date (local)", "2026-10-25 03:00:00", berlin, "2026-10-25T02:00:00.0000000Z"},
		{"Date (local)", "2026-10-25 02:30:00+02:00", berlin, "2026-10-25T00:30:00.0000000Z"},
	} {
		_, z := dates.Column(c.header)
		got, _, err := dates.Form{Zone: c.zone}.Read(z, c.cell)
		text := got.String()
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %s, want %s", c.header, c.cell, text, c.want)
		}
	}
}

// layouts are ways to print an instant, by the order that they have.
var layouts = map[dates.Order][]string{
	dates.DayFirst:   {"2/1/2006 15:04", "02/01/2006, 15:04:05.000", "02.01.2006 15:04:05", "2-1-2006 3:04:05 PM", "02/01/06 15:04:05", "2.1.2006 15:04:05,0000000", "02/01/2006 03:04:05 pm"},
	dates.MonthFirst: {"1/2/2006 15:04", "1/2/2006, 3:04:05.000 PM", "01/02/2006 15:04:05", "01-02-2006 15:04", "1/2/06 15:04:05", "01/02/2006 03:04:05 PM"},
	dates.Undecided:  {"2006-01-02T15:04:05.0000000Z", "2006-01-02 15:04:05", "2006/1/2 15:04", "2006-01-02T15:04:05+00:00", "02-Jan-2006 15:04:05"},
}

// print writes instants in one layout and returns what the layout can say of them.
func print(at []time.Time, layout string) (cells []string, want []passtrail.Ticks) {
	exact := time.Minute
	switch {
	case strings.Contains(layout, ".000"), strings.Contains(layout, ",0000000"):
		exact = time.Millisecond
	case strings.Contains(layout, ":05"):
		exact = time.Second
	}
	for _, t := range at {
		t = t.Truncate(exact)
		cells, want = append(cells, t.Format(layout)), append(want, passtrail.TicksOf(t))
	}
	return cells, want
}

// check holds that a file is read exactly or refused, and that it is not refused without need.
func check(t *testing.T, at []time.Time, order dates.Order, layout string) {
	t.Helper()
	cells, want := print(at, layout)
	got, err := readAll(cells, dates.Undecided)
	above, same := false, true
	for _, x := range at {
		above = above || x.Day() > 12
		same = same && x.Day() == int(x.Month())
	}
	long := !strings.Contains(layout, "/06")
	switch {
	case err != nil && long && (order == dates.Undecided || above || same):
		t.Fatalf("%q refused: %v", cells, err)
	case err == nil && fmt.Sprint(got) != fmt.Sprint(want):
		t.Fatalf("%q read as %v", cells, got)
	}
	if order == dates.Undecided {
		return
	}
	if got, err = readAll(cells, order); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%q, told %s, read as %v %v", cells, order, got, err)
	}
}

// unitedStates tells whether a layout of another country prints what only the United States are known for.
func unitedStates(order dates.Order, layout string) bool {
	return order == dates.DayFirst && strings.Contains(layout, "/1/") && strings.Contains(layout, "PM")
}

func TestFilesComeBackOrAreRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 3))
	for range 3_000 {
		at := make([]time.Time, 1+rng.IntN(6))
		days := 12 + rng.IntN(20)
		for i := range at {
			at[i] = time.Date(2013+rng.IntN(20), time.Month(1+rng.IntN(12)), 1+rng.IntN(min(days, 28)), rng.IntN(24), rng.IntN(60), rng.IntN(60), rng.IntN(1000)*1e6, time.UTC)
		}
		for order, all := range layouts {
			for _, layout := range all {
				if !unitedStates(order, layout) {
					check(t, at, order, layout)
				}
			}
		}
	}
}

// FuzzDecider holds that a file is read in one order or refused: no cell is ever read in an order that another cell of
// the file rules out, and what is read stays the same when the rows come in another order.
func FuzzDecider(f *testing.F) {
	for _, all := range layouts {
		for _, layout := range all {
			f.Add(time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC).Format(layout) + "\n" + time.Date(2026, 3, 19, 22, 0, 0, 0, time.UTC).Format(layout))
		}
	}
	f.Add("46085.41667\n13/02/2026 10:00\n02/13/2026 10:00")
	f.Fuzz(func(t *testing.T, text string) {
		cells := strings.Split(text, "\n")
		back := make([]string, len(cells))
		for i, c := range cells {
			back[len(cells)-1-i] = c
		}
		got, err := readAll(cells, dates.Undecided)
		turned, err2 := readAll(back, dates.Undecided)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%q: %v, turned %v", cells, err, err2)
		}
		for i := range got {
			if err == nil && got[i] != turned[len(got)-1-i] {
				t.Fatalf("%q: %v, turned %v", cells, got, turned)
			}
			if err == nil && (got[i] < 0 || got[i] > passtrail.MaxTicks) {
				t.Fatalf("%q: %d", cells, got[i])
			}
		}
	})
}
