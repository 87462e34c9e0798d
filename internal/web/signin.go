package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"passtrail"
	"passtrail/internal/auth"
)

type signInPage struct {
	*Shell
	Next     string
	Provider bool
	Message  string
}

func (*signInPage) file() string { return "signin.html" }

// signInForm says how to sign in, or does it when the address carries a link's secret.
func (s *Server) signInForm(w http.ResponseWriter, r *http.Request) error {
	to := localPath(r.URL.Query().Get("to"))
	if secret := r.URL.Query().Get("token"); secret != "" {
		return s.useLink(w, r, secret, to)
	}
	if auth.From(r.Context()) != nil {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	sh := s.bareShell(r)
	sh.Title = "Sign in"
	return s.render(w, r, &signInPage{Shell: sh, Next: to, Provider: s.provider != nil})
}

// useLink signs in with a link that works once. The redirect takes the secret out of the address bar.
func (s *Server) useLink(w http.ResponseWriter, r *http.Request, secret, to string) error {
	session, who, err := s.sessions.UseLink(secret)
	if err != nil {
		s.noteRefused(r, http.StatusForbidden, err.Error())
		sh := s.bareShell(r)
		sh.Title = "Sign in"
		return s.renderStatus(w, r, http.StatusForbidden, &signInPage{Shell: sh, Next: to, Provider: s.provider != nil, Message: sentence(err.Error())})
	}
	if err := s.noteSignIn(r.WithContext(auth.With(r.Context(), who)), "sign-in link"); err != nil {
		s.sessions.Close(session)
		return err
	}
	s.setSession(w, session)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// signOut ends the session.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		s.sessions.Close(c.Value)
	}
	s.setSession(w, "")
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// noteSignIn notes a sign-in in the log of every tenant that it opens.
func (s *Server) noteSignIn(r *http.Request, how string) error {
	list, err := s.services.TenantList(r.Context())
	if err != nil {
		return err
	}
	for _, t := range list {
		if err := s.note(r, Scope{Tenant: t.ID, Now: passtrail.TicksOf(s.now())}, "sign-in", "", how); err != nil {
			return err
		}
	}
	return nil
}

// noteSearch notes that a list was searched for somebody.
func (s *Server) noteSearch(r *http.Request, scope Scope, list string, who ...string) error {
	for _, text := range who {
		if text == "" {
			continue
		}
		look := AccessLine{Action: "search-person", Subject: text, Detail: list, Address: remoteAddress(r), Typed: true}
		if err := s.services.LogAccess(r.Context(), scope, look); err != nil {
			return err
		}
	}
	return nil
}

// note writes a line of the access log. What the log does not hold is not shown: an error is the answer to the request.
func (s *Server) note(r *http.Request, scope Scope, action, subject, detail string) error {
	return s.services.LogAccess(r.Context(), scope, AccessLine{Action: action, Subject: subject, Detail: detail, Address: remoteAddress(r)})
}

// changing does what changes something once the line of it is in the access log: what cannot be written down is not done. A
// change that fails stays as a refusal. Do may say in the line what came of it.
func (s *Server) changing(r *http.Request, scope Scope, look *AccessLine, do func() error) error {
	look.ID, look.Address = newLookID(), remoteAddress(r)
	before := *look
	if err := s.services.LogAccess(r.Context(), scope, before); err != nil {
		return err
	}
	err := do()
	if err == nil {
		if *look != before {
			s.noteChange(r, scope, *look)
		}
		return nil
	}
	look.Detail = fmt.Sprintf("%s: %d: %v", look.Action, describe(err, true).Status, err)
	look.Action, look.Subject = "refused", r.Method+" "+r.URL.Path
	s.noteChange(r, scope, *look)
	return notedError{err}
}

// noteChange is note for what has been done and cannot be taken back: when it fails, the server's own log says so.
func (s *Server) noteChange(r *http.Request, scope Scope, look AccessLine) {
	look.Address = remoteAddress(r)
	if err := s.services.LogAccess(context.WithoutCancel(r.Context()), scope, look); err != nil {
		s.log.Error("access log not written", "action", look.Action, "error", logged(err))
	}
}

// refused are the answers that the access log keeps as refusals, by status: who asked for what they may not have, too
// much or too often, and sign-ins that failed.
var refused = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests}

// notedError is an error whose line in the access log has been written.
type notedError struct{ error }

func (e notedError) Unwrap() error { return e.error }

// noteRefused notes a request that was not answered, or a sign-in that failed. The answer is a refusal already: when the
// line cannot be written the server's own log says so.
func (s *Server) noteRefused(r *http.Request, status int, why string) {
	if !slices.Contains(refused, status) {
		return
	}
	action := "refused"
	if strings.HasPrefix(r.URL.Path, "/sign-in") {
		action = "sign-in-refused"
	}
	scope := Scope{Now: passtrail.TicksOf(s.now())}
	if id, err := passtrail.ParseTenantID(r.URL.Query().Get("tenant")); err == nil && auth.From(r.Context()).Sees(id) {
		scope.Tenant = id
	} else if who := auth.From(r.Context()); who != nil && len(who.Tenants) == 1 {
		scope.Tenant = who.Tenants[0]
	}
	s.noteChange(r, scope, AccessLine{Action: action, Subject: r.Method + " " + r.URL.Path, Detail: fmt.Sprintf("%d: %s", status, why), Refused: true})
}

// looking has a page's look noted before the page is made. Pages that say themselves whom they show are not among them,
// nor is a list that is searched for somebody, whose search is the line.
func (s *Server) looking(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		q := r.URL.Query()
		for _, name := range []string{"q", "person", "target", "actor", "id"} {
			if q.Get(name) != "" && r.URL.Path != "/registration" && r.URL.Path != "/query" {
				return h(w, r)
			}
		}
		list, err := s.services.TenantList(r.Context())
		if err != nil {
			return err
		}
		tenant := chooseTenant(list, q.Get("tenant"), cookieValue(r, tenantCookie, nil))
		scope := Scope{Tenant: tenant.ID, Now: passtrail.TicksOf(s.now())}
		look := AccessLine{ID: newLookID(), Action: "view-page", Subject: r.URL.Path, Detail: r.URL.RawQuery, Address: remoteAddress(r)}
		if err := s.services.LogAccess(r.Context(), scope, look); err != nil {
			return err
		}
		if err := h(w, r); err != nil {
			look.Action, look.Subject = "refused", r.Method+" "+r.URL.Path
			look.Detail = fmt.Sprintf("%d: %v", describe(err, true).Status, err)
			s.noteChange(r, scope, look)
			return notedError{err}
		}
		return nil
	}
}
