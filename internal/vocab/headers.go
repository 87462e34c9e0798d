package vocab

import (
	"slices"
	"strings"
	"unicode"
)

// PortalDate is the column of the admin center's CSV that has the time. Its header says the zone behind it.
const PortalDate = "Date (UTC)"

// headerWords are words that headers in a language have.
type headerWords struct {
	language string
	words    []string
}

func (v *vocabulary) loadHeaders() {
	v.header, v.headerLanguage = map[string]string{}, map[string][]string{}
	for _, r := range rows("portal_headers") {
		v.header[strings.ToLower(r["column"])] = r["column"]
		for _, text := range list(r["texts"], "|") {
			text = strings.ToLower(text)
			v.header[text] = r["column"]
			v.headerLanguage[text] = append(v.headerLanguage[text], r["language"])
		}
	}
	for _, r := range rows("header_words") {
		v.headerWords = append(v.headerWords, headerWords{r["language"], list(r["words"], "|")})
	}
}

func (v *vocabulary) loadResults() {
	v.result = map[string]string{}
	for _, r := range rows("result_words") {
		for _, word := range list(r["words"], "|") {
			v.result[fold(word)] = r["result"]
		}
	}
}

// PortalColumn returns the English header of a column that stands once in the admin center's CSV, for its header in any
// language that is known. What stands in brackets behind a date, its zone, is left to the caller.
func PortalColumn(header string) (column string, ok bool) {
	column, ok = tables.header[strings.ToLower(strings.TrimSpace(header))]
	return column, ok
}

// ResultOf returns success, failure, timeout or unknownfuturevalue for a word of a language that is known; ok is false
// for another word.
func ResultOf(word string) (result string, ok bool) {
	switch word {
	case "success", "failure":
		return word, true
	}
	result, ok = tables.result[fold(word)]
	return result, ok
}

// HeaderLanguage names the language of a file's header: the one that most of its cells have words of. English, and a
// language that cannot be told, are "".
func HeaderLanguage(cells []string) string {
	votes := map[string]int{}
	foreign := ""
	for _, cell := range cells {
		cell = strings.ToLower(strings.TrimSpace(cell))
		for _, l := range tables.headerLanguage[cell] {
			votes[l] += 2
		}
		words := strings.FieldsFunc(cell, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
		for _, l := range tables.headerWords {
			if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(l.words, w) }) {
				votes[l.language]++
			}
		}
		if foreign == "" {
			foreign = script(cell)
		}
	}
	delete(votes, "English")
	best := ""
	for l, n := range votes {
		if n > votes[best] || n == votes[best] && l < best {
			best = l
		}
	}
	if votes[best] < 2 {
		best = ""
	}
	if best == "" {
		return foreign
	}
	return best
}

// script names the writing of a header cell whose language is not known.
func script(cell string) string {
	for _, r := range cell {
		switch {
		case unicode.Is(unicode.Cyrillic, r):
			return "a language in Cyrillic letters"
		case unicode.In(r, unicode.Hangul, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Thai, unicode.Devanagari):
			return "another language"
		}
	}
	return ""
}
