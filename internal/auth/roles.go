package auth

import (
	"slices"
	"strings"
)

// Role is the display name of a Microsoft Entra directory role.
type Role string

// The roles that mean something here.
const (
	GlobalAdministrator   Role = "Global Administrator"
	GlobalReader          Role = "Global Reader"
	ReportsReader         Role = "Reports Reader"
	SecurityReader        Role = "Security Reader"
	SecurityAdministrator Role = "Security Administrator"
	SecurityOperator      Role = "Security Operator"
	HelpdeskAdministrator Role = "Helpdesk Administrator"
	PasswordAdministrator Role = "Password Administrator"
	UserAdministrator     Role = "User Administrator"
	AuthAdministrator     Role = "Authentication Administrator"
	PrivAuthAdministrator Role = "Privileged Authentication Administrator"
)

// Permission is something to be allowed. Its text completes "your roles do not let you …".
type Permission string

// The permissions.
const (
	ReadReports   Permission = "read reports, attempts and the audit log"
	ReadPerson    Permission = "look at one person"
	RunQueries    Permission = "run queries"
	Export        Permission = "export"
	Triage        Permission = "change the state of findings"
	Configure     Permission = "change settings"
	ReadAccessLog Permission = "read the access log"
)

// templates are the role template ids, the same in every tenant: Microsoft's list of built-in roles.
var templates = map[string]Role{
	"62e90394-69f5-4237-9190-012177145e10": GlobalAdministrator,
	"f2ef992c-3afb-46b9-b7cf-a126ee74c451": GlobalReader,
	"4a5d8f65-41da-4de4-8968-e035b65339cf": ReportsReader,
	"5d6b6bb7-de71-4623-b4af-96380a352509": SecurityReader,
	"194ae4cb-b126-40b2-bd5b-6091b380977d": SecurityAdministrator,
	"5f2222b1-57c3-48ba-8ad5-d4759f1fde6f": SecurityOperator,
	"729827e3-9c14-49f7-bb1b-9608f156bbb8": HelpdeskAdministrator,
	"966707d0-3269-4727-9be2-8c3a10f19b9d": PasswordAdministrator,
	"fe930be7-5e62-47db-91af-98c3a49a38b1": UserAdministrator,
	"c4e39bd9-1100-46d3-8c65-fb160da0071f": AuthAdministrator,
	"7be44c8a-adaf-4e2a-84d6-ab2649e08a13": PrivAuthAdministrator,
}

// grants is who may do what, one row a permission. Every decision reads this table.
var grants = map[Permission][]Role{
	ReadReports:   {GlobalAdministrator, GlobalReader, ReportsReader, SecurityReader, SecurityAdministrator, SecurityOperator},
	ReadPerson:    {GlobalAdministrator, GlobalReader, ReportsReader, SecurityReader, SecurityAdministrator, SecurityOperator, HelpdeskAdministrator, PasswordAdministrator, UserAdministrator, AuthAdministrator, PrivAuthAdministrator},
	RunQueries:    {GlobalAdministrator, GlobalReader, ReportsReader, SecurityReader, SecurityAdministrator, SecurityOperator},
	Export:        {GlobalAdministrator, GlobalReader, ReportsReader, SecurityReader, SecurityAdministrator, SecurityOperator},
	Triage:        {GlobalAdministrator, SecurityAdministrator, SecurityOperator},
	Configure:     {GlobalAdministrator},
	ReadAccessLog: {GlobalAdministrator, GlobalReader, SecurityAdministrator},
}

// Grants tells whether the role gives the permission.
func (r Role) Grants(p Permission) bool { return slices.Contains(grants[p], r) }

// RoleOf reads a role from a claim: a template id, or a name in any letter case with or without spaces. ok is false for
// roles that mean nothing here.
func RoleOf(claim string) (role Role, ok bool) {
	key := strings.ToLower(strings.TrimSpace(claim))
	if r, known := templates[key]; known {
		return r, true
	}
	for _, r := range templates {
		name := strings.ToLower(string(r))
		if key == name || key == strings.ReplaceAll(name, " ", "") {
			return r, true
		}
	}
	return "", false
}

// Roles lists every role that means something here, by name.
func Roles() []Role {
	var all []Role
	for _, r := range templates {
		all = append(all, r)
	}
	slices.Sort(all)
	return all
}

// Permissions lists every permission, by its text.
func Permissions() []Permission {
	var all []Permission
	for p := range grants {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}

// whoMay names the roles that give a permission.
func whoMay(p Permission) string {
	var names []string
	for _, r := range grants[p] {
		names = append(names, string(r))
	}
	switch len(names) {
	case 0:
		return "nobody may do this"
	case 1:
		return "only a " + names[0] + " may do this"
	}
	return "a " + strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1] + " may do this"
}
