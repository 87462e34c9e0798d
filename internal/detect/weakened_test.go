package detect_test

import (
	"fmt"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/scene"
)

// TestWeakened has each way to weaken recovery that is attested, and beside it the change that does not.
func TestWeakened(t *testing.T) {
	policy := func(name, old, now string) scene.Event {
		return scene.Event{Key: "policy", Actor: "chief", Changed: []scene.Change{{Name: name, Old: old, New: now}}}
	}
	methods := func(old, now string) scene.Event {
		return scene.Event{Key: "policy_methods", Actor: "chief", Changed: []scene.Change{{Name: "AuthenticationMethodsPolicy", Old: old, New: now}}}
	}
	config := func(id, members string) string {
		return `{"id":"authenticationMethodsPolicy","authenticationMethodConfigurations":[{"id":"Email","state":"enabled"},{"id":"` + id + `",` + members + `}]}`
	}
	with := func(key, name, old, now string) scene.Event {
		return scene.Event{Key: key, Actor: "chief", Changed: []scene.Change{{Name: name, Old: old, New: now}}}
	}
	cases := []struct {
		name string
		e    scene.Event
		why  string // "" for no finding
	}{
		{"scope to none", policy("EnablementForUsers", `"Selected"`, `"None"`), "nobody can reset"},
		{"scope to all", policy("EnablementForUsers", `"Selected"`, `"All"`), "everybody can reset"},
		{"scope to a group", policy("EnablementForUsers", `"None"`, `"Selected"`), ""},
		{"two methods to one", policy("NumberOfRequiredContactMethodsForUsers", `"2"`, `"1"`), "fewer methods"},
		{"two methods to one, numbers", policy("NumberOfRequiredContactMethodsForUsers", `2`, `1`), "fewer methods"},
		{"one method to two", policy("NumberOfRequiredContactMethodsForUsers", `"1"`, `"2"`), ""},
		{"questions are added", policy("SelectedContactMethodsForUsers", `["Email"]`, `["Email","SecurityQuestions"]`), "weaker method"},
		{"SMS is added, a list in text", policy("SelectedContactMethodsForUsers", `"Email, MobileAppCode"`, `"Email, MobileAppCode, MobileSMS"`), "weaker method"},
		{"the app is added", policy("SelectedContactMethodsForUsers", `["Email"]`, `["Email","MobileAppCode"]`), ""},
		{"the same in another order", policy("SelectedContactMethodsForUsers", `["Email","MobileSMS"]`, `["MobileSMS","Email"]`), ""},
		{"fewer questions", policy("NumberOfSecurityQuestionsToVerify", `"5"`, `"3"`), "fewer security questions"},
		{"registration not asked for", policy("EnforcedRegistrationEnablementForUsers", `"Yes"`, `"No"`), "no longer asked for"},
		{"registration asked for", policy("EnforcedRegistrationEnablementForUsers", `"No"`, `"Yes"`), ""},
		{"never confirmed again", policy("EnforcedRegistrationIntervalInDaysForUsers", `"180"`, `"0"`), "never confirmed"},
		{"confirmed later", policy("EnforcedRegistrationIntervalInDaysForUsers", `"180"`, `"365"`), ""},
		{"people not told", policy("NotifyUsersOfReset", `"true"`, `"false"`), "no longer told"},
		{"administrators not told", policy("NotifyTenantAdminOfReset", `"True"`, `"False"`), "no longer told"},
		{"not told before, in another word", policy("NotifyUsersOfReset", `"No"`, `"false"`), ""},
		{"people told", policy("NotifyUsersOfReset", `"false"`, `"true"`), ""},
		{"contact link", policy("CustomContactAdminLink", `""`, `"https://help.example.net/reset"`), "contact link"},
		{"contact link taken away", policy("CustomContactAdminLink", `"https://help.example.net/reset"`, `""`), ""},
		{"unlock without reset", policy("EnableAccountUnlock", `"false"`, `"true"`), ""},
		{"a property of tomorrow", policy("NewerThanThis", `"1"`, `"0"`), ""},
		{"members in Pascal case would do", policy("NotifyUsersOfReset", `true`, `false`), "no longer told"},

		{"SMS is switched on, whole policy", methods(config("Sms", `"state":"disabled"`), config("Sms", `"state":"enabled"`)), "weaker method was switched on"},
		{"SMS is switched off", methods(config("Sms", `"state":"enabled"`), config("Sms", `"state":"disabled"`)), ""},
		{"security keys are switched off", methods(config("Fido2", `"state":"enabled"`), config("Fido2", `"state":"disabled"`)), "stronger method"},
		{"passes may be used again", methods(config("TemporaryAccessPass", `"isUsableOnce":true`), config("TemporaryAccessPass", `"isUsableOnce":false`)), "again and again"},
		{"passes live longer, changed property only", with("policy_methods", "TemporaryAccessPass.maximumLifetimeInMinutes", "60", "4320"), "live longer"},
		{"passes live shorter", with("policy_methods", "TemporaryAccessPass.maximumLifetimeInMinutes", "4320", "60"), ""},
		{"campaign off", methods(`{"registrationEnforcement":{"authenticationMethodsRegistrationCampaign":{"state":"enabled"}}}`,
			`{"registrationEnforcement":{"authenticationMethodsRegistrationCampaign":{"state":"disabled"}}}`), "no longer asked to register"},
		{"the old policies count again", with("policy_methods", "policyMigrationState", `"migrationComplete"`, `"preMigration"`), "old policies"},
		{"migrated", with("policy_methods", "policyMigrationState", `"migrationInProgress"`, `"migrationComplete"`), ""},
		{"policy put back", scene.Event{Key: "policy_methods_reset", Actor: "chief"}, "back to its defaults"},

		{"write-back off", scene.Event{Key: "writeback_off", Actor: "chief"}, "write-back was switched off"},
		{"write-back on", scene.Event{Key: "writeback_on", Actor: "chief"}, ""},
		{"administrators may reset", with("policy_authorization", "AllowedToUseSSPR", `[false]`, `[true]`), "administrators was switched"},
		{"administrators may not", with("policy_authorization", "AuthorizationPolicy", `{"allowedToUseSSPR":true,"x":1}`, `{"allowedToUseSSPR":false,"x":2}`), "administrators was switched"},
		{"another authorization", with("policy_authorization", "AllowInvitesFrom", `["everyone"]`, `["none"]`), ""},
		{"security defaults off", with("policy_security_defaults", "IsEnabled", `[true]`, `[false]`), "security defaults"},
		{"security defaults on", with("policy_security_defaults", "IsEnabled", `[false]`, `[true]`), ""},
		{"MFA registration off", with("policy_risk", "State", `"Enabled"`, `"Disabled"`), "risk or registration"},
		{"banned words not looked for", with("policy_company", "EnableBannedPasswordCheck", `"True"`, `"False"`), "banned words"},
		{"registration not protected", with("policy_ca", "ConditionalAccessPolicy",
			`{"state":"enabled","conditions":{"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}}}`,
			`{"state":"disabled","conditions":{"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}}}`), "no longer protected"},
		{"the action is taken out", with("policy_ca", "ConditionalAccessPolicy",
			`{"conditions":{"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}}}`, `{"conditions":{"applications":{"includeUserActions":[]}}}`), "no longer protected"},
		{"another policy is switched off", with("policy_ca", "ConditionalAccessPolicy", `{"state":"enabled"}`, `{"state":"disabled"}`), ""},
		{"settings of Account Recovery", with("recovery_settings", "Mode", `"Evaluation"`, `"Production"`), "settings of Account Recovery"},
		{"settings of Account Recovery in another service", scene.Event{Key: "recovery_settings", Actor: "chief", Service: "Authentication Methods"}, "settings of Account Recovery"},
		{"Account Recovery is set up", scene.Event{Key: "recovery_policy_created", Actor: "chief"}, "another way back in"},
		{"the subscription goes on", scene.Event{Key: "recovery_subscription", Actor: "chief", Reason: "Subscribed"}, ""},

		{"a method is taken away", scene.Event{Key: "admin_info_deleted", Actor: "helper", Target: "adele", Reason: "Admin deleted phone method for user"}, "taken away"},
		{"a person removes their own", scene.Event{Key: "admin_info_deleted", Actor: "helper", Target: "helper"}, ""},
		{"all must be registered anew", scene.Event{Key: "admin_info_updated", Actor: "helper", Target: "adele", Reason: "Admin required re-registration of MFA authentication methods."}, "taken away"},
		{"a pass for an administrator", scene.Event{Key: "admin_info_registered", Actor: "helper", Target: "chief", Reason: "Admin registered temporary access pass method for user"}, "holds a role"},
		{"a pass by somebody without a role", scene.Event{Key: "admin_info_registered", Actor: "mallory", Target: "adele", Reason: "Admin registered temporary access pass method for user"}, "do not explain"},
		{"a pass by who may", scene.Event{Key: "admin_info_registered", Actor: "helper", Target: "adele", Reason: "Admin registered temporary access pass method for user"}, ""},
		{"refused", scene.Event{Key: "policy", Actor: "mallory", Result: "failure", Reason: "Permission failure", Changed: []scene.Change{{Name: "NotifyUsersOfReset", Old: `"true"`, New: `"false"`}}}, ""},
	}
	s := scene.New(t, "2026-03-20")
	s.Roles(begin-40*day, map[string]string{"chief": "Global Administrator", "helper": "Authentication Administrator"})
	for i, c := range cases {
		c.e.ID, c.e.At, c.e.Address = fmt.Sprintf("case-%02d", i), begin+passtrail.Ticks(i)*minute, "198.51.100.7"
		s.Add(c.e)
	}
	s.Commit()
	why := map[string][]string{}
	for _, f := range findings(t, s, "recovery-weakened") {
		if len(f.Evidence) != 1 || len(f.People) == 0 {
			t.Fatalf("finding = %+v, want one record and who did it", f)
		}
		why[f.Evidence[0]] = append(why[f.Evidence[0]], f.Reasoning)
	}
	for i, c := range cases {
		switch got := why[fmt.Sprintf("case-%02d", i)]; {
		case c.why == "" && len(got) > 0:
			t.Errorf("%s: unexpected: %s", c.name, got)
		case c.why != "" && (len(got) != 1 || !strings.Contains(got[0], c.why)):
			t.Errorf("%s: findings %q, want 1 that says %q", c.name, got, c.why)
		}
	}
}

// TestWeakenedTogether: several settings of one record are one finding that names them all.
func TestWeakenedTogether(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	s.Add(scene.Event{At: begin, Key: "policy", Actor: "chief", Changed: []scene.Change{{Name: "NotifyUsersOfReset", Old: `"true"`, New: `"false"`}, {Name: "EnablementForUsers", Old: `"Selected"`, New: `"All"`}}})
	s.Commit()
	got := findings(t, s, "recovery-weakened")
	if len(got) != 1 || !strings.Contains(got[0].Reasoning, "everybody can reset any more; people") && !strings.Contains(got[0].Reasoning, "everybody can reset; people") {
		t.Errorf("findings = %+v, want one with both reasons", got)
	}
}
