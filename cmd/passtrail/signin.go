package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
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
	fl.StringVar(&f.url, "url", "", "`address` under which people reach this server, https://passtrail.contoso.com: sign-in links lead to it, and\nrequests that name it are answered behind a proxy")
	fl.StringArrayVar(&f.groups, "oidc-group", nil, "`GROUP=ROLE`: people of this group (claim groups) hold this role; may be repeated")
	fl.StringArrayVar(&f.tenants, "oidc-tenant", nil, "tenant `id` that everybody who signs in may see; without it the token's own; may be repeated")
}

// checkURL refuses an address of --url that no browser could be sent to.
func (f *signInFlags) checkURL() error {
	if f.url == "" {
		return nil
	}
	u, err := url.Parse(f.url)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
		return usageError{fmt.Errorf("--url %s: want an address such as https://passtrail.contoso.com, without a path", f.url)}
	}
	return nil
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

func newSignInCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "sign-in",
		Short: "Print a fresh link that signs in to the running server once",
		Long: "Asks the server that runs on the data directory for another link that signs in once, within a day. Only the user of the\n" +
			"operating system who owns the data directory can ask it. Where an identity provider signs people in there are no links.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.printLink() },
	}
}

// printLink prints a sign-in link of the server that the command runs in.
func (a *app) printLink() error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	switch {
	case a.remote == nil:
		return passtrail.Errorf(passtrail.NotFound, "main.printLink", "no server runs on %s: \"passtrail serve\" starts one and prints a link", dir)
	case a.link == nil:
		return passtrail.Errorf(passtrail.Denied, "main.printLink", "people sign in to this server with their identity provider; it makes no links")
	}
	_, err = fmt.Fprintln(a.out, a.link())
	return err
}
