package auth

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"passtrail"
)

const (
	flowLife = 10 * time.Minute // how long signing in at the provider may take
	maxFlows = 10_000
)

// ProviderConfig says how people sign in with OpenID Connect.
type ProviderConfig struct {
	Issuer       string // address of the identity provider; it must answer discovery
	ClientID     string
	ClientSecret string // "" for a public client; prints as ***
	RedirectURL  string // this server's /sign-in/callback, as registered at the provider
	// Groups maps values of the claim groups to roles, for providers that know no directory roles.
	Groups map[string]Role
	// Tenants are the tenants that everybody who signs in may see; when empty, the token's own (claim tid).
	Tenants []passtrail.TenantID
	// AllTenants lets everybody who signs in see every tenant of this server.
	AllTenants bool
}

// String hides the secret.
func (c ProviderConfig) String() string {
	return "issuer " + c.Issuer + ", client " + c.ClientID + ", secret ***"
}

// Provider signs people in with OpenID Connect: the code flow with PKCE. It may be used from several goroutines.
type Provider struct {
	config   ProviderConfig
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	now      func() time.Time

	mu    sync.Mutex
	flows map[[32]byte]flow
}

// flow is a sign-in under way.
type flow struct {
	state, nonce, verifier, to string
	began                      time.Time
}

// NewProvider asks the identity provider how it works. It returns an error with code Unavailable when that fails.
func NewProvider(ctx context.Context, c ProviderConfig, now func() time.Time) (*Provider, error) {
	p, err := oidc.NewProvider(ctx, c.Issuer)
	if err != nil {
		return nil, &passtrail.Error{Code: passtrail.Unavailable, Op: "auth.NewProvider", Msg: "the identity provider " + c.Issuer + " does not answer discovery; check its address and the network", Err: err}
	}
	return &Provider{
		config: c, now: now, flows: map[[32]byte]flow{},
		oauth:    oauth2.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: c.RedirectURL, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
		verifier: p.Verifier(&oidc.Config{ClientID: c.ClientID, Now: now}),
	}, nil
}

// Issuer is the address of the identity provider.
func (p *Provider) Issuer() string { return p.config.Issuer }

// Begin starts to sign somebody in: address is where to send the browser, secret what to keep in its cookie until it
// comes back, to where it shall end up.
func (p *Provider) Begin(to string) (address, secret string, err error) {
	f := flow{state: newSecret(), nonce: newSecret(), verifier: oauth2.GenerateVerifier(), to: to, began: p.now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, old := range p.flows {
		if f.began.Sub(old.began) > flowLife {
			delete(p.flows, key)
		}
	}
	if len(p.flows) >= maxFlows {
		return "", "", passtrail.Errorf(passtrail.TooLarge, "auth.Begin", "too many people are signing in at once; try again in some minutes")
	}
	secret = newSecret()
	p.flows[digest(secret)] = f
	return p.oauth.AuthCodeURL(f.state, oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier)), secret, nil
}

// Finish takes what the provider sent the browser back with, and the secret of the cookie. It returns who signed in and
// where they wanted to go, or an error with code Denied.
func (p *Provider) Finish(ctx context.Context, secret string, answer url.Values) (who *Identity, to string, err error) {
	p.mu.Lock()
	f, ok := p.flows[digest(secret)]
	delete(p.flows, digest(secret))
	p.mu.Unlock()
	if !ok || p.now().Sub(f.began) > flowLife || subtle.ConstantTimeCompare([]byte(f.state), []byte(answer.Get("state"))) != 1 {
		return nil, "", denied(nil, "this sign-in was not begun in this browser, or took too long; begin again")
	}
	if code := answer.Get("error"); code != "" {
		return nil, "", denied(nil, "the identity provider refused the sign-in (%.60s); ask who runs it", code)
	}
	token, err := p.oauth.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(f.verifier))
	if err != nil {
		return nil, "", denied(err, "the identity provider did not confirm the sign-in; begin again")
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, "", denied(err, "the identity provider's answer could not be verified; begin again")
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.nonce)) != 1 {
		return nil, "", denied(nil, "the identity provider's answer belongs to another sign-in; begin again")
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return nil, "", denied(err, "the identity provider's answer has an unexpected form")
	}
	if !p.issuedToUs(id.Audience, c.AuthorizedParty) {
		return nil, "", denied(nil, "the identity provider's answer was made for another program; ask who runs Passtrail to look at --oidc-client")
	}
	who, err = p.identity(id, c)
	return who, f.to, err
}

// issuedToUs holds a token to OpenID Connect Core, 3.1.3.7, 4 and 5: one with several audiences names the party that it was
// issued to (azp), and where a party is named it is this client.
func (p *Provider) issuedToUs(audience []string, party string) bool {
	if party == "" {
		return len(audience) <= 1
	}
	return party == p.config.ClientID
}

// claims are those of an ID token that matter here. Entra puts app roles into roles, template ids of directory roles into
// wids, and the tenant into tid.
type claims struct {
	Roles             texts  `json:"roles"`
	Wids              texts  `json:"wids"`
	Groups            texts  `json:"groups"`
	Tenant            string `json:"tid"`
	AuthorizedParty   string `json:"azp"`
	PreferredUsername string `json:"preferred_username"`
	Email             string `json:"email"`
	Name              string `json:"name"`
}

// identity makes an identity of a verified token, or says why its owner may not in.
func (p *Provider) identity(id *oidc.IDToken, c claims) (*Identity, error) {
	who := &Identity{Subject: id.Issuer + " " + id.Subject, Tenants: p.config.Tenants, AllTenants: p.config.AllTenants}
	for _, name := range []string{c.PreferredUsername, c.Email, c.Name, id.Subject} {
		if who.Name == "" {
			who.Name = name
		}
	}
	for _, claim := range append(slices.Clone(c.Roles), c.Wids...) {
		if role, ok := RoleOf(claim); ok && !slices.Contains(who.Roles, role) {
			who.Roles = append(who.Roles, role)
		}
	}
	for _, group := range c.Groups {
		if role, ok := p.config.Groups[group]; ok && !slices.Contains(who.Roles, role) {
			who.Roles = append(who.Roles, role)
		}
	}
	if len(who.Roles) == 0 {
		return nil, denied(nil, "you signed in as %s, but hold none of the roles that may use Passtrail; ask a Global Administrator", who.Name)
	}
	if !who.AllTenants && len(who.Tenants) == 0 {
		tenant, err := passtrail.ParseTenantID(c.Tenant)
		if err != nil {
			return nil, denied(err, "the sign-in names no tenant; ask who runs Passtrail to say which tenants you may see")
		}
		who.Tenants = []passtrail.TenantID{tenant}
	}
	return who, nil
}

func denied(cause error, format string, args ...any) error {
	e := passtrail.Errorf(passtrail.Denied, "auth.Finish", format, args...).(*passtrail.Error)
	e.Err = cause
	return e
}

// texts is a claim that some providers write as one text and others as a list.
type texts []string

// UnmarshalJSON reads both forms.
func (t *texts) UnmarshalJSON(b []byte) error {
	s := strings.TrimSpace(string(b))
	if strings.HasPrefix(s, "[") {
		return json.Unmarshal(b, (*[]string)(t))
	}
	var one string
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	if one != "" {
		*t = texts{one}
	}
	return nil
}
