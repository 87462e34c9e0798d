package export_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"passtrail"
	"passtrail/internal/export"
	"passtrail/internal/kql/native"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/store/duckdb"
)

// at is an instant with all seven digits.
var at, _ = passtrail.ParseTicks("2026-03-03T10:16:04.7783410Z")

// everyType is a table with a column of each type, a row of values and a row of nulls.
func everyType() query.Table {
	return query.Table{
		Name: "all", Columns: []query.Column{
			{Name: "text", Type: types.String}, {Name: "whole", Type: types.Long}, {Name: "small", Type: types.Int}, {Name: "real", Type: types.Real},
			{Name: "yes", Type: types.Bool}, {Name: "at", Type: types.DateTime}, {Name: "span", Type: types.TimeSpan}, {Name: "id", Type: types.Guid},
			{Name: "dec", Type: types.Decimal}, {Name: "bag", Type: types.Dynamic},
		},
		Rows: [][]any{
			{`a, "b"`, int64(-5), int32(-7), 1234567.5, true, int64(at), int64(-90 * passtrail.Minute), "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11", "-1.50", `{"k":["v",1]}`},
			{"", nil, nil, nil, nil, nil, nil, nil, nil, nil},
		},
	}
}

// write runs tables through a writer.
func write(t testing.TB, format string, o export.Options, tables ...query.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := export.New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if err := w.Begin(table); err != nil {
			t.Fatal(err)
		}
		for _, row := range table.Rows {
			if err := w.Row(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ format, want string }{
		{"csv", "text,whole,small,real,yes,at,span,id,dec,bag\n" +
			`"a, ""b""",-5,-7,1234567.5,true,2026-03-03T10:16:04.7783410Z,-01:30:00,6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11,-1.50,"{""k"":[""v"",1]}"` + "\n,,,,,,,,,\n"},
		{"ndjson", `{"text":"a, \"b\"","whole":-5,"small":-7,"real":1234567.5,"yes":true,"at":"2026-03-03T10:16:04.7783410Z","span":"-01:30:00","id":"6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11","dec":"-1.50","bag":{"k":["v",1]}}` + "\n" +
			`{"text":"","whole":null,"small":null,"real":null,"yes":null,"at":null,"span":null,"id":null,"dec":null,"bag":null}` + "\n"},
		{"json", `{"tables":[{"name":"all","columns":[{"name":"text","type":"string"},{"name":"whole","type":"long"},{"name":"small","type":"int"},{"name":"real","type":"real"},` +
			`{"name":"yes","type":"bool"},{"name":"at","type":"datetime"},{"name":"span","type":"timespan"},{"name":"id","type":"guid"},{"name":"dec","type":"decimal"},{"name":"bag","type":"dynamic"}],"rows":[` +
			`["a, \"b\"",-5,-7,1234567.5,true,"2026-03-03T10:16:04.7783410Z","-01:30:00","6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11","-1.50","{\"k\":[\"v\",1]}"],` +
			`["",null,null,null,null,null,null,null,null,null]]}]}` + "\n"},
	} {
		if got := string(write(t, c.format, export.Options{}, everyType())); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.format, got, c.want)
		}
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	want := `2026-03-03 11:16:04 +01:00 | -1h 30m | 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11 | -1.50 | {"k":\["v",1\]} |`
	if got := string(write(t, "md", export.Options{Zone: berlin}, everyType())); !strings.Contains(got, want) || strings.Count(got, "\n") != 4 {
		t.Errorf("md:\n%s", got)
	}
}

func TestTerminalTable(t *testing.T) {
	table := query.Table{Columns: []query.Column{{Name: "Name", Type: types.String}, {Name: "N", Type: types.Long}}, Rows: [][]any{
		{"Adele\x1b[31m\u202eVance\nx", int64(7)}, {strings.Repeat("ü", 70), int64(12345)},
	}}
	got := string(write(t, "table", export.Options{MaxWidth: 10}, table, query.Table{Columns: []query.Column{{Name: "Empty", Type: types.Bool}}}))
	want := "Name            N\n----------  -----\nAdele [31…      7\nüüüüüüüüü…  12345\n\nEmpty\n-----\n"
	if got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		v    any
		t    types.Type
		want string
	}{
		{nil, types.String, ""},
		{nil, types.Long, ""},
		{int64(0), types.TimeSpan, "0s"},
		{int64(1), types.TimeSpan, "0.0000001s"},
		{int64(1500 * passtrail.Millisecond), types.TimeSpan, "1.5s"},
		{int64(119*passtrail.Second + 900*passtrail.Millisecond), types.TimeSpan, "2m 0s"},
		{int64(59*passtrail.Second + 900*passtrail.Millisecond), types.TimeSpan, "1m 0s"},
		{int64(passtrail.Hour - passtrail.Millisecond), types.TimeSpan, "1h 0m"},
		{int64(-25 * passtrail.Hour), types.TimeSpan, "-1d 1h"},
		{int64(math.MinInt64), types.TimeSpan, "-0s"},
		{int64(at), types.DateTime, "2026-03-03 10:16:04Z"},
		{int64(at - at%passtrail.Day), types.DateTime, "2026-03-03"},
		{1e6, types.Real, "1000000"},
		{12.5, types.Real, "12.5"},
		{1e-9, types.Real, "1e-09"},
		{math.NaN(), types.Real, "NaN"},
		{math.Inf(-1), types.Real, "-Infinity"},
		{"null", types.Dynamic, ""},
		{"null", types.String, "null"},
	} {
		if got := export.Text(c.v, c.t, time.UTC); got != c.want {
			t.Errorf("Text(%v, %s) = %q, want %q", c.v, c.t, got, c.want)
		}
	}
}

