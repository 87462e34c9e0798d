package passtrail

import "strings"

// Person is whom a record is about: the one whose password, account or security info it is. Texts that the record does
// not tell are "".
type Person struct {
	ID   string // object id
	UPN  string // sign-in name
	Name string // display name
}

// Key tells people apart: the object id, or without one the sign-in name in lower case. It is "" for nobody.
func (p Person) Key() string {
	if p.ID != "" {
		return p.ID
	}
	return strings.ToLower(p.UPN)
}

// Person returns whom the record is about: the first target that is a user, see Record.SubjectID. What the target lacks
// comes from the actor, but only of an act that people do for themselves (see [SelfService]) and only if actor and target
// are not known to be two. For an act of an administrator the actor is never the person.
func (r *Record) Person() Person {
	p := Person{r.TargetID, r.TargetUPN, r.TargetName}
	switch {
	case r.SubjectID != "" || r.SubjectUPN != "" || r.SubjectName != "":
		p = Person{r.SubjectID, r.SubjectUPN, r.SubjectName}
	case NoPerson(r.TargetType):
		p = Person{}
	}
	if r.ActorKind != ActorUser || !SelfService(r.ActivityKey) || p.other(r) {
		return p
	}
	if p.ID == "" {
		p.ID = r.ActorID
	}
	if p.UPN == "" {
		p.UPN = r.ActorUPN
	}
	if p.Name == "" {
		p.Name = r.ActorName
	}
	return p
}

// other reports whether the record's actor is known to be somebody else.
func (p Person) other(r *Record) bool {
	if p.ID != "" && r.ActorID != "" {
		return p.ID != r.ActorID
	}
	return p.UPN != "" && r.ActorUPN != "" && !strings.EqualFold(p.UPN, r.ActorUPN)
}

// selfServiceKeys are the keys, and with a star at the end the beginnings of keys, of what people do for themselves.
var selfServiceKeys = []string{"flow", "reset", "unlock", "blocked", "change", "registered", "reg_*", "info_*", "pw_*", "passkey_*",
	"fraud_reported", "suspicious_reported", "b2c_registered", "b2c_reset", "recovery_started", "recovery_issuance_*", "recovery_document_*",
	"recovery_presented", "recovery_face_*", "recovery_matched", "recovery_not_matched", "recovery_completed"}

// SelfServiceKeys returns the activity keys of what people do for themselves; one that ends in a star stands for all that
// begin so.
func SelfServiceKeys() []string { return selfServiceKeys }

// SelfService reports whether an activity key is one of what people do for themselves, so that its actor is the person.
func SelfService(key string) bool {
	for _, k := range selfServiceKeys {
		if start, found := strings.CutSuffix(k, "*"); k == key || found && strings.HasPrefix(key, start) {
			return true
		}
	}
	return false
}

// otherTypes are the types of targets that are no people. A type that is none of them, or that is missing, may be one:
// exports write types in several languages.
var otherTypes = []string{"Group", "Device", "Application", "App", "ServicePrincipal", "Policy", "Role", "Directory", "Tenant", "Other"}

// OtherTypes returns the types of targets that are no people.
func OtherTypes() []string { return otherTypes }

// NoPerson reports whether targets of a type are no people.
func NoPerson(targetType string) bool {
	for _, t := range otherTypes {
		if strings.EqualFold(t, targetType) {
			return true
		}
	}
	return false
}
