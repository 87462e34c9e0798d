package normalise

import (
	"encoding/json"
	"strings"

	"passtrail"
	"passtrail/internal/dates"
)

// analytics reads a row of the AuditLogs table: of a CSV export, or of a query's answer. A row that is not a whole record
// (another table, a summary, a projection without the ids) is counted and not kept: stored, it would count twice.
func (n *Normaliser) analytics(r *passtrail.Record) (Kind, *Fault) {
	row := n.analyticsRow()
	table := row["Type"].text()
	activity := firstOf(row["ActivityDisplayName"].text(), row["OperationName"].text())
	if table != "" && table != auditLogs || activity == "" && row["Id"].kind == 0 ||
		row["Id"].kind == 0 && row["CorrelationId"].kind == 0 {
		n.out.Category = table
		if table == "" || table == auditLogs {
			n.out.Category = "query answer"
		}
		n.out.At, _ = parseTime(row["TimeGenerated"].text())
		return KindOther, nil
	}
	return KindRecord, n.analyticsRecord(row, activity, r)
}

// analyticsRow gathers the row's columns by name, without the zone behind the names of times.
func (n *Normaliser) analyticsRow() map[string]value {
	row := make(map[string]value, len(n.top.rest))
	for _, m := range n.top.rest {
		name, zone := dates.Column(m.name)
		if _, twice := row[name]; zone == dates.Unmarked || twice || !strings.HasSuffix(m.name, "]") || n.top.find(name).kind != 0 {
			name = m.name
		}
		row[name] = m.value
		if name != m.name {
			n.dev.renamed(name, m.name)
		}
	}
	n.top.addTo(row)
	return row
}

// addTo adds members that have a name of directoryAudit's to a row, to which they mean nothing.
func (a *audit) addTo(row map[string]value) {
	for k, v := range a.at {
		if v.kind != 0 {
			row[auditNames[k]] = v
		}
	}
}

func (n *Normaliser) analyticsRecord(row map[string]value, activity string, r *passtrail.Record) *Fault {
	r.Shape = passtrail.ShapeLogAnalytics
	r.Activity = activity
	if activity == "" {
		return &Fault{Code: CodeNoActivity, Reason: "the row has neither ActivityDisplayName nor OperationName"}
	}
	column := "ActivityDateTime"
	if row[column].text() == "" {
		column = "TimeGenerated"
	}
	var f *Fault
	if r.Time, f = n.columnTime(column, row[column].text()); f != nil {
		return f
	}
	if f := n.stateTenant(r, row["AADTenantId"], row["ResourceId"]); f != nil {
		return f
	}
	r.ID = row["Id"].text()
	r.Service, r.Category = row["LoggedByService"].text(), row["Category"].text()
	r.OperationType = row["AADOperationType"].text()
	if r.Result, f = resultOf(firstOf(row["Result"].text(), row["ResultType"].text())); f != nil {
		return f
	}
	r.Reason = firstOf(row["ResultReason"].text(), row["ResultDescription"].text())
	r.CorrelationID = row["CorrelationId"].text()
	inner := audit{}
	r.InitiatedBy = n.dynamic(&inner, mInitiatedBy, row["InitiatedBy"])
	r.TargetResources = n.dynamic(&inner, mTargets, row["TargetResources"])
	r.AdditionalDetails = n.dynamic(&inner, mDetails, row["AdditionalDetails"])
	for name, text := range map[string]string{"InitiatedBy": r.InitiatedBy, "TargetResources": r.TargetResources, "AdditionalDetails": r.AdditionalDetails} {
		if text == "" && isLost(row[name].text()) {
			return &Fault{Code: CodeBadValue, Reason: name + " is not JSON: a spreadsheet or script cut or replaced its nested values; export the file again"}
		}
	}
	inner.inner.fill(r)
	r.UserAgent = inner.inner.userAgent.text()
	n.differences(row, analyticsForm(r))
	r.Extra = n.dev.text()
	n.finish(r)
	return nil
}

// isLost tells whether the text of a dynamic column that is not JSON of its kind once had values: it is not empty, null, or
// an empty value of another kind.
func isLost(text string) bool {
	switch strings.TrimSpace(text) {
	case "", "null", "{}", "[]", `""`, "[{}]":
		return false
	}
	return true
}

// dynamic returns the JSON of a dynamic column, which comes as JSON or as a string with JSON in it.
func (n *Normaliser) dynamic(a *audit, k int, v value) string {
	text := v.raw
	if v.kind == '"' {
		text = []byte(v.text())
	}
	if len(text) == 0 {
		return ""
	}
	want := byte('[')
	if k == mInitiatedBy {
		want = '{'
	}
	s := scanner{b: text, maxDepth: n.scan.maxDepth}
	if s.space() != want || !a.known(&s, k) || !s.end() {
		return ""
	}
	return a.at[k].json()
}

// form is the usual form of a row: the text of each column by name. Empty ones are left out.
type form map[string]string

// differences notes where a row differs from the form, and keeps what the form does not know.
func (n *Normaliser) differences(row map[string]value, usual form) {
	d := &n.dev
	for _, name := range sortedKeys(row) {
		v := row[name]
		want, known := usual[name]
		switch {
		case !known:
			d.unknown(member{name, v})
		case v.kind != '"' || (v.esc && unescape(v.raw) != want) || (!v.esc && string(v.raw) != want):
			d.differs(name, v)
		}
	}
	for _, name := range sortedKeys(usual) {
		if _, ok := row[name]; !ok {
			d.missing(name)
		}
	}
}

// analyticsForm is the usual row of the AuditLogs table.
func analyticsForm(r *passtrail.Record) form {
	when := r.Time.String()
	f := form{
		"TimeGenerated": when, "ActivityDateTime": when, "OperationName": r.Activity, "ActivityDisplayName": r.Activity,
		"AADOperationType": r.OperationType, "AADTenantId": string(r.Tenant), "Category": r.Category,
		"CorrelationId": r.CorrelationID, "Identity": r.ActorName, "LoggedByService": r.Service, "OperationVersion": usualVersion,
		"Resource": "Microsoft.aadiam", "ResourceId": "/tenants/" + string(r.Tenant) + "/providers/Microsoft.aadiam",
		"Result": r.Result, "ResultReason": r.Reason, "ResultDescription": r.Reason, "ResultSignature": usualSignature,
		"SourceSystem": "Azure AD", "Type": auditLogs, "InitiatedBy": r.InitiatedBy, "TargetResources": r.TargetResources,
		"AdditionalDetails": r.AdditionalDetails,
	}
	f["Id"] = ownID(r)
	return f.trim()
}

func (f form) trim() form {
	for name, text := range f {
		if text == "" {
			delete(f, name)
		}
	}
	return f
}

func (f form) document() map[string]json.RawMessage {
	doc := make(map[string]json.RawMessage, len(f))
	for name, text := range f {
		doc[name] = appendQuoted(nil, text)
	}
	return doc
}
