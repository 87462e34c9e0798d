package store_test

import (
	"slices"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

func TestMissing(t *testing.T) {
	const day, hour = passtrail.Day, passtrail.Hour
	base := passtrail.UnixEpoch + 20000*day
	// the first gap holds a whole day; the second, of thirty hours, holds none
	nights := store.Coverage{First: base, Last: base + 9*day, Gaps: []store.Span{{From: base + day + 19*hour, To: base + 3*day + hour}, {From: base + 5*day + 17*hour, To: base + 6*day + 23*hour}}}
	known := store.Coverage{First: base + 10*day, Last: base + 60*day - 1, Gaps: []store.Span{{From: base + 20*day, To: base + 23*day}}}
	span := func(from, to passtrail.Ticks) store.Span { return store.Span{From: base + from, To: base + to} }
	for _, tt := range []struct {
		name string
		c    store.Coverage
		p    store.Span
		want []store.Span
	}{
		{"covered", known, span(30*day, 60*day), nil},
		{"begins before", known, span(0, 15*day), []store.Span{span(0, 10*day)}},
		{"begins a day before", known, span(9*day, 15*day), []store.Span{span(9*day, 10*day)}},
		{"begins an hour less than a day before", known, span(9*day+hour, 15*day), nil},
		{"half of a short period", known, span(10*day-6*hour, 10*day+6*hour), []store.Span{span(10*day-6*hour, 10*day)}},
		{"less than half of a short period", known, span(10*day-5*hour, 10*day+6*hour), nil},
		{"wholly before", known, span(0, 5*day), []store.Span{span(0, 5*day)}},
		{"ends after", known, span(50*day, 62*day), []store.Span{span(60*day, 62*day)}},
		{"wholly after", known, span(70*day, 72*day), []store.Span{span(70*day, 72*day)}},
		{"a gap within", known, span(15*day, 30*day), []store.Span{span(20*day, 23*day)}},
		{"ends in a gap", known, span(15*day, 22*day), []store.Span{span(20*day, 22*day)}},
		{"everything", known, span(0, 70*day), []store.Span{span(0, 10*day), span(20*day, 23*day), span(60*day, 70*day)}},
		{"open", known, store.Span{From: 1, To: base + 60*day}, []store.Span{span(20*day, 23*day)}},
		{"open, and over before it begins", known, store.Span{To: base + 5*day}, []store.Span{{To: base + 5*day}}},
		{"only gaps with a whole day", nights, span(0, 9*day), []store.Span{span(day+19*hour, 3*day+hour)}},
		{"a gap without a whole day that reaches over the end", nights, span(6*day, 6*day+20*hour), []store.Span{span(6*day, 6*day+20*hour)}},
		{"no record", store.Coverage{}, span(0, day), []store.Span{span(0, day)}},
		{"no period", known, span(day, day), nil},
	} {
		if got := tt.c.Missing(tt.p); !slices.Equal(got, tt.want) {
			t.Errorf("%s: Missing = %v, want %v", tt.name, got, tt.want)
		}
	}
}
