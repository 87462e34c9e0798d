package export

import (
	"strings"

	"passtrail"
)

// About says what an export is about, for formats that have room for it: a sheet of a workbook, a member of JSON, lines
// below a Markdown table. CSV and JSON lines have none: what reads them takes every line for a row.
type About struct {
	What       string // the question, or the list
	Tenant     string // its name
	TenantID   passtrail.TenantID
	From, To   passtrail.Ticks // the period; 0: open
	Filter     string          // in words or as KQL; "" for none
	Notes      []string        // what to know before trusting a figure: what is not covered, and the like
	FinalUntil passtrail.Ticks // figures of before do not grow any more; 0: nothing is final
	Made       passtrail.Ticks
}

// lines are its parts in order, each with a name.
func (a *About) lines() [][2]string {
	period := "from " + a.From.String() + " to " + a.To.String()
	switch {
	case a.From <= 1 && a.To == 0:
		period = "all time"
	case a.From <= 1:
		period = "up to " + a.To.String()
	case a.To == 0:
		period = "from " + a.From.String()
	}
	final := "nothing yet: figures may still grow by late records"
	if a.FinalUntil != 0 {
		final = a.FinalUntil.String()
	}
	out := [][2]string{
		{"What", a.What}, {"Tenant", strings.TrimSpace(a.Tenant + " " + string(a.TenantID))}, {"Period", period}, {"Filter", a.Filter},
		{"Coverage and notes", strings.Join(a.Notes, "\n")}, {"Final up to", final}, {"Times", "UTC, days are UTC days"},
		{"Made", a.Made.String()}, {"Made by", "Passtrail " + passtrail.Version},
	}
	if a.Filter == "" {
		out[3][1] = "none"
	}
	if len(a.Notes) == 0 {
		out[4][1] = "The whole period is covered."
	}
	return out
}

// member is About as a member of JSON.
func (a *About) member() Member {
	v := struct {
		What       string   `json:"what"`
		Tenant     string   `json:"tenant"`
		From       string   `json:"from,omitempty"`
		To         string   `json:"to,omitempty"`
		Filter     string   `json:"filter,omitempty"`
		Notes      []string `json:"notes"`
		FinalUntil string   `json:"finalUntil,omitempty"`
		Made       string   `json:"made"`
		Version    string   `json:"version"`
	}{What: a.What, Tenant: string(a.TenantID), Filter: a.Filter, Notes: append([]string{}, a.Notes...), Made: a.Made.String(), Version: passtrail.Version}
	for into, at := range map[*string]passtrail.Ticks{&v.From: a.From, &v.To: a.To, &v.FinalUntil: a.FinalUntil} {
		if at > 1 {
			*into = at.String()
		}
	}
	return Member{"about", v}
}
