package main

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"passtrail"
	"passtrail/internal/access"
	"passtrail/internal/store"
)

// looks are the commands that show what the store holds of people, each with the action of its line in the access log.
var looks = map[string]string{
	"report": "report", "events": "view-events", "attempts": "view-attempts", "person": "view-person", "query": "query",
	"quarantine list": "view-set-aside", "quarantine show": "view-set-aside", "access-log": "view-page", "sources": "view-page",
	"tenant": "view-page", "tenant list": "view-page", "token list": "view-page",
}

// noLooks are the commands that show nothing of anybody. Those that change a tenant or a token write lines of their own.
var noLooks = []string{
	"demo", "serve", "sign-in", "init", "ingest", "quarantine", "quarantine retry", "rebuild", "verify", "simulate", "version", "help",
	"token", "tenant opt-out", "tenant retention", "tenant registered-only-from", "token create", "token revoke",
}

// accesses is the log of who looked at what: a spool in the data directory, or the file of --access-log.
func (a *app) accesses() (*access.Log, error) {
	if a.looks != nil {
		return a.looks, nil
	}
	if a.accessFile != "" {
		a.looks = access.File(a.path(a.accessFile), a.clock)
	}
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	if a.looks != nil {
		if a.readOnly {
			a.looks.Beside(dir)
		}
		return a.looks, nil
	}
	a.looks = access.In(dir, a.clock)
	return a.looks, nil
}

// commandName is the path of a command below the root, "token create".
func commandName(c *cobra.Command) string {
	_, name, _ := strings.Cut(c.CommandPath(), " ")
	return name
}

// beginLook writes the line of a command that looks at something, before it looks. What the access log does not take is
// not shown. Without data there is nothing to look at, which the command itself says.
func (a *app) beginLook(c *cobra.Command, args []string) error {
	action := looks[commandName(c)]
	if action == "" || c.Flags().Changed("help") {
		return nil
	}
	if _, err := a.openStore(c.Context()); passtrail.CodeOf(err) == passtrail.NotFound {
		return nil
	} else if err != nil {
		return err
	}
	flag := ""
	if f := c.Flags().Lookup("tenant"); f != nil {
		flag = f.Value.String()
	}
	id, err := a.tenant(c.Context(), flag)
	if err != nil {
		id = "" // the command itself says what is wrong, or needs none
	}
	a.look = store.Access{ID: strings.ToLower(rand.Text()), At: passtrail.TicksOf(a.clock()), Tenant: id, Who: a.who(), Action: action,
		Subject: strings.Join(args, " "), Detail: flagsSet(c)}
	if action == "query" {
		a.look.Subject, a.look.Detail = "command line", strings.Join(args, " ")
	}
	return a.writeLook(c.Context())
}

// flagsSet writes the flags of a command line as they were given, but for where the data is.
func flagsSet(c *cobra.Command) string {
	text := []string{"command line:", "passtrail", commandName(c)}
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "data" && f.Name != "access-log" && f.Name != "read-only" {
			text = append(text, "--"+f.Name+"="+f.Value.String())
		}
	})
	return strings.Join(text, " ")
}

// writeLook writes the line of the command that runs, in place of what it said before.
func (a *app) writeLook(ctx context.Context) error {
	log, err := a.accesses()
	if err != nil {
		return err
	}
	return log.Add(ctx, a.look)
}

// sawLook has the line of the command say whom or what it is about, once that is known.
func (a *app) sawLook(ctx context.Context, subject, detail string) error {
	if a.look.ID == "" {
		return nil
	}
	a.look.Subject, a.look.Detail = subject, detail
	return a.writeLook(ctx)
}

// nextLook writes a line of its own for one query of several.
func (a *app) nextLook(ctx context.Context, text string) error {
	if a.look.ID == "" {
		return nil
	}
	a.look.ID, a.look.At, a.look.Action = strings.ToLower(rand.Text()), passtrail.TicksOf(a.clock()), looks["query"]
	return a.sawLook(ctx, "command line, one of several", text)
}

// endLook has the line of a command that failed say that nothing was shown, or not all of it.
func (a *app) endLook(ctx context.Context, err error) error {
	if a.look.ID == "" || err == nil {
		return nil
	}
	if a.look.Action == looks["query"] {
		a.look.Action = "query-refused"
	} else {
		a.look.Action, a.look.Detail = "refused", a.look.Detail+": "+message(err)
	}
	return a.writeLook(context.WithoutCancel(ctx))
}

// who names the person at the command line: the user of the operating system, also where a server runs the command.
func (a *app) who() string {
	if a.peer != "" {
		return a.peer
	}
	return whoami()
}
