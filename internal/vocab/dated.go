package vocab

import (
	"slices"

	"passtrail"
)

// Technique is one technique of MITRE ATT&CK, as detections name it.
type Technique struct {
	ID, Name string
	Tactics  []string
	Version  string // of the matrix that it was read from
}

// Techniques returns the techniques that detections may name.
func Techniques() []Technique { return append([]Technique(nil), tables.techniques...) }

func (v *vocabulary) loadTechniques() {
	for _, r := range rows("attack") {
		v.techniques = append(v.techniques, Technique{ID: r["id"], Name: r["name"], Tactics: list(r["tactic"], "|"), Version: r["version"]})
	}
}

// Date is a day on which something outside changed that bends the curves of reports.
type Date struct {
	Day      passtrail.Ticks // the first of the month where no day is known
	End      passtrail.Ticks // exclusive: the day after, or the end of the month
	When     string          // as people say it
	Concerns []string        // resets, methods, registration, problems, usage, roles
	What     string          // a sentence
}

// Dates returns the days that lie in a period, at least in part, and bend curves about any of the subjects, oldest first.
func Dates(from, to passtrail.Ticks, subjects ...string) []Date {
	var out []Date
	for _, d := range tables.dates {
		if d.End > from && d.Day < to && slices.ContainsFunc(subjects, func(s string) bool { return slices.Contains(d.Concerns, s) }) {
			out = append(out, d)
		}
	}
	return out
}

func (v *vocabulary) loadDates() {
	for _, r := range rows("dates") {
		day, err := passtrail.ParseTicks(r["day"])
		if err != nil {
			panic("vocab: dates.tsv: " + err.Error())
		}
		last, err := passtrail.ParseTicks(r["last"])
		if err != nil || last < day {
			panic("vocab: dates.tsv: bad last day " + r["last"])
		}
		v.dates = append(v.dates, Date{Day: day, End: last + passtrail.Day, When: r["when"], Concerns: list(r["concerns"], "|"), What: r["what"]})
	}
}

// RegisteredOnlyFrom is the day from which password reset accepts registered methods only, unless a tenant's setting says
// otherwise: the last revision of Microsoft's message MC1325414.
var RegisteredOnlyFrom = func() passtrail.Ticks {
	day, err := passtrail.ParseTicks("2026-11-09")
	if err != nil {
		panic(err)
	}
	return day
}()
