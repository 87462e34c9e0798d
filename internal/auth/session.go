package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"passtrail"
)

const (
	sessionIdle   = 8 * time.Hour    // a session not used for this long ends
	sessionLife   = 24 * time.Hour   // a session ends after this, used or not
	sessionRotate = 15 * time.Minute // after this its secret is replaced at the next use
	rotateGrace   = time.Minute      // the old secret still works this long, for requests under way
	linkLife      = 24 * time.Hour   // a sign-in link that nobody used ends
	maxSessions   = 10_000
	secretBytes   = 32
)

// Sessions keeps who is signed in, in memory: a restart signs everybody out. Secrets are held as digests only. It may
// be used from several goroutines.
type Sessions struct {
	now   func() time.Time
	mu    sync.Mutex
	open  map[[32]byte]*session
	links map[[32]byte]link
}

type session struct {
	who                    *Identity
	opened, rotated, used  time.Time
	replacedAt, hardEndsAt time.Time
}

type link struct {
	who  *Identity
	made time.Time
}

// NewSessions returns an empty set of sessions that reads the time from now.
func NewSessions(now func() time.Time) *Sessions {
	return &Sessions{now: now, open: map[[32]byte]*session{}, links: map[[32]byte]link{}}
}

// NewLink returns the secret of a sign-in link that works once, within a day.
func (s *Sessions) NewLink(who *Identity) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := newSecret()
	s.links[digest(secret)] = link{who: who, made: s.now()}
	return secret
}

// UseLink opens a session with a link's secret and returns the session's secret. It returns an error with code Denied
// when the link is unknown, used or too old.
func (s *Sessions) UseLink(secret string) (string, *Identity, error) {
	s.mu.Lock()
	key := digest(secret)
	l, ok := s.links[key]
	delete(s.links, key)
	fresh := ok && s.now().Sub(l.made) <= linkLife
	s.mu.Unlock()
	if !fresh {
		return "", nil, passtrail.Errorf(passtrail.Denied, "auth.UseLink", "this sign-in link has been used or is too old; \"passtrail sign-in\" prints another")
	}
	session, err := s.Open(l.who)
	return session, l.who, err
}

// Open starts a session and returns its secret, or an error with code TooLarge when there are too many.
func (s *Sessions) Open(who *Identity) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	if len(s.open) >= maxSessions {
		return "", passtrail.Errorf(passtrail.TooLarge, "auth.Open", "more than %d people are signed in; try again later", maxSessions)
	}
	now, secret := s.now(), newSecret()
	s.open[digest(secret)] = &session{who: who, opened: now, rotated: now, used: now, hardEndsAt: now.Add(sessionLife)}
	return secret, nil
}

// Find returns who a session's secret belongs to, nil if it has ended. When the secret is due for replacement, next is
// the new one that the caller must hand to the browser; otherwise it is "".
func (s *Sessions) Find(secret string) (who *Identity, next string) {
	if secret == "" {
		return nil, ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, key := s.now(), digest(secret)
	e := s.open[key]
	if e == nil || e.ended(now) {
		delete(s.open, key)
		return nil, ""
	}
	e.used = now
	if now.Sub(e.rotated) < sessionRotate || !e.replacedAt.IsZero() {
		return e.who, ""
	}
	e.replacedAt = now
	next = newSecret()
	s.open[digest(next)] = &session{who: e.who, opened: e.opened, rotated: now, used: now, hardEndsAt: e.hardEndsAt}
	return e.who, next
}

// Close ends a session.
func (s *Sessions) Close(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, digest(secret))
}

// ended tells whether a session is over.
func (e *session) ended(now time.Time) bool {
	replaced := !e.replacedAt.IsZero() && now.Sub(e.replacedAt) > rotateGrace
	return replaced || now.Sub(e.used) > sessionIdle || now.After(e.hardEndsAt)
}

// sweep forgets what has ended. The caller holds the lock.
func (s *Sessions) sweep() {
	now := s.now()
	for key, e := range s.open {
		if e.ended(now) {
			delete(s.open, key)
		}
	}
	for key, l := range s.links {
		if now.Sub(l.made) > linkLife {
			delete(s.links, key)
		}
	}
}

// newSecret returns 32 random bytes as text that fits in a cookie and an address.
func newSecret() string {
	var b [secretBytes]byte
	rand.Read(b[:]) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func digest(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }
