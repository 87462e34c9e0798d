// Package file reads audit records from files: plain, gzip, zstd or zip, single files, folders, patterns and standard
// input. What a file holds is told from its content: JSON lines, one JSON document, arrays, Graph pages, Event Hubs
// bodies, answers of query APIs, CSV; in UTF-8 or UTF-16. It takes them apart into documents with memory that does not
// grow with the file, and leaves the meaning of a document to others.
//
// Start at [Open]. Each file is one [Source]; its checkpoints let a run that was stopped go on in the middle of the file,
// and let a file that has grown be read from where it ended.
package file

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"passtrail"
	"passtrail/internal/connector"
	"passtrail/internal/dates"
)

// Name is the short name of this connector, the Source of its records.
const Name = "file"

// Options bound and feed the reading; the zero value reads with the usual limits and without standard input.
type Options struct {
	MaxDocument int       // longest document in bytes, longer ones are set aside; 0 means 16 MiB
	BatchBytes  int       // batches are about this long; 0 means 4 MiB
	Stdin       io.Reader // what "-" reads
	Now         func() time.Time
	// How CSV files write times that do not say it themselves: the order of day and month, and the zone of local times.
	Dates dates.Order
	Zone  *time.Location
}

const (
	defaultMaxDocument = 16 << 20
	defaultBatchBytes  = 4 << 20
	keptBytes          = 64 << 10 // of a document that is too long or broken
)

