package attempt

import (
	"slices"
	"strconv"
	"strings"

	"passtrail"
	"passtrail/internal/vocab"
)

// Joins reports whether a correlation id joins records. An empty one does not, nor one that is all zeros.
func Joins(correlation string) bool { return strings.Trim(correlation, "0-") != "" }

// Pool returns what a record's attempts are looked for in: all records with the same pool, and no others, can be of one
// attempt. It is the correlation id in lower case; without one that [Joins] the person ("=" and [passtrail.Person.Key]),
// without a person the address ("@…"), without either the record alone ("#…"). It is "" for records that belong to no
// attempt whatever else there is.
func Pool(r *passtrail.Record) string {
	switch {
	case !Member(r):
		return ""
	case Joins(r.CorrelationID):
		return strings.ToLower(r.CorrelationID)
	case !own(r):
		return ""
	}
	key := r.Person().Key()
	switch {
	case key != "":
		return "=" + key
	case r.ActorAddress != "":
		return "@" + r.ActorAddress
	}
	return "#" + r.ID
}

// Key is the attempt that a record would be of by itself: its correlation id, or its own id where that joins nothing.
func Key(r *passtrail.Record) string {
	if Joins(r.CorrelationID) {
		return r.CorrelationID
	}
	return r.ID
}

// session is the records of one attempt, in order.
type session struct {
	id, pool string
	records  []*passtrail.Record
}

// sessions cuts records into attempts, in any order. Records that belong to none are passed over.
func sessions(records []*passtrail.Record) []session {
	pools := map[string][]*passtrail.Record{}
	for _, r := range records {
		if p := Pool(r); p != "" {
			pools[p] = append(pools[p], r)
		}
	}
	var out []session
	for pool, rs := range pools {
		if !slices.ContainsFunc(rs, own) {
			continue
		}
		slices.SortFunc(rs, Less)
		cut := unjoined
		if Joins(rs[0].CorrelationID) {
			cut = joined
		}
		for _, s := range cut(rs) {
			s.pool = pool
			out = append(out, s)
		}
	}
	return out
}

// joined cuts the records with one correlation id, in order, into the attempts of each person. The first attempt is named
// by the correlation id, the n-th by that with "/n".
func joined(rs []*passtrail.Record) []session {
	var all [][]*passtrail.Record
	for _, of := range divide(rs, filled(people(rs))) {
		all = append(all, ended(of)...)
	}
	slices.SortFunc(all, func(a, b []*passtrail.Record) int { return Less(a[0], b[0]) })
	base := rs[slices.IndexFunc(rs, own)].CorrelationID
	out := make([]session, 0, len(all))
	for i, of := range all {
		id := base
		if i > 0 {
			id += "/" + strconv.Itoa(i+1)
		}
		out = append(out, session{id: id, records: of})
	}
	return out
}

// unjoined cuts the records of one person without a correlation id, in order, into attempts: of one address, where gaps
// are at most [Quiet]. They are named by the id of their first record.
func unjoined(rs []*passtrail.Record) []session {
	var out []session
	for _, near := range gaps(rs) {
		addresses := make([]string, len(near))
		for i, r := range near {
			addresses[i] = r.ActorAddress
		}
		for _, same := range divide(near, filled(addresses)) {
			for _, chain := range gaps(same) {
				for _, of := range ended(chain) {
					out = append(out, session{id: of[0].ID, records: of})
				}
			}
		}
	}
	return out
}

// people returns the key of each record's person, "" where it does not tell: of records other than the attempt's own, and
// of those without a person. A record that has the sign-in name only is of the person in whose records that name stands.
func people(rs []*passtrail.Record) []string {
	known := map[string]string{}
	for _, r := range rs {
		p := r.Person()
		if name := strings.ToLower(p.UPN); own(r) && p.ID != "" && name != "" && (known[name] == "" || p.ID < known[name]) {
			known[name] = p.ID
		}
	}
	keys := make([]string, len(rs))
	for i, r := range rs {
		if !own(r) {
			continue
		}
		keys[i] = r.Person().Key()
		if id := known[keys[i]]; id != "" && r.Person().ID == "" {
			keys[i] = id
		}
	}
	return keys
}

// filled gives what is missing the value before it, or else the one after it.
func filled(list []string) []string {
	for i := 1; i < len(list); i++ {
		if list[i] == "" {
			list[i] = list[i-1]
		}
	}
	for i := len(list) - 2; i >= 0; i-- {
		if list[i] == "" {
			list[i] = list[i+1]
		}
	}
	return list
}

// divide gathers the records with equal labels.
func divide(rs []*passtrail.Record, labels []string) [][]*passtrail.Record {
	at := map[string]int{}
	var out [][]*passtrail.Record
	for i, r := range rs {
		n, found := at[labels[i]]
		if !found {
			n = len(out)
			at[labels[i]] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], r)
	}
	return out
}

// gaps cuts records, in order, where more than [Quiet] lies between two.
func gaps(rs []*passtrail.Record) [][]*passtrail.Record {
	var out [][]*passtrail.Record
	from := 0
	for i := 1; i <= len(rs); i++ {
		if i == len(rs) || rs[i].Time-rs[i-1].Time > Quiet {
			out = append(out, rs[from:i])
			from = i
		}
	}
	return out
}

// ended cuts a person's records, in order, where a new attempt begins: at a start more than [Quiet] after an end, and at
// a success that comes next after another by more than that.
func ended(rs []*passtrail.Record) [][]*passtrail.Record {
	var out [][]*passtrail.Record
	var end, before *passtrail.Record // the attempt's last end, and the last own record
	from := 0
	for i, r := range rs {
		if !own(r) {
			continue
		}
		again := before != nil && wellEnded(before) && wellEnded(r) && r.Time-before.Time > Quiet
		if again || end != nil && starts(r) && r.Time-end.Time > Quiet {
			out = append(out, rs[from:i])
			from, end = i, nil
		}
		if ends(r) {
			end = r
		}
		before = r
	}
	return append(out, rs[from:])
}

// starts reports whether a record is one with which the flow begins; the second stands in for the first where that is lost.
func starts(r *passtrail.Record) bool {
	return r.ActivityKey == "flow" && (r.Step == vocab.StepStart || r.Step == vocab.StepOptions)
}

// ends reports whether an attempt may be over with an own record.
func ends(r *passtrail.Record) bool {
	n := rank(r)
	return n >= rankFailed || n == rankContacted || n == rankAbandoned
}

func wellEnded(r *passtrail.Record) bool { return rank(r) >= rankUnlocked }
