package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"passtrail/internal/attempt"
	"passtrail/internal/store"
)

// check is one thing to verify: a query that counts what must not be there.
type check struct {
	query   string
	problem string // with the count
}

// checks look at the whole store. Ids are compared by a hash of 64 bits first, in memory that 10 million need little of.
var checks = []check{
	{`SELECT count(*) FROM (SELECT hash(tenant, id, time // 10000000, activity, actor_id, target_id) AS h FROM record GROUP BY h HAVING count(*) > 1)`, "%d records are stored more than once"},
	{`SELECT count(*) FROM record b WHERE starts_with(b.id, 'h:') AND EXISTS (
		SELECT 1 FROM record r WHERE r.tenant = b.tenant AND r.hash = b.hash AND r.time BETWEEN b.time - 10000000 AND b.time + 10000000 AND NOT starts_with(r.id, 'h:'))`,
		"%d records without an id are there beside the same record with one"},
	{`SELECT count(*) FROM record WHERE time < 0 OR time > 3155378975999999999`, "%d records have a time that no calendar has"},
	{`SELECT count(*) FROM record WHERE tenant NOT IN (SELECT tenant FROM tenant)`, "%d records are of a tenant that is not there"},
	{`SELECT count(*) FROM record WHERE batch > (SELECT coalesce(max(value), 0) FROM state WHERE name = 'batch')`, "%d records are of a batch that was never committed"},
	{`SELECT count(*) FROM (SELECT tenant, time - time % 36000000000 AS hour, count(*) AS n FROM record GROUP BY ALL) r
		LEFT JOIN (SELECT tenant, hour, sum(stored + repeats) AS n FROM ledger GROUP BY ALL) l USING (tenant, hour) WHERE r.n > coalesce(l.n, 0)`,
		"%d hours hold more records than the ledger counted"},
	{`SELECT count(*) FROM (SELECT 1 FROM attempt GROUP BY tenant, correlation_id HAVING count(*) > 1)`, "%d attempts are there more than once"},
	{`SELECT count(*) FROM (SELECT tenant, time // 864000000000 AS day, count(*) AS n, bit_xor(hash(` + eventColumns + `)) AS h FROM (SELECT ` + eventValues + ` FROM ` + attempt.PersonSQL(`(FROM record WHERE `+eventMembers+`)`, false) + `) GROUP BY 1, 2) r
		FULL JOIN (SELECT tenant, time // 864000000000 AS day, count(*) AS n, bit_xor(hash(` + eventColumns + `)) AS h FROM password_event GROUP BY 1, 2) e USING (tenant, day)
		WHERE (r.n, r.h) IS DISTINCT FROM (e.n, e.h)`,
		"%d days have password events that are not those of the records: run \"passtrail rebuild\""},
	{`SELECT count(*) FROM (SELECT digest FROM quarantine GROUP BY digest HAVING count(*) > 1)`, "%d inputs were set aside more than once"},
}

// verification is one run of Verify.
type verification struct{ store.Verification }

// sampleAttempts is how many attempts Verify derives anew.
const sampleAttempts = 1000

// Verify checks what the store promises.
func (s *Store) Verify(ctx context.Context) (store.Verification, error) {
	v := verification{}
	if err := s.Refresh(ctx); err != nil {
		return v.Verification, err
	}
	keep := errors.New("roll back")
	err := s.write(ctx, func(tx *sql.Tx) error {
		d := &derivation{tx: tx, sliceRows: s.deriveRows}
		defer d.dropTemp()
		if err := v.counts(ctx, d); err != nil {
			return err
		}
		if err := v.sample(ctx, d); err != nil {
			return fmt.Errorf("sample of attempts: %w", err)
		}
		return keep
	})
	if errors.Is(err, keep) {
		err = nil
	}
	return v.Verification, err
}

func (v *verification) counts(ctx context.Context, d *derivation) (err error) {
	for table, to := range map[string]*int64{"record": &v.Records, "attempt": &v.Attempts, "quarantine": &v.Quarantined} {
		if *to, err = d.number(ctx, `SELECT count(*) FROM `+table); err != nil {
			return err
		}
	}
	for _, c := range checks {
		n, err := d.number(ctx, c.query)
		if err != nil {
			return err
		}
		if n > 0 {
			v.Problems = append(v.Problems, fmt.Sprintf(c.problem, n))
		}
	}
	return nil
}

// sample derives some attempts anew, in a transaction that the caller rolls back, and compares them with what was there.
func (v *verification) sample(ctx context.Context, d *derivation) error {
	if err := d.keep(ctx, "verify_sample", fmt.Sprintf(`SELECT * FROM attempt ORDER BY hash(tenant, correlation_id) LIMIT %d`, sampleAttempts)); err != nil {
		return err
	}
	n, err := d.number(ctx, `SELECT count(*) FROM verify_sample`)
	if err != nil || n == 0 {
		return err
	}
	v.Sampled = n
	if _, err := d.exec(ctx, `INSERT INTO touched (tenant, pool) SELECT DISTINCT tenant, pool FROM verify_sample`); err != nil {
		return err
	}
	_, upto, err := d.span(ctx)
	if err != nil {
		return err
	}
	if err := d.touchedAttempts(ctx, upto); err != nil {
		return err
	}
	const differ = `SELECT count(*) FROM (SELECT * FROM verify_sample EXCEPT SELECT * FROM attempt)`
	if n, err = d.number(ctx, differ); n > 0 {
		v.Problems = append(v.Problems, fmt.Sprintf("%d of %d attempts come out differently when derived anew: run \"passtrail rebuild\"", n, v.Sampled))
	}
	return err
}
