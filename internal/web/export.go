package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"

	"passtrail"
)

// exportTypes are the formats on offer: media type and file ending.
var exportTypes = map[string][2]string{
	"csv":    {"text/csv; charset=utf-8", "csv"},
	"json":   {"application/json", "json"},
	"ndjson": {"application/x-ndjson", "ndjson"},
	"xlsx":   {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
	"md":     {"text/markdown; charset=utf-8", "md"},
}

// exportWriter sends headers with the first byte, so that an error before it can still be a page.
type exportWriter struct {
	w       http.ResponseWriter
	format  string
	name    string
	started bool
}

// Write sends bytes of the file.
func (e *exportWriter) Write(b []byte) (int, error) {
	if !e.started {
		e.started = true
		kind := exportTypes[e.format]
		e.w.Header().Set("Content-Type", kind[0])
		e.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, e.name, kind[1]))
		e.w.Header().Set("Trailer", "X-Rows")
	}
	return e.w.Write(b)
}

// export writes a file of what write produces. When it fails half-way the connection is cut, so that the browser shows
// a failed download and nobody takes half a file for a whole one.
func (s *Server) export(w http.ResponseWriter, r *http.Request, scope Scope, name string, write func(format string, out *exportWriter) (int64, error)) error {
	if fromElsewhere(r) {
		return passtrail.Errorf(passtrail.Denied, "web.export", "this export was asked for by a link of another site and was not made; open the page that you want to export")
	}
	format := strings.ToLower(r.URL.Query().Get("format"))
	if format == "" {
		format = "csv"
	}
	if _, ok := exportTypes[format]; !ok {
		return passtrail.Errorf(passtrail.Invalid, "web.export", "%q is no format to export (want csv, json, ndjson, md or xlsx)", format)
	}
	stamp := scope.Now.Time().Format("20060102-1504")
	out := &exportWriter{w: w, format: format, name: "passtrail-" + name + "-" + stamp}
	look := AccessLine{ID: newLookID(), Action: "export", Subject: name, Detail: fmt.Sprintf("begun, %s, %s", format, r.URL.RawQuery), Address: remoteAddress(r)}
	if err := s.services.LogAccess(r.Context(), scope, look); err != nil {
		return err
	}
	rows, err := write(format, out)
	if err != nil {
		if !out.started {
			look.Action, look.Detail = "export-refused", fmt.Sprintf("%s, %s: %v", format, r.URL.RawQuery, err)
			s.noteChange(r, scope, look)
			return err
		}
		s.log.Error("export cut off", "name", name, "error", logged(err))
		look.Action, look.Detail = "export-cut", fmt.Sprintf("%s, %s", format, r.URL.RawQuery)
		s.noteChange(r, scope, look) // what went out was seen, also by who broke it off
		panic(http.ErrAbortHandler)
	}
	if !out.started {
		if _, err := out.Write(nil); err != nil {
			return err
		}
	}
	w.Header().Set("X-Rows", fmt.Sprint(rows))
	look.Detail = fmt.Sprintf("%d rows, %s, %s", rows, format, r.URL.RawQuery)
	s.noteChange(r, scope, look)
	return nil
}

// newLookID names a line that says more once the answer has gone out.
func newLookID() string { return rand.Text() }

// Formats are the formats on offer in menus; Href is the key.
func (sh *Shell) Formats() []Link {
	return []Link{{"CSV", "csv"}, {"JSON", "json"}, {"Excel", "xlsx"}}
}
