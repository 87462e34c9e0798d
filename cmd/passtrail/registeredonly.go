package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/store"
)

func newRegisteredOnlyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "registered-only-from ID [DAY]",
		Short: "Say since when a tenant's password reset accepts registered methods only",
		Long: "Microsoft announced a day from which password reset accepts registered methods only: phone numbers and mail addresses of the\n" +
			"directory do not count any more (Message center MC1325414). Tenants are reached on different days. What helps with a\n" +
			"problem depends on it: from that day on no report or page tells anybody to fill in contact data of the directory.\n" +
			"Without a day it says what is set. A day is written 2026-11-09 and begins in UTC; \"default\" stands for the announced one.",
		Example: "  passtrail tenant registered-only-from 6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11 2026-11-23",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := passtrail.ParseTenantID(args[0])
			if err != nil {
				return usageError{err}
			}
			if len(args) == 1 {
				return a.showRegisteredOnly(c.Context(), id)
			}
			day, err := store.ParseRegisteredOnly(args[1])
			if err != nil {
				return usageError{err}
			}
			return a.setRegisteredOnly(c.Context(), id, day)
		},
	}
}

func (a *app) showRegisteredOnly(ctx context.Context, id passtrail.TenantID) error {
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	t, err := st.Tenant(ctx, id)
	if err != nil {
		return err
	}
	how := ""
	if t.Settings.RegisteredOnlyFrom == 0 {
		how = ", as announced for all"
	}
	_, err = fmt.Fprintf(a.out, "tenant %s accepts registered methods only from %s on%s\n", id, t.Settings.RegisteredOnly().String()[:10], how)
	return err
}

func (a *app) setRegisteredOnly(ctx context.Context, id passtrail.TenantID, day passtrail.Ticks) error {
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	t, err := st.Tenant(ctx, id)
	if err != nil {
		return err
	}
	now, err := a.now()
	if err != nil {
		return err
	}
	t.Settings.RegisteredOnlyFrom = day
	if err := st.PutTenant(ctx, t); err != nil {
		return err
	}
	detail := "registered methods only from " + t.Settings.RegisteredOnly().String()[:10] + ", command line"
	if err := st.LogAccess(ctx, store.Access{At: now, Tenant: id, Who: a.who(), Action: "settings", Subject: string(id), Detail: detail}); err != nil {
		return err
	}
	return a.showRegisteredOnly(ctx, id)
}
