package query

import (
	"maps"
	"strings"

	"passtrail"
	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
	"passtrail/internal/nested"
	"passtrail/internal/vocab"
)

// Schema is the set of tables that every query sees, as docs/tables.md describes them. Column names and types of
// AuditLogs and SigninLogs are those of Log Analytics, so that existing queries run unedited.
var Schema = &plan.Schema{Tables: []*plan.Table{
	auditLogs(), signinLogs(), passwordEvents(), resetAttempts(), registrationDetails(), registrationHistory(), roleAssignments(), policyChanges(), statusReasons(), roleReach(),
}}

func text(name, sql, doc string) plan.Column {
	return plan.Column{Name: name, Type: types.String, SQL: sql, NotNull: true, Doc: doc}
}

// id gives a text column beside which the database keeps the hash of the text.
func id(name, sql, hash, doc string) plan.Column {
	c := text(name, sql, doc)
	c.Lookup = &plan.Lookup{SQL: hash, Of: passtrail.TextHash}
	return c
}

func column(name string, t types.Type, sql, doc string) plan.Column {
	return plan.Column{Name: name, Type: t, SQL: sql, NotNull: t != types.Dynamic, Doc: doc}
}

// joined gives a column that needs a join; it can be null where the join finds nothing unless sql says otherwise.
func joined(join string, c plan.Column) plan.Column {
	c.Join = join
	return c
}

// json gives a dynamic column that the database keeps as compact text. The whole value's text is that text as it stands:
// searching it does not parse it, which is ten times faster.
func json(name, sql, doc string, paths map[string]string) plan.Column {
	return jsonOf(name, sql, "nullif("+sql+", '')::JSON", doc, paths)
}

// jsonOf is json of a text that is null where it is empty in orNull, which reads it once.
func jsonOf(name, sql, orNull, doc string, paths map[string]string) plan.Column {
	all := map[string]string{"": sql}
	maps.Copy(all, paths)
	return plan.Column{Name: name, Type: types.Dynamic, SQL: orNull, Doc: doc, Paths: all}
}

