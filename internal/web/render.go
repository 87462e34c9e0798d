package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"

	"passtrail/internal/retain"
	"passtrail/internal/web/assets"
)

//go:embed templates/*.html
var templateFiles embed.FS

// shared are the templates that every page may use; the others are pages.
var shared = []string{"templates/layout.html", "templates/parts.html", "templates/tables.html", "templates/settings_tokens.html"}

// pages is the parsed templates by file name.
type pages struct{ byFile map[string]*template.Template }

// page is what a handler renders: its data, which holds a *Shell, and the template file it belongs to.
type page interface {
	file() string
	base() *Shell
}

// parsePages reads every template, so that a bad one stops the program.
func parsePages(set *assets.Set) (*pages, error) {
	common, err := template.New("").Funcs(functions(set)).ParseFS(templateFiles, shared...)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := &pages{byFile: map[string]*template.Template{}}
	for _, name := range names {
		file := strings.TrimPrefix(name, "templates/")
		t, err := common.Clone()
		if err != nil {
			return nil, err
		}
		if all.byFile[file], err = t.ParseFS(templateFiles, name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// functions are the few that templates call: formatting, and addresses of assets.
func functions(set *assets.Set) template.FuncMap {
	return template.FuncMap{
		"asset": set.URL, "num": formatNumber, "percent": percent, "span": formatSpan, "join": strings.Join, "sentence": sentence,
		"retention": retain.Words, "outcome": outcomeView, "action": actionText, "severity": severityView, "statusView": statusView, "plural": plural, "rows": rowsLine, "change": change, "halves": halves,
	}
}

// render answers with a page, or for an htmx request with the part of it that the request replaces.
func (s *Server) render(w http.ResponseWriter, r *http.Request, p page) error {
	return s.renderStatus(w, r, http.StatusOK, p)
}

// renderStatus renders into a buffer first, so that a failure can still become an error page.
func (s *Server) renderStatus(w http.ResponseWriter, r *http.Request, status int, p page) error {
	name, part := "layout", wantedPart(r)
	if t := s.pages.byFile[p.file()]; part != "" && t != nil && t.Lookup(part) != nil {
		name = part
	} else if part != "" && status >= http.StatusBadRequest {
		name = "error-part"
	}
	return s.renderPart(w, r, status, name, p)
}

// renderPart renders one named template of a page.
func (s *Server) renderPart(w http.ResponseWriter, r *http.Request, status int, name string, p page) error {
	t := s.pages.byFile[p.file()]
	if t == nil {
		return fmt.Errorf("no template %s", p.file())
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, name, p); err != nil {
		return fmt.Errorf("template %s of %s: %w", name, p.file(), err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "HX-Request")
	w.Header().Add("Vary", "Accept-Encoding")
	if buf.Len() < compressFrom || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		_, err := buf.WriteTo(w)
		return err
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	gz, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := buf.WriteTo(gz); err != nil {
		return err
	}
	return gz.Close()
}

// compressFrom is how many bytes a page must have for compression to be worth it. Pages hold no secrets beside what a
// stranger could put into them: sessions live in cookies that scripts cannot read.
const compressFrom = 4 << 10

// wantedPart names the template that an htmx request wants: the id of the element it replaces. Going back in history
// wants the whole page.
func wantedPart(r *http.Request) string {
	if r.Header.Get("HX-Request") == "" || r.Header.Get("HX-History-Restore-Request") != "" {
		return ""
	}
	if target := r.Header.Get("HX-Target"); target != "" {
		return target
	}
	return "result"
}
