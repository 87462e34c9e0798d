package dates

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"passtrail"
)

// lexer reads a cell from left to right.
type lexer struct {
	s string
	i int
}

func (l *lexer) rest() string { return l.s[l.i:] }

func (l *lexer) space() {
	for l.i < len(l.s) && l.s[l.i] == ' ' {
		l.i++
	}
}

func (l *lexer) peek() rune {
	r, _ := utf8.DecodeRuneInString(l.rest())
	return r
}

func (l *lexer) take(r rune) bool {
	if l.i < len(l.s) && l.peek() == r {
		l.i += utf8.RuneLen(r)
		return true
	}
	return false
}

// number reads up to nine digits.
func (l *lexer) number() (n, width int, ok bool) {
	for width < 9 && l.i < len(l.s) && l.s[l.i]-'0' <= 9 {
		n = n*10 + int(l.s[l.i]-'0')
		l.i++
		width++
	}
	return n, width, width > 0
}

// letters reads a word.
func (l *lexer) letters() string {
	start := l.i
	for l.i < len(l.s) && unicode.IsLetter(l.peek()) {
		_, n := utf8.DecodeRuneInString(l.rest())
		l.i += n
	}
	return l.s[start:l.i]
}

var (
	monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	dayNames   = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
)

// named finds an English name, or its first three letters or more, in a list; from 1.
func named(word string, names []string) int {
	word = strings.ToLower(word)
	return 1 + slices.IndexFunc(names, func(n string) bool { return len(word) >= 3 && strings.HasPrefix(n, word) })
}

// date reads the day and what stands between it and the time. It returns the half of the day if that comes before the
// time.
func (l *lexer) date(s *stamp) (halfDay, bool) {
	if word := l.letters(); word != "" {
		if named(word, dayNames) > 0 {
			l.take('.')
			l.take(',')
			l.space()
			word = l.letters()
		}
		if word != "" {
			return l.monthFirst(s, named(word, monthNames))
		}
	}
	var ok bool
	if s.n[0], s.width[0], ok = l.number(); !ok {
		return noHalf, false
	}
	if ok = l.dateRest(s); !ok {
		return noHalf, false
	}
	return l.between()
}

// monthFirst reads on behind the month of March 4, 2026.
func (l *lexer) monthFirst(s *stamp, month int) (halfDay, bool) {
	l.take('.')
	l.space()
	d, _, ok := l.number()
	l.take(',')
	l.space()
	y, w, ok2 := l.number()
	if !ok || !ok2 || w != 4 || dayNumber(y, month, d) == 0 {
		return noHalf, false
	}
	s.n = [3]int{y, month, d}
	return l.between()
}

// dateRest reads on behind the first number of a date.
func (l *lexer) dateRest(s *stamp) bool {
	if l.take('年') || l.take('년') {
		return l.eastern(s)
	}
	s.sep = l.peek()
	if s.sep != ' ' && s.sep != '/' && s.sep != '-' && s.sep != '.' {
		return false
	}
	l.i++
	l.space()
	if word := l.letters(); word != "" {
		return l.monthBetween(s, named(word, monthNames))
	}
	if s.sep == ' ' {
		return false
	}
	for k := 1; k < 3; k++ {
		var ok bool
		if s.n[k], s.width[k], ok = l.number(); !ok {
			return false
		}
		if k == 1 {
			if !l.take(s.sep) {
				return false
			}
			l.space()
		}
	}
	if s.sep == '.' {
		l.take('.') // 2026. 3. 4.
	}
	return l.numbered(s)
}

// eastern reads on behind the year of 2026年3月4日.
func (l *lexer) eastern(s *stamp) bool {
	l.space()
	m, _, ok := l.number()
	if !ok || !l.take('月') && !l.take('월') {
		return false
	}
	l.space()
	d, _, ok := l.number()
	s.n[1], s.n[2] = m, d
	return ok && (l.take('日') || l.take('일')) && s.width[0] == 4 && dayNumber(s.n[0], m, d) > 0
}

// monthBetween reads on behind the month of 4-Mar-2026.
func (l *lexer) monthBetween(s *stamp, month int) bool {
	l.take('.')
	if !l.take(s.sep) && !l.take(' ') {
		return false
	}
	l.space()
	d := s.n[0]
	y, w, ok := l.number()
	if w == 2 {
		y += 2000
	}
	s.n = [3]int{y, month, d}
	return ok && (w == 4 || w == 2) && dayNumber(y, month, d) > 0
}

// numbered tells whether three numbers may be a date, and whether they need an order.
func (l *lexer) numbered(s *stamp) bool {
	if s.width[0] == 4 {
		return s.width[1] <= 2 && s.width[2] <= 2 && dayNumber(s.n[0], s.n[1], s.n[2]) > 0
	}
	if s.width[0] > 2 || s.width[1] > 2 || s.width[2] != 2 && s.width[2] != 4 {
		return false
	}
	s.form = numbers
	for k := range 2 {
		s.padded = s.padded || s.n[k] < 10 && s.width[k] == 2
		s.unpadded = s.unpadded || s.width[k] == 1
	}
	return true
}

