package parser_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"passtrail/internal/kql/ast"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/parser"
)

// section is one part of a txtar file.
type section struct{ name, text string }

// sections splits a file at its `-- name --` lines.
func sections(t testing.TB, path string) []section {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []section
	for l := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(l), "-- "); ok && strings.HasSuffix(name, " --") {
			out = append(out, section{name: strings.TrimSuffix(name, " --")})
		} else if len(out) > 0 {
			out[len(out)-1].text += l
		}
	}
	return out
}

func TestQueriesParse(t *testing.T) {
	for _, s := range sections(t, "testdata/queries.txtar") {
		t.Run(s.name, func(t *testing.T) {
			q, err := parser.Parse(s.text)
			var list diag.List
			if errors.As(err, &list) {
				t.Fatalf("Parse(%q) found mistakes:\n%s", s.text, list.Render(s.text))
			}
			checkSpans(t, s.text, q)
		})
	}
}

// checkSpans fails where a node lies outside of the text or of the node it is in. Nodes that stand for something missing
// have no length, and may touch their parent from outside.
func checkSpans(t testing.TB, src string, q *ast.Query) {
	t.Helper()
	var check func(parent diag.Span, n ast.Node)
	check = func(parent diag.Span, n ast.Node) {
		s := n.Span()
		if s.Start < parent.Start || s.End > parent.End || s.Start > s.End {
			if s.Len() == 0 && s.Start >= 0 && s.End <= len(src) {
				return
			}
			t.Errorf("%T at %v lies outside of its parent at %v in %q", n, s, parent, src)
		}
		for _, c := range ast.Children(n) {
			check(s, c)
		}
	}
	check(diag.Span{Start: 0, End: len(src)}, q)
}

