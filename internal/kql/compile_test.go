package kql_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/kql"
	"passtrail/internal/kql/diag"
	"passtrail/internal/kql/kqltest"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

const (
	ours   = passtrail.TenantID("11111111-1111-1111-1111-111111111111")
	theirs = passtrail.TenantID("22222222-2222-2222-2222-222222222222")
)

// secrets is a table of two tenants; rows of the other one hold the word "secret".
func secrets(name string) *plan.Table {
	return &plan.Table{Name: name, From: "wall w", Tenant: "w.tenant", Columns: []plan.Column{
		{Name: "TenantId", Type: types.String, SQL: "w.tenant"},
		{Name: "Time", Type: types.DateTime, SQL: "w.tm", NotNull: true},
		{Name: "Text", Type: types.String, SQL: "w.txt"},
		{Name: "N", Type: types.Long, SQL: "w.n"},
		{Name: "D", Type: types.Dynamic, SQL: "w.d", Paths: map[string]string{"a": "w.txt"}},
	}}
}

var schema = &plan.Schema{Tables: []*plan.Table{secrets("AuditLogs"), secrets("SigninLogs")}}

// escapes are texts that try to see another tenant's rows.
var escapes = []string{
	`AuditLogs`,
	`union *`,
	`union AuditLogs, SigninLogs`,
	`union A*`,
	`union isfuzzy=true *, Nope`,
	`search "secret"`,
	`search in (AuditLogs) *`,
	`search *`,
	`find where Text has "secret"`,
	`find in (A*) where N > 0`,
	`AuditLogs | where TenantId != "" or true`,
	`AuditLogs | where TenantId == "22222222-2222-2222-2222-222222222222"`,
	`let AuditLogs = SigninLogs; AuditLogs`,
	`let tenant = "22222222-2222-2222-2222-222222222222"; AuditLogs | where TenantId == tenant`,
	`let w = AuditLogs; w | join kind=fullouter w on N`,
	`let f = () { AuditLogs }; f()`,
	`let f = (T:(*)) { T | union T }; AuditLogs | invoke f()`,
	`let m = materialize(AuditLogs); union m, (m | where N > 0)`,
	`materialize(AuditLogs)`,
	`table("AuditLogs")`,
	`AuditLogs | as SigninLogs | union SigninLogs`,
	`print x = toscalar(AuditLogs | where Text has "secret" | project Text)`,
	`print x = toscalar(SigninLogs | summarize make_set(Text))`,
	`AuditLogs | where Text in ((SigninLogs | project Text))`,
	`print x = "secret" | where x in ((SigninLogs | project Text))`,
	`AuditLogs | where Text has_any ((SigninLogs | project Text))`,
	`AuditLogs | join kind=rightanti SigninLogs on N`,
	`AuditLogs | join kind=rightouter SigninLogs on N`,
	`AuditLogs | where 1 == 0 | join kind=fullouter SigninLogs on N`,
	`AuditLogs | lookup SigninLogs on N`,
	`AuditLogs | project-away TenantId | extend TenantId = "22222222-2222-2222-2222-222222222222"`,
	`AuditLogs | project-rename tenant = TenantId`,
	`AuditLogs | extend tenant = "22222222-2222-2222-2222-222222222222" | where tenant != ""`,
	`AuditLogs | summarize make_list(Text), make_set(tostring(D.a)), arg_max(Time, *), take_any(Text)`,
	`AuditLogs | mv-expand D | project Text`,
	`AuditLogs | mv-apply D on (take 5) | project Text`,
	`AuditLogs | partition by N (take 3)`,
	`AuditLogs | partition by Text { SigninLogs | where Text == toscalar(Text) or true }`,
	`AuditLogs | partition by Text (as part | union SigninLogs)`,
	`AuditLogs | partition by Text (join kind=fullouter SigninLogs on N)`,
	`AuditLogs | fork (take 5) (summarize make_set(Text))`,
	`AuditLogs | facet by Text with (take 5)`,
	`AuditLogs | evaluate bag_unpack(D)`,
	`AuditLogs | evaluate pivot(Text)`,
	`AuditLogs | evaluate narrow()`,
	`AuditLogs | evaluate pivot(Text, percentile(N, 50))`,
	`AuditLogs | evaluate ipv4_lookup(SigninLogs, Text, Text, true)`,
	`AuditLogs | evaluate activity_counts_metrics(Text, Time, datetime(2026-01-01), datetime(2027-01-01), 1d, TenantId)`,
	`AuditLogs | evaluate sliding_window_counts(Text, Time, datetime(2026-01-01), datetime(2027-01-01), 1d, 1d, TenantId)`,
	`AuditLogs | evaluate sequence_detect(Time, 1d, 1d, a = N > 0, b = N > 0, Text)`,
	`AuditLogs | sort by N asc | evaluate rows_near(N > 0, 5)`,
	`AuditLogs | evaluate preview(10)`,
	`AuditLogs | make-series count() on Time step 1d by Text`,
	`AuditLogs | top-nested of Text by count()`,
	`AuditLogs | sample 10`,
	`AuditLogs | distinct Text`,
	`AuditLogs | scan declare (t:string) with (step s: true => t = Text;)`,
	`AuditLogs | sort by N asc | scan declare (t:string) with (step s output=last: true => t = Text; step u optional: N > 0; step v: true;)`,
	`AuditLogs | where Text == "x' OR tenant <> '" or Text == "') UNION SELECT * FROM wall --"`,
	`AuditLogs | extend ['x" FROM wall) --'] = 1 | project ['x" FROM wall) --']`,
	`AuditLogs | project ['"; DROP TABLE wall; --'] = Text`,
	`declare query_parameters(t:string = "x' OR '1'='1"); AuditLogs | where Text == t`,
	`AuditLogs | where Text matches regex "') OR ('1'='1"`,
	`AuditLogs | project D["a' || (SELECT string_agg(txt,',') FROM wall) || '"], D['x"]'], D.['$..*']`,
	`let ['AuditLogs'] = AuditLogs | take 1; AuditLogs | union SigninLogs`,
	`wall`,
	`main.wall`,
	`database("main").wall`,
	`table("wall")`,
	`cluster("x").database("y").AuditLogs`,
	`union withsource=T wall, AuditLogs`,
	`AuditLogs | union wall`,
	`information_schema.tables`,
	`duckdb_settings()`,
	`read_csv("/etc/passwd")`,
	`externaldata(a:string)["file:///etc/passwd"]`,
}

