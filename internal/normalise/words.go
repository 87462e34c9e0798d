package normalise

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"passtrail"
	"passtrail/internal/vocab"
)

// words are the four texts that say what happened. They repeat from record to record.
type words struct{ service, activity, result, reason string }

// meaning is what follows from words.
type meaning struct {
	class  vocab.Class
	folded []byte // the four, folded, each with a zero byte behind it: their part of the hash
}

// maxMeanings bounds the cache: reasons are free text.
const maxMeanings = 4096

// meaningOf looks the words up, or works them out and remembers them.
func (n *Normaliser) meaningOf(w words) *meaning {
	if m, ok := n.meanings[w]; ok {
		return m
	}
	if len(n.meanings) >= maxMeanings {
		clear(n.meanings)
	}
	w = words{string([]byte(w.service)), string([]byte(w.activity)), string([]byte(w.result)), string([]byte(w.reason))}
	m := &meaning{class: vocab.Classify(w.service, w.activity, w.result, w.reason)}
	reason := vocab.Fold(w.reason)
	if reason == "none" && w.result == "success" {
		reason = "" // none, empty and missing are one on a success
	}
	for _, s := range []string{vocab.Fold(w.service), vocab.Fold(w.activity), vocab.Fold(w.result), reason} {
		m.folded = append(append(m.folded, s...), 0)
	}
	n.meanings[w] = m
	return m
}

// finish fills what follows from the other columns: hash, id of records that have none, and the derived columns.
func (n *Normaliser) finish(r *passtrail.Record) {
	m := n.meaningOf(words{r.Service, r.Activity, r.Result, r.Reason})
	r.ActivityKey, r.Step, r.Method, r.Problem = m.class.ActivityKey, m.class.Step, m.class.Method, m.class.Problem
	b := n.hashed[:0]
	b = binary.BigEndian.AppendUint64(b, uint64(r.Time/passtrail.Microsecond))
	b = append(append(b, r.CorrelationID...), 0)
	b = append(b, m.folded...)
	b = appendFolded(b, firstOf(r.ActorID, r.ActorUPN, r.ActorName))
	b = append(b, 0)
	b = appendFolded(b, firstOf(r.TargetID, r.TargetUPN, r.TargetName))
	n.hashed = b
	sum := sha256.Sum256(b)
	copy(r.Hash[:], sum[:])
	if r.ID == "" {
		r.ID = madeID(r)
	}
}

// madeID is the id of a record that came without one.
func madeID(r *passtrail.Record) string { return "h:" + hex.EncodeToString(r.Hash[:]) }

// ownID is the id that a record came with, "" if none.
func ownID(r *passtrail.Record) string {
	if strings.HasPrefix(r.ID, "h:") && r.ID == madeID(r) {
		return ""
	}
	return r.ID
}

// appendFolded appends vocab.Fold(s). Ids are in folded form already and are seen to be so at a glance.
func appendFolded(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return append(b, vocab.Fold(s)...)
		}
	}
	return append(b, s...)
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// resultOf is the result that a word of any known language says. An unknown word is no result: read as a failure or
// passed over it would make figures wrong.
func resultOf(word string) (string, *Fault) {
	if word == "" {
		return "", nil
	}
	if result, ok := vocab.ResultOf(word); ok {
		return result, nil
	}
	return "", &Fault{Code: CodeUnknownResult, Reason: "the result is a word that is neither known as success nor as failure: export the file in English"}
}
