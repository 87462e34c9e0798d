// Package identity says when two audit records that came in different shapes are the same event. It is for whatever makes
// records and whatever stores them; it does no I/O.
package identity

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"passtrail"
	"passtrail/internal/vocab"
)

// Words are the four texts that say what happened, folded, as [Hash] takes them in. They repeat from record to record, so
// that it pays to remember them.
func Words(service, activity, result, reason string) []byte {
	folded := vocab.Fold(reason)
	if folded == "none" && result == "success" {
		folded = "" // none, empty and missing are one on a success
	}
	var b []byte
	for _, s := range []string{vocab.Fold(service), vocab.Fold(activity), vocab.Fold(result), folded} {
		b = append(append(b, s...), 0)
	}
	return b
}

// Hash returns what a record's Hash is if its time is at, and the buffer for the next call. Only what every shape has
// goes into it: an application is known by its name, because a portal CSV has no ids of applications.
func Hash(r *passtrail.Record, words []byte, at passtrail.Ticks, buf []byte) ([16]byte, []byte) {
	b := binary.BigEndian.AppendUint64(buf[:0], uint64(at/passtrail.Microsecond))
	b = append(appendLower(b, r.CorrelationID), 0)
	b = append(b, words...)
	actor := first(r.ActorID, r.ActorUPN, r.ActorName)
	if r.ActorKind == passtrail.ActorApp {
		actor = r.ActorName
	}
	b = append(appendFolded(b, actor), 0)
	b = appendFolded(b, first(r.TargetID, r.TargetUPN, r.TargetName))
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16]), b
}

// HashWithApp is the Hash of records until November 2026: an application was known by its id. Stored hashes are told by it.
func HashWithApp(r *passtrail.Record, words []byte) [16]byte {
	as := *r
	if as.ActorKind == passtrail.ActorApp {
		as.ActorKind = passtrail.ActorUser // whose id goes in first
	}
	h, _ := Hash(&as, words, r.Time, nil)
	return h
}

// Cut is a precision to which exports cut times, finest first.
var Cut = [...]passtrail.Ticks{passtrail.Millisecond, passtrail.Second}

// CutTo returns the coarsest precision to which a time may have been cut, 0 if it is finer than all of them.
func CutTo(t passtrail.Ticks) passtrail.Ticks {
	for i := len(Cut) - 1; i >= 0; i-- {
		if t%Cut[i] == 0 {
			return Cut[i]
		}
	}
	return 0
}

// Conflict reports whether two records that share an upstream id are two events all the same: at another time, of another
// activity, by another person or about another one. What one of them lacks, as poorer shapes do, speaks for neither.
func Conflict(a, b *passtrail.Record) bool {
	switch {
	case a.Time-b.Time >= passtrail.Second || b.Time-a.Time >= passtrail.Second:
		return true
	case a.TargetID != "" && b.TargetID != "" && a.TargetID != b.TargetID:
		return true
	case a.ActorKind == passtrail.ActorUser && b.ActorKind == passtrail.ActorUser && a.ActorID != "" && b.ActorID != "" && a.ActorID != b.ActorID:
		return true
	}
	return a.Activity != b.Activity && vocab.Fold(a.Activity) != vocab.Fold(b.Activity) && (a.ActivityKey == "" || a.ActivityKey != b.ActivityKey)
}

// appendLower appends an id in lower case.
func appendLower(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			return append(b, strings.ToLower(s)...)
		}
	}
	return append(b, s...)
}

// appendFolded appends vocab.Fold(s). Ids are in folded form already and are seen to be so at a glance.
func appendFolded(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return append(b, vocab.Fold(s)...)
		}
	}
	return append(b, s...)
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
