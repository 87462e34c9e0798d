package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/retain"
	"passtrail/internal/store"
)

// Retention says how long a tenant keeps what it has.
type Retention interface {
	// Expiring says what a retention of so many days would delete now; 0 keeps for ever.
	Expiring(ctx context.Context, s Scope, days int) (*Expiring, error)
	// SetRetention sets it. What is older is deleted soon after.
	SetRetention(ctx context.Context, s Scope, days int) error
}

// Expiring is what a retention would delete.
type Expiring struct {
	Before                                           passtrail.Ticks // what is older goes; 0: nothing
	Records, Attempts, Intervals, SetAside, Findings int64
	First, Last                                      passtrail.Ticks // of the records, 0 without any
}

// Any tells whether it is anything at all.
func (e *Expiring) Any() bool { return e.Records+e.Attempts+e.Intervals+e.SetAside+e.Findings > 0 }

type retentionPage struct {
	*Shell
	Keep    string // the choice, a number of days, "forever" or "days"
	Typed   string // days that were typed
	Mistake string
	Days    int       // what was chosen
	Review  *Expiring // nil: nothing was chosen yet
}

func (*retentionPage) file() string { return "settings_retention.html" }

// Min is the shortest retention in days.
func (*retentionPage) Min() int { return store.MinRetentionDays }

// Max is the longest.
func (*retentionPage) Max() int64 { return store.MaxRetentionDays }

// Choices are the retentions to choose from: Text is shown, Href is the value.
func (*retentionPage) Choices() []Link {
	list := []Link{{"Forever", "forever"}}
	for _, years := range []int{1, 2, 3, 5, 7, 10} {
		list = append(list, Link{retain.Words(365 * years), strconv.Itoa(365 * years)})
	}
	return list
}

// Shorter tells whether the choice keeps less than what is set.
func (p *retentionPage) Shorter() bool { return shorter(p.Days, p.Tenant.RetentionDays) }

// Same tells whether the choice is what is set.
func (p *retentionPage) Same() bool { return p.Days == p.Tenant.RetentionDays }

func shorter(days, than int) bool { return days != 0 && (than == 0 || days < than) }

// choose reads a choice from a form.
func (p *retentionPage) choose(v url.Values) error {
	p.Keep, p.Typed = v.Get("keep"), strings.TrimSpace(v.Get("days"))
	text := p.Keep
	switch p.Keep {
	case "forever":
		return nil
	case "days":
		text = p.Typed
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return passtrail.Errorf(passtrail.Invalid, "web.retention", "choose forever, a number of years, or %d to %d days", p.Min(), p.Max())
	}
	p.Days = n
	return store.CheckRetention(n)
}

// chosen marks the choice in force, where none was made.
func (p *retentionPage) chosen() {
	p.Keep = "days"
	if p.Tenant.RetentionDays == 0 {
		p.Keep = "forever"
		return
	}
	for _, c := range p.Choices() {
		if c.Href == strconv.Itoa(p.Tenant.RetentionDays) {
			p.Keep = c.Href
			return
		}
	}
	p.Typed = strconv.Itoa(p.Tenant.RetentionDays)
}

// retentionShell is the shell for whoever may set a retention.
func (s *Server) retentionShell(r *http.Request) (*Shell, error) {
	sh, err := s.shell(r, "settings", "Retention")
	if err != nil {
		return nil, err
	}
	if sh.Tenant.ID == "" {
		return nil, passtrail.Errorf(passtrail.NotFound, "web.retention", "there is no tenant yet")
	}
	return sh, auth.Require(r.Context(), sh.Tenant.ID, auth.Configure)
}

// retentionPage lets a Global Administrator choose how long to keep, and says what a choice would delete before it is one.
func (s *Server) retentionPage(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.retentionShell(r)
	if err != nil {
		return err
	}
	sh.Crumbs = []Link{{"Settings", sh.To("/settings")}}
	p := &retentionPage{Shell: sh}
	if !sh.Values.Has("keep") {
		p.chosen()
		return s.render(w, r, p)
	}
	if err := p.choose(sh.Values); err != nil {
		p.Mistake = sentence(err.Error())
		return s.render(w, r, p)
	}
	if p.Review, err = s.services.Expiring(r.Context(), s.scope(sh), p.Days); err != nil {
		return err
	}
	return s.render(w, r, p)
}

// setRetention sets a retention. A shorter one must say that it was reviewed; one that does not leads to the review.
func (s *Server) setRetention(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.retentionShell(r)
	if err != nil {
		return err
	}
	p := &retentionPage{Shell: sh}
	if err := r.ParseForm(); err != nil {
		return passtrail.Errorf(passtrail.Invalid, "web.setRetention", "the form could not be read; send it again")
	}
	if err := p.choose(r.PostForm); err != nil {
		return err
	}
	if p.Shorter() && r.PostFormValue("confirm") != strconv.Itoa(p.Days) {
		http.Redirect(w, r, sh.To("/settings/retention", "keep", p.Keep, "days", p.Typed), http.StatusSeeOther)
		return nil
	}
	detail := "retention: " + retain.Words(p.Days) + ", before " + retain.Words(sh.Tenant.RetentionDays)
	return s.change(w, r, "settings", detail, func(scope Scope) error { return s.services.SetRetention(r.Context(), scope, p.Days) })
}
