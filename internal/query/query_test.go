package query_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"passtrail"
	"passtrail/internal/kql/diag"
	"passtrail/internal/query"
	"passtrail/internal/scene"
	"passtrail/internal/store"
)

// both is a scene with a little of everything in each tenant. What is Fabrikam's has fabrikam or a word of its own in it.
func both(t *testing.T) *scene.Scene {
	t.Helper()
	s := scene.New(t, "2026-03-10T12:00:00Z")
	for tenant, person := range map[passtrail.TenantID]string{scene.Contoso: "adele", scene.Fabrikam: "grady"} {
		s.Tenant = tenant
		s.Roles(scene.Time("2026-03-01"), map[string]string{person: "Global Administrator"})
		s.Registered(scene.Time("2026-03-01"), map[string]string{person: "mobilePhone email"})
		s.Attempt(scene.Time("2026-03-08T09:00:00Z"), person, "192.0.2.10", scene.Full)
		s.Add(scene.Event{At: scene.Time("2026-03-09T09:00:00Z"), Key: "admin_reset", Actor: person + "-admin", Target: person, Address: "192.0.2.11"})
	}
	s.Commit()
	s.Tenant = scene.Contoso
	return s
}

// run asks for Contoso as a person's own query.
func run(t *testing.T, s *scene.Scene, text string) (*query.Result, error) {
	t.Helper()
	return s.Engine.Run(t.Context(), query.Request{Text: text, Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now, Custom: true, Principal: "adele@contoso.com"})
}

// theirs finds what belongs to the other tenant.
var theirs = regexp.MustCompile(`(?i)fabrikam|grady|` + string(scene.Fabrikam))

