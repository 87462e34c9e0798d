package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"passtrail/internal/auth"
)

// browser is a headless Chromium that has signed in, and what its console said.
type browser struct {
	t    *testing.T
	ctx  context.Context
	site *site
	mu   sync.Mutex
	said []string
}

// newBrowser starts Chromium, or skips the test where there is none.
func newBrowser(t *testing.T, s *site) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium on this machine: run make deps")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-US"))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { cancel(); stop() })
	b := &browser{t: t, ctx: ctx, site: s}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the browser lives as long as this context
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	command(b, log.Enable, cdp.Empty{})
	command(b, runtime.Enable, cdp.Empty{})
	command(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "UTC"})
	b.open("/sign-in?token=" + s.sessions.NewLink(auth.Local()))
	return b
}

// listen keeps errors and warnings of the console; answers with an error status are told there as well.
func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.said = append(b.said, fmt.Sprintf("%s %s", e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, e.ExceptionDetails.Text+" "+e.ExceptionDetails.URL)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			b.said = append(b.said, fmt.Sprintf("console %s %s", e.Type, string(e.Args[0].Value)))
		}
	}
}

// quiet fails the test if the console said something.
func (b *browser) quiet(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.said {
		b.t.Errorf("%s: the console says %s", where, line)
	}
	b.said = nil
}

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// command sends one command of the protocol.
func command[P, R any](b *browser, c cdp.Command[P, R], params P) R {
	b.t.Helper()
	r, err := chromedp.Call(b.ctx, c, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// eval runs script, which may be a promise, and returns its value.
func eval[T any](b *browser, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.site.URL+path), chromedp.WaitReady(chromedp.CSS("main")))
}

// look sets the width and the theme.
func (b *browser) look(width int64, theme string) {
	b.t.Helper()
	command(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 600})
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
}

// until waits for a condition in script, across navigations.
func (b *browser) until(what, condition string) {
	b.t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); {
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		cancel()
		if err == nil && ok {
			return
		}
		select {
		case <-b.ctx.Done():
			b.t.Fatal(b.ctx.Err())
		case <-time.After(30 * time.Millisecond):
		}
	}
	b.t.Fatalf("waited in vain: %s", what)
}

// shot writes a picture of the whole page to the directory that PASSTRAIL_SHOTS names, if it does.
func (b *browser) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("PASSTRAIL_SHOTS")
	if dir == "" {
		return
	}
	png := command(b, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng}).Data
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// axeSource is the accessibility checker, where the asset tool has fetched it.
func axeSource(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("assets/build/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal("axe-core is not there: run make deps")
	}
	return string(text)
}

// axe fails the test for what breaks WCAG 2.2 AA.
func (b *browser) axe(where, source string) {
	b.t.Helper()
	found := eval[string](b, source+`; axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"], rules: {region: {enabled: true}}}).then((r) => JSON.stringify(r.violations.map((v) => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + " :: " + (n.any[0] || n.all[0] || n.none[0] || {}).message)}))))`)
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range violations {
		b.t.Errorf("%s: axe %s: %s\n\t%s", where, v.ID, v.Help, strings.Join(v.Nodes, "\n\t"))
	}
}

// everyPage is what the accessibility test walks.
var everyPage = []struct{ name, path string }{
	{"overview", "/"}, {"reports", "/reports"}, {"report", "/reports/methods-used"}, {"audit", "/audit"}, {"audit-details", "/audit?id=SSPR_3"},
	{"audit-empty", "/audit?target=nobody"}, {"attempts", "/attempts"}, {"attempt", "/attempts/c0ffee00-0000-0000-0000-000000000001"},
	{"people", "/person?q=a"}, {"person", "/person/aaaaaaaa-0000-0000-0000-000000000001"}, {"registration", "/registration"},
	{"suspicious", "/suspicious"}, {"finding", "/suspicious/f1"}, {"query", "/query?q=AuditLogs&run=1"}, {"sources", "/sources"},
	{"set-aside", "/sources/set-aside/1"}, {"access-log", "/access-log"}, {"settings", "/settings"}, {"tenants", "/tenants"},
	{"token-revoke", "/settings/tokens/aaaaaaaaaaaa/revoke"}, {"retention", "/settings/retention"}, {"retention-review", "/settings/retention?keep=365"}, {"retention-mistake", "/settings/retention?keep=days&days=3"},
}