// auditLogs is the Log Analytics table: 31 columns of its reference page and TenantId, which every workspace table has.
func auditLogs() *plan.Table {
	user := func(sql string) string { return "CASE WHEN r.actor_kind = 'user' THEN " + sql + " ELSE '' END" }
	app := func(sql string) string { return "CASE WHEN r.actor_kind = 'app' THEN " + sql + " ELSE '' END" }
	return &plan.Table{
		Name: "AuditLogs", Doc: "Every audit record, with the columns of Log Analytics.",
		From: auditRecords, Tenant: "r.tenant", Time: "TimeGenerated",
		Columns: []plan.Column{
			text("AADOperationType", "r.operation_type", "Kind of operation: Add, Assign, Update, Unassign, Delete or another"),
			text("AADTenantId", "r.tenant", "Id of the tenant"),
			column("ActivityDateTime", types.DateTime, "r.time", "When the activity happened, UTC"),
			text("ActivityDisplayName", "r.activity", "Name of the activity"),
			json("AdditionalDetails", "r.additional_details", "Further details, an array of key and value", nil),
			column("_BilledSize", types.Real, "(length("+initiatedBy+") + length("+targetResources+") + length(r.additional_details) + 600)::DOUBLE", "Size of the record in bytes, about"),
			text("Category", "r.category", "Category, UserManagement and so on"),
			id("CorrelationId", "r.correlation_id", "r.correlation_hash", "Joins the records of one act"),
			column("DurationMs", types.Long, "0::BIGINT", "Always 0"),
			id("Id", "r.id", "r.id_hash", "Id of the record; records from a portal CSV, which has no ids, have one beginning with h:"),
			text("Identity", "CASE WHEN r.actor_name <> '' THEN r.actor_name ELSE r.actor_upn END", "Name of the actor"),
			jsonOf("InitiatedBy", initiatedBy, "r.initiated_by_json", "The actor: a user or an app", map[string]string{
				"user.id": user("r.actor_id"), "user.userPrincipalName": user("r.actor_upn"),
				"user.displayName": user("r.actor_name"), "user.ipAddress": user("r.actor_address"), "app.displayName": app("r.actor_name"),
			}),
			text("_IsBillable", "'True'", "Always True"),
			text("Level", "'Informational'", "Always Informational"),
			text("Location", "''", "Datacentre; not kept"),
			text("LoggedByService", "r.service", "Service that logged the record"),
			text("OperationName", "r.activity", "Name of the activity"),
			text("OperationVersion", "'1.0'", "Always 1.0"),
			text("Resource", "'Microsoft.aadiam'", "Always Microsoft.aadiam"),
			text("ResourceGroup", "'Microsoft.aadiam'", "Always Microsoft.aadiam"),
			text("ResourceId", "'/tenants/' || r.tenant || '/providers/Microsoft.aadiam'", "Path of the tenant"),
			text("ResourceProvider", "''", "Always empty"),
			text("Result", "r.result", "success, failure or timeout"),
			text("ResultDescription", description, "Reason of the result, as ResultReason unless the source gave a description of its own"),
			text("ResultReason", "r.reason", "Reason of the result"),
			text("ResultSignature", "'None'", "Always None"),
			text("ResultType", "CASE r.result WHEN 'success' THEN 'Success' WHEN 'failure' THEN 'Failure' ELSE r.result END", "Success or Failure"),
			text("SourceSystem", "'Azure AD'", "Always Azure AD"),
			jsonOf("TargetResources", targetResources, "r.target_resources_json", "The objects acted on, an array", map[string]string{
				"[0].id": "r.target_id", "[0].userPrincipalName": "r.target_upn", "[0].displayName": "r.target_name", "[0].type": "r.target_type",
			}),
			column("TimeGenerated", types.DateTime, "r.time", "When the activity happened, UTC"),
			text("Type", "'AuditLogs'", "Name of the table"),
			text("TenantId", "r.tenant", "Id of the tenant"),
		},
	}
}

// auditRecords has the nested values made whole as columns of their own, so that they are made once a row.
var auditRecords = "(SELECT *, " + nested.InitiatedByJSON("") + "::JSON AS initiated_by_json, " + nested.TargetResourcesJSON("") + "::JSON AS target_resources_json FROM record) r"

// initiatedBy and targetResources are the nested values as they came.
var (
	initiatedBy     = nested.InitiatedBySQL("r.")
	targetResources = nested.TargetResourcesSQL("r.")
)

// description is the description of the result that diagnostic records and rows of Log Analytics have beside the reason.
// The reason stands in where there is none; where it differs, it is among the members that no column says.
const description = `CASE WHEN contains(r.extra, 'esultDescription"') THEN coalesce(` +
	`nullif(json_extract_string(r.extra, '$."$raw".resultDescription'), ''), ` +
	`nullif(json_extract_string(r.extra, '$."$raw".ResultDescription'), ''), r.reason) ELSE r.reason END`

