package native

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/adler32"
	"hash/crc32"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// encodings encode and compress.
var encodings = []fn{
	{"kql_url_encode", "s:s", func(a args) any { return urlEncode(a.str(0), "+") }},
	{"kql_url_encode_component", "s:s", func(a args) any { return urlEncode(a.str(0), "%20") }},
	{"kql_url_decode", "s:s", func(a args) any { return unescaped(a.str(0)) }},
	{"kql_base64_encode", "s:s", func(a args) any { return base64.StdEncoding.EncodeToString([]byte(a.str(0))) }},
	{"kql_base64_decode", "s:s", func(a args) any { return utf8Text(decode64(a.str(0))) }},
	{"kql_base64_decode_array", "s:j", func(a args) any {
		b := decode64(a.str(0))
		if b == nil {
			return nil
		}
		items := make([]*node, len(b))
		for i, c := range b {
			items[i] = longNode(int64(c))
		}
		return arrayNode(items)
	}},
	{"kql_base64_encode_array", "j:s", func(a args) any {
		items, ok := a.array(0)
		b := make([]byte, len(items))
		for i, n := range items {
			v, isLong := dynamicLong(n).(int64)
			if !isLong || v < 0 || v > 255 {
				return nil
			}
			b[i] = byte(v)
		}
		if !ok || !utf8.Valid(b) {
			return nil
		}
		return base64.StdEncoding.EncodeToString(b)
	}},
	{"kql_base64_decode_guid", "s:s", func(a args) any {
		b := decode64(a.str(0))
		if len(b) != 16 {
			return nil
		}
		return textGuid(hex.EncodeToString(guidBytes(b)))
	}},
	{"kql_base64_encode_guid", "s:s", func(a args) any {
		b, err := hex.DecodeString(strings.ReplaceAll(a.str(0), "-", ""))
		if err != nil || len(b) != 16 {
			return nil
		}
		return base64.StdEncoding.EncodeToString(guidBytes(b))
	}},
	{"kql_gzip", "s:s", func(a args) any { return gzipped(a.str(0)) }},
	{"kql_zlib", "s:s", func(a args) any { return zlibbed(a.str(0)) }},
	{"kql_gunzip", "s:s", func(a args) any {
		return expanded(a.str(0), func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) })
	}},
	{"kql_unzlib", "s:s", func(a args) any { return expanded(a.str(0), zlib.NewReader) }},
}

// urlEncode escapes all but letters, digits and -_.!*() as .NET does, with hexadecimal digits in lower case.
func urlEncode(s, space string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ':
			b.WriteString(space)
		case c < utf8.RuneSelf && wordByte(c), strings.IndexByte("-_.!*()", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteString(hex.EncodeToString([]byte{c}))
		}
	}
	return b.String()
}

// decode64 takes padding or none; nil for what is no base64.
func decode64(s string) []byte {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return b
}

func utf8Text(b []byte) any {
	if b == nil || !utf8.Valid(b) {
		return nil
	}
	return string(b)
}

// gzipped has no name, no time and no operating system in its header.
func gzipped(s string) any {
	b := deflated(s, []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(s)))
	return base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint32(b, uint32(len(s))))
}

func zlibbed(s string) any {
	b := deflated(s, []byte{0x78, 0x01})
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(b, adler32.Checksum([]byte(s))))
}

// deflated appends the compressed text to a header; what compressing would not make shorter is stored as it is.
func deflated(s string, header []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression) // fails only for levels that do not exist
	_, _ = io.WriteString(w, s)                           // a buffer takes all
	_ = w.Close()
	if b.Len() < len(s) || len(s) > math.MaxUint16 {
		return append(header, b.Bytes()...)
	}
	header = binary.LittleEndian.AppendUint16(append(header, 1), uint16(len(s)))
	return append(binary.LittleEndian.AppendUint16(header, ^uint16(len(s))), s...)
}

// expanded reads at most 16 MiB, against small texts that grow without bound.
func expanded(s string, from func(io.Reader) (io.ReadCloser, error)) any {
	r, err := from(bytes.NewReader(decode64(s)))
	if err != nil {
		return nil
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 16*maxResult))
	if err != nil {
		return nil
	}
	return utf8Text(b)
}

// hashes are for hash() and what is built on it.
var hashes = []fn{
	{"kql_hash", "s:l", func(a args) any { return int64(xxhash.Sum64String(a.str(0))) }},
	{"kql_hash_long", "l:l", func(a args) any { return int64(xxhash.Sum64(binary.LittleEndian.AppendUint64(nil, uint64(a.long(0))))) }},
	{"kql_hash_int", "i:l", func(a args) any {
		n, _ := a[0].(int32)
		return int64(xxhash.Sum64(binary.LittleEndian.AppendUint32(nil, uint32(n))))
	}},
	{"kql_hash_combine", "?*l:l", func(a args) any {
		var b []byte
		for i := range a {
			b = binary.LittleEndian.AppendUint64(b, uint64(a.long(i)))
		}
		return int64(xxhash.Sum64(b))
	}},
	{"kql_mod", "ll:l", func(a args) any {
		m := a.long(1)
		if m <= 0 {
			return nil
		}
		return ((a.long(0) % m) + m) % m
	}},
}

// guidBytes turns the bytes of a GUID as it is read into those that .NET keeps, or back: its first three groups are
// little-endian numbers.
func guidBytes(b []byte) []byte {
	return []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}
