package store

import (
	"slices"

	"passtrail"
)

// SourceSum is the ledger of one source added up. Its Hour is the last that a record or snapshot stands in, First the
// first; both are 0 where no input had a time.
type SourceSum struct {
	LedgerHour
	First   passtrail.Ticks
	Failure Failure // why it failed last, see SumFailures; zero: it did not
}

// Records is how many records were stored: without the rows of snapshots.
func (h *LedgerHour) Records() int64 { return h.Stored - h.SnapshotRows }

// SumLedger adds the hours of each source up, in the order in which sources first appear. First and last are those of
// records whose times can be right.
func SumLedger(hours []LedgerHour) []*SourceSum {
	var sums []*SourceSum
	bySource := map[string]*SourceSum{}
	for _, h := range hours {
		s := bySource[h.Source]
		if s == nil {
			s = &SourceSum{LedgerHour: LedgerHour{Source: h.Source}}
			bySource[h.Source] = s
			sums = append(sums, s)
		}
		s.Received += h.Received
		s.Stored += h.Stored
		s.SnapshotRows += h.SnapshotRows
		s.Repeats += h.Repeats
		s.SetAside += h.SetAside
		s.Other += h.Other
		s.PastRetention += h.PastRetention
		s.LastSeen = max(s.LastSeen, h.LastSeen)
		if h.Hour >= EarliestRecord && h.Hour <= h.LastSeen+passtrail.Day { // other times cannot be right
			s.LastRecord = max(s.LastRecord, h.LastRecord)
			if s.First == 0 || h.Hour < s.First {
				s.First = h.Hour
			}
			s.Hour = max(s.Hour, h.Hour)
		}
	}
	return sums
}

// SumFailures puts the newest failure of each source beside its sum, and adds sources that failed and never brought
// anything. Failures come newest first.
func SumFailures(sums []*SourceSum, failed []Failure) []*SourceSum {
	for _, f := range failed {
		i := slices.IndexFunc(sums, func(s *SourceSum) bool { return s.Source == f.Source })
		if i < 0 {
			i, sums = len(sums), append(sums, &SourceSum{LedgerHour: LedgerHour{Source: f.Source}})
		}
		if sums[i].Failure.Reason == "" {
			sums[i].Failure = f
		}
	}
	return sums
}
