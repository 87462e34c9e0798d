package native

import (
	"math"
	"strconv"
	"strings"

	"passtrail"
)

// conversions are what a cast between KQL types does where SQL's differs.
var conversions = []fn{
	{"kql_real_text", "r:s", func(a args) any { return realText(a.real(0)) }},
	{"kql_real_json", "r:j", func(a args) any { return realNode(a.real(0)) }},
	{"kql_real_long", "r:l", func(a args) any { return clamp(a.real(0), math.MinInt64, math.MaxInt64) }},
	{"kql_real_int", "r:i", func(a args) any {
		n := clamp(a.real(0), math.MinInt32, math.MaxInt32)
		if n == nil {
			return nil
		}
		return int32(n.(int64))
	}},
	{"kql_constant_long", "r:l", func(a args) any { return constant(a.real(0), math.MinInt64, math.MaxInt64) }},
	{"kql_constant_int", "r:i", func(a args) any {
		n, ok := constant(a.real(0), math.MinInt32, math.MaxInt32).(int64)
		if !ok {
			return nil
		}
		return int32(n)
	}},
	{"kql_datetime_text", "l:s", func(a args) any { return datetimeText(a.long(0)) }},
	{"kql_timespan_text", "l:s", func(a args) any { return timespanText(a.long(0)) }},
	{"kql_ticks_datetime", "l:l", func(a args) any { return inRange(a.long(0)) }},
	{"kql_text_int", "s:i", func(a args) any { return textInt(a.str(0)) }},
	{"kql_text_long", "s:l", func(a args) any { return textLong(a.str(0)) }},
	{"kql_text_real", "s:r", func(a args) any { return textReal(a.str(0)) }},
	{"kql_text_bool", "s:b", func(a args) any { return textBool(a.str(0)) }},
	{"kql_text_guid", "s:s", func(a args) any { return textGuid(a.str(0)) }},
	{"kql_text_datetime", "s:l", func(a args) any { return textDatetime(a.str(0)) }},
	{"kql_text_timespan", "s:l", func(a args) any { return textTimespan(a.str(0)) }},
	{"kql_dynamic_int", "j:i", func(a args) any { return dynamicInt(a.json(0)) }},
	{"kql_dynamic_long", "j:l", func(a args) any { return dynamicLong(a.json(0)) }},
	{"kql_dynamic_real", "j:r", func(a args) any { return dynamicReal(a.json(0)) }},
	{"kql_dynamic_bool", "j:b", func(a args) any { return dynamicBool(a.json(0)) }},
	{"kql_dynamic_datetime", "j:l", func(a args) any { return dynamicDatetime(a.json(0)) }},
	{"kql_dynamic_timespan", "j:l", func(a args) any { return dynamicTimespan(a.json(0)) }},
	{"kql_dynamic_type", "?j:s", func(a args) any { return a.json(0).typeName() }},
	{"kql_parse_json", "s:j", func(a args) any { return parseDynamic(a.str(0)) }},
	{"kql_tohex", "ll:s", func(a args) any { return hexText(uint64(a.long(0)), a.long(1)) }},
	{"kql_tohex_int", "il:s", func(a args) any {
		n, _ := a[0].(int32)
		return hexText(uint64(uint32(n)), a.long(1))
	}},
	{"kql_wrap", "s:l", func(a args) any { return wrap(a.str(0)) }},
}

// hexText pads to at most 16 digits, as documented.
func hexText(n uint64, width int64) string {
	s := strconv.FormatUint(n, 16)
	return strings.Repeat("0", int(max(min(max(width, 0), 16)-int64(len(s)), 0))) + s
}

// realText writes a real as Kusto does: the shortest text that reads back the same, with a fraction, and with an exponent
// from 1E+15 up and below 0.0001.
func realText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case f == 0:
		return "0.0"
	}
	if abs := math.Abs(f); abs >= 1e15 || abs < 1e-4 {
		s := strconv.FormatFloat(f, 'E', -1, 64)
		return s
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// clamp cuts off the fraction and stays within the bounds, as the engine does for columns. NaN and infinity are null.
func clamp(f float64, low, high int64) any {
	switch {
	case math.IsNaN(f), math.IsInf(f, 0):
		return nil
	case f >= float64(high):
		return high
	case f <= float64(low):
		return low
	}
	return int64(f)
}

// constant is tolong or toint of a constant: there the engine makes the least number of what is too large.
func constant(f float64, low, high int64) any {
	if f >= float64(high)+1 && !math.IsInf(f, 0) {
		return low
	}
	return clamp(f, low, high)
}

func inRange(t int64) any {
	if t < 0 || t > int64(passtrail.MaxTicks) {
		return nil
	}
	return t
}

// textLong reads a whole number: decimal with a sign, or hexadecimal. Space around it does not matter.
func textLong(s string) any {
	s = strings.TrimSpace(s)
	if hex, ok := cutHex(s); ok {
		n, err := strconv.ParseUint(hex, 16, 64)
		if err != nil {
			return nil
		}
		return int64(n)
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 10, 64)
	if err != nil || strings.HasPrefix(s, "+-") {
		return nil
	}
	return n
}

func cutHex(s string) (string, bool) {
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		return s[2:], s[2] != '+' && s[2] != '-'
	}
	return "", false
}

