package duckdb

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"slices"
	"sync"

	"passtrail/internal/attempt"
	"passtrail/internal/vocab"
)

// What decides how records and snapshots become attempts, events and intervals: the statements and the code beside them.
//
//go:embed derive*.go derive/*.sql
var derivationSources embed.FS

// derivationVersion is the version of what this program derives, as state keeps it under the name "derivation": a digest
// of the vocabulary, of the rules of an attempt and of the sources of the derivation. Nobody has to remember to raise it.
var derivationVersion = sync.OnceValue(func() int64 {
	words, rules, folding := vocab.Digest(), vocab.DigestOf(derivationSources), vocab.DigestOf(attempt.Sources)
	sum := sha256.Sum256(slices.Concat(words[:], rules[:], folding[:], []byte(attempt.PoolSQL("")+attempt.PersonSQL("", false))))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1)
})

const putVersion = `INSERT INTO state (name, value) VALUES ('derivation', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`

// sameVersion tells whether this program derives as the one did that derived last.
func (d *derivation) sameVersion(ctx context.Context) (bool, error) {
	n, err := d.number(ctx, `SELECT count(*) FROM state WHERE name = 'derivation' AND value = ?`, derivationVersion())
	return n > 0, err
}
