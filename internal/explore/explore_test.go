package explore_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/explore"
	"passtrail/internal/query"
	"passtrail/internal/scene"
)

// few is a tenant with one record of each kind that the filters tell apart. The records' ids say what they are.
func few(t *testing.T) (*scene.Scene, explore.Explorer) {
	t.Helper()
	s := scene.New(t, "2026-03-20T12:00:00Z")
	at := scene.Time("2026-03-10T08:00:00Z")
	s.Add(
		scene.Event{ID: "reset", At: at, Key: "reset", Actor: "adele", Reason: "Successfully completed reset.", Address: "192.0.2.1", Correlation: "11111111-0000-4000-8000-000000000001", UserAgent: `Mozilla/5.0 "Edge" (X11; \ Linux)`},
		scene.Event{ID: "failed", At: at + passtrail.Hour, Key: "reset", Result: "failure", Actor: "alex", Reason: "FuzzyPolicyViolationInvalidPassword"},
		scene.Event{ID: "admin", At: at + 2*passtrail.Hour, Key: "admin_reset", Actor: "desk", Target: "adele", Agent: "CloudSync"},
		scene.Event{ID: "info", At: at + 3*passtrail.Hour, Key: "info_registered", Actor: "grady", Reason: `50% of "all_users" registered\o/`},
		scene.Event{ID: "dir", At: at + 4*passtrail.Hour, Key: "dir_reset", Actor: "desk", Target: "o'neill"},
	)
	s.Commit()
	return s, explore.Explorer{Engine: s.Engine, Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now}
}

func ids(events []explore.Event) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, e.ID)
	}
	return out
}

