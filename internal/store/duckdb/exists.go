package duckdb

import (
	"os"
	"path/filepath"
)

// Exists reports whether a data directory holds a database.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return err == nil
}
