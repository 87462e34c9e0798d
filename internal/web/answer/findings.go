package answer

import (
	"context"
	"strings"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/detect"
	"passtrail/internal/explore"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// FindFindings answers the findings in one state and how many there are in each.
func (a *Answers) FindFindings(ctx context.Context, s web.Scope, state string) (*web.FindingPage, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	found, err := a.store.Findings(ctx, s.Tenant)
	if err != nil {
		return nil, err
	}
	detect.Sort(found)
	counts := map[string]int64{}
	page := &web.FindingPage{}
	for _, f := range found {
		counts[f.State]++
		if f.State == state {
			page.Rows = append(page.Rows, findingRow(f))
		}
	}
	for _, name := range []string{"new", "seen", "closed"} {
		page.States = append(page.States, web.Facet{Value: name, Count: counts[name]})
	}
	return page, nil
}

func findingRow(f store.Finding) web.FindingRow {
	return web.FindingRow{
		ID: f.ID, Rule: f.Rule, Severity: f.Severity, Title: f.Title, Reasoning: f.Reasoning, State: f.State, Note: f.Note, ChangedBy: f.ChangedBy,
		Start: f.Start, End: f.End, FirstSeen: f.FirstSeen, ChangedAt: f.ChangedAt, People: f.People, Addresses: f.Addresses, Techniques: f.Techniques,
		Evidence: len(f.Evidence),
	}
}

// maxEvidence is how many records of a finding a page shows.
const maxEvidence = 200

// Finding answers one finding with its evidence.
func (a *Answers) Finding(ctx context.Context, s web.Scope, id string) (*web.FindingView, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	found, err := a.store.Findings(ctx, s.Tenant)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if f.ID != id {
			continue
		}
		view := &web.FindingView{FindingRow: findingRow(f), Query: a.ruleText(f, s)}
		view.Rows, err = a.evidence(ctx, s, f)
		return view, err
	}
	return nil, passtrail.Errorf(passtrail.NotFound, "answer.Finding", "there is no finding with the id %q", id)
}

// ruleText is the rule's query over the time of the finding.
func (a *Answers) ruleText(f store.Finding, s web.Scope) string {
	for _, r := range a.library.Rules {
		if r.ID == f.Rule {
			return r.Text(detect.Window{From: f.Start - passtrail.Day, To: f.End + passtrail.Day, Now: s.Now})
		}
	}
	return ""
}

// evidence reads the records that a finding names.
func (a *Answers) evidence(ctx context.Context, s web.Scope, f store.Finding) ([]web.EventRow, error) {
	if len(f.Evidence) == 0 {
		return nil, nil
	}
	var ids []string
	for _, id := range f.Evidence[:min(len(f.Evidence), maxEvidence)] {
		ids = append(ids, explore.Quote(id))
	}
	tables, err := a.run(ctx, s, "AuditLogs\n| where "+within("TimeGenerated", web.Period{From: f.Start - 2*passtrail.Day, To: f.End + 2*passtrail.Day})+
		" and Id in ("+strings.Join(ids, ", ")+")"+explore.EventColumns+"\n| sort by TimeGenerated asc, Id asc")
	if err != nil {
		return nil, err
	}
	var out []web.EventRow
	for _, r := range rows(&tables[0]) {
		out = append(out, listedEvent(r))
	}
	return out, nil
}

// SetFinding keeps what somebody decided about a finding.
func (a *Answers) SetFinding(ctx context.Context, s web.Scope, id, state, note string) error {
	if err := auth.Require(ctx, s.Tenant, auth.Triage); err != nil {
		return err
	}
	return a.store.SetFindingState(ctx, s.Tenant, id, state, note, auth.From(ctx).Name, s.Now)
}
