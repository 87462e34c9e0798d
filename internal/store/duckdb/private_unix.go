//go:build unix

package duckdb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"passtrail"
)

// keepPrivate sees to it that only their owner reads a data directory's files, whatever the directory allows. The engine
// makes its log and its spill files anew at any time, with the rights that the process's mask leaves: so the mask is
// changed for good. Files that an older program left open to others are closed to them; the directory itself, which may
// hold other things of its owner, is left as it is.
func keepPrivate(dir string) error {
	syscall.Umask(syscall.Umask(0o077) | 0o077)
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == dir:
			return nil
		case !ours(dir, path):
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || info.Mode().Perm()&0o077 == 0 || info.Mode().Type()&(fs.ModeSymlink|fs.ModeSocket) != 0 {
			return err
		}
		if err := os.Chmod(path, info.Mode().Perm()&0o700); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return passtrail.Errorf(passtrail.Denied, "duckdb.Open", "others may read %s, which holds what people did, and it cannot be closed to them: "+
				"make it yours (chown) or run as its owner", path)
		}
		return nil
	})
}

// ours tells whether a path in a data directory is a file that this package or the engine makes.
func ours(dir, path string) bool {
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return false
	}
	for _, pattern := range []string{fileName, fileName + ".*", "passtrail.*", "access.*", "lock", "tmp", "tmp/*"} {
		if ok, _ := filepath.Match(pattern, filepath.ToSlash(name)); ok {
			return true
		}
	}
	return false
}
