package loganalytics

import (
	"strconv"
	"strings"

	"passtrail"
)

// parseTimespan reads an ISO 8601 interval: a duration, which ends now, or two of start, end and duration with a slash
// between. The end is not part of it.
func parseTimespan(text string, now passtrail.Ticks) (from, to passtrail.Ticks, err error) {
	bad := passtrail.Errorf(passtrail.Invalid, "loganalytics.parseTimespan", "the timespan %q cannot be read: want an ISO 8601 duration such as P7D or PT12H, or start/end, start/duration, duration/end with times such as 2026-03-01T00:00:00Z", clip(text, 80))
	start, end, both := strings.Cut(strings.TrimSpace(text), "/")
	if !both {
		d, ok := parseDuration(start)
		if !ok {
			return 0, 0, bad
		}
		return within(d.before(now)), now, nil
	}
	length, startIsLength := parseDuration(start)
	tail, endIsLength := parseDuration(end)
	if startIsLength && endIsLength {
		return 0, 0, bad
	}
	if !startIsLength {
		if from, err = passtrail.ParseTicks(start); err != nil {
			return 0, 0, bad
		}
	}
	if !endIsLength {
		if to, err = passtrail.ParseTicks(end); err != nil {
			return 0, 0, bad
		}
	}
	switch {
	case startIsLength:
		from = within(length.before(to))
	case endIsLength:
		to = within(tail.after(from))
	}
	if from > to {
		return 0, 0, passtrail.Errorf(passtrail.Invalid, "loganalytics.parseTimespan", "the timespan %q ends before it begins", clip(text, 80))
	}
	return from, max(to, 1), nil // 0 would leave the end open
}

// within keeps an instant within those there are, which begin with year 1.
func within(t passtrail.Ticks) passtrail.Ticks { return min(max(t, 1), passtrail.MaxTicks) }

// duration is an ISO 8601 duration. Years and months have no fixed length.
type duration struct {
	months int
	rest   passtrail.Ticks
}

// units are the fixed lengths by letter; minutes are a small m, since M are months.
var units = map[byte]passtrail.Ticks{'W': 7 * passtrail.Day, 'D': passtrail.Day, 'H': passtrail.Hour, 'm': passtrail.Minute, 'S': passtrail.Second}

// parseDuration reads P[nY][nM][nW][nD][T[nH][nM][nS]].
func parseDuration(text string) (d duration, ok bool) {
	text, ok = strings.CutPrefix(strings.ToUpper(strings.TrimSpace(text)), "P")
	days, clock, hasClock := strings.Cut(text, "T")
	ok = ok && days+clock != "" && hasClock == (clock != "")
	return d, ok && d.add(days, "YMWD") && d.add(strings.ReplaceAll(clock, "M", "m"), "HmS")
}

// add adds numbers with their units, which come in this order and at most once each.
func (d *duration) add(text, order string) bool {
	for text != "" {
		i := strings.IndexAny(text, order)
		if i < 1 || strings.Trim(text[:i], "0123456789.,") != "" {
			return false
		}
		n, err := strconv.ParseFloat(strings.Replace(text[:i], ",", ".", 1), 64)
		if err != nil {
			return false
		}
		unit := text[i]
		text, order = text[i+1:], order[strings.IndexByte(order, unit)+1:]
		switch unit {
		case 'Y':
			d.months += 12 * int(min(n, maxYears))
		case 'M':
			d.months += int(min(n, 12*maxYears))
		default: // what is longer than all the time there is begins with it
			d.rest = min(d.rest+passtrail.Ticks(min(n*float64(units[unit]), float64(passtrail.MaxTicks))), passtrail.MaxTicks)
		}
	}
	return true
}

// maxYears is how many years there are.
const maxYears = 9999

func (d duration) before(t passtrail.Ticks) passtrail.Ticks { return addMonths(t, -d.months) - d.rest }

func (d duration) after(t passtrail.Ticks) passtrail.Ticks { return addMonths(t, d.months) + d.rest }

// addMonths moves an instant by calendar months, at most to the first or the last one there is.
func addMonths(t passtrail.Ticks, months int) passtrail.Ticks {
	moved := t.Time().AddDate(0, months, 0)
	switch {
	case moved.Year() < 1:
		return 0
	case moved.Year() > maxYears:
		return passtrail.MaxTicks
	}
	return passtrail.TicksOf(moved)
}
