package normalise

import (
	"slices"
	"strings"

	"passtrail"
)

// auditLogs and auditEarly are the log categories that hold audit records; auditEarly is that of early 2018.
const (
	auditLogs  = "AuditLogs"
	auditEarly = "Audit"
)

// diagnostic reads an Azure Monitor diagnostic record whose properties are in n.props.
func (n *Normaliser) diagnostic(r *passtrail.Record) (Kind, *Fault) {
	category := n.top.at[mCategory].text()
	if !strings.EqualFold(category, auditLogs) && !strings.EqualFold(category, auditEarly) && !n.props.isAudit() {
		n.out.Category = firstOf(category, "diagnostic record without category")
		if t, ok := parseTime(n.top.find("time").text()); ok {
			n.out.At = t
		}
		return KindOther, nil
	}
	if f := n.stateTenant(r, n.top.find("tenantId"), n.top.find("resourceId")); f != nil {
		return 0, f
	}
	if n.props.at[mActivity].kind == 0 && n.props.at[mTime].kind == 0 {
		return KindRecord, n.legacy(r)
	}
	return KindRecord, n.present(r)
}

// isAudit tells whether properties hold an audit record, whatever the category beside them says: queries and pipelines
// overwrite or drop that.
func (a *audit) isAudit() bool {
	now := a.at[mActivity].kind == '"' && a.at[mTime].kind == '"' &&
		(a.at[mTargets].kind != 0 || a.at[mInitiatedBy].kind != 0 || a.at[mService].kind != 0)
	return now || a.find("auditEventCategory").kind == '"' && a.find("targetResourceType").kind == '"'
}

// stateTenant sets the tenant that the record names, if it names one.
func (n *Normaliser) stateTenant(r *passtrail.Record, id, resource value) *Fault {
	text := id.text()
	if text == "" {
		text = tenantOfResource(resource.text())
	}
	if text == "" {
		return nil
	}
	if len(text) == 36 && text == string(n.lastTenant) {
		r.Tenant = n.lastTenant
		return nil
	}
	t, err := passtrail.ParseTenantID(text)
	if err != nil {
		return &Fault{Code: CodeBadValue, Reason: "tenantId is not a GUID"}
	}
	n.lastTenant = passtrail.TenantID(strings.Clone(string(t)))
	r.Tenant = n.lastTenant
	return nil
}

// tenantOfResource takes the tenant out of /tenants/{tenant}/providers/Microsoft.aadiam, in any letter case.
func tenantOfResource(s string) string {
	const prefix = "/tenants/"
	if len(s) < len(prefix)+36 || !strings.EqualFold(s[:len(prefix)], prefix) {
		return ""
	}
	return s[len(prefix) : len(prefix)+36]
}

// present fills a record from today's diagnostic record.
func (n *Normaliser) present(r *passtrail.Record) *Fault {
	r.Shape = passtrail.ShapeDiagnostic
	d := &n.dev
	p := d.props
	if f := n.diagnosticTime(d, p, r); f != nil {
		return f
	}
	if f := n.auditColumns(&n.props, p, r); f != nil {
		return f
	}
	if reason := reasonOf(r.Reason, n.top.find("resultDescription").text()); reason != r.Reason {
		if v := n.props.at[mReason]; v.kind == '"' {
			p.differs(auditNames[mReason], v)
		}
		r.Reason = reason
	}
	for _, m := range n.props.rest {
		if !strings.HasPrefix(m.name, udiPrefix) {
			p.unknown(m)
		}
	}
	n.envelope(d, r)
	r.Extra = d.text()
	n.finish(r)
	return nil
}

// reasonOf is the reason of a record that has it in two places: the second speaks when the first says nothing.
func reasonOf(reason, description string) string {
	if isNone(reason) && !isNone(description) {
		return description
	}
	return reason
}

func isNone(s string) bool { return s == "" || strings.EqualFold(s, "none") }

