package loganalytics

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"passtrail"
)

// asked is what a program asks.
type asked struct {
	workspace  string
	query      string
	workspaces []string
	from, to   passtrail.Ticks // 0: open
	prefer     prefer
}

// body is a request's JSON.
type body struct {
	Query      string   `json:"query"`
	Timespan   string   `json:"timespan"`
	Workspaces []string `json:"workspaces"`
}

// prefer is what the header Prefer asks for; what it asks besides is ignored, as the header's standard has it.
type prefer struct {
	wait               time.Duration
	render, statistics bool
}

// errNoBody is a POST that the service answers with nothing and status 200.
var errNoBody = errors.New("no JSON body")

// read reads a request of the query route.
func (a *API) read(w http.ResponseWriter, r *http.Request) (*asked, error) {
	url := r.URL.Query()
	var b body
	if r.Method == http.MethodPost {
		if err := a.readJSON(w, r, &b); err != nil {
			return nil, err
		}
	} else {
		b.Query = url.Get("query")
		for _, list := range url["workspaces"] {
			b.Workspaces = append(b.Workspaces, strings.Split(list, ",")...)
		}
	}
	return a.ask(r.PathValue("id"), b, url.Get("timespan"), parsePrefer(r.Header.Values("Prefer")))
}

// ask makes a question of a body and the timespan that the address has beside it.
func (a *API) ask(workspace string, b body, timespan string, p prefer) (*asked, error) {
	q := &asked{workspace: workspace, query: b.Query, prefer: p}
	q.workspaces = slices.DeleteFunc(b.Workspaces, func(id string) bool { return strings.TrimSpace(id) == "" })
	if strings.TrimSpace(q.query) == "" {
		return nil, badArgument("QueryMissing", "there is no query: send it as the member query of the body, or as the parameter query of a GET")
	}
	now := passtrail.TicksOf(a.Now())
	for _, text := range []string{timespan, b.Timespan} {
		if text == "" {
			continue
		}
		from, to, err := parseTimespan(text, now)
		if err != nil {
			return nil, badArgument("InvalidTimespan", err.Error())
		}
		q.from = max(q.from, from)
		if q.to == 0 || to < q.to {
			q.to = to
		}
	}
	return q, nil
}

// readJSON reads a body. One that is empty, or not said to be JSON, is errNoBody.
func (a *API) readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || r.ContentLength == 0 {
		return errNoBody
	}
	err = json.NewDecoder(http.MaxBytesReader(w, r.Body, a.Limits.Body)).Decode(into)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return passtrail.Errorf(passtrail.TooLarge, "loganalytics.readJSON", "the request has more than %d bytes, the limit", large.Limit)
	case err != nil:
		return badArgument("MalformedJSON", "the body is not JSON with text members query and timespan and a list workspaces")
	}
	return nil
}

// parsePrefer reads the header Prefer: preferences apart by commas, each perhaps with parameters after a semicolon.
func parsePrefer(headers []string) prefer {
	p := prefer{wait: DefaultWait}
	for _, item := range strings.FieldsFunc(strings.Join(headers, ","), func(r rune) bool { return r == ',' || r == ';' }) {
		name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "wait":
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				p.wait = min(time.Duration(min(n, int(MaxWait/time.Second)))*time.Second, MaxWait)
			}
		case "include-render":
			p.render = strings.EqualFold(value, "true")
		case "include-statistics":
			p.statistics = strings.EqualFold(value, "true")
		}
	}
	return p
}
