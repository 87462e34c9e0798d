package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/store"
)

func newVerifyCommand(a *app) *cobra.Command {
	var mend bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check that nothing is lost, damaged, stored twice or derived wrongly",
		Long: "Reads every value that is stored, so that a damaged file is noticed; looks for records that were stored and are missing, for\n" +
			"records, attempts and quarantined inputs that are there twice, for hours that hold more records than the ledger counted;\n" +
			"derives a sample of the attempts anew and compares. It says what it finds and changes nothing, and ends with exit code 1\n" +
			"when something is wrong, or due.\n\n" +
			"With --mend it then derives what is due or wrong, and accepts that records are lost, which the access log notes; it says\n" +
			"what it did, and ends with exit code 1 when something is left. A damaged file it leaves alone: restore a backup.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.verify(c.Context(), mend) },
	}
	c.Flags().BoolVar(&mend, "mend", false, "mend what can be mended: derive what is due, accept a loss")
	return c
}

func (a *app) verify(ctx context.Context, mend bool) error {
	a.backend.copy = true // the checks derive a sample anew
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	v, err := a.verified(ctx, st)
	if err != nil || len(v.Problems) == 0 {
		return err
	}
	if mend && !v.Damaged {
		if v, err = a.mend(ctx, st, v); err != nil || len(v.Problems) == 0 {
			return err
		}
	}
	what := "things are"
	if len(v.Problems) == 1 {
		what = "thing is"
	}
	return passtrail.Errorf(passtrail.Conflict, "main.verify", "%d %s not right with the store", len(v.Problems), what)
}

// verified checks the store and says what was found.
func (a *app) verified(ctx context.Context, st store.Store) (store.Verification, error) {
	v, err := st.Verify(ctx)
	if err != nil {
		return v, err
	}
	if !v.Damaged {
		_, err = fmt.Fprintf(a.out, "%d records, %d attempts (%d of them derived anew and compared), %d inputs set aside\n", v.Records, v.Attempts, v.Sampled, v.Quarantined)
	}
	for _, p := range v.Problems {
		if err == nil {
			_, err = fmt.Fprintln(a.out, p)
		}
	}
	return v, err
}

// mend mends what was found, says what it did, and checks once more.
func (a *app) mend(ctx context.Context, st store.Store, v store.Verification) (store.Verification, error) {
	done, err := st.Mend(ctx, v)
	for _, d := range done {
		fmt.Fprintln(a.out, "mended:", d)
	}
	if err != nil || len(done) == 0 {
		return v, err
	}
	if v.Lost {
		if err := st.LogAccess(ctx, accessNow(a, "", "accept-loss", v.Problems[0])); err != nil {
			return v, err
		}
	}
	return a.verified(ctx, st)
}
