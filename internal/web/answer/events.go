package answer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/explore"
	"passtrail/internal/query"
	"passtrail/internal/vocab"
	"passtrail/internal/web"
)

const maxFacets = 200

// filter turns a page's filter into the explorer's.
func filter(f web.EventFilter) explore.Filter {
	return explore.Filter{
		From: f.From, To: f.To, Service: f.Service, Category: f.Category, Activity: f.Activity, Status: f.Status, Target: f.Target, Actor: f.Actor,
		CorrelationID: f.Correlation, UserAgent: f.Agent, Text: f.Text,
	}
}

// FindEvents answers the audit log: a page of records, how many there are, and the values beside the filters.
func (a *Answers) FindEvents(ctx context.Context, s web.Scope, f web.EventFilter) (*web.EventPage, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	x, ef := a.explorer(s), filter(f)
	var found *explore.Page
	var groups []group
	g, both := errgroup.WithContext(ctx)
	list := func() (err error) {
		found, err = x.Events(both, ef, f.After, f.Limit)
		return err
	}
	counts := func() (err error) {
		groups, err = a.groups(both, s, ef)
		return err
	}
	g.Go(func() error {
		if !ef.Slow() {
			return list()
		}
		// reading texts twice at once would take twice as long: where the list has all there is, it can be counted itself
		if err := list(); err != nil {
			return err
		}
		if f.After == "" && found.Next == "" && ef.Service+ef.Category+ef.Activity+ef.Status == "" {
			groups = grouped(found.Events)
			return nil
		}
		return counts()
	})
	if !ef.Slow() {
		g.Go(counts)
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	page := &web.EventPage{Next: found.Next}
	for _, e := range found.Events {
		page.Rows = append(page.Rows, eventRow(e))
	}
	count(groups, ef, page)
	return page, nil
}

// grouped counts records that are at hand, in the order of groups.
func grouped(events []explore.Event) []group {
	n := map[group]int64{}
	for _, e := range events {
		n[group{e.Service, e.Category, e.Activity, e.Result, 0}]++
	}
	out := make([]group, 0, len(n))
	for g, count := range n {
		g.n = count
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.activity, b.activity), cmp.Compare(a.category, b.category), cmp.Compare(a.service, b.service), cmp.Compare(a.result, b.result))
	})
	return out
}

// group is records that agree in what the drop-downs choose by.
type group struct {
	service, category, activity, result string
	n                                   int64
}

// groups counts what the filter matches but for its drop-downs, in one pass: all counts beside them follow from it.
func (a *Answers) groups(ctx context.Context, s web.Scope, f explore.Filter) ([]group, error) {
	f.Service, f.Category, f.Activity, f.Status = "", "", "", ""
	tables, err := a.run(ctx, s, f.KQL()+"\n| summarize Count = count() by LoggedByService, Category, ActivityDisplayName, Result\n| sort by Count desc, ActivityDisplayName asc, Category asc, LoggedByService asc, Result asc")
	if err != nil {
		return nil, err
	}
	var out []group
	for _, r := range rows(&tables[0]) {
		out = append(out, group{r.text("LoggedByService"), r.text("Category"), r.text("ActivityDisplayName"), r.text("Result"), r.number("Count")})
	}
	return out, nil
}

// count fills the total and the drop-downs. As in the admin center, the choice of a service does not depend on the others,
// that of a category on the service, that of an activity on both; all depend on the rest of the filter.
func count(groups []group, f explore.Filter, page *web.EventPage) {
	for _, g := range groups {
		service, category := same(g.service, f.Service), same(g.category, f.Category)
		activity, status := sameActivity(g.activity, f.Activity), same(g.result, f.Status)
		if service && category && activity && status {
			page.Total += g.n
		}
		if status {
			tally(&page.Services, g.service, g.n)
		}
		if status && service {
			tally(&page.Categories, g.category, g.n)
		}
		if status && service && category {
			tally(&page.Activities, g.activity, g.n)
		}
		if service && category && activity {
			tally(&page.States, g.result, g.n)
		}
	}
	for _, list := range []*[]web.Facet{&page.Services, &page.Categories, &page.Activities, &page.States} {
		slices.SortStableFunc(*list, func(a, b web.Facet) int { return cmp.Compare(b.Count, a.Count) })
		*list = (*list)[:min(len(*list), maxFacets)]
	}
}

// same tells whether a value passes a filter; the empty filter lets all pass, and letter case does not matter.
func same(value, filter string) bool { return filter == "" || strings.EqualFold(value, filter) }

// sameActivity is same for activities, which may be asked for by their key.
func sameActivity(value, filter string) bool {
	if same(value, filter) {
		return true
	}
	a, ok := vocab.ActivityByKey(filter)
	return ok && (same(value, a.Name) || slices.ContainsFunc(a.Variants, func(v string) bool { return same(value, v) }))
}

// tally adds to a value's count.
func tally(list *[]web.Facet, value string, n int64) {
	for i := range *list {
		if (*list)[i].Value == value {
			(*list)[i].Count += n
			return
		}
	}
	*list = append(*list, web.Facet{Value: value, Count: n})
}

