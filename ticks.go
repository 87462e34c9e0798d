package passtrail

import (
	"fmt"
	"math"
	"time"
)

// Ticks is an instant, or a length of time, in units of 100 ns. An instant counts from 0001-01-01T00:00:00Z (year 1, as
// .NET and Kusto do), so that Entra's seven fraction digits are kept and arithmetic on instants is arithmetic on
// integers. The database stores instants in this unit too.
type Ticks int64

// Lengths in ticks.
const (
	Microsecond Ticks = 10
	Millisecond       = 1000 * Microsecond
	Second            = 1000 * Millisecond
	Minute            = 60 * Second
	Hour              = 60 * Minute
	Day               = 24 * Hour
)

// UnixEpoch is 1970-01-01T00:00:00Z.
const UnixEpoch Ticks = 621355968000000000

// MaxTicks is the last instant, 9999-12-31T23:59:59.9999999Z.
const MaxTicks Ticks = 3155378975999999999

// Forever stands for "no end" in intervals; it is later than any instant.
const Forever Ticks = math.MaxInt64

// TicksOf converts a time; what is finer than 100 ns is cut off.
func TicksOf(t time.Time) Ticks {
	return UnixEpoch + Ticks(t.Unix())*Second + Ticks(t.Nanosecond()/100)
}

// Time converts an instant to a time in UTC.
func (t Ticks) Time() time.Time {
	d := t - UnixEpoch
	sec, rest := d/Second, d%Second
	if rest < 0 {
		sec, rest = sec-1, rest+Second
	}
	return time.Unix(int64(sec), int64(rest)*100).UTC()
}

// String writes an instant as Entra and Kusto do: 2026-03-03T10:16:04.7783410Z, always seven digits.
func (t Ticks) String() string {
	if t == Forever {
		return "forever"
	}
	return t.Time().Format("2006-01-02T15:04:05.0000000Z")
}

// AppendTo appends what String returns.
func (t Ticks) AppendTo(b []byte) []byte {
	return t.Time().AppendFormat(b, "2006-01-02T15:04:05.0000000Z")
}

// Duration converts a length of time; one beyond Go's range (292 years) is cut to it.
func (t Ticks) Duration() time.Duration {
	if t > math.MaxInt64/100 {
		return math.MaxInt64
	}
	if t < math.MinInt64/100 {
		return math.MinInt64
	}
	return time.Duration(t) * 100
}

// ParseTicks reads an ISO 8601 instant: a date, or date and time with any number of fraction digits (past the seventh
// they are cut off), with Z, an offset, or neither (then UTC). A space may stand for the T.
func ParseTicks(s string) (Ticks, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			if y := t.UTC().Year(); y < 1 || y > 9999 {
				break
			}
			return TicksOf(t), nil
		}
	}
	return 0, Errorf(Invalid, "passtrail.ParseTicks", "%s is not a time (want for example 2026-03-03T10:16:04Z)", clip(s))
}

// clip quotes at most 40 bytes of text for a message.
func clip(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return fmt.Sprintf("%q", s)
}
