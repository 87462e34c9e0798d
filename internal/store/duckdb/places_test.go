package duckdb

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPlaces joins reaches at random: each lies in one place, places are few, in order and apart, and two that are near are one.
func TestPlaces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2_000 {
		var all []reach
		for range rng.IntN(20) {
			first := rng.Int64N(2_000)
			all = append(all, reach{first, first + rng.Int64N(60)})
		}
		near, most := rng.Int64N(50), 1+rng.IntN(6)
		was := slices.Clone(all)
		out := joinReaches(all, near, most)
		if !slices.Equal(all, was) {
			t.Fatal("the reaches were changed")
		}
		if len(out) > most || (len(out) == 0) != (len(all) == 0) {
			t.Fatalf("%d places of %d reaches, want at most %d", len(out), len(all), most)
		}
		for i := 1; i < len(out); i++ {
			if out[i].first-out[i-1].last <= near {
				t.Fatalf("%v: the places %d and %d are not apart by more than %d", out, i-1, i, near)
			}
		}
		for _, r := range all {
			if !slices.ContainsFunc(out, func(p reach) bool { return p.first <= r.first && r.last <= p.last }) {
				t.Fatalf("%v lies in none of %v", r, out)
			}
		}
		for _, p := range out {
			begins := slices.ContainsFunc(all, func(r reach) bool { return r.first == p.first })
			ends := slices.ContainsFunc(all, func(r reach) bool { return r.last == p.last })
			if !begins || !ends {
				t.Fatalf("%v is wider than what lies in it: %v", p, all)
			}
		}
	}
}
