package parser

import (
	"strings"
	"time"
)

// ParseDatetime reads the text of a datetime literal into ticks of 100 ns since 0001-01-01 UTC: ISO 8601 with a space or
// a T, month/day/year, RFC 822 and RFC 850. A zone moves the instant to UTC; without one the text is UTC.
func ParseDatetime(s string) (int64, bool) {
	c := cursor{text: strings.TrimSpace(s), ok: true}
	if c.done() {
		return 0, false
	}
	var year, month, dayOfMonth int64
	if isDigit(c.text[0]) {
		year, month, dayOfMonth = c.date()
	} else {
		year, month, dayOfMonth = c.namedDay()
	}
	var ticks int64
	if c.ok && !c.done() {
		if !c.take('T') && !c.take('t') && !c.spaces() {
			return 0, false
		}
		ticks = c.clock()
	}
	if !c.ok || !c.done() || year < 1 || year > 9999 || month < 1 || month > 12 || dayOfMonth < 1 {
		return 0, false
	}
	midnight := time.Date(int(year), time.Month(month), int(dayOfMonth), 0, 0, 0, 0, time.UTC)
	if midnight.Day() != int(dayOfMonth) {
		return 0, false
	}
	const unixEpoch = 62_135_596_800 // seconds from 0001-01-01 to 1970-01-01
	ticks += (midnight.Unix() + unixEpoch) * second
	return ticks, ticks >= 0 && ticks < 3_652_059*day
}

// date reads 2026-01-02, 2026-01, 2026, 2026/1/2, 2026.1.2, 2026, 1, 2, then 1/2/2026 and 1-2-2026 with the month first, 2 Jan 2026
// and 02-Jan-26.
func (c *cursor) date() (year, month, day int64) {
	start := c.pos
	first := c.number(1, 4)
	digits := c.pos - start
	switch {
	case digits == 4 && c.done():
		return first, 1, 1
	case digits == 4 && (c.take('-') || c.take('/') || c.take('.')):
		month = c.number(1, 2)
		day = 1
		if c.take(c.text[start+4]) {
			day = c.number(1, 2)
		}
		return first, month, day
	case digits == 4 && c.take(','):
		c.spaces()
		month = c.number(1, 2)
		c.must(',')
		c.spaces()
		return first, month, c.number(1, 2)
	case digits <= 2 && (c.take('/') || c.dashAndDigit()):
		day = c.number(1, 2)
		c.must(c.text[start+digits])
		return c.number(4, 4), first, day
	case digits <= 2:
		year, month = c.monthAndYear()
		return year, month, first
	}
	c.ok = false
	return 0, 0, 0
}

// dashAndDigit takes a dash before a digit, not the one before the name of a month.
func (c *cursor) dashAndDigit() bool {
	return c.pos+1 < len(c.text) && isDigit(c.text[c.pos+1]) && c.take('-')
}

// namedDay reads a date that starts with the name of the day: Sat, 8 Nov 2014.
func (c *cursor) namedDay() (year, month, day int64) {
	name := strings.ToLower(c.word())
	c.must(',')
	c.spaces()
	c.ok = c.ok && len(name) >= 3 && strings.Contains("sunday monday tuesday wednesday thursday friday saturday", name)
	day = c.number(1, 2)
	year, month = c.monthAndYear()
	return year, month, day
}

// monthAndYear reads the rest of a date whose month is a name: " Nov 2014" or "-Nov-14".
func (c *cursor) monthAndYear() (year, month int64) {
	dash := c.take('-')
	if !dash {
		c.ok = c.spaces() && c.ok
	}
	name := strings.ToLower(c.word())
	for m := time.January; m <= time.December; m++ {
		full := strings.ToLower(m.String())
		if name == full || name == full[:3] {
			month = int64(m)
		}
	}
	if dash {
		c.must('-')
	} else {
		c.ok = c.spaces() && c.ok
	}
	start := c.pos
	year = c.number(2, 4)
	if c.pos-start == 2 { // as .NET: up to 49 is this century
		year += 1900
		if year < 1950 {
			year += 100
		}
	}
	return year, month
}

// clock reads hh:mm[:ss[.fffffff]] [AM|PM] [zone] into ticks.
func (c *cursor) clock() int64 {
	hours := c.number(1, 2)
	c.must(':')
	minutes := c.number(1, 2)
	var seconds, fraction int64
	if c.take(':') {
		seconds = c.number(1, 2)
		fraction = c.fraction()
	}
	c.spaces()
	half := strings.ToLower(c.peekWord())
	if half == "am" || half == "pm" {
		c.word()
		c.spaces()
		c.ok = c.ok && hours >= 1 && hours <= 12
		hours %= 12
		if half == "pm" {
			hours += 12
		}
	}
	zone := c.zone()
	if hours > 23 || minutes > 59 || seconds > 59 {
		c.ok = false
	}
	return hours*hour + minutes*minute + seconds*second + fraction - zone
}

func (c *cursor) peekWord() string {
	ahead := *c
	return ahead.word()
}

// zone reads Z, UTC, GMT or an offset like +02:00 into ticks.
func (c *cursor) zone() int64 {
	switch {
	case c.done():
		return 0
	case c.take('+'):
		return c.offset()
	case c.take('-'):
		return -c.offset()
	}
	switch strings.ToUpper(c.word()) {
	case "Z", "UTC", "GMT":
	default:
		c.ok = false
	}
	return 0
}

func (c *cursor) offset() int64 {
	hours := c.number(2, 2)
	var minutes int64
	if c.take(':') || !c.done() {
		minutes = c.number(2, 2)
	}
	if hours > 14 || minutes > 59 {
		c.ok = false
	}
	return hours*hour + minutes*minute
}