func TestTheTenantWallHolds(t *testing.T) {
	db, err := kqltest.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.SQL.Exec(`CREATE TABLE wall (tenant VARCHAR, tm BIGINT, txt VARCHAR, n BIGINT, d JSON);
		INSERT INTO wall VALUES ('` + string(ours) + `', 639087552000000000, 'mine', 1, '{"a":"mine"}'), ('` + string(theirs) + `', 639087552000000000, 'secret', 2, '{"a":"secret"}')`); err != nil {
		t.Fatal(err)
	}
	for _, q := range escapes {
		for _, tenants := range [][]passtrail.TenantID{{ours}, {}, nil} {
			tables, err := kqltest.Run(t.Context(), db.SQL, q, schema, kql.Options{Now: kqltest.Now, Tenants: tenants})
			var list diag.List
			if err != nil && !errors.As(err, &list) {
				t.Errorf("%s: %v", q, err)
			}
			for _, tab := range tables {
				for _, row := range tab.Rows {
					text := fmt.Sprint(row...)
					// a constant of the query is no row of the table
					if strings.Contains(text, "secret") && !strings.HasPrefix(q, "print") || len(tenants) == 0 && strings.Contains(text, "mine") {
						t.Errorf("%s with tenants %v shows %v", q, tenants, row)
					}
					if strings.Contains(q, "toscalar") && strings.Contains(text, "secret") {
						t.Errorf("%s shows %v", q, row)
					}
				}
			}
		}
	}
	var n int
	if err := db.SQL.QueryRow("SELECT count(*) FROM wall").Scan(&n); err != nil || n != 2 {
		t.Errorf("the table has %d rows, %v", n, err)
	}
}

func TestEveryScanIsHeldToTheTenants(t *testing.T) {
	for _, q := range escapes {
		c, err := kql.Compile(q, schema, kql.Options{Now: kqltest.Now, Tenants: []passtrail.TenantID{ours, theirs}, Sample: func(string, []any) ([][]any, error) { return nil, nil }})
		if err != nil {
			continue
		}
		for _, r := range c.Results {
			scans, walls := strings.Count(r.SQL, "wall w"), strings.Count(r.SQL, "w.tenant IN ($1, $2)")
			if scans != walls {
				t.Errorf("%s: %d scans, %d restrictions: %s", q, scans, walls, r.SQL)
			}
		}
	}
}

