package web_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"passtrail"
	"passtrail/internal/auth"
	"passtrail/internal/chart"
	"passtrail/internal/kql/diag"
	"passtrail/internal/store"
	"passtrail/internal/web"
)

const contoso = passtrail.TenantID("11111111-2222-3333-4444-555555555555")

const adatum = passtrail.TenantID("22222222-2222-3333-4444-555555555555")

// sample is a small working implementation of the services, for tests of the pages alone: a handful of fixed records,
// roles enforced, an access log that is kept.
type sample struct {
	mu             sync.Mutex
	collecting     bool
	queries        bool
	empty          bool
	access         []web.AccessRow
	lines          map[string]int // where a line with an id stands
	noLog          error          // why no line can be written
	state          string
	saved          []web.SavedQuery
	keeps          int // days, 0 forever
	registeredOnly passtrail.Ticks
	tokens         []web.TokenRow
	second         bool               // there is another tenant, the first by name
	changed        passtrail.TenantID // whose settings were changed last
}

func newSample() *sample {
	return &sample{collecting: true, queries: true, state: "new", lines: map[string]int{}, tokens: sampleTokens()}
}

var start = func() passtrail.Ticks {
	t, err := passtrail.ParseTicks("2026-03-03T10:16:04Z")
	if err != nil {
		panic(err)
	}
	return t
}()

func may(ctx context.Context, s web.Scope, p auth.Permission) error {
	return auth.Require(ctx, s.Tenant, p)
}

func days(title string, values ...float64) *web.Chart {
	c := &web.Chart{Chart: chart.Chart{Kind: chart.Column, Title: title, Unit: "resets", Series: []chart.Series{{Name: "Resets", Values: values}}}, LabelName: "Day"}
	for i := range values {
		c.Labels = append(c.Labels, fmt.Sprintf("2026-02-%02d", i+10))
	}
	return c
}

func bars(title string, kind chart.Kind, pairs ...any) *web.Chart {
	c := &web.Chart{Chart: chart.Chart{Kind: kind, Title: title, Series: []chart.Series{{Name: "People"}}}}
	for i := 0; i < len(pairs); i += 2 {
		c.Labels = append(c.Labels, pairs[i].(string))
		c.Series[0].Values = append(c.Series[0].Values, float64(pairs[i+1].(int)))
	}
	return c
}

func (m *sample) Answers(ctx context.Context, s web.Scope, p web.Period) ([]web.Answer, error) {
	if err := may(ctx, s, auth.ReadReports); err != nil {
		return nil, err
	}
	links := []web.Link{{Text: "Report", Href: "/reports/methods-used"}, {Text: "Attempts", Href: "/attempts"}}
	return []web.Answer{
		{Report: "registered-count", Href: "/reports/registered-count", Question: "How many people have registered for password reset?", Sentence: "872 of 1,204 people are registered; 840 could reset their password today.", Figure: "872", FigureLabel: "of 1,204 people", Chart: days("Registered by day", 700, 720, 750, 800, 830, 872), Links: links},
		{Report: "registered-people", Href: "/reports/registered-people", Question: "Who has registered for password reset?", Sentence: "14 people registered in the last 30 days.", Figure: "14", FigureLabel: "new", Links: links},
		{Report: "data-registered", Href: "/reports/data-registered", Question: "What data are people registering?", Sentence: "Most register Mobile phone + Alternate email.", Figure: "41 %", FigureLabel: "Mobile phone + Alternate email", Chart: bars("Data registered", chart.Bar, "Alternate email + Mobile phone", 494, "Mobile phone", 210, "Office phone", 88), Links: links},
		{Report: "resets-last-7-days", Href: "/reports/resets-last-7-days", Question: "How many people reset their passwords in the last seven days?", Sentence: "31 people reset their password 36 times.", Figure: "31", FigureLabel: "people", Chart: days("Resets by day", 3, 5, 8, 2, 0, 9, 9), Links: links},
		{Report: "methods-used", Href: "/reports/methods-used", Question: "What are the most common methods that users or admins use to reset their passwords?", Sentence: "Users verify by SMS, administrators by app notification.", Figure: "SMS", FigureLabel: "61 % of users", Chart: bars("Methods", chart.Bar, "Mobile phone (SMS)", 61, "Email", 22, "App notification", 17), Links: links},
		{Report: "common-problems", Href: "/reports/common-problems", Question: "What are common problems users or admins face when attempting to use password reset?", Sentence: "Too few methods registered stopped 22 people.", Figure: "22", FigureLabel: "people: too few methods registered", Tone: "warn", Chart: bars("Problems", chart.Bar, "Too few methods registered", 22, "Stopped part-way", 12, "Blocked for 24 hours", 3), Links: links},
		{Report: "admins-resetting-often", Href: "/reports/admins-resetting-often", Question: "What admins are resetting their own passwords frequently?", Sentence: "One administrator did so 4 times.", Figure: "1", FigureLabel: "administrator", Tone: "warn", Links: links},
		{Report: "suspicious-activity", Href: "/reports/suspicious-activity", Question: "Is there any suspicious activity going on with password reset?", Sentence: "2 findings, one of them grave.", Figure: "2", FigureLabel: "findings", Tone: "bad", Links: links},
		{Report: "policy-changes", Href: "/reports/policy-changes", Question: "What changes were made to the SSPR policy?", Sentence: "3 settings changed, the newest: NotifyUsersOfReset to false, by chief@contoso.com.", Figure: "3", FigureLabel: "settings changed", Links: links},
	}, nil
}

