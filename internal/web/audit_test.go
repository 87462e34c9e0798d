package web_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"passtrail/internal/auth"
)

// TestActivityColumnStays since it leads to the details.
func TestActivityColumnStays(t *testing.T) {
	s := newSite(t, newSample())
	_, body := s.do(t, s.client(t, auth.Local()), "GET", "/audit?col=time&col=agent", nil)
	for _, want := range []string{`id="event-0"`, `<th scope="col">User agent</th>`, `value="activity" checked disabled`} {
		if !strings.Contains(body, want) {
			t.Errorf("the list of two chosen columns lacks %s", want)
		}
	}
}

// TestPagesAreTheWholeList follows "Older" to the end and meets as many rows as the first page counts, each once.
func TestPagesAreTheWholeList(t *testing.T) {
	s, w := realSite(t)
	c := s.client(t, auth.Local())
	day := w.answer(t, `AuditLogs | summarize N = count() by Day = format_datetime(bin(TimeGenerated, 1d), "yyyy-MM-dd") | top 1 by N | project Day, N`)[0]
	older := regexp.MustCompile(`<a class="button" href="([^"]*)">Older`)
	for path, want := range map[string]struct {
		rows  int64
		links *regexp.Regexp
	}{
		fmt.Sprintf("/audit?range=custom&from=%s&to=%s", day[0], day[0]): {day[1].(int64), regexp.MustCompile(`id="event-\d+" href="[^"]*[?&;]id=([^"&]*)`)},
		"/attempts?range=all": {w.answer(t, "PasswordResetAttempts | count")[0][0].(int64), regexp.MustCompile(`<a href="/attempts/([^"?]*)`)},
	} {
		seen := map[string]bool{}
		for at, pages := path, 0; at != ""; pages++ {
			status, body := s.do(t, c, "GET", at, nil)
			if status != http.StatusOK || pages > 100 {
				t.Fatalf("page %d of %s answered %d: %s", pages, path, status, between(body, "<h1>", "</p>"))
			}
			for _, link := range want.links.FindAllStringSubmatch(body, -1) {
				if seen[link[1]] {
					t.Errorf("%s: %s is on two pages", path, link[1])
				}
				seen[link[1]] = true
			}
			at = ""
			if next := older.FindStringSubmatch(body); next != nil {
				at = html.UnescapeString(next[1])
			}
		}
		if int64(len(seen)) != want.rows {
			t.Errorf("%s has %d rows on its pages, want %d", path, len(seen), want.rows)
		}
	}
}
