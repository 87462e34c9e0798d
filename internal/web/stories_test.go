package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/query"
	"passtrail/internal/web"
)

// text is what a reader sees of an element.
func (b *browser) text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`(document.querySelector(%q)?.innerText || "").trim()`, selector))
}

// click clicks an element as a person would.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.until("to click "+selector, fmt.Sprintf(`document.querySelector(%q)`, selector))
	b.run(chromedp.Click(chromedp.CSS(selector)))
}

// answer asks the engine, for what the page should say.
func (w *world) answer(t *testing.T, text string) [][]any {
	t.Helper()
	res, err := w.engine.Run(t.Context(), query.Request{Text: text, Tenants: []passtrail.TenantID{w.tenant}, Now: passtrail.TicksOf(w.now())})
	if err != nil {
		t.Fatal(err)
	}
	return res.Tables[0].Rows
}

// TestOverviewAnswersTheNineQuestions reads the nine cards and opens each report from its question.
func TestOverviewAnswersTheNineQuestions(t *testing.T) {
	s, w := realSite(t)
	b := newBrowser(t, s)
	b.look(1440, "light")
	b.open("/")
	b.shot("real-overview")
	questions := eval[[]string](b, `[...document.querySelectorAll('.answer h2 a[href^="/reports/"]')].map((a) => a.getAttribute("href"))`)
	if len(questions) != 9 {
		t.Fatalf("the overview has %d questions, want 9", len(questions))
	}
	rows := w.answer(t, `PasswordResetAttempts | where Outcome == "reset" and End >= ago(7d) | summarize dcount(UserId)`)
	want := fmt.Sprint(rows[0][0])
	if got := b.text(`[aria-labelledby="q-resets-last-7-days"] .figure`); !strings.HasPrefix(got, want) {
		t.Errorf("the card says that %q reset their password, want %s", got, want)
	}
	for _, href := range questions {
		b.open(href)
		if b.text("h1") == "" || !strings.Contains(b.text("main"), "How it counts") {
			t.Errorf("%s does not say what it answers and how it counts", href)
		}
		name := strings.TrimPrefix(strings.Split(href, "?")[0], "/reports/")
		b.shot("real-report-" + name)
		b.quiet(href)
	}
}

// TestFindOnePersonsFailedReset does what a help desk does: a name, the story, the attempt, the reason.
func TestFindOnePersonsFailedReset(t *testing.T) {
	s, w := realSite(t)
	row := w.answer(t, `PasswordResetAttempts | where Outcome == "failed" and Problem != "" and Start > ago(60d) | sort by Start desc | take 1 | project UserPrincipalName, AttemptId`)
	upn, attempt := row[0][0].(string), row[0][1].(string)
	b := newBrowser(t, s)
	b.look(1440, "light")
	b.open("/person")
	b.run(chromedp.SendKeys(chromedp.CSS("#q"), upn+kb.Enter))
	b.until("the person", `document.querySelector(".timeline")`)
	b.shot("real-person")
	if !strings.Contains(b.text("main"), upn) {
		t.Fatalf("the page of %s does not name the person", upn)
	}
	b.click(fmt.Sprintf(`a[href^="/attempts/%s"]`, attempt))
	b.until("the attempt", `document.querySelector("h1")?.innerText.startsWith("Attempt of")`)
	b.shot("real-attempt")
	if body := b.text("main"); !strings.Contains(body, "Failed") || !strings.Contains(body, "Who can:") {
		t.Errorf("the attempt does not say why it failed and who can help: %.400s", body)
	}
	b.quiet("attempt")
}

