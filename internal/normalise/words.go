package normalise

import (
	"encoding/hex"
	"strings"

	"passtrail"
	"passtrail/internal/identity"
	"passtrail/internal/vocab"
)

// words are the four texts that say what happened. They repeat from record to record.
type words struct{ service, activity, result, reason string }

// meaning is what follows from words.
type meaning struct {
	class vocab.Class
	words []byte // their part of the hash
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
	m := &meaning{class: vocab.Classify(w.service, w.activity, w.result, w.reason), words: identity.Words(w.service, w.activity, w.result, w.reason)}
	n.meanings[w] = m
	return m
}

// finish fills what follows from the other columns: hash, id of records that have none, and the derived columns.
func (n *Normaliser) finish(r *passtrail.Record) {
	m := n.meaningOf(words{r.Service, r.Activity, r.Result, r.Reason})
	r.ActivityKey, r.Step, r.Method, r.Problem = m.class.ActivityKey, m.class.Step, m.class.Method, m.class.Problem
	r.Hash, n.hashed = identity.Hash(r, m.words, r.Time, n.hashed)
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
