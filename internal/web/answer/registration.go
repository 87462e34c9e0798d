package answer

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/chart"
	"passtrail/internal/explore"
	"passtrail/internal/query"
	"passtrail/internal/vocab"
	"passtrail/internal/web"
)

const trendDays = 90

// people is the state of registration at a moment, of the people that the filter is about.
func people(at passtrail.Ticks, who string) string {
	text := fmt.Sprintf("UserRegistrationHistory\n| where AssumedFrom <= datetime(%s) and (isnull(ValidTo) or ValidTo > datetime(%s))", at, at)
	switch who {
	case "admins":
		text += "\n| where IsAdmin"
	case "users":
		text += "\n| where not(IsAdmin)"
	case "members":
		text += "\n| where UserType =~ 'member'"
	case "guests":
		text += "\n| where UserType =~ 'guest'"
	}
	return text
}

const registrationCounts = `
| summarize Total = count(), Registered = countif(IsSsprRegistered), Enabled = countif(IsSsprEnabled), Capable = countif(IsSsprCapable),
    Missing = countif(IsSsprEnabled and not(IsSsprRegistered)), Unlisted = countif(IsSsprRegistered and not(IsSsprEnabled)), Admins = countif(IsAdmin and not(IsSsprCapable)),
    Taken = max(LastUpdatedDateTime), Changed = max(ValidFrom)`

