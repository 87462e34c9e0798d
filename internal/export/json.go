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

// jsonWriter writes the shape of the Log Analytics query API: {"tables":[{"name","columns","rows"}]}.
type jsonWriter struct {
	w       *bufio.Writer
	columns []query.Column
	tables  int
	rows    int
	line    []byte
}

func (j *jsonWriter) Begin(t query.Table) error {
	b := j.line[:0]
	if j.tables == 0 {
		b = append(b, `{"tables":[`...)
	} else {
		b = append(b, "]},\n"...)
	}
	j.tables++
	j.rows, j.columns = 0, t.Columns
	b = append(appendJSONText(append(b, `{"name":`...), t.Name), `,"columns":[`...)
	for i, c := range t.Columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONText(append(b, `{"name":`...), c.Name)
		b = append(appendJSONText(append(b, `,"type":`...), c.Type.String()), '}')
	}
	j.line = append(b, `],"rows":[`...)
	_, err := j.w.Write(j.line)
	return err
}

func (j *jsonWriter) Row(cells []any) error {
	b := j.line[:0]
	if j.rows > 0 {
		b = append(b, ',')
	}
	j.rows++
	b = append(b, '[')
	for i, v := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, v, j.columns[i].Type)
	}
	j.line = append(b, ']')
	_, err := j.w.Write(j.line)
	return err
}

func (j *jsonWriter) Close() error {
	end := "]}]}\n"
	if j.tables == 0 {
		end = `{"tables":[]}` + "\n"
	}
	if _, err := j.w.WriteString(end); err != nil {
		return err
	}
	return j.w.Flush()
}
