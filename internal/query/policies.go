package query

import (
	"fmt"
	"strings"

	"passtrail/internal/kql/plan"
	"passtrail/internal/kql/types"
	"passtrail/internal/nested"
	"passtrail/internal/vocab"
)

// policyChanges has one row a property that a record of a policy changed. Records bring values as JSON in text, or a whole
// policy before and after: kql_property_changes compares them and leaves out what is equal. A record that names no property
// is one row without one, and so is one whose act is the change whatever it names, such as switching write-back off.
func policyChanges() *plan.Table {
	return &plan.Table{
		Name: "PolicyChanges", Doc: "One row a property that somebody changed in the policies which decide about password reset and recovery.",
		From: policyRelation(), Tenant: "p.tenant", Time: "Time",
		Where: "NOT (p.activity_key = 'policy_authorization' AND p.name <> '' AND NOT contains(p.name, 'allowedtousesspr'))",
		Joins: []plan.Join{
			{Key: "actor", SQL: roleJoin("c", "p.tenant", "p.actor_id", "p.time")},
			{Key: "actorname", SQL: nameJoin("cn", "p.tenant", "p.actor_id", "p.actor_upn")},
		},
		Columns: []plan.Column{
			column("Time", types.DateTime, "p.time", "When it was changed, UTC"),
			text("Activity", "p.activity_key", "Key of the activity: policy, policy_methods, writeback_off, recovery_settings ..."),
			text("Setting", "p.change ->> 'name'", "Name of the property as it came; within a policy that came whole, the path to it"),
			text("SettingTitle", policyCase(func(s vocab.Setting) string { return s.Title }), "The setting in plain words, where they are known"),
			text("Blade", policyCase(func(s vocab.Setting) string { return s.Blade }), "Where the portal shows it"),
			text("OldValue", "p.change ->> 'from'", "Value before; elements of a list with commas"),
			text("NewValue", "p.change ->> 'to'", "Value after"),
			text("Weakens", weakerCase(), "How the change makes recovery weaker, empty where it does not"),
			text("Result", "p.result", "success or failure"),
			text("Reason", "p.reason", "Status reason as it came"),
			text("ActorId", "p.actor_id", "Object id of who did it"),
			joined("actorname", text("ActorPrincipalName", known(known("p.actor_upn", "cn.upn"), "p.actor_name"), "User principal name of who did it, or the app's name")),
			joined("actor", text("ActorRole", "coalesce(c.role, 'User')", "Weightiest role of who did it at the time, or User")),
			text("IPAddress", "p.actor_address", "Address it came from"),
			text("EventId", "p.id", "Id of the record, Id of AuditLogs"),
			text("CorrelationId", "p.correlation_id", "Joins the records of one act"),
		},
	}
}

// policyRelation is the records of policies, a row a change. Of Conditional Access only policies concern recovery that
// protect the registration of security info.
func policyRelation() string {
	var keys, acts []string
	for _, k := range vocab.PolicyActivities() {
		keys = append(keys, "'"+k+"'")
	}
	for _, s := range vocab.Settings() {
		if s.Name == "" && (len(s.Weaker) > 0 && s.Weaker[0].Rule == "always" || strings.HasPrefix(s.Activity, "writeback")) {
			acts = append(acts, "'"+s.Activity+"'")
		}
	}
	const none = `[{"name":"","from":"","to":"","added":"","removed":""}]`
	return fmt.Sprintf(`(SELECT *, trim(regexp_replace(lower(change ->> 'name'), '[^a-z0-9]+', '.', 'g'), '.') AS name FROM (
		SELECT tenant, id, time, activity_key, result, reason, actor_id, actor_upn, actor_name, actor_address, correlation_id,
			unnest(from_json(CASE WHEN changes = '[]' AND activity_key IN (%s) THEN '%s' ELSE changes END, '["JSON"]')) AS change
		FROM (SELECT tenant, id, time, activity_key, result, reason, actor_id, actor_upn, actor_name, actor_address, correlation_id,
				coalesce(kql_property_changes(targets::JSON)::VARCHAR, '%s') AS changes
			FROM (SELECT *, %s AS targets FROM record WHERE activity_key IN (%s))
			WHERE NOT starts_with(activity_key, 'policy_ca') OR contains(lower(targets), 'registersecurityinfo')))) p`,
		strings.Join(acts, ", "), none, none, nested.TargetResourcesJSON(""), strings.Join(keys, ", "))
}

// settingTest is the condition under which a change is of a setting.
func settingTest(s vocab.Setting) string {
	test := "p.activity_key = " + literal(s.Activity)
	if s.Name != "" {
		test += fmt.Sprintf(" AND ends_with('.' || p.name, %s)", literal("."+s.Name))
	}
	return test
}

// policyCase picks a text by the setting that a change is of.
func policyCase(pick func(vocab.Setting) string) string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, s := range vocab.Settings() {
		fmt.Fprintf(&b, " WHEN %s THEN %s", settingTest(s), literal(pick(s)))
	}
	return b.String() + " ELSE '' END"
}

// weakerCase says how a change weakens recovery: the first rule of its setting that fits.
func weakerCase() string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, s := range vocab.Settings() {
		for _, w := range s.Weaker {
			fmt.Fprintf(&b, " WHEN %s AND %s THEN %s", settingTest(s), weakerTest(w), literal(w.Why))
		}
		fmt.Fprintf(&b, " WHEN %s THEN ''", settingTest(s)) // a longer name decides for itself
	}
	return b.String() + " ELSE '' END"
}

func weakerTest(w vocab.Weaker) string {
	const from, to = "(p.change ->> 'from')", "(p.change ->> 'to')"
	switch w.Rule {
	case "to":
		var values []string
		for _, v := range w.Values {
			values = append(values, literal(v))
		}
		in := strings.Join(values, ", ")
		return fmt.Sprintf("(lower(%s) IN (%s) AND lower(%s) NOT IN (%s))", to, in, from, in)
	case "less", "more":
		op := map[string]string{"less": "<", "more": ">"}[w.Rule]
		return fmt.Sprintf("coalesce(TRY_CAST(%s AS DOUBLE) %s TRY_CAST(%s AS DOUBLE), false)", to, op, from)
	case "adds", "drops":
		list := map[string]string{"adds": "(p.change ->> 'added')", "drops": "(p.change ->> 'removed')"}[w.Rule]
		var any []string
		for _, v := range w.Values {
			if v == "*" {
				return list + " <> ''"
			}
			any = append(any, fmt.Sprintf("contains(%s, %s)", list, literal("|"+v+"|")))
		}
		return "(" + strings.Join(any, " OR ") + ")"
	case "given":
		return to + " <> ''"
	}
	return "true"
}

// literal writes a text of our own vocabulary as an SQL literal.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// roleReach is the table of who may reset whom. It is the same for everybody.
func roleReach() *plan.Table {
	var rows []string
	for _, r := range vocab.Reaches() {
		for _, actor := range r.Actors {
			rows = append(rows, valuesRow(r.Target, actor))
		}
	}
	return &plan.Table{
		Name: "RoleReach", Doc: "Who may reset whose password: each role that the target holds must allow one of the actor's roles.", Shared: true,
		From: "(VALUES " + strings.Join(rows, ", ") + ") s (target, actor)",
		Columns: []plan.Column{
			text("TargetRole", "s.target", "Role of the person who is reset; empty: none, *: every role that no other row names, custom roles among them"),
			text("ActorRole", "s.actor", "Role of the one who resets, assigned for the whole tenant"),
		},
	}
}
