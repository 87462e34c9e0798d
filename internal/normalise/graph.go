package normalise

import (
	"bytes"

	"passtrail"
)

// graph fills a record from a directoryAudit.
func (n *Normaliser) graph(r *passtrail.Record) *Fault {
	a, d := &n.top, &n.dev
	r.Shape = passtrail.ShapeGraph
	t, ok := parseTime(a.at[mTime].text())
	if !ok {
		return noTime(a.at[mTime], "activityDateTime")
	}
	r.Time = t
	if at := a.at[mTime]; !usualTime(at, t) {
		d.differs("activityDateTime", at)
	}
	if f := n.auditColumns(a, d, r); f != nil {
		return f
	}
	for _, m := range a.rest {
		d.unknown(m)
	}
	r.Extra = d.text()
	n.finish(r)
	return nil
}

func noTime(v value, name string) *Fault {
	if v.kind == 0 {
		return &Fault{Code: CodeNoTime, Reason: "the record has no " + name}
	}
	return &Fault{Code: CodeNoTime, Reason: name + " is not a time"}
}

// usualTime tells whether the value is a time written as t prints.
func usualTime(v value, t passtrail.Ticks) bool {
	return v.kind == '"' && !v.esc && t >= 0 && t <= passtrail.MaxTicks && isTicksForm(alias(v.raw), t)
}

// auditColumns fills the columns that directoryAudit's members say, except the time, and notes what the columns do not
// say.
func (n *Normaliser) auditColumns(a *audit, d *deviations, r *passtrail.Record) *Fault {
	r.Activity = textColumn(a, d, mActivity)
	if r.Activity == "" {
		return &Fault{Code: CodeNoActivity, Reason: "the record has no activityDisplayName"}
	}
	r.ID = textColumn(a, d, mID)
	r.Category = textColumn(a, d, mCategory)
	r.Reason = textColumn(a, d, mReason)
	r.Service = textColumn(a, d, mService)
	r.OperationType = textColumn(a, d, mOperation)
	r.CorrelationID = a.at[mCorrelation].text()
	d.usual("correlationId", a.at[mCorrelation], r.CorrelationID)
	result := a.at[mResult]
	r.Result = lower(result.text())
	if result.kind == '0' {
		r.Result = resultOfNumber(result)
	}
	d.usual("result", result, r.Result)
	r.InitiatedBy = nestedColumn(a, d, mInitiatedBy, '{')
	r.TargetResources = nestedColumn(a, d, mTargets, '[')
	r.AdditionalDetails = nestedColumn(a, d, mDetails, '[')
	a.inner.fill(r)
	// A userAgent member is unusual (beta only) unless the column can come from nowhere else.
	switch v := a.at[mUserAgent]; {
	case v.kind == 0:
		r.UserAgent = a.inner.userAgent.text()
	default:
		r.UserAgent = v.text()
		if r.UserAgent == "" || a.inner.userAgent.text() != "" {
			d.differs("userAgent", v)
		}
	}
	return nil
}

// resultOfNumber reads the number that an old sample of diagnostic records has for the result: 0 is success.
func resultOfNumber(v value) string {
	if string(v.raw) == "0" {
		return "success"
	}
	return string(v.raw)
}

// textColumn returns a member's text and notes when the text does not say what the member was.
func textColumn(a *audit, d *deviations, k int) string {
	v := a.at[k]
	if v.kind == '"' {
		if v.esc && bytes.Contains(v.raw, []byte(`\u0000`)) {
			d.differs(auditNames[k], v)
		}
		return v.text()
	}
	d.other(auditNames[k], v)
	return ""
}

// nestedColumn returns a member's JSON when it is of the kind that it should be, else notes what it was.
func nestedColumn(a *audit, d *deviations, k int, kind byte) string {
	v := a.at[k]
	if v.kind != kind {
		d.other(auditNames[k], v)
		return ""
	}
	return v.json()
}

// fill sets the columns of actor, target and on-premises agent.
func (p *people) fill(r *passtrail.Record) {
	u, app := &p.user, &p.app
	r.ActorKind, r.ActorID, r.ActorUPN, r.ActorName, r.ActorAddress = "", "", "", "", ""
	switch {
	case u.id.isString() || u.upn.isString() || u.name.isString():
		r.ActorKind = passtrail.ActorUser
		r.ActorID, r.ActorUPN, r.ActorName = lower(u.id.text()), u.upn.text(), u.name.text()
	case app.principal.isString() || app.appID.isString() || app.name.isString():
		r.ActorKind = passtrail.ActorApp
		if r.ActorID = lower(app.principal.text()); r.ActorID == "" {
			r.ActorID = lower(app.appID.text())
		}
		r.ActorName = app.name.text()
	}
	r.ActorAddress = bareAddress(u.address.text())
	r.TargetID, r.TargetUPN = lower(p.target.id.text()), p.target.upn.text()
	r.TargetName, r.TargetType = p.target.name.text(), p.target.typ.text()
	r.SubjectID, r.SubjectUPN, r.SubjectName = "", "", ""
	if p.subject.typ.kind != 0 {
		r.SubjectID, r.SubjectUPN, r.SubjectName = lower(p.subject.id.text()), p.subject.upn.text(), p.subject.name.text()
	}
	r.OnPremisesAgent = p.agent.text()
}
