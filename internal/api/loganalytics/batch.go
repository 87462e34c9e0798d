package loganalytics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"passtrail/internal/auth"
)

// batch is several questions in one request.
type batch struct {
	Requests []batchItem `json:"requests"`
}

type batchItem struct {
	ID        string            `json:"id"`
	Headers   map[string]string `json:"headers"`
	Body      body              `json:"body"`
	Method    string            `json:"method"`
	Path      string            `json:"path"`
	Workspace string            `json:"workspace"`
}

// batchRoute answers questions one after the other, each with a status of its own. The answers go out as they come.
func (a *API) batchRoute(w http.ResponseWriter, r *http.Request, c call) error {
	var b batch
	if err := a.readJSON(w, r, &b); err != nil {
		return err
	}
	if len(b.Requests) == 0 || len(b.Requests) > a.Limits.Batch {
		return badArgument("InvalidBatch", fmt.Sprintf("a batch has from 1 to %d requests", a.Limits.Batch))
	}
	seen := map[string]bool{}
	for _, item := range b.Requests {
		if item.ID == "" || seen[item.ID] {
			return badArgument("InvalidBatch", "every request of a batch needs an id that no other has")
		}
		seen[item.ID] = true
	}
	out := &spool{w: w, zip: acceptsGzip(r)}
	left := a.Limits.Bytes // of all answers together
	for i, item := range b.Requests {
		a.limitWrites(w, MaxWait)
		if r.Context().Err() != nil {
			return nil
		}
		res := a.answerItem(r, c, item, left)
		left = max(0, left-int64(res.body.Len()))
		if !writeItem(out, i, item.ID, res) {
			return nil // the program hung up
		}
	}
	if _, err := out.Write([]byte("]}\n")); err == nil {
		_ = out.close() // the program may have hung up
	}
	return nil
}

// writeItem writes one answer of a batch and tells whether that worked.
func writeItem(out *spool, i int, name string, res *recorder) bool {
	id, err := json.Marshal(name)
	if err != nil {
		return false // text always marshals
	}
	before := ",\n"
	if i == 0 {
		before = `{"responses":[`
	}
	if res.body.Len() == 0 {
		res.body.WriteString("{}")
	}
	for _, part := range [][]byte{fmt.Appendf(nil, `%s{"id":%s,"status":%d,"body":`, before, id, res.status), res.body.Bytes(), []byte("}")} {
		if _, err := out.Write(part); err != nil {
			return false
		}
	}
	return true
}

// answerItem answers one question of a batch into memory.
func (a *API) answerItem(r *http.Request, c call, item batchItem, left int64) *recorder {
	res := &recorder{header: http.Header{}, status: http.StatusOK}
	err := error(notFound(""))
	if strings.Trim(item.Path, "/") == "query" {
		var q *asked
		if method := strings.ToUpper(item.Method); method != http.MethodPost {
			item.Body = body{} // what is no POST has no body, as the service has it
		}
		if q, err = a.ask(item.Workspace, item.Body, "", parsePrefer(preferOf(item.Headers))); err == nil {
			err = a.answer(r.Context(), res, c, q, &spool{w: res, held: a.Limits.Held, max: left})
		}
	}
	if err != nil {
		a.noteRefused(r, auth.From(r.Context()), c, err)
		a.fail(res, r.Context(), c, err)
	}
	return res
}

func preferOf(headers map[string]string) (out []string) {
	for name, value := range headers {
		if strings.EqualFold(name, "Prefer") {
			out = append(out, value)
		}
	}
	return out
}

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) { r.status = status }

func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
