package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf16"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/kql/diag"
)

const maxQueryBody = 1 << 20

// queryPeriod is the period without a choice: what a query reads is for its text to say, and reports opened as queries
// look further back than their period to compare.
const queryPeriod = "all"

type queryPage struct {
	*Shell
	Licensed bool
	Text     string
	Examples []SavedQuery
	Saved    []SavedQuery
	Schema   QuerySchema
	Outcome  *queryOutcome
	Editor   bool // the engine's own editor service is there
}

// queryOutcome is what running a query came to.
type queryOutcome struct {
	*Shell
	Result   *QueryResult
	Mistakes []Mistake
	Problem  string
	Text     string
}

// Mistake is a diagnostic drawn for people, and where it is for the editor.
type Mistake struct {
	Text, Caret string
	From        int // in UTF-16 units, as editors count
}

func (*queryPage) file() string { return "query.html" }

type queryResultPage struct{ *queryOutcome }

func (queryResultPage) file() string   { return "query.html" }
func (p queryResultPage) base() *Shell { return p.Shell }

// View is one result table with what its template needs.
func (o *queryOutcome) View(t Table) TableView {
	return TableView{Shell: o.Shell, Table: t, Sortable: true}
}

// queryPage shows the editor, and the result when the address asks for a run.
func (s *Server) queryPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "query", "Query")
	if err != nil {
		return err
	}
	sh.Period = s.period(sh, queryPeriod)
	p := &queryPage{Shell: sh, Text: sh.Value("q"), Editor: s.editor != nil}
	if sh.Tenant.ID == "" {
		return s.render(w, r, p)
	}
	scope := s.scope(sh)
	if p.Licensed, err = s.services.Licensed(r.Context(), scope); err != nil {
		return err
	}
	if !p.Licensed {
		return s.renderStatus(w, r, http.StatusForbidden, p)
	}
	if p.Examples, err = s.services.Examples(r.Context(), scope); err != nil {
		return err
	}
	if p.Saved, err = s.services.SavedQueries(r.Context(), scope); err != nil {
		return err
	}
	p.Schema = s.services.QuerySchema(r.Context())
	p.Outcome = &queryOutcome{Shell: sh, Text: p.Text}
	switch {
	case sh.Value("run") == "" || strings.TrimSpace(p.Text) == "":
	case fromElsewhere(r):
		p.Outcome.Problem = "A link of another site led here, so this query was not run. Read it, then run it."
	default:
		if p.Outcome, err = s.run(r, sh, p.Text); err != nil {
			return err
		}
	}
	return s.render(w, r, p)
}

// run runs a query and puts what came of it into words.
func (s *Server) run(r *http.Request, sh *Shell, text string) (*queryOutcome, error) {
	out := &queryOutcome{Shell: sh, Text: text}
	scope := s.scope(sh)
	look := AccessLine{ID: newLookID(), Action: "query", Detail: clipText(text, 2000), Address: remoteAddress(r)}
	if err := s.services.LogAccess(r.Context(), scope, look); err != nil {
		return nil, err
	}
	res, err := s.services.RunQuery(r.Context(), scope, text, sh.Period)
	if err != nil {
		look.Action = "query-refused"
		s.noteChange(r, scope, look)
	}
	var mistakes diag.List
	switch {
	case errors.As(err, &mistakes):
		for _, d := range mistakes {
			out.Mistakes = append(out.Mistakes, Mistake{sentence(d.Text()), diag.Caret(text, d), utf16Offset(text, d.Span.Start)})
		}
	case passtrail.CodeOf(err) == passtrail.Denied:
		return nil, err
	case passtrail.CodeOf(err) != "":
		out.Problem = sentence(err.Error())
	case err != nil:
		return nil, err
	}
	out.Result = res
	return out, nil
}

func clipText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + " …"
}

// queryRun answers the editor with the result alone.
func (s *Server) queryRun(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxQueryBody)
	if err := r.ParseForm(); err != nil {
		return passtrail.Errorf(passtrail.TooLarge, "web.queryRun", "the query is too long")
	}
	sh, err := s.shell(r, "query", "Query")
	if err != nil {
		return err
	}
	for key, values := range r.PostForm {
		sh.Values[key] = values
	}
	sh.Path = "/query"
	sh.Period = s.period(sh, queryPeriod)
	out, err := s.run(r, sh, sh.Value("q"))
	if err != nil {
		return err
	}
	return s.renderPart(w, r, http.StatusOK, "result", queryResultPage{out})
}

