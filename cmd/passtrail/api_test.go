package main

import (
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestServeAnswersPrograms makes a token through the running server, asks with it, and revokes it.
func TestServeAnswersPrograms(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	out := served(t, data)
	if got := command(t.Context(), data, strings.NewReader(sampleRecord), "ingest", "--tenant", testTenant, "-"); got.code != 0 {
		t.Fatalf("ingest: %+v", got)
	}
	made := command(t.Context(), data, nil, "token", "create", "nightly")
	if made.code != 0 {
		t.Fatalf("token create: %+v", made)
	}
	address := regexp.MustCompile(`http://[^/]+`).FindString(out.String())
	ask := func() (int, string) {
		t.Helper()
		req, err := http.NewRequest("POST", address+"/v1/workspaces/"+testTenant+"/query", strings.NewReader(`{"query":"AuditLogs | count"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(made.out))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	if status, text := ask(); status != http.StatusOK || !strings.Contains(text, `"rows":[[1]]`) {
		t.Errorf("asking answered %d %s", status, text)
	}
	id := strings.Split(made.out, "_")[1]
	if got := command(t.Context(), data, nil, "token", "revoke", id); got.code != 0 {
		t.Errorf("token revoke: %+v", got)
	}
	if status, text := ask(); status != http.StatusForbidden || !strings.Contains(text, "was revoked") {
		t.Errorf("after revoking: %d %s", status, text)
	}
	log := command(t.Context(), data, nil, "access-log", "-o", "csv")
	for _, want := range []string{"token-create,nightly", "token nightly,Reports Reader,query,", "token-revoke,nightly"} {
		if !strings.Contains(log.out, want) {
			t.Errorf("the access log lacks %q: %s", want, log.out)
		}
	}
	if strings.Contains(out.String(), "pt_") {
		t.Errorf("the server printed a token: %s", out.String())
	}
}
