package dates

import (
	"fmt"
	"slices"
	"strings"
)

// Order says in which order a file writes day, month and year in dates of numbers.
type Order uint8

// The orders. Years of four digits that come first, month names and serial numbers need none.
const (
	Undecided  Order = iota
	DayFirst         // 19/03/2026
	MonthFirst       // 3/19/2026
	YearFirst        // 26/03/19, with years of two digits
	orders
)

var orderNames = [orders]string{"", "day-first", "month-first", "year-first"}

func (o Order) String() string { return orderNames[o] }

// ParseOrder reads what String writes; an unknown name is not ok.
func ParseOrder(name string) (Order, bool) {
	i := slices.Index(orderNames[:], name)
	return Order(max(i, 0)), i >= 0
}

// Error says why a cell or a file cannot be read. Its text is for a person and holds nothing of the file.
type Error struct{ Msg string }

func (e *Error) Error() string { return e.Msg }

func errorf(format string, args ...any) *Error { return &Error{fmt.Sprintf(format, args...)} }

// Decider finds out the order of a file's dates. The zero value has seen nothing.
type Decider struct {
	against [orders]int64         // first line that cannot be read in this order
	differ  [orders][orders]int64 // first line that two orders read differently
	numbers bool                  // there were dates that need an order
	us      int64                 // first line that is written as in the United States: 3/4/2026, 10:00:00 AM
	padded  bool                  // a twelve-hour line has 03 for 3, which the United States' form does not
}

// See takes up the cell of a line. Cells that are no times say nothing.
func (d *Decider) See(text string, line int64) {
	if isISO(text) {
		return
	}
	s, err := scan(text)
	if err != nil || s.form != numbers {
		return
	}
	var days [orders]int
	valid := false
	for o := DayFirst; o < orders; o++ {
		days[o] = s.day(o)
		valid = valid || days[o] != 0
	}
	if !valid {
		return // not a day in any order: the row says so when it is read
	}
	d.numbers = true
	for o := DayFirst; o < orders; o++ {
		if days[o] == 0 {
			first(&d.against[o], line)
			continue
		}
		for p := DayFirst; p < o; p++ {
			if days[p] != 0 && days[p] != days[o] {
				first(&d.differ[p][o], line)
			}
		}
	}
	if s.upper && s.sep == '/' && days[MonthFirst] != 0 {
		d.padded = d.padded || s.padded
		if s.unpadded {
			first(&d.us, line)
		}
	}
}

func first(at *int64, line int64) {
	if *at == 0 {
		*at = line
	}
}

// Decide returns the file's order; given is what a person said, or what was decided when the file was shorter. With
// Undecided and no error no date needed an order.
func (d *Decider) Decide(given Order) (Order, error) {
	if !d.numbers {
		return given, nil
	}
	if given != Undecided {
		if line := d.against[given]; line != 0 {
			return Undecided, errorf("the dates of this file are read %s, as was said or decided before, but line %d is no %s date",
				given, line, given)
		}
		return given, nil
	}
	var left []Order
	for o := DayFirst; o < orders; o++ {
		if d.against[o] == 0 {
			left = append(left, o)
		}
	}
	if len(left) == 0 {
		return Undecided, d.contradiction()
	}
	var line int64
	for i, o := range left {
		for _, p := range left[:i] {
			if at := d.differ[p][o]; at != 0 && (line == 0 || at < line) {
				line = at
			}
		}
	}
	switch {
	case line == 0:
		return left[0], nil
	case d.us != 0 && !d.padded && slices.Contains(left, MonthFirst):
		return MonthFirst, nil
	}
	names := make([]string, len(left))
	for i, o := range left {
		names[i] = o.String()
	}
	return Undecided, errorf("a spreadsheet or page rewrote the dates, and which number is the day cannot be told: none is above 12 (see line %d); say it with --dates %s",
		line, strings.Join(names, "|"))
}

// contradiction names the lines that rule out each other's order.
func (d *Decider) contradiction() *Error {
	day, month := d.against[DayFirst], d.against[MonthFirst]
	if day == month {
		return errorf("line %d writes dates in another order than the lines before it: split the file", day)
	}
	return errorf("the dates contradict each other: line %d cannot be day-first, line %d cannot be month-first; split the file, or export it again with ISO dates",
		day, month)
}
