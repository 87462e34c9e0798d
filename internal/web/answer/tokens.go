package answer

import (
	"context"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

func tokenRow(t store.Token, now passtrail.Ticks) web.TokenRow {
	return web.TokenRow{
		ID: t.ID, Name: t.Name, Role: t.Role, State: t.State(now), CreatedBy: t.CreatedBy, RevokedBy: t.RevokedBy,
		CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsed: t.LastUsed, RevokedAt: t.RevokedAt,
	}
}

// TokenList answers the tokens of the tenant.
func (a *Answers) TokenList(ctx context.Context, s web.Scope) ([]web.TokenRow, error) {
	if err := auth.Require(ctx, s.Tenant, auth.Configure); err != nil {
		return nil, err
	}
	all, err := a.store.Tokens(ctx, s.Tenant)
	var out []web.TokenRow
	for _, t := range all {
		out = append(out, tokenRow(t, s.Now))
	}
	return out, err
}

// CreateToken makes a token.
func (a *Answers) CreateToken(ctx context.Context, s web.Scope, n web.NewToken) (web.TokenRow, string, error) {
	if err := auth.Require(ctx, s.Tenant, auth.Configure); err != nil {
		return web.TokenRow{}, "", err
	}
	if most := int(auth.MaxTokenLife / passtrail.Day); n.Days < 1 || n.Days > most {
		return web.TokenRow{}, "", passtrail.Errorf(passtrail.Invalid, "answer.CreateToken", "a token lives from 1 to %d days", most)
	}
	t, secret, err := auth.NewToken(auth.TokenSpec{
		ID: n.ID, Tenant: s.Tenant, Name: n.Name, Role: auth.Role(n.Role), Life: passtrail.Ticks(n.Days) * passtrail.Day, By: auth.From(ctx).Name,
	}, s.Now)
	if err == nil {
		err = a.store.PutToken(ctx, t)
	}
	if err != nil {
		return web.TokenRow{}, "", err
	}
	return tokenRow(t, s.Now), secret, nil
}

// RevokeToken ends a token.
func (a *Answers) RevokeToken(ctx context.Context, s web.Scope, id string) (web.TokenRow, error) {
	if err := auth.Require(ctx, s.Tenant, auth.Configure); err != nil {
		return web.TokenRow{}, err
	}
	t, err := a.store.RevokeToken(ctx, s.Tenant, id, auth.From(ctx).Name, s.Now)
	if err != nil {
		return web.TokenRow{}, err
	}
	return tokenRow(t, s.Now), nil
}
