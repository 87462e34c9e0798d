package store

import "passtrail"

// Lateness is how long after its time a record may still appear upstream. Microsoft promises nothing: it has published 5
// minutes for 99 in 100 audit records, expects up to a day where a destination was just set up, and hours of Storage have
// been seen to grow for 13 hours after a fault.
//
// A source that has brought a record of some instant was read after that instant. So what it had of more than Lateness
// before will not grow by late records, and the figures up to there are final, as far as this source goes: an older file
// that is taken in later, or one that was cut when it was made, is nobody's to know.
const Lateness = passtrail.Day

// Finality says up to when figures are final, by source; 0 is open. Sources that never brought a record are not in it.
type Finality map[string]passtrail.Ticks

// Until is the instant before which no source's figures grow any more, 0 if that can be said of no instant.
func (f Finality) Until() passtrail.Ticks {
	until := passtrail.Forever
	for _, t := range f {
		until = min(until, t)
	}
	if until == passtrail.Forever {
		return 0
	}
	return until
}

// EarliestRecord is the beginning of the year 2000. A record dated before it, or more than a day after it was received,
// has a time that cannot be right: it is kept, and says nothing about what is final.
const EarliestRecord passtrail.Ticks = 630822816000000000