func TestFilters(t *testing.T) {
	_, x := few(t)
	at := scene.Time("2026-03-10T08:00:00Z")
	for _, c := range []struct {
		name   string
		filter explore.Filter
		want   string // ids, newest first
	}{
		{"none", explore.Filter{}, "dir info admin failed reset"},
		{"from, inclusive", explore.Filter{From: at + 3*passtrail.Hour}, "dir info"},
		{"to, exclusive", explore.Filter{To: at + passtrail.Hour}, "reset"},
		{"service", explore.Filter{Service: "authentication methods"}, "info"},
		{"category", explore.Filter{Category: "usermanagement"}, "dir info admin failed reset"},
		{"other category", explore.Filter{Category: "DirectoryManagement"}, ""},
		{"activity by key", explore.Filter{Activity: "reset"}, "failed reset"},
		{"activity by name", explore.Filter{Activity: "RESET PASSWORD (BY ADMIN)"}, "admin"},
		{"unknown activity", explore.Filter{Activity: "Nothing"}, ""},
		{"status", explore.Filter{Status: "Failure"}, "failed"},
		{"target by user principal name", explore.Filter{Target: "adele@"}, "admin reset"},
		{"target by display name", explore.Filter{Target: "ALEX V"}, "failed"},
		{"target by id", explore.Filter{Target: "id-grady"}, "info"},
		{"target is not found in its middle", explore.Filter{Target: "dele"}, ""},
		{"target with a quote", explore.Filter{Target: "o'neill"}, "dir"},
		{"actor", explore.Filter{Actor: "desk@contoso.com"}, "dir admin"},
		{"actor by id", explore.Filter{Actor: "ID-DESK"}, "dir admin"},
		{"correlation id", explore.Filter{CorrelationID: "11111111-0000-4000-8000-000000000001"}, "reset"},
		{"user agent", explore.Filter{UserAgent: "mozilla/5.0"}, "reset"},
		{"user agent with quotes", explore.Filter{UserAgent: `"Edge" (X11; \`}, "reset"},
		{"another detail is no user agent", explore.Filter{UserAgent: "CloudSync"}, ""},
		{"user agent is no pattern", explore.Filter{UserAgent: ".*"}, ""},
		{"text in the reason", explore.Filter{Text: `"ALL_users" registered\o/`}, "info"},
		{"text in a detail", explore.Filter{Text: "cloudsync"}, "admin"},
		{"text in an actor", explore.Filter{Text: "desk@"}, "dir admin"},
		{"a percent sign is itself", explore.Filter{Text: "5%of"}, ""},
		{"an underscore is itself", explore.Filter{Text: "all_users"}, "info"},
		{"several", explore.Filter{Target: "adele", Actor: "desk", Status: "success", From: at}, "admin"},
	} {
		page, err := x.Events(t.Context(), c.filter, "", 50)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := strings.Join(ids(page.Events), " "); got != c.want {
			t.Errorf("%s: %q, want %q\n%s", c.name, got, c.want, c.filter.KQL())
		}
		if n, err := x.Count(t.Context(), c.filter); err != nil || int(n) != len(page.Events) {
			t.Errorf("%s: Count = %d, %v; want %d", c.name, n, err, len(page.Events))
		}
	}
}

// hostile are texts that want to be more than text.
var hostile = []string{`"`, `\`, `\"`, `" or true or "" == "`, `x" | take 100 //`, "a\nb", "a\r\n| union AuditLogs", "';--", `\u0022`, "\x00", "{{x}}", "%", "_", `@"`, "```", "$1", "(?i).*", "[", "ünï☂", "x\" or TenantId != \"", strings.Repeat("(", 500)}

// TestHostileTexts: whatever stands in a filter is looked for; it neither breaks the query nor widens it.
func TestHostileTexts(t *testing.T) {
	_, x := few(t)
	for _, text := range hostile {
		for name, f := range map[string]explore.Filter{
			"service": {Service: text}, "category": {Category: text}, "activity": {Activity: text}, "status": {Status: text}, "target": {Target: text}, "actor": {Actor: text},
			"correlation": {CorrelationID: text}, "user agent": {UserAgent: text}, "text": {Text: text},
		} {
			page, err := x.Events(t.Context(), f, "", 50)
			if err != nil {
				t.Errorf("%s %q: %v", name, text, err)
				continue
			}
			if len(page.Events) > 0 && name != "text" && name != "user agent" {
				t.Errorf("%s %q finds %v", name, text, ids(page.Events))
			}
		}
		a := explore.AttemptFilter{Outcome: text, Problem: text, Method: text, Person: text, Address: text, AttemptID: text}
		if _, err := x.Engine.Run(t.Context(), query.Request{Text: a.KQL(), Tenants: x.Tenants, Now: x.Now}); err != nil {
			t.Errorf("attempts %q: %v", text, err)
		}
		if _, err := x.Person(t.Context(), text); passtrail.CodeOf(err) != passtrail.NotFound && passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("person %q: %v", text, err)
		}
		if _, err := x.Record(t.Context(), text); passtrail.CodeOf(err) != passtrail.NotFound {
			t.Errorf("record %q: %v", text, err)
		}
		if m, err := x.Timeline(t.Context(), text, 0, 0); err != nil || len(m) > 0 {
			t.Errorf("timeline %q: %v, %v", text, m, err)
		}
	}
}

// TestPaging goes through many records that share few instants, while newer records come in, and sees each once.
func TestPaging(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	x := explore.Explorer{Engine: s.Engine, Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now}
	for i := range 25 {
		s.Add(scene.Event{At: scene.Time("2026-03-10") + passtrail.Ticks(i/6)*passtrail.Hour, Key: "change", Actor: "adele", ID: fmt.Sprintf("id %02d/é", (i*7)%25)})
	}
	s.Commit()
	var seen []string
	after := ""
	for pages := 0; ; pages++ {
		page, err := x.Events(t.Context(), explore.Filter{}, after, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Events) > 4 || pages > 10 {
			t.Fatalf("page %d has %d events", pages, len(page.Events))
		}
		seen = append(seen, ids(page.Events)...)
		if after = page.Next; after == "" {
			break
		}
		s.Add(scene.Event{At: scene.Time("2026-03-15") + passtrail.Ticks(pages), Key: "change", Actor: "alex"})
		s.Commit()
	}
	want := slices.Clone(seen)
	slices.Sort(want)
	if want = slices.Compact(want); len(seen) != 25 || len(want) != 25 {
		t.Errorf("%d records on the pages, %d different, want 25", len(seen), len(want))
	}
	for _, bad := range []string{"x", "!!", base64.RawURLEncoding.EncodeToString([]byte("-1 x")), base64.RawURLEncoding.EncodeToString([]byte("zzzzzzzzzzzzzz x")), base64.RawURLEncoding.EncodeToString([]byte("12"))} {
		if _, err := x.Events(t.Context(), explore.Filter{}, bad, 4); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("position %q: %v, want Invalid", bad, err)
		}
	}
	if _, err := x.Events(t.Context(), explore.Filter{}, "", 0); passtrail.CodeOf(err) != passtrail.Invalid {
		t.Errorf("a page of nothing: %v", err)
	}
}

// TestPagingThroughText pages through records of years that a text is in: the pages together are the export, whatever the
// stretches of time that the search goes through.
func TestPagingThroughText(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	for i, days := range []passtrail.Ticks{-1, 0, 0, 1, 1, 4, 5, 6, 21, 21, 22, 85, 86, 400, 5000} { // before now
		at := s.Now - days*passtrail.Day
		s.Add(scene.Event{ID: fmt.Sprintf("hit-%02d", i), At: at, Key: "admin_reset", Actor: "desk", Target: "adele"},
			scene.Event{ID: fmt.Sprintf("other-%02d", i), At: at, Key: "reset", Actor: "alex"})
	}
	s.Commit()
	x := explore.Explorer{Engine: s.Engine, Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now}
	for _, f := range []explore.Filter{{Text: "desk@"}, {Text: "desk@", From: s.Now - 30*passtrail.Day}, {Text: "desk@", To: s.Now - 2*passtrail.Day}, {Text: "nowhere"}, {Text: "desk@", From: s.Now - 4*passtrail.Day, To: s.Now - passtrail.Day}} {
		res, err := x.Engine.Run(t.Context(), query.Request{Text: f.ExportText(), Tenants: x.Tenants, Now: x.Now})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, row := range res.Tables[0].Rows {
			want = append(want, row[len(row)-1].(string))
		}
		for _, limit := range []int{1, 2, 4, 100} {
			var got []string
			for after := ""; ; {
				page, err := x.Events(t.Context(), f, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, ids(page.Events)...)
				if after = page.Next; after == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%+v, %d a page: %v, want %v", f, limit, got, want)
			}
		}
	}
}

func TestFacets(t *testing.T) {
	_, x := few(t)
	got, err := x.Facets(t.Context(), explore.Filter{Actor: "desk"}, "ActivityDisplayName", 5)
	if want := "[{Reset password (by admin) 1} {Reset user password 1}]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("Facets = %v, %v; want %s", got, err, want)
	}
	for _, column := range []string{"nosuch", "Id | union AuditLogs", "TimeGenerated", ""} {
		if _, err := x.Facets(t.Context(), explore.Filter{}, column, 5); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("column %q: %v, want Invalid", column, err)
		}
	}
}

