package kql_test

import (
	"testing"

	"passtrail/internal/kql"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
)

var editorSchema = &plan.Schema{Tables: []*plan.Table{{
	Name: "AuditLogs", Doc: "Directory audit records.", From: "record r", Tenant: "r.tenant",
	Columns: []plan.Column{
		{Name: "TimeGenerated", Type: types.DateTime, SQL: "r.at", Doc: "When it happened."},
		{Name: "Result", Type: types.String, SQL: "r.result"},
		{Name: "InitiatedBy", Type: types.Dynamic, SQL: "r.by", Paths: map[string]string{"user.userPrincipalName": "r.upn"}},
	},
}}}

// TestEditorKnowsWhatCompiles holds completion to the columns and functions of the engine at several places.
func TestEditorKnowsWhatCompiles(t *testing.T) {
	e := kql.Editor(editorSchema, kql.Options{Now: 1})
	tests := []struct{ src, label, detail string }{
		{"AuditLogs | where ", "TimeGenerated", "datetime"},
		{"AuditLogs | where tol", "tolower", ""},
		{"AuditLogs | summarize n = count() by Result | where ", "n", "long"},
		{"AuditLogs | summarize ", "dcount", ""},
		{"AuditLogs | extend x = InitiatedBy.user.", "userPrincipalName", "dynamic"},
		{"let t = AuditLogs | project r = tolower(Result); t | where ", "r", "string"},
		{"AuditLogs | join kind=inner (AuditLogs | project Result, z = 1) on $left.Result == $right.", "z", "long"},
		{"AuditLogs | evaluate ", "bag_unpack", ""},
	}
	for _, test := range tests {
		found := false
		for _, it := range e.Complete(test.src, len(test.src)).Items {
			found = found || it.Label == test.label && (test.detail == "" || it.Detail == test.detail)
		}
		if !found {
			t.Errorf("Complete(%q) lacks %s %s", test.src, test.label, test.detail)
		}
	}
	if h, ok := e.Hover("AuditLogs | where TimeGenerated > 1", 20); !ok || h.Title != "column TimeGenerated: datetime" || h.Text != "When it happened." {
		t.Errorf("Hover = %+v, %v", h, ok)
	}
	if s, ok := e.Signature("print substring(a, ", 19); !ok || s.Active != 1 || len(s.Overloads) == 0 {
		t.Errorf("Signature = %+v, %v", s, ok)
	}
}
