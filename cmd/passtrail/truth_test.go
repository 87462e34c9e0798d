package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// command runs a command line and returns its standard output.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(args, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("passtrail %s: exit %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

// decode reads JSON or fails the test.
func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
}

type row = map[string]any

// reportRows runs a report and returns the rows of its tables.
func reportRows(t *testing.T, data, id, now string, flags ...string) [][]row {
	t.Helper()
	var rep struct{ Tables []struct{ Rows []row } }
	decode(t, command(t, append([]string{"report", id, "--data", data, "--now", now, "-o", "json"}, flags...)...), &rep)
	var out [][]row
	for _, table := range rep.Tables {
		out = append(out, table.Rows)
	}
	return out
}

// truth is the simulator's file of exact answers, as far as the reports are held to it.
type truth struct {
	Tenant, End     string
	Records         int
	AttemptsList    []row
	Last30Days      row
	ResetsLast7Days row
	Registration    row
	Planted         []struct {
		Rule      string
		People    []string
		Addresses []string
	}
}

// TestReportsAgreeWithTheTruth simulates one tenant spread over every format, takes the files in twice in shuffled order,
// and holds every report to the figures that the simulator computed from its model.
func TestReportsAgreeWithTheTruth(t *testing.T) {
	dir := t.TempDir()
	data, records, truthFile := filepath.Join(dir, "data"), filepath.Join(dir, "records"), filepath.Join(dir, "truth.json")
	command(t, "simulate", "--format", "mix", "--people", "300", "--days", "60", "--seed", "11", "--out", records, "--truth", truthFile)
	text, err := os.ReadFile(truthFile)
	if err != nil {
		t.Fatal(err)
	}
	var want truth
	decode(t, string(text), &want)
	command(t, "init", "--data", data, "--tenant", want.Tenant, "--opt-in")
	files := everyFile(t, records)
	r := rand.New(rand.NewPCG(5, 8))
	for range 2 {
		r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		command(t, append([]string{"ingest", "--data", data, "--tenant", want.Tenant}, files...)...)
	}
	checkTruth(t, data, &want)
	command(t, "rebuild", "--data", data)
	t.Run("rebuilt", func(t *testing.T) { checkTruth(t, data, &want) })
}

// everyFile lists the files below a folder; snapshots stay together because pages of one snapshot belong together.
func everyFile(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s (%v)", dir, err)
	}
	return files
}

func checkTruth(t *testing.T, data string, want *truth) {
	t.Helper()
	if got := strings.TrimSpace(command(t, "query", "--data", data, "-o", "csv", "AuditLogs | count")); got != fmt.Sprintf("Count\n%d", want.Records) {
		t.Errorf("records: got %q, want %d", got, want.Records)
	}
	checkAttempts(t, data, want)
	month, reg := want.Last30Days, want.Registration
	rep := func(id string, flags ...string) [][]row {
		return reportRows(t, data, id, want.End, append(flags, "--since", "30d")...)
	}

	count := rep("registered-count")
	sameRow(t, "registered-count", count[0][0], reg, "Registered:registered", "Enabled:enabled", "Capable:capable", "Total:total")
	sameRows(t, "registered-count by type", count[1], list(reg["byTypeAndRole"]), "UserType+UserRole:userType+role", "Registered:registered", "Enabled:enabled", "Capable:capable", "Total:total")
	sameRows(t, "registered-people", rep("registered-people")[0], list(reg["people"]), "UserId:userId", "User:userPrincipalName", "Role:role", "DataRegistered:dataRegistered")
	dataReg := rep("data-registered")
	sameRows(t, "data-registered", dataReg[0], list(reg["dataRegistered"]), "Value:key", "People:count")
	sameRows(t, "data combinations", dataReg[1], list(reg["combinations"]), "DataRegistered:key", "People:count")
	week := reportRows(t, data, "resets-last-7-days", want.End)
	sameRow(t, "resets", week[0][0], want.ResetsLast7Days, "People:people", "Resets:resets", "PeopleBefore:peopleBefore", "ResetsBefore:resetsBefore", "AdminResets:adminResets", "AdminResetsBefore:adminResetsBefore")
	sameRows(t, "resets by day", days(week[1]), list(want.ResetsLast7Days["days"]), "Day:day", "People:people", "Resets:resets", "AdminResets:adminResets")
	sameRows(t, "methods-used", rep("methods-used")[0], list(month["methodsUsed"]), "Method:method", "Users:users", "Administrators:administrators")
	sameRows(t, "common-problems", rep("common-problems")[0], list(month["commonProblems"]), "Problem:problem", "Attempts:attempts", "Refusals:refusals", "Occurrences:occurrences", "People:people", "Admins:admins")
	sameRows(t, "admins-resetting-often", rep("admins-resetting-often")[0], list(month["adminsResettingOften"]), "UserId:userId", "User:userPrincipalName", "Total:total", "Resets:resets", "Changes:changes", "First:first", "Last:last")
	funnel := rep("funnel")
	sameRows(t, "funnel", funnel[0], list(month["funnel"]), "Step:key", "Attempts:count")
	sameRows(t, "funnel stops", funnel[1], list(month["stoppedAt"]), "LastStep+LastMethod+Outcome:lastStep+lastMethod+outcome", "Attempts:attempts")
	sameRows(t, "blocked-people", rep("blocked-people")[0], list(month["blockedPeople"]), "UserId:userId", "Blocks:blocks", "LastBlocked:lastBlocked", "BlockedUntil:blockedUntil", "StillBlocked:stillBlocked")
	sameRow(t, "avoidable-calls", rep("avoidable-calls")[0][0], month["avoidableCalls"].(row), "AdminResets:adminResets", "Avoidable:avoidable", "People:people", "TriedFirst:triedFirst")
	sameRows(t, "admin-resets", rep("admin-resets")[0], list(month["adminResetsByAgent"]), "Agent:agent", "Resets:succeeded", "Failures:failed", "People:people")
	sameRows(t, "write-back", rep("write-back")[0], list(month["writeBack"]), "Agent+Activity:agent+activity", "Succeeded:succeeded", "Failed:failed", "People:people")
	sameRows(t, "registration-gaps", rep("registration-gaps")[0], list(reg["gaps"]), "Gap:key", "People:count")
	sameRows(t, "security-info-changes", rep("security-info-changes")[0], list(month["securityInfo"]), "Activity+Method:activity+method", "Succeeded:succeeded", "Failed:failed", "People:people", "ByOther:byOther")
	checkFindings(t, rep("suspicious-activity")[0], want)
}

