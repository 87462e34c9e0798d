package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
)

// AccessTokens let programs in.
type AccessTokens interface {
	// TokenList returns the tokens of a tenant in every state, newest first.
	TokenList(ctx context.Context, s Scope) ([]TokenRow, error)
	// CreateToken makes a token and returns it with its text, which is nowhere else. Code Invalid or Conflict: what was
	// asked for cannot be.
	CreateToken(ctx context.Context, s Scope, t NewToken) (TokenRow, string, error)
	// RevokeToken ends a token, or fails with code NotFound or, when it is revoked already, Conflict.
	RevokeToken(ctx context.Context, s Scope, id string) (TokenRow, error)
}

// TokenRow is a token without its secret.
type TokenRow struct {
	ID, Name, Role, State                     string // State is one of store's
	CreatedBy, RevokedBy                      string
	CreatedAt, ExpiresAt, LastUsed, RevokedAt passtrail.Ticks // 0: never
}

// Active tells whether the token still lets somebody in.
func (t TokenRow) Active() bool { return t.State == store.TokenActive }

// Look shows the state.
func (t TokenRow) Look() Look {
	switch t.State {
	case store.TokenActive:
		return Look{"Active", "good", "success"}
	case store.TokenExpired:
		return Look{"Expired", "warn", "clock"}
	}
	return Look{"Revoked", "", "cancelled"}
}

// NewToken is a token to be made.
type NewToken struct {
	ID, Name, Role string // ID is one of auth.NewTokenID
	Days           int
}

// tokenSection is the part of Settings about tokens: those there are, and a form for another.
type tokenSection struct {
	*Shell
	List    []TokenRow
	Form    NewToken
	Mistake string
}

// Roles are the roles to choose from.
func (*tokenSection) Roles() []auth.Role { return auth.Roles() }

// MaxDays is the longest life of a token.
func (*tokenSection) MaxDays() int64 { return int64(auth.MaxTokenLife / passtrail.Day) }

// MaxName is the longest name of a token.
func (*tokenSection) MaxName() int { return auth.MaxTokenName }

// tokens is the section for those who may make tokens, nil for others.
func (s *Server) tokens(r *http.Request, sh *Shell) (*tokenSection, error) {
	if sh.Tenant.ID == "" || !sh.CanConfigure() {
		return nil, nil
	}
	list, err := s.services.TokenList(r.Context(), s.scope(sh))
	form := NewToken{ID: auth.NewTokenID(), Role: string(auth.ReportsReader), Days: int(auth.DefaultTokenLife / passtrail.Day)}
	return &tokenSection{Shell: sh, List: list, Form: form}, err
}

// tokenPage shows a token that was just made with its secret, or asks whether one shall be revoked.
type tokenPage struct {
	*Shell
	Token  TokenRow
	Secret string // "" when the page asks
	Origin string // of this server, as the browser knows it
}

func (*tokenPage) file() string { return "token.html" }

// tokenShell is the shell for whoever may make and revoke tokens. Its links lead to Settings, since a page that answers a
// form has no address of its own.
func (s *Server) tokenShell(r *http.Request, title string) (*Shell, error) {
	sh, err := s.shell(r, "settings", title)
	if err != nil {
		return nil, err
	}
	if sh.Tenant.ID == "" {
		return nil, passtrail.Errorf(passtrail.NotFound, "web.tokens", "there is no tenant yet")
	}
	sh.Path = "/settings"
	sh.Crumbs = []Link{{"Settings", sh.To("/settings")}}
	return sh, auth.Require(r.Context(), sh.Tenant.ID, auth.Configure)
}

// tokensAddress leads who types the address of the form to the page that has it.
func (s *Server) tokensAddress(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.tokenShell(r, "Settings")
	if err != nil {
		return err
	}
	http.Redirect(w, r, sh.To("/settings"), http.StatusSeeOther)
	return nil
}

