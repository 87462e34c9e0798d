package duckdb

import (
	"slices"

	"passtrail"
)

// Records lie about in order of time, so that reading those of an hour reads little, whatever the history. What is looked for
// at many instants, a late one among them, is looked for in a few places and not between them.

// reach is from one instant to another, both within.
type reach struct{ first, last int64 }

// mostPlaces is how many looks are taken; between them lies at least placesApart.
const (
	mostPlaces  = 12
	placesApart = int64(passtrail.Hour)
)

// places joins reaches into places to look at.
func places(reaches []reach) []reach { return joinReaches(reaches, placesApart, mostPlaces) }

// joinReaches joins what overlaps or lies within near of each other, and then the nearest until at most most are left:
// reading what lies between costs less than one look more.
func joinReaches(all []reach, near int64, most int) []reach {
	if len(all) == 0 {
		return nil
	}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b reach) int { return int(max(-1, min(1, a.first-b.first))) })
	out := all[:1]
	for _, s := range all[1:] {
		if last := &out[len(out)-1]; s.first-last.last <= near {
			last.last = max(last.last, s.last)
		} else {
			out = append(out, s)
		}
	}
	for len(out) > most {
		at := 1
		for i := 2; i < len(out); i++ {
			if out[i].first-out[i-1].last < out[at].first-out[at-1].last {
				at = i
			}
		}
		out[at-1].last = out[at].last
		out = slices.Delete(out, at, at+1)
	}
	return out
}
