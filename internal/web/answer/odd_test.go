package answer_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/store"
)

// TestOddIDsHaveLinks follows the links to people and attempts whose ids are no GUIDs, as a browser does.
func TestOddIDsHaveLinks(t *testing.T) {
	f := newFixture(t)
	at := passtrail.TicksOf(now.Add(-time.Hour))
	ids := []string{"a/b", "..", ".", "-", "50%", "%2F", "a b", "a?b#c", "ä+ö@contoso.com", `c:\d`, "x//y", "../../settings", "plain-1"}
	var records []passtrail.Record
	for i, id := range ids {
		records = append(records, passtrail.Record{
			Tenant: tenant, ID: fmt.Sprintf("odd-%d", i), Hash: [16]byte{1, byte(i)}, Time: at, Service: "Self-service Password Management", Activity: "Reset password (self-service)",
			Result: "success", CorrelationID: "odd " + id, ActorKind: passtrail.ActorUser, ActorID: id, ActorUPN: fmt.Sprintf("odd%d@contoso.com", i), TargetID: id,
			TargetUPN: fmt.Sprintf("odd%d@contoso.com", i), TargetName: fmt.Sprintf("Odd Person %d", i), TargetType: "User", Shape: passtrail.ShapeGraph, Source: "file", ReceivedAt: at, ActivityKey: "reset",
		})
	}
	if _, err := f.store.Commit(t.Context(), &store.Batch{Tenant: tenant, Source: "file", Records: records, At: at}); err != nil {
		t.Fatal(err)
	}
	get := browse(t, f)
	person, attempt := regexp.MustCompile(`href="(/person/[^"]*)"`), regexp.MustCompile(`href="(/attempts/[^"]*)"`)
	for i, id := range ids {
		name := fmt.Sprintf("odd%d@contoso.com", i)
		list := get("/attempts?range=all&person=" + name)
		for what, link := range map[string]*regexp.Regexp{"person": person, "attempt": attempt} {
			m := link.FindStringSubmatch(list)
			if m == nil {
				t.Errorf("%q: the list has no link to the %s", id, what)
				continue
			}
			page := get(html.UnescapeString(m[1]))
			if !(strings.Contains(page, name) || strings.Contains(page, fmt.Sprintf("Odd Person %d<", i))) || strings.Contains(page, "Not found") || !strings.Contains(page, "<h1") {
				t.Errorf("%q: the link %s to the %s leads elsewhere", id, m[1], what)
			}
		}
	}
}
