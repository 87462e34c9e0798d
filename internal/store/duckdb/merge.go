package duckdb

import (
	"encoding/hex"

	"passtrail"
	"passtrail/internal/identity"
)

// slack is how far the times of two arrivals of one record may lie apart: a shape that cuts its times to milliseconds
// or seconds must still find the exact one.
const slack = passtrail.Second

// noID starts the ids of records that came without one.
const noID = "h:"

// upstream tells whether a record brought an id of its own.
func upstream(r *passtrail.Record) bool {
	if len(r.ID) != len(noID)+32 || r.ID[:len(noID)] != noID {
		return true
	}
	var digits [32]byte
	hex.Encode(digits[:], r.Hash[:])
	return string(digits[:]) != r.ID[len(noID):]
}

// entry is one record of a batch after its repeats within the batch were merged into it.
type entry struct {
	winner   int // index of the arrival that is kept
	first    int // index of the arrival that counts as stored
	upstream bool
	replaced int64 // arrivals of the batch that took another's place
	dropped  bool  // not to be inserted: what is stored is as rich, or it gave way to one with an upstream id
	heir     int   // entry that took this one's place within the batch, -1 for none
	own      int   // index of its own first arrival
}

// arrival is one pair of id and hash that the batch brought for an entry; an entry whose shapes disagree has several.
type arrival struct {
	entry  int
	record int
}

// merged is a batch whose repeats within it are found.
type merged struct {
	records              []passtrail.Record
	entries              []entry
	arrivals             []arrival
	stored               []bool  // by arrival index: counts as stored, not as a repeat
	doomed               []int64 // row ids of stored records to delete
	aliases              []alias
	doomedFrom, doomedTo passtrail.Ticks // first and last time of the doomed
	// of the doomed: ids and times
	doomedID   []string
	doomedTime []int64
	doomedRow  map[int64]bool
}

// alias is a hash under which an upstream record arrived that is not the hash of the version kept.
type alias struct {
	id   string
	hash [16]byte
	time passtrail.Ticks
}

// merge finds the repeats within a batch, as if its records had come one at a time.
func merge(records []passtrail.Record) *merged {
	m := &merged{doomedFrom: passtrail.Forever, doomedRow: map[int64]bool{}, records: records, entries: make([]entry, 0, len(records)), arrivals: make([]arrival, 0, len(records)), stored: make([]bool, len(records))}
	byID := make(map[string]int, len(records))
	bare := map[[16]byte]int{}                     // entries without upstream id
	seen := make(map[[16]byte]int32, len(records)) // hashes that came with an upstream id, or of which a finer time came
	twins := map[string][]int{}                    // entries whose id is that of another event too
	cut := false
	for i := range records {
		cut = cut || mayBeCut(&records[i])
	}
	for i := range records {
		r := &records[i]
		up := upstream(r)
		if up {
			seen[r.Hash]++
		} else if _, found := seen[r.Hash]; found {
			continue
		}
		n, found := byID[r.ID]
		if found && up && identity.Conflict(&records[m.entries[n].winner], r) {
			n, found = m.twin(twins, n, r)
		}
		switch {
		case found && !m.entries[n].dropped:
			m.again(n, i)
		default:
			n = len(m.entries)
			byID[r.ID] = n
			m.entries = append(m.entries, entry{winner: i, first: i, own: i, upstream: up, heir: -1})
			m.arrivals = append(m.arrivals, arrival{n, i})
			m.stored[i] = true
			if !up {
				bare[r.Hash] = n
			}
		}
		if up && len(bare) > 0 {
			if poor, found := bare[r.Hash]; found {
				delete(bare, r.Hash)
				m.giveWay(poor, n, i)
			}
		}
		if !cut {
			continue
		}
		for _, h := range cutHashes(r) {
			seen[h]++
			if poor, found := bare[h]; found {
				delete(bare, h)
				m.giveWay(poor, n, i)
			}
		}
	}
	return m
}

// twin finds the entry of a record whose id another event, entry n, has too.
func (m *merged) twin(twins map[string][]int, n int, r *passtrail.Record) (int, bool) {
	if twins[r.ID] == nil {
		twins[r.ID] = []int{n}
	}
	for _, other := range twins[r.ID] {
		if !identity.Conflict(&m.records[m.entries[other].winner], r) {
			return other, true
		}
	}
	twins[r.ID] = append(twins[r.ID], len(m.entries))
	return 0, false
}

// again merges arrival i into entry n, which has the same id.
func (m *merged) again(n, i int) {
	e := &m.entries[n]
	old, r := &m.records[e.winner], &m.records[i]
	if r.Hash != old.Hash {
		m.arrivals = append(m.arrivals, arrival{n, i})
	}
	if r.Shape.Rank() > old.Shape.Rank() {
		e.winner = i
		e.replaced++
	}
}

// giveWay drops an entry without upstream id for entry n, which arrival i made or joined.
func (m *merged) giveWay(poor, n, i int) {
	p, e := &m.entries[poor], &m.entries[n]
	p.dropped = true
	if e.first == i { // takes over the place that was counted as stored
		m.stored[i] = false
		e.first = p.first
		e.replaced += p.replaced + 1
		p.heir = n
	}
}

// giveBack undoes giveWay when the poorer entry turns out to be stored as part of yet another record: the one that took
// its place is new then, and counts as stored itself.
func (m *merged) giveBack(poor *entry) {
	if poor.heir < 0 {
		return
	}
	e := &m.entries[poor.heir]
	e.first, poor.heir = e.own, -1
	e.replaced -= poor.replaced + 1
	m.stored[e.own] = true
}

// replaced counts the repeats that took the place of a poorer record.
func (m *merged) replaced() (n int64) {
	for i := range m.entries {
		n += m.entries[i].replaced
	}
	return n
}