func TestRecord(t *testing.T) {
	_, x := few(t)
	d, err := x.Record(t.Context(), "failed")
	if err != nil {
		t.Fatal(err)
	}
	if d.ID != "failed" || d.TargetUPN != "alex@contoso.com" || d.Result != "failure" || d.Plain == "" || d.Problem == "" || d.Remedy == "" || d.FixedBy == "" || d.AttemptID == "" || !strings.Contains(string(d.InitiatedBy), "id-alex") {
		t.Errorf("record = %+v", d)
	}
	if d, err = x.Record(t.Context(), "dir"); err != nil || d.AttemptID != "" || d.Problem != "" {
		t.Errorf("record = %+v, %v", d, err)
	}
	if _, err := x.Record(t.Context(), "FAILED"); passtrail.CodeOf(err) != passtrail.NotFound {
		t.Errorf("an id in other letters: %v, want NotFound", err)
	}
}

func TestPerson(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	x := explore.Explorer{Engine: s.Engine, Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now}
	at := scene.Time("2026-03-10")
	for i, who := range []string{"adele", "adele.v", "alex", "UserId", "twin"} {
		s.Add(scene.Event{At: at + passtrail.Ticks(i), Key: "change", Actor: who})
	}
	for i := range 30 {
		s.Add(scene.Event{At: at, Key: "change", Actor: fmt.Sprintf("bo%02d", i)}, scene.Event{At: at, Key: "change", Actor: "bo"})
	}
	s.Registered(scene.Time("2026-03-01"), map[string]string{"adele": "mobilePhone email", "grady": "", "chief": "email"})
	s.Roles(scene.Time("2026-03-01"), map[string]string{"chief": "Global Administrator", "alex": "Helpdesk Administrator"})
	s.Commit()
	for who, want := range map[string]string{
		"alex": "id-alex", "ALEX@CONTOSO.COM": "id-alex", "id-alex": "id-alex", " alex ": "id-alex", "Alex Vance": "id-alex", "adele@contoso.com": "id-adele", "adele.": "id-adele.v",
		"grady": "id-grady", "UserId": "id-UserId", "bo@contoso.com": "id-bo", "id-bo": "id-bo",
	} {
		if p, err := x.Person(t.Context(), who); err != nil || p.ID != want {
			t.Errorf("Person(%q) = %+v, %v; want %s", who, p, err, want)
		}
	}
	for who, want := range map[string]struct {
		code passtrail.Code
		text string
	}{
		"adele": {passtrail.Conflict, "adele.v@contoso.com"}, "a": {passtrail.Conflict, "3 people's names begin"}, "bo": {passtrail.Conflict, "20 or more people's"}, "nobody": {passtrail.NotFound, "nobody"}, "  ": {passtrail.Invalid, "name a person"},
	} {
		if _, err := x.Person(t.Context(), who); passtrail.CodeOf(err) != want.code || !strings.Contains(err.Error(), want.text) {
			t.Errorf("Person(%q) = %v, want %s with %q", who, err, want.code, want.text)
		}
	}
	p, err := x.Person(t.Context(), "adele@contoso.com")
	if err != nil || !p.Known || !p.Registered || p.DataRegistered != "Alternate email + Mobile phone" || p.Name != "Adele Vance" || p.Role != "User" {
		t.Errorf("adele = %+v, %v", p, err)
	}
	if p, err = x.Person(t.Context(), "grady"); err != nil || !p.Known || p.Registered {
		t.Errorf("grady = %+v, %v", p, err)
	}
	if p, err = x.Person(t.Context(), "alex"); err != nil || p.Known || p.Role != "Helpdesk Administrator" {
		t.Errorf("alex = %+v, %v; no snapshot holds him", p, err)
	}
	if p, err = x.Person(t.Context(), "chief"); err != nil || p.Role != "Global Administrator" {
		t.Errorf("chief = %+v, %v", p, err)
	}
}

