// Command bench measures what docs/performance.md says: ingest against DuckDB's own JSON reader on the same file, the
// reports against the same SQL written by hand, the pages as a browser gets them, compile time, memory and start-up.
// Everything compared is measured in one run, one after the other, on one machine. It simulates the data it needs.
//
// Usage: go run ./bench [-records N] [-dir DIR] [-program PATH] [-only ingest,reports,compile,pages,start,batch]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// bench is one run of the harness.
type bench struct {
	dir     string // scratch, kept between runs so that data is made once
	program string // the passtrail binary
	records int
	runs    int
}

const tenant = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"

func main() {
	if len(os.Args) == 4 && os.Args[1] == "read-json" {
		if err := readWithDuckDB(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	var b bench
	only := flag.String("only", "ingest,reports,compile,pages,start,batch", "what to measure")
	flag.IntVar(&b.records, "records", 1_000_000, "records to simulate")
	flag.IntVar(&b.runs, "runs", 7, "runs of each query; the median counts")
	flag.StringVar(&b.dir, "dir", filepath.Join(os.TempDir(), "passtrail-bench"), "scratch directory, kept")
	flag.StringVar(&b.program, "program", "./passtrail", "the passtrail binary")
	flag.Parse()
	if err := b.run(strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(parts []string) error {
	ctx := context.Background()
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	fmt.Printf("%s/%s, %d processors, %s, %d records\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), b.records)
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{{"ingest", b.ingest}, {"reports", b.reports}, {"compile", b.compile}, {"pages", b.pages}, {"start", b.start}, {"batch", b.batch}} {
		if !slices.Contains(parts, part.name) {
			continue
		}
		if err := part.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Println()
	}
	return nil
}

// usage is what a process took.
type usage struct {
	wall, cpu time.Duration
	peak      int64 // bytes, resident
}

// process runs a program to its end.
func process(name string, args ...string) (usage, error) {
	c := exec.Command(name, args...)
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	begin := time.Now()
	err := c.Run()
	u := usage{wall: time.Since(begin)}
	if c.ProcessState != nil {
		u.cpu = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		if r, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
			u.peak = r.Maxrss * 1024
		}
	}
	if err != nil {
		return u, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out.String())
	}
	return u, nil
}

// folder makes the simulated records once and returns where they are.
func (b *bench) folder() (string, error) {
	name := filepath.Join(b.dir, fmt.Sprintf("records-%d", b.records))
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	fmt.Fprintf(os.Stderr, "simulating %d records\n", b.records)
	return name, b.simulate(name)
}

// data is the data directory with the simulated records in it, made once.
func (b *bench) data() (string, error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("data-%d", b.records))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	folder, err := b.folder()
	if err != nil {
		return "", err
	}
	if err := b.fill(dir, folder); err != nil {
		os.RemoveAll(dir)
		return "", err
	}
	return dir, nil
}

// fill makes a data directory and takes the records in.
func (b *bench) fill(dir, folder string) error {
	if _, err := process(b.program, "init", "--data", dir, "--tenant", tenant, "--opt-in"); err != nil {
		return err
	}
	_, err := process(b.program, "ingest", "--data", dir, "--tenant", tenant, folder)
	return err
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
