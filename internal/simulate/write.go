package simulate

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"passtrail"
)

// Format names a form in which records are written.
type Format string

// The formats. All but Mix can also be written to a stream, where Diagnostic is JSON lines without the tree.
const (
	GraphLines    Format = "graph-jsonl"      // a directoryAudit a line
	GraphPages    Format = "graph-pages"      // answers of Graph with value and nextLink
	GraphArray    Format = "graph-array"      // one JSON array, as the portal's JSON download
	Diagnostic    Format = "diagnostic"       // blobs of diagnostic settings, a tree of hours
	EventHubs     Format = "eventhub"         // bodies with records, a body a line
	Legacy        Format = "legacy2018"       // the shape of early 2018: changes only
	AnalyticsCSV  Format = "loganalytics-csv" // export from the Log Analytics page
	AnalyticsJSON Format = "loganalytics"     // answer of the query API
	PortalCSV     Format = "portal-csv"       // download from the admin center
	PortalSpanish Format = "portal-csv-es"    // the same from a portal in Spanish
	Mix           Format = "mix"              // the same tenant over all of them, with overlaps
)

// Formats lists all formats.
func Formats() []Format {
	return []Format{GraphLines, GraphPages, GraphArray, Diagnostic, EventHubs, Legacy, AnalyticsCSV, AnalyticsJSON, PortalCSV, PortalSpanish, Mix}
}

// layout is how a format lies in a file: a head, rows with something between, a tail.
type layout struct {
	ext              string
	head, sep, tail  string
	perUnit, perFile int // rows of a unit (page, body) and of a file; 0: no bound
	row              func(b []byte, e *event, tenant string) []byte
	fits             func(e *event) bool
}

// layouts are the formats. In those with units, head and tail enclose a unit.
func layouts() map[Format]layout {
	graph := func(b []byte, e *event, _ string) []byte { return e.appendGraph(b) }
	portal := func(b []byte, e *event, _ string) []byte { return e.appendPortal(b) }
	return map[Format]layout{
		GraphLines:    {ext: "jsonl", sep: "\n", tail: "\n", row: graph},
		GraphPages:    {ext: "json", head: pageHead, sep: ",", perUnit: 500, perFile: 500, row: graph},
		GraphArray:    {ext: "json", head: "[\n", sep: ",\n", tail: "\n]\n", row: graph},
		Diagnostic:    {ext: "json", sep: "\r\n", tail: "\r\n", row: func(b []byte, e *event, t string) []byte { return e.appendDiagnostic(b, t) }},
		EventHubs:     {ext: "jsonl", head: `{"records":[`, sep: ",", tail: "]}\n", perUnit: 7, row: func(b []byte, e *event, t string) []byte { return e.appendDiagnostic(b, t) }},
		Legacy:        {ext: "json", head: `{"records":[`, sep: ",", tail: "]}\n", perUnit: 20, row: func(b []byte, e *event, t string) []byte { return e.appendLegacy(b, t) }, fits: (*event).isChange},
		AnalyticsCSV:  {ext: "csv", head: analyticsHeader(), row: func(b []byte, e *event, t string) []byte { return e.appendAnalyticsRow(b, t) }},
		AnalyticsJSON: {ext: "json", head: analyticsAnswerHead(), sep: ",\n", tail: "]}]}\n", row: func(b []byte, e *event, t string) []byte { return e.appendAnalyticsAnswer(b, t) }},
		PortalCSV:     {ext: "csv", head: portalHeader(false), perFile: 250_000, row: portal},
		PortalSpanish: {ext: "csv", head: portalHeader(true), perFile: 250_000, row: portal},
	}
}

const pageHead = `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#auditLogs/directoryAudits","value":[`

// isChange reports whether the shape of 2018 can carry the record.
func (e *event) isChange() bool { return e.kind == kindChange && e.actor != nil }