// Coverage begins a year before the newest record, so that all time and the last 365 days have a beginning.
func (m *sample) Coverage(ctx context.Context, s web.Scope, p web.Period) (web.Coverage, error) {
	c := web.Coverage{KnownFrom: start - 60*passtrail.Day}
	if p.From != 0 && p.From < c.KnownFrom {
		c.Missing = "Records known from 2 January 2026; 3 March 2025 to 1 January 2026 not covered."
	}
	return c, may(ctx, s, auth.ReadPerson)
}

func (m *sample) Freshness(ctx context.Context, s web.Scope) (web.Freshness, error) {
	if m.empty {
		return web.Freshness{}, nil
	}
	return web.Freshness{Records: 48211, Oldest: start - 400*passtrail.Day, Newest: start, FinalUntil: start - passtrail.Hour, Snapshot: start - passtrail.Day}, may(ctx, s, auth.ReadReports)
}

func (m *sample) ReportList(ctx context.Context, s web.Scope) ([]web.ReportInfo, error) {
	blocked := web.ReportInfo{ID: "blocked-people", Title: "Who is blocked from password reset, and until when?", Summary: "People with a blocked record.", Group: "More"}
	if may(ctx, s, auth.ReadReports) != nil {
		return []web.ReportInfo{blocked}, may(ctx, s, auth.ReadPerson)
	}
	return []web.ReportInfo{
		{ID: "methods-used", Title: "What are the most common methods that users or admins use to reset their passwords?", Summary: "Completed gates of successful attempts.", Group: "The nine questions"},
		{ID: "funnel", Title: "Where do people stop?", Summary: "Attempts by the last step they reached.", Group: "More"},
		blocked,
	}, nil
}

func (m *sample) Report(ctx context.Context, s web.Scope, id string, p web.Period, params map[string]string) (*web.Report, error) {
	if id == "blocked-people" {
		return &web.Report{ReportInfo: web.ReportInfo{ID: id, Title: "Who is blocked from password reset, and until when?"}, Counts: "People with a blocked record."}, may(ctx, s, auth.ReadPerson)
	}
	if err := may(ctx, s, auth.ReadReports); err != nil {
		return nil, err
	}
	if id != "methods-used" {
		return nil, passtrail.Errorf(passtrail.NotFound, "sample", "there is no report %q", id)
	}
	return &web.Report{
		ReportInfo: web.ReportInfo{ID: id, Title: "What are the most common methods that users or admins use to reset their passwords?"},
		Sentence:   "Users verify by SMS, administrators by app notification.", Counts: "Completed gates of successful attempts; a reset with two gates counts each method once.",
		Query: "PasswordResetAttempts\n| where Outcome == \"reset\"\n| mv-expand Gates", Notes: []string{"The state of roles is known since 2026-01-02."},
		Params: []web.Param{{Name: "threshold", Label: "Threshold", Kind: "number", Value: "3"}},
		Sections: []web.Section{{Title: "By method", Chart: bars("By method", chart.Bar, "Mobile phone (SMS)", 61, "Email", 22), Table: web.Table{
			Columns: []web.TableColumn{{Name: "Method", Kind: "text"}, {Name: "People", Kind: "number", Numeric: true}},
			Rows:    [][]web.Cell{{{Text: "Mobile phone (SMS)"}, {Text: "61", Sort: "61"}}, {{Text: "Email"}, {Text: "22", Sort: "22"}}}, Behind: []string{"PasswordEvents | take 1", ""},
		}}},
	}, nil
}

