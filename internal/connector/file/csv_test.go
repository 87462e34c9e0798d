package file_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf16"

	"passtrail/internal/connector"
	"passtrail/internal/connector/file"
	"passtrail/internal/dates"
)

// rowTimes reads a source and returns, of each document, its line, and how its Date is read or why it is set aside.
func rowTimes(t testing.TB, path, from string, opt file.Options) (rows []string, last string) {
	t.Helper()
	sources, err := file.Open(context.Background(), []string{path}, opt)
	if err != nil {
		t.Fatal(err)
	}
	err = sources[0].Fetch(context.Background(), from, func(b connector.Batch) error {
		for _, d := range b.Documents {
			place := d.Position[strings.LastIndexByte(d.Position, ':')+1:]
			if d.Code != "" {
				rows = append(rows, place+" "+d.Code+": "+d.Reason)
				continue
			}
			_, cell, _ := strings.Cut(string(d.Bytes), `":"`)
			cell, _, _ = strings.Cut(cell, `"`)
			header, _, _ := strings.Cut(string(d.Bytes[2:]), `"`)
			_, zone := dates.Column(header)
			at, _, err := d.Times.Read(zone, cell)
			if err != nil {
				rows = append(rows, place+" "+err.Error())
				continue
			}
			rows = append(rows, place+" "+at.String()[:19])
		}
		last = b.Position
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, last
}

const portal = "Date (UTC),Activity,Result\n"

func utf16le(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func TestTimesOfCSVFiles(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 300)
	var many strings.Builder
	many.WriteString(portal)
	for range 2000 {
		many.WriteString("04/03/2026 10:00," + long + ",success\n")
	}
	tests := []struct {
		name, in string
		opt      file.Options
		want     string // first and last row
	}{
		{"the last row decides", many.String() + "19/03/2026 10:00,a,success\n", file.Options{}, "2 2026-03-04T10:00:00 2002 2026-03-19T10:00:00"},
		{"undecided", many.String(), file.Options{}, "1 csv-times: a spreadsheet or page rewrote the dates, and which number is the day cannot be told: none is above 12 (see line 2); say it with --dates day-first|month-first"},
		{"told", many.String(), file.Options{Dates: dates.MonthFirst}, "2 2026-04-03T10:00:00 2001 2026-04-03T10:00:00"},
		{"told wrongly", many.String() + "19/03/2026 10:00,a,success\n", file.Options{Dates: dates.MonthFirst}, "1 csv-times: the dates of this file are read month-first, as was said or decided before, but line 2002 is no month-first date"},
		{"contradiction", portal + "13/02/2026 1:00,a,b\n\n02/13/2026 1:00,a,b\n", file.Options{}, "1 csv-times: the dates contradict each other: line 4 cannot be day-first, line 2 cannot be month-first; split the file, or export it again with ISO dates"},
		{"rows that cannot be read decide nothing", portal + "13/02/2026 1:00,a\n04/03/2026 1:00,a,b\n", file.Options{}, "1 csv-times: a spreadsheet or page rewrote the dates, and which number is the day cannot be told: none is above 12 (see line 3); say it with --dates day-first|month-first"},
		{"local times", "Date (local),Activity,Result\n2026-03-04 10:00,a,b\n", file.Options{}, "2 csv-times: the column has local times: say whose with --zone, for instance --zone Europe/Berlin, or export the file in UTC"},
		{"local times that are told", "Date [Local Time],Activity,Result\n2026-03-04 10:00,a,b\n", file.Options{Zone: berlin}, "2 2026-03-04T09:00:00"},
		{"downloads one behind the other", "\ufeff" + portal + "04/03/2026 1:00,a,b\n\ufeff" + portal + "19/03/2026 1:00,a,b\n", file.Options{}, "2 2026-03-04T01:00:00 4 2026-03-19T01:00:00"},
		{"downloads with other columns", portal + "04/03/2026 1:00,a,b\nDate (UTC),Service,Activity,Result\n19/03/2026 1:00,s,a,b\n", file.Options{}, "2 2026-03-04T01:00:00 4 2026-03-19T01:00:00"},
		{"separator lines", "sep=;\r\nDate (UTC);Activity;Result\r\n04/03/2026 1:00;a;b\r\nsep=;\r\nDate (UTC);Activity;Result\r\n19/03/2026 1:00;a;b\r\n", file.Options{}, "3 2026-03-04T01:00:00 6 2026-03-19T01:00:00"},
		{"another separator", "sep=|\nDate (UTC)|Activity|Result\n2026-03-04T10:00:00Z|a|b\n", file.Options{}, "3 2026-03-04T10:00:00"},
		{"a quoted separator line", "\"sep=\t\"\nDate (UTC)\tActivity\tResult\n2026-03-04T10:00:00Z\ta\tb\n", file.Options{}, "3 2026-03-04T10:00:00"},
		{"a separator line that is not true any more", "sep=,\nDate (UTC);Activity;Result\n2026-03-04T10:00:00Z;a;b\n", file.Options{}, "3 2026-03-04T10:00:00"},
		{"blank rows", portal + "2026-03-04T10:00:00Z,a,b\n,,\n", file.Options{}, "2 2026-03-04T10:00:00 3 csv-fields: the row is blank: all its cells are empty"},
		{"a row with too many cells over two lines", portal + "2026-03-04T10:00:00Z,a,b\n2026-03-04T10:00:00Z,\"a\n2026-03-05T10:00:00Z,a,b\",c,d\n", file.Options{}, "2 2026-03-04T10:00:00 3 csv-fields: the row has 4 cells, the header 3"},
		{"last row cut off", portal + "2026-03-04T10:00:00Z,a,b\n2026-03-04T10:0", file.Options{}, "2 2026-03-04T10:00:00 3 truncated: the last row is cut off: it has 1 cells, the header 3"},
		{"a cell that a spreadsheet cut", portal + "2026-03-04T10:00:00Z,a,b\n2026-03-04T10:00:00Z,\"[" + strings.Repeat("9", 32766) + "\",b\n", file.Options{}, "2 2026-03-04T10:00:00 3 truncated: a cell was cut at 32,767 characters, the most that a spreadsheet keeps: export the file again"},
		{"a cell that is as long and whole", portal + "2026-03-04T10:00:00Z,\"[" + strings.Repeat("9", 32765) + "]\",b\n", file.Options{}, "2 2026-03-04T10:00:00"},
		{"header alone", portal, file.Options{}, ""},
		{"a header in German without a known result", "Datum (UTC),Dienst,Aktivität,Ausgang\n2026-03-04T10:00:00Z,a,b,c\n", file.Options{}, "1 csv-header: the header is in German and has no column that is known as Result, Category, CorrelationId, ResultReason: download the file with the admin center in English, or as JSON"},
		{"a header in Polish", "Data (UTC),CorrelationId,Usługa,Kategoria,Działanie,Wynik,Przyczyna\n2026-03-04T10:00:00Z,a,b,c,d,e,f\n", file.Options{}, "1 csv-header: the header is in Polish and has no column that is known as Activity, Result, Service, Category, ResultReason: download the file with the admin center in English, or as JSON"},
		{"a header in Korean", "날짜(UTC),서비스,범주,작업,결과\n2026-03-04T10:00:00Z,a,b,c,d\n", file.Options{}, "1 csv-header: the header is in Korean and has no column that is known as Date (UTC), Activity, Result, Service, Category, CorrelationId, ResultReason: download the file with the admin center in English, or as JSON"},
		{"a header without a result", "Date (UTC),Activity,Service\n2026-03-04T10:00:00Z,a,b\n", file.Options{}, "1 csv-header: the header has no column Result: download the file again with all columns, in English"},
	}
	for _, test := range tests {
		for form, data := range map[string][]byte{"f": []byte(test.in), "f.gz": gzipped(t, test.in), "f.zip": zipped(t, map[string][]byte{"a": []byte(test.in)}, "a"), "f16": utf16le(test.in), "-": []byte(test.in)} {
			path, opt := "-", test.opt
			opt.BatchBytes = 5000
			if form == "-" {
				opt.Stdin = strings.NewReader(test.in)
			} else {
				path = write(t, form, data)
			}
			rows, _ := rowTimes(t, path, "", opt)
			if len(rows) > 2 {
				rows = []string{rows[0], rows[len(rows)-1]}
			}
			if got := strings.Join(rows, " "); got != test.want {
				t.Errorf("%s as %s:\n%s, want\n%s", test.name, form, got, test.want)
			}
		}
	}
}

// TestGrownCSVKeepsItsOrder holds that a file that has grown is read as it was, or refused: never half this way and half
// the other.
func TestGrownCSVKeepsItsOrder(t *testing.T) {
	us := portal + "3/4/2026 10:00:00 AM,a,b\n"
	path := write(t, "f", []byte(us))
	rows, at := rowTimes(t, path, "", file.Options{})
	if fmt.Sprint(rows) != "[2 2026-03-04T10:00:00]" {
		t.Fatal(rows)
	}
	grow := func(more string) {
		if err := os.WriteFile(path, []byte(us+more), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	grow("5/6/2026 22:00,a,b\n")
	if rows, _ := rowTimes(t, path, at, file.Options{}); fmt.Sprint(rows) != "[2 2026-03-04T10:00:00 3 2026-05-06T22:00:00]" {
		t.Errorf("grown: %q", rows)
	}
	grow("19/6/2026 22:00,a,b\n")
	rows, again := rowTimes(t, path, at, file.Options{})
	if len(rows) != 1 || !strings.Contains(rows[0], "read month-first, as was said or decided before, but line 3 is no month-first date") {
		t.Errorf("grown by a contradiction: %q", rows)
	}
	if rows, _ = rowTimes(t, path, again, file.Options{}); len(rows) != 1 {
		t.Errorf("a refused file that is read again says nothing: %q", rows)
	}
	if rows, _ := rowTimes(t, path, at, file.Options{Dates: dates.DayFirst}); fmt.Sprint(rows) != "[2 2026-04-03T10:00:00 3 2026-06-19T22:00:00]" {
		t.Errorf("told otherwise: %q", rows)
	}

	path = write(t, "g", []byte(portal+"3/4/2026 10:00,a,b\n"))
	if _, at = rowTimes(t, path, "", file.Options{Dates: dates.DayFirst}); at == "" {
		t.Fatal("no checkpoint")
	}
	if err := os.WriteFile(path, []byte(portal+"3/4/2026 10:00,a,b\n5/4/2026 10:00,a,b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if rows, _ := rowTimes(t, path, at, file.Options{}); fmt.Sprint(rows) != "[2 2026-04-03T10:00:00 3 2026-04-05T10:00:00]" {
		t.Errorf("told once: %q", rows)
	}
}

// TestTheRowsTimeDecides holds that other columns with dates, and times that a row does not go by, decide nothing.
func TestTheRowsTimeDecides(t *testing.T) {
	for in, want := range map[string]string{
		"ActivityDateTime,TimeGenerated,Date\n04/03/2026 10:00,x,03/14/2026 1:00\n19/03/2026 10:00,x,y\n": "2 2026-03-04T10:00:00 3 2026-03-19T10:00:00",
		"ActivityDateTime,TimeGenerated,Data\n04/03/2026 10:00,19/03/2026 1:00,x\n":                       "which number is the day cannot be told",
		"Activity,Created,Date (UTC),Result\n2026-03-04T10:00:00Z,13/01/2026 1:00,04/03/2026 10:00,b\n":   "which number is the day cannot be told",
	} {
		rows, _ := rowTimes(t, write(t, "f", []byte(in)), "", file.Options{})
		if got := strings.Join(rows, " "); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// TestMembersDecideForThemselves holds that the order of one member of an archive says nothing about the next.
func TestMembersDecideForThemselves(t *testing.T) {
	path := write(t, "f.zip", zipped(t, map[string][]byte{"a": []byte(portal + "19/3/2026 10:00,a,b\n"), "b": []byte(portal + "3/19/2026 10:00,a,b\n"), "c": []byte(portal + "3/4/2026 10:00,a,b\n")}, "a", "b", "c"))
	rows, _ := rowTimes(t, path, "", file.Options{})
	if len(rows) != 3 || rows[0] != "2 2026-03-19T10:00:00" || rows[1] != "2 2026-03-19T10:00:00" || !strings.HasPrefix(rows[2], "1 csv-times") {
		t.Errorf("%q", rows)
	}
}

// TestLargeStreamsAreSpooled holds that a stream over the memory for copies comes whole, and leaves no file behind.
func TestLargeStreamsAreSpooled(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var b strings.Builder
	b.WriteString(portal)
	n := 0
	for ; b.Len() < 9<<20; n++ {
		fmt.Fprintf(&b, "04/03/2026 10:00,%d %s,success\n", n, strings.Repeat("y", 900))
	}
	b.WriteString("19/03/2026 10:00,a,success\n")
	rows, _ := rowTimes(t, "-", "", file.Options{Stdin: strings.NewReader(b.String())})
	if len(rows) != n+1 || rows[n-1] != fmt.Sprint(n+1, " 2026-03-04T10:00:00") {
		t.Errorf("%d rows, want %d, the last %q", len(rows), n+1, rows[max(0, len(rows)-2):])
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	t.Setenv("TMPDIR", dir+"/none")
	sources, err := file.Open(context.Background(), []string{"-"}, file.Options{Stdin: strings.NewReader(b.String())})
	if err != nil {
		t.Fatal(err)
	}
	err = sources[0].Fetch(context.Background(), "", func(connector.Batch) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("without a place for the copy: %v", err)
	}
}

// TestPrintedInstantsComeBack prints instants as pages and spreadsheets do and holds that a file of them comes back
// exactly or is refused as a whole.
func TestPrintedInstantsComeBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 8))
	layouts := []string{"02/01/2006, 15:04:05", "1/2/2006, 3:04:05 PM", "2.1.2006 15:04:05", "2006-01-02T15:04:05Z", "01/02/06 15:04:05", "2-1-06 03:04:05 pm"}
	read, refused := 0, 0
	for range 400 {
		layout := layouts[rng.IntN(len(layouts))]
		in, want := portal, []string{}
		days := 5 + rng.IntN(25)
		for i := range 1 + rng.IntN(8) {
			at := time.Date(2020+rng.IntN(10), time.Month(1+rng.IntN(12)), 1+rng.IntN(days), rng.IntN(24), rng.IntN(60), rng.IntN(60), 0, time.UTC)
			in += "\"" + at.Format(layout) + "\",a,b\n"
			want = append(want, fmt.Sprint(i+2, " ", at.Format("2006-01-02T15:04:05")))
		}
		rows, _ := rowTimes(t, write(t, "f", []byte(in)), "", file.Options{})
		switch {
		case len(rows) == 1 && strings.Contains(rows[0], " csv-times: "):
			refused++
		case fmt.Sprint(rows) != fmt.Sprint(want):
			t.Fatalf("%s\nread as %q", in, rows)
		default:
			read++
		}
	}
	if read < 150 || refused < 20 {
		t.Errorf("%d files read, %d refused: the test does not show what it should", read, refused)
	}
}
