package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/big"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"passtrail"
	"passtrail/internal/store"
)

// A token is pt_ID_SECRETCHECK: an id of 12 small letters and digits, a secret of 256 bits as 43 digits to base 62, and 6
// such digits that check the rest (CRC-32). Nothing in it needs quoting, a double click selects all of it, and tools that
// look for secrets in public places can match
//
//	pt_[0-9a-z]{12}_[0-9A-Za-z]{49}
const (
	tokenPrefix  = "pt_"
	tokenIDLen   = 12
	secretDigits = 43
	checkDigits  = 6
	tokenDigits  = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// How long a token may live.
const (
	DefaultTokenLife = 90 * passtrail.Day
	MaxTokenLife     = 365 * passtrail.Day
)

// MaxTokenName is the longest name of a token, in bytes.
const MaxTokenName = 100

// useNoted is how coarsely the last use of a token is kept: a write for each request would cost more than it tells.
const useNoted = passtrail.Hour

// TokenSpec is a token to be made. Zero fields take the defaults: a new id, Reports Reader, 90 days.
type TokenSpec struct {
	// ID is the public part, as [NewTokenID] makes it. Who chooses it beforehand gets a Conflict instead of a second token
	// when the same form comes twice.
	ID     string
	Tenant passtrail.TenantID
	Name   string
	Role   Role
	Life   passtrail.Ticks
	By     string
}

// NewTokenID returns an id for a token.
func NewTokenID() string {
	var b strings.Builder
	for range tokenIDLen {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(tokenDigits))))
		if err != nil {
			panic(err) // the system has no randomness
		}
		b.WriteByte(tokenDigits[n.Int64()])
	}
	return b.String()
}

// NewToken makes a token of a spec: the row to keep, and the text to show once. It is an error with code Invalid when the
// spec asks for what may not be.
func NewToken(spec TokenSpec, now passtrail.Ticks) (store.Token, string, error) {
	if spec.ID == "" {
		spec.ID = NewTokenID()
	}
	if spec.Role == "" {
		spec.Role = ReportsReader
	}
	if spec.Life == 0 {
		spec.Life = DefaultTokenLife
	}
	if role, known := RoleOf(string(spec.Role)); known {
		spec.Role = role
	}
	spec.Name = strings.TrimSpace(spec.Name)
	if err := spec.validate(); err != nil {
		return store.Token{}, "", err
	}
	var b [32]byte
	rand.Read(b[:]) // never fails: it ends the program instead
	secret := digits(new(big.Int).SetBytes(b[:]), secretDigits)
	head := tokenPrefix + spec.ID + "_" + secret
	return store.Token{
		ID: spec.ID, Tenant: spec.Tenant, Name: spec.Name, Role: string(spec.Role), Hash: hashSecret(secret),
		CreatedAt: now, CreatedBy: spec.By, ExpiresAt: now + spec.Life,
	}, head + check(head), nil
}

// DescribeToken is a token in words, for the access log.
func DescribeToken(t store.Token) string {
	return fmt.Sprintf("id %s, role %s, expires %s", t.ID, t.Role, t.ExpiresAt.Time().Format(time.DateOnly))
}