func (m *sample) ExportReport(ctx context.Context, s web.Scope, id string, p web.Period, params map[string]string, format string, w io.Writer) (int64, error) {
	return m.export(ctx, s, w)
}

func (m *sample) export(ctx context.Context, s web.Scope, w io.Writer) (int64, error) {
	if err := may(ctx, s, auth.Export); err != nil {
		return 0, err
	}
	_, err := io.WriteString(w, "a,b\n1,2\n")
	return 1, err
}

func sampleEvents() []web.EventRow {
	var rows []web.EventRow
	for i, r := range []struct{ activity, status, reason, plain string }{
		{"Reset password (self-service)", "success", "Successfully completed reset.", "The password was reset"},
		{"Self-service password reset flow activity progress", "success", "User successfully reset password", "The password was reset"},
		{"Self-service password reset flow activity progress", "success", "User completed the mobile SMS verification option", "Verified by SMS"},
		{"Self-service password reset flow activity progress", "failure", "User's account has insufficient authentication methods defined. Add authentication info to resolve this", "Too few methods are registered"},
		{"Blocked from self-service password reset", "success", "User entered too many invalid SMS verification codes and is blocked for 24 hours", "Blocked for 24 hours after too many codes"},
	} {
		rows = append(rows, web.EventRow{
			ID: fmt.Sprintf("SSPR_%d", i), Time: start - passtrail.Ticks(i)*passtrail.Minute, Service: "Self-service Password Management", Category: "UserManagement",
			Activity: r.activity, Status: r.status, Reason: r.reason, Plain: r.plain, Target: "adele.vance@contoso.com", TargetID: "aaaaaaaa-0000-0000-0000-000000000001",
			Actor: "adele.vance@contoso.com", Address: "203.0.113.7", Correlation: "c0ffee00-0000-0000-0000-000000000001", Attempt: "c0ffee00-0000-0000-0000-000000000001", UserAgent: "Mozilla/5.0",
		})
	}
	return rows
}

func (m *sample) FindEvents(ctx context.Context, s web.Scope, f web.EventFilter) (*web.EventPage, error) {
	if err := may(ctx, s, auth.ReadReports); err != nil {
		return nil, err
	}
	page := &web.EventPage{Services: []web.Facet{{Value: "Self-service Password Management", Count: 5}}, Categories: []web.Facet{{Value: "UserManagement", Count: 5}},
		Activities: []web.Facet{{Value: "Reset password (self-service)", Count: 1}, {Value: "Blocked from self-service password reset", Count: 1}}, States: []web.Facet{{Value: "success", Count: 4}, {Value: "failure", Count: 1}}}
	for _, e := range sampleEvents() {
		if (f.Status == "" || e.Status == f.Status) && strings.HasPrefix(e.Target, f.Target) {
			page.Rows = append(page.Rows, e)
		}
	}
	page.Total, page.Next = int64(len(page.Rows)), "next"
	return page, nil
}

func (m *sample) Record(ctx context.Context, s web.Scope, id string) (*web.RecordView, error) {
	if err := may(ctx, s, auth.ReadReports); err != nil {
		return nil, err
	}
	for _, e := range sampleEvents() {
		if e.ID == id {
			person := []web.Party{{Kind: "User", Name: "Adele Vance", UPN: e.Target, ID: e.TargetID, Address: e.Address}}
			return &web.RecordView{EventRow: e, OperationType: "Update", Result: e.Status, Title: "Too few methods registered", Remedy: "Reset the password as an administrator, then have the person register.", FixedBy: "help desk",
				Source: "file", ReceivedAt: start, Actors: person, Targets: person, Modified: []web.Change{{Target: "Adele Vance", Property: "Phone.PhoneType", Old: `""`, New: `"0"`}},
				Details: []web.Link{{Text: "OnPremisesAgent", Href: "None"}}, Raw: "{\n  \"id\": \"" + e.ID + "\"\n}"}, nil
		}
	}
	return nil, passtrail.Errorf(passtrail.NotFound, "sample", "there is no record %q", id)
}

