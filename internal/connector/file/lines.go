package file

import (
	"bytes"

	"passtrail/internal/connector"
)

// sniffBytes is how much of a file is looked at to tell lines from one document.
const sniffBytes = 1 << 20

// isLines tells whether text that begins with a bracket is JSON lines: its first line is a whole value, or both the first
// and the second begin an object though the first has room for none.
func isLines(w *window) bool {
	for n := 4096; ; n *= 4 {
		head := w.peek(n)
		first, rest, found := bytes.Cut(head, []byte{'\n'})
		if !found && len(head) == n && n < sniffBytes {
			continue
		}
		if !found {
			return len(head) < n && whole(first) && !opensList(first)
		}
		if whole(first) {
			return true
		}
		first = bytes.TrimSpace(first)
		second, _, ended := bytes.Cut(rest, []byte{'\n'})
		if !ended && len(head) == n && n < sniffBytes {
			continue
		}
		last := first[len(first)-1]
		return first[0] == '{' && last != '[' && last != '{' && last != ',' && last != ':' && len(second) > 0 && second[0] == '{'
	}
}

// whole tells whether a line is one value from its first bracket to its last byte.
func whole(line []byte) bool {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return false
	}
	var m matcher
	n, done := m.match(line)
	return done && n == len(line)
}

// opensList tells whether a line may hold many documents: an array, or an object around one.
func opensList(line []byte) bool {
	if line[0] == '[' {
		return true
	}
	rest := bytes.TrimLeft(line[1:], " \t")
	for _, name := range []string{`"records"`, `"value"`, `"tables"`, `"Tables"`, `"responses"`, `"took"`, `"hits"`, `"@odata.`, `"FrameType"`} {
		if bytes.HasPrefix(rest, []byte(name)) {
			return true
		}
	}
	return false
}

// lines reads JSON lines: a line is a document, or holds several.
func (rd *reading) lines(w *window) error {
	w.discard()
	for {
		end, found := rd.lineEnd(w)
		line := bytes.TrimSpace(w.buf[w.mark:end])
		switch {
		case end-w.mark > rd.src.opt.MaxDocument:
			if err := rd.longLine(w); err != nil {
				return err
			}
			continue
		case !found && w.err != nil && len(line) > 0 && !whole(line):
			// The last line is cut off. A file that grows will complete it: the checkpoint stays before it.
			if err := rd.fault(line, CodeTruncated, "the last line is cut off", 0); err != nil {
				return err
			}
			return rd.ended(w)
		case len(line) > 0:
			if err := rd.lineDocument(line); err != nil {
				return err
			}
		}
		w.pos = end
		if found {
			w.pos++
			rd.line++
		}
		rd.reached(w)
		if !found {
			return rd.ended(w)
		}
		w.discard()
		if err := rd.flushFull(); err != nil {
			return err
		}
	}
}

// lineEnd finds the end of the line at mark; found is false when it ends with the stream, or is too long.
func (rd *reading) lineEnd(w *window) (end int, found bool) {
	from := 0
	for {
		if i := bytes.IndexByte(w.buf[w.mark+from:], '\n'); i >= 0 {
			return w.mark + from + i, true
		}
		from = len(w.buf) - w.mark
		if from > rd.src.opt.MaxDocument || !w.fill() {
			return len(w.buf), false
		}
	}
}

// reached notes how far a plain file was read.
func (rd *reading) reached(w *window) {
	if rd.plain && rd.file != nil {
		rd.here.Offset = rd.startOffset(w)
	}
}

// startOffset is the file's offset of the window's pos.
func (rd *reading) startOffset(w *window) int64 {
	return rd.count.n.Load() - int64(len(w.buf)-w.pos)
}

func (rd *reading) lineDocument(line []byte) error {
	if !opensList(line) {
		return rd.add(connector.Document{Bytes: line}, 0)
	}
	inner := &window{r: bytes.NewReader(nil), buf: line[:len(line):len(line)], chunk: rd.limit}
	s := splitter{rd: rd, w: inner, inLine: true}
	return s.run()
}

// longLine sets a line over the limit aside and reads on to its end.
func (rd *reading) longLine(w *window) error {
	if err := rd.fault(w.buf[w.mark:], CodeTooLarge, tooLarge(rd.src.opt.MaxDocument), 0); err != nil {
		return err
	}
	if err := rd.skipLine(w); err != nil {
		return err
	}
	rd.reached(w)
	return rd.flushFull()
}

// skipLine reads on to behind the end of the line at mark.
func (rd *reading) skipLine(w *window) error {
	w.pos = w.mark
	for {
		if err := rd.ctx.Err(); err != nil {
			return err
		}
		i := bytes.IndexByte(w.buf[w.pos:], '\n')
		if i >= 0 {
			w.pos += i + 1
			w.discard()
			rd.line++
			return nil
		}
		w.pos = len(w.buf)
		w.discard()
		if !w.fill() {
			return nil
		}
	}
}