func (s TokenSpec) validate() error {
	bad := func(format string, args ...any) error {
		return passtrail.Errorf(passtrail.Invalid, "auth.NewToken", format, args...)
	}
	if _, known := RoleOf(string(s.Role)); !known {
		return bad("%q is not a role that means something here; want one such as %q", s.Role, ReportsReader)
	}
	switch {
	case len(s.ID) != tokenIDLen || strings.Trim(s.ID, tokenDigits) != "":
		return bad("the id of a token has %d small letters and digits", tokenIDLen)
	case s.Name == "":
		return bad("a token needs a name that says which program uses it")
	case len(s.Name) > MaxTokenName || !utf8.ValidString(s.Name) || strings.ContainsFunc(s.Name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return bad("the name of a token is at most %d bytes of printable text", MaxTokenName)
	case s.Life < passtrail.Day || s.Life > MaxTokenLife:
		return bad("a token lives from 1 day to %d days", MaxTokenLife/passtrail.Day)
	}
	return nil
}

// digits writes a number to base 62 with leading zeros.
func digits(n *big.Int, width int) string {
	s := n.Text(62)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

func check(head string) string {
	return digits(big.NewInt(int64(crc32.ChecksumIEEE([]byte(head)))), checkDigits)
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// parseToken takes a token apart. ok is false for text that no token is, be it by a slip of the finger.
func parseToken(text string) (id, secret string, ok bool) {
	const size = len(tokenPrefix) + tokenIDLen + 1 + secretDigits + checkDigits
	if len(text) != size || !strings.HasPrefix(text, tokenPrefix) {
		return "", "", false
	}
	head := text[:size-checkDigits]
	id, secret, ok = strings.Cut(head[len(tokenPrefix):], "_")
	if !ok || len(id) != tokenIDLen || subtle.ConstantTimeCompare([]byte(check(head)), []byte(text[size-checkDigits:])) != 1 {
		return "", "", false
	}
	return id, secret, true
}

// Tokens lets programs in. It may be used from several goroutines.
type Tokens struct {
	store store.Tokens
	now   func() time.Time
	log   *slog.Logger
	guard *guard
}

// NewTokens lets in whose tokens a store keeps. The log is told of tokens that are refused again and again, and of uses
// that could not be noted; never of tokens.
func NewTokens(st store.Tokens, now func() time.Time, log *slog.Logger) *Tokens {
	return &Tokens{store: st, now: now, log: log, guard: newGuard(now)}
}

// Find returns whose token a text is: an identity with the token's role in the token's tenant. The address is where it
// came from. Errors have code Denied when the token lets nobody in and says why as far as its holder may know, and
// Unavailable, as a [*SlowDown], when too many wrong ones came from there.
func (t *Tokens) Find(ctx context.Context, text, address string) (*Identity, error) {
	id, secret, ok := parseToken(text)
	if wait := t.guard.wait(address, id); wait > 0 {
		return nil, &SlowDown{After: wait}
	}
	if !ok {
		return nil, t.refuse(address, "this is no access token, or it was mistyped: copy it whole, from pt_ to its end")
	}
	kept, err := t.store.Token(ctx, id)
	if err != nil && passtrail.CodeOf(err) != passtrail.NotFound {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(hashSecret(secret)), []byte(kept.Hash)) != 1 {
		return nil, t.refuse(address, "no such access token is known here")
	}
	now := passtrail.TicksOf(t.now())
	role, known := RoleOf(kept.Role)
	switch state := kept.State(now); {
	case state == store.TokenRevoked:
		return nil, t.refuse(address, "the access token "+kept.Name+" was revoked: ask a Global Administrator for another")
	case state == store.TokenExpired:
		return nil, t.refuse(address, "the access token "+kept.Name+" expired on "+kept.ExpiresAt.Time().Format(time.DateOnly)+": ask a Global Administrator for another")
	case !known:
		return nil, t.refuse(address, "the role of the access token "+kept.Name+" means nothing here")
	}
	t.guard.passed(address, id)
	if now-kept.LastUsed >= useNoted {
		if err := t.store.UseToken(ctx, id, now); err != nil {
			t.log.Error("use of an access token not noted", "token", id, "error", err.Error())
		}
	}
	return &Identity{Subject: "token:" + id, Name: "token " + kept.Name, Roles: []Role{role}, Tenants: []passtrail.TenantID{kept.Tenant}}, nil
}

// Missing counts a request without a token, as Find counts wrong ones.
func (t *Tokens) Missing(address string) error {
	if wait := t.guard.wait(address, ""); wait > 0 {
		return &SlowDown{After: wait}
	}
	return t.refuse(address, "sign in with an access token: send it in the header Authorization, after the word Bearer")
}

func (t *Tokens) refuse(address, why string) error {
	if n, full := t.guard.failed(address); full {
		t.log.Warn("requests without a valid access token, further ones are put off", "address", address, "count", n)
	}
	return passtrail.Errorf(passtrail.Denied, "auth.Find", "%s", why)
}

// SlowDown says that too many requests without a valid token came from one address.
type SlowDown struct{ After time.Duration }

// Error says when to come back.
func (e *SlowDown) Error() string {
	return fmt.Sprintf("too many requests without a valid access token; try again in %d seconds", e.Seconds())
}

// Seconds is After in whole seconds, at least 1.
func (e *SlowDown) Seconds() int { return max(1, int((e.After+time.Second-1)/time.Second)) }

// Unwrap gives the error its code.
func (e *SlowDown) Unwrap() error {
	return passtrail.Errorf(passtrail.Unavailable, "auth.Find", "%s", e.Error())
}
