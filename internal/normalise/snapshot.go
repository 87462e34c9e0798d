package normalise

import (
	"encoding/json"
	"strings"

	"passtrail/internal/store"
	"passtrail/internal/vocab"
)

// registration reads a row of userRegistrationDetails.
func (n *Normaliser) registration() *Fault {
	r := &n.out.Registration
	r.UserID = lower(own(n.top.at[mID]))
	if r.UserID == "" {
		return &Fault{Code: CodeBadValue, Reason: "the registration row has no id"}
	}
	d := &n.dev
	for _, m := range n.top.rest {
		if !registrationMember(r, m) {
			d.plain = m.appendJSON(appendName(d.plain, m.name))
		}
	}
	for k, v := range n.top.at {
		if k != mID && v.kind != 0 {
			d.plain = v.appendJSON(appendName(d.plain, auditNames[k]))
		}
	}
	if len(d.plain) > 0 {
		r.Extra = "{" + string(d.plain) + "}"
	}
	return nil
}

// registrationMember takes over one member, and tells whether it is known and of the right kind.
func registrationMember(r *store.Registration, m member) bool {
	flag := func(p *bool) bool {
		*p = m.kind == 't'
		return m.kind == 't' || m.kind == 'f'
	}
	text := func(p *string) bool {
		*p = own(m.value)
		return m.kind == '"'
	}
	list := func(p *[]string) bool {
		return m.kind == '[' && json.Unmarshal(m.raw, p) == nil
	}
	switch m.name {
	case "userPrincipalName":
		return text(&r.UPN)
	case "userDisplayName":
		return text(&r.Name)
	case "userType":
		return text(&r.UserType)
	case "isAdmin":
		return flag(&r.IsAdmin)
	case "isSsprRegistered":
		return flag(&r.IsSsprRegistered)
	case "isSsprEnabled":
		return flag(&r.IsSsprEnabled)
	case "isSsprCapable":
		return flag(&r.IsSsprCapable)
	case "isMfaRegistered":
		return flag(&r.IsMfaRegistered)
	case "isMfaCapable":
		return flag(&r.IsMfaCapable)
	case "isPasswordlessCapable":
		return flag(&r.IsPasswordlessCapable)
	case "isSystemPreferredAuthenticationMethodEnabled":
		return flag(&r.SystemPreferredEnabled)
	case "methodsRegistered":
		return list(&r.Methods)
	case "systemPreferredAuthenticationMethods":
		return list(&r.SystemPreferredMethods)
	case "userPreferredMethodForSecondaryAuthentication":
		return text(&r.PreferredMethod)
	case "lastUpdatedDateTime":
		t, ok := parseTime(m.text())
		r.LastUpdated = t
		return ok
	}
	return false
}

// own returns a string value's text in memory of its own.
func own(v value) string { return strings.Clone(v.text()) }

// roleRow is a row of Graph's role assignments: roleAssignments, roleAssignmentScheduleInstances, both with principal and
// roleDefinition expanded or not, or of directoryRoles with members expanded.
type roleRow struct {
	PrincipalID      string     `json:"principalId"`
	RoleDefinitionID string     `json:"roleDefinitionId"`
	Scope            string     `json:"directoryScopeId"`
	Principal        *principal `json:"principal"`
	RoleDefinition   *struct {
		ID          string `json:"id"`
		TemplateID  string `json:"templateId"`
		DisplayName string `json:"displayName"`
	} `json:"roleDefinition"`

	RoleTemplateID string      `json:"roleTemplateId"`
	DisplayName    string      `json:"displayName"`
	Members        []principal `json:"members"`
}

// principal is who holds a role. PowerShell's objects have what their class does not know, the type among it, in
// additionalProperties.
type principal struct {
	said
	ID   string `json:"id"`
	More said   `json:"additionalProperties"`
}

// said is what a principal, or its additionalProperties, says of it.
type said struct {
	Type string `json:"@odata.type"`
	UPN  string `json:"userPrincipalName"`
}

// isPerson tells whether a principal is a user; without a type it is taken for one.
func (p *principal) isPerson() bool {
	if p == nil {
		return true
	}
	kind := firstOf(p.Type, p.More.Type)
	return kind == "" || strings.EqualFold(kind, "#microsoft.graph.user")
}

// roles reads a row of role assignments. Roles of groups and of service principals are not anybody's.
func (n *Normaliser) roles() (Kind, *Fault) {
	var row roleRow
	if err := json.Unmarshal(n.scan.b, &row); err != nil {
		return 0, &Fault{Code: CodeBadValue, Reason: "a member of the role assignment is not of the kind it should be"}
	}
	if row.RoleTemplateID != "" && row.Members == nil {
		n.out.Category = "directoryRoles without members"
		return KindOther, nil
	}
	if row.RoleTemplateID != "" {
		for _, p := range row.Members {
			if p.isPerson() && p.ID != "" {
				n.out.Roles = append(n.out.Roles, roleOf(p, row.RoleTemplateID, row.DisplayName, ""))
			}
		}
		return KindRoles, nil
	}
	if row.PrincipalID == "" && row.Principal != nil {
		row.PrincipalID = row.Principal.ID
	}
	if row.PrincipalID == "" || row.RoleDefinitionID == "" {
		return 0, &Fault{Code: CodeBadValue, Reason: "the role assignment lacks principalId or roleDefinitionId"}
	}
	if !row.Principal.isPerson() {
		return KindRoles, nil
	}
	p := principal{ID: row.PrincipalID}
	if row.Principal != nil {
		p.UPN, p.More.UPN = row.Principal.UPN, row.Principal.More.UPN
	}
	id, name := row.RoleDefinitionID, ""
	if def := row.RoleDefinition; def != nil {
		name = def.DisplayName
		if def.TemplateID != "" {
			id = def.TemplateID
		}
	}
	n.out.Roles = append(n.out.Roles, roleOf(p, id, name, row.Scope))
	return KindRoles, nil
}

func roleOf(p principal, id, name, scope string) store.RoleAssignment {
	id = lower(id)
	if name == "" {
		if known, ok := vocab.RoleByTemplate(id); ok {
			name = known.Name
		}
	}
	if scope == "" {
		scope = "/"
	}
	return store.RoleAssignment{UserID: lower(p.ID), UPN: firstOf(p.UPN, p.More.UPN), RoleID: id, RoleName: name, Scope: scope}
}
