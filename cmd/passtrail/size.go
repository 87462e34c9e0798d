package main

import (
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"passtrail/internal/query"
	"passtrail/internal/store/duckdb"
)

// size is a number of bytes as people write it: 2GiB, 512MiB, 1.5G.
type size int64

var units = []struct {
	name  string
	bytes float64
}{{"gib", 1 << 30}, {"mib", 1 << 20}, {"gb", 1e9}, {"mb", 1e6}, {"g", 1 << 30}, {"m", 1 << 20}}

// minMemory is what a server needs to answer at all.
const minMemory = 256 << 20

// Set reads a size.
func (s *size) Set(text string) error {
	low := strings.ToLower(strings.TrimSpace(text))
	for _, u := range units {
		number, ok := strings.CutSuffix(low, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n > 0) || n*u.bytes > 1<<50 {
			break
		}
		if n*u.bytes < minMemory {
			return fmt.Errorf("%s is too little: at least 256MiB are needed", text)
		}
		*s = size(n * u.bytes)
		return nil
	}
	return fmt.Errorf("want a size such as 2GiB or 512MiB")
}

// String writes the size.
func (s *size) String() string {
	if *s%(1<<30) == 0 {
		return fmt.Sprintf("%dGiB", int64(*s)>>30)
	}
	return fmt.Sprintf("%dMiB", int64(*s)>>20)
}

// Type names the value in the help text.
func (s *size) Type() string { return "size" }

// serveMemory is what a server may use where nobody says: half of the machine, 4 GiB at most.
func serveMemory() int64 {
	half := duckdb.MachineMemory() / 2 >> 20 << 20
	if half == 0 {
		half = 4 << 30
	}
	return max(min(half, 4<<30), minMemory)
}

// limitMemory holds a server to so much memory. Half is the database's; the rest is for results, for functions in Go, and for
// what the database does not count.
func (a *app) limitMemory(bytes int64) {
	a.backend.memory = bytes
	a.backend.admission = query.NewAdmission(bytes)
	debug.SetMemoryLimit(bytes / 4)
}
