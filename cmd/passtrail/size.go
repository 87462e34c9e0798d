package main

import (
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"passtrail/internal/query"
	"passtrail/internal/store/duckdb"
)

// size is a number of bytes as people write it: 2GiB, 512MiB, 1.5G. It is a flag's value.
type size struct {
	bytes, least, most int64
	bare               bool // a number without a unit counts MiB, as it did before there were units
}

var units = []struct {
	name  string
	bytes float64
}{{"gib", 1 << 30}, {"mib", 1 << 20}, {"gb", 1e9}, {"mb", 1e6}, {"g", 1 << 30}, {"m", 1 << 20}}

// What a size may be where nobody says more: a server needs the least to answer at all.
const (
	minMemory = 256 << 20
	maxMemory = 1 << 50
)

// Set reads a size.
func (s *size) Set(text string) error {
	low := strings.ToLower(strings.TrimSpace(text))
	for _, u := range units {
		number, ok := strings.CutSuffix(low, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil {
			break
		}
		return s.set(text, n*u.bytes)
	}
	if n, err := strconv.ParseInt(low, 10, 40); err == nil && s.bare {
		return s.set(text, float64(n)*(1<<20))
	}
	return fmt.Errorf("want a size such as 2GiB or 512MiB")
}

func (s *size) set(text string, n float64) error {
	switch {
	case !(n > 0):
		return fmt.Errorf("want a size such as 2GiB or 512MiB")
	case n < float64(s.least):
		return fmt.Errorf("%s is too little: at least %s are needed", text, &size{bytes: s.least})
	case n > float64(s.most):
		return fmt.Errorf("%s is too much: at most %s", text, &size{bytes: s.most})
	}
	s.bytes = int64(n)
	return nil
}

// String writes the size.
func (s *size) String() string {
	if s.bytes%(1<<30) == 0 {
		return fmt.Sprintf("%dGiB", s.bytes>>30)
	}
	return fmt.Sprintf("%dMiB", s.bytes>>20)
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
