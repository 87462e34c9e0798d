package simulate

import (
	"archive/zip"
	"compress/gzip"
	"io"

	"github.com/klauspost/compress/zstd"
)

// pack wraps a file in a compressor; inner names the one member of a zip. Closing it closes the file.
func pack(w io.WriteCloser, how, inner string) (io.WriteCloser, error) {
	switch how {
	case "gz":
		return &packed{gzip.NewWriter(w), nil, w}, nil
	case "zst":
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return &packed{z, nil, w}, nil
	case "zip":
		z := zip.NewWriter(w)
		f, err := z.CreateHeader(&zip.FileHeader{Name: inner, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		return &packed{nopCloser{f}, z, w}, nil
	}
	return w, nil
}

// packed closes from the inside out.
type packed struct {
	io.WriteCloser
	archive io.Closer // nil unless a zip
	file    io.Closer
}

func (p *packed) Close() error {
	err := p.WriteCloser.Close()
	if p.archive != nil {
		if cerr := p.archive.Close(); err == nil {
			err = cerr
		}
	}
	if cerr := p.file.Close(); err == nil {
		err = cerr
	}
	return err
}
