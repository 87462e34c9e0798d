// Package simulate invents a tenant that looks like life and writes its audit records in every form that Passtrail takes
// in, together with the answers: a [Truth] computed from the model, never by reading records back.
//
// The same [Config] gives the same bytes: randomness comes from seeded generators, one for each day, and no answer
// depends on the clock or on the order of a map. Days are made one after the other, so memory holds the people and a day
// or two of records however long the time.
//
// Start at [Write], or [WriteTo] for a stream.
package simulate

import (
	"context"
	"math/rand/v2"
	"slices"

	"passtrail"
)

// model is a tenant: its people and what happens to them. It can run once.
type model struct {
	cfg       Config
	start     passtrail.Ticks
	end       passtrail.Ticks
	people    []*person
	actors    []*person // those who reset other people's passwords, by template of habit
	forgetful []*person
	guests    []*person
	joins     [][]*person // people by the day on which they register
	snapshots []passtrail.Ticks
	planned   []planned // sessions with a fixed time: abuse, open attempts, people who must occur
	avoid     []passtrail.Ticks
	closings  []passtrail.Ticks // from when something is switched off for half an hour
	rng       *rand.Rand        // of the day
	plants    *rand.Rand
	pending   []event
	serial    uint32
	tally     *tally
	scale     float64
}

// planned is something that happens at a fixed time.
type planned struct {
	at   passtrail.Ticks
	make func(m *model, at passtrail.Ticks)
}

// newModel makes a tenant. It returns an error with code Invalid for a Config that makes no sense.
func newModel(cfg Config) (*model, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	end := passtrail.TicksOf(cfg.End)
	m := &model{cfg: cfg, end: end, start: end - passtrail.Ticks(cfg.Days)*passtrail.Day}
	for _, days := range []passtrail.Ticks{1, 7, 14, 30, 60} {
		m.avoid = append(m.avoid, end-days*passtrail.Day)
	}
	m.plants = m.seeded(seedPlant, 0)
	m.placeSnapshots()
	m.makePeople()
	m.tally = newTally(m)
	m.scale = m.rate()
	m.plant()
	slices.SortStableFunc(m.planned, func(a, b planned) int { return compare(a.at, b.at) })
	return m, nil
}

// placeSnapshots sets the times at which the registration report and the role assignments are read: an hour after the
// start, then every SnapshotDays, the last one a minute before the end.
func (m *model) placeSnapshots() {
	step := passtrail.Ticks(m.cfg.SnapshotDays) * passtrail.Day
	first := m.start + passtrail.Hour
	first -= first % passtrail.Second
	last := m.end - passtrail.Minute
	for t := last - last%passtrail.Second; t > first; t -= step {
		m.snapshots = append(m.snapshots, t)
	}
	m.snapshots = append(m.snapshots, first)
	slices.Reverse(m.snapshots)
}

// known returns the time of the snapshot that answers for an instant: the newest one before it, or the first.
func (m *model) known(t passtrail.Ticks) passtrail.Ticks {
	i, found := slices.BinarySearch(m.snapshots, t)
	if !found {
		i--
	}
	return m.snapshots[max(i, 0)]
}

// run makes the records, oldest first, and hands each to emit; the event is reused. It returns the truth about them.
func (m *model) run(ctx context.Context, emit func(*event) error) (*Truth, error) {
	for day := range m.cfg.Days + 1 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.day(day)
		if m.cfg.Progress != nil {
			m.cfg.Progress(day, m.cfg.Days)
		}
		// The next day begins at different instants around the world; what is before all of them is complete.
		if err := m.flush(m.dayStart(day+1)-14*passtrail.Hour, emit); err != nil {
			return nil, err
		}
	}
	if err := m.flush(m.end, emit); err != nil {
		return nil, err
	}
	return m.tally.truth(), nil
}

// dayStart is midnight UTC of a day of the model; day 0 is the first whole or partial day.
func (m *model) dayStart(day int) passtrail.Ticks {
	return m.start - m.start%passtrail.Day + passtrail.Ticks(day)*passtrail.Day
}

// flush emits what is pending before an instant, in order of time.
func (m *model) flush(before passtrail.Ticks, emit func(*event) error) error {
	slices.SortFunc(m.pending, func(a, b event) int {
		if c := compare(a.time, b.time); c != 0 {
			return c
		}
		return int(a.serial) - int(b.serial)
	})
	n, _ := slices.BinarySearchFunc(m.pending, before, func(e event, t passtrail.Ticks) int { return compare(e.time, t) })
	for i := range m.pending[:n] {
		m.tally.record(&m.pending[i])
		if err := emit(&m.pending[i]); err != nil {
			return err
		}
	}
	rest := copy(m.pending, m.pending[n:])
	clear(m.pending[rest:])
	m.pending = m.pending[:rest]
	return nil
}

// add takes in an event unless it lies outside the watched time.
func (m *model) add(e *event) {
	if e.time < m.start || e.time >= m.end {
		return
	}
	m.serial++
	e.serial = m.serial
	m.pending = append(m.pending, *e)
}

func compare(a, b passtrail.Ticks) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// seeded returns the generator of one purpose: each day and each person has its own, so that they do not disturb
// each other.
func (m *model) seeded(purpose, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(m.cfg.Seed, purpose<<32^n))
}

// The purposes of generators.
const (
	seedDay uint64 = iota + 1
	seedPeople
	seedPlant
	seedDelivery
)
