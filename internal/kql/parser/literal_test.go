package parser_test

import (
	"math"
	"testing"
	"time"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/parser"
)

// literal reads a text that is one literal.
func literal(t *testing.T, src string) *ast.Literal {
	t.Helper()
	x, err := parser.ParseExpr(src)
	if err != nil {
		t.Fatalf("ParseExpr(%q): %v", src, err)
	}
	lit, ok := x.(*ast.Literal)
	if !ok {
		t.Fatalf("ParseExpr(%q) is a %T, want a literal", src, x)
	}
	return lit
}

func TestStrings(t *testing.T) {
	tests := []struct{ src, want string }{
		{`"a"`, "a"}, {`'a'`, "a"}, {`""`, ""}, {`'it\'s'`, "it's"}, {`"it's"`, "it's"},
		{`"a\tb\n\r\\\"\'"`, "a\tb\n\r\\\"'"}, {`"\a\b\f\v\/"`, "\a\b\f\v/"},
		{`"\u00e9\x41\101\0"`, "éAA\x00"}, {`"\U0001F600"`, "😀"}, {`"\uD83D\uDE00"`, "😀"}, {`"\uD83D"`, "\uFFFD"},
		{`"\1012"`, "A2"}, {`"\7"`, "\a"},
		{`@"c:\d""e"`, `c:\d"e`}, {`@'c:\d''e'`, `c:\d'e`}, {`@""`, ""}, {`@""""`, `"`},
		{`h"secret"`, "secret"}, {`H'secret'`, "secret"}, {`h@"a\b"`, `a\b`},
		{"```a\n\"b\" 'c'\\d```", "a\n\"b\" 'c'\\d"}, {"~~~a```b~~~", "a```b"}, {"h```x```", "x"}, {"``````", ""},
		{`"a" 'b' @"\c"`, `ab\c`}, {"'a'\n// comment\n'b'", "ab"},
	}
	for _, test := range tests {
		if lit := literal(t, test.src); lit.Kind != ast.String || lit.Str != test.want {
			t.Errorf("ParseExpr(%s) = %q, want %q", test.src, lit.Str, test.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		src  string
		kind ast.Kind
		i    int64
		r    float64
	}{
		{"0", ast.Long, 0, 0}, {"007", ast.Long, 7, 0}, {"9223372036854775807", ast.Long, math.MaxInt64, 0},
		{"0x1F", ast.Long, 31, 0}, {"0XfF", ast.Long, 255, 0}, {"0xFFFFFFFFFFFFFFFF", ast.Long, -1, 0},
		{"1.5", ast.Real, 0, 1.5}, {"1.", ast.Real, 0, 1}, {"1e3", ast.Real, 0, 1000}, {"1.5E-2", ast.Real, 0, 0.015}, {"1e+2", ast.Real, 0, 100},
		{"int(5)", ast.Int, 5, 0}, {"int(-2147483648)", ast.Int, math.MinInt32, 0}, {"int(0x10)", ast.Int, 16, 0},
		{"long(-9223372036854775808)", ast.Long, math.MinInt64, 0}, {"long( 7 )", ast.Long, 7, 0},
		{"real(1)", ast.Real, 0, 1}, {"double(-1.5)", ast.Real, 0, -1.5}, {"real(+inf)", ast.Real, 0, math.Inf(1)}, {"real(-inf)", ast.Real, 0, math.Inf(-1)},
		{"1d", ast.Timespan, 864_000_000_000, 0}, {"1.5h", ast.Timespan, 54_000_000_000, 0}, {"2m", ast.Timespan, 1_200_000_000, 0},
		{"2min", ast.Timespan, 1_200_000_000, 0}, {"3s", ast.Timespan, 30_000_000, 0}, {"10ms", ast.Timespan, 100_000, 0},
		{"5microseconds", ast.Timespan, 50, 0}, {"250nanoseconds", ast.Timespan, 2, 0}, {"7ticks", ast.Timespan, 7, 0},
		{"0.1s", ast.Timespan, 1_000_000, 0}, {"0.0000001s", ast.Timespan, 1, 0}, {"365days", ast.Timespan, 365 * 864_000_000_000, 0},
		{"timespan(1.02:03:04.5)", ast.Timespan, 937_845_000_000, 0}, {"time(00:01)", ast.Timespan, 600_000_000, 0},
		{"timespan(15 seconds)", ast.Timespan, 150_000_000, 0}, {"timespan(-1d)", ast.Timespan, -864_000_000_000, 0}, {"timespan(2)", ast.Timespan, 2 * 864_000_000_000, 0},
		{"timespan('1:02:03.0000001')", ast.Timespan, 37_230_000_001, 0},
	}
	for _, test := range tests {
		lit := literal(t, test.src)
		if lit.Kind != test.kind || lit.Int != test.i || lit.Real != test.r || lit.Null {
			t.Errorf("ParseExpr(%s) = %v %d %v, want %v %d %v", test.src, lit.Kind, lit.Int, lit.Real, test.kind, test.i, test.r)
		}
	}
	if lit := literal(t, "real(nan)"); !math.IsNaN(lit.Real) {
		t.Errorf("real(nan) = %v", lit.Real)
	}
}

func TestSmallestLong(t *testing.T) {
	x, err := parser.ParseExpr("-9223372036854775808")
	u, ok := x.(*ast.Unary)
	if err != nil || !ok || u.X.(*ast.Literal).Int != math.MinInt64 {
		t.Errorf("ParseExpr(-9223372036854775808) = %+v, %v", x, err)
	}
	if _, err := parser.ParseExpr("9223372036854775808"); err == nil {
		t.Error("9223372036854775808 is taken for a long")
	}
}

func TestOtherLiterals(t *testing.T) {
	for src, want := range map[string]bool{"true": true, "False": false, "TRUE": true, "bool(1)": true, "bool(false)": false, "boolean(0)": false} {
		if lit := literal(t, src); lit.Kind != ast.Bool || lit.Bool != want {
			t.Errorf("ParseExpr(%s) = %v, want %v", src, lit.Bool, want)
		}
	}
	for src, want := range map[string]string{
		"guid(74BE27DE-1E4E-49D9-B579-FE0B331D3642)": "74be27de-1e4e-49d9-b579-fe0b331d3642",
		"uuid(74be27de1e4e49d9b579fe0b331d3642)":     "74be27de-1e4e-49d9-b579-fe0b331d3642",
		"decimal(1.50)":                              "1.50", "decimal(-1e5)": "-1e5",
	} {
		if lit := literal(t, src); lit.Str != want {
			t.Errorf("ParseExpr(%s) = %q, want %q", src, lit.Str, want)
		}
	}
	for _, src := range []string{"int(null)", "long(NULL)", "datetime(null)", "timespan(null)", "guid(null)", "bool(null)", "decimal(null)", "real(null)"} {
		if lit := literal(t, src); !lit.Null {
			t.Errorf("ParseExpr(%s) is not null", src)
		}
	}
	for _, src := range []string{"int(2147483648)", "int(1.5)", "long(x)", "bool(maybe)", "guid(1)", "decimal(1,5)", "real(1e)", "timespan()", "timespan(1x)", "timespan(25:00)", "99999999999d"} {
		if x, err := parser.ParseExpr(src); err == nil {
			t.Errorf("ParseExpr(%s) = %+v, want a mistake", src, x)
		}
	}
}

func TestDatetimes(t *testing.T) {
	at := func(y, m, d, h, min, s, ns int) int64 {
		u := time.Date(y, time.Month(m), d, h, min, s, ns, time.UTC)
		return (u.Unix()+62_135_596_800)*10_000_000 + int64(u.Nanosecond())/100
	}
	tests := []struct {
		src  string
		want int64
	}{
		{"2026-01-02", at(2026, 1, 2, 0, 0, 0, 0)}, {"2026-1-2", at(2026, 1, 2, 0, 0, 0, 0)}, {"2026-03", at(2026, 3, 1, 0, 0, 0, 0)}, {"2026", at(2026, 1, 1, 0, 0, 0, 0)},
		{"2026-01-02 03:04", at(2026, 1, 2, 3, 4, 0, 0)}, {"2026-01-02T03:04:05Z", at(2026, 1, 2, 3, 4, 5, 0)},
		{"2026-01-02T03:04:05.1234567Z", at(2026, 1, 2, 3, 4, 5, 123456700)}, {"2026-01-02 03:04:05.123456789", at(2026, 1, 2, 3, 4, 5, 123456700)},
		{"2026-01-02T03:04:05+02:00", at(2026, 1, 2, 1, 4, 5, 0)}, {"2026-01-02 23:04:05 -0130", at(2026, 1, 3, 0, 34, 5, 0)},
		{"01/02/2026 03:04 PM", at(2026, 1, 2, 15, 4, 0, 0)}, {"2026/01/02 12:00:00 AM", at(2026, 1, 2, 0, 0, 0, 0)},
		{"Sat, 8 Nov 2014 15:05:02 GMT", at(2014, 11, 8, 15, 5, 2, 0)}, {"8 Nov 2014", at(2014, 11, 8, 0, 0, 0, 0)},
		{"Saturday, 08-Nov-14 15:05:02 UTC", at(2014, 11, 8, 15, 5, 2, 0)},
		{"1-2-2026", at(2026, 1, 2, 0, 0, 0, 0)}, {"12-31-2026 23:59", at(2026, 12, 31, 23, 59, 0, 0)}, {"2026.1.2", at(2026, 1, 2, 0, 0, 0, 0)}, {"2026, 1, 2", at(2026, 1, 2, 0, 0, 0, 0)},
		{"0001-01-01", 0}, {"9999-12-31 23:59:59.9999999", 3_155_378_975_999_999_999}, {"1970-01-01", 621_355_968_000_000_000}, {"2024-02-29", at(2024, 2, 29, 0, 0, 0, 0)},
	}
	for _, test := range tests {
		if got, ok := parser.ParseDatetime(test.src); !ok || got != test.want {
			t.Errorf("ParseDatetime(%q) = %d, %v, want %d", test.src, got, ok, test.want)
		}
	}
	for _, src := range []string{"", "x", "2026-13-01", "2026-02-30", "2026-01-02 24:00", "2026-01-02 10:60", "10000-01-01", "0000-01-01", "2026-01-02T", "2026-01-02 1:2:3x", "13-2-2026", "1-2/2026", "2026,1-2", "2026, 1", "Xyz, 8 Nov 2014", "0001-01-01T00:00:00+01:00"} {
		if got, ok := parser.ParseDatetime(src); ok {
			t.Errorf("ParseDatetime(%q) = %d, want no instant", src, got)
		}
	}
}
