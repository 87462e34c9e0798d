package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"

	"passtrail/internal/vocab"
)

// ownActivities are the activities that make an attempt, as in package attempt.
const ownActivities = `('flow', 'reset', 'unlock', 'blocked')`

// attemptMembers chooses the records whose attempts derive/attempt.sql folds; ?1 lists the spellings of the service.
// Their key is the correlation id; a record of an own activity without one stands for itself.
const attemptMembers = `(list_contains(?1::VARCHAR[], service) OR activity_key IN ` + ownActivities + `)
	AND (correlation_id <> '' OR activity_key IN ` + ownActivities + `)`

// attemptKey is the key of the attempt that a record belongs to.
const attemptKey = `CASE WHEN correlation_id <> '' THEN correlation_id ELSE id END`

// attemptColumns are the columns of record that attempts are made of, with their key.
const attemptColumns = `tenant, ` + attemptKey + ` AS key, id, time, result, reason,
	actor_kind, actor_id, actor_upn, actor_name, actor_address, target_id, target_upn, target_name, user_agent, on_premises_agent,
	activity_key, step, method, problem`

const insertAttempts = `INSERT INTO attempt (tenant, correlation_id, user_id, user_upn, user_name, start_time, end_time, outcome, problem, reason,
	gates, gate_count, methods_tried, refusals, push_starts, last_step, last_method, ip_address, user_agent, on_premises_agent, events) `

// sliceRows returns how many records to fold at once: what was asked for, or what fits. Aggregates that hold text cannot
// spill, so their number bounds memory: up to two kilobytes a record are reckoned.
func sliceRows(asked int, memory int64) int64 {
	if asked > 0 {
		return int64(asked)
	}
	return max(50_000, min(memory/2048, 1_000_000))
}

// sampleRows is the number of records from which a sample is enough to cut them into slices.
const sampleRows = 1_000_000

// allAttempts makes the attempt table from all records, slice by slice of time. Attempts that lie in more than one slice
// (the hashes of their keys are in derive_parted) come last, together.
func (d *derivation) allAttempts(ctx context.Context) error {
	services, err := d.spellings(ctx)
	if err != nil {
		return err
	}
	bounds, err := d.bounds(ctx)
	if err != nil {
		return fmt.Errorf("slices: %w", err)
	}
	const parted = `SELECT hash FROM (
			SELECT hash(tenant, ` + attemptKey + `) AS hash, min(time) AS first, max(time) AS last
			FROM record WHERE ` + attemptMembers + ` GROUP BY 1)
		WHERE len(list_filter(?2::BIGINT[], b -> first < b AND b <= last)) > 0`
	if err := d.keep(ctx, "derive_parted", parted, services, bounds); err != nil {
		return err
	}
	if _, err := d.exec(ctx, `DELETE FROM attempt`); err != nil {
		return err
	}
	from := int64(math.MinInt64)
	for _, to := range append(bounds, math.MaxInt64) {
		if err := d.slice(ctx, services, from, to); err != nil {
			return err
		}
		from = to
	}
	const places = `SELECT rowid AS place, tenant, ` + attemptKey + ` AS key, time FROM record WHERE ` + attemptMembers + ` AND hash(tenant, key) IN (SELECT hash FROM derive_parted)`
	return d.fold(ctx, places, services)
}

// bounds returns instants that cut the records into slices of about the size to fold at once.
func (d *derivation) bounds(ctx context.Context) ([]int64, error) {
	n, err := d.number(ctx, `SELECT count(*) FROM record`)
	if err != nil {
		return nil, err
	}
	bounds, slices := []int64{}, (n+d.sliceRows-1)/d.sliceRows
	if slices < 2 {
		return bounds, nil
	}
	at := make([]float64, 0, slices)
	for i := int64(1); i < slices; i++ {
		at = append(at, float64(i)/float64(slices))
	}
	sample := ""
	if n > sampleRows {
		sample = " USING SAMPLE 1 PERCENT (bernoulli)"
	}
	rows, err := d.tx.QueryContext(ctx, `SELECT DISTINCT unnest(quantile_disc(time, `+floats(at)+`)) AS bound FROM record`+sample+` ORDER BY bound`)
	return collect(rows, err, func(r *sql.Rows) (b int64, err error) {
		err = r.Scan(&b)
		return b, err
	})
}

