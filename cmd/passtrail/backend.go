package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/kql/native"
	"passtrail/internal/query"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
)

// backend holds the opened store for the time of one command.
type backend struct {
	store     store.Store
	shared    bool             // the store is a server's and stays open
	copy      bool             // with --read-only: it is to be a copy of the data directory
	memory    int64            // that the process may use, 0 where nobody said
	admission *query.Admission // of a server
}

// openStore opens the data directory, once a command. A directory that is not there is an error that says how to make
// one; nothing is made by asking.
func (a *app) openStore(ctx context.Context) (store.Store, error) {
	if a.backend.store != nil {
		return a.backend.store, nil
	}
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	st, err := a.openDirectory(ctx, dir, false)
	if err != nil {
		return nil, err
	}
	a.backend.store = st
	return st, nil
}

// longUpgrade is how many steps of a derivation are worth a word: fewer take less than a second.
const longUpgrade = 300_000

// upgrading says how far the store is that makes all anew which an older program derived.
func (a *app) upgrading(done, total int64) {
	switch {
	case total < longUpgrade:
	case done == 0:
		fmt.Fprintf(a.err, "passtrail: attempts and history of %s records are made anew, as this version derives them ...\n", thousands(total/3))
	default:
		fmt.Fprintf(a.err, "passtrail: %d %% of it done\n", 100*done/total)
	}
}

// openDirectory opens the embedded database of a data directory, making it when create is set. An empty dir is a
// database in memory.
func (a *app) openDirectory(ctx context.Context, dir string, create bool) (store.Store, error) {
	if dir != "" && !create && !duckdb.Exists(dir) {
		return nil, passtrail.Errorf(passtrail.NotFound, "main.openDirectory", "there is no data in %s: run \"passtrail init --tenant ID --opt-in\", or pass --data DIR", dir)
	}
	functions, err := functionsFor(dir)
	if err != nil {
		return nil, err
	}
	st, err := duckdb.Open(ctx, duckdb.Config{Dir: dir, ReadOnly: a.readOnly, Copy: a.backend.copy, Functions: functions, Now: a.clock, Progress: a.upgrading, Copying: a.copying, MemoryLimit: a.backend.memory / 2})
	if err != nil {
		return nil, err
	}
	a.warnOfLoss(st)
	if a.readOnly {
		return newReadOnlyStore(st), nil
	}
	return st, nil
}

// warnOfLoss says at the opening that records are missing, whatever the command goes on to do.
func (a *app) warnOfLoss(st *duckdb.Store) {
	if err := st.Lost(); err != nil {
		fmt.Fprintln(a.err, "passtrail: warning:", err)
	}
}

// geoName is a database of addresses in the MaxMind format that the operator may put into the data directory, for
// geo_info_from_ip_address.
const geoName = "geo.mmdb"

// functionsFor is what queries over a data directory may call. The database of addresses stays open to the end.
func functionsFor(dir string) ([]duck.Func, error) {
	name := filepath.Join(dir, geoName)
	if _, err := os.Stat(name); dir == "" || errors.Is(err, fs.ErrNotExist) {
		return native.Functions(), nil
	}
	geo, err := native.OpenGeo(name)
	if err != nil {
		return nil, &passtrail.Error{Code: passtrail.Invalid, Op: "main.functionsFor", Msg: "the database of addresses " + name + " cannot be read; replace or remove it", Err: err}
	}
	return native.FunctionsWith(geo), nil
}

// batchEngine is an engine for queries that may need no data: without a data directory it runs on an empty database in
// memory, with one thread, so that groups come out in the order of their first row.
func (a *app) batchEngine(ctx context.Context) (*query.Engine, error) {
	e, err := a.engine(ctx)
	if a.data != "" || passtrail.CodeOf(err) != passtrail.NotFound {
		return e, err
	}
	st, err := duckdb.Open(ctx, duckdb.Config{Functions: native.Functions(), Now: a.clock, Threads: 1})
	if err != nil {
		return nil, err
	}
	a.backend.store = st
	return query.New(st, query.Limits{}), nil
}

// close closes what the command opened.
func (a *app) close() error {
	if a.backend.store == nil || a.backend.shared {
		return nil
	}
	if a.looks != nil && a.looks.Long() {
		if _, err := a.looks.Merge(context.Background(), a.backend.store); err != nil {
			fmt.Fprintln(a.err, "passtrail: the access log's lines stay in its spool for now:", message(err))
		}
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
