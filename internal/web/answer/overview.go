package answer

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"golang.org/x/sync/errgroup"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/chart"
	"passtrail/internal/detect"
	"passtrail/internal/kql/types"
	"passtrail/internal/report"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

// glance says which value of a report's first row is its figure on the overview, and where one goes from there.
type glance struct {
	column, label string   // "" counts the rows of the first table
	name          string   // a column whose text says what the figure is about
	of            string   // a second column that the figure is part of
	tone          string   // of a figure that is not zero
	picture       int      // the table whose chart is the small picture, -1 for none
	parts         []string // columns of the first row that are the small picture, as parts of the column of
	links         []web.Link
}

var glances = map[string]glance{
	"registered-count":       {column: "Registered", of: "Total", label: "people registered", parts: []string{"Registered", "Enabled", "Capable"}, links: []web.Link{{Text: "Registration", Href: "/registration"}}},
	"registered-people":      {label: "people", picture: -1, links: []web.Link{{Text: "Who is missing", Href: "/registration?list=missing"}}},
	"data-registered":        {column: "People", name: "Value", label: "people", links: []web.Link{{Text: "By combination", Href: "/registration"}}},
	"resets-last-7-days":     {column: "People", label: "people", picture: 1, links: []web.Link{{Text: "Those attempts", Href: "/attempts?outcome=reset&range=7d"}}},
	"methods-used":           {column: "Total", name: "Method", label: "times", links: []web.Link{{Text: "Attempts", Href: "/attempts"}}},
	"common-problems":        {column: "Occurrences", name: "Title", label: "times", tone: "warn", links: []web.Link{{Text: "Where people stop", Href: "/attempts"}}},
	"admins-resetting-often": {label: "administrators", tone: "warn", links: []web.Link{{Text: "Admin attempts", Href: "/attempts?who=admins"}}},
	"suspicious-activity":    {label: "findings", tone: "bad", picture: -1, links: []web.Link{{Text: "All findings", Href: "/suspicious"}}},
	"policy-changes":         {label: "settings changed", picture: -1, links: []web.Link{{Text: "Records of the policy", Href: "/audit?activity=policy"}}},
}

// glanceRows is how many lines of a list a card shows.
const glanceRows = 3

// Answers answers the nine questions, two at a time.
func (a *Answers) Answers(ctx context.Context, s web.Scope, p web.Period) ([]web.Answer, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	reports := a.library.Reports[:min(nine, len(a.library.Reports))]
	out := make([]web.Answer, len(reports))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for i, r := range reports {
		g.Go(func() error {
			period, own := p, ""
			if r.ID == "resets-last-7-days" {
				period, own = web.Period{}, "?range=7d" // the question itself says seven days
			}
			answer, err := a.glance(ctx, s, r, period, own)
			out[i] = answer
			return err
		})
	}
	return out, g.Wait()
}

// glance runs one report and puts it on a card; own is the period to open the report with, where it is not the page's.
// Only a failure that a person can act on becomes part of the card.
func (a *Answers) glance(ctx context.Context, s web.Scope, r *report.Report, p web.Period, own string) (web.Answer, error) {
	href := "/reports/" + r.ID + own
	card := web.Answer{Report: r.ID, Href: href, Question: r.Title, Links: append([]web.Link{{Text: "Report", Href: href}}, glances[r.ID].links...)}
	switch {
	case r.Kind == "findings":
		return a.findingsCard(ctx, s, card, p)
	case r.ID == "registered-people":
		if done, err := a.peopleCard(ctx, s, &card); done || err != nil {
			return card, err
		}
	}
	out, err := a.output(ctx, s, r.ID, p, nil)
	if passtrail.CodeOf(err) != "" && passtrail.CodeOf(err) != passtrail.Cancelled {
		card.Problem = err.Error()
		return card, nil
	}
	if err != nil {
		return card, err
	}
	card.Sentence = out.Answer
	fill(&card, out, glances[r.ID])
	return card, nil
}

// findingsCard counts the findings that are kept, instead of running every detection for a number.
func (a *Answers) findingsCard(ctx context.Context, s web.Scope, card web.Answer, p web.Period) (web.Answer, error) {
	found, err := a.store.Findings(ctx, s.Tenant)
	if err != nil {
		return card, err
	}
	found = slices.DeleteFunc(found, func(f store.Finding) bool {
		return f.State == "closed" || f.End < p.From || p.To != 0 && f.Start >= p.To
	})
	detect.Sort(found)
	card.Figure, card.FigureLabel, card.Sentence = digits(int64(len(found))), "findings", "Nothing suspicious was found in this time."
	if len(found) > 0 {
		card.Tone, card.Sentence = "bad", "The most severe and newest first:"
	}
	for _, f := range found[:min(glanceRows, len(found))] {
		card.Rows = append(card.Rows, web.AnswerRow{Text: f.Title, Href: "/suspicious/" + f.ID, Severity: f.Severity, At: f.End})
	}
	return card, nil
}

