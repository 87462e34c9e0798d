package vocab_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"passtrail/internal/vocab"
)

func TestClassifyActivities(t *testing.T) {
	names := map[string]string{}
	for _, s := range vocab.Services() {
		names[s.Key] = s.Name
	}
	for _, a := range vocab.Activities() {
		for _, name := range append([]string{a.Name}, a.Variants...) {
			for _, service := range []string{names[a.Service], strings.ToUpper(names[a.Service])} {
				if got := vocab.Classify(service, name, "success", "").ActivityKey; got != a.Key {
					t.Errorf("Classify(%q, %q) = %q, want %q", service, name, got, a.Key)
				}
			}
		}
	}
}

func TestClassifyReasons(t *testing.T) {
	const sspr, flow = "Self-service Password Management", "Self-serve password reset flow activity progress"
	tests := []struct{ name, activity, reason, step, method, problem string }{
		{"start", flow, "User submitted their user ID", "start", "", ""},
		{"trailing space", flow, "User's account has insufficient authentication methods defined. Add authentication info to resolve this ", "refused", "", "too_few_methods"},
		{"one sentence", flow, "User's account has insufficient authentication methods defined.", "refused", "", "too_few_methods"},
		{"typographic apostrophe", flow, "User’s account has insufficient authentication methods defined.", "refused", "", "too_few_methods"},
		{"gate", flow, "User completed the mobile app code verification option", "gate_pass", "appCode", ""},
		{"new method", flow, "User started the carrier pigeon verification option", "gate_start", "carrier pigeon", ""},
		{"singular question", flow, "User contacted an admin after trying the security question verification option", "contacted_admin", "securityQuestion", "contacted_admin"},
		{"without verification", flow, "User abandoned after starting the security questions option", "abandoned", "securityQuestion", "abandoned"},
		{"american", flow, "User canceled before submitting a new password", "cancelled", "", "cancelled"},
		{"british", flow, "User cancelled before submitting a new password", "cancelled", "", "cancelled"},
		{"row 34, any link", flow, "Password reset has been disabled entirely for this tenant. See https://example.com/x to resolve this.", "refused", "", "sspr_off"},
		{"all steps, cut", flow, "User completed all verification steps required", "gates_passed", "", ""},
		{"blocked", "Blocked from self-service password reset", "User tried to answer security questions too many times and is blocked for 24 hours", "blocked", "securityQuestion", "blocked"},
		{"code", "Reset password (self-service)", "FuzzyPolicyViolationInvalidPassword", "", "", "password_refused_cloud"},
		{"code number in text", flow, "Error SSPR_0013: not allowed", "refused", "", "not_enabled"},
		{"code name", flow, "OnPremisesConnectivityError", "refused", "", "onprem_unreachable"},
		{"none", "Change password (self-service)", "None", "", "", "change_failed"},
		{"unknown", flow, "Something new", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := vocab.Classify(sspr, tt.activity, "failure", tt.reason)
			if got.Step != tt.step || got.Method != tt.method || got.Problem != tt.problem {
				t.Errorf("Classify(%q) = %+v, want %q %q %q", tt.reason, got, tt.step, tt.method, tt.problem)
			}
		})
	}
}

func TestClassifyUnknown(t *testing.T) {
	for _, tt := range [][2]string{{"Self-service Password Management", "Fly"}, {"Conditional Access", "Update user"}, {"", ""}} {
		if got := vocab.Classify(tt[0], tt[1], "failure", "User submitted their user ID"); got != (vocab.Class{}) {
			t.Errorf("Classify(%q, %q) = %+v, want zero", tt[0], tt[1], got)
		}
	}
	if got := vocab.Classify("", "Change password (self-service)", "success", "None"); got.ActivityKey != "change" {
		t.Errorf("without service = %+v, want change", got)
	}
	if got := vocab.Classify("Self-service Password Management", "User registered for self-service password reset", "failure", ""); got.Problem != "registration_unfinished" {
		t.Errorf("failed registration = %+v", got)
	}
	if got := vocab.Classify("Core Directory", "Update user", "success", "User submitted their user ID"); got.Step != "" {
		t.Errorf("a step outside the portal: %+v", got)
	}
}

// TestClassicRows holds the 35 details of the classic report to their step.
func TestClassicRows(t *testing.T) {
	want := map[string]string{"Abandoned": "abandoned", "Blocked": "blocked", "Canceled": "cancelled", "Contacted admin": "contacted_admin", "Failed": "refused", "Succeeded": "end"}
	seen := map[int]bool{}
	for _, r := range vocab.Reasons() {
		if r.Row == 0 {
			continue
		}
		seen[r.Row] = true
		if r.Step != want[r.ClassicResult] {
			t.Errorf("row %d: step %q, want %q", r.Row, r.Step, want[r.ClassicResult])
		}
	}
	for row := 1; row <= 35; row++ {
		if !seen[row] {
			t.Errorf("row %d is missing", row)
		}
	}
}

