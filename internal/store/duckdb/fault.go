package duckdb

import (
	"context"
	"errors"
	"strings"

	"passtrail"
)

// fault is a kind of failure of the engine that a person can do something about.
type fault int

const (
	noFault fault = iota
	memoryFault
	diskFault
	placeFault
	damageFault
	stoppedFault
	ioFault
)

// faultWords say what happened and what to do.
var faultWords = map[fault]struct {
	code passtrail.Code
	text string
}{
	memoryFault:  {passtrail.TooLarge, "the database needs more memory than it may use: allow it more"},
	diskFault:    {passtrail.Unavailable, "the disk is full: make room where the data directory is and run the same again; what was durable before is safe"},
	placeFault:   {passtrail.Unavailable, "the data directory cannot be written: check its owner, its rights and how its disk is mounted, or read it as it is with --read-only"},
	damageFault:  {passtrail.Conflict, "the database file is damaged: copy the data directory as it is, check the disk, and restore a backup; \"passtrail verify\" says which tables can still be read"},
	stoppedFault: {passtrail.Unavailable, "the database stopped itself after an earlier failure: start passtrail again; what was durable before is safe"},
	ioFault:      {passtrail.Unavailable, "the disk of the data directory failed to read or write: check the disk and run the same again"},
}

// faultTexts tell the faults by words that the engine uses, the most telling first. The engine has no codes: the type of an
// error is the beginning of its text, and a cause further down stands in the middle.
var faultTexts = []struct {
	fault fault
	texts []string
}{
	{diskFault, []string{"No space left on device", "Disk quota exceeded", "File too large", "max_temp_directory_size"}},
	{memoryFault, []string{"Out of Memory Error", "failed to allocate", "std::bad_alloc", "failed to pin block"}},
	{placeFault, []string{"Permission denied", "Read-only file system"}},
	{damageFault, []string{"Corrupt database file", "computed checksum", "Corrupt", "corrupt", "Serialization Error", "Failed to deserialize", "not a valid DuckDB database file",
		"Could not read enough bytes", "INTERNAL Error", "attempting to read", "ZSTD", "Invalid unicode", "vector::_M_"}},
	{stoppedFault, []string{"database has been invalidated", "FATAL Error"}},
	{ioFault, []string{"IO Error", "Input/output error", "Could not write", "Could not read", "Could not sync"}},
}

// faultOf tells the fault that a text of the engine speaks of.
func faultOf(text string) fault {
	for _, f := range faultTexts {
		for _, t := range f.texts {
			if strings.Contains(text, t) {
				return f.fault
			}
		}
	}
	return noFault
}

// engineFault puts a failure of the engine in words; the engine's own stay beside them for the log. Other errors stay as
// they are.
func engineFault(op string, err error) error {
	if err == nil || passtrail.CodeOf(err) != "" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	f := faultOf(err.Error())
	if f == noFault {
		return err
	}
	return &passtrail.Error{Code: faultWords[f].code, Op: op, Msg: faultWords[f].text, Err: err}
}
