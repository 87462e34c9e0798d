package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"passtrail/internal/auth"
	"passtrail/internal/web"
)

// longLog is the sample with more lines in its access log than a page shows.
type longLog struct {
	*sample
	asked web.Period
}

func (l *longLog) AccessEntries(ctx context.Context, s web.Scope, p web.Period) (*web.AccessPage, error) {
	l.asked = p
	page, err := l.sample.AccessEntries(ctx, s, p)
	if err == nil && p.To == 0 {
		page.Older = start
	}
	return page, err
}

// TestAccessLogIsReadToItsEnd says in words what was done, and leads to the lines before those shown.
func TestAccessLogIsReadToItsEnd(t *testing.T) {
	l := &longLog{sample: newSample()}
	s := newSite(t, l)
	c := s.client(t, auth.Local())
	s.do(t, c, "GET", "/person/aaaaaaaa-0000-0000-0000-000000000001", nil)
	_, body := s.do(t, c, "GET", "/access-log?range=all", nil)
	for _, want := range []string{"Signed in", "Looked at a person", "Older"} {
		if !strings.Contains(body, want) {
			t.Errorf("the access log lacks %q", want)
		}
	}
	_, link, _ := strings.Cut(body, `href="/access-log?before=`)
	position, _, _ := strings.Cut(link, "&amp;")
	_, body = s.do(t, c, "GET", "/access-log?range=all&before="+position, nil)
	if l.asked.To != start || strings.Contains(body, "Older") || !strings.Contains(body, "Newest") {
		t.Errorf("the next page asks for what is before %v, want %v", l.asked.To, start)
	}
	if status, _ := s.do(t, c, "GET", "/access-log?before=x", nil); status != http.StatusBadRequest {
		t.Errorf("a damaged position answered %d", status)
	}
}