// TestFilterTheAuditLogToOneRecord filters without leaving the page, opens the details beside the list, reads the reason
// and closes them with Escape; the address keeps all of it.
func TestFilterTheAuditLogToOneRecord(t *testing.T) {
	s, w := realSite(t)
	row := w.answer(t, `AuditLogs | where ResultReason has "insufficient authentication methods" | sort by TimeGenerated desc | take 1 | project CorrelationId, Id`)
	correlation := row[0][0].(string)
	b := newBrowser(t, s)
	b.look(1440, "light")
	b.open("/audit?range=all")
	b.shot("real-audit")
	total := b.text(".result-line strong")
	b.click("details.more summary")
	b.run(chromedp.SendKeys(chromedp.CSS("#correlation"), correlation))
	b.until("the filtered list", fmt.Sprintf(`document.querySelector(".result-line strong").innerText !== %q && location.search.includes("correlation=")`, total))
	eval[bool](b, `(() => { // at once: the answer to the filter before may put another list of states in this one's place
		const status = document.querySelector("#status");
		status.value = "failure";
		return status.dispatchEvent(new Event("input", {bubbles: true}));
	})()`)
	b.until("the failures alone", `location.search.includes("status=failure")`)
	b.until("one record, and no other list on its way", `document.querySelectorAll("#results tbody tr").length === 1 && !document.querySelector("#results[aria-busy]")`)
	b.click("#event-0")
	b.until("the details", `document.querySelector("#details h2")`)
	b.shot("real-audit-details")
	pane := b.text("#details")
	for _, want := range []string{"Status reason", "insufficient authentication methods", "Who can:", "Initiated by", "Raw record", correlation} {
		if !strings.Contains(pane, want) {
			t.Errorf("the details lack %q", want)
		}
	}
	b.until("the focus in the details", `document.activeElement === document.querySelector("#details h2")`)
	b.until("the record in the address", `location.search.includes("id=")`)
	address := eval[string](b, `location.search`)
	b.run(chromedp.KeyEvent(kb.Escape))
	b.until("the details closed", `!document.querySelector("#details h2")`)
	b.until("the focus where it was before", `document.activeElement.id === "event-0"`)
	b.open("/audit" + address)
	if b.text("#details h2") == "" {
		t.Error("the address does not lead back to the details")
	}
	b.quiet("audit")
}

// TestBackLeadsThroughTheFilters goes back through what was filtered without leaving the page.
func TestBackLeadsThroughTheFilters(t *testing.T) {
	s, _ := realSite(t)
	b := newBrowser(t, s)
	b.open("/audit?range=all")
	choose := func(value string) {
		b.run(chromedp.SetValue(chromedp.CSS("#status"), value))
		eval[bool](b, `document.querySelector("#status").dispatchEvent(new Event("input", {bubbles: true}))`)
		b.until("the filter in the address", fmt.Sprintf(`new URLSearchParams(location.search).get("status") === %q && !document.querySelector("[aria-busy]")`, value))
	}
	choose("failure")
	failures := b.text(".result-line strong")
	choose("success")
	if b.text(".result-line strong") == failures {
		t.Fatal("the filter changes nothing")
	}
	b.run(chromedp.NavigateBack())
	b.until("the failures again", fmt.Sprintf(`document.querySelector(".result-line strong")?.innerText === %q && document.querySelector("#status").value === "failure"`, failures))
	b.quiet("back")
}

// TestExportIsExactlyWhatIsFiltered counts the rows of a download against the number on the page.
func TestExportIsExactlyWhatIsFiltered(t *testing.T) {
	s, _ := realSite(t)
	c := s.client(t, auth.Local())
	const filter = "range=all&status=failure"
	_, page := s.do(t, c, "GET", "/audit?"+filter, nil)
	_, rest, _ := strings.Cut(page, `<strong>`)
	number, _, _ := strings.Cut(rest, " record")
	matched, err := strconv.Atoi(strings.ReplaceAll(number, ",", ""))
	if err != nil || matched == 0 {
		t.Fatalf("the page names no number of records: %v", err)
	}
	_, text := s.do(t, c, "GET", "/audit/export?format=csv&"+filter, nil)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows)-1 != matched {
		t.Errorf("%d rows were exported, %d match", len(rows)-1, matched)
	}
	_, text = s.do(t, c, "GET", "/audit/export?format=json&"+filter, nil)
	var file struct {
		Tables []struct{ Rows []json.RawMessage }
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil || len(file.Tables) != 1 {
		t.Fatalf("JSON export: %v in %.200s", err, text)
	}
	if len(file.Tables[0].Rows) != matched {
		t.Errorf("%d rows were exported, %d match", len(file.Tables[0].Rows), matched)
	}
}

