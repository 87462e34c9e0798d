package store

import (
	"context"

	"passtrail"
)

// Tokens keeps the access tokens of programs. Their secrets never reach a store, only digests do.
type Tokens interface {
	// PutToken adds a token. One with its id, or a token of the tenant that is in force at CreatedAt and has its name, is
	// an error with code Conflict.
	PutToken(ctx context.Context, t Token) error
	// Token returns one token by id, in whatever state, or an error with code NotFound.
	Token(ctx context.Context, id string) (Token, error)
	// Tokens returns the tokens of a tenant in every state, newest first.
	Tokens(ctx context.Context, tenant passtrail.TenantID) ([]Token, error)
	// UseToken notes when a token was last used; an earlier time than the one noted changes nothing.
	UseToken(ctx context.Context, id string, at passtrail.Ticks) error
	// RevokeToken ends a token of a tenant and returns it. It fails with code NotFound when the tenant has no such token,
	// and with Conflict when it was revoked before: who did it first stays.
	RevokeToken(ctx context.Context, tenant passtrail.TenantID, id, by string, at passtrail.Ticks) (Token, error)
}

// Token is the access token of a program, without its secret.
type Token struct {
	ID         string // public
	Tenant     passtrail.TenantID
	Name, Role string // Role is the display name of an Entra role
	Hash       string // SHA-256 of the secret, hex
	CreatedAt  passtrail.Ticks
	CreatedBy  string
	ExpiresAt  passtrail.Ticks
	LastUsed   passtrail.Ticks // 0: never
	RevokedAt  passtrail.Ticks // 0: not revoked
	RevokedBy  string
}

// Token states, as [Token.State] names them.
const (
	TokenActive  = "active"
	TokenExpired = "expired"
	TokenRevoked = "revoked"
)

// State is what a token is worth at an instant: active, expired or revoked.
func (t Token) State(at passtrail.Ticks) string {
	switch {
	case t.RevokedAt != 0:
		return TokenRevoked
	case t.ExpiresAt <= at:
		return TokenExpired
	}
	return TokenActive
}