func TestDefuse(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"Adele Vance":             "Adele Vance",
		"=1+1":                    "'=1+1",
		"+cmd|' /C calc'!A0":      "'+cmd|' /C calc'!A0",
		"-2+3":                    "'-2+3",
		"@SUM(A1)":                "'@SUM(A1)",
		"\t=1":                    "\t'=1",
		"\r=1":                    "\r'=1",
		"  =1":                    "'  =1",
		"\u00a0=1":                "'\u00a0=1",
		"\ufeff=1":                "'\ufeff=1",
		"＝1+1":                    "'＝1+1",
		`"=1`:                     `"=1`, // a quote that is part of the text hides what follows
		"-5":                      "-5",
		"+1.5e3":                  "+1.5e3",
		"-0x1":                    "'-0x1",
		"--5":                     "'--5",
		"-5=1":                    "'-5=1",
		"-inf":                    "'-inf",
		"+49 30 1234":             "'+49 30 1234",
		"2026-03-03":              "2026-03-03",
		"a=1":                     "a=1",
		"a;=1":                    "a;'=1",
		`a;"=1`:                   `a;'"=1`,
		"line\n=1":                "line\n'=1",
		"x\t@y; -z":               "x\t'@y;' -z",
		"Mozilla/5.0 (X; rv:1.0)": "Mozilla/5.0 (X; rv:1.0)",
		`{"a":"=1"}`:              `{"a":"=1"}`,
	} {
		if got := export.Defuse(in); got != want {
			t.Errorf("Defuse(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestDefuseIsQuick: hostile text of a megabyte takes no longer than other text of that size.
func TestDefuseIsQuick(t *testing.T) {
	for _, s := range []string{"\t", ";", "\"", " ", "\n ", ";\"", "=", "-1;"} {
		began := time.Now()
		export.Defuse(strings.Repeat(s, 1<<20))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("a megabyte of %q takes %s", s, took)
		}
	}
}

func FuzzDefuse(f *testing.F) {
	f.Add("=1;\t-x\n@")
	f.Fuzz(func(t *testing.T, s string) {
		got := export.Defuse(s)
		if strings.ReplaceAll(got, "'", "") != strings.ReplaceAll(s, "'", "") {
			t.Errorf("Defuse(%q) = %q, which is other text", s, got)
		}
		for _, cell := range strings.FieldsFunc(got, func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
			if c := strings.TrimSpace(cell); c != "" && strings.ContainsRune("=@", rune(c[0])) {
				t.Errorf("Defuse(%q) = %q has a formula", s, got)
			}
		}
	})
}

// TestCSVComesBack reads what was written: hostile text is whole, a row of nothing is a row.
func TestCSVComesBack(t *testing.T) {
	cells := []string{"", " x", "a;b", "a\tb", "two\nlines", `"`, `\.`, "=1", "ünïcode ☂", "\x00"}
	one := query.Table{Columns: []query.Column{{Name: "=A", Type: types.String}}}
	for _, s := range cells {
		one.Rows = append(one.Rows, []any{s})
	}
	rows, err := csv.NewReader(bytes.NewReader(write(t, "csv", export.Options{}, one))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(cells)+1 || rows[0][0] != "'=A" {
		t.Fatalf("%d lines, header %q; want %d, %q", len(rows), rows[0], len(cells)+1, "'=A")
	}
	for i, s := range cells {
		if got := rows[i+1][0]; got != export.Defuse(s) {
			t.Errorf("row %d = %q, want %q", i, got, export.Defuse(s))
		}
	}
}

// TestNumbersStayNumbers: only text is defused; a negative number in a column of numbers is no formula.
func TestNumbersStayNumbers(t *testing.T) {
	table := query.Table{Columns: []query.Column{{Name: "n", Type: types.Long}, {Name: "r", Type: types.Real}, {Name: "d", Type: types.Decimal}}, Rows: [][]any{{int64(-5), -1.5, "-2.25"}}}
	if got := string(write(t, "csv", export.Options{}, table)); got != "n,r,d\n-5,-1.5,-2.25\n" {
		t.Errorf("csv = %q", got)
	}
}

func TestSeveralTables(t *testing.T) {
	a := query.Table{Name: "first", Columns: []query.Column{{Name: "x", Type: types.Long}}, Rows: [][]any{{int64(1)}, {int64(2)}}}
	b := query.Table{Name: "second", Columns: []query.Column{{Name: "y", Type: types.String}}, Rows: [][]any{{"z"}}}
	empty := query.Table{Name: "third", Columns: []query.Column{{Name: "w", Type: types.Bool}}}
	for format, want := range map[string]string{
		"csv":    "x\n1\n2\n\ny\nz\n\nw\n",
		"ndjson": "{\"x\":1}\n{\"x\":2}\n{\"_table\":\"second\",\"y\":\"z\"}\n",
		"json": `{"tables":[{"name":"first","columns":[{"name":"x","type":"long"}],"rows":[[1],[2]]},` + "\n" +
			`{"name":"second","columns":[{"name":"y","type":"string"}],"rows":[["z"]]},` + "\n" + `{"name":"third","columns":[{"name":"w","type":"bool"}],"rows":[]}]}` + "\n",
		"table": "  x\n---\n  1\n  2\n\ny\n---\nz\n\nw\n---\n",
	} {
		if got := string(write(t, format, export.Options{}, a, b, empty)); got != want {
			t.Errorf("%s = %q, want %q", format, got, want)
		}
	}
	for _, format := range []string{"json", "csv", "ndjson", "md", "table", "xlsx"} { // nothing at all is valid too
		out := write(t, format, export.Options{})
		if format == "json" && !json.Valid(out) {
			t.Errorf("json of nothing = %q", out)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(write(t, "xlsx", export.Options{}, a, b, a, empty)))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.GetSheetList()); got != "[first second first 2 third]" {
		t.Errorf("sheets = %s", got)
	}
}

// TestXLSXIsReadAsItIs: the header stays on top and filters, columns are as wide as what they hold, days are days, and a
// last sheet says what the workbook is about.
func TestXLSXIsReadAsItIs(t *testing.T) {
	table := query.Table{Name: "calls", Columns: []query.Column{{Name: "Time", Type: types.DateTime}, {Name: "Day", Type: types.DateTime}, {Name: "User", Type: types.String}, {Name: "N", Type: types.Long}}}
	for n := range 300 { // more than those that decide the widths
		table.Rows = append(table.Rows, []any{int64(at), int64(at - at%passtrail.Day), "somebody.with.a.long.name@contoso.com", int64(n)})
	}
	empty := query.Table{Name: "none", Columns: []query.Column{{Name: "A", Type: types.String}}}
	about := &export.About{What: "Who called?", Tenant: "Contoso", TenantID: "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11", From: at - passtrail.Day, To: at, Filter: "=User", Notes: []string{"Records known from 14 May 2026; 1 April to 13 May 2026 not covered.", "Open."}, Made: at}
	f, err := excelize.OpenReader(bytes.NewReader(write(t, "xlsx", export.Options{About: about}, table, empty)))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.GetSheetList()); got != "[calls none About]" {
		t.Fatalf("sheets = %s", got)
	}
	for at, want := range map[string]string{"A2": "2026-03-03 10:16:05.000", "B2": "2026-03-03", "B301": "2026-03-03", "D301": "299"} {
		if got, err := f.GetCellValue("calls", at); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", at, got, err, want)
		}
	}
	for column, want := range map[string]float64{"A": 24, "B": 12, "C": 39, "D": 6} {
		if got, err := f.GetColWidth("calls", column); err != nil || got != want {
			t.Errorf("column %s is %v wide, %v, want %v", column, got, err, want)
		}
	}
	panes, err := f.GetPanes("calls")
	if err != nil || !panes.Freeze || panes.YSplit != 1 || panes.TopLeftCell != "A2" {
		t.Errorf("panes = %+v, %v", panes, err)
	}
	id, err := f.GetCellStyle("calls", "C1")
	if err != nil {
		t.Fatal(err)
	}
	if style, err := f.GetStyle(id); err != nil || style.Font == nil || !style.Font.Bold {
		t.Errorf("the header is not bold: %+v, %v", style, err)
	}
	filters := map[string]string{}
	for _, n := range f.GetDefinedName() {
		filters[n.Scope] = n.RefersTo
	}
	if filters["calls"] != "'calls'!$A$1:$D$301" || filters["none"] != "'none'!$A$1:$A$1" {
		t.Errorf("filters = %v", filters)
	}
	said, err := f.GetRows("About")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, row := range said {
		lines[row[0]] = row[1]
	}
	for name, want := range map[string]string{
		"What": "Who called?", "Tenant": "Contoso 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11", "Period": "from 2026-03-02T10:16:04.7783410Z to 2026-03-03T10:16:04.7783410Z", "Filter": "'=User",
		"Coverage and notes": "Records known from 14 May 2026; 1 April to 13 May 2026 not covered.\nOpen.", "Final up to": "nothing yet: figures may still grow by late records",
		"Made": "2026-03-03T10:16:04.7783410Z", "Made by": "Passtrail " + passtrail.Version, "Rows of calls": "300", "Rows of none": "0",
	} {
		if lines[name] != want {
			t.Errorf("About says %s = %q, want %q", name, lines[name], want)
		}
	}
}

func TestXLSX(t *testing.T) {
	long := strings.Repeat("😀", 20000) // 40,000 UTF-16 units, 80,000 bytes
	fits := strings.Repeat("ü", 32767)
	table := everyType()
	table.Name = `it's [a] "very" long name: of/a\sheet?*`
	table.Rows = append(table.Rows, []any{"=1+1", int64(1) << 60, int32(1), math.NaN(), false, int64(passtrail.Day), int64(passtrail.Second), nil, "1", long},
		[]any{"a\x00b", int64(0), int32(0), math.Inf(1), false, int64(at), int64(0), nil, "1", fits})
	out := write(t, "xlsx", export.Options{}, table)
	f, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	name := f.GetSheetList()[0]
	cell := func(at string) string {
		v, err := f.GetCellValue(name, at)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for at, want := range map[string]string{
		"A1": "text", "A2": `a, "b"`, "B2": "-5", "C2": "-7", "D2": "1234567.5", "E2": "TRUE", "G2": "-01:30:00", "I2": "-1.50",
		"J2": `{"k":["v",1]}`, "A3": "", "B3": "", "A4": "'=1+1", "B4": "1152921504606846976", "D4": "NaN", "F4": "0001-01-02T00:00:00.0000000Z", "D5": "Infinity", "J5": fits,
	} {
		if got := cell(at); got != want {
			t.Errorf("%s = %q, want %q", at, got, want)
		}
	}
	cut := cell("J4")
	if !utf8.ValidString(cut) || strings.ContainsRune(cut, utf8.RuneError) || !strings.HasPrefix(cut, "😀😀") || !strings.Contains(cut, "cut: the whole text has 40000 characters") {
		t.Errorf("the long cell ends in %q", cut[len(cut)-120:])
	}
	if n := len([]rune(cut)); n > 32767 {
		t.Errorf("the long cell has %d runes", n)
	}
	raw, err := f.GetCellValue(name, "F2", excelize.Options{RawCellValue: true})
	if serial, perr := strconv.ParseFloat(raw, 64); err != nil || perr != nil || math.Abs(serial-46084.4278330826) > 1e-8 { // 2026-03-03 10:16:04.778
		t.Errorf("F2 is %s", raw)
	}
	if f, _ := f.GetCellFormula(name, "A4"); f != "" {
		t.Errorf("A4 is the formula %q", f)
	}
	if _, err := zip.NewReader(bytes.NewReader(out), int64(len(out))); err != nil {
		t.Error(err)
	}
}

// TestTablesAreTheServicesAnswer: instants without the zeros that end them, and members beside the tables.
func TestTablesAreTheServicesAnswer(t *testing.T) {
	var b bytes.Buffer
	w := export.NewTables(&b)
	table := query.Table{Name: "PrimaryResult", Columns: []query.Column{{Name: "t", Type: types.DateTime}, {Name: "n", Type: types.Long}, {Name: "d", Type: types.Decimal}}}
	if err := w.Begin(table); err != nil {
		t.Fatal(err)
	}
	whole := at - at%passtrail.Second
	for _, instant := range []passtrail.Ticks{at, whole, whole + 1, whole + 5*passtrail.Second/10} {
		if err := w.Row([]any{int64(instant), int64(10), "1.500"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.CloseWith(export.Member{Name: "render", Value: map[string]string{"visualization": "<b>"}}, export.Member{Name: "error", Value: nil}); err != nil {
		t.Fatal(err)
	}
	want := `{"tables":[{"name":"PrimaryResult","columns":[{"name":"t","type":"datetime"},{"name":"n","type":"long"},{"name":"d","type":"decimal"}],"rows":[["2026-03-03T10:16:04.778341Z",10,"1.5"],["2026-03-03T10:16:04Z",10,"1.5"],` +
		`["2026-03-03T10:16:04.0000001Z",10,"1.5"],["2026-03-03T10:16:04.5Z",10,"1.5"]]}],"render":{"visualization":"\u003cb\u003e"},"error":null}` + "\n"
	if b.String() != want {
		t.Errorf("the answer is\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	if err := export.NewTables(&b).CloseWith(export.Member{Name: "n", Value: 1}); err != nil || b.String() != `{"tables":[],"n":1}`+"\n" {
		t.Errorf("without a table: %q, %v", b.String(), err)
	}
	if err := w.CloseWith(export.Member{Name: "f", Value: func() {}}); err == nil {
		t.Error("a member that is no JSON is written")
	}
}

func TestUnknownFormat(t *testing.T) {
	_, err := export.New("pdf", io.Discard, export.Options{})
	if passtrail.CodeOf(err) != passtrail.Invalid || !strings.Contains(err.Error(), "csv") {
		t.Errorf("New(pdf) = %v", err)
	}
}

// TestMarkdownIsText: names do not become links, pictures, HTML or columns.
func TestMarkdownIsText(t *testing.T) {
	table := query.Table{Columns: []query.Column{{Name: "n", Type: types.String}}, Rows: [][]any{{`a|b\|c ![x](http://198.51.100.1/p) <b>`}}}
	got := string(write(t, "md", export.Options{}, table))
	if want := `| a\|b\\\|c !\[x\](http://198.51.100.1/p) &lt;b> |`; !strings.Contains(got, want) {
		t.Errorf("md = %s, want %s", got, want)
	}
}

var errFull = errors.New("disk full")

// full is a disk with room for some bytes.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestFullDisk: whatever the format, a disk that fills up is an error at the latest when the writer is closed.
func TestFullDisk(t *testing.T) {
	for _, format := range export.Formats {
		w, err := export.New(format, &full{room: 100}, export.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Begin(everyType())
		for i := 0; i < 3000 && err == nil; i++ {
			err = w.Row(everyType().Rows[0])
		}
		if err == nil {
			err = w.Close()
		} else {
			export.Abandon(w)
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want %v", format, err, errFull)
		}
	}
}

// engine is a query engine on an empty database: ranges need no records.
func engine(t testing.TB) *query.Engine {
	t.Helper()
	st, err := duckdb.Open(t.Context(), duckdb.Config{Functions: native.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return query.New(st, query.Limits{})
}

// likeEvents makes n rows as wide as those of an export of the audit log.
func likeEvents(n int) query.Request {
	return query.Request{Now: at, Export: true, Text: fmt.Sprintf(`range i from 1 to %d step 1
| project TimeGenerated = datetime(2026-03-01) + i * 1s, LoggedByService = "Self-service Password Management", Category = "UserManagement",
    ActivityDisplayName = "Reset password (self-service)", Result = "success", ResultReason = "Successfully completed reset.",
    Target = strcat("person", i, "@contoso.com"), TargetName = strcat("Person, ", i), TargetId = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11", InitiatedBy = strcat("person", i, "@contoso.com"),
    IPAddress = "192.0.2.17", CorrelationId = "b7c03ae7-7bd9-5f5e-ab15-b9b7ad4195d5", Id = strcat("SSPR_b7c03ae7-7bd9-5f5e-ab15-b9b7ad4195d5_", i), N = i`, n)}
}

// TestEveryRowIsWritten streams a hundred thousand rows through every format that has no limit below that.
func TestEveryRowIsWritten(t *testing.T) {
	const n = 100_000
	e := engine(t)
	for format, lines := range map[string]int{"csv": n + 1, "ndjson": n, "md": n + 2, "table": n + 2} {
		var b bytes.Buffer
		w, err := export.New(format, &b, export.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Stream(t.Context(), likeEvents(n), w.Begin, w.Row); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(b.Bytes(), []byte("\n")); got != lines {
			t.Errorf("%s: %d lines, want %d", format, got, lines)
		}
	}
}

func BenchmarkExport(b *testing.B) {
	const n = 1_000_000
	e := engine(b)
	for _, format := range []string{"csv", "ndjson", "json"} {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				w, err := export.New(format, io.Discard, export.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if err := e.Stream(b.Context(), likeEvents(n), w.Begin, w.Row); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
