package normalise

import "strings"

// twice refuses an object with a member that stands twice, also in different casing: which one counts nobody can say.
// Members that no shape knows may differ in casing alone; they are kept side by side.
func (a *audit) twice() *Fault {
	var seen uint64
	for i := range a.rest {
		name := a.rest[i].name
		if name == "" || name[0] == '_' {
			continue
		}
		bit := uint64(1) << ((uint(len(name)) + 7*uint(name[0]|0x20)) & 63)
		if seen&bit != 0 && a.stoodBefore(i) {
			return duplicate(name)
		}
		seen |= bit
		if k := auditMemberFolded(name); k >= 0 && a.at[k].kind != 0 {
			return duplicate(auditNames[k])
		}
	}
	return nil
}

// stoodBefore tells whether a member before i has the name of member i.
func (a *audit) stoodBefore(i int) bool {
	name := a.rest[i].name
	for j := range i {
		other := a.rest[j].name
		if other == name || len(other) == len(name) && name != "level" && other != "level" && usualName(name) != "" &&
			strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

func duplicate(name string) *Fault {
	f := &Fault{Code: CodeDuplicate, Reason: "a member stands twice"}
	if usualName(name) != "" || auditMember([]byte(name)) >= 0 {
		f.Reason = "the member " + name + " stands twice, perhaps in different casing"
	}
	return f
}

// auditMemberFolded numbers a name as auditMember does, without regard to case.
func auditMemberFolded(name string) int {
	for k := range auditNames {
		if len(auditNames[k]) == len(name) && strings.EqualFold(auditNames[k], name) {
			return k
		}
	}
	return -1
}
