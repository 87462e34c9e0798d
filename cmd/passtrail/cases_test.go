package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A question is a command line and what stands in its answer. The answers of queries are whole: header and rows as CSV.
type question struct {
	args []string
	want string // of a query: all of its output; else one text a line, each of which stands in the output
	not  string // a text that does not stand in it
	code int
}

// kql asks a query; want has its rows.
func kql(text, want string) question {
	return question{args: []string{"query", text, "-o", "csv"}, want: want}
}

// asked asks a command on the day after the records of these tests.
func asked(want string, args ...string) question {
	return question{args: append(args, "--now", "2026-03-06T00:00:00Z", "--utc"), want: want}
}

// A realCase is files of a kind that people really have, and what is right about them.
type realCase struct {
	name  string
	files []string // below testdata/cases, each taken in by a command of its own
	flags []string // of ingest
	code  int      // of the last ingest
	says  string   // a text a line that the last ingest says
	asks  []question
}

// counts is the summary's lines of what became of the records.
func counts(read, stored, repeated, setAside, other string) string {
	return "read       " + read + "\nstored     " + stored + "\nrepeated   " + repeated + "\nset aside  " + setAside + "\nother      " + other
}

const resets = "resets-last-7-days"

var realCases = []realCase{
	{name: "day first is decided by a day above 12", files: []string{"la-csv-day-first.csv"}, says: counts("3", "3", "0", "0", "0"),
		asks: []question{kql("AuditLogs | project TimeGenerated | sort by TimeGenerated asc",
			"TimeGenerated\n2026-03-04T14:33:09.0490000Z\n2026-03-05T08:00:00.0000000Z\n2026-03-19T08:49:37.5870000Z")}},
	{name: "Type was overwritten", files: []string{"la-jsonl-type-overwritten.json"}, says: counts("2", "2", "0", "0", "0"),
		asks: []question{kql("AuditLogs | count", "Count\n2")}},
	{name: "the envelope's description", files: []string{"diag-result-description-only.json"}, says: counts("2", "2", "0", "0", "0"),
		asks: []question{
			kql("AuditLogs | sort by TimeGenerated asc | project ResultDescription",
				"ResultDescription\nUser submitted their user ID\nPasswordDoesnotComplyFuzzyPolicy"),
			kql("PasswordEvents | sort by Time asc | project Activity, Step, Problem",
				"Activity,Step,Problem\nflow,start,\nchange,,password_refused_cloud"),
		}},
	{name: "names by ConvertTo-Json", files: []string{"powershell-mggraph-convertto-json.json"}, says: counts("1", "1", "0", "0", "0"),
		asks: []question{
			kql("PasswordEvents | project UserPrincipalName, ActorPrincipalName, IPAddress, Activity",
				"UserPrincipalName,ActorPrincipalName,IPAddress,Activity\nadele.vance@contoso.com,megan.bowen@contoso.com,203.0.113.10,admin_reset"),
			kql("AuditLogs | project AADOperationType, Id", "AADOperationType,Id\nUpdate,SSPR_c0ffee00-0000-4000-8000-000000000001_000011"),
		}},
	{name: "dates of Windows PowerShell 5.1", files: []string{"powershell51-convertto-json-date.json"}, says: counts("1", "1", "0", "0", "0"),
		asks: []question{kql("PasswordEvents | project Time, UserPrincipalName",
			"Time,UserPrincipalName\n2026-03-04T10:00:00.1230000Z,adele.vance@contoso.com")}},
	{name: "registration by PowerShell", files: []string{"powershell-registration-details.json"},
		says: counts("3", "3", "0", "0", "0") + "\nsnapshot   registration as of 2026-03-04T10:00:00.0000000Z  3 rows",
		asks: []question{kql("UserRegistrationDetails | summarize People = count(), Registered = countif(IsSsprRegistered), Guests = countif(UserType == 'guest')",
			"People,Registered,Guests\n3,2,1")}},
	{name: "methods of 2025", files: []string{"registration-reasons-2025.json"}, says: counts("30", "30", "0", "0", "0"),
		asks: []question{kql("PasswordEvents | where Method == '' | project Reason | sort by Reason asc", "Reason\n"+
			"Successfully retrieved passkey creation options.\nUser changed default security info\n"+
			"User registered all required security info\nUser reviewed security info")}},
	{name: "no correlation id", files: []string{"flow-without-correlation-id.json"}, says: counts("16", "16", "0", "0", "0"),
		asks: []question{
			asked("2 people reset their own password 2 times", "report", resets),
			kql("PasswordResetAttempts | summarize N = count(), People = dcount(UserId), Records = sum(Events) by Outcome", "Outcome,N,People,Records\nreset,2,2,16"),
		}},
	{name: "a correlation id of zeros", files: []string{"flow-zero-correlation-id.json"}, says: counts("16", "16", "0", "0", "0"),
		asks: []question{
			asked("2 people reset their own password 2 times", "report", resets),
			kql("PasswordResetAttempts | summarize N = count(), People = dcount(UserId), Records = sum(Events) by Outcome", "Outcome,N,People,Records\nreset,2,2,16"),
		}},
	{name: "one id, two attempts", files: []string{"one-person-twice-one-correlation-id.json"}, says: counts("16", "16", "0", "0", "0"),
		asks: []question{
			kql("PasswordResetAttempts | sort by Start asc | project AttemptId, Outcome, Start, Duration",
				"AttemptId,Outcome,Start,Duration\nc0ffee00-0000-4000-8000-000000000001,reset,2026-03-04T09:00:00.0000000Z,00:01:31\n"+
					"c0ffee00-0000-4000-8000-000000000001/2,reset,2026-03-04T15:00:00.0000000Z,00:01:31"),
			asked("1 person reset their own password 2 times", "report", resets),
		}},
	{name: "an administrator is not the fallback for a target", files: []string{"admin-reset-target-without-upn.json"}, says: counts("2", "2", "0", "0", "0"),
		asks: []question{
			kql("PasswordEvents | sort by Time asc | project UserId, UserPrincipalName, ActorPrincipalName",
				"UserId,UserPrincipalName,ActorPrincipalName\n11111111-aaaa-4aaa-8aaa-000000000001,,megan.bowen@contoso.com\n,,megan.bowen@contoso.com"),
			{args: []string{"person", "megan.bowen@contoso.com"}, not: "2 people have had", code: exitFailed},
		}},
	{name: "people without object ids", files: []string{"people-without-object-ids.json"}, says: counts("2", "2", "0", "0", "0") + "\npeople     2",
		asks: []question{asked("2 people reset their own password 2 times", "report", resets)}},
	{name: "result words in Spanish", files: []string{"portal-result-localised.csv"}, says: counts("2", "2", "0", "0", "0"),
		asks: []question{
			kql("AuditLogs | summarize N = count() by Result | sort by Result asc", "Result,N\nfailure,1\nsuccess,1"),
			asked("1 person reset their own password 1 time", "report", resets),
		}},
	{name: "a header in Portuguese", files: []string{"portal-portuguese.csv"}, says: counts("2", "2", "0", "0", "0"),
		asks: []question{kql("PasswordEvents | sort by Activity asc | project Activity, Result, Problem",
			"Activity,Result,Problem\nchange,failure,password_refused_cloud\nreset,success,")}},
	{name: "a header in German", files: []string{"portal-german.csv"}, says: counts("1", "1", "0", "0", "0"),
		asks: []question{kql("PasswordEvents | project Activity, Result, UserPrincipalName", "Activity,Result,UserPrincipalName\nreset,success,adele.vance@contoso.com")}},
	{name: "a line that names the separator", files: []string{"portal-sep-line.csv"}, says: counts("1", "1", "0", "0", "0"),
		asks: []question{kql("AuditLogs | project TimeGenerated", "TimeGenerated\n2026-03-04T10:00:00.0000000Z")}},
	{name: "dates that a spreadsheet rewrote are refused", files: []string{"portal-excel-us-date.csv"}, code: exitFailed,
		says: counts("1", "0", "0", "1", "0") + "\nset aside  (csv-times 1):\na spreadsheet or page rewrote the dates\n--dates day-first|month-first\nnothing of ",
		asks: []question{kql("AuditLogs | count", "Count\n0")}},
	{name: "dates that a spreadsheet rewrote, with the order said", files: []string{"portal-excel-us-date.csv"}, flags: []string{"--dates", "month-first"},
		says: counts("1", "1", "0", "0", "0"), asks: []question{kql("AuditLogs | project TimeGenerated", "TimeGenerated\n2026-03-04T10:00:00.0000000Z")}},
	{name: "one event by the portal and by Graph", files: []string{"portal-then-graph-ms.csv", "portal-then-graph.json"},
		says: counts("1", "0", "1", "0", "0") + "\n1 of them richer than what was there",
		asks: []question{kql("PasswordEvents | project Time, EventId", "Time,EventId\n2026-03-04T10:00:00.1234567Z,SSPR_four_1")}},
	{name: "one event by Graph and by the portal", files: []string{"portal-then-graph.json", "portal-then-graph-ms.csv"}, says: counts("1", "0", "1", "0", "0"),
		asks: []question{kql("PasswordEvents | project Time, EventId", "Time,EventId\n2026-03-04T10:00:00.1234567Z,SSPR_four_1")}},
	{name: "refused changes are problems", files: []string{"refused-changes.json"}, says: counts("5", "5", "0", "0", "0"),
		asks: []question{{args: []string{"report", "common-problems", "--now", "2026-03-06T00:00:00Z", "-o", "csv"},
			want: "password_refused_cloud,New password refused: banned or too weak,0,5,5,5,0,1,0", not: "Nobody"}}},
	{name: "JSON in strings", files: []string{"json-in-strings.json"}, says: counts("2", "2", "0", "0", "0"),
		asks: []question{kql("PasswordEvents | summarize N = count() by Activity", "Activity,N\nreset,2")}},
	{name: "an archive of macOS", files: []string{"zip-from-macos.zip"}, says: counts("1", "1", "0", "0", "0"),
		asks: []question{kql("AuditLogs | count", "Count\n1")}},
	{name: "an empty page", files: []string{"empty-page.json"}, says: "files      1, 1 without a record in it\n" + counts("0", "0", "0", "0", "0")},
	{name: "a correlation id keeps its case", files: []string{"correlation-id-upper-case.json"}, says: counts("1", "1", "0", "0", "0"),
		asks: []question{kql("AuditLogs | project CorrelationId", "CorrelationId\nABCDEF00-0000-4000-8000-000000000001")}},
	{name: "a message of Event Hubs", files: []string{"event-hub-message-string-body.json"}, says: counts("1", "1", "0", "0", "0"), asks: oneReset("10")},
	{name: "an answer of Graph's $batch", files: []string{"graph-batch-response.json"}, says: counts("1", "1", "0", "0", "0"), asks: oneReset("11")},
	{name: "an event of Filebeat", files: []string{"filebeat-message.json"}, says: counts("1", "1", "0", "0", "0"), asks: oneReset("14")},
	{name: "an export of Splunk", files: []string{"splunk-export.json"}, says: counts("1", "1", "0", "0", "0"), asks: oneReset("12")},
	{name: "the log category is missing or overwritten", files: []string{"diagnostic-without-log-category.json"}, says: counts("2", "2", "0", "0", "0"),
		asks: []question{kql("AuditLogs | project Id, Category | sort by Id asc", "Id,Category\nnc1,UserManagement\nnc2,UserManagement")}},
}

