package web

import (
	"strings"
	"sync"
	"time"
	"unicode"

	"passtrail"
)

// Somebody who may look at one person at a time, and at no list, must not read the list by searching. Their searches name
// at least boundedLetters letters or digits, show boundedPeople people, and come at most boundedSearches in a
// boundedWindow; a search as one types is as many as the pauses in it.
const (
	boundedLetters  = 3
	boundedPeople   = 10
	boundedSearches = 120
	boundedWindow   = 10 * time.Minute
	maxSearchers    = 10_000
)

var (
	errShortSearch = passtrail.Errorf(passtrail.Invalid, "web.search", "type at least %d letters of the name", boundedLetters)
	errTooOften    = passtrail.Errorf(passtrail.TooLarge, "web.search", "too many searches: at most %d in %d minutes; wait a little", boundedSearches, int(boundedWindow.Minutes()))
)

// searches counts the searches of people who may not read lists.
type searches struct {
	mu   sync.Mutex
	made map[string]searched
}

type searched struct {
	since time.Time
	count int
}

// allow refuses a search that tells too much, or one too many.
func (s *searches) allow(who, text string, now time.Time) error {
	letters := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters++
		}
	}
	if letters < boundedLetters || strings.ContainsAny(text, "*%") {
		return errShortSearch
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.made[who]
	if now.Sub(m.since) >= boundedWindow {
		m = searched{since: now}
	}
	if m.count >= boundedSearches {
		return errTooOften
	}
	m.count++
	if s.made == nil || len(s.made) >= maxSearchers {
		s.made = map[string]searched{} // more people than can be told apart: begin anew rather than grow
	}
	s.made[who] = m
	return nil
}
