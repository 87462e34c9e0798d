//go:build unix

package access

import (
	"os"
	"syscall"
)

// lock waits for the lock of a file: alone, or with others that only read. It ends with the file.
func lock(f *os.File, alone bool) error {
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	for {
		if err := syscall.Flock(int(f.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}