// TestPagesForEveryone holds every page to WCAG in both themes and at two widths, without a word in the console and without
// a sideways scroll of the page.
func TestPagesForEveryone(t *testing.T) {
	source := axeSource(t)
	b := newBrowser(t, newSite(t, newSample()))
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{1440, 390} {
			b.look(width, theme)
			for _, p := range everyPage {
				b.forEveryone(fmt.Sprintf("%s-%s-%d", p.name, theme, width), p.path, source)
			}
		}
	}
}

// TestRealPagesForEveryone does the same with a real tenant's data, which is longer and stranger, in two of the four looks.
func TestRealPagesForEveryone(t *testing.T) {
	source := axeSource(t)
	s, w := realSite(t)
	row := w.answer(t, `PasswordResetAttempts | where Outcome == "reset" | sort by Start desc | take 1 | project UserId, AttemptId`)[0]
	record := w.answer(t, `AuditLogs | where TargetResources has "modifiedProperties" | sort by TimeGenerated desc | take 1 | project Id`)[0]
	b := newBrowser(t, s)
	for width, theme := range map[int64]string{1440: "dark", 390: "light"} {
		b.look(width, theme)
		for name, path := range map[string]string{
			"overview": "/", "audit": "/audit?range=all&col=time&col=service&col=category&col=activity&col=status&col=reason&col=target&col=actor&col=address&col=correlation",
			"details": "/audit?range=all&id=" + url.QueryEscape(record[0].(string)), "attempts": "/attempts?range=all", "attempt": "/attempts/" + row[1].(string),
			"person": "/person/" + row[0].(string), "registration": "/registration?compare=2026-02-01&list=changed", "suspicious": "/suspicious",
			"finding": "/suspicious/" + w.finding(t), "sources": "/sources", "report": "/reports/common-problems", "funnel": "/reports/funnel",
			"query": "/query?run=1&q=" + url.QueryEscape("AuditLogs | take 20"),
		} {
			b.forEveryone(fmt.Sprintf("real-%s-%s-%d", name, theme, width), path, source)
		}
	}
}

// forEveryone opens a page and holds it to what everybody needs.
func (b *browser) forEveryone(name, path, source string) {
	b.t.Helper()
	b.open(path)
	if strings.HasPrefix(path, "/query") {
		b.until("the editor", `document.querySelector(".cm-content")`)
	}
	b.shot(name)
	b.axe(name, source)
	if wide := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		b.t.Errorf("%s: the page is %d pixels too wide", name, wide)
	}
	if moved := eval[float64](b, layoutShift); moved > 0.01 {
		b.t.Errorf("%s: the page moved while it was drawn, by %.3f", name, moved)
	}
	b.quiet(name)
}

// layoutShift sums up what moved on the page since it was opened, as browsers measure it.
const layoutShift = `new Promise((done) => {
	let sum = 0;
	new PerformanceObserver((list) => { for (const e of list.getEntries()) sum += e.value; }).observe({ type: "layout-shift", buffered: true });
	requestAnimationFrame(() => setTimeout(() => done(sum), 60));
})`

// TestLongNamesFit holds tables to the page's width when a name is one long word.
func TestLongNamesFit(t *testing.T) {
	b := newBrowser(t, newSite(t, newSample()))
	b.look(1440, "light")
	for path, label := range map[string]string{"/attempts?range=all": "Person", "/audit?range=all": "Target", "/registration": "User", "/person?q=a": "Name"} {
		b.open(path)
		wide := eval[int](b, fmt.Sprintf(`(() => {
			const cell = document.querySelector('main td[data-label=%q]');
			(cell.querySelector("a") || cell).textContent = "x".repeat(300);
			const wrap = cell.closest(".table-wrap");
			return wrap.scrollWidth - wrap.clientWidth;
		})()`, label))
		if wide > 0 {
			t.Errorf("%s: a long name makes the table %d pixels too wide", path, wide)
		}
	}
}

// TestPagesDoNotMoveOnASlowMachine opens pages as a machine draws them that is ten times slower. Nothing is painted before
// the page is whole, so that nothing moves when the rest comes.
func TestPagesDoNotMoveOnASlowMachine(t *testing.T) {
	b := newBrowser(t, newSite(t, newSample()))
	command(b, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 10})
	for _, width := range []int64{1440, 390} {
		b.look(width, "light")
		for _, path := range []string{"/access-log", "/tenants", "/audit?id=SSPR_3"} {
			b.open(path)
			if moved := eval[float64](b, layoutShift); moved > 0.001 {
				t.Errorf("%s at %d pixels moved while it was drawn, by %.4f", path, width, moved)
			}
		}
	}
}