// TestMistakes holds the parser to all mistakes of each text: code, and the text that is marked.
func TestMistakes(t *testing.T) {
	for _, s := range sections(t, "testdata/mistakes.txtar") {
		t.Run(s.name, func(t *testing.T) {
			src, want, ok := strings.Cut(s.text, ">>>\n")
			if !ok {
				t.Fatal("no >>> line")
			}
			src = strings.TrimSuffix(src, "\n")
			_, err := parser.Parse(src)
			var list diag.List
			errors.As(err, &list)
			var got strings.Builder
			for _, d := range list {
				got.WriteString(strings.TrimSpace(strings.Join([]string{diag.At(src, d.Span.Start).String(), d.Code, d.Text()}, " ")) + "\n")
			}
			if strings.TrimSpace(got.String()) != strings.TrimSpace(want) {
				t.Errorf("Parse(%q) reports\n%swant\n%s", src, got.String(), want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	tests := []struct{ name, src, code string }{
		{"bytes", strings.Repeat(" ", 2<<20), "text-too-long"},
		{"parentheses", "T | where " + strings.Repeat("(", 100_000), "too-deep"},
		{"arrays", "print dynamic(" + strings.Repeat("[", 100_000), "too-deep"},
		{"closed", "T | where " + strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300), "too-deep"},
		{"terms", "T | where a" + strings.Repeat(" or a", 50_000), "too-many-terms"},
		{"paths", "T | where a" + strings.Repeat(".a", 50_000), "too-many-terms"},
		{"statements", strings.Repeat("a;", 50_000), "too-many-terms"},
		{"operators", "T" + strings.Repeat("|count", 50_000), "too-many-terms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parser.Parse(test.src)
			var list diag.List
			if !errors.As(err, &list) || list[len(list)-1].Code != test.code && list[0].Code != test.code {
				t.Fatalf("Parse = %v, want code %s", err, test.code)
			}
			if len(list) > 3 {
				t.Errorf("%d diagnostics, want few: %v", len(list), list[:4])
			}
		})
	}
}

func TestLimitsAreConfigurable(t *testing.T) {
	l := parser.Limits{MaxBytes: 20, MaxDepth: 2, MaxTerms: 3}
	for src, code := range map[string]string{
		"T | where a == 1111111": "text-too-long", "print (((1)))": "too-deep", "print 1+1+1+1+1": "too-many-terms",
		"print ((1+1+1))": "",
	} {
		_, err := l.Parse(src)
		var list diag.List
		errors.As(err, &list)
		if code == "" && err != nil || code != "" && (len(list) != 1 || list[0].Code != code) {
			t.Errorf("Parse(%q) = %v, want code %q", src, err, code)
		}
	}
}

// TestOperatorNames holds the list of names to what the parser reads.
func TestOperatorNames(t *testing.T) {
	for _, name := range parser.Operators() {
		_, err := parser.Parse("T | " + name + " ")
		var list diag.List
		errors.As(err, &list)
		for _, d := range list {
			if d.Code == "unknown-operator" {
				t.Errorf("operator %s is listed and not known", name)
			}
		}
	}
}

func TestPrecedence(t *testing.T) {
	tests := []struct{ src, want string }{
		{"a or b and c", "(a or (b and c))"},
		{"a and b or c", "((a and b) or c)"},
		{"a == b and c != d", "((a == b) and (c != d))"},
		{"a + b * c - d", "((a + (b * c)) - d)"},
		{"a < b == c", "((a < b) == c)"},
		{"a + b =~ c", "(a + (b =~ c))"},
		{"a has b and c", "((a has b) and c)"},
		{"-a * b", "((-a) * b)"},
		{"a - -b", "(a - (-b))"},
		{"a * b has c", "(a * (b has c))"},
		{"a % b / c", "((a % b) / c)"},
		{"a in (1) and b", "((a in list) and b)"},
		{"a between (1 .. 2) or b", "((a between range) or b)"},
	}
	for _, test := range tests {
		x, err := parser.ParseExpr(test.src)
		if err != nil {
			t.Errorf("ParseExpr(%q): %v", test.src, err)
			continue
		}
		if got := shape(x); got != test.want {
			t.Errorf("ParseExpr(%q) = %s, want %s", test.src, got, test.want)
		}
	}
}

func shape(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Binary:
		return "(" + shape(x.L) + " " + x.Op.String() + " " + shape(x.R) + ")"
	case *ast.Unary:
		return "(" + x.Op.String() + shape(x.X) + ")"
	case *ast.Name:
		return x.Text
	case *ast.List:
		return "list"
	case *ast.Interval:
		return "range"
	}
	return "?"
}

const longQuery = `let lookback = 14d;
let admins = AuditLogs
| where TimeGenerated > ago(lookback)
| where OperationName has_any ("Add member to role", "Add eligible member to role")
| where Result =~ "success"
| mv-expand TargetResources
| extend user = tostring(TargetResources.userPrincipalName), role = tostring(parse_json(tostring(TargetResources.modifiedProperties))[1].newValue)
| where isnotempty(user)
| summarize roles = make_set(role, 100), first = min(TimeGenerated), last = max(TimeGenerated) by user
;
let noise = dynamic(["203.0.113.7", "198.51.100.0/24", "2001:db8::1"]);
AuditLogs
| where TimeGenerated between (ago(lookback) .. now())
| where Category == "UserManagement" and LoggedByService =~ "Self-service Password Management"
| where OperationName in ("Reset password (self-service)", "Change password (self-service)", "Unlock user account (self-service)")
| extend actor = iff(isempty(tostring(InitiatedBy.user.userPrincipalName)), tostring(InitiatedBy.app.displayName), tostring(InitiatedBy.user.userPrincipalName))
| extend ip = tostring(InitiatedBy.user.ipAddress)
| where ip !in (noise) and not(actor has "svc-")
| mv-apply detail = AdditionalDetails on (
    extend key = tostring(detail.key), value = tostring(detail.value)
    | where key in~ ("MethodsUsedForValidation", "ClientType")
    | summarize bag = make_bag(bag_pack(key, value))
  )
| extend methods = split(tostring(bag.MethodsUsedForValidation), ","), client = tostring(bag.ClientType)
| extend outcome = case(
    Result =~ "success", "done",
    ResultReason has "policy", "policy",
    ResultReason contains "abandon", "abandoned",
    "failed")
| join kind=leftouter hint.strategy=broadcast (
    admins
    | project actor = user, roles
  ) on actor
| project-away actor1
| summarize
    attempts = count(),
    failures = countif(outcome != "done"),
    reasons = make_set_if(ResultReason, outcome != "done", 50),
    methods = make_set(methods),
    arg_max(TimeGenerated, CorrelationId, client)
    by actor, ip, hour = bin(TimeGenerated, 1h)
| extend ratio = round(100.0 * failures / attempts, 2)
| where failures > 5 or (ratio >= 50.0 and attempts > 3)
| extend risk = iff(array_length(methods) < 2, "high", "low"), reasonText = strcat_array(reasons, "; ")
| lookup kind=leftouter (datatable(actor:string, owner:string) ["a@contoso.com", "Ann", "b@fabrikam.com", "Ben"]) on actor
| sort by failures desc nulls last, hour asc
| serialize rank = row_number()
| where rank <= 100
| project-rename When = hour
| project-reorder When, actor, ip, *
| project When, actor, ip, attempts, failures, ratio, risk, reasonText, client, owner, rank
| render timechart with (title="Failures", series=actor)
`

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(longQuery)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parser.Parse(longQuery); err != nil {
			b.Fatal(err)
		}
	}
}
