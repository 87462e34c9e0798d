package complete_test

import (
	"slices"
	"strings"
	"testing"

	"passtrail/internal/kql/complete"
)

var language = complete.Language{
	Tables: []complete.Table{
		{Name: "AuditLogs", Help: "Directory audit records.", Columns: []complete.Column{
			{Name: "TimeGenerated", Type: "datetime", Help: "When it happened."},
			{Name: "OperationName", Type: "string", Values: []string{"Reset password (self-service)", "Add member to role"}},
			{Name: "Result", Type: "string", Values: []string{"success", "failure"}},
			{Name: "InitiatedBy", Type: "dynamic", Paths: []string{"user.userPrincipalName", "user.id", "app.displayName"}},
		}},
		{Name: "SigninLogs", Columns: []complete.Column{{Name: "UserPrincipalName", Type: "string"}, {Name: "odd name", Type: "long"}}},
	},
	Functions: []complete.Function{
		{Name: "substring", Kind: complete.KindFunction, Params: []complete.Param{{Name: "source", Type: "string"}, {Name: "start", Type: "long"}, {Name: "length", Type: "long", Optional: true}}, Result: "string", Help: "A part of a text."},
		{Name: "strcat", Kind: complete.KindFunction, Params: []complete.Param{{Name: "value", Repeat: true}}, Result: "string"},
		{Name: "now", Kind: complete.KindFunction, Result: "datetime"},
		{Name: "count", Kind: complete.KindAggregate, Result: "long", Help: "Number of rows."},
		{Name: "dcount", Kind: complete.KindAggregate, Params: []complete.Param{{Name: "x"}}},
		{Name: "parsejson", Kind: complete.KindFunction, Obsolete: "parse_json"},
		{Name: "bag_unpack", Kind: complete.KindPlugin, Params: []complete.Param{{Name: "bag"}}},
		{Name: "basket", Kind: complete.KindPlugin, Refused: "it needs machine learning"},
	},
	Columns: columns,
}

// columns stands for the engine: it knows the first table of the query, and fails where "wrong" occurs.
func columns(query string) ([]complete.Column, bool) {
	body := query[strings.LastIndex(query, ";")+1:]
	source, rest, _ := strings.Cut(strings.TrimSpace(body), "|")
	if strings.Contains(rest, "wrong") {
		return nil, false
	}
	var out []complete.Column
	switch strings.Trim(source, "( \n") {
	case "AuditLogs":
		out = []complete.Column{{Name: "TimeGenerated", Type: "datetime"}, {Name: "OperationName", Type: "string"}, {Name: "Result", Type: "string"}, {Name: "InitiatedBy", Type: "dynamic"}}
	case "SigninLogs", "s":
		out = []complete.Column{{Name: "UserPrincipalName", Type: "string"}, {Name: "odd name", Type: "long"}}
	default:
		return nil, false
	}
	if strings.Contains(rest, "mv-expand m = ") {
		out = append(out, complete.Column{Name: "m", Type: "dynamic"})
	}
	if strings.Contains(rest, "extend e = 1") {
		out = append(out, complete.Column{Name: "e", Type: "long"})
	}
	return out, true
}

// cut takes the cursor, written as ^, out of a text.
func cut(text string) (string, int) {
	i := strings.IndexByte(text, '^')
	return text[:i] + text[i+1:], i
}

func labels(c complete.Completion) []string {
	var out []string
	for _, it := range c.Items {
		out = append(out, it.Label)
	}
	return out
}

