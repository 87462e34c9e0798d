package ingest

import (
	"fmt"
	"sort"
	"sync"
	"time"

	"passtrail"
	"passtrail/internal/store"
)

// maxNotes is how many of a kind of note a summary keeps.
const maxNotes = 20

// Note is an input, or a file, and what was wrong with it.
type Note struct {
	Position string `json:"position"`
	Code     string `json:"code"`
	Reason   string `json:"reason"`
}

// Summary says what a run did, of what is durable alone: records that were read and not stored, because the run failed on
// the way, are in Lost only. Read = Stored + Repeated + SetAside + Other + PastRetention; records of refused tenants are
// in Refused only.
type Summary struct {
	Read     int64 `json:"read"`
	Stored   int64 `json:"stored"`
	Repeated int64 `json:"repeated"`
	Replaced int64 `json:"replaced"` // repeats that were richer than what was there
	SetAside int64 `json:"setAside"`
	Other    int64 `json:"other"`
	// PastRetention counts records, and rows of snapshots, that are older than their tenant keeps.
	PastRetention int64 `json:"pastRetention"`

	// Lost counts documents that were read and of which nothing was kept: the run failed before they were durable.
	Lost int64 `json:"lost,omitempty"`

	Categories map[string]int64             `json:"otherCategories,omitempty"` // of Other
	Tenants    map[passtrail.TenantID]int64 `json:"tenants"`                   // records by tenant
	Refused    map[passtrail.TenantID]int64 `json:"refused,omitempty"`         // records of tenants that have not opted in
	Codes      map[string]int64             `json:"setAsideCodes,omitempty"`   // of SetAside
	Problems   []Note                       `json:"problems,omitempty"`        // the first inputs set aside
	PassedOver []Note                       `json:"passedOver,omitempty"`      // the first files that are no exports
	Unreadable []string                     `json:"unreadable,omitempty"`      // inputs of which nothing could be read
	Failed     []string                     `json:"failed,omitempty"`          // inputs whose reading failed on the way
	Snapshots  []SnapshotNote               `json:"snapshots,omitempty"`
	FarTimes   int64                        `json:"farTimes,omitempty"`   // records with a time that cannot be right; they are stored
	Far        []Note                       `json:"far,omitempty"`        // the first of them
	OnlyTenant passtrail.TenantID           `json:"onlyTenant,omitempty"` // taken for records that state none, because there is no other

	Files     int             `json:"files"`
	Unchanged int             `json:"unchanged"` // files that an earlier run has read to the end
	Empty     int             `json:"empty"`     // files that are answers without rows
	Bytes     int64           `json:"bytes"`
	First     passtrail.Ticks `json:"-"` // earliest and latest time of the records, 0 if there are none
	Last      passtrail.Ticks `json:"-"`
	People    int             `json:"people"` // distinct actors and targets
	Took      time.Duration   `json:"-"`

	firstFailure error
	mu           sync.Mutex // guards what durable batches count
}

// SnapshotNote says which snapshot was taken in.
type SnapshotNote struct {
	Tenant   passtrail.TenantID `json:"tenant"`
	Kind     store.SnapshotKind `json:"kind"`
	TakenAt  string             `json:"takenAt"`
	Rows     int                `json:"rows"`
	Complete bool               `json:"complete"`
}

func newSummary() *Summary {
	return &Summary{Categories: map[string]int64{}, Tenants: map[passtrail.TenantID]int64{}, Refused: map[passtrail.TenantID]int64{}, Codes: map[string]int64{}}
}

// note adds to what is said of a snapshot: it comes in parts.
func (s *Summary) note(n SnapshotNote) {
	for i := range s.Snapshots {
		if k := &s.Snapshots[i]; k.Tenant == n.Tenant && k.Kind == n.Kind && k.TakenAt == n.TakenAt {
			k.Rows += n.Rows
			k.Complete = k.Complete || n.Complete
			return
		}
	}
	s.Snapshots = append(s.Snapshots, n)
}

// batch returns what counts a batch once it is durable. The batch's lists are not used after it returned.
func (s *Summary) batch(b *store.Batch) func(store.Counts) {
	tenant, records := b.Tenant, int64(len(b.Records))
	codes, categories := map[string]int64{}, map[string]int64{}
	for i := range b.Quarantine {
		codes[b.Quarantine[i].Code]++
	}
	for _, o := range b.Other {
		categories[o.Category] += o.Count
	}
	var snapshots []SnapshotNote
	for _, sn := range b.Snapshots {
		rows := len(sn.Registrations) + len(sn.Roles)
		snapshots = append(snapshots, SnapshotNote{Tenant: tenant, Kind: sn.Kind, TakenAt: sn.TakenAt.String(), Rows: rows, Complete: sn.Complete})
	}
	return func(c store.Counts) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count(c)
		if records > 0 {
			s.Tenants[tenant] += records
		}
		for code, n := range codes {
			s.Codes[code] += n
		}
		for category, n := range categories {
			s.Categories[category] += n
		}
		for _, n := range snapshots {
			s.note(n)
		}
	}
}

// count adds what became of a batch.
func (s *Summary) count(c store.Counts) {
	s.Read += c.Received
	s.Stored += c.Stored
	s.Repeated += c.Repeats
	s.Replaced += c.Replaced
	s.SetAside += c.SetAside
	s.Other += c.Other
	s.PastRetention += c.PastRetention
}

// problem notes an input that is set aside.
func (s *Summary) problem(q *store.Quarantine) {
	if len(s.Problems) < maxNotes {
		s.Problems = append(s.Problems, Note{Position: q.Position, Code: q.Code, Reason: q.Reason})
	}
}

// failed notes an input whose reading failed.
func (s *Summary) failed(path string, err error) {
	s.Failed = append(s.Failed, path)
	if s.firstFailure == nil {
		s.firstFailure = err
	}
}

// failure is the error of a run in which the reading of inputs failed.
func (s *Summary) failure() error {
	if len(s.Failed) < 2 {
		return s.firstFailure
	}
	return fmt.Errorf("%d inputs could not be read, the first of them: %w", len(s.Failed), s.firstFailure)
}

// far notes a record with a time that cannot be right.
func (s *Summary) far(n Note) {
	s.FarTimes++
	if len(s.Far) < maxNotes {
		s.Far = append(s.Far, n)
	}
}

func (s *Summary) passedOver(n Note) {
	if len(s.PassedOver) < maxNotes {
		s.PassedOver = append(s.PassedOver, n)
	}
}

// finish adds up what the parsers counted.
func (s *Summary) finish(all []*people, took time.Duration) {
	seen := map[uint64]struct{}{}
	for _, p := range all {
		for h := range p.seen {
			seen[h] = struct{}{}
		}
		if p.first != 0 && (s.First == 0 || p.first < s.First) {
			s.First = p.first
		}
		s.Last = max(s.Last, p.last)
	}
	s.People = len(seen)
	s.Took = took
	sort.Strings(s.Unreadable)
}