// TestNoise changes what may vary in every reason and expects the same meaning.
func TestNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, r := range vocab.Reasons() {
		for _, text := range append([]string{r.Text}, r.Variants...) {
			for range 20 {
				noisy := noise(rng, text)
				got, ok := vocab.FindReason(noisy)
				if !ok || got.Step != r.Step || got.Method != r.Method || got.Problem != r.Problem {
					t.Fatalf("FindReason(%q) = %+v %v, want that of %q", noisy, got, ok, r.Text)
				}
			}
		}
	}
}

func noise(rng *rand.Rand, s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case rng.IntN(3) == 0:
			b.WriteString(strings.ToUpper(string(r)))
		case r == ' ' && rng.IntN(4) == 0:
			b.WriteString("  ")
		default:
			b.WriteRune(r)
		}
	}
	return strings.Repeat(" ", rng.IntN(2)) + b.String() + []string{"", ".", " ", ". ", "\t"}[rng.IntN(5)]
}

func TestTablesHoldTogether(t *testing.T) {
	for _, r := range vocab.Reasons() {
		if _, ok := vocab.ProblemByKey(r.Problem); r.Problem != "" && !ok {
			t.Errorf("%q: no problem %q", r.Text, r.Problem)
		}
		if _, ok := vocab.MethodByKey(r.Method); r.Method != "" && !ok {
			t.Errorf("%q: no method %q", r.Text, r.Method)
		}
		if r.Plain == "" || r.Problem != "" && (r.Remedy == "" || r.Who == "") {
			t.Errorf("%q lacks plain words, remedy or who", r.Text)
		}
		for _, a := range r.Activities {
			if _, ok := vocab.ActivityByKey(a); !ok {
				t.Errorf("%q: no activity %q", r.Text, a)
			}
		}
	}
	for _, a := range vocab.Activities() {
		if a.Title == "" || a.Service == "" {
			t.Errorf("%s lacks title or service", a.Key)
		}
	}
}

func TestRoles(t *testing.T) {
	r, ok := vocab.RoleByTemplate("62E90394-69F5-4237-9190-012177145E10")
	if !ok || r.Name != "Global Administrator" || !r.TwoGate || !r.Admin || r.Reach != "all" {
		t.Errorf("Global Administrator = %+v %v", r, ok)
	}
	if r, _ := vocab.RoleByName("reports reader"); r.Admin || r.TwoGate || r.Reach != "read" {
		t.Errorf("Reports Reader = %+v", r)
	}
	if _, ok := vocab.RoleByName("Power BI Service Administrator"); !ok {
		t.Error("the old name of Fabric Administrator is unknown")
	}
	if _, ok := vocab.RoleByTemplate("none"); ok {
		t.Error("found a role that is not there")
	}
	ids := map[string]string{}
	for _, r := range vocab.Roles() {
		if was := ids[r.TemplateID]; r.TemplateID != "" && was != "" {
			t.Errorf("%s and %s share a template id", was, r.Name)
		}
		ids[r.TemplateID] = r.Name
	}
}

func TestDataRegistered(t *testing.T) {
	tests := []struct {
		in   []string
		want string
	}{
		{nil, ""},
		{[]string{"mobilePhone"}, "Mobile phone"},
		{[]string{"mobilePhone", "email"}, "Alternate email + Mobile phone"},
		{[]string{"securityQuestion", "officePhone"}, "Office phone + Security questions"},
		{[]string{"softwareOneTimePasscode", "microsoftAuthenticatorPush", "MobilePhone"}, "Mobile phone + Microsoft Authenticator app + Software OATH token"},
		{[]string{"zeta", "email", "email"}, "Alternate email + zeta"},
		{[]string{"fido2", "fido2SecurityKey"}, "FIDO2 security key"},
	}
	for _, tt := range tests {
		if got := vocab.DataRegistered(tt.in); got != tt.want {
			t.Errorf("DataRegistered(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestPlainWords(t *testing.T) {
	if got := vocab.PlainWords("User started the mobile SMS verification option."); got != "Began to verify by SMS" {
		t.Errorf("PlainWords = %q", got)
	}
	if got := vocab.PlainWords(" What is this "); got != "What is this" {
		t.Errorf("PlainWords = %q", got)
	}
}

func TestFold(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{" A  b.\t", "a b"},
		{"Canceled", "cancelled"},
		{"canceledness", "canceledness"},
		{"Self serve  x", "self-service x"},
		{"Self-Serve Password", "self-service password"},
		{"self-server", "self-server"},
		{"User Management", "usermanagement"},
		{"adele.vance@contoso.com", "adele.vance@contoso.com"},
	}
	for _, tt := range tests {
		if got := vocab.Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"User canceled. .", "self serve self-serve", "İ ẞ \xff", "user management.", "ǅ Ω", "user\u00a0management"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := vocab.Fold(s)
		if again := vocab.Fold(once); again != once {
			t.Errorf("Fold(%q) = %q, and again %q", s, once, again)
		}
		vocab.Classify(s, s, s, s)
	})
}

func BenchmarkClassify(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		vocab.Classify("Self-service Password Management", "Self-service password reset flow activity progress", "success", "User started the mobile SMS verification option")
	}
}

func BenchmarkFoldUPN(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		vocab.Fold("adele.vance@contoso.com")
	}
}