// Write makes a tenant and writes its records below a folder, with the snapshots of registrations and roles in the folder
// snapshots. It returns the truth. The folder is made if it is not there; one that holds something is refused with code
// Conflict, so that nothing is mixed or lost.
func Write(ctx context.Context, cfg Config, format Format, dir string) (*Truth, error) {
	m, err := newModel(cfg)
	if err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, passtrail.Errorf(passtrail.Conflict, "simulate.Write", "the folder %s is not empty; choose another", dir)
	}
	out := &folder{dir: dir, compress: m.cfg.Compress, written: &written{}}
	s, err := m.sinkFor(format, out)
	if err != nil {
		return nil, err
	}
	truth, err := m.deliver(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := m.writeSnapshots(ctx, out); err != nil {
		return nil, err
	}
	truth.Delivery.Format = string(format)
	truth.Delivery.Files, truth.Delivery.Bytes = out.written.files, out.written.bytes
	return truth, nil
}

// WriteTo makes a tenant and writes its records to a stream, without snapshots. Mix has no stream form.
func WriteTo(ctx context.Context, cfg Config, format Format, w io.Writer) (*Truth, error) {
	m, err := newModel(cfg)
	if err != nil {
		return nil, err
	}
	lay, ok := layouts()[format]
	if !ok {
		return nil, passtrail.Errorf(passtrail.Invalid, "simulate.WriteTo", "the format %q cannot be written to a stream; want one of %s", format, names(Mix))
	}
	packed, err := pack(nopCloser{w}, m.cfg.Compress, "audit."+lay.ext)
	if err != nil {
		return nil, err
	}
	lay.perFile = 0
	truth, err := m.deliver(ctx, newRows(lay, m.cfg.Tenant, func(int) (io.WriteCloser, error) { return packed, nil }))
	if err != nil {
		return nil, err
	}
	truth.Delivery.Format = string(format)
	return truth, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// names lists the formats but one for a message.
func names(but Format) string {
	var out []string
	for _, f := range Formats() {
		if f != but {
			out = append(out, string(f))
		}
	}
	return strings.Join(out, ", ")
}

// sink takes records in the order of delivery.
type sink interface {
	write(e *event) error
	close() error
}

// sinkFor makes the sink of a format in a folder.
func (m *model) sinkFor(format Format, out *folder) (sink, error) {
	switch format {
	case Mix:
		return m.newMix(out), nil
	case Diagnostic:
		return &tree{out: out, tenant: m.cfg.Tenant, end: m.end}, nil
	}
	lay, ok := layouts()[format]
	if !ok {
		return nil, passtrail.Errorf(passtrail.Invalid, "simulate.Write", "the format %q is unknown; want one of %s", format, names(""))
	}
	return newRows(lay, m.cfg.Tenant, out.numbered("audit", lay)), nil
}

// deliver runs the model and hands its records to a sink, some of them late and some twice.
func (m *model) deliver(ctx context.Context, s sink) (*Truth, error) {
	d := &delivery{to: s, rng: m.seeded(seedDelivery, 0)}
	truth, err := m.run(ctx, d.event)
	if err == nil {
		err = d.close()
	}
	if cerr := s.close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	truth.Delivery.Delivered = d.count
	if t, ok := s.(interface{ others() []Count }); ok {
		truth.Delivery.OtherCategories = t.others()
	}
	return truth, nil
}

// folder makes files and counts them.
type folder struct {
	dir, compress string
	written       *written
}

// written is what came into files.
type written struct {
	files int
	bytes int64
}

// packed is the same folder with files packed in another way.
func (f *folder) packed(how string) *folder {
	return &folder{dir: f.dir, compress: how, written: f.written}
}

// create makes a file, packed as the folder says.
func (f *folder) create(name string) (io.WriteCloser, error) {
	path := filepath.Join(f.dir, filepath.FromSlash(name))
	if f.compress != "" {
		path += "." + f.compress
	}
	return f.open(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, filepath.Base(name))
}

// append opens a file to add to it, and never packs it: blobs grow.
func (f *folder) append(name string) (io.WriteCloser, error) {
	flags := os.O_CREATE | os.O_APPEND | os.O_WRONLY
	file, err := f.file(filepath.Join(f.dir, filepath.FromSlash(name)), flags)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (f *folder) open(path string, flags int, inner string) (io.WriteCloser, error) {
	file, err := f.file(path, flags)
	if err != nil {
		return nil, err
	}
	return pack(file, f.compress, inner)
}

func (f *folder) file(path string, flags int) (io.WriteCloser, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("folder for %s: %w", filepath.Base(path), err)
	}
	file, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return nil, err
	}
	f.written.files++
	return &countedFile{file, &f.written.bytes}, nil
}