func TestComplete(t *testing.T) {
	service := complete.New(language)
	tests := []struct{ name, text, has, lacks string }{
		{"empty", "^", "AuditLogs SigninLogs let union", "where OperationName"},
		{"table's start", "Aud^", "AuditLogs", "SigninLogs let"},
		{"after a pipe", "AuditLogs | ^", "where extend project-away", "AuditLogs filter OperationName"},
		{"operator's start", "AuditLogs | whe^", "where parse-where", "extend"},
		{"hyphen", "AuditLogs | project-a^", "project-away", "project-keep"},
		{"where", "AuditLogs | where ^", "OperationName substring now", "count where parsejson basket"},
		{"column's start", "AuditLogs | where Op^ == 1", "OperationName", "Result"},
		{"after a column", "AuditLogs | where OperationName ^", "has == in and", "OperationName substring"},
		{"after an operator", "AuditLogs | where OperationName == ^", "Result substring", "has"},
		{"after and", "AuditLogs | where OperationName == 1 and ^", "Result substring", "has"},
		{"in a call", "AuditLogs | where substring(^", "Result now", "has"},
		{"summarize", "AuditLogs | summarize ^", "count dcount Result by", "has"},
		{"summarize in a call", "AuditLogs | summarize dcount(^)", "Result", "has"},
		{"by", "AuditLogs | summarize count() ^", "by", "Result"},
		{"behind by", "AuditLogs | summarize count() by ^", "Result substring", "dcount"},
		{"sort", "AuditLogs | sort ^", "by", ""},
		{"sort key", "AuditLogs | sort by Result ^", "asc desc", "Result"},
		{"join's table", "AuditLogs | join ^", "SigninLogs kind", "has"},
		{"join's subquery", "AuditLogs | join kind=inner (^", "SigninLogs", "has kind"},
		{"join's subquery's operator", "AuditLogs | join (SigninLogs | ^", "where", "SigninLogs"},
		{"join's subquery's column", "AuditLogs | join (SigninLogs | where ^", "UserPrincipalName", "OperationName"},
		{"join's kind", "AuditLogs | join kind=^", "leftanti inner", "SigninLogs"},
		{"join's on", "AuditLogs | join (SigninLogs) on ^", "OperationName $left $right", "has"},
		{"left side", "AuditLogs | join (SigninLogs) on $left.^", "OperationName", "UserPrincipalName"},
		{"right side", "AuditLogs | join kind=inner (SigninLogs | where 1 == 1) on $left.Result == $right.^", "UserPrincipalName", "OperationName"},
		{"union", "union ^", "AuditLogs withsource", "has"},
		{"second of union", "union AuditLogs, ^", "SigninLogs", "has"},
		{"in's table", "AuditLogs | where Result in (^", "SigninLogs Result", "has"},
		{"path", "AuditLogs | extend x = InitiatedBy.^", "user app", "OperationName"},
		{"deep path", "AuditLogs | extend x = InitiatedBy.user.^", "userPrincipalName id", "user"},
		{"value", `AuditLogs | where Result == "^"`, "success failure", "Result"},
		{"unclosed value", `AuditLogs | where Result =~ "suc^`, "success", "failure"},
		{"value in a list", `AuditLogs | where OperationName in ("x", "Add^")`, "Add member to role", "Reset password (self-service)"},
		{"text of something else", `AuditLogs | where tostring(x) == "^"`, "", "success Result"},
		{"comment", "AuditLogs // where ^", "", "AuditLogs where"},
		{"render", "AuditLogs | render ^", "timechart", "Result"},
		{"plugin", "AuditLogs | evaluate ^", "bag_unpack", "basket Result"},
		{"type", "datatable(a:^", "string long", "AuditLogs"},
		{"typeof", "AuditLogs | mv-expand x to typeof(^", "string long", "AuditLogs"},
		{"let", "let days = 7d; AuditLogs | where TimeGenerated > ago(^", "days TimeGenerated", ""},
		{"let table", "let s = SigninLogs; s | where ^", "UserPrincipalName", "OperationName"},
		{"let as table", "let recent = AuditLogs | take 1; ^", "recent AuditLogs", ""},
		{"later let", "^; let later = AuditLogs | take 1;", "AuditLogs", "later"},
		{"in a let", "let x = AuditLogs | where ^; x", "OperationName", "x"},
		{"parameter", "let f = (limit_:long) { AuditLogs | take ^ };", "limit_", "Result"},
		{"new column", "AuditLogs | extend e = 1 | where ^", "e Result", ""},
		{"behind a mistake", "AuditLogs | extend e = 1 | extend q = wrong( | where ^", "e q Result", ""},
		{"mv-apply", "AuditLogs | mv-apply m = InitiatedBy on (^", "where summarize", "AuditLogs"},
		{"in mv-apply", "AuditLogs | mv-apply m = InitiatedBy on (where ^", "m Result", "AuditLogs"},
		{"behind in mv-apply", "AuditLogs | mv-apply m = InitiatedBy on (extend e = 1 | where ^", "m e", ""},
		{"quoted name", "SigninLogs | project ^", "odd name", "has"},
		{"take", "AuditLogs | take ^", "", "Result substring"},
		{"middle of a text", "AuditLogs | where Res^ == 1 | project TimeGenerated", "Result", "OperationName"},
		{"next line", "AuditLogs\n| where Result == 'x'\n| ^\n| take 5", "extend", "Result"},
		{"toscalar", "print toscalar(^", "AuditLogs", "has"},
		{"print", "print ^", "now substring", "OperationName has"},
		{"not a letter", "AuditLogs | where OperationName has 'x' ^", "and", "Result"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			src, at := cut(test.text)
			got := labels(service.Complete(src, at))
			for _, want := range split(test.has) {
				if !slices.Contains(got, want) {
					t.Errorf("Complete(%q) lacks %q: %q", test.text, want, got)
				}
			}
			for _, bad := range split(test.lacks) {
				if slices.Contains(got, bad) {
					t.Errorf("Complete(%q) has %q: %q", test.text, bad, got)
				}
			}
		})
	}
}

// split takes a list of labels apart; those with blanks are written alone.
func split(s string) []string {
	if strings.Contains(s, "(") || strings.HasPrefix(s, "Add ") || s == "odd name" {
		return []string{s}
	}
	return strings.Fields(s)
}