// oneReset asks for the one reset that several of the files hold, by its hour.
func oneReset(hour string) []question {
	return []question{kql("PasswordEvents | project Time, Activity, Result, UserId, UserPrincipalName, IPAddress",
		"Time,Activity,Result,UserId,UserPrincipalName,IPAddress\n2026-03-04T"+hour+
			":00:00.0000000Z,reset,success,11111111-aaaa-4aaa-8aaa-000000000001,adele.vance@contoso.com,203.0.113.10")}
}

// TestRealCases takes each case in, in a data directory of its own, and compares all that is said with what is right.
func TestRealCases(t *testing.T) {
	for _, c := range realCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for i, name := range c.files {
				c.files[i] = filepath.Join("testdata", "cases", name)
			}
			c.check(t)
		})
	}
}

// check takes the case's files in and asks.
func (c *realCase) check(t *testing.T) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	if got := command(t.Context(), data, nil, "init", "--tenant", testTenant, "--opt-in"); got.code != exitOK {
		t.Fatal(got.err)
	}
	for i, path := range c.files {
		whole, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		args := append([]string{"ingest", "--utc", "--tenant", testTenant, whole}, c.flags...)
		got := command(t.Context(), data, strings.NewReader(""), args...)
		said := withoutRate(got.out) + got.err
		if last := i == len(c.files)-1; last && got.code != c.code || !last && got.code != exitOK {
			t.Fatalf("ingest %s: exit code %d, want %d\n%s", path, got.code, c.code, said)
		} else if last {
			saysAll(t, "ingest", said, c.says)
		}
	}
	for _, q := range c.asks {
		got := command(t.Context(), data, nil, q.args...)
		if got.code != q.code {
			t.Errorf("%q: exit code %d, want %d: %s", q.args, got.code, q.code, got.err)
		}
		if q.args[0] == "query" {
			if out := strings.TrimSpace(got.out); out != q.want {
				t.Errorf("%q answers\n%s\nwant\n%s", q.args, out, q.want)
			}
		} else {
			saysAll(t, q.args[0], got.out+got.err, q.want)
		}
		if q.not != "" && strings.Contains(got.out+got.err, q.not) {
			t.Errorf("%q says %q:\n%s", q.args, q.not, got.out+got.err)
		}
	}
}

