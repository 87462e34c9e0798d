package report_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"passtrail/internal/report"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// covered is a tenant whose records are of 14 May, 17 to 19 May and 1 to 3 June 2026.
func covered(t *testing.T) *scene.Scene {
	s := scene.New(t, "2026-06-10")
	for _, at := range []string{"2026-05-14T08:30:00Z", "2026-05-17T01:00:00Z", "2026-05-18T00:30:00Z", "2026-05-19T00:10:00Z", "2026-06-01T10:00:00Z", "2026-06-02T10:00:00Z", "2026-06-03T09:00:00Z"} {
		s.Add(scene.Event{At: scene.Time(at), Key: "change", Actor: "adele"})
	}
	s.Commit()
	return s
}

func TestCoverageText(t *testing.T) {
	s := covered(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, from, to string
		zone           *time.Location
		want           string
	}{
		{"begins before", "2026-04-01", "2026-05-15", time.UTC, "Records known from 14 May 2026; 1 April to 13 May 2026 not covered."},
		{"begins a year before", "2025-12-01", "2026-05-15", time.UTC, "Records known from 14 May 2026; 1 December 2025 to 13 May 2026 not covered."},
		{"begins a day before", "2026-05-13", "2026-05-15", time.UTC, "Records known from 14 May 2026; 13 May 2026 not covered."},
		{"wholly before", "2026-04-01", "2026-05-01", time.UTC, "Records known from 14 May 2026; 1 to 30 April 2026 not covered."},
		{"days of the reader's zone", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z", berlin, "Records known from 14 May 2026; 1 to 30 April 2026 not covered."},
		{"a gap", "2026-05-14", "2026-05-20", time.UTC, "Records known from 14 May 2026; no records of 15 to 16 May 2026 (not covered, or nothing happened)."},
		{"two gaps and the end", "2026-05-14", "2026-06-08", time.UTC, "Records known from 14 May 2026 to 3 June 2026; no records of 15 to 16 May 2026, 20 to 31 May 2026 and 4 to 7 June 2026 (not covered, or nothing happened)."},
		{"wholly after", "2026-06-05", "2026-06-08", time.UTC, "Records known from 14 May 2026 to 3 June 2026; no records of 5 to 7 June 2026 (not covered, or nothing happened)."},
		{"a few hours", "2026-06-03T08:00:00Z", "2026-06-03T14:00:00Z", time.UTC, "Records known from 14 May 2026 to 3 June 2026; no records of 3 June 2026, 09:00 to 14:00 (not covered, or nothing happened)."},
		{"covered", "2026-05-17", "2026-05-19", time.UTC, ""},
		{"ends after now", "2026-06-01", "2026-12-01", time.UTC, "Records known from 14 May 2026 to 3 June 2026; no records of 4 to 9 June 2026 (not covered, or nothing happened)."},
		{"to come", "2026-07-01", "2026-12-01", time.UTC, "This period is still to come."},
	} {
		c, err := report.Coverage(t.Context(), s.Engine, scene.Contoso, store.Span{From: scene.Time(tt.from), To: scene.Time(tt.to)}, s.Now)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Text(tt.zone); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if c.Whole() != (tt.want == "") {
			t.Errorf("%s: Whole = %t", tt.name, c.Whole())
		}
	}
	c, err := report.Coverage(t.Context(), s.Engine, scene.Fabrikam, store.Span{From: scene.Time("2026-05-01")}, s.Now)
	if err != nil || !strings.HasPrefix(c.Text(time.UTC), "No audit records are known") {
		t.Errorf("without records: %q, %v", c.Text(time.UTC), err)
	}
}

// TestManyGaps: a sentence names the longest and counts the others.
func TestManyGaps(t *testing.T) {
	s := scene.New(t, "2026-06-30")
	for _, day := range []string{"01", "03", "06", "08", "12", "14", "20", "29"} {
		s.Add(scene.Event{At: scene.Time("2026-06-" + day + "T12:00:00Z"), Key: "change", Actor: "adele"})
	}
	s.Commit()
	c, err := report.Coverage(t.Context(), s.Engine, scene.Contoso, store.Span{From: scene.Time("2026-06-01")}, s.Now)
	const want = "Records known from 1 June 2026; no records of 9 to 11 June 2026, 15 to 19 June 2026, 21 to 28 June 2026 and 4 shorter times (not covered, or nothing happened)."
	if got := c.Text(time.UTC); err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// TestReportsNameWhatIsNotCovered: every report says it among its notes and in its JSON; one that compares with the time
// before says that as well.
func TestReportsNameWhatIsNotCovered(t *testing.T) {
	s := covered(t)
	lib := library(t, s)
	p := report.Params{Tenant: scene.Contoso, Now: s.Now, From: scene.Time("2026-04-01"), To: scene.Time("2026-05-15")}
	compares := 0
	for _, r := range lib.Reports {
		out := run(t, lib, r.ID, p)
		if !slices.Contains(out.Notes, "Records known from 14 May 2026; 1 April to 13 May 2026 not covered.") {
			t.Errorf("%s: notes = %q", r.ID, out.Notes)
		}
		before := slices.ContainsFunc(out.Notes, func(n string) bool {
			return strings.HasPrefix(n, "The period before, 16 February to 31 March 2026, is not covered whole")
		})
		if before != strings.Contains(r.Query, "Before") {
			t.Errorf("%s names the period before: %t", r.ID, before)
		}
		if before {
			compares++
		}
		var b bytes.Buffer
		if err := out.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		var j struct {
			Coverage struct {
				KnownFrom, KnownTo string
				Complete           bool
				Missing            []struct{ From, To string }
			}
		}
		if err := json.Unmarshal(b.Bytes(), &j); err != nil {
			t.Fatal(err)
		}
		if c := j.Coverage; c.Complete || c.KnownFrom != "2026-05-14T08:00:00.0000000Z" || c.KnownTo != "2026-06-03T09:00:00.0000000Z" || len(c.Missing) != 1 || c.Missing[0].To != c.KnownFrom {
			t.Errorf("%s: coverage = %+v", r.ID, c)
		}
		b.Reset()
		if err := report.WriteHTML(&b, []*report.Output{out}, store.Tenant{ID: scene.Contoso}, time.UTC); err != nil || !strings.Contains(b.String(), "1 April to 13 May 2026 not covered") {
			t.Errorf("%s: the page does not say what is not covered (%v)", r.ID, err)
		}
	}
	if compares < 2 {
		t.Errorf("%d reports compare with the period before, want 2 at least", compares)
	}
	out := run(t, lib, "resets-last-7-days", report.Params{Tenant: scene.Contoso, Now: s.Now, From: scene.Time("2026-05-18"), To: scene.Time("2026-05-19")})
	if slices.ContainsFunc(out.Notes, func(n string) bool { return strings.Contains(n, "period before") }) || !out.Covered.Whole() {
		t.Errorf("a covered day after a covered day has the notes %q", out.Notes)
	}
}