// TestWriteRunAndBreakAQuery types a query with the help of completion, runs it with Shift+Enter, sorts the result,
// breaks it and reads where.
func TestWriteRunAndBreakAQuery(t *testing.T) {
	s, _ := realSite(t)
	b := newBrowser(t, s)
	b.look(1440, "light")
	b.open("/query")
	b.until("the language service", `document.documentElement.dataset.editor === "ready"`)
	b.click(".cm-content")
	b.run(chromedp.KeyEvent("PasswordResetAttempts | summarize Count = count() by Outc"))
	b.until("the completion list", `[...document.querySelectorAll(".cm-tooltip-autocomplete li")].some((li) => li.innerText.includes("Outcome"))`)
	b.shot("real-query-completion")
	b.until("the list to take keys, which it does a moment after it opened", `(window.listSince ??= performance.now()) && performance.now() - window.listSince > 200 && document.querySelector(".cm-tooltip-autocomplete li[aria-selected]")`)
	b.run(chromedp.KeyEvent(kb.Enter))
	b.until("the completed word", `document.querySelector("#q").value.includes("by Outcome")`)
	b.run(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(kb.ModifierShift)))
	b.until("the result", `document.querySelector("#result tbody tr")`)
	b.shot("real-query-result")
	if !eval[bool](b, `new URLSearchParams(location.search).get("q").includes("by Outcome")`) {
		t.Error("the query is not in the address")
	}
	b.click("#result thead th:nth-child(2) button")
	if !eval[bool](b, `(() => { const n = [...document.querySelectorAll("#result tbody td:nth-child(2)")].map((c) => Number(c.dataset.sort)); return n.length > 2 && n.every((v, i) => i === 0 || n[i - 1] <= v); })()`) {
		t.Error("the result is not sorted by the number")
	}
	b.quiet("query")
	b.open("/query?q=" + url.QueryEscape("AuditLogs\n| where Wrong == 1"))
	b.until("a squiggle", `document.querySelector(".cm-lintRange-error")`)
	b.click("#run")
	b.until("the mistake", `document.querySelector("#result .mistake")`)
	b.shot("real-query-mistake")
	if got := b.text("#result"); !strings.Contains(got, "Wrong") || !strings.Contains(got, "^~~~~") {
		t.Errorf("the mistake is told as %q", got)
	}
	b.open("/query?run=1&q=" + url.QueryEscape("PasswordResetAttempts | summarize Count = count() by bin(Start, 7d), Outcome | render timechart"))
	b.until("the chart", `document.querySelector("#result .plot-live svg")`)
	b.shot("real-query-chart")
	b.quiet("query with a chart")
}

// TestFunctionsThatAreNotThereAreNotOffered holds the editor to the engine.
func TestFunctionsThatAreNotThereAreNotOffered(t *testing.T) {
	s, _ := realSite(t)
	b := newBrowser(t, s)
	b.open("/query")
	b.until("the language service", `document.documentElement.dataset.editor === "ready"`)
	b.click(".cm-content")
	b.run(chromedp.KeyEvent("AuditLogs | extend x = hash_sha"))
	b.until("what is there", `[...document.querySelectorAll(".cm-tooltip-autocomplete li")].some((li) => li.innerText.includes("hash_sha256"))`)
	b.run(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(strings.Repeat(kb.Backspace, 8)), chromedp.KeyEvent("externalda"))
	b.until("no list", `![...document.querySelectorAll(".cm-tooltip-autocomplete li")].some((li) => li.innerText.includes("externaldata"))`)
}

// TestEngineCompletesWhatTheServiceDoesNotKnow offers what is inside our tables' JSON, and explains in the engine's words.
func TestEngineCompletesWhatTheServiceDoesNotKnow(t *testing.T) {
	s, _ := realSite(t)
	b := newBrowser(t, s)
	b.open("/query")
	b.until("the language service", `document.documentElement.dataset.editor === "ready"`)
	b.click(".cm-content")
	b.run(chromedp.KeyEvent("AuditLogs | where InitiatedBy.user.ipA"))
	b.until("the path", `[...document.querySelectorAll(".cm-tooltip-autocomplete li")].some((li) => li.innerText.includes("ipAddress"))`)
	b.run(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(strings.Repeat(kb.Backspace, len("InitiatedBy.user.ipA"))), chromedp.KeyEvent("ActivityDispl"))
	b.until("the explanation", `document.querySelector(".cm-completionInfo")?.innerText.includes("activity")`)
	b.shot("real-query-info")
	b.quiet("engine's completion")
}