// eventRow turns the explorer's record into the page's.
func eventRow(e explore.Event) web.EventRow {
	person := e.TargetID
	if e.TargetUPN == "" {
		person = "" // a directory, a group, an app: no page tells of one
	}
	return web.EventRow{
		ID: e.ID, Time: e.Time, Service: e.Service, Category: e.Category, Activity: e.Activity, Status: e.Result, Reason: e.Reason,
		Plain: plain(e.Reason), Target: firstOf(e.TargetUPN, e.TargetName, e.TargetID), TargetID: person,
		Actor: firstOf(e.ActorUPN, e.ActorName, e.ActorID), ActorID: e.ActorID, Address: e.Address, Correlation: e.CorrelationID,
	}
}

// plain is a reason in plain words, "" where the vocabulary has none of its own.
func plain(reason string) string {
	if r, ok := vocab.FindReason(reason); ok {
		return r.Plain
	}
	return ""
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// EventsQuery returns the filter as KQL.
func (a *Answers) EventsQuery(s web.Scope, f web.EventFilter) string {
	return filter(f).ExportText()
}

// ExportEvents writes every record that the filter matches.
func (a *Answers) ExportEvents(ctx context.Context, s web.Scope, f web.EventFilter, format string, w io.Writer) (int64, error) {
	if err := auth.Require(ctx, s.Tenant, auth.Export); err != nil {
		return 0, err
	}
	matched, err := a.explorer(s).Count(ctx, filter(f))
	if err != nil {
		return 0, err
	}
	about, err := a.about(ctx, s, "Audit log", a.EventsQuery(s, f), f.Period)
	if err != nil {
		return 0, err
	}
	written, err := a.stream(ctx, s, query.Request{Text: filter(f).ExportText()}, about, format, w)
	if err == nil && written < matched {
		err = passtrail.Errorf(passtrail.Unavailable, "answer.ExportEvents", "%d records match and %d were written; try again", matched, written)
	}
	return written, err
}

// Record answers the details pane.
func (a *Answers) Record(ctx context.Context, s web.Scope, id string) (*web.RecordView, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	d, err := a.explorer(s).Record(ctx, id)
	if err != nil {
		return nil, err
	}
	v := &web.RecordView{EventRow: eventRow(d.Event), OperationType: d.OperationType, Result: d.Result, Title: d.Problem, Remedy: d.Remedy, FixedBy: d.FixedBy}
	v.Attempt = d.AttemptID
	v.Actors = actors(d.InitiatedBy)
	v.Targets, v.Modified = targets(d.TargetResources)
	var details []struct{ Key, Value string }
	if json.Unmarshal(d.AdditionalDetails, &details) == nil {
		for _, kv := range details {
			v.Details = append(v.Details, web.Link{Text: kv.Key, Href: kv.Value})
			if kv.Key == "User-Agent" {
				v.UserAgent = kv.Value
			}
		}
	}
	v.Raw, err = raw(d)
	return v, err
}

type identity struct {
	ID, DisplayName, UserPrincipalName, IPAddress string
	AppID, ServicePrincipalID                     string
}

// actors reads who initiated a record.
func actors(text json.RawMessage) []web.Party {
	var by struct{ User, App *identity }
	if json.Unmarshal(text, &by) != nil {
		return nil
	}
	var out []web.Party
	if u := by.User; u != nil && *u != (identity{}) {
		out = append(out, web.Party{Kind: "User", Name: u.DisplayName, UPN: u.UserPrincipalName, ID: u.ID, Address: u.IPAddress})
	}
	if p := by.App; p != nil && *p != (identity{}) {
		out = append(out, web.Party{Kind: "App", Name: p.DisplayName, ID: firstOf(p.ServicePrincipalID, p.AppID)})
	}
	return out
}

// targets reads whom a record is about, and what it changed.
func targets(text json.RawMessage) ([]web.Party, []web.Change) {
	var list []struct {
		ID, DisplayName, Type, UserPrincipalName string
		ModifiedProperties                       []struct{ DisplayName, OldValue, NewValue string }
	}
	if json.Unmarshal(text, &list) != nil {
		return nil, nil
	}
	var out []web.Party
	var changes []web.Change
	for _, t := range list {
		out = append(out, web.Party{Kind: firstOf(t.Type, "Object"), Name: t.DisplayName, UPN: t.UserPrincipalName, ID: t.ID})
		for _, m := range t.ModifiedProperties {
			changes = append(changes, web.Change{Target: firstOf(t.DisplayName, t.UserPrincipalName, t.ID), Property: m.DisplayName, Old: m.OldValue, New: m.NewValue})
		}
	}
	return out, changes
}

// rawRecord is a record with Microsoft Graph's names.
type rawRecord struct {
	ID                  string          `json:"id"`
	Category            string          `json:"category"`
	CorrelationID       string          `json:"correlationId"`
	Result              string          `json:"result"`
	ResultReason        string          `json:"resultReason"`
	ActivityDisplayName string          `json:"activityDisplayName"`
	ActivityDateTime    string          `json:"activityDateTime"`
	LoggedByService     string          `json:"loggedByService"`
	OperationType       string          `json:"operationType"`
	InitiatedBy         json.RawMessage `json:"initiatedBy"`
	TargetResources     json.RawMessage `json:"targetResources"`
	AdditionalDetails   json.RawMessage `json:"additionalDetails"`
}

// raw writes a record as Microsoft Graph does, indented.
func raw(d *explore.Detail) (string, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(rawRecord{
		d.ID, d.Category, d.CorrelationID, d.Result, d.Reason, d.Activity, d.Time.String(), d.Service, d.OperationType, d.InitiatedBy, d.TargetResources, d.AdditionalDetails,
	})
	return buf.String(), err
}
