package vocab

import (
	"slices"
	"strings"
)

// shapes are the regular sentences in which only the method varies. Those with a step are of the reset portal, the others
// of security info. The more particular stand before those that they begin like.
var shapes = []struct{ head, tail, step, problem, plain string }{
	{"user started the ", " verification option", StepGateStart, "", "Began to verify by "},
	{"user completed the ", " verification option", StepGatePass, "", "Verified by "},
	{"user abandoned after starting the ", " option", StepAbandoned, "abandoned", "Stopped while verifying by "},
	{"user abandoned after completing the ", " option", StepAbandoned, "abandoned", "Stopped after verifying by "},
	{"user contacted an admin after trying the ", " option", StepContactedAdmin, "contacted_admin", "Asked for help after trying to verify by "},
	{"user started the registration for ", "", "", "", "Began to register "},
	{"user failed to register ", "", "", "registration_failed", "Could not register "},
	{"user failed to delete ", "", "", "registration_removal_failed", "Could not remove "},
	{"user failed to update ", "", "", "registration_failed", "Could not change "},
	{"user failed to change the default security info for ", "", "", "registration_failed", "Could not make the default: "},
	{"user failed to change ", "", "", "registration_failed", "Could not change "},
	{"user failed to review ", "", "", "registration_failed", "Could not confirm "},
	{"user successfully reviewed ", "", "", "", "Confirmed "},
	{"user changed the default security info for ", "", "", "", "Made the default: "},
	{"user changed the default security info to ", "", "", "", "Made the default: "},
	{"user registered ", "", "", "", "Registered "},
	{"user deleted ", "", "", "", "Removed "},
	{"user updated ", "", "", "", "Changed "},
	{"user changed ", "", "", "", "Changed "},
	{"user reviewed ", "", "", "", "Confirmed "},
	{"admin registered ", " for user", "", "", "An administrator registered for the person: "},
	{"admin created ", " for user", "", "", "An administrator registered for the person: "},
	{"admin added ", " for user", "", "", "An administrator registered for the person: "},
	{"admin assigned ", " for user", "", "", "An administrator registered for the person: "},
	{"admin deleted ", " for user", "", "", "An administrator removed from the person: "},
	{"admin removed ", " for user", "", "", "An administrator removed from the person: "},
	{"admin changed ", " for user", "", "", "An administrator changed for the person: "},
	{"admin updated ", " for user", "", "", "An administrator changed for the person: "},
	{"admin reviewed ", " for user", "", "", "An administrator confirmed for the person: "},
	{"admin failed to register ", " for user", "", "registration_failed", "An administrator could not register for the person: "},
	{"admin failed to delete ", " for user", "", "registration_removal_failed", "An administrator could not remove from the person: "},
	{"admin failed to update ", " for user", "", "registration_failed", "An administrator could not change for the person: "},
	{"admin failed to change ", " for user", "", "registration_failed", "An administrator could not change for the person: "},
}

// adminShape cuts a sentence of an administrator that names nobody: "Admin registered email method" is the same as
// "Admin registered email method for user".
const adminShape = " for user"

// shaped reads a reason that has the form of one of the shapes.
func shaped(f string) (*Reason, bool) {
	if _, ok := tables.activityAny[f]; ok {
		return nil, false // the name of an activity, "user changed default security info"
	}
	if strings.HasPrefix(f, "admin ") && !strings.HasSuffix(f, adminShape) {
		f = strings.TrimSuffix(f, " for the user") + adminShape
	}
	for _, s := range shapes {
		if len(f) <= len(s.head)+len(s.tail) || !strings.HasPrefix(f, s.head) || !strings.HasSuffix(f, s.tail) {
			continue
		}
		what := f[len(s.head) : len(f)-len(s.tail)]
		r := &Reason{Text: f, Step: s.step, Problem: s.problem, Origin: "registration", Match: "shape"}
		if s.step != "" {
			r.Origin = "today"
		}
		r.Method = methodOf(what, s.step != "")
		r.Plain = s.plain + Mask(what)
		if p, ok := ProblemByKey(s.problem); ok {
			r.Remedy, r.Who = p.Remedy, p.Who
		}
		return r, true
	}
	return nil, false
}

// ends are what stands around a method's own words in the sentences of security info.
var ends = []string{" verification", " authentication method", " method", " as a method", " option"}

// methodOf finds the method that words name, in folded form: by the whole of them first, then by the words that make
// out a method. Words that name none that is known are the method themselves, so that it is counted as what it is; of
// their digits, which may be somebody's number, nothing is left.
func methodOf(what string, flow bool) string {
	what = strings.TrimPrefix(strings.TrimPrefix(what, "the "), "method ")
	if flow {
		if m, ok := tables.flowMethod[strings.TrimSuffix(what, " verification")]; ok {
			return m
		}
	}
	if m, ok := tables.regMethod[what]; ok {
		return m
	}
	short := what
	for _, e := range ends {
		short = strings.TrimSuffix(short, e)
	}
	if m, ok := tables.regMethod[short]; ok {
		return m
	}
	words := strings.FieldsFunc(short, func(r rune) bool { return strings.ContainsRune(" ()-/,:", r) })
	for _, w := range tables.methodWords {
		if holdsAll(words, w.words) {
			return w.method
		}
	}
	return Mask(short)
}

// methodWords are words which, all together, make out a method.
type methodWords struct {
	words  []string
	method string
}

func holdsAll(words, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(words, w) })
}

// Mask puts # for every digit of a text that is longer than a code or a version: reasons may hold somebody's number.
func Mask(s string) string {
	n := 0
	for i := 0; i < len(s); i++ {
		if '0' <= s[i] && s[i] <= '9' {
			n++
		}
	}
	if n < 3 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '#'
		}
		return r
	}, s)
}
