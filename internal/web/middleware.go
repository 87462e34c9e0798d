package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/web/assets"
)

const sessionCookie = "passtrail_session"

type nonceKey struct{}

// middleware wraps every route: panics, headers, requests from other sites, who is asking.
func (s *Server) middleware(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(s.handle(func(w http.ResponseWriter, r *http.Request) error {
		return passtrail.Errorf(passtrail.Denied, "web.middleware", "this request came from another site; open the page itself and try again")
	}))
	return s.recover(s.headers(s.identify(guard.Handler(next))))
}

// recover turns a panic into an error page, once logged, but for the one that cuts a connection.
func (s *Server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { // net/http cuts the connection then: half an export must not end like a whole one
				panic(v)
			}
			s.log.Error("page failed", "method", r.Method, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			http.Error(w, "The page could not be made; the log says why.", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// headers sets what browsers are told about every answer. Styles need the nonce because the query editor makes its own.
func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [16]byte
		rand.Read(b[:])
		nonce := base64.RawStdEncoding.EncodeToString(b[:])
		h := w.Header()
		h.Set("Content-Security-Policy", strings.Join([]string{
			"default-src 'none'", "script-src 'self'", "style-src 'self' 'nonce-" + nonce + "'", "img-src 'self' data:", "connect-src 'self'",
			"worker-src 'self'", "form-action 'self'" + s.formTargets(), "base-uri 'none'", "frame-ancestors 'none'",
		}, "; "))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !strings.HasPrefix(r.URL.Path, assets.Prefix) {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, nonce)))
	})
}

// formTargets lets the sign-in form lead to the identity provider.
func (s *Server) formTargets() string {
	if s.provider == nil {
		return ""
	}
	u, err := url.Parse(s.provider.Issuer())
	if err != nil {
		return ""
	}
	return " " + u.Scheme + "://" + u.Host
}

// identify finds out who is asking and replaces the session's secret when it is due.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(s.cookieName()); err == nil {
			who, fresh := s.sessions.Find(c.Value)
			if fresh != "" {
				s.setSession(w, fresh)
			}
			if who != nil {
				r = r.WithContext(auth.With(r.Context(), who))
			}
		}
		next.ServeHTTP(w, r)
	})
}

// cookieName has the prefix by which browsers refuse the cookie without HTTPS.
func (s *Server) cookieName() string {
	if s.secure {
		return "__Host-" + sessionCookie
	}
	return sessionCookie
}

// setSession hands a session's secret to the browser; "" takes it away.
func (s *Server) setSession(w http.ResponseWriter, secret string) {
	c := &http.Cookie{Name: s.cookieName(), Value: secret, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// signedIn lets only people through who signed in; others are led to the sign-in page and back.
func (s *Server) signedIn(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if auth.From(r.Context()) != nil {
			return h(w, r)
		}
		if r.Method == http.MethodGet && r.Header.Get("HX-Request") == "" && strings.Contains(r.Header.Get("Accept"), "text/html") {
			http.Redirect(w, r, "/sign-in?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return nil
		}
		return errSignIn
	}
}

// remoteAddress is the address that the access log keeps.
func remoteAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// fromElsewhere reports whether a link or form of another site led to a request: browsers say so, older ones by the page
// that they come from. An address that was typed, or opened by another program, is nobody else's.
func fromElsewhere(r *http.Request) bool {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "same-origin", "none":
		return false
	case "":
		u, err := url.Parse(r.Referer())
		return r.Referer() != "" && (err != nil || !strings.EqualFold(u.Host, r.Host))
	}
	return true
}
