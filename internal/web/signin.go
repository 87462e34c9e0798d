package web

import (
	"net/http"

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
		sh := s.bareShell(r)
		sh.Title = "Sign in"
		return s.renderStatus(w, r, http.StatusForbidden, &signInPage{Shell: sh, Next: to, Provider: s.provider != nil, Message: sentence(err.Error())})
	}
	s.setSession(w, session)
	ctx := auth.With(r.Context(), who)
	s.noteSignIn(r.WithContext(ctx), "sign-in link")
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
func (s *Server) noteSignIn(r *http.Request, how string) {
	list, err := s.services.TenantList(r.Context())
	if err != nil {
		s.log.Error("access log not written", "action", "sign-in", "error", logged(err))
	}
	for _, t := range list {
		s.note(r, Scope{Tenant: t.ID, Now: passtrail.TicksOf(s.now())}, "sign-in", "", how)
	}
}

// noteSearch notes that a list was searched for somebody.
func (s *Server) noteSearch(r *http.Request, scope Scope, list string, who ...string) {
	for _, text := range who {
		if text != "" {
			s.note(r, scope, "search-person", text, list)
		}
	}
}

// note writes a line of the access log. A log that cannot be written is a fault of the server, told in its own log; the
// person still gets the page.
func (s *Server) note(r *http.Request, scope Scope, action, subject, detail string) {
	if err := s.services.LogAccess(r.Context(), scope, action, subject, detail, remoteAddress(r)); err != nil {
		s.log.Error("access log not written", "action", action, "error", logged(err))
	}
}
