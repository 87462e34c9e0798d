package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"passtrail/internal/attempt"
	"passtrail/internal/vocab"
)

// attemptMembers chooses the records that attempts are made of; ?1 lists the spellings of the service.
var attemptMembers = `(list_contains(?1::VARCHAR[], service) OR ` + attempt.OwnSQL + `)`

// joinedMembers are those with a correlation id that joins them. Their pool is joinedPool.
var joinedMembers = attemptMembers + ` AND ` + attempt.JoinsSQL

const joinedPool = `lower(correlation_id)`

// attemptColumns are the columns of derive_row, see derive/attempt.sql, of records that are an attempt's by their correlation id.
const attemptColumns = `tenant, correlation_id AS key, id, time, result, reason, person_id, person_upn, person_name, actor_address, user_agent, on_premises_agent, activity_key, step, method, problem`

const insertAttempts = `INSERT INTO attempt (tenant, correlation_id, pool, user_id, user_upn, user_name, start_time, end_time, outcome, problem, reason,
	gates, gate_count, methods_tried, refusals, push_starts, last_step, last_method, ip_address, user_agent, on_premises_agent, events) `

// attemptSQL folds derive_row into attempts; pool is the expression for their pool.
func attemptSQL(pool string) string { return strings.ReplaceAll(deriveSQL("attempt"), "{pool}", pool) }

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

// allAttempts makes the attempt table from all records, slice by slice of time. Most correlation ids are one attempt of one
// person within a slice; the others (the hashes of their pools are in derive_parted), and records without a correlation
// id, come last, together.
func (d *derivation) allAttempts(ctx context.Context) error {
	services, err := d.spellings(ctx)
	if err != nil {
		return err
	}
	bounds, err := d.bounds(ctx)
	if err != nil {
		return fmt.Errorf("slices: %w", err)
	}
	parted := `SELECT hash FROM (
			SELECT hash(tenant, ` + joinedPool + `) AS hash, min(time) AS first, max(time) AS last, min(person) AS one, max(person) AS another,
				min(hash(correlation_id)) AS spelling, max(hash(correlation_id)) AS other_spelling
			FROM (SELECT tenant, correlation_id, time, CASE WHEN ` + attempt.OwnSQL + ` AND person_key <> '' THEN hash(person_key) END AS person
				FROM ` + attempt.PersonSQL(`(FROM record WHERE `+joinedMembers+`)`, true) + `)
			GROUP BY 1)
		WHERE last - first > ` + quiet + ` OR one <> another OR spelling <> other_spelling OR len(list_filter(?2::BIGINT[], lambda b: first < b AND b <= last)) > 0`
	if err := d.keep(ctx, "derive_parted", parted, services, bounds); err != nil {
		return err
	}
	for _, table := range []string{"attempt", "attempt_member", "pool"} {
		if _, err := d.exec(ctx, `DELETE FROM `+table); err != nil {
			return err
		}
	}
	d.large = len(bounds) >= slicesOfStep
	from := int64(math.MinInt64)
	for i, to := range append(bounds, math.MaxInt64) {
		if err := d.slice(ctx, services, from, to); err != nil {
			return err
		}
		from = to
		if i%slicesOfStep == slicesOfStep-1 {
			if err := d.step(); err != nil {
				return err
			}
		}
	}
	places := `SELECT rowid AS place, tenant, ` + joinedPool + ` AS pool, time FROM record
			WHERE ` + joinedMembers + ` AND hash(tenant, pool) IN (SELECT hash FROM derive_parted)
		UNION ALL SELECT place, tenant, pool, time FROM ` + attempt.PoolSQL(`(SELECT *, rowid AS place FROM record WHERE NOT (`+attempt.JoinsSQL+`) AND `+attempt.OwnSQL+`)`)
	if err := d.fold(ctx, places, services); err != nil {
		return err
	}
	return d.numbered(ctx, `SELECT tenant, pool, min(time), max(time) FROM derive_place WHERE pool[1] IN ('=', '@', '#') GROUP BY tenant, pool`)
}

// slicesOfStep is how many slices of attempts are written in a transaction.
const slicesOfStep = 8

// quiet is attempt.Quiet in SQL.
var quiet = strconv.FormatInt(int64(attempt.Quiet), 10)

// bounds returns instants that cut the records into slices of about the size to fold at once.
func (d *derivation) bounds(ctx context.Context) ([]int64, error) {
	n, err := d.number(ctx, `SELECT count(*) FROM record`)
	if err != nil {
		return nil, err
	}
	return d.cuts(ctx, `record`, n, d.sliceRows)
}

