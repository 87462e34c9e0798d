package main

import (
	"archive/zip"
	"bufio"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
)

// oddNames are names of files that would move a cursor, clear a screen, add a line or turn text around.
var oddNames = []string{"a\x1b[2J\x1b]0;x\x07b.json", "two\nlines.json", "back\r.json", "turned\u202egnp.json", "wide\u2066\u200b\ufeff.json", "c1\u009b31m.json", "bad\xff\xfeutf.json", "sep\u2028.json"}

// TestOddNamesReachTerminalsCleaned takes in files and members of archives with such names, whole and broken: nothing that
// is printed has anything but letters, signs and ends of lines in it.
func TestOddNamesReachTerminalsCleaned(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	var members []string
	for i, name := range oddNames {
		doc := jsonOf(reset(fmt.Sprint("m", i), fmt.Sprintf("10:00:%02d", i))) + "\n{\"no\":1}\n{\"cut\":"
		members = append(members, "in/"+name, doc)
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{\"no\":"+fmt.Sprint(i)+"}\n"+jsonOf(reset("old", "", bag{"activityDateTime": "1999-01-01T00:00:00Z"}))+"\n"), 0o600); err != nil {
			t.Skipf("the file system has no such names: %v", err)
		}
		if err := os.WriteFile(filepath.Join(dir, "binary"+name), []byte{0, 1, 2}, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	archive := filepath.Join(dir, "z\x1b[31m.zip")
	if err := os.WriteFile(archive, zipped(members...), 0o600); err != nil {
		t.Fatal(err)
	}
	said := 0
	clean := func(code int, args ...string) {
		t.Helper()
		got := command(t.Context(), data, nil, args...)
		if got.code != code {
			t.Errorf("%q: exit code %d, want %d: %s", args, got.code, code, got.err)
		}
		for _, out := range []string{got.out, got.err} {
			said += strings.Count(out, "!in/") + strings.Count(out, "binary")
			for i, r := range strings.ToValidUTF8(out, "\x00") {
				if r != '\n' && (!unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) || r == '\u2028') {
					t.Fatalf("%q prints %U at %q", args, r, out[max(0, i-40):min(len(out), i+40)])
				}
			}
			for line := range strings.Lines(out) {
				if strings.HasPrefix(line, "lines.json") {
					t.Errorf("%q: a name goes on in a line of its own: %q", args, line)
				}
			}
		}
	}
	clean(exitOK, "init", "--tenant", testTenant, "--opt-in")
	clean(exitOK, "ingest", dir)
	clean(exitOK, "ingest", "--again", archive)
	clean(exitOK, "ingest", "--again", "-o", "json", dir)
	clean(exitOK, "sources")
	clean(exitOK, "quarantine", "list", "--limit", "100")
	clean(exitOK, "quarantine", "list", "-o", "json")
	clean(exitOK, "query", "AuditLogs | project Id, InitiatedBy")
	for _, name := range oddNames {
		clean(exitFailed, "ingest", filepath.Join(dir, "no"+name))
		clean(exitFailed, "ingest", "--again", filepath.Join(dir, "binary"+name))
	}
	if said < 10 {
		t.Errorf("the names were printed %d times, too few to say anything", said)
	}
}

// TestNamedAfterPassedOver names a file that was passed over in a folder: it is refused with the reason, and not unchanged.
func TestNamedAfterPassedOver(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	odd, good := filepath.Join(dir, "a.bin"), filepath.Join(dir, "b.json")
	for path, text := range map[string]string{odd: "\x00\x01", good: jsonOf(r10)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		code int
		args []string
		want string
	}{
		{exitOK, []string{"init", "--tenant", testTenant, "--opt-in"}, ""},
		{exitOK, []string{"ingest", dir}, "passed over, no exports:"},
		{exitOK, []string{"ingest", dir}, "files      2, 2 unchanged since they were read"},
		{exitFailed, []string{"ingest", odd}, "a.bin:1: binary data, not an export"},
		{exitOK, []string{"ingest", good}, "files      1, 1 unchanged since they were read"},
	} {
		if got := command(t.Context(), data, nil, step.args...); got.code != step.code || !strings.Contains(got.out, step.want) {
			t.Errorf("%q: exit code %d and\n%s%s\nwant %d and %q", step.args, got.code, got.out, got.err, step.code, step.want)
		}
	}
}