func TestTimeline(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	x := explore.Explorer{Engine: s.Engine, Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now}
	at := scene.Time("2026-03-10T08:00:00Z")
	attempt := s.Attempt(at, "adele", "192.0.2.1", "start options sms sms+ gates new refused new end reset")
	s.Attempt(at+passtrail.Hour, "adele", "192.0.2.2", "start options cancel")
	s.Attempt(at, "alex", "192.0.2.3", scene.Full)
	s.Add(scene.Event{ID: "desk", At: at + 2*passtrail.Day, Key: "admin_reset", Actor: "desk", Target: "adele"})
	s.Add(scene.Event{ID: "after", At: at + 2*passtrail.Day + 5*passtrail.Minute, Key: "change", Actor: "adele", Reason: "None"})
	s.Add(scene.Event{ID: "alone", At: at + 4*passtrail.Day, Key: "change", Actor: "adele", Reason: "None"})
	s.Commit()
	moments, err := x.Timeline(t.Context(), "id-adele", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	records := 0
	for _, m := range moments {
		got = append(got, fmt.Sprintf("%s %s %d", m.Kind, m.Result, len(m.Events)))
		records += len(m.Events)
	}
	want := []string{"change success 1", "admin_reset success 2", "attempt cancelled 3", "attempt reset 10"}
	if !slices.Equal(got, want) || records != 16 {
		t.Errorf("moments = %q, want %q", got, want)
	}
	last := moments[3]
	if last.Attempt != attempt || last.Address != "192.0.2.1" || !strings.Contains(last.Title, "reset the password") || !strings.Contains(last.Title, "1 method completed, 1 new password refused") || last.Time != at {
		t.Errorf("the attempt is %+v", last)
	}
	if m := moments[1]; m.By != "desk@contoso.com" || !strings.Contains(m.Title, "the person then chose a new one") {
		t.Errorf("the reset by the help desk is %+v", m)
	}
	for _, c := range []struct {
		from, to passtrail.Ticks
		want     int
	}{{at + passtrail.Day, 0, 2}, {0, at + 2*passtrail.Day, 2}, {at + 4*passtrail.Day, 0, 1}, {0, at + 4*passtrail.Day, 3}} {
		if m, err := x.Timeline(t.Context(), "id-adele", c.from, c.to); err != nil || len(m) != c.want {
			t.Errorf("from %s to %s: %d moments, %v; want %d", c.from, c.to, len(m), err, c.want)
		}
	}
}

func TestAttemptFilter(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	at := scene.Time("2026-03-10T08:00:00Z")
	a := s.Attempt(at, "adele", "192.0.2.1", scene.Full)
	b := s.Attempt(at+passtrail.Hour, "alex", "192.0.2.2", "start options email cancel")
	s.Commit()
	for _, c := range []struct {
		filter explore.AttemptFilter
		want   string
	}{
		{explore.AttemptFilter{}, b + " " + a},
		{explore.AttemptFilter{Outcome: "reset"}, a},
		{explore.AttemptFilter{Problem: "cancelled"}, b},
		{explore.AttemptFilter{Method: "email"}, b},
		{explore.AttemptFilter{Method: "mobileSMS"}, a},
		{explore.AttemptFilter{Person: "alex"}, b},
		{explore.AttemptFilter{Address: "192.0.2.1"}, a},
		{explore.AttemptFilter{AttemptID: b}, b},
		{explore.AttemptFilter{From: at + 1}, b},
		{explore.AttemptFilter{To: at + passtrail.Hour}, a},
	} {
		var got []string
		for _, row := range s.Ask(c.filter.KQL()).Rows {
			got = append(got, row[0].(string))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v, want %s", c.filter, got, c.want)
		}
	}
}

// TestAllTogether: the export has what the pages have.
func TestExportText(t *testing.T) {
	s, x := few(t)
	f := explore.Filter{Actor: "desk"}
	page, err := x.Events(t.Context(), f, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	table := s.Ask(f.ExportText())
	for i, e := range page.Events {
		if got := table.Rows[i][table.Index("Id")]; got != e.ID {
			t.Errorf("row %d is %v, want %s", i, got, e.ID)
		}
	}
	if len(table.Rows) != len(page.Events) {
		t.Errorf("%d rows, want %d", len(table.Rows), len(page.Events))
	}
}

func FuzzQuote(f *testing.F) {
	f.Add(`a"b\c`)
	f.Fuzz(func(t *testing.T, s string) {
		q := explore.Quote(s)
		inner := strings.NewReplacer(`\\`, "", `\"`, "").Replace(q[1 : len(q)-1])
		if strings.ContainsAny(inner, "\"\n\r") {
			t.Errorf("Quote(%q) = %s lets something out", s, q)
		}
	})
}