// cuts returns instants that cut n records, which a FROM clause gives, into slices of about so many.
func (d *derivation) cuts(ctx context.Context, from string, n, rows int64, args ...any) ([]int64, error) {
	bounds, slices := []int64{}, (n+rows-1)/rows
	if slices < 2 {
		return bounds, nil
	}
	at := make([]float64, 0, slices)
	for i := int64(1); i < slices; i++ {
		at = append(at, float64(i)/float64(slices))
	}
	if n > sampleRows {
		from = `(SELECT time FROM ` + from + `) USING SAMPLE 1 PERCENT (bernoulli)`
	}
	got, err := d.tx.QueryContext(ctx, `SELECT DISTINCT unnest(quantile_disc(time, `+floats(at)+`)) AS bound FROM `+from+` ORDER BY bound`, args...)
	return collect(got, err, func(r *sql.Rows) (b int64, err error) {
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
	members := joinedMembers + ` AND time >= ?2 AND time < ?3`
	tied := `SELECT DISTINCT hash FROM (
			SELECT hash(tenant, ` + joinedPool + `) AS hash, time, count(*) AS n
			FROM record WHERE ` + members + ` GROUP BY 1, 2)
		WHERE n > 1`
	if err := d.keep(ctx, "derive_tied", tied, services, from, to); err != nil {
		return err
	}
	rows := `WITH derive_row AS NOT MATERIALIZED (
		SELECT ` + attemptColumns + `, time AS ord FROM ` + attempt.PersonSQL(`(FROM record
			WHERE `+members+` AND hash(tenant, `+joinedPool+`) NOT IN (SELECT hash FROM derive_parted UNION ALL SELECT hash FROM derive_tied))`, true) + `
		UNION ALL
		SELECT ` + attemptColumns + `, row_number() OVER (PARTITION BY tenant, key ORDER BY time, id) AS ord FROM ` + attempt.PersonSQL(`(FROM record
			WHERE `+members+` AND hash(tenant, `+joinedPool+`) IN (SELECT hash FROM derive_tied) AND hash(tenant, `+joinedPool+`) NOT IN (SELECT hash FROM derive_parted))`, true) + `
	),
	`
	if _, err := d.exec(ctx, insertAttempts+rows+attemptSQL("lower(key)"), services, from, to); err != nil {
		return err
	}
	pools := `INSERT INTO pool (tenant, hash, first, last) SELECT tenant, correlation_hash, min(time), max(time) FROM record WHERE ` + members + ` AND correlation_hash IS NOT NULL GROUP BY tenant, correlation_hash`
	if _, err := d.exec(ctx, pools, services, from, to); err != nil {
		return err
	}
	return d.barePools(ctx, members, services, from, to)
}

// fold makes attempts of the records at the places (rowid, with tenant, pool and time) that a query gives, which must be
// all of each pool. Pools are taken in order of time, so that a part of them reads a part of the records.
func (d *derivation) fold(ctx context.Context, places string, args ...any) error {
	if err := d.keep(ctx, "derive_place", places, args...); err != nil {
		return err
	}
	const parts = `SELECT tenant, pool, ((sum(n) OVER (ORDER BY first, tenant, pool) - 1) // ?1)::BIGINT AS part
		FROM (SELECT tenant, pool, count(*) AS n, min(time) AS first FROM derive_place GROUP BY tenant, pool)`
	if err := d.keep(ctx, "derive_part", parts, d.foldRows()); err != nil {
		return err
	}
	last, err := d.number(ctx, `SELECT coalesce(max(part), -1) FROM derive_part`)
	if err != nil {
		return err
	}
	const part = `SELECT ` + foldColumns + ` FROM record WHERE rowid IN (
		SELECT p.place FROM derive_place p JOIN derive_part k ON k.tenant = p.tenant AND k.pool = p.pool WHERE k.part = ?1)`
	for n := range last + 1 {
		rows, err := d.tx.QueryContext(ctx, part, n)
		records, err := collect(rows, err, scanFolded)
		if err != nil {
			return err
		}
		if err := d.putAttempts(records); err != nil {
			return err
		}
	}
	return nil
}

// barePools notes where the records of a slice are that have no number of their correlation id: of before migration 7.
func (d *derivation) barePools(ctx context.Context, members string, args ...any) error {
	pools := `SELECT tenant, lower(correlation_id) AS pool, min(time) AS first, max(time) AS last FROM record WHERE ` + members + ` AND correlation_hash IS NULL GROUP BY ALL`
	return d.numbered(ctx, pools, args...)
}

// numbered notes where the records of pools are that a query gives (tenant, pool, first, last).
func (d *derivation) numbered(ctx context.Context, query string, args ...any) error {
	rows, err := d.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	pools := map[poolKey]*reach{}
	for rows.Next() {
		var k poolKey
		var r reach
		if err := rows.Scan(&k.tenant, &k.pool, &r.first, &r.last); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		pools[k] = &r
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	return d.putPools(pools)
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
	const update = `UPDATE record SET activity_key = c.activity_key, step = c.step, method = c.method, problem = c.problem, user_hash = NULL
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
