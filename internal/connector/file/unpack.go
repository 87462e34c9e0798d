package file

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The first bytes of what is unpacked here.
var (
	magicGzip = []byte{0x1f, 0x8b}
	magicZstd = []byte{0x28, 0xb5, 0x2f, 0xfd}
	magicZip  = []byte("PK\x03\x04")
	magicZip0 = []byte("PK\x05\x06") // a zip without members
	bomUTF8   = []byte("\xef\xbb\xbf")
	bomLittle = []byte("\xff\xfe")
	bomBig    = []byte("\xfe\xff")
)

// zstdMemory bounds what a zstd frame may ask for.
const zstdMemory = 128 << 20

// peeked gives back a reader together with its first bytes.
func peeked(r io.Reader, n int) ([]byte, io.Reader, error) {
	head := make([]byte, n)
	got, err := io.ReadFull(r, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:got], io.MultiReader(bytes.NewReader(head[:got]), r), err
}

// unpacked returns what a gzip or zstd stream holds, other streams as they are, and a function to call at the end.
func unpacked(r io.Reader, head []byte) (io.Reader, func(), error) {
	switch {
	case bytes.HasPrefix(head, magicGzip):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { z.Close() }, nil
	case bytes.HasPrefix(head, magicZstd):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(zstdMemory), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return r, func() {}, nil
}

func isPacked(head []byte) bool {
	return bytes.HasPrefix(head, magicGzip) || bytes.HasPrefix(head, magicZstd)
}

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, magicZip) || bytes.HasPrefix(head, magicZip0)
}

// spooled copies a stream into a file that is gone when it is closed, because a zip must be read from its end.
func spooled(r io.Reader) (*os.File, error) {
	f, err := os.CreateTemp("", "passtrail-*.zip")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// encrypted tells whether a zip member needs a password.
func encrypted(m *zip.File) bool { return m.Flags&1 != 0 }

// utf16Order tells whether text is UTF-16, and whether its big end comes first: by its byte-order mark, or because every
// second byte of its beginning is zero.
func utf16Order(head []byte) (big, ok bool) {
	switch {
	case bytes.HasPrefix(head, bomLittle):
		return false, true
	case bytes.HasPrefix(head, bomBig):
		return true, true
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return false, true
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return true, true
	}
	return false, false
}

// utf16Reader turns UTF-16 into UTF-8. Halves of surrogate pairs become U+FFFD.
type utf16Reader struct {
	r    io.Reader
	big  bool
	in   []byte // bytes read and not yet used
	out  []byte // text not yet handed out
	high uint16 // first half of a pair
	err  error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.decode()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) decode() {
	buf := make([]byte, 32<<10)
	n, err := u.r.Read(buf)
	u.err = err
	in := append(u.in, buf[:n]...)
	u.out = make([]byte, 0, len(in)*3/2+4)
	for ; len(in) >= 2; in = in[2:] {
		c := uint16(in[0]) | uint16(in[1])<<8
		if u.big {
			c = uint16(in[1]) | uint16(in[0])<<8
		}
		u.unit(c)
	}
	u.in = append([]byte(nil), in...)
	if err == io.EOF && (len(in) > 0 || u.high != 0) {
		u.out = utf8.AppendRune(u.out, utf8.RuneError)
	}
}

func (u *utf16Reader) unit(c uint16) {
	if u.high != 0 {
		r := utf16.DecodeRune(rune(u.high), rune(c))
		u.high = 0
		u.out = utf8.AppendRune(u.out, r)
		if r != utf8.RuneError {
			return
		}
	}
	switch {
	case c >= 0xD800 && c < 0xDC00:
		u.high = c
	case c != 0xFEFF:
		u.out = utf8.AppendRune(u.out, rune(c))
	}
}
