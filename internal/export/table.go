package export

import (
	"bufio"
	"strings"
	"unicode/utf8"

	"passtrail/internal/kql/types"
	"passtrail/internal/query"
)

// markdownText keeps text from becoming markup: neither a column's end nor a link, a picture or HTML.
var markdownText = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`)

// sampleRows is how many rows decide the widths of a terminal table; later, wider cells are cut.
const sampleRows = 1000

// tableWriter lays rows out for a terminal, or as a Markdown table.
type tableWriter struct {
	w        *bufio.Writer
	o        Options
	markdown bool
	table    query.Table
	begun    bool
	held     [][]string
	widths   []int
	laid     bool
}

func (t *tableWriter) Begin(table query.Table) error {
	if err := t.lay(); err != nil {
		return err
	}
	if t.begun {
		t.w.WriteByte('\n')
	}
	t.begun, t.laid, t.table, t.held = true, false, table, nil
	return nil
}

func (t *tableWriter) Row(cells []any) error {
	row := make([]string, len(cells))
	for i, v := range cells {
		row[i] = clip(Text(v, t.table.Columns[i].Type, t.o.Zone), t.limit())
	}
	if t.laid {
		return t.line(row)
	}
	if t.held = append(t.held, row); len(t.held) == sampleRows {
		return t.lay()
	}
	return nil
}

func (t *tableWriter) limit() int {
	if t.markdown {
		return 1 << 20
	}
	return t.o.MaxWidth
}

// lay decides the widths and writes what was held back.
func (t *tableWriter) lay() error {
	if !t.begun || t.laid {
		return nil
	}
	t.laid = true
	head := make([]string, len(t.table.Columns))
	t.widths = make([]int, len(head))
	for i, c := range t.table.Columns {
		head[i] = clip(c.Name, t.limit())
		t.widths[i] = max(3, utf8.RuneCountInString(head[i])) // Markdown wants three dashes
		for _, row := range t.held {
			t.widths[i] = max(t.widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	if err := t.line(head); err != nil {
		return err
	}
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = strings.Repeat("-", t.widths[i])
		if t.markdown && number(t.table.Columns[i].Type) {
			rule[i] = rule[i][1:] + ":"
		}
	}
	if err := t.line(rule); err != nil {
		return err
	}
	for _, row := range t.held {
		if err := t.line(row); err != nil {
			return err
		}
	}
	t.held = nil
	return nil
}

func number(t types.Type) bool { return t.Numeric() || t == types.TimeSpan }

func (t *tableWriter) line(cells []string) error {
	var b strings.Builder
	for i, s := range cells {
		if t.markdown {
			b.WriteString("| " + markdownText.Replace(s) + " ")
			continue
		}
		if i > 0 {
			b.WriteString("  ")
		}
		pad := strings.Repeat(" ", max(0, t.widths[i]-utf8.RuneCountInString(s)))
		if number(t.table.Columns[i].Type) {
			b.WriteString(pad + s)
		} else {
			b.WriteString(s + pad)
		}
	}
	line := strings.TrimRight(b.String(), " ")
	if t.markdown {
		line += " |"
	}
	_, err := t.w.WriteString(line + "\n")
	return err
}

func (t *tableWriter) Close() error {
	if err := t.lay(); err != nil {
		return err
	}
	if t.markdown && t.o.About != nil {
		for _, note := range t.o.About.Notes {
			t.w.WriteString("\nNote: " + markdownText.Replace(Plain(note)) + "\n")
		}
	}
	return t.w.Flush()
}
