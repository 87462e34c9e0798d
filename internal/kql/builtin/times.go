package builtin

import (
	"fmt"
	"strings"
)

// Instants are ticks since 0001-01-01 and never negative, so that // floors. A day has 864000000000 ticks; day 0 was a
// Monday. calendar and back convert to DuckDB's timestamp (microseconds) and back to ticks.
const (
	calendar = "make_timestamp({0} // 10 - 62135596800000000)"
	back     = "(epoch_us(%s) * 10 + 621355968000000000)"
)

// fromCalendar wraps an SQL timestamp.
func fromCalendar(ts string) string { return fmt.Sprintf(back, ts) }

var timeFunctions = table(Scalar, "Dates and times",
	def{Sig: "now() datetime", SQL: "CAST({now} AS BIGINT)", NotNull: true, Help: "The instant of the query, the same throughout.", Example: "now()"},
	def{Sig: "now(offset:timespan) datetime", SQL: "kql_add_ticks({now}, {0}, 1)", Help: "The instant of the query plus the offset.", Example: "now(-2d)"},
	def{Sig: "ago(timespan:timespan) datetime", Make: ago, Help: "The instant of the query less the timespan.", Example: "ago(1h)"},
	def{Sig: "startofday(date:datetime, offset:long?) datetime", Make: edge("day", 0, "{0} // 864000000000 * 864000000000"), Name: KeepFirst, Help: "Start of the day, moved by so many days.", Example: "startofday(datetime(2017-01-01 10:10:17)) == datetime(2017-01-01)"},
	def{Sig: "startofweek(date:datetime, offset:long?) datetime", Make: edge("week", 0, "kql_ticks_datetime((({0} // 864000000000 + 1) // 7 * 7 - 1) * 864000000000)"), Help: "Start of the week, a Sunday, moved by so many weeks.", Example: "startofweek(datetime(2026-01-03)) == datetime(2025-12-28)"},
	def{Sig: "startofmonth(date:datetime, offset:long?) datetime", Make: edge("month", 0, fromCalendar("date_trunc('month', "+calendar+")")), Help: "Start of the month, moved by so many months.", Example: "startofmonth(datetime(2017-01-05)) == datetime(2017-01-01)"},
	def{Sig: "startofyear(date:datetime, offset:long?) datetime", Make: edge("year", 0, fromCalendar("date_trunc('year', "+calendar+")")), Help: "Start of the year, moved by so many years.", Example: "startofyear(datetime(2017-05-05)) == datetime(2017-01-01)"},
	def{Sig: "endofday(date:datetime, offset:long?) datetime", Make: edge("day", 1, "({0} // 864000000000 + 1) * 864000000000 - 1"), Help: "Last tick of the day, moved by so many days.", Example: "endofday(datetime(2017-01-01))"},
	def{Sig: "endofweek(date:datetime, offset:long?) datetime", Make: edge("week", 1, "kql_ticks_datetime((({0} // 864000000000 + 1) // 7 * 7 + 6) * 864000000000 - 1)"), Help: "Last tick of the week, a Saturday.", Example: "endofweek(datetime(2026-01-03))"},
	def{Sig: "endofmonth(date:datetime, offset:long?) datetime", Make: edge("month", 1, fromCalendar("date_trunc('month', "+calendar+") + to_months(1)")+" - 1"), Help: "Last tick of the month.", Example: "endofmonth(datetime(2017-01-05))"},
	def{Sig: "endofyear(date:datetime, offset:long?) datetime", Make: edge("year", 1, fromCalendar("date_trunc('year', "+calendar+") + to_years(1)")+" - 1"), Help: "Last tick of the year.", Example: "endofyear(datetime(2017-05-05))"},
	def{Sig: "bin_auto(value:summable) =0", Name: KeepFirst, Help: "The value's bin, by what set query_bin_auto_size and set query_bin_auto_at say.", Example: "bin_auto(TimeGenerated)"},
	def{Sig: "dayofweek(date:datetime) timespan", Make: dayOfWeek, Help: "Days since the last Sunday, as a timespan.", Example: "dayofweek(datetime(2015-12-14)) == 1d"},
	def{Sig: "dayofmonth(date:datetime) int", SQL: "CAST(day(" + calendar + ") AS INTEGER)", Help: "Day of the month, from 1.", Example: "dayofmonth(datetime(2015-12-14)) == 14"},
	def{Sig: "dayofyear(date:datetime) int", SQL: "CAST(dayofyear(" + calendar + ") AS INTEGER)", Help: "Day of the year, from 1.", Example: "dayofyear(datetime(2015-12-14)) == 348"},
	def{Sig: "hourofday(date:datetime) int", SQL: "CAST({0} // 36000000000 % 24 AS INTEGER)", Help: "Hour of the day, from 0.", Example: "hourofday(datetime(2015-12-14 18:54)) == 18"},
	def{Sig: "week_of_year(date:datetime) int", SQL: "CAST(weekofyear(" + calendar + ") AS INTEGER)", Old: "weekofyear", Help: "Number of the week by ISO 8601.", Example: "week_of_year(datetime(2020-12-31)) == 53"},
	def{Sig: "monthofyear(date:datetime) int", SQL: "CAST(month(" + calendar + ") AS INTEGER)", Also: "getmonth", Help: "Month of the year, from 1.", Example: "monthofyear(datetime(2015-12-14)) == 12"},
	def{Sig: "getyear(date:datetime) int", SQL: "CAST(year(" + calendar + ") AS INTEGER)", Help: "The year.", Example: "getyear(datetime(2015-12-14)) == 2015"},
	def{Sig: "datetime_part(part:string|year|quarter|month|week_of_year|weekofyear|day|dayofyear|hour|minute|second|millisecond|microsecond|nanosecond, date:datetime) int", Make: datetimePart, Old: "datepart", Help: "A part of an instant as a number.", Example: `datetime_part("month", datetime(2015-12-14)) == 12`},
	def{Sig: "datetime_diff(part:string|week, datetime1:datetime, datetime2:datetime) real", Make: datetimeDiff, Help: "How many weeks begin, on Sundays, between the second and the first instant.", Example: `datetime_diff("week", datetime(2026-01-04), datetime(2026-01-03)) == 1.0`},
	def{Sig: "datetime_diff(part:string|year|quarter|month|day|hour|minute|second|millisecond|microsecond|nanosecond, datetime1:datetime, datetime2:datetime) long", Make: datetimeDiff, Help: "How many boundaries of the part lie between the second and the first instant.", Example: `datetime_diff("year", datetime(2017-01-01), datetime(2000-12-31)) == 17`},
	def{Sig: "datetime_add(part:string|year|quarter|month|week|day|hour|minute|second|millisecond|microsecond|nanosecond, value:long, date:datetime) datetime", Make: datetimeAdd, Help: "The instant moved by so many parts; the day is cut to the month's length.", Example: `datetime_add("month", 1, datetime(2017-01-31)) == datetime(2017-02-28)`},
	def{Name: KeepOnly, Sig: "make_datetime(year:long, month:long, day:long, hour:long=0, minute:long=0, second:real=0) datetime", SQL: "kql_make_datetime({0}, {1}, {2}, {3}, {4}, CAST({5} AS DOUBLE))", Help: "The instant with these parts; null when there is no such.", Example: "make_datetime(2017, 10, 1, 12, 10) == datetime(2017-10-01 12:10)"},
	def{Sig: "make_datetime(value:any) datetime", Make: converting("datetime"), Name: KeepOnly, Help: "The same as todatetime.", Example: `make_datetime("2017-10-01") == datetime(2017-10-01)`},
	def{Name: KeepOnly, Sig: "make_timespan(hours:long, minutes:long) timespan", SQL: "kql_make_timespan(0, {0}, {1}, 0.0)", Help: "The timespan with these parts.", Example: "make_timespan(1, 12) == 1h + 12m"},
	def{Name: KeepOnly, Sig: "make_timespan(hours:long, minutes:long, seconds:real) timespan", SQL: "kql_make_timespan(0, {0}, {1}, {2})", Help: "The timespan with these parts.", Example: "make_timespan(1, 12, 30) == 1h + 12m + 30s"},
	def{Name: KeepOnly, Sig: "make_timespan(days:long, hours:long, minutes:long, seconds:real) timespan", SQL: "kql_make_timespan({0}, {1}, {2}, {3})", Help: "The timespan with these parts.", Example: "make_timespan(1, 12, 30, 55) == 1d + 12h + 30m + 55s"},
	def{Sig: "make_timespan(value:any) timespan", Make: converting("timespan"), Name: KeepOnly, Help: "The same as totimespan.", Example: `make_timespan("1.00:00:00") == 1d`},
	def{Sig: "format_datetime(date:datetime, format:dateformat string) string", SQL: "coalesce(kql_format_datetime({0}, {1}), '')", Name: KeepFirst, Help: "An instant as text: y M d H h m s f F tt and the delimiters space / - : , . _ [ ].", Example: `format_datetime(datetime(2015-12-14 02:03:04.12345), "y-M-d h:m:s.fffffff") == "15-12-14 2:3:4.1234500"`},
	def{Sig: "format_timespan(timespan:timespan, format:spanformat string) string", SQL: "coalesce(kql_format_timespan({0}, {1}), '')", Name: KeepFirst, Help: "A timespan as text: d H h m s f F and the delimiters space / - : , . _ [ ].", Example: `format_timespan(time(14.02:03:04.12345), "h:m:s.fffffff") == "2:3:4.1234500"`},
	def{Sig: "unixtime_seconds_todatetime(number:number) datetime", SQL: "kql_unixtime(CAST({0} AS DOUBLE), 10000000.0)", Help: "The instant so many seconds after 1970.", Example: "unixtime_seconds_todatetime(1546300800) == datetime(2019-01-01)"},
	def{Sig: "unixtime_milliseconds_todatetime(number:number) datetime", SQL: "kql_unixtime(CAST({0} AS DOUBLE), 10000.0)", Help: "The instant so many milliseconds after 1970.", Example: "unixtime_milliseconds_todatetime(1546300800000) == datetime(2019-01-01)"},
	def{Sig: "unixtime_microseconds_todatetime(number:long) datetime", SQL: "kql_unixtime_micro({0})", Help: "The instant so many microseconds after 1970.", Example: "unixtime_microseconds_todatetime(1546300800000000) == datetime(2019-01-01)"},
	def{Sig: "unixtime_microseconds_todatetime(number:number) datetime", SQL: "kql_unixtime(CAST({0} AS DOUBLE), 10.0)", Help: "The instant so many microseconds after 1970.", Example: "unixtime_microseconds_todatetime(1546300800000000.0) == datetime(2019-01-01)"},
	def{Sig: "unixtime_nanoseconds_todatetime(number:long) datetime", SQL: "kql_ticks_datetime({0} // 100 + 621355968000000000)", Help: "The instant so many nanoseconds after 1970.", Example: "unixtime_nanoseconds_todatetime(1546300800000000000) == datetime(2019-01-01)"},
	def{Sig: "unixtime_nanoseconds_todatetime(number:number) datetime", SQL: "kql_unixtime(CAST({0} AS DOUBLE), 0.01)", Help: "The instant so many nanoseconds after 1970.", Example: "unixtime_nanoseconds_todatetime(1546300800000000000.0) == datetime(2019-01-01)"},
	def{Sig: "datetime_utc_to_local(from:datetime, timezone:string) datetime", SQL: "kql_utc_to_local({0}, {1})", Help: "The wall clock of a time zone at an instant.", Example: `datetime_utc_to_local(datetime(2022-11-10), "Asia/Tokyo") == datetime(2022-11-10 09:00)`},
	def{Sig: "datetime_local_to_utc(from:datetime, timezone:string) datetime", SQL: "kql_local_to_utc({0}, {1})", Help: "The instant at which a time zone's wall clock shows this.", Example: `datetime_local_to_utc(datetime(2022-11-10 09:00), "Asia/Tokyo") == datetime(2022-11-10)`},
	def{Sig: "datetime_list_timezones() dynamic", SQL: "kql_timezones()", NotNull: true, Help: "Names of time zones.", Dev: "a fixed list of the usual names; every IANA name is accepted", Example: "datetime_list_timezones()"},
)

