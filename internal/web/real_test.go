package web_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"passtrail"
	"passtrail/content"
	"passtrail/internal/api/editor"
	"passtrail/internal/auth"
	"passtrail/internal/connector/file"
	"passtrail/internal/detect"
	"passtrail/internal/ingest"
	"passtrail/internal/kql/native"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/simulate"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/web"
	"passtrail/internal/web/answer"
)

// world is a simulated tenant in a real store, and what is true of it.
type world struct {
	truth  *simulate.Truth
	store  store.Store
	engine *query.Engine
	tenant passtrail.TenantID
	now    func() time.Time
	web.Services
}

// theWorld makes the world once for all tests; nothing in it is changed by them but findings and the access log.
var theWorld = sync.OnceValues(func() (*world, error) {
	dir, err := os.MkdirTemp("", "passtrail-web-")
	if err != nil {
		return nil, err
	}
	return newWorld(context.Background(), dir)
})

func newWorld(ctx context.Context, dir string) (*world, error) {
	w := &world{tenant: simulate.DefaultTenant}
	var err error
	if w.truth, err = simulate.Write(ctx, simulate.Config{Seed: 4}, simulate.GraphLines, filepath.Join(dir, "in")); err != nil {
		return nil, err
	}
	at := passtrail.Ticks(w.truth.End).Time()
	w.now = func() time.Time { return at }
	if w.store, err = duckdb.Open(ctx, duckdb.Config{Functions: native.Functions(), Now: w.now, Threads: 2, MemoryLimit: 1 << 30}); err != nil {
		return nil, err
	}
	if err := w.store.PutTenant(ctx, store.Tenant{ID: w.tenant, Name: "Contoso", CreatedAt: 1, OptedInAt: passtrail.TicksOf(at), OptedInBy: "this computer"}); err != nil {
		return nil, err
	}
	sources, err := file.Open(ctx, []string{filepath.Join(dir, "in")}, file.Options{Now: w.now})
	if err != nil {
		return nil, err
	}
	inputs := make([]ingest.Input, len(sources))
	for i, s := range sources {
		inputs[i] = ingest.Input{Source: s, Name: file.Name, Path: s.Path(), Size: s.Size(), TakenAt: s.TakenAt(), PassOver: file.FileLevel}
	}
	r := ingest.Runner{Store: w.store, Config: ingest.Config{Tenant: w.tenant, Now: w.now}}
	if _, err := r.Run(ctx, inputs); err != nil {
		return nil, err
	}
	w.engine = query.New(w.store, query.Limits{})
	lib, err := report.Load(content.Files, w.engine)
	if err != nil {
		return nil, err
	}
	now := passtrail.TicksOf(at)
	found, err := detect.RunAll(ctx, lib.Rules, w.engine, w.tenant, detect.Window{From: now - 90*passtrail.Day, To: now, Now: now})
	if err != nil {
		return nil, err
	}
	if err := w.store.PutFindings(ctx, found); err != nil {
		return nil, err
	}
	w.Services = answer.New(w.store, w.engine, lib)
	return w, os.RemoveAll(dir)
}

// realSite serves the world.
func realSite(t *testing.T) (*site, *world) {
	t.Helper()
	if testing.Short() {
		t.Skip("simulating a tenant takes seconds")
	}
	w, err := theWorld()
	if err != nil {
		t.Fatal(err)
	}
	return newSiteAt(t, w.Services, w.now, func(c *web.Config) { c.Editor = w.editor(t) }), w
}

// editor is the engine's own editor service, as the program mounts it.
func (w *world) editor(t *testing.T) http.Handler {
	api := &editor.API{
		Service: query.Editor(passtrail.TicksOf(w.now())),
		Check: func(ctx context.Context, text string) error {
			return w.engine.Check(ctx, query.Request{Text: text, Now: passtrail.TicksOf(w.now())})
		},
		Fail: func(rw http.ResponseWriter, _ *http.Request, err error) {
			t.Error(err)
			http.Error(rw, "failed", http.StatusInternalServerError)
		},
	}
	mux := http.NewServeMux()
	api.Routes(mux, "/query/editor")
	return mux
}

var hrefs = regexp.MustCompile(`(?:href|hx-get)="([^"]+)"`)

// TestEveryLinkLeadsSomewhere walks the pages of a real tenant from the overview, following links of each kind.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	s, _ := realSite(t)
	c := s.client(t, auth.Local())
	seen, kinds := map[string]bool{"/": true}, map[string]int{}
	queue := []string{"/"}
	slowest, slowestPath := time.Duration(0), ""
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		began := time.Now()
		status, body := s.do(t, c, "GET", path, nil)
		took := time.Since(began)
		if took > slowest && !strings.Contains(path, "export") {
			slowest, slowestPath = took, path
		}
		if testing.Verbose() {
			t.Logf("%4d ms %d %6d bytes %.120s", took.Milliseconds(), status, len(body), path)
		}
		if status != 200 {
			t.Errorf("%s answered %d: %s", path, status, between(body, "<h1>", "</p>"))
			continue
		}
		if strings.Contains(path, "export") {
			continue
		}
		if problem := between(body, `<div class="note warn"><svg`, "</div>"); strings.Contains(path, "run=1") && problem != "" {
			t.Errorf("%s: %s", path, problem)
		}
		if problem := between(body, `role="alert"`, "</div>"); problem != "" {
			t.Errorf("%s shows an error: %s", path, problem)
		}
		for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
			link := strings.ReplaceAll(strings.ReplaceAll(m[1], "&amp;", "&"), "&#43;", "+")
			link, _, _ = strings.Cut(link, "#")
			if !strings.HasPrefix(link, "/") || strings.HasPrefix(link, "/assets") || seen[link] {
				continue
			}
			seen[link] = true
			if kind := kindOfLink(link); kinds[kind] < 4 {
				kinds[kind]++
				queue = append(queue, link)
			}
		}
	}
	t.Logf("%d kinds of link, the slowest page %s in %v", len(kinds), slowestPath, slowest)
	if len(kinds) < 30 {
		t.Errorf("found only %d kinds of link: %v", len(kinds), kinds)
	}
}

var (
	ids    = regexp.MustCompile(`/(attempts|person|suspicious|set-aside)/[^?]+`)
	values = regexp.MustCompile(`=[^&]*`)
)

// kindOfLink leaves out of a link what differs between records, so that one of each kind is followed.
func kindOfLink(link string) string {
	return values.ReplaceAllString(ids.ReplaceAllString(link, "/$1/ID"), "")
}

func between(s, from, to string) string {
	_, rest, ok := strings.Cut(s, from)
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(rest, to)
	return fmt.Sprintf("%.700s", regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>?`).ReplaceAllString(from+text, " "), " "))
}

// nextPage is the position of the second page of the audit log.
func (w *world) nextPage(t *testing.T) string {
	t.Helper()
	ctx := auth.With(t.Context(), auth.Local())
	p, err := w.FindEvents(ctx, web.Scope{Tenant: w.tenant, Now: passtrail.TicksOf(w.now())}, web.EventFilter{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	return p.Next
}