// signinLogs is present so that queries over it run; it is empty until a source brings sign-ins.
func signinLogs() *plan.Table {
	t := &plan.Table{Name: "SigninLogs", Doc: "Sign-ins; empty until a source brings them.", From: "record r", Tenant: "r.tenant", Where: "false", Time: "TimeGenerated"}
	add := func(ty types.Type, sql, names string) {
		for _, n := range strings.Fields(names) {
			t.Columns = append(t.Columns, column(n, ty, sql, ""))
		}
	}
	add(types.DateTime, "r.time", "TimeGenerated CreatedDateTime")
	add(types.String, "''", `AADTenantId AlternateSignInName AppDisplayName AppId AuthenticationContextClassReferences AuthenticationDetails
		AuthenticationMethodsUsed AuthenticationProcessingDetails AuthenticationRequirement AuthenticationRequirementPolicies AutonomousSystemNumber
		Category ClientAppUsed ConditionalAccessStatus CorrelationId HomeTenantId Id Identity IPAddress IPAddressFromResourceProvider Level Location
		NetworkLocationDetails OperationName OperationVersion OriginalRequestId ProcessingTimeInMilliseconds Resource ResourceDisplayName ResourceGroup
		ResourceId ResourceIdentity ResourceProvider ResourceServicePrincipalId ResourceTenantId ResultDescription ResultSignature ResultType RiskDetail
		RiskEventTypes RiskEventTypes_V2 RiskLevelAggregated RiskLevelDuringSignIn RiskState ServicePrincipalId ServicePrincipalName SessionLifetimePolicies
		SignInIdentifier SignInIdentifierType SourceSystem TokenIssuerName TokenIssuerType Type UniqueTokenIdentifier UserAgent UserDisplayName UserId
		UserPrincipalName UserType TenantId`)
	add(types.Dynamic, "NULL::JSON", "ConditionalAccessPolicies DeviceDetail LocationDetails MfaDetail Status")
	add(types.Bool, "false", "FlaggedForReview IsInteractive IsRisky")
	add(types.Long, "0::BIGINT", "DurationMs")
	return t
}

// passwordRecords is the records of SSPR and of security info: those of the flow, which are most, from all records, the
// others from the table that holds them by activity. The database passes over the half that a question about an
// activity cannot concern.
const passwordRecords = "(SELECT activity_key, user_id, user_upn, user_name, " + eventColumns + " FROM password_event UNION ALL SELECT 'flow', " + flowPerson + ", " + eventColumns + " FROM record WHERE activity_key = 'flow') r"

const eventColumns = "tenant, id, time, result, reason, problem, method, step, target_id, target_upn, target_name, " +
	"actor_id, actor_upn, actor_name, actor_address, user_agent, on_premises_agent, correlation_id, source, id_hash, correlation_hash, user_hash"

// flowPerson is the person of a record of the flow, passtrail.Record.Person, as one plain expression a column: conditions
// on them go to the records. password_event has them worked out.
const flowPerson = "CASE WHEN subject_id <> '' THEN subject_id WHEN target_id <> '' THEN target_id" +
	" WHEN actor_kind = 'user' AND actor_id <> '' AND (target_upn = '' OR actor_upn = '' OR lower(target_upn) = lower(actor_upn)) THEN actor_id" +
	" WHEN subject_upn <> '' THEN lower(subject_upn) WHEN target_upn <> '' THEN lower(target_upn) WHEN actor_kind = 'user' THEN lower(actor_upn) ELSE '' END, " +
	"CASE WHEN subject_upn <> '' THEN subject_upn WHEN target_upn <> '' THEN target_upn" +
	" WHEN actor_kind = 'user' AND (target_id = '' OR actor_id = '' OR target_id = actor_id) THEN actor_upn ELSE '' END, " +
	"CASE WHEN subject_name <> '' THEN subject_name WHEN target_name <> '' THEN target_name" +
	" WHEN actor_kind = 'user' AND (target_id = '' OR actor_id = '' OR target_id = actor_id) THEN actor_name ELSE '' END"

