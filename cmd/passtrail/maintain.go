package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/store"
)

// accessNow is a line of the access log for what the person at the command line does.
func accessNow(a *app, tenant passtrail.TenantID, action, subject string) store.Access {
	return store.Access{At: passtrail.TicksOf(a.clock()), Tenant: tenant, Who: a.who(), Action: action, Subject: subject, Detail: "command line"}
}

func newRebuildCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild",
		Short: "Make everything that is derived from the records anew",
		Long:  "Makes attempts, intervals and the keys of the vocabulary anew from the records and snapshots. The result is the same\nunless the vocabulary changed. It is safe to stop at any moment.",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			st, err := a.openStore(c.Context())
			if err != nil {
				return err
			}
			if err := st.Rebuild(c.Context(), func(int64, int64) {}); err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.out, "rebuilt")
			return err
		},
	}
}
