package vocab

import (
	"cmp"
	"slices"
	"strings"
)

// Setting is a property that records of policies change. It applies to names that end with Name, word by word; the longest
// one counts, and one without a name stands for all others of the activity.
type Setting struct {
	Activity string // key of [Activity]
	Name     string // in lower case, words parted by dots
	Blade    string // where the portal shows it
	Title    string // in plain words, "" where the name has to do
	Weaker   []Weaker
}

// Weaker says when a change makes recovery easier for somebody it should not help.
type Weaker struct {
	// Rule is to (the new value is one of Values), less or more (numbers), adds or drops (elements of a list), given (the new
	// value is not empty), change (any) or always (the record itself, whatever it says).
	Rule   string
	Values []string // in lower case; * stands for any element
	Why    string
}

// Settings returns the settings, the longer names of an activity before the shorter.
func Settings() []Setting { return append([]Setting(nil), tables.settings...) }

// PolicyActivities returns the keys of the activities that change a policy about recovery.
func PolicyActivities() []string {
	var out []string
	for _, s := range tables.settings {
		if s.Name == "" {
			out = append(out, s.Activity)
		}
	}
	return out
}

func (v *vocabulary) loadSettings() {
	for _, r := range rows("settings") {
		s := Setting{Activity: r["activity"], Name: r["name"], Blade: r["blade"], Title: r["title"]}
		if _, ok := v.activityByKey[s.Activity]; !ok {
			panic("vocab: settings.tsv: no activity " + s.Activity)
		}
		for _, w := range list(r["weaker"], ";") {
			rule, why, _ := strings.Cut(w, "=")
			rule, values, _ := strings.Cut(rule, ":")
			if !slices.Contains([]string{"to", "less", "more", "adds", "drops", "given", "change", "always"}, rule) || why == "" {
				panic("vocab: settings.tsv: " + s.Name + ": bad rule " + w)
			}
			s.Weaker = append(s.Weaker, Weaker{rule, list(values, "|"), why})
		}
		v.settings = append(v.settings, s)
	}
	slices.SortStableFunc(v.settings, func(a, b Setting) int {
		return cmp.Or(strings.Compare(a.Activity, b.Activity), len(b.Name)-len(a.Name))
	})
}
