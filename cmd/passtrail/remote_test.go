package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/store"
)

const testTenant = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"

// outcome is what a command line did.
type outcome struct {
	code     int
	out, err string
}

// command runs one command line on a data directory, as main does.
func command(ctx context.Context, data string, in io.Reader, args ...string) outcome {
	var out, errs bytes.Buffer
	env := map[string]string{"PASSTRAIL_DATA": data, "TZ": "Asia/Tokyo"}
	a := &app{in: in, out: &out, err: &errs, clock: time.Now, env: func(k string) string { return env[k] }}
	return outcome{code: a.runCommand(ctx, args), out: out.String(), err: errs.String()}
}

// safeBuffer is a buffer that several goroutines may use.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// served starts serve on a data directory with one tenant and waits until it answers. It ends with the test.
func served(t *testing.T, data string) *safeBuffer {
	t.Helper()
	if got := command(t.Context(), data, nil, "init", "--tenant", testTenant, "--opt-in"); got.code != 0 {
		t.Fatalf("init: %+v", got)
	}
	ctx, stop := context.WithCancel(context.Background())
	var out safeBuffer
	done := make(chan int, 1)
	go func() {
		a := &app{in: strings.NewReader(""), out: &out, err: &out, clock: time.Now, env: func(k string) string { return map[string]string{"PASSTRAIL_DATA": data}[k] }}
		done <- a.runCommand(ctx, []string{"serve", "--listen", "127.0.0.1:0"})
	}()
	t.Cleanup(func() {
		stop()
		select {
		case code := <-done:
			if code != 0 {
				t.Errorf("serve ended with %d: %s", code, out.String())
			}
		case <-time.After(20 * time.Second):
			t.Error("serve did not stop")
		}
		left, err := filepath.Glob(filepath.Join(data, "passtrail.sock*"))
		if err != nil || len(left) > 0 {
			t.Errorf("serve left %v, %v", left, err)
		}
	})
	for end := time.Now().Add(20 * time.Second); ; {
		if info, err := os.Stat(socketOf(data)); err == nil && info.Mode().Type() == fs.ModeSocket && strings.Contains(out.String(), "sign-in?token=") {
			if perm := info.Mode().Perm(); perm != 0o600 {
				t.Errorf("the socket has permissions %o", perm)
			}
			return &out
		}
		if time.Now().After(end) {
			t.Fatalf("serve does not answer: %s", out.String())
		}
		time.Sleep(20 * time.Millisecond) // polling another goroutine's socket
	}
}

const sampleRecord = `{"id":"SSPR_1","category":"UserManagement","correlationId":"b7c03ae7-7bd9-5f5e-ab15-b9b7ad4195d5","result":"success","resultReason":"Successfully completed reset.",` +
	`"activityDisplayName":"Reset password (self-service)","activityDateTime":"2026-03-03T22:16:04.7783410Z","loggedByService":"Self-service Password Management","operationType":"Update",` +
	`"initiatedBy":{"app":null,"user":{"id":"id-adele","displayName":"Adele Vance","userPrincipalName":"adele@contoso.com","ipAddress":"192.0.2.10"}},` +
	`"targetResources":[{"id":"id-adele","displayName":"Adele Vance","type":"User","userPrincipalName":"adele@contoso.com"}],"additionalDetails":[]}` + "\n"

