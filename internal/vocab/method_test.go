package vocab_test

import (
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/vocab"
)

// TestMethodsInEveryTemplate puts each spelling of a method into each template of security info.
func TestMethodsInEveryTemplate(t *testing.T) {
	words := map[string]string{
		"Fido2 Authentication Method": "fido", "Fido": "fido", "temporary access pass method": "temporaryAccessPass",
		"Microsoft Authenticator Authentication Method": "appNotification", "Passkey": "passkey", "Passkey (device-bound)": "passkey",
		"Passkey (synced)": "passkey", "Windows Hello for Business Authentication Method": "windowsHello", "Mobile Phone Call and SMS": "mobileSMS",
		"Alternate Mobile Phone Call": "alternateMobileCall", "Alternate phone": "alternateMobileCall", "Office Phone Call": "officePhone",
		"email method": "email", "Email": "email", "Security Questions": "securityQuestion", "App Password": "appPassword",
		"Software OATH Token": "appCode", "Hardware OATH token": "hardwareOath", "External Authentication Method": "externalAuthMethod",
		"Microsoft Authenticator app": "appNotification", "Microsoft Authenticator Passwordless phone sign-in": "passwordlessPhone",
		"QR code": "qrCode", "QR code authentication method": "qrCode", "Authenticator App with Code": "appCode", "phone method": "mobileSMS",
		"Authenticator app notification": "appNotification", "A code from my authenticator app or token": "appCode",
		"Certificate-based authentication method": "certificate", "Platform credential for macOS": "platformCredential",
		"Text a code to +1 5551234567": "mobileSMS", "Call +44 20 7946 0000": "mobileCall", "Verified ID": "verifiedId",
		"Quantum key": "quantum key", "Token of Contoso 4711": "token of contoso ####",
	}
	templates := []struct{ activity, text, problem string }{
		{"User registered security info", "User registered %", ""}, {"User registered security info", "User registered the method %.", ""},
		{"User deleted security info", "User deleted %", ""}, {"User deleted security info", "User failed to delete %.", "registration_removal_failed"},
		{"User updated security info", "User updated %", ""}, {"User updated security info", "User changed %", ""}, {"User reviewed security info", "User reviewed %", ""},
		{"User registered security info", "User failed to register %", "registration_failed"}, {"User started security info registration", "User started the registration for %", ""},
		{"User changed default security info", "User changed the default security info for %.", ""},
		{"User changed default security info", "User failed to change the default security info for %.", "registration_failed"},
		{"Admin registered security info", "Admin registered % for user", ""}, {"Admin registered security info", "Admin created % for user", ""},
		{"Admin registered security info", "Admin registered %", ""}, {"Admin updated security info", "Admin changed % for user", ""},
		{"Admin deleted security info", "Admin deleted % for user", ""}, {"Admin deleted security info", "Admin deleted % for the user.", ""},
	}
	for word, method := range words {
		for _, template := range templates {
			text := strings.Replace(template.text, "%", word, 1)
			for _, reason := range []string{text, strings.ToUpper(text)} {
				c := vocab.Classify("Authentication Methods", template.activity, "success", reason)
				if c.Method != method || c.Problem != template.problem || c.ActivityKey == "" {
					t.Errorf("%q = %+v, want the method %q and the problem %q", reason, c, method, template.problem)
				}
				if p := vocab.PlainWords(reason); strings.Contains(p, "5551234567") || strings.Contains(p, "7946") {
					t.Errorf("%q in plain words holds a number: %q", reason, p)
				}
			}
		}
	}
}

// TestNoMethod: these sentences name none.
func TestNoMethod(t *testing.T) {
	for _, reason := range []string{"User registered all required security info", "User changed default security info", "User reviewed security info",
		"User successfully reviewed security info.", "User failed to review security info.", "User canceled security info registration.",
		"Successfully retrieved passkey creation options.", "A system error has occurred."} {
		r, ok := vocab.FindReason(reason)
		if !ok || r.Method != "" || r.Plain == "" {
			t.Errorf("FindReason(%q) = %+v %v, want a known reason without a method", reason, r, ok)
		}
	}
}

