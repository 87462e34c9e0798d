package storetest

import (
	"fmt"
	"reflect"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

// coverage: the first and the last record and the stretches of a day and more between them, of all sources together.
func coverage(t *testing.T, s store.Store) {
	const hour, day = passtrail.Hour, passtrail.Day
	start := At - At%day - 40*day
	n := 0
	give := func(source string, times ...passtrail.Ticks) {
		b := &store.Batch{Tenant: Contoso, Source: source, At: At}
		for _, time := range times {
			n++
			b.Records = append(b.Records, Event{ID: fmt.Sprint(n), Hash: n, Time: time}.Record())
		}
		commit(t, s, b)
	}
	want := func(when string, c store.Coverage) {
		t.Helper()
		must(t, s.Refresh(t.Context()))
		got, err := s.Coverage(t.Context(), Contoso)
		must(t, err)
		if !reflect.DeepEqual(got, c) {
			t.Errorf("%s: Coverage = %+v, want %+v", when, got, c)
		}
	}
	want("without records", store.Coverage{})
	commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Snapshots: []store.Snapshot{{Kind: store.Registrations, TakenAt: At - 90*day, Complete: true,
		Registrations: []store.Registration{{UserID: "u1"}}}}, Other: []store.OtherCount{{Category: "SignInLogs", Hour: At - 90*day, Count: 3}}})
	want("a snapshot and another log", store.Coverage{})
	give("file", start+8*hour+1, start+9*hour+1)
	want("one source", store.Coverage{First: start + 8*hour, Last: start + 9*hour + 1})
	give("file", start+day+9*hour, start+2*day+10*hour)
	gap := store.Span{From: start + day + 10*hour, To: start + 2*day + 10*hour}
	want("a gap of exactly a day", store.Coverage{First: start + 8*hour, Last: gap.To, Gaps: []store.Span{gap}})
	give("graph", gap.From+5*hour)
	want("a second source fills it", store.Coverage{First: start + 8*hour, Last: gap.To})
	give("file", At+400*day)
	want("a record of a time to come", store.Coverage{First: start + 8*hour, Last: gap.To})
	give("file", start-5*day)
	early := store.Span{From: start - 5*day + hour, To: start + 8*hour}
	want("an older file", store.Coverage{First: start - 5*day, Last: gap.To, Gaps: []store.Span{early}})
	_, err := s.Expire(t.Context(), Contoso, start+8*hour+2)
	must(t, err)
	want("what a retention deleted is not covered", store.Coverage{First: start + 9*hour, Last: gap.To})
	c, err := s.Coverage(t.Context(), Fabrikam)
	must(t, err)
	if c.First != 0 {
		t.Errorf("another tenant has %+v", c)
	}
}
