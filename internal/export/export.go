// Package export writes result tables as the formats that people take away: a table for the terminal, JSON, JSON lines,
// CSV, Markdown and XLSX. Cells that a spreadsheet would run as a formula are defused in CSV and XLSX.
//
// A [Writer] gets a table's columns and then its rows one by one, so that an export of any size runs in bounded memory.
package export

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"passtrail"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// Formats lists the names that [New] takes.
var Formats = []string{"table", "json", "csv", "ndjson", "md", "xlsx"}

// Writer takes tables: Begin, then Row for each row, then the next Begin or Close. Rows written to it are all in the
// output once Close returned nil; after an error the output is not to be used.
type Writer interface {
	Begin(t query.Table) error
	Row(cells []any) error
	Close() error
}

// Options choose how cells are written.
type Options struct {
	Zone     *time.Location // zone of times in tables for people (table, md); nil is UTC
	MaxWidth int            // widest column of a terminal table; 0: 60
}

// New makes a writer of a format. An unknown format is an Invalid error that names those there are.
func New(format string, w io.Writer, o Options) (Writer, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.MaxWidth == 0 {
		o.MaxWidth = 60
	}
	switch format {
	case "table":
		return &tableWriter{w: bufio.NewWriter(w), o: o}, nil
	case "md":
		return &tableWriter{w: bufio.NewWriter(w), o: o, markdown: true}, nil
	case "csv":
		return &csvWriter{w: csv.NewWriter(w)}, nil
	case "json":
		return &jsonWriter{w: bufio.NewWriter(w)}, nil
	case "ndjson":
		return &ndjsonWriter{w: bufio.NewWriter(w)}, nil
	case "xlsx":
		return newXLSX(w), nil
	}
	return nil, passtrail.Errorf(passtrail.Invalid, "export.New", "unknown format %q (want %s)", format, strings.Join(Formats, ", "))
}

// Text writes a cell as text for a person: times in zone, durations as 1h 2m 3s, null as nothing.
func Text(v any, t types.Type, zone *time.Location) string {
	if v == nil {
		return ""
	}
	switch t {
	case types.DateTime:
		if n, ok := v.(int64); ok {
			return humanTime(passtrail.Ticks(n), zone)
		}
	case types.TimeSpan:
		if n, ok := v.(int64); ok {
			return humanSpan(passtrail.Ticks(n))
		}
	}
	if s, ok := query.JSONCell(v, t).(string); ok {
		return s
	}
	return fmt.Sprint(query.JSONCell(v, t))
}

func humanTime(t passtrail.Ticks, zone *time.Location) string {
	at := t.Time().In(zone)
	if t%passtrail.Day == 0 {
		return t.Time().Format("2006-01-02") // a whole UTC day stays that day in every zone
	}
	if zone == time.UTC {
		return at.Format("2006-01-02 15:04:05Z")
	}
	return at.Format("2006-01-02 15:04:05 -07:00")
}

func humanSpan(t passtrail.Ticks) string {
	sign := ""
	if t < 0 {
		sign, t = "-", -t
	}
	d, h, m, s := t/passtrail.Day, t%passtrail.Day/passtrail.Hour, t%passtrail.Hour/passtrail.Minute, float64(t%passtrail.Minute)/float64(passtrail.Second)
	switch {
	case d > 0:
		return fmt.Sprintf("%s%dd %dh", sign, d, h)
	case h > 0:
		return fmt.Sprintf("%s%dh %dm", sign, h, m)
	case m > 0:
		return fmt.Sprintf("%s%dm %.0fs", sign, m, s)
	}
	return fmt.Sprintf("%s%.3gs", sign, s)
}

// Defuse puts an apostrophe before text that a spreadsheet would take for a formula. Plain numbers stay.
func Defuse(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return "'" + s
	}
	return s
}

// machine is a cell as text for a program: instants as ISO 8601 with seven digits, numbers plain.
func machine(v any, t types.Type) string {
	if v == nil {
		return ""
	}
	switch x := query.JSONCell(v, t).(type) {
	case nil:
		return ""
	case string:
		if t == types.String || t == types.Dynamic {
			return Defuse(x)
		}
		return x
	case json.Number:
		return x.String()
	default:
		return fmt.Sprint(x)
	}
}

