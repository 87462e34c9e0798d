package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"passtrail"
)

// Zone writes instants in the reader's time zone.
type Zone struct {
	Name string
	loc  *time.Location
	now  passtrail.Ticks
}

// Stamp is an instant as pages write it.
type Stamp struct {
	None            bool
	ISO, Local, UTC string
	Day, Clock      string // the two halves of Local, the day in words
	Date            string // the day as 2026-03-31
	Ago             string
}

// At returns the stamp of an instant; 0 and forever are no instant.
func (z Zone) At(t passtrail.Ticks) Stamp {
	if t == 0 || t == passtrail.Forever {
		return Stamp{None: true}
	}
	utc := t.Time()
	local := utc
	if z.loc != nil {
		local = utc.In(z.loc)
	}
	return Stamp{
		ISO: utc.Format("2006-01-02T15:04:05.000Z"), Local: local.Format("2006-01-02 15:04:05"), UTC: utc.Format("2006-01-02 15:04:05") + " UTC",
		Day: local.Format("Monday, 2 January 2006"), Date: local.Format(time.DateOnly), Clock: local.Format("15:04:05"), Ago: ago(z.now - t),
	}
}

// Printed is the stamp of the page itself, for paper.
func (z Zone) Printed() Stamp { return z.At(z.now) }

// Date is the day of an instant in the reader's zone, as date fields want it.
func (z Zone) Date(t passtrail.Ticks) string {
	if t == 0 || t == passtrail.Forever {
		return ""
	}
	if z.loc == nil {
		return t.Time().Format(time.DateOnly)
	}
	return t.Time().In(z.loc).Format(time.DateOnly)
}

// LongDate is the day of an instant in the reader's zone, in words: 14 May 2026.
func (z Zone) LongDate(t passtrail.Ticks) string {
	if z.loc == nil {
		return t.Time().Format("2 January 2006")
	}
	return t.Time().In(z.loc).Format("2 January 2006")
}

// ParseDate reads a date field: the start of that day in the reader's zone. ok is false for anything else.
func (z Zone) ParseDate(s string) (t passtrail.Ticks, ok bool) {
	loc := z.loc
	if loc == nil {
		loc = time.UTC
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", time.RFC3339} {
		if at, err := time.ParseInLocation(layout, strings.TrimSpace(s), loc); err == nil && at.Year() >= 1 && at.Year() < 9999 {
			return passtrail.TicksOf(at), true
		}
	}
	return 0, false
}

// NextDay is the start of the day after that of an instant, in the reader's zone, where days have 23 to 25 hours.
func (z Zone) NextDay(t passtrail.Ticks) passtrail.Ticks {
	loc := z.loc
	if loc == nil {
		loc = time.UTC
	}
	at := t.Time().In(loc)
	return passtrail.TicksOf(time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, loc))
}

// ago says how long something is past.
func ago(d passtrail.Ticks) string {
	switch {
	case d < 0:
		return "in the future"
	case d < 2*passtrail.Minute:
		return "just now"
	case d < 2*passtrail.Hour:
		return fmt.Sprintf("%d minutes ago", d/passtrail.Minute)
	case d < 2*passtrail.Day:
		return fmt.Sprintf("%d hours ago", d/passtrail.Hour)
	}
	return fmt.Sprintf("%d days ago", d/passtrail.Day)
}

// formatNumber groups digits by three: 1,204,331.
func formatNumber(n int64) string {
	if n < 0 {
		return "-" + formatNumber(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent writes part of whole: 41 %.
func percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	p := 100 * float64(part) / float64(whole)
	if p > 0 && p < 1 {
		return "< 1 %"
	}
	if p < 100 && p > 99 {
		return "> 99 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}

// formatSpan writes a length of time as people say it: 1 min 20 s.
func formatSpan(d passtrail.Ticks) string {
	s := int64(math.Round(float64(d) / float64(passtrail.Second)))
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%d d %d h", s/86400, s%86400/3600)
}

// rowsLine says which rows of a list a page holds, for paper above all: there is no next page on it. Later pages do not
// know how many rows stand before theirs.
func rowsLine(shown int, total int64, later bool) string {
	switch {
	case total == 0 || shown == 0:
		return "No rows"
	case later:
		return fmt.Sprintf("%s of %s rows, after the newest", formatNumber(int64(shown)), formatNumber(total))
	}
	return fmt.Sprintf("Rows 1 to %s of %s", formatNumber(int64(shown)), formatNumber(total))
}

// plural is the word for one thing or for several.
func plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// nameHalves are a user principal name before and from its @ on, where a narrow column may break it.
type nameHalves struct{ Before, After string }

func halves(name string) nameHalves {
	if i := strings.LastIndexByte(name, '@'); i > 0 {
		return nameHalves{name[:i], name[i:]}
	}
	return nameHalves{Before: name}
}

// change says how a count differs from an earlier one.
func change(now, was int64) string {
	switch {
	case now > was:
		return formatNumber(now-was) + " more"
	case now < was:
		return formatNumber(was-now) + " fewer"
	}
	return "no change"
}

// Took is how long an attempt took, in words.
func (sh *Shell) Took(a AttemptRow) string { return formatSpan(a.End - a.Start) }
