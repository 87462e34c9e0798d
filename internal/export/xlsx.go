package export

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf16"

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

// xlsxWriter writes a sheet a table through excelize's stream writer, so that memory stays flat.
type xlsxWriter struct {
	out     io.Writer
	f       *excelize.File
	sw      *excelize.StreamWriter
	columns []query.Column
	sheets  map[string]bool // names in lower case
	row     int
	date    int
}

func newXLSX(w io.Writer) *xlsxWriter {
	return &xlsxWriter{out: w, f: excelize.NewFile(), sheets: map[string]bool{}}
}

// abandon removes the temporary files of a workbook that will not be written.
func (x *xlsxWriter) abandon() { _ = x.f.Close() }

func (x *xlsxWriter) Begin(t query.Table) error {
	if err := x.finish(); err != nil {
		return err
	}
	name := x.sheetName(t.Name)
	var err error
	if len(x.sheets) == 1 {
		err = x.f.SetSheetName("Sheet1", name)
		format := "yyyy-mm-dd hh:mm:ss.000"
		if err == nil {
			x.date, err = x.f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		}
	} else {
		_, err = x.f.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if x.sw, err = x.f.NewStreamWriter(name); err != nil {
		return err
	}
	x.columns, x.row = t.Columns, 1
	head := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = Defuse(c.Name)
	}
	return x.sw.SetRow("A1", head)
}

func (x *xlsxWriter) Row(cells []any) error {
	if x.row++; x.row > maxSheetRows {
		return passtrail.Errorf(passtrail.TooLarge, "export.xlsx", "a sheet holds at most %d rows; export as csv instead", maxSheetRows-1)
	}
	row := make([]any, len(cells))
	for i, v := range cells {
		row[i] = x.cell(v, x.columns[i].Type)
	}
	at, err := excelize.CoordinatesToCellName(1, x.row)
	if err != nil {
		return err
	}
	return x.sw.SetRow(at, row)
}

// cell keeps numbers, bools and times as such; text is a string cell, which no spreadsheet runs, and is defused besides
// because people save such sheets as CSV.
func (x *xlsxWriter) cell(v any, t types.Type) any {
	switch n := v.(type) {
	case nil:
		return nil
	case int64:
		switch {
		case t == types.DateTime && n >= int64(passtrail.UnixEpoch): // Excel's calendar begins in 1900
			return excelize.Cell{StyleID: x.date, Value: sheetEpoch + float64(n-int64(passtrail.UnixEpoch))/float64(passtrail.Day)}
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

func (x *xlsxWriter) finish() error {
	if x.sw == nil {
		return nil
	}
	return x.sw.Flush()
}

func (x *xlsxWriter) Close() error {
	defer x.f.Close()
	if err := x.finish(); err != nil {
		return err
	}
	_, err := x.f.WriteTo(x.out)
	return err
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
