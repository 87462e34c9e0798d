package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/kql/types"
	"passtrail/internal/query"
	"passtrail/internal/store"
)

func newTokenCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Access tokens, with which programs use the API: make, list, revoke",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newTokenCreateCommand(a), newTokenListCommand(a), newTokenRevokeCommand(a))
	return c
}

// tokenFlags are the flags of token create.
type tokenFlags struct {
	tenant, role, output string
	days                 int
}

func newTokenCreateCommand(a *app) *cobra.Command {
	var f tokenFlags
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a token and print it, once",
		Long: "Makes an access token for one tenant and prints it to standard output, once: only its digest is kept. Whoever has the\n" +
			"token may do what its role may, in that tenant, until it expires or is revoked. The name says which program uses it.\n\n" +
			"The roles are " + roleNames() + ".",
		Example: "  passtrail token create nightly-export >token.txt\n  passtrail token create siem --role 'Security Reader' --days 30",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.createToken(c.Context(), args[0], f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	fl.StringVar(&f.role, "role", string(auth.ReportsReader), "the Entra `role` that the token holds")
	fl.IntVar(&f.days, "days", int(auth.DefaultTokenLife/passtrail.Day), "`days` that it lives, at most 365")
	fl.StringVarP(&f.output, "output", "o", "text", "`format`: text (the token alone), json")
	return c
}

func (a *app) createToken(ctx context.Context, name string, f tokenFlags) error {
	if f.output != "text" && f.output != "json" {
		return usageError{fmt.Errorf("-o %s: want text or json", f.output)}
	}
	role, known := auth.RoleOf(f.role)
	if !known {
		return usageError{fmt.Errorf("--role %q: want one of %s", f.role, roleNames())}
	}
	if most := int(auth.MaxTokenLife / passtrail.Day); f.days < 1 || f.days > most {
		return usageError{fmt.Errorf("--days %d: want from 1 to %d", f.days, most)}
	}
	id, now, st, err := a.tokenStore(ctx, f.tenant)
	if err != nil {
		return err
	}
	if _, err := st.Tenant(ctx, id); err != nil {
		return err
	}
	t, text, err := auth.NewToken(auth.TokenSpec{Tenant: id, Name: name, Role: role, Life: passtrail.Ticks(f.days) * passtrail.Day, By: a.who()}, now)
	if err != nil {
		return usageError{err}
	}
	if err := st.PutToken(ctx, t); err != nil {
		return err
	}
	if err := a.logToken(ctx, st, "token-create", t, now); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "token %q of tenant %s, as %s, until %s\nkeep it now: it is not shown again\n", t.Name, t.Tenant, t.Role, t.ExpiresAt.Time().Format(time.DateOnly))
	if f.output == "json" {
		return json.NewEncoder(a.out).Encode(createdToken{tokenJSON(t, now), text})
	}
	_, err = fmt.Fprintln(a.out, text)
	return err
}

// tokenStore is what every token command needs: the tenant, the time and the store.
func (a *app) tokenStore(ctx context.Context, tenant string) (passtrail.TenantID, passtrail.Ticks, store.Store, error) {
	id, err := a.tenant(ctx, tenant)
	if err != nil {
		return "", 0, nil, err
	}
	now, err := a.now()
	if err != nil {
		return "", 0, nil, err
	}
	st, err := a.openStore(ctx)
	return id, now, st, err
}

// roleNames lists the roles that a token may hold.
func roleNames() string {
	var names []string
	for _, r := range auth.Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// logToken writes a line of the access log about a token.
func (a *app) logToken(ctx context.Context, st store.Store, action string, t store.Token, now passtrail.Ticks) error {
	return st.LogAccess(ctx, store.Access{At: now, Tenant: t.Tenant, Who: a.who(), Action: action, Subject: t.Name, Detail: auth.DescribeToken(t)})
}

// tokenOut is a token as -o json shows it.
type tokenOut struct {
	ID        string             `json:"id"`
	Tenant    passtrail.TenantID `json:"tenant"`
	Name      string             `json:"name"`
	Role      string             `json:"role"`
	State     string             `json:"state"`
	CreatedAt string             `json:"createdAt"`
	CreatedBy string             `json:"createdBy"`
	ExpiresAt string             `json:"expiresAt"`
	LastUsed  string             `json:"lastUsed,omitempty"`
	RevokedAt string             `json:"revokedAt,omitempty"`
	RevokedBy string             `json:"revokedBy,omitempty"`
}

// createdToken is a new token with its text.
type createdToken struct {
	tokenOut
	Token string `json:"token"`
}

func tokenJSON(t store.Token, now passtrail.Ticks) tokenOut {
	out := tokenOut{ID: t.ID, Tenant: t.Tenant, Name: t.Name, Role: t.Role, State: t.State(now), CreatedAt: t.CreatedAt.String(), CreatedBy: t.CreatedBy, ExpiresAt: t.ExpiresAt.String(), RevokedBy: t.RevokedBy}
	if t.LastUsed != 0 {
		out.LastUsed = t.LastUsed.String()
	}
	if t.RevokedAt != 0 {
		out.RevokedAt = t.RevokedAt.String()
	}
	return out
}

func newTokenListCommand(a *app) *cobra.Command {
	var tenant, output string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the tokens of a tenant, expired and revoked ones too",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.listTokens(c.Context(), tenant, output) },
	}
	c.Flags().StringVar(&tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	outputFlag(c, &output, "table", "json", "csv", "ndjson", "md", "xlsx")
	return c
}

func (a *app) listTokens(ctx context.Context, tenant, output string) error {
	id, now, st, err := a.tokenStore(ctx, tenant)
	if err != nil {
		return err
	}
	all, err := st.Tokens(ctx, id)
	if err != nil {
		return err
	}
	t := query.Table{Name: "tokens"}
	for _, name := range []string{"Id", "Name", "Role", "State", "CreatedBy"} {
		t.Columns = append(t.Columns, query.Column{Name: name, Type: types.String})
	}
	for _, name := range []string{"Created", "Expires", "LastUsed", "Revoked"} {
		t.Columns = append(t.Columns, query.Column{Name: name, Type: types.DateTime})
	}
	t.Columns = append(t.Columns, query.Column{Name: "RevokedBy", Type: types.String})
	for _, x := range all {
		t.Rows = append(t.Rows, []any{x.ID, x.Name, x.Role, x.State(now), x.CreatedBy, int64(x.CreatedAt), int64(x.ExpiresAt), orNull(x.LastUsed), orNull(x.RevokedAt), x.RevokedBy})
	}
	return a.write(output, t)
}

// orNull is an instant as a cell; none is null.
func orNull(t passtrail.Ticks) any {
	if t == 0 {
		return nil
	}
	return int64(t)
}

func newTokenRevokeCommand(a *app) *cobra.Command {
	var tenant string
	c := &cobra.Command{
		Use:   "revoke ID",
		Short: "End a token: whoever has it is refused from now on",
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, args []string) error { return a.revokeToken(c.Context(), tenant, args[0]) },
	}
	c.Flags().StringVar(&tenant, "tenant", "", "tenant `id` (needed only when there are several)")
	return c
}

func (a *app) revokeToken(ctx context.Context, tenant, token string) error {
	id, now, st, err := a.tokenStore(ctx, tenant)
	if err != nil {
		return err
	}
	t, err := st.RevokeToken(ctx, id, token, a.who(), now)
	if err != nil {
		return err
	}
	if err := a.logToken(ctx, st, "token-revoke", t, now); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "token %q is revoked\n", t.Name)
	return err
}