// TestOtherTenantIsNotSeen tries to see the other tenant. A query may fail or answer; what it answers is of one's own.
func TestOtherTenantIsNotSeen(t *testing.T) {
	s := both(t)
	theirID := string(scene.Fabrikam)
	for _, text := range []string{
		"AuditLogs", "SigninLogs", "PasswordEvents", "PasswordResetAttempts", "UserRegistrationDetails", "UserRegistrationHistory", "RoleAssignments", "StatusReasons",
		"union *", "union withsource=T *", "union Password*, *Logs", "union kind=inner AuditLogs, PasswordEvents", "union isfuzzy=true Nothing, AuditLogs",
		"search '*'", "search 'fabrikam'", "search in (AuditLogs, PasswordEvents) 'grady'", "search * | where TenantId != ''", "find where true", "find in (AuditLogs) where TenantId == '" + theirID + "'",
		"AuditLogs | where TenantId == '" + theirID + "'", "AuditLogs | where AADTenantId == '" + theirID + "' or true", "AuditLogs | where true or 1 == 1 or TenantId != ''",
		"let M = materialize(AuditLogs); union M, M", "let M = materialize(PasswordEvents | where true); M | join kind=fullouter M on EventId",
		"let AuditLogs = PasswordEvents; AuditLogs", "let r = AuditLogs; r", "let record = AuditLogs; record | union record", "let tenant = '" + theirID + "'; AuditLogs | where TenantId == tenant",
		"let f = (T:(TenantId:string)) { T | where TenantId != '' }; f(AuditLogs)", "let f = () { AuditLogs | where TenantId == '" + theirID + "' }; f()", "let v = view () { AuditLogs }; union v, v*",
		"AuditLogs | join kind=leftouter (AuditLogs | project Id, X = tostring(InitiatedBy)) on Id", "AuditLogs | join kind=fullouter PasswordEvents on $left.Id == $right.EventId",
		"AuditLogs | join kind=rightanti (PasswordEvents | project Id = EventId, UserPrincipalName) on Id", "AuditLogs | join kind=rightouter (RoleAssignments) on $left.Id == $right.UserId",
		"AuditLogs | extend k = 1 | join kind=inner (AuditLogs | extend k = 1) on k", "AuditLogs | lookup (UserRegistrationDetails | project Identity = UserDisplayName, UserPrincipalName) on Identity",
		"print x = toscalar(AuditLogs | where TenantId == '" + theirID + "' | project tostring(InitiatedBy) | take 1)", "print toscalar(PasswordEvents | summarize make_set(UserPrincipalName))",
		"PasswordEvents | where UserId in ((RoleAssignments | project UserId))", "UserRegistrationDetails | where Id !in ((RoleAssignments | project UserId))",
		"range i from 1 to 3 step 1 | extend u = toscalar(UserRegistrationDetails | summarize make_list(UserPrincipalName))",
		"AuditLogs | summarize make_set(tostring(TargetResources)), arg_max(TimeGenerated, *)", "AuditLogs | mv-apply x = TargetResources on (project u = x.userPrincipalName)",
		"AuditLogs | as T | union T", "AuditLogs | fork (where true) (count)", "AuditLogs | facet by Identity", "AuditLogs | sample 100", "AuditLogs | sample-distinct 10 of Identity", "AuditLogs | top-hitters 10 of Identity",
		"AuditLogs | extend b = pack_all() | evaluate bag_unpack(b)", "AuditLogs | extend b = bag_pack(tostring(InitiatedBy.user.userPrincipalName), 1) | project b | evaluate bag_unpack(b)", "AuditLogs | evaluate pivot(Identity)", "AuditLogs | evaluate narrow()",
		"AuditLogs | partition by Identity (top 5 by TimeGenerated)", "AuditLogs | make-series n = count() on TimeGenerated from ago(30d) to now() step 1d by Identity", "AuditLogs | serialize p = prev(Identity), n = next(Identity)",
		"AuditLogs | where Identity == \"x' OR '1'='1\"", "AuditLogs | where Identity == \"'; SELECT * FROM record; --\"", "AuditLogs | project ['x\" FROM record --'] = tostring(InitiatedBy)",
		"database('other').AuditLogs", "cluster('other').database('x').AuditLogs", "workspace('" + theirID + "').AuditLogs", "app('x').AuditLogs", "adx('x').AuditLogs", "table('AuditLogs')", "table('record')",
		"record", "main.record", "attempt", "registration", "tenant", "['record']", "['passtrail.main.record']", "duckdb_tables", "information_schema.tables", "pragma_table_info('record')", "read_csv('/etc/passwd')",
		"externaldata(x:string)['/etc/passwd']", "externaldata(x:string)[@'https://192.0.2.1/x']", ".show tables", "evaluate sql_request('x', 'y')", "print current_principal(), current_principal_details()",
		"print cursor_current(), current_database(), current_cluster_endpoint()", "union (AuditLogs | count), (PasswordEvents | count)", "AuditLogs | distinct *", "AuditLogs | getschema",
		"let T = datatable(TenantId:string)['" + theirID + "']; T | join kind=inner AuditLogs on TenantId | project TenantId1, InitiatedBy",
		"declare query_parameters(x:string = '" + theirID + "'); AuditLogs | where TenantId == x", "set query_datascope='all'; AuditLogs", "restrict access to (AuditLogs); AuditLogs",
		"AuditLogs | union (PasswordEvents), (UserRegistrationHistory) | where * has 'fabrikam'", "AuditLogs | where * contains 'grady'",
	} {
		res, err := run(t, s, text)
		if err != nil {
			plain(t, text, err)
			t.Logf("%s\n  %v", text, err)
			continue
		}
		for _, table := range res.Tables {
			for _, row := range table.Rows {
				for i, cell := range row {
					got := fmt.Sprint(cell)
					// what the query itself brought is no leak
					if theirs.MatchString(got) && !(got == theirID && strings.Contains(text, "datatable")) && got != "fabrikam" {
						t.Errorf("%s\nanswers in %s.%s: %s", text, table.Name, table.Columns[i].Name, got)
					}
				}
			}
		}
	}
}

// engineWords are words that only the database, or SQL, would say.
var engineWords = regexp.MustCompile(`(?i)duckdb|binder|catalog|select |varchar|bigint|parser error|postgres|\br\.(tenant|time|id)\b|::|conversion error|out of range error|invalid input error`)