// passwordEvents has the records of SSPR and security info with normalised columns. The role is the one held at the
// time of the event; for times before the first snapshot the first snapshot stands in.
func passwordEvents() *plan.Table {
	return &plan.Table{
		Name: "PasswordEvents", Doc: "The records of self-service password reset and of security info, with normalised columns.",
		From: passwordRecords, Tenant: "r.tenant", Time: "Time",
		Joins: []plan.Join{
			{Key: "subject", SQL: roleJoin("u", "r.tenant", "r.user_id", "r.time")},
			{Key: "actor", SQL: roleJoin("c", "r.tenant", "r.actor_id", "r.time")},
			{Key: "name", SQL: nameJoin("n", "r.tenant", "r.user_id", "r.user_upn")},
			{Key: "actorname", SQL: nameJoin("cn", "r.tenant", "r.actor_id", "r.actor_upn")},
			{Key: "attempt", SQL: "LEFT JOIN attempt_member m ON m.tenant = r.tenant AND m.id = r.id AND m.time = r.time"},
		},
		Columns: []plan.Column{
			column("Time", types.DateTime, "r.time", "When it happened, UTC"),
			text("Activity", "r.activity_key", "Key of the activity: reset, change, admin_reset, flow, blocked, unlock, registered, info_registered ..."),
			text("Result", "r.result", "success or failure"),
			text("Reason", "r.reason", "Status reason as it came"),
			text("Problem", "r.problem", "Key of the problem that the reason tells of, or empty; see StatusReasons"),
			text("Method", "r.method", "Method: email, mobileSMS, mobileCall, officePhone, securityQuestion, appNotification, appCode, passkey, fido, temporaryAccessPass and more; one that is not known by its own words"),
			text("Step", "r.step", "Step of the flow: start, options, gate_start, gate_pass, gates_passed, new_password, end, cancelled, refused, blocked, abandoned, contacted_admin"),
			id("UserId", "r.user_id", "r.user_hash", "Object id of the person whose password or security info it is; without one the user principal name in lower case; empty for nobody"),
			joined("name", text("UserPrincipalName", known("r.user_upn", "n.upn"), "User principal name of that person, at the time; where the record has the id alone, the newest that is known")),
			joined("name", text("UserDisplayName", knownName("r.user_upn", "r.user_name", "n.name"), "Display name of that person")),
			joined("subject", text("UserRole", "coalesce(u.role, 'User')", "Weightiest role of that person at the time, or User")),
			joined("subject", column("IsAdmin", types.Bool, "coalesce(u.is_admin, false)", "Whether that person held a directory role at the time")),
			text("ActorId", "r.actor_id", "Object id of who did it"),
			joined("actorname", text("ActorPrincipalName", known(known("r.actor_upn", "cn.upn"), "r.actor_name"), "User principal name of who did it, or the app's name; where the record has a person's id alone, the newest that is known")),
			joined("actor", text("ActorRole", "coalesce(c.role, 'User')", "Weightiest role of who did it at the time, or User")),
			text("IPAddress", "r.actor_address", "Address it came from"),
			text("UserAgent", "r.user_agent", "User agent, where the source has it"),
			text("OnPremisesAgent", "r.on_premises_agent", "Agent that wrote the password back on-premises: None, Microsoft Entra Connect, CloudSync"),
			joined("attempt", text("AttemptId", "CASE WHEN r.activity_key NOT IN ('flow', 'reset', 'unlock', 'blocked') THEN '' WHEN m.attempt IS NOT NULL THEN m.attempt WHEN trim(r.correlation_id, '0-') <> '' THEN r.correlation_id ELSE r.id END", "Attempt that the record belongs to, AttemptId of PasswordResetAttempts; empty for admin resets, changes and registrations")),
			id("EventId", "r.id", "r.id_hash", "Id of the record, Id of AuditLogs"),
			id("CorrelationId", "r.correlation_id", "r.correlation_hash", "Joins the records of one act"),
			text("Source", "r.source", "Where the record was read from"),
		},
	}
}

// roleJoin finds the role interval of a person that holds an instant. Intervals of a person do not overlap, and the first
// one reaches back to the beginning of time, so the join neither drops nor repeats rows.
func roleJoin(alias, tenant, user, at string) string {
	r := strings.NewReplacer("$a", alias, "$t", tenant, "$u", user, "$i", at)
	return r.Replace("LEFT JOIN person_role $a ON $a.tenant = $t AND $a.user_id = $u AND $a.assumed_from <= $i AND $i < $a.valid_to")
}

