package file

import (
	"io"
)

// window is a stretch of a stream in memory. What lies between mark and pos is kept when more is read. Memory that was
// handed out is never written again: a full window moves to new memory.
type window struct {
	r     io.Reader
	buf   []byte
	pos   int   // next byte to look at
	mark  int   // first byte to keep
	base  int64 // the stream's offset of buf[0]
	chunk int
	err   error // io.EOF, or why reading stopped
}

// minRead is the least room that a read gets.
const minRead = 512

// fill reads more behind the window and tells whether it got any.
func (w *window) fill() bool {
	if w.err != nil {
		return false
	}
	if cap(w.buf)-len(w.buf) < minRead {
		kept := w.buf[w.mark:]
		next := make([]byte, len(kept), max(w.chunk, 2*len(kept), len(kept)+2*minRead))
		copy(next, kept)
		w.base += int64(w.mark)
		w.pos -= w.mark
		w.mark = 0
		w.buf = next
	}
	for range 100 {
		n, err := w.r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		w.err = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// peek makes n bytes from pos available, fewer at the stream's end.
func (w *window) peek(n int) []byte {
	for len(w.buf)-w.pos < n && w.fill() {
	}
	return w.buf[w.pos:min(len(w.buf), w.pos+n)]
}

// next returns the byte at pos, 0 at the end.
func (w *window) next() byte {
	if w.pos < len(w.buf) || w.fill() {
		return w.buf[w.pos]
	}
	return 0
}

// kept is what lies between mark and pos.
func (w *window) kept() []byte { return w.buf[w.mark:w.pos:w.pos] }

// discard forgets what is kept.
func (w *window) discard() { w.mark = w.pos }
