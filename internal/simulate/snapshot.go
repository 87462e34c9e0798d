package simulate

import (
	"context"
	"fmt"

	"passtrail"
	"passtrail/internal/vocab"
)

// writeSnapshots writes each snapshot as two files: userRegistrationDetails and the role assignments, the latter in both
// forms that Graph has. The time of a snapshot is in the file's name and, for registrations, in every row. A file holds
// one page a line.
func (m *model) writeSnapshots(ctx context.Context, out *folder) error {
	for i, at := range m.snapshots {
		if err := ctx.Err(); err != nil {
			return err
		}
		stamp := at.Time().Format("2006-01-02T150405Z")
		if err := m.writeRegistrations(out, "snapshots/userRegistrationDetails-"+stamp+".json", at); err != nil {
			return err
		}
		name, body := "roleAssignments", m.roleAssignments(at)
		if i%3 == 1 {
			name, body = "directoryRoles", m.directoryRoles(at)
		}
		if err := writeFile(out, fmt.Sprintf("snapshots/%s-%s.json", name, stamp), body); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(out *folder, name string, body []byte) error {
	w, err := out.create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return err
}

// writeRegistrations writes the registration report as read at an instant, a thousand people a page.
func (m *model) writeRegistrations(out *folder, name string, at passtrail.Ticks) error {
	const context = `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#reports/authenticationMethods/userRegistrationDetails","value":[`
	const perPage = 1000
	w, err := out.create(name)
	if err != nil {
		return err
	}
	var b []byte
	for i, p := range m.people {
		switch {
		case i%perPage == 0:
			b = append(b, context...)
		default:
			b = append(b, ',')
		}
		b = p.appendRegistration(b, at)
		if i%perPage < perPage-1 && i < len(m.people)-1 {
			continue
		}
		if b = append(b, ']'); i < len(m.people)-1 {
			b = append(b, `,"@odata.nextLink":"https://graph.microsoft.com/v1.0/reports/authenticationMethods/userRegistrationDetails?$skiptoken=`...)
			b = append(appendUint(b, uint64(i+1)), '"')
		}
		b = append(b, "}\n"...)
		if _, err := w.Write(b); err != nil {
			return err
		}
		b = b[:0]
	}
	return w.Close()
}

// appendRegistration appends p's row of userRegistrationDetails.
func (p *person) appendRegistration(b []byte, at passtrail.Ticks) []byte {
	s := p.stateAt(at)
	b = append(b, `{"id":`...)
	b = appendString(b, p.id)
	b = appendField(b, "userPrincipalName", p.upn)
	b = appendField(b, "userDisplayName", p.name)
	b = appendField(b, "userType", p.userType())
	mfa := s.methods&(hasMobile|hasOffice|hasPush|hasCode|hasFido) != 0
	for _, f := range []struct {
		name string
		on   bool
	}{
		{"isAdmin", s.admin}, {"isSsprRegistered", s.registered}, {"isSsprEnabled", s.enabled}, {"isSsprCapable", s.capable},
		{"isMfaRegistered", mfa}, {"isMfaCapable", mfa}, {"isPasswordlessCapable", s.methods&(hasFido|hasHello|hasPasskey) != 0},
	} {
		b = append(b, `,"`+f.name+`":`...)
		b = appendBool(b, f.on)
	}
	b = append(b, `,"methodsRegistered":[`...)
	for i, n := range s.methods.names() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, n)
	}
	preferred := "none"
	b = append(b, `],"isSystemPreferredAuthenticationMethodEnabled":true,"systemPreferredAuthenticationMethods":[`...)
	switch {
	case s.methods&hasPush != 0:
		preferred = "push"
	case s.methods&hasCode != 0:
		preferred = "oath"
	case s.methods&hasMobile != 0:
		preferred = "sms"
	}
	if preferred != "none" {
		b = appendString(b, preferred)
	}
	b = append(b, ']')
	b = appendField(b, "userPreferredMethodForSecondaryAuthentication", preferred)
	b = append(b, `,"lastUpdatedDateTime":"`...)
	return append(appendTime7(b, at), `"}`...)
}

func appendBool(b []byte, on bool) []byte {
	if on {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

// roleAssignments is the answer to roleManagement/directory/roleAssignments with principal and roleDefinition expanded.
func (m *model) roleAssignments(at passtrail.Ticks) []byte {
	b := []byte(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/roleAssignments(principal(),roleDefinition())","value":[`)
	first := true
	for _, p := range m.people {
		for _, r := range p.rolesAt(at) {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, `{"id":`...)
			b = appendString(b, fmt.Sprintf("A%06d-%s", p.index, r.TemplateID[:8]))
			b = appendField(b, "principalId", p.id)
			b = appendField(b, "roleDefinitionId", r.TemplateID)
			b = append(b, `,"directoryScopeId":"/","principal":{"@odata.type":"#microsoft.graph.user"`...)
			b = appendField(b, "id", p.id)
			b = appendField(b, "displayName", p.name)
			b = appendField(b, "userPrincipalName", p.upn)
			b = append(b, `},"roleDefinition":{"id":`...)
			b = appendString(b, r.TemplateID)
			b = appendField(b, "templateId", r.TemplateID)
			b = appendField(b, "displayName", r.Name)
			b = append(b, "}}"...)
		}
	}
	return append(b, "]}\n"...)
}

// directoryRoles is the answer to directoryRoles with members expanded.
func (m *model) directoryRoles(at passtrail.Ticks) []byte {
	b := []byte(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#directoryRoles(members())","value":[`)
	first := true
	for _, role := range vocab.Roles() {
		var members []byte
		for _, p := range m.people {
			for _, r := range p.rolesAt(at) {
				if r.Name == role.Name {
					members = appendMember(members, p)
				}
			}
		}
		if members == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"id":`...)
		b = appendString(b, "d"+role.TemplateID[1:])
		b = appendField(b, "displayName", role.Name)
		b = appendField(b, "roleTemplateId", role.TemplateID)
		b = append(b, `,"members":[`...)
		b = append(append(b, members...), "]}"...)
	}
	return append(b, "]}\n"...)
}

func appendMember(b []byte, p *person) []byte {
	if b != nil {
		b = append(b, ',')
	}
	b = append(b, `{"@odata.type":"#microsoft.graph.user","id":`...)
	b = appendString(b, p.id)
	b = appendField(b, "displayName", p.name)
	b = appendField(b, "userPrincipalName", p.upn)
	return append(b, '}')
}