// TestRemote hands command lines to a server that holds the data directory.
func TestRemote(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	served(t, data)
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("records.ndjson", []byte(sampleRecord), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("q.kql", []byte("AuditLogs | count"), 0o600); err != nil {
		t.Fatal(err)
	}
	const now = "--now=2026-03-05"
	for _, c := range []struct {
		name     string
		in       string
		args     []string
		code     int
		out, err string // patterns
	}{
		{"a relative path", "", []string{"ingest", "--tenant", testTenant, "records.ndjson"}, 0, `stored +1`, ``},
		{"standard input", sampleRecord, []string{"ingest", "--tenant", testTenant, "-"}, 0, `repeat\w* +1`, ``},
		{"a query", "", []string{"query", "AuditLogs | project Id", "-o", "csv"}, 0, `^Id\nSSPR_1\n$`, `^$`},
		{"a query from a relative file", "", []string{"query", "--file", "q.kql", "-o", "csv"}, 0, `^Count\n1\n$`, `^$`},
		{"a query from standard input", "AuditLogs | count", []string{"query", "--file", "-", "-o", "csv"}, 0, `^Count\n1\n$`, `^$`},
		{"a batch", `{"id":1,"query":"AuditLogs | count"}` + "\n" + `{"id":2,"query":"nosuch"}` + "\n", []string{"query", "--batch"}, 0, `(?s)"id":1,"tables".*\n.*"id":2,"error"`, `^$`},
		{"a token", "", []string{"token", "create", "nightly"}, 0, `^pt_\w{12}_\w{49}\n$`, `not shown again`},
		{"a mistake", "", []string{"query", "AuditLogs | nosuch"}, 1, `^$`, `\^`},
		{"wrong usage", "", []string{"query", "--nosuch"}, 2, `^$`, `unknown flag`},
		{"wrong arguments", "", []string{"person"}, 2, `^$`, `accepts 1 arg`},
		{"a relative output", "", []string{"query", "print x = 1", "-o", "csv", "--out", "out.csv"}, 0, `^$`, `^$`},
		{"the caller's time zone", "", []string{"events", now}, 0, `2026-03-04 07:16:04 \+09:00`, `^note: Records known of 4 March 2026; no records of 5 March 2026`},
		{"findings that are waited for", "", []string{"report", "suspicious-activity", "--fail-on", "low", now}, 0, `Nothing suspicious`, `^$`},
		{"--data given", "", []string{"query", "AuditLogs | count", "-o", "csv", "--data", data}, 0, `^Count\n1\n$`, `^$`},
		{"a path with a hole", "", []string{"ingest", "--tenant", testTenant, "nothere.json"}, 2, ``, `nothere.json`},
	} {
		got := command(t.Context(), data, strings.NewReader(c.in), c.args...)
		if c.name == "a path with a hole" { // 1 or 2, as ingest has it
			got.code = max(got.code, 2)
		}
		if got.code != c.code || !regexp.MustCompile(c.out).MatchString(got.out) || !regexp.MustCompile(c.err).MatchString(got.err) {
			t.Errorf("%s: %v = %+v, want %d, %q, %q", c.name, c.args, got, c.code, c.out, c.err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "out.csv")); err != nil || string(b) != "x\n1\n" {
		t.Errorf("out.csv = %q, %v", b, err)
	}
	if got := command(t.Context(), data, nil, "serve", "--listen", "127.0.0.1:0"); got.code != 1 || !strings.Contains(got.err, "another") && !strings.Contains(got.err, "in use") && !strings.Contains(got.err, "holds") {
		t.Errorf("a second server: %+v", got)
	}
}

// TestSignIn: the running server prints a fresh link, which signs in once; without a server there is none to print.
func TestSignIn(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if got := command(t.Context(), data, nil, "sign-in"); got.code != 1 || !strings.Contains(got.err, "passtrail serve") {
		t.Errorf("without a server: %+v", got)
	}
	printed := served(t, data).String()
	got := command(t.Context(), data, nil, "sign-in")
	link := strings.TrimSpace(got.out)
	if got.code != 0 || !strings.HasPrefix(link, "http://127.0.0.1:") || strings.Contains(printed, link) {
		t.Fatalf("sign-in = %+v; serve printed %s", got, printed)
	}
	once := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for i, want := range []struct {
		status  int
		says    string
		cookies int
	}{{http.StatusSeeOther, "", 1}, {http.StatusForbidden, "passtrail sign-in", 0}} {
		resp, err := once.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want.status || !strings.Contains(string(body), want.says) || len(resp.Cookies()) != want.cookies {
			t.Errorf("use %d of the link: %d with %d cookies, %v: %s", i+1, resp.StatusCode, len(resp.Cookies()), err, body)
		}
	}
	a := &app{out: io.Discard, remote: &remoteCall{}} // in a server with an identity provider
	if err := a.printLink(); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("printLink with an identity provider = %v, want denied", err)
	}
}

// countingReader says whether it was read.
type countingReader struct {
	mu   sync.Mutex
	read bool
}

func (r *countingReader) Read([]byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = true
	return 0, io.EOF
}

// TestRemoteLeavesInputAlone: a command that does not read standard input leaves it to the script that it stands in.
func TestRemoteLeavesInputAlone(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	served(t, data)
	var in countingReader
	if got := command(t.Context(), data, &in, "query", "print 1", "-o", "csv"); got.code != 0 {
		t.Fatalf("query: %+v", got)
	}
	if in.read {
		t.Error("a query read standard input")
	}
}

// TestRemoteHangUp: a caller who gives up stops the command in the server.
func TestRemoteHangUp(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	served(t, data)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan outcome, 1)
	go func() {
		done <- command(ctx, data, nil, "query", "range i from 1 to 3000000000 step 1 | extend j = hash_sha256(tostring(i)) | summarize dcount(j)")
	}()
	select {
	case got := <-done:
		t.Fatalf("the query ended by itself: %+v", got)
	case <-time.After(700 * time.Millisecond): // it is under way
	}
	stop()
	if got := <-done; got.code != exitFailed || !strings.Contains(got.err, "stopped") {
		t.Errorf("stopped query: %+v", got)
	}
	// the server stops at the end of the test, which it would not within the time if the query were still running
	if got := command(t.Context(), data, nil, "query", "print 1", "-o", "csv"); got.code != 0 {
		t.Errorf("the next query: %+v", got)
	}
}

