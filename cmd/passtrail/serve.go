package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"passtrail"
	"passtrail/internal/api/editor"
	"passtrail/internal/api/loganalytics"
	"passtrail/internal/auth"
	"passtrail/internal/query"
	"passtrail/internal/retain"
	"passtrail/internal/server"
	"passtrail/internal/store"
	"passtrail/internal/web"
	"passtrail/internal/web/answer"
)

func newServeCommand(a *app) *cobra.Command {
	var cfg server.Config
	var sign signInFlags
	memory := size{bytes: serveMemory(), least: minMemory, most: maxMemory}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages and the API of the data directory",
		Long: "Serves the pages and prints a link that signs in once (\"passtrail sign-in\" prints another). Listens on this machine only;\n" +
			"elsewhere it needs TLS and an identity provider. While it runs, the other commands on the same data directory talk to it.\n" +
			"Programs ask at /v1/workspaces/TENANT/query, as they ask Azure Monitor, with a token of \"passtrail token create\".\n\n" +
			"With --read-only it shows what the data directory holds when it starts, and refuses to change anything: nothing is taken in,\n" +
			"no setting, token, saved query or finding changes, and findings of now are kept for its own time only.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			a.limitMemory(memory.bytes)
			return a.serve(c.Context(), cfg, sign, false)
		},
	}
	fl := c.Flags()
	fl.StringVar(&cfg.Listen, "listen", "127.0.0.1:8420", "`address` to listen on, port 0 for a free one")
	fl.StringVar(&cfg.CertFile, "tls-cert", "", "TLS certificate `file` (PEM)")
	fl.StringVar(&cfg.KeyFile, "tls-key", "", "TLS key `file` (PEM)")
	fl.Var(&memory, "memory", "memory that the server may use, as 2GiB; what needs more is refused or ended")
	sign.add(fl)
	return c
}

// serve serves pages and command lines until ctx is done.
func (a *app) serve(ctx context.Context, cfg server.Config, sign signInFlags, demo bool) error {
	cfg.SignIn = sign.issuer != ""
	if err := sign.checkURL(); err != nil {
		return err
	}
	l, err := cfg.Open()
	if err != nil {
		return err
	}
	defer l.Close()
	st, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	e, err := a.engine(ctx)
	if err != nil {
		return err
	}
	lib, err := a.library(ctx)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelInfo}))
	sessions := auth.NewSessions(a.clock)
	provider, err := sign.provider(ctx, a)
	if err != nil {
		return err
	}
	looks, err := a.accesses()
	if err != nil {
		return err
	}
	keeper, retention := answer.NewKeeper(st, e, lib, a.clock, log), retain.New(st, a.clock, log)
	lib.Known = keeper.Known
	pages, err := web.New(web.Config{Services: answer.New(st, e, lib).OnAccess(looks).OnRetention(retention.Ask), Sessions: sessions, Provider: provider, Now: a.clock, Log: log, Secure: cfg.CertFile != "" || strings.HasPrefix(sign.url, "https://"), Demo: demo, Changes: keeper, Editor: editorService(e, a.clock, log)})
	if err != nil {
		return err
	}
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	link := signInLink(l, cfg, sign.url, sessions)
	a.saidServing(l, cfg, link)
	parts := []func(context.Context) error{keeper.Run, func(ctx context.Context) error {
		return cfg.Serve(ctx, l, server.OwnHost(l.Addr(), sign.url, server.Mount(pages, a.apis(st, log))), log)
	}}
	if !a.readOnly { // what follows writes to the data directory
		parts = append(parts, retention.Run,
			func(ctx context.Context) error { return looks.Run(ctx, st, log) },
			func(ctx context.Context) error { return answerCommands(ctx, a, dir, link) })
	}
	return together(ctx, parts...)
}

// apis are the APIs for programs, by the prefix below which each answers.
func (a *app) apis(st store.Store, log *slog.Logger) map[string]http.Handler {
	logs := http.NewServeMux()
	loganalytics.New(loganalytics.Config{
		Engine: query.New(st, query.Limits{Time: loganalytics.MaxWait, Admission: a.backend.admission}), Store: st, Access: a.looks, Tokens: auth.NewTokens(st, a.clock, log), Now: a.clock, Log: log,
	}).Routes(logs)
	return map[string]http.Handler{"/v1/": logs}
}

// together runs all parts until ctx is done, or one of them fails and stops the others.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	g, run := errgroup.WithContext(ctx)
	for _, part := range parts {
		g.Go(func() error { return part(run) })
	}
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// scheme is what addresses of the server begin with.
func scheme(cfg server.Config) string {
	if cfg.CertFile != "" {
		return "https"
	}
	return "http"
}

// signInLink returns what makes links that sign in once, to the public address where there is one; nil where an identity provider signs people in.
func signInLink(l net.Listener, cfg server.Config, public string, sessions *auth.Sessions) func() string {
	if cfg.SignIn {
		return nil
	}
	return func() string {
		base := public
		if base == "" {
			base = scheme(cfg) + "://" + l.Addr().String()
		}
		return strings.TrimSuffix(base, "/") + "/sign-in?" + url.Values{"token": {sessions.NewLink(auth.Local())}}.Encode()
	}
}

// saidServing says where the pages are, and how to get in.
func (a *app) saidServing(l net.Listener, cfg server.Config, link func() string) {
	if link == nil {
		fmt.Fprintf(a.out, "people sign in with their identity provider at %s://%s\nstop with Ctrl-C\n", scheme(cfg), l.Addr())
		return
	}
	another := "passtrail sign-in"
	if a.data != "" {
		another += " --data " + a.data
	}
	if a.readOnly {
		another = "start the server again"
	}
	fmt.Fprintf(a.out, "open this link to sign in (it works once; for another one: %s):\n\n    %s\n\nstop with Ctrl-C\n", another, link())
}

// editorService answers the query editor from the engine's own tables.
func editorService(e *query.Engine, clock func() time.Time, log *slog.Logger) http.Handler {
	now := passtrail.TicksOf(clock())
	api := &editor.API{
		Service: query.Editor(now),
		Check: func(ctx context.Context, text string) error {
			return e.Check(ctx, query.Request{Text: text, Now: passtrail.TicksOf(clock())})
		},
		Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
			log.Error("editor", "error", err)
			http.Error(w, "this did not work; the server's log says more", http.StatusInternalServerError)
		},
	}
	mux := http.NewServeMux()
	api.Routes(mux, "/query/editor")
	return mux
}
