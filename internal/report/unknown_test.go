package report_test

import (
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/report"
	"passtrail/internal/scene"
)

// TestUnknownWords counts reasons and methods that are not known where they occur, without anybody's number.
func TestUnknownWords(t *testing.T) {
	s := scene.New(t, "2026-09-20")
	at := scene.Time("2026-09-10T09:00:00Z")
	add := func(n int, key, result, reason string) {
		for range n {
			at += passtrail.Minute
			s.Add(scene.Event{At: at, Key: key, Actor: "adele", Result: result, Reason: reason})
		}
	}
	add(3, "flow", "success", "User met a sentence of tomorrow")
	add(1, "flow", "failure", "Call +49 170 1234567 of adele.vance@contoso.com failed")
	add(1, "flow", "failure", "Call +49 171 7654321 of alex@contoso.com failed")
	add(2, "flow", "success", "User completed the carrier pigeon verification option")
	add(1, "info_registered", "success", "User registered Quantum key")
	add(2, "flow", "success", "User submitted their user ID")
	add(2, "change", "failure", "PasswordDoesnotComplyFuzzyPolicy")
	add(1, "change", "success", "None")
	add(1, "change", "failure", "Entirely new")
	add(1, "info_all_required", "success", "User registered all required security info.")
	add(1, "info_reviewed", "success", "")
	s.Commit()
	lib := library(t, s)
	all, err := lib.Unknown(t.Context(), scene.Contoso, 0, passtrail.MaxTicks, s.Now)
	if err != nil {
		t.Fatal(err)
	}
	want := []report.Unknown{
		{Kind: "reason", Text: "User met a sentence of tomorrow", Activity: "flow", Records: 3}, {Kind: "method", Text: "carrier pigeon", Activity: "flow", Records: 2},
		{Kind: "reason", Text: "Call +## ### ####### of …@… failed", Activity: "flow", Records: 2}, {Kind: "method", Text: "quantum key", Activity: "info_registered", Records: 1},
		{Kind: "reason", Text: "Entirely new", Activity: "change", Records: 1},
	}
	if !slices.Equal(all, want) {
		t.Errorf("unknown = %+v\nwant %+v", all, want)
	}
	first := scene.Time("2026-09-10T09:01:00Z")
	for _, c := range []struct{ from, to, want passtrail.Ticks }{{first, first + 1, 1}, {first - passtrail.Day, first, 0}, {first + 1, first + 2, 0}} {
		if got, err := lib.Unknown(t.Context(), scene.Contoso, c.from, c.to, s.Now); err != nil || len(got) != int(c.want) {
			t.Errorf("unknown words from %s to %s: %+v, %v; want %d", c.from, c.to, got, err, c.want)
		}
	}
	for id, notes := range map[string][]string{
		"common-problems": {"6 records have reasons that Passtrail does not know: “User met a sentence of tomorrow” (3), “Call +## ### ####### of …@… failed” (2), “Entirely new” (1).",
			"2 records name methods that Passtrail does not know: “carrier pigeon” (2)."},
		"security-info-changes": {"1 record names a method that Passtrail does not know: “quantum key” (1)."},
		"admin-resets":          nil,
	} {
		out := run(t, lib, id, report.Params{Tenant: scene.Contoso, Now: s.Now})
		var got []string
		for _, n := range out.Notes {
			if strings.Contains(n, "does not know") {
				got = append(got, n)
			}
		}
		if !slices.Equal(got, notes) {
			t.Errorf("%s: notes %q, want %q", id, got, notes)
		}
	}
	methods := run(t, lib, "common-problems", report.Params{Tenant: scene.Contoso, Now: s.Now, From: s.Now - passtrail.Day})
	for _, n := range methods.Notes {
		if strings.Contains(n, "does not know") {
			t.Errorf("a note about words of another time: %q", n)
		}
	}
}

// TestDatedNotes names what bent the curve within the period.
func TestDatedNotes(t *testing.T) {
	s := scene.New(t, "2026-11-20")
	s.Commit()
	lib := library(t, s)
	has := func(id, from, to, text string) bool {
		t.Helper()
		out := run(t, lib, id, report.Params{Tenant: scene.Contoso, Now: s.Now, From: scene.Time(from), To: scene.Time(to)})
		return slices.ContainsFunc(out.Notes, func(n string) bool { return strings.Contains(n, text) })
	}
	const campaign, enforced = "1 September 2026: People enabled for SMS", "9 November 2026: from this day on"
	if !has("methods-used", "2026-08-20", "2026-09-02", campaign) || has("methods-used", "2026-09-02", "2026-10-01", campaign) || has("funnel", "2026-08-20", "2026-09-02", campaign) {
		t.Error("the day of passkeys is not said where it belongs, or said elsewhere")
	}
	if !has("resets-last-7-days", "2026-11-05", "2026-11-12", enforced) || has("resets-last-7-days", "2026-11-02", "2026-11-09", enforced) {
		t.Error("the day of registered methods is not said in its week, or in the one before")
	}
}