func TestTimeSpanBoundsEveryScan(t *testing.T) {
	c, err := kql.Compile(`union AuditLogs, (SigninLogs | where N in ((AuditLogs | project N)))`, schema, kql.Options{Now: kqltest.Now, Tenants: []passtrail.TenantID{ours}, From: 100, To: 200})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(c.Results[0].SQL, "w.tm >= 100 AND w.tm < 200"); n != 3 {
		t.Errorf("%d bounds instead of 3: %s", n, c.Results[0].SQL)
	}
}

func TestTablesWithoutATenantColumnHaveNoRows(t *testing.T) {
	s := &plan.Schema{Tables: []*plan.Table{{Name: "T", From: "wall w", Columns: []plan.Column{{Name: "A", Type: types.String, SQL: "w.txt"}}}}}
	c, err := kql.Compile("T", s, kql.Options{Tenants: []passtrail.TenantID{ours}})
	if err != nil || !strings.Contains(c.Results[0].SQL, "WHERE FALSE") {
		t.Errorf("SQL is %v, %v", c, err)
	}
}

func TestLimits(t *testing.T) {
	double := "let a0 = AuditLogs | take 1;"
	for i := 1; i < 40; i++ {
		double += fmt.Sprintf("let a%d = union a%d, a%d;", i, i-1, i-1)
	}
	exprs := "print a0 = strcat(now(), 'x')"
	for i := 1; i < 60; i++ {
		exprs += fmt.Sprintf(" | extend a%d = strcat(a%d, a%d)", i, i-1, i-1)
	}
	functions := "let f0 = (x:long) { x + 1 };"
	for i := 1; i < 40; i++ {
		functions += fmt.Sprintf("let f%d = (x:long) { f%d(f%d(x)) };", i, i-1, i-1)
	}
	for name, q := range map[string]string{
		"lets that double":      double + "a39",
		"functions that double": functions + "print f39(1)",
		"deep brackets":         "print " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000),
		"deep calls":            "print " + strings.Repeat("strcat(", 3000) + "'a'" + strings.Repeat(")", 3000),
		"deep pipelines":        strings.Repeat("union (", 2000) + "AuditLogs" + strings.Repeat(")", 2000),
		"long text":             "print x = '" + strings.Repeat("x", 1<<22) + "'",
	} {
		_, err := kql.Compile(q, schema, kql.Options{Now: kqltest.Now, Tenants: []passtrail.TenantID{ours}})
		var list diag.List
		if !errors.As(err, &list) {
			t.Errorf("%s: error is %T, want diagnostics", name, err)
		}
	}
	if c, err := kql.Compile(exprs, schema, kql.Options{Now: kqltest.Now}); err != nil && !errors.As(err, new(diag.List)) || err == nil && len(c.Results[0].SQL) > 1<<20 {
		t.Errorf("expressions that double: %v", err)
	}
}

// sixtyLines is a query of the length that analysts write.
var sixtyLines = `let lookback = 14d;
let threshold = 3;
let admins = AuditLogs
    | where Time > ago(lookback)
    | where Text has_any ("Reset password", "Change password")
    | extend Actor = tostring(D.user.userPrincipalName), Target = tostring(D.target[0].userPrincipalName)
    | where isnotempty(Actor)
    | summarize Resets = count(), First = min(Time), Last = max(Time), Targets = make_set(Target, 100) by Actor
    | where Resets > threshold;
let signins = SigninLogs
    | where Time between (ago(lookback) .. now())
    | extend User = tolower(tostring(D.userPrincipalName)), Ip = tostring(D.ipAddress)
    | summarize Ips = dcount(Ip), arg_max(Time, Ip, N) by User;
let weird = materialize(
    AuditLogs
    | where Time > ago(7d)
    | mv-expand Item = D.items
    | extend Name = tostring(Item.displayName), Old = tostring(Item.oldValue), New = tostring(Item.newValue)
    | where Name in~ ("StrongAuthenticationMethod", "AccountEnabled") and Old != New
    | project Time, Name, Old, New, Text, N
);
admins
| extend User = tolower(Actor)
| join kind=leftouter (signins) on User
| join kind=leftouter (weird | summarize Changes = count(), Names = make_set(Name) by Text) on $left.Actor == $right.Text
| extend Severity = case(Resets > 10 and Ips > 3, "High",
                         Resets > 5, "Medium",
                         isnull(Changes), "Low",
                         "Informational")
| extend Span = Last - First, Hours = round((Last - First) / 1h, 1)
| where Severity != "Informational"
| project-reorder Severity, Actor, Resets
| project-away User, User1
| sort by Resets desc, Actor asc
| extend Rank = row_number()
| where Rank <= 50
| project Rank, Severity, Actor, Resets, Hours, First, Last, Targets, Ips, Changes, Names, Ip
`

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := kql.Compile(sixtyLines, schema, kql.Options{Now: kqltest.Now, Tenants: []passtrail.TenantID{ours}}); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, q := range append(escapes, sixtyLines) {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, src string) {
		start := time.Now()
		defer func() {
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("took %v", d)
			}
		}()
		c, err := kql.Compile(src, schema, kql.Options{Now: kqltest.Now, Tenants: []passtrail.TenantID{ours}, Sample: func(string, []any) ([][]any, error) { return nil, nil }})
		var list diag.List
		if err != nil && !errors.As(err, &list) {
			t.Fatalf("%q: %v", src, err)
		}
		if err != nil {
			for _, d := range list {
				if d.Span.Start < 0 || d.Span.End > len(src) || d.Span.Start > d.Span.End {
					t.Fatalf("%q: span %v lies outside the text", src, d.Span)
				}
			}
			return
		}
		for _, r := range c.Results {
			if strings.Count(r.SQL, "wall w") != strings.Count(r.SQL, "w.tenant = $1") && !strings.Contains(src, "wall w") && !strings.Contains(src, "w.tenant") {
				t.Fatalf("%q: a scan without its tenant: %s", src, r.SQL)
			}
		}
	})
}

