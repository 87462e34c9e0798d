package duckdb

import (
	"context"
	"database/sql"
	"fmt"

	"passtrail/internal/vocab"
)

// ownActivities are the activities that make an attempt, as in package attempt.
const ownActivities = `('flow', 'reset', 'unlock', 'blocked')`

// attemptMembers chooses the records whose attempts derive/attempt.sql folds; ?1 lists the spellings of the service.
// Their key is the correlation id; a record of an own activity without one stands for itself.
const attemptMembers = `(list_contains(?1::VARCHAR[], service) OR activity_key IN ` + ownActivities + `)
	AND (correlation_id <> '' OR activity_key IN ` + ownActivities + `)`

// attemptColumns are the columns of record that attempts are made of, with their key.
const attemptColumns = `tenant, CASE WHEN correlation_id <> '' THEN correlation_id ELSE id END AS key, id, time, result, reason,
	actor_kind, actor_id, actor_upn, actor_name, actor_address, target_id, target_upn, target_name, user_agent, on_premises_agent,
	activity_key, step, method, problem`

const insertAttempts = `INSERT INTO attempt (tenant, correlation_id, user_id, user_upn, user_name, start_time, end_time, outcome, problem, reason,
	gates, gate_count, methods_tried, refusals, push_starts, last_step, last_method, ip_address, user_agent, on_premises_agent, events) `

// allAttempts makes the attempt table from all records. Records are read where they lie: the order within an attempt is
// their time, except in the few attempts where two have the same, which are put in order first.
func (d *derivation) allAttempts(ctx context.Context) error {
	services, err := d.spellings(ctx)
	if err != nil {
		return err
	}
	const tied = `SELECT DISTINCT tied FROM (
			SELECT hash(tenant, CASE WHEN correlation_id <> '' THEN correlation_id ELSE id END) AS tied, time, count(*) AS n
			FROM record WHERE ` + attemptMembers + ` GROUP BY tied, time)
		WHERE n > 1`
	if err := d.keep(ctx, "derive_tied", tied, services); err != nil {
		return err
	}
	if _, err := d.exec(ctx, `DELETE FROM attempt`); err != nil {
		return err
	}
	const rows = `WITH derive_row AS NOT MATERIALIZED (
		SELECT ` + attemptColumns + `, time AS ord FROM record WHERE ` + attemptMembers + ` AND hash(tenant, key) NOT IN (SELECT tied FROM derive_tied)
		UNION ALL
		SELECT ` + attemptColumns + `, row_number() OVER (PARTITION BY tenant, key ORDER BY time, id) AS ord FROM record
		WHERE ` + attemptMembers + ` AND hash(tenant, key) IN (SELECT tied FROM derive_tied)
	),
	`
	_, err = d.exec(ctx, insertAttempts+rows+deriveSQL("attempt"), services)
	return err
}

// touchedAttempts makes the attempts anew that records of batches after from, or replaced ones, belong to.
func (d *derivation) touchedAttempts(ctx context.Context, from int64) error {
	const keys = `
		SELECT tenant, correlation_id AS key, false AS lone FROM record WHERE batch > ?1 AND correlation_id <> ''
		UNION SELECT tenant, correlation_id, false FROM touched WHERE correlation_id <> ''
		UNION SELECT tenant, id, true FROM record WHERE batch > ?1 AND correlation_id = '' AND activity_key IN ` + ownActivities + `
		UNION SELECT tenant, id, true FROM touched WHERE correlation_id = ''`
	if err := d.keep(ctx, "derive_key", keys, from); err != nil {
		return err
	}
	services, err := d.spellings(ctx)
	if err != nil {
		return err
	}
	const rows = `WITH member AS (
			SELECT ` + attemptColumns + ` FROM record r WHERE correlation_id <> '' AND ` + attemptMembers + `
				AND (tenant, correlation_id) IN (SELECT tenant, key FROM derive_key WHERE NOT lone)
			UNION ALL
			SELECT ` + attemptColumns + ` FROM record r WHERE correlation_id = '' AND ` + attemptMembers + `
				AND (tenant, id) IN (SELECT tenant, key FROM derive_key WHERE lone))
		SELECT *, row_number() OVER (PARTITION BY tenant, key ORDER BY time, id) AS ord FROM member`
	if err := d.keep(ctx, "derive_row", rows, services); err != nil {
		return err
	}
	if _, err := d.exec(ctx, `DELETE FROM attempt WHERE (tenant, correlation_id) IN (SELECT tenant, key FROM derive_key)`); err != nil {
		return err
	}
	_, err = d.exec(ctx, insertAttempts+"WITH "+deriveSQL("attempt"))
	return err
}

