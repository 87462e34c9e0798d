package main

import (
	"bufio"
	"context"
	"fmt"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/store"
)

func newInitCommand(a *app) *cobra.Command {
	var tenant, name string
	var optIn bool
	c := &cobra.Command{
		Use:   "init",
		Short: "Make the data directory and a tenant, and opt it in",
		Long: "Makes the data directory and adds a tenant to it. Nothing is stored for a tenant until somebody with the right to\n" +
			"decide has opted it in: pass --opt-in, or answer the question. Who opted in and when is kept. Running init again for\n" +
			"a tenant that is there changes its name or opts it in.",
		Example: "  passtrail init --tenant 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11 --name Contoso --opt-in",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			id, err := passtrail.ParseTenantID(tenant)
			if err != nil {
				return usageError{fmt.Errorf("--tenant: %w", err)}
			}
			return a.init(c.Context(), id, name, optIn)
		},
	}
	c.Flags().StringVar(&tenant, "tenant", "", "tenant `id`, a GUID (required)")
	c.Flags().StringVar(&name, "name", "", "`name` to show for the tenant")
	c.Flags().BoolVar(&optIn, "opt-in", false, "collect the tenant's records from now on")
	return c
}

func (a *app) init(ctx context.Context, id passtrail.TenantID, name string, optIn bool) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	st := a.backend.store
	if st == nil {
		if st, err = a.openDirectory(ctx, dir, true); err != nil {
			return err
		}
		a.backend.store = st
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	t, err := st.Tenant(ctx, id)
	if passtrail.CodeOf(err) == passtrail.NotFound {
		t, err = store.Tenant{ID: id, CreatedAt: now}, nil
	}
	if err != nil {
		return err
	}
	if name != "" {
		t.Name = name
	}
	if t.OptedInAt == 0 && !optIn {
		optIn = a.askOptIn(id)
	}
	if optIn && t.OptedInAt == 0 {
		t.OptedInAt, t.OptedInBy, t.OptedOutAt, t.OptedOutBy = now, a.who(), 0, ""
	}
	if err := st.PutTenant(ctx, t); err != nil {
		return err
	}
	if optIn {
		if err := st.LogAccess(ctx, store.Access{At: now, Tenant: id, Who: a.who(), Action: "opt-in", Detail: "command line"}); err != nil {
			return err
		}
	}
	a.saidInit(dir, t)
	return nil
}

func (a *app) saidInit(dir string, t store.Tenant) {
	fmt.Fprintf(a.out, "data directory  %s\ntenant          %s %s\n", dir, t.ID, t.Name)
	if t.OptedInAt == 0 {
		fmt.Fprintf(a.out, "collection      off: run \"passtrail init --tenant %s --opt-in\" to switch it on\n", t.ID)
		return
	}
	fmt.Fprintf(a.out, "collection      on since %s, by %s\n", t.OptedInAt, t.OptedInBy)
	fmt.Fprintln(a.out, "next            passtrail ingest FOLDER")
}

// askOptIn asks on a terminal; without one the answer is no.
func (a *app) askOptIn(id passtrail.TenantID) bool {
	if !isTerminal(a.in) {
		return false
	}
	fmt.Fprintf(a.err, "Collect and keep the audit records of tenant %s? They hold personal data.\nOnly a Global Administrator should say yes. [y/N] ", id)
	line, _ := bufio.NewReader(a.in).ReadString('\n')
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), "y")
}

// whoami names the person at the command line for the log of who decided.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return "local:" + u.Username
	}
	return "local"
}
