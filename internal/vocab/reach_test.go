package vocab_test

import (
	"testing"

	"passtrail/internal/vocab"
)

func TestMayReset(t *testing.T) {
	role := func(s ...string) []string { return s }
	const help, password, authentication, user = "Helpdesk Administrator", "Password Administrator", "Authentication Administrator", "User Administrator"
	const privileged, global = "Privileged Authentication Administrator", "Global Administrator"
	for _, c := range []struct {
		actor, target []string
		want          bool
	}{
		{role(help), nil, true}, {role(password), nil, true}, {nil, nil, false}, {role("Reports Reader"), nil, false}, {role("Security Operator"), nil, true},
		{role(help), role(help), true}, {role(help), role(password), true}, {role(password), role(help), false}, {role(password), role(password), true},
		{role(help), role(authentication), false}, {role(authentication), role(authentication), true}, {role(user), role(authentication), false},
		{role(user), role(help), true}, {role(authentication), role(help), false}, {role(help), role("Reports Reader"), true}, {role(password), role("Reports Reader"), false},
		{role(user), role("Groups Administrator"), true}, {role(help), role("Groups Administrator"), false}, {role(privileged), role(global), true},
		{role(help), role(global), false}, {role(user), role("Exchange Administrator"), false}, {role(global), role("A role of our own"), true}, {role(user), role("A role of our own"), false},
		{role(help), role(help, "Reports Reader"), true}, {role(help), role(help, "Exchange Administrator"), false}, {role("Security Operator"), role("Reports Reader"), false},
		{role(password, authentication), role(password, authentication), true},
	} {
		if got := vocab.MayReset(c.actor, c.target); got != c.want {
			t.Errorf("MayReset(%q, %q) = %v, want %v", c.actor, c.target, got, c.want)
		}
	}
	for _, r := range vocab.Reaches() {
		for _, name := range append([]string{r.Target}, r.Actors...) {
			if _, ok := vocab.RoleByName(name); !ok && name != "" && name != "*" {
				t.Errorf("reach.tsv names a role that is not in roles.tsv: %q", name)
			}
		}
	}
}