// spellings returns the spellings in which records write the service of password reset.
func (d *derivation) spellings(ctx context.Context) ([]string, error) {
	all, err := d.strings(ctx, `SELECT DISTINCT service FROM record`)
	if err != nil {
		return nil, err
	}
	services := []string{}
	for _, s := range all {
		if vocab.ServiceKey(s) == "sspr" {
			services = append(services, s)
		}
	}
	return services, nil
}

// reclassify sets the columns that come from the vocabulary wherever it has changed. What a record's words mean depends
// on four texts only, of which there are few: the records are read once, and only those with another meaning written.
func (d *derivation) reclassify(ctx context.Context) error {
	const tuples = `SELECT DISTINCT service, activity, result, reason, activity_key, step, method, problem FROM record`
	rows, err := d.tx.QueryContext(ctx, tuples)
	changed, err := changedClasses(rows, err)
	if err != nil || len(changed) == 0 {
		return err
	}
	if err := d.keep(ctx, "derive_class", `SELECT service, activity, result, reason, activity_key, step, method, problem FROM record LIMIT 0`); err != nil {
		return err
	}
	const insert = `INSERT INTO derive_class SELECT DISTINCT unnest(?1::VARCHAR[]), unnest(?2::VARCHAR[]), unnest(?3::VARCHAR[]), unnest(?4::VARCHAR[]),
		unnest(?5::VARCHAR[]), unnest(?6::VARCHAR[]), unnest(?7::VARCHAR[]), unnest(?8::VARCHAR[])`
	const chunk = 10_000
	for len(changed) > 0 {
		n := min(chunk, len(changed))
		if _, err := d.exec(ctx, insert, columns(changed[:n])...); err != nil {
			return err
		}
		changed = changed[n:]
	}
	const update = `UPDATE record SET activity_key = c.activity_key, step = c.step, method = c.method, problem = c.problem
		FROM (SELECT DISTINCT * FROM derive_class) c
		WHERE record.service = c.service AND record.activity = c.activity AND record.result = c.result AND record.reason = c.reason
			AND (record.activity_key, record.step, record.method, record.problem) IS DISTINCT FROM (c.activity_key, c.step, c.method, c.problem)`
	_, err = d.exec(ctx, update)
	return err
}

// meaning is the four texts of a record and what the vocabulary makes of them.
type meaning [8]string

// changedClasses reads tuples of texts and classes and returns those whose class is another one now.
func changedClasses(rows *sql.Rows, err error) ([]meaning, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var changed []meaning
	for rows.Next() {
		var m meaning
		var was vocab.Class
		if err := rows.Scan(&m[0], &m[1], &m[2], &m[3], &was.ActivityKey, &was.Step, &was.Method, &was.Problem); err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		is := vocab.Classify(m[0], m[1], m[2], m[3])
		if is != was {
			m[4], m[5], m[6], m[7] = is.ActivityKey, is.Step, is.Method, is.Problem
			changed = append(changed, m)
		}
	}
	return changed, rows.Err()
}

// columns turns rows into one list a column.
func columns(rows []meaning) []any {
	lists := make([]any, len(meaning{}))
	for c := range lists {
		list := make([]string, len(rows))
		for i := range rows {
			list[i] = rows[i][c]
		}
		lists[c] = list
	}
	return lists
}