// nameJoin finds what somebody is called of whom a row has the id and no sign-in name. The table has few people, mostly none.
func nameJoin(alias, tenant, user, upn string) string {
	r := strings.NewReplacer("$a", alias, "$t", tenant, "$u", user, "$n", upn)
	return r.Replace("LEFT JOIN name $a ON $a.tenant = $t AND $a.user_id = CASE WHEN $n = '' THEN $u END")
}

// known is a text, or where it is empty another one, which a join may not have found.
func known(text, other string) string {
	return "CASE WHEN " + text + " <> '' THEN " + text + " ELSE coalesce(" + other + ", '') END"
}

// knownName is the display name that stands beside a sign-in name, or the one that is known where neither is there.
func knownName(upn, name, other string) string {
	return "CASE WHEN " + upn + " <> '' OR " + name + " <> '' THEN " + name + " ELSE coalesce(" + other + ", '') END"
}

// stillOpen tells an attempt without an end whose last record is younger than 30 minutes (docs/decisions/0004).
const stillOpen = "a.outcome = 'abandoned' AND a.end_time > {now} - 18000000000 AND a.problem <> 'contacted_admin'"

// resetAttempts has one row an attempt. An attempt without an end is open while it is younger than 30 minutes at the
// query's now and abandoned after that.
func resetAttempts() *plan.Table {
	return &plan.Table{
		Name: "PasswordResetAttempts", Doc: "One row an attempt at self-service reset or unlock, joined from its records.",
		From: "attempt a", Tenant: "a.tenant", Time: "Start",
		Joins: []plan.Join{
			{Key: "subject", SQL: roleJoin("u", "a.tenant", "a.user_id", "a.start_time")},
			{Key: "name", SQL: nameJoin("n", "a.tenant", "a.user_id", "a.user_upn")},
		},
		Columns: []plan.Column{
			text("AttemptId", "a.correlation_id", "Correlation id of its records, with /2, /3 and so on behind it where several attempts have the same; without a correlation id the id of its first record"),
			text("UserId", "a.user_id", "Object id of the person; without one the user principal name in lower case"),
			joined("name", text("UserPrincipalName", known("a.user_upn", "n.upn"), "User principal name; where its records have the id alone, the newest that is known")),
			joined("name", text("UserDisplayName", knownName("a.user_upn", "a.user_name", "n.name"), "Display name")),
			joined("subject", text("UserRole", "coalesce(u.role, 'User')", "Weightiest role at the start, or User")),
			joined("subject", column("IsAdmin", types.Bool, "coalesce(u.is_admin, false)", "Whether the person held a directory role at the start")),
			column("Start", types.DateTime, "a.start_time", "Time of its first record"),
			column("End", types.DateTime, "a.end_time", "Time of its last record"),
			column("Duration", types.TimeSpan, "(a.end_time - a.start_time)", "End less Start"),
			text("Outcome", "CASE WHEN "+stillOpen+" THEN 'open' ELSE a.outcome END", "reset, unlocked, blocked, cancelled, failed, abandoned or open"),
			text("Problem", "CASE WHEN "+stillOpen+" THEN '' ELSE a.problem END", "Key of the problem that ended it, or empty (also while it is open); see StatusReasons"),
			text("Reason", "a.reason", "Status reason of the record that decided the outcome"),
			json("Gates", "a.gates", "Distinct methods completed, in order", nil),
			column("GateCount", types.Int, "a.gate_count", "Number of distinct methods completed"),
			json("MethodsTried", "a.methods_tried", "Distinct methods started, in order", nil),
			column("Refusals", types.Int, "a.refusals", "New passwords refused"),
			column("PushStarts", types.Int, "a.push_starts", "App notifications sent"),
			text("LastStep", "a.last_step", "Last step of the flow that it reached"),
			text("LastMethod", "a.last_method", "Method of that step"),
			text("IPAddress", "a.ip_address", "Address it came from"),
			text("UserAgent", "a.user_agent", "User agent, where the source has it"),
			text("OnPremisesAgent", "a.on_premises_agent", "Agent that wrote the password back on-premises"),
			column("Events", types.Int, "a.events", "Number of its records"),
		},
	}
}

