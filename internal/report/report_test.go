package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"passtrail"
	"passtrail/content"
	"passtrail/internal/detect"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/report"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

var update = flag.Bool("update", false, "write the golden files anew; read them before you keep them")

// library loads our reports on a scene.
func library(t *testing.T, s *scene.Scene) *report.Library {
	t.Helper()
	lib, err := report.Load(content.Files, s.Engine)
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

func run(t *testing.T, lib *report.Library, id string, p report.Params) *report.Output {
	t.Helper()
	r, err := lib.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	out, err := lib.Run(t.Context(), r, p)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return out
}

func TestDefinitions(t *testing.T) {
	lib, err := report.Load(content.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"registered-count", "registered-people", "data-registered", "resets-last-7-days", "methods-used", "common-problems", "admins-resetting-often", "suspicious-activity", "policy-changes"}
	var got []string
	orders := map[int]bool{}
	for _, r := range lib.Reports {
		got = append(got, r.ID)
		if orders[r.Order] {
			t.Errorf("%s has the order of another report", r.ID)
		}
		orders[r.Order] = true
		if r.Short == "" || r.Answer == "" || !strings.HasSuffix(r.Title, "?") {
			t.Errorf("%s lacks a short word, an answer or a question", r.ID)
		}
	}
	if !slices.Equal(got[:9], want) || len(got) < 17 {
		t.Errorf("reports = %v, want the nine questions first", got)
	}
	_, err = lib.Find("nosuch")
	if passtrail.CodeOf(err) != passtrail.NotFound || !strings.Contains(err.Error(), "registered-count") {
		t.Errorf("Find(nosuch) = %v", err)
	}
}

func TestBadDefinitions(t *testing.T) {
	const good = "order: 1\ntitle: T?\ncounts: C\nperiod: 7d\nanswer: A\ntables: [{name: t, title: T}]\n"
	for name, c := range map[string]struct{ yaml, kql, want string }{
		"unknown member":         {good + "titel: x\n", "print 1", "titel"},
		"unknown table member":   {strings.Replace(good, "title: T}", "titel: T}", 1), "print 1", "titel"},
		"no counts":              {strings.Replace(good, "counts: C\n", "", 1), "print 1", "counts"},
		"no tables":              {strings.Replace(good, "tables: [{name: t, title: T}]\n", "", 1), "print 1", "tables"},
		"period":                 {strings.Replace(good, "7d", "a week", 1), "print 1", "a week"},
		"no query":               {good, "", "x.kql"},
		"broken answer template": {strings.Replace(good, "answer: A", `answer: "{{.A"`, 1), "print 1", "x.yaml"},
	} {
		files := fstest.MapFS{"reports/x.yaml": {Data: []byte(c.yaml)}}
		if c.kql != "" {
			files["reports/x.kql"] = &fstest.MapFile{Data: []byte(c.kql)}
		}
		if _, err := report.Load(files, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
	s := scene.New(t, "2026-03-20")
	lib, err := report.Load(fstest.MapFS{"reports/x.yaml": {Data: []byte(good)}, "reports/x.kql": {Data: []byte("print 1; print 2")}}, s.Engine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lib.Run(t.Context(), lib.Reports[0], report.Params{Tenant: scene.Contoso, Now: s.Now}); err == nil || !strings.Contains(err.Error(), "2 tables") {
		t.Errorf("Run = %v, want a complaint about two tables", err)
	}
}

// TestEmptyTenant: without any data every report answers, in a whole sentence, in every format.
func TestEmptyTenant(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	lib := library(t, s)
	var outs []*report.Output
	for _, r := range lib.Reports {
		out := run(t, lib, r.ID, report.Params{Tenant: scene.Contoso, Now: s.Now})
		if a := out.Answer; a == "" || !strings.HasSuffix(a, ".") || strings.Contains(a, "<no value>") || strings.Contains(a, "<nil>") || strings.Contains(a, "NaN") {
			t.Errorf("%s answers %q", r.ID, a)
		}
		for i, table := range out.Tables {
			for _, row := range table.Rows {
				if text := fmt.Sprint(row); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
					t.Errorf("%s, table %d: %s", r.ID, i, text)
				}
			}
		}
		var b bytes.Buffer
		if err := out.WriteJSON(&b); err != nil || !json.Valid(b.Bytes()) {
			t.Errorf("%s: %v, %s", r.ID, err, b.Bytes())
		}
		if len(r.Assumes) > 0 && len(out.Notes) == 0 {
			t.Errorf("%s does not say that no snapshot is known", r.ID)
		}
		outs = append(outs, out)
	}
	var b bytes.Buffer
	if err := report.WriteHTML(&b, outs, store.Tenant{ID: scene.Contoso}, time.UTC); err != nil {
		t.Fatal(err)
	}
	checkPage(t, b.String())
}

// small is a tenant of four people with something for most reports.
func small(t *testing.T) *scene.Scene {
	t.Helper()
	s := scene.New(t, "2026-03-20T12:00:00Z")
	s.Roles(scene.Time("2026-03-01"), map[string]string{"chief": "Global Administrator"})
	s.Registered(scene.Time("2026-03-01"), map[string]string{"adele": "mobilePhone email", "alex": "email", "chief": "mobilePhone", "grady": ""})
	s.Attempt(scene.Time("2026-03-16T09:00:00Z"), "adele", "192.0.2.10", scene.Full)
	s.Attempt(scene.Time("2026-03-17T09:00:00Z"), "alex", "192.0.2.11", "start options email email+ gates new refused new end reset")
	s.Attempt(scene.Time("2026-03-17T10:00:00Z"), "alex", "192.0.2.11", "start options email cancel")
	s.Attempt(scene.Time("2026-03-18T10:00:00Z"), "grady", "192.0.2.12", "start options sms blocked")
	s.Attempt(scene.Time("2026-03-08T10:00:00Z"), "adele", "192.0.2.10", scene.Full)
	for day := range 3 {
		s.Add(scene.Event{At: scene.Time("2026-03-10T08:00:00Z") + passtrail.Ticks(day)*passtrail.Day, Key: "change", Actor: "chief", Reason: "None", Address: "192.0.2.13"})
	}
	s.Add(scene.Event{At: scene.Time("2026-03-18T13:00:00Z"), Key: "admin_reset", Actor: "chief", Target: "grady", Agent: "CloudSync"},
		scene.Event{At: scene.Time("2026-03-19T13:00:00Z"), Key: "admin_reset", Actor: "chief", Target: "adele"},
		scene.Event{At: scene.Time("2026-03-19T14:00:00Z"), Key: "info_deleted", Actor: "adele", Reason: "User deleted Mobile Phone"})
	s.Commit()
	return s
}

// TestGolden holds the JSON of every report on a small tenant to testdata/golden: its form is a promise.
func TestGolden(t *testing.T) {
	s := small(t)
	lib := library(t, s)
	for _, r := range lib.Reports {
		var b bytes.Buffer
		if err := run(t, lib, r.ID, report.Params{Tenant: scene.Contoso, Now: s.Now}).WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("testdata", "golden", r.ID+".json")
		if *update {
			if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != string(want) {
			t.Errorf("%s differs from %s (go test -update writes it anew):\n%s", r.ID, name, firstDifference(got, string(want)))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %s\nwant    %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func TestPeriods(t *testing.T) {
	for in, want := range map[string]passtrail.Ticks{"30d": 30 * passtrail.Day, "12h": 12 * passtrail.Hour, "4w": 28 * passtrail.Day, "90m": 90 * passtrail.Minute} {
		if got, err := report.ParsePeriod(in); err != nil || got != want {
			t.Errorf("ParsePeriod(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "d", "0d", "-3d", "3", "3y", "1.5d", "99999999d", "٣d"} {
		if _, err := report.ParsePeriod(in); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("ParsePeriod(%q) = %v, want Invalid", in, err)
		}
	}
	now := scene.Time("2026-03-20T12:00:00Z")
	for in, want := range map[string]string{"7d": "2026-03-13T12:00:00Z", "2026-03-01": "2026-03-01", "2026-03-01T08:00:00+01:00": "2026-03-01T07:00:00Z"} {
		if got, err := report.ParseSince(in, now); err != nil || got != scene.Time(want) {
			t.Errorf("ParseSince(%q) = %s, %v; want %s", in, got, err, want)
		}
	}
	if _, err := report.ParseSince("yesterday", now); passtrail.CodeOf(err) != passtrail.Invalid {
		t.Errorf("ParseSince(yesterday) = %v", err)
	}
}

// TestPeriodIsHalfOpen: what happened at the beginning counts, what happened at the end does not.
func TestPeriodIsHalfOpen(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	id := s.Attempt(scene.Time("2026-03-16T09:00:00Z"), "adele", "192.0.2.10", "start end reset")
	s.Commit()
	lib := library(t, s)
	end := s.Ask("PasswordResetAttempts | where AttemptId == '" + id + "' | project End").Rows[0][0].(int64)
	for _, c := range []struct{ from, to, want passtrail.Ticks }{
		{passtrail.Ticks(end), passtrail.Ticks(end) + 1, 1}, {passtrail.Ticks(end) - passtrail.Day, passtrail.Ticks(end), 0}, {passtrail.Ticks(end) + 1, s.Now, 0},
	} {
		out := run(t, lib, "resets-last-7-days", report.Params{Tenant: scene.Contoso, Now: s.Now, From: c.from, To: c.to})
		if got := out.Tables[0].Rows[0][out.Tables[0].Index("Resets")]; got != int64(c.want) {
			t.Errorf("%s to %s: %v resets, want %d", c.from, c.to, got, c.want)
		}
	}
	r, err := lib.Find("resets-last-7-days")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []report.Params{{From: s.Now, To: s.Now}, {From: s.Now + 1}, {Threshold: -1}} {
		p.Tenant, p.Now = scene.Contoso, s.Now
		if _, err := lib.Run(t.Context(), r, p); passtrail.CodeOf(err) != passtrail.Invalid {
			t.Errorf("Run(%+v) = %v, want Invalid", p, err)
		}
	}
}

// TestOpenPeriod: all time is from the first record on, and answers what a period that holds everything answers.
func TestOpenPeriod(t *testing.T) {
	s := small(t)
	lib := library(t, s)
	for _, r := range lib.Reports {
		open := run(t, lib, r.ID, report.Params{Tenant: scene.Contoso, Now: s.Now, From: 1})
		wide := run(t, lib, r.ID, report.Params{Tenant: scene.Contoso, Now: s.Now, From: scene.Time("2026-01-01")})
		if open.Answer != wide.Answer || open.Params.From != scene.Time("2026-03-01") {
			t.Errorf("%s, all time from %s on: %q; since January: %q", r.ID, open.Params.From, open.Answer, wide.Answer)
		}
	}
}

// TestStateIsOfToday: a report that shows the state of registration now says so where its period ends before.
func TestStateIsOfToday(t *testing.T) {
	s := small(t)
	lib := library(t, s)
	for _, r := range lib.Reports {
		for to, past := range map[passtrail.Ticks]bool{s.Now: false, scene.Time("2026-03-18"): true} {
			out := run(t, lib, r.ID, report.Params{Tenant: scene.Contoso, Now: s.Now, To: to})
			said := slices.ContainsFunc(out.Notes, func(n string) bool { return strings.HasPrefix(n, "Registration is shown as of 20 March 2026") })
			if said != (past && strings.Contains(r.Query, "UserRegistrationDetails")) {
				t.Errorf("%s up to %s: says that its state is of today: %t", r.ID, to, said)
			}
		}
	}
}

func TestThreshold(t *testing.T) {
	s := small(t)
	lib := library(t, s)
	for threshold, want := range map[int]int{0: 1, 1: 1, 3: 1, 4: 0} {
		out := run(t, lib, "admins-resetting-often", report.Params{Tenant: scene.Contoso, Now: s.Now, Threshold: threshold})
		if got := len(out.Tables[0].Rows); got != want {
			t.Errorf("threshold %d: %d administrators, want %d", threshold, got, want)
		}
		if threshold == 4 && out.Answer != "0 administrators reset or changed their own password 4 times or more." {
			t.Errorf("answer = %q", out.Answer)
		}
	}
}

func TestNotes(t *testing.T) {
	s := small(t)
	lib := library(t, s)
	out := run(t, lib, "admins-resetting-often", report.Params{Tenant: scene.Contoso, Now: s.Now})
	if len(out.Notes) != 3 || !strings.Contains(out.Notes[0], "18 February to 7 March 2026 not covered") || !strings.Contains(out.Notes[1], "roles is known since 2026-03-01T00:00Z") || !strings.HasPrefix(out.Notes[2], "Final up to 2026-03-18T14:00Z; later figures may still grow") {
		t.Errorf("notes = %q", out.Notes)
	}
	out = run(t, lib, "admins-resetting-often", report.Params{Tenant: scene.Contoso, Now: s.Now, From: scene.Time("2026-03-10"), To: scene.Time("2026-03-13")})
	if len(out.Notes) != 0 {
		t.Errorf("notes = %q, want none: the state is known in the whole period, which is final", out.Notes)
	}
	if out = run(t, lib, "funnel", report.Params{Tenant: "99999999-0000-4000-8000-000000000000", Now: s.Now}); len(out.Notes) != 2 || !strings.HasPrefix(out.Notes[0], "No audit records are known") || !strings.HasPrefix(out.Notes[1], "Open: ") {
		t.Errorf("notes without records = %q", out.Notes)
	}
}

// TestRulesThatCannotRun: an analytics rule over a table that is not here is a note and silences nothing.
func TestRulesThatCannotRun(t *testing.T) {
	s := small(t)
	lib := library(t, s)
	for _, text := range []string{"id: a\nname: Foreign\nseverity: Low\nquery: SecurityEvent | take 1\n", "id: b\nname: Own\nseverity: Low\nquery: AuditLogs | take 1\n"} {
		r, err := detect.ParseSentinel([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		lib.Sentinel = append(lib.Sentinel, r)
	}
	out := run(t, lib, "suspicious-activity", report.Params{Tenant: scene.Contoso, Now: s.Now, From: s.Now - 2*passtrail.Day})
	if len(out.Notes) != 2 || !strings.Contains(out.Notes[0], "Foreign") || !strings.Contains(out.Notes[0], "SecurityEvent") {
		t.Errorf("notes = %q", out.Notes)
	}
	rules := map[any]bool{}
	for _, row := range out.Tables[0].Rows {
		rules[row[out.Tables[0].Index("Rule")]] = true
	}
	if !rules["b"] || !rules["blocked-then-admin-reset"] {
		t.Errorf("rules that found something: %v", slices.Collect(maps.Keys(rules)))
	}
}

// TestDrillText writes hostile values as literals: they stay values.
func TestDrillText(t *testing.T) {
	const drill = "print Text = {{Text}}, N = {{N}}, At = {{At}}, Span = {{Span}}, Yes = {{Yes}}, Bag = {{Bag}}, R = {{R}}, Again = {{Text}}"
	r := &report.Report{Tables: []report.Table{{Name: "t", Drill: drill}, {Name: "none"}}}
	o := &report.Output{Report: r, Params: report.Params{From: scene.Time("2026-03-01"), To: scene.Time("2026-03-02")}}
	table := query.Table{Name: "t", Columns: []query.Column{{Name: "Text", Type: types.String}, {Name: "N", Type: types.Long}, {Name: "At", Type: types.DateTime}, {Name: "Span", Type: types.TimeSpan},
		{Name: "Yes", Type: types.Bool}, {Name: "Bag", Type: types.Dynamic}, {Name: "R", Type: types.Real}}}
	s := scene.New(t, "2026-03-20")
	for _, text := range []string{"", "{{Text}}", "{{Nosuch}}", `a"; AuditLogs //`, `\`, `\"`, "two\nlines\ttab\r", "ünï☂", "'", "}}", `@"x`, "$1"} {
		row := []any{text, int64(-5), int64(scene.Time("2026-03-03T10:16:04.7783410Z")), int64(-90 * passtrail.Minute), true, `{"k":["v"]}`, -1.5}
		for n, row := range [][]any{row, {text, nil, nil, nil, nil, nil, nil}} {
			res, err := s.Engine.Run(t.Context(), query.Request{Text: o.DrillText(table, row), Now: s.Now})
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			got := res.Tables[0].Rows[0]
			if got[0] != text || got[7] != text || n == 0 && (got[1] != row[1] || got[2] != row[2] || got[3] != row[3] || got[4] != true || got[6] != -1.5) || n == 1 && (got[1] != nil || got[2] != nil) {
				t.Errorf("%q came back as %#v, want %#v", text, got, row)
			}
		}
	}
	table.Name = "none"
	if got := o.DrillText(table, nil); got != "" {
		t.Errorf("a table without a way down: %q", got)
	}
	table.Name = "other"
	if got := o.DrillText(table, nil); got != "" {
		t.Errorf("another table: %q", got)
	}
	table.Name, table.Columns = "t", table.Columns[:1]
	if got := o.DrillText(table, []any{"x"}); got != "" {
		t.Errorf("a row without the columns: %q", got)
	}
}

// checkPage wants a page that is well formed and fetches nothing.
func checkPage(t *testing.T, page string) {
	t.Helper()
	fetches := regexp.MustCompile(`(?i)<(script|link|iframe|img|object|embed|base|form)\b|\b(src|href|action)\s*=\s*["']?(https?:|//|data:|javascript:)|@import|url\(|<[^>]+\son[a-z]+\s*=`)
	if found := fetches.FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
	d := xml.NewDecoder(strings.NewReader(regexp.MustCompile(`<(meta|br|hr|col)\b([^>]*)>`).ReplaceAllString(page, "<$1$2/>")))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Errorf("the page is not well formed: %v", err)
			return
		}
	}
}

// TestPage writes all reports with hostile names as one page.
func TestPage(t *testing.T) {
	s := scene.New(t, "2026-03-20T12:00:00Z")
	hostile := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</svg><b>`, `&amp;{{.Title}}`, `javascript:alert(1)`, "\x1b[31m\u202e"}
	methods := map[string]string{}
	for i, name := range hostile {
		methods[name] = "email"
		s.Attempt(scene.Time("2026-03-16T09:00:00Z")+passtrail.Ticks(i)*passtrail.Hour, name, name, scene.Full)
		s.Attempt(scene.Time("2026-03-18T09:00:00Z")+passtrail.Ticks(i)*passtrail.Minute, name, "198.51.100.9", "start sms blocked")
		s.Add(scene.Event{At: scene.Time("2026-03-19T09:00:00Z"), Key: "admin_reset", Actor: name, Target: "adele", Agent: name})
	}
	s.Registered(scene.Time("2026-03-01"), methods)
	s.Commit()
	lib := library(t, s)
	var outs []*report.Output
	for _, r := range lib.Reports {
		outs = append(outs, run(t, lib, r.ID, report.Params{Tenant: scene.Contoso, Now: s.Now}))
	}
	var b bytes.Buffer
	if err := report.WriteHTML(&b, outs, store.Tenant{ID: scene.Contoso, Name: hostile[0]}, time.UTC); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	checkPage(t, page)
	for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "<svg", "@media print", "@page", lib.Reports[7].Title} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
