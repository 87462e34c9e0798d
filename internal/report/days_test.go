package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"passtrail/internal/report"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// picture is the chart of a report's table.
func picture(t *testing.T, out *report.Output, table string) (labels []string, values map[string][]float64, missing []bool, unit string) {
	t.Helper()
	i := slices.IndexFunc(out.Report.Tables, func(def report.Table) bool { return def.Name == table })
	c, ok := out.Chart(i)
	if !ok {
		t.Fatalf("%s %s has no picture", out.Report.ID, table)
	}
	values = map[string][]float64{}
	for _, s := range c.Series {
		values[s.Name] = s.Values
	}
	if svg := out.Picture(i); strings.Count(svg, `class="chart-missing"`) > len(c.Labels) || (slices.Contains(c.Missing, true)) != strings.Contains(svg, `class="chart-missing"`) {
		t.Errorf("%s: the picture does not mark what is missing as the chart does: %v", out.Report.ID, c.Missing)
	}
	return c.Labels, values, c.Missing, c.Unit
}

// TestDaysOfAPictureHaveTheirPlace: every day of the period is on the axis, an empty one is zero, and one of which there is
// no record at all is marked.
func TestDaysOfAPictureHaveTheirPlace(t *testing.T) {
	s := scene.New(t, "2026-03-12T12:00:00Z")
	s.Attempt(scene.Time("2026-03-03T09:00:00Z"), "adele", "192.0.2.10", scene.Full)
	s.Attempt(scene.Time("2026-03-06T09:00:00Z"), "alex", "192.0.2.11", scene.Full)
	s.Attempt(scene.Time("2026-03-06T10:00:00Z"), "grady", "192.0.2.12", scene.Full)
	for _, day := range []string{"04", "05", "07", "11", "12"} { // other records: nobody reset a password
		s.Add(scene.Event{At: scene.Time("2026-03-" + day + "T08:00:00Z"), Key: "change", Actor: "adele"})
	}
	s.Commit()
	lib := library(t, s)
	out := run(t, lib, "resets-last-7-days", report.Params{Tenant: scene.Contoso, Now: s.Now, From: scene.Time("2026-03-01"), To: scene.Time("2026-03-13")})
	labels, values, missing, unit := picture(t, out, "by-day")
	if got := fmt.Sprint(labels); got != "[2026-03-01 2026-03-02 2026-03-03 2026-03-04 2026-03-05 2026-03-06 2026-03-07 2026-03-08 2026-03-09 2026-03-10 2026-03-11 2026-03-12]" {
		t.Errorf("labels = %s", got)
	}
	if got := fmt.Sprint(values["Resets"]); got != "[0 0 1 0 0 2 0 0 0 0 0 0]" {
		t.Errorf("resets = %s", got)
	}
	if got := fmt.Sprint(missing); got != "[true true false false false false false true true true false false]" {
		t.Errorf("missing = %s", got)
	}
	if unit != "people a day, UTC days" && unit != "attempts a day, UTC days" {
		t.Errorf("unit = %q", unit)
	}
	for _, id := range []string{"common-problems", "security-info-changes"} {
		if labels, _, _, _ := picture(t, run(t, lib, id, out.Params), "by-day"); len(labels) != 12 {
			t.Errorf("%s has %d days", id, len(labels))
		}
	}
	open := out.Params
	open.From = 1
	labels, values, _, _ = picture(t, run(t, lib, "resets-last-7-days", open), "by-day")
	if labels[0] != "2026-03-03" || len(labels) != 10 || values["Resets"][3] != 2 {
		t.Errorf("an open period begins with the first record: %v %v", labels, values)
	}
	long := out.Params
	long.From = scene.Time("2024-03-01")
	labels, values, _, unit = picture(t, run(t, lib, "resets-last-7-days", long), "by-day")
	sum := 0.0
	for _, v := range values["Resets"] {
		sum += v
	}
	if len(labels) != 106 || sum != 3 || unit != "attempts in 7 days, from that UTC day on" {
		t.Errorf("two years are %d places, %v resets, %q", len(labels), sum, unit)
	}
}

// TestLineHoldsItsValue: how many are registered stays until it changes, from the first snapshot on.
func TestLineHoldsItsValue(t *testing.T) {
	s := scene.New(t, "2026-03-12T12:00:00Z")
	for day, people := range map[string][]string{"2026-03-03": {"adele"}, "2026-03-06": {"adele", "alex", "grady"}} {
		sn := store.Snapshot{Kind: store.Registrations, TakenAt: scene.Time(day + "T06:00:00Z"), Complete: true}
		for _, p := range people {
			sn.Registrations = append(sn.Registrations, store.Registration{UserID: scene.ID(p), UPN: s.UPN(p), IsSsprRegistered: true})
		}
		if _, err := s.Store.Commit(t.Context(), &store.Batch{Tenant: scene.Contoso, Source: "test", At: s.Now, Snapshots: []store.Snapshot{sn}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Store.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	lib := library(t, s)
	for from, want := range map[string]string{"2026-03-01": "[2026-03-03 2026-03-08] [1 1 1 3 3 3]", "2026-03-05": "[2026-03-05 2026-03-08] [1 3 3 3]", "2026-03-07": "[2026-03-07 2026-03-08] [3 3]"} {
		out := run(t, lib, "registered-count", report.Params{Tenant: scene.Contoso, Now: s.Now, From: scene.Time(from), To: scene.Time("2026-03-09")})
		labels, values, _, unit := picture(t, out, "trend")
		if got := fmt.Sprint([]string{labels[0], labels[len(labels)-1]}, values["Registered"]); got != want || unit != "people, by UTC day" {
			t.Errorf("from %s: %s, %q, want %s", from, got, unit, want)
		}
	}
}