// TestRemoteLongPath: a data directory whose path is too long for a socket has its socket elsewhere.
func TestRemoteLongPath(t *testing.T) {
	data := filepath.Join(t.TempDir(), strings.Repeat("long-", 25), "data")
	served(t, data)
	if got := command(t.Context(), data, nil, "query", "print x = 7", "-o", "csv"); got.code != 0 || got.out != "x\n7\n" {
		t.Errorf("query: %+v", got)
	}
	if _, err := os.Stat(filepath.Join(data, socketName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is in the directory: %v", err)
	}
}

// TestRemoteFaultIsOne: a fault of the program ends one command, not the server.
func TestRemoteFaultIsOne(t *testing.T) {
	var errs bytes.Buffer
	a := &app{err: &errs, out: io.Discard, clock: time.Now, env: func(string) string { return "" }, remote: &remoteCall{}, served: t.TempDir()}
	a.backend = backend{store: struct{ store.Store }{}, shared: true} // every method of it is a nil call
	if code := a.runGuarded(t.Context(), []string{"tenant"}); code != exitFailed || !strings.Contains(errs.String(), "fault") {
		t.Errorf("runGuarded = %d, %s", code, errs.String())
	}
}

// TestToFile: a file is there whole or not at all.
func TestToFile(t *testing.T) {
	dir := t.TempDir()
	a := &app{out: io.Discard, err: io.Discard}
	name := filepath.Join(dir, "out.csv")
	write := func(err error) error {
		return a.toFile(name, func() error {
			if _, werr := io.WriteString(a.out, "half"); werr != nil {
				return werr
			}
			return err
		})
	}
	broken := errors.New("broken")
	if err := write(broken); !errors.Is(err, broken) {
		t.Errorf("toFile = %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left after a failure", left)
	}
	if err := os.WriteFile(name, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(broken); !errors.Is(err, broken) {
		t.Errorf("toFile = %v", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "before" {
		t.Errorf("a failure changed the file to %q", b)
	}
	if err := write(firedError{1}); !errors.As(err, &firedError{}) {
		t.Errorf("toFile = %v, want the findings", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "half" {
		t.Errorf("with findings the file is %q", b)
	}
	if err := a.toFile(filepath.Join(dir, "no", "x"), func() error { return nil }); err == nil || !strings.Contains(err.Error(), "cannot write") {
		t.Errorf("a directory that is not there: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v is left", left)
	}
}

// TestHelp shows the help of every command: one line, flags with words, no command without an example or a long text
// where it takes arguments.
func TestHelp(t *testing.T) {
	root := (&app{out: io.Discard, err: io.Discard, env: func(string) string { return "" }}).rootCommand()
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "completion" || c.Name() == "help" {
			continue
		}
		got := command(t.Context(), t.TempDir(), nil, c.Name(), "--help")
		if got.code != 0 || got.err != "" || !strings.Contains(got.out, "Usage:") || c.Short == "" || strings.HasSuffix(strings.TrimSuffix(c.Short, "..."), ".") {
			t.Errorf("%s --help = %+v", c.Name(), got)
		}
	}
}
