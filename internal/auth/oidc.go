package auth

// Provider signs people in with OpenID Connect.
type Provider struct{ issuer string }

// Issuer is the address of the identity provider.
func (p *Provider) Issuer() string { return p.issuer }
