package detect_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"passtrail"
	"passtrail/internal/detect"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// sentinel runs the rules of testdata/rules over a window and returns what each found, by rule.
func sentinel(t *testing.T, s *scene.Scene, from, to passtrail.Ticks) map[string][]store.Finding {
	t.Helper()
	rules, err := detect.LoadSentinel(os.DirFS("testdata"), "rules")
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) != 3 {
		t.Fatalf("%d rules, want 3", len(rules))
	}
	out := map[string][]store.Finding{}
	for _, r := range rules {
		fs, err := r.Run(t.Context(), s.Engine, scene.Contoso, detect.Window{From: from, To: to, Now: s.Now})
		if err != nil {
			t.Fatal(err)
		}
		out[r.ID[:8]] = fs
	}
	return out
}

func TestSentinelRules(t *testing.T) {
	s := scene.New(t, "2026-03-20")
	for i := range 3 {
		s.Add(scene.Event{At: begin + passtrail.Ticks(i)*minute, Key: "admin_reset", Actor: "desk", Target: person(i), Address: "198.51.100.7", ID: "reset-" + person(i)})
	}
	s.Attempt(begin, "adele", "198.51.100.8", scene.Full)
	s.Add(scene.Event{At: begin + 20*minute, Key: "info_deleted", Actor: "adele", ID: "info"})
	s.Commit()
	got := sentinel(t, s, begin-hour, begin+12*hour)

	many := got["3f0c8d5e"]
	if len(many) != 1 {
		t.Fatalf("many resets: %d findings, want 1", len(many))
	}
	f := many[0]
	if f.Title != "desk@contoso.com reset many passwords from 198.51.100.7" || f.Severity != "medium" || !strings.Contains(f.Reasoning, "person02@contoso.com") ||
		!slices.Equal(f.People, []string{"desk@contoso.com"}) || !slices.Equal(f.Addresses, []string{"198.51.100.7"}) || f.Start != begin || f.End != begin+2*minute || !slices.Equal(f.Techniques, []string{"T1098"}) {
		t.Errorf("many resets: %+v", f)
	}

	then := got["8a1d1c1e"]
	if len(then) != 1 || then[0].Severity != "high" || !slices.Equal(then[0].People, []string{"adele@contoso.com"}) || !slices.Equal(then[0].Evidence, []string{"info"}) {
		t.Errorf("reset then method: %+v", then)
	}

	if silent := got["1c2b3a4d"]; len(silent) != 0 {
		t.Errorf("no flow: %+v, want nothing while there is a flow", silent)
	}
	if silent := sentinel(t, s, begin+3*day, begin+4*day)["1c2b3a4d"]; len(silent) != 1 {
		t.Errorf("no flow: %d findings on a day without, want 1", len(silent))
	}
}

// TestSentinelWindow: the rule sees its queryPeriod and no more, at each time at which it would have run.
func TestSentinelWindow(t *testing.T) {
	rule, err := detect.ParseSentinel([]byte("id: a\nname: A\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 1\nquery: AuditLogs | project TimeGenerated, Id\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := scene.New(t, "2026-03-20")
	for _, at := range []passtrail.Ticks{-5 * hour, 5 * minute, 10 * minute, 3*hour + 5*minute} {
		s.Add(scene.Event{At: begin + at, Key: "change", Actor: "adele"})
	}
	s.Commit()
	fs, err := rule.Run(t.Context(), s.Engine, scene.Contoso, detect.Window{From: begin, To: begin + 6*hour, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	if len(fs) != 1 || len(fs[0].Evidence) != 2 || fs[0].Start != begin+5*minute {
		t.Errorf("findings = %+v, want the one hour with more than one record", fs)
	}
}

func TestBadSentinelRules(t *testing.T) {
	const good = "id: a\nname: A\nkind: Scheduled\nseverity: Low\nqueryPeriod: 1h\nquery: AuditLogs\n"
	change := func(from, to string) string { return strings.Replace(good, from, to, 1) }
	for name, c := range map[string]struct{ text, want string }{
		"not YAML":     {"id: [", "x.yaml"},
		"empty":        {"", "empty"},
		"no id":        {change("id: a", "id: ''"), "id, name and query are required"},
		"no query":     {change("query: AuditLogs", "query: ''"), "id, name and query are required"},
		"other kind":   {change("Scheduled", "Fusion"), "kind Fusion cannot run here"},
		"severity":     {change("Low", "Grave"), "severity"},
		"operator":     {good + "triggerOperator: about\n", `triggerOperator "about"`},
		"threshold":    {good + "triggerThreshold: -1\n", "triggerThreshold"},
		"period":       {change("1h", "soon"), `queryPeriod "soon"`},
		"empty period": {change("1h", "PT"), `queryPeriod "PT"`},
		"frequency":    {good + "queryFrequency: often\n", `queryFrequency "often"`},
		"grouping":     {good + "eventGroupingSettings: {aggregationKind: Some}\n", "aggregationKind"},
	} {
		_, err := detect.LoadSentinel(fstest.MapFS{"rules/x.yaml": {Data: []byte(c.text)}}, "rules")
		if passtrail.CodeOf(err) != passtrail.Invalid || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "x.yaml") {
			t.Errorf("%s: %v, want an error that names x.yaml and has %q", name, err, c.want)
		}
	}
	twice := fstest.MapFS{"rules/x.yaml": {Data: []byte(good)}, "rules/y.yml": {Data: []byte(good)}}
	if _, err := detect.LoadSentinel(twice, "rules"); passtrail.CodeOf(err) != passtrail.Invalid || !strings.Contains(err.Error(), "two analytics rules have the id a") {
		t.Errorf("two with one id: %v", err)
	}
	if rules, err := detect.LoadSentinel(fstest.MapFS{}, "rules"); err != nil || len(rules) != 0 {
		t.Errorf("no folder: %v, %v", rules, err)
	}
}

// TestSentinelRuleOverOtherTables: a rule over a table that is not here says so, with its name and without SQL.
func TestSentinelRuleOverOtherTables(t *testing.T) {
	rule, err := detect.ParseSentinel([]byte("id: a\nname: Foreign\nseverity: Low\nquery: SecurityEvent | where EventID == 4723\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := scene.New(t, "2026-03-20")
	_, err = rule.Run(t.Context(), s.Engine, scene.Contoso, detect.Window{From: begin, To: begin + day, Now: s.Now})
	if passtrail.CodeOf(err) != passtrail.Invalid || !strings.Contains(err.Error(), "Foreign") || !strings.Contains(err.Error(), "SecurityEvent") {
		t.Errorf("err = %v, want one that names rule and table", err)
	}
}

func FuzzParseSentinel(f *testing.F) {
	f.Add([]byte("id: a\nname: A\nseverity: Low\nqueryPeriod: P1DT2H\nquery: AuditLogs\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := detect.ParseSentinel(text)
		if err == nil && (r.ID == "" || strings.TrimSpace(r.Query) == "") {
			t.Errorf("%q: a rule without id or query", text)
		}
	})
}
