//go:build unix

package duckdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"passtrail"
)

// lockDir takes the lock file of a data directory: for itself alone, or with others that only read. The kernel lets go
// of it when the process ends, however that happens. Who only reads makes no lock file: where there is none, nobody writes.
func lockDir(path string, shared bool) (func() error, error) {
	flags, how := os.O_RDWR|os.O_CREATE, syscall.LOCK_EX
	if shared {
		flags, how = os.O_RDONLY, syscall.LOCK_SH
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if shared && errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, &passtrail.Error{Code: passtrail.Invalid, Op: "duckdb.Open", Msg: fmt.Sprintf("the lock file %s cannot be opened: make it yours (chown) or run as its owner", path), Err: err}
	}
	switch err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); {
	case err == nil:
	case shared && !errors.Is(err, syscall.EWOULDBLOCK): // a mount without locks, on which nobody holds one
	default:
		return nil, errors.Join(inUse(f, shared, err), f.Close())
	}
	if !shared {
		if err := f.Truncate(0); err == nil {
			fmt.Fprintf(f, "%d\n", os.Getpid())
		}
	}
	return f.Close, nil
}

// inUse says who holds a lock that cannot be taken.
func inUse(f *os.File, shared bool, cause error) error {
	e := &passtrail.Error{Code: passtrail.Conflict, Op: "duckdb.Open", Err: cause,
		Msg: "the data directory is in use by another passtrail" + readHolder(f.Name()) + ": stop it, or ask it through its socket"}
	if !shared && syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		e.Msg = "the data directory is being read by another passtrail, with --read-only: wait until it has ended, or stop it"
	}
	return e
}

// writable fails with code Unavailable when a data directory, or a file in it that the store changes, cannot be written.
func writable(dir string) error {
	const write, search = 2, 1
	for _, name := range []string{"", "lock", fileName} {
		mode := uint32(write)
		if name == "" {
			mode |= search
		}
		err := syscall.Access(filepath.Join(dir, name), mode)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return &passtrail.Error{Code: passtrail.Unavailable, Op: "duckdb.Open", Err: err,
			Msg: fmt.Sprintf("the data directory %s cannot be written (%v): read it as it is with --read-only --access-log FILE; to change it, mend its owner, its rights or how its disk is mounted",
				dir, err)}
	}
	return nil
}

// readHolder names the process that a lock file speaks of, for a message.
func readHolder(path string) string {
	b, err := os.ReadFile(path)
	if pid := strings.TrimSpace(string(b)); err == nil && pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}
