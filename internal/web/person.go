package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/auth"
)

type peoplePage struct {
	*Shell
	Text     string
	Found    []PersonRow
	More     bool // there are more than a role without lists is shown
	TooShort bool // for a role without lists
}

func (*peoplePage) file() string { return "people.html" }

// PersonHref is the address of a person's page.
func (sh *Shell) PersonHref(id, upn string) string {
	if id == "" {
		id = upn
	}
	return sh.ToOne("/person/", id)
}

// peoplePage finds people. Text that fits one person leads straight there.
func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "person", "Person")
	if err != nil {
		return err
	}
	if !sh.Who.Can(auth.ReadPerson) {
		return auth.Require(r.Context(), sh.Tenant.ID, auth.ReadPerson)
	}
	p := &peoplePage{Shell: sh, Text: strings.TrimSpace(sh.Value("q"))}
	if p.Text == "" || sh.Tenant.ID == "" {
		return s.render(w, r, p)
	}
	bounded := !sh.Who.Can(auth.ReadReports)
	if bounded {
		switch err := s.searches.allow(sh.Who.Subject, p.Text, s.now()); {
		case errors.Is(err, errShortSearch):
			p.TooShort = true
			return s.render(w, r, p)
		case err != nil:
			return err
		}
	}
	if err := s.noteSearch(r, s.scope(sh), "people", p.Text); err != nil {
		return err
	}
	if p.Found, err = s.services.FindPeople(r.Context(), s.scope(sh), p.Text); err != nil {
		return err
	}
	if bounded && len(p.Found) > boundedPeople {
		p.Found, p.More = p.Found[:boundedPeople], true
	}
	if len(p.Found) == 1 && wantedPart(r) == "" {
		http.Redirect(w, r, sh.PersonHref(p.Found[0].ID, p.Found[0].UPN), http.StatusSeeOther)
		return nil
	}
	return s.render(w, r, p)
}

type personPage struct {
	*Shell
	Person *PersonView
	Days   []StoryDay
}

// StoryDay is what happened on one day, newest first.
type StoryDay struct {
	Day   string
	Items []StoryItem
}

func (*personPage) file() string { return "person.html" }

// Verdict is what somebody with a caller on the line wants to know first: whether the person can reset their own password
// now, and if not, what helps.
type Verdict struct {
	Tone, Icon, Title, Advice string
	Until                     passtrail.Ticks // 0: the title says it all
}

// Verdict answers for the person shown.
func (p *personPage) Verdict() Verdict {
	r := p.Person.Registration
	switch {
	case p.Person.BlockedUntil != 0:
		return Verdict{"bad", "blocked", "Blocked after too many tries, until", "An administrator can reset the password in the meantime.", p.Person.BlockedUntil}
	case r == nil:
		return Verdict{"", "info", "Whether this person can reset their own password is not known", "No snapshot of registration names this person.", 0}
	case r.Capable:
		return Verdict{"good", "success", "Can reset their own password now", "Registered for it: " + r.Data + ".", 0}
	case r.Registered:
		return Verdict{"warn", "warning", "Cannot reset their own password: the policy leaves this person out", "Add the person to the group that password reset is on for, or reset the password as an administrator.", 0}
	case r.Enabled:
		return Verdict{"warn", "warning", "Cannot reset their own password: too few methods are registered", "Reset the password as an administrator, then have the person register.", 0}
	}
	return Verdict{"warn", "warning", "Cannot reset their own password: not registered, and left out by the policy", "Reset the password as an administrator; for the next time, add the person to the group that password reset is on for and have the person register.", 0}
}

// LastAttempt is the newest attempt of the period, nil if there is none.
func (p *personPage) LastAttempt() *StoryItem {
	i := slices.IndexFunc(p.Person.Story, func(item StoryItem) bool { return item.Kind == "attempt" })
	if i < 0 {
		return nil
	}
	return &p.Person.Story[i]
}

// personPage shows one person's line of time. Looking at somebody is noted in the access log.
func (s *Server) personPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shell(r, "person", "Person")
	if err != nil {
		return err
	}
	sh.Period = s.period(sh, "90d")
	sh.Crumbs = []Link{{"Person", sh.To("/person")}}
	scope := s.scope(sh)
	view, err := s.services.Person(r.Context(), scope, oneOf(r), sh.Period)
	if err != nil {
		return err
	}
	sh.Title = view.Name
	if sh.Title == "" {
		sh.Title = view.UPN
	}
	if err := s.cover(r, sh); err != nil {
		return err
	}
	if err := s.note(r, scope, "view-person", view.UPN, ""); err != nil {
		return err
	}
	return s.render(w, r, &personPage{sh, view, storyDays(sh, view.Story)})
}

// storyDays groups a story by the reader's days.
func storyDays(sh *Shell, story []StoryItem) []StoryDay {
	var days []StoryDay
	for _, item := range story {
		day := sh.At(item.Time).Day
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, StoryDay{Day: day})
		}
		last := &days[len(days)-1]
		last.Items = append(last.Items, item)
	}
	return days
}
