package duckdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"passtrail"
)

// TestEngineFaultsInWords gives the texts of the engine, as they were seen, and what a person reads of them.
func TestEngineFaultsInWords(t *testing.T) {
	tests := []struct {
		text string
		code passtrail.Code
		want string
	}{
		{"Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result\nError: IO Error: Could not write file \"/data/passtrail.db\": No space left on device",
			passtrail.Unavailable, "the disk is full"},
		{"TransactionContext Error: Failed to commit: Could not write file \"x.wal\": Disk quota exceeded", passtrail.Unavailable, "the disk is full"},
		{"Out of Memory Error: failed to pin block of size 256.0 KiB (127.9 MiB/128.0 MiB used)", passtrail.TooLarge, "more memory"},
		{"IO Error: Cannot open file \"/data/passtrail.db\": Permission denied", passtrail.Unavailable, "cannot be written"},
		{"IO Error: Cannot open file \"/data/passtrail.db\": Read-only file system", passtrail.Unavailable, "with --read-only"},
		{"IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 3", passtrail.Conflict, "restore a backup"},
		{"FATAL Error: Failed: database has been invalidated because of a previous fatal error", passtrail.Unavailable, "start passtrail again"},
		{"IO Error: Could not read from file \"x\": Input/output error", passtrail.Unavailable, "failed to read or write"},
	}
	for _, tt := range tests {
		err := engineFault("op", fmt.Errorf("records: %w", errors.New(tt.text)))
		if passtrail.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "Error:") || strings.Contains(err.Error(), "/data") {
			t.Errorf("%q is put as %q (%s), want %s and %q", tt.text, err, passtrail.CodeOf(err), tt.code, tt.want)
		}
	}
	known := passtrail.Errorf(passtrail.Denied, "x", "the disk of IO Error")
	for _, err := range []error{nil, known, context.Canceled, errors.New("Parser Error: syntax error")} {
		if got := engineFault("op", err); got != err {
			t.Errorf("%v becomes %v", err, got)
		}
	}
}