// tells is a watcher that has something new as soon as somebody listens.
type tells string

// Watch tells it once.
func (w tells) Watch(ctx context.Context, _ passtrail.TenantID, changed func(string)) error {
	changed(string(w))
	<-ctx.Done()
	return nil
}

// TestOpenPagesAreTold shows quietly, without moving what is read, that there is something new.
func TestOpenPagesAreTold(t *testing.T) {
	b := newBrowser(t, newSiteAt(t, newSample(), now, func(c *web.Config) { c.Changes = tells("12 new records; show them") }))
	b.open("/audit")
	b.until("the news", `!document.querySelector("#live").hidden && document.querySelector("#live").innerText.includes("12 new records")`)
	b.run(chromedp.SetValue(chromedp.CSS("#status"), "failure"))
	eval[bool](b, `document.querySelector("#status").dispatchEvent(new Event("input", {bubbles: true}))`)
	b.until("the filter", `location.search.includes("status=failure") && !document.querySelector("[aria-busy]")`)
	eval[bool](b, `window.before = true`)
	b.click("#live a")
	b.until("the page again, filtered as before", `!window.before && document.querySelector("#results") && location.search.includes("status=failure")`)
	eval[bool](b, `document.querySelector("#range").value = "90d", document.querySelector("#range").dispatchEvent(new Event("input", {bubbles: true}))`)
	b.until("the period", `location.search.includes("range=90d") && !document.querySelector("[aria-busy]")`)
	b.click(`button[name="theme"]`)
	b.until("the theme, and the filters still", `document.documentElement.dataset.theme && location.search.includes("status=failure") && location.search.includes("range=90d")`)
	b.quiet("live")
}

// TestReportOpenedAsQueryAnswersTheSame follows "Open as query" of each report, from a shorter period than it compares with.
func TestReportOpenedAsQueryAnswersTheSame(t *testing.T) {
	s, w := realSite(t)
	c := s.client(t, auth.Local())
	ctx := auth.With(t.Context(), auth.Local())
	scope := web.Scope{Tenant: w.tenant, Now: passtrail.TicksOf(w.now())}
	list, err := w.ReportList(ctx, scope)
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`href="(/query\?[^"]*)">[^<]*<svg[^>]*>[^<]*<use[^>]*></use></svg>Open as query`)
	for _, info := range list {
		rep, err := w.Report(ctx, scope, info.ID, web.Period{Key: "7d", From: scope.Now - 7*passtrail.Day}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if rep.Query == "" {
			continue
		}
		_, page := s.do(t, c, "GET", "/reports/"+info.ID+"?range=7d", nil)
		m := link.FindStringSubmatch(page)
		if m == nil {
			t.Errorf("%s cannot be opened as a query", info.ID)
			continue
		}
		_, answer := s.do(t, c, "GET", html.UnescapeString(m[1])+"&run=1", nil)
		answer = html.UnescapeString(answer)
		for i, section := range rep.Sections {
			if want := fmt.Sprintf("<strong>%d row", section.Table.Total()); !strings.Contains(answer, want) {
				t.Errorf("%s: table %d of the query has not the report's %d rows", info.ID, i, section.Table.Total())
			}
		}
		if first := rep.Sections[0].Table; len(first.Rows) > 0 && !strings.Contains(answer, ">"+first.Rows[0][len(first.Rows[0])-1].Text+"<") {
			t.Errorf("%s: the query does not answer %q as the report does", info.ID, first.Rows[0][len(first.Rows[0])-1].Text)
		}
	}
}

