//go:build !unix

package duckdb

import "os"

// lockDir leaves the locking to DuckDB, which refuses to open a file that another process has open.
func lockDir(string, bool) (func() error, error) { return func() error { return nil }, nil }

// writable leaves it to the engine to find that a directory cannot be written.
func writable(string) error { return nil }

// lockScratch locks nothing: what a killed process left is then left alone.
func lockScratch(string) (release func() error, ok bool) { return func() error { return nil }, true }

// abandoned tells of no scratch directory that its process is gone.
func abandoned(string, os.FileInfo) (release func() error, ok bool) { return nil, false }

// room does not know.
func room(string) (bytes int64, known bool) { return 0, false }
