package attempt

import (
	"slices"
	"strings"

	"passtrail"
)

// How far records of one story may lie apart.
const (
	// Handover is how long after a reset by an administrator the person's own change of the temporary password belongs
	// to it: over a long weekend.
	Handover = 4 * passtrail.Day
	// Echo is how long after a password was set the write of password hash synchronisation to the directory follows.
	Echo = 30 * passtrail.Minute
	// Sitting is how far apart the records of one visit to the security info page lie.
	Sitting = 15 * passtrail.Minute
)

// Kind says what a story is about.
type Kind string

// The kinds of story.
const (
	KindAttempt    Kind = "attempt"     // self-service reset or unlock
	KindAdminReset Kind = "admin_reset" // an administrator reset the password; the person may have changed it afterwards
	KindChange     Kind = "change"      // the person changed the password, knowing the old one
	KindInfo       Kind = "info"        // security info was registered, changed or deleted
	KindOther      Kind = "other"
)

// Story is what belongs together in one person's line of time.
type Story struct {
	Kind    Kind
	Attempt string             // id of the attempt, else ""
	Records []passtrail.Record // in order of time and id, those of the directory among them
	// Change is the place in Records of the person's own change after an administrator's reset, -1 if none came.
	Change int
}

// Start returns the time of the first record.
func (s *Story) Start() passtrail.Ticks { return s.Records[0].Time }

// End returns the time of the last record.
func (s *Story) End() passtrail.Ticks { return s.Records[len(s.Records)-1].Time }

// Stories folds the records that are about one person, in any order and without repeats, into stories, the oldest first.
// Every record is in exactly one. The records of an attempt belong together; attempts has the attempt of records by their
// id, and nil stands for what [IDs] says of them. Records with one correlation id belong together, unless they are of two
// attempts; then
//
//   - the directory's records (activity keys beginning with dir_) join what they accompany, also the echo of password
//     hash synchronisation, which has a correlation id of its own;
//   - the first change of the password by the person within [Handover] of a reset by an administrator joins it, unless
//     a reset of either kind lies between;
//   - records of security info within [Sitting] of each other by the same actor are one story.
func Stories(records []passtrail.Record, attempts map[string]string) []Story {
	rs := slices.Clone(records)
	slices.SortFunc(rs, func(a, b passtrail.Record) int { return Less(&a, &b) })
	if attempts == nil {
		attempts = map[string]string{}
		for r, id := range IDs(rs) {
			attempts[r.ID] = id
		}
	}
	w := teller{attempts: attempts, byAttempt: map[string]*telling{}, byCorrelation: map[string]*telling{}}
	for i := range rs {
		w.take(&rs[i])
	}
	out := make([]Story, 0, len(w.all))
	for _, t := range w.all {
		out = append(out, t.story())
	}
	slices.SortStableFunc(out, func(a, b Story) int { return Less(&a.Records[0], &b.Records[0]) })
	return out
}

// telling is a story that is being told.
type telling struct {
	records []*passtrail.Record
	kind    Kind
	attempt string // id of its attempt
	change  *passtrail.Record
}

func (t *telling) last() passtrail.Ticks { return t.records[len(t.records)-1].Time }

// teller puts records, which come in order, where they belong.
type teller struct {
	attempts      map[string]string // of records, by id
	all           []*telling
	byAttempt     map[string]*telling
	byCorrelation map[string]*telling // the last one, by correlation id in lower case
	password      *telling            // the last one in which a password was set
	handover      *telling            // the last reset by an administrator, while the person has not changed the password
	info          *telling            // the last about security info
}

func (w *teller) take(r *passtrail.Record) {
	t := w.place(r)
	if t == nil {
		t = &telling{}
		w.all = append(w.all, t)
	}
	t.records = append(t.records, r)
	t.kind = weightier(t.kind, kindOf(r))
	if id := w.attempts[r.ID]; id != "" {
		t.attempt, w.byAttempt[id] = id, t
	}
	if Joins(r.CorrelationID) {
		w.byCorrelation[strings.ToLower(r.CorrelationID)] = t
	}
	w.remember(t, r)
}

// place returns the story that a record belongs to, nil if it begins a new one.
func (w *teller) place(r *passtrail.Record) *telling {
	id := w.attempts[r.ID]
	if t := w.byAttempt[id]; t != nil && id != "" {
		return t
	}
	if t := w.byCorrelation[strings.ToLower(r.CorrelationID)]; t != nil && Joins(r.CorrelationID) && (id == "" || t.attempt == "") {
		return t
	}
	switch kindOf(r) {
	case KindChange:
		if t := w.handover; t != nil && succeeded(r) && r.Time-t.last() <= Handover && !isAdminActor(r) {
			t.change = r
			return t
		}
	case KindInfo:
		if t := w.info; t != nil && r.Time-t.last() <= Sitting && t.records[0].ActorID == r.ActorID {
			return t
		}
	case KindOther:
		if t := w.password; t != nil && strings.HasPrefix(r.ActivityKey, "dir_") && r.Time-t.last() <= Echo {
			return t
		}
	}
	return nil
}

// remember notes what later records may belong to.
func (w *teller) remember(t *telling, r *passtrail.Record) {
	switch {
	case r.ActivityKey == "admin_reset" && succeeded(r):
		w.password, w.handover = t, t
	case r.ActivityKey == "change" && succeeded(r) && isAdminActor(r):
		w.password = t // somebody else's change hands nothing over
	case r.ActivityKey == "reset" && succeeded(r), r.ActivityKey == "change" && succeeded(r):
		w.password, w.handover = t, nil
	case kindOf(r) == KindInfo:
		w.info = t
	}
}

// isAdminActor reports whether somebody else than the person did it.
func isAdminActor(r *passtrail.Record) bool {
	return r.ActorID != "" && r.TargetID != "" && r.ActorID != r.TargetID
}

func kindOf(r *passtrail.Record) Kind {
	switch {
	case own(r):
		return KindAttempt
	case r.ActivityKey == "admin_reset":
		return KindAdminReset
	case r.ActivityKey == "change":
		return KindChange
	case r.ActivityKey == "registered", strings.HasPrefix(r.ActivityKey, "reg_"), strings.HasPrefix(r.ActivityKey, "info_"), strings.HasPrefix(r.ActivityKey, "admin_info_"):
		return KindInfo
	}
	return KindOther
}

// weightier returns which of two kinds a story with both has.
func weightier(a, b Kind) Kind {
	order := []Kind{"", KindOther, KindInfo, KindChange, KindAdminReset, KindAttempt}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// story ends the telling.
func (t *telling) story() Story {
	s := Story{Kind: t.kind, Attempt: t.attempt, Change: -1}
	for i, r := range t.records {
		s.Records = append(s.Records, *r)
		if r == t.change {
			s.Change = i
		}
	}
	return s
}
