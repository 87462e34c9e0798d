//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"passtrail/internal/simulate"
)

// TestEveryCommandReadsOrWrites: with --read-only a command that nobody classified might be let through and write.
func TestEveryCommandReadsOrWrites(t *testing.T) {
	readers := []string{"serve", "simulate", "version", "help", "token", "quarantine"}
	a := &app{in: strings.NewReader(""), out: io.Discard, err: io.Discard, clock: time.Now, env: func(string) string { return "" }}
	known := map[string]bool{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			name := commandName(sub)
			known[name] = true
			_, writes := writers[name]
			if reads := looks[name] != "" || slices.Contains(readers, name); reads == writes && !strings.HasPrefix(name, "completion") {
				t.Errorf("%q reads: %t, writes: %t", name, reads, writes)
			}
			walk(sub)
		}
	}
	walk(a.rootCommand())
	for name := range writers {
		if !known[name] {
			t.Errorf("there is no command %q", name)
		}
	}
}

// fingerprint is a directory as it is: names, rights, sizes, times and contents.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var text []byte
		if info.Mode().IsRegular() {
			if text, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		fmt.Fprintf(&b, "%s %v %d %d %x\n", path, info.Mode(), info.Size(), info.ModTime().UnixNano(), sha256.Sum256(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// readOnlyPlace is a data directory, a place for scratch files and one for the access log.
type readOnlyPlace struct{ data, scratch, log string }

// newReadOnlyPlace takes in what a simulated tenant did. With a log, its last commits are in the log only, as in a backup
// that was made while a server ran.
func newReadOnlyPlace(t *testing.T, withLog bool) readOnlyPlace {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := readOnlyPlace{filepath.Join(dir, "data"), filepath.Join(dir, "scratch"), filepath.Join(dir, "scratch", "looks")}
	if err := os.Mkdir(p.scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	logs := filepath.Join(dir, "logs")
	if _, err := simulate.Write(t.Context(), simulate.Config{People: 200, Days: 40, Records: 1500}, simulate.GraphLines, logs); err != nil {
		t.Fatal(err)
	}
	passtrailRun(t, nil, 0, "--data", p.data, "init", "--tenant", simulate.DefaultTenant, "--opt-in")
	if !withLog {
		passtrailRun(t, nil, 0, "--data", p.data, "ingest", logs)
		return p
	}
	server := serveBinary(t, nil, "--data", p.data)
	passtrailRun(t, nil, 0, "--data", p.data, "ingest", logs)
	kill(t, server)
	if info, err := os.Stat(filepath.Join(p.data, "passtrail.db.wal")); err != nil || info.Size() == 0 {
		t.Fatalf("there is no log to play back: %v", err)
	}
	return p
}

// run runs the binary with --read-only and returns the exit code and both streams.
func (p readOnlyPlace) run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "passtrail", append([]string{"--data", p.data, "--read-only"}, args...)...)
	c.Env = append(os.Environ(), "TMPDIR="+p.scratch)
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), o.String(), e.String()
}

// scratches are the scratch directories that are there.
func (p readOnlyPlace) scratches(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(p.scratch, "passtrail-scratch-*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// serveBinary starts serve and waits until it has printed its link, which the output holds.
func serveBinary(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command("passtrail", append(args, "serve", "--listen", "127.0.0.1:0")...)
	c.Env = append(os.Environ(), env...)
	out := &safeBuffer{}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(t, c) })
	data := args[slices.Index(args, "--data")+1]
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := os.Stat(socketOf(data))
		if strings.Contains(out.String(), "stop with Ctrl-C") && (err == nil || slices.Contains(args, "--read-only")) {
			return c
		}
		if time.Now().After(end) {
			t.Fatalf("serve does not answer: %s", out.String())
		}
	}
}

