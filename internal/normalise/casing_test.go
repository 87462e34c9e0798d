package normalise_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"passtrail"
	"passtrail/internal/normalise"
)

// read reads one document as contoso's.
func read(t *testing.T, doc string) (passtrail.Record, *normalise.Result, *normalise.Fault) {
	t.Helper()
	r := passtrail.Record{Tenant: contoso}
	res, fault := normalise.New(0).Read([]byte(doc), &r)
	return r, res, fault
}

// columns are the columns that the tests of other casings look at.
func columns(r *passtrail.Record) string {
	return strings.Join([]string{r.ID, r.Time.String(), r.Activity, r.ActorUPN, r.ActorAddress, r.TargetUPN, r.TargetType, r.OperationType, r.Category}, " ")
}

const (
	graphDoc = `{"id":"A","category":"UserManagement","correlationId":"c0ffee00-0000-4000-8000-000000000001","result":"success",` +
		`"resultReason":"x","activityDisplayName":"Reset password (by admin)","activityDateTime":"2026-03-04T10:00:00.1230000Z",` +
		`"loggedByService":"Self-service Password Management","operationType":"Update","initiatedBy":{"app":null,"user":{"id":"m",` +
		`"displayName":"Megan Bowen","userPrincipalName":"megan@contoso.com","ipAddress":"203.0.113.10"}},"targetResources":[{"id":"a",` +
		`"displayName":"Adele","type":"User","userPrincipalName":"adele@contoso.com","groupType":null,"modifiedProperties":` +
		`[{"displayName":"p","oldValue":null,"newValue":"\"1\""}]}],"additionalDetails":[{"key":"k","value":"v"}]}`
	graphColumns = "A 2026-03-04T10:00:00.1230000Z Reset password (by admin) megan@contoso.com 203.0.113.10 adele@contoso.com User Update UserManagement"
)

