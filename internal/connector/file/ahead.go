package file

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"passtrail"
	"passtrail/internal/dates"
)

// refusal is why a file is refused as a whole, and the line that it is about.
type refusal struct {
	code, reason string
	line         int64
}

// ahead is what reading ahead found out.
type ahead struct {
	w       *window // over the same bytes again
	form    *dates.Form
	refusal *refusal
	copied  *spool // that w reads from; nil when it reads the file
}

// lookAhead reads a CSV file to its end and decides how it writes its times. Files are read twice; of streams that cannot
// be, a copy is kept, in memory while it is small, else on disk.
func (rd *reading) lookAhead(w *window, comma byte) (a ahead, err error) {
	a.w = w
	first := &window{chunk: w.chunk}
	if rd.plain && rd.file != nil {
		start := rd.startOffset(w)
		first.r = io.NewSectionReader(rd.file, start, 1<<62-start)
	} else {
		var rest io.Reader = failing{w.err}
		if w.err == nil {
			rest = w.r
		}
		a.copied = &spool{dir: os.TempDir()}
		first.r = io.TeeReader(io.MultiReader(bytes.NewReader(w.buf[w.pos:]), rest), a.copied)
	}
	a.form, a.refusal, err = rd.decide(rd.rows(first, comma))
	if a.copied == nil || err != nil {
		return a, err
	}
	end := first.err
	if end == nil {
		end = io.EOF // refused before the end
	}
	a.w = &window{r: io.MultiReader(a.copied.reader(), failing{end}), chunk: w.chunk}
	return a, a.copied.err
}

// close lets go of the copy.
func (a *ahead) close() {
	if a.copied != nil && a.copied.file != nil {
		a.copied.file.Close()
	}
}

// decide reads the rows and decides.
func (rd *reading) decide(c *csvRows) (*dates.Form, *refusal, error) {
	var d dates.Decider
	var seen *csvHeader
	for {
		more, err := c.next()
		if err != nil {
			return nil, nil, err
		}
		if c.header != nil && c.header != seen {
			seen = c.header
			if p := seen.problem(); p != "" {
				return nil, &refusal{CodeHeader, p, rd.line}, nil
			}
		}
		if !more {
			break
		}
		if c.code != "" {
			continue
		}
		text, zone := c.time()
		if text == "" {
			continue
		}
		d.See(text, c.line)
		if rd.location() == nil && dates.NeedsZone(zone, text) {
			return nil, &refusal{CodeTimes, dates.ErrLocal.Error(), c.line}, nil
		}
	}
	order, err := d.Decide(rd.given())
	if err != nil {
		return nil, &refusal{CodeTimes, err.Error(), rd.line}, nil
	}
	rd.order = order
	return &dates.Form{Order: order, Zone: rd.location()}, nil, nil
}

// given is the order that a person said, else the one that was decided when the file was shorter.
func (rd *reading) given() dates.Order {
	if o := rd.src.opt.Dates; o != dates.Undecided {
		return o
	}
	return rd.order
}

// location is the zone of local times that a person said, now or when the file was shorter.
func (rd *reading) location() *time.Location {
	if z := rd.src.opt.Zone; z != nil {
		return z
	}
	return rd.zone
}

// time is the row's time and what its column says of its zone.
func (c *csvRows) time() (string, dates.Zoning) {
	for _, t := range c.header.times {
		if cell := c.cells[t.at]; len(cell) > 0 {
			return string(cell), t.zone
		}
	}
	return "", dates.Unmarked
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// spoolMemory is how much of a stream is kept in memory.
const spoolMemory = 8 << 20

// spool keeps what is written to it, to be read again once. Beyond spoolMemory it is a file that is gone when it is
// closed.
type spool struct {
	dir  string
	head bytes.Buffer
	file *os.File
	err  error
}

// Write keeps p. Its error stays in err: a reader in between may say something else.
func (s *spool) Write(p []byte) (int, error) {
	n := len(p)
	if s.err != nil {
		return n, s.err
	}
	if room := spoolMemory - s.head.Len(); room > 0 {
		cut := min(room, len(p))
		s.head.Write(p[:cut])
		p = p[cut:]
	}
	if len(p) > 0 {
		s.err = s.spill(p)
	}
	return n, s.err
}

func (s *spool) spill(p []byte) error {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "passtrail-*.csv")
		if err != nil {
			return spoolError(err)
		}
		s.file = f
		if err := os.Remove(f.Name()); err != nil {
			return spoolError(err)
		}
	}
	if _, err := s.file.Write(p); err != nil {
		return spoolError(err)
	}
	return nil
}

func spoolError(err error) error {
	return &passtrail.Error{Code: passtrail.Unavailable, Op: "file.spool", Err: err,
		Msg: fmt.Sprintf("the copy of a packed CSV file cannot be kept in %s: unpack the file first, or set TMPDIR to a place with room", os.TempDir())}
}

func (s *spool) reader() io.Reader {
	head := bytes.NewReader(s.head.Bytes())
	if s.file == nil {
		return head
	}
	return io.MultiReader(head, io.NewSectionReader(s.file, 0, 1<<62))
}
