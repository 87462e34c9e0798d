//go:build !unix

package duckdb

// keepPrivate does nothing where files have no rights of their own.
func keepPrivate(string) error { return nil }