// kill kills a command that runs, as kill -9 does.
func kill(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if c.ProcessState == nil {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}

var readings = [][]string{
	{"query", "PasswordResetAttempts | summarize N = count() by Outcome | sort by Outcome asc", "-o", "csv"},
	{"query", "AuditLogs | count", "-o", "csv"},
	{"report", "common-problems", "--since", "2000d", "-o", "csv"},
	{"report", "suspicious-activity", "--since", "2000d", "-o", "csv"},
	{"events", "--since", "2000d", "-o", "csv"}, {"attempts", "--since", "2000d", "-o", "csv"}, {"sources", "-o", "csv"}, {"quarantine", "list"},
	{"tenant", "retention", simulate.DefaultTenant}, {"tenant", "retention", simulate.DefaultTenant, "300", "--dry-run"}, {"token", "list"}, {"verify"},
}

// TestReadOnlyDirectory: every command that reads answers as it does where it may write, and the directory stays as it was.
func TestReadOnlyDirectory(t *testing.T) {
	for name, withLog := range map[string]bool{"nothing due": false, "a log of commits": true} {
		t.Run(name, func(t *testing.T) {
			p := newReadOnlyPlace(t, withLog)
			same := filepath.Join(t.TempDir(), "same")
			if err := copyPlainFiles(same, p.data); err != nil {
				t.Fatal(err)
			}
			before := fingerprint(t, p.data)
			for _, args := range readings {
				code, out, errs := p.run(t, append(args, "--access-log", p.log)...)
				c := exec.Command("passtrail", append([]string{"--data", same}, args...)...)
				if want, err := c.Output(); code != 0 || err != nil || out != string(want) {
					t.Errorf("%v: code %d\n%s%s\nwant (%v)\n%s", args, code, out, errs, err, want)
				}
				if copied := strings.Contains(errs, "working on a copy"); copied != (withLog || args[0] == "verify") {
					t.Errorf("%v: a copy was made: %t: %s", args, copied, errs)
				}
			}
			p.refuses(t)
			p.atOnce(t)
			if after := fingerprint(t, p.data); after != before {
				t.Errorf("the directory was\n%s\nand is\n%s", before, after)
			}
			if left := p.scratches(t); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			p.looksAreKept(t)
			p.asAnotherUser(t)
		})
	}
}

// copyPlainFiles copies what a backup of files holds: no socket.
func copyPlainFiles(to, from string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	all, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range all {
		if !e.Type().IsRegular() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, e.Name()), b, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refuses: what writes, and what would look without a line or make a file in the directory, before anything is copied.
func (p readOnlyPlace) refuses(t *testing.T) {
	t.Helper()
	query := []string{"query", "AuditLogs | count"}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"ingest", p.scratch}, 1, "without --read-only"}, {[]string{"rebuild"}, 1, "without --read-only"}, {[]string{"verify", "--mend"}, 1, "without --read-only"},
		{[]string{"init", "--tenant", simulate.DefaultTenant}, 1, "without --read-only"}, {[]string{"tenant", "opt-out", simulate.DefaultTenant}, 1, "without --read-only"},
		{[]string{"tenant", "retention", simulate.DefaultTenant, "300"}, 1, "without --read-only"}, {[]string{"token", "create", "x"}, 1, "without --read-only"},
		{[]string{"quarantine", "retry"}, 1, "without --read-only"}, {[]string{"demo"}, 1, "without --read-only"}, {[]string{"sign-in"}, 1, "start it again"},
		{query, 1, "--access-log FILE"}, {[]string{"serve", "--listen", "127.0.0.1:0"}, 1, "--access-log FILE"},
		{append(query, "--access-log", filepath.Join(p.data, "looks")), 2, "lies in the data directory"},
		{append(query, "--access-log", filepath.Join(p.scratch, "none", "looks")), 1, "cannot be written"},
		{append(query, "--access-log", p.log, "--out", filepath.Join(p.data, "rows.csv")), 2, "lies in the data directory"},
	} {
		code, out, errs := p.run(t, c.args...)
		if code != c.code || out != "" || !strings.Contains(errs, c.says) || strings.Contains(errs, "copy") {
			t.Errorf("%v: code %d, %q, %q; want %d and %q", c.args, code, out, errs, c.code, c.says)
		}
	}
}