// Registration answers who is registered at a moment, and what differs from another.
func (a *Answers) Registration(ctx context.Context, s web.Scope, f web.RegistrationFilter) (*web.RegistrationView, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadReports); err != nil {
		return nil, err
	}
	at := f.At
	if at == 0 || at > s.Now {
		at = s.Now
	}
	view := &web.RegistrationView{}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.registrationFigures(ctx, s, at, f, view) })
	g.Go(func() (err error) {
		view.Trend, err = a.registrationTrend(ctx, s, at, f.Who)
		return err
	})
	g.Go(func() error { return a.registrationList(ctx, s, at, f, view) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	view.Known = view.KnownSince != 0
	return view, nil
}

// registrationFigures fills the counts at both moments and the pictures by method and by combination.
func (a *Answers) registrationFigures(ctx context.Context, s web.Scope, at passtrail.Ticks, f web.RegistrationFilter, view *web.RegistrationView) error {
	now := people(at, f.Who)
	text := "UserRegistrationHistory | summarize Since = min(ValidFrom);\n" + now + registrationCounts + ";\n" +
		now + "\n| where IsSsprRegistered\n| summarize People = dcount(Id) by Methods = tostring(MethodsRegistered)\n| mv-expand Method = set_union(parse_json(Methods)) to typeof(string)\n| where isnotempty(Method)\n| summarize People = sum(People) by Method\n| sort by People desc, Method asc;\n" +
		now + "\n| where IsSsprRegistered\n| summarize People = count() by DataRegistered\n| sort by People desc, DataRegistered asc | take 14"
	if f.Compare != 0 {
		text += ";\n" + people(f.Compare, f.Who) + registrationCounts
	}
	tables, err := a.run(ctx, s, text)
	if err != nil {
		return err
	}
	view.KnownSince = first(&tables[0]).ticks("Since")
	c := first(&tables[1])
	view.Total, view.Registered, view.Enabled, view.Capable = c.number("Total"), c.number("Registered"), c.number("Enabled"), c.number("Capable")
	view.EnabledNotRegistered, view.RegisteredNotEnabled, view.AdminsNotReady = c.number("Missing"), c.number("Unlisted"), c.number("Admins")
	view.Taken = max(c.ticks("Taken"), c.ticks("Changed"))
	view.ByMethod = picture(chart.Bar, "Registered people by method", "Method", "People")
	for _, r := range rows(&tables[2]) {
		add(view.ByMethod, methodLabel(r.text("Method")), r.real("People"))
	}
	view.ByCombination = picture(chart.Bar, "Registered people by data", "Data registered", "People")
	for _, r := range rows(&tables[3]) {
		add(view.ByCombination, firstOf(r.text("DataRegistered"), "Other methods only"), r.real("People"))
	}
	if f.Compare != 0 {
		was := first(&tables[4])
		view.WasTotal, view.WasRegistered, view.WasEnabled, view.WasCapable = was.number("Total"), was.number("Registered"), was.number("Enabled"), was.number("Capable")
	}
	return nil
}

// methodLabel is the portal's name of a registered method.
func methodLabel(method string) string {
	if labels := vocab.DataLabels([]string{method}); len(labels) == 1 {
		return labels[0]
	}
	return method
}

// registrationTrend draws how many were registered on each of the last days, from the intervals' ends alone.
func (a *Answers) registrationTrend(ctx context.Context, s web.Scope, at passtrail.Ticks, who string) (*web.Chart, error) {
	from := at - trendDays*passtrail.Day
	from -= from % passtrail.Day
	all := strings.Replace(people(at, who), "UserRegistrationHistory\n| where AssumedFrom", "UserRegistrationHistory\n| where IsSsprRegistered and AssumedFrom", 1)
	all = strings.Replace(all, fmt.Sprintf(" and (isnull(ValidTo) or ValidTo > datetime(%s))", at), "", 1)
	tables, err := a.run(ctx, s, fmt.Sprintf(`let Held = %s;
union
    (Held | project Day = iff(AssumedFrom < datetime(%s), datetime(%s), bin(AssumedFrom, 1d)), Delta = 1),
    (Held | where isnotnull(ValidTo) and ValidTo <= datetime(%s) | project Day = iff(ValidTo < datetime(%s), datetime(%s), bin(ValidTo, 1d)), Delta = -1)
| summarize Delta = sum(Delta) by Day
| sort by Day asc`, all, from, from, at, from, from))
	if err != nil {
		return nil, err
	}
	deltas := map[passtrail.Ticks]float64{}
	for _, r := range rows(&tables[0]) {
		deltas[r.ticks("Day")] += r.real("Delta")
	}
	c := picture(chart.Line, "Registered people over time", "Day", "Registered")
	sum := 0.0
	for day := from; day <= at && len(deltas) > 0; day += passtrail.Day {
		sum += deltas[day]
		add(c, day.String()[:10], sum)
	}
	return c, nil
}

// lists are the predicates of the lists of people.
var lists = map[string]string{
	"missing": "IsSsprEnabled and not(IsSsprRegistered)", "unlisted": "IsSsprRegistered and not(IsSsprEnabled)",
	"admins": "IsAdmin and not(IsSsprCapable)", "registered": "IsSsprRegistered",
}

// registrationList fills one page of the list of people.
func (a *Answers) registrationList(ctx context.Context, s web.Scope, at passtrail.Ticks, f web.RegistrationFilter, view *web.RegistrationView) error {
	text := people(at, f.Who)
	if f.List == "changed" && f.Compare != 0 {
		text = changed(at, f)
	} else if predicate, ok := lists[f.List]; ok {
		text += "\n| where " + predicate + "\n| extend Change = ''"
	} else {
		return passtrail.Errorf(passtrail.Invalid, "answer.Registration", "there is no list %q of people", f.List)
	}
	if f.Text != "" {
		q := explore.Quote(f.Text)
		text += "\n| where UserPrincipalName contains " + q + " or UserDisplayName contains " + q
	}
	tables, err := a.run(ctx, s, fmt.Sprintf(`let L = %s;
L | count;
L | project Id, UserPrincipalName, UserDisplayName, UserType, IsAdmin, IsSsprRegistered, IsSsprEnabled, IsSsprCapable, DataRegistered, ValidFrom, Change
| sort by UserPrincipalName asc, Id asc | serialize N = row_number() | where N > %d and N <= %d`, text, f.Page*f.Limit, (f.Page+1)*f.Limit))
	if err != nil {
		return err
	}
	view.Listed = whole(tables[0].Rows[0][0])
	blocked, err := a.explorer(s).Blocked(ctx, at)
	if err != nil {
		return err
	}
	for _, r := range rows(&tables[1]) {
		p := registered(r)
		p.BlockedUntil = blocked[p.ID]
		view.People = append(view.People, p)
	}
	return nil
}

// registered reads a row of the list.
func registered(r row) web.RegisteredPerson {
	p := web.RegisteredPerson{
		PersonRow: web.PersonRow{ID: r.text("Id"), UPN: r.text("UserPrincipalName"), Name: r.text("UserDisplayName"), Role: "User"},
		RegistrationState: web.RegistrationState{
			Registered: r.flag("IsSsprRegistered"), Enabled: r.flag("IsSsprEnabled"), Capable: r.flag("IsSsprCapable"), Data: r.text("DataRegistered"),
		},
		Type: r.text("UserType"), Change: r.text("Change"),
	}
	if r.flag("IsAdmin") {
		p.Role = "Administrator"
	}
	if p.Registered {
		p.Since = r.ticks("ValidFrom")
	}
	return p
}

// changed is the people whose registration differs between two moments.
func changed(at passtrail.Ticks, f web.RegistrationFilter) string {
	return fmt.Sprintf(`(%s)
| join kind=fullouter (%s | project Id1 = Id, UPN1 = UserPrincipalName, Name1 = UserDisplayName, Data1 = DataRegistered, Enabled1 = IsSsprEnabled, Registered1 = IsSsprRegistered) on $left.Id == $right.Id1
| where DataRegistered != Data1 or IsSsprEnabled != Enabled1 or IsSsprRegistered != Registered1 or isempty(Id) or isempty(Id1)
| extend Change = case(isempty(Id1), "new", isempty(Id), "no longer there", IsSsprRegistered and not(Registered1), "registered", Registered1 and not(IsSsprRegistered), "no longer registered",
    IsSsprEnabled and not(Enabled1), "enabled", Enabled1 and not(IsSsprEnabled), "no longer enabled", strcat("data before: ", Data1))
| extend Id = coalesce(Id, Id1), UserPrincipalName = iff(isempty(UserPrincipalName), UPN1, UserPrincipalName), UserDisplayName = iff(isempty(UserDisplayName), Name1, UserDisplayName)`,
		people(at, f.Who), people(f.Compare, f.Who))
}

// snapshotTimes says since when registration is known and how fresh it is.
func snapshotTimes(t *query.Table) (since, newest passtrail.Ticks) {
	r := first(t)
	return r.ticks("Since"), max(r.ticks("Updated"), r.ticks("Changed"))
}
