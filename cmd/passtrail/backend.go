package main

import (
	"context"
	"time"

	"passtrail"
	"passtrail/internal/store"
)

// backend holds the opened store for the time of one command.
type backend struct {
	store store.Store
}

// openStore opens the data directory, once a command.
func (a *app) openStore(ctx context.Context) (store.Store, error) {
	if a.backend.store != nil {
		return a.backend.store, nil
	}
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	st, err := openDirectory(ctx, dir, a.clock)
	if err != nil {
		return nil, err
	}
	a.backend.store = st
	return st, nil
}

// openDirectory opens the embedded database of a data directory.
func openDirectory(_ context.Context, dir string, _ func() time.Time) (store.Store, error) {
	return nil, passtrail.Errorf(passtrail.NotFound, "main.openDirectory", "no data in %s: run \"passtrail init\" first", dir)
}

// close closes what the command opened.
func (a *app) close() error {
	if a.backend.store == nil {
		return nil
	}
	return a.backend.store.Close()
}

// tenant resolves --tenant: the one given, or the only one there is.
func (a *app) tenant(ctx context.Context, flag string) (passtrail.TenantID, error) {
	if flag != "" {
		id, err := passtrail.ParseTenantID(flag)
		if err != nil {
			return "", usageError{err}
		}
		return id, nil
	}
	st, err := a.openStore(ctx)
	if err != nil {
		return "", err
	}
	all, err := st.Tenants(ctx)
	if err != nil {
		return "", err
	}
	switch len(all) {
	case 0:
		return "", passtrail.Errorf(passtrail.NotFound, "main.tenant", "there is no tenant yet: run \"passtrail init --tenant ID --opt-in\"")
	case 1:
		return all[0].ID, nil
	}
	return "", usageError{passtrail.Errorf(passtrail.Invalid, "main.tenant", "there are %d tenants: pass --tenant ID", len(all))}
}
