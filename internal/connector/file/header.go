package file

import (
	"strings"

	"passtrail/internal/dates"
	"passtrail/internal/vocab"
)

// csvHeader is the header of a CSV file.
type csvHeader struct {
	names [][]byte // JSON strings with a colon behind them
	times []timeColumn
	texts []string
}

// timeColumn is a column of times, the first of which that has a cell is the row's time.
type timeColumn struct {
	at   int
	zone dates.Zoning
}

// The columns of times of Log Analytics, the one that counts first.
var analyticsTimes = []string{"ActivityDateTime", "TimeGenerated"}

func newCSVHeader(cells [][]byte) *csvHeader {
	h := &csvHeader{names: make([][]byte, len(cells)), texts: make([]string, len(cells))}
	for i, cell := range cells {
		h.names[i] = append(appendQuoted(nil, cell), ':')
		h.texts[i] = string(cell)
	}
	for _, want := range append(analyticsTimes[:len(analyticsTimes):len(analyticsTimes)], vocab.PortalDate) {
		if want == vocab.PortalDate && len(h.times) > 0 {
			break // a further column of a query's answer
		}
		found := timeColumn{at: -1}
		for i, text := range h.texts {
			if name, zone := timeHeader(text); name == want && (found.at < 0 || text == want) {
				found = timeColumn{i, zone}
			}
		}
		if found.at >= 0 {
			h.times = append(h.times, found)
		}
	}
	return h
}

// timeHeader returns which column of times a header is of; "" for others.
func timeHeader(text string) (name string, zone dates.Zoning) {
	base, zone := dates.Column(text)
	for _, name := range analyticsTimes {
		if strings.EqualFold(base, name) {
			return name, zone
		}
	}
	if column, ok := vocab.PortalColumn(base); ok && column == vocab.PortalDate {
		return column, zone
	}
	return "", zone
}

// again tells whether a row is a header once more: downloads were put one behind the other.
func (h *csvHeader) again(cells [][]byte) bool {
	for _, t := range h.times {
		if t.at >= len(cells) || len(cells[t.at]) == 0 || cells[t.at][0] <= '9' {
			continue
		}
		if name, _ := timeHeader(string(cells[t.at])); name != "" {
			return true
		}
	}
	return false
}

// portalColumns are the columns of the admin center's CSV that tell what happened. The first three must be there.
var portalColumns = []string{vocab.PortalDate, "Activity", "Result", "Service", "Category", "CorrelationId", "ResultReason"}

const portalMust = 3

// problem tells why nothing below a header can be read: it is of the admin center and in a language that is not known, or
// without a column that must be there. "" when nothing is wrong with it.
func (h *csvHeader) problem() string {
	have, foreign := map[string]bool{}, 0
	plain := 0 // columns whose names are English whatever the language
	for _, text := range h.texts {
		base, _ := dates.Column(text)
		name, ok := vocab.PortalColumn(base)
		switch {
		case timeOfAnalytics(text):
			return ""
		case ok:
			have[name] = true
		case strings.HasPrefix(text, "Target") || strings.HasPrefix(text, "AdditionalDetail"):
			plain++
		case strings.HasPrefix(text, "Actor"):
			plain++
		default:
			foreign++
		}
	}
	var missing []string
	for i, name := range portalColumns {
		if !have[name] && (i < portalMust || foreign > 0) {
			missing = append(missing, name)
		}
	}
	must := !have[vocab.PortalDate] || !have["Activity"] || !have["Result"]
	language := vocab.HeaderLanguage(h.texts)
	switch {
	case len(missing) == 0:
		return ""
	case language != "" && (have[vocab.PortalDate] || plain > 0 || len(missing) >= portalMust):
		return "the header is in " + language + " and has no column that is known as " + strings.Join(missing, ", ") +
			": download the file with the admin center in English, or as JSON"
	case must && plain > 0, must && have[vocab.PortalDate] && (have["Activity"] || have["Result"]):
		return "the header has no column " + strings.Join(missing, ", ") + ": download the file again with all columns, in English"
	}
	return ""
}

func timeOfAnalytics(text string) bool {
	name, _ := timeHeader(text)
	return name != "" && name != vocab.PortalDate
}
