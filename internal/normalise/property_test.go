package normalise_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"passtrail"
	"passtrail/internal/normalise"
	"passtrail/internal/store"
)

const contoso passtrail.TenantID = "6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11"

// records are the audit records of the samples, and a row of a Log Analytics export.
func records(t testing.TB) []string {
	files, err := filepath.Glob("testdata/samples/*")
	if err != nil {
		t.Fatal(err)
	}
	docs := []string{`{"TimeGenerated [UTC]":"3/3/2026, 10:16:04.778 AM","ActivityDateTime [UTC]":"3/3/2026, 10:16:04.778 AM","OperationName":"Reset password (self-service)","ActivityDisplayName":"Reset password (self-service)","AADTenantId":"6f1c2a34-5b0d-4e0a-9d35-0c6b2f9a7e11","TenantId":"0000","Id":"SSPR_1","CorrelationId":"B7C03AE7-7bd9-5f5e-ab15-b9b7ad4195d5","Result":"success","LoggedByService":"Self-service Password Management","Category":"UserManagement","InitiatedBy":"{\"user\":{\"id\":\"2D9b7c10-61f4-4c1b-9a7e-5b8f0a3e1c01\",\"ipAddress\":\"203.0.113.77\"}}","TargetResources":"[]","AdditionalDetails":"[{\"key\":\"User-Agent\",\"value\":\"Mozilla\"}]","DurationMs":"0","Level":"4","_IsBillable":"True","Type":"AuditLogs"}`}
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, "kusto") || strings.HasPrefix(name, "logs") || strings.Contains(name, "user") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, documents(t, name, data)...)
	}
	return docs
}

// oddities are values that upstream might send where something else is usual.
var oddities = []string{`null`, `""`, `"None"`, `0`, `1`, `-1.50e3`, `true`, `[]`, `{}`, `"Success"`, `"hidden"`, `"<null>"`, `"ü😀"`, `"a\u00e9\ud83d\ude00\n\"\\\/"`,
	`"\u0000"`, `"2026-03-03T10:16:04Z"`, `"2026-03-03T10:16:04.77+01:00"`, `"2026-03-03 10:16:04.1234567"`, `"0001-01-01T00:00:00Z"`, `"h:00"`, `"6F1C2A34-5B0D-4E0A-9D35-0C6B2F9A7E11"`,
	`[{"key":"User-Agent","value":"x"}]`, `[{"key":"OnPremisesAgent","value":null}]`, `[ { "id" : "X" , "modifiedProperties" : [ ] } ]`, `{"user":{"id":5}}`, `{"app":{"appId":"Q"},"user":null}`}

var names = []string{"$raw", "$absent", "$names", "properties", "userAgent", "unknown", "a\"b\\c", "id", "level", "Level", "resultType", "Extra", "@odata.type", "Actividad", "User Agent", "TimeGenerated"}

// disturb changes members of a document at random.
func disturb(rng *rand.Rand, doc map[string]any) {
	keys := make([]string, 0, len(doc))
	for k := range doc {
		keys = append(keys, k)
	}
	for range rng.IntN(4) {
		k := keys[rng.IntN(len(keys))]
		switch inner, ok := doc[k].(map[string]any); {
		case ok && len(inner) > 0 && rng.IntN(3) > 0:
			disturb(rng, inner)
		case rng.IntN(3) == 0:
			delete(doc, k)
		default:
			doc[k] = json.RawMessage(oddities[rng.IntN(len(oddities))])
		}
	}
	if rng.IntN(3) == 0 {
		doc[names[rng.IntN(len(names))]] = json.RawMessage(oddities[rng.IntN(len(oddities))])
	}
}

func TestDisturbedRecordsComeBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	all := records(t)
	n := normalise.New(0)
	read, faults := 0, map[string]int{}
	for i := range 20_000 {
		var doc map[string]any
		dec := json.NewDecoder(strings.NewReader(all[i%len(all)]))
		dec.UseNumber()
		if err := dec.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		disturb(rng, doc)
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if rng.IntN(2) == 0 {
			var b bytes.Buffer
			if err := json.Indent(&b, text, "\r", " \t"); err != nil {
				t.Fatal(err)
			}
			text = b.Bytes()
		}
		r := passtrail.Record{Tenant: contoso}
		res, fault := n.Read(text, &r)
		switch {
		case fault != nil:
			faults[fault.Code]++
			continue
		case res.Kind != normalise.KindRecord:
			continue
		}
		read++
		back, err := normalise.Restore(&r)
		if err != nil {
			t.Fatalf("Restore: %v", err)
		}
		if !equal(t, string(text), string(back)) {
			t.Fatalf("%s\ncame back as\n%s\nextra %s", text, back, r.Extra)
		}
	}
	if read < 13_000 || faults[normalise.CodeNotJSON] > 0 {
		t.Errorf("only %d of 20000 were read: %v", read, faults)
	}
}

