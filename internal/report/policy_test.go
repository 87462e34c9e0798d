package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/report"
	"passtrail/internal/scene"
)

// TestPolicyChanges wants a row for each property that differs, and none for one that does not.
func TestPolicyChanges(t *testing.T) {
	s := scene.New(t, "2026-06-20")
	at := scene.Time("2026-06-10T09:00:00Z")
	add := func(e scene.Event) {
		at += passtrail.Hour
		e.At, e.Actor = at, "chief"
		s.Add(e)
	}
	change := func(name, old, now string) []scene.Change { return []scene.Change{{Name: name, Old: old, New: now}} }
	add(scene.Event{ID: "several", Key: "policy", Changed: []scene.Change{
		{Name: "EnablementForUsers", Old: `"Selected"`, New: `"All"`}, {Name: "NotifyUsersOfReset", Old: `"true"`, New: `"true"`},
		{Name: "SelectedContactMethodsForUsers", Old: `["Email"]`, New: `["Email","MobileSMS"]`}, {Name: "NumberOfRequiredContactMethodsForUsers", Old: `1`, New: `"1"`},
		{Name: "Included Updated Properties", New: `"EnablementForUsers, NotifyUsersOfReset"`}, {Name: "Unheard Of", New: `"x"`},
		{Name: "EnableAccountUnlock", Old: "null", New: `true`}, {Name: "CustomContactAdminLink", Old: `""`, New: "mailto:help@contoso.com"},
	}})
	add(scene.Event{ID: "same", Key: "policy", Changed: change("NotifyUsersOfReset", `"True"`, `"true"`)})
	add(scene.Event{ID: "nothing", Key: "policy"})
	add(scene.Event{ID: "whole", Key: "policy_methods", Changed: change("AuthenticationMethodsPolicy",
		`{"policyVersion":"1.4","authenticationMethodConfigurations":[{"id":"Sms","state":"enabled","includeTargets":[{"id":"all_users","isUsableForSignIn":true}]},{"id":"Email","state":"enabled"}]}`,
		`{"policyVersion":"1.5","authenticationMethodConfigurations":[{"id":"Email","state":"enabled"},{"id":"Sms","includeTargets":[{"isUsableForSignIn":false,"id":"all_users"}],"state":"disabled"}]}`)})
	add(scene.Event{ID: "part", Key: "policy_methods", Changed: change("TemporaryAccessPass.defaultLength", "8", "12")})
	add(scene.Event{ID: "refused", Key: "policy", Result: "failure", Reason: "Permission failure", Changed: change("EnablementForUsers", `"All"`, `"None"`)})
	add(scene.Event{ID: "off", Key: "writeback_off"})
	add(scene.Event{ID: "recovery", Key: "recovery_settings", Service: "Some service", Changed: change("Mode", `"Evaluation"`, `"Production"`)})
	add(scene.Event{ID: "other-ca", Key: "policy_ca", Changed: change("ConditionalAccessPolicy", `{"state":"enabled"}`, `{"state":"disabled"}`)})
	add(scene.Event{ID: "other-authorization", Key: "policy_authorization", Changed: change("AllowInvitesFrom", `["everyone"]`, `["none"]`)})
	add(scene.Event{ID: "authorization", Key: "policy_authorization", Changed: change("AllowedToUseSSPR", `[true]`, `[false]`)})
	s.Add(scene.Event{ID: "before", At: scene.Time("2026-05-01"), Key: "writeback_off", Actor: "chief"})
	s.Commit()
	lib := library(t, s)
	out := run(t, lib, "policy-changes", report.Params{Tenant: scene.Contoso, Now: s.Now})
	table := out.Tables[0]
	var got []string
	for _, row := range table.Rows {
		cells := []string{}
		for _, c := range []string{"EventId", "Who", "Setting", "OldValue", "NewValue", "Blade", "Result"} {
			cells = append(cells, fmt.Sprint(row[table.Index(c)]))
		}
		got = append(got, strings.Join(cells, "|"))
	}
	slices.Sort(got)
	const who = "|chief@contoso.com|"
	want := []string{
		"authorization" + who + "AllowedToUseSSPR|true|false|Authorization policy|success",
		"nothing" + who + "|||Password reset|success",
		"off" + who + "Password write-back|||On-premises integration|success",
		"part" + who + "TemporaryAccessPass.defaultLength|8|12|Authentication methods policy|success",
		"recovery" + who + "Mode|Evaluation|Production|Account Recovery|success",
		"refused" + who + "EnablementForUsers|All|None|Properties|failure",
		"several" + who + "CustomContactAdminLink||mailto:help@contoso.com|Customization|success",
		"several" + who + "EnableAccountUnlock||true|On-premises integration|success",
		"several" + who + "EnablementForUsers|Selected|All|Properties|success",
		"several" + who + "SelectedContactMethodsForUsers|Email|Email, MobileSMS|Authentication methods|success",
		"several" + who + "Unheard Of||x|Password reset|success",
		"whole" + who + "AuthenticationMethodsPolicy.authenticationMethodConfigurations.Sms.includeTargets.all_users.isUsableForSignIn|true|false|Authentication methods policy|success",
		"whole" + who + "AuthenticationMethodsPolicy.authenticationMethodConfigurations.Sms.state|enabled|disabled|Authentication methods policy|success",
		"whole" + who + "AuthenticationMethodsPolicy.policyVersion|1.4|1.5|Authentication methods policy|success",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.HasPrefix(out.Answer, "14 settings changed, the newest: AllowedToUseSSPR to false, by chief@contoso.com.") {
		t.Errorf("answer = %q", out.Answer)
	}
}
