// Package server listens, serves a handler until told to stop, and refuses to be reachable from other machines without
// TLS and an identity provider.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"passtrail"
)

// Config says where to listen.
type Config struct {
	Listen            string // host:port; port 0 takes a free one
	CertFile, KeyFile string // TLS; both or none
	// SignIn says that people sign in with an identity provider. Without it only loopback addresses are allowed.
	SignIn bool
	// Stop is how long requests under way may take once the server is told to stop; 0 is ten seconds.
	Stop time.Duration
}

// Validate refuses an address that other machines reach unless TLS and an identity provider are configured.
func (c Config) Validate() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return passtrail.Errorf(passtrail.Invalid, "server.Validate", "cannot listen on %q: want host:port, for example 127.0.0.1:8420", c.Listen)
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return passtrail.Errorf(passtrail.Invalid, "server.Validate", "TLS needs both a certificate and a key")
	}
	if loopback(host) || (c.CertFile != "" && c.SignIn) {
		return nil
	}
	return passtrail.Errorf(passtrail.Denied, "server.Validate", "refusing to listen on %s: other machines reach it; configure TLS (--tls-cert, --tls-key) and an identity provider (--oidc-issuer), or listen on 127.0.0.1", c.Listen)
}

// loopback reports whether a host names this machine only. A name other than localhost may resolve to anything and is
// not.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Open opens the address after validating it.
func (c Config) Open() (net.Listener, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, &passtrail.Error{Code: passtrail.Conflict, Op: "server.Listen", Msg: "cannot listen on " + c.Listen + ": another program may be using it; pass --listen 127.0.0.1:0 for a free port", Err: err}
	}
	return l, nil
}

// Serve answers on l until ctx is done, then lets requests under way end.
func (c Config) Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	done := make(chan error, 1)
	go func() {
		if c.CertFile != "" {
			done <- srv.ServeTLS(l, c.CertFile, c.KeyFile)
			return
		}
		done <- srv.Serve(l)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	wait := c.Stop
	if wait == 0 {
		wait = 10 * time.Second
	}
	stop, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	err := srv.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close() // streams of a page that stays open
	}
	if serr := <-done; !errors.Is(serr, http.ErrServerClosed) {
		return serr
	}
	return err
}