// TestSameEventAcrossShapes holds that one event has one hash in whichever shape it comes.
func TestSameEventAcrossShapes(t *testing.T) {
	n := normalise.New(0)
	hash := func(doc string) (r passtrail.Record) {
		t.Helper()
		r.Tenant = contoso
		if _, fault := n.Read([]byte(doc), &r); fault != nil {
			t.Fatalf("Read(%s): %v", doc, fault)
		}
		return r
	}
	const by, to = `{"user":{"id":"5E8B2F61-0d4c-47aa-9f13-3c7a6d2e8b05","displayName":"Nestor","userPrincipalName":"nestor@contoso.com","ipAddress":"203.0.113.9"}}`, `[{"id":"2d9b7c10-61f4-4c1b-9a7e-5b8f0a3e1c01","type":"User","displayName":"Adele"}]`
	graph := hash(`{"id":"A","activityDateTime":"2026-03-02T08:29:54.3360142Z","activityDisplayName":"Reset password (by admin)","correlationId":"7a349160-d964-5c96-a575-e18d85b2271f","result":"success","resultReason":"","loggedByService":"Self-service Password Management","initiatedBy":` + by + `,"targetResources":` + to + `}`)
	others := map[string]string{
		"diagnostic, older spelling": `{"time":"2026-03-02T08:29:54.3360142Z","category":"AuditLogs","tenantId":"6F1C2A34-5B0D-4E0A-9D35-0C6B2F9A7E11","properties":{"id":"A","activityDateTime":"2026-03-02T08:29:54.336014+00:00","activityDisplayName":"Reset password (by admin)","correlationId":"7A349160-d964-5c96-a575-e18d85b2271f","result":0,"resultReason":"None","loggedByService":"Self-Service Password Management","initiatedBy":` + by + `,"targetResources":` + to + `}}`,
		"log analytics":              fmt.Sprintf(`{"TimeGenerated":"2026-03-02T08:29:54.336014Z","OperationName":"Reset password (by admin)","CorrelationId":"7a349160-d964-5c96-a575-e18d85b2271f","Result":"success","LoggedByService":"Self-service Password Management","InitiatedBy":%q,"TargetResources":%q}`, by, to),
		"portal":                     `{"Date (UTC)":"2026-03-02T08:29:54.3360142Z","CorrelationId":"7a349160-d964-5c96-a575-e18d85b2271f","Service":"Self-service Password Management","Activity":"Reset password (by admin)","Result":"success","ActorType":"User","ActorObjectId":"5e8b2f61-0d4c-47aa-9f13-3c7a6d2e8b05","Target1ObjectId":"2d9b7c10-61f4-4c1b-9a7e-5b8f0a3e1c01","Target1Type":"User"}`,
		"portal in Spanish":          `{"Fecha (UTC)":"2026-03-02T08:29:54.3360142Z","CorrelationId":"7a349160-d964-5c96-a575-e18d85b2271f","Servicio":"Self-service Password Management","Actividad":"Reset password (by admin)","Resultado":"success","ActorType":"User","ActorObjectId":"5e8b2f61-0d4c-47aa-9f13-3c7a6d2e8b05","Target1ObjectId":"2d9b7c10-61f4-4c1b-9a7e-5b8f0a3e1c01","Target1Type":"User"}`,
	}
	for name, doc := range others {
		if r := hash(doc); r.Hash != graph.Hash {
			t.Errorf("%s: the hash differs: %+v\n%+v", name, r, graph)
		}
	}
	if r := hash(others["portal"]); r.ID != fmt.Sprintf("h:%x", graph.Hash) {
		t.Errorf("the portal row's id is %s", r.ID)
	}
	for name, other := range map[string]string{"2026-03-02T08:29:54.3360142Z": "2026-03-02T08:29:54.3360152Z", "by admin": "self-service", "success": "failure", "2d9b7c10": "2d9b7c11", "0d4c": "0d4d"} {
		doc := strings.ReplaceAll(others["portal"], name, other)
		if r := hash(doc); r.Hash == graph.Hash {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

func TestColumns(t *testing.T) {
	n := normalise.New(0)
	r := passtrail.Record{Tenant: contoso}
	doc := `{"id":"D","activityDateTime":"2026-03-03T10:16:03.9911020Z","activityDisplayName":"Reset password (self-service)","category":"UserManagement","correlationId":"B7C03AE7-7bd9-5f5e-ab15-b9b7ad4195d5","result":"Failure","resultReason":"FuzzyPolicyViolationInvalidPassword","loggedByService":"Self-service Password Management","operationType":"Update","initiatedBy":{"user":null,"app":{"appId":null,"displayName":"Microsoft password reset service","servicePrincipalId":"0D7C1B52-4f6a-4e83-9b20-5a1e7c8f3d07"}},"targetResources":[{"id":"2D9B7C10-61f4-4c1b-9a7e-5b8f0a3e1c01","displayName":"Ad\u00e8le","type":"User","userPrincipalName":"adele@contoso.com"}],"additionalDetails":[{"key":"OnPremisesAgent","value":"CloudSync"},{"key":"User-Agent","value":"Mozilla/5.0"}],"new":1}`
	if _, fault := n.Read([]byte(doc), &r); fault != nil {
		t.Fatal(fault)
	}
	got := fmt.Sprint(r.Time, r.Result, r.CorrelationID, r.ActorKind, r.ActorID, r.ActorName, r.TargetID, r.TargetName, r.TargetUPN, r.TargetType, r.OnPremisesAgent, r.UserAgent, r.Extra, r.ActivityKey, r.Problem != "")
	want := fmt.Sprint("2026-03-03T10:16:03.9911020Z", "failure", "B7C03AE7-7bd9-5f5e-ab15-b9b7ad4195d5", "app", "0d7c1b52-4f6a-4e83-9b20-5a1e7c8f3d07", "Microsoft password reset service",
		"2d9b7c10-61f4-4c1b-9a7e-5b8f0a3e1c01", "Adèle", "adele@contoso.com", "User", "CloudSync", "Mozilla/5.0",
		`{"new":1,"$raw":{"result":"Failure"}}`, "reset", true)
	if got != want {
		t.Errorf("columns\n%s\nwant\n%s", got, want)
	}
}

func TestFaults(t *testing.T) {
	n := normalise.New(8)
	for doc, want := range map[string]string{
		``: normalise.CodeNotJSON, `5`: normalise.CodeNotObject, `"x"`: normalise.CodeNotObject, `{"a":1`: normalise.CodeTruncated, `{"a":"`: normalise.CodeTruncated,
		`{"a":01}`: normalise.CodeNotJSON, `{"a":1.}`: normalise.CodeNotJSON, `{"a":+1}`: normalise.CodeNotJSON, `{"a":tru}`: normalise.CodeNotJSON, `{"a":"\x"}`: normalise.CodeNotJSON,
		`{"a":"\ud800"}`: normalise.CodeNotJSON, "{\"a\":\"\n\"}": normalise.CodeNotJSON, "{\"a\":\"\xc3\"}": normalise.CodeNotJSON, `{"a":1,}`: normalise.CodeNotJSON, `{"a":[1,]}`: normalise.CodeNotJSON,
		`{"a":1}}`: normalise.CodeNotJSON, `{"a":[[[[[[[[1]]]]]]]]}`: normalise.CodeTooDeep, `{"id":1,"id":2}`: normalise.CodeDuplicate, `{"a":1}`: normalise.CodeUnknownShape,
		`{"activityDisplayName":"x"}`: normalise.CodeNoTime, `{"activityDateTime":"soon","activityDisplayName":"x"}`: normalise.CodeNoTime, `{"activityDateTime":"2026-03-03T10:16:03Z"}`: normalise.CodeNoActivity,
		`{"category":"AuditLogs","tenantId":"x","properties":{"activityDisplayName":"a"}}`: normalise.CodeBadValue, `{"error":{"code":"x"}}`: normalise.CodeUnknownShape,
		`{"isSsprRegistered":true}`: normalise.CodeBadValue, `{"roleDefinitionId":"x"}`: normalise.CodeBadValue,
	} {
		var r passtrail.Record
		if _, fault := n.Read([]byte(doc), &r); fault == nil || fault.Code != want {
			t.Errorf("Read(%q) = %+v, want %s", doc, fault, want)
		}
	}
}

func TestSnapshotRows(t *testing.T) {
	n := normalise.New(0)
	const role = `"roleDefinition":{"displayName":"Global Administrator","templateId":"62E90394-69f5-4237-9190-012177145e10"}`
	for doc, want := range map[string]string{
		`{"id":"x","principalId":"U1","roleDefinitionId":"custom","directoryScopeId":"/administrativeUnits/1","principal":{"@odata.type":"#microsoft.graph.user","userPrincipalName":"u1@contoso.com"},` + role + `}`:         "[{u1 u1@contoso.com 62e90394-69f5-4237-9190-012177145e10 Global Administrator /administrativeUnits/1}]",
		`{"principalId":"U1","roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","assignmentType":"Activated","startDateTime":"2026-03-03T10:16:04Z"}`:                                                                  "[{u1  62e90394-69f5-4237-9190-012177145e10 Global Administrator /}]",
		`{"displayName":"Reports Reader","roleTemplateId":"4a5d8f65-41da-4de4-8968-e035b65339cf","members":[{"id":"U1","userPrincipalName":"u1@contoso.com"},{"@odata.type":"#microsoft.graph.servicePrincipal","id":"S1"}]}`: "[{u1 u1@contoso.com 4a5d8f65-41da-4de4-8968-e035b65339cf Reports Reader /}]",
		`{"principalId":"G1","roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","principal":{"@odata.type":"#microsoft.graph.group"}}`:                                                                                 "[]",
		`{"roleTemplateId":"4a5d8f65-41da-4de4-8968-e035b65339cf"}`:                                                                                                                          "directoryRoles without members",
		`{"principalId":"U1","roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","roleEligibilityScheduleId":"e"}`:                                                                     "roleEligibilityScheduleInstances",
		`{"id":"U1","userPrincipalName":"u1@contoso.com","isSsprRegistered":true,"methodsRegistered":["email"],"userType":null,"new":{"a": 1},"lastUpdatedDateTime":"2026-03-05T02:10:11Z"}`: `u1 u1@contoso.com true [email] 2026-03-05T02:10:11.0000000Z {"userType":null,"new":{"a":1}}`,
		`{"id":"U1","feature":"reset","eventDateTime":"2026-03-05T02:10:11Z"}`:                                                                                                               "userEventsSummary",
	} {
		var r passtrail.Record
		res, fault := n.Read([]byte(doc), &r)
		if fault != nil {
			t.Errorf("Read(%s): %v", doc, fault)
			continue
		}
		got := res.Category
		switch reg := &res.Registration; res.Kind {
		case normalise.KindRoles:
			got = fmt.Sprint(append([]store.RoleAssignment{}, res.Roles...))
		case normalise.KindRegistration:
			got = fmt.Sprint(reg.UserID, " ", reg.UPN, " ", reg.IsSsprRegistered, reg.Methods, reg.LastUpdated, " ", reg.Extra)
		}
		if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("Read(%s) = %s, want %s", doc, got, want)
		}
	}
}

// duplicates tells whether an object of the document has a member twice: no two readers agree on these.
func duplicates(doc []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var walk func() bool
	walk = func() bool {
		tok, err := dec.Token()
		if err != nil {
			return false
		}
		d, ok := tok.(json.Delim)
		if !ok {
			return false
		}
		seen := map[string]bool{}
		for dec.More() {
			if d == '{' {
				k, err := dec.Token()
				name, ok := k.(string)
				if err != nil || !ok || seen[name] {
					return true
				}
				seen[name] = true
			}
			if walk() {
				return true
			}
		}
		_, err = dec.Token()
		return err != nil
	}
	return walk()
}

// FuzzRead holds every normaliser to three things: it takes no text that is not JSON, refuses none for its grammar that
// is, and gives back what it took.
func FuzzRead(f *testing.F) {
	for _, doc := range records(f) {
		f.Add([]byte(doc))
	}
	for _, doc := range []string{`{"id":"u","isSsprRegistered":true,"methodsRegistered":["email"]}`, `{"principalId":"a","roleDefinitionId":"b"}`, `{"@odata.nextLink":"x","value":null}`} {
		f.Add([]byte(doc))
	}
	n := normalise.New(1000)
	f.Fuzz(func(t *testing.T, doc []byte) {
		doc = bytes.Clone(doc)
		r := passtrail.Record{Tenant: contoso}
		res, fault := n.Read(doc, &r)
		valid := json.Valid(doc) && utf8.Valid(doc)
		if fault == nil && !valid {
			t.Fatalf("%q is not JSON and was read", doc)
		}
		if fault != nil && valid && (fault.Code == normalise.CodeTruncated || fault.Code == normalise.CodeNotJSON && !strings.Contains(fault.Reason, "surrogate")) {
			t.Fatalf("%q is JSON and was refused: %v", doc, fault)
		}
		if fault != nil || res.Kind != normalise.KindRecord || duplicates(doc) {
			return
		}
		back, err := normalise.Restore(&r)
		if err != nil {
			t.Fatalf("%q: Restore: %v", doc, err)
		}
		if !equal(t, string(doc), string(back)) {
			t.Fatalf("%s\ncame back as\n%s\nextra %s", doc, back, r.Extra)
		}
	})
}
