package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"passtrail"
)

func newVerifyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check that nothing is stored twice, lost from the ledger or derived wrongly",
		Long:  "Looks for records, attempts and quarantined inputs that are there twice, for hours that hold more records than the ledger\ncounted, and derives a sample of the attempts anew and compares. Ends with exit code 1 when something is wrong.",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			st, err := a.openStore(c.Context())
			if err != nil {
				return err
			}
			v, err := st.Verify(c.Context())
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(a.out, "%d records, %d attempts (%d of them derived anew and compared), %d inputs set aside\n", v.Records, v.Attempts, v.Sampled, v.Quarantined); err != nil {
				return err
			}
			for _, p := range v.Problems {
				if _, err := fmt.Fprintln(a.out, p); err != nil {
					return err
				}
			}
			if n := len(v.Problems); n > 0 {
				return passtrail.Errorf(passtrail.Conflict, "main.verify", "%d things are wrong with the store", n)
			}
			return nil
		},
	}
}