// TestRecoveryByName: the service of account recovery is not documented, so its rows are known by name.
func TestRecoveryByName(t *testing.T) {
	for _, service := range []string{"Account Recovery", "Authentication Methods", "Something else", "", "Core Directory"} {
		for name, key := range map[string]string{"User started account recovery": "recovery_started", "user completed account recovery": "recovery_completed",
			"Account Recovery settings updated": "recovery_settings", "Account Recovery policy creation in progress": "recovery_policy_pending"} {
			if got := vocab.Classify(service, name, "success", "").ActivityKey; got != key {
				t.Errorf("%q of %q = %q, want %q", name, service, got, key)
			}
		}
	}
	if got := vocab.Classify("Something else", "Update user", "success", "").ActivityKey; got != "" {
		t.Errorf("a directory write of another service = %q", got)
	}
	if got := vocab.Classify("Account Recovery", "User failed face check comparison", "failure", "").Problem; got != "recovery_face" {
		t.Errorf("failed face check = %q", got)
	}
}

// TestFailedResults: results that are not success and not failure in the word.
func TestFailedResults(t *testing.T) {
	const service, activity = "Self-service Password Management", "Change password (self-service)"
	for result, want := range map[string]string{"failure": "change_failed", "Failure": "change_failed", "timeout": "change_failed", "clientError": "change_failed", "success": "", "": "", "unknownFutureValue": ""} {
		if got := vocab.Classify(service, activity, result, "Something new").Problem; got != want {
			t.Errorf("a change with result %q has the problem %q, want %q", result, got, want)
		}
	}
}

// TestRemedies: from the day on no remedy sends anybody to the directory's contact data.
func TestRemedies(t *testing.T) {
	differ := 0
	for _, p := range vocab.Problems() {
		if p.RemedyAt(false) != p.Remedy || p.RemedyAt(true) != p.RemedyRegistered || p.RemedyRegistered == "" {
			t.Errorf("%s: %+v", p.Key, p)
		}
		if p.Remedy != p.RemedyRegistered {
			differ++
		}
		if later := p.RemedyRegistered; strings.Contains(later, "fill in the contact data") || strings.Contains(later, "with data from the directory") {
			t.Errorf("%s still sends to the directory: %s", p.Key, later)
		}
	}
	if differ < 2 {
		t.Errorf("%d remedies change on the day, want at least those of too few methods and of an unfinished registration", differ)
	}
	if vocab.RegisteredOnlyFrom.String()[:10] != "2026-11-09" {
		t.Errorf("the announced day is %s", vocab.RegisteredOnlyFrom)
	}
}

func TestDates(t *testing.T) {
	at := func(s string) passtrail.Ticks {
		t.Helper()
		x, err := passtrail.ParseTicks(s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	day := at("2026-09-01")
	for _, c := range []struct {
		from, to passtrail.Ticks
		subject  string
		want     int
	}{{day, day + passtrail.Day, "methods", 1}, {day + passtrail.Day, day + 2*passtrail.Day, "methods", 0}, {day + passtrail.Day - 1, day + 2*passtrail.Day, "methods", 1},
		{day - passtrail.Day, day, "methods", 0}, {day, day + 1, "methods", 1}, {day, day + 1, "roles", 0}, {at("2026-03-20"), at("2026-03-21"), "methods", 1}, {at("2026-04-01"), at("2026-04-02"), "methods", 0}} {
		if got := vocab.Dates(c.from, c.to, c.subject); len(got) != c.want {
			t.Errorf("Dates(%s, %s, %s) = %+v, want %d", c.from, c.to, c.subject, got, c.want)
		}
	}
	last := passtrail.Ticks(0)
	for _, d := range vocab.Dates(0, passtrail.MaxTicks, "resets", "methods", "registration", "problems", "usage", "roles") {
		if d.Day < last || d.What == "" || d.When == "" {
			t.Errorf("%+v is out of order or says nothing", d)
		}
		last = d.Day
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{"+1 5551234567": "+# ##########", "Fido2": "Fido2", "v19": "v19", "": "", "a 123": "a ###"} {
		if got := vocab.Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}