// respell writes the names of a document's members anew, at every depth.
func respell(t *testing.T, doc string, how func(string) string) string {
	t.Helper()
	var walk func(any) any
	walk = func(v any) any {
		switch x := v.(type) {
		case map[string]any:
			out := map[string]any{}
			for k, inner := range x {
				out[how(k)] = walk(inner)
			}
			return out
		case []any:
			for i := range x {
				x[i] = walk(x[i])
			}
		}
		return v
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(walk(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func pascal(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r >= 'A' && r <= 'Z' && i > 0 {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}

func TestNamesInAnyCasing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	spellings := map[string]func(string) string{"as usual": func(s string) string { return s }, "Pascal": pascal, "lower": strings.ToLower,
		"UPPER": strings.ToUpper, "snake": snake, "some": func(s string) string {
			if rng.IntN(2) == 0 {
				return pascal(s)
			}
			return s
		}}
	diag := `{"time":"2026-03-04T10:00:00.1230000Z","resourceId":"/tenants/` + string(contoso) + `/providers/Microsoft.aadiam","operationName":"Reset password (by admin)",` +
		`"category":"AuditLogs","resultSignature":"None","durationMs":0,"properties":` + graphDoc + `}`
	for name, how := range spellings {
		for range 20 {
			for _, doc := range []string{graphDoc, diag} {
				text := respell(t, doc, how)
				r, res, fault := read(t, text)
				if fault != nil || res.Kind != normalise.KindRecord {
					t.Fatalf("%s: Read(%s): %v %v", name, text, res, fault)
				}
				if got := columns(&r); got != graphColumns {
					t.Fatalf("%s: columns %s, want %s\nof %s", name, got, graphColumns, text)
				}
				if !strings.Contains(r.TargetResources, `"modifiedProperties":[{`) || strings.Contains(r.InitiatedBy, "User") {
					t.Fatalf("%s: nested values keep their casing: %s %s", name, r.InitiatedBy, r.TargetResources)
				}
				back, err := normalise.Restore(&r)
				if err != nil || !equal(t, text, string(back)) {
					t.Fatalf("%s: %s\ncame back as\n%s\n%v, extra %s", name, text, back, err, r.Extra)
				}
			}
		}
	}
}

func TestValuesOfPowerShell(t *testing.T) {
	for name, c := range map[string][2]string{
		"date of 5.1":           {`"2026-03-04T10:00:00.1230000Z"`, `"\/Date(1772618400123)\/"`},
		"date of 5.1 with zone": {`"2026-03-04T10:00:00.1230000Z"`, `"/Date(1772618400123+0100)/"`},
		"date as an object": {`"2026-03-04T10:00:00.1230000Z"`,
			`{"value":"\/Date(1772618400123)\/","DisplayHint":2,"DateTime":"Wednesday, 4 March 2026 10:00:00"}`},
		"one target, no array":        {`[{"id":"a",`, `{"id":"a",`},
		"arrays of 5.1":               {`[{"key":"k","value":"v"}]`, `{"value":[{"key":"k","value":"v"}],"Count":1}`},
		"numbered elements":           {`[{"key":"k","value":"v"}]`, `{"0":{"key":"k","value":"v"}}`},
		"address with a port":         {`"203.0.113.10"`, `"203.0.113.10:52311"`},
		"one modified property alone": {`[{"displayName":"p","oldValue":null,"newValue":"\"1\""}]`, `{"displayName":"p","oldValue":null,"newValue":"\"1\""}`},
	} {
		for _, how := range []func(string) string{func(s string) string { return s }, pascal} {
			text := strings.Replace(graphDoc, c[0], c[1], 1)
			if name == "one target, no array" {
				text = strings.Replace(text, `}]}],"add`, `}]},"add`, 1)
			}
			if text = respell(t, text, how); !json.Valid([]byte(text)) {
				t.Fatal(text)
			}
			r, _, fault := read(t, text)
			if fault != nil {
				t.Errorf("%s: %v", name, fault)
				continue
			}
			if got := columns(&r); got != graphColumns {
				t.Errorf("%s: columns %s, want %s", name, got, graphColumns)
			}
			if back, err := normalise.Restore(&r); err != nil || !equal(t, text, string(back)) {
				t.Errorf("%s: %s\ncame back as\n%s\n%v", name, text, back, err)
			}
		}
	}
}

// TestLostValues refuses documents in whose nested values a serialiser wrote the names of types.
func TestLostValues(t *testing.T) {
	for _, lost := range []string{
		`"initiatedBy":"Microsoft.Graph.PowerShell.Models.MicrosoftGraphAuditActivityInitiator"`,
		`"initiatedBy":{"app":null,"user":"System.Collections.Hashtable"}`,
		`"targetResources":"System.Object[]"`,
		`"targetResources":["Microsoft.Graph.PowerShell.Models.MicrosoftGraphTargetResource"]`,
		`"targetResources":"@{id=a; displayName=Adele; type=User}"`,
		`"targetResources":[{"id":"a","modifiedProperties":"System.Object[]"}]`,
		`"targetResources":[{"id":"a","modifiedProperties":[]},{"id":"b","modifiedProperties":[ "System.Collections.Hashtable"]}]`,
		`"targetResources":[{"id":"a","modifiedProperties":"@{displayName=p; oldValue=; newValue=1} @{displayName=q}"}]`,
		`"additionalDetails":["System.Collections.Hashtable","System.Collections.Hashtable"]`,
		`"additionalDetails":"class AdditionalDetail {\n  Key: k\n}"`,
	} {
		doc := `{"id":"A","activityDateTime":"2026-03-04T10:00:00Z","activityDisplayName":"x","operationType":"Update",` + lost + `}`
		for _, text := range []string{doc, respell(t, doc, pascal), `{"time":"2026-03-04T10:00:00Z","category":"AuditLogs","properties":` + doc + `}`} {
			if _, _, fault := read(t, text); fault == nil || fault.Code != normalise.CodeLost || !strings.Contains(fault.Reason, "-Depth") {
				t.Errorf("Read(%s) = %v, want %s", text, fault, normalise.CodeLost)
			}
		}
	}
	row := `{"TimeGenerated":"2026-03-04T10:00:00Z","Id":"A","CorrelationId":"c","OperationName":"x","TargetResources":"System.Object[]"}`
	if _, _, fault := read(t, row); fault == nil || fault.Code != normalise.CodeLost {
		t.Errorf("Read(%s) = %v, want %s", row, fault, normalise.CodeLost)
	}
	if _, _, fault := read(t, strings.Replace(graphDoc, `"Adele"`, `"System.Object[]"`, 1)); fault != nil {
		t.Errorf("a person with an odd name is refused: %v", fault)
	}
}

// TestTwice refuses documents with a member that stands twice, also in different casing.
func TestTwice(t *testing.T) {
	for name, text := range map[string]string{
		"id and Id":          strings.Replace(graphDoc, `{"id":"A"`, `{"id":"A","Id":"B"`, 1),
		"Id and id, swapped": strings.Replace(graphDoc, `{"id":"A"`, `{"ID":"B","id":"A"`, 1),
		"the same":           strings.Replace(graphDoc, `{"id":"A"`, `{"id":"A","id":"A"`, 1),
		"inside user":        strings.Replace(graphDoc, `{"id":"m"`, `{"id":"m","ID":"n"`, 1),
		"user twice":         strings.Replace(graphDoc, `"app":null`, `"user":null`, 1),
		"inside a target":    strings.Replace(graphDoc, `"type":"User"`, `"type":"User","Type":"App"`, 1),
		"inside a detail":    strings.Replace(graphDoc, `"key":"k"`, `"key":"k","Key":"j"`, 1),
		"all Pascal":         `{"Id":"A","id":"B","ActivityDateTime":"2026-03-04T10:00:00Z","ActivityDisplayName":"x","OperationType":"Add"}`,
		"envelope":           `{"time":"2026-03-04T10:00:00Z","Time":"2026-03-05T10:00:00Z","category":"AuditLogs","properties":` + graphDoc + `}`,
		"envelope, same":     `{"time":"2026-03-04T10:00:00Z","time":"2026-03-05T10:00:00Z","category":"AuditLogs","properties":` + graphDoc + `}`,
		"properties":         `{"time":"2026-03-04T10:00:00Z","category":"AuditLogs","properties":` + strings.Replace(graphDoc, `{"id":"A"`, `{"id":"A","ID":"B"`, 1) + `}`,
		"a table's row":      `{"TimeGenerated":"2026-03-04T10:00:00Z","Id":"A","id":"B","CorrelationId":"c","OperationName":"x"}`,
		"a registration":     `{"id":"u","Id":"v","isSsprRegistered":true}`,
		"a role":             `{"principalId":"u","PrincipalId":"v","roleDefinitionId":"r"}`,
	} {
		if _, res, fault := read(t, text); fault == nil || fault.Code != normalise.CodeDuplicate {
			t.Errorf("%s: Read = %v, %v, want %s", name, res, fault, normalise.CodeDuplicate)
		}
	}
	// What no column is taken from may differ in casing alone.
	text := strings.Replace(graphDoc, `{"id":"A"`, `{"tag":1,"Tag":2,"id":"A"`, 1)
	r, _, fault := read(t, text)
	if fault != nil {
		t.Fatal(fault)
	}
	if back, err := normalise.Restore(&r); err != nil || !equal(t, text, string(back)) {
		t.Errorf("%s came back as %s, %v", text, back, err)
	}
}

func TestRowsJudgedByTheirColumns(t *testing.T) {
	row := `{"TimeGenerated":"2026-03-04T10:00:00Z","Id":"A","CorrelationId":"c","OperationName":"x","ActivityDisplayName":"x","LoggedByService":"s","TargetResources":"[]","Type":"User"}`
	diag := `{"time":"2026-03-04T10:00:00Z","category":"UserManagement","properties":` + graphDoc + `}`
	signin := `{"TimeGenerated":"2026-03-04T10:00:00Z","Id":"A","CorrelationId":"c","OperationName":"Sign-in activity","Type":"SigninLogs"}`
	for name, c := range map[string]struct{ doc, want string }{
		"type overwritten":       {row, ""},
		"type lower":             {respell(t, strings.Replace(row, `"Type":"User"`, `"Type":"AuditLogs"`, 1), strings.ToLower), ""},
		"category overwritten":   {diag, ""},
		"category dropped":       {strings.Replace(diag, `"category":"UserManagement",`, "", 1), ""},
		"category of something":  {`{"time":"2026-03-04T10:00:00Z","category":"SignInLogs","properties":{"createdDateTime":"2026-03-04T10:00:00Z"}}`, "SignInLogs"},
		"no category, no record": {`{"time":"2026-03-04T10:00:00Z","properties":{"createdDateTime":"2026-03-04T10:00:00Z"}}`, "diagnostic record without category"},
		"another table":          {signin, "SigninLogs"},
		"a sign-in of Graph":     {`{"id":"s","createdDateTime":"2026-03-04T10:00:00Z","appDisplayName":"a","clientAppUsed":"b"}`, "signIns"},
		"provisioning":           {`{"id":"s","activityDateTime":"2026-03-04T10:00:00Z","provisioningAction":"create"}`, "provisioning"},
		"a risk":                 {`{"id":"s","activityDateTime":"2026-03-04T10:00:00Z","detectedDateTime":"2026-03-04T10:00:00Z","riskEventType":"x"}`, "riskDetections"},
		"unified audit log":      {`{"CreationTime":"2026-03-04T10:00:00","Operation":"Reset user password.","Workload":"AzureActiveDirectory","RecordType":8}`, "!Purview"},
		"its export":             {`{"CreationDate":"2026-03-04T10:00:00","RecordType":"8","Operations":"x","AuditData":"{}"}`, "!Purview"},
		"its Graph answer":       {`{"id":"x","createdDateTime":"2026-03-04T10:00:00Z","auditLogRecordType":"x","auditData":{}}`, "!Purview"},
		"Windows":                {`{"EventID":4724,"Channel":"Security","Computer":"dc1"}`, "!Windows"},
		"Windows as XML was":     {`{"Event":{"System":{"EventID":4724}}}`, "!Windows"},
		"Okta":                   {`{"uuid":"x","eventType":"user.account.reset_password","published":"2026-03-04T10:00:00Z"}`, "!Okta"},
		"a user":                 {`{"id":"u","createdDateTime":"2026-03-04T10:00:00Z","userPrincipalName":"a@b.c","accountEnabled":true}`, "!Graph's users"},
	} {
		_, res, fault := read(t, c.doc)
		got := ""
		switch {
		case fault != nil:
			got = "!" + fault.Reason
			if want, ok := strings.CutPrefix(c.want, "!"); ok && strings.Contains(fault.Reason, want) {
				got = c.want
			}
		case res.Kind == normalise.KindOther:
			got = res.Category
		case res.Kind != normalise.KindRecord:
			got = "another kind"
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestReasonOfTheEnvelope(t *testing.T) {
	for _, c := range []struct{ reason, description, want string }{
		{`""`, "User submitted their user ID", "User submitted their user ID"},
		{`"None"`, "PasswordDoesnotComplyFuzzyPolicy", "PasswordDoesnotComplyFuzzyPolicy"},
		{`null`, "x", "x"},
		{`"own"`, "other", "own"},
		{`"None"`, "none", "None"},
		{`""`, "", ""},
	} {
		text := `{"time":"2026-03-04T10:00:00.1230000Z","category":"AuditLogs","resultDescription":"` + c.description + `","properties":` +
			strings.Replace(graphDoc, `"resultReason":"x"`, `"resultReason":`+c.reason, 1) + `}`
		r, _, fault := read(t, text)
		if fault != nil || r.Reason != c.want {
			t.Errorf("reason %s and description %q give %q (%v), want %q", c.reason, c.description, r.Reason, fault, c.want)
			continue
		}
		if back, err := normalise.Restore(&r); err != nil || !equal(t, text, string(back)) {
			t.Errorf("%s came back as %s, %v", text, back, err)
		}
	}
}