func (o Options) withDefaults() Options {
	if o.MaxDocument <= 0 {
		o.MaxDocument = defaultMaxDocument
	}
	if o.BatchBytes <= 0 {
		o.BatchBytes = defaultBatchBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Codes of documents that could not be delivered whole. Those of [FileLevel] speak of a file and not of a document.
const (
	CodeTooLarge  = "too-large"
	CodeTruncated = "truncated"
	CodeNotJSON   = "not-json"
	CodeCSV       = "csv-fields"
	CodeHeader    = "csv-header" // a CSV file whose header names columns that nobody knows
	CodeTimes     = "csv-times"  // a CSV file of which nobody can tell how it writes its times
	CodeNotUTF8   = "not-utf8"
	CodeCorrupt   = "corrupt"
	CodeBinary    = "binary"
	CodeUnknown   = "unknown-format"
	CodeEmpty     = "empty"
	CodePartial   = "partial-answer"
)

// FileLevel tells whether a code says that a file holds no documents at all. Such files found by walking a folder are
// passed over; named by a person they are mistakes.
func FileLevel(code string) bool {
	return code == CodeBinary || code == CodeUnknown || code == CodeEmpty
}

// Source is one file, or standard input.
type Source struct {
	path    string // as it was given, or found below a folder that was given; "-" for standard input
	abs     string
	size    int64
	modTime time.Time
	walked  bool
	opt     Options
}

var _ connector.Source = (*Source)(nil)

// Key names the file by its absolute path, quoted when it is not UTF-8; standard input has no key, it cannot be resumed.
func (s *Source) Key() string {
	switch {
	case s.path == "-":
		return ""
	case !utf8.ValidString(s.abs):
		return "file:" + strconv.Quote(s.abs)
	}
	return "file:" + s.abs
}

// Path is the file's path for a person.
func (s *Source) Path() string { return passtrail.Printable(s.path) }

// Size is the file's size in bytes when it was found; 0 for standard input.
func (s *Source) Size() int64 { return s.size }

// Walked tells whether the file was found below a folder rather than named.
func (s *Source) Walked() bool { return s.walked }

var dateInName = regexp.MustCompile(`(20\d\d)[-_]?(0[1-9]|1[0-2])[-_]?([0-2]\d|3[01])(?:T(\d\d)[-_:]?(\d\d)(?:[-_:]?(\d\d))?Z?)?`)

// TakenAt is when the file's content was taken, for snapshots that do not say so: a date in its name, else the time of
// its last change.
func (s *Source) TakenAt() passtrail.Ticks {
	if m := dateInName.FindStringSubmatch(filepath.Base(s.path)); m != nil {
		text := m[1] + "-" + m[2] + "-" + m[3]
		if m[4] != "" {
			text += "T" + m[4] + ":" + m[5]
			if m[6] != "" {
				text += ":" + m[6]
			}
		}
		if t, err := passtrail.ParseTicks(text); err == nil {
			return t
		}
	}
	return passtrail.TicksOf(s.modTime)
}

var tenantInPath = regexp.MustCompile(`(?i)(?:^|[/\\!])(?:tenantId=|resourceId=/?tenants/|tenants/)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:[/\\!]|$)`)

// tenantOf is the tenant that a blob's path names, or "".
func tenantOf(path string) passtrail.TenantID {
	if m := tenantInPath.FindStringSubmatch(filepath.ToSlash(path)); m != nil {
		return passtrail.TenantID(strings.ToLower(m[1]))
	}
	return ""
}

// Open finds the files behind the paths: files, folders with everything below them, patterns, and "-" for standard
// input. A file found twice is read once. Files and folders whose names begin with a dot, and __MACOSX, are passed over
// below a folder and in archives. Pipes, sockets and devices are refused with code Invalid. It returns an error with code NotFound for a path behind which there is nothing.
func Open(ctx context.Context, paths []string, opt Options) ([]*Source, error) {
	o := opener{opt: opt.withDefaults(), seen: map[string]bool{}}
	for _, p := range paths {
		if err := o.path(ctx, p); err != nil {
			return nil, err
		}
	}
	return o.found, nil
}

type opener struct {
	opt   Options
	found []*Source
	seen  map[string]bool
}

func (o *opener) path(ctx context.Context, p string) error {
	if isStdin(p) {
		if o.opt.Stdin == nil {
			return passtrail.Errorf(passtrail.Invalid, "file.Open", "there is no standard input to read")
		}
		o.found = append(o.found, &Source{path: "-", modTime: o.opt.Now(), opt: o.opt})
		return nil
	}
	info, err := os.Stat(p)
	switch {
	case err == nil && info.IsDir():
		return o.folder(ctx, p)
	case err == nil:
		return o.file(p, info, false)
	case !strings.ContainsAny(p, "*?["):
		return pathError(p, err)
	}
	matches, err := filepath.Glob(p)
	if err != nil {
		return passtrail.Errorf(passtrail.Invalid, "file.Open", "the pattern %s is malformed", passtrail.Printable(p))
	}
	if len(matches) == 0 {
		return passtrail.Errorf(passtrail.NotFound, "file.Open", "no file matches %s", passtrail.Printable(p))
	}
	sort.Strings(matches)
	for _, m := range matches {
		info, err := os.Stat(m)
		if err != nil {
			return pathError(m, err)
		}
		if info.IsDir() {
			err = o.folder(ctx, m)
		} else {
			err = o.file(m, info, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isStdin tells whether a path names standard input.
func isStdin(p string) bool {
	switch p {
	case "-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return true
	}
	return false
}

// regular refuses what is no file: reading a pipe, a socket or a device may never end.
func regular(p string, mode fs.FileMode) error {
	kind := ""
	switch {
	case mode.IsRegular() || mode.IsDir():
		return nil
	case mode&fs.ModeNamedPipe != 0:
		kind = "a pipe"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	default:
		kind = "something else"
	}
	return passtrail.Errorf(passtrail.Invalid, "file.Open", "%s is %s, not a file: to read a stream, pipe it into \"passtrail ingest -\"",
		passtrail.Printable(p), kind)
}

func pathError(p string, err error) error {
	code, msg := passtrail.Unavailable, "cannot be read"
	switch {
	case os.IsNotExist(err):
		code, msg = passtrail.NotFound, "does not exist"
	case os.IsPermission(err):
		code, msg = passtrail.Denied, "may not be read by this user"
	}
	return &passtrail.Error{Code: code, Op: "file.Open", Msg: passtrail.Printable(p) + " " + msg, Err: err}
}

func (o *opener) folder(ctx context.Context, root string) error {
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return pathError(p, err)
		case ctx.Err() != nil:
			return ctx.Err()
		case p != root && passedOver(d.Name()):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		info, err := os.Stat(p)
		if err != nil || !info.Mode().IsRegular() {
			return nil // a dangling link, a socket: not a file of records
		}
		return o.file(p, info, true)
	})
}

// passedOver tells whether a file or folder below another is none of a person's own: hidden ones, and what macOS puts
// beside files in archives.
func passedOver(name string) bool {
	return strings.HasPrefix(name, ".") || strings.EqualFold(name, "__MACOSX")
}

func (o *opener) file(p string, info fs.FileInfo, walked bool) error {
	if err := regular(p, info.Mode()); err != nil {
		return err
	}
	abs, err := filepath.Abs(p)
	if err != nil {
		return pathError(p, err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	if o.seen[abs] {
		return nil
	}
	o.seen[abs] = true
	o.found = append(o.found, &Source{path: p, abs: abs, size: info.Size(), modTime: info.ModTime(), walked: walked, opt: o.opt})
	return nil
}
