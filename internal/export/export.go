// Package export writes result tables as the formats that people take away: a table for the terminal, JSON, JSON lines,
// CSV, Markdown and XLSX. Cells that a spreadsheet would run as a formula are defused in CSV and XLSX.
//
// A [Writer] gets a table's columns and then its rows one by one, so that an export of any size runs in bounded memory.
package export

import (
	"bufio"
	"io"
	"strings"
	"time"

	"passtrail"
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

// bufferSize is how many bytes a writer gathers before it passes them on.
const bufferSize = 64 << 10

// Abandon gives back what a writer that will not be closed holds, such as temporary files. What it wrote is not to be
// used. After Close it does nothing.
func Abandon(w Writer) {
	if x, ok := w.(*xlsxWriter); ok {
		x.abandon()
	}
}

// Options choose how cells are written.
type Options struct {
	Zone     *time.Location // zone of times in tables for people (table, md); nil is UTC
	MaxWidth int            // widest column of a terminal table; 0: 60
	About    *About         // what it is about, for formats with room for it; nil: nothing is said
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
		return &csvWriter{w: bufio.NewWriterSize(w, bufferSize)}, nil
	case "json":
		return &Tables{w: bufio.NewWriterSize(w, bufferSize), about: o.About}, nil
	case "ndjson":
		return &ndjsonWriter{w: bufio.NewWriterSize(w, bufferSize)}, nil
	case "xlsx":
		return newXLSX(w, o.About), nil
	}
	return nil, passtrail.Errorf(passtrail.Invalid, "export.New", "unknown format %q (want %s)", format, strings.Join(Formats, ", "))
}
