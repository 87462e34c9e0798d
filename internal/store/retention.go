package store

import "passtrail"

// The shortest and the longest retention that a tenant may choose, in days. Shorter ones would delete what the reports ask
// about: they look back 30 days.
const (
	MinRetentionDays = 30
	MaxRetentionDays = 36_500
)

// CheckRetention returns an error with code Invalid unless days is a retention: 0, for ever, or a number in range.
func CheckRetention(days int) error {
	if days == 0 || (days >= MinRetentionDays && days <= MaxRetentionDays) {
		return nil
	}
	return passtrail.Errorf(passtrail.Invalid, "store.CheckRetention", "a retention of %d days is not possible: choose %d to %d days, or forever", days, MinRetentionDays, MaxRetentionDays)
}

// KeepsFrom returns the instant before which nothing is kept under a retention of so many days, 0 when all is. It is a
// midnight in UTC, so that it stays where it is for a day.
func KeepsFrom(days int, now passtrail.Ticks) passtrail.Ticks {
	if days <= 0 {
		return 0
	}
	return max(0, now-now%passtrail.Day-passtrail.Ticks(days)*passtrail.Day)
}

// Expired is what was deleted, or would be, because it is older than what a tenant keeps.
type Expired struct {
	Records, Attempts, SetAside, Intervals, Findings int64
	First, Last                                      passtrail.Ticks // of the records, 0 without any
}

// Any tells whether it is anything at all.
func (e Expired) Any() bool {
	return e.Records+e.Attempts+e.SetAside+e.Intervals+e.Findings > 0
}