// diagnosticTime takes the envelope's time, which has seven digits, if it is the same microsecond as activityDateTime.
func (n *Normaliser) diagnosticTime(d, p *deviations, r *passtrail.Record) *Fault {
	outer, inner := n.top.find("time"), n.props.at[mTime]
	fine, okFine := parseTime(outer.text())
	coarse, okCoarse := parseTime(inner.text())
	switch {
	case okFine && (!okCoarse || fine/passtrail.Microsecond == coarse/passtrail.Microsecond):
		r.Time = fine
	case okCoarse:
		r.Time = coarse
	default:
		return noTime(inner, "activityDateTime")
	}
	switch {
	case outer.kind == 0:
		d.missing("time")
	case r.Time != fine || !usualTime(outer, fine):
		d.differs("time", outer)
	}
	switch {
	case inner.kind == 0:
		p.missing("activityDateTime")
	case !okCoarse || inner.esc || !isMicroForm(alias(inner.raw), coarse):
		p.differs("activityDateTime", inner)
	}
	return nil
}

// The usual values of the envelope's members that no column says.
const (
	usualVersion   = "1.0"
	usualSignature = "None"
	usualLevel     = "Informational"
	usualDuration  = "0"
)

// The members around properties that have a usual form, except time and those that directoryAudit has too.
var envelopeNames = [...]string{"resourceId", "operationName", "operationVersion", "tenantId", "resultSignature",
	"resultDescription", "durationMs", "callerIpAddress", "identity", "Level"}

// envelope notes where the members around properties differ from the usual form.
func (n *Normaliser) envelope(d *deviations, r *passtrail.Record) {
	var seen [len(envelopeNames)]bool
	for i := range n.top.rest {
		m := &n.top.rest[i]
		if m.name == "time" || m.name == "properties" {
			continue
		}
		k := slices.Index(envelopeNames[:], m.name)
		if k < 0 {
			d.unknown(*m)
			continue
		}
		seen[k] = true
		envelopeMember(d, r, m)
	}
	for i, name := range envelopeNames {
		if !seen[i] {
			d.missing(name)
		}
	}
	n.envelopeAudit(d, r)
}

// envelopeMember checks one member around properties against its usual form.
func envelopeMember(d *deviations, r *passtrail.Record, m *member) {
	switch m.name {
	case "resourceId":
		if !m.isString() || m.esc || !usualResource(alias(m.raw), r.Tenant) {
			d.differs(m.name, m.value)
		}
	case "operationName":
		d.usual(m.name, m.value, r.Activity)
	case "operationVersion":
		d.usual(m.name, m.value, usualVersion)
	case "tenantId":
		d.usual(m.name, m.value, string(r.Tenant))
	case "resultSignature":
		d.usual(m.name, m.value, usualSignature)
	case "resultDescription":
		d.usual(m.name, m.value, r.Reason)
	case "durationMs":
		if m.kind != '0' || string(m.raw) != usualDuration {
			d.differs(m.name, m.value)
		}
	case "callerIpAddress":
		if r.ActorAddress == "" && m.isString() && !strings.HasPrefix(alias(m.raw), "<") {
			r.ActorAddress = bareAddress(m.text())
		}
		d.usual(m.name, m.value, r.ActorAddress)
	case "identity":
		d.usual(m.name, m.value, r.ActorName)
	case "Level":
		d.usual(m.name, m.value, usualLevel)
	}
}

// envelopeAudit does the same for members whose names the envelope shares with directoryAudit.
func (n *Normaliser) envelopeAudit(d *deviations, r *passtrail.Record) {
	for k, v := range n.top.at {
		switch {
		case k == mCorrelation:
			d.usual("correlationId", v, r.CorrelationID)
		case k == mCategory:
			d.usual("category", v, auditLogs)
		case v.kind != 0:
			d.unknown(member{auditNames[k], v})
		}
	}
}

func usualResource(s string, t passtrail.TenantID) bool {
	const prefix, suffix = "/tenants/", "/providers/Microsoft.aadiam"
	return len(s) == len(prefix)+len(t)+len(suffix) && s[:len(prefix)] == prefix &&
		s[len(prefix):len(prefix)+len(t)] == string(t) && s[len(prefix)+len(t):] == suffix
}