// plain wants an error in words for a person.
func plain(t *testing.T, text string, err error) {
	t.Helper()
	var list diag.List
	if !errors.As(err, &list) && passtrail.CodeOf(err) == "" {
		t.Errorf("%s: an error that nobody can act on: %v", text, err)
	}
	if said := engineWords.FindString(err.Error()); said != "" && !strings.Contains(strings.ToLower(text), strings.ToLower(said)) {
		t.Errorf("%s: the database speaks: %v", text, err)
	}
}

// TestOwnTenantIsSeen: the wall is no wall for one's own rows, and two tenants may be asked about at once.
// StatusReasons and RoleReach are vocabulary, of nobody.
func TestOwnTenantIsSeen(t *testing.T) {
	s := both(t)
	const text = "union withsource=T * | summarize n = count() by T | where T !in ('StatusReasons', 'RoleReach') | sort by T asc"
	want := "[[AuditLogs 9] [PasswordEvents 9] [PasswordResetAttempts 1] [RoleAssignments 1] [UserRegistrationDetails 1] [UserRegistrationHistory 1]]"
	res, err := run(t, s, text)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(res.Tables[0].Rows); got != want {
		t.Errorf("one tenant: %s, want %s", got, want)
	}
	res, err = s.Engine.Run(t.Context(), query.Request{Text: "AuditLogs | summarize count() by TenantId | sort by TenantId asc", Tenants: []passtrail.TenantID{scene.Contoso, scene.Fabrikam}, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(res.Tables[0].Rows), fmt.Sprintf("[[%s 9] [%s 9]]", scene.Fabrikam, scene.Contoso); got != want {
		t.Errorf("two tenants: %s, want %s", got, want)
	}
	res, err = s.Engine.Run(t.Context(), query.Request{Text: "union withsource=T * | where T !in ('StatusReasons', 'RoleReach')", Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(res.Tables[0].Rows); n != 0 {
		t.Errorf("no tenant sees %d rows", n)
	}
}

func TestMistakesAreAllTold(t *testing.T) {
	s := both(t)
	text := "AuditLogs\n| where ActivtyDisplayName == 'x'\n| extend a = nosuch(1)"
	_, err := run(t, s, text)
	var list diag.List
	if !errors.As(err, &list) || len(list) < 2 {
		t.Fatalf("err = %v, want two mistakes", err)
	}
	if got := list.Render(text); !strings.Contains(got, "ActivityDisplayName") || !strings.Contains(got, "nosuch") || !strings.Contains(got, "^") {
		t.Errorf("mistakes = %s", got)
	}
	if err := s.Engine.Check(t.Context(), query.Request{Text: text, Now: s.Now}); !errors.As(err, &list) {
		t.Errorf("Check = %v", err)
	}
	if err := s.Engine.Check(t.Context(), query.Request{Text: "AuditLogs | count", Now: s.Now}); err != nil {
		t.Errorf("Check = %v", err)
	}
}

func TestLicence(t *testing.T) {
	s := both(t)
	err := s.Store.PutTenant(t.Context(), store.Tenant{ID: scene.Contoso, OptedInAt: 1, Settings: store.Settings{NoCustomQueries: true}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = run(t, s, "AuditLogs | count")
	if passtrail.CodeOf(err) != passtrail.Denied || !strings.Contains(err.Error(), "not licensed") {
		t.Errorf("custom query: %v", err)
	}
	both := query.Request{Text: "AuditLogs | count", Tenants: []passtrail.TenantID{scene.Fabrikam, scene.Contoso}, Now: s.Now, Custom: true}
	if _, err := s.Engine.Run(t.Context(), both); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("custom query of two tenants: %v", err)
	}
	if _, err := s.Engine.Explain(t.Context(), both); passtrail.CodeOf(err) != passtrail.Denied {
		t.Errorf("explain: %v", err)
	}
	both.Custom = false
	if _, err := s.Engine.Run(t.Context(), both); err != nil {
		t.Errorf("prebuilt query: %v", err)
	}
}

func TestLimits(t *testing.T) {
	s := both(t)
	e := query.New(s.Store, query.Limits{Time: 300 * time.Millisecond, Rows: 100, Export: 150, Text: 200})
	ask := func(text string, export bool, maxRows int64) error {
		_, err := e.Run(t.Context(), query.Request{Text: text, Now: s.Now, Export: export, MaxRows: maxRows})
		return err
	}
	rows := func(n int) string { return fmt.Sprintf("range i from 1 to %d step 1", n) }
	for _, c := range []struct {
		name, text string
		export     bool
		maxRows    int64
		want       string // in the words, "" for no error
	}{
		{"as many rows as allowed", rows(100), false, 0, ""},
		{"a row too many", rows(101), false, 0, "more than 100 rows"},
		{"the request's own limit", rows(11), false, 10, "more than 10 rows"},
		{"the request cannot raise the limit", rows(101), false, 1000, "more than 100 rows"},
		{"an export may have more", rows(150), true, 0, ""},
		{"an export too has a limit", rows(151), true, 0, "more than 150 rows"},
		{"text", "print '" + strings.Repeat("x", 200) + "'", false, 0, "the limit is 200"},
		{"time", "range i from 1 to 100000000 step 1 | extend j = hash_sha256(tostring(i)) | summarize dcount(j), max(hash_sha256(j))", false, 0, "ran longer than 300ms"},
	} {
		err := ask(c.text, c.export, c.maxRows)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if passtrail.CodeOf(err) != passtrail.TooLarge || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want TooLarge with %q", c.name, err, c.want)
		}
		if rows, late := errors.Is(err, query.ErrRows), errors.Is(err, context.DeadlineExceeded); rows != strings.Contains(c.want, "rows") || late != (c.name == "time") {
			t.Errorf("%s: told as too many rows: %v, as too long: %v", c.name, rows, late)
		}
	}
}

// slow takes many seconds.
const slow = "range i from 1 to 2000000000 step 1 | extend j = hash_sha256(tostring(i)) | summarize dcount(j)"

func TestCancel(t *testing.T) {
	s := both(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := s.Engine.Run(ctx, query.Request{Text: slow, Now: s.Now})
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("the query ended by itself: %v", err)
	case <-time.After(500 * time.Millisecond): // the query is under way
	}
	began := time.Now()
	cancel()
	err := <-done
	if took := time.Since(began); took > 400*time.Millisecond { // 100 ms on a machine that has nothing else to do
		t.Errorf("cancelling took %s", took)
	}
	if passtrail.CodeOf(err) != passtrail.Cancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want Cancelled", err)
	}
	plain(t, slow, err)
}

// TestCallersErrorComesBack: what row returns is the caller's, such as a full disk, and is not called a fault of the query.
func TestCallersErrorComesBack(t *testing.T) {
	s := both(t)
	full := errors.New("disk full")
	rows := 0
	err := s.Engine.Stream(t.Context(), query.Request{Text: "range i from 1 to 100000 step 1", Now: s.Now}, func(query.Table) error { return nil }, func([]any) error {
		if rows++; rows == 10 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || rows != 10 {
		t.Errorf("Stream = %v after %d rows, want %v after 10", err, rows, full)
	}
	err = s.Engine.Stream(t.Context(), query.Request{Text: "print 1", Now: s.Now}, func(query.Table) error { return full }, func([]any) error { return nil })
	if !errors.Is(err, full) {
		t.Errorf("Stream = %v, want %v", err, full)
	}
}

func TestPeriodRestrictsEveryTable(t *testing.T) {
	s := scene.New(t, "2026-03-10T12:00:00Z")
	for day := range 5 {
		s.Attempt(scene.Time("2026-03-01T09:00:00Z")+passtrail.Ticks(day)*passtrail.Day, "adele", "192.0.2.1", "start options")
	}
	s.Commit()
	for _, c := range []struct {
		from, to string
		want     string
	}{
		{"", "", "[[10 10 5]]"},
		{"2026-03-03", "", "[[6 6 3]]"},
		{"", "2026-03-03", "[[4 4 2]]"},
		{"2026-03-02", "2026-03-04", "[[4 4 2]]"},
		{"2026-03-02T09:00:00Z", "2026-03-02T09:00:10Z", "[[1 1 1]]"}, // from inclusive, to exclusive
	} {
		req := query.Request{Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now,
			Text: "let P = toscalar(PasswordEvents | count); let A = toscalar(PasswordResetAttempts | count); AuditLogs | summarize n = count() | project n, P, A"}
		if c.from != "" {
			req.From = scene.Time(c.from)
		}
		if c.to != "" {
			req.To = scene.Time(c.to)
		}
		res, err := s.Engine.Run(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(res.Tables[0].Rows); got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.from, c.to, got, c.want)
		}
	}
}

func TestPrincipalAndParameters(t *testing.T) {
	s := both(t)
	res, err := s.Engine.Run(t.Context(), query.Request{Text: "declare query_parameters(who:string, n:long = 3); print p = current_principal(), who, n, now()", Now: s.Now,
		Principal: "adele@contoso.com", Params: map[string]string{"who": `x"; drop`}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(res.Tables[0].Rows), fmt.Sprintf(`[[adele@contoso.com x"; drop 3 %d]]`, int64(s.Now)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestConstantKeys: a column that is a constant may be a key; a bare number must not become the position of a column.
func TestConstantKeys(t *testing.T) {
	s := both(t)
	for text, want := range map[string]string{
		"AuditLogs | extend k = 2 | join (AuditLogs | extend k = 2) on k | count":                       "[[9]]",
		"AuditLogs | extend k = 'x' | join (AuditLogs | extend k = 'x') on k | count":                   "[[9]]",
		"AuditLogs | extend k = 1, r = Id | summarize n = count() by k":                                 "[[1 9]]",
		"AuditLogs | extend k = 2 | distinct k":                                                         "[[2]]",
		"AuditLogs | extend k = 1 | sort by k asc, Id asc | take 1 | project k":                         "[[1]]",
		"AuditLogs | extend k = 1 | top 1 by k | project k":                                             "[[1]]",
		"AuditLogs | extend k = 'x' | sort by k asc | take 1 | project k":                               "[[x]]",
		"AuditLogs | extend k = 1 | summarize arg_max(k, *) by k1 = k | count":                          "[[1]]",
		"AuditLogs | extend k = datetime(2026-01-01) | summarize n = count() by bin(k, 1d) | project n": "[[9]]",
		"AuditLogs | extend k = 1 | partition by k (count)":                                             "[[9]]",
		"AuditLogs | extend k = true | summarize n = count() by k":                                      "[[true 9]]",
		"AuditLogs | extend k = 3 | serialize n = row_number(1, prev(k) != k) | summarize max(n)":       "[[9]]",
		"AuditLogs | extend k = 1 | top-nested 1 of k by n = count() | project n":                       "[[9]]",
		"AuditLogs | take 2 | project k = 1 | project-away k":                                           "[[] []]",
		"AuditLogs | extend k = 1 | sample-distinct 5 of k":                                             "[[1]]",
		"AuditLogs | extend k = -1 | summarize n = count() by k, Identity = 'z'":                        "[[-1 z 9]]",
		"AuditLogs | extend k = 1 | lookup (print k = 1, v = 'y') on k | summarize n = count() by v":    "[[y 9]]",
		"union (print k = 1), (print k = 1) | summarize n = count() by k":                               "[[1 2]]",
		"print k = 1 | summarize n = count() by k | join kind=inner (print k = 1) on k | project n":     "[[1]]",
	} {
		res, err := run(t, s, text)
		if err != nil {
			t.Errorf("%s: %v (%v)", text, err, errors.Unwrap(err))
			continue
		}
		if got := fmt.Sprint(res.Tables[0].Rows); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestOneRowJoins: a table of one constant row may stand on either side of any join.
func TestOneRowJoins(t *testing.T) {
	s := both(t)
	for _, kind := range []string{"inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti", "rightsemi", "rightanti"} {
		for _, text := range []string{"datatable(Result:string)['success'] | join kind=%s AuditLogs on Result | count", "AuditLogs | join kind=%s (print Result = 'success') on Result | count"} {
			if _, err := run(t, s, fmt.Sprintf(text, kind)); err != nil {
				t.Errorf("%s: %v (%v)", fmt.Sprintf(text, kind), err, errors.Unwrap(err))
			}
		}
	}
}

// TestRunningFailuresArePlain: what goes wrong only when a query runs is told without the database's words.
func TestRunningFailuresArePlain(t *testing.T) {
	s := both(t)
	for _, text := range []string{
		"range i from 1 to 10 step 1 | extend j = 9223372036854775807 + i", "range i from 1 to 5 step 1 | extend j = i / (i - 3)", "print tolong('99999999999999999999')",
		"print todatetime('nonsense')", "range i from 1 to 2 step 1 | extend j = datetime(9999-12-31) + i * 1d", "print parse_json('{broken')", "print toint(1e300)",
		"AuditLogs | where ActivityDisplayName matches regex '(((('", "print extract('(', 1, 'x')", "print repeat('x', 100)", "print exp(1000), log(-1), sqrt(-1)", "print todecimal('1e400')",
	} {
		if _, err := run(t, s, text); err != nil {
			plain(t, text, err)
			if strings.Contains(err.Error(), "fault of the engine") {
				t.Logf("%s: %v (%v)", text, err, errors.Unwrap(err))
			}
		}
	}
}

func TestSeveralTables(t *testing.T) {
	s := both(t)
	res, err := run(t, s, "print a = 1; print b = 'x'; range c from 1 to 2 step 1 | render columnchart with (title='T')")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, table := range res.Tables {
		got = append(got, table.Name)
	}
	if len(got) != 3 || res.Tables[2].Index("c") != 0 || res.Tables[2].Index("nosuch") != -1 {
		t.Errorf("tables = %v", got)
	}
	if res.Render == nil || res.Render.Chart != "columnchart" {
		t.Errorf("render = %+v", res.Render)
	}
	text, err := s.Engine.Explain(t.Context(), query.Request{Text: "AuditLogs | count", Tenants: []passtrail.TenantID{scene.Contoso}, Now: s.Now})
	if err != nil || !strings.Contains(text, "SELECT") {
		t.Errorf("Explain = %q, %v", text, err)
	}
}

// TestCellsHaveTheirTypes: a cell is of the Go type that Table promises for its column, also where it is a constant.
func TestCellsHaveTheirTypes(t *testing.T) {
	s := both(t)
	res, err := run(t, s, "AuditLogs | take 1 | project a = long(-5), b = 5, c = int(5), d = 1.5, e = true, f = datetime(2026-01-01), g = 1d, h = 'x', i = dynamic([1]), j = guid(6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11), k = 2000000000 + 2000000000, l = int(null), m = 1 + 1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, c := range res.Tables[0].Columns {
		got = append(got, fmt.Sprintf("%s %s %T", c.Name, c.Type, res.Tables[0].Rows[0][i]))
	}
	want := "a long int64, b long int64, c int int32, d real float64, e bool bool, f datetime int64, g timespan int64, h string string, i dynamic string, j guid string, k long int64, l int <nil>, m long int64"
	if strings.Join(got, ", ") != want {
		t.Errorf("cells are %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// TestSchemaIsWhole runs every column of every table, so that none has SQL that cannot run.
func TestSchemaIsWhole(t *testing.T) {
	s := both(t)
	for _, table := range query.Schema.Tables {
		res, err := run(t, s, table.Name+" | take 5")
		if err != nil {
			t.Errorf("%s: %v", table.Name, err)
			continue
		}
		if got, want := len(res.Tables[0].Columns), len(table.Columns); got != want {
			t.Errorf("%s has %d columns, want %d", table.Name, got, want)
		}
		for _, c := range table.Columns {
			if c.Doc == "" && table.Name != "SigninLogs" {
				t.Errorf("%s.%s has no word about it", table.Name, c.Name)
			}
			if _, err := run(t, s, fmt.Sprintf("%s | summarize count() by x = ['%s'] | take 1", table.Name, c.Name)); err != nil && c.Type.String() != "dynamic" {
				t.Errorf("%s.%s: %v", table.Name, c.Name, err)
			}
		}
	}
}
