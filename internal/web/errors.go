package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/kql/diag"
)

// handler answers a request or returns the error that the answer should tell of.
type handler func(http.ResponseWriter, *http.Request) error

var errSignIn = passtrail.Errorf(passtrail.Denied, "web.signedIn", "sign in first")

// handle makes an http.Handler of h: errors become pages, logged once where they are nobody's mistake.
func (s *Server) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil || r.Context().Err() != nil && errors.Is(err, context.Canceled) {
			return
		}
		view := describe(err, auth.From(r.Context()) != nil)
		if view.Status >= http.StatusInternalServerError {
			s.log.Error("page failed", "route", r.Pattern, "status", view.Status, "error", logged(err))
		}
		if !errors.As(err, new(notedError)) {
			s.noteRefused(r, view.Status, err.Error())
		}
		s.writeError(w, r, view)
	})
}

// errorView is what an error page says.
type errorView struct {
	Status      int
	Title, Text string
}

// describe puts an error into words. Only errors made for people are shown as they are.
func describe(err error, signedIn bool) errorView {
	var list diag.List
	if errors.As(err, &list) {
		return errorView{http.StatusBadRequest, "The query has a mistake", list.Error()}
	}
	text := sentence(err.Error())
	if errors.Is(err, errTooOften) {
		return errorView{http.StatusTooManyRequests, "Too many searches", text}
	}
	switch passtrail.CodeOf(err) {
	case passtrail.Invalid:
		return errorView{http.StatusBadRequest, "That does not work", text}
	case passtrail.NotFound:
		return errorView{http.StatusNotFound, "Not found", text}
	case passtrail.Denied:
		if !signedIn {
			return errorView{http.StatusUnauthorized, "Sign in first", "You have not signed in, or your session has ended."}
		}
		return errorView{http.StatusForbidden, "Not allowed", text}
	case passtrail.Conflict:
		return errorView{http.StatusConflict, "Changed in the meantime", text}
	case passtrail.TooLarge:
		return errorView{http.StatusRequestEntityTooLarge, "Too much at once", text}
	case passtrail.Unavailable, passtrail.Cancelled:
		return errorView{http.StatusServiceUnavailable, "Not available just now", text}
	}
	return errorView{http.StatusInternalServerError, "The page could not be made", "It is not your doing. Try again; if it stays, the log of the server says why."}
}

// logged is the error with its cause, for the log.
func logged(err error) string {
	var e *passtrail.Error
	if errors.As(err, &e) && e.Err != nil {
		return err.Error() + ": " + e.Err.Error()
	}
	return err.Error()
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

type errorPage struct {
	*Shell
	Error errorView
}

func (*errorPage) file() string { return "error.html" }

// Ways are where one can go on from here: nowhere that would be refused.
func (p *errorPage) Ways() []Link {
	switch {
	case p.Who == nil:
		return []Link{{"Sign in", "/sign-in?to=" + url.QueryEscape(p.With())}}
	case p.CanRead():
		return []Link{{"To the overview", p.To("/")}}
	case p.Who.Can(auth.ReadPerson):
		return []Link{{"Find a person", p.To("/person")}}
	}
	return nil
}

// writeError answers with the page, the fragment, or for programs the text that tells of an error.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, view errorView) {
	sh := s.bareShell(r)
	sh.Title = view.Title
	if r.Method != http.MethodGet { // nothing to come back to
		sh.Path, sh.Values = "/", url.Values{}
	}
	if auth.From(r.Context()) != nil {
		if full, err := s.anyShell(r, "", view.Title); err == nil {
			full.Values = url.Values{} // what was asked for is the mistake; links lead away from it
			sh = full
		}
	}
	if err := s.renderStatus(w, r, view.Status, &errorPage{sh, view}); err != nil {
		s.log.Error("error page failed", "route", r.Pattern, "error", err.Error())
		http.Error(w, view.Title, view.Status)
	}
}

// notFound is the route of every address that no other route has.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) error {
	return passtrail.Errorf(passtrail.NotFound, "web.notFound", "there is no page at this address; the menu leads to those there are")
}
