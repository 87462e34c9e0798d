// Package authtest runs a real OpenID Connect provider in a test's process, with one person who can sign in there.
package authtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// ClientID and ClientSecret are how a client introduces itself to the provider.
const (
	ClientID     = "passtrail"
	ClientSecret = "secret"
)

// withClaims adds claims to every ID token of a provider.
type withClaims struct {
	*storage.Storage
	claims map[string]any
}

// SetUserinfoFromRequest is where the provider asks for claims.
func (s *withClaims) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	if err := s.Storage.SetUserinfoFromRequest(ctx, info, r, scopes); err != nil {
		return err
	}
	for name, value := range s.claims {
		info.AppendClaims(name, value)
	}
	return nil
}

// Provider starts a provider whose ID tokens carry claims and which sends people back to redirect. It returns its issuer.
func Provider(t testing.TB, redirect string, claims map[string]any) string {
	t.Helper()
	var router http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { router.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	issuer := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1) + "/"
	clients := map[string]*storage.Client{ClientID: storage.WebClient(ClientID, ClientSecret, redirect)}
	st := storage.NewStorageWithClients(storage.NewUserStore(issuer), clients)
	router = exampleop.SetupServer(issuer, &withClaims{st, claims}, slog.New(slog.DiscardHandler), false)
	return issuer
}

// SignIn goes through the provider's pages as a person would and returns the address that the browser is sent back to.
func SignIn(t testing.TB, redirect, address string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var back *url.URL
	c := &http.Client{Jar: jar, Timeout: 10 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirect) {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if back != nil {
		return back
	}
	id := res.Request.URL.Query().Get("authRequestID")
	if id == "" {
		t.Fatalf("no sign-in page at %s: %.300s", res.Request.URL, body)
	}
	res, err = c.PostForm(res.Request.URL.String(), url.Values{"username": {"test-user@localhost"}, "password": {"verysecure"}, "id": {id}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if back == nil {
		t.Fatalf("the provider did not send the browser back but answered %d at %s", res.StatusCode, res.Request.URL)
	}
	return back
}
