package native

import (
	"math"
	"strconv"
	"strings"
	"time"

	"passtrail"
)

// isoLayouts are the forms in which an instant may be written, most usual first.
var isoLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04Z07:00", "2006-01-02 15:04", "2006-01-02T15", "2006-01-02Z07:00", "2006-01-02", "2006-01", "2006", "200601", "20060102", "2006010215", "200601021504", "20060102150405", "20060102T150405Z07:00", "20060102T150405",
	"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006-1-2 15:04:05", "2006-1-2 15:4:5", "2006-1-2", "2006/1/2",
	"1/2/2006 3:04:05 PM", "1/2/2006 15:04:05", "1/2/2006 3:04 PM", "1/2/2006 15:04", "1/2/2006", "1-2-2006 15:04:05", "1-2-2006 15:04", "1-2-2006", "2006.1.2 15:04:05", "2006.1.2", "2006, 1, 2 15:04:05", "2006, 1, 2",
	"Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 Jan 2006",
	"Mon, 2 Jan 06 15:04:05 MST", "2 Jan 06 15:04:05", "Monday, 02-Jan-06 15:04:05 MST", "Mon Jan 2 15:04:05 2006", "2 January 2006", "January 2 2006", "January 2, 2006", "January 2, 2006 15:04:05", "Jan 2 2006", "Jan 2, 2006", "Jan 2, 2006 15:04:05",
	"January 2006", "Jan 2006",
}

// layouts has besides the forms of RFC 822 and 850, with or without weekday, seconds and zone.
var layouts = func() []string {
	all := isoLayouts
	for _, date := range []string{"Mon, 2 Jan 06 ", "2 Jan 06 ", "Mon, 2 Jan 2006 ", "2 Jan 2006 ", "Monday, 02-Jan-06 ", "02-Jan-06 ", "02-Jan-2006 ", "2006-01-02 ", "2006-01-02T"} {
		for _, clock := range []string{"15:04:05", "15:04"} {
			all = append(all, date+clock, date+clock+" MST", date+clock+" -0700")
		}
	}
	return all
}()

// textDatetime reads an instant, null when the text is none. Up to seven fraction digits count, without an offset it is UTC.
func textDatetime(s string) any {
	s = strings.TrimSpace(s)
	if len(s) < 4 || len(s) > 64 {
		return nil
	}
	s = strings.TrimSuffix(strings.Replace(s, " UTC", "Z", 1), " ")
	s = strings.Replace(strings.Replace(s, " GMT", " UTC", 1), " Z", "Z", 1)
	if c := s[0]; c >= '0' && c <= '9' {
		s = upperMarks(s)
	}
	for _, layout := range layouts {
		at, err := time.ParseInLocation(layout, s, time.UTC)
		if name, _ := at.Zone(); err != nil || strings.HasSuffix(layout, " MST") && name != "UTC" {
			continue // other abbreviations of zones are ambiguous
		}
		if y := at.UTC().Year(); y < 1 || y > 9999 {
			return nil
		}
		return int64(passtrail.TicksOf(at))
	}
	return nil
}

// upperMarks allows t and z for T and Z in a numeric instant.
func upperMarks(s string) string {
	if strings.ContainsAny(s, "abcdefghijklmnopqrsuvwxyABCDEFGHIJKLMNOPQRSUVWXY") {
		return s
	}
	return strings.ToUpper(s)
}

// units of the short form of timespans, longest names first where one begins another.
var units = map[string]int64{
	"d": day, "day": day, "days": day, "h": int64(passtrail.Hour), "hour": int64(passtrail.Hour), "hours": int64(passtrail.Hour), "hr": int64(passtrail.Hour), "hrs": int64(passtrail.Hour),
	"m": int64(passtrail.Minute), "min": int64(passtrail.Minute), "minute": int64(passtrail.Minute), "minutes": int64(passtrail.Minute), "s": second, "sec": second, "second": second, "seconds": second,
	"ms": int64(passtrail.Millisecond), "milli": int64(passtrail.Millisecond), "millis": int64(passtrail.Millisecond), "millisecond": int64(passtrail.Millisecond), "milliseconds": int64(passtrail.Millisecond),
	"micro": 10, "micros": 10, "microsecond": 10, "microseconds": 10, "us": 10, "tick": 1, "ticks": 1, "nano": 0, "nanosecond": 0, "nanoseconds": 0,
}

// textTimespan reads [-][d.]hh:mm[:ss[.f]], a number of days, or a number with a unit; null when the text is neither.
func textTimespan(s string) any {
	s = strings.TrimSpace(s)
	if len(s) > 40 {
		return nil
	}
	if neg, ok := strings.CutPrefix(s, "-"); ok {
		if t, ok := textTimespan(neg).(int64); ok && !strings.HasPrefix(neg, "-") {
			return -t
		}
		return nil
	}
	if strings.Contains(s, ":") {
		return clockTimespan(s)
	}
	i := len(s)
	for i > 0 && (s[i-1] < '0' || s[i-1] > '9') {
		i--
	}
	unit, known := units[strings.ToLower(strings.TrimSpace(s[i:]))]
	if s[i:] == "" {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n > 10675199 {
			return nil
		}
		return n * day
	}
	f, err := strconv.ParseFloat(s[:i], 64)
	if err != nil || !known || strings.ContainsAny(s[:i], "eExXpPnN_") || math.Abs(f*float64(unit)) > math.MaxInt64/2 {
		return nil
	}
	return int64(math.Round(f * float64(unit)))
}

// clockTimespan reads [d.]hh:mm[:ss[.fffffff]].
func clockTimespan(s string) any {
	parts := strings.Split(s, ":")
	days := "0"
	if d, h, ok := strings.Cut(parts[0], "."); ok {
		days, parts[0] = d, h
	} else if len(parts) == 4 {
		days, parts = parts[0], parts[1:]
	}
	frac := ""
	if len(parts) == 3 {
		parts[2], frac, _ = strings.Cut(parts[2], ".")
	}
	d, ok := natural(days, 10675199)
	if !ok || len(parts) < 2 || len(parts) > 3 || len(frac) > 7 {
		return nil
	}
	total := d * day
	for i, limit := range []int64{23, 59, 59}[:len(parts)] {
		n, ok := natural(parts[i], limit)
		if !ok {
			return nil
		}
		total += n * []int64{int64(passtrail.Hour), int64(passtrail.Minute), second}[i]
	}
	if frac == "" {
		return total
	}
	f, ok := natural(frac+strings.Repeat("0", 7-len(frac)), second-1)
	if !ok {
		return nil
	}
	return total + f
}

// natural reads digits up to a limit.
func natural(s string, limit int64) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= limit
}