// TestSaveAQueryByKeyboard names it and presses Enter, which must not run it instead.
func TestSaveAQueryByKeyboard(t *testing.T) {
	b := newBrowser(t, newSite(t, newSample()))
	b.open("/query?q=" + url.QueryEscape("AuditLogs | take 2"))
	b.until("the editor", `document.querySelector(".cm-content")`)
	b.click(`[popovertarget="save"]`)
	b.until("the focus in the name", `document.activeElement.id === "name"`)
	b.run(chromedp.KeyEvent(`Two "new" <b>ones` + kb.Enter))
	b.until("the saved query in the list", `[...document.querySelectorAll("aside a")].some((a) => a.innerText === 'Two "new" <b>ones')`)
	if got := eval[string](b, `document.querySelector("#q").value`); got != "AuditLogs | take 2" {
		t.Errorf("after saving the editor has %q", got)
	}
	b.quiet("save")
}

// TestSessionThatEnds tells so in the place of the list, and leads back to what was asked for.
func TestSessionThatEnds(t *testing.T) {
	b := newBrowser(t, newSite(t, newSample()))
	b.open("/audit")
	eval[int](b, `fetch("/sign-out", { method: "POST" }).then((r) => r.status)`)
	b.run(chromedp.SetValue(chromedp.CSS("#status"), "failure"))
	eval[bool](b, `document.querySelector("#status").dispatchEvent(new Event("input", {bubbles: true}))`)
	b.until("the end of the session", `document.querySelector("#results").innerText.includes("session has ended")`)
	if to := eval[string](b, `new URL(document.querySelector("#results a.button").href).searchParams.get("to")`); !strings.HasPrefix(to, "/audit?") || !strings.Contains(to, "status=failure") {
		t.Errorf("signing in again leads to %s", to)
	}
}

// TestCancelAQuery starts a query that would take minutes and takes it back; the engine stops, and the next one runs.
func TestCancelAQuery(t *testing.T) {
	s, _ := realSite(t)
	b := newBrowser(t, s)
	b.open("/query?q=" + url.QueryEscape("range x from 1 to 300000000000 step 1 | summarize sum(x * x % 7)"))
	b.until("the editor", `document.querySelector(".cm-content")`)
	b.click("#run")
	b.until("the running query", `!document.querySelector("#cancel").hidden`)
	b.click("#cancel")
	b.until("the end of it", `document.querySelector("#cancel").hidden && document.querySelector("#result").innerText.includes("Cancelled")`)
	b.open("/query?run=1&q=" + url.QueryEscape("print x = 6 * 7"))
	b.until("the next answer", `document.querySelector("#result td")?.innerText === "42"`)
}

// TestWithoutScript reads the pages in a browser that runs none.
func TestWithoutScript(t *testing.T) {
	s, _ := realSite(t)
	c := s.client(t, auth.Local())
	for path, want := range map[string][]string{
		"/attempts?range=all":           {"<svg", "Show as table", "Outcome"},
		"/registration":                 {"<svg", "Capable"},
		"/query?run=1&q=print+x+%3D+42": {"<textarea", "42"},
		"/audit?range=all&target=a":     {"records", "Apply"},
	} {
		status, body := s.do(t, c, "GET", path, nil)
		for _, text := range want {
			if status != 200 || !strings.Contains(body, text) {
				t.Errorf("%s answered %d without %q", path, status, text)
			}
		}
	}
}

// TestMenuWithoutScript reaches the menu on a phone that runs no script, and offers no button that needs one.
func TestMenuWithoutScript(t *testing.T) {
	b := newBrowser(t, newSite(t, newSample()))
	b.look(390, "light")
	command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	for _, path := range []string{"/audit", "/query", "/reports/methods-used", "/audit?id=SSPR_3"} {
		b.open(path)
		if !eval[bool](b, `document.querySelector('.side a[href="/attempts"]').checkVisibility()`) {
			t.Errorf("%s: the menu is not there", path)
		}
		if n := eval[int](b, `[...document.querySelectorAll("[data-nav],[data-print],[data-copy],[data-format]")].filter((e) => e.checkVisibility()).length`); n > 0 {
			t.Errorf("%s: %d buttons do nothing", path, n)
		}
		if wide := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
			t.Errorf("%s: the page is %d pixels too wide", path, wide)
		}
	}
	b.shot("phone-without-script")
}

