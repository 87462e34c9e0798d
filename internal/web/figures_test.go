package web_test

import (
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/chart"
	"passtrail/internal/web"
)

// TestCardsShowTheirFigure holds the first bar of a card's picture to the figure above it, series added up.
func TestCardsShowTheirFigure(t *testing.T) {
	_, w := realSite(t)
	ctx := auth.With(t.Context(), auth.Local())
	now := passtrail.TicksOf(w.now())
	cards, err := w.Answers(ctx, web.Scope{Tenant: w.tenant, Now: now}, web.Period{From: now - 30*passtrail.Day})
	if err != nil {
		t.Fatal(err)
	}
	bars := 0
	for _, card := range cards {
		if card.Figure == "" || len(card.Links) == 0 {
			t.Errorf("%s: figure %q, links %v", card.Report, card.Figure, card.Links)
		}
		if card.Chart == nil || card.Chart.Kind != chart.Bar || card.Report == "admins-resetting-often" { // that one counts the bars
			continue
		}
		bars++
		m := (&web.Shell{}).Mini(card.Chart)
		if m == nil || len(m.Rows) == 0 || m.Rows[0].Value != card.Figure {
			t.Errorf("%s: the figure is %s, the picture begins with %+v", card.Report, card.Figure, m)
		}
	}
	if bars < 4 {
		t.Errorf("%d cards have bars, want those of registration, data, methods and problems", bars)
	}
}

// TestBlockedUntilAsTheReportSays asks the page of each person who is blocked, an hour after the block.
func TestBlockedUntilAsTheReportSays(t *testing.T) {
	_, w := realSite(t)
	ctx := auth.With(t.Context(), auth.Local())
	blocks := w.answer(t, `PasswordEvents | where Activity == "blocked" | summarize Last = max(Time) by UserId | sort by Last desc | take 5`)
	if len(blocks) == 0 {
		t.Fatal("nobody is blocked in the simulated tenant")
	}
	for _, b := range blocks {
		id, last := b[0].(string), passtrail.Ticks(b[1].(int64))
		scope := web.Scope{Tenant: w.tenant, Now: last + passtrail.Hour}
		rep, err := w.Report(ctx, scope, "blocked-people", web.Period{From: last - passtrail.Day, To: last + 2*passtrail.Day}, nil)
		if err != nil {
			t.Fatal(err)
		}
		person, err := w.Person(ctx, scope, id, web.Period{})
		if err != nil {
			t.Fatal(err)
		}
		want := passtrail.Ticks(0)
		for _, row := range rep.Sections[0].Table.Rows {
			if strings.EqualFold(row[0].Text, person.UPN) {
				for i, c := range rep.Sections[0].Table.Columns {
					if c.Name == "Blocked until" {
						want = row[i].Time
					}
				}
			}
		}
		if want == 0 || person.BlockedUntil != want {
			t.Errorf("%s: the page says blocked until %s, the report %s", id, person.BlockedUntil, want)
		}
	}
}

// TestSourcesCountTheRecordsThatThereAre holds the page Sources to the audit log itself.
func TestSourcesCountTheRecordsThatThereAre(t *testing.T) {
	_, w := realSite(t)
	ctx := auth.With(t.Context(), auth.Local())
	view, err := w.SourceList(ctx, web.Scope{Tenant: w.tenant, Now: passtrail.TicksOf(w.now())})
	if err != nil {
		t.Fatal(err)
	}
	var records, rows int64
	for _, s := range view.Sources {
		records, rows = records+s.Records, rows+s.SnapshotRows
	}
	if want := w.answer(t, "AuditLogs | count")[0][0].(int64); records != want || rows == 0 {
		t.Errorf("the page has %d records and %d rows of snapshots, the audit log %d records", records, rows, want)
	}
}