func (m *sample) ExportEvents(ctx context.Context, s web.Scope, f web.EventFilter, format string, w io.Writer) (int64, error) {
	return m.export(ctx, s, w)
}

func (m *sample) EventsQuery(s web.Scope, f web.EventFilter) string {
	return "AuditLogs\n| where Result == \"" + f.Status + "\""
}

func sampleAttempts() []web.AttemptRow {
	row := web.AttemptRow{ID: "c0ffee00-0000-0000-0000-000000000001", Start: start - 4*passtrail.Minute, End: start, UPN: "adele.vance@contoso.com", Name: "Adele Vance", UserID: "aaaaaaaa-0000-0000-0000-000000000001", Role: "User",
		Outcome: "reset", Gates: []string{"Mobile phone (SMS)"}, Tried: []string{"Mobile phone (SMS)"}, Events: 6, Address: "203.0.113.7", Refusals: 1}
	other := row
	other.ID, other.Outcome, other.ProblemTitle, other.Name, other.UPN, other.Gates, other.IsAdmin, other.Role = "c0ffee00-0000-0000-0000-000000000002", "failed", "Too few methods registered", "Alex Wilber", "alex.wilber@contoso.com", nil, true, "Helpdesk Administrator"
	return []web.AttemptRow{row, other}
}

func (m *sample) FindAttempts(ctx context.Context, s web.Scope, f web.AttemptFilter) (*web.AttemptPage, error) {
	return &web.AttemptPage{Rows: sampleAttempts(), Total: 2, Outcomes: []web.Facet{{Value: "reset", Count: 1}, {Value: "failed", Count: 1}}}, may(ctx, s, auth.ReadReports)
}

func (m *sample) AttemptSummary(ctx context.Context, s web.Scope, f web.AttemptFilter) (*web.AttemptSummary, error) {
	return &web.AttemptSummary{Attempts: 200, People: 150, Succeeded: 121, MedianSuccess: 95 * passtrail.Second, NinetySuccess: 4 * passtrail.Minute,
		Funnel:    bars("From start to reset", chart.Funnel, "Typed the user name", 200, "Began to verify", 170, "Verified", 140, "Sent a new password", 130, "Reset", 121),
		StoppedAt: bars("Where people stop", chart.Bar, "Was shown the ways to verify", 30, "Began to verify by SMS", 22, "Verified by SMS", 8),
		Outcomes:  days("Attempts by day", 3, 5, 8, 2, 0, 9, 9)}, may(ctx, s, auth.ReadReports)
}

func (m *sample) Attempt(ctx context.Context, s web.Scope, id string) (*web.AttemptView, error) {
	if err := may(ctx, s, auth.ReadPerson); err != nil {
		return nil, err
	}
	for _, a := range sampleAttempts() {
		if a.ID == id {
			return &web.AttemptView{AttemptRow: a, Records: sampleEvents(), Companions: sampleEvents()[:1], Remedy: "Reset the password as an administrator.", FixedBy: "help desk"}, nil
		}
	}
	return nil, passtrail.Errorf(passtrail.NotFound, "sample", "there is no attempt %q", id)
}

