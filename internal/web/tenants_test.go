package web_test

import (
	"regexp"
	"strings"
	"testing"

	"passtrail/internal/auth"
)

// TestTenants lists the tenants that somebody may see, those that need work first, and in the order asked for.
func TestTenants(t *testing.T) {
	m := newSample()
	m.second = true
	s := newSite(t, m)
	c := s.client(t, auth.Local())
	rows := regexp.MustCompile(`<th scope="row"[^>]*><a href="([^"]*)">([^<]*)</a>`)
	list := func(query string) string {
		_, body := s.do(t, c, "GET", "/tenants"+query, nil)
		var names []string
		for _, row := range rows.FindAllStringSubmatch(body, -1) {
			if !strings.Contains(row[1], "tenant=") {
				t.Errorf("%s leads to %s, which names no tenant", row[2], row[1])
			}
			names = append(names, row[2])
		}
		return strings.Join(names, " ")
	}
	for query, want := range map[string]string{
		"": "Contoso Adatum", "?sort=nonsense": "Contoso Adatum", "?sort=needs&down=1": "Adatum Contoso", "?sort=name": "Adatum Contoso", "?sort=name&down=1": "Contoso Adatum",
		"?sort=before": "Contoso Adatum", "?sort=findings": "Contoso Adatum", "?sort=aside&down=1": "Adatum Contoso",
	} {
		if got := list(query); got != want {
			t.Errorf("/tenants%s lists %q, want %q", query, got, want)
		}
	}
	_, body := s.do(t, c, "GET", "/tenants?sort=name", nil)
	for _, want := range []string{"<strong>1 of 2</strong> needs work", `aria-sort="ascending"><a class="sort-button" href="/tenants?down=1&amp;sort=name`, "severe findings, admins who cannot reset", "72 %", `href="/tenants?tenant=`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q: %s", want, body)
		}
	}
	m.second = false
	if _, body := s.do(t, c, "GET", "/", nil); strings.Contains(body, `href="/tenants`) {
		t.Error("the menu names a page of tenants where there is one")
	}
}

// TestSeveralTenantsFit holds the bar with the choice of a tenant to its height on a phone, and the list to a desk's width.
func TestSeveralTenantsFit(t *testing.T) {
	m := newSample()
	m.second = true
	b := newBrowser(t, newSite(t, m))
	b.look(390, "light")
	b.open("/tenants")
	if height := eval[float64](b, `document.querySelector(".brand").offsetHeight`); height > 48 {
		t.Errorf("the name of the product is %v pixels high", height)
	}
	if wide := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		t.Errorf("the page is %d pixels too wide on a phone", wide)
	}
	b.look(1440, "light")
	b.open("/tenants")
	b.shot("several-tenants")
	if wide := eval[int](b, `(() => { const w = document.querySelector(".table-wrap"); return w.scrollWidth - w.clientWidth; })()`); wide > 0 {
		t.Errorf("the last columns are %d pixels outside", wide)
	}
}