// TestSQL holds the shape of the SQL: flat, filters at the scan, only what is needed.
func TestSQL(t *testing.T) {
	for q, want := range map[string]string{
		`AuditLogs | where Text == "a" and N > 3 | extend M = N + 1 | project M | take 5`:                                              `SELECT coalesce(TRY(w.n + 1), CAST((((CAST(w.n AS HUGEINT) + 1) + 9223372036854775808) % 18446744073709551616 + 18446744073709551616) % 18446744073709551616 - 9223372036854775808 AS BIGINT)) AS "M" FROM wall w WHERE w.tenant = $1 AND w.txt = 'a' AND w.n > 3 LIMIT 5`,
		`AuditLogs | extend Unused = strcat(Text, "x") | sort by Time asc | count`:                                                     `SELECT count(*) AS "Count" FROM wall w WHERE w.tenant = $1`,
		`AuditLogs | where Time > ago(1d) | summarize n = count() by bin(Time, 1h) | where n > 1 | sort by Time asc`:                   `SELECT w.tm // 36000000000 * 36000000000 AS "Time", count(*) AS "n" FROM wall w WHERE w.tenant = $1 AND w.tm > (639087408000000000 - 864000000000) GROUP BY w.tm // 36000000000 * 36000000000 HAVING count(*) > 1 ORDER BY w.tm // 36000000000 * 36000000000`,
		`AuditLogs | where tostring(D.a) == "x" | project a = tostring(D.a), b = tostring(D.b)`:                                        `SELECT w.txt AS "a", coalesce(json_extract_string(w.d, '$.b'), '') AS "b" FROM wall w WHERE w.tenant = $1 AND w.txt = 'x'`,
		`AuditLogs | mv-expand E = D.e | where E.k == "x" | project t = tostring(parse_json(tostring(D)).a), Time`:                     `SELECT q1."text" AS "t", q1."Time" AS "Time" FROM (SELECT `,
		`AuditLogs | join kind=leftanti (SigninLogs | where N > 1) on Text | project Time | top 3 by Time desc`:                        `SELECT w.tm AS "Time" FROM wall w ANTI JOIN (SELECT w.txt AS "Text" FROM wall w WHERE w.tenant = $1 AND w.n > 1) AS q1 ON w.txt = q1."Text" WHERE w.tenant = $1 ORDER BY w.tm DESC LIMIT 3`,
		`AuditLogs | summarize by Text | join kind=innerunique (SigninLogs | summarize n = count() by Text) on Text | project Text, n`: `SELECT q1."Text" AS "Text", q2."n" AS "n" FROM (SELECT w.txt AS "Text" FROM wall w WHERE w.tenant = $1 GROUP BY w.txt) AS q1 JOIN (SELECT w.txt AS "Text", count(*) AS "n" FROM wall w WHERE w.tenant = $1 GROUP BY w.txt) AS q2 ON q1."Text" = q2."Text"`,
		`let m = materialize(AuditLogs | project Text, N, D); m | where N == 1 | union (m | where N == 2) | project Text`:              `WITH shared1 AS MATERIALIZED (SELECT w.txt AS "Text", w.n AS "N" FROM wall w WHERE w.tenant = $1) SELECT u3."Text" AS "Text" FROM (SELECT m1."Text" AS "Text" FROM shared1 AS m1 WHERE m1."N" = 1 UNION ALL SELECT m2."Text" AS "Text" FROM shared1 AS m2 WHERE m2."N" = 2) AS u3`,
	} {
		c, err := kql.Compile(q, schema, kql.Options{Now: kqltest.Now, Tenants: []passtrail.TenantID{ours}})
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		if got := c.Results[0].SQL; !strings.HasPrefix(got, want) {
			t.Errorf("%s\n got %s\nwant %s", q, got, want)
		}
	}
}

