package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"passtrail/internal/auth"
	"passtrail/internal/web"
)

// crowd is the sample with 30 people of one name.
type crowd struct {
	*sample
	asked atomic.Int64
}

func (c *crowd) FindPeople(context.Context, web.Scope, string) ([]web.PersonRow, error) {
	c.asked.Add(1)
	var all []web.PersonRow
	for i := range 30 {
		all = append(all, web.PersonRow{ID: fmt.Sprintf("id-%d", i), UPN: fmt.Sprintf("adele%d@contoso.com", i), Name: "Adele"})
	}
	return all, nil
}

// TestHelpDeskCannotReadTheListBySearching: somebody who may look at one person at a time names them, sees some, and not
// for ever.
func TestHelpDeskCannotReadTheListBySearching(t *testing.T) {
	m := &crowd{sample: newSample()}
	at := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)
	s := newSiteAt(t, m, func() time.Time { return at })
	desk, reader := s.client(t, person(auth.HelpdeskAdministrator)), s.client(t, person(auth.ReportsReader))
	for text, people := range map[string]int{"a": 0, "ad": 0, "a.d": 0, "%25%25%25": 0, "ade*": 0, "ade": 10, "1ä2": 10} {
		_, body := s.do(t, desk, "GET", "/person?q="+text, nil)
		if n := strings.Count(body, "/person/id-"); n != people || (people > 0) != strings.Contains(body, "type more of the name") {
			t.Errorf("%q shows the help desk %d people, want %d", text, n, people)
		}
	}
	if _, body := s.do(t, reader, "GET", "/person?q=a", nil); strings.Count(body, "/person/id-") != 30 {
		t.Error("who may read lists is bounded too")
	}
	made := m.asked.Load()
	last := 0
	for range 200 {
		if last, _ = s.do(t, desk, "GET", "/person?q=adele", nil); last != http.StatusOK {
			break
		}
	}
	if n := m.asked.Load() - made + 2; last != http.StatusTooManyRequests || n != 120 {
		t.Errorf("%d searches went through, the last answered %d", n, last)
	}
	if a := m.access[len(m.access)-1]; a.Action != "refused" {
		t.Errorf("the refusal is logged as %+v", a)
	}
	if status, _ := s.do(t, reader, "GET", "/person?q=a", nil); status != http.StatusOK {
		t.Errorf("somebody else's search answered %d", status)
	}
	at = at.Add(11 * time.Minute)
	if status, _ := s.do(t, desk, "GET", "/person?q=adele", nil); status != http.StatusOK {
		t.Errorf("later a search answered %d", status)
	}
}
