package normalise

import (
	"strings"

	"passtrail"
)

// legacy fills a record from the shape of early 2018, whose properties hold the target's attributes joined with two
// underscores. Such a record has no id and no service. The nested values are made up from what it says, so that queries
// on them find it too.
func (n *Normaliser) legacy(r *passtrail.Record) *Fault {
	top, props := &n.top, &n.props
	r.Shape = passtrail.ShapeLegacy
	var ok bool
	if r.Time, ok = parseTime(top.find("time").text()); !ok {
		return noTime(top.find("time"), "time")
	}
	if r.Activity = top.find("operationName").text(); r.Activity == "" {
		return &Fault{Code: CodeNoActivity, Reason: "the record has no operationName"}
	}
	r.ID = props.at[mID].text()
	r.Service = props.at[mService].text()
	r.Category = firstOf(props.find("auditEventCategory").text(), props.at[mCategory].text())
	r.OperationType = props.at[mOperation].text()
	r.Result = lower(top.find("resultType").text())
	r.Reason = top.find("resultDescription").text()
	r.CorrelationID = firstOf(top.at[mCorrelation].text(), props.at[mCorrelation].text())
	r.InitiatedBy = legacyActor(top, props, r)
	target := legacyTarget(props)
	r.TargetID, r.TargetUPN, r.TargetName, r.TargetType = lower(target.ID), target.UPN, "", target.Type
	r.SubjectID, r.SubjectUPN, r.SubjectName = "", "", ""
	r.TargetResources = "[]"
	if target.ID+target.UPN+target.Type != "" {
		target.Properties = []portalProperty{}
		r.TargetResources = marshal([]portalTarget{target})
	}
	r.AdditionalDetails, r.UserAgent, r.OnPremisesAgent = "[]", "", ""
	for _, m := range top.rest {
		n.dev.unknown(m)
	}
	for k, v := range top.at {
		if v.kind != 0 {
			n.dev.unknown(member{auditNames[k], v})
		}
	}
	r.Extra = n.dev.text()
	n.finish(r)
	return nil
}

// legacyActor reads identity, whose kind properties.identityType names.
func legacyActor(top, props *audit, r *passtrail.Record) string {
	identity := top.find("identity").text()
	r.ActorKind, r.ActorID, r.ActorUPN, r.ActorName, r.ActorAddress = "", "", "", "", ""
	if address := top.find("callerIpAddress").text(); !strings.HasPrefix(address, "<") {
		r.ActorAddress = bareAddress(address)
	}
	switch {
	case identity == "" || identity == "NA":
		return "{}"
	case strings.Contains(identity, "@") || strings.EqualFold(props.find("identityType").text(), "UPN"):
		r.ActorKind, r.ActorUPN = passtrail.ActorUser, identity
		return marshal(portalActor{User: &portalUser{UPN: identity, Address: r.ActorAddress}})
	}
	r.ActorKind, r.ActorName = passtrail.ActorUser, identity
	return marshal(portalActor{User: &portalUser{Name: identity, Address: r.ActorAddress}})
}

// legacyTarget takes targetResourceName apart as targetResourceType says.
func legacyTarget(props *audit) portalTarget {
	const joint = "__"
	names := strings.Split(props.find("targetResourceType").text(), joint)
	values := strings.Split(props.find("targetResourceName").text(), joint)
	var t portalTarget
	if len(names) != len(values) {
		return t
	}
	for i, name := range names {
		switch name {
		case "UPN":
			t.UPN = values[i]
		case "ObjectID":
			t.ID = values[i]
		case "ObjectClass":
			t.Type = values[i]
		}
	}
	return t
}
