package auth_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/auth/authtest"
)

const redirect = "http://localhost:9999/auth/callback"

// identityProvider runs a real OpenID Connect provider in this process.
func identityProvider(t *testing.T, claims map[string]any) string {
	t.Helper()
	return authtest.Provider(t, redirect, claims)
}

// signIn goes through the provider's pages and returns what it sends the browser back with.
func signIn(t *testing.T, address string) url.Values {
	t.Helper()
	return authtest.SignIn(t, redirect, address).Query()
}

func newProvider(t *testing.T, issuer string, groups map[string]auth.Role) *auth.Provider {
	t.Helper()
	p, err := auth.NewProvider(t.Context(), auth.ProviderConfig{Issuer: issuer, ClientID: authtest.ClientID, ClientSecret: authtest.ClientSecret, RedirectURL: redirect, Groups: groups}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSignInWithAProvider(t *testing.T) {
	for name, c := range map[string]struct {
		claims map[string]any
		groups map[string]auth.Role
		want   []auth.Role
	}{
		"app roles":         {map[string]any{"roles": []string{"ReportsReader", "unknown"}, "tid": string(tenant)}, nil, []auth.Role{auth.ReportsReader}},
		"directory roles":   {map[string]any{"wids": []string{"62e90394-69f5-4237-9190-012177145e10", "b79fbf4d-3ef9-4689-8143-76b194e85509"}, "tid": string(tenant)}, nil, []auth.Role{auth.GlobalAdministrator}},
		"a group":           {map[string]any{"groups": []string{"g1", "g2"}, "tid": string(tenant)}, map[string]auth.Role{"g2": auth.SecurityReader}, []auth.Role{auth.SecurityReader}},
		"one role as text":  {map[string]any{"roles": "Security Operator", "tid": string(tenant)}, nil, []auth.Role{auth.SecurityOperator}},
		"no role":           {map[string]any{"tid": string(tenant)}, nil, nil},
		"no tenant":         {map[string]any{"roles": []string{"ReportsReader"}}, nil, nil},
		"an unmapped group": {map[string]any{"groups": []string{"g1"}, "tid": string(tenant)}, map[string]auth.Role{"g2": auth.SecurityReader}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, identityProvider(t, c.claims), c.groups)
			address, secret, err := p.Begin("/audit?status=failure")
			if err != nil {
				t.Fatal(err)
			}
			who, to, err := p.Finish(t.Context(), secret, signIn(t, address))
			if c.want == nil {
				if passtrail.CodeOf(err) != passtrail.Denied {
					t.Errorf("signed in as %v, %v; want to be refused", who, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(who.Roles) != 1 || who.Roles[0] != c.want[0] || !who.Sees(tenant) || who.AllTenants || to != "/audit?status=failure" {
				t.Errorf("signed in as %+v to %q, want %v", who, to, c.want)
			}
		})
	}
}

func TestForeignAnswersAreRefused(t *testing.T) {
	issuer := identityProvider(t, map[string]any{"roles": []string{"ReportsReader"}, "tid": string(tenant)})
	p := newProvider(t, issuer, nil)
	for name, spoil := range map[string]func(secret string, answer url.Values) (string, url.Values){
		"another browser": func(_ string, a url.Values) (string, url.Values) { return "guess", a },
		"another state":   func(s string, a url.Values) (string, url.Values) { a.Set("state", "x"); return s, a },
		"another code":    func(s string, a url.Values) (string, url.Values) { a.Set("code", "x"); return s, a },
		"an error":        func(s string, a url.Values) (string, url.Values) { a.Set("error", "access_denied"); return s, a },
	} {
		address, secret, err := p.Begin("/")
		if err != nil {
			t.Fatal(err)
		}
		secret, answer := spoil(secret, signIn(t, address))
		if _, _, err := p.Finish(t.Context(), secret, answer); passtrail.CodeOf(err) != passtrail.Denied {
			t.Errorf("%s: %v, want denied", name, err)
		}
	}
	address, secret, err := p.Begin("/")
	if err != nil {
		t.Fatal(err)
	}
	answer := signIn(t, address)
	if _, _, err := p.Finish(t.Context(), secret, answer); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Finish(t.Context(), secret, answer); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("the same answer twice: %v, want denied", err)
	}
	stolen, other, err := p.Begin("/")
	if err != nil {
		t.Fatal(err)
	}
	mine, _, err := p.Begin("/")
	if err != nil {
		t.Fatal(err)
	}
	mixed := signIn(t, stolen)
	mixed.Set("code", signIn(t, mine).Get("code")) // a code of another flow: PKCE and the nonce refuse it
	if _, _, err := p.Finish(t.Context(), other, mixed); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("a code of another flow: %v, want denied", err)
	}
}

func TestProviderThatDoesNotAnswer(t *testing.T) {
	_, err := auth.NewProvider(t.Context(), auth.ProviderConfig{Issuer: "http://127.0.0.1:1"}, time.Now)
	if passtrail.CodeOf(err) != passtrail.Unavailable {
		t.Errorf("no provider: %v, want unavailable", err)
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	if s := (auth.ProviderConfig{ClientSecret: "hunter2"}).String(); strings.Contains(s, "hunter2") {
		t.Errorf("the configuration prints as %q", s)
	}
}
