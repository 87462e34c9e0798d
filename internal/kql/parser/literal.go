package parser

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"passtrail/internal/kql/ast"
)

// typedKinds maps the names that make a literal with raw text in parentheses to what they make.
var typedKinds = map[string]ast.Kind{
	"bool": ast.Bool, "boolean": ast.Bool, "int": ast.Int, "int32": ast.Int, "long": ast.Long, "int64": ast.Long,
	"real": ast.Real, "double": ast.Real, "decimal": ast.Decimal, "datetime": ast.Datetime, "date": ast.Datetime,
	"timespan": ast.Timespan, "time": ast.Timespan, "guid": ast.GUID, "uuid": ast.GUID, "uniqueid": ast.GUID,
}

// conversions names the function to use where a literal was given something that is not constant.
var conversions = map[ast.Kind]string{
	ast.Bool: "tobool", ast.Int: "toint", ast.Long: "tolong", ast.Real: "toreal", ast.Decimal: "todecimal",
	ast.Datetime: "todatetime", ast.Timespan: "totimespan", ast.GUID: "toguid",
}

// typedLiteral reads the text of a Typed token: its type's name, and what stands in the parentheses. It returns false
// when the text is no value of the type.
func typedLiteral(name, inner string) (*ast.Literal, bool) {
	lit := &ast.Literal{Kind: typedKinds[name]}
	inner = unquote(strings.TrimSpace(inner))
	if strings.EqualFold(inner, "null") {
		lit.Null = true
		return lit, true
	}
	var ok bool
	switch lit.Kind {
	case ast.Bool:
		lit.Bool, ok = parseBool(inner)
	case ast.Int:
		lit.Int, ok = parseInteger(inner)
		ok = ok && lit.Int >= math.MinInt32 && lit.Int <= math.MaxInt32
	case ast.Long:
		lit.Int, ok = parseInteger(inner)
	case ast.Real:
		lit.Real, ok = parseReal(inner)
	case ast.Decimal:
		lit.Str, ok = inner, isDecimal(inner)
	case ast.Timespan:
		lit.Int, ok = ParseTimespan(inner)
	case ast.GUID:
		lit.Str, ok = parseGUID(inner)
	case ast.Datetime:
		lit.Str = inner
		lit.Now = inner == "now" || inner == ""
		lit.Int, ok = ParseDatetime(inner)
		ok = ok || lit.Now
	}
	return lit, ok
}

func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return strings.TrimSpace(s[1 : n-1])
	}
	return s
}

func parseBool(s string) (bool, bool) {
	switch strings.ToLower(s) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// parseInteger reads a decimal or hex number with a sign.
func parseInteger(s string) (int64, bool) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" || strings.Contains(digits, "_") {
		return 0, false
	}
	sign := s[:len(s)-len(digits)]
	if strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0X") {
		n, err := strconv.ParseUint(digits[2:], 16, 64)
		if sign == "-" {
			return -int64(n), err == nil
		}
		return int64(n), err == nil
	}
	n, err := strconv.ParseInt(sign+digits, 10, 64)
	return n, err == nil
}

func parseReal(s string) (float64, bool) {
	switch strings.ToLower(s) {
	case "nan":
		return math.NaN(), true
	case "inf", "+inf":
		return math.Inf(1), true
	case "-inf":
		return math.Inf(-1), true
	}
	if n, ok := parseInteger(s); ok {
		return float64(n), true
	}
	if !isDecimal(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0)
}

// isDecimal reports whether s is a number with an optional sign, fraction and exponent.
func isDecimal(s string) bool {
	i, digits := 0, 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	for ; i < len(s) && isDigit(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			digits++
		}
	}
	if digits > 0 && i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		return i > start && i == len(s)
	}
	return digits > 0 && i == len(s)
}

// parseGUID reads 32 hex digits, with dashes in the usual places or none, in braces or not; the result is in lower case
// with dashes.
func parseGUID(s string) (string, bool) {
	s = strings.ToLower(strings.Trim(s, "{}"))
	if len(s) == 32 {
		s = s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
	}
	if len(s) != 36 {
		return "", false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !isHex(s[i]) {
			return "", false
		}
	}
	return s, true
}

