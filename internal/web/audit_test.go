package web_test

import (
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
