package storetest

import (
	"fmt"
	"maps"
	"testing"

	"passtrail"
	"passtrail/internal/store"
)

// finality: hours of more than a day before the newest record of their source are final; nothing else moves that.
func finality(t *testing.T, s store.Store) {
	hour := At - At%passtrail.Hour
	n := 0
	give := func(source string, at passtrail.Ticks, times ...passtrail.Ticks) {
		b := &store.Batch{Tenant: Contoso, Source: source, At: at}
		for _, time := range times {
			n++
			b.Records = append(b.Records, Event{ID: fmt.Sprint(n), Hash: n, Time: time}.Record())
		}
		commit(t, s, b)
	}
	want := func(when string, until passtrail.Ticks, bySource store.Finality) {
		t.Helper()
		must(t, s.Refresh(t.Context()))
		got, err := s.FinalUntil(t.Context(), Contoso)
		must(t, err)
		if !maps.Equal(got, bySource) || got.Until() != until {
			t.Errorf("%s: FinalUntil = %v and in all %s, want %v and %s", when, got, got.Until(), bySource, until)
		}
		hours, err := s.Ledger(t.Context(), Contoso)
		must(t, err)
		for _, h := range hours {
			if final := h.FinalSince != 0; final != (h.Hour > 0 && h.Hour+passtrail.Hour <= got[h.Source]) {
				t.Errorf("%s: the hour %s of %s is final since %s", when, h.Hour, h.Source, h.FinalSince)
			}
		}
	}
	want("without records", 0, store.Finality{})
	give("file", At, hour-30*passtrail.Hour, hour-7*passtrail.Hour)
	want("less than a day", 0, store.Finality{"file": 0})
	give("file", At, hour-4*passtrail.Hour+1)
	want("a day and more", hour-28*passtrail.Hour, store.Finality{"file": hour - 28*passtrail.Hour})
	// A snapshot, another log, an input set aside and a record of a time to come say nothing about the audit log.
	commit(t, s, &store.Batch{Tenant: Contoso, Source: "file", At: At, Snapshots: []store.Snapshot{{Kind: store.Registrations, TakenAt: At + 5*passtrail.Day, Complete: true,
		Registrations: []store.Registration{{UserID: "u1"}}}}, Other: []store.OtherCount{{Category: "SignInLogs", Hour: At + 5*passtrail.Day, Count: 3}},
		Quarantine: []store.Quarantine{{Position: "x:1", Reason: "broken", Bytes: []byte("x")}}})
	want("other things", hour-28*passtrail.Hour, store.Finality{"file": hour - 28*passtrail.Hour})
	give("file", hour, At+900*passtrail.Day)
	want("a time to come", hour-28*passtrail.Hour, store.Finality{"file": hour - 28*passtrail.Hour})
	// The source that lags decides, and one that is open leaves all open.
	give("graph", At, hour-90*passtrail.Day, hour-40*passtrail.Day)
	want("a second source", hour-41*passtrail.Day, store.Finality{"file": hour - 28*passtrail.Hour, "graph": hour - 41*passtrail.Day})
	give("hub", At, hour)
	want("a third source", 0, store.Finality{"file": hour - 28*passtrail.Hour, "graph": hour - 41*passtrail.Day, "hub": 0})
	before, err := s.Ledger(t.Context(), Contoso)
	must(t, err)
	give("file", At, hour-30*passtrail.Hour+1) // an older file, later
	hours, err := s.Ledger(t.Context(), Contoso)
	must(t, err)
	if before[1].FinalSince == 0 || hours[1].FinalSince <= before[1].FinalSince || hours[1].Hour != hour-30*passtrail.Hour {
		t.Errorf("an hour that grew is final since %s, before %s", hours[1].FinalSince, before[1].FinalSince)
	}
	want("in the end", 0, store.Finality{"file": hour - 28*passtrail.Hour, "graph": hour - 41*passtrail.Day, "hub": 0})
}
