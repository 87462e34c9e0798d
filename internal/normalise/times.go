package normalise

import (
	"strings"
	"time"

	"passtrail"
)

// parseTime reads an instant. Entra's own form, 2026-03-03T10:16:04.7783410Z, and its neighbours with another number of
// digits or +00:00 are read here; anything else goes to [passtrail.ParseTicks] and to the forms that portals write.
func parseTime(s string) (passtrail.Ticks, bool) {
	if t, ok := parseISO(s); ok {
		return t, true
	}
	s = strings.TrimSpace(s)
	if t, err := passtrail.ParseTicks(s); err == nil {
		return t, true
	}
	// Log Analytics' CSV export writes times as its page shows them (the column says "[UTC]").
	for _, layout := range []string{"1/2/2006, 3:04:05.999999999 PM", "1/2/2006 3:04:05 PM", "1/2/2006, 15:04:05.999999999"} {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil && t.Year() >= 1 {
			return passtrail.TicksOf(t), true
		}
	}
	return 0, false
}

// parseISO reads yyyy-MM-ddTHH:mm:ss with up to seven fraction digits and Z, +00:00 or nothing.
func parseISO(s string) (passtrail.Ticks, bool) {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	year, ok1 := decimal(s[0:4])
	month, ok2 := decimal(s[5:7])
	day, ok3 := decimal(s[8:10])
	hour, ok4 := decimal(s[11:13])
	minute, ok5 := decimal(s[14:16])
	second, ok6 := decimal(s[17:19])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || year < 1 || month < 1 || month > 12 || day < 1 ||
		day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	t := passtrail.Ticks(daysSince1(year, month, day))*passtrail.Day + passtrail.Ticks(hour)*passtrail.Hour +
		passtrail.Ticks(minute)*passtrail.Minute + passtrail.Ticks(second)*passtrail.Second
	rest := s[19:]
	if len(rest) > 1 && rest[0] == '.' {
		unit, n := passtrail.Second/10, 1
		for ; n < len(rest) && rest[n]-'0' <= 9; n++ {
			t += passtrail.Ticks(rest[n]-'0') * unit
			unit /= 10
		}
		if n == 1 {
			return 0, false
		}
		rest = rest[n:]
	}
	return t, rest == "Z" || rest == "+00:00" || rest == ""
}

func decimal(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return n, true
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

// isTicksForm tells whether s is exactly how t prints: seven digits and Z.
func isTicksForm(s string) bool {
	return len(s) == 28 && s[19] == '.' && s[27] == 'Z'
}

// isMicroForm tells whether s has the form of activityDateTime in diagnostic records: six digits and +00:00.
func isMicroForm(s string) bool {
	return len(s) == 32 && s[19] == '.' && s[26:] == "+00:00"
}

func appendMicro(b []byte, t passtrail.Ticks) []byte {
	b = t.AppendTo(b)
	return append(b[:len(b)-2], "+00:00"...)
}
