package normalise

import (
	"slices"
	"strings"
)

// log is a kind of record that is not an audit record of Entra, told by its members.
type log struct {
	name    string
	members []string // all of these
	one     []string // and one of these, if there are any
	time    string   // the member with its time, "" for none
}

// otherLogs are logs and reports of Entra beside the audit log. Their records are counted by name.
var otherLogs = []log{
	{"provisioning", []string{"activityDateTime"}, []string{"provisioningAction", "provisioningSteps", "provisioningStatusInfo",
		"provisioningInitiatorType"}, "activityDateTime"},
	{"riskDetections", []string{"riskEventType", "detectedDateTime"}, nil, "detectedDateTime"},
	{"riskyUsers", []string{"riskState", "riskLastUpdatedDateTime"}, nil, "riskLastUpdatedDateTime"},
	{"signIns", []string{"createdDateTime"}, []string{"conditionalAccessStatus", "clientAppUsed", "appDisplayName", "signInEventTypes",
		"resourceDisplayName", "authenticationDetails"}, "createdDateTime"},
	{"signIns", []string{"Date (UTC)", "Request ID"}, nil, "Date (UTC)"},
	{"userPasswordResetsAndChangesSummary", []string{"aggregatedDateTime"}, nil, "aggregatedDateTime"},
	{"userEventsSummary", []string{"eventDateTime", "feature"}, nil, "eventDateTime"},
	{"userRegistrationActivity", []string{"feature", "successfulActivityCount"}, nil, ""},
}

// otherLog tells whether the document is of a log or report beside the audit log.
func (n *Normaliser) otherLog() bool {
	for i := range otherLogs {
		l := &otherLogs[i]
		if n.top.isOf(l) {
			n.out.Category = l.name
			n.out.At, _ = parseTime(n.top.anyCase(l.time).text())
			return true
		}
	}
	return false
}

// foreignLogs are records of other systems, and of Microsoft's logs that have other records. They are set aside.
var foreignLogs = []log{
	{"a record of the Microsoft 365 unified audit log (Purview), which has other records than Entra's audit log: export that one, " +
		"from the Entra admin center or Graph's auditLogs/directoryAudits", []string{"CreationTime", "Operation"},
		[]string{"Workload", "RecordType", "OrganizationId"}, ""},
	{"a row of a Microsoft 365 unified audit log export (Purview), which has other records than Entra's audit log: export that one, " +
		"from the Entra admin center or Graph's auditLogs/directoryAudits", []string{"AuditData"},
		[]string{"CreationDate", "RecordType", "Operation", "Operations", "auditLogRecordType", "UserIds"}, ""},
	{"an event of Windows, perhaps of Active Directory, not a record of Entra's audit log", []string{"EventID"},
		[]string{"Channel", "Computer", "ProviderName", "Provider", "EventRecordID", "LogName", "EventData"}, ""},
	{"an event of Windows, perhaps of Active Directory, not a record of Entra's audit log", []string{"Event"}, nil, "System"},
	{"an event of Windows, perhaps of Active Directory, not a record of Entra's audit log", []string{"winlog"}, nil, ""},
	{"an event of Windows, perhaps of Active Directory, not a record of Entra's audit log", []string{"MachineName", "LogName"}, nil, ""},
	{"an event of Okta's system log, not a record of Entra's audit log", []string{"eventType", "published"},
		[]string{"uuid", "legacyEventType", "outcome", "displayMessage"}, ""},
	{"an event of AWS CloudTrail, not a record of Entra's audit log", []string{"eventSource", "eventName"}, nil, ""},
	{"an activity of Google Workspace, not a record of Entra's audit log", []string{"kind", "events", "actor"}, nil, ""},
	{"a row of Graph's users, not a record of Entra's audit log", []string{"userPrincipalName"},
		[]string{"accountEnabled", "mail", "givenName", "jobTitle", "businessPhones", "onPremisesSyncEnabled"}, ""},
	{"a record of the Azure activity log, not of Entra's audit log", []string{"operationName", "resourceId"},
		[]string{"authorization", "claims", "subscriptionId", "eventDataId"}, ""},
}

// foreignLog names what the document is when it is a well-known record of something else.
func (n *Normaliser) foreignLog() *Fault {
	for i := range foreignLogs {
		l := &foreignLogs[i]
		if !n.top.isOf(l) || l.time != "" && !strings.Contains(alias(n.top.anyCase(l.members[0]).raw), `"`+l.time+`"`) {
			continue
		}
		return &Fault{Code: CodeOtherLog, Reason: l.name}
	}
	return nil
}

// isOf tells whether an object has the members of a log, in any casing.
func (a *audit) isOf(l *log) bool {
	has := func(name string) bool { return a.anyCase(name).kind != 0 }
	for _, name := range l.members {
		if !has(name) {
			return false
		}
	}
	return len(l.one) == 0 || slices.ContainsFunc(l.one, has)
}

// anyCase returns a member whose name is name without regard to case.
func (a *audit) anyCase(name string) value {
	if k := auditMemberFolded(name); k >= 0 && a.at[k].kind != 0 {
		return a.at[k]
	}
	for i := range a.rest {
		if strings.EqualFold(a.rest[i].name, name) {
			return a.rest[i].value
		}
	}
	return value{}
}