// peopleCard counts the registered people instead of listing them all for a number. It is not done without a snapshot.
func (a *Answers) peopleCard(ctx context.Context, s web.Scope, card *web.Answer) (bool, error) {
	tables, err := a.run(ctx, s, "UserRegistrationDetails\n| summarize Known = count(), People = countif(IsSsprRegistered);\n"+
		"PasswordEvents\n| where Activity == 'registered' and Result == 'success'\n| top 20 by Time desc\n"+ // one person, several records
		"| summarize arg_max(Time, UserPrincipalName, UserDisplayName) by UserId\n| top "+fmt.Sprint(glanceRows)+" by Time desc\n"+
		"| join kind=leftouter (UserRegistrationDetails | project Id, DataRegistered) on $left.UserId == $right.Id\n"+
		"| sort by Time desc, UserId asc")
	if err != nil {
		return false, err
	}
	r := first(&tables[0])
	if r.number("Known") == 0 {
		return false, nil
	}
	card.Figure, card.FigureLabel = digits(r.number("People")), "people"
	card.Sentence = "The report lists each with role, date and the data registered."
	if len(tables[1].Rows) > 0 {
		card.Sentence = "The newest registrations:"
	}
	for i := range tables[1].Rows {
		p := row{&tables[1], tables[1].Rows[i]}
		card.Rows = append(card.Rows, web.AnswerRow{
			Text: firstOf(p.text("UserDisplayName"), p.text("UserPrincipalName")), Href: "/person/" + url.PathEscape(p.text("UserId")),
			Note: p.text("DataRegistered"), At: p.ticks("Time"),
		})
	}
	return true, nil
}

// fill puts figure, tone and picture on a card.
func fill(card *web.Answer, out *report.Output, g glance) {
	t := &out.Tables[0]
	value, label := int64(len(t.Rows)), g.label
	if g.column != "" {
		r := first(t)
		value = r.number(g.column)
		if g.of != "" && r.number(g.of) > 0 {
			label = "of " + digits(r.number(g.of)) + " people"
		}
	}
	if name := first(t).text(g.name); g.name != "" && name != "" {
		label += ": " + report.Label(name, types.String)
	}
	if g.column == "" && out.Report.Kind == "findings" {
		value = int64(out.Findings)
	}
	card.Figure, card.FigureLabel = digits(value), label
	if value > 0 {
		card.Tone = g.tone
	}
	switch {
	case len(g.parts) > 0 && first(t).number(g.of) > 0:
		card.Chart = picture(chart.Bar, "Of "+digits(first(t).number(g.of))+" people", "State", "People")
		card.Chart.Whole = float64(first(t).number(g.of))
		for _, name := range g.parts {
			add(card.Chart, name, float64(first(t).number(name)))
		}
	case len(g.parts) == 0 && g.picture >= 0 && g.picture < len(out.Tables):
		card.Chart = section(out, g.picture).Chart
	}
}

// digits groups digits by three.
func digits(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Freshness says what the answers rest on.
func (a *Answers) Freshness(ctx context.Context, s web.Scope) (web.Freshness, error) {
	var f web.Freshness
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return f, err
	}
	tables, err := a.run(ctx, s, "let From = datetime(2000-01-01); let To = now(1d);\n"+ // records of other times cannot be right
		"AuditLogs | summarize Records = count(), Oldest = minif(TimeGenerated, TimeGenerated between (From .. To)), Newest = maxif(TimeGenerated, TimeGenerated between (From .. To));\n"+
		"UserRegistrationHistory | summarize Since = min(ValidFrom), Updated = max(LastUpdatedDateTime), Changed = max(ValidFrom)")
	if err != nil {
		return f, err
	}
	r := first(&tables[0])
	f.Records, f.Oldest, f.Newest = r.number("Records"), r.ticks("Oldest"), r.ticks("Newest")
	f.StateSince, f.Snapshot = snapshotTimes(&tables[1])
	final, err := a.store.FinalUntil(ctx, s.Tenant)
	f.FinalUntil = final.Until()
	return f, err
}