// registrationColumns are what the current state and the history share; g is the registration interval.
func registrationColumns() []plan.Column {
	flag := func(name, sql, doc string) plan.Column { return column(name, types.Bool, sql, doc) }
	return []plan.Column{
		text("Id", "g.user_id", "Object id of the person"),
		text("UserPrincipalName", "g.upn", "User principal name"),
		text("UserDisplayName", "g.name", "Display name"),
		text("UserType", "g.user_type", "member or guest"),
		flag("IsAdmin", "g.is_admin", "Holds an admin role, as Entra says"),
		flag("IsSsprRegistered", "g.is_sspr_registered", "Has at least the required number of methods"),
		flag("IsSsprEnabled", "g.is_sspr_enabled", "Allowed by policy to reset"),
		flag("IsSsprCapable", "g.is_sspr_capable", "Registered and enabled"),
		flag("IsMfaRegistered", "g.is_mfa_registered", "Registered for multifactor authentication"),
		flag("IsMfaCapable", "g.is_mfa_capable", "Capable of multifactor authentication"),
		flag("IsPasswordlessCapable", "g.is_passwordless_capable", "Capable of passwordless sign-in"),
		json("MethodsRegistered", "g.methods", "Methods registered, Graph's names", nil),
		flag("IsSystemPreferredAuthenticationMethodEnabled", "g.system_preferred_enabled", "System-preferred method is on"),
		json("SystemPreferredAuthenticationMethods", "g.system_preferred_methods", "System-preferred methods", nil),
		text("UserPreferredMethodForSecondaryAuthentication", "g.preferred_method", "Method that the person prefers"),
		column("LastUpdatedDateTime", types.DateTime, "g.last_updated", "When Entra refreshed the row last"),
		text("DataRegistered", "g.data_registered", "Data registered, combinations with +: Alternate email + Mobile phone"),
	}
}

func registrationDetails() *plan.Table {
	return &plan.Table{
		Name: "UserRegistrationDetails", Doc: "Who is registered with what, as of now: the newest snapshot.",
		From: "registration g", Tenant: "g.tenant", Where: "g.assumed_from <= {now} AND {now} < g.valid_to",
		Joins: []plan.Join{
			{Key: "role", SQL: roleJoin("u", "g.tenant", "g.user_id", "{now}")},
			{Key: "since", SQL: "LEFT JOIN (SELECT tenant, target_id, min(time) AS first_time FROM password_event WHERE activity_key IN ('registered', 'info_all_required') AND result = 'success' GROUP BY ALL) e ON e.tenant = g.tenant AND e.target_id = g.user_id"},
			{Key: "became", SQL: "LEFT JOIN (SELECT tenant, user_id, min(valid_from) AS first_time FROM registration WHERE is_sspr_registered GROUP BY ALL) b ON b.tenant = g.tenant AND b.user_id = g.user_id", Needs: "since"},
		},
		Columns: append(registrationColumns(),
			joined("role", text("UserRole", "coalesce(u.role, 'User')", "Weightiest role now, or User")),
			joined("became", plan.Column{Name: "RegisteredOn", Type: types.DateTime, SQL: "CASE WHEN g.is_sspr_registered THEN coalesce(e.first_time, b.first_time) END", Doc: "First successful registration in the audit log, else the first snapshot that shows the person registered; null if not registered"}),
		),
	}
}

func registrationHistory() *plan.Table {
	return &plan.Table{
		Name: "UserRegistrationHistory", Doc: "Registration of each person as intervals: a row is true from ValidFrom until ValidTo.",
		From: "registration g", Tenant: "g.tenant", Time: "ValidFrom",
		Columns: append(registrationColumns(),
			column("ValidFrom", types.DateTime, "g.valid_from", "From when the row is known to be true"),
			column("AssumedFrom", types.DateTime, "g.assumed_from", "ValidFrom, or the beginning of time where the first snapshot stands in for what was before it"),
			plan.Column{Name: "ValidTo", Type: types.DateTime, SQL: "nullif(g.valid_to, 9223372036854775807)", Doc: "Until when, exclusive; null: still so"},
		),
	}
}