// ago is plain SQL for a known timespan, as nearly always.
func ago(e Env, a []Arg) string {
	if n, ok := a[0].Value.(int64); ok && n > -1<<50 && n < 1<<50 {
		return fill("{now} - {0}", e, a)
	}
	return fill("kql_add_ticks({now}, {0}, -1)", e, a)
}

// edge is the start (end 0) or the last tick (end 1) of the period around an instant: plain SQL unless moved by an offset.
func edge(period string, end int, plain string) func(Env, []Arg) string {
	return func(_ Env, a []Arg) string {
		if len(a) > 1 {
			return fill(fmt.Sprintf("kql_period('%s', {0}, {1}, %d)", period, end), Env{}, a)
		}
		return fill(plain, Env{}, a)
	}
}

// dayOfWeek is null in the last, broken week of the year 9999, whose end is no instant.
func dayOfWeek(_ Env, a []Arg) string {
	const days = "({0} // 864000000000 + 1) % 7 * 864000000000"
	return twice(a, "CASE WHEN {0} < 3155373792000000000 THEN "+days+" END", days)
}

// partTicks has the length of the parts that always have the same.
var partTicks = map[string]int64{"week": 6048000000000, "day": 864000000000, "hour": 36000000000, "minute": 600000000, "second": 10000000, "millisecond": 10000, "microsecond": 10}