// checkAttempts compares every attempt, column by column.
func checkAttempts(t *testing.T, data string, want *truth) {
	t.Helper()
	var lines []row
	for _, line := range strings.Split(strings.TrimSpace(command(t, "attempts", "--data", data, "--now", want.End, "-o", "ndjson")), "\n") {
		var r row
		decode(t, line, &r)
		lines = append(lines, r)
	}
	sameRows(t, "attempts", lines, want.AttemptsList, "AttemptId:attemptId", "UserId:userId", "Start:start", "End:end", "Outcome:outcome", "Problem:problem",
		"Gates:gates", "MethodsTried:methodsTried", "Refusals:refusals", "LastStep:lastStep", "IPAddress:ipAddress", "Events:events")
}

// checkFindings holds the findings to what was planted: each planted abuse found by its rule, nothing found that was not
// planted.
func checkFindings(t *testing.T, got []row, want *truth) {
	t.Helper()
	key := func(rule string, people []string) string {
		slices.Sort(people)
		return rule + ": " + strings.Join(people, " ")
	}
	var found, planted []string
	for _, r := range got {
		var people []string
		for _, p := range r["People"].([]any) {
			people = append(people, p.(string))
		}
		found = append(found, key(r["Rule"].(string), people))
		if len(r["Evidence"].([]any)) == 0 {
			t.Errorf("finding of %s without evidence", r["Rule"])
		}
	}
	for _, p := range want.Planted {
		planted = append(planted, key(p.Rule, p.People))
	}
	slices.Sort(found)
	slices.Sort(planted)
	if !reflect.DeepEqual(found, planted) {
		t.Errorf("findings:\n got %s\nwant %s", strings.Join(found, "\n     "), strings.Join(planted, "\n     "))
	}
}

func list(v any) []row {
	var out []row
	for _, x := range v.([]any) {
		out = append(out, x.(row))
	}
	return out
}

// days cuts instants to dates, as the truth writes them.
func days(rows []row) []row {
	for _, r := range rows {
		r["Day"] = r["Day"].(string)[:10]
	}
	return rows
}

// sameRows compares rows as sets by the first column pair, then the others. A pair is "Ours:theirs"; plus signs join
// columns to one key.
func sameRows(t *testing.T, what string, got, want []row, pairs ...string) {
	t.Helper()
	ourKey, theirKey, _ := strings.Cut(pairs[0], ":")
	index := map[string]row{}
	for _, r := range got {
		index[pick(r, ourKey)] = r
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for _, w := range want {
		g, ok := index[pick(w, theirKey)]
		if !ok {
			t.Errorf("%s: no row for %s", what, pick(w, theirKey))
			continue
		}
		sameRow(t, what+" "+pick(w, theirKey), g, w, pairs[1:]...)
	}
}

func sameRow(t *testing.T, what string, got, want row, pairs ...string) {
	t.Helper()
	for _, p := range pairs {
		ours, theirs, _ := strings.Cut(p, ":")
		g, okG := got[ours]
		w, okW := want[theirs]
		if !okG || !okW {
			t.Errorf("%s: column %s is missing", what, p)
		} else if cell(g) != cell(w) {
			t.Errorf("%s: %s is %v, want %v", what, ours, g, w)
		}
	}
}

// cell writes a value for comparing; a missing array is an empty one.
func cell(v any) string {
	if v == nil {
		v = []any{}
	}
	return fmt.Sprint(v)
}

func pick(r row, columns string) string {
	var parts []string
	for _, c := range strings.Split(columns, "+") {
		parts = append(parts, fmt.Sprint(r[c]))
	}
	return strings.Join(parts, "+")
}
