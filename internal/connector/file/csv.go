package file

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"passtrail/internal/connector"
)

// delimiters are what stands between the cells of files that do not say it.
var delimiters = []byte{',', ';', '\t'}

// csvDelimiter tells whether text begins like a CSV file, and what stands between its cells: its first row has at least
// three cells.
func csvDelimiter(head []byte) (byte, bool) {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	best, most := byte(0), 1
	for _, d := range delimiters {
		if n := outside(line, d); n > most {
			best, most = d, n
		}
	}
	return best, best != 0
}

// outside counts a byte outside quotes.
func outside(line []byte, d byte) (n int) {
	quoted := false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == d && !quoted:
			n++
		}
	}
	return n
}

// separatorLine reads a line such as sep=; with which spreadsheets begin CSV files. It returns the separator and the
// line's length with its end; 0 when the line is none.
func separatorLine(head []byte) (sep byte, length int) {
	line, _, found := bytes.Cut(head, []byte{'\n'})
	length = len(line)
	if found {
		length++
	}
	text := strings.Trim(string(line[:min(len(line), 16)]), " \r\"")
	if len(text) < 4 || !strings.EqualFold(text[:4], "sep=") || len(bytes.TrimRight(line, "\r,;\t\"")) > 8 {
		return 0, 0
	}
	if len(text) > 4 {
		sep = text[4]
	}
	return sep, length
}

// csvStart steps over a line that names the separator and tells whether a CSV file begins here.
func (rd *reading) csvStart(w *window) (delimiter byte, ok bool) {
	head := w.peek(keptBytes)
	sep, n := separatorLine(head)
	if n > 0 {
		w.pos += n
		w.discard()
		rd.line++
		head = w.peek(keptBytes)
	}
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	if sep != 0 && outside(line, sep) > 0 {
		return sep, true
	}
	return csvDelimiter(head)
}

// csvRows reads rows as encoding/csv does, but one physical line at a time after a mistake, so that a stray quote does
// not take the rows behind it along.
type csvRows struct {
	ctx    context.Context
	w      *window
	limit  int
	comma  byte
	line   int64 // where the row begins
	lines  int64 // that it takes up
	header *csvHeader
	cells  [][]byte
	// of a row that cannot be read
	code, reason string
	raw          []byte
}

// next reads the next row below a header; false at the end. A row with a code cannot be read.
func (c *csvRows) next() (bool, error) {
	for {
		c.line += c.lines
		c.lines = 0
		c.w.discard()
		if err := c.ctx.Err(); err != nil {
			return false, err
		}
		end, next, found := c.rowEnd()
		if !found && next == c.w.mark {
			return false, nil
		}
		if c.row(c.w.buf[c.w.mark:end], end, next, found) {
			return true, nil
		}
	}
}

// row takes a row up; false says that it holds nothing for the reader: a header, an empty line.
func (c *csvRows) row(raw []byte, end, next int, found bool) bool {
	last := end == next
	c.code, c.reason = "", ""
	c.lines = int64(bytes.Count(raw, []byte{'\n'})) + 1
	c.w.pos = next
	raw = bytes.TrimSuffix(bytes.TrimPrefix(raw, bomUTF8), []byte{'\r'})
	if len(bytes.TrimSpace(raw)) == 0 {
		return false
	}
	if _, n := separatorLine(raw); n > 0 {
		return false // of a file that was put behind another one
	}
	switch {
	case !found && len(raw) > c.limit:
		return c.mistake(raw, CodeTooLarge, tooLarge(c.limit))
	case !found:
		return c.mistake(raw, CodeCSV, "a quoted cell does not end")
	case !utf8.Valid(raw):
		return c.mistake(raw, CodeNotUTF8, "the row is not UTF-8: export the file again as UTF-8")
	case !c.split(raw):
		return c.mistake(raw, CodeCSV, "a quote stands where none may")
	case c.header == nil || c.header.again(c.cells):
		c.header = newCSVHeader(c.cells)
		return false
	}
	switch code, reason := c.fault(last); {
	case code == "":
	case c.lines > 1 && code == CodeTruncated:
		return c.mistake(raw, code, reason)
	default:
		c.code, c.reason, c.raw = code, reason, raw
	}
	return true
}

// fault tells what is wrong with a row that could be taken apart.
func (c *csvRows) fault(last bool) (code, reason string) {
	switch have, want := len(c.cells), len(c.header.names); {
	case have < want && last:
		return CodeTruncated, fmt.Sprintf("the last row is cut off: it has %d cells, the header %d", have, want)
	case have != want:
		return CodeCSV, fmt.Sprintf("the row has %d cells, the header %d", have, want)
	}
	blank := true
	for _, cell := range c.cells {
		blank = blank && len(cell) == 0
		if len(cell) >= maxSheetCell && cutCell(cell) {
			return CodeTruncated, "a cell was cut at 32,767 characters, the most that a spreadsheet keeps: export the file again"
		}
	}
	if blank {
		return CodeCSV, "the row is blank: all its cells are empty"
	}
	return "", ""
}

// maxSheetCell is the most characters that spreadsheets keep in a cell.
const maxSheetCell = 32_767