// createToken makes a token and answers with its secret. The answer to a POST is in no browser's history, and is not kept
// for going back; sent again by a reload, the form has the id of a token that is there, and no second one is made.
func (s *Server) createToken(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.tokenShell(r, "New access token")
	if err != nil {
		return err
	}
	form := NewToken{ID: r.PostFormValue("id"), Name: strings.TrimSpace(r.PostFormValue("name")), Role: r.PostFormValue("role")}
	if form.Days, err = strconv.Atoi(strings.TrimSpace(r.PostFormValue("days"))); err != nil {
		return s.tokenMistake(w, r, form, passtrail.Errorf(passtrail.Invalid, "web.createToken", "the days that a token lives are a whole number"))
	}
	scope := s.scope(sh)
	var t TokenRow
	var secret string
	look := AccessLine{Action: "token-create", Subject: form.Name, Detail: fmt.Sprintf("%s, %d days", form.Role, form.Days)}
	err = s.changing(r, scope, &look, func() error {
		if t, secret, err = s.services.CreateToken(r.Context(), scope, form); err == nil {
			look.Detail = describeToken(t)
		}
		return err
	})
	switch code := passtrail.CodeOf(err); {
	case code == passtrail.Invalid || code == passtrail.Conflict:
		return s.tokenMistake(w, r, form, err)
	case err != nil:
		return err
	}
	r.Header.Del("Accept-Encoding") // a secret beside text of the form's: its length must not tell of it
	return s.render(w, r, &tokenPage{Shell: sh, Token: t, Secret: secret, Origin: s.origin(r)})
}

// origin is the beginning of this server's addresses.
func (s *Server) origin(r *http.Request) string {
	if s.secure {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// describeToken is a token in words, for the access log.
func describeToken(t TokenRow) string {
	return auth.DescribeToken(store.Token{ID: t.ID, Role: t.Role, ExpiresAt: t.ExpiresAt})
}

// tokenMistake shows Settings with the form as it was filled in, and what is wrong with it.
func (s *Server) tokenMistake(w http.ResponseWriter, r *http.Request, form NewToken, mistake error) error {
	p, err := s.settings(r)
	if err != nil {
		return err
	}
	p.Path = "/settings"
	if p.Tokens == nil {
		return mistake
	}
	form.ID = p.Tokens.Form.ID
	if form.Days == 0 {
		form.Days = p.Tokens.Form.Days
	}
	p.Tokens.Form, p.Tokens.Mistake = form, sentence(mistake.Error())
	status := http.StatusBadRequest
	if passtrail.CodeOf(mistake) == passtrail.Conflict {
		status = http.StatusConflict
	}
	return s.renderStatus(w, r, status, p)
}

// askRevoke asks whether a token shall be revoked.
func (s *Server) askRevoke(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.tokenShell(r, "Revoke an access token")
	if err != nil {
		return err
	}
	list, err := s.services.TokenList(r.Context(), s.scope(sh))
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.ID == r.PathValue("id") {
			return s.render(w, r, &tokenPage{Shell: sh, Token: t})
		}
	}
	return passtrail.Errorf(passtrail.NotFound, "web.askRevoke", "there is no such access token")
}

// revokeToken revokes a token and goes back to Settings.
func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.tokenShell(r, "Settings")
	if err != nil {
		return err
	}
	scope := s.scope(sh)
	list, err := s.services.TokenList(r.Context(), scope)
	if err != nil {
		return err
	}
	look := AccessLine{Action: "token-revoke", Subject: r.PathValue("id")}
	for _, t := range list {
		if t.ID == look.Subject {
			look.Subject, look.Detail = t.Name, describeToken(t)
			break
		}
	}
	err = s.changing(r, scope, &look, func() error {
		_, err := s.services.RevokeToken(r.Context(), scope, r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, sh.To("/settings"), http.StatusSeeOther)
	return nil
}

// Example is a first request with the token, for the page that shows it.
func (p *tokenPage) Example() string {
	return fmt.Sprintf("curl %s/v1/workspaces/%s/query -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/json' -d '{\"query\": \"AuditLogs | count\"}'", p.Origin, p.Tenant.ID)
}