// TestScreenshots makes the pictures of the documentation in the directory that PASSTRAIL_SCREENS names:
//
//	PASSTRAIL_SCREENS=$PWD/docs/screens go test ./internal/web -run TestScreenshots
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("PASSTRAIL_SCREENS")
	if dir == "" {
		t.Skip("PASSTRAIL_SCREENS names no directory")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PASSTRAIL_SHOTS", dir)
	s, w := realSite(t)
	attempt := w.answer(t, `PasswordResetAttempts | where Outcome == "reset" and GateCount == 2 and Start > ago(30d) | sort by Start desc | take 1 | project UserId, AttemptId`)[0]
	record := w.answer(t, `AuditLogs | where ResultReason has "insufficient authentication methods" | sort by TimeGenerated desc | take 1 | project Id`)[0]
	finding := w.finding(t)
	b := newBrowser(t, s)
	for _, p := range []struct {
		name, path, theme string
		width             int64
	}{
		{"overview", "/", "light", 1440}, {"overview-dark", "/", "dark", 1440}, {"overview-phone", "/", "light", 390},
		{"report", "/reports/common-problems", "light", 1440}, {"audit-log", "/audit?range=all&status=failure&id=" + url.QueryEscape(record[0].(string)), "light", 1440},
		{"audit-log-phone", "/audit?range=all", "dark", 390}, {"attempts", "/attempts?range=90d", "light", 1440}, {"attempt", "/attempts/" + attempt[1].(string), "light", 1440},
		{"person", "/person/" + attempt[0].(string), "light", 1440}, {"registration", "/registration?compare=2026-02-01", "light", 1440}, {"suspicious", "/suspicious", "light", 1440},
		{"finding", "/suspicious/" + finding, "dark", 1440},
		{"query", "/query?run=1&range=90d&q=" + url.QueryEscape("PasswordResetAttempts\n| summarize Attempts = count() by bin(Start, 7d), Outcome\n| render columnchart with (kind=stacked)"), "light", 1440},
		{"sources", "/sources", "light", 1440}, {"settings", "/settings", "light", 1440},
	} {
		b.look(p.width, p.theme)
		b.open(p.path)
		if strings.HasPrefix(p.path, "/query") {
			b.until("the chart", `document.querySelector("#result .plot-live svg") && document.querySelector(".cm-content")`)
		}
		b.shot(p.name)
		b.quiet(p.name)
	}
	several := newSample()
	several.second = true
	b = newBrowser(t, newSite(t, several))
	b.look(1440, "light")
	b.open("/tenants?tenant=" + string(contoso))
	b.shot("tenants")
}

// finding is the id of one finding.
func (w *world) finding(t *testing.T) string {
	t.Helper()
	all, err := w.store.Findings(t.Context(), w.tenant)
	if err != nil || len(all) == 0 {
		t.Fatalf("findings: %d, %v", len(all), err)
	}
	return all[0].ID
}

// TestRegistrationOnADayBeforeTheFirstSnapshot shows the first snapshot in its place, as the page says.
func TestRegistrationOnADayBeforeTheFirstSnapshot(t *testing.T) {
	_, w := realSite(t)
	ctx := auth.With(t.Context(), auth.Local())
	scope := web.Scope{Tenant: w.tenant, Now: passtrail.TicksOf(w.now())}
	now, err := w.Registration(ctx, scope, web.RegistrationFilter{List: "missing", Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	before, err := w.Registration(ctx, scope, web.RegistrationFilter{List: "missing", Limit: 5, At: now.KnownSince - 30*passtrail.Day})
	if err != nil {
		t.Fatal(err)
	}
	first, err := w.Registration(ctx, scope, web.RegistrationFilter{List: "missing", Limit: 5, At: now.KnownSince})
	if err != nil {
		t.Fatal(err)
	}
	if before.Total == 0 || before.Registered != first.Registered || before.Total != first.Total {
		t.Errorf("a month before the first snapshot %d of %d are registered, in it %d of %d", before.Registered, before.Total, first.Registered, first.Total)
	}
	if now.Registered <= first.Registered || now.Registered != int64(now.Trend.Series[0].Values[len(now.Trend.Series[0].Values)-1]) {
		t.Errorf("now %d are registered, %d at first; the trend ends at %v", now.Registered, first.Registered, now.Trend.Series[0].Values[len(now.Trend.Series[0].Values)-1])
	}
}
