package native

import (
	_ "embed" // the names of time zones
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // time zones where the machine has none

	"passtrail"
)

const (
	second = int64(passtrail.Second)
	day    = int64(passtrail.Day)
)

// times work on instants and timespans in ticks.
var times = []fn{
	{"kql_format_datetime", "ls:s", func(a args) any { return formatDatetime(a.long(0), a.str(1)) }},
	{"kql_format_timespan", "ls:s", func(a args) any { return formatTimespan(a.long(0), a.str(1)) }},
	{"kql_add_ticks", "lll:l", func(a args) any { return addTicks(a.long(0), a.long(1), a.long(2)) }},
	{"kql_period", "slll:l", func(a args) any { return periodEdge(a.str(0), a.long(1), a.long(2), a.long(3)) }},
	{"kql_add_months", "lll:l", func(a args) any {
		if n := a.long(1); n > -120000 && n < 120000 {
			return addMonths(a.long(0), n*a.long(2))
		}
		return nil
	}},
	{"kql_make_datetime", "lllllr:l", func(a args) any {
		return makeDatetime(a.long(0), a.long(1), a.long(2), a.long(3), a.long(4), a.real(5))
	}},
	{"kql_make_timespan", "lllr:l", func(a args) any { return makeTimespan(a.long(0), a.long(1), a.long(2), a.real(3)) }},
	{"kql_unixtime", "rr:l", func(a args) any {
		t := a.real(0)*a.real(1) + float64(passtrail.UnixEpoch)
		if math.IsNaN(t) || t < 0 || t > float64(passtrail.MaxTicks) {
			return nil
		}
		return int64(math.Round(a.real(0)*a.real(1))) + int64(passtrail.UnixEpoch)
	}},
	{"kql_unixtime_micro", "l:l", func(a args) any {
		if us := a.long(0); us > -1<<57 && us < 1<<57 {
			return inRange(us*10 + int64(passtrail.UnixEpoch))
		}
		return nil
	}},
	{"kql_utc_to_local", "ls:l", func(a args) any { return utcToLocal(a.long(0), a.str(1)) }},
	{"kql_local_to_utc", "ls:l", func(a args) any { return localToUTC(a.long(0), a.str(1)) }},
	{"kql_timezones", ":j", func(args) any { return timezones() }},
	{"kql_bin", "ll:l", func(a args) any { return binLong(a.long(0), a.long(1)) }},
	{"kql_bin_real", "rr:r", func(a args) any {
		if !(a.real(1) > 0) {
			return nil
		}
		return math.Floor(a.real(0)/a.real(1)) * a.real(1)
	}},
	{"kql_bin_at", "lll:l", func(a args) any {
		if n, ok := binLong(a.long(0)-a.long(2), a.long(1)).(int64); ok {
			return n + a.long(2)
		}
		return nil
	}},
	{"kql_bin_at_real", "rrr:r", func(a args) any {
		if !(a.real(1) > 0) {
			return nil
		}
		return math.Floor((a.real(0)-a.real(2))/a.real(1))*a.real(1) + a.real(2)
	}},
}

func binLong(v, size int64) any {
	if size <= 0 {
		return nil
	}
	r := v % size
	if r < 0 {
		r += size
	}
	return v - r
}

func datetimeText(t int64) any {
	if t < 0 || t > int64(passtrail.MaxTicks) {
		return nil
	}
	return passtrail.Ticks(t).String()
}

// timespanText writes [-][d.]hh:mm:ss[.fffffff].
func timespanText(t int64) string {
	sign, n := "", uint64(t)
	if t < 0 {
		sign, n = "-", -uint64(t)
	}
	s := fmt.Sprintf("%02d:%02d:%02d", n/uint64(passtrail.Hour)%24, n/uint64(passtrail.Minute)%60, n/uint64(second)%60)
	if d := n / uint64(day); d > 0 {
		s = strconv.FormatUint(d, 10) + "." + s
	}
	if f := n % uint64(second); f > 0 {
		s += fmt.Sprintf(".%07d", f)
	}
	return sign + s
}

// formatDatetime writes an instant by a format whose letters were checked. A run longer than any specifier is read as
// several, so that "dddd" is the day twice.
func formatDatetime(t int64, format string) any {
	if t < 0 || t > int64(passtrail.MaxTicks) {
		return nil
	}
	at := passtrail.Ticks(t).Time()
	frac := fmt.Sprintf("%07d", t%second)
	parts := map[byte]int{'d': at.Day(), 'M': int(at.Month()), 'H': at.Hour(), 'h': (at.Hour()+11)%12 + 1, 'm': at.Minute(), 's': at.Second()}
	return formatRuns(format, func(c byte, run int) (string, int) {
		switch c {
		case 'y':
			return yearText(at.Year(), run)
		case 'f', 'F':
			return fraction(c, frac, run)
		case 't':
			return strings.ToUpper(at.Format("pm"))[:min(run, 2)], min(run, 2)
		}
		v, ok := parts[c]
		if !ok {
			return string(c), 1
		}
		return padded(int64(v), min(run, 2)), min(run, 2)
	})
}

func yearText(year, run int) (string, int) {
	switch {
	case run >= 4:
		return padded(int64(year), 4), 4
	case run >= 2:
		return padded(int64(year%100), 2), 2
	}
	return strconv.Itoa(year % 100), 1
}

