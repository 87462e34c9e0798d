package vocab

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns the form in which texts are compared: without space around and doubled space within, in lower case,
// without final full stops, with a straight apostrophe, with "cancelled" for "canceled", "self-service" for "self-serve",
// "self serve" and "self service", "usermanagement" and "directorymanagement" for the same in two words. Folding twice
// changes nothing. Texts of the vocabulary, and those folded already, cost no memory.
func Fold(s string) string {
	if f, ok := tables.folded[s]; ok {
		return f
	}
	return fold(s)
}

// fold is Fold without the table of known texts.
func fold(s string) string {
	if !plain(s) {
		s = normal(s)
	}
	return respell(s)
}

// plain reports whether s is ASCII without anything that normal would change.
func plain(s string) bool {
	prev := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf || c < ' ' || 'A' <= c && c <= 'Z' || c == ' ' && prev == ' ' {
			return false
		}
		prev = c
	}
	return s == "" || prev != ' ' && prev != '.'
}

// normal folds case, space, apostrophes and final full stops.
func normal(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) || r == '\uFEFF' || r == 0 {
			space = true
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(lower(r))
	}
	return strings.TrimRight(b.String(), " .")
}

// lower folds the case of one rune. Lowering once is not always the end: a few runes lower to ones that lower again.
func lower(r rune) rune {
	if r == '’' || r == '‘' {
		return '\''
	}
	for {
		l := unicode.ToLower(r)
		if l == r {
			return r
		}
		r = l
	}
}

// spellings are words that are written in several ways. Each stands for itself between other letters only.
var spellings = []struct{ from, to string }{
	{"canceled", "cancelled"},
	{"self-serve", "self-service"},
	{"self serve", "self-service"},
	{"self service", "self-service"},
	{"user management", "usermanagement"},
	{"directory management", "directorymanagement"},
}

// respell replaces the spellings in folded text.
func respell(s string) string {
	for _, p := range spellings {
		if len(s) >= len(p.from) && strings.Contains(s, p.from) {
			s = replaceWord(s, p.from, p.to)
		}
	}
	return s
}

// replaceWord replaces from where it is not part of a longer word.
func replaceWord(s, from, to string) string {
	var b strings.Builder
	rest, before := s, byte(' ')
	for {
		i := strings.Index(rest, from)
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		if i > 0 {
			before = rest[i-1]
		}
		end := i + len(from)
		whole := !letter(before) && (end == len(rest) || !letter(rest[end]))
		b.WriteString(rest[:i])
		if whole {
			b.WriteString(to)
		} else {
			b.WriteString(from)
		}
		before, rest = rest[end-1], rest[end:]
	}
}

// letter reports whether c is part of a word; bytes of other scripts count as such.
func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf
}