type csvWriter struct {
	w       *csv.Writer
	columns []query.Column
	begun   bool
}

func (c *csvWriter) Begin(t query.Table) error {
	if c.begun {
		if err := c.w.Write(nil); err != nil {
			return err
		}
	}
	c.begun, c.columns = true, t.Columns
	head := make([]string, len(t.Columns))
	for i, col := range t.Columns {
		head[i] = Defuse(col.Name)
	}
	return c.w.Write(head)
}

func (c *csvWriter) Row(cells []any) error {
	rec := make([]string, len(cells))
	for i, v := range cells {
		rec[i] = machine(v, c.columns[i].Type)
	}
	return c.w.Write(rec)
}

func (c *csvWriter) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// ndjsonWriter writes an object a row; a second table's rows follow with the member "_table" naming it.
type ndjsonWriter struct {
	w       *bufio.Writer
	columns []query.Column
	name    string
	tables  int
}

func (n *ndjsonWriter) Begin(t query.Table) error {
	n.columns, n.name = t.Columns, t.Name
	n.tables++
	return nil
}

func (n *ndjsonWriter) Row(cells []any) error {
	name := ""
	if n.tables > 1 {
		name = n.name
	}
	if err := writeObject(n.w, n.columns, cells, name); err != nil {
		return err
	}
	return n.w.WriteByte('\n')
}

func (n *ndjsonWriter) Close() error { return n.w.Flush() }

// writeObject writes a row as a JSON object in column order; dynamic cells are nested JSON.
func writeObject(w *bufio.Writer, columns []query.Column, cells []any, table string) error {
	w.WriteByte('{')
	if table != "" {
		b, _ := json.Marshal(table)
		w.WriteString(`"_table":`)
		w.Write(b)
		w.WriteByte(',')
	}
	for i, v := range cells {
		if i > 0 {
			w.WriteByte(',')
		}
		key, _ := json.Marshal(columns[i].Name)
		w.Write(key)
		w.WriteByte(':')
		if err := writeValue(w, v, columns[i].Type); err != nil {
			return err
		}
	}
	return w.WriteByte('}')
}

func writeValue(w *bufio.Writer, v any, t types.Type) error {
	if s, ok := v.(string); ok && t == types.Dynamic && json.Valid([]byte(s)) {
		_, err := w.WriteString(s)
		return err
	}
	b, err := json.Marshal(query.JSONCell(v, t))
	if err != nil {
		return fmt.Errorf("cell of type %s: %w", t, err)
	}
	_, err = w.Write(b)
	return err
}

// jsonWriter writes the shape of the Log Analytics query API: {"tables":[{"name","columns","rows"}]}.
type jsonWriter struct {
	w       *bufio.Writer
	columns []query.Column
	tables  int
	rows    int
}

func (j *jsonWriter) Begin(t query.Table) error {
	if j.tables == 0 {
		j.w.WriteString(`{"tables":[`)
	} else {
		j.w.WriteString("]},\n")
	}
	j.tables++
	j.rows, j.columns = 0, t.Columns
	type col struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	cols := make([]col, len(t.Columns))
	for i, c := range t.Columns {
		cols[i] = col{c.Name, c.Type.String()}
	}
	name, _ := json.Marshal(t.Name)
	head, err := json.Marshal(cols)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, `{"name":%s,"columns":%s,"rows":[`, name, head)
	return err
}

func (j *jsonWriter) Row(cells []any) error {
	if j.rows > 0 {
		j.w.WriteByte(',')
	}
	j.rows++
	row := make([]any, len(cells))
	for i, v := range cells {
		row[i] = query.JSONCell(v, j.columns[i].Type)
	}
	b, err := json.Marshal(row)
	if err != nil {
		return err
	}
	_, err = j.w.Write(b)
	return err
}

func (j *jsonWriter) Close() error {
	if j.tables == 0 {
		j.w.WriteString(`{"tables":[`)
	} else {
		j.w.WriteString("]}")
	}
	j.w.WriteString("]}\n")
	return j.w.Flush()
}

// clip cuts text to a width in runes.
func clip(s string, width int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' ' // control characters must not reach the terminal
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