// between reads what stands between day and time.
func (l *lexer) between() (halfDay, bool) {
	start := l.i
	if l.i < len(l.s) && (l.take('T') || l.take('t')) {
		return noHalf, l.i < len(l.s)
	}
	l.take(',')
	l.space()
	half, _ := l.half()
	l.space()
	return half, l.i > start || l.rest() == ""
}

// halfDay is the half of the day of a twelve-hour clock.
type halfDay uint8

const (
	noHalf halfDay = iota
	morning
	afternoon
)

// halves are the words for the halves of the day, folded and without points and spaces.
var halves = map[string]halfDay{
	"am": morning, "pm": afternoon, // English, Spanish "a. m.", Dutch, Portuguese
	"vorm": morning, "nachm": afternoon, // German
	"上午": morning, "下午": afternoon, "午前": morning, "午後": afternoon, "오전": morning, "오후": afternoon,
	"πμ": morning, "μμ": afternoon, "ص": morning, "م": afternoon, "de": morning, "du": afternoon, "fm": morning, "em": afternoon,
	"dop": morning, "odp": afternoon, "öö": morning, "ös": afternoon,
}

// half reads the longest word for a half of the day that stands here; upper says that it is AM or PM in capitals.
func (l *lexer) half() (h halfDay, upper bool) {
	end, folded := l.i, ""
	for i := l.i; i < len(l.s); {
		r, n := utf8.DecodeRuneInString(l.s[i:])
		i += n
		switch {
		case unicode.IsLetter(r):
			folded += strings.ToLower(string(r))
			if found := halves[folded]; found != noHalf && !letterAt(l.s, i) {
				h, end = found, i
			}
			continue
		case (r == '.' || r == ' ') && len(folded) > 0:
			if r == '.' && end == i-n && h != noHalf {
				end = i
			}
			continue
		}
		break
	}
	word := l.s[l.i:end]
	l.i = end
	return h, word == "AM" || word == "PM"
}

func letterAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i < len(s) && unicode.IsLetter(r)
}

// time reads the time of day and the zone.
func (l *lexer) time(s *stamp, half halfDay) bool {
	h, w, ok := l.number()
	sep := l.peek()
	if !ok || w > 2 || sep != ':' && sep != '.' {
		return false
	}
	l.take(sep)
	m, w, ok := l.number()
	if !ok || w != 2 || m > 59 {
		return false
	}
	s.unit = passtrail.Minute
	if l.take(sep) && !l.seconds(s) {
		return false
	}
	l.space()
	if half == noHalf {
		half, s.upper = l.half()
		l.space()
	}
	if half != noHalf {
		if h > 12 {
			return false
		}
		if h %= 12; half == afternoon {
			h += 12
		}
	}
	if h > 23 {
		return false
	}
	s.clock += passtrail.Ticks(h)*passtrail.Hour + passtrail.Ticks(m)*passtrail.Minute
	return l.zone(s)
}

// seconds reads the seconds with their fraction, of which seven digits count.
func (l *lexer) seconds(s *stamp) bool {
	n, w, ok := l.number()
	if !ok || w != 2 || n > 59 {
		return false
	}
	s.clock, s.unit = passtrail.Ticks(n)*passtrail.Second, passtrail.Second
	if !l.take('.') && !l.take(',') {
		return true
	}
	f, w, ok := l.number()
	if !ok {
		return false
	}
	s.unit = 1
	for ; w < 7; w++ {
		f *= 10
		s.unit *= 10
	}
	for ; w > 7; w-- {
		f /= 10
	}
	s.clock += passtrail.Ticks(f)
	return true
}

// zone reads the zone at the end, if there is one.
func (l *lexer) zone(s *stamp) bool {
	word := strings.ToUpper(strings.Trim(l.rest(), "() "))
	if word == "" {
		return true
	}
	s.zoned = true
	rest := word
	for _, name := range []string{"UTC", "GMT", "Z"} {
		if rest = strings.TrimPrefix(word, name); rest != word {
			break
		}
	}
	offset, ok := parseOffset(strings.TrimSpace(rest))
	s.offset = offset
	return ok
}

// parseOffset reads "", +1, +01, +0130 and +01:30.
func parseOffset(s string) (passtrail.Ticks, bool) {
	if s == "" {
		return 0, true
	}
	sign := passtrail.Ticks(1)
	switch {
	case s[0] == '-':
		sign = -1
	case strings.HasPrefix(s, "\u2212"):
		sign, s = -1, s[2:]
	case s[0] != '+':
		return 0, false
	}
	h, m, cut := strings.Cut(s[1:], ":")
	if !cut && len(h) == 4 {
		h, m = h[:2], h[2:]
	}
	if len(h) > 2 || !digits(h) || m != "" && (len(m) != 2 || !digits(m)) || cut && m == "" {
		return 0, false
	}
	if atoi(h) > 14 || m != "" && atoi(m) > 59 {
		return 0, false
	}
	t := passtrail.Ticks(atoi(h)) * passtrail.Hour
	if m != "" {
		t += passtrail.Ticks(atoi(m)) * passtrail.Minute
	}
	return sign * t, true
}