const (
	tick   = int64(1)
	second = 10_000_000 * tick
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// timespanUnits holds the units of timespan literals in ticks of 100 ns; a nanosecond is zero and handled apart.
var timespanUnits = map[string]int64{
	"d": day, "day": day, "days": day, "h": hour, "hr": hour, "hrs": hour, "hour": hour, "hours": hour,
	"m": minute, "min": minute, "minute": minute, "minutes": minute,
	"s": second, "sec": second, "second": second, "seconds": second,
	"ms": second / 1000, "milli": second / 1000, "millis": second / 1000, "millisec": second / 1000,
	"millisecond": second / 1000, "milliseconds": second / 1000,
	"micro": 10, "micros": 10, "microsec": 10, "microsecond": 10, "microseconds": 10,
	"nano": 0, "nanos": 0, "nanosec": 0, "nanosecond": 0, "nanoseconds": 0,
	"tick": 1, "ticks": 1,
}

// ParseTimespan reads the text of a timespan literal into ticks of 100 ns: a number with a unit (1d, 1.5h, 15 seconds),
// a number of days, or [-][d.]hh:mm[:ss[.fffffff]].
func ParseTimespan(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	var n int64
	var ok bool
	if strings.Contains(s, ":") {
		n, ok = clockTimespan(s)
	} else {
		n, ok = unitTimespan(s)
	}
	if negative {
		n = -n
	}
	return n, ok
}

func unitTimespan(s string) (int64, bool) {
	i := 0
	for i < len(s) && (isDigit(s[i]) || s[i] == '.') {
		i++
	}
	unit := strings.TrimSpace(s[i:])
	ticks, ok := timespanUnits[unit]
	if unit == "" {
		ticks, ok = day, true
	}
	if !ok || i == 0 || !isDecimal(s[:i]) {
		return 0, false
	}
	if len(s) <= 9 && strings.IndexByte(s[:i], '.') < 0 && ticks > 0 {
		n, err := strconv.ParseInt(s[:i], 10, 64)
		if err == nil && n <= math.MaxInt64/ticks {
			return n * ticks, true
		}
	}
	value, ok := new(big.Rat).SetString(s[:i])
	if !ok || len(s) > 64 {
		return 0, false
	}
	if ticks == 0 {
		value.Quo(value, big.NewRat(100, 1))
	} else {
		value.Mul(value, new(big.Rat).SetInt64(ticks))
	}
	whole := new(big.Int).Quo(value.Num(), value.Denom())
	return whole.Int64(), whole.IsInt64()
}

// clockTimespan reads [d.]hh:mm[:ss[.fffffff]].
func clockTimespan(s string) (int64, bool) {
	c := cursor{text: s, ok: true}
	first := c.number(1, 8)
	var days, hours int64
	if c.take('.') {
		days, hours = first, c.number(1, 2)
	} else {
		hours = first
	}
	c.must(':')
	minutes := c.number(1, 2)
	var seconds, fraction int64
	if c.take(':') {
		seconds = c.number(1, 2)
		fraction = c.fraction()
	}
	ok := c.ok && c.done() && hours < 24 && minutes < 60 && seconds < 60 && days <= 10_675_199
	total := days*day + hours*hour + minutes*minute + seconds*second
	return total + fraction, ok && total >= 0
}

// cursor reads fixed formats; ok becomes false at the first thing that does not fit.
type cursor struct {
	text string
	pos  int
	ok   bool
}

func (c *cursor) done() bool { return c.pos >= len(c.text) }

func (c *cursor) take(b byte) bool {
	if c.pos < len(c.text) && c.text[c.pos] == b {
		c.pos++
		return true
	}
	return false
}

func (c *cursor) must(b byte) { c.ok = c.take(b) && c.ok }

func (c *cursor) spaces() bool {
	start := c.pos
	for c.take(' ') {
	}
	return c.pos > start
}

// number reads between least and most digits.
func (c *cursor) number(least, most int) int64 {
	start := c.pos
	var n int64
	for c.pos < len(c.text) && isDigit(c.text[c.pos]) && c.pos-start < most {
		n = n*10 + int64(c.text[c.pos]-'0')
		c.pos++
	}
	if c.pos-start < least {
		c.ok = false
	}
	return n
}

// fraction reads an optional fraction of a second in ticks; digits beyond the seventh are dropped.
func (c *cursor) fraction() int64 {
	if !c.take('.') {
		return 0
	}
	start := c.pos
	var n int64
	for c.pos < len(c.text) && isDigit(c.text[c.pos]) {
		if c.pos-start < 7 {
			n = n*10 + int64(c.text[c.pos]-'0')
		}
		c.pos++
	}
	if c.pos == start {
		c.ok = false
	}
	for i := c.pos - start; i < 7; i++ {
		n *= 10
	}
	return n
}

// word reads letters.
func (c *cursor) word() string {
	start := c.pos
	for c.pos < len(c.text) && (c.text[c.pos]|0x20 >= 'a' && c.text[c.pos]|0x20 <= 'z') {
		c.pos++
	}
	return c.text[start:c.pos]
}
