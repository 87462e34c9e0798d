package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"passtrail"
	"passtrail/content"
	"passtrail/internal/detect"
	"passtrail/internal/explore"
	"passtrail/internal/export"
	"passtrail/internal/kql/diag"
	"passtrail/internal/query"
	"passtrail/internal/report"
)

// engine opens the store and the query engine on it.
func (a *app) engine(ctx context.Context) (*query.Engine, error) {
	st, err := a.openStore(ctx)
	if err != nil {
		return nil, err
	}
	return query.New(st, query.Limits{Admission: a.backend.admission}), nil
}

// library loads the prebuilt reports and detections, and the analytics rules in the folder rules of the data directory.
func (a *app) library(ctx context.Context) (*report.Library, error) {
	e, err := a.engine(ctx)
	if err != nil {
		return nil, err
	}
	lib, err := report.Load(content.Files, e)
	if err != nil {
		return nil, err
	}
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	lib.Sentinel, err = detect.LoadSentinel(os.DirFS(dir), "rules")
	return lib, err
}

// explorer answers for the tenant of --tenant.
func (a *app) explorer(ctx context.Context, tenantFlag string) (*explore.Explorer, error) {
	e, err := a.engine(ctx)
	if err != nil {
		return nil, err
	}
	id, err := a.tenant(ctx, tenantFlag)
	if err != nil {
		return nil, err
	}
	now, err := a.now()
	if err != nil {
		return nil, err
	}
	return &explore.Explorer{Engine: e, Tenants: []passtrail.TenantID{id}, Now: now}, nil
}

// zone is the time zone of tables for people.
func (a *app) zone() *time.Location {
	if a.utc {
		return time.UTC
	}
	if a.remote != nil && a.remote.Zone != "" {
		if z, err := time.LoadLocation(a.remote.Zone); err == nil {
			return z
		}
	}
	return time.Local
}

// outputFlag adds -o to a command.
func outputFlag(c *cobra.Command, into *string, formats ...string) {
	c.Flags().StringVarP(into, "output", "o", "table", "`format`: "+strings.Join(formats, ", "))
}

// definitions loads the reports without data behind them, to list them.
func (a *app) definitions() (*report.Library, error) { return report.Load(content.Files, nil) }

// write sends tables to stdout in a format.
func (a *app) write(format string, tables ...query.Table) error {
	return a.writeWide(format, 60, tables...)
}

// writeAbout is write with what it is about, where the format has room for that.
func (a *app) writeAbout(format string, about *export.About, tables ...query.Table) error {
	return a.writeWith(format, export.Options{Zone: a.zone(), About: about}, tables...)
}

// writeWide is write with columns of up to width characters.
func (a *app) writeWide(format string, width int, tables ...query.Table) error {
	return a.writeWith(format, export.Options{Zone: a.zone(), MaxWidth: width}, tables...)
}

func (a *app) writeWith(format string, o export.Options, tables ...query.Table) error {
	w, err := export.New(format, a.out, o)
	if err != nil {
		return usageError{err}
	}
	for _, t := range tables {
		if err := w.Begin(t); err != nil {
			return err
		}
		for _, row := range t.Rows {
			if err := w.Row(row); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

// stream runs a query and sends its rows to stdout as they come.
func (a *app) stream(ctx context.Context, e *query.Engine, format string, req query.Request, about *export.About) error {
	w, err := export.New(format, a.out, export.Options{Zone: a.zone(), About: about})
	if err != nil {
		return usageError{err}
	}
	defer export.Abandon(w)
	if err := e.Stream(ctx, req, w.Begin, w.Row); err != nil {
		return err
	}
	return w.Close()
}

// period reads --since and --until. Both empty: zero times.
func (a *app) period(since, until string) (from, to passtrail.Ticks, err error) {
	now, err := a.now()
	if err != nil {
		return 0, 0, err
	}
	if since != "" {
		if from, err = report.ParseSince(since, now); err != nil {
			return 0, 0, usageError{fmt.Errorf("--since: %w", err)}
		}
	}
	if until != "" {
		if to, err = report.ParseSince(until, now); err != nil {
			return 0, 0, usageError{fmt.Errorf("--until: %w", err)}
		}
	}
	return from, to, nil
}

// queryError draws the mistakes of a query with a caret under each.
func queryError(text string, err error) error {
	var list diag.List
	if !errors.As(err, &list) {
		return err
	}
	return errors.New("the query has mistakes\n" + strings.TrimRight(list.Render(text), "\n"))
}

// toFile redirects stdout to --out for the time of f; the file is there only if f succeeded, whole and at once. Findings
// that --fail-on waits for are no failure.
func (a *app) toFile(name string, f func() error) error {
	if name == "" || name == "-" {
		return f()
	}
	name = a.path(name)
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.part")
	if err != nil {
		return passtrail.Errorf(passtrail.Invalid, "main.toFile", "cannot write %s: %v", name, reason(err))
	}
	defer os.Remove(file.Name()) // gone already when it was renamed
	old := a.out
	a.out = file
	result := f()
	a.out = old
	err = file.Close()
	var fired firedError
	if result != nil && !errors.As(result, &fired) {
		return result
	}
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return passtrail.Errorf(passtrail.Invalid, "main.toFile", "cannot write %s: %v", name, reason(err))
	}
	return result
}

// reason is an error of the operating system without the path that it repeats.
func reason(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