// countedFile counts what is written.
type countedFile struct {
	*os.File
	n *int64
}

func (c *countedFile) Write(b []byte) (int, error) {
	n, err := c.File.Write(b)
	*c.n += int64(n)
	return n, err
}

// numbered names the files of a format: the first has no number.
func (f *folder) numbered(stem string, lay layout) func(int) (io.WriteCloser, error) {
	return func(n int) (io.WriteCloser, error) {
		name := stem + "." + lay.ext
		if lay.perFile > 0 && n > 0 {
			name = fmt.Sprintf("%s-%05d.%s", stem, n+1, lay.ext)
		}
		return f.create(name)
	}
}

// rows writes one layout.
type rows struct {
	layout
	tenant string
	next   func(n int) (io.WriteCloser, error)
	w      io.WriteCloser
	b      []byte
	n      int // rows of the open unit
	inFile int
	file   int
}

func newRows(lay layout, tenant string, next func(int) (io.WriteCloser, error)) *rows {
	return &rows{layout: lay, tenant: tenant, next: next}
}

func (r *rows) write(e *event) error {
	if r.fits != nil && !r.fits(e) {
		return nil
	}
	if err := r.room(); err != nil {
		return err
	}
	if r.n == 0 {
		r.b = append(r.b, r.head...)
	} else {
		r.b = append(r.b, r.sep...)
	}
	r.b = r.row(r.b, e, r.tenant)
	r.n++
	r.inFile++
	if len(r.b) > 256<<10 {
		return r.flush()
	}
	return nil
}

// room ends a full unit or file and opens the next file where none is open.
func (r *rows) room() error {
	if r.perUnit > 0 && r.n >= r.perUnit {
		r.endUnit(true)
	}
	if r.perFile > 0 && r.inFile >= r.perFile {
		if err := r.endFile(); err != nil {
			return err
		}
	}
	if r.w != nil {
		return nil
	}
	w, err := r.next(r.file)
	r.w = w
	r.file++
	return err
}

// endUnit writes the tail of a unit; pages of Graph say where the next one is.
func (r *rows) endUnit(more bool) {
	switch {
	case r.head == pageHead && more:
		r.b = append(r.b, `],"@odata.nextLink":"https://graph.microsoft.com/v1.0/auditLogs/directoryAudits?$skiptoken=`...)
		r.b = appendUint(r.b, uint64(r.file))
		r.b = append(r.b, "\"}\n"...)
	case r.head == pageHead:
		r.b = append(r.b, "]}\n"...)
	default:
		r.b = append(r.b, r.tail...)
	}
	r.n = 0
}

func (r *rows) flush() error {
	_, err := r.w.Write(r.b)
	r.b = r.b[:0]
	return err
}

func (r *rows) endFile() error {
	if r.n > 0 {
		r.endUnit(false)
	}
	err := r.flush()
	if cerr := r.w.Close(); err == nil {
		err = cerr
	}
	r.w, r.inFile = nil, 0
	return err
}

// close ends the last file. Where nothing was written there is still one, with head and tail.
func (r *rows) close() error {
	if r.w == nil {
		if err := r.room(); err != nil {
			return err
		}
		if r.head != "" {
			r.b = append(r.b, r.head...)
			r.endUnit(false)
		}
	}
	return r.endFile()
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