// saysAll fails unless each line of want stands in what was said.
func saysAll(t *testing.T, what, said, want string) {
	t.Helper()
	for line := range strings.SplitSeq(want, "\n") {
		if !says(said, line) {
			t.Errorf("%s does not say %q:\n%s", what, line, said)
		}
	}
}

// says tells whether a text stands in what was said; a figure at its end is a whole one there: 2 is no beginning of 20.
func says(said, text string) bool {
	at := regexp.QuoteMeta(text)
	if text != "" && text[len(text)-1] >= '0' && text[len(text)-1] <= '9' {
		at += `\b`
	}
	return regexp.MustCompile(at).MatchString(said)
}

// withoutRate takes out of a summary how quick the reading was, so that the line says the count alone.
func withoutRate(summary string) string {
	var b strings.Builder
	for line := range strings.Lines(summary) {
		if i := strings.Index(line, "/s, "); i > 0 && strings.HasPrefix(line, "read ") {
			line = strings.TrimRight(line[:strings.LastIndexByte(line[:i], '(')], " ") + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// TestCasesAreAllThere holds the files against the table: a file that no case takes in would guard nothing.
func TestCasesAreAllThere(t *testing.T) {
	named := map[string]bool{}
	for _, c := range realCases {
		for _, f := range c.files {
			named[filepath.Base(f)] = true
		}
	}
	files, err := os.ReadDir(filepath.Join("testdata", "cases"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !named[f.Name()] {
			t.Errorf("no case takes %s in", f.Name())
		}
	}
}
