package answer

import (
	"context"
	"strings"
	"unicode/utf8"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/chart"
	"passtrail/internal/store"
	"passtrail/internal/vocab"
	"passtrail/internal/web"
)

const (
	maxSetAside  = 200
	maxInputText = 64 << 10
)

// SourceList answers what came in for a tenant.
func (a *Answers) SourceList(ctx context.Context, s web.Scope) (*web.SourcesView, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	hours, err := a.store.Ledger(ctx, s.Tenant)
	if err != nil {
		return nil, err
	}
	final, err := a.store.FinalUntil(ctx, s.Tenant)
	if err != nil {
		return nil, err
	}
	failed, err := a.store.Failures(ctx, s.Tenant)
	if err != nil {
		return nil, err
	}
	view := &web.SourcesView{Sources: sources(hours, final, failed), Arrived: arrived(hours)}
	aside, err := a.store.Quarantined(ctx, store.QuarantineFilter{Tenant: s.Tenant, Limit: maxSetAside})
	if err != nil {
		return nil, err
	}
	for _, q := range aside {
		view.SetAside = append(view.SetAside, setAside(q))
	}
	unknown, err := a.library.Unknown(ctx, s.Tenant, 0, passtrail.MaxTicks, s.Now)
	for _, u := range unknown[:min(len(unknown), maxUnknown)] {
		view.Unknown = append(view.Unknown, web.UnknownRow{Kind: u.Kind, Text: u.Text, Activity: vocab.ActivityTitle(u.Activity), Records: u.Records})
	}
	return view, err
}

// maxUnknown is how many unknown words the page lists, the most frequent ones.
const maxUnknown = 100

func setAside(q store.Quarantine) web.SetAsideRow {
	return web.SetAsideRow{ID: q.ID, Source: q.Source, Position: q.Position, Reason: q.Reason, Code: q.Code, At: q.At}
}

// sources is a line for each source of the ledger.
func sources(hours []store.LedgerHour, final store.Finality, failed []store.Failure) []web.SourceRow {
	var out []web.SourceRow
	for _, s := range store.SumFailures(store.SumLedger(hours), failed) {
		out = append(out, web.SourceRow{
			Name: s.Source, Received: s.Received, Records: s.Records(), SnapshotRows: s.SnapshotRows, Repeats: s.Repeats, SetAside: s.SetAside, Other: s.Other,
			PastRetention: s.PastRetention, First: s.First, Last: s.Hour, LastSeen: s.LastSeen, FinalUntil: final[s.Source],
			FailedAt: s.Failure.At, Failure: s.Failure.Reason,
		})
	}
	return out
}

// arrived draws the records stored, by the day of their time, over the last 90 days there are.
func arrived(hours []store.LedgerHour) *web.Chart {
	days := map[passtrail.Ticks]float64{}
	var last, oldest passtrail.Ticks
	for _, h := range hours {
		if h.Hour == 0 {
			continue
		}
		day := h.Hour - h.Hour%passtrail.Day
		days[day] += float64(h.Records())
		last = max(last, day)
		if oldest == 0 || day < oldest {
			oldest = day
		}
	}
	c := picture(chart.Column, "Records stored, by their day", "Day", "Records")
	for day := max(oldest, last-89*passtrail.Day); day <= last && last != 0; day += passtrail.Day {
		add(c, day.String()[:10], days[day])
	}
	return c
}

// SetAside answers one input that could not be read.
func (a *Answers) SetAside(ctx context.Context, s web.Scope, id int64) (*web.SetAsideView, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	q, err := a.store.QuarantineItem(ctx, id)
	if err != nil {
		return nil, err
	}
	if q.Tenant != s.Tenant && q.Tenant != "" {
		return nil, passtrail.Errorf(passtrail.NotFound, "answer.SetAside", "no input has the number %d", id)
	}
	return &web.SetAsideView{SetAsideRow: setAside(q), Text: readable(q.Bytes)}, nil
}

// readable is the beginning of an input as text; bytes that are none are marked.
func readable(b []byte) string {
	cut := ""
	if len(b) > maxInputText {
		b, cut = b[:maxInputText], "\n…"
	}
	if utf8.Valid(b) {
		return string(b) + cut
	}
	return strings.ToValidUTF8(string(b), "\uFFFD") + cut
}
