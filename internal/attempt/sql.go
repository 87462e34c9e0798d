package attempt

import (
	"strings"

	"passtrail"
)

// The rules that databases need row by row, as SQL over the columns of the table record. The tests of the databases hold
// them against the functions that they stand for.
var (
	// OwnSQL holds for an attempt's own records.
	OwnSQL = "activity_key IN ('flow', 'reset', 'unlock', 'blocked')"
	// JoinsSQL is Joins.
	JoinsSQL = "trim(correlation_id, '0-') <> ''"
	// KeySQL is Key.
	KeySQL = "CASE WHEN " + JoinsSQL + " THEN correlation_id ELSE id END"
)

// PersonSQL is a relation: the columns of from, which has those of the table record, and of passtrail.Record.Person the
// person_id, person_upn, person_name and person_key. Columns are worked out step by step: as one nested expression they
// take the engine a second to read. With flow all records are known to be of the flow.
func PersonSQL(from string, flow bool) string {
	var types []string
	for _, t := range passtrail.OtherTypes() {
		types = append(types, "'"+strings.ToLower(t)+"'")
	}
	takes := "actor_kind = 'user'"
	if !flow {
		takes += " AND (" + selfServiceSQL() + ")"
	}
	for _, columns := range []string{
		"CASE WHEN subject_id <> '' OR subject_upn <> '' OR subject_name <> '' THEN 2 WHEN lower(target_type) IN (" + strings.Join(types, ", ") + ") THEN 0 ELSE 1 END AS of_whom, " + takes + " AS of_actor",
		"CASE of_whom WHEN 1 THEN target_id WHEN 2 THEN subject_id ELSE '' END AS of_id, CASE of_whom WHEN 1 THEN target_upn WHEN 2 THEN subject_upn ELSE '' END AS of_upn, " +
			"CASE of_whom WHEN 1 THEN target_name WHEN 2 THEN subject_name ELSE '' END AS of_name",
		"of_actor AND NOT CASE WHEN of_id <> '' AND actor_id <> '' THEN of_id <> actor_id ELSE of_upn <> '' AND actor_upn <> '' AND lower(of_upn) <> lower(actor_upn) END AS of_same",
		"CASE WHEN of_id = '' AND of_same THEN actor_id ELSE of_id END AS person_id, CASE WHEN of_upn = '' AND of_same THEN actor_upn ELSE of_upn END AS person_upn, " +
			"CASE WHEN of_name = '' AND of_same THEN actor_name ELSE of_name END AS person_name",
		"CASE WHEN person_id <> '' THEN person_id ELSE lower(person_upn) END AS person_key",
	} {
		from = "(SELECT *, " + columns + " FROM " + from + ")"
	}
	return from
}

// PoolSQL is PersonSQL of the records of the service with one column more, pool: see Pool.
func PoolSQL(from string) string {
	return "(SELECT *, CASE WHEN " + JoinsSQL + " THEN lower(correlation_id) WHEN NOT " + OwnSQL + " THEN '' WHEN person_key <> '' THEN '=' || person_key" +
		" WHEN actor_address <> '' THEN '@' || actor_address ELSE '#' || id END AS pool FROM " + PersonSQL(from, true) + ")"
}

// selfServiceSQL is passtrail.SelfService.
func selfServiceSQL() string {
	var whole, begin []string
	for _, k := range passtrail.SelfServiceKeys() {
		if start, found := strings.CutSuffix(k, "*"); found {
			begin = append(begin, "starts_with(activity_key, '"+start+"')")
		} else {
			whole = append(whole, "'"+k+"'")
		}
	}
	return "activity_key IN (" + strings.Join(whole, ", ") + ") OR " + strings.Join(begin, " OR ")
}
