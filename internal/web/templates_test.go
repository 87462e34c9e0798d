package web

import (
	"testing"

	"github.com/jba/templatecheck"

	"passtrail/internal/web/assets"
)

// TestTemplatesFitTheirData checks every template that is rendered by name against the type of the data it gets, so that
// a misspelt field fails here and not in front of a reader.
func TestTemplatesFitTheirData(t *testing.T) {
	set, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	all, err := parsePages(set)
	if err != nil {
		t.Fatal(err)
	}
	checked := map[string]bool{}
	for _, c := range []struct {
		part string
		page page
	}{
		{"layout", &overviewPage{}}, {"layout", &auditPage{}}, {"results", &auditPage{}}, {"details", &auditPage{}},
		{"layout", &attemptsPage{}}, {"results", &attemptsPage{}}, {"layout", &attemptPage{}}, {"layout", &peoplePage{}},
		{"layout", &personPage{}}, {"layout", &registrationPage{}}, {"layout", &reportsPage{}}, {"layout", &reportPage{}},
		{"layout", &suspiciousPage{}}, {"layout", &findingPage{}}, {"layout", &queryPage{}}, {"result", &queryResultPage{}},
		{"layout", &sourcesPage{}}, {"layout", &setAsidePage{}}, {"layout", &accessPage{}}, {"layout", &settingsPage{}}, {"layout", &retentionPage{}}, {"layout", &tenantsPage{}}, {"layout", &tokenPage{}},
		{"layout", &signInPage{}}, {"layout", &errorPage{}}, {"error-part", &errorPage{}},
	} {
		tmpl := all.byFile[c.page.file()].Lookup(c.part)
		if tmpl == nil {
			t.Errorf("%s has no template %s", c.page.file(), c.part)
			continue
		}
		checked[c.page.file()] = true
		if err := templatecheck.CheckHTML(tmpl, c.page); err != nil {
			t.Errorf("%s of %s: %v", c.part, c.page.file(), err)
		}
	}
	for file := range all.byFile {
		if !checked[file] && file != "layout.html" && file != "parts.html" && file != "tables.html" && file != "settings_tokens.html" {
			t.Errorf("no test renders %s", file)
		}
	}
}