// utf16Offset turns an offset in bytes into one in the units that browsers count.
func utf16Offset(text string, offset int) int {
	offset = min(max(offset, 0), len(text))
	return len(utf16.Encode([]rune(text[:offset])))
}

// editorMistake is a diagnostic as the editor wants it.
type editorMistake struct {
	From     int    `json:"from"`
	To       int    `json:"to"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Code     string `json:"code"`
}

// queryValidate says what the engine thinks of a text, for the editor's squiggles.
func (s *Server) queryValidate(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Text string `json:"text"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxQueryBody)).Decode(&body); err != nil {
		return passtrail.Errorf(passtrail.Invalid, "web.queryValidate", "want JSON with a member text")
	}
	sh, err := s.shell(r, "query", "Query")
	if err != nil {
		return err
	}
	if err := auth.Require(r.Context(), sh.Tenant.ID, auth.RunQueries); err != nil {
		return err
	}
	out := struct {
		Diagnostics []editorMistake `json:"diagnostics"`
	}{[]editorMistake{}}
	for _, d := range s.services.CheckQuery(r.Context(), s.scope(sh), body.Text) {
		out.Diagnostics = append(out.Diagnostics, editorMistake{
			utf16Offset(body.Text, d.Span.Start), utf16Offset(body.Text, d.Span.End), d.Severity.String(), sentence(d.Text()), d.Code,
		})
	}
	return writeJSON(w, out)
}

// queryEditor hands completion, hover, signatures, formatting and mistakes to the engine's own editor service. They read
// no rows, but what a person may not query there is no reason to help with.
func (s *Server) queryEditor(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "query", "Query")
	if err != nil {
		return err
	}
	if err := auth.Require(r.Context(), sh.Tenant.ID, auth.RunQueries); err != nil {
		return err
	}
	if s.editor == nil {
		return s.notFound(w, r)
	}
	s.editor.ServeHTTP(w, r)
	return nil
}

// querySchema tells the editor which tables and functions the engine has. Who may not query has no use for it.
func (s *Server) querySchema(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "query", "Query")
	if err != nil {
		return err
	}
	if err := auth.Require(r.Context(), sh.Tenant.ID, auth.RunQueries); err != nil {
		return err
	}
	return writeJSON(w, s.services.QuerySchema(r.Context()))
}

func writeJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(body)
	return err
}

// queryExport writes a query's rows.
func (s *Server) queryExport(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "query", "Query")
	if err != nil {
		return err
	}
	sh.Period = s.period(sh, queryPeriod)
	scope := s.scope(sh)
	return s.export(w, r, scope, "query", func(format string, out *exportWriter) (int64, error) {
		return s.services.ExportQuery(r.Context(), scope, sh.Value("q"), sh.Period, format, out)
	})
}

// querySave keeps a query under a name.
func (s *Server) querySave(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "query", "Query")
	if err != nil {
		return err
	}
	name, text := strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("q")
	if name == "" || strings.TrimSpace(text) == "" {
		return passtrail.Errorf(passtrail.Invalid, "web.querySave", "a saved query needs a name and a text")
	}
	if len(name) > 200 || len(text) > maxQueryBody {
		return passtrail.Errorf(passtrail.TooLarge, "web.querySave", "a name may have 200 bytes and a query 1 MiB")
	}
	scope := s.scope(sh)
	look := AccessLine{Action: "query-save", Subject: name, Detail: text}
	if err := s.changing(r, scope, &look, func() error { return s.services.SaveQuery(r.Context(), scope, name, text) }); err != nil {
		return err
	}
	http.Redirect(w, r, sh.To("/query", "q", text, "range", r.PostFormValue("range")), http.StatusSeeOther)
	return nil
}

// queryDrop forgets a saved query.
func (s *Server) queryDrop(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "query", "Query")
	if err != nil {
		return err
	}
	scope, id := s.scope(sh), r.PathValue("id")
	look := AccessLine{Action: "query-drop", Subject: id}
	if err := s.changing(r, scope, &look, func() error { return s.services.DropQuery(r.Context(), scope, id) }); err != nil {
		return err
	}
	http.Redirect(w, r, sh.To("/query"), http.StatusSeeOther)
	return nil
}