// cutCell tells whether a cell has as many characters as spreadsheets keep, in their count, and is not whole.
func cutCell(cell []byte) bool {
	n := 0
	for _, r := range string(cell) {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return (n == maxSheetCell || n == maxSheetCell-1) && !json.Valid(cell)
}

// mistake takes up the first line of a row that cannot be taken apart: only that line is used up.
func (c *csvRows) mistake(raw []byte, code, reason string) bool {
	line, _, _ := bytes.Cut(raw, []byte{'\n'})
	c.code, c.reason, c.raw = code, reason, append([]byte(nil), line[:min(len(line), keptBytes)]...)
	if c.header == nil {
		c.header = &csvHeader{}
	}
	c.w.pos = c.w.mark
	c.lines = 0
	for c.ctx.Err() == nil {
		i := bytes.IndexByte(c.w.buf[c.w.pos:], '\n')
		if i >= 0 {
			c.w.pos += i + 1
			c.lines = 1
			return true
		}
		c.w.pos = len(c.w.buf)
		c.w.discard()
		if !c.w.fill() {
			return true
		}
	}
	return true
}

// rowEnd finds the end of the row at mark: the first line end with as many quotes before it as make pairs. Found is
// false when the stream or the limit comes first.
func (c *csvRows) rowEnd() (end, next int, found bool) {
	w, from, quotes := c.w, 0, 0
	for {
		rest := w.buf[w.mark+from:]
		i := bytes.IndexByte(rest, '\n')
		if i >= 0 {
			quotes += bytes.Count(rest[:i], []byte{'"'})
			from += i + 1
			if quotes%2 == 0 {
				end = w.mark + from - 1
				return end, end + 1, true
			}
			if from > c.limit {
				return w.mark + from, w.mark + from, false
			}
			continue
		}
		if len(rest) > c.limit || !w.fill() {
			quotes += bytes.Count(w.buf[w.mark+from:], []byte{'"'})
			end = len(w.buf)
			return end, end, quotes%2 == 0 && end > w.mark && w.err != nil
		}
	}
}

// split takes a row apart into its cells.
func (c *csvRows) split(row []byte) bool {
	c.cells = c.cells[:0]
	for {
		cell, rest, more, ok := c.cell(row)
		if !ok {
			return false
		}
		c.cells = append(c.cells, cell)
		if !more {
			return true
		}
		row = rest
	}
}

func (c *csvRows) cell(row []byte) (cell, rest []byte, more, ok bool) {
	if len(row) == 0 || row[0] != '"' {
		cell, rest, more = bytes.Cut(row, []byte{c.comma})
		return cell, rest, more, bytes.IndexByte(cell, '"') < 0
	}
	row = row[1:]
	var owned []byte
	for {
		i := bytes.IndexByte(row, '"')
		if i < 0 {
			return nil, nil, false, false
		}
		if owned != nil || (i+1 < len(row) && row[i+1] == '"') {
			owned = append(owned, row[:i]...)
			cell = owned
		} else {
			cell = row[:i]
		}
		row = row[i+1:]
		switch {
		case len(row) == 0:
			return cell, nil, false, true
		case row[0] == c.comma:
			return cell, row[1:], true, true
		case row[0] == '"':
			owned = append(owned, '"')
			row = row[1:]
		default:
			return nil, nil, false, false
		}
	}
}

// csv reads a CSV file, twice: how it writes its times is decided from all of its rows before the first one is delivered.
// Each row becomes a JSON object from column name to cell; empty cells are left out.
func (rd *reading) csv(w *window, comma byte) error {
	a, err := rd.lookAhead(w, comma)
	defer a.close()
	if err != nil {
		return err
	}
	w = a.w
	if r := a.refusal; r != nil {
		rd.refused = true
		rd.line = r.line
		return rd.fault(w.peek(keptBytes), r.code, r.reason, 0)
	}
	c := rd.rows(w, comma)
	for {
		more, err := c.next()
		if err != nil {
			return err
		}
		if !more {
			return rd.ended(w)
		}
		rd.line = c.line
		if c.code != "" {
			err = rd.fault(c.raw, c.code, c.reason, 0)
		} else {
			err = rd.add(connector.Document{Bytes: c.object(), Times: a.form}, 0)
		}
		if err == nil {
			err = rd.flushFull()
		}
		if err != nil {
			return err
		}
	}
}

func (rd *reading) rows(w *window, comma byte) *csvRows {
	return &csvRows{ctx: rd.ctx, w: w, limit: rd.src.opt.MaxDocument, comma: comma, line: rd.line}
}

// object is the row's cells by the names of the header.
func (c *csvRows) object() []byte {
	size := 2
	for i, cell := range c.cells {
		if len(cell) > 0 {
			size += len(c.header.names[i]) + len(cell) + 3
		}
	}
	doc := append(make([]byte, 0, size), '{')
	for i, cell := range c.cells {
		if len(cell) == 0 {
			continue
		}
		if len(doc) > 1 {
			doc = append(doc, ',')
		}
		doc = appendQuoted(append(doc, c.header.names[i]...), cell)
	}
	return append(doc, '}')
}

// appendQuoted appends UTF-8 text as a JSON string.
func appendQuoted(b, s []byte) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ':
			b = append(b, c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(b, '"')
}