func textInt(s string) any {
	n, ok := textLong(s).(int64)
	if !ok || n < math.MinInt32 || n > math.MaxInt32 {
		return nil
	}
	return int32(n)
}

func textReal(s string) any {
	s = strings.TrimSpace(s)
	switch strings.ToLower(s) {
	case "nan", "-nan":
		return math.NaN()
	case "inf", "+inf", "infinity", "+infinity", "∞":
		return math.Inf(1)
	case "-inf", "-infinity", "-∞":
		return math.Inf(-1)
	}
	if s == "" || strings.ContainsAny(s, "_xXpPnN") {
		if n, ok := textLong(s).(int64); ok {
			return float64(n)
		}
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil
	}
	return f
}

func textBool(s string) any {
	switch s = strings.ToLower(strings.TrimSpace(s)); s {
	case "true":
		return true
	case "false":
		return false
	}
	if n, ok := textLong(s).(int64); ok {
		return n != 0
	}
	return nil
}

// textGuid reads the first 32 hexadecimal digits, with dashes between the groups or some of them and a brace in front, and
// writes them in lower case with dashes. What follows does not matter.
func textGuid(s string) any {
	s = strings.ToLower(strings.TrimLeft(strings.TrimSpace(s), "{("))
	hex := make([]byte, 0, 32)
	for i := 0; i < len(s) && len(hex) < 32; i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
			hex = append(hex, c)
		case c == '-' && betweenGroups(len(hex)) && s[i-1] != '-':
		default:
			return nil
		}
	}
	if len(hex) < 32 {
		return nil
	}
	return string(hex[:8]) + "-" + string(hex[8:12]) + "-" + string(hex[12:16]) + "-" + string(hex[16:20]) + "-" + string(hex[20:])
}

// betweenGroups reports whether a dash may follow so many digits.
func betweenGroups(digits int) bool {
	return digits == 8 || digits == 12 || digits == 16 || digits == 20
}

func dynamicLong(n *node) any {
	switch n.kind {
	case number:
		if v, err := strconv.ParseInt(n.text, 10, 64); err == nil {
			return v
		}
		f, ok := n.float()
		if !ok {
			return nil
		}
		return clamp(f, math.MinInt64, math.MaxInt64)
	case boolean:
		return boolLong(n.text == "true")
	case text:
		return textLong(n.text)
	}
	return nil
}

func boolLong(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func dynamicInt(n *node) any {
	if n.kind == text {
		return textInt(n.text)
	}
	v, ok := dynamicLong(n).(int64)
	if !ok || v < math.MinInt32 || v > math.MaxInt32 {
		return nil
	}
	return int32(v)
}

func dynamicReal(n *node) any {
	if n.kind == text {
		return textReal(n.text)
	}
	if f, ok := n.float(); ok {
		return f
	}
	return nil
}

func dynamicBool(n *node) any {
	switch n.kind {
	case text:
		return textBool(n.text)
	case boolean, number:
		f, _ := n.float()
		return f != 0
	}
	return nil
}

func dynamicDatetime(n *node) any {
	switch n.kind {
	case text:
		return textDatetime(n.text)
	case number:
		if t, ok := dynamicLong(n).(int64); ok {
			return inRange(t)
		}
	}
	return nil
}

func dynamicTimespan(n *node) any {
	switch n.kind {
	case text:
		return textTimespan(n.text)
	case number:
		return dynamicLong(n)
	}
	return nil
}

// typeName is what gettype says of a dynamic value.
func (n *node) typeName() string {
	switch n.kind {
	case boolean:
		return "bool"
	case number:
		if strings.ContainsAny(n.text, ".eE") {
			return "double"
		}
		return "long"
	case text:
		return "string"
	case array:
		return "array"
	case object:
		return "dictionary"
	}
	return "null"
}

// parseDynamic reads JSON; other text becomes a dynamic text, empty text null.
func parseDynamic(s string) *node {
	if n, ok := parseJSON(s); ok {
		return n
	}
	if s == "" {
		return nullNode
	}
	return textNode(s)
}

// wrap brings a whole number of up to 128 bits into 64, as overflow does.
func wrap(s string) any {
	neg := strings.HasPrefix(s, "-")
	var n uint64
	for _, c := range strings.TrimLeft(s, "-+") {
		if c < '0' || c > '9' {
			return nil
		}
		n = n*10 + uint64(c-'0')
	}
	if neg {
		n = -n
	}
	return int64(n)
}
