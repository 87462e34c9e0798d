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
	row, fault := n.analyticsRow()
	if fault != nil {
		return 0, fault
	}
	table := row["Type"].text()
	activity := firstOf(row["ActivityDisplayName"].text(), row["OperationName"].text())
	if table != "" && table != auditLogs && !isAuditRow(row) || activity == "" && row["Id"].kind == 0 ||
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
func (n *Normaliser) analyticsRow() (map[string]value, *Fault) {
	row := make(map[string]value, len(n.top.rest))
	add := func(found string, v value) *Fault {
		name, zone := dates.Column(found)
		if zone == dates.Unmarked || !strings.HasSuffix(found, "]") || row[name].kind != 0 || n.top.find(name).kind != 0 {
			name = found
		}
		if usual := analyticsColumns[strings.ToLower(name)]; usual != "" {
			name = usual
		}
		if _, ok := row[name]; ok {
			return &Fault{Code: CodeDuplicate, Reason: "a column stands twice, perhaps in different casing"}
		}
		row[name] = v
		if name != found {
			n.dev.renamed(name, found)
		}
		return nil
	}
	for _, m := range n.top.rest {
		if f := add(m.name, m.value); f != nil {
			return nil, f
		}
	}
	for k, v := range n.top.at {
		if v.kind == 0 {
			continue
		}
		if f := add(auditNames[k], v); f != nil {
			return nil, f
		}
	}
	return row, nil
}

// analyticsColumns are the columns of AuditLogs that mean something here, by their name in lower case.
var analyticsColumns = byFolded("TimeGenerated", "ActivityDateTime", "OperationName", "ActivityDisplayName", "AADOperationType",
	"AADTenantId", "Category", "CorrelationId", "Identity", "LoggedByService", "OperationVersion", "Resource", "ResourceId", "Result",
	"ResultReason", "ResultDescription", "ResultType", "ResultSignature", "SourceSystem", "Type", "InitiatedBy", "TargetResources",
	"AdditionalDetails", "Id")

// oddAnalytics tells whether the document is a row with the time column in another casing.
func (n *Normaliser) oddAnalytics() bool {
	for i := range n.top.rest {
		if name := n.top.rest[i].name; len(name) >= 13 && strings.EqualFold(name[:13], "TimeGenerated") {
			return true
		}
	}
	return false
}

// isAuditRow tells whether a row has the columns of AuditLogs, whatever its Type says: a query can overwrite that.
func isAuditRow(row map[string]value) bool {
	for _, name := range []string{"ActivityDisplayName", "LoggedByService", "Id", "CorrelationId"} {
		if row[name].kind == 0 {
			return false
		}
	}
	return row["InitiatedBy"].kind != 0 || row["TargetResources"].kind != 0 || row["AADOperationType"].kind != 0
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
	r.Reason = reasonOf(row["ResultReason"].text(), row["ResultDescription"].text())
	r.CorrelationID = row["CorrelationId"].text()
	inner := audit{}
	r.InitiatedBy = n.dynamic(&inner, mInitiatedBy, row["InitiatedBy"])
	r.TargetResources = n.dynamic(&inner, mTargets, row["TargetResources"])
	r.AdditionalDetails = n.dynamic(&inner, mDetails, row["AdditionalDetails"])
	if inner.inner.lost || isLost(row["InitiatedBy"].text()) || isLost(row["TargetResources"].text()) {
		return lostValues()
	}
	for name, text := range map[string]string{"InitiatedBy": r.InitiatedBy, "TargetResources": r.TargetResources, "AdditionalDetails": r.AdditionalDetails} {
		if text == "" && hadValues(row[name].text()) {
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

// hadValues tells whether the text of a dynamic column that is not JSON of its kind once had values: it is not empty, null, or
// an empty value of another kind.
func hadValues(text string) bool {
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
	if s.odd {
		w := rewriter{maxDepth: n.scan.maxDepth}
		if !w.value(auditNames[k], a.at[k]) {
			return ""
		}
		s = scanner{b: w.out, maxDepth: n.scan.maxDepth}
		a.inner.forget(k)
		if !a.known(&s, k) {
			return ""
		}
	}
	a.inner.lost = a.inner.lost || s.lost
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
