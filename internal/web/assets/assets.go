// Package assets holds the files that the pages load in the browser: one script for every page, the charts, the query
// editor and its worker, the stylesheet, the icons. They are built from build/src by the module in build and committed
// compressed, so that building the program needs neither Node nor a network. Each file's address holds a digest of all
// of them and may be cached for ever.
//
// Start at [New].
package assets

//go:generate sh -c "cd build && go run . fetch && go run . build"

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed dist/*.gz
var dist embed.FS

// Prefix is where the files are served.
const Prefix = "/assets/"

// Set is the files and their addresses. It may be used from several goroutines.
type Set struct {
	hash  string
	files map[string][]byte // compressed, by name
}

// New reads the embedded files.
func New() (*Set, error) {
	entries, err := dist.ReadDir("dist")
	if err != nil {
		return nil, err
	}
	s := &Set{files: map[string][]byte{}}
	sum := sha256.New()
	for _, e := range entries {
		body, err := dist.ReadFile("dist/" + e.Name())
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%s %d\n", e.Name(), len(body))
		sum.Write(body)
		s.files[strings.TrimSuffix(e.Name(), ".gz")] = body
	}
	s.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return s, nil
}

// URL returns the address of a file. It panics for a name that was not built.
func (s *Set) URL(name string) string {
	if _, ok := s.files[name]; !ok {
		panic("assets: no file " + name)
	}
	return Prefix + s.hash + "/" + name
}

// ServeHTTP answers requests below Prefix.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	body, ok := s.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("Vary", "Accept-Encoding")
	if hash == s.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-store")
	}
	if name == "kql-worker.js" {
		h.Set("Content-Security-Policy", "default-src 'none'")
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
		return
	}
	plain, err := decompress(body)
	if err != nil {
		http.Error(w, "the file is damaged", http.StatusInternalServerError)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(plain))
}

// Read returns a file's content, for pages that show it.
func (s *Set) Read(name string) ([]byte, error) {
	body, ok := s.files[name]
	if !ok {
		return nil, fmt.Errorf("no file %s", name)
	}
	return decompress(body)
}

func decompress(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// contentType is fixed here: the machine's own table of types may say otherwise.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "text/plain; charset=utf-8"
}
