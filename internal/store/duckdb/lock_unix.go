//go:build unix

package duckdb

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"passtrail"
)

// lockDir takes the lock file of a data directory: for itself alone, or with others that only read. The kernel lets go
// of it when the process ends, however that happens.
func lockDir(path string, shared bool) (func() error, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &passtrail.Error{Code: passtrail.Invalid, Op: "duckdb.Open", Msg: fmt.Sprintf("the lock file %s cannot be opened", path), Err: err}
	}
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		holder := readHolder(path)
		return nil, errors.Join(&passtrail.Error{Code: passtrail.Conflict, Op: "duckdb.Open", Err: err,
			Msg: fmt.Sprintf("the data directory is in use by another passtrail%s: stop it, or ask it through its socket", holder)}, f.Close())
	}
	if !shared {
		if err := f.Truncate(0); err == nil {
			fmt.Fprintf(f, "%d\n", os.Getpid())
		}
	}
	return f.Close, nil
}

// readHolder names the process that a lock file speaks of, for a message.
func readHolder(path string) string {
	b, err := os.ReadFile(path)
	if pid := strings.TrimSpace(string(b)); err == nil && pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}