func roleAssignments() *plan.Table {
	return &plan.Table{
		Name: "RoleAssignments", Doc: "Directory roles of each person as intervals.",
		From: "role_assignment a", Tenant: "a.tenant", Time: "ValidFrom",
		Columns: []plan.Column{
			text("UserId", "a.user_id", "Object id of the person"),
			text("UserPrincipalName", "a.upn", "User principal name"),
			text("RoleId", "a.role_id", "Template id of the role"),
			text("RoleName", "a.role_name", "Name of the role"),
			text("Scope", "a.scope", "Directory scope, / for the whole tenant"),
			column("ValidFrom", types.DateTime, "a.valid_from", "From when it is known to be held"),
			column("AssumedFrom", types.DateTime, "a.assumed_from", "ValidFrom, or the beginning of time where the first snapshot stands in for what was before it"),
			plan.Column{Name: "ValidTo", Type: types.DateTime, SQL: "nullif(a.valid_to, 9223372036854775807)", Doc: "Until when, exclusive; null: still held"},
		},
	}
}

// statusReasons is the vocabulary as a table. It is the same for everybody.
func statusReasons() *plan.Table {
	var rows []string
	named := map[string]bool{}
	for _, r := range vocab.Reasons() {
		p, _ := vocab.ProblemByKey(r.Problem)
		named[r.Problem] = true
		for _, spelling := range append([]string{r.Text}, r.Variants...) {
			rows = append(rows, valuesRow(spelling, strings.Join(r.Activities, ", "), r.Step, r.Method, r.Problem, p.Title, r.Plain, r.Remedy, remedyRegistered(r, p), r.Who))
		}
	}
	for _, p := range vocab.Problems() {
		if !named[p.Key] { // told by the course of an attempt, not by a reason
			rows = append(rows, valuesRow("", "", "", "", p.Key, p.Title, p.Title, p.Remedy, p.RemedyRegistered, p.Who))
		}
	}
	return &plan.Table{
		Name: "StatusReasons", Doc: "The vocabulary: what each status reason means and what helps.", Shared: true,
		From: "(VALUES " + strings.Join(rows, ", ") + ") s (reason, activity, step, method, problem, title, plain, remedy, remedy_registered, fixed_by)",
		Columns: []plan.Column{
			text("Reason", "s.reason", "Status reason as Entra writes it, each spelling a row; empty for problems that no reason tells"),
			text("Activity", "s.activity", "Keys of the activities that it stands on; empty: any"),
			text("Step", "s.step", "Step of the flow"),
			text("Method", "s.method", "Method"),
			text("Problem", "s.problem", "Key of the problem"),
			text("ProblemTitle", "s.title", "Problem in a few words"),
			text("PlainWords", "s.plain", "What happened, in plain words"),
			text("Remedy", "s.remedy", "What helps while contact data of the directory counts as a method"),
			text("FixedBy", "s.fixed_by", "Who can fix it"),
			text("RemedyRegistered", "s.remedy_registered", "What helps from the day on which only registered methods count, a setting of the tenant"),
		},
	}
}

// remedyRegistered is what helps with a reason's problem once only registered methods count; a reason's own remedy stands.
func remedyRegistered(r vocab.Reason, p vocab.Problem) string {
	if r.Remedy == p.Remedy {
		return p.RemedyRegistered
	}
	return r.Remedy
}

// valuesRow writes a row of our own vocabulary as SQL literals.
func valuesRow(vals ...string) string {
	for i, v := range vals {
		vals[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	return "(" + strings.Join(vals, ", ") + ")"
}
