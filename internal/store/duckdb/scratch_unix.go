//go:build unix

package duckdb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// unlockedFor is how long a scratch directory may be without its lock file: its process is about to make it.
const unlockedFor = time.Hour

// lockScratch makes and takes the lock of a new scratch directory. Not ok: somebody who tidies up was quicker.
func lockScratch(dir string) (release func() error, ok bool) {
	f, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		is, err := f.Stat()
		at, err2 := os.Stat(f.Name())
		if err == nil && err2 == nil && os.SameFile(is, at) {
			return f.Close, true
		}
	}
	f.Close()
	return nil, false
}

// abandoned tells whether the process of a scratch directory is gone, and holds its lock then. Directories of other users
// are none of our business.
func abandoned(dir string, info os.FileInfo) (release func() error, ok bool) {
	if st, known := info.Sys().(*syscall.Stat_t); !info.IsDir() || !known || int(st.Uid) != os.Getuid() {
		return nil, false
	}
	f, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) && time.Since(info.ModTime()) > unlockedFor {
		return func() error { return nil }, true
	}
	if err != nil {
		return nil, false
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		f.Close()
		return nil, false
	}
	return f.Close, true
}

// room is how many bytes a place has free for us.
func room(dir string) (bytes int64, known bool) {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