// TestLookups holds where the number beside a text is asked for: at the scan, for texts that are known.
func TestLookups(t *testing.T) {
	id := plan.Column{Name: "Id", Type: types.String, SQL: "w.id", Lookup: &plan.Lookup{SQL: "w.h", Of: passtrail.TextHash}}
	found := &plan.Schema{Tables: []*plan.Table{{Name: "T", From: "wall w", Tenant: "w.tenant", Columns: []plan.Column{id, {Name: "N", Type: types.Long, SQL: "w.n"}}}}}
	for q, want := range map[string]string{
		`T | where Id == "a" | project N`:                                   `SELECT w.n AS "N" FROM wall w WHERE w.tenant = $1 AND (w.h = -468965076 OR w.h IS NULL) AND CASE WHEN (w.h = -468965076 OR w.h IS NULL) THEN w.id = 'a' ELSE FALSE END`,
		`T | where Id =~ "A" and N > 1 | project N`:                         `SELECT w.n AS "N" FROM wall w WHERE w.tenant = $1 AND (w.h = -468965076 OR w.h IS NULL) AND CASE WHEN (w.h = -468965076 OR w.h IS NULL) THEN lower(w.id) = 'a' ELSE FALSE END AND w.n > 1`,
		`T | where Id in ("a", "") | project N`:                             `SELECT w.n AS "N" FROM wall w WHERE w.tenant = $1 AND (w.h IN (-2128831035, -468965076) OR w.h IS NULL) AND CASE WHEN (w.h IN (-2128831035, -468965076) OR w.h IS NULL) THEN list_contains(['a', ''], w.id) ELSE FALSE END`,
		`T | where Id != "a" | project N`:                                   `SELECT w.n AS "N" FROM wall w WHERE w.tenant = $1 AND w.id <> 'a'`,
		`T | where Id == "a" or N == 1 | project N`:                         `SELECT w.n AS "N" FROM wall w WHERE w.tenant = $1 AND (w.id = 'a' OR w.n = 1)`,
		`T | summarize n = count() by Id | where Id == "a" | project n`:     `SELECT count(*) AS "n" FROM wall w WHERE w.tenant = $1 GROUP BY w.id HAVING w.id = 'a'`,
		`T | take 3 | where Id == "a" | project N`:                          `SELECT q1."N" AS "N" FROM (SELECT w.id AS "Id", w.n AS "N" FROM wall w WHERE w.tenant = $1 LIMIT 3) AS q1 WHERE q1."Id" = 'a'`,
		`T | extend Id = strcat(Id, "b") | where Id == "a" | project Id, N`: `SELECT concat(w.id, 'b') AS "Id", w.n AS "N" FROM wall w WHERE w.tenant = $1 AND concat(w.id, 'b') = 'a'`,
	} {
		c, err := kql.Compile(q, found, kql.Options{Now: kqltest.Now, Tenants: []passtrail.TenantID{ours}})
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		if got := c.Results[0].SQL; got != want {
			t.Errorf("%s\n got %s\nwant %s", q, got, want)
		}
	}
}

// TestNamesOfSeveralResults checks what the tables of a fork are called: as said before the branch, else by its as.
func TestNamesOfSeveralResults(t *testing.T) {
	c, err := kql.Compile(`print a = 1 | fork (count) (where a > 1 | as Big) Some = (take 1 | as Few)`, &plan.Schema{}, kql.Options{Now: kqltest.Now})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range c.Results {
		got = append(got, r.Name)
	}
	if want := []string{"Table_1", "Big", "Some"}; !slices.Equal(got, want) {
		t.Errorf("results are called %q, want %q", got, want)
	}
}
