package assets_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"passtrail/internal/web/assets"
)

// TestBuiltFilesMatchSources fails when a source or the lock file changed after the last build. The full comparison,
// byte for byte, is "go run . check" in build; it needs the packages.
func TestBuiltFilesMatchSources(t *testing.T) {
	names, err := filepath.Glob("build/src/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("sources: %v, %v", names, err)
	}
	names = append(names, "build/package-lock.json")
	sort.Strings(names)
	sum := sha256.New()
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
		fmt.Fprintf(sum, "%s %d\n", filepath.Base(name), len(body))
		sum.Write(body)
	}
	want, err := os.ReadFile("dist/sources.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != strings.TrimSpace(string(want)) {
		t.Error("the sources changed since dist was built: cd internal/web/assets && go generate")
	}
}

func TestServe(t *testing.T) {
	set, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]string{
		"app.js": "text/javascript", "app.css": "text/css", "icons.svg": "image/svg+xml", "kql-worker.js": "text/javascript",
		"charts.js": "text/javascript", "query.js": "text/javascript", "THIRD_PARTY_NOTICES.txt": "text/plain",
	} {
		for _, encoding := range []string{"gzip", ""} {
			r := httptest.NewRequest("GET", set.URL(name), nil)
			r.Header.Set("Accept-Encoding", encoding)
			w := httptest.NewRecorder()
			set.ServeHTTP(w, r)
			if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
				t.Errorf("%s (%q): %d %s", name, encoding, w.Code, w.Header().Get("Content-Type"))
			}
			if got := w.Header().Get("Content-Encoding"); got != encoding {
				t.Errorf("%s: asked for %q, came as %q", name, encoding, got)
			}
			if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s may not be cached: %q", name, w.Header().Get("Cache-Control"))
			}
		}
	}
	w := httptest.NewRecorder()
	set.ServeHTTP(w, httptest.NewRequest("GET", "/assets/x/nothing.js", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("unknown file: %d, want 404", w.Code)
	}
}

// TestNoticesNameEveryPackage holds the notices to the lock file.
func TestNoticesNameEveryPackage(t *testing.T) {
	set, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	text, err := set.Read("THIRD_PARTY_NOTICES.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"htmx.org 2.", "echarts 6.", "zrender 6.", "@codemirror/view 6.", "@kusto/language-service-next 12.", "@fluentui/tokens 1.", "Bridge.NET"} {
		if !strings.Contains(string(text), name) {
			t.Errorf("the notices do not name %s", name)
		}
	}
}
