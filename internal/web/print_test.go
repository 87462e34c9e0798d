package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
)

// onPaper is the text of a page as it is printed.
func (b *browser) onPaper(path string) string {
	b.t.Helper()
	b.open(path)
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	defer command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	text := eval[string](b, `document.querySelector("main").innerText`)
	if dir := os.Getenv("PASSTRAIL_SHOTS"); dir != "" {
		pdf := command(b, page.PrintToPDF, page.PrintToPDFParams{}).Data
		name := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(path, "-")
		if err := os.WriteFile(filepath.Join(dir, "print"+name+".pdf"), pdf, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	return text
}

// TestPaperSaysWhatIsOnIt prints pages of a real tenant: each says of which tenant, time and filter it is, what is not
// covered, and which rows it holds.
func TestPaperSaysWhatIsOnIt(t *testing.T) {
	s, w := realSite(t)
	b := newBrowser(t, s)
	total := w.answer(t, "AuditLogs | count")[0][0].(int64)
	missing := w.answer(t, "UserRegistrationDetails | where IsSsprEnabled and not(IsSsprRegistered) and UserType =~ 'member' | count")[0][0].(int64)
	first := w.answer(t, "AuditLogs | summarize min(TimeGenerated)")[0][0].(int64)
	if total <= 50 || missing == 0 || first == 0 {
		t.Fatalf("%d records, %d people: too few", total, missing)
	}
	person := w.answer(t, `PasswordResetAttempts | where Outcome == "reset" | take 1 | project UserId`)[0][0].(string)
	covered := "Records known from .*; 1 to 3[01] December 2025 not covered"
	for path, want := range map[string][]string{
		"/audit?range=all": {"Contoso", "All time", fmt.Sprintf("Rows 1 to 50 of %s", grouped(total))},
		"/audit?from=2025-12-01&to=2026-01-20&status=failure":  {"Status: failure", "2025-12-01 to 2026-01-20", covered, "Rows 1 to [0-9]+ of [0-9]+"},
		"/attempts?from=2025-12-01&to=2026-01-20":              {"2025-12-01 to 2026-01-20", covered, "Rows 1 to [0-9]+ of [0-9]+"},
		"/reports/funnel?from=2025-12-01&to=2026-01-20":        {"2025-12-01 00:00:00 to 2026-01-21 00:00:00", covered},
		"/?from=2025-12-01&to=2026-01-20":                      {"2025-12-01 to 2026-01-20", covered},
		"/person/" + person + "?from=2025-12-01&to=2026-01-20": {"2025-12-01 to 2026-01-20", covered},
		"/registration?at=2026-02-14&who=members":              {"Registration on 14 February 2026", "Members", "Enabled, not registered", "Rows 1 to [0-9]+ of [0-9]+"},
		"/registration?at=2025-12-01":                          {"Registration on 1 December 2025", "The state on 1 December 2025 is assumed from the first snapshot of", "Everybody"},
	} {
		text := b.onPaper(path)
		for _, pattern := range append(want, `as of 20`) {
			if !regexp.MustCompile(pattern).MatchString(text) {
				t.Errorf("%s on paper does not say %q:\n%.1500s", path, pattern, text)
			}
		}
		if strings.Contains(text, "Apply") || strings.Contains(text, "Older") {
			t.Errorf("%s: buttons are printed", path)
		}
	}
	text := b.onPaper("/audit?range=all&after=" + w.nextPage(t))
	if !strings.Contains(text, fmt.Sprintf("50 of %s rows, after the newest", grouped(total))) {
		t.Errorf("a later page on paper does not say so:\n%.600s", text)
	}
}

// grouped writes a number as pages do.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
