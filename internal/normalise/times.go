package normalise

import (
	"strings"

	"passtrail"
	"passtrail/internal/dates"
)

// parseTime reads an instant. Entra's own form, 2026-03-03T10:16:04.7783410Z, and its neighbours with another number of
// digits or +00:00 are read here; anything else goes to [passtrail.ParseTicks], and to package dates for
// forms in which nothing is ambiguous.
func parseTime(s string) (passtrail.Ticks, bool) {
	if t, ok := parseISO(s); ok {
		return t, true
	}
	s = strings.TrimSpace(s)
	if t, ok := parseDotNet(s); ok {
		return t, true
	}
	if t, err := passtrail.ParseTicks(s); err == nil {
		return t, true
	}
	t, _, err := dates.Form{}.Read(dates.Unmarked, s)
	return t, err == nil
}

// columnTime reads the time of a row, in a column of the usual name, as its file writes times.
func (n *Normaliser) columnTime(column, text string) (passtrail.Ticks, *Fault) {
	if text == "" {
		return 0, &Fault{Code: CodeNoTime, Reason: "the row has no " + column}
	}
	if text[len(text)-1] == 'Z' || strings.HasSuffix(text, "+00:00") {
		if t, ok := parseISO(text); ok {
			return t, nil
		}
	}
	_, zone := dates.Column(column)
	for i := 0; i < len(n.top.rest) && n.top.find(column).kind == 0; i++ {
		name, z := dates.Column(n.top.rest[i].name)
		if usual, _ := n.portalColumn(n.top.rest[i].name); (name == column || usual == column) && n.top.rest[i].kind != 0 {
			zone = z
			break
		}
	}
	form := dates.Form{}
	if n.Times != nil {
		form = *n.Times
	} else if zone != dates.Local { // not a row of a file: the answer of an API
		if t, ok := parseTime(text); ok {
			return t, nil
		}
	}
	t, _, err := form.Read(zone, text)
	if err != nil {
		return 0, &Fault{Code: CodeNoTime, Reason: column + " cannot be read: " + err.Error()}
	}
	return t, nil
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
func isTicksForm(s string, t passtrail.Ticks) bool {
	var buf [32]byte
	return len(s) == 28 && string(t.AppendTo(buf[:0])) == s
}

// isMicroForm tells whether s has the form of activityDateTime in diagnostic records: six digits and +00:00.
func isMicroForm(s string, t passtrail.Ticks) bool {
	var buf [40]byte
	return len(s) == 32 && string(appendMicro(buf[:0], t)) == s
}

func appendMicro(b []byte, t passtrail.Ticks) []byte {
	b = t.AppendTo(b)
	return append(b[:len(b)-2], "+00:00"...)
}
