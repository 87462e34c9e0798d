package file

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"passtrail"
	"passtrail/internal/connector"
	"passtrail/internal/dates"
)

// place is a checkpoint: which file it was, and how far it was read.
type place struct {
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"` // Unix nanoseconds
	Head     string `json:"head"`     // digest of the first HeadLen bytes
	HeadLen  int64  `json:"headLen"`
	Done     bool   `json:"done,omitempty"`
	// Offset and Line say where the next line begins, for plain files of JSON lines: these may grow.
	Offset int64  `json:"offset,omitempty"`
	Line   int64  `json:"line,omitempty"`
	Tail   string `json:"tail,omitempty"` // digest of the bytes before Offset
	Docs   int64  `json:"docs"`           // documents delivered
	// How the times of a CSV file were read: they are read in the same way when the file has grown.
	Dates string `json:"dates,omitempty"`
	Zone  string `json:"zone,omitempty"`
	// Over says that the file was passed over in a folder: it is read again when somebody names it.
	Over bool `json:"over,omitempty"`
}

const digestBytes = 4096

// digestAt digests up to n bytes from an offset.
func digestAt(f io.ReaderAt, off, n int64) (string, error) {
	buf := make([]byte, n)
	got, err := f.ReadAt(buf, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	sum := sha256.Sum256(buf[:got])
	return hex.EncodeToString(sum[:16]), nil
}

func tailDigest(f io.ReaderAt, offset int64) (string, error) {
	start := max(0, offset-digestBytes)
	return digestAt(f, start, offset-start)
}

// counted counts the bytes that are read through it, and ends when its context is done.
type counted struct {
	ctx context.Context
	r   io.Reader
	n   atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// reading is one Fetch.
type reading struct {
	src   *Source
	file  *os.File // nil for standard input
	count *counted
	batcher
	here place // the file as it is now
	// base is set while a plain file's own bytes are read, so that offsets mean something.
	plain bool
	done  bool
	// refused says that a file, or a member, was refused as a whole: it is read again when it may be read otherwise.
	refused bool
	over    bool           // it was passed over, see FileLevel
	order   dates.Order    // of day and month, in the CSV file that was read last or when this one was shorter
	zone    *time.Location // of the local times when the file was shorter
}

// Fetch delivers the file's documents behind the checkpoint from. A file that is as it was at the end of an earlier run
// gives one empty batch; one that is not what it was is read from the start.
func (s *Source) Fetch(ctx context.Context, from string, emit func(connector.Batch) error) error {
	rd := &reading{src: s, plain: true}
	rd.batcher = batcher{ctx: ctx, emit: emit, limit: s.opt.BatchBytes, tenant: tenantOf(s.abs), name: s.Path(), line: 1}
	rd.batcher.position = rd.position
	rd.batcher.read = func() int64 { return rd.count.n.Load() }
	if s.path == "-" {
		rd.name, rd.plain = "stdin", false
		rd.count = &counted{ctx: ctx, r: s.opt.Stdin}
		return rd.all(rd.count)
	}
	if info, err := os.Stat(s.abs); err == nil { // it may have become a pipe, whose opening would wait
		if err := regular(s.path, info.Mode()); err != nil {
			return err
		}
	}
	f, err := os.Open(s.abs)
	if err != nil {
		return pathError(s.path, err)
	}
	defer f.Close()
	rd.file, rd.count = f, &counted{ctx: ctx, r: f}
	skip, err := rd.resume(from)
	if err != nil {
		return pathError(s.path, err)
	}
	if skip {
		return emit(connector.Batch{BytesRead: rd.here.Size, Unchanged: true})
	}
	return rd.all(rd.count)
}

// resume compares the file with the checkpoint and seeks to where reading goes on; skip is true when there is nothing
// new.
func (rd *reading) resume(from string) (skip bool, err error) {
	info, err := rd.file.Stat()
	if err != nil {
		return false, err
	}
	rd.here = place{Size: info.Size(), Modified: info.ModTime().UnixNano(), HeadLen: min(info.Size(), digestBytes)}
	if rd.here.Head, err = digestAt(rd.file, 0, rd.here.HeadLen); err != nil {
		return false, err
	}
	var was place
	if from == "" || json.Unmarshal([]byte(from), &was) != nil || was.HeadLen > rd.here.Size {
		return false, nil
	}
	head, err := digestAt(rd.file, 0, was.HeadLen)
	if err != nil || head != was.Head || rd.otherTimes(was) {
		return false, err
	}
	same := was.Size == rd.here.Size && was.Modified == rd.here.Modified
	switch {
	case same && was.Done:
		return !was.Over || rd.src.walked, nil
	case was.Offset > 0 && was.Offset <= rd.here.Size && (same || rd.here.Size > was.Size):
		tail, err := tailDigest(rd.file, was.Offset)
		if err != nil || tail != was.Tail {
			return false, err
		}
		if _, err := rd.file.Seek(was.Offset, io.SeekStart); err != nil {
			return false, err
		}
		rd.count.n.Store(was.Offset)
		rd.here.Offset, rd.line, rd.batcher.count, rd.skip = was.Offset, was.Line, was.Docs, was.Docs
	case same:
		rd.skip = was.Docs
	}
	return false, nil
}

// otherTimes takes over how the file's times were read before, and tells whether somebody says now that they are to be
// read otherwise.
func (rd *reading) otherTimes(was place) bool {
	opt := &rd.src.opt
	if opt.Dates != dates.Undecided && opt.Dates.String() != was.Dates || opt.Zone != nil && opt.Zone.String() != was.Zone {
		return true
	}
	rd.order, _ = dates.ParseOrder(was.Dates)
	if was.Zone != "" {
		rd.zone, _ = time.LoadLocation(was.Zone)
	}
	return false
}

// position is the checkpoint of all documents gathered so far.
func (rd *reading) position(b *batcher) string {
	if rd.file == nil {
		return ""
	}
	p := rd.here
	p.Docs, p.Done, p.Over = b.count, rd.done, rd.over
	if rd.refused {
		p.Docs = 0
	}
	p.Dates = rd.given().String()
	if z := rd.location(); z != nil {
		p.Zone = z.String()
	}
	if p.Offset > 0 {
		tail, err := tailDigest(rd.file, p.Offset)
		if err != nil {
			p.Offset = 0
		}
		p.Tail, p.Line = tail, b.line
	}
	text, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return string(text)
}

// all reads the whole file, unpacking it.
func (rd *reading) all(r io.Reader) error {
	var err error
	if rd.here.Offset > 0 {
		err = rd.lines(rd.window(r)) // only files of lines have offsets
	} else {
		err = rd.stream(r, 0)
	}
	if err != nil {
		return err
	}
	rd.done = !rd.refused
	return rd.flush()
}

func (rd *reading) window(r io.Reader) *window {
	chunk := rd.limit
	if rd.plain && rd.file != nil {
		chunk = int(min(int64(chunk), rd.here.Size+2*minRead)) // small files need little
	}
	return &window{r: r, chunk: chunk}
}

// stream reads a stream that may be packed, at the given depth of packing.
func (rd *reading) stream(r io.Reader, depth int) error {
	head, r, err := peeked(r, 4)
	if err != nil {
		return rd.broken(nil, err)
	}
	switch {
	case isZip(head):
		return rd.zip(r, head, depth)
	case isPacked(head) && depth < 3:
		rd.plain = false
		inner, end, err := unpacked(r, head)
		if err != nil {
			return rd.broken(head, err)
		}
		defer end()
		return rd.stream(inner, depth+1)
	}
	return rd.text(r)
}

// broken sets a stream aside that cannot be read on.
func (rd *reading) broken(head []byte, err error) error {
	if cause := rd.ctx.Err(); cause != nil {
		return cause
	}
	code, reason := CodeCorrupt, "the compressed data is damaged"
	if errors.Is(err, io.ErrUnexpectedEOF) {
		code, reason = CodeTruncated, "the compressed data ends too early"
	}
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		return fmt.Errorf("%s: %w", rd.name, err)
	}
	return rd.fault(head, code, reason, 0)
}

// zip reads the members of a zip file one after the other.
func (rd *reading) zip(r io.Reader, head []byte, depth int) error {
	if depth > 0 {
		return rd.fault(head, CodeUnknown, "a zip inside another archive: unpack the outer one first", 0)
	}
	f := rd.file
	if f == nil {
		var err error
		if f, err = spooled(r); err != nil {
			return fmt.Errorf("copy of standard input: %w", err)
		}
		defer f.Close()
	}
	info, err := f.Stat()
	if err != nil {
		return pathError(rd.name, err)
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return rd.fault(head, CodeCorrupt, "the zip file is damaged or cut off", 0)
	}
	outer, tenant := rd.name, rd.tenant
	rd.plain = false
	for _, m := range z.File {
		if err := rd.ctx.Err(); err != nil {
			return err
		}
		if m.FileInfo().IsDir() || slices.ContainsFunc(strings.FieldsFunc(m.Name, isSlash), passedOver) {
			continue
		}
		rd.name, rd.line, rd.tenant = outer+"!"+passtrail.Printable(m.Name), 1, tenantOf(m.Name)
		if rd.tenant == "" {
			rd.tenant = tenant
		}
		if err := rd.member(m); err != nil {
			return err
		}
		rd.count.n.Add(int64(m.CompressedSize64))
	}
	return nil
}

func isSlash(r rune) bool { return r == '/' || r == '\\' }

func (rd *reading) member(m *zip.File) error {
	rd.order = dates.Undecided // each member decides for itself
	if encrypted(m) {
		return rd.fault(nil, CodeCorrupt, "the zip member is encrypted: unpack it first", 0)
	}
	r, err := m.Open()
	if err != nil {
		return rd.fault(nil, CodeCorrupt, "the zip member cannot be unpacked", 0)
	}
	defer r.Close()
	return rd.stream(&counted{ctx: rd.ctx, r: r}, 1)
}

// text tells what an unpacked stream holds and reads it.
func (rd *reading) text(r io.Reader) error {
	w := rd.window(r)
	head := w.peek(512)
	if big, ok := utf16Order(head); ok {
		rd.plain = false
		w = rd.window(&utf16Reader{r: io.MultiReader(bytes.NewReader(w.buf), r), big: big})
		head = w.peek(512)
	}
	if bytes.HasPrefix(head, bomUTF8) {
		w.pos += len(bomUTF8)
	}
	w.discard()
	for c := w.next(); c == ' ' || c == '\n' || c == '\r' || c == '\t'; c = w.next() {
		if c == '\n' {
			rd.line++
		}
		w.pos++
		w.discard()
	}
	head = w.peek(512)
	switch {
	case len(head) == 0 && w.err != nil && w.err != io.EOF:
		return rd.broken(nil, w.err)
	case len(head) == 0:
		return rd.none(nil, CodeEmpty, "the file is empty")
	case len(head) >= 262 && string(head[257:262]) == "ustar":
		return rd.none(nil, CodeBinary, "a tar archive: unpack it first")
	case bytes.IndexByte(head, 0) >= 0 || bytes.IndexByte(head, 0x1b) >= 0:
		return rd.none(w.peek(keptBytes), CodeBinary, "binary data, not an export")
	case head[0] == '{' || head[0] == '[' || holdsJSON(head):
		if isLines(w) {
			return rd.lines(w)
		}
		return rd.values(w)
	}
	if delimiter, ok := rd.csvStart(w); ok {
		if line, _, _ := bytes.Cut(w.peek(keptBytes), []byte{'\n'}); !utf8.Valid(bytes.TrimSpace(line)) && len(line) < keptBytes {
			return rd.fault(w.peek(keptBytes), CodeNotUTF8, "a CSV file that is not UTF-8: export it again as UTF-8", 0)
		}
		return rd.csv(w, delimiter)
	}
	return rd.none(w.peek(keptBytes), CodeUnknown, "neither JSON nor CSV")
}

// none sets aside a file, or a member of an archive, that holds no documents at all.
func (rd *reading) none(head []byte, code, reason string) error {
	rd.over = rd.plain && rd.src.walked
	return rd.fault(head, code, reason, 0)
}

// holdsJSON tells whether text begins with a string that has JSON in it, perhaps in a string once more.
func holdsJSON(head []byte) bool {
	if head[0] != '"' {
		return false
	}
	rest := bytes.TrimLeft(head[1:], ` \"`)
	return len(rest) > 0 && (rest[0] == '{' || rest[0] == '[') && bytes.ContainsAny(rest[:min(len(rest), 64)], `\":`)
}

// ended sets aside what a stream broke off with; nothing when it came to its end.
func (rd *reading) ended(w *window) error {
	if w.err == nil || w.err == io.EOF {
		return nil
	}
	return rd.broken(nil, w.err)
}