// TestFlagsAreText: a flag that is not UTF-8 is a mistake in the command line that says which one.
func TestFlagsAreText(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if got := command(t.Context(), data, nil, "init", "--tenant", testTenant, "--opt-in"); got.code != exitOK {
		t.Fatalf("init: %d, %s", got.code, got.err)
	}
	for _, args := range [][]string{{"quarantine", "list", "--code", "a\xff"}, {"events", "--text", "a\xff"}, {"report", "--tenant", "\xff"}, {"sources", "--data", "d\xff"}} {
		got := command(t.Context(), data, nil, args...)
		if got.code != exitUsage || !strings.Contains(got.err, args[len(args)-2]+" ") || !strings.Contains(got.err, "not valid UTF-8") || strings.Contains(got.err, "\xff") {
			t.Errorf("%q: exit code %d, %q", args, got.code, got.err)
		}
	}
}

// TestWhatIsNoFileIsRefused: a pipe or a device, named or linked to, is refused at once and nothing is read; below a folder
// they are passed over. A link to a file is that file.
func TestWhatIsNoFileIsRefused(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(path("a.json"), []byte(jsonOf(r10)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path("pipe"), 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	for link, to := range map[string]string{"linked": "a.json", "linked-pipe": "pipe", "linked-device": "/dev/zero", "dangling": "nowhere"} {
		if err := os.Symlink(to, path(link)); err != nil {
			t.Fatal(err)
		}
	}
	if got := command(t.Context(), data, nil, "init", "--tenant", testTenant, "--opt-in"); got.code != exitOK {
		t.Fatal(got.err)
	}
	for name, want := range map[string]string{path("pipe"): "is a pipe, not a file", path("linked-pipe"): "is a pipe, not a file", path("linked-device"): "is a device, not a file",
		"/dev/zero": "is a device, not a file", path("p?pe"): "is a pipe, not a file", path("dangling"): "does not exist"} {
		done := make(chan outcome, 1)
		go func() { done <- command(t.Context(), data, nil, "ingest", name) }()
		select {
		case got := <-done:
			if got.code != exitFailed || !strings.Contains(got.err, want) {
				t.Errorf("ingest %s: exit code %d, %q, want %q", name, got.code, got.err, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("ingest %s waits", name)
		}
	}
	for _, in := range []string{path("linked"), dir} {
		if got := command(t.Context(), data, nil, "ingest", "--again", in); got.code != exitOK || !says(got.out, "read       1") {
			t.Errorf("ingest %s: exit code %d, %s%s", in, got.code, got.out, got.err)
		}
	}
}

// TestTerminatedIngestEndsSoon sends SIGTERM to an ingest in the midst of an archive of many members: it ends in a moment,
// says what is to be done, and the same command finishes what it left.
func TestTerminatedIngestEndsSoon(t *testing.T) {
	dir := t.TempDir()
	const members = 20_000
	archive, data := filepath.Join(dir, "logs.zip"), filepath.Join(dir, "data")
	manyMembers(t, archive, members)
	passtrailRun(t, nil, 0, "--data", data, "init", "--tenant", testTenant, "--opt-in")
	args := []string{"--data", data, "ingest", "--batch", "500", archive}
	c := exec.CommandContext(t.Context(), "passtrail", args...)
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); bytesRead(c.Process.Pid) < 5_000_000 && time.Since(begun) < time.Minute; {
		time.Sleep(time.Millisecond) // until it is in the midst of the archive
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	told := time.Now()
	_ = c.Wait() // its exit code is looked at
	took := time.Since(told)
	if code := c.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(out.String(), "stopped; the same command goes on where it was") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
	if took > 20*time.Second {
		t.Errorf("the ingest ended %v after it was told to", took)
	}
	t.Logf("ended after %v", took)
	before := storedBy(t, out.String())
	if before >= members {
		t.Fatalf("all was stored before the signal came: %s", out.String())
	}
	rest := passtrailRun(t, nil, 0, args...)
	if got := before + storedBy(t, rest); got != members {
		t.Errorf("%d were stored before and after, want %d\n%s%s", got, members, out.String(), rest)
	}
}

// bytesRead is how much a process has read so far, the biggest number where that cannot be told.
func bytesRead(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	n := 0
	if _, serr := fmt.Sscanf(string(b), "rchar: %d", &n); err != nil || serr != nil {
		return math.MaxInt
	}
	return n
}

// manyMembers writes an archive of so many small files.
func manyMembers(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	buffered := bufio.NewWriter(f)
	z := zip.NewWriter(buffered)
	for i := range n {
		w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("d/%d.json", i), Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		at := fmt.Sprintf("%02d:%02d:%02d.%07d", i/3600%24, i/60%60, i%60, i)
		if _, err := w.Write([]byte(jsonOf(reset(fmt.Sprint("m", i), at, bag{"correlationId": fmt.Sprintf("c0ffee00-0000-4000-8000-%012d", i)})))); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := buffered.Flush(); err != nil {
		t.Fatal(err)
	}
}
