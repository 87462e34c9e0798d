package query_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/kql/diag"
	"passtrail/internal/query"
	"passtrail/internal/scene"
)

// chain writes n statements that each name the one before.
func chain(first, format string, n int, last string) string {
	var b strings.Builder
	b.WriteString(first)
	for i := range n {
		b.WriteString(strings.NewReplacer("{i}", fmt.Sprint(i), "{next}", fmt.Sprint(i+1)).Replace(format))
	}
	return b.String() + strings.ReplaceAll(last, "{n}", fmt.Sprint(n))
}

// TestShortTextsThatGrow asks what a few hundred bytes can say and no machine can hold. Each has to be answered or refused
// soon; a statement that the database plans for hours cannot be stopped.
func TestShortTextsThatGrow(t *testing.T) {
	s := both(t)
	engine := query.New(s.Store, query.Limits{Time: 20 * time.Second})
	rep := strings.Repeat
	for name, text := range map[string]string{
		"a column from itself":         "print x=1" + rep("| extend x=x+1", 100),
		"a thousand times":             "print x=1" + rep("| extend x=x+1", 1000),
		"operands":                     "range x from 1 to 9 step 1 | extend y=x" + rep("+x", 150),
		"operands of a text":           "range x from 1 to 9 step 1 | extend y=" + rep("strcat('"+rep("a", 300)+"',", 150) + "'x'" + rep(")", 150),
		"functions":                    "range x from 1 to 9 step 1 | extend y=" + rep("abs(", 190) + "x" + rep(")", 190),
		"not":                          "range x from 1 to 9 step 1 | where " + rep("not(", 190) + "x>1" + rep(")", 190),
		"operands taken twice":         "range x from 1 to 9 step 1 | where " + rep("iff(", 60) + "x" + rep(" between(1..2),1,2)", 60) + "==1",
		"branches":                     "range x from 1 to 9 step 1 | extend y=" + rep("iff(x==1,1,", 150) + "0" + rep(")", 150),
		"texts":                        "print x='a'" + rep("| extend x=replace_string(x,'a','aa')", 60),
		"values of lets":               chain("let a0=rand();", "let a{next}=a{i}+a{i};", 60, "print a{n}"),
		"functions of functions":       chain("let f0=(x:long){x+1};", "let f{next}=(x:long){f{i}(f{i}(x))};", 30, "print f{n}(1)"),
		"tables of lets":               chain("let a0=AuditLogs;", "let a{next}=union a{i},a{i};", 30, "a{n}|count"),
		"joins with itself":            chain("let a0=PasswordEvents;", "let a{next}=a{i}|join kind=inner a{i} on EventId|project EventId;", 10, "a{n}|count"),
		"joins":                        "range x from 1 to 3 step 1" + rep("|join kind=inner (range x from 1 to 3 step 1) on x | project x", 100),
		"aggregations":                 "range x from 1 to 3 step 1|extend y=x" + rep("|summarize x=max(x) by y", 60),
		"scalar sub-queries":           chain("let a0=toscalar(AuditLogs|count);", "let a{next}=toscalar(range x from 1 to 3 step 1|summarize max(x+a{i}));", 12, "print a{n}"),
		"membership in one another":    "range x from 1 to 3 step 1 | where x in (" + rep("range x from 1 to 3 step 1 | where x in (", 30) + "1" + rep(")", 31),
		"legs":                         "union " + rep("(print x=1),", 1000) + "(print x=1)",
		"columns":                      "print " + rep("1,", 5000) + "1",
		"computed columns":             "range x from 1 to 3 step 1 | extend " + rep("x+1,", 5000) + "x",
		"brackets":                     "print " + rep("(", 500_000) + "1" + rep(")", 500_000),
		"operators":                    "print x=1" + rep("|take 1", 100_000),
		"names":                        chain("", "let a{i}={i};", 9000, "print a5"),
		"tables that nobody reads":     chain("let T=AuditLogs;", "let a{i}=T|where Id != '{i}';", 3000, "print 1"),
		"windows":                      "range x from 1 to 100 step 1|serialize" + rep("|extend x=prev(x)", 60),
		"a relation computed doubling": chain("let a0=(range x from 1 to 3 step 1);", "let a{next}=materialize(union a{i},a{i});", 14, "a{n}|count"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := engine.Run(t.Context(), query.Request{Text: text, Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now, Custom: true})
			var mistakes diag.List
			if err != nil && !errors.As(err, &mistakes) && passtrail.CodeOf(err) != passtrail.TooLarge {
				t.Errorf("Run = %v, want an answer or that it is too large", err)
			}
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestAddingUpIsExact computes a column from itself so often that it needs sub-selects: the answer is that of counting.
func TestAddingUpIsExact(t *testing.T) {
	s := both(t)
	for text, want := range map[string]int64{
		"print x=1" + strings.Repeat("| extend x=x+1", 100) + "| where x > 5":                                     101,
		"range x from 3 to 3 step 1 | extend y=x" + strings.Repeat("+x", 150) + "| project y":                     453,
		"print x=7" + strings.Repeat("| extend x=iff(x % 2 == 0, x / 2, 3 * x + 1)", 16):                          1,
		"range x from 3 to 3 step 1 | where " + strings.Repeat("not(", 190) + "x == 3" + strings.Repeat(")", 190): 3,
	} {
		res, err := run(t, s, text)
		if err != nil || len(res.Tables[0].Rows) != 1 || res.Tables[0].Rows[0][0] != want {
			t.Errorf("Run(%.60q…) = %v, %v, want %d", text, res, err, want)
		}
	}
}

// TestLimitsAreNamed wants to know from the error what to make smaller.
func TestLimitsAreNamed(t *testing.T) {
	s := both(t)
	for text, want := range map[string]string{
		"range x from 1 to 3 step 1|extend y=x" + strings.Repeat("|summarize x=max(x) by y", 17):                          "more than 16 aggregations",
		"range x from 1 to 3 step 1" + strings.Repeat("|join kind=inner (range x from 1 to 3 step 1) on x|project x", 33): "more than 32 joins",
		"print " + strings.Repeat("1,", 1000) + "1":                                                                       "more than 1000 columns",
		"print x=1" + strings.Repeat("| extend x=x+1", 2000):                                                              "more than 150 sub-selects",
	} {
		if _, err := run(t, s, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run(%.60q…) = %v, want %q", text, err, want)
		}
	}
}
