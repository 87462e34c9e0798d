package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"passtrail/internal/simulate"
)

// faultInput is a folder of logs and snapshots, and what an undisturbed ingest of it comes to.
type faultInput struct {
	folder  string
	figures string
	bytes   int64 // of the database
}

func newFaultInput(t *testing.T) faultInput {
	t.Helper()
	in := faultInput{folder: filepath.Join(t.TempDir(), "logs")}
	if _, err := simulate.Write(t.Context(), simulate.Config{People: 400, Days: 60, Records: 10_000}, simulate.GraphLines, in.folder); err != nil {
		t.Fatal(err)
	}
	data := newFaultData(t)
	passtrailRun(t, nil, 0, "--data", data, "ingest", "--batch", "1000", in.folder)
	in.figures = askedFigures(t, data)
	info, err := os.Stat(filepath.Join(data, "passtrail.db"))
	if err != nil {
		t.Fatal(err)
	}
	in.bytes = info.Size()
	return in
}

func newFaultData(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	passtrailRun(t, nil, 0, "--data", data, "init", "--tenant", simulate.DefaultTenant, "--opt-in")
	return data
}

// passtrailRun runs the program and returns all that it said; a code of -1 takes any end.
func passtrailRun(t *testing.T, env []string, code int, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "passtrail", args...)
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if got := c.ProcessState.ExitCode(); (code >= 0 && got != code) || (code < 0 && got < 0) {
		t.Fatalf("passtrail %s: exit code %d (%v), want %d\n%s", strings.Join(args, " "), got, err, code, out)
	}
	return string(out)
}

// askedFigures are answers of all kinds: counts of what is stored and derived, and whole reports.
func askedFigures(t *testing.T, data string) string {
	t.Helper()
	var b strings.Builder
	for _, args := range [][]string{
		{"query", "AuditLogs | summarize N = count(), First = min(TimeGenerated), Last = max(TimeGenerated)", "-o", "csv"},
		{"query", "PasswordResetAttempts | summarize N = count(), People = dcount(UserId), Events = sum(Events) by Outcome, Problem | sort by Outcome asc, Problem asc", "-o", "csv"},
		{"query", "PasswordEvents | summarize N = count() by Activity | sort by Activity asc", "-o", "csv"},
		{"report", "common-problems", "--since", "2000-01-01", "-o", "json"},
		{"report", "registered-count", "--since", "2000-01-01", "-o", "json"},
	} {
		out := passtrailRun(t, nil, -1, append([]string{"--data", data}, args...)...)
		var whole struct{ Tables json.RawMessage }
		if json.Unmarshal([]byte(out), &whole) == nil && whole.Tables != nil {
			out = string(whole.Tables) // without the time of asking
		}
		fmt.Fprintln(&b, out)
	}
	return b.String()
}

// trueFigures fails unless what is answered now is what is answered when everything is derived from nothing.
func trueFigures(t *testing.T, data string) string {
	t.Helper()
	asked := askedFigures(t, data)
	passtrailRun(t, nil, 0, "--data", data, "rebuild")
	if anew := askedFigures(t, data); anew != asked {
		t.Errorf("asked:\n%s\nderived anew:\n%s", asked, anew)
	}
	return asked
}

var saidStored = regexp.MustCompile(`(?m)^ *(stored|snapshot).*?([\d,]+)( rows)?$`)

// storedBy is how many records a summary says are stored: what it says, without the rows of snapshots.
func storedBy(t *testing.T, summary string) (n int) {
	t.Helper()
	for _, m := range saidStored.FindAllStringSubmatch(summary, -1) {
		x, err := strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		if m[1] == "snapshot" {
			x = -x
		}
		n += x
	}
	return n
}

// TestFullDisk takes in where the disk fills up, sooner and later: the command says so and stores what it says it stored,
// every figure is that of the records which are there, and with room again the same command finishes.
func TestFullDisk(t *testing.T) {
	in := newFaultInput(t)
	shim := filepath.Join(t.TempDir(), "fulldisk.so")
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", shim, "testdata/fault/fulldisk.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	failed := 0
	for _, share := range []int64{5, 40, 80} {
		t.Run(fmt.Sprint(share, " percent"), func(t *testing.T) {
			data := newFaultData(t)
			out := passtrailRun(t, []string{"LD_PRELOAD=" + shim, fmt.Sprint("FULLDISK_BYTES=", in.bytes*share/100)}, -1, "--data", data, "ingest", "--batch", "1000", in.folder)
			if !strings.Contains(out, "full") {
				t.Logf("nothing failed with %d %%", share)
			} else {
				failed++
			}
			asked := trueFigures(t, data)
			records, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(passtrailRun(t, nil, 0, "--data", data, "query", "AuditLogs | count", "-o", "csv"), "Count")))
			if err != nil {
				t.Fatal(err)
			}
			if said := storedBy(t, out); said > records {
				t.Errorf("it said that %d records are stored, %d are\n%s\n%s", said, records, out, asked)
			}
			passtrailRun(t, nil, 0, "--data", data, "ingest", "--batch", "1000", in.folder)
			if got := trueFigures(t, data); got != in.figures {
				t.Errorf("finished with\n%s\nwant\n%s", got, in.figures)
			}
			passtrailRun(t, nil, 0, "--data", data, "verify")
		})
	}
	if failed < 2 {
		t.Errorf("the disk was full %d times of 3: nothing was tried", failed)
	}
}

// TestQuestionsBetweenKillAndFinish kills ingests and asks before anything else is done.
func TestQuestionsBetweenKillAndFinish(t *testing.T) {
	in := newFaultInput(t)
	part := 0
	for round := range 3 {
		data := newFaultData(t)
		// the database has grown by so much: a moment that does not hang on how busy the machine is
		until := in.bytes * int64(round) / 4
		killed := killWhen(t, exec.Command("passtrail", "--data", data, "ingest", "--batch", "1000", in.folder), func() bool {
			info, err := os.Stat(filepath.Join(data, "passtrail.db"))
			wal, werr := os.Stat(filepath.Join(data, "passtrail.db.wal"))
			size := int64(0)
			if err == nil {
				size += info.Size()
			}
			if werr == nil {
				size += wal.Size()
			}
			return size > until
		})
		if got := trueFigures(t, data); got != in.figures && killed {
			part++
		}
		passtrailRun(t, nil, 0, "--data", data, "ingest", "--batch", "1000", in.folder)
		if got := trueFigures(t, data); got != in.figures {
			t.Errorf("round %d finished with\n%s\nwant\n%s", round, got, in.figures)
		}
	}
	if part == 0 {
		t.Error("no ingest was killed before it was whole: nothing was tried")
	}
}

// killWhen starts a command and kills it when something holds; it tells whether it lived until then.
func killWhen(t *testing.T, c *exec.Cmd, holds func() bool) bool {
	t.Helper()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- c.Wait() }()
	for {
		select {
		case err := <-over:
			if err != nil {
				t.Fatalf("it failed by itself: %v\n%s", err, out.String())
			}
			return false
		default:
		}
		if holds() {
			_ = c.Process.Kill()
			<-over
			return true
		}
	}
}
