package export

import (
	"bufio"
	"encoding/json"

	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// ndjsonWriter writes an object a row, dynamic cells as nested JSON; a second table's rows follow with the member
// "_table" naming it.
type ndjsonWriter struct {
	w       *bufio.Writer
	columns []query.Column
	before  [][]byte // what stands before each cell: a brace or comma, the name, a colon
	tables  int
	line    []byte
}

func (n *ndjsonWriter) Begin(t query.Table) error {
	n.tables++
	n.columns, n.before = t.Columns, make([][]byte, len(t.Columns))
	for i, c := range t.Columns {
		b := []byte{','}
		if i == 0 {
			b[0] = '{'
			if n.tables > 1 {
				b = append(appendJSONText(append(b, `"_table":`...), t.Name), ',')
			}
		}
		n.before[i] = append(appendJSONText(b, c.Name), ':')
	}
	return nil
}

func (n *ndjsonWriter) Row(cells []any) error {
	line := n.line[:0]
	for i, v := range cells {
		line = append(line, n.before[i]...)
		if s, ok := v.(string); ok && n.columns[i].Type == types.Dynamic && json.Valid([]byte(s)) {
			line = append(line, s...)
		} else {
			line = appendJSON(line, v, n.columns[i].Type)
		}
	}
	if len(cells) == 0 {
		line = append(line, '{')
	}
	n.line = append(line, '}', '\n')
	_, err := n.w.Write(n.line)
	return err
}

func (n *ndjsonWriter) Close() error { return n.w.Flush() }
