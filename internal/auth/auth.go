// Package auth says who is asking, what they may do, and which tenants they may see. It knows how people sign in (a link
// that works once, or OpenID Connect) and keeps their sessions; it leaves cookies and pages to internal/web, and the
// records themselves to the services, which call [Require] before they read.
//
// Start at [Identity] and the table of permissions in roles.go.
package auth

import (
	"context"
	"slices"
	"strings"

	"passtrail"
)

// Identity is a person or program that has signed in. The zero value may do nothing.
type Identity struct {
	Subject string // stable and unique: "local", or issuer and subject of an identity provider
	Name    string // for people: a user principal name, or "this computer"
	Roles   []Role
	// Tenants are the tenants to see; AllTenants stands for every tenant of this server.
	Tenants    []passtrail.TenantID
	AllTenants bool
}

// Local is the person at the machine itself, who proved it with a link printed on its console: Global Administrator of
// every tenant.
func Local() *Identity {
	return &Identity{Subject: "local", Name: "this computer", Roles: []Role{GlobalAdministrator}, AllTenants: true}
}

// Can tells whether any of the identity's roles gives the permission. A nil identity may do nothing.
func (id *Identity) Can(p Permission) bool {
	return id != nil && slices.ContainsFunc(id.Roles, func(r Role) bool { return r.Grants(p) })
}

// Sees tells whether the identity may see a tenant at all.
func (id *Identity) Sees(t passtrail.TenantID) bool {
	return id != nil && (id.AllTenants || slices.Contains(id.Tenants, t))
}

// RoleNames lists the roles for a log line.
func (id *Identity) RoleNames() string {
	names := make([]string, len(id.Roles))
	for i, r := range id.Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

type contextKey struct{}

// With returns a context that carries who is asking.
func With(ctx context.Context, id *Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// From returns who is asking, nil if nobody signed in.
func From(ctx context.Context) *Identity {
	id, _ := ctx.Value(contextKey{}).(*Identity)
	return id
}

// Require returns nil when the one who asks may do p in tenant t, else an error with code Denied that says which roles
// may. Services call it where data is read.
func Require(ctx context.Context, t passtrail.TenantID, p Permission) error {
	id := From(ctx)
	switch {
	case id == nil:
		return passtrail.Errorf(passtrail.Denied, "auth.Require", "sign in first")
	case !id.Sees(t):
		return passtrail.Errorf(passtrail.Denied, "auth.Require", "this tenant is not among those you may see")
	case !id.Can(p):
		return passtrail.Errorf(passtrail.Denied, "auth.Require", "%s; your roles do not let you %s", whoMay(p), p)
	}
	return nil
}