// atOnce: several processes read one directory at once.
func (p readOnlyPlace) atOnce(t *testing.T) {
	t.Helper()
	var all sync.WaitGroup
	var answers [4]string
	for i := range answers {
		all.Go(func() {
			code, out, errs := p.run(t, "query", "range i from 1 to 3000000 step 1 | summarize N = sum(i) | extend R = toscalar(AuditLogs | count)", "-o", "csv", "--access-log", p.log)
			if answers[i] = out; code != 0 {
				t.Errorf("reader %d: %d %s", i, code, errs)
			}
		})
	}
	all.Wait()
	for _, a := range answers[1:] {
		if a != answers[0] || !strings.HasPrefix(a, "N,R\n4500001500000,") {
			t.Errorf("readers at once answer %q", answers)
		}
	}
}

// looksAreKept: who looked stands in the file, and access-log shows it beside what the directory has.
func (p readOnlyPlace) looksAreKept(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.data, "access.spool"), []byte(`{"id":"spooled","at":639100000000000000,"who":"local:ada","action":"query","subject":"in the spool"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, errs := p.run(t, "access-log", "--since", "2000d", "-o", "csv", "--access-log", p.log)
	for _, want := range []string{"PasswordResetAttempts | summarize", "opt-in", "in the spool"} {
		if !strings.Contains(out, want) {
			t.Errorf("access-log does not show %q: %s%s", want, out, errs)
		}
	}
}

// asAnotherUser: the rights of a user who may only read, which root can take on.
func (p readOnlyPlace) asAnotherUser(t *testing.T) {
	t.Helper()
	binary, err := exec.LookPath("passtrail")
	if err != nil || os.Getuid() != 0 {
		t.Log("not root: no other user")
		return
	}
	b, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "readonly-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data, own, program := filepath.Join(dir, "data"), filepath.Join(dir, "own"), filepath.Join(dir, "passtrail")
	err = copyPlainFiles(data, p.data)
	for _, do := range []func() error{
		func() error { return os.Chmod(dir, 0o755) }, func() error { return os.WriteFile(program, b, 0o755) }, func() error { return os.Chmod(program, 0o755) }, func() error { return os.Mkdir(own, 0o700) }, func() error { return os.Chown(own, 65534, 65534) },
		func() error {
			return filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
				mode := os.FileMode(0o444)
				if path == data {
					mode = 0o555
				}
				if err == nil {
					err = os.Chown(path, 65534, 65534)
				}
				if err == nil {
					err = os.Chmod(path, mode)
				}
				return err
			})
		},
	} {
		if err == nil {
			err = do()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	before := fingerprint(t, data)
	for _, readOnly := range []bool{false, true} {
		c := exec.Command(program, "--data", data, "query", "AuditLogs | count", "-o", "csv")
		if readOnly {
			c.Args = append(c.Args, "--read-only", "--access-log", filepath.Join(own, "looks"))
		}
		c.Env = append(os.Environ(), "TMPDIR="+own, "TESTSCRIPT_COMMAND=passtrail")
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := c.CombinedOutput()
		if readOnly && (err != nil || !regexp.MustCompile(`(?m)^[1-9]\d{3}$`).Match(out)) || !readOnly && (err == nil || !strings.Contains(string(out), "read it as it is with --read-only")) {
			t.Errorf("a user who may only read, --read-only %t: %v %s", readOnly, err, out)
		}
	}
	if after := fingerprint(t, data); after != before {
		t.Errorf("the directory was\n%s\nand is\n%s", before, after)
	}
}

// TestReadOnlyBesideAServer: a server that writes answers in place of the reader; where it cannot be asked nothing is
// answered, as what it is writing might be read in halves.
func TestReadOnlyBesideAServer(t *testing.T) {
	p := newReadOnlyPlace(t, false)
	serveBinary(t, nil, "--data", p.data)
	if code, out, errs := p.run(t, "query", "AuditLogs | count", "-o", "csv", "--access-log", p.log); code != 0 || !strings.HasPrefix(out, "Count\n") || strings.Contains(errs, "copy") {
		t.Errorf("beside a server: %d %s%s", code, out, errs)
	}
	if code, _, errs := p.run(t, "rebuild"); code != 1 || !strings.Contains(errs, "without --read-only") {
		t.Errorf("rebuild: %d %s", code, errs)
	}
	if err := os.Rename(socketOf(p.data), socketOf(p.data)+"-hidden"); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := p.run(t, "query", "AuditLogs | count", "--access-log", p.log); code != 1 || out != "" || !strings.Contains(errs, "in use by another passtrail") {
		t.Errorf("beside a server that cannot be asked: %d %s%s", code, out, errs)
	}
	if err := os.Rename(socketOf(p.data)+"-hidden", socketOf(p.data)); err != nil {
		t.Fatal(err)
	}
}

// TestServeReadOnly: pages are shown, nothing is changed, what a kill leaves is removed by the next reader.
func TestServeReadOnly(t *testing.T) {
	p := newReadOnlyPlace(t, true)
	before := fingerprint(t, p.data)
	server := serveBinary(t, []string{"TMPDIR=" + p.scratch}, "--data", p.data, "--read-only", "--access-log", p.log)
	said := server.Stdout.(*safeBuffer).String()
	link := regexp.MustCompile(`http://\S+/sign-in\?token=\S+`).FindString(said)
	if link == "" || strings.Contains(said, "passtrail sign-in") {
		t.Fatalf("serve said %s", said)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 60 * time.Second}
	base := link[:strings.Index(link, "/sign-in")]
	ask := func(method, path string, form url.Values) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(r)
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
	if code, page := ask("GET", link, nil); code != 200 {
		t.Fatalf("sign-in: %d %s", code, page)
	}
	for _, path := range []string{"/", "/attempts", "/audit", "/suspicious", "/sources", "/settings"} {
		if code, page := ask("GET", base+path, nil); code != 200 {
			t.Errorf("%s: %d %s", path, code, page)
		}
	}
	for path, form := range map[string]url.Values{"/settings/queries": {"on": {"no"}}, "/settings/registered-only": {"day": {"2026-07-01"}}, "/settings/opt-out": {"confirm": {"yes"}}} {
		form.Set("tenant", simulate.DefaultTenant)
		if code, page := ask("POST", base+path, form); code != 403 || !strings.Contains(page, "only read") {
			t.Errorf("POST %s: %d, want 403\n%s", path, code, page)
		}
	}
	if left := p.scratches(t); len(left) != 1 {
		t.Errorf("scratch directories of a server: %v", left)
	}
	if code, out, errs := p.run(t, "query", "AuditLogs | count", "-o", "csv", "--access-log", p.log); code != 0 {
		t.Errorf("beside a server that only reads: %d %s%s", code, out, errs)
	}
	if looks, err := os.ReadFile(p.log); err != nil || !strings.Contains(string(looks), "view-page") {
		t.Errorf("the looks are %s, %v", looks, err)
	}
	kill(t, server)
	if left := p.scratches(t); len(left) != 1 {
		t.Errorf("scratch directories after a kill: %v", left)
	}
	if code, _, errs := p.run(t, "sources", "--access-log", p.log); code != 0 || len(p.scratches(t)) > 0 {
		t.Errorf("the next reader: %d %s, left %v", code, errs, p.scratches(t))
	}
	if after := fingerprint(t, p.data); after != before {
		t.Errorf("the directory was\n%s\nand is\n%s", before, after)
	}
}
