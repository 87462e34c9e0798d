package answer

import (
	"cmp"
	"context"
	"net/url"
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

const maxPeople = 50

// FindPeople answers who is meant by the beginning of a name.
func (a *Answers) FindPeople(ctx context.Context, s web.Scope, text string) ([]web.PersonRow, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadPerson); err != nil {
		return nil, err
	}
	found, err := a.explorer(s).FindPeople(ctx, text, maxPeople)
	if err != nil {
		return nil, err
	}
	var out []web.PersonRow
	for _, p := range found {
		out = append(out, web.PersonRow{ID: p.ID, UPN: p.UPN, Name: p.Name, Role: p.Role, LastSeen: p.LastSeen})
	}
	return out, nil
}

// Person answers one person: the state now and the story of the period.
func (a *Answers) Person(ctx context.Context, s web.Scope, who string, p web.Period) (*web.PersonView, error) {
	if err := auth.Require(ctx, s.Tenant, auth.ReadPerson); err != nil {
		return nil, err
	}
	known, moments, tables, err := a.personData(ctx, s, who, p)
	if err != nil {
		return nil, err
	}
	view := &web.PersonView{PersonRow: web.PersonRow{ID: known.ID, UPN: known.UPN, Name: known.Name, Role: known.Role}}
	span := first(&tables[2])
	view.LastSeen = span.ticks("Last")
	view.Earlier = p.From != 0 && span.ticks("First") != 0 && span.ticks("First") < p.From
	view.BlockedUntil = known.BlockedUntil
	for _, r := range rows(&tables[0]) {
		view.Roles = append(view.Roles, web.RoleHeld{Name: r.text("RoleName"), From: r.ticks("ValidFrom"), To: r.ticks("ValidTo"), Assumed: r.ticks("AssumedFrom")})
	}
	view.Registration = state(known, &tables[1])
	view.Story = story(moments, view.Roles)
	view.Story = append(view.Story, changes(&tables[1], p)...)
	slices.SortStableFunc(view.Story, func(a, b web.StoryItem) int { return cmp.Compare(b.Time, a.Time) })
	return view, nil
}

// personData finds out who is meant and reads what there is about that person. An object id, as links have it, is taken
// at its word: everything is read at once, and once more only if somebody else was meant.
func (a *Answers) personData(ctx context.Context, s web.Scope, who string, p web.Period) (known *explore.Person, moments []explore.Moment, tables []query.Table, err error) {
	x := a.explorer(s)
	find := func(ctx context.Context) (err error) {
		known, err = x.Person(ctx, who)
		return err
	}
	read := func(ctx context.Context, id string) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() (err error) {
			moments, err = x.Timeline(ctx, id, p.From, p.To)
			return err
		})
		g.Go(func() (err error) {
			tables, err = a.aboutPerson(ctx, s, id)
			return err
		})
		return g.Wait()
	}
	if _, notGUID := passtrail.ParseTenantID(who); notGUID != nil {
		if err = find(ctx); err == nil {
			err = read(ctx, known.ID)
		}
		return known, moments, tables, err
	}
	g, both := errgroup.WithContext(ctx)
	g.Go(func() error { return find(both) })
	g.Go(func() error { return read(both, who) })
	if err = g.Wait(); err == nil && known.ID != who {
		err = read(ctx, known.ID)
	}
	return known, moments, tables, err
}

// aboutPerson reads roles, registration, and when something was seen first and last.
func (a *Answers) aboutPerson(ctx context.Context, s web.Scope, id string) ([]query.Table, error) {
	q := explore.Quote(id)
	return a.run(ctx, s, "RoleAssignments | where UserId == "+q+" | project RoleName, ValidFrom, ValidTo, AssumedFrom | sort by ValidFrom desc, RoleName asc;\n"+
		"UserRegistrationHistory | where Id == "+q+" | sort by ValidFrom desc;\n"+
		"PasswordEvents | where UserId == "+q+" | summarize First = min(Time), Last = max(Time)")
}

// state is the registration of a person now, nil without a snapshot.
func state(p *explore.Person, history *query.Table) *web.RegistrationState {
	if !p.Known {
		return nil
	}
	st := &web.RegistrationState{Registered: p.Registered, Enabled: p.Enabled, Capable: p.Capable, Data: p.DataRegistered, Since: p.RegisteredOn}
	if len(history.Rows) > 0 {
		newest := first(history)
		st.Methods, st.Updated, st.MFA = vocab.DataLabels(list(newest.text("MethodsRegistered"))), newest.ticks("LastUpdatedDateTime"), newest.flag("IsMfaRegistered")
	}
	return st
}

// story turns the explorer's moments into items of the line of time.
func story(moments []explore.Moment, roles []web.RoleHeld) []web.StoryItem {
	var out []web.StoryItem
	for _, m := range moments {
		item := web.StoryItem{Kind: m.Kind, Time: m.Time, Title: m.Title, Detail: m.Address, Role: roleAt(roles, m.Time)}
		if m.By != "" {
			item.Detail = strings.TrimPrefix(item.Detail+" by "+m.By, " ")
		}
		item.Tone, item.Icon = toneOf(m)
		for _, e := range m.Events {
			row := eventRow(e)
			row.Activity = vocab.ActivityTitle(row.Activity)
			item.Records = append(item.Records, row)
		}
		if m.Kind == "attempt" {
			item.Href = web.OneHref("/attempts/", m.Attempt)
		} else if len(m.Events) == 1 {
			item.Href = "/audit?range=all&id=" + url.QueryEscape(m.Events[0].ID)
			item.Records = nil
		}
		out = append(out, item)
	}
	return out
}

// toneOf is how a moment looks.
func toneOf(m explore.Moment) (tone, icon string) {
	switch {
	case m.Kind == "blocked" || m.Result == "blocked":
		return "bad", "blocked"
	case m.Result == "reset" || m.Result == "unlocked" || m.Result == "success":
		return "good", "success"
	case m.Result == "failed" || m.Result == "failure":
		return "bad", "failure"
	case m.Result == "open":
		return "", "clock"
	}
	return "warn", "cancelled"
}

// roleAt names the roles held at a moment.
func roleAt(roles []web.RoleHeld, at passtrail.Ticks) string {
	var names []string
	for _, r := range roles {
		if r.Assumed <= at && (r.To == 0 || at < r.To) && !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	return strings.Join(names, ", ")
}

// changes turns the intervals of registration into items: one where each interval but the first begins.
func changes(history *query.Table, p web.Period) []web.StoryItem {
	var out []web.StoryItem
	all := rows(history)
	for i, r := range all {
		at := r.ticks("ValidFrom")
		if i == len(all)-1 || at < p.From || p.To != 0 && at >= p.To {
			continue
		}
		title := "Registration: nothing registered"
		if data := r.text("DataRegistered"); data != "" {
			title = "Registration: " + data
		}
		if !r.flag("IsSsprEnabled") {
			title += ", not enabled by policy"
		}
		out = append(out, web.StoryItem{Kind: "registration", Time: at, Icon: "registration", Title: title, Detail: "as the snapshot shows it"})
	}
	return out
}