// part returns the constant name of a part in lower case.
func part(a Arg) string {
	s, _ := a.Value.(string)
	return strings.ToLower(s)
}

func datetimePart(_ Env, a []Arg) string {
	sql := map[string]string{
		"year": "year(" + calendar + ")", "quarter": "quarter(" + calendar + ")", "month": "month(" + calendar + ")",
		"week_of_year": "weekofyear(" + calendar + ")", "weekofyear": "weekofyear(" + calendar + ")",
		"day": "day(" + calendar + ")", "dayofyear": "dayofyear(" + calendar + ")",
		"hour": "{0} // 36000000000 % 24", "minute": "{0} // 600000000 % 60", "second": "{0} // 10000000 % 60",
		"millisecond": "{0} // 10000 % 1000", "microsecond": "{0} // 10 % 1000000", "nanosecond": "{0} % 10000000 * 100",
	}[part(a[0])]
	if sql == "" {
		return "CAST(NULL AS INTEGER)"
	}
	return "CAST(" + fill(sql, Env{}, a[1:]) + " AS INTEGER)"
}

func datetimeDiff(_ Env, a []Arg) string {
	p := part(a[0])
	switch p {
	case "nanosecond":
		return fill("TRY_CAST(CAST({1} - {2} AS HUGEINT) * 100 AS BIGINT)", Env{}, a)
	case "week":
		return fill("CAST(({1} // 864000000000 + 1) // 7 - ({2} // 864000000000 + 1) // 7 AS DOUBLE)", Env{}, a)
	case "year", "quarter", "month":
		later, earlier := fill(calendar, Env{}, a[1:2]), fill(calendar, Env{}, a[2:])
		return fmt.Sprintf("date_diff('%s', %s, %s)", p, earlier, later)
	}
	if n := partTicks[p]; n > 0 {
		return fill(fmt.Sprintf("{1} // %d - {2} // %d", n, n), Env{}, a)
	}
	return "CAST(NULL AS BIGINT)"
}

func datetimeAdd(_ Env, a []Arg) string {
	switch p := part(a[0]); p {
	case "year":
		return fill("kql_add_months({2}, {1}, 12)", Env{}, a)
	case "quarter":
		return fill("kql_add_months({2}, {1}, 3)", Env{}, a)
	case "month":
		return fill("kql_add_months({2}, {1}, 1)", Env{}, a)
	case "nanosecond":
		return fill("kql_add_ticks({2}, {1} // 100, 1)", Env{}, a)
	default:
		if n := partTicks[p]; n > 0 {
			return fill(fmt.Sprintf("kql_add_ticks({2}, {1}, %d)", n), Env{}, a)
		}
	}
	return "CAST(NULL AS BIGINT)"
}
