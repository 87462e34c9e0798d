package export

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"passtrail"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// Excel's own limits: rows of a sheet, header included; UTF-16 units of a cell; whole numbers beyond which digits are lost.
const (
	maxSheetRows  = 1_048_576
	maxSheetText  = excelize.TotalCellChars
	maxSheetWhole = 1_000_000_000_000_000
	sheetEpoch    = 25569 // the day 1970-01-01
)

// xlsxWriter writes a sheet a table through excelize's stream writer, so that memory stays flat, and a last sheet that says
// what the workbook is about.
type xlsxWriter struct {
	out     io.Writer
	about   *About
	f       *excelize.File
	sw      *excelize.StreamWriter
	columns []query.Column
	sheets  map[string]bool // names in lower case
	name    string          // of the sheet that is being written
	written []sheetRows
	row     int
	held    [][]any // the first rows, which decide how wide the columns are
	laid    bool
	styles  xlsxStyles
	dates   []int // by column, the style of its times
}

// sheetRows is a sheet, and how many rows it has below its header.
type sheetRows struct {
	name string
	rows int
}

// xlsxStyles are the styles of a workbook.
type xlsxStyles struct{ head, time, day, label, text int }

func newXLSX(w io.Writer, about *About) *xlsxWriter {
	return &xlsxWriter{out: w, about: about, f: excelize.NewFile(), sheets: map[string]bool{}}
}

// abandon removes the temporary files of a workbook that will not be written.
func (x *xlsxWriter) abandon() { _ = x.f.Close() }

// makeStyles makes the styles of the workbook.
func (x *xlsxWriter) makeStyles() error {
	stamp, day := "yyyy-mm-dd hh:mm:ss.000", "yyyy-mm-dd"
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&x.styles.head, excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"0F548C"}}, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}}},
		{&x.styles.time, excelize.Style{CustomNumFmt: &stamp}},
		{&x.styles.day, excelize.Style{CustomNumFmt: &day}},
		{&x.styles.label, excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Vertical: "top"}}},
		{&x.styles.text, excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", WrapText: true, Horizontal: "left"}}},
	} {
		var err error
		if *s.id, err = x.f.NewStyle(&s.style); err != nil {
			return err
		}
	}
	return nil
}

// sheet begins a sheet.
func (x *xlsxWriter) sheet(name string) (err error) {
	x.name = x.sheetName(name)
	if len(x.sheets) == 1 {
		if err = x.f.SetSheetName("Sheet1", x.name); err == nil {
			err = x.makeStyles()
		}
	} else {
		_, err = x.f.NewSheet(x.name)
	}
	if err == nil {
		x.sw, err = x.f.NewStreamWriter(x.name)
	}
	return err
}

func (x *xlsxWriter) Begin(t query.Table) error {
	if err := x.finish(); err != nil {
		return err
	}
	if err := x.sheet(t.Name); err != nil {
		return err
	}
	x.columns, x.row, x.held, x.laid = t.Columns, 1, nil, false
	return nil
}

// widthRows is how many rows decide the widths of a sheet's columns.
const widthRows = 200

func (x *xlsxWriter) Row(cells []any) error {
	if x.laid {
		return x.put(cells)
	}
	if x.held = append(x.held, slices.Clone(cells)); len(x.held) == widthRows {
		return x.lay()
	}
	return nil
}

// lay decides widths and the look of times, writes the header, which stays on top, and what was held back.
func (x *xlsxWriter) lay() error {
	x.laid = true
	head := make([]any, len(x.columns))
	x.dates = make([]int, len(x.columns))
	for i, c := range x.columns {
		head[i] = excelize.Cell{StyleID: x.styles.head, Value: Defuse(c.Name)}
		width := float64(utf8.RuneCountInString(c.Name) + 5) // beside the name, the button of the filter
		x.dates[i] = x.styles.day
		for _, row := range x.held {
			width = max(width, float64(utf8.RuneCountInString(Text(row[i], c.Type, time.UTC))+2))
			if at, ok := row[i].(int64); ok && passtrail.Ticks(at)%passtrail.Day != 0 {
				x.dates[i] = x.styles.time
			}
		}
		if c.Type == types.DateTime && x.dates[i] == x.styles.time {
			width = max(width, 24)
		}
		if err := x.sw.SetColWidth(i+1, i+1, min(width, 60)); err != nil {
			return err
		}
	}
	if err := x.sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := x.sw.SetRow("A1", head); err != nil {
		return err
	}
	for _, row := range x.held {
		if err := x.put(row); err != nil {
			return err
		}
	}
	x.held = nil
	return nil
}

