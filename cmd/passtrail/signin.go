package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"passtrail"
	"passtrail/internal/auth"
)

// signInFlags say which identity provider signs people in.
type signInFlags struct {
	issuer, client, secretFile, url string
	groups                          []string
	tenants                         []string
}

// add adds the flags.
func (f *signInFlags) add(fl *pflag.FlagSet) {
	fl.StringVar(&f.issuer, "oidc-issuer", "", "`address` of an OpenID Connect provider that signs people in; for Entra\nhttps://login.microsoftonline.com/TENANT-ID/v2.0")
	fl.StringVar(&f.client, "oidc-client", "", "client `id` of Passtrail at the provider")
	fl.StringVar(&f.secretFile, "oidc-secret-file", "", "`file` with the client secret; none for a public client")
	fl.StringVar(&f.url, "url", "", "`address` under which people reach this server, https://passtrail.contoso.com")
	fl.StringArrayVar(&f.groups, "oidc-group", nil, "`GROUP=ROLE`: people of this group (claim groups) hold this role; may be repeated")
	fl.StringArrayVar(&f.tenants, "oidc-tenant", nil, "tenant `id` that everybody who signs in may see; without it the token's own; may be repeated")
}

// provider makes the identity provider, nil when none is asked for.
func (f *signInFlags) provider(ctx context.Context, a *app) (*auth.Provider, error) {
	if f.issuer == "" {
		return nil, nil
	}
	if f.client == "" || f.url == "" {
		return nil, usageError{fmt.Errorf("--oidc-issuer needs --oidc-client and --url")}
	}
	c := auth.ProviderConfig{Issuer: f.issuer, ClientID: f.client, RedirectURL: strings.TrimSuffix(f.url, "/") + "/sign-in/callback", Groups: map[string]auth.Role{}}
	if f.secretFile != "" {
		b, err := os.ReadFile(f.secretFile)
		if err != nil {
			return nil, passtrail.Errorf(passtrail.NotFound, "main.provider", "the client secret cannot be read from %s", f.secretFile)
		}
		c.ClientSecret = strings.TrimSpace(string(b))
	}
	for _, text := range f.groups {
		group, name, ok := strings.Cut(text, "=")
		role, known := auth.RoleOf(name)
		if !ok || !known {
			return nil, usageError{fmt.Errorf("--oidc-group %s: want GROUP=ROLE with a role such as %q", text, auth.ReportsReader)}
		}
		c.Groups[group] = role
	}
	for _, text := range f.tenants {
		id, err := passtrail.ParseTenantID(text)
		if err != nil {
			return nil, usageError{fmt.Errorf("--oidc-tenant: %w", err)}
		}
		c.Tenants = append(c.Tenants, id)
	}
	return auth.NewProvider(ctx, c, a.clock)
}
