package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

// writers are the commands that change a data directory, each with what tells that one of its command lines only reads; nil
// where all of them write.
var writers = map[string]func(c *cobra.Command, args []string) bool{
	"demo": nil, "init": nil, "ingest": nil, "quarantine retry": nil, "rebuild": nil, "tenant opt-out": nil, "token create": nil, "token revoke": nil,
	"sign-in":                     nil, // it asks a server, and one that only reads has no socket
	"verify":                      func(c *cobra.Command, _ []string) bool { return !c.Flags().Changed("mend") },
	"tenant retention":            func(c *cobra.Command, args []string) bool { return len(args) < 2 || c.Flags().Changed("dry-run") },
	"tenant registered-only-from": func(_ *cobra.Command, args []string) bool { return len(args) < 2 },
}

// refuseWrites refuses a command that changes something where --read-only says that nothing is to be changed.
func (a *app) refuseWrites(c *cobra.Command, args []string) error {
	name := commandName(c)
	reads, writes := writers[name]
	if !a.readOnly || !writes || reads != nil && reads(c, args) {
		return nil
	}
	if name == "sign-in" {
		return passtrail.Errorf(passtrail.Denied, "main.refuseWrites", "a server with --read-only makes no further links: start it again, it prints one")
	}
	return passtrail.Errorf(passtrail.Denied, "main.refuseWrites", "%q changes the data directory, which --read-only does not allow: run it without --read-only, where the directory can be written",
		strings.TrimSpace("passtrail "+name))
}

// prepareToRead sees, before anything is opened or copied, that a command with --read-only has a place for its line in the
// access log, and that it makes no file in the data directory.
func (a *app) prepareToRead(c *cobra.Command) error {
	name := commandName(c)
	if !a.readOnly || a.remote != nil || looks[name] == "" && name != "serve" {
		return nil
	}
	dir, err := a.dataDir()
	if err != nil || !duckdb.Exists(dir) {
		return err // the command itself says that there is nothing
	}
	if a.accessFile == "" {
		return passtrail.Errorf(passtrail.Unavailable, "main.prepareToRead", "with --read-only the access log is not kept in the data directory, and nothing is shown that it does not hold: "+
			"name a file elsewhere with --access-log FILE")
	}
	for _, flag := range []string{"access-log", "out"} {
		if f := c.Flags().Lookup(flag); f != nil && f.Value.String() != "" && duckdb.Within(a.path(f.Value.String()), dir) {
			return usageError{fmt.Errorf("--%s: the file lies in the data directory, in which --read-only changes nothing: name one elsewhere", flag)}
		}
	}
	looks, err := a.accesses()
	if err != nil {
		return err
	}
	return looks.Ready()
}

// copying says that what is due is derived in a copy.
func (a *app) copying(bytes int64, to string) {
	fmt.Fprintf(a.err, "passtrail: the data directory is only read: working on a copy of it in %[2]s, %[1]s kB, for this time\n", thousands((bytes+999)/1000), to)
}

// readOnlyStore is a store that is only read. Findings of now are kept in memory, so that the pages show them beside those
// that are stored; when a token was last used is not noted.
type readOnlyStore struct {
	store.Store
	mu    sync.Mutex
	found map[passtrail.TenantID]map[string]store.Finding
}

func newReadOnlyStore(st store.Store) *readOnlyStore {
	return &readOnlyStore{Store: st, found: map[passtrail.TenantID]map[string]store.Finding{}}
}

// UseToken notes nothing.
func (*readOnlyStore) UseToken(context.Context, string, passtrail.Ticks) error { return nil }

// PutFindings keeps findings for the time of the program.
func (s *readOnlyStore) PutFindings(_ context.Context, fs []store.Finding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range fs {
		if s.found[f.Tenant] == nil {
			s.found[f.Tenant] = map[string]store.Finding{}
		}
		f.State = cmp.Or(f.State, "new")
		s.found[f.Tenant][f.ID] = f
	}
	return nil
}

// Findings lists what is stored and what was found since. What somebody decided about a stored one stays.
func (s *readOnlyStore) Findings(ctx context.Context, tenant passtrail.TenantID) ([]store.Finding, error) {
	all, err := s.Store.Findings(ctx, tenant)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := map[string]bool{}
	for i, f := range all {
		stored[f.ID] = true
		if n, again := s.found[tenant][f.ID]; again {
			n.State, n.Note, n.ChangedBy, n.FirstSeen, n.ChangedAt = f.State, f.Note, f.ChangedBy, f.FirstSeen, f.ChangedAt
			all[i] = n
		}
	}
	for id, f := range s.found[tenant] {
		if !stored[id] {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b store.Finding) int { return cmp.Or(cmp.Compare(b.Start, a.Start), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}
