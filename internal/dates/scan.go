package dates

import (
	"strings"
	"unicode"

	"passtrail"
)

// form is how a cell writes its day.
type form uint8

const (
	decided form = iota // the year came first, or the month has a name
	numbers             // three numbers that need an order
	serial              // days since the end of 1899, as spreadsheets count
)

// stamp is a cell taken apart.
type stamp struct {
	form     form
	n        [3]int // the numbers, or year, month and day
	width    [3]int // their digits
	sep      rune   // between the numbers
	clock    passtrail.Ticks
	unit     passtrail.Ticks // what the cell is exact to
	zoned    bool            // it says its own zone
	offset   passtrail.Ticks
	upper    bool // a clock of twelve hours with AM or PM in capitals
	padded   bool // day or month below ten with a zero
	unpadded bool // day or month below ten without
}

// The years that two digits may stand for: Entra has no older records.
const (
	firstShort = 2010
	lastShort  = 2069
)

// day is the number of the day since year 1 in an order, plus 1; 0 when the numbers are no day in it.
func (s *stamp) day(o Order) int {
	y, m, d := s.n[2], s.n[1], s.n[0]
	wy := s.width[2]
	switch o {
	case MonthFirst:
		m, d = d, m
	case YearFirst:
		if s.width[0] != 2 || s.width[1] != 2 || s.width[2] != 2 || s.sep == '.' {
			return 0
		}
		y, d, wy = s.n[0], s.n[2], 2
	}
	if wy <= 2 {
		if wy < 2 {
			return 0
		}
		if y += 2000; y < firstShort || y > lastShort {
			return 0
		}
	}
	return dayNumber(y, m, d)
}

func dayNumber(y, m, d int) int {
	if y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0
	}
	return daysSince1(y, m, d) + 1
}

// isISO tells at a glance that a cell has its year first.
func isISO(s string) bool {
	return len(s) >= 19 && s[4] == '-' && s[7] == '-' && s[13] == ':' && s[0]-'0' <= 9
}

// The reasons of cells that are no times.
var (
	errNoTime   = errorf("it is not a time")
	errDateOnly = errorf("it has a date without the time of day: the spreadsheet cut it off; export the file again")
	errCutDate  = errorf("a spreadsheet kept minutes and seconds and lost the date: export the file again and do not save it there")
	errHashes   = errorf("a spreadsheet wrote # signs for a date that did not fit its column: widen it, or export the file again")
	errSerial   = errorf("the spreadsheet's number for the time has too few decimals to tell the minute")
)

// scan takes a cell apart.
func scan(text string) (*stamp, error) {
	text = clean(text)
	switch {
	case text == "":
		return nil, errNoTime
	case len(text) > 64:
		return nil, errNoTime
	case strings.Trim(text, "#") == "":
		return nil, errHashes
	}
	if s, ok, err := scanSerial(text); ok {
		return s, err
	}
	l := lexer{s: text}
	s := &stamp{}
	half, ok := l.date(s)
	if !ok {
		if lostDate(text) {
			return nil, errCutDate
		}
		return nil, errNoTime
	}
	if l.rest() == "" && half == noHalf {
		return nil, errDateOnly
	}
	if !l.time(s, half) {
		return nil, errNoTime
	}
	return s, nil
}

// clean folds what display forms put between the parts: marks of direction, narrow and fixed spaces.
func clean(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return strings.TrimSpace(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u200e' || r == '\u200f' || r == '\ufeff':
			return -1
		case unicode.IsSpace(r):
			return ' '
		case r == '\uff0f':
			return '/'
		case r == '\uff1a':
			return ':'
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// lostDate tells whether a cell is what spreadsheets show of an instant with milliseconds: 33:09.0.
func lostDate(s string) bool {
	l := lexer{s: s}
	_, w, ok := l.number()
	return ok && w <= 2 && l.take(':') && len(l.rest()) >= 2
}

// The serial numbers that are taken for times: the years 2000 to 2099.
const (
	firstSerial = 36526
	lastSerial  = 73050
	serialZero  = 693593 // days from year 1 to 1899-12-30
)

// scanSerial reads a spreadsheet's number of days, with a point or a comma before the decimals. The time of day is
// rounded to what the decimals are exact to: with eight or more to the millisecond, with five or more to the second, with
// four to the minute. Fewer must be exact.
func scanSerial(text string) (s *stamp, ok bool, err error) {
	whole, frac, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	if len(whole) != 5 || len(frac) > 15 || !digits(whole+frac) {
		return nil, false, nil
	}
	days := atoi(whole)
	if days < firstSerial || days > lastSerial {
		return nil, false, nil
	}
	scale := 1.0
	for range frac {
		scale *= 10
	}
	exact := passtrail.Ticks(float64(atoi(frac)) / scale * float64(passtrail.Day))
	unit := passtrail.Minute
	switch n := len(frac); {
	case n >= 8:
		unit = passtrail.Millisecond
	case n >= 5:
		unit = passtrail.Second
	}
	clock := (exact + unit/2) / unit * unit
	if off := clock - exact; len(frac) < 4 && max(off, -off) > passtrail.Millisecond {
		return nil, true, errSerial
	}
	return &stamp{form: serial, n: [3]int{days, 0, 0}, clock: clock, unit: unit}, true, nil
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func atoi(s string) (n int) {
	for i := 0; i < len(s); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1 counts days from 0001-01-01. The year is taken to begin in March, so that the leap day comes last.
func daysSince1(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 306
}
