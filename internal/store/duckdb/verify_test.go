package duckdb_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/duck"
	"passtrail/internal/store"
	"passtrail/internal/store/duckdb"
	"passtrail/internal/store/storetest"
)

// rawRead reads every column of every table with the engine alone: what it notices Verify must notice.
func rawRead(t *testing.T, dir string) (err error) {
	t.Helper()
	db, err := duck.Open(t.Context(), duck.Config{Path: filepath.Join(dir, "passtrail.db"), ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	names, err := db.SQL.Query(`SELECT table_name FROM duckdb_tables() ORDER BY 1`)
	if err != nil {
		return err
	}
	defer names.Close()
	var all []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			return err
		}
		all = append(all, name)
	}
	if err := names.Err(); err != nil {
		return err
	}
	for _, name := range all {
		var digest any
		if err := db.SQL.QueryRow(`SELECT md5(string_agg(r::VARCHAR, '')) FROM "` + name + `" r`).Scan(&digest); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// TestVerifyNoticesDamage flips a byte at many places of a database file, one at a time.
func TestVerifyNoticesDamage(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	for i := range 4 {
		b := &store.Batch{Tenant: storetest.Contoso, Source: "file", At: storetest.At, Records: numbered(3000*i, 3000)}
		b.Quarantine = []store.Quarantine{{Position: fmt.Sprint("x:", i), Reason: "broken", Bytes: []byte(strings.Repeat(fmt.Sprint("some bytes ", i), 3000))}}
		if _, err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	ask(t, s, derivedToo)
	closed(t, s)
	whole, err := os.ReadFile(filepath.Join(dir, "passtrail.db"))
	if err != nil {
		t.Fatal(err)
	}
	beside, err := os.ReadFile(filepath.Join(dir, "passtrail.head"))
	if err != nil {
		t.Fatal(err)
	}
	if err := rawRead(t, dir); err != nil {
		t.Fatalf("the sound file: %v", err)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	const block, flips = 256 << 10, 36
	damaged := 0
	for i := range flips {
		// Every block has its turn, mostly near its beginning: blocks need not be full.
		blocks := (len(whole) - 12288) / block
		at := 12288 + i%blocks*block + rnd.IntN(2000*(1+i/blocks))
		copied := t.TempDir()
		text := append([]byte(nil), whole...)
		text[at] ^= 0x41
		for name, b := range map[string][]byte{"passtrail.db": text, "passtrail.head": beside} {
			if err := os.WriteFile(filepath.Join(copied, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want := rawRead(t, copied)
		if want == nil {
			continue
		}
		damaged++
		if err := verifyDamaged(t, copied); err != nil {
			t.Errorf("byte %d of %d: a full read fails (%.100v): %v", at, len(whole), want, err)
		}
	}
	if damaged < flips/4 {
		t.Errorf("only %d of %d flips did any damage", damaged, flips)
	}
}

// verifyDamaged opens and verifies a damaged directory and returns an error when nobody says that it is.
func verifyDamaged(t *testing.T, dir string) error {
	s, err := duckdb.Open(t.Context(), duckdb.Config{Dir: dir})
	var v store.Verification
	if err == nil {
		defer s.Close()
		v, err = s.Verify(t.Context())
	}
	said := strings.Join(v.Problems, "\n")
	if err != nil {
		said = err.Error()
		if passtrail.CodeOf(err) == "" {
			return fmt.Errorf("raw words: %q", said)
		}
	}
	if !strings.Contains(said, "damaged") && !strings.Contains(said, "stopped itself") {
		return fmt.Errorf("verify says %q", said)
	}
	return nil
}

// TestVerifyChangesNothing finds what is due and leaves it; Mend derives it.
func TestVerifyChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s := tenanted(t, duckdb.Config{Dir: dir})
	commit(t, s, false, numbered(0, 5)...)
	for range 2 {
		v, err := s.Verify(t.Context())
		if err != nil || !v.Due || v.Stale || len(v.Problems) != 1 || !strings.Contains(v.Problems[0], "1 batches are due") || v.Attempts != 5 {
			t.Errorf("Verify = %+v, %v, want what is due", v, err)
		}
	}
	closed(t, s)
	if due := raw(t, dir, `SELECT string_agg(value, ' ' ORDER BY name) FROM state WHERE name IN ('batch', 'derived_batch')`); due != "1" {
		t.Errorf("after Verify the state is %q, want nothing derived", due)
	}
	s = open(t, duckdb.Config{Dir: dir})
	v, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if done, err := s.Mend(t.Context(), v); err != nil || len(done) != 1 {
		t.Errorf("Mend = %q, %v", done, err)
	}
	if v, err = s.Verify(t.Context()); err != nil || len(v.Problems) != 0 {
		t.Errorf("after Mend: %+v, %v", v, err)
	}
	closed(t, s)
	tamper(t, dir, "UPDATE attempt SET refusals = 77")
	s = open(t, duckdb.Config{Dir: dir})
	if v, err = s.Verify(t.Context()); err != nil || !v.Stale {
		t.Fatalf("Verify of a changed attempt = %+v, %v", v, err)
	}
	if done, err := s.Mend(t.Context(), v); err != nil || len(done) != 1 {
		t.Errorf("Mend = %q, %v", done, err)
	}
	if v, err = s.Verify(t.Context()); err != nil || len(v.Problems) != 0 {
		t.Errorf("after Mend: %+v, %v", v, err)
	}
}

// TestVerifyOlderMind holds that an older directory is due and that verifying it does not make it anew.
func TestVerifyOlderMind(t *testing.T) {
	s := open(t, duckdb.Config{Dir: older(t, "older-killed")})
	holds := olderDirectories["older-killed"]
	v, err := s.Verify(t.Context())
	if err != nil || !v.Due || v.Stale || len(v.Problems) != 1 || v.Records != int64(holds.records) || v.Attempts != int64(holds.attempts) {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}