// floats writes numbers as an SQL list: quantiles must be constants.
func floats(f []float64) string {
	text := make([]string, len(f))
	for i := range f {
		text[i] = strconv.FormatFloat(f[i], 'f', -1, 64)
	}
	return "[" + strings.Join(text, ", ") + "]"
}

// slice folds the attempts that lie between two instants. Records are read where they lie: the order within an attempt
// is their time, except in the few attempts where two have the same, which are put in order first.
func (d *derivation) slice(ctx context.Context, services []string, from, to int64) error {
	const members = attemptMembers + ` AND time >= ?2 AND time < ?3`
	const tied = `SELECT DISTINCT hash FROM (
			SELECT hash(tenant, ` + attemptKey + `) AS hash, time, count(*) AS n
			FROM record WHERE ` + members + ` GROUP BY 1, 2)
		WHERE n > 1`
	if err := d.keep(ctx, "derive_tied", tied, services, from, to); err != nil {
		return err
	}
	const rows = `WITH derive_row AS NOT MATERIALIZED (
		SELECT ` + attemptColumns + `, time AS ord FROM record
		WHERE ` + members + ` AND hash(tenant, key) NOT IN (SELECT hash FROM derive_parted UNION ALL SELECT hash FROM derive_tied)
		UNION ALL
		SELECT ` + attemptColumns + `, row_number() OVER (PARTITION BY tenant, key ORDER BY time, id) AS ord FROM record
		WHERE ` + members + ` AND hash(tenant, key) IN (SELECT hash FROM derive_tied) AND hash(tenant, key) NOT IN (SELECT hash FROM derive_parted)
	),
	`
	_, err := d.exec(ctx, insertAttempts+rows+deriveSQL("attempt"), services, from, to)
	return err
}

// fold makes attempts of the records at the places (rowid, with tenant, key and time) that a query gives, which must be all
// of each. Attempts are taken in order of time, so that a part of them reads a part of the records.
func (d *derivation) fold(ctx context.Context, places string, args ...any) error {
	if err := d.keep(ctx, "derive_place", places, args...); err != nil {
		return err
	}
	const parts = `SELECT tenant, key, ((sum(n) OVER (ORDER BY first, tenant, key) - 1) // ?1)::BIGINT AS part
		FROM (SELECT tenant, key, count(*) AS n, min(time) AS first FROM derive_place GROUP BY tenant, key)`
	if err := d.keep(ctx, "derive_part", parts, d.sliceRows); err != nil {
		return err
	}
	last, err := d.number(ctx, `SELECT coalesce(max(part), -1) FROM derive_part`)
	if err != nil {
		return err
	}
	for part := range last + 1 {
		const rows = `SELECT ` + attemptColumns + `, row_number() OVER (PARTITION BY tenant, key ORDER BY time, id) AS ord FROM record
			WHERE rowid IN (SELECT p.place FROM derive_place p JOIN derive_part k ON k.tenant = p.tenant AND k.key = p.key WHERE k.part = ?1)`
		if err := d.keep(ctx, "derive_row", rows, part); err != nil {
			return err
		}
		if _, err := d.exec(ctx, insertAttempts+"WITH "+deriveSQL("attempt")); err != nil {
			return err
		}
	}
	return nil
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
	if _, err := d.exec(ctx, `DELETE FROM attempt WHERE (tenant, correlation_id) IN (SELECT tenant, key FROM derive_key)`); err != nil {
		return err
	}
	// Finding the places first and fetching them after reads a few columns of the history and not twenty.
	const places = `SELECT rowid AS place, tenant, correlation_id AS key, time FROM record
			WHERE correlation_id IN (SELECT key FROM derive_key WHERE NOT lone) AND (tenant, correlation_id) IN (SELECT tenant, key FROM derive_key) AND ` + attemptMembers + `
		UNION ALL SELECT rowid, tenant, id, time FROM record
			WHERE correlation_id = '' AND id IN (SELECT key FROM derive_key WHERE lone) AND (tenant, id) IN (SELECT tenant, key FROM derive_key) AND ` + attemptMembers
	return d.fold(ctx, places, services)
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
