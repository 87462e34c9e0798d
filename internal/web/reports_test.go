package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"passtrail/internal/auth"
)

// TestOverviewLeadsToTheSameFigures opens the reports and lists of a card for the period of the card.
func TestOverviewLeadsToTheSameFigures(t *testing.T) {
	s, w := realSite(t)
	c := s.client(t, auth.Local())
	_, body := s.do(t, c, "GET", "/?range=90d", nil)
	_, main, _ := strings.Cut(body, `class="cards"`)
	links := regexp.MustCompile(`href="(/(?:reports/|attempts)[^"]*)"`).FindAllStringSubmatch(main, -1)
	if len(links) < 16 {
		t.Fatalf("the overview has %d links", len(links))
	}
	for _, link := range links {
		want := "range=90d"
		if strings.Contains(link[1], "resets-last-7-days") || strings.Contains(link[1], "outcome=reset") {
			want = "range=7d"
		}
		if !strings.Contains(link[1], want) {
			t.Errorf("the overview of 90 days leads to %s, want %s", link[1], want)
		}
	}
	week := w.answer(t, `PasswordResetAttempts | where Outcome == "reset" and End >= ago(7d) | summarize dcount(UserId)`)[0][0]
	_, body = s.do(t, c, "GET", "/reports/resets-last-7-days", nil)
	if want := `<option value="7d" selected>`; !strings.Contains(body, want) {
		t.Error("the report of the last seven days is not about seven days when none are asked for")
	}
	if sentence := between(body, "<p><strong>", "</strong>"); !strings.Contains(sentence, fmt.Sprint(" ", week, " p")) {
		t.Errorf("the report says %q, want %v people", sentence, week)
	}
}

// TestDayLeadsToItsRecords where no column counts all of them: a link at a number would promise as many.
func TestDayLeadsToItsRecords(t *testing.T) {
	s, _ := realSite(t)
	_, body := s.do(t, s.client(t, auth.Local()), "GET", "/reports/common-problems", nil)
	_, table, _ := strings.Cut(body, `<th scope="col">Day (UTC)</th>`)
	table, _, _ = strings.Cut(table, "</table>")
	first := regexp.MustCompile(`<tr><td[^>]*><a href="/query[^>]*>2026-`)
	if rows := strings.Count(table, "<tr><td"); rows == 0 || len(first.FindAllString(table, -1)) != rows || strings.Count(table, "<a ") != rows {
		t.Errorf("%d rows, %d links, %d of them at the day", rows, strings.Count(table, "<a "), len(first.FindAllString(table, -1)))
	}
}

// TestDaysOfReportsAreDays stay what they are for a reader west of Greenwich, where the instant would show the day before.
func TestDaysOfReportsAreDays(t *testing.T) {
	s, w := realSite(t)
	c := s.client(t, auth.Local())
	day := w.answer(t, `PasswordResetAttempts | where Outcome == "reset" and End >= ago(7d) | summarize by Day = format_datetime(bin(End, 1d), "yyyy-MM-dd") | sort by Day asc | take 1`)[0][0].(string)
	_, body := s.do(t, c, "GET", "/reports/resets-last-7-days", nil, "Cookie", "tz=America%2FLos_Angeles")
	_, table, _ := strings.Cut(body, `<th scope="col">Day (UTC)</th>`)
	if table == "" || !strings.Contains(table, "<td data-sort=") || strings.Contains(between(table, "<tbody>", "</tbody>"), ":00") {
		t.Fatalf("the days are %s", between(table, "<tbody>", "</tbody>"))
	}
	if first := between(table, "<tbody>", "</td>"); !strings.Contains(first, day) {
		t.Errorf("the first day is %q, want %s", first, day)
	}
}

// TestNoQueriesNoWayToThem where the tenant has none: links that would be refused are not there.
func TestNoQueriesNoWayToThem(t *testing.T) {
	m := newSample()
	s := newSite(t, m)
	c := s.client(t, auth.Local())
	for _, path := range []string{"/reports/methods-used", "/audit", "/suspicious/f1"} {
		for _, on := range []bool{true, false} {
			m.queries = on
			_, body := s.do(t, c, "GET", path, nil)
			if _, main, _ := strings.Cut(body, "<main"); strings.Contains(main, `href="/query?`) != on {
				t.Errorf("%s leads to queries: %v, want %v", path, !on, on)
			}
		}
	}
}
