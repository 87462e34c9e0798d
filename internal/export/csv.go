package export

import (
	"bufio"
	"strings"

	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// csvWriter writes RFC 4180, lines ending with LF; a second table follows after an empty line.
type csvWriter struct {
	w       *bufio.Writer
	columns []query.Column
	begun   bool
	line    []byte
}

func (c *csvWriter) Begin(t query.Table) error {
	line := c.line[:0]
	if c.begun {
		line = append(line, '\n')
	}
	c.begun, c.columns = true, t.Columns
	for i, col := range t.Columns {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendField(line, Defuse(col.Name))
	}
	c.line = append(line, '\n')
	_, err := c.w.Write(c.line)
	return err
}

func (c *csvWriter) Row(cells []any) error {
	line := c.line[:0]
	for i, v := range cells {
		if i > 0 {
			line = append(line, ',')
		}
		switch t := c.columns[i].Type; t {
		case types.String, types.Dynamic:
			s, ok := v.(string)
			if !ok {
				s = string(appendMachine(nil, v, t))
			}
			if t == types.Dynamic && s == "null" {
				continue
			}
			line = appendField(line, Defuse(s))
		default:
			line = appendMachine(line, v, t)
		}
	}
	if len(line) == 0 {
		line = append(line, `""`...) // an empty line would be no row
	}
	c.line = append(line, '\n')
	_, err := c.w.Write(c.line)
	return err
}

func (c *csvWriter) Close() error { return c.w.Flush() }

// appendField appends a field of text, in quotes where a reader needs them. Separators of other readers count too, and
// so do spaces at the beginning, which some readers drop.
func appendField(b []byte, s string) []byte {
	if plainField(s) {
		return append(b, s...)
	}
	if !strings.ContainsAny(s, ",;\"\t\r\n") && (s == "" || s[0] != ' ') && s != `\.` {
		return append(b, s...)
	}
	b = append(b, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			b = append(b, s...)
			return append(b, '"')
		}
		b = append(b, s[:i+1]...)
		b = append(b, '"')
		s = s[i+1:]
	}
}

// plainField reports whether text needs no quotes, the quick way: most text has nothing special in it.
func plainField(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ',' || c == ';' || c == '\\' {
			return false
		}
	}
	return true
}
