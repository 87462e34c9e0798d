package duckdb

import (
	"encoding/json"
	"sort"
	"strings"

	"passtrail/internal/store"
)

// The states of snapshot_row are JSON with sorted members and sorted sets, so that equal states are equal text. What
// changes in every snapshot (lastUpdated) is a column beside it. derive_registration.sql and derive_role.sql read them.

// registrationState is the part of a registration that makes a new interval when it changes.
type registrationState struct {
	UPN             string   `json:"upn"`
	Name            string   `json:"name"`
	UserType        string   `json:"userType"`
	IsAdmin         bool     `json:"isAdmin"`
	Registered      bool     `json:"isSsprRegistered"`
	Enabled         bool     `json:"isSsprEnabled"`
	Capable         bool     `json:"isSsprCapable"`
	MfaRegistered   bool     `json:"isMfaRegistered"`
	MfaCapable      bool     `json:"isMfaCapable"`
	Passwordless    bool     `json:"isPasswordlessCapable"`
	Methods         []string `json:"methods"`
	SystemEnabled   bool     `json:"systemPreferredEnabled"`
	SystemMethods   []string `json:"systemPreferredMethods"`
	PreferredMethod string   `json:"preferredMethod"`
	Extra           string   `json:"extra,omitempty"`
}

// roleState is the part of a role assignment that makes a new interval when it changes.
type roleState struct {
	UserID   string `json:"userId"`
	UPN      string `json:"upn"`
	RoleID   string `json:"roleId"`
	RoleName string `json:"roleName"`
	Scope    string `json:"scope"`
}

// registrationRow returns key and state of a registration for snapshot_row.
func registrationRow(r *store.Registration) (key, state string, err error) {
	b, err := json.Marshal(registrationState{
		UPN: r.UPN, Name: r.Name, UserType: r.UserType, IsAdmin: r.IsAdmin,
		Registered: r.IsSsprRegistered, Enabled: r.IsSsprEnabled, Capable: r.IsSsprCapable,
		MfaRegistered: r.IsMfaRegistered, MfaCapable: r.IsMfaCapable, Passwordless: r.IsPasswordlessCapable,
		Methods: sorted(r.Methods), SystemEnabled: r.SystemPreferredEnabled, SystemMethods: sorted(r.SystemPreferredMethods),
		PreferredMethod: r.PreferredMethod, Extra: r.Extra,
	})
	return strings.ToLower(r.UserID), string(b), err
}

// roleRow returns key and state of a role assignment for snapshot_row.
func roleRow(a *store.RoleAssignment) (key, state string, err error) {
	s := roleState{UserID: strings.ToLower(a.UserID), UPN: a.UPN, RoleID: strings.ToLower(a.RoleID), RoleName: a.RoleName, Scope: a.Scope}
	if s.Scope == "" {
		s.Scope = "/"
	}
	b, err := json.Marshal(s)
	return s.UserID + "|" + s.RoleID + "|" + s.Scope, string(b), err
}

// sorted returns a sorted copy, never nil: order means nothing upstream.
func sorted(list []string) []string {
	out := append([]string{}, list...)
	sort.Strings(out)
	return out
}
