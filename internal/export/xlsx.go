package export

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"passtrail"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// maxSheetRows is Excel's own limit, header included.
const maxSheetRows = 1_048_576

// xlsxWriter writes a sheet a table through excelize's stream writer, so that memory stays flat.
type xlsxWriter struct {
	out     io.Writer
	f       *excelize.File
	sw      *excelize.StreamWriter
	columns []query.Column
	sheets  int
	row     int
	date    int
}

func newXLSX(w io.Writer) *xlsxWriter { return &xlsxWriter{out: w, f: excelize.NewFile()} }

func (x *xlsxWriter) Begin(t query.Table) error {
	if err := x.finish(); err != nil {
		return err
	}
	x.sheets++
	name := sheetName(t.Name, x.sheets)
	var err error
	if x.sheets == 1 {
		err = x.f.SetSheetName("Sheet1", name)
		format := "yyyy-mm-dd hh:mm:ss"
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
		if t == types.DateTime {
			if n < int64(passtrail.UnixEpoch) { // Excel's calendar begins in 1900
				return machine(v, t)
			}
			return excelize.Cell{StyleID: x.date, Value: passtrail.Ticks(n).Time()}
		}
		if t != types.TimeSpan {
			return n
		}
	case int32, float64, bool:
		return n
	}
	s := machine(v, t)
	if len(s) > excelize.TotalCellChars {
		s = s[:excelize.TotalCellChars-20] + "… (cut)"
	}
	return s
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

// sheetName makes a valid, unique sheet name: at most 31 characters, none of []:*?/\.
func sheetName(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) {
			return '-'
		}
		return r
	}, s)
	if s == "" {
		s = "Table"
	}
	if r := []rune(s); len(r) > 27 {
		s = string(r[:27])
	}
	if n > 1 {
		s = fmt.Sprintf("%s %d", s, n)
	}
	return s
}
