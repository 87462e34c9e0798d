package server_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/server"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		config server.Config
		want   passtrail.Code
	}{
		{server.Config{Listen: "127.0.0.1:8420"}, ""},
		{server.Config{Listen: "[::1]:0"}, ""},
		{server.Config{Listen: "localhost:1"}, ""},
		{server.Config{Listen: "8420"}, passtrail.Invalid},
		{server.Config{Listen: ":8420"}, passtrail.Denied},
		{server.Config{Listen: "0.0.0.0:8420"}, passtrail.Denied},
		{server.Config{Listen: "passtrail.contoso.com:443"}, passtrail.Denied},
		{server.Config{Listen: "0.0.0.0:443", CertFile: "c", KeyFile: "k"}, passtrail.Denied},
		{server.Config{Listen: "0.0.0.0:443", SignIn: true}, passtrail.Denied},
		{server.Config{Listen: "0.0.0.0:443", CertFile: "c", KeyFile: "k", SignIn: true}, ""},
		{server.Config{Listen: "127.0.0.1:1", CertFile: "c"}, passtrail.Invalid},
	} {
		if got := passtrail.CodeOf(c.config.Validate()); got != c.want {
			t.Errorf("Validate(%+v) = %q, want %q", c.config, got, c.want)
		}
	}
}

func TestServeEndsRequestsUnderWay(t *testing.T) {
	c := server.Config{Listen: "127.0.0.1:0", Stop: 5 * time.Second}
	l, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	begun := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		stop()
		<-ctx.Done()
		io.WriteString(w, "whole")
	})
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	res, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	<-begun
	if b, err := io.ReadAll(res.Body); err != nil || string(b) != "whole" {
		t.Errorf("got %q, %v; want the whole answer", b, err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

// TestServeClosesWhatDoesNotEnd: a page that stays open does not keep the server from stopping.
func TestServeClosesWhatDoesNotEnd(t *testing.T) {
	c := server.Config{Listen: "127.0.0.1:0", Stop: 50 * time.Millisecond}
	l, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stop()
		<-r.Context().Done() // until the connection is closed
	})
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	if res, err := http.Get("http://" + l.Addr().String()); err == nil {
		res.Body.Close()
		t.Error("the request ended with an answer")
	}
	select {
	case err := <-served:
		if err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the server did not stop")
	}
}

func TestAddressInUse(t *testing.T) {
	first, err := server.Config{Listen: "127.0.0.1:0"}.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = server.Config{Listen: first.Addr().String()}.Open()
	if passtrail.CodeOf(err) != passtrail.Conflict {
		t.Errorf("Open = %v, want Conflict", err)
	}
	if _, err := (server.Config{Listen: "0.0.0.0:0"}).Open(); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("Open = %v, want Denied", err)
	}
}

func TestMount(t *testing.T) {
	say := func(what string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, what+" "+r.URL.Path) })
	}
	h := server.Mount(say("pages"), map[string]http.Handler{"/v1/": say("logs"), "/v1.0/": say("graph")})
	for path, want := range map[string]string{"/": "pages /", "/v1": "", "/v1/x": "logs /v1/x", "/v1.0/y": "graph /v1.0/y", "/v2/": "pages /v2/", "/settings": "pages /settings"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if got := w.Body.String(); want != "" && got != want {
			t.Errorf("%s is answered by %q, want %q", path, got, want)
		}
	}
}

// TestOwnHost: on loopback only requests that name this server are answered.
func TestOwnHost(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	here, everywhere := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8420}, &net.TCPAddr{IP: net.IPv4zero, Port: 8420}
	plain := &net.TCPAddr{IP: net.IPv6loopback, Port: 443}
	for _, test := range []struct {
		address *net.TCPAddr
		public  string
		host    string
		want    int
	}{
		{here, "", "127.0.0.1:8420", 204}, {here, "", "localhost:8420", 204}, {here, "", "LOCALHOST:8420", 204}, {here, "", "[::1]:8420", 204},
		{here, "", "evil.example:8420", 421}, {here, "", "127.0.0.1:80", 421}, {here, "", "127.0.0.1", 421}, {here, "", "", 421},
		{here, "", "localhost.evil.example:8420", 421}, {here, "", "127.0.0.1.evil.example:8420", 421},
		{here, "https://passtrail.contoso.com", "passtrail.contoso.com", 204}, {here, "https://passtrail.contoso.com", "evil.example", 421},
		{plain, "", "localhost", 204}, {plain, "", "[::1]", 204}, {everywhere, "", "any.example", 204},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = test.host
		w := httptest.NewRecorder()
		server.OwnHost(test.address, test.public, ok).ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%v %s: Host %q gives %d, want %d", test.address, test.public, test.host, w.Code, test.want)
		}
	}
}