// fraction cuts the seven digits; F leaves trailing zeros out.
func fraction(c byte, digits string, run int) (string, int) {
	n := min(run, 7)
	s := digits[:n]
	if c == 'F' {
		s = strings.TrimRight(s, "0")
	}
	return s, n
}

func padded(v int64, width int) string { return fmt.Sprintf("%0*d", width, v) }

// formatRuns goes through the runs of equal letters; one writes the start of a run and says how much of it that was.
func formatRuns(format string, one func(c byte, run int) (string, int)) string {
	var b strings.Builder
	for i := 0; i < len(format); {
		run := 1
		for i+run < len(format) && format[i+run] == format[i] {
			run++
		}
		s, n := one(format[i], run)
		b.WriteString(s)
		i += n
	}
	return b.String()
}

func formatTimespan(t int64, format string) any {
	sign, n := "", t
	if t < 0 {
		sign, n = "-", -t
	}
	frac := fmt.Sprintf("%07d", n%second)
	return sign + formatRuns(format, func(c byte, run int) (string, int) {
		switch c {
		case 'd':
			return padded(n/day, min(run, 8)), min(run, 8)
		case 'f', 'F':
			return fraction(c, frac, run)
		case 'H', 'h':
			return padded(n/int64(passtrail.Hour)%24, min(run, 2)), min(run, 2)
		case 'm':
			return padded(n/int64(passtrail.Minute)%60, min(run, 2)), min(run, 2)
		case 's':
			return padded(n/second%60, min(run, 2)), min(run, 2)
		}
		return string(c), 1
	})
}

// addMonths moves an instant by whole months; the day is cut to the length of the month.
func addMonths(t, months int64) any {
	if t < 0 || t > int64(passtrail.MaxTicks) || months < -120000 || months > 120000 {
		return nil
	}
	at := passtrail.Ticks(t).Time()
	m := int64(at.Year())*12 + int64(at.Month()) - 1 + months
	if m < 12 || m >= 120000 {
		return nil
	}
	first := time.Date(int(m/12), time.Month(m%12+1), 1, 0, 0, 0, 0, time.UTC)
	d := min(at.Day(), first.AddDate(0, 1, -1).Day())
	return int64(passtrail.TicksOf(first)) + int64(d-1)*day + t%day
}

// addTicks moves an instant by n units; null when that is beyond the calendar.
func addTicks(t, n, unit int64) any {
	if n != 0 && (n*unit/n != unit || n*unit > 1<<62 || n*unit < -1<<62) {
		return nil
	}
	return inRange(t + n*unit)
}

// periodEdge is the start of the period around an instant, moved by so many periods, or the last tick of that one.
func periodEdge(period string, t, offset, end int64) any {
	if inRange(t) == nil || offset < -4e6 || offset > 4e6 {
		return nil
	}
	var start any
	switch at := passtrail.Ticks(t).Time(); period {
	case "day":
		start = addTicks(t-t%day, offset+end, day)
	case "week":
		start = addTicks(((t/day+1)/7*7-1)*day, offset+end, 7*day)
	case "month":
		start = addMonths(t-t%day-int64(at.Day()-1)*day, offset+end)
	case "year":
		start = addMonths(t-t%day-int64(at.YearDay()-1)*day, 12*(offset+end))
	}
	if s, ok := start.(int64); ok && end == 1 {
		return s - 1
	}
	return start
}

func makeDatetime(y, m, d, h, mi int64, s float64) any {
	if y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59 || !(s >= 0 && s < 60) {
		return nil
	}
	at := time.Date(int(y), time.Month(m), int(d), int(h), int(mi), 0, 0, time.UTC)
	if at.Day() != int(d) {
		return nil
	}
	return int64(passtrail.TicksOf(at)) + int64(math.Round(s*1e7))
}

func makeTimespan(d, h, m int64, s float64) any {
	if d < 0 || d > 10675198 || h < 0 || h > 23 || m < 0 || m > 59 || !(s >= 0 && s < 60) {
		return nil
	}
	return d*day + h*int64(passtrail.Hour) + m*int64(passtrail.Minute) + int64(math.Round(s*1e7))
}

var zones sync.Map // name to *time.Location, nil for none

func zone(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	if len(name) > 64 || name == "" || name == "Local" || strings.Contains(name, "..") {
		return nil
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zones.Store(name, z)
	return z
}

func utcToLocal(t int64, name string) any {
	z := zone(name)
	if z == nil || inRange(t) == nil {
		return nil
	}
	_, offset := passtrail.Ticks(t).Time().In(z).Zone()
	return inRange(t + int64(offset)*second)
}

func localToUTC(t int64, name string) any {
	z := zone(name)
	if z == nil || inRange(t) == nil {
		return nil
	}
	w := passtrail.Ticks(t).Time()
	at := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, z)
	if at.Hour() != w.Hour() || at.Minute() != w.Minute() { // skipped when clocks go forward: by the time after
		_, offset := at.Add(24 * time.Hour).Zone()
		return inRange(t - int64(offset)*second)
	}
	return inRange(int64(passtrail.TicksOf(at)) + t%second)
}

// zoneNames are those of the time zone database that Go brings along.
//
//go:embed zones.txt
var zoneNames string

func timezones() *node {
	var items []*node
	for _, n := range strings.Fields(zoneNames) {
		items = append(items, textNode(n))
	}
	return arrayNode(items)
}