func (m *sample) FindPeople(ctx context.Context, s web.Scope, text string) ([]web.PersonRow, error) {
	if err := may(ctx, s, auth.ReadPerson); err != nil {
		return nil, err
	}
	all := []web.PersonRow{{ID: "aaaaaaaa-0000-0000-0000-000000000001", UPN: "adele.vance@contoso.com", Name: "Adele Vance", Role: "User", LastSeen: start}, {ID: "aaaaaaaa-0000-0000-0000-000000000002", UPN: "alex.wilber@contoso.com", Name: "Alex Wilber", Role: "Helpdesk Administrator", LastSeen: start}}
	var out []web.PersonRow
	for _, p := range all {
		if strings.Contains(p.UPN, strings.ToLower(text)) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (m *sample) Person(ctx context.Context, s web.Scope, who string, p web.Period) (*web.PersonView, error) {
	found, err := m.FindPeople(ctx, s, "")
	if err != nil {
		return nil, err
	}
	for _, row := range found {
		if row.ID != who && row.UPN != who {
			continue
		}
		return &web.PersonView{PersonRow: row, Registration: &web.RegistrationState{Registered: true, Enabled: true, Capable: true, Methods: []string{"Mobile phone"}, Data: "Mobile phone", Since: start - 30*passtrail.Day, Updated: start},
			Roles: []web.RoleHeld{{Name: "Helpdesk Administrator", From: start - 300*passtrail.Day}}, BlockedUntil: start + passtrail.Day, Earlier: true,
			Story: []web.StoryItem{
				{Kind: "attempt", Time: start, Tone: "good", Icon: "success", Title: "Reset the password, verified by SMS", Detail: "203.0.113.7", Href: "/attempts/c0ffee00-0000-0000-0000-000000000001", Records: sampleEvents()[:3], Role: "User"},
				{Kind: "record", Time: start - passtrail.Day, Tone: "bad", Icon: "blocked", Title: "Blocked for 24 hours after too many tries"},
				{Kind: "registration", Time: start - 30*passtrail.Day, Icon: "registration", Title: "Registered: Mobile phone"},
			}}, nil
	}
	return nil, passtrail.Errorf(passtrail.NotFound, "sample", "nobody is called %q", who)
}

func (m *sample) Registration(ctx context.Context, s web.Scope, f web.RegistrationFilter) (*web.RegistrationView, error) {
	if m.empty {
		return &web.RegistrationView{}, nil
	}
	return &web.RegistrationView{Known: true, Taken: start, KnownSince: start - 60*passtrail.Day, Total: 1204, Registered: 872, Enabled: 1100, Capable: 840, EnabledNotRegistered: 260, RegisteredNotEnabled: 32, AdminsNotReady: 2,
		ByMethod: bars("By method", chart.Bar, "Mobile phone", 704, "Alternate email", 520, "Security questions", 12), ByCombination: bars("By combination", chart.Bar, "Alternate email + Mobile phone", 494, "Mobile phone", 210), Trend: days("Registered", 700, 720, 750, 800, 830, 872),
		People: []web.RegisteredPerson{{PersonRow: web.PersonRow{ID: "aaaaaaaa-0000-0000-0000-000000000002", UPN: "alex.wilber@contoso.com", Name: "Alex Wilber", Role: "User"}, Type: "member"}}, Listed: 1}, may(ctx, s, auth.ReadReports)
}

func sampleFinding(state string) web.FindingRow {
	return web.FindingRow{ID: "f1", Rule: "reset-then-security-info", Severity: "high", Title: "Security info changed right after a reset", Reasoning: "adele.vance@contoso.com reset the password by SMS alone from 203.0.113.7, and 4 minutes later security info was deleted and another registered from the same address.",
		State: state, Start: start, End: start + 4*passtrail.Minute, FirstSeen: start, People: []string{"adele.vance@contoso.com"}, Addresses: []string{"203.0.113.7"}, Techniques: []string{"T1098.005"}, Evidence: 3}
}

func (m *sample) FindFindings(ctx context.Context, s web.Scope, state string) (*web.FindingPage, error) {
	if err := may(ctx, s, auth.ReadReports); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	page := &web.FindingPage{States: []web.Facet{{Value: m.state, Count: 1}}}
	if state == m.state {
		page.Rows = []web.FindingRow{sampleFinding(m.state)}
	}
	return page, nil
}

func (m *sample) Finding(ctx context.Context, s web.Scope, id string) (*web.FindingView, error) {
	if err := may(ctx, s, auth.ReadReports); err != nil {
		return nil, err
	}
	if id != "f1" {
		return nil, passtrail.Errorf(passtrail.NotFound, "sample", "there is no finding %q", id)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return &web.FindingView{FindingRow: sampleFinding(m.state), Rows: sampleEvents(), Query: "PasswordEvents | take 1"}, nil
}

func (m *sample) SetFinding(ctx context.Context, s web.Scope, id, state, note string) error {
	if err := may(ctx, s, auth.Triage); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = state
	return nil
}

func (m *sample) Licensed(ctx context.Context, s web.Scope) (bool, error) {
	return m.queries, may(ctx, s, auth.RunQueries)
}

func (m *sample) RunQuery(ctx context.Context, s web.Scope, text string, p web.Period) (*web.QueryResult, error) {
	if err := may(ctx, s, auth.RunQueries); err != nil {
		return nil, err
	}
	if list := m.CheckQuery(ctx, s, text); list != nil {
		return nil, list
	}
	return &web.QueryResult{Took: "in 12 ms", Chart: bars("Result", chart.Bar, "success", 4, "failure", 1), Tables: []web.Table{{
		Columns: []web.TableColumn{{Name: "Time", Kind: "time"}, {Name: "Result", Kind: "text"}, {Name: "Count", Kind: "number", Numeric: true}, {Name: "Targets", Kind: "dynamic"}},
		Rows:    [][]web.Cell{{{Time: start, Sort: start.String()}, {Text: "success"}, {Text: "4", Sort: "4"}, {Text: `["a"]`, JSON: "[\n  \"a\"\n]"}}, {{Time: start, Sort: start.String()}, {Text: "failure"}, {Text: "1", Sort: "1"}, {Null: true}}},
	}}}, nil
}

func (m *sample) CheckQuery(ctx context.Context, s web.Scope, text string) diag.List {
	if i := strings.Index(text, "Wrong"); i >= 0 {
		return diag.List{diag.New(diag.Span{Start: i, End: i + 5}, "unknown-column", "there is no column Wrong").WithHint("did you mean Result?")}
	}
	return nil
}

func (m *sample) ExportQuery(ctx context.Context, s web.Scope, text string, p web.Period, format string, w io.Writer) (int64, error) {
	return m.export(ctx, s, w)
}

func (m *sample) QuerySchema(ctx context.Context) web.QuerySchema {
	return web.QuerySchema{Tables: []web.SchemaTable{{Name: "AuditLogs", Help: "Every record.", Columns: []web.SchemaColumn{{"ActivityDateTime", "datetime", "When"}, {"ActivityDisplayName", "string", "What"}, {"Result", "string", "success or failure"}, {"TargetResources", "dynamic", "Whom"}}}},
		Functions: []string{"ago", "bin", "tostring"}, Aggregates: []string{"count", "countif"}, Operators: []string{"where", "summarize", "take", "project"}, Plugins: []string{}}
}

func (m *sample) Examples(ctx context.Context, s web.Scope) ([]web.SavedQuery, error) {
	return []web.SavedQuery{{ID: "x", Name: "Newest records", Text: "AuditLogs\n| take 10"}}, nil
}

func (m *sample) SavedQueries(ctx context.Context, s web.Scope) ([]web.SavedQuery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saved, nil
}

func (m *sample) SaveQuery(ctx context.Context, s web.Scope, name, text string) error {
	if err := may(ctx, s, auth.RunQueries); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = append(m.saved, web.SavedQuery{ID: "s1", Name: name, Text: text})
	return nil
}

func (m *sample) DropQuery(ctx context.Context, s web.Scope, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = nil
	return may(ctx, s, auth.RunQueries)
}

func (m *sample) SourceList(ctx context.Context, s web.Scope) (*web.SourcesView, error) {
	if m.empty {
		return &web.SourcesView{}, nil
	}
	return &web.SourcesView{Arrived: days("Records by day", 300, 280, 500), Unknown: []web.UnknownRow{{Kind: "reason", Text: "User tried <b>something</b> new ###", Activity: "A step on the way through the reset portal", Records: 3}}, Sources: []web.SourceRow{{Name: "file", Received: 48300, Records: 48111, SnapshotRows: 100, Repeats: 86, SetAside: 1, PastRetention: 2, First: start - 400*passtrail.Day, Last: start, LastSeen: start, FinalUntil: start - passtrail.Hour}},
		SetAside: []web.SetAsideRow{{ID: 1, Source: "file", Position: "AuditLogs.csv:17", Reason: "the line has no time", Code: "no-time", At: start}}}, may(ctx, s, auth.ReadReports)
}

func (m *sample) SetAside(ctx context.Context, s web.Scope, id int64) (*web.SetAsideView, error) {
	if id != 1 {
		return nil, passtrail.Errorf(passtrail.NotFound, "sample", "no input has the number %d", id)
	}
	return &web.SetAsideView{SetAsideRow: web.SetAsideRow{ID: 1, Source: "file", Position: "AuditLogs.csv:17", Reason: "the line has no time", Code: "no-time", At: start}, Text: "x,y"}, may(ctx, s, auth.ReadReports)
}

func (m *sample) TenantList(ctx context.Context) ([]web.TenantView, error) {
	if m.empty || !auth.From(ctx).Sees(contoso) {
		return nil, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []web.TenantView
	if m.second {
		all = append(all, web.TenantView{ID: adatum, Name: "Adatum", Collecting: true, CustomQueries: true})
	}
	return append(all, web.TenantView{ID: contoso, Name: "Contoso", Collecting: m.collecting, CustomQueries: m.queries, RetentionDays: m.keeps, RegisteredOnly: store.Settings{RegisteredOnlyFrom: m.registeredOnly}.RegisteredOnly().String()[:10], OptedInBy: "this computer", OptedInAt: start}), nil
}

func (m *sample) TenantWork(ctx context.Context, now passtrail.Ticks) ([]web.TenantRow, error) {
	list, err := m.TenantList(ctx)
	if err != nil {
		return nil, err
	}
	var out []web.TenantRow
	for _, t := range list {
		if err := auth.Require(ctx, t.ID, auth.ReadReports); err != nil {
			return nil, err
		}
		row := web.TenantRow{TenantView: t, Week: 812, Before: 760, LastRecord: start, Snapshot: start - passtrail.Day, People: 1204, Registered: 872}
		if t.ID == contoso {
			row.AdminsNotCapable, row.HighNew, row.LowNew, row.SetAside, row.Before = 2, 1, 3, 1, 2900
			row.Needs = []string{"severe findings", "admins who cannot reset", "inputs set aside"}
		}
		out = append(out, row)
	}
	return out, nil
}

func (m *sample) set(ctx context.Context, s web.Scope, do func()) error {
	if err := may(ctx, s, auth.Configure); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed = s.Tenant
	do()
	return nil
}

func (m *sample) OptIn(ctx context.Context, s web.Scope) error {
	return m.set(ctx, s, func() { m.collecting = true })
}

func (m *sample) OptOut(ctx context.Context, s web.Scope) error {
	return m.set(ctx, s, func() { m.collecting = false })
}

func (m *sample) SetCustomQueries(ctx context.Context, s web.Scope, on bool) error {
	return m.set(ctx, s, func() { m.queries = on })
}

func (m *sample) SetRegisteredOnly(ctx context.Context, s web.Scope, day passtrail.Ticks) error {
	return m.set(ctx, s, func() { m.registeredOnly = day })
}

func (m *sample) Expiring(ctx context.Context, s web.Scope, days int) (*web.Expiring, error) {
	if err := may(ctx, s, auth.Configure); err != nil || days == 0 {
		return &web.Expiring{}, err
	}
	return &web.Expiring{Before: start - passtrail.Ticks(days)*passtrail.Day, Records: 12040, Attempts: 877, Intervals: 31, SetAside: 1, Findings: 2,
		First: start - 400*passtrail.Day, Last: start - passtrail.Ticks(days+1)*passtrail.Day}, nil
}

func (m *sample) SetRetention(ctx context.Context, s web.Scope, days int) error {
	return m.set(ctx, s, func() { m.keeps = days })
}

func (m *sample) LogAccess(ctx context.Context, s web.Scope, l web.AccessLine) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.noLog != nil {
		return m.noLog
	}
	row := web.AccessRow{At: start, Action: l.Action, Subject: l.Subject, Detail: l.Detail, Address: l.Address}
	if who := auth.From(ctx); who != nil {
		row.Who, row.Roles = who.Name, who.RoleNames()
	}
	if i, known := m.lines[l.ID]; known {
		m.access[i] = row
		return nil
	}
	if l.ID != "" {
		m.lines[l.ID] = len(m.access)
	}
	m.access = append(m.access, row)
	return nil
}

func (m *sample) AccessEntries(ctx context.Context, s web.Scope, p web.Period) (*web.AccessPage, error) {
	if err := may(ctx, s, auth.ReadAccessLog); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return &web.AccessPage{Rows: m.access}, nil
}