func TestCompleteReplacesTheWord(t *testing.T) {
	service := complete.New(language)
	for text, want := range map[string]string{
		"AuditLogs | where Res^ult == 1":         "AuditLogs | where Result == 1",
		"AuditLogs | project-a^":                 "AuditLogs | project-away ",
		"AuditLogs | where subs^":                "AuditLogs | where substring()",
		"SigninLogs | project odd^":              "SigninLogs | project ['odd name']",
		`AuditLogs | where Result == "su^cc"`:    `AuditLogs | where Result == "success"`,
		"AuditLogs | join kind=leftan^ (x) on y": "AuditLogs | join kind=leftanti (x) on y",
	} {
		src, at := cut(text)
		c := service.Complete(src, at)
		if len(c.Items) == 0 {
			t.Errorf("Complete(%q) is empty", text)
			continue
		}
		if got := src[:c.Span.Start] + c.Items[0].Insert + src[c.Span.End:]; got != want {
			t.Errorf("Complete(%q) leads to %q, want %q", text, got, want)
		}
		if caret := c.Items[0].Caret; caret < 0 || caret > len(c.Items[0].Insert) {
			t.Errorf("Complete(%q) puts the cursor at %d of %q", text, caret, c.Items[0].Insert)
		}
	}
}

func TestHover(t *testing.T) {
	service := complete.New(language)
	tests := []struct{ text, title, body string }{
		{"Audit^Logs | take 1", "table AuditLogs", "Directory audit records."},
		{"AuditLogs | wh^ere x", "where condition", "Keeps the rows for which the condition is true."},
		{"AuditLogs | project-a^way x", "project-away column, ...", "Drops columns; * stands for any letters of a name."},
		{"AuditLogs | proj^ect-away x", "project-away column, ...", "Drops columns; * stands for any letters of a name."},
		{"AuditLogs | where TimeGen^erated > 1", "column TimeGenerated: datetime", "When it happened."},
		{"AuditLogs | extend x = subst^ring(Result, 1)", "substring(source: string, start: long, [length: long]): string", "A part of a text."},
		{"AuditLogs | extend x = parse^json(Result)", "parsejson()", " Obsolete: use parse_json."},
		{"AuditLogs | where Result ha^s 'x'", "operator has", "Has the whole term, without regard to letter case."},
		{"AuditLogs | where Result =^~ 'x'", "operator =~", "Equal, without regard to letter case."},
		{"let d = 7d; print d^", "let d", "timespan 7d"},
		{"AuditLogs | summarize cou^nt()", "count(): long", "Number of rows."},
	}
	for _, test := range tests {
		src, at := cut(test.text)
		h, ok := service.Hover(src, at)
		if !ok || h.Title != test.title || h.Text != test.body {
			t.Errorf("Hover(%q) = %q, %q, %v, want %q, %q", test.text, h.Title, h.Text, ok, test.title, test.body)
		}
	}
	for _, text := range []string{"", "AuditLogs | where nothing1", "// comment"} {
		if h, ok := service.Hover(text, len(text)); ok {
			t.Errorf("Hover(%q) = %+v, want nothing", text, h)
		}
	}
}

func TestSignature(t *testing.T) {
	service := complete.New(language)
	tests := []struct {
		text, label string
		active      int
	}{
		{"print substring(^", "substring(source: string, start: long, [length: long]): string", 0},
		{"print substring(a, ^", "substring(source: string, start: long, [length: long]): string", 1},
		{"print substring(strcat(a, b), (1 + ^", "substring(source: string, start: long, [length: long]): string", 1},
		{"print strcat(a, b, c, ^d)", "strcat(value, ...): string", 0},
		{"print substring(strcat(^))", "strcat(value, ...): string", 0},
	}
	for _, test := range tests {
		src, at := cut(test.text)
		s, ok := service.Signature(src, at)
		if !ok || s.Overloads[0].Label != test.label || s.Active != test.active {
			t.Errorf("Signature(%q) = %+v, %v, want %q at %d", test.text, s, ok, test.label, test.active)
		}
	}
	for _, text := range []string{"print ^1", "print nothing(^", "AuditLogs | where x in (^", "print substring(1)^"} {
		src, at := cut(text)
		if s, ok := service.Signature(src, at); ok {
			t.Errorf("Signature(%q) = %+v, want nothing", text, s)
		}
	}
}

func FuzzComplete(f *testing.F) {
	service := complete.New(language)
	for _, text := range []string{"AuditLogs | where ^x", "let f = (a:long) { T | mv-apply b = c on (where d.^", "union (A | join kind=^", "print substring(a, \"^"} {
		src, at := cut(text)
		f.Add(src, at)
	}
	f.Fuzz(func(t *testing.T, src string, at int) {
		c := service.Complete(src, at)
		if c.Span.Start < 0 || c.Span.Start > c.Span.End || c.Span.End > len(src) {
			t.Errorf("Complete(%q, %d) replaces %v", src, at, c.Span)
		}
		for _, it := range c.Items {
			if it.Label == "" || it.Insert == "" || it.Caret > len(it.Insert) {
				t.Errorf("Complete(%q, %d) offers %+v", src, at, it)
			}
		}
		if h, ok := service.Hover(src, at); ok && (h.Title == "" || h.Span.End > len(src)) {
			t.Errorf("Hover(%q, %d) = %+v", src, at, h)
		}
		service.Signature(src, at)
	})
}
