package file

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"passtrail/internal/connector"
)

// csvDelimiter tells whether text begins like a CSV file, and what stands between its cells: its first row has at least
// three cells.
func csvDelimiter(head []byte) (byte, bool) {
	line, _, _ := bytes.Cut(head, []byte{'\n'})
	best, most := byte(0), 1
	for _, d := range []byte{',', ';', '\t'} {
		if n := bytes.Count(line, []byte{d}); n > most {
			best, most = d, n
		}
	}
	return best, best != 0
}

// csvReader reads rows as encoding/csv does, but one physical line at a time after a mistake, so that a stray quote does
// not take the rows behind it along.
type csvReader struct {
	rd     *reading
	w      *window
	comma  byte
	header [][]byte // names as JSON strings
	cells  [][]byte
}

// csv reads a CSV file. Each row becomes a JSON object from column name to cell; empty cells are left out.
func (rd *reading) csv(w *window, comma byte) error {
	c := &csvReader{rd: rd, w: w, comma: comma}
	w.discard()
	for {
		end, next, found := c.rowEnd()
		if !found && next == w.mark {
			return rd.ended(w)
		}
		lines, err := c.row(w.buf[w.mark:end], found)
		if err != nil {
			return err
		}
		if lines == 0 { // a mistake: only the first physical line is used up
			if err := rd.skipLine(w); err != nil {
				return err
			}
			next = w.pos
		}
		rd.line += int64(lines)
		w.pos = next
		w.discard()
		if err := rd.flushFull(); err != nil {
			return err
		}
	}
}

// rowEnd finds the end of the row at mark: the first line end with as many quotes before it as make pairs. Found is
// false when the stream or the limit comes first.
func (c *csvReader) rowEnd() (end, next int, found bool) {
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
			if from > c.rd.src.opt.MaxDocument {
				return w.mark + from, w.mark + from, false
			}
			continue
		}
		if len(rest) > c.rd.src.opt.MaxDocument || !w.fill() {
			quotes += bytes.Count(w.buf[w.mark+from:], []byte{'"'})
			end = len(w.buf)
			return end, end, quotes%2 == 0 && end > w.mark && w.err != nil
		}
	}
}

// row delivers one row and returns how many physical lines it took; 0 says that it was a mistake.
func (c *csvReader) row(raw []byte, found bool) (int, error) {
	lines := bytes.Count(raw, []byte{'\n'}) + 1
	if len(bytes.TrimSpace(raw)) == 0 {
		return lines, nil
	}
	code, reason := "", ""
	switch {
	case !found && len(raw) > c.rd.src.opt.MaxDocument:
		code, reason = CodeTooLarge, tooLarge(c.rd.src.opt.MaxDocument)
	case !found:
		code, reason = CodeCSV, "a quoted cell does not end"
	case !utf8.Valid(raw):
		code, reason = CodeNotUTF8, "the row is not UTF-8: export the file again as UTF-8"
	case !c.split(bytes.TrimSuffix(raw, []byte{'\r'})):
		code, reason = CodeCSV, "a quote stands where none may"
	case c.header == nil:
		c.setHeader()
		return lines, nil
	case len(c.cells) != len(c.header):
		code, reason = CodeCSV, fmt.Sprintf("the row has %d cells, the header %d", len(c.cells), len(c.header))
	}
	if code != "" {
		line, _, _ := bytes.Cut(raw, []byte{'\n'})
		if c.header == nil {
			c.header = [][]byte{}
		}
		return 0, c.rd.fault(line, code, reason, 0)
	}
	return lines, c.rd.add(connector.Document{Bytes: c.object()}, 0)
}

// split takes a row apart into its cells.
func (c *csvReader) split(row []byte) bool {
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

func (c *csvReader) cell(row []byte) (cell, rest []byte, more, ok bool) {
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

func (c *csvReader) setHeader() {
	c.header = make([][]byte, len(c.cells))
	for i, cell := range c.cells {
		c.header[i] = append(appendQuoted(nil, cell), ':')
	}
}

// object is the row's cells by the names of the header.
func (c *csvReader) object() []byte {
	size := 2
	for i, cell := range c.cells {
		if len(cell) > 0 {
			size += len(c.header[i]) + len(cell) + 3
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
		doc = appendQuoted(append(doc, c.header[i]...), cell)
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
