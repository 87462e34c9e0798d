package dates

import (
	"strings"
	"time"

	"passtrail"
)

// Form is how the cells of a file are read. The zero value reads what needs neither order nor zone.
type Form struct {
	Order Order
	Zone  *time.Location // of times that do not say theirs; nil: UTC, unless their column says that they are local
}

// Zoning is what the header of a column says of its times.
type Zoning uint8

// What headers say.
const (
	Unmarked Zoning = iota // Entra's times are UTC where nothing else is said
	UTC                    // "Date (UTC)", "TimeGenerated [UTC]"
	Local                  // "TimeGenerated [Local Time]", or another zone by name
)

// Column splits the header of a column of times: "TimeGenerated [UTC]" is TimeGenerated in UTC.
func Column(header string) (name string, z Zoning) {
	header = strings.TrimSpace(header)
	end := len(header) - 1
	if end < 0 {
		return header, Unmarked
	}
	var open int
	switch header[end] {
	case ')':
		open = strings.LastIndexByte(header, '(')
	case ']':
		open = strings.LastIndexByte(header, '[')
	default:
		return header, Unmarked
	}
	if open <= 0 {
		return header, Unmarked
	}
	name = strings.TrimSpace(header[:open])
	switch strings.ToUpper(strings.TrimSpace(header[open+1 : end])) {
	case "UTC", "GMT", "Z", "UTC+0", "UTC+00:00", "UTC±00:00":
		return name, UTC
	}
	return name, Local
}

// NeedsZone tells whether a cell can only be read when somebody says its zone.
func NeedsZone(z Zoning, text string) bool {
	if z != Local {
		return false
	}
	s, err := scan(text)
	return err == nil && !s.zoned
}

// ErrLocal is the error of a local time in a file whose zone nobody said.
var ErrLocal = errorf("the column has local times: say whose with --zone, for instance --zone Europe/Berlin, or export the file in UTC")

// Why times cannot be read.
var (
	errGap   = errorf("the local time does not exist in the zone: clocks were put forward over it")
	errTwice = errorf("the local time happened twice when clocks were put back, and nothing tells which of the two it is: export the file in UTC")
	errOrder = errorf("day and month of the date cannot be told apart")
	errOther = errorf("the date is not written in the order of the file's other dates")
)

// Read reads a cell of a column. Unit is what the cell is exact to: a minute, a second, or finer.
func (f Form) Read(z Zoning, text string) (t, unit passtrail.Ticks, err error) {
	s, err := scan(text)
	if err != nil {
		return 0, 0, err
	}
	var days int
	switch s.form {
	case serial:
		days = s.n[0] + serialZero
	case decided:
		days = dayNumber(s.n[0], s.n[1], s.n[2]) - 1
	case numbers:
		if days, err = f.day(s); err != nil {
			return 0, 0, err
		}
	}
	t = passtrail.Ticks(days)*passtrail.Day + s.clock
	switch {
	case s.zoned:
		t -= s.offset
	case z == UTC || z == Unmarked && f.Zone == nil:
	case f.Zone == nil:
		return 0, 0, ErrLocal
	default:
		if t, err = inZone(t, f.Zone); err != nil {
			return 0, 0, err
		}
	}
	if t < 0 || t > passtrail.MaxTicks {
		return 0, 0, errNoTime
	}
	return t, s.unit, nil
}

// day is the number of the day since year 1. Without an order all orders must give the same.
func (f Form) day(s *stamp) (int, error) {
	if f.Order != Undecided {
		if d := s.day(f.Order); d > 0 {
			return d - 1, nil
		}
		return 0, errOther
	}
	day := 0
	for o := DayFirst; o < orders; o++ {
		switch d := s.day(o); {
		case d == 0 || d == day:
		case day == 0:
			day = d
		default:
			return 0, errOrder
		}
	}
	if day == 0 {
		return 0, errNoTime
	}
	return day - 1, nil
}

// inZone finds the instant at which clocks of a zone show a time. A time that they show never or twice is an error.
func inZone(local passtrail.Ticks, zone *time.Location) (passtrail.Ticks, error) {
	var found []passtrail.Ticks
	seen := map[int]bool{}
	// Offsets change at most once within a day: those of a day before and after are all there can be.
	for _, at := range []passtrail.Ticks{local - passtrail.Day, local, local + passtrail.Day} {
		_, offset := at.Time().In(zone).Zone()
		if seen[offset] {
			continue
		}
		seen[offset] = true
		t := local - passtrail.Ticks(offset)*passtrail.Second
		if _, back := t.Time().In(zone).Zone(); back == offset {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return 0, errGap
	case 1:
		return found[0], nil
	}
	return 0, errTwice
}
