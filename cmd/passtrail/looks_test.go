package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// TestEveryCommandIsALookOrNot: a command that nobody classified might show people without a line in the access log.
func TestEveryCommandIsALookOrNot(t *testing.T) {
	a := &app{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}, clock: time.Now, env: func(string) string { return "" }}
	known := map[string]bool{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			name := commandName(sub)
			known[name] = true
			_, look := looks[name]
			if no := slices.Contains(noLooks, name); look == no && name != "completion" && !strings.HasPrefix(name, "completion ") {
				t.Errorf("%q stands in looks: %v, in noLooks: %v", name, look, no)
			}
			walk(sub)
		}
	}
	walk(a.rootCommand())
	for name := range looks {
		if !known[name] {
			t.Errorf("there is no command %q", name)
		}
	}
}

// logged runs access-log and returns its lines as "action subject detail", newest first, without its own.
func logged(t *testing.T, data string, more ...string) []string {
	t.Helper()
	got := runApp(t, append([]string{"--data", data, "access-log", "-o", "ndjson"}, more...)...)
	if got.code != 0 {
		t.Fatalf("access-log: %+v", got)
	}
	var out []string
	for _, line := range strings.Split(strings.TrimSpace(got.out), "\n") {
		var l struct{ Who, Action, Subject, Detail string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if !strings.HasPrefix(l.Who, "local") {
			t.Errorf("a line of nobody: %s", line)
		}
		if l.Action == "view-page" && strings.Contains(l.Detail, "access-log") {
			continue
		}
		out = append(out, l.Action+" | "+l.Subject+" | "+l.Detail)
	}
	return out
}

type appRun struct {
	code     int
	out, err string
}

func runApp(t *testing.T, args ...string) appRun {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &errs, clock: time.Now, env: func(string) string { return "" }}
	code := a.runCommand(context.Background(), args)
	return appRun{code, out.String(), errs.String()}
}

// TestLooksOfTheCommandLine: each command that shows something leaves one line, which says when it was refused.
func TestLooksOfTheCommandLine(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	records := filepath.Join(t.TempDir(), "records.ndjson")
	if err := os.WriteFile(records, []byte(sampleRecord), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "--tenant", "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11", "--opt-in"}, {"ingest", "--tenant", "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11", records}} {
		if got := runApp(t, append([]string{"--data", data}, args...)...); got.code != 0 {
			t.Fatalf("%v: %+v", args, got)
		}
	}
	before := len(logged(t, data))
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"report", "resets-last-7-days"}, "report | resets-last-7-days | "},
		{[]string{"person", "adele"}, "view-person | id-adele | "},
		{[]string{"person", "nobody"}, "refused | nobody | "},
		{[]string{"events", "--since", "900d"}, "view-events |  | command line: passtrail events --since=900d"},
		{[]string{"attempts"}, "view-attempts |"},
		{[]string{"query", "AuditLogs | count"}, "query | command line | AuditLogs | count"},
		{[]string{"query", "AuditLogs | wrong"}, "query-refused | command line | AuditLogs | wrong"},
		{[]string{"quarantine", "list"}, "view-set-aside |"},
		{[]string{"quarantine", "show", "7"}, "refused | 7 |"},
		{[]string{"report", "none"}, "refused | none |"},
	}
	for i, test := range tests {
		got := runApp(t, append([]string{"--data", data}, test.args...)...)
		lines := logged(t, data)
		if n := len(lines) - before - i; n != 1 || !strings.HasPrefix(lines[0], test.want) {
			t.Errorf("%v (%+v) left %d lines, the newest %q; want %q", test.args, got, n, lines[0], test.want)
		}
	}
	spool := filepath.Join(data, "access.spool")
	if err := os.Remove(spool); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(spool, 0o700); err != nil { // a place that takes no line
		t.Fatal(err)
	}
	got := runApp(t, "--data", data, "query", "AuditLogs | project ActivityDisplayName")
	if got.code != exitFailed || got.out != "" || !strings.Contains(got.err, "--access-log") {
		t.Errorf("without a place for its line a query answered %+v", got)
	}
	elsewhere := filepath.Join(t.TempDir(), "looks")
	got = runApp(t, "--data", data, "--access-log", elsewhere, "query", "AuditLogs | project ActivityDisplayName")
	if b, err := os.ReadFile(elsewhere); got.code != 0 || err != nil || !strings.Contains(string(b), "project ActivityDisplayName") {
		t.Errorf("with --access-log: %+v, %v, %s", got, err, b)
	}
}
