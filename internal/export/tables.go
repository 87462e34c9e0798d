package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"passtrail"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// Tables is the [Writer] of the Log Analytics query API's answer, {"tables":[{"name","columns","rows"}]}. What else the
// answer has follows with [Tables.CloseWith].
type Tables struct {
	w       *bufio.Writer
	short   bool
	columns []query.Column
	tables  int
	rows    int
	line    []byte
	about   *About
}

// NewTables makes a writer that writes instants and decimals as the service itself does, without the zeros that end their
// fraction. The format json of [New] keeps every digit.
func NewTables(w io.Writer) *Tables {
	return &Tables{w: bufio.NewWriterSize(w, bufferSize), short: true}
}

// Begin begins a table.
func (t *Tables) Begin(table query.Table) error {
	b := t.line[:0]
	if t.tables == 0 {
		b = append(b, `{"tables":[`...)
	} else {
		b = append(b, "]},\n"...)
	}
	t.tables++
	t.rows, t.columns = 0, table.Columns
	b = append(appendJSONText(append(b, `{"name":`...), table.Name), `,"columns":[`...)
	for i, c := range table.Columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSONText(append(b, `{"name":`...), c.Name)
		b = append(appendJSONText(append(b, `,"type":`...), c.Type.String()), '}')
	}
	t.line = append(b, `],"rows":[`...)
	_, err := t.w.Write(t.line)
	return err
}

// Row adds a row to the table that began last.
func (t *Tables) Row(cells []any) error {
	b := t.line[:0]
	if t.rows > 0 {
		b = append(b, ',')
	}
	t.rows++
	b = append(b, '[')
	for i, v := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		b = t.appendCell(b, v, t.columns[i].Type)
	}
	t.line = append(b, ']')
	_, err := t.w.Write(t.line)
	return err
}

func (t *Tables) appendCell(b []byte, v any, kind types.Type) []byte {
	if t.short {
		switch x := v.(type) {
		case int64:
			if kind == types.DateTime {
				return appendShort(b, passtrail.Ticks(x))
			}
		case string:
			if kind == types.Decimal {
				v = query.JSONCell(x, kind)
			}
		}
	}
	return appendJSON(b, v, kind)
}

// appendShort appends an instant as a JSON string, without the zeros that end its fraction.
func appendShort(b []byte, at passtrail.Ticks) []byte {
	b = at.AppendTo(append(b, '"'))
	b = bytes.TrimRight(b[:len(b)-1], "0") // without the Z
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return append(b, 'Z', '"')
}

// Close ends the answer.
func (t *Tables) Close() error {
	if t.about != nil {
		return t.CloseWith(t.about.member())
	}
	return t.CloseWith()
}

// Member is a member of a JSON object.
type Member struct {
	Name  string
	Value any
}

// CloseWith ends the answer with members beside the tables.
func (t *Tables) CloseWith(members ...Member) error {
	end := []byte("]}]")
	if t.tables == 0 {
		end = []byte(`{"tables":[]`)
	}
	for _, m := range members {
		text, err := json.Marshal(m.Value)
		if err != nil {
			return fmt.Errorf("member %s: %w", m.Name, err)
		}
		end = append(append(appendJSONText(append(end, ','), m.Name), ':'), text...)
	}
	if _, err := t.w.Write(append(end, "}\n"...)); err != nil {
		return err
	}
	return t.w.Flush()
}