func (x *xlsxWriter) put(cells []any) error {
	if x.row++; x.row > maxSheetRows {
		return passtrail.Errorf(passtrail.TooLarge, "export.xlsx", "a sheet holds at most %d rows; export as csv instead", maxSheetRows-1)
	}
	row := make([]any, len(cells))
	for i, v := range cells {
		row[i] = x.cell(v, x.columns[i].Type, x.dates[i])
	}
	at, err := excelize.CoordinatesToCellName(1, x.row)
	if err != nil {
		return err
	}
	return x.sw.SetRow(at, row)
}

// cell keeps numbers, bools and times as such; text is a string cell, which no spreadsheet runs, and is defused besides
// because people save such sheets as CSV.
func (x *xlsxWriter) cell(v any, t types.Type, date int) any {
	switch n := v.(type) {
	case nil:
		return nil
	case int64:
		switch {
		case t == types.DateTime && n >= int64(passtrail.UnixEpoch): // Excel's calendar begins in 1900
			return excelize.Cell{StyleID: date, Value: sheetEpoch + float64(n-int64(passtrail.UnixEpoch))/float64(passtrail.Day)}
		case t != types.DateTime && t != types.TimeSpan && n > -maxSheetWhole && n < maxSheetWhole:
			return n
		}
	case float64:
		if !math.IsNaN(n) && !math.IsInf(n, 0) {
			return n
		}
	case int32, bool:
		return n
	}
	s := string(appendMachine(nil, v, t))
	if t == types.String || t == types.Dynamic {
		s = Defuse(s)
	}
	return cellText(s)
}

// cellText is text as a cell can hold it. Excel counts UTF-16 units; what is longer is cut between two characters, and
// says so and how long it was.
func cellText(s string) string {
	if len(s) <= maxSheetText {
		return s
	}
	units := utf16.Encode([]rune(s))
	if len(units) <= maxSheetText {
		return s
	}
	mark := fmt.Sprintf("… [cut: the whole text has %d characters; export as csv or ndjson to have all of it]", len(units))
	keep := maxSheetText - len(utf16.Encode([]rune(mark)))
	if utf16.IsSurrogate(rune(units[keep])) && utf16.IsSurrogate(rune(units[keep-1])) && units[keep] >= 0xdc00 {
		keep-- // between the halves of one character
	}
	return string(utf16.Decode(units[:keep])) + mark
}

// finish ends the sheet that is being written; every column gets a filter.
func (x *xlsxWriter) finish() error {
	if x.sw == nil {
		return nil
	}
	if !x.laid {
		if err := x.lay(); err != nil {
			return err
		}
	}
	x.written = append(x.written, sheetRows{x.name, x.row - 1})
	if len(x.columns) > 0 {
		last, err := excelize.CoordinatesToCellName(len(x.columns), x.row)
		if err != nil {
			return err
		}
		if err := x.f.AutoFilter(x.name, "A1:"+last, nil); err != nil {
			return err
		}
	}
	return x.sw.Flush()
}

func (x *xlsxWriter) Close() error {
	defer x.f.Close()
	if err := x.finish(); err != nil {
		return err
	}
	if x.about != nil {
		if err := x.tell(); err != nil {
			return err
		}
	}
	_, err := x.f.WriteTo(x.out)
	return err
}

// tell writes the sheet that says what the workbook is about.
func (x *xlsxWriter) tell() error {
	if err := x.sheet("About"); err != nil {
		return err
	}
	if err := x.sw.SetColWidth(1, 1, 18); err != nil {
		return err
	}
	if err := x.sw.SetColWidth(2, 2, 100); err != nil {
		return err
	}
	lines := x.about.lines()
	for _, s := range x.written {
		lines = append(lines, [2]string{"Rows of " + s.name, strconv.Itoa(s.rows)})
	}
	for i, line := range lines {
		row := []any{excelize.Cell{StyleID: x.styles.label, Value: line[0]}, excelize.Cell{StyleID: x.styles.text, Value: cellText(Defuse(line[1]))}}
		if err := x.sw.SetRow("A"+strconv.Itoa(i+1), row); err != nil {
			return err
		}
	}
	return x.sw.Flush()
}

// sheetName makes a valid name that no sheet has yet: at most 31 UTF-16 units, none of []:*?/\' in it. Excel folds case.
func (x *xlsxWriter) sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < ' ' || r > 0xffff {
			return '-'
		}
		return r
	}, s)
	if s == "" || strings.EqualFold(s, "history") { // reserved
		s = "Table"
	}
	if r := []rune(s); len(r) > 27 {
		s = string(r[:27])
	}
	name := s
	for n := 2; x.sheets[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s %d", s, n)
	}
	x.sheets[strings.ToLower(name)] = true
	return name
}
