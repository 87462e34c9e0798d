package web

import (
	"net/http"

	"passtrail"
	"passtrail/internal/auth"
)

const (
	flowCookie     = "passtrail_flow"
	flowCookieLife = 10 * 60
)

var errNoProvider = passtrail.Errorf(passtrail.NotFound, "web.provider", "no identity provider is configured; sign in with the link that the console shows")

// providerStart leads to the identity provider.
func (s *Server) providerStart(w http.ResponseWriter, r *http.Request) error {
	if s.provider == nil {
		return errNoProvider
	}
	address, secret, err := s.provider.Begin(localPath(r.URL.Query().Get("to")))
	if err != nil {
		return err
	}
	s.setFlow(w, secret, flowCookieLife)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// setFlow keeps a sign-in under way in the browser that began it; a life below 0 takes it away.
func (s *Server) setFlow(w http.ResponseWriter, secret string, life int) {
	http.SetCookie(w, &http.Cookie{Name: flowCookie, Value: secret, Path: "/sign-in/", MaxAge: life, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

// providerBack takes the identity provider's answer.
func (s *Server) providerBack(w http.ResponseWriter, r *http.Request) error {
	if s.provider == nil {
		return errNoProvider
	}
	secret := ""
	if c, err := r.Cookie(flowCookie); err == nil {
		secret = c.Value
	}
	s.setFlow(w, "", -1)
	who, to, err := s.provider.Finish(r.Context(), secret, r.URL.Query())
	if err != nil {
		if passtrail.CodeOf(err) != passtrail.Denied {
			return err
		}
		s.log.Warn("sign-in refused", "error", logged(err))
		s.noteRefused(r, http.StatusForbidden, err.Error())
		sh := s.bareShell(r)
		sh.Title = "Sign in"
		return s.renderStatus(w, r, http.StatusForbidden, &signInPage{Shell: sh, Next: "/", Provider: true, Message: sentence(err.Error())})
	}
	session, err := s.sessions.Open(who)
	if err != nil {
		return err
	}
	if err := s.noteSignIn(r.WithContext(auth.With(r.Context(), who)), "identity provider"); err != nil {
		s.sessions.Close(session)
		return err
	}
	s.setSession(w, session)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
