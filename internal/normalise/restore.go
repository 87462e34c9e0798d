package normalise

import (
	"encoding/json"
	"fmt"

	"passtrail"
)

// Restore gives a record back as the document it came from: the same members with the same values. The order of members,
// insignificant space and what the package comment names are not kept.
func Restore(r *passtrail.Record) ([]byte, error) {
	x, err := readExtra(r.Extra)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", r.ID, err)
	}
	var doc map[string]json.RawMessage
	switch r.Shape {
	case passtrail.ShapeGraph:
		doc = restoreAudit(r, r.Time.AppendTo)
	case passtrail.ShapeDiagnostic:
		doc = restoreDiagnostic(r, x)
	case passtrail.ShapeLogAnalytics:
		doc = analyticsForm(r).document()
	case passtrail.ShapePortalCSV:
		doc = portalForm(r).document()
	case passtrail.ShapeLegacy:
		doc = map[string]json.RawMessage{}
	default:
		return nil, passtrail.Errorf(passtrail.Invalid, "normalise.Restore", "record %s has the unknown shape %q", r.ID, r.Shape)
	}
	x.apply(doc)
	return json.Marshal(doc)
}

// restoreAudit is the usual directoryAudit of a record.
func restoreAudit(r *passtrail.Record, when func([]byte) []byte) map[string]json.RawMessage {
	doc := map[string]json.RawMessage{}
	for k, text := range map[int]string{mID: ownID(r), mCategory: r.Category, mCorrelation: r.CorrelationID, mResult: r.Result,
		mReason: r.Reason, mActivity: r.Activity, mService: r.Service, mOperation: r.OperationType} {
		doc[auditNames[k]] = appendQuoted(nil, text)
	}
	doc[auditNames[mTime]] = append(when([]byte(`"`)), '"')
	for k, text := range map[int]string{mInitiatedBy: r.InitiatedBy, mTargets: r.TargetResources, mDetails: r.AdditionalDetails} {
		if text != "" {
			doc[auditNames[k]] = json.RawMessage(text)
		}
	}
	if r.UserAgent != "" && !detailsNameAgent(r.AdditionalDetails) {
		doc[auditNames[mUserAgent]] = appendQuoted(nil, r.UserAgent)
	}
	return doc
}

// detailsNameAgent tells whether the user agent stands in additionalDetails.
func detailsNameAgent(details string) bool {
	var a audit
	s := scanner{b: []byte(details), maxDepth: MaxDepth}
	return details != "" && a.known(&s, mDetails) && a.inner.userAgent.text() != ""
}

func restoreDiagnostic(r *passtrail.Record, x *extra) map[string]json.RawMessage {
	props := restoreAudit(r, func(b []byte) []byte { return appendMicro(b, r.Time) })
	if x.props != nil {
		x.props.apply(props)
	}
	inner, err := json.Marshal(props)
	if err != nil {
		inner = []byte("{}") // the nested values were JSON when they were stored
	}
	doc := form{
		"time": r.Time.String(), "operationName": r.Activity, "operationVersion": usualVersion, "category": auditLogs,
		"tenantId": string(r.Tenant), "resourceId": "/tenants/" + string(r.Tenant) + "/providers/Microsoft.aadiam",
		"resultSignature": usualSignature, "resultDescription": r.Reason, "callerIpAddress": r.ActorAddress,
		"correlationId": r.CorrelationID, "identity": r.ActorName, "Level": usualLevel,
	}.document()
	doc["durationMs"] = json.RawMessage(usualDuration)
	doc["properties"] = inner
	return doc
}
