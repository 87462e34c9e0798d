package duckdb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// crashDir, when set, makes the test binary the process that TestKill kills; crashJob says what it does there.
const (
	crashDir = "PASSTRAIL_TEST_CRASH_DIR"
	crashJob = "PASSTRAIL_TEST_CRASH_JOB"
)

var crashJobs = map[string]func(context.Context, string) error{"take in": takeIn, "expire": expireIn, "upgrade": upgrade}

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := crashJobs[os.Getenv(crashJob)](context.Background(), dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// The job that is killed: so many batches of so many records, each a repeat of some of the batch before.
const (
	crashBatches = 40
	crashRecords = 1500
)

// takeIn takes the batches in, from where the checkpoint says.
func takeIn(ctx context.Context, dir string) error {
	s, err := duckdb.Open(ctx, duckdb.Config{Dir: dir, Threads: 1, MemoryLimit: duckdb.IngestMemory})
	if err != nil {
		return err
	}
	from, err := s.Checkpoint(ctx, "job")
	if err != nil {
		return err
	}
	next, _ := strconv.Atoi(from)
	for n := next; n < crashBatches; n++ {
		if _, err := s.Commit(ctx, crashBatch(n)); err != nil {
			return err
		}
		if n%9 == 4 {
			if err := s.Refresh(ctx); err != nil {
				return err
			}
		}
	}
	if err := s.Refresh(ctx); err != nil {
		return err
	}
	return s.Close()
}

func crashBatch(n int) *store.Batch {
	b := &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At, CheckpointKey: "job", Position: strconv.Itoa(n + 1), More: n%4 != 0}
	for i := range crashRecords {
		at := n*crashRecords + i
		if i < 100 {
			at -= 50
		}
		b.Records = append(b.Records, storetest.Event{ID: fmt.Sprint("id", at), Hash: at, Time: storetest.At + passtrail.Ticks(at)*passtrail.Second}.Record())
	}
	b.Quarantine = []store.Quarantine{{Position: fmt.Sprint("a:", n), Reason: "broken", Bytes: []byte(fmt.Sprint(n))}}
	return b
}

func TestKill(t *testing.T) {
	dir := t.TempDir()
	s, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutTenant(t.Context(), store.Tenant{ID: storetest.Contoso, Name: "Contoso", CreatedAt: 1, OptedInAt: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(limit time.Duration) bool { return killed(t, dir, "take in", limit) }
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	kills := 0
	for range 20 {
		if run(time.Duration(20+rnd.IntN(700)) * time.Millisecond) {
			kills++
		}
	}
	if run(time.Minute) {
		t.Fatal("the finishing run did not finish")
	}
	t.Logf("killed %d times", kills)
	afterKill(t, dir)
}

// killed runs a job in a process of its own and tells whether it was killed because it took longer than limit.
func killed(t *testing.T, dir, job string, limit time.Duration) bool {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir, crashJob+"="+job)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(limit, func() { child.Process.Kill() })
	defer timer.Stop()
	err := child.Wait()
	if err != nil && child.ProcessState.ExitCode() > 0 {
		t.Fatalf("the child failed: %v", err)
	}
	return err != nil
}

func afterKill(t *testing.T, dir string) {
	s := open(t, duckdb.Config{Dir: dir})
	var rows, ids int64
	err := s.Query(t.Context(), "SELECT count(*), count(DISTINCT id) FROM record", nil, func(row []any) error {
		rows, ids = row[0].(int64), row[1].(int64)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = crashBatches*(crashRecords-50) + 50 // of a batch's first hundred, fifty are repeats
	if rows != want || ids != want {
		t.Errorf("%d records with %d ids are stored, want %d", rows, ids, want)
	}
	v, err := s.Verify(t.Context())
	if err != nil || len(v.Problems) > 0 || v.Quarantined != crashBatches || v.Attempts == 0 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}
